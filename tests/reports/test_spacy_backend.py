"""The reader with a parse: a hand-made parse stands in for a pipeline."""

from dataclasses import dataclass, field

from spillover.reports.actors import find_actors
from spillover.reports.acts import Named
from spillover.reports.cues import find_cues
from spillover.reports.reader import LexiconReader
from spillover.reports.report import Report
from spillover.reports.spacy_backend import SpacyReader, parsed_acts
from spillover.reports.tokens import tokenise
from tests.reports.test_ties import ROWS


@dataclass(eq=False)
class Word:
    i: int
    idx: int
    text: str
    dep_: str
    head: "Word" = None
    children: list = field(default_factory=list)

    @property
    def subtree(self):
        return [self, *(w for c in self.children for w in c.subtree)]


class Parse:
    """A parse given as (word, dependency, index of the head)."""

    def __init__(self, text, words):
        self.text, self.words, at = text, [], 0
        for i, (word, dep, _) in enumerate(words):
            at = text.index(word, at)
            self.words.append(Word(i, at, word, dep))
            at += len(word)
        for one, (_, _, head) in zip(self.words, words, strict=True):
            one.head = self.words[head]
            if one.head is not one:
                one.head.children.append(one)

    def char_span(self, start, end, alignment_mode):
        del end, alignment_mode
        return [w for w in self.words if w.idx <= start < w.idx + len(w.text)]


# Its neighbours would make Eastmark the subject; the parse says Westmark.
TEXT = "Westmark, angered by what Eastmark had said, struck Arland"
PARSE = [
    ("Westmark", "nsubj", 8), (",", "punct", 0), ("angered", "acl", 0), ("by", "prep", 2),
    ("what", "dobj", 7), ("Eastmark", "nsubj", 7), ("had", "aux", 7), ("said", "pcomp", 3),
    ("struck", "ROOT", 8), ("Arland", "dobj", 8),
]  # fmt: skip


def parties(parse):
    doc = tokenise(TEXT)
    named = [Named(m.first, m.stop, m.party) for m in find_actors(doc, extra=ROWS)]
    whole = (0, len(doc.words))
    acts = parsed_acts(parse, doc, whole, find_cues(doc, *whole), named)
    return [
        (a.source.party.actor, a.target.party.actor, a.reason)
        for a in acts
        if a.cue.lemma == "strike"
    ]


def test_the_parse_gives_the_parties():
    assert parties(Parse(TEXT, PARSE)) == [("westmark", "arland", "by the parse")]


def test_the_passive_with_by():
    text = "Arland was struck by Westmark"
    words = [
        ("Arland", "nsubjpass", 2), ("was", "auxpass", 2), ("struck", "ROOT", 2),
        ("by", "agent", 2), ("Westmark", "pobj", 3),
    ]  # fmt: skip
    reading = SpacyReader(lambda _: Parse(text, words), ROWS).read(Report("abc", text))
    (claim,) = reading.claims
    assert (claim.source.actor, claim.target.actor) == ("westmark", "arland")
    assert reading.backend == "spacy"


def test_where_the_parse_is_silent_the_neighbours_speak():
    text = "Westmark struck Arland"
    words = [("Westmark", "dep", 1), ("struck", "ROOT", 1), ("Arland", "dep", 1)]
    by_parse = SpacyReader(lambda _: Parse(text, words), ROWS).read(Report("abc", text))
    plain = LexiconReader(ROWS).read(Report("abc", text))
    assert [c.target.actor for c in by_parse.claims] == [
        c.target.actor for c in plain.claims
    ]
