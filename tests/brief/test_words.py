import pytest

from spillover.brief.words import (
    interval,
    likelihood_word,
    mixed_sentences,
    percent,
)


@pytest.mark.parametrize(
    ("p", "word"),
    [
        (0.01, "almost no chance"),
        (0.05, "very unlikely"),
        (0.20, "unlikely"),
        (0.45, "roughly even chance"),
        (0.55, "likely"),
        (0.80, "very likely"),
        (0.95, "almost certain"),
        (0.99, "almost certain"),
        (0.0099, "less than 1 in 100: the model cannot say less"),
        (0.9901, "more than 99 in 100: the model cannot say more"),
    ],
)
def test_a_step_holds_its_lower_bound(p, word):
    assert likelihood_word(p) == word


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0, "under 1 %"), (0.31, "31 %"), (0.9949, "over 99 %"), (1.0, "over 99 %")],
)
def test_a_chance_is_never_0_or_100(p, text):
    assert percent(p) == text


def test_interval():
    assert interval(0.17, 0.48) == "17 % to 48 %"
    assert interval(None, None) == "no spread beyond chance"


@pytest.mark.parametrize(
    "text",
    ["Confidence is low that it is likely.", "With high confidence, 31 %. It rains."],
)
def test_a_mixed_sentence_is_found(text):
    assert len(mixed_sentences(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "It is likely. Confidence is low.",
        "31 %\nConfidence",
        "A confident man, likely.",
    ],
)
def test_likelihood_and_confidence_may_stand_in_two_sentences(text):
    assert mixed_sentences(text) == []
