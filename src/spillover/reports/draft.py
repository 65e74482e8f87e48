"""A draft case from readings: what the reports name, wide numbers, and open questions.

Only names and structure come from the reports; numbers are `priors`. Every element says
in `spans` which characters of which report it rests on. The result is a plain mapping in
the order of the case format; `draft_text` writes it. This file must never import the case
format, a model or a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from spillover.reports.claim import (
    Channel,
    Claim,
    Party,
    RedLine,
    Span,
    Status,
    TieKind,
    Warning,
)
from spillover.reports.ledger import Ledger
from spillover.reports.priors import judged
from spillover.reports.report import Report
from spillover.reports.scene import HOSTILE

__all__ = ["Draft", "draft_case"]

_STREAMS = HOSTILE | {"THREATEN", "AID"}
"""Acts that make a stream when they are told to have happened."""

_PLAYERS = frozenset(["GOV", "MIL", "IGO", "UAF", "REB", "PRM", "IMG"])
"""Sectors whose acts bring an actor into the case, whatever the act."""

_KINDS = {
    "GOV": "state", "MIL": "force", "COP": "force", "SPY": "force", "LEG": "organisation",
    "JUD": "organisation", "REB": "armed group", "UAF": "armed group",
    "PRM": "armed group", "INS": "armed group", "SEP": "armed group",
    "RAD": "armed group", "IMG": "armed group", "PTY": "party", "IGO": "organisation",
    "NGO": "organisation", "OPP": "movement",
}  # fmt: skip
_TIES = {
    TieKind.ALLY: "ally",
    TieKind.SPONSOR: "sponsor",
    TieKind.ENEMY: "enemy",
    TieKind.AT_WAR: "at war",
    TieKind.NO_RELATIONS: "no relations",
    TieKind.INFLUENCE: "influence",
}
_HORIZON = 90


@dataclass
class Draft:
    """A draft case.

    Attributes
    ----------
    case
        The mapping of the case file.
    questions
        What only the analyst can say.
    """

    case: dict[str, Any]
    questions: list[str] = field(default_factory=list)


@dataclass
class _Stream:
    source: str
    action: str
    target: str
    told: bool = False
    spans: list[str] = field(default_factory=list)
    deaths: bool = False
    asked: bool = False

    @property
    def id(self) -> str:
        return f"{self.source}-{self.action.lower()}-{self.target}"


class _Builder:
    """Collects elements; one instance builds one draft."""

    def __init__(self, ledger: Ledger, names: Mapping[str, str]) -> None:
        self.ledger = ledger
        self.names = names
        self.parties: dict[str, Party] = {}
        self.actor_spans: dict[str, list[str]] = {}
        self.streams: dict[tuple[str, str, str], _Stream] = {}
        self.source_of = {
            report.id: f"report-{n + 1}" for n, report in enumerate(ledger.reports)
        }
        self.questions: list[str] = []
        self.members: dict[str, list[str]] = {}

    def place(self, report: str, span: Span) -> str:
        """A span as it stands in the file: "report-1:120-188"."""
        return f"{self.source_of[report]}:{span.start}-{span.end}"

    def actor(self, party: Party, report: str, where: Span | None = None) -> str:
        """Take an actor in; its id. ``where`` stands in for a name carried over."""
        known = self.parties.get(party.actor)
        if known is None or (not known.sector and party.sector):
            self.parties[party.actor] = party
        spans = self.actor_spans.setdefault(party.actor, [])
        span = party.span or where
        if span is not None and not spans:
            spans.append(self.place(report, span))
        return party.actor

    def stream(
        self, source: Party, action: str, target: Party, report: str, span: Span
    ) -> _Stream | None:
        """The stream of an act, made when it is new; an act on oneself is none."""
        if source.actor == target.actor:
            return None
        key = (
            self.actor(source, report, span),
            action,
            self.actor(target, report, span),
        )
        stream = self.streams.setdefault(key, _Stream(*key))
        place = self.place(report, span)
        if place not in stream.spans and len(stream.spans) < _SPANS:
            stream.spans.append(place)
        return stream

    def ask(self, question: str) -> None:
        if question not in self.questions:
            self.questions.append(question)


_SPANS = 6
"""Spans kept for one element; the ledger has all."""


def draft_case(
    ledger: Ledger,
    *,
    case_id: str = "draft",
    title: str = "",
    origin: date | None = None,
    names: Mapping[str, str] | None = None,
) -> Draft:
    """A draft case from the readings of a ledger.

    Parameters
    ----------
    ledger
        Readings with their reports.
    case_id, title
        Id and title of the case.
    origin
        First day that is not known; the day after the last report when absent.
    names
        Names for people by actor id.

    Raises
    ------
    ValueError
        When no report has a day of publication and no origin is given.
    """
    build = _Builder(ledger, names or {})
    days = [r.published for r in ledger.reports if r.published]
    if origin is None:
        if not days:
            msg = "no report says when it was published: give the origin of the case (--origin)"
            raise ValueError(msg)
        origin = max(days) + timedelta(days=1)
    ties = _ties(build)
    for report, claim in ledger.claims():
        _take_claim(build, report.id, claim)
    lines = _lines(build)
    warnings = _warnings(build, origin)
    replies, restraints, levers = _channels(build, origin)
    responses = _responses(build)
    outcomes = _outcomes(build)
    levers += _truce_levers(build, origin)
    alternatives = _alternatives(build)
    build.ask("Which of the outcomes is the one the case is about (key_outcome)?")
    build.ask("Which numbers can be read off event data (spillover fit --events)?")
    case: dict[str, Any] = {
        "spillover": 1,
        "case": case_id,
        "title": title or _title(build),
        "question": "Draft: what will the analyst ask of this case?",
        "summary": "Drafted from reports; nothing in it has been reviewed. "
        "Names and structure come from the spans given, every number is a wide judgement.",
        "origin": origin,
        "horizon": f"{_HORIZON} days",
        "sources": _sources(build),
        "actors": _actors(build),
        "ties": ties,
        "streams": _streams(build),
        "responses": responses,
        "replies": replies,
        "restraints": restraints,
        "red_lines": lines,
        "warnings": warnings,
        "outcomes": outcomes,
        "levers": levers,
        "alternatives": alternatives,
        "limits": ["A draft from reports: what they do not name is not in it."],
    }
    if not case["outcomes"]:
        build.ask("What should be asked? No act in the reports could be an outcome.")
    return Draft({k: v for k, v in case.items() if v not in ([], {})}, build.questions)


def _title(build: _Builder) -> str:
    titles = [r.title for r in build.ledger.reports if r.title]
    return f"Draft: {titles[0]}" if titles else "Draft from reports"


def _sources(build: _Builder) -> dict[str, Any]:
    sources = {}
    for report in build.ledger.reports:
        grade = build.ledger.grades.get(report.id, "")
        entry: dict[str, Any] = {"title": report.title or report.name or "A report"}
        if report.outlet:
            entry["publisher"] = report.outlet
        if report.published:
            entry["date"] = report.published
        else:
            entry["date_note"] = "not said in the text"
        entry["grade"] = grade or "F6"
        if not grade:
            entry["note"] = "not graded yet"
        if report.url:
            entry["url"] = report.url
        sources[build.source_of[report.id]] = entry
    if any(not build.ledger.grades.get(r.id) for r in build.ledger.reports):
        build.ask("How reliable is each source, how credible each item (grade)?")
    return sources


def _take_claim(build: _Builder, report: str, claim: Claim) -> None:
    """A claim that happened makes a stream; one that is planned makes a rare stream."""
    if claim.status in (Status.HAPPENED, Status.ONGOING):
        for party in (claim.source, claim.target):
            if party is not None and party.sector in _PLAYERS:
                build.actor(party, report, claim.span)
    if claim.target is None or claim.action not in _STREAMS:
        return
    happened = claim.status in (Status.HAPPENED, Status.ONGOING)
    planned = claim.status is Status.PLANNED and claim.action in HOSTILE
    if not (happened or planned):
        return
    stream = build.stream(claim.source, claim.action, claim.target, report, claim.span)
    if stream is not None:
        stream.told = stream.told or happened
        stream.asked = stream.asked or planned
        stream.deaths = stream.deaths or claim.deaths is not None


def _ties(build: _Builder) -> list[dict[str, Any]]:
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for report, tie in build.ledger.ties():
        source = build.actor(tie.source, report.id, tie.span)
        target = build.actor(tie.target, report.id, tie.span)
        if source == target:
            continue
        if tie.kind is TieKind.MEMBER:
            whole = build.members.setdefault(target, [])
            if source not in whole:
                whole.append(source)
            continue
        kind = _TIES[tie.kind]
        key = (kind, source, target)
        place = build.place(report.id, tie.span)
        if key in found:
            spans = found[key]["spans"]
            if place not in spans and len(spans) < _SPANS:
                spans.append(place)
                _add_source(found[key], build, report)
            continue
        entry: dict[str, Any] = {"from": source, "to": target, "kind": kind}
        if tie.kind in (TieKind.SPONSOR, TieKind.INFLUENCE):
            entry["control"] = judged("control")
            build.ask(
                f"How far can {build_name(build, source)} hold "
                f"{build_name(build, target)} back (control)?"
            )
        entry["sources"] = [build.source_of[report.id]]
        entry["spans"] = [place]
        found[key] = entry
    return list(found.values())


def _add_source(entry: dict[str, Any], build: _Builder, report: Report) -> None:
    source = build.source_of[report.id]
    if source not in entry["sources"]:
        entry["sources"].append(source)


def build_name(build: _Builder, actor: str) -> str:
    """A name for people."""
    return build.names.get(actor) or actor.replace("-", " ").title()


def _actors(build: _Builder) -> dict[str, Any]:
    actors: dict[str, Any] = {}
    for actor, party in sorted(build.parties.items()):
        kind = _KINDS.get(party.sector, "state" if party.country else "actor")
        entry: dict[str, Any] = {"name": build_name(build, actor), "kind": kind}
        if kind == "state" and party.country:
            entry["iso3"] = party.country
        spans = build.actor_spans.get(actor)
        if spans:
            entry["spans"] = spans
        actors[actor] = entry
    for whole, members in build.members.items():
        if whole not in actors:
            continue
        inside = [m for m in members if m in actors]
        if len(inside) > 1 and actors[whole]["kind"] not in ("state", "organisation"):
            actors[whole]["kind"] = "umbrella"
            shares: dict[str, Any] = {}
            for member in inside[:-1]:
                shares[member] = {
                    "is": f"{0.5 / len(inside):.2f}..{1 / len(inside):.2f}",
                    "basis": "judgement",
                    "why": "which member acts under the common name is not said",
                }
            shares[inside[-1]] = "rest"
            actors[whole]["members"] = shares
            build.ask(f"Who acts under the name {build_name(build, whole)} (members)?")
        else:
            for member in inside:
                if whole not in build.members.get(member, ()):
                    actors[member].setdefault("part_of", whole)
    return actors


def _streams(build: _Builder) -> list[dict[str, Any]]:
    entries = []
    for stream in build.streams.values():
        prior = "act" if stream.told else "rare"
        if stream.action == "REQUEST":
            prior = "ask"
        elif stream.action in ("AGREE", "REJECT"):
            prior = "word"
        entry: dict[str, Any] = {
            "id": stream.id,
            "name": _act_words(build, stream),
            "event": f"{stream.source} {stream.action} {stream.target}",
            "baseline": judged(prior),
        }
        if stream.deaths:
            entry["marks"] = {
                "deaths": {
                    "chance": judged("deaths-chance"),
                    "number": judged("deaths-number"),
                }
            }
        entry["spans"] = list(stream.spans)
        entries.append(entry)
    return entries


_NAMES = {
    "ASSAULT": ("Attacks by {0} on {1}", "attack {1}"),
    "COERCE": (
        "Force by {0} against {1} short of attack",
        "use force short of attack on {1}",
    ),
    "MOBILIZE": ("Forces gathered by {0} against {1}", "gather forces against {1}"),
    "SANCTION": ("Ties with {1} cut by {0}", "cut ties with {1}"),
    "THREATEN": ("Threats by {0} to {1}", "threaten {1}"),
    "AID": ("Help from {0} for {1}", "help {1}"),
    "REQUEST": ("{0} asks {1}", "ask {1}"),
    "AGREE": ("{0} agrees with {1}", "agree with {1}"),
    "REJECT": ("{0} refuses {1}", "refuse {1}"),
    "RETREAT": ("{0} gives way to {1}", "give way to {1}"),
    "CONCEDE": ("{0} yields to {1}", "yield to {1}"),
    "ACCUSE": ("{0} accuses {1}", "accuse {1}"),
    "SUPPORT": ("{0} supports {1}", "support {1}"),
    "COOPERATE": ("{0} works with {1}", "work with {1}"),
    "CONSULT": ("{0} meets {1}", "meet {1}"),
    "PROTEST": ("Protests by {0} against {1}", "protest against {1}"),
}
"""Name of a stream, and what its source would do, for "Will A ...?"."""


def _act_words(build: _Builder, stream: _Stream) -> str:
    return _NAMES[stream.action][0].format(
        build_name(build, stream.source), build_name(build, stream.target)
    )


def _question(build: _Builder, stream: _Stream) -> str:
    source = build_name(build, stream.source)
    does = _NAMES[stream.action][1].format(source, build_name(build, stream.target))
    return f"Will {source} {does}?"


def _responses(build: _Builder) -> list[dict[str, Any]]:
    """Attacks bring more of the same, and answers where both sides attack."""
    responses = []
    attacks = {k: s for k, s in build.streams.items() if k[1] == "ASSAULT" and s.told}
    for (source, _, target), stream in attacks.items():
        responses.append(
            {
                "id": f"{stream.id}-again",
                "when": stream.id,
                "then": stream.id,
                "children": judged("own-children"),
                "half_life": judged("own-half-life"),
                "spans": list(stream.spans),
            }
        )
        back = attacks.get((target, "ASSAULT", source))
        if back is not None:
            responses.append(
                {
                    "id": f"{stream.id}-answered",
                    "when": stream.id,
                    "then": back.id,
                    "children": judged("return-children"),
                    "half_life": judged("return-half-life"),
                    "spans": list(back.spans),
                }
            )
    return responses


def _lines(build: _Builder) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for report, line in build.ledger.lines():
        entry = _line(build, report, line)
        if entry is None:
            continue
        known = found.get(entry["id"])
        if known is None:
            found[entry["id"]] = entry
        else:
            known["spans"] = list(dict.fromkeys(known["spans"] + entry["spans"]))[
                :_SPANS
            ]
            _add_source(known, build, report)
    return list(found.values())


def _line(build: _Builder, report: Report, line: RedLine) -> dict[str, Any] | None:
    owner = build.actor(line.owner, report.id, line.span)
    deaths = line.action == "deaths"
    if not deaths and line.action not in HOSTILE:
        build.ask(
            f"{build_name(build, owner)} ties an answer to a step that is not taken "
            f"({build.place(report.id, line.span)}): which act would open it?"
        )
        return None
    action = "ASSAULT" if deaths else line.action
    actor = (
        line.actor
        or _foe(build, line.target or line.owner, action)
        or _foe(build, line.owner, action)
    )
    if actor is None or actor.actor == owner:
        build.ask(
            f"Whose act crosses the line of {build_name(build, owner)} "
            f"({build.place(report.id, line.span)})?"
        )
        return None
    target = line.target or line.owner
    if target.actor == actor.actor:
        target = line.owner
    crossing = build.stream(actor, action, target, report.id, line.span)
    answer_on = line.answer_target or actor
    if answer_on.actor == owner:
        answer_on = actor
    answer = build.stream(
        line.owner, line.answer if line.answer in HOSTILE else "ASSAULT", answer_on,
        report.id, line.span,
    )  # fmt: skip
    if crossing is None or answer is None or crossing is answer:
        return None
    answer.asked = answer.asked or bool(line.answer)
    if deaths:
        crossing.deaths = True
    if not line.answer:
        build.ask(
            f"What would {build_name(build, owner)} do when its line is crossed? "
            "The report does not say; the draft takes an attack."
        )
    entry: dict[str, Any] = {
        "id": f"line-{owner}-{'deaths' if deaths else crossing.id}",
        "name": f"{build_name(build, owner)}: "
        f"{'deaths' if deaths else _act_words(build, crossing)}",
        "owner": owner,
        "when": f"deaths by {crossing.id}" if deaths else crossing.id,
        "reach": judged("deaths-reach" if deaths else "reach"),
        "within": "30 days",
        "then": answer.id,
        "chance": judged("line-chance"),
        "delay": judged("line-delay"),
        "clarity": "inferred" if line.inferred else "as said",
        "public": line.public,
        "why": "a month is how such statements count; judged",
        "sources": [build.source_of[report.id]],
        "spans": [build.place(report.id, line.span)],
    }
    return entry


def _foe(build: _Builder, owner: Party, action: str) -> Party | None:
    """Who most often acts so against the owner, or is its enemy."""
    del action
    against = [
        s for s in build.streams.values() if s.target == owner.actor and s.told
        and s.action in HOSTILE
    ]  # fmt: skip
    if against:
        return build.parties[max(against, key=lambda s: len(s.spans)).source]
    for _, tie in build.ledger.ties():
        if tie.kind in (TieKind.ENEMY, TieKind.AT_WAR):
            if tie.source.actor == owner.actor:
                return tie.target
            if tie.target.actor == owner.actor:
                return tie.source
    return None


def _warnings(build: _Builder, origin: date) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for report, warning in build.ledger.warnings():
        entry = _warning(build, report, warning, origin)
        if entry is not None and entry["id"] not in found:
            found[entry["id"]] = entry
    return list(found.values())


def _warning(
    build: _Builder, report: Report, warning: Warning, origin: date
) -> dict[str, Any] | None:
    if warning.source is None:
        return None
    target = warning.target or _foe(build, warning.source, warning.action)
    if target is None:
        build.ask(
            "Against whom is the act that is warned of at "
            f"{build.place(report.id, warning.span)}?"
        )
        return None
    stream = build.stream(
        warning.source, warning.action, target, report.id, warning.span
    )
    if stream is None:
        return None
    stream.asked = True
    deadline = warning.by.last
    by = deadline + timedelta(days=1) if deadline else None
    if by is not None and by <= origin:
        build.ask(
            f"The warning at {build.place(report.id, warning.span)} has run out before "
            "the origin: did the act come?"
        )
        return None
    entry: dict[str, Any] = {
        "id": f"warned-{stream.id}",
        "name": f"Warned of: {_act_words(build, stream)}",
        "event": stream.id,
        "issued": min(report.published or origin, origin - timedelta(days=1)),
        "chance": judged("warning"),
    }
    if by is not None:
        entry["by"] = by
    else:
        entry["fades"] = judged("fades")
    speakers = _speakers(warning)
    if speakers:
        entry["says"] = speakers
    entry["sources"] = [build.source_of[report.id]]
    entry["spans"] = [build.place(report.id, warning.span)]
    return entry


def _speakers(warning: Warning) -> dict[str, Any]:
    speakers = []
    through = ""
    for link in warning.chain:
        entry: dict[str, Any] = {}
        if link.party is not None:
            entry["side"] = link.party.actor
        entry["n"] = link.count
        entry["named"] = link.named
        speakers.append(entry)
        through = through or link.through
    if not speakers:
        return {}
    return {"speakers": speakers, **({"via": through} if through else {})}


def _channels(
    build: _Builder, origin: date
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    replies: dict[str, dict[str, Any]] = {}
    restraints: dict[str, dict[str, Any]] = {}
    levers: dict[str, dict[str, Any]] = {}
    on = origin + timedelta(days=4)
    for report, channel in build.ledger.channels():
        place = [build.place(report.id, channel.span)]
        source = [build.source_of[report.id]]
        ask = build.stream(
            channel.asker, "REQUEST", channel.asked, report.id, channel.span
        )
        yes = build.stream(
            channel.asked, "AGREE", channel.asker, report.id, channel.span
        )
        no = build.stream(
            channel.asked, "REJECT", channel.asker, report.id, channel.span
        )
        if ask is None or yes is None or no is None:
            continue
        asked = build_name(build, channel.asked.actor)
        ask.told = True
        replies.setdefault(
            f"{channel.asked.actor}-answers-{channel.asker.actor}",
            {
                "id": f"{channel.asked.actor}-answers-{channel.asker.actor}",
                "name": f"{asked} answers {build_name(build, channel.asker.actor)}",
                "ask": ask.id,
                "within": "21 days",
                "answers": {yes.id: judged("agree"), no.id: judged("reject")},
                "note": f"as told: {channel.outcome}",
                "why": "answers take up to three weeks; judged",
                "weigh_past": False,
                "sources": source,
                "spans": place,
            },
        )
        held = _held_by(build, channel)
        if held:
            word = f"word-{channel.asked.actor}"
            entry = restraints.setdefault(
                word,
                {
                    "id": word,
                    "name": f"{asked}'s word",
                    "when": yes.id,
                    "owner": channel.asked.actor,
                    "holds": [],
                    "factor": judged("factor"),
                    "delay": judged("delay"),
                    "holds_for": judged("holds"),
                    "half_life": judged("fades"),
                    "compliance": judged("compliance"),
                    "note": f"as told: {channel.outcome}",
                    "sources": source,
                    "spans": place,
                },
            )
            entry["holds"] = list(dict.fromkeys(entry["holds"] + held))
        levers.setdefault(
            f"{channel.asked.actor}-gives-word",
            {
                "id": f"{channel.asked.actor}-gives-word",
                "name": f"{asked} agrees to what {build_name(build, channel.asker.actor)} asks",
                "owner": channel.asked.actor,
                "kind": "diplomatic",
                "do": [{"act": yes.id, "on": on}],
                "cost": {"note": "to be judged"},
                "sources": source,
                "spans": place,
            },
        )
        if not held:
            build.ask(
                f"What does {asked} hold back when it agrees with "
                f"{build_name(build, channel.asker.actor)}?"
            )
    return list(replies.values()), list(restraints.values()), list(levers.values())


def _held_by(build: _Builder, channel: Channel) -> list[str]:
    """Attacks that the asked side's word would hold: of whom it is asked about."""
    about = channel.about.actor if channel.about else channel.asked.actor
    names = {about, *build.members.get(about, ())}
    names |= {whole for whole, inside in build.members.items() if about in inside}
    held = [
        s.id
        for s in build.streams.values()
        if s.source in names and s.action == "ASSAULT"
    ]
    if not held:
        names = {channel.asked.actor}
        held = [
            s.id
            for s in build.streams.values()
            if s.source in names and s.action == "ASSAULT"
        ]
    return held


