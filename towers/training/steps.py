"""Takes training steps: by Keras or, together with other machines, by a loop of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import schemas.tf_runtime  # noqa: F401  (before Keras)

# isort: split
import keras
import tensorflow as tf

from towers.training.workers import several_workers

TakeSteps = Callable[[Any, int, keras.callbacks.Callback], None]
"""(batches as Keras takes them, how many, told of every step as Keras tells it)."""


def steps_of(model: keras.Model) -> TakeSteps:
    """How a compiled model takes its steps here."""
    if several_workers():
        return _together(model)

    def take(batches: Any, count: int, callback: keras.callbacks.Callback) -> None:
        model.fit(batches, steps_per_epoch=count, shuffle=False, verbose=0, callbacks=[callback])

    return take


def _together(model: keras.Model) -> TakeSteps:
    """For several workers, where `fit` of Keras 3 fails (github.com/keras-team/keras/issues/20585).

    Every replica takes its part of each batch; the optimizer adds up their gradients.
    """
    strategy = tf.distribute.get_strategy()

    def on_replica(batch: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = model.compute_loss(batch, targets, model(batch, training=True))
        variables = model.trainable_variables
        model.optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    @tf.function
    def step(batch: Any, targets: Any) -> Any:
        return strategy.reduce("SUM", strategy.run(on_replica, (batch, targets)), axis=None)

    def take(batches: tf.data.Dataset, count: int, callback: keras.callbacks.Callback) -> None:
        options = tf.data.Options()
        options.experimental_distribute.auto_shard_policy = (
            tf.data.experimental.AutoShardPolicy.DATA
        )
        parts = strategy.experimental_distribute_dataset(batches.with_options(options))
        total = 0.0
        for number, (batch, targets) in enumerate(parts):
            total += float(step(batch, targets))
            callback.on_train_batch_end(number, {"loss": total / (1 + number)})

    return take
