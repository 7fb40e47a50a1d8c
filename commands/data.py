"""`matinee fetch`, `matinee join`, `matinee prepare` and `matinee describe`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from commands.stages import Stages, fetch_dataset
from commands.terminal import (
    DEFAULT_DATA,
    DEFAULT_DATASET,
    DEFAULT_RUN,
    ConfigOption,
    DataOption,
    DatasetOption,
    ForceOption,
    RunOption,
    console,
)
from schemas.artifacts import MANIFEST, Artifact, open_artifact, verify
from schemas.config import load_config

app = typer.Typer()

CardOption = Annotated[
    Path | None,
    typer.Option(
        "--card",
        exists=True,
        dir_okay=False,
        help="Dataset card (TOML) of your own files, in place of a fetched dataset.",
    ),
]
FilesOption = Annotated[
    Path | None,
    typer.Option(
        "--files",
        exists=True,
        file_okay=False,
        help="Where the card's files are; the default is beside the card.",
    ),
]


@app.command()
def fetch(
    dataset: Annotated[str, typer.Argument(help="ml-100k, ml-1m, ..., as the error lists them.")],
    archive: Annotated[
        Path | None,
        typer.Option(
            "--from",
            exists=True,
            dir_okay=False,
            help="A local archive.",
            show_default="the official address",
        ),
    ] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Download a dataset, or unpack a local archive of it."""
    fetch_dataset(dataset, data, archive)


@app.command()
def join(
    dataset: DatasetOption = DEFAULT_DATASET,
    data: DataOption = DEFAULT_DATA,
    card: CardOption = None,
    files: FilesOption = None,
    imdb: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Directory of IMDb's five files."),
    ] = None,
    film_metadata: Annotated[
        bool, typer.Option(help="Use the CC0 film metadata, which is fetched.")
    ] = True,
    descriptions: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Films as JSON lines.")
    ] = None,
    descriptions_layout: Annotated[
        str, typer.Option(help="Field names of the JSON lines: plain or omdb.")
    ] = "plain",
    links: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="CSV with movieId and imdbId; the default is the dataset's own links.csv.",
        ),
    ] = None,
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
    force: ForceOption = False,
) -> None:
    """Find directors, actors, runtime and more for the films; `prepare --metadata` takes them."""
    from pipeline.joining.dataset import Metadata
    from pipeline.joining.fetch import fetch_film_metadata

    fetched = fetch_film_metadata(data) if film_metadata else None
    metadata = Metadata(imdb, fetched, descriptions, descriptions_layout, links)
    joined = Stages(run, load_config(config), force).join(
        open_data(dataset, data, card, files), metadata
    )
    for source in joined.figures["sources"]:
        matched = ", ".join(f"{count} {method}" for method, count in source["matched"].items())
        console.print(f"{source['source']}: {matched}", highlight=False)
    console.print(f"doubtful matches: {joined.path / 'doubtful.tsv'}", highlight=False)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def prepare(
    context: typer.Context,
    dataset: DatasetOption = DEFAULT_DATASET,
    data: DataOption = DEFAULT_DATA,
    card: CardOption = None,
    files: FilesOption = None,
    metadata: Annotated[
        bool, typer.Option("--metadata", help="Add what `matinee join` found in this run.")
    ] = False,
    infer_schema: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="Write a schema of the dataset's columns here and prepare nothing.",
            show_default="prepare",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="With --infer-schema: over one that was edited.")
    ] = False,
    schema: Annotated[
        str, typer.Option(help="TFMD schema of the source columns; over the config's.")
    ] = "",
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
    force: ForceOption = False,
) -> None:
    """Turn a dataset into examples; unknown options go to Beam (--runner=...)."""
    source = open_data(dataset, data, card, files)
    if infer_schema is not None:
        from pipeline.validation.infer import infer_to

        infer_to(source, infer_schema, overwrite)
        console.print(f"schema: {infer_schema}", highlight=False, markup=False)
        return
    found = open_artifact(run / "metadata") if metadata else None
    settings = load_config(config)
    if schema:
        enforced = dataclasses.replace(settings.prepare, schema=schema)
        settings = dataclasses.replace(settings, prepare=enforced)
    Stages(run, settings, force).prepare(source, context.args, found)


@app.command()
def describe(
    run: RunOption = DEFAULT_RUN, config: ConfigOption = None, force: ForceOption = False
) -> None:
    """Write an exploratory report of the prepared data: HTML with plots, and JSON."""
    report = Stages(run, load_config(config), force).describe()
    console.print(str(report.path / "report.html"), highlight=False, soft_wrap=True)


def open_data(dataset: str, data: Path, card: Path | None, files: Path | None) -> Artifact:
    """A fetched dataset or, with a card, anybody's own files."""
    if card is None:
        from pipeline.datasets import release_named

        if not (data / dataset / MANIFEST).is_file():
            release_named(dataset)  # refuses a name that no fetch knows
            raise FileNotFoundError(
                f"{data / dataset}: expected a fetched dataset, found none; "
                f"run matinee fetch {dataset}, or give a card of your own files"
            )
        fetched = open_artifact(data / dataset)
        verify(fetched)
        return fetched
    from pipeline.adopt import adopt

    return adopt(card, files)
