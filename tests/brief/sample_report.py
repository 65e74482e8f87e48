"""An invented report with every kind of picture, and the blocks of a full brief."""

from __future__ import annotations

from dataclasses import replace

from spillover.brief.page import BriefPage, StudyBlocks
from spillover.brief.report import Picture, Report, Section, Table, Text
from tests.brief.sample_page import sample_page

LONG = "The two governments and the council press the groups together, with a price"


def _table(name: str) -> Table:
    heads = ("Lever", "Without", "With", "90 % of samples")
    rows = (
        (LONG, "23 %", "9 %", "30 to 3.7 points lower"),
        ("Truce", "23 %", "15 %", ""),
    )
    return Table(f"Numbers of {name}", heads, rows, id=name)


def _picture(kind: str, data: dict[str, object]) -> Picture:
    return Picture(
        kind,
        kind,
        f"What {kind} find: 5 % to 23 %",
        "Computed. Dot: middle.",
        data,
        _table(kind),
    )  # type: ignore[arg-type]


def pictures() -> dict[str, Picture]:
    levers = [
        {"name": LONG, "d": -0.14, "lo": -0.30, "hi": -0.037, "tie": 1},
        {"name": "Truce at sea", "d": -0.12, "lo": -0.25, "hi": -0.03, "tie": 1},
        {"name": "A word", "d": 0.004, "lo": -0.01, "hi": 0.02, "tie": 2},
    ]
    points = [
        {"name": "Nothing new", "short": "nothing", "cost": 0.0, "p": 0.23, "on": True},
        {"name": LONG, "short": "together", "cost": 8.0, "p": 0.09, "on": True},
        {"name": "A word", "short": "word", "cost": 3.0, "p": 0.24, "on": False},
    ]
    lines = [
        {
            "name": LONG,
            "points": [(0, 0.23), (0.25, 0.2), (0.5, 0.17), (0.75, 0.13), (1, 0.09)],
        },
        {
            "name": "A word",
            "points": [(0, 0.23), (0.25, 0.23), (0.5, 0.22), (0.75, 0.22), (1, 0.21)],
        },
    ]
    nodes = [
        {"id": "a", "col": 0, "name": "Groups fire over the border into the neighbour"},
        {"id": "b", "col": 0, "name": "Other ways"},
        {"id": "c", "col": 1, "name": "The line on deaths is crossed"},
        {"id": "d", "col": 2, "name": "A strike within 90 days"},
    ]
    flows = [
        {"from": "a", "to": "c", "share": 0.6, "kind": "act"},
        {"from": "c", "to": "d", "share": 0.6, "kind": "act"},
        {"from": "a", "to": "d", "share": 0.25, "kind": "act"},
        {"from": "b", "to": "d", "share": 0.15, "kind": ""},
    ]
    bars = [
        {
            "name": "response: fire, children",
            "low": 0.2,
            "high": 0.41,
            "says": "20 % \u2192 41 %",
        },
        {"name": LONG, "low": 0.3, "high": 0.15, "says": "30 % \u2192 15 %"},
    ]
    counts = [
        {
            "name": "As it was, replayed",
            "q5": 1,
            "q25": 4,
            "q50": 7,
            "q75": 16,
            "q95": 38,
        },
        {
            "name": "Otherwise, kept",
            "q5": 19,
            "q25": 41,
            "q50": 63,
            "q75": 90,
            "q95": 150,
        },
        {
            "name": "Otherwise, replayed",
            "q5": 0,
            "q25": 0,
            "q50": 0,
            "q75": 0,
            "q95": 0,
        },
    ]
    return {
        "levers": _picture("levers", {"rows": levers}),
        "frontier": _picture("frontier", {"points": points}),
        "curves": _picture("curves", {"lines": lines}),
        "flow": _picture("flow", {"nodes": nodes, "flows": flows}),
        "tornado": _picture("tornado", {"rows": bars, "middle": 0.23}),
        "counts": _picture("counts", {"rows": counts, "observed": 12.0}),
    }


def sample_report() -> Report:
    """A page with every kind of picture."""
    return Report(
        kind="Levers compared",
        title="Valdenia between its neighbours",
        case_id="valdenia-2031",
        known_to="1 May 2031",
        bottom="Does it strike within 90 days? A truce lowers it most, from 23 % to 9 %.",
        why=("It is the best in 89 % of the samples.", "A <lever> may fail."),
        sections=tuple(
            Section(name.title(), (picture, Text("A note.", note=True)))
            for name, picture in pictures().items()
        ),
        words=(("Points", "Percentage points."),),
        foot="200 samples x 20 courses",
        first=replace(_table("first"), id=""),
    )


def full_page() -> BriefPage:
    """A brief with the blocks of a full run."""
    drawn = pictures()
    table = replace(_table("moves"), id="moves")
    blocks = StudyBlocks(
        ways=(
            Text("Most often like this: fire \u2192 line \u2192 strike."),
            drawn["flow"],
        ),
        levers=(Text("A truce lowers it from 23 % to 9 %."), drawn["levers"]),
        assumptions=(Text("No number moves it more than the truce."), table),
        history=(Text("Had the truce held: about 4 (0 to 23)."), _table("history")),
    )
    return replace(sample_page(), studies=blocks)
