"""Some hundred hostile requests; `make results-fuzz ARGS=RUN` sends twenty thousand."""

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.fuzz import fuzz
from benchmarks.fuzzing.calls import SERVICE
from benchmarks.fuzzing.messages import Known, messages

pytestmark = pytest.mark.slow


def test_no_request_ends_the_server_or_is_its_fault(run_dir, tmp_path):
    found = fuzz(run_dir, requests=300, raw=60, seed=7, state=tmp_path)
    assert found.failures == []
    assert found.requests >= 300
    assert {"OK", "INVALID_ARGUMENT"} <= set(found.codes)
    assert not {"INTERNAL", "UNKNOWN", "UNAVAILABLE"} & set(found.codes)
    methods = {key.rpartition("_")[0].split("_")[0] for key in found.by_method}
    assert methods == {method.name for method in SERVICE.methods}
    # Of every call some requests were right, so that more than the first check is tried.
    assert all(f"{method.name}_OK" in found.by_method for method in SERVICE.methods)


@pytest.mark.parametrize("method", SERVICE.methods, ids=lambda method: method.name)
def test_messages_are_valid_and_of_their_type(method):
    @settings(max_examples=20, suppress_health_check=list(HealthCheck))
    @given(messages(method.input_type, Known({})))
    def check(message):
        assert message.DESCRIPTOR is method.input_type
        assert type(message).FromString(message.SerializeToString()) is not None

    check()
