"""The default reader: offline, no trained weights, no parser.

It puts the parts together: mentions, who says so, acts with their parties, whether they
took place, dates and tolls, and from each sentence red lines, channels and warnings. The
same text gives the same reading. This file must never import a page or a case.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
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
from spillover.reports.cues import Cue, find_cues
from spillover.reports.dates import Dated, find_dates
from spillover.reports.foreseen import find_warnings
from spillover.reports.memory import Memory
from spillover.reports.numbers import find_tolls
from spillover.reports.red_lines import find_red_lines
from spillover.reports.report import Report
from spillover.reports.scene import HOSTILE, Scene, Told
from spillover.reports.status import status_of
from spillover.reports.ties import find_ties
from spillover.reports.tokens import Document, tokenise
from spillover.reports.words import words

__all__ = ["LexiconReader"]

FindActs = Callable[
    [Document, tuple[int, int], Sequence[Cue], Sequence[Named]], list[Act]
]

_ALONE = frozenset(
    (
        "ACCUSE",
        "PROTEST", "MOBILIZE", "RETREAT", "CONCEDE", "ASSAULT", "REJECT", "REQUEST",
        "THREATEN",
    )
)  # fmt: skip
"""Acts that need no target."""

_NEWS = 2
"""Days before publication in which an undated act of the day's news is taken to lie."""

