"""The tables of a page: the numbers of every picture, and the rows of the text's own.

This file must never import anything of Spillover but `brief`, `errors` and `store`.
"""

from __future__ import annotations

import datetime as dt

from spillover.brief.page import BriefPage, FitRow
from spillover.brief.words import interval, likelihood_word, percent, plain

__all__ = ["Table", "annex", "text_rows"]

Table = tuple[str, str, tuple[str, ...], list[list[str]]]


def annex(page: BriefPage) -> list[Table]:
    """Tables with the numbers of every picture: (id, caption, heads, rows)."""
    name = {a.id: a.name for a in page.actors}
    found: list[Table] = [
        (
            "outcomes",
            "Chances, computed",
            (
                "Question",
                "When",
                "Chance",
                "90 % interval",
                "Simulation error",
                "In words",
                "Some other way",
                "The past alone",
                "Reference class",
            ),
            [
                [
                    r.question,
                    r.window,
                    percent(r.p),
                    interval(r.low, r.high),
                    "not known" if r.mc_se is None else f"{r.mc_se * 100:.1f} points",
                    likelihood_word(r.p),
                    percent(r.unmodelled) if r.unmodelled else "none",
                    percent(r.base_rate) if r.base_rate is not None else "none given",
                    r.reference or "none given",
                ]
                for r in page.outcomes
            ],
        )
    ]
    if page.passages:
        days = sorted({d for p in page.passages for d, _ in p.points if d % 10 == 0})
        by_day = [dict(p.points) for p in page.passages]
        found.append(
            (
                "passages",
                "Chance that it has come about by a day, computed",
                ("Day", *(p.question for p in page.passages)),
                [
                    [str(d), *(percent(b[d]) if d in b else "" for b in by_day)]
                    for d in days
                ],
            )
        )
    kinds = {
        "attack": "acts against",
        "support": "supports",
        "asked": "asks to hold back",
        "refused": "asked, was refused",
        "given": "holds back",
    }
    found.append(
        (
            "map",
            "Ties, sourced",
            ("From", "To", "Kind", "Weight, 0 to 1", "Note"),
            [
                [
                    name.get(t.from_id, t.from_id),
                    name.get(t.to_id, t.to_id),
                    kinds[t.kind],
                    plain(t.weight),
                    t.note,
                ]
                for t in page.ties
            ],
        )
    )
    if page.timeline:
        found.append(
            (
                "timeline",
                "Records of the last weeks, sourced",
                ("Date", "What", "Lane"),
                [
                    [
                        f"{page.origin + dt.timedelta(days=e.day):%d %b %Y}",
                        e.text,
                        e.lane,
                    ]
                    for e in page.timeline
                ],
            )
        )
    for n, fan in enumerate(page.fans):
        found.append(
            (
                f"fan-{n}",
                f"{fan.title} ({fan.unit}, by last day), computed",
                ("Day after origin", "5 %", "25 %", "median", "75 %", "95 %"),
                [
                    [f"{b[0]}", *(f"{v:.0f}" for v in b[1:])]
                    for b in fan.bands
                    if (b[0] - 7) % 15 == 0
                ],
            )
        )
    if any(r.charted for r in page.red_lines):
        found.append(
            (
                "red-lines",
                "Count now and belief about the line",
                ("Line", "Now", "50 % of beliefs", "90 % of beliefs"),
                [
                    [
                        r.line,
                        plain(r.now),
                        f"{plain(r.t25)} to {plain(r.t75)}",
                        f"{plain(r.t5)} to {plain(r.t95)}",
                    ]
                    for r in page.red_lines
                    if r.charted
                ],
            )
        )
    return found


def _held(fit: tuple[FitRow, ...]) -> list[list[str]]:
    """Numbers that a fit did not look at: the reason, and their names."""
    reasons = dict.fromkeys(r.verdict for r in fit if not r.alone)
    return [
        [why, "; ".join(r.what for r in fit if r.verdict == why and not r.alone)]
        for why in reasons
    ]


def text_rows(page: BriefPage) -> dict[str, list[list[str]]]:
    """Rows of the tables in the text; templates hold no arithmetic."""
    fit = page.fit.rows if page.fit else ()
    return {
        "main_rows": [
            [
                r.question,
                r.window,
                percent(r.p),
                interval(r.low, r.high),
                likelihood_word(r.p),
                percent(r.base_rate) if r.base_rate is not None else "none given",
            ]
            for r in page.outcomes
            if r.charted
        ],
        "count_rows": [
            [
                c.question,
                c.window,
                f"{c.q50:.0f}",
                f"{c.q5:.0f} to {c.q95:.0f}",
                f"{c.mean:.1f}",
            ]
            for c in page.counts
        ],
        "restraint_rows": [
            [r.name, r.owner, r.holds, r.in_force, r.strength] for r in page.restraints
        ],
        "stream_rows": [[s.name, s.per_month, s.basis] for s in page.streams],
        "line_rows": [
            [r.line, r.owner, r.clarity, r.answer, r.pending or "nothing"]
            for r in page.red_lines
        ],
        "warning_rows": [
            [w.event, w.issued, w.by, w.chance, w.says, w.source] for w in page.warnings
        ],
        "watch_rows": [[w.observation, w.by, w.means] for w in page.watch],
        "driver_rows": [[w.observation, w.by, w.means] for w in page.drivers],
        "lever_rows": [
            [x.name, x.owner, x.kind, x.delay, x.cost, x.risk] for x in page.levers
        ],
        "sourced_rows": [[n.what, n.value, n.rests, n.effect] for n in page.sourced],
        "judged_rows": [[n.what, n.value, n.rests, n.effect] for n in page.judged],
        "fit_rows": [[r.what, r.written, r.used] for r in fit if r.learned],
        "unmoved_rows": [
            [r.what, r.written, r.alone] for r in fit if r.alone and not r.learned
        ],
        "held": _held(fit),
        "check_rows": [
            [c.what, c.seen, c.expected, c.weekdays, c.gaps]
            for c in (page.fit.checks if page.fit else ())
        ],
        "source_rows": [[s.id, s.title, s.date, s.grade, s.note] for s in page.sources],
    }
