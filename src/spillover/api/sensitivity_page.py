"""Sensitivity as a page: what moves the answer, what it is worth, what turns it.

Must never import `cli` or the web.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from spillover.api.compare_words import points, question_text
from spillover.brief.report import Block, Picture, Report, Section, Table, Text
from spillover.brief.report_html import report_html
from spillover.brief.words import percent, plain
from spillover.clock import in_words

if TYPE_CHECKING:
    from spillover.api.sensitivity import Sensitivity

__all__ = [
    "bottom_line",
    "moves_table",
    "red_lines_of",
    "sensitivity_html",
    "sensitivity_page",
    "worth_table",
]

MOST = 10
WORDS = (
    ("Uncertain number", "A number of the case that is given as a range; each sample takes one value of it."),
    ("Share of the doubt", "How much of the spread of the chance over the samples goes with this number alone; shares need not sum to one."),
    ("Low and high", "The mean chance in the tenth of the samples in which the number is lowest, and highest."),
    ("Worth knowing", "How far the chance would fall, on average, if the number were known before a lever is chosen; levers of every price compete."),
    ("Turned round", "What would have to be true for the second lever to be as good as the first."),
    ("Hidden cause", "A level nobody measured that moves two kinds of events at once would look like a link between them."),
)  # fmt: skip


def sensitivity_html(s: Sensitivity) -> str:
    """The page as self-contained HTML."""
    return report_html(sensitivity_page(s))


def bottom_line(s: Sensitivity) -> str:
    """What moves the answer most."""
    question, window = question_text(s.comparison, s.question)
    seen = [i for i in s.indices() if i.seen]
    asked = f"{question.rstrip('?')} {window}?"
    if not seen:
        return f"{asked} No single number moves the chance beyond what luck would give."
    top = seen[0]
    b = next(b for b in s.tornado if b.name == top.name)
    low, high = sorted((b.low, b.high))
    return (
        f"{asked} No number moves it more than \u201c{s.name(top.name)}\u201d: at one "
        f"end of its range the chance is {percent(low)}, at the other {percent(high)}."
    )


def red_lines_of(s: Sensitivity) -> tuple[str, ...]:
    """The red team in sentences."""
    red = s.red_team
    if red is None:
        return ("There are no two levers to set against each other.",)
    facts = s.comparison.facts
    a, b = facts[red.first].name, facts[red.second].name
    if points(red.gap.mean) == "no change":
        return (
            f"\u201c{a}\u201d and \u201c{b}\u201d do as much as each other: there is no "
            "order to turn round.",
        )
    lines = [
        f"\u201c{a}\u201d stands before \u201c{b}\u201d by {points(red.gap.mean).removesuffix(' lower').removesuffix(' higher')}."
    ]
    if red.flips:
        f = red.flips[0]
        lines.append(
            f"The smallest change of one number that makes them equal: "
            f"{s.name(f.name)} at {plain(f.value, 3)}, which {percent(min(f.quantile, 1 - f.quantile))} of its own belief lies beyond."
        )
    else:
        lines.append("No single number makes them equal anywhere in its range.")
    if math.isinf(red.joint.entropy):
        lines.append(
            "No sample puts the second first, so no weighing of the samples does."
        )
    else:
        names = ", ".join(s.name(n) for n, m in red.joint.moved[:3] if abs(m) > 0.1)
        more = f", moving above all {names}" if names else ""
        lines.append(
            f"Weighing the samples anew makes them equal and keeps {percent(red.joint.effective)} of their worth{more}."
        )
    turning = [(k, w) for k, w in red.readings if not math.isnan(w)]
    if turning:
        k, w = turning[0]
        lines.append(
            f"The reading \u201c{k.replace('-', ' ')}\u201d would need a weight of {percent(w)}."
        )
    elif red.readings:
        lines.append("No weight of a rival reading makes them equal.")
    return tuple(lines)


def moves_table(s: Sensitivity, most: int = MOST) -> Table:
    """What moves the answer, with its errors."""
    bars = {b.name: b for b in s.tornado}
    rows = []
    for i in s.indices()[:most]:
        b = bars[i.name]
        rows.append(
            (
                s.name(i.name),
                f"{i.share * 100:.0f} % (\u00b1 {i.se * 100:.0f})"
                if i.seen
                else "nothing seen",
                f"{percent(b.low)} (\u00b1 {b.low_se * 100:.1f})",
                f"{percent(b.high)} (\u00b1 {b.high_se * 100:.1f})",
            )
        )
    return Table(
        "Which uncertain number moves the chance",
        (
            "Number",
            "Share of the doubt",
            "Chance when it is low",
            "Chance when it is high",
        ),
        tuple(rows),
        id="moves",
    )


def worth_table(s: Sensitivity, most: int = 6) -> Table:
    """What knowing a number is worth."""
    rows = [
        (s.name(w.name), f"{w.worth * 100:.2f} points")
        for w in s.worth[:most]
        if w.worth * 100 >= 0.005
    ]
    rows.append(("Everything at once", f"{s.worth_of_all * 100:.2f} points"))
    return Table(
        "What knowing a number before choosing a lever would take off the chance",
        ("Number", "Worth"),
        tuple(rows),
    )


def _bounds(s: Sensitivity) -> Table:
    responses = {r.id: r.name or r.id.replace("-", " ") for r in s.model.case.responses}
    return Table(
        "What would explain a link away: a hidden cause that moves both kinds of events",
        ("Link", "Rate after an event, times the mean", "Hidden cause swings both by", "Or goes with both at least, times"),
        tuple(
            (responses.get(b.link, b.link), plain(b.ratio, 3), f"a factor of {plain(b.swing, 2)} up and down", plain(b.e_value, 3))
            for b in s.bounds
            if math.isfinite(b.swing)
        ),
    )  # fmt: skip


def sensitivity_page(s: Sensitivity) -> Report:
    """Fill the page."""
    case, e = s.model.case, s.comparison.ensemble
    middle = s.comparison.effect(s.comparison.levers[0], s.question).p0
    shown = [i for i in s.indices() if i.seen][:MOST]
    bars = {b.name: b for b in s.tornado}
    blocks: list[Block] = []
    if shown:
        data = [
            {
                "name": s.name(i.name),
                "low": bars[i.name].low,
                "high": bars[i.name].high,
                "says": f"{percent(bars[i.name].low)} \u2192 {percent(bars[i.name].high)}",
            }
            for i in shown
        ]
        finding = f"{len(shown)} of {len(s.inputs)} numbers move the chance beyond what luck would give"
        how = "Computed from the samples of the run. From the tenth of samples with the number lowest to the tenth with it highest."
        blocks.append(
            Picture(
                "moves",
                "tornado",
                finding,
                how,
                {"rows": data, "middle": middle},
                moves_table(s, 20),
            )
        )
    if s.group_shares:
        rows = tuple(
            (
                g.replace("-", " "),
                f"{v * 100:.0f} %",
                ", ".join(s.name(p) for p in s.groups[g]),
            )
            for g, v in s.group_shares.items()
        )
        blocks.append(
            Table(
                "Numbers that move together, taken as one",
                ("Group", "Share of the doubt", "Numbers"),
                rows,
            )
        )
    others = []
    for q in s.comparison.counted.assembled.questions:
        if q.mode == "count" or q.id == s.question:
            continue
        first = next((i for i in s.indices(q.id) if i.seen), None)
        if first is not None:
            others.append(
                (
                    f"{q.text} {q.window}",
                    s.name(first.name),
                    f"{first.share * 100:.0f} %",
                )
            )
    sections = [
        Section("What moves it", tuple(blocks)),
        Section(
            "Worth knowing",
            (
                worth_table(s),
                Text(
                    "Computed. Armed levers do not compete. Knowing one number tells part of what knowing all would.",
                    note=True,
                ),
            ),
        ),
        Section("Turned round", tuple(Text(t) for t in red_lines_of(s))),
        Section("Hidden causes", (_bounds(s),) if s.bounds else ()),
        Section(
            "Other outcomes",
            (
                Table(
                    "The number that moves each most",
                    ("Outcome", "Number", "Share of the doubt"),
                    tuple(others),
                ),
            )
            if others
            else (),
        ),
    ]
    return Report(
        kind="Sensitivity",
        title=case.title or case.case,
        case_id=case.case,
        known_to=in_words(case.origin),
        bottom=bottom_line(s),
        why=red_lines_of(s)[:2],
        sections=tuple(x for x in sections if x.blocks),
        words=WORDS,
        foot=f"{e.draws:,} samples x {e.futures} courses x {len(e.arms)} arms \u00b7 seed {e.seed} \u00b7 case digest {s.model.digest[:16]}",
    )
