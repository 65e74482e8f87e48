"""Checks of names: every id stands for something, every pattern can match.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

from collections.abc import Iterable

from spillover.case.checking import Checker, several
from spillover.case.pattern_text import (
    PatternText,
    QuantityText,
    TextError,
    parse_pattern,
)
from spillover.case.read import LISTS, elements_by_path, numbers_by_path
from spillover.case.schema import Condition, Opens, Raises, Stream

__all__ = [
    "check_for_duplicates",
    "check_for_unknown_actors",
    "check_for_unknown_sources",
    "check_patterns",
    "stands_for",
    "streams_of",
]


def wholes_of(check: Checker, actor: str) -> set[str]:
    """An actor and everything it is part of or a member of."""
    seen: set[str] = set()
    waiting = [actor]
    while waiting:
        now = waiting.pop()
        if now in seen:
            continue
        seen.add(now)
        if now in check.case.actors:
            waiting += check.case.actors[now].wholes()
        waiting += [u.id for u in check.case.actors.values() if now in u.members]
    return seen


def stands_for(check: Checker, whole: str, actor: str) -> bool:
    """Whether an act by (or toward) ``actor`` counts for ``whole``, or may (a member)."""
    return (
        whole == "*"
        or whole in wholes_of(check, actor)
        or actor in wholes_of(check, whole)
    )


def _inside(check: Checker, place: str, whole: str) -> bool:
    seen: set[str] = set()
    while place and place not in seen:
        if place == whole:
            return True
        seen.add(place)
        place = check.case.places[place].in_ if place in check.case.places else ""
    return False


def _place_fits(check: Checker, asked: str, own: str, drawn: Iterable[str]) -> bool:
    if not asked:
        return True
    places = [own, *drawn]
    return any(
        p and (_inside(check, p, asked) or _inside(check, asked, p)) for p in places
    )


def streams_of(check: Checker, pattern: PatternText) -> list[Stream]:
    """Streams whose events may match a pattern (marks aside)."""
    if pattern.stream:
        return [s for s in check.case.streams if s.id == pattern.stream]
    found = []
    for s in check.case.streams:
        e = s.event
        drawn = s.marks.choices.get("in", {})
        if (
            stands_for(check, pattern.source, e.source)
            and pattern.action in ("*", e.action)
            and stands_for(check, pattern.target, e.target)
            and _place_fits(check, pattern.place_from, e.place_from, ())
            and _place_fits(check, pattern.place_in, e.place_in, drawn)
        ):
            found.append(s)
    return found


def _check_words(check: Checker, where: str, p: PatternText) -> bool:
    """Names inside a pattern; False when one is not known."""
    if p.stream:
        return check.known(
            where, "stream", p.stream, [s.id for s in check.case.streams]
        )
    good = True
    for actor in (p.source, p.target):
        if actor != "*":
            good &= check.known(where, "actor", actor, check.case.actors)
    for place in (p.place_from, p.place_in):
        if place:
            good &= check.known(where, "place", place, check.case.places)
    return good


def _check_marks(
    check: Checker, where: str, p: PatternText, streams: list[Stream]
) -> None:
    for name, value in p.marks:
        if name in ("deadly", "injuring"):
            amount = "deaths" if name == "deadly" else "injured"
            if not any(getattr(s.marks, amount) for s in streams):
                check.fault(
                    where,
                    f'the mark "{name}" is not drawn by {streams[0].id}',
                    f"a stream with marks: {{{amount}: ...}}",
                )
            continue
        if name == "by":
            check.known(where, "actor", value, check.case.actors)
            continue
        if name == "in":
            check.known(where, "place", value, check.case.places)
            continue
        if value:
            values = {v for s in streams for v in s.marks.choices.get(name, {})}
            check.known(where, f"value of {name}", value, values)
        else:
            names = {m for s in streams for m in s.marks.yes_no} | {
                v for s in streams for c in s.marks.choices.values() for v in c
            }
            check.known(where, "mark", name, names)


def check_pattern(
    check: Checker, where: str, p: PatternText, *, act: bool = False
) -> list[Stream]:
    """One pattern or act: its names, what it matches, its marks."""
    if not _check_words(check, where, p):
        check.unsure = True
        return []
    streams = streams_of(check, p)
    if check.partial and not streams:
        return []  # what it means may be what could not be read
    if not streams:
        check.unsure = True
        check.fault(
            where,
            f'"{p.text}" matches no stream',
            "a stream of this case",
            "Add such a stream, or mend the pattern",
        )
        return []
    if act and len(streams) > 1:
        ids = ", ".join(s.id for s in streams)
        check.fault(
            where,
            f'"{p.text}" names {len(streams)} streams ({ids})',
            "an act names exactly one",
            "Use the id of the stream",
        )
    if not check.partial:
        _check_marks(check, where, p, streams)
    return streams


def _text(check: Checker, where: str, text: str, *, act: bool = False) -> None:
    if text.startswith("driver "):
        check.known(
            where, "driver", text.removeprefix("driver ").strip(), check.case.drivers
        )
        return
    try:
        check_pattern(check, where, parse_pattern(text), act=act)
    except TextError as e:
        check.fault(where, e.found, e.expected)


def check_quantity(check: Checker, where: str, q: QuantityText) -> None:
    """What is counted."""
    if q.kind == "gauge":
        check.known(where, "gauge", q.name, check.case.gauges)
    elif q.kind == "report":
        check.known(where, "report", q.name, [r.id for r in check.case.reports])
    for p in q.patterns:
        check_pattern(check, where, p)


def _condition(check: Checker, where: str, c: Condition) -> None:
    if c.state:
        check.known(where, "state", c.state, check.case.states)
    if c.restraint:
        check.known(
            where, "restraint", c.restraint, [r.id for r in check.case.restraints]
        )
    if c.gauge:
        check.known(where, "gauge", c.gauge, check.case.gauges)
    for p in c.event:
        check_pattern(check, where, p)
    if c.not_ is not None:
        _condition(check, where, c.not_)


def check_patterns(check: Checker) -> None:
    """Every pattern, act and quantity of the case."""
    case = check.case
    for s in case.streams:
        where = f"streams.{s.id}"
        _check_words(check, f"{where}.event", s.event)
        for d in s.drivers:
            check.known(f"{where}.drivers", "driver", d, case.drivers)
        for place in s.marks.choices.get("in", {}):
            check.known(f"{where}.marks.in", "place", place, case.places)
        for name in ("deaths", "injured"):
            harm = getattr(s.marks, name)
            if harm is not None and harm.given:
                values = {
                    *s.marks.yes_no,
                    *(v for c in s.marks.choices.values() for v in c),
                }
                check.known(f"{where}.marks.{name}.given", "mark", harm.given, values)
    for name, state in case.states.items():
        for key, patterns in (("on_when", state.on_when), ("off_when", state.off_when)):
            for p in patterns:
                check_pattern(check, f"states.{name}.{key}", p)
    for r in case.reports:
        for p in r.of:
            check_pattern(check, f"reports.{r.id}.of", p)
    for x in case.responses:
        for p in x.when:
            streams = check_pattern(check, f"responses.{x.id}.when", p)
            for mark in x.times:
                if streams:
                    _check_marks(
                        check,
                        f"responses.{x.id}.times",
                        parse_pattern(f"x ({mark})"),
                        streams,
                    )
        check_pattern(check, f"responses.{x.id}.then", x.then, act=True)
    for y in case.replies:
        for p in y.ask:
            check_pattern(check, f"replies.{y.id}.ask", p)
        for answer in y.answers:
            if answer != "none":
                _text(check, f"replies.{y.id}.answers.{answer}", answer, act=True)
        for rule in y.odds_if:
            _condition(check, f"replies.{y.id}.odds_if", rule.when)
            for answer in rule.times:
                check.known(f"replies.{y.id}.odds_if", "answer", answer, y.answers)
    for z in case.restraints:
        where = f"restraints.{z.id}"
        for key, patterns in (("when", z.when), ("ends_when", z.ends_when)):
            for p in patterns:
                check_pattern(check, f"{where}.{key}", p)
        for held in z.holds:
            _text(check, f"{where}.holds", held)
        if z.while_:
            check.known(f"{where}.while", "state", z.while_, case.states)
    for line in case.red_lines:
        where = f"red_lines.{line.id}"
        check_quantity(check, f"{where}.when", line.when)
        if isinstance(line.then, Raises):
            for held in line.then.raises:
                _text(check, f"{where}.then", held)
        elif isinstance(line.then, Opens):
            check.known(
                f"{where}.then", "stream", line.then.opens, [s.id for s in case.streams]
            )
        else:
            check_pattern(check, f"{where}.then", line.then, act=True)
    for w in case.warnings:
        check_pattern(check, f"warnings.{w.id}.event", w.event, act=True)
    for name, g in case.gauges.items():
        for text in g.raised_by:
            _text(check, f"gauges.{name}.raised_by.{text}", text)
        for drive in g.drives:
            for text in (*drive.holds, *drive.raises):
                _text(check, f"gauges.{name}.drives", text)
    for o in case.outcomes:
        if o.of is not None:
            check_quantity(check, f"outcomes.{o.id}", o.of)
        for other in (*o.any_of, *o.all_of):
            check.known(
                f"outcomes.{o.id}", "outcome", other, [x.id for x in case.outcomes]
            )
    for lever in case.levers:
        for action in lever.do:
            if action.act is not None:
                check_pattern(check, f"levers.{lever.id}.do", action.act, act=True)
            for p in action.if_:
                check_pattern(check, f"levers.{lever.id}.do", p)
            if action.then is not None:
                check_pattern(check, f"levers.{lever.id}.do", action.then, act=True)
    for asked in case.what_ifs:
        for action in asked.acts:
            if action.act is not None:
                check_pattern(check, f"what_ifs.{asked.id}.acts", action.act, act=True)


def check_for_unknown_actors(check: Checker) -> None:
    """Owners, ties, members, places: names outside patterns; circles among them."""
    case = check.case
    for name, actor in case.actors.items():
        for whole in (*actor.wholes(), *([actor.sponsor] if actor.sponsor else [])):
            check.known(f"actors.{name}", "actor", whole, case.actors)
        for member in actor.members:
            check.known(f"actors.{name}.members", "actor", member, case.actors)
        up: set[str] = set()
        now = [
            *actor.wholes(),
            *(u.id for u in case.actors.values() if name in u.members),
        ]
        while now:
            whole = now.pop()
            if whole == name:
                check.fault(
                    f"actors.{name}",
                    f'"{name}" is part of itself',
                    "membership without a circle",
                    "Take one link out",
                )
                break
            if whole in up or whole not in case.actors:
                continue
            up.add(whole)
            now += case.actors[whole].wholes()
            now += [u.id for u in case.actors.values() if whole in u.members]
    for name, place in case.places.items():
        if place.in_ and check.known(
            f"places.{name}.in", "place", place.in_, case.places
        ):
            seen, at = {name}, place.in_
            while at:
                if at in seen:
                    check.fault(
                        f"places.{name}.in",
                        f'"{name}" lies in itself',
                        "places without a circle",
                    )
                    break
                seen.add(at)
                at = case.places[at].in_ if at in case.places else ""
    for t in case.ties:
        for key, actor_id in (("from", t.from_), ("to", t.to)):
            check.known(f"ties.{t.id}.{key}", "actor", actor_id, case.actors)
    owned = [
        (f"restraints.{x.id}.owner", [x.owner]) for x in case.restraints if x.owner
    ]
    owned += [(f"red_lines.{x.id}.owner", [x.owner]) for x in case.red_lines]
    owned += [(f"levers.{x.id}.owner", list(x.owner)) for x in case.levers]
    owned += [(f"reports.{x.id}.by", [x.by]) for x in case.reports if x.by]
    for where, owners in owned:
        for owner in owners:
            check.known(where, "actor", owner, case.actors)
    for x in case.restraints:
        for key, given in (("compliance", x.compliance), ("obeys", x.obeys)):
            if isinstance(given, dict):
                for member in given:
                    check.known(
                        f"restraints.{x.id}.{key}", "actor", member, case.actors
                    )
            if given == "by control":
                if not x.owner:
                    check.fault(
                        f"restraints.{x.id}.{key}",
                        "by control needs an owner",
                        "owner: who holds back",
                    )
                elif not any(
                    t.from_ == x.owner and t.control is not None for t in case.ties
                ):
                    check.fault(
                        f"restraints.{x.id}.{key}",
                        f'no tie from "{x.owner}" has control',
                        "ties with control: from the owner to the members",
                    )


def check_for_duplicates(check: Checker) -> None:
    """Ids that stand twice in one section."""
    case = check.case
    for section in LISTS:
        seen: set[str] = set()
        for e in getattr(case, section):
            if e.id in seen:
                check.fault(
                    f"{section}.{e.id}",
                    f'the id "{e.id}" stands twice in {section}',
                    "an id of its own",
                )
            seen.add(e.id)


def check_for_unknown_sources(check: Checker) -> None:
    """Cited sources exist; unused ones are mentioned."""
    case = check.case
    used: set[str] = set()

    def cite(where: str, ids: Iterable[str]) -> None:
        for i in ids:
            used.add(i)
            check.known(where, "source", i, case.sources)

    for path, n in numbers_by_path(case).items():
        cite(path, n.sources)
    for where, e in elements_by_path(case):
        cite(where, e.sources)
        for span in e.spans:
            source, parted, places = span.partition(":")
            first, _, last = places.partition("-")
            if not (parted and first.isdigit() and last.isdigit()):
                check.fault(
                    f"{where}.spans",
                    f'"{span}" is no span',
                    "source:first-last, such as report-1:120-188",
                )
            else:
                cite(f"{where}.spans", [source])
    for o in case.outcomes:
        for r in o.references:
            cite(f"outcomes.{o.id}.references", r.sources)
    for v in case.variants.values():
        for c in v.choices.values():
            cite(f"variants.{v.id}", c.sources)
    for a in case.alternatives:
        cite("alternatives", a.sources)
    rows: list[tuple[str, int, tuple[str, ...]]] = [
        *((case.history.records, r.line, r.sources) for r in case.records),
        *((case.history.counts, c.line, c.sources) for c in case.counts),
    ]
    for file, line, ids in rows:
        for i in ids:
            used.add(i)
            if i not in case.sources:
                check.table_unknown(
                    file,
                    line,
                    "sources",
                    f'unknown source "{i}"',
                    i,
                    case.sources,
                    "an id of sources:",
                )
    idle = [i for i in case.sources if i not in used]
    if idle:
        check.warnings.append(
            f"{several(len(idle), 'source is', 'sources are')} not cited: {', '.join(idle[:5])}{' ...' if len(idle) > 5 else ''}"
        )
