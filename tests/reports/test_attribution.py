"""Who says so: chains, counts, names, what is no statement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.reports.attribution import attributions, chain_at, to_attribution
from spillover.reports.tokens import tokenise


def said(text):
    doc = tokenise(text)
    return [(to_attribution(doc, s), doc, s) for s in attributions(doc)]


def first(text):
    return said(text)[0][0]


@pytest.mark.parametrize(
    ("text", "speaker", "count", "named"),
    [
        (
            "Two Western officials said that the base was hit.",
            "Two Western officials",
            2,
            False,
        ),
        ("The base was hit, officials said.", "officials", 2, False),
        (
            "According to three diplomats, the base was hit.",
            "three diplomats",
            3,
            False,
        ),
        (
            '"We will stay," said Foreign Minister Ola Berg.',
            "Foreign Minister Ola Berg",
            1,
            True,
        ),
        (
            "The Arlandic army, which has a base there, said nothing was hit.",
            "The Arlandic army",
            1,
            True,
        ),
    ],
)
def test_speakers(text, speaker, count, named):
    found = first(text)
    assert (found.speaker, found.count, found.named) == (speaker, count, named)


def test_told_to_an_outlet():
    assert (
        first("An official told Reuters on Tuesday that the base was hit.").through
        == "Reuters"
    )


def test_a_chain_has_the_nearest_speaker_first():
    text = "Axios reported, citing two unnamed officials, that a strike was near."
    doc = tokenise(text)
    chain = chain_at(attributions(doc), doc.lower.index("strike"))
    assert [to_attribution(doc, s).speaker for s in chain] == [
        "two unnamed officials",
        "Axios",
    ]


def test_a_quotation_runs_on():
    text = '"We will stay," said Ola Berg. "Nobody wants war. It must end."'
    speakers = {link.speaker for link, _, _ in said(text)}
    assert speakers == {"Ola Berg"}
    assert len(said(text)) == 3


def test_silence_is_no_statement():
    assert said("The ministry did not respond to a request for comment.") == []
    assert said("The army did not comment.") == []


@given(st.text(alphabet='abct said"“”.,\nA', max_size=200))
def test_any_text(text):
    doc = tokenise(text)
    for one in attributions(doc):
        to_attribution(doc, one)
        assert all(0 <= a <= b <= len(doc.words) for a, b in one.content)
