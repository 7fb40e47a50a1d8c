"""Flink, Beam's Flink job server and Prism, fetched once from the package registries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import apache_beam

from schemas.artifacts import ROOT

CACHE = ROOT / ".flink"
FLINK = "apache-flink-libraries==1.16.3"
"""Of the Flink line that pom.xml's job server is for; the sdist holds the jars of a cluster."""
PARTS = ("flink-dist-", "log4j-")
"""Jars of it that a cluster needs; the others are SQL's."""
PRISM = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{apache_beam.__version__}"


def flink_jars() -> Path:
    """Directory with the jars of Flink itself, from PyPI."""
    final = CACHE / FLINK.replace("==", "-")
    if not final.exists():
        aside = _aside(final)
        _run(
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--dest", str(aside), FLINK),
        )
        (archive,) = aside.glob("*.tar.gz")
        with tarfile.open(archive) as opened:
            for member in opened:
                name = Path(member.name)
                if name.parent.name == "lib" and name.name.startswith(PARTS):
                    member.name = name.name
                    opened.extract(member, aside, filter="data")
        archive.unlink()
        aside.replace(final)
    return final


def job_server_jars() -> Path:
    """Directory with the jars of Beam's Flink job server, from Maven Central."""
    final = CACHE / "job-server"
    pom = Path(__file__).with_name("pom.xml")
    if not final.exists() or (final / pom.name).read_text() != pom.read_text():
        aside = _aside(final)
        shutil.copy(pom, aside)
        _run(
            *("mvn", "--quiet", "--batch-mode", "--file", str(aside / pom.name)),
            *("dependency:copy-dependencies", "-DincludeScope=runtime"),
            f"-DoutputDirectory={aside}",
        )
        shutil.rmtree(final, ignore_errors=True)
        aside.replace(final)
    return final


def prism() -> Path:
    """The Prism runner, built from the Go module of this Beam's version."""
    final = CACHE / PRISM.rpartition("/")[2]
    if not final.exists():
        aside = _aside(final)
        _run("go", "install", PRISM, GOBIN=str(aside))
        (aside / "prism").replace(final)
        aside.rmdir()
    return final


def _aside(final: Path) -> Path:
    aside = final.with_name(f".{final.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    return aside


def _run(*command: str, **environment: str) -> None:
    if shutil.which(command[0]) is None:
        raise FileNotFoundError(f"{command[0]}: expected the tool on the PATH, found none")
    subprocess.run(command, check=True, env=os.environ | environment)
