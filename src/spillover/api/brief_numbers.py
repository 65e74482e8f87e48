"""The register of numbers: sourced apart from judged, largest effect first.

Must never import `cli` or the web.
"""

from __future__ import annotations

from collections.abc import Mapping

from spillover.brief.page import NumberRow, WatchRow
from spillover.case.number_text import Number
from spillover.case.read import elements_by_path, numbers_by_path
from spillover.case.schema import Case

__all__ = ["driver_rows", "number_rows", "number_words"]


def _effect(path: str, effects: Mapping[str, float]) -> str:
    r = effects.get(path, 0.0)
    if abs(r) < 0.05:
        return ""
    size = "strong" if abs(r) > 0.4 else "clear" if abs(r) > 0.15 else "slight"
    return f"{'raises' if r > 0 else 'lowers'} the answer ({size}, {r:+.2f})".replace(
        "-", "−"
    )


def number_words(path: str) -> str:
    """A dotted path in words."""
    section, _, rest = path.partition(".")
    one = "reply" if section == "replies" else section.replace("_", " ").rstrip("s")
    return f"{one}: {rest.replace('.', ', ').replace('-', ' ').replace('_', ' ')}"


def number_rows(
    case: Case, effects: Mapping[str, float]
) -> tuple[tuple[NumberRow, ...], tuple[NumberRow, ...]]:
    """Uncertain numbers: (sourced, judged), by their effect on the key answer."""
    elements = {k: (e.sources, e.why or e.note) for k, e in elements_by_path(case)}
    sourced: list[tuple[float, NumberRow]] = []
    judged: list[tuple[float, NumberRow]] = []
    for path, n in numbers_by_path(case).items():
        if n.kind not in ("unknown", "varying", "median") or path.endswith(
            (".median", ".spread")
        ):
            continue
        own = ".".join(path.split(".")[:2])
        sources, why = elements.get(own, ((), ""))
        rests_on = n.sources or (() if n.why else sources)
        reason = n.why or why
        row_of: Number = n
        is_judged = (n.basis or ("data" if rests_on else "judgement")) == "judgement"
        cited = f" [{', '.join(rests_on)}]" if rests_on else ""
        row = NumberRow(
            number_words(path),
            row_of.text,
            f"{reason}{cited}".strip(),
            _effect(path, effects),
        )
        (judged if is_judged else sourced).append((-abs(effects.get(path, 0.0)), row))
    return (
        tuple(r for _, r in sorted(sourced, key=lambda x: x[0])),
        tuple(r for _, r in sorted(judged, key=lambda x: x[0])),
    )


def driver_rows(
    case: Case, effects: Mapping[str, float], most: int = 6
) -> tuple[WatchRow, ...]:
    """The uncertain numbers that go furthest with the key answer."""
    numbers = numbers_by_path(case)
    rows = []
    for path, r in effects.items():
        n = numbers.get(path)
        if n is None:
            continue
        rows.append(
            WatchRow(
                number_words(path),
                n.text,
                f"higher means {'a higher' if r > 0 else 'a lower'} chance (rank correlation {r:+.2f})".replace(
                    "-", "−"
                ),
            )
        )
    return tuple(rows[:most])