_PLACE_BEFORE = 12
"""Tokens before an act at which a place can still be its own; a dateline is not."""
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
    name
        What the reading says it was read by.
    acts
        Finds the parties of the words for acts; a parser may do it instead.
    """

    actors: Sequence[ActorRow] = ()
    name: str = "lexicon"
    acts: FindActs = find_acts

    def read(self, report: Report) -> Reading:
        """Everything one report says, with offsets into its text."""
        doc = tokenise(report.text)
        mentions = find_actors(doc, on=report.published, extra=self.actors)
        memory = Memory(mentions, doc)
        named = _with_pronouns(doc, mentions, memory)
        said = _by_sentence(doc, attributions(doc))
        dates = find_dates(doc, report.published)
        at_named = [m.first for m in named]
        at_date = [d.first for d in dates]
        scenes: list[Scene] = []
        claims: list[Claim] = []
        asked: list[tuple[int, Act]] = []
        for n_sentence, (first, stop) in enumerate(doc.sentences):
            scene = _scene(
                doc,
                first,
                stop,
                named[bisect_left(at_named, first) : bisect_left(at_named, stop)],
                said.get(n_sentence, []),
                dates[bisect_left(at_date, first) : bisect_left(at_date, stop)],
                self.acts,
            )
            scene = _answered(scene, n_sentence, asked)
            scenes.append(scene)
            here = [
                claim
                for told in scene.told
                if (claim := _claim(report, scene, told, said.get(n_sentence, [])))
            ]
            claims.extend(_once(here))
        claims = [
            replace(claim, id=f"{report.id}-{n:03d}")
            for n, claim in enumerate(claims, start=1)
        ]
        lines: list[RedLine] = [line for s in scenes for line in find_red_lines(s)]
        warnings: list[Warning] = [w for s in scenes for w in find_warnings(s)]
        actors = [
            (m.first, m.stop, m.party)
            for m in named
            if not m.place or (m.first and doc.lower[m.first - 1] == "from")
        ]
        return Reading(
            report=report.id,
            backend=self.name,
            claims=tuple(claims),
            ties=tuple(find_ties(doc, actors, extra=self.actors)),
            lines=tuple(lines),
            channels=tuple(find_channels(scenes)),
            warnings=tuple(warnings),
            notes=tuple(_notes(report, claims)),
        )


def _by_sentence(doc: Document, said: Sequence[Said]) -> dict[int, list[Said]]:
    """Attributions by the sentences in which something is said."""
    starts = [first for first, _ in doc.sentences]
    found: dict[int, list[Said]] = {}
    for one in said:
        for first, stop in one.content:
            if first < stop:
                n = max(0, bisect_right(starts, first) - 1)
                if one not in found.setdefault(n, []):
                    found[n].append(one)
    return found


def _with_pronouns(
    doc: Document, mentions: Sequence[Mention], memory: Memory
) -> list[Named]:
    """Mentions, and the words that stand for one named before, in order."""
    carried = memory.carried()
    # A surname told before outweighs the adjective it may be as well ("Finn").
    surnames = {first for first, stop, _ in carried if stop - first == 1}
    kept = [m for m in mentions if not (m.first in surnames and m.stop - m.first == 1)]
    named = [Named(m.first, m.stop, m.party, m.kind == "place") for m in kept]
    taken = {k for m in kept for k in range(m.first, m.stop)}
    for first, stop, party in carried:
        if first not in taken:
            named.append(Named(first, stop, party))
    return sorted(named, key=lambda m: m.first)


def _scene(
    doc: Document,
    first: int,
    stop: int,
    named: Sequence[Named],
    said: list[Said],
    dates: Sequence[Dated],
    acts: FindActs,
) -> Scene:
    here = tuple(named)
    cues = find_cues(doc, first, stop, foretold=False)
    told = []
    for act in acts(doc, (first, stop), cues, here):
        at = _head(act)
        status, reason = status_of(doc, (first, stop), at, noun=act.cue.kind == NOUN)
        told.append(Told(act, status, reason))
    middle = _chain(doc, said, (first + stop) // 2, here)
    chain = middle or _chain(doc, said, min(first + 1, stop - 1), here)
    speaker = next((link.party for link in chain if link.party), None)
    return Scene(
        doc, first, stop, here, tuple(told), tuple(dates), tuple(cues), speaker, chain
    )


_ASKS_KEPT = 20
_ASKED_BACK = 3
"""Sentences in which an ask is still what "agreed" or "refused" answers."""


def _answered(scene: Scene, n: int, asked: list[tuple[int, Act]]) -> Scene:
    """Give "agreed" and "refused" the asker of the sentences before as their target."""
    told = []
    for one in scene.told:
        act = one.act
        if (
            act.source is not None
            and act.target is None
            and act.cue.action in ("AGREE", "REJECT")
        ):
            for at, ask in reversed(asked):
                if n - at > _ASKED_BACK:
                    break
                if (
                    ask.target
                    and ask.source
                    and ask.target.party.actor == act.source.party.actor
                ):
                    one = replace(one, act=replace(act, target=ask.source))
                    break
        told.append(one)
    del asked[: max(0, len(asked) - _ASKS_KEPT)]
    asked.extend(
        (n, t.act)
        for t in scene.told
        if t.act.cue.action == "REQUEST" and t.status in _PAST
    )
    return replace(scene, told=tuple(told))


def _head(act: Act) -> int:
    return act.cue.first


def _chain(
    doc: Document, said: list[Said], token: int, named: Iterable[Named]
) -> tuple[Attribution, ...]:
    """Who says what stands at a token, with the parties where they are actors."""
    links = []
    for one in chain_at(said, token):
        link = to_attribution(doc, one)
        if link.source_span is not None:
            party = _party_in(doc, link.source_span, named)
            link = replace(link, party=party or link.party)
        links.append(link)
    return tuple(links)


def _party_in(doc: Document, span: Span, named: Iterable[Named]) -> Party | None:
    before: Party | None = None
    for m in named:
        start, end = doc.span(m.first, m.stop)
        if start < span.end and span.start < end:
            return m.party
        if end <= span.start and doc.text[end : span.start].strip() in (",", ""):
            before = m.party  # "Westmark's foreign minister, Ola Berg,"
    return before


def _claim(report: Report, scene: Scene, told: Told, said: list[Said]) -> Claim | None:
    """The claim of an act; nothing when its parties are not known."""
    act, doc = told.act, scene.doc
    if act.source is None or act.cue.lemma in _NO_ACTS or _plans(scene, told):
        return None
    if _stands(scene, told) or _foretells(scene, told):
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
        id=report.id,
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
        kept = [c for c in kept if not _vaguer(c, claim)]
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


def _vaguer(claim: Claim, other: Claim) -> bool:
    """Whether a claim without a target is told again, with one."""
    return (
        claim.target is None
        and other.target is not None
        and (claim.action, claim.source.actor, claim.status)
        == (other.action, other.source.actor, other.status)
    )


_NO_ACTS = frozenset(
    ("deny", "war", "violence", "fighting", "hostilities", "fight", "conflict")
)
"""Words that code a root when it is asked for, but tell no act by themselves: a denial is
the status of what is denied; a war is a tie."""


_ACCIDENTS = words(
    "crash crashed accident earthquake flood floods collapsed capsized derailed"
)
_BACKING = frozenset(
    ("back", "arm", "fund", "support", "sponsor", "train", "finance", "equip")
)


def _stands(scene: Scene, told: Told) -> bool:
    """As in "is backed by", "asked not to be named", "declined to comment": no act."""
    cue, lower = told.act.cue, scene.doc.lower
    if cue.passive and cue.lemma in _BACKING:
        before = lower[max(scene.first, cue.first - 3) : cue.first]
        if any(word in ("is", "are", "been") for word in before):
            return True
    if cue.lemma.startswith(("kill", "wound", "injure")) and any(
        word in _ACCIDENTS for word in lower[scene.first : cue.first]
    ):
        return True
    after = " ".join(lower[cue.first : cue.first + 5])
    return "not to be" in after or "to comment" in after or "on condition of" in after


def _foretells(scene: Scene, told: Told) -> bool:
    """As in "B warned that A was planning": a warning of someone else's act is no threat."""
    cue = told.act.cue
    if cue.action != "THREATEN" or not cue.lemma.startswith(("warn", "caution")):
        return False
    source = told.act.source
    if source is None or "that" not in scene.doc.lower[cue.stop : cue.stop + 4]:
        return False
    later = [t for t in scene.told if t.first > cue.stop and t.act.source is not None]
    return bool(later) and all(
        t.act.source is not None and t.act.source.party.actor != source.party.actor
        for t in later[:1]
    )


def _plans(scene: Scene, told: Told) -> bool:
    """As in "was planning to attack": the attack that is planned is the claim."""
    cue = told.act.cue
    if cue.action != "AGREE" or scene.doc.lower[cue.stop - 1] != "to":
        return False
    return any(
        0 <= other.first - cue.stop <= 2 and other.act.cue.action in HOSTILE
        for other in scene.told
    )


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
    parts = [(act.cue.first, act.cue.stop)]  # parties of other sentences stay out
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
    places = [
        m for m in scene.named if m.place and at - m.first <= _PLACE_BEFORE
        and not (m.first == scene.first and doc.words[m.first].isupper())
    ]  # fmt: skip
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
