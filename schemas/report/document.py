"""One page of HTML that needs nothing else: no script, no file, no network."""

from __future__ import annotations

from schemas.report.markup import Html, element, joined

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
.cell { width: 6.5rem; } .cell .bar { display: block; height: 0.4rem; }
.cell.marked .bar { background: #d9772b; }
.quiet { color: #5d6673; }
"""


def document(title: str, *body: Html) -> str:
    """A whole page.

    Args:
        title: Of the window.
        body: What is on it, from top to bottom.
    """
    head = joined(
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        element("title", title),
        element("style", Html(STYLE)),
    )
    content = joined(*body)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{content}</body></html>\n'
