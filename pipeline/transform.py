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

from pipeline.features import HISTORY_OUTPUTS, item_outputs, preprocessing_fn, user_outputs
from pipeline.raw_schema import (
    TARGET_COLUMNS,
    arrow_schema,
    as_rows,
    item_columns,
    raw_schema,
    user_columns,
)
from pipeline.records import ITEMS, RECORDS, Counted
from pipeline.runner import new_pipeline
from pipeline.splits.cut import Split, split
from pipeline.tables import Tables
from pipeline.tasks import job
from pipeline.tasks.job import ROWS_PER_BATCH
from pipeline.tasks.past import widths
from schemas.cards import Card
from schemas.columns import FITS, KIND, NUMBERS, SPLITS

ITEMS_PER_BATCH = 1024
USERS = "users"


def transform(
    tables: Tables,
    out: Path,
    work: Path,
    beam_args: Sequence[str] = (),
) -> None:
    """Runs the job.

    What is analysed are the catalogue's rows and the features of the users of `train`; no event
    is, held out or not, so no statistic of the graph can leak one.

    Args:
        tables: The shard files, the catalogue, and the settings.
        out: Takes `transform/`, `items.tfrecord.gz`, `<split>-*.tfrecord.gz` and
            `tasks/<task>-<split>-*.tfrecord.gz`.
        work: Takes TF-Transform's temporary files and `records.tsv`, the number of each kind.
        beam_args: Beam options.
    """
    card, config, how = tables.card, tables.config, tables.how
    adapter = TensorAdapterConfig(
        arrow_schema(card),
        dict(raw_schema(card).tensor_representation_group[""].tensor_representation),
    )
    with (
        new_pipeline(beam_args) as pipeline,
        tft_beam.Context(temp_dir=str(work / "tft"), passthrough_keys={KIND, NUMBERS}),
    ):
        items = (
            pipeline
            | "Catalogue" >> beam.Create([str(tables.catalogue)])
            | "ReadCatalogue" >> beam.FlatMap(_item_rows, card)
        )
        shards = (
            pipeline
            | "Profiles" >> beam.Create([str(path) for path in tables.profiles])
            | "Spread" >> beam.Reshuffle()
            | "ReadProfiles" >> beam.FlatMap(_read_profiles)
        )
        people = shards | "People" >> beam.FlatMap(_people, card, how)
        function = ((items, people) | "Analyzed" >> beam.Flatten(), adapter) | (
            "Analyze" >> tft_beam.AnalyzeDataset(preprocessing_fn(card, config))
        )
        _ = function | "WriteGraph" >> tft_beam.WriteTransformFn(str(out / "transform"))

        requests = shards | "Split" >> beam.FlatMap(_split_rows, card, how)
        examples_of_tasks = job.task_rows(pipeline, shards, tables)
        rows = (items, requests, *examples_of_tasks) | "Transformed" >> beam.Flatten()
        batches, _ = ((rows, adapter), function) | "Transform" >> tft_beam.TransformDataset(
            output_record_batches=True
        )
        kinds = job.kinds(config)
        values = widths(tables.facts().values) if kinds else {}
        examples = batches | "Encode" >> beam.FlatMap(_examples, tables, values).with_outputs(
            ITEMS, *SPLITS, *kinds
        )
        _ = examples[ITEMS] | "WriteItems" >> _writer(out, ITEMS, 1, shard_name_template="")
        for name in SPLITS:
            _ = examples[name] | f"Write_{name}" >> _writer(out, name, config.shards)
        for kind in kinds:
            _ = examples[kind] | f"Write_{kind}" >> _writer(out / "tasks", kind, config.shards)
        _ = (
            [examples[kind] | f"Count_{kind}" >> Counted(kind) for kind in (ITEMS, *SPLITS, *kinds)]
            | "Counts" >> beam.Flatten()
            | "WriteCounts" >> beam.io.WriteToText(str(work / RECORDS), shard_name_template="")
        )


def _people(profiles: pa.RecordBatch, card: Card, how: Split) -> Iterator[pa.RecordBatch]:
    """The users of `train`, without their events."""
    users = profiles.select(list(user_columns(card))).take(
        pa.array(how.cut(profiles, "train").user)
    )
    if len(users):
        yield as_rows(users, card, USERS)


def _split_rows(profiles: pa.RecordBatch, card: Card, how: Split) -> Iterator[pa.RecordBatch]:
    for name in SPLITS:
        rows = split(profiles, name, how)
        for piece in _pieces(rows):
            yield as_rows(piece, card, name)


def _pieces(rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Batches of a bounded size; copied, since the lists of a slice do not begin at offset 0."""
    for start in range(0, len(rows), ROWS_PER_BATCH):
        yield rows.take(pa.array(range(start, min(start + ROWS_PER_BATCH, len(rows)))))


def _examples(
    element: tuple[pa.RecordBatch, dict[str, pa.Array]],
    tables: Tables,
    values: dict[str, int],
) -> Iterator[beam.pvalue.TaggedOutput]:
    """Serialised tf.Examples of a transformed batch, tagged with its kind."""
    batch, _ = element
    kind = batch.column(KIND).flatten()[0].as_py()
    if kind in (ITEMS, *SPLITS):
        columns = batch.select(_columns(tables.card, kind))
    else:
        columns = job.example_columns(batch, kind, tables, values)
    for example in RecordBatchToExamplesEncoder().encode(columns):
        yield beam.pvalue.TaggedOutput(kind, example)


def _columns(card: Card, kind: str) -> list[str]:
    """What a record of each kind holds."""
    if kind == ITEMS:
        return item_outputs(card)
    columns = [*user_outputs(card), *HISTORY_OUTPUTS]
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
