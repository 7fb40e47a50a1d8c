import json
import logging

import pytest

from serving.logs import JsonLines, failure, fields


@pytest.fixture
def lines():
    """Function: what the formatter makes of one log call."""

    def write(*arguments, **options):
        kept = []
        handler = logging.Handler()
        handler.emit = lambda record: kept.append(JsonLines().format(record))
        log = logging.getLogger("tests.logs")
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        try:
            log.error(*arguments, **options)
        finally:
            log.removeHandler(handler)
        return kept

    return write


def test_a_line_is_one_json_object(lines):
    (line,) = lines("%s\nand %s", "é", 2, extra=fields(request_id="a1", milliseconds=1.5))
    assert "\n" not in line
    told = json.loads(line)
    assert told["message"] == "é\nand 2"
    assert (told["request_id"], told["milliseconds"]) == ("a1", 1.5)
    assert (told["level"], told["logger"]) == ("ERROR", "tests.logs")
    assert told["time"].endswith("Z")


@pytest.mark.parametrize("given", ["failure", "exc_info"])
def test_an_error_is_logged_without_its_message(lines, given):
    try:
        int("secret-user")
    except ValueError as error:
        options = {"extra": failure(error)} if given == "failure" else {"exc_info": error}
        (line,) = lines("it failed", **options)
    told = json.loads(line)
    assert told["error"] == "ValueError"
    assert "test_an_error_is_logged_without_its_message" in told["frames"]
    # The source line is in the frames, the value that it met is not.
    assert "invalid literal" not in line


def test_values_that_json_does_not_know(lines):
    (line,) = lines("x", extra=fields(path=ValueError))
    assert "ValueError" in json.loads(line)["path"]
