"""Second Beam job: TF-Transform over items and users, and the transformed examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet
import tensorflow_transform.beam as tft_beam
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder
from tfx_bsl.tfxio.tensor_adapter import TensorAdapterConfig

from pipeline.features import preprocessing_fn
from pipeline.raw_schema import (
    HISTORY_COLUMNS,
    KIND,
    TARGET_COLUMNS,
    arrow_schema,
    as_rows,
    item_columns,
    raw_schema,
    user_columns,
)
from pipeline.runner import new_pipeline
from pipeline.splits import split
from schemas.cards import Card
from schemas.columns import FITS, SPLITS
from schemas.config import PrepareConfig

ITEMS_PER_BATCH = 1024
ITEMS, USERS = "items", "users"


def transform(
    card: Card,
    config: PrepareConfig,
    profiles: Sequence[Path],
    catalogue: Path,
    out: Path,
    work: Path,
    beam_args: Sequence[str] = (),
) -> None:
    """Runs the job.

    What is analysed are the catalogue's rows and the users' features; no event is, held out or
    not, so no statistic of the graph can leak one.

    Args:
        card: The features.
        config: Vocabulary, bucket and split settings.
        profiles: The shard files that `collect` wrote.
        catalogue: Parquet file of the items.
        out: Takes `transform/`, `items.tfrecord.gz` and `<split>-*.tfrecord.gz`.
        work: Takes TF-Transform's temporary files.
        beam_args: Beam options.
    """
    adapter = TensorAdapterConfig(
        arrow_schema(card),
        dict(raw_schema(card).tensor_representation_group[""].tensor_representation),
    )
    with (
        new_pipeline(beam_args) as pipeline,
        tft_beam.Context(temp_dir=str(work / "tft"), passthrough_keys={KIND}),
    ):
        items = (
            pipeline
            | "Catalogue" >> beam.Create([str(catalogue)])
            | "ReadCatalogue" >> beam.FlatMap(_item_rows, card)
        )
        shards = (
            pipeline
            | "Profiles" >> beam.Create([str(path) for path in profiles])
            | "Spread" >> beam.Reshuffle()
            | "ReadProfiles" >> beam.FlatMap(_read_profiles)
        )
        people = shards | "People" >> beam.Map(
            lambda batch: as_rows(batch.select(list(user_columns(card))), card, USERS)
        )
        function = ((items, people) | "Analyzed" >> beam.Flatten(), adapter) | (
            "Analyze" >> tft_beam.AnalyzeDataset(preprocessing_fn(card, config))
        )
        _ = function | "WriteGraph" >> tft_beam.WriteTransformFn(str(out / "transform"))

        requests = shards | "Split" >> beam.FlatMap(_split_rows, card, config.min_events)
        rows = (items, requests) | "Transformed" >> beam.Flatten()
        batches, _ = ((rows, adapter), function) | "Transform" >> tft_beam.TransformDataset(
            output_record_batches=True
        )
        examples = batches | "Encode" >> beam.FlatMap(_examples, card).with_outputs(ITEMS, *SPLITS)
        _ = examples[ITEMS] | "WriteItems" >> _writer(out, ITEMS, 1, shard_name_template="")
        for name in SPLITS:
            _ = examples[name] | f"Write_{name}" >> _writer(out, name, config.shards)


def _split_rows(profiles: pa.RecordBatch, card: Card, min_events: int) -> Iterator[pa.RecordBatch]:
    for name in SPLITS:
        rows = split(profiles, name, min_events)
        if len(rows):
            yield as_rows(rows, card, name)


def _examples(
    element: tuple[pa.RecordBatch, dict[str, pa.Array]], card: Card
) -> Iterator[beam.pvalue.TaggedOutput]:
    """Serialised tf.Examples of a transformed batch, tagged with its kind."""
    batch, _ = element
    kind = batch.column(KIND).flatten()[0].as_py()
    for example in RecordBatchToExamplesEncoder().encode(batch.select(_columns(card, kind))):
        yield beam.pvalue.TaggedOutput(kind, example)


def _columns(card: Card, kind: str) -> list[str]:
    """What a record of each kind holds."""
    if kind == ITEMS:
        return list(item_columns(card))
    columns = [*user_columns(card), *HISTORY_COLUMNS]
    return columns if kind in FITS else [*columns, *TARGET_COLUMNS]


def _writer(out: Path, name: str, shards: int, **template: str) -> beam.PTransform:
    return beam.io.WriteToTFRecord(
        str(out / name), file_name_suffix=".tfrecord.gz", num_shards=shards, **template
    )


def _item_rows(path: str, card: Card) -> Iterator[pa.RecordBatch]:
    file = pa.parquet.ParquetFile(path)
    for batch in file.iter_batches(ITEMS_PER_BATCH, columns=list(item_columns(card))):
        yield as_rows(batch, card, ITEMS)


def _read_profiles(path: str) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(path) as source, pa.ipc.open_file(source) as file:
        for number in range(file.num_record_batches):
            yield file.get_batch(number)
