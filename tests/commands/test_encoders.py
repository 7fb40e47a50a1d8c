"""Every sequential model, trained on the planted data as a baseline."""

import dataclasses

import numpy as np
import pytest

from commands.encoders import ENCODERS, scorer, train_encoder
from evaluation.ranking_protocol import rank_catalogue
from evaluation.requests import read_requests
from tests.conftest import TINY

CONFIG = dataclasses.replace(TINY.retrieval, epochs=2, final_epochs=1)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ENCODERS)
def test_an_encoder_is_trained_beside_the_run_and_lists_the_catalogue(encoder, prepared, tmp_path):
    trained = train_encoder(tmp_path, prepared, CONFIG, encoder)
    asked = {"encoder": encoder, **ENCODERS[encoder].settings}
    assert trained.manifest["config"] == dataclasses.asdict(CONFIG) | asked
    assert [path.name for path in tmp_path.iterdir()] == ["encoders"]
    requests = read_requests(prepared.path, "test")
    lists = rank_catalogue(requests, scorer(trained, requests.item_ids), 64)
    first = requests.first_of_list
    assert len(lists) == len(first)
    seen = requests.seen(first)
    listed = lists[lists >= 0]
    assert not seen[np.repeat(np.arange(len(lists)), (lists >= 0).sum(axis=1)), listed].any()
    assert train_encoder(tmp_path, prepared, CONFIG, encoder).reused
