"""The optional reader with a spaCy pipeline the user has installed.

The words for acts, status, speakers and the frames are the default reader's; who acts and
who is acted upon comes from the parse. This file must never import a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from spillover.errors import InputError
from spillover.reports.action_words import NOUN
from spillover.reports.actor_table import ActorRow
from spillover.reports.acts import Act, Named, find_acts
from spillover.reports.claim import Reading
from spillover.reports.cues import Cue
from spillover.reports.reader import LexiconReader
from spillover.reports.report import Report
from spillover.reports.tokens import Document

__all__ = ["SpacyReader", "parsed_acts"]

_SUBJECT = frozenset(("nsubj", "csubj"))
_SUFFERS = frozenset(("nsubjpass", "nsubj:pass"))
_OBJECT = frozenset(("dobj", "obj", "iobj", "dative"))
_THROUGH = frozenset(("prep", "obl", "pobj", "nmod", "agent"))
_SAME = frozenset(("conj", "xcomp", "acl", "advcl"))


@dataclass(frozen=True)
class SpacyReader:
    """Reads reports with the parse of a pipeline.

    Attributes
    ----------
    nlp
        A pipeline with a dependency parser: text to a parsed document.
    actors
        Actors beside the table.
    """

    nlp: Any
    actors: Sequence[ActorRow] = ()
    name: str = field(default="spacy", init=False)

    @classmethod
    def of(cls, model: str, *, actors: Sequence[ActorRow] = ()) -> SpacyReader:
        """The reader of a pipeline that is installed.

        Raises
        ------
        InputError
            When spaCy or the pipeline is not, or it has no parser.
        """
        try:
            import spacy
        except ImportError:
            msg = 'the reader "spacy" needs spaCy. Install it with  pip install spacy  and a pipeline'
            raise InputError(msg) from None
        if not model:
            msg = "the reader spacy needs a pipeline. Name one that is installed with --model, such as en_core_web_sm"
            raise InputError(msg)
        try:
            nlp = spacy.load(model)
        except OSError:
            msg = f"the pipeline {model} is not installed. Install it with  python -m spacy download {model}"
            raise InputError(msg) from None
        if "parser" not in nlp.pipe_names:
            msg = f"the pipeline {model} has no parser. Expected one such as en_core_web_sm"
            raise InputError(msg)
        return cls(nlp, actors)

    def read(self, report: Report) -> Reading:
        """Everything one report says; parties of verbs by the parse."""
        parsed = self.nlp(report.text)

        def acts(
            doc: Document,
            sentence: tuple[int, int],
            cues: Sequence[Cue],
            mentions: Sequence[Named],
        ) -> list[Act]:
            return parsed_acts(parsed, doc, sentence, cues, mentions)

        return LexiconReader(self.actors, name=self.name, acts=acts).read(report)


def parsed_acts(
    parsed: Any,  # noqa: ANN401 - a document of spaCy
    doc: Document,
    sentence: tuple[int, int],
    cues: Sequence[Cue],
    mentions: Sequence[Named],
) -> list[Act]:
    """Acts with the parties the parse gives; where it gives none, the neighbours' ones."""
    plain = {act.cue: act for act in find_acts(doc, sentence, cues, mentions)}
    here = [m for m in mentions if sentence[0] <= m.first < sentence[1]]
    found = []
    for cue in cues:
        fallback = plain.get(cue)
        verb = _token_at(parsed, doc.start[cue.first])
        if cue.kind == NOUN or verb is None:
            if fallback is not None:
                found.append(fallback)
            continue
        source, target = _parties(verb, doc, here)
        if source is None and target is None:
            if fallback is not None:
                found.append(fallback)
            continue
        if fallback is not None:
            source = source or fallback.source
            target = target or fallback.target
        found.append(Act(cue, source, target, "by the parse"))
    return found


def _token_at(parsed: Any, offset: int) -> Any:  # noqa: ANN401 - spaCy's own
    span = parsed.char_span(offset, offset + 1, alignment_mode="expand")
    return span[0] if span is not None and len(span) else None


def _parties(
    verb: Any,  # noqa: ANN401 - spaCy's own
    doc: Document,
    here: Sequence[Named],
) -> tuple[Named | None, Named | None]:
    """Subject and object of a verb, through its preposition or agent."""
    source = target = None
    for child in verb.children:
        if child.dep_ in _SUBJECT:
            source = source or _named(child, doc, here)
        elif child.dep_ in _SUFFERS or child.dep_ in _OBJECT:
            target = target or _named(child, doc, here)
    for child in verb.children:
        if child.dep_ not in _THROUGH:
            continue
        by = (
            child.text.lower() == "by"
            or child.dep_ == "agent"
            or any(c.text.lower() == "by" for c in child.children)
        )
        named = _named(child, doc, here)
        if by:
            source = source or named
        else:
            target = target or named
    if source is None and verb.dep_ in _SAME and verb.head is not verb:
        source, _ = _parties(verb.head, doc, here)
    return source, target


def _named(token: Any, doc: Document, here: Iterable[Named]) -> Named | None:  # noqa: ANN401
    """The mention inside a token's own phrase, nearest to its head."""
    inside = sorted(token.subtree, key=lambda t: abs(t.i - token.i))
    for part in inside:
        for m in here:
            start, end = doc.span(m.first, m.stop)
            if start <= part.idx < end:
                return m
    return None
