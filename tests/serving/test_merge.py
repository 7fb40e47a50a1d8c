"""Changes merged into a new index."""

import shutil

import numpy as np
import pytest

from commands.stages import Stages
from schemas import recommender_pb2 as pb
from schemas.config import ServeConfig
from serving.bundle import open_bundle
from serving.catalogue_log.choose import open_log
from serving.catalogue_log.log import Edit
from serving.live_recommender import LiveRecommender
from serving.recommender import Recommender
from serving.run_versions import MERGED, latest_versions, versions_at
from tests.conftest import TINY
from tests.serving.build import copied_run
from tests.serving.test_live_recommender import (
    FILM,
    as_known,
    ask,
    delete,
    ids,
    info,
    similar,
    upsert,
    viewers,
    watched,
)


@pytest.fixture
def run(run_dir, tmp_path):
    return copied_run(run_dir, tmp_path / "run")


def served(run):
    return LiveRecommender(
        open_bundle(run),
        open_log("sqlite:", run),
        lambda state: Recommender(state, ServeConfig()),
    )


def test_a_rebuilt_index_gives_what_the_changes_beside_the_old_one_gave(run, users):
    live = served(run)
    catalogue = live._bundle.catalogue
    changed, gone = catalogue.item_ids[4], catalogue.item_ids[7]
    upsert(live, new=FILM, other=as_known(catalogue, catalogue.item_ids[0]), dead=FILM)
    upsert(live, **{changed: FILM})
    delete(live, gone, "dead")
    assert info(live).changes.needs_rebuild
    asked = [viewers(users[0]), viewers(*users[:2]), [watched(gone, "other", changed)]]
    before = [ask(live, who, k=20) for who in asked]
    near = {i.item.item_id: i.score for i in similar(live, "new", k=50).items}

    stages = Stages(run, TINY)
    rebuilt = stages.index_with_changes("sqlite:")
    assert rebuilt.figures["items"] == len(catalogue) + 2 - 1
    assert stages.index_with_changes("sqlite:").reused
    again = served(run)
    assert again._bundle.versions["index"] == rebuilt.version
    assert again._bundle.retriever.changes.count == 0
    changes = info(again).changes
    assert (changes.added, changes.changed, changes.deleted) == (2, 1, 1)
    assert not changes.needs_rebuild
    for who, was in zip(asked, before, strict=True):
        now = ask(again, who, k=20)
        assert ids(now) == ids(was)
        assert [r.source for r in now.recommendations] == [r.source for r in was.recommendations]
        assert [r.scores.score for r in now.recommendations] == pytest.approx(
            [r.scores.score for r in was.recommendations], abs=1e-5
        )
    assert {i.item.item_id: i.score for i in similar(again, "new", k=50).items} == pytest.approx(
        near, abs=1e-5
    )

    # Changes go on beside the new index, of items that were merged or deleted before too.
    upsert(again, dead=FILM, other=FILM, **{gone: as_known(catalogue, gone)})
    assert info(again).changes.added == 3
    assert info(again).changes.deleted == 0
    everything = ask(again, viewers(users[0]), k=200, seen_policy=pb.INCLUDE_SEEN)
    assert {"dead", "other", "new", gone} <= set(ids(everything))
    # Another server over the new index replays only those.
    assert served(run)._bundle.log_number == again._bundle.log_number
    late = served(run)._bundle
    assert late.catalogue.item_ids == again._bundle.catalogue.item_ids
    np.testing.assert_array_equal(late.catalogue.live, again._bundle.catalogue.live)

    # And the index of the prepared items, built again, goes by the whole log.
    assert stages.index().reused
    plain = served(run)
    assert info(plain).changes == info(again).changes or info(plain).changes.added == 3
    with pytest.raises(ValueError, match="every item is deleted"):
        open_log("sqlite:", run).write(
            [Edit(item_id, None) for item_id in plain._bundle.catalogue.item_ids]
        )
        stages.index_with_changes("sqlite:")


def test_without_changes_there_is_nothing_to_merge(run):
    with pytest.raises(ValueError, match="the catalogue has no changes"):
        Stages(run, TINY).index_with_changes("sqlite:")


def test_an_evaluation_asks_for_an_index_of_the_prepared_items(run):
    open_log("sqlite:", run).write([Edit("new", {"title": "New"})])
    stages = Stages(run, TINY)
    stages.index_with_changes("sqlite:")
    with pytest.raises(ValueError, match="expected an index of the prepared items"):
        stages.evaluate()


def test_a_server_is_told_which_merged_catalogue_the_index_was_built_of(run):
    assert MERGED not in latest_versions(run).stages
    open_log("sqlite:", run).write([Edit("new", {"title": "New"})])
    index = Stages(run, TINY).index_with_changes("sqlite:")
    versions = latest_versions(run)
    assert versions.names["index"] == index.version
    assert MERGED not in versions.names
    assert versions_at(versions.paths) == versions
    versions.check_files(models=True)
    path = versions.stages[MERGED].path / "catalogue.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match=f"{path}: expected sha256 [0-9a-f]+, got [0-9a-f]+"):
        versions.check_files(models=False)


def test_a_merged_catalogue_that_is_gone_is_named(run):
    open_log("sqlite:", run).write([Edit("new", {"title": "New"})])
    Stages(run, TINY).index_with_changes("sqlite:")
    shutil.rmtree(run / "catalogue")
    with pytest.raises(FileNotFoundError, match="catalogue"):
        open_bundle(run)
