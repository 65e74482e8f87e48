"""The default reader: offline, no trained weights, no parser.

It puts the parts together: mentions, who says so, acts with their parties, whether they
took place, dates and tolls, and from each sentence red lines, channels and warnings. The
same text gives the same reading. This file must never import a page or a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from spillover.reports.action_words import NOUN
from spillover.reports.actor_table import ActorRow
from spillover.reports.actors import Mention, find_actors
from spillover.reports.acts import Act, Named, find_acts
from spillover.reports.attribution import Said, attributions, chain_at, to_attribution
from spillover.reports.channels import find_channels
from spillover.reports.claim import (
    Attribution,
    Claim,
    Party,
    Place,
    Reading,
    RedLine,
    Span,
    Status,
    Warning,
    When,
)
from spillover.reports.cues import find_cues
from spillover.reports.dates import Dated, find_dates
from spillover.reports.foreseen import find_warnings
from spillover.reports.memory import Memory
from spillover.reports.numbers import find_tolls
from spillover.reports.red_lines import find_red_lines
from spillover.reports.report import Report
from spillover.reports.scene import Scene, Told
from spillover.reports.status import status_of
from spillover.reports.ties import find_ties
from spillover.reports.tokens import Document, tokenise

__all__ = ["LexiconReader"]

_ALONE = frozenset(("PROTEST", "MOBILIZE", "RETREAT", "CONCEDE", "ASSAULT"))
"""Acts that need no target."""

_NEWS = 2
"""Days before publication in which an undated act of the day's news is taken to lie."""

_LEAD = 70
"""Tokens of headline and first paragraph: they tell the day's news."""

_PAST = frozenset((Status.HAPPENED, Status.ONGOING))


@dataclass(frozen=True)
class LexiconReader:
    """Reads reports with the project's own word lists.

    Attributes
    ----------
    actors
        Actors beside the table that comes with Spillover: a case's, or a user's list.
    """

    actors: Sequence[ActorRow] = ()
    name: str = field(default="lexicon", init=False)

    def read(self, report: Report) -> Reading:
        """Everything one report says, with offsets into its text."""
        doc = tokenise(report.text)
        mentions = find_actors(doc, on=report.published, extra=self.actors)
        memory = Memory(mentions, doc)
        named = _with_pronouns(doc, mentions, memory)
        said = attributions(doc)
        dates = find_dates(doc, report.published)
        scenes: list[Scene] = []
        claims: list[Claim] = []
        for first, stop in doc.sentences:
            scene = _scene(doc, first, stop, named, said, dates)
            scenes.append(scene)
            here = [
                claim
                for n, told in enumerate(scene.told)
                if (claim := _claim(report, scene, told, said, len(claims) + n))
            ]
            claims.extend(_once(here))
        lines: list[RedLine] = [line for s in scenes for line in find_red_lines(s)]
        warnings: list[Warning] = [w for s in scenes for w in find_warnings(s)]
        actors = [(m.first, m.stop, m.party) for m in named if not m.place]
        return Reading(
            report=report.id,
            backend=self.name,
            claims=tuple(claims),
            ties=tuple(find_ties(doc, actors)),
            lines=tuple(lines),
            channels=tuple(find_channels(scenes)),
            warnings=tuple(warnings),
            notes=tuple(_notes(report, claims)),
        )


def _with_pronouns(
    doc: Document, mentions: Sequence[Mention], memory: Memory
) -> list[Named]:
    """Mentions, and the words that stand for one named before, in order."""
    named = [Named(m.first, m.stop, m.party, m.kind == "place") for m in mentions]
    taken = {k for m in mentions for k in range(m.first, m.stop)}
    for first, stop, party in memory.carried():
        if first not in taken:
            named.append(Named(first, stop, party))
    return sorted(named, key=lambda m: m.first)


