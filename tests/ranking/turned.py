"""Prepared data in which some events are other ones."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from schemas import columns
from schemas.artifacts import Artifact
from schemas.prepared import is_item, load_histories

import tensorflow as tf  # isort: skip  (after the modules above, which prepare the process)


def with_events_turned(
    prepared: Artifact, first: np.ndarray, stop: np.ndarray, out: Path
) -> Artifact:
    """A copy that has the opposite item and rating in some of each user's fitted events.

    Args:
        prepared: Stays as it is.
        first: `[users]` int, place in the user's history of the first event that is turned.
        stop: `[users]` int, the place after the last one.
        out: Directory to make.
    """
    shutil.copytree(prepared.path, out)
    users = load_histories(prepared, "fit").users
    turned = {user: range(*ends) for user, *ends in zip(users, first, stop, strict=True)}
    low_and_high = 1 + int(is_item(prepared).sum())  # items are 1, 2, ...
    for file in sorted(out.glob("fit-*.tfrecord.gz")):
        records = [*tf.data.TFRecordDataset(str(file), "GZIP").as_numpy_iterator()]
        with tf.io.TFRecordWriter(str(file), "GZIP") as writer:
            for record in records:
                example = tf.train.Example.FromString(record)
                feature = example.features.feature
                items = feature[columns.HISTORY_ITEM_ID].int64_list.value
                ratings = feature[columns.HISTORY_RATING].float_list.value
                for place in turned[feature[columns.USER_ID].bytes_list.value[0].decode()]:
                    items[place] = low_and_high - items[place]
                    ratings[place] = 6 - ratings[place]
                writer.write(example.SerializeToString())
    return replace(prepared, path=out)
