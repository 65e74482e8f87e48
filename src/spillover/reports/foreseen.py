"""Warnings: an act that someone says is coming, with the day by which.

This file must never import a backend or a page.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from spillover.reports.claim import Place, Status, Warning, When
from spillover.reports.scene import Scene, Told

__all__ = ["find_warnings"]

_COMING = (
    "imminent", "expected to", "is expected", "are expected", "preparing", "prepares",
    "prepared to", "preparations", "planning to", "plans to", "plan to", "planned",
    "intends to", "likely to", "is likely", "could come", "may come", "as soon as",
    "is poised", "poised to", "about to", "set to", "readying", "intelligence",
    "assess", "assessed", "assesses", "bracing", "brace", "warned of", "warned that", "warn that", "warns that", "warns of",
    "warning of", "fear", "feared", "fears", "anticipate", "anticipates", "threat of",
    "risk of", "on the verge",
)  # fmt: skip
_CLAUSE = 8
"""Tokens of a clause after "before" in which its day stands."""
_AHEAD = frozenset((Status.PLANNED, Status.HYPOTHETICAL))


def find_warnings(scene: Scene) -> list[Warning]:
    """Acts said to be coming in a sentence: with a deadline, or with words of coming."""
    words = scene.find(_COMING)
    by = scene.deadline() or _before(scene) or _window(scene)
    found: list[Warning] = []
    for told in scene.told:
        if not _is_ahead(told):
            continue
        vowed = _vowed(scene, told)
        if by is None and words < 0 and not vowed:
            continue
        if (
            by is None
            and told.status is Status.HYPOTHETICAL
            and not _close(scene, words, told)
        ):
            continue
        condition = scene.find(("if", "unless")) >= 0 or "should" in scene.lower[:3]
        if condition and by is None:
            continue
        found.append(_warning(scene, told, by, words))
        break
    return found


def _before(scene: Scene) -> When | None:
    """The day in "before the talks open on 3 June": one day earlier."""
    before = scene.find(("before",))
    for dated in scene.dates:
        if 0 <= before < dated.first <= before + _CLAUSE and dated.role == "on":
            first = dated.ahead.first
            if first is not None:
                return replace(dated.ahead, first=None, last=first - timedelta(days=1))
    return None


def _is_ahead(told: Told) -> bool:
    act = told.act
    return (
        act.cue.action == "ASSAULT" and told.status in _AHEAD and act.source is not None
    )


def _vowed(scene: Scene, told: Told) -> bool:
    """Whether who would act says so himself."""
    source = told.act.source
    return (
        told.status is Status.PLANNED
        and scene.speaker is not None
        and source is not None
        and source.party.actor == scene.speaker.actor
    )


def _close(scene: Scene, at: int, told: Told) -> bool:
    return at >= 0 and abs(told.first - at) <= 14 and scene.first <= at


def _window(scene: Scene) -> When | None:
    """A window ahead: "in the coming days", "next week"."""
    for dated in scene.dates:
        if dated.role != "on" or dated.ahead.last is None:
            continue
        text = dated.ahead.expression.lower()
        if any(
            w in text.split()
            for w in ("coming", "next", "tomorrow", "following", "later")
        ):
            return dated.ahead
    return None


def _warning(scene: Scene, told: Told, by: When | None, words: int) -> Warning:
    act = told.act
    place = next((m for m in scene.named if m.place and m.first > act.cue.first), None)
    target = act.target.party if act.target else None
    said = scene.doc.lower[words] if words >= 0 else ""
    return Warning(
        action=act.cue.action,
        source=act.source.party if act.source else None,
        target=target,
        span=scene.span,
        by=by or When(),
        place=Place(
            scene.doc.quote(place.first, place.stop),
            place.party.country,
            scene.span_of(place.first, place.stop),
        )
        if place
        else None,
        words=said,
        chain=scene.chain,
        reason=told.reason,
    )
