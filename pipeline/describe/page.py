"""The report as one page of HTML that needs nothing else: no script, no file, no network."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.describe import sections
from pipeline.describe.markup import Html, data_text, element, joined

# Belt and braces: were markup to slip through, a browser would still load and run nothing.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2530; max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; border-bottom: 1px solid #d5d9de; }
h3 { margin-bottom: 0.2rem; }
figure { margin: 1.2rem 0; } figcaption strong { display: block; }
figure img { max-width: 100%; height: auto; }
.pair { display: flex; flex-wrap: wrap; gap: 1rem; } .pair figure { flex: 1 1 24rem; margin: 0; }
table { border-collapse: collapse; margin: 0.8rem 0; }
caption { text-align: left; } caption strong { display: block; }
th, td { padding: 0.15rem 0.8rem 0.15rem 0; text-align: left; vertical-align: top; }
th { border-bottom: 1px solid #d5d9de; font-weight: 600; }
td { overflow-wrap: anywhere; } .number { text-align: right; white-space: nowrap; }
.bar { display: inline-block; height: 0.6rem; background: #1f5fa8; }
.bar.second { background: #d9772b; } .track { width: 11rem; line-height: 0.7rem; }
.quiet { color: #5d6673; }
"""


def page(report: dict[str, Any], picture: np.ndarray) -> str:
    """The whole page.

    Args:
        report: What `report.json` holds.
        picture: As `matrix.density`.
    """
    head = joined(
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        element("title", f"{report['dataset']}: exploratory report"),
        element("style", Html(STYLE)),
    )
    body = joined(
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
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{body}</body></html>\n'
