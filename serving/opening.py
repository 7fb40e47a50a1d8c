"""Opening a set of versions until it can answer: the one place where a server opens a bundle.

What was changed in the catalogue since the builds were made is to be made again here, after the
bundle is open and before it is warmed up.
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.config import ServeConfig
from serving.backends import backend_of
from serving.bundle import open_stages
from serving.errors import BackendError
from serving.event_store.store import EventStore
from serving.recommender import Recommender
from serving.run_versions import versions_at


def open_recommender(
    paths: Mapping[str, str], config: ServeConfig, store: EventStore
) -> Recommender:
    """Checks the files of a set of versions, opens them and sends requests through all of it.

    Args:
        paths: Stage name to directory of the build.
        config: Of the server.
        store: What was recorded since the data was prepared; it stays the caller's.

    Raises:
        FileNotFoundError: A build is not there.
        ValueError: A file is not as its manifest says, or the builds do not belong together, or
            they answer nothing.
        OSError: The models do not answer where the config says that they are served.
    """
    versions = versions_at(paths)
    versions.check_files(models=not config.tf_serving)
    recommender = Recommender(open_stages(versions.stages, backend_of(config)), config, store)
    try:
        recommender.warm_up()
    except BackendError as error:
        raise ConnectionError(f"{config.backend}: {error}") from error
    return recommender
