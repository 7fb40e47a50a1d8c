"""`python -m benchmarks.two_stage_ml_1m ARCHIVE`: both stages on MovieLens 1M by leave-one-out.

The archive is that of `benchmarks/ml_1m.py`, as is the retrieval model. There are no ratings and no
times, so the ranker learns nothing but what is watched next.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks.ml_1m import RETRIEVAL, add_source, open_source
from benchmarks.two_stage import run
from schemas.config import Config, RankingConfig

RANKING = RankingConfig(
    embedding_dim=RETRIEVAL.embedding_dim,
    history_len=RankingConfig.attention_len,  # no ratings are counted beyond it
    pair_batch_size=1,
    rating_weight=0.0,
    like_weight=0.0,
    pair_weight=0.0,
)


def main() -> None:
    """Trains what is missing, prints the figures and writes the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.two_stage_ml_1m", description=__doc__
    )
    add_source(parser)
    parser.add_argument("--runs", type=Path, default=Path("runs/two-stage-ml-1m"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    arguments = parser.parse_args()
    config = replace(Config(), retrieval=RETRIEVAL, ranking=RANKING)
    print(run("ml-1m", open_source(arguments), config, arguments.seeds, arguments.runs))


if __name__ == "__main__":
    main()