def _scene(
    doc: Document,
    first: int,
    stop: int,
    named: Sequence[Named],
    said: Sequence[Said],
    dates: Sequence[Dated],
) -> Scene:
    here = tuple(m for m in named if first <= m.first < stop)
    cues = find_cues(doc, first, stop)
    told = []
    for act in find_acts(doc, (first, stop), cues, here):
        at = _head(act)
        status, reason = status_of(
            doc, (first, stop), at, noun=act.cue.kind == NOUN
        )
        told.append(Told(act, status, reason))
    inside = tuple(d for d in dates if first <= d.first < stop)
    chain = _chain(doc, said, (first + stop) // 2, here)
    speaker = next((link.party for link in chain if link.party), None)
    return Scene(doc, first, stop, here, tuple(told), inside, speaker, chain)


def _head(act: Act) -> int:
    return act.cue.first


def _chain(
    doc: Document, said: Sequence[Said], token: int, named: Iterable[Named]
) -> tuple[Attribution, ...]:
    """Who says what stands at a token, with the parties where they are actors."""
    links = []
    for one in chain_at(list(said), token):
        link = to_attribution(doc, one)
        if link.source_span is not None:
            party = _party_in(doc, link.source_span, named)
            link = replace(link, party=party or link.party)
        links.append(link)
    return tuple(links)


def _party_in(doc: Document, span: Span, named: Iterable[Named]) -> Party | None:
    for m in named:
        start, end = doc.span(m.first, m.stop)
        if start < span.end and span.start < end:
            return m.party
    return None


def _claim(
    report: Report, scene: Scene, told: Told, said: Sequence[Said], number: int
) -> Claim | None:
    """The claim of an act; nothing when its parties are not known."""
    act, doc = told.act, scene.doc
    if act.source is None:
        return None
    if act.target is None and act.cue.action not in _ALONE:
        return None
    if act.target and act.target.party.actor == act.source.party.actor:
        return None
    if act.cue.kind == NOUN and (act.target is None or _told_by_verb(scene, told)):
        return None
    chain = _chain(doc, said, act.cue.first, scene.named)
    parties = {act.source.party.actor} | (
        {act.target.party.actor} if act.target else set()
    )
    chain = tuple(_on_a_side(link, parties) for link in chain)
    first, stop = _clause(scene, told)
    deaths, injured = _tolls(scene, told)
    return Claim(
        id=f"{report.id}-{number + 1:03d}",
        action=act.cue.action,
        source=_placed(doc, act.source),
        target=_placed(doc, act.target) if act.target else None,
        status=told.status,
        when=_when(scene, told, report.published),
        span=Span(*doc.span(first, stop)),
        cue=Span(*doc.span(act.cue.first, act.cue.stop)),
        place=_place(scene, told),
        deaths=deaths,
        injured=injured,
        chain=chain,
        reason=f'"{doc.quote(act.cue.first, act.cue.stop)}" '
        f"({act.cue.action}); {act.reason}; {told.reason}",
    )


def _once(claims: list[Claim]) -> list[Claim]:
    """One claim for one act of a sentence: "killed two and wounded four" is one attack."""
    kept: list[Claim] = []
    for claim in claims:
        again = any(
            (c.action, c.source.actor, c.status)
            == (claim.action, claim.source.actor, claim.status)
            and (
                claim.target is None
                or (c.target is not None and c.target.actor == claim.target.actor)
            )
            for c in kept
        )
        if not again:
            kept.append(claim)
    return kept


def _placed(doc: Document, named: Named) -> Party:
    span = Span(*doc.span(named.first, named.stop))
    return replace(named.party, span=span)


def _on_a_side(link: Attribution, parties: set[str]) -> Attribution:
    sides = link.party is not None and link.party.actor in parties
    return replace(link, partisan=True) if sides else link


def _told_by_verb(scene: Scene, told: Told) -> bool:
    """Whether a verb of the sentence tells the same act between the same sides."""

    def key(t: Told) -> tuple[str, str, str]:
        source, target = t.act.source, t.act.target
        return (
            t.act.cue.action,
            source.party.actor if source else "",
            target.party.actor if target else "",
        )

    return any(
        other is not told and other.act.cue.kind != NOUN and key(other) == key(told)
        for other in scene.told
    )


def _clause(scene: Scene, told: Told) -> tuple[int, int]:
    """Tokens from the first to the last part of an act."""
    act = told.act
    parts = [(act.cue.first, act.cue.stop)]
    parts += [(m.first, m.stop) for m in (act.source, act.target) if m]
    inside = [p for p in parts if scene.first <= p[0] < scene.stop]
    return min(p[0] for p in inside), max(p[1] for p in inside)


def _when(scene: Scene, told: Told, published: date | None) -> When:
    """The date nearest to the act in its sentence; else a window, said to be inferred."""
    at = told.act.cue.first
    ahead = told.status not in _PAST and told.status is not Status.DENIED
    dated = [d for d in scene.dates if ahead or d.role != "before"]
    if dated:
        near = min(dated, key=lambda d: min(abs(d.first - at), abs(d.stop - at)))
        return near.ahead if ahead else near.past
    if told.status in _PAST and published is not None:
        lead = scene.first < _LEAD
        first = published - timedelta(days=_NEWS) if lead else None
        return When(first, published)
    return When()


def _place(scene: Scene, told: Told) -> Place | None:
    """The nearest place after the cue, or the nearest before it."""
    doc, at = scene.doc, told.act.cue.first
    places = [m for m in scene.named if m.place]
    if not places:
        return None
    m = min(places, key=lambda m: (m.first < at, abs(m.first - at)))
    start, end = doc.span(m.first, m.stop)
    return Place(doc.quote(m.first, m.stop), m.party.country, Span(start, end))


def _tolls(
    scene: Scene, told: Told
) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    if told.act.cue.action != "ASSAULT":
        return None, None
    deaths = injured = None
    for toll in find_tolls(scene.doc, scene.first, scene.stop):
        if toll.deaths and deaths is None:
            deaths = (toll.low, toll.high)
        elif not toll.deaths and injured is None:
            injured = (toll.low, toll.high)
    return deaths, injured


def _notes(report: Report, claims: Sequence[Claim]) -> list[str]:
    notes = list(report.notes)
    if report.published is None:
        notes.append(
            "the report gives no day of publication: relative dates stay open "
            "(say it with --published)"
        )
    undated = sum(not c.when.expression for c in claims)
    if undated:
        notes.append(
            f"{undated} of {len(claims)} claims have no date in the text: "
            "their windows are inferred"
        )
    return notes
