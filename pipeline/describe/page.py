"""The report as one page of HTML."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.describe import sections
from schemas.report.document import document
from schemas.report.markup import data_text, element


def page(report: dict[str, Any], picture: np.ndarray) -> str:
    """The whole page.

    Args:
        report: What `report.json` holds.
        picture: As `matrix.density`.
    """
    return document(
        f"{report['dataset']}: exploratory report",
        element("h1", data_text(report["dataset"])),
        element("p", f"Exploratory report of prepared {report['prepared']}", class_="quiet"),
        sections.overview(report),
        sections.long_tail(report),
        sections.activity(report["users"]),
        sections.matrix(report["matrix"], picture),
        sections.ratings(report["ratings"]),
        sections.times(report["times"], report["ties"]),
        sections.categories(report["categories"]),
        sections.missing(report["missing"]),
        sections.drift(report),
    )
