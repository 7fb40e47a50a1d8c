"""Computing as a server's worker does."""

from __future__ import annotations

import os
import sys

from serving.worker_environment import worker_environment


def become_a_worker() -> None:
    """Starts this program anew with a worker's environment, unless it has that.

    TensorFlow looks at the environment when it is imported, which is before any program begins.
    """
    wanted = worker_environment(os.environ)
    if wanted != os.environ:
        os.execve(sys.executable, sys.orig_argv, wanted)  # noqa: S606  (this program itself)