def _is_question(build: _Builder, stream: _Stream) -> bool:
    """An attack by anyone, or force between states."""
    if stream.action == "ASSAULT":
        return True
    ends = (build.parties[stream.source].sector, build.parties[stream.target].sector)
    return stream.action == "COERCE" and all(e in ("GOV", "MIL") for e in ends)


def _outcomes(build: _Builder) -> list[dict[str, Any]]:
    """Hostile acts that are told, threatened or warned of."""
    outcomes = []
    for stream in build.streams.values():
        if not (stream.told or stream.asked) or not _is_question(build, stream):
            continue
        name = _act_words(build, stream)
        outcomes.append(
            {
                "id": f"asks-{stream.id}",
                "name": name,
                "question": _question(build, stream),
                "event": stream.id,
                "at_least": 1,
                "within": ["30 days", "60 days", "90 days"],
                "unmodelled": judged("unmodelled"),
                "spans": list(stream.spans),
            }
        )
    return outcomes


def _truce_levers(build: _Builder, origin: date) -> list[dict[str, Any]]:
    """A demand to stop is a lever of whom it is put to."""
    del origin
    levers: dict[str, dict[str, Any]] = {}
    for report, claim in build.ledger.claims():
        if claim.status is not Status.DEMANDED or claim.action != "RETREAT":
            continue
        attacks = [
            s for s in build.streams.values()
            if s.source == claim.source.actor and s.action == "ASSAULT" and s.told
        ]  # fmt: skip
        if not attacks:
            continue
        name = f"{claim.source.actor}-stops"
        levers.setdefault(
            name,
            {
                "id": name,
                "name": f"{build_name(build, claim.source.actor)} stops, as demanded",
                "owner": claim.source.actor,
                "kind": "diplomatic",
                "do": [{"scale": {f"streams.{s.id}.baseline": 0.1}} for s in attacks],
                "cost": {"note": "to be judged"},
                "sources": [build.source_of[report.id]],
                "spans": [build.place(report.id, claim.span)],
            },
        )
    return list(levers.values())


def _alternatives(build: _Builder) -> list[dict[str, Any]]:
    """Claims that contradict each other, side by side."""
    rows = []
    for pair in build.ledger.contradictions():
        rows.append(
            {
                "says": pair.says,
                "against": [pair.against],
                "sources": sorted(
                    {build.source_of[r] for r in pair.reports if r in build.source_of}
                ),
            }
        )
        build.ask(f"Reports disagree: {pair.says} / {pair.against}. Which holds?")
    return rows
