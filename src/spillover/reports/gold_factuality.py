"""Score whether acts took place on `meantime_factuality` and `uds_factuality`.

Gold values run from -3 (certainly not) to 3 (certainly). Classes: above 0.5 it happened,
below -0.5 it did not, between them it is open. This file must never import a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spillover.reports.action_words import action_words
from spillover.reports.gold import Scores, class_scores, from_counts
from spillover.reports.status import factuality
from spillover.reports.tokens import tokenise

__all__ = ["score_factuality"]

_EDGE = 0.5
_NAMES = {1: "happened", 0: "open", -1: "not"}


def _class(value: float) -> str:
    return _NAMES[(value > _EDGE) - (value < -_EDGE)]


def score_factuality(
    rows: Iterable[Mapping[str, Any]], *, certain: bool
) -> dict[str, Scores]:
    """Macro-F1 of the three classes, and how often what is open or not is called past.

    The second is the share of wrong ones among predicates called "happened": its
    `precision` is 1 minus that share; once over all predicates, once over words that are
    cues of the lexicon of acts.

    Parameters
    ----------
    rows
        Rows of the set.
    certain
        What the set's annotators were asked: `meantime` how sure the writer is, whenever
        it is (True); `uds` whether it took place (False).
    """
    pairs = []
    cued: list[tuple[str, str]] = []
    lexicon = action_words()
    for row in rows:
        parts = row["text"].split(" ")
        starts = [0]
        for part in parts:
            starts.append(starts[-1] + len(part) + 1)
        doc = tokenise(row["text"])
        for predicate in row["gold"]["predicates"]:
            at = doc.token_at(starts[predicate["tok"][0]])
            sentence = (0, len(doc.words))
            pair = (
                _class(predicate["factuality"]),
                _NAMES[factuality(doc, sentence, at, certain=certain)],
            )
            pairs.append(pair)
            if doc.lower[at] in lexicon:
                cued.append(pair)
    return {
        "classes": class_scores(pairs),
        "called past": _past(pairs),
        "called past, cues only": _past(cued),
    }


def _past(pairs: list[tuple[str, str]]) -> Scores:
    called = [gold for gold, read in pairs if read == "happened"]
    right = sum(gold == "happened" for gold in called)
    wanted = sum(gold == "happened" for gold, _ in pairs)
    return from_counts(right, len(called), wanted)
