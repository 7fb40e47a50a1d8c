"""Opening a set of versions until it can answer: the one place where a server opens a bundle."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.config import ServeConfig
from serving.backends import backend_of
from serving.bundle import open_stages
from serving.catalogue_log.log import CatalogueLog
from serving.errors import BackendError
from serving.event_store.store import EventStore, StoreUnavailable
from serving.live_recommender import LiveRecommender
from serving.recommender import Recommender
from serving.run_versions import versions_at


def open_recommender(
    paths: Mapping[str, str], config: ServeConfig, store: EventStore, changes: CatalogueLog
) -> LiveRecommender:
    """Checks the files of a set of versions, opens them and sends requests through all of it.

    What was changed in the catalogue since the builds were made is in it before the first request.

    Args:
        paths: Stage name to directory of the build.
        config: Of the server.
        store: What was recorded since the data was prepared; it stays the caller's.
        changes: Of the catalogue; likewise.

    Raises:
        FileNotFoundError: A build is not there.
        ValueError: A file is not as its manifest says, or the builds do not belong together, or
            they answer nothing.
        OSError: The models do not answer where the config says that they are served, or the log of
            changes cannot be read.
    """
    versions = versions_at(paths)
    versions.check_files(models=not config.tf_serving)
    bundle = open_stages(versions.stages, backend_of(config))
    try:
        recommender = LiveRecommender(
            bundle, changes, lambda state: Recommender(state, config, store)
        )
        recommender.warm_up()
    except BackendError as error:
        raise ConnectionError(f"{config.backend}: {error}") from error
    except StoreUnavailable as error:
        raise OSError(str(error)) from error
    return recommender
