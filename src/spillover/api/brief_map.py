"""Actors and ties of a case as the map shows them.

Must never import `cli` or the web.
"""

from __future__ import annotations

from collections import Counter

from spillover.brief.page import ActorBox, TieArrow, TieKind
from spillover.case.schema import Case

__all__ = ["actor_boxes", "tie_arrows"]

MOST = 14
HOSTILE = {"ASSAULT", "COERCE", "MOBILIZE"}
RECENT_DAYS = 120
AGAINST = ("enemy", "at war", "shoots")
FOR = (
    "sponsor",
    "ally",
    "patron",
    "support",
    "office",
    "commands",
    "speaks",
    "influence",
    "member",
)


def _group(case: Case, actor: str) -> str:
    """The umbrella (or whole) an actor is shown as."""
    for umbrella in case.actors.values():
        if actor in umbrella.members:
            return umbrella.id
    wholes = case.actors[actor].wholes() if actor in case.actors else ()
    return wholes[0] if wholes else actor


def tie_arrows(case: Case) -> tuple[TieArrow, ...]:
    """Ties, recent acts, and asks with how they went; one arrow per pair and kind."""
    arrows: dict[tuple[str, str, TieKind], float] = {}
    notes: dict[tuple[str, str, TieKind], str] = {}

    def add(a: str, b: str, kind: TieKind, weight: float, note: str = "") -> None:
        a, b = _group(case, a), _group(case, b)
        if a == b or a not in case.actors or b not in case.actors:
            return
        key = (a, b, kind)
        arrows[key] = max(arrows.get(key, 0.0), weight)
        if note:
            notes.setdefault(key, note)

    for t in case.ties:
        if any(w in t.kind for w in AGAINST):
            add(t.from_, t.to, "attack", 0.25)
        elif any(w in t.kind for w in FOR):
            add(t.from_, t.to, "support", t.control.middle if t.control else 0.3)
    acts: Counter[tuple[str, str]] = Counter()
    for r in case.records:
        days = (case.origin - r.last).days
        if days > RECENT_DAYS:
            continue
        if r.action in HOSTILE and r.action == "ASSAULT":
            acts[r.source, r.target] += 1
        if r.action == "REQUEST":
            refused = any(
                x.source == r.target and x.target == r.source and x.action == "REJECT"
                for x in case.records
            )
            add(r.source, r.target, "refused" if refused else "asked", 0.25)
    most = max(acts.values(), default=1)
    for (a, b), n in acts.items():
        add(a, b, "attack", 0.25 + 0.6 * n / most)
    for x in case.restraints:
        if not x.owner:
            continue
        for pattern in x.when:
            stream = next((s for s in case.streams if s.id == pattern.stream), None)
            given = (
                any(
                    r.action == stream.event.action
                    and r.source == stream.event.source
                    and r.target == stream.event.target
                    and (case.origin - r.last).days < RECENT_DAYS
                    for r in case.records
                )
                if stream
                else False
            )
            if not given or stream is None:
                continue
            for held in x.holds:
                target = next((s for s in case.streams if s.id == held), None)
                if target is not None:
                    add(x.owner, target.event.source, "given", 0.25)
    return tuple(
        TieArrow(a, b, kind, weight, notes.get((a, b, kind), ""))
        for (a, b, kind), weight in arrows.items()
    )


def actor_boxes(case: Case) -> tuple[ActorBox, ...]:
    """The actors with the heaviest ties, 14 at most."""
    weight: dict[str, float] = {}
    for t in tie_arrows(case):
        for actor in (t.from_id, t.to_id):
            weight[actor] = weight.get(actor, 0.0) + t.weight
    names = sorted(weight, key=lambda a: -weight[a])[:MOST]
    return tuple(
        ActorBox(
            a.id,
            a.name or a.id,
            "state" if a.kind in ("state", "government") else a.kind,
        )
        for a in case.actors.values()
        if a.id in names
    )
