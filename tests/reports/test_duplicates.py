"""Copies of one wire text count once."""

import random

from spillover.reports.duplicates import fold_duplicates

WORDS = [
    "the",
    "army",
    "of",
    "said",
    "on",
    "that",
    "it",
    "had",
    "left",
    "delta",
    "brigades",
    "port",
    "ships",
    "talks",
    "envoy",
    "border",
    "fire",
    "truce",
]


def text(seed, n=300):
    draw = random.Random(seed)
    return " ".join(draw.choice(WORDS) + str(draw.randrange(50)) for _ in range(n))


def test_a_shortened_copy_with_another_head_folds():
    wire = text(1)
    copy = "Our own headline, by our staff. " + " ".join(wire.split()[:200])
    assert fold_duplicates([("a", wire), ("b", copy)]) == {"a": "a", "b": "a"}


def test_two_reports_are_two():
    assert fold_duplicates([("a", text(1)), ("b", text(2))]) == {"a": "a", "b": "b"}


def test_a_quotation_in_common_does_not_fold():
    common = " ".join(text(3).split()[:40])
    one, other = f"{text(4)} {common}", f"{common} {text(5)}"
    assert fold_duplicates([("a", one), ("b", other)]) == {"a": "a", "b": "b"}


def test_many_texts():
    texts = [(str(n), text(n % 900, 60)) for n in range(3000)]
    folded = fold_duplicates(texts)
    assert all(folded[str(n)] == str(n % 900) for n in range(3000))
