"""One spelling for a title, however it was written; all rules work on whole Arrow columns.

"Matrix, The" becomes "the matrix", "Amélie" "amelie", "Rocky II" and "Rocky: Part Two" "rocky 2",
"Romeo + Juliet" "romeo and juliet", "Ocean's Eleven" "oceans 11", "S.W.A.T." "swat".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

ARTICLES = (
    *("the", "a", "an"),
    *("le", "la", "les", "un", "une"),
    *("el", "los", "las", "una"),
    *("il", "lo", "gli", "i", "uno"),
    *("der", "die", "das", "ein", "eine"),
    *("de", "het", "een"),
    *("o", "os", "as", "um", "uma"),
    *("den", "det", "en", "ett"),
)
"""What catalogues move to the end of a title, by language."""
ELIDED = "l'"
"""Stands before its noun without a space."""

LETTERS = {
    **{"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"},
    "\u0131": "i",  # the Turkish one without a dot
}
"""Letters that have no decomposition into a plain letter and an accent."""
APOSTROPHES = r"[`\x{b4}\x{2018}\x{2019}\x{2bc}]"

ROMAN = (
    *("ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"),
    *("xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii", "xviii", "xix", "xx"),
)
"""2 to 20. "I" is a word, and a number after words such as "part" alone."""
WORDS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen", "twenty"),
)
"""1 to 20."""
# A title does not begin with a Roman numeral ("V for Vendetta", "X-Men"), hence the space.
NUMBERS = {rf" {roman}\b": f" {i}" for i, roman in enumerate(ROMAN, 2)}
NUMBERS |= {rf"\b{word}\b": str(i) for i, word in enumerate(WORDS, 1)}
PART = r"\b(?:(?:part|pt|episode|chapter|volume|vol|book|number|no) )+"


def normalise(titles: pa.Array) -> pa.Array:
    """Lower-case letters and digits, single spaces between words.

    Applying it twice changes nothing. A title without a letter or digit becomes "".

    Args:
        titles: `[n]` string.

    Returns:
        `[n]` string.
    """
    return words(articles_first(titles))


def articles_first(titles: pa.Array) -> pa.Array:
    """Lower case without accents, the article where it is spoken; the first half of `normalise`."""
    return _articles_first(_plain_letters(titles))


def words(text: pa.Array) -> pa.Array:
    """Punctuation to words or spaces, numerals to digits; the second half of `normalise`."""
    text = pc.replace_substring_regex(text, "[&+]", " and ")
    text = pc.replace_substring_regex(text, "['.]", "")
    text = pc.utf8_trim(pc.replace_substring_regex(text, r"[^\p{L}\p{N}]+", " "), " ")
    text = pc.replace_substring_regex(text, rf"({PART})i\b", r"\1" "1")  # a group has one digit
    text = _replace_all(text, NUMBERS)
    return pc.replace_substring_regex(text, rf"{PART}(\d+)\b", r"\1")


def without_article(normalised: pa.Array) -> pa.Array:
    """Drops English articles from the front of normalised titles, unless nothing else is left."""
    return pc.replace_substring_regex(normalised, "^(?:(?:the|a|an) )+(.+)$", r"\1")


def compact(normalised: pa.Array) -> pa.Array:
    """Without spaces, since "Spider-Man" is also written "Spiderman" and "Spider Man"."""
    return pc.replace_substring(normalised, " ", "")


def _plain_letters(text: pa.Array) -> pa.Array:
    """Lower case, no accents, one kind of apostrophe."""
    text = pc.replace_substring_regex(text, APOSTROPHES, "'")
    text = pc.utf8_lower(pc.utf8_normalize(pc.utf8_lower(text), "NFKD"))
    text = pc.replace_substring_regex(text, r"\p{M}+", "")
    return _replace_all(text, LETTERS)


def _articles_first(text: pa.Array) -> pa.Array:
    """Both "hobbit, the" and "hobbit, the: an unexpected journey" begin with "the"."""
    articles = "|".join(ARTICLES)

    def turn(part: pa.Array) -> pa.Array:
        part = pc.replace_substring_regex(part, rf"^(.*\S),\s*({ELIDED})\s*$", r"\2\1")
        part = pc.replace_substring_regex(part, rf"^(.*\S),\s*({articles})\s*$", r"\2 \1")
        return pc.replace_substring_regex(
            part, rf"^([^:]*?\S),\s*({articles})\s*(:| - )(.*)$", r"\2 \1\3\4"
        )

    return _where(text, ",", turn)


def _replace_all(text: pa.Array, replacements: Mapping[str, str]) -> pa.Array:
    """Replaces each pattern in turn, in the few rows that hold any of them."""

    def replace(part: pa.Array) -> pa.Array:
        for pattern, replacement in replacements.items():
            part = pc.replace_substring_regex(part, pattern, replacement)
        return part

    return _where(text, "|".join(replacements), replace)


def _where(text: pa.Array, pattern: str, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Changes the rows that match; most rules concern few titles of millions."""
    rows = pc.match_substring_regex(text, pattern)
    part = text.filter(rows)
    return pc.replace_with_mask(text, rows, change(part)) if len(part) else text
