"""The optional hybrid: the lexicon's root beside a linear model, which speaks only when sure.

The model learns, on the user's machine in a second, from the project's own sentences
(`lexicon/sentences.txt`); no weights are shipped. It fills in where the lexicon has no
root, and overrules it only far above chance. This file must never import a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from spillover.errors import InputError
from spillover.reports.actor_table import ActorRow
from spillover.reports.claim import Reading
from spillover.reports.pairs import action_between
from spillover.reports.reader import LexiconReader
from spillover.reports.report import Report
from spillover.reports.tokens import tokenise

__all__ = ["HybridReader", "root_of", "sentences", "trained"]

_FILL, _OVERRULE = 0.30, 0.80
"""Probability from which the model speaks where the lexicon is silent, and against it."""


@cache
def sentences() -> tuple[tuple[str, str], ...]:
    """The project's own sentences with their roots."""
    text = (files("spillover.reports") / "lexicon/sentences.txt").read_text("utf-8")
    found, root = [], ""
    for line in text.splitlines():
        if line.startswith("["):
            root = line.strip()[1:-1]
        elif line.strip() and not line.startswith("#"):
            found.append((line.strip(), root))
    return tuple(found)


def _with_lexicon(text: str) -> str:
    """The words, and the root the lexicon reads, as one more word."""
    found = action_between(tokenise(text), (), ())
    return f"{text} LEXICON_{found[0] if found else 'NONE'}"


def trained(rows: Sequence[tuple[str, str]]) -> Any:  # noqa: ANN401 - scikit-learn's own
    """A logistic regression on words, pairs of words and the lexicon's root.

    Raises
    ------
    InputError
        When scikit-learn is not installed.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
    except ImportError:
        msg = 'the reader "ml" needs an extra. Install it with  pip install "spillover[ml]"'
        raise InputError(msg) from None
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, lowercase=False),
        LogisticRegression(C=30.0, max_iter=2000),
    )
    return model.fit(
        [_with_lexicon(text) for text, _ in rows], [root for _, root in rows]
    )


@cache
def _model() -> Any:  # noqa: ANN401 - scikit-learn's own
    return trained(sentences())


def root_of(text: str, lexicon: str | None, model: Any = None) -> str | None:  # noqa: ANN401
    """The root of a clause: the lexicon's, unless the model is sure of another.

    Parameters
    ----------
    text
        The clause.
    lexicon
        What the lexicon says, if anything.
    model
        Of `trained`; the project's own sentences when absent.
    """
    model = model if model is not None else _model()
    chances = model.predict_proba([_with_lexicon(text)])[0]
    best = int(chances.argmax())
    needed = _FILL if lexicon is None else _OVERRULE
    return str(model.classes_[best]) if chances[best] >= needed else lexicon


@dataclass(frozen=True)
class HybridReader:
    """The default reader, its roots looked over by the model.

    Attributes
    ----------
    actors
        Actors beside the table.
    """

    actors: Sequence[ActorRow] = ()
    name: str = "ml"

    @classmethod
    def of(cls, *, actors: Sequence[ActorRow] = ()) -> HybridReader:
        """A reader whose model is trained at once, so that what is missing is said at once.

        Raises
        ------
        InputError
            When scikit-learn is not installed.
        """
        _model()
        return cls(tuple(actors))

    def read(self, report: Report) -> Reading:
        """Everything one report says; a root that was changed says so in its reason."""
        reading = LexiconReader(self.actors, name=self.name).read(report)
        claims = []
        for claim in reading.claims:
            root = root_of(claim.span.of(report.text), claim.action)
            if root is not None and root != claim.action:
                reason = (
                    f"{claim.reason}; {claim.action} by the words, {root} by the model"
                )
                claim = replace(claim, action=root, reason=reason)
            claims.append(claim)
        return replace(reading, claims=tuple(claims))
