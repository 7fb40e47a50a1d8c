"""The run's own models in this process, alone and merged with others' calls."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from schemas.artifacts import open_artifact
from serving.backend import QueryEncoder, Ranker
from serving.deadline import Deadline
from serving.errors import BackendError, RequestError
from serving.in_process import InProcess
from serving.profiles import unknown_profile


@pytest.fixture(scope="module")
def merging(run_dir, bundle):
    """Encoder and ranker that merge up to 16 rows, and the sizes of the batches they ran."""
    backend, sizes = InProcess(max_batch=16), []
    opened = (
        QueryEncoder(open_artifact(run_dir / "retrieval"), bundle.card, bundle.catalogue, backend),
        Ranker(open_artifact(run_dir / "ranking"), bundle.card, bundle.catalogue, backend),
    )
    for model in opened:
        batcher = model.model._batcher
        batcher._run = counted(batcher._run, sizes)
    return opened, sizes


def counted(run, sizes):
    def count(inputs, shapes):
        sizes.append(len(next(iter(inputs.values()))))
        return run(inputs, shapes)

    return count


@pytest.fixture(scope="module")
def groups(bundle, users):
    """Viewers of requests: one, two or three, with and without histories."""
    profiles = [bundle.profiles.get(user) for user in users[:9]]
    nobody = unknown_profile(bundle.card)
    one = [[profile] for profile in profiles]
    return [*one, profiles[:2], profiles[3:6], [profiles[0], nobody], [nobody, profiles[1]]]


def at_once(ask, asked):
    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(ask, asked))


def close(got, expected, name=""):
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5, err_msg=name)


def test_merged_queries_are_those_of_each_alone(merging, bundle, groups):
    (encoder, _), sizes = merging
    sizes.clear()
    asked = groups * 8
    alone = [bundle.encoder.encode(viewers) for viewers in groups] * 8
    for got, expected in zip(at_once(encoder.encode, asked), alone, strict=True):
        close(got, expected)
    assert sum(sizes) == sum(map(len, asked))
    assert max(sizes) > 1
    assert max(sizes) <= 16


def test_merged_scores_are_those_of_each_alone(merging, bundle, groups):
    (_, ranker), sizes = merging
    sizes.clear()
    rng = np.random.default_rng(0)
    asked = []
    for viewers in groups * 4:
        rows = rng.permutation(len(bundle.catalogue))[: rng.integers(1, 30)]
        retrieval = bundle.retriever.score(bundle.encoder.encode(viewers), rows).T
        asked.append((viewers, rows, retrieval))
    alone = [bundle.ranker.rank(*each) for each in asked]
    merged = at_once(lambda each: ranker.rank(*each), asked)
    for got, expected in zip(merged, alone, strict=True):
        for name, value in expected._asdict().items():
            close(getattr(got, name), value, name)
    assert sum(sizes) == len(asked)
    assert max(sizes) > 1


def test_explanations_are_not_merged(merging, bundle, groups):
    (_, ranker), sizes = merging
    sizes.clear()
    rows = np.arange(4)
    retrieval = bundle.retriever.score(bundle.encoder.encode(groups[0]), rows).T
    moved = ranker.explain(groups[0], rows, retrieval)
    close(moved.watch_next, bundle.ranker.explain(groups[0], rows, retrieval).watch_next)
    assert sizes == []


def test_one_request_s_nan_is_not_another_s(merging, bundle, groups):
    (_, ranker), _ = merging
    rows = np.arange(6)
    good = bundle.retriever.score(bundle.encoder.encode(groups[0]), rows).T
    expected = bundle.ranker.rank(groups[0], rows, good)

    def ask(scores):
        try:
            return ranker.rank(groups[0], rows, scores)
        except BackendError as error:
            return error

    asked = [good, np.full_like(good, np.nan)] * 20
    for scores, got in zip(asked, at_once(ask, asked), strict=True):
        if np.isnan(scores).any():
            assert isinstance(got, BackendError)
        else:
            close(got.rating, expected.rating)


def test_no_call_begins_after_the_deadline(bundle, groups):
    late = Deadline(0.0)
    with pytest.raises(RequestError, match="deadline has passed"):
        late.run(bundle.encoder.encode, groups[0])
    deadline = Deadline(60)

    def hang_up_and_encode():
        deadline.cancel()
        bundle.encoder.encode(groups[0])

    with pytest.raises(RequestError, match="hung up"):
        deadline.run(hang_up_and_encode)
