"""Text to tokens and sentences, every one with its place in the text.

One pass of two regular expressions: linear in the length, so that a text of ten
megabytes in a single line is read like any other. This file must never import a
lexicon.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from spillover.reports.words import words

__all__ = ["LONGEST_SENTENCE", "Document", "tokenise"]

LONGEST_SENTENCE = 250
"""Tokens after which a sentence is cut: no writer's sentence is longer, a table is."""

_TOKEN = re.compile(
    r"(?:[A-Z]\.){2,}"  # U.S., U.N.
    r"|\d+(?:[.,:/]\d+)*"
    r"|['’](?:s|ll|d|re|ve|m)\b|n['’]t\b"
    r"|[^\W\d_]+(?:-[^\W_]+)*(?=n['’]t\b)"
    r"|[^\W_]+(?:[-'’](?!(?:s|ll|d|re|ve|m)\b)[^\W_]+)*"
    r"|``|''|[^\w\s]|_+"
)
_GAP = re.compile(r"\n\s*\n|\n(?=\s*[-•*–]\s)")
_ENDS = frozenset(".?!…")
_CLOSERS = frozenset("\"'”’»)]''")
_ABBREVIATIONS = words(
    """
    mr mrs ms dr gen lt col maj capt sgt adm gov sen rep rev hon pres prof st jr sr
    vs etc inc ltd co corp no jan feb mar apr jun jul aug sep sept oct nov dec brig
    cmdr dep amb min sheikh al approx est dept fig op art pp
    """
)


@dataclass(frozen=True, slots=True)
class Document:
    """A text and its tokens.

    Attributes
    ----------
    text
        As it was read; offsets are into it.
    words, lower
        Tokens, and the same in lower case with plain apostrophes.
    start, end
        Character offsets of each token, end exclusive.
    sentences
        First token and the token after the last, of each sentence.
    """

    text: str
    words: list[str]
    lower: list[str]
    start: list[int]
    end: list[int]
    sentences: list[tuple[int, int]]

    def span(self, first: int, stop: int) -> tuple[int, int]:
        """Character offsets of the tokens from ``first`` to before ``stop``."""
        return self.start[first], self.end[stop - 1]

    def quote(self, first: int, stop: int) -> str:
        """The text of these tokens, as it stands."""
        return self.text[self.start[first] : self.end[stop - 1]]

    def token_at(self, offset: int) -> int:
        """The token at, or the last one before, a character offset."""
        return max(0, bisect_right(self.start, offset) - 1)

    def tokens_of(self, start: int, end: int) -> tuple[int, int]:
        """First token of a span of characters and the one after its last."""
        return self.token_at(start), self.token_at(max(start, end - 1)) + 1


def tokenise(text: str) -> Document:
    """Cut a text into tokens and sentences."""
    words, start, end = [], [], []
    for match in _TOKEN.finditer(text):
        words.append(match.group())
        start.append(match.start())
        end.append(match.end())
    lower = [word.lower().replace("’", "'") for word in words]
    gaps = [gap.start() for gap in _GAP.finditer(text)]
    sentences = list(_sentences(words, lower, start, end, gaps))
    return Document(text, words, lower, start, end, sentences)


def _sentences(
    words: list[str],
    lower: list[str],
    start: list[int],
    end: list[int],
    gaps: list[int],
) -> Iterator[tuple[int, int]]:
    first, gap, count, i = 0, 0, len(words), 0
    while i < count:
        after = i + 1
        while gap < len(gaps) and gaps[gap] < end[i]:
            gap += 1
        broken = after == count or (gap < len(gaps) and gaps[gap] < start[after])
        if not broken and words[i] in _ENDS:
            while (
                after < min(count, first + LONGEST_SENTENCE)
                and words[after] in _CLOSERS
                and start[after] == end[after - 1]
            ):
                after += 1
            broken = after == count or (
                start[after] > end[after - 1]
                and _opens(words, after)
                and not _abbreviates(words, lower, i)
            )
            i = after - 1
        elif (
            not broken
            and words[i] in ("U.S.", "U.N.")
            and words[after] in ("The", "In", "But")
        ):
            broken = True
        if broken or after - first >= LONGEST_SENTENCE:
            yield first, after
            first = after
        i = after


def _opens(words: list[str], at: int) -> bool:
    """Whether a token can open a sentence."""
    word = words[at]
    return word[0].isupper() or word[0].isdigit() or not word[0].isalnum()


def _abbreviates(words: list[str], lower: list[str], dot: int) -> bool:
    """Whether the full stop at ``dot`` belongs to the word before it."""
    if words[dot] != "." or dot == 0:
        return False
    before = words[dot - 1]
    single = len(before) == 1 and before.isupper()
    return single or (before[0].isupper() and lower[dot - 1] in _ABBREVIATIONS)
