import grpc
import pytest

from serving.catalogue_log.choose import open_log
from serving.catalogue_log.log import Edit
from serving.errors import RequestError


def test_the_file_of_the_run(tmp_path):
    log = open_log("sqlite:", tmp_path)
    log.write([Edit("a", None)])
    assert (tmp_path / "state" / "catalogue.sqlite").is_file()
    log.close()


def test_a_file_that_is_named(tmp_path):
    open_log(f"sqlite:{tmp_path}/other", tmp_path / "run").write([Edit("a", None)])
    assert (tmp_path / "other").is_file()


def test_none_takes_no_changes(tmp_path):
    log = open_log("none", tmp_path)
    with pytest.raises(RequestError, match="this server takes no changes") as caught:
        log.write([Edit("a", None)])
    assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert (log.identity(), log.last(), log.since(0)) == ("", 0, [])
