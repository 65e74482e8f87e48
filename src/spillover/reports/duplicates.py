"""Copies of one wire text across outlets, folded: they count as one report.

Two texts are copies when most five-word runs of the shorter one stand in the longer one.
Candidates come from the smallest hashes of the runs (Broder 1997), so that the work grows
with the number of texts, not of pairs. This file imports nothing of Spillover.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

__all__ = ["fold_duplicates"]

_RUN = 5
_SMALLEST = 48
"""Hashes kept of each text; copies that share half their runs share about half of these."""
_SHARED = 0.6
"""Share of the shorter text's runs that a copy has at least."""
_WORD = re.compile(r"\w+")


def _hashes(text: str) -> frozenset[int]:
    words = _WORD.findall(text.lower())
    if len(words) < _RUN:
        words += [""] * (_RUN - len(words))
    return frozenset(
        int.from_bytes(
            hashlib.blake2b(
                " ".join(words[k : k + _RUN]).encode(), digest_size=8
            ).digest()
        )
        for k in range(len(words) - _RUN + 1)
    )


def fold_duplicates(texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Id of each text to the id of the first text it repeats, or to its own.

    Parameters
    ----------
    texts
        (id, text), in the order in which they count.
    """
    kept: dict[str, frozenset[int]] = {}
    by_hash: dict[int, list[str]] = {}
    folded: dict[str, str] = {}
    for ident, text in texts:
        hashes = _hashes(text)
        smallest = sorted(hashes)[:_SMALLEST]
        near: dict[str, int] = {}
        for h in smallest:
            for other in by_hash.get(h, ()):
                near[other] = near.get(other, 0) + 1
        original = ident
        for other in sorted(near, key=lambda o: -near[o])[:8]:
            theirs = kept[other]
            shared = len(hashes & theirs) / min(len(hashes), len(theirs))
            if shared >= _SHARED:
                original = other
                break
        folded[ident] = original
        if original == ident:
            kept[ident] = hashes
            for h in smallest:
                by_hash.setdefault(h, []).append(ident)
    return folded
