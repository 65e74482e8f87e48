"""Paths as a page: by which ways, over which links, where it turned.

Must never import `cli` or the web.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spillover.api.paths_flow import flow_of
from spillover.api.paths_words import link_words
from spillover.brief.report import Block, Picture, Report, Section, Table, Text
from spillover.brief.report_html import report_html
from spillover.brief.words import percent, plain
from spillover.clock import in_words

if TYPE_CHECKING:
    from spillover.api.paths import Paths

__all__ = [
    "bottom_line",
    "knock_table",
    "marker_table",
    "paths_html",
    "paths_page",
    "way_picture",
    "way_table",
]

MOST = 8
WORDS = (
    ("Way", "The chain of events that ends in the outcome: each event was brought on by the one before it, in the simulated course."),
    ("Share", "Of the simulated courses with the outcome, how many came by this way; over all ways they sum to one."),
    ("A series", "An event that brings on others of its kind is told once: launches that follow launches are one step."),
    ("Switched off", "The same courses run again without the link. What it takes away is not its share: other ways may take its place, and one link may carry many ways."),
    ("Only because", "Without the rise that a crossed line or a gauge brought, the same course has no such outcome."),
    ("Where it turned", "A course is set beside others at the same time in the window, as long as the outcome has not come. An event may stand there because it brings the outcome on, holds it back, or shares its causes."),
    ("Some other way", "A small chance set aside for what the case does not hold."),
)  # fmt: skip


def paths_html(p: Paths) -> str:
    """The page as self-contained HTML."""
    return report_html(paths_page(p))


def bottom_line(p: Paths) -> str:
    """The most frequent way in a sentence."""
    question, window = p.text
    if not p.chains:
        return (
            f"{question.rstrip('?')} {window}? In no simulated course does it happen."
        )
    top = p.chains[0]
    return (
        f"{question.rstrip('?')} {window}? If so, most often like this: {p.way(top)}. "
        f"Of the courses with the outcome {percent(p.share(top))} come this way."
    )


def way_table(p: Paths, most: int = MOST) -> Table:
    """Ways with their shares; the last row holds all others, so that they sum to one."""
    rows = []
    for c in p.chains[:most]:
        failed = []
        for name, passed, defied, over, never in p.restraints(c):
            part = [
                f"{word} {percent(n / c.count)}"
                for n, word in (
                    (over, "over"),
                    (defied, "defied"),
                    (passed, "in force, and yet"),
                    (never, "never given"),
                )
                if n / c.count >= 0.05
            ]
            if never / c.count > 0.9:
                continue
            failed.append(f"{name}: {', '.join(part)}")
        days = f"{c.lead:.0f} days" if len(c.codes) > 1 else ""
        rows.append((p.way(c), percent(p.share(c)), days, "; ".join(failed)))
    rest = p.found.yes - sum(c.count for c in p.chains[:most])
    if rest:
        rows.append(("All other ways", percent(rest / p.found.yes), "", ""))
    return Table(
        "Ways, and the restraints on the last step",
        ("Way", "Share", "From its beginning", "Restraints at the last step"),
        tuple(rows),
        id="ways",
    )


def knock_table(p: Paths) -> Table:
    """What switching each link off takes away, beside its share."""
    rows = []
    for k in p.knocked:
        e = k.effect
        if e is None:
            continue
        rows.append(
            (
                link_words(p.model.case, k.link),
                percent(k.share),
                f"{e.change.mean * 100:+.1f} points".replace("-", "\u2212"),
                f"\u00b1 {e.change.mc_se * 100:.2f}",
                percent(e.p1),
            )
        )
    return Table(
        "Links switched off one at a time, in the same courses; the falls do not sum",
        (
            "Link",
            "Share of the ways over it",
            "Chance moves by",
            "Simulation error",
            "Chance without it",
        ),
        tuple(rows),
    )


def marker_table(p: Paths) -> Table:
    """What set the courses apart."""
    return Table(
        "Where it turned: events after which the outcome comes more or less often than at the same time without them",
        ("Event", "Courses with the outcome that had it before", "After it the outcome comes", "Days before, mean"),
        tuple(
            (
                p.stream(m.stream),
                percent(m.share),
                f"{plain(m.times)} times as often",
                f"{m.lead:.0f}",
            )
            for m in p.markers
        ),
    )  # fmt: skip


def way_picture(p: Paths) -> Picture:
    """Ways as ribbons."""
    finding = f"{percent(p.share(p.chains[0]))} of the ways begin and end alike"
    roots = {c.streams[0] if c.codes[0] & 15 != 15 else -1 for c in p.chains}
    if len(p.chains) > 1:
        finding = f"{len(p.chains)} ways from {len(roots)} beginnings; the first carries {percent(p.share(p.chains[0]))}"
    how = "Computed. Ribbon height: share of the courses with the outcome. "
    return Picture("ways", "flow", finding, how, flow_of(p), way_table(p))


def paths_page(p: Paths) -> Report:
    """Fill the page."""
    case = p.model.case
    ways: list[Block] = [way_picture(p)] if p.chains else []
    knocked = knock_table(p)
    off: list[Block] = [knocked] if knocked.rows else []
    if off:
        off.append(
            Text(
                "A link's share and what its absence takes away agree only where the outcome is rare and the links do not stand in for each other.",
                note=True,
            )
        )
    turned = marker_table(p)
    example: list[Block] = []
    if p.chains:
        rows = p.example(p.chains[0])
        shown = [r for r in rows if r["on_the_way"]]
        example = [
            Table(
                "One simulated course that came by the first way: its steps",
                ("Day", "Date", "Event"),
                tuple((f"{r['day']:.1f}", r["date"], r["what"]) for r in shown),
            ),
            Text(
                f"{len(rows)} events in all came before its end; `paths.json` names the course.",
                note=True,
            ),
        ]
    sections = [
        Section("Ways", tuple(ways)),
        Section("All ways", (way_table(p, 20),) if p.chains else ()),
        Section("Links switched off", tuple(off)),
        Section("Where it turned", (turned,) if turned.rows else ()),
        Section("One course", tuple(example)),
    ]
    lever = f" With the lever {p.lever}." if p.lever else ""
    return Report(
        kind="Paths",
        title=case.title or case.case,
        case_id=case.case,
        known_to=in_words(case.origin),
        bottom=bottom_line(p),
        why=(
            f"The outcome comes in {p.found.yes:,} of {p.found.futures:,} simulated courses ({percent(p.found.yes / max(1, p.found.futures))}).{lever}",
        ),
        sections=tuple(s for s in sections if s.blocks),
        words=WORDS,
        foot=f"{p.draws:,} samples x {p.futures} courses · seed {p.seed} · case digest {p.model.digest[:16]}",
    )
