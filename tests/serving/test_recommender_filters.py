import numpy as np
import pytest

from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.recommender import Recommender
from tests.serving.asking import any_of, ask, ids, known

EMPTY = pb.Viewer(anonymous=pb.AnonymousViewer())


@pytest.mark.parametrize(
    ("policy", "barred"),
    [
        (pb.SEEN_POLICY_UNSPECIFIED, set.union),
        (pb.EXCLUDE_SEEN_BY_ANY, set.union),
        (pb.EXCLUDE_SEEN_BY_ALL, set.intersection),
        (pb.INCLUDE_SEEN, lambda a, b: set()),
    ],
)
def test_seen_policies(bundle, users, seen, policy, barred):
    # All that may be returned is returned, so the rest is exactly what the policy bars.
    everything = len(bundle.catalogue)
    recommender = Recommender(bundle, ServeConfig(max_k=everything, candidates=everything))
    response = ask(recommender, known(*users[:2]), k=everything, seen_policy=policy)
    expected = barred(seen(users[0]), seen(users[1]))
    assert set(bundle.catalogue.item_ids) - set(ids(response)) == expected


def test_excluded_items_stay_out(recommender, users):
    first = ids(ask(recommender, known(users[0])))
    second = ids(ask(recommender, known(users[0]), exclude_item_ids=[*first, "no such item"]))
    assert len(second) == 10
    assert not set(first) & set(second)


@pytest.mark.parametrize("nobody", [False, True])
def test_everything_excluded(recommender, bundle, users, nobody):
    viewers = [EMPTY] if nobody else known(*users[:2])
    response = ask(recommender, viewers, exclude_item_ids=bundle.catalogue.item_ids)
    assert len(response.recommendations) == 0
    assert response.notes[-1].startswith("0 items instead of 10: ")


def test_popular_items_obey_exclusions(recommender, bundle):
    best = bundle.catalogue.item_ids[bundle.catalogue.popular[0]]
    assert best not in ids(ask(recommender, [EMPTY, EMPTY], exclude_item_ids=[best]))


def test_filters_are_applied_before_retrieval(bundle, users, seen):
    # With so few candidates a filter behind retrieval would leave next to nothing.
    recommender = Recommender(bundle, ServeConfig(candidates=15))
    features = bundle.catalogue.features(np.arange(len(bundle.catalogue)))
    genre = features[0]["genres"][0]
    between = pb.Condition(feature="year", range=pb.Range(least=1950, most=1972))
    response = ask(recommender, known(users[0]), conditions=[any_of("genres", genre), between])
    meeting = {
        item_id
        for item_id, each in zip(bundle.catalogue.item_ids, features, strict=True)
        if genre in each["genres"] and 1950 <= float(each.get("year", ["nan"])[0]) <= 1972
    }
    left = meeting - seen(users[0])
    assert len(ids(response)) == min(10, len(left)) > 3
    assert set(ids(response)) <= left
    counts = {stage.stage: (stage.items_in, stage.items_out) for stage in response.stages}
    assert counts["filter"] == (len(bundle.catalogue), len(left))


def test_the_best_of_an_allow_list(recommender, bundle, users):
    allowed = bundle.catalogue.item_ids[::7]
    fields = {"allow_item_ids": [*allowed, *allowed], "seen_policy": pb.INCLUDE_SEEN}
    response = ask(recommender, known(users[0]), k=100, **fields)
    assert sorted(ids(response)) == sorted(allowed)
    assert list(response.notes) == [
        f"{len(allowed)} items instead of 100: the catalogue holds {len(bundle.catalogue)}, 0 of "
        f"them seen or excluded, {len(bundle.catalogue) - len(allowed)} ruled out by filters"
    ]
    # Exclusions hold for them too.
    without = ask(recommender, known(users[0]), k=100, exclude_item_ids=allowed[:3], **fields)
    assert sorted(ids(without)) == sorted(allowed[3:])


@pytest.mark.parametrize("nobody", [False, True])
@pytest.mark.parametrize(
    "fields",
    [
        {"conditions": [any_of("genres", "no such genre")]},
        {"allow_item_ids": ["no such item"]},
        {"conditions": [any_of("genres", "no such genre")], "diversity": 0.5, "explain": True},
    ],
)
def test_everything_filtered(recommender, bundle, users, nobody, fields):
    viewers = [EMPTY] if nobody else known(*users[:2])
    response = ask(recommender, viewers, **fields)
    assert len(response.recommendations) == 0
    assert response.next_page_token == ""
    items = len(bundle.catalogue)
    assert response.notes[-1] == (
        f"0 items instead of 10: the catalogue holds {items}, 0 of them seen or excluded, "
        f"{items} ruled out by filters"
    )
    unknown = "allow_item_ids: 1 of them not in the catalogue"
    assert (unknown in response.notes) == ("allow_item_ids" in fields)
    unmet = "conditions[0]: no item of the catalogue meets it; genres is compared as it is written"
    assert (f"{unmet} there" in response.notes) == ("conditions" in fields)


def test_duplicate_ids(recommender, users):
    first = ids(ask(recommender, known(users[0])))
    response = ask(recommender, known(users[0]), exclude_item_ids=first * 3)
    assert ids(response) == ids(ask(recommender, known(users[0]), exclude_item_ids=first))
