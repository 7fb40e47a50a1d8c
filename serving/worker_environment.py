"""How TensorFlow computes in a worker, which environment variables tell it before it is imported.

A server has requests side by side, each of them small, where training has one large computation.
"""

from __future__ import annotations

from collections.abc import Mapping

FOR_SMALL_REQUESTS = {
    # Requests keep the cores busy by themselves. An operation that is spread over the cores waits
    # for each of them, also for one on which something else runs.
    "TF_NUM_INTRAOP_THREADS": "1",
    # For tensors of some hundred rows, what oneDNN's kernels prepare takes longer than they save.
    "TF_ENABLE_ONEDNN_OPTS": "0",
}
"""What this is worth: docs/decisions.md."""


def worker_environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment of a worker; what was set from outside stays.

    Args:
        inherited: Of the process that starts it.
    """
    return FOR_SMALL_REQUESTS | dict(inherited)
