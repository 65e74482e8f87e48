"""Ways in words a reader knows.

Must never import `cli` or the web.
"""

from __future__ import annotations

from collections.abc import Sequence

from spillover.api.brief_words import actor_label, stream_label
from spillover.case.schema import Case
from spillover.clock import in_words
from spillover.study.paths import Link, Step

__all__ = ["link_words", "raiser_words", "step_words", "stream_words", "way_words"]


def stream_words(case: Case, stream: str) -> str:
    """A kind of event."""
    found = next((s for s in case.streams if s.id == stream), None)
    return stream_label(case, found) if found else stream


def _line(case: Case, name: str) -> str:
    found = next((x for x in case.red_lines if x.id == name), None)
    if found is None:
        return f"a line of a lever ({name})"
    title = found.name or name.replace("-", " ")
    owner = f" of {actor_label(case, found.owner)}" if found.owner else ""
    return f"the line \u201c{title}\u201d{owner}"


def step_words(case: Case, step: Step, *, root: bool) -> tuple[str, str]:
    """How a step came, and what happened."""
    what = stream_words(case, step.stream)
    if step.how == "some other way":
        return "", "Some other way, which the case does not hold"
    if step.how == "warning":
        return "as warned", what
    if step.how == "lever":
        return "as the lever has it", what
    if step.how == "line":
        if root:
            before = f"{_line(case, step.element)} was crossed before {in_words(case.origin)}"
            return before, what
        return f"{_line(case, step.element)} is crossed", what
    if step.how == "reply":
        return ("an ask still open is answered" if root else "answered by"), what
    if step.how == "response":
        return ("after events before the origin" if root else "brings on"), what
    return "", what


def way_words(case: Case, steps: Sequence[Step], raised: Sequence[str] = ()) -> str:
    """A way as one line with arrows."""
    parts: list[str] = []
    for n, step in enumerate(steps):
        how, what = step_words(case, step, root=n == 0)
        if how:
            parts.append(how[0].upper() + how[1:] if n == 0 else how)
        parts.append(what)
    text = " \u2192 ".join(parts)
    if raised:
        text += f" (only because {' or '.join(raiser_words(case, r) for r in raised)})"
    return text


def raiser_words(case: Case, arm: str) -> str:
    """What a raising factor is, from the id of the arm that holds it."""
    section, _, name = arm.removeprefix("without ").partition(".")
    if section == "red_lines":
        return f"{_line(case, name)} had been crossed"
    gauge = case.gauges.get(name)
    return f"{(gauge.name if gauge else '') or name} had risen"


def link_words(case: Case, link: Link) -> str:
    """A link by name."""
    if link.how == "line":
        return _line(case, link.element)[0].upper() + _line(case, link.element)[1:]
    if link.how == "baseline":
        return f"Of itself: {stream_words(case, link.element)}"
    if link.how == "response":
        found = next((r for r in case.responses if r.id == link.element), None)
        name = (found.name if found else "") or link.element.replace("-", " ")
        return f"Response: {name}"
    if link.how == "reply":
        return f"Answer to an ask: {link.element.replace('-', ' ')}"
    if link.how == "warning":
        found_w = next((w for w in case.warnings if w.id == link.element), None)
        return f"Warning: {(found_w.name if found_w else '') or link.element}"
    return "Some other way" if link.how == "some other way" else link.element
