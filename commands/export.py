"""`matinee export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from commands.terminal import DEFAULT_RUN, ConfigOption, RunOption, console
from schemas.config import load_config

app = typer.Typer()

PORT = 8501
"""Where TensorFlow Serving is told to answer: beside `matinee serve`, whose port is 8500."""


@app.command()
def export(
    tf_serving: Annotated[
        Path,
        typer.Option(
            "--tf-serving",
            file_okay=False,
            help="Directory to add the models to, as TensorFlow Serving takes them.",
        ),
    ],
    mounted_at: Annotated[
        Path | None,
        typer.Option(
            help="What TensorFlow Serving calls that directory.", show_default="its path here"
        ),
    ] = None,
    run: RunOption = DEFAULT_RUN,
    config: ConfigOption = None,
) -> None:
    """Write both models for a stock TensorFlow Serving, with warm-up requests."""
    from serving.tf_serving_export import CONFIG, recorded, write_models

    if mounted_at is not None and not mounted_at.is_absolute():
        raise typer.BadParameter(f"--mounted-at: expected an absolute path, got {mounted_at}")
    models = recorded(run, load_config(config).serve)
    for model in write_models(models, tf_serving, mounted_at):
        done = "was there" if model.reused else "written"
        line = f"{model.path}  version {model.version}, {done}"
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for line in (
        f"tensorflow_model_server --port={PORT} --model_config_file={tf_serving / CONFIG}",
        f"matinee serve --run {run} --backend tf-serving://127.0.0.1:{PORT}",
    ):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
