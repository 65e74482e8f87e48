"""The optional hybrid: speaks only when sure, says so, and changes nothing but roots."""

from collections import Counter
from dataclasses import replace

import pytest

from spillover.errors import InputError
from spillover.reports import hybrid
from spillover.reports.backends import get_backend
from spillover.reports.gold import class_scores
from spillover.reports.load import load_reports
from spillover.reports.pairs import action_between
from spillover.reports.reader import LexiconReader
from spillover.reports.tokens import tokenise
from tests.reports.test_own_reports import NAMES, source

pytest.importorskip("sklearn", reason="scikit-learn is not installed: ml NOT tested")


class Sure:
    """A model that gives one root a fixed probability."""

    def __init__(self, root, probability):
        import numpy as np

        self.classes_ = np.array([root, "OTHER"])
        self.chances = np.array([[probability, 1 - probability]])

    def predict_proba(self, texts):
        return self.chances


def test_every_root_has_its_sentences_once():
    rows = hybrid.sentences()
    counts = Counter(root for _, root in rows)
    assert set(counts.values()) == {20}
    assert len({text for text, _ in rows}) == len(rows)


@pytest.mark.parametrize(
    ("lexicon", "probability", "said"),
    [
        ("CONSULT", 0.79, "CONSULT"),
        ("CONSULT", 0.81, "ASSAULT"),
        (None, 0.31, "ASSAULT"),
        (None, 0.29, None),
    ],
)
def test_speaks_only_when_sure(lexicon, probability, said):
    # The other root is the likelier one below one half, and never sure enough.
    model = Sure("ASSAULT", probability)
    if probability < 0.5:
        model.chances[0, 1] = 0.0
    assert hybrid.root_of("They met.", lexicon, model) == said


def test_held_out_sentences_are_read_no_worse_than_by_the_lexicon():
    rows = hybrid.sentences()
    by_words = [
        (root, found[0] if (found := action_between(tokenise(text), (), ())) else None)
        for text, root in rows
    ]
    both = []
    for fold in range(5):
        model = hybrid.trained([r for i, r in enumerate(rows) if i % 5 != fold])
        both += [
            (root, hybrid.root_of(text, by_words[i][1], model))
            for i, (text, root) in enumerate(rows)
            if i % 5 == fold
        ]
    assert class_scores(both).f1 >= class_scores(by_words).f1 - 0.01


@pytest.mark.parametrize("name", NAMES)
def test_only_roots_differ_and_the_reason_says_so(name):
    report = next(load_reports([source(name)]))
    mine, theirs = get_backend("ml").read(report), LexiconReader(name="ml").read(report)
    assert len(mine.claims) == len(theirs.claims)
    for ours, plain in zip(mine.claims, theirs.claims, strict=True):
        assert replace(ours, action=plain.action, reason=plain.reason) == plain
        if ours.action != plain.action:
            said = f"; {plain.action} by the words, {ours.action} by the model"
            assert ours.reason == plain.reason + said


def test_a_missing_library_is_said_at_once(monkeypatch):
    import sys

    hybrid._model.cache_clear()
    for name in ("sklearn.feature_extraction.text", "sklearn.linear_model"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=r'pip install "spillover\[ml\]"'):
        get_backend("ml")
