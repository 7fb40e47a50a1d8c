"""`python by_rectools.py FILE.npz`: figures by RecTools, in an environment of its own.

The file has `lists` `[users, k]`, `user` and `item` of what was asked for, `seen_user` and
`seen_item` of what was fitted, and `items`, how many there are. Prints one line of JSON: for each
figure a number for each user, or one for all.
"""

import json
import sys

import numpy as np
import pandas as pd
from rectools import Columns
from rectools.metrics import (
    MAP,
    MRR,
    AvgRecPopularity,
    CatalogCoverage,
    HitRate,
    MeanInvUserFreq,
    Precision,
    Recall,
    Serendipity,
)

data = np.load(sys.argv[1])
users, k = data["lists"].shape
listed = pd.DataFrame(
    {
        Columns.User: np.repeat(np.arange(users), k),
        Columns.Item: data["lists"].ravel(),
        Columns.Rank: np.tile(np.arange(1, k + 1), users),
    }
)
asked = pd.DataFrame({Columns.User: data["user"], Columns.Item: data["item"]})
seen = pd.DataFrame({Columns.User: data["seen_user"], Columns.Item: data["seen_item"]})
catalogue = list(range(int(data["items"])))
found = {
    name: metric(k).calc_per_user(listed, asked).sort_index().tolist()
    for name, metric in (
        ("hr", HitRate),
        ("recall", Recall),
        ("precision", Precision),
        ("mrr", MRR),
        ("map", MAP),
    )
}
by_user = Serendipity(k).calc_per_user(listed, asked, seen, catalogue)
found["serendipity"] = by_user.sort_index().tolist()
found["novelty"] = [MeanInvUserFreq(k).calc(listed, seen)]
found["average_popularity"] = [AvgRecPopularity(k).calc(listed, seen)]
found["coverage"] = [CatalogCoverage(k, normalize=True).calc(listed, catalogue)]
print(json.dumps(found))
