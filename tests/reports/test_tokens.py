"""Tokens and sentences: every one in its place, whatever the text."""

import time

from hypothesis import given
from hypothesis import strategies as st

from spillover.reports.tokens import LONGEST_SENTENCE, tokenise


def sentences(text):
    doc = tokenise(text)
    return [doc.quote(a, b) for a, b in doc.sentences]


@given(st.text(max_size=400))
def test_tokens_stand_where_they_say(text):
    doc = tokenise(text)
    assert [text[a:b] for a, b in zip(doc.start, doc.end, strict=True)] == doc.words
    assert doc.start == sorted(doc.start)
    assert all(a >= b for a, b in zip(doc.start[1:], doc.end, strict=False))


@given(st.text(max_size=400))
def test_sentences_part_the_tokens(text):
    doc = tokenise(text)
    flat = [k for a, b in doc.sentences for k in range(a, b)]
    assert flat == list(range(len(doc.words)))


def test_abbreviations_do_not_end_a_sentence():
    found = sentences(
        "Gen. Ola Berg met Mr. Dahl in the U.S. on Monday. They spoke. J. Holt left."
    )
    assert found == [
        "Gen. Ola Berg met Mr. Dahl in the U.S. on Monday.", "They spoke.", "J. Holt left.",
    ]  # fmt: skip


def test_quotes_belong_to_their_sentence():
    assert sentences('"We will stay." He left.') == ['"We will stay."', "He left."]


def test_a_paragraph_ends_a_sentence():
    assert sentences("A headline without a stop\n\nThe text begins.") == [
        "A headline without a stop", "The text begins.",
    ]  # fmt: skip


def test_contractions_are_parted():
    assert tokenise("They don't; he'll go, Arland's army").lower == [
        "they", "do", "n't", ";", "he", "'ll", "go", ",", "arland", "'s", "army",
    ]  # fmt: skip


def test_ten_megabytes_in_one_line_take_time_in_proportion():
    line = "the army struck a depot and left " * 30_000
    began = time.perf_counter()
    small = tokenise(line)
    one = time.perf_counter() - began
    began = time.perf_counter()
    large = tokenise(line * 8)
    eight = time.perf_counter() - began
    assert len(large.words) == 8 * len(small.words)
    assert eight < 40 * max(one, 0.01)  # linear is 8; square would be 64
    assert max(b - a for a, b in large.sentences) <= LONGEST_SENTENCE
