"""HTML that cannot be injected into: every text is escaped unless it was built here.

Titles, genres and ids come from whoever made the data. They can only reach a page through
`element`, which escapes what is not `Html`.
"""

from __future__ import annotations

import html
import unicodedata

LONGEST = 120
"""Characters of a text of the data that are shown."""


class Html(str):
    """Finished HTML."""

    __slots__ = ()


def element(tag: str, *children: str | Html, **attributes: str) -> Html:
    """One element.

    Args:
        tag: Its name, and no data.
        children: Texts, which are escaped, and elements, which are not.
        attributes: By name, `_` for `-`, with a trailing `_` where Python reserves it; values are
            escaped.
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for name, value in attributes.items()
    )
    return Html(f"<{tag}{given}>{joined(*children)}</{tag}>")


def joined(*children: str | Html) -> Html:
    """Elements and texts one after the other, escaped in the same way."""
    return Html("".join(c if isinstance(c, Html) else html.escape(c) for c in children))


def data_text(text: str) -> Html:
    """A text of the data: cut if very long, without control characters, and isolated.

    `bdi` keeps right-to-left text, and characters that turn the direction, to themselves.
    """
    cut = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    plain = "".join("�" if unicodedata.category(c) in ("Cc", "Cs") else c for c in cut)
    return element("bdi", plain)
