"""Ways as a flow of at most four columns and eight nodes.

Must never import `cli` or the web.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from spillover.api.paths_words import step_words
from spillover.study.paths import steps_of

if TYPE_CHECKING:
    from spillover.api.paths import Paths
    from spillover.ensemble.paths import Chain

__all__ = ["flow_of"]

COLUMNS = 4
NODES = 8
REST = "Other ways"


def _stations(paths: Paths, chain: Chain) -> list[str]:
    """Names a way passes: its root, the links between, at most two of them."""
    case, steps = paths.model.case, steps_of(paths.assembled.model, chain)
    how, what = step_words(case, steps[0], root=True)
    crossed_before = steps[0].how == "line"
    names = [how if crossed_before else f"{what}, {how}" if how else what]
    for step in steps[1:]:
        how, what = step_words(case, step, root=False)
        names.append(how if step.how == "line" else what)
    if steps[1:] and steps[-1].how != "line":
        names.pop()  # the outcome itself
    names = [n[0].upper() + n[1:] for n in dict.fromkeys(names)]
    return [names[0], *names[1:][-(COLUMNS - 2) :]]


def flow_of(paths: Paths) -> dict[str, Any]:
    """Nodes and flows of the chart; shares sum to one at the outcome."""
    question, window = paths.text
    end = f"{question.rstrip('?')}, {window}"
    kept: list[tuple[list[str], float, str]] = []
    names: set[str] = set()
    rest = paths.found.other / max(1, paths.found.yes)
    for chain in paths.chains:
        stations = _stations(paths, chain)
        if len(names | set(stations)) > NODES - 2:
            rest += paths.share(chain)
            continue
        names |= set(stations)
        steps = steps_of(paths.assembled.model, chain)
        kind = "" if steps[0].how == "some other way" else "act"
        kept.append((stations, paths.share(chain), kind))
    column: dict[str, int] = {}
    for stations, _, _ in kept:
        for n, name in enumerate(stations):
            column[name] = max(column.get(name, 0), n)
    last = max([*column.values(), 0]) + 1
    for _ in range(COLUMNS):  # a station stands right of those before it
        for stations, _, _ in kept:
            for a, b in itertools.pairwise(stations):
                if column[b] <= column[a]:
                    column[b] = column[a] + 1
                    last = max(last, column[b] + 1)
    flows: dict[tuple[str, str, str], float] = {}
    for stations, share, kind in kept:
        for a, b in zip(stations, [*stations[1:], end], strict=True):
            flows[a, b, kind] = flows.get((a, b, kind), 0.0) + share
    if rest > 0.0005:
        column[REST] = 0
        flows[REST, end, ""] = rest
    nodes = [{"id": n, "col": c, "name": n} for n, c in column.items()]
    nodes.append({"id": end, "col": last, "name": end})
    return {
        "nodes": nodes,
        "flows": [
            {"from": a, "to": b, "share": s, "kind": k}
            for (a, b, k), s in flows.items()
        ],
    }
