"""The forms under which a title may be found, each with how far it is from the title itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.joining.normalise import articles_first, compact, without_article, words

SAME, NEAR, PART = 0, 1, 3
"""Levels: the title; an alternative, or without its article; a part of either. Both of the second
kind together are nearer than a part."""

IN_BRACKETS = r"^(?P<title>.*\S)\s*\((?P<inside>[^()]*)\)\s*$"
MOST_BRACKETS = 4
KNOWN_AS = r"^(?i:a\.?k\.?a\.?|also known as)\s+"
# "(V)" and "(TV)" say where a film was shown, "(II)" that it is the second of its name and year.
NO_TITLE = r"^(?:V|TV|VG|[IVX]+|\d{4}|)$"
SUBTITLE = r"^(?P<head>[^:]*?\S)(?:\s*: | - | \x{2013} )(?P<tail>.*\S)\s*$"
# "Tyler Perry's Daddy's Little Girls": up to three words, of which the last owns the film.
OWNED = r"^(?P<owner>(?:\S+ ){0,2}?\S+(?:'s|s')) (?P<film>.*\S)\s*$"


@dataclass(frozen=True)
class Forms:
    """Forms of many titles, every distinct one of a row once, at its lowest level.

    Attributes:
        row: `[forms]` int64, the title's row.
        level: `[forms]` int64, `SAME` or further.
        text: `[forms]` string, normalised and never empty.
    """

    row: np.ndarray
    level: np.ndarray
    text: pa.Array

    @property
    def key(self) -> pa.Array:
        """`[forms]` string: the text without spaces."""
        return compact(self.text)

    def take(self, rows: np.ndarray) -> Forms:
        """The forms at these positions, or where this mask is true."""
        positions = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Forms(self.row[rows], self.level[rows], self.text.take(pa.array(positions)))


def title_forms(titles: pa.Array, alternatives: pa.Array) -> Forms:
    """All forms of each title.

    Brackets at the end hold alternative titles ("Postman, The (Postino, Il)"), but may also be part
    of the title ("Birdman or (The Unexpected Virtue of Ignorance)"): both are tried.

    Args:
        titles: `[n]` string.
        alternatives: `[n]` list of string, other titles that are known.
    """
    row = np.arange(len(titles))
    main, bracketed = _brackets(titles)
    listed = pc.list_parent_indices(alternatives).to_numpy()
    named = [
        (row, SAME, titles),
        (row, SAME, main),
        *((rows, NEAR, inside) for rows, inside in bracketed),
        (listed, NEAR, alternatives.flatten()),
    ]
    named = [(rows, level, articles_first(text)) for rows, level, text in named]
    parts = [part for rows, level, text in named for part in _parts(rows, level, text)]
    spelled = _distinct([(rows, level, words(text)) for rows, level, text in named + parts])
    bare = (spelled.row, spelled.level + NEAR, without_article(spelled.text))
    return _distinct([(spelled.row, spelled.level, spelled.text), bare])


def _brackets(titles: pa.Array) -> tuple[pa.Array, list[tuple[np.ndarray, pa.Array]]]:
    """Titles without the brackets at their end, and `(rows, what stood in them)`."""
    found = []
    rows, rest = np.arange(len(titles)), titles
    for _ in range(MOST_BRACKETS):
        parts = pc.extract_regex(rest, IN_BRACKETS)
        matched = pc.is_valid(parts)
        hit = matched.to_numpy(zero_copy_only=False)
        rows, parts, rest = rows[hit], parts.filter(matched), rest.filter(matched)
        if not len(rows):
            break
        rest = pc.struct_field(parts, "title")
        inside = pc.replace_substring_regex(pc.struct_field(parts, "inside"), KNOWN_AS, "")
        titles = _put(titles, rows, rest)
        named = pc.invert(pc.match_substring_regex(inside, NO_TITLE))
        found.append((rows[named.to_numpy(zero_copy_only=False)], inside.filter(named)))
    return titles, found


def _put(values: pa.Array, rows: np.ndarray, replacements: pa.Array) -> pa.Array:
    mask = np.zeros(len(values), bool)
    mask[rows] = True
    return pc.replace_with_mask(values, pa.array(mask), replacements)


def _parts(
    rows: np.ndarray, level: int, text: pa.Array
) -> Iterator[tuple[np.ndarray, int, pa.Array]]:
    """What stands before a colon or dash, what stands after it, and a title without its owner."""
    for pattern, names in ((SUBTITLE, ("head", "tail")), (OWNED, ("film",))):
        found = pc.extract_regex(text, pattern)
        matched = pc.is_valid(found)
        found = found.filter(matched)
        for name in names:
            part = pc.struct_field(found, name)
            # The tail of "Che: Part Two" is no title.
            titled = pc.match_substring_regex(words(part), r"\p{L}")
            kept = rows[matched.to_numpy(zero_copy_only=False)]
            yield kept[titled.to_numpy(zero_copy_only=False)], level + PART, part.filter(titled)


def _distinct(parts: list[tuple[np.ndarray, int | np.ndarray, pa.Array]]) -> Forms:
    row = np.concatenate([rows for rows, _, _ in parts])
    level = np.concatenate([np.broadcast_to(level, len(rows)) for rows, level, _ in parts])
    text = pa.concat_arrays([text for _, _, text in parts])
    code = pc.dictionary_encode(text).indices.to_numpy()
    order = np.lexsort((level, code, row))
    first = np.r_[True, (np.diff(row[order]) != 0) | (np.diff(code[order]) != 0)][: len(order)]
    kept = np.sort(order[first])
    kept = kept[pc.not_equal(text.take(pa.array(kept)), "").to_numpy(zero_copy_only=False)]
    return Forms(row[kept], level[kept], text.take(pa.array(kept)))
