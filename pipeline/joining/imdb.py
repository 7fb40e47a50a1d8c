"""IMDb's non-commercial files: five gzipped TSV files of up to 90 million lines.

They are streamed, a few columns each; people are read for the films that are used alone.
Layout: https://developer.imdb.com/non-commercial-datasets/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pipeline.joining.lists import comma_separated, grouped
from pipeline.joining.records import DETAILS, TITLES, filled
from pipeline.sources.files import SourceError

BASICS, RATINGS, CREW, PRINCIPALS, NAMES = FILES = (
    "title.basics.tsv.gz",
    "title.ratings.tsv.gz",
    "title.crew.tsv.gz",
    "title.principals.tsv.gz",
    "name.basics.tsv.gz",
)
BLOCK_BYTES = 16 << 20
ACTING = pa.array(["actor", "actress"])
TEXT, NUMBER = pa.string(), pa.float32()


class ImdbFiles:
    """A directory of the five files.

    Args:
        directory: Holds `FILES`.
        kinds: Title types to keep, such as "movie".
        name: What reports call the source.

    Raises:
        SourceError: A file is missing. Reading raises it for a file that is cut off, is no gzip, or
            has a ragged line, a missing column or a value that is no number.
    """

    def __init__(self, directory: Path, kinds: Sequence[str], name: str = "imdb") -> None:
        self.name = name
        self._directory = directory
        self._kinds = pa.array(kinds, TEXT)
        for file in FILES:
            if not (directory / file).is_file():
                raise SourceError(f"{directory / file}: expected a file, found none")

    def titles(self) -> pa.Table:
        """Every film, as `records.TITLES`; the original title is the alternative one."""
        return filled(self._films, TITLES)

    def details(self, source_ids: pa.Array) -> pa.Table:
        """These films in this order, as `records.DETAILS`; there are no descriptions."""
        films = self._films.take(pc.index_in(source_ids, self._films.column("source_id")))
        directors, actors = self._people(source_ids)
        table = films.select(["source_id", "runtime", "imdb_rating", "imdb_votes"])
        table = table.append_column("directors", directors).append_column("actors", actors)
        return filled(table.append_column("description", pa.nulls(len(table), TEXT)), DETAILS)

    @cached_property
    def _films(self) -> pa.Table:
        """Titles of the wanted kinds with their ratings."""
        basics = _read(
            self._directory / BASICS,
            {
                "tconst": TEXT,
                "titleType": TEXT,
                "primaryTitle": TEXT,
                "originalTitle": TEXT,
                "startYear": NUMBER,
                "runtimeMinutes": NUMBER,
                "genres": TEXT,
            },
            "titleType",
            self._kinds,
        )
        film = basics.column("tconst")
        rated = {"tconst": TEXT, "averageRating": NUMBER, "numVotes": NUMBER}
        ratings = _read(self._directory / RATINGS, rated, "tconst", film)
        ratings = ratings.take(pc.index_in(film, ratings.column("tconst")))
        return pa.table(
            {
                "source_id": film,
                "imdb_id": film,
                "title": basics.column("primaryTitle"),
                "alternative_titles": _alone(basics.column("originalTitle")),
                "year": basics.column("startYear"),
                "kind": basics.column("titleType"),
                "genres": comma_separated(basics.column("genres")),
                "runtime": basics.column("runtimeMinutes"),
                "imdb_rating": ratings.column("averageRating"),
                "imdb_votes": ratings.column("numVotes"),
            }
        )

    def _people(self, films: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Names of the directors and of the actors of each film, both in IMDb's order."""
        crew = _read(self._directory / CREW, {"tconst": TEXT, "directors": TEXT}, "tconst", films)
        directors = comma_separated(crew.column("directors"))
        film_of = crew.column("tconst").take(pc.list_parent_indices(directors))
        billed = {"tconst": TEXT, "ordering": NUMBER, "nconst": TEXT, "category": TEXT}
        cast = _read(self._directory / PRINCIPALS, billed, "tconst", films)
        cast = cast.filter(pc.is_in(cast.column("category"), value_set=ACTING))
        cast = cast.sort_by("ordering")

        used = pc.unique(pa.concat_arrays([directors.flatten(), cast.column("nconst")]))
        known = {"nconst": TEXT, "primaryName": TEXT}
        names = _read(self._directory / NAMES, known, "nconst", used)

        def people(film: pa.Array, person: pa.Array) -> pa.Array:
            name = names.column("primaryName").take(pc.index_in(person, names.column("nconst")))
            there = pc.is_valid(name)
            return grouped(film.filter(there), name.filter(there), films)

        return (
            people(film_of, directors.flatten()),
            people(cast.column("tconst"), cast.column("nconst")),
        )


def _read(
    path: Path, columns: Mapping[str, pa.DataType], key: str, wanted: pa.Array
) -> pa.RecordBatch:
    r"""The rows of a file whose `key` is wanted; `\N` is null."""
    batches = _stream(path, columns)
    parts = [batch.filter(pc.is_in(batch.column(key), value_set=wanted)) for batch in batches]
    empty = pa.RecordBatch.from_pylist([], pa.schema(columns.items()))
    return pa.concat_batches([empty, *parts])


def _stream(path: Path, columns: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    try:
        with pa.input_stream(path, compression="gzip") as text:
            yield from pa.csv.open_csv(
                text,
                read_options=pa.csv.ReadOptions(block_size=BLOCK_BYTES),
                parse_options=pa.csv.ParseOptions(delimiter="\t", quote_char=False),
                convert_options=pa.csv.ConvertOptions(
                    include_columns=list(columns),
                    column_types=dict(columns),
                    null_values=["\\N"],
                    strings_can_be_null=True,
                ),
            )
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{path}: expected a whole gzipped TSV file with columns {list(columns)}, got {error}"
        ) from error


def _alone(values: pa.Array) -> pa.Array:
    """Each value as a list of one; null as none."""
    offsets = np.concatenate([[0], np.cumsum(pc.is_valid(values).to_numpy(zero_copy_only=False))])
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), values.drop_null())
