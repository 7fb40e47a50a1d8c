"""Second Beam job: TF-Transform over items and users, and the transformed examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import schemas.tf_runtime  # isort: skip  # noqa: F401  before TensorFlow

import apache_beam as beam
import pyarrow as pa
import tensorflow_transform.beam as tft_beam
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder
from tfx_bsl.tfxio.tensor_adapter import TensorAdapterConfig

from pipeline.features import preprocessing_fn
from pipeline.raw_schema import (
    HISTORY_COLUMNS,
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
from schemas.columns import SPLITS
from schemas.config import PrepareConfig

ITEMS_PER_BATCH = 1024


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
    with new_pipeline(beam_args) as pipeline, tft_beam.Context(temp_dir=str(work / "tft")):
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
            lambda batch: as_rows(batch.select(list(user_columns(card))), card)
        )
        function = ((items, people) | "Union" >> beam.Flatten(), adapter) | (
            "Analyze" >> tft_beam.AnalyzeDataset(preprocessing_fn(card, config))
        )
        _ = function | "WriteGraph" >> tft_beam.WriteTransformFn(str(out / "transform"))

        _ = _examples(items, "items", list(item_columns(card)), adapter, function) | (
            "WriteItems"
            >> beam.io.WriteToTFRecord(
                str(out / "items"),
                file_name_suffix=".tfrecord.gz",
                num_shards=1,
                shard_name_template="",
            )
        )
        for name in SPLITS:
            rows = shards | f"Split_{name}" >> beam.Map(
                lambda batch, name=name: as_rows(split(batch, name, config.min_events), card)
            )
            columns = [*user_columns(card), *HISTORY_COLUMNS]
            if name != "train":
                columns += TARGET_COLUMNS
            _ = _examples(rows, name, columns, adapter, function) | (
                f"Write_{name}"
                >> beam.io.WriteToTFRecord(
                    str(out / name), file_name_suffix=".tfrecord.gz", num_shards=config.shards
                )
            )


def _examples(
    rows: beam.PCollection,
    name: str,
    columns: list[str],
    adapter: TensorAdapterConfig,
    function: tuple[beam.PCollection, object],
) -> beam.PCollection:
    """Serialised tf.Examples of the transformed `columns`."""
    batches, _ = ((rows, adapter), function) | f"Transform_{name}" >> tft_beam.TransformDataset(
        output_record_batches=True
    )
    return batches | f"Encode_{name}" >> beam.FlatMap(
        lambda element: RecordBatchToExamplesEncoder().encode(element[0].select(columns))
    )


def _item_rows(path: str, card: Card) -> Iterator[pa.RecordBatch]:
    file = pa.parquet.ParquetFile(path)
    for batch in file.iter_batches(ITEMS_PER_BATCH, columns=list(item_columns(card))):
        yield as_rows(batch, card)


def _read_profiles(path: str) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(path) as source, pa.ipc.open_file(source) as file:
        for number in range(file.num_record_batches):
            yield file.get_batch(number)
