"""A `BriefPage` as HTML, Markdown, JSON or PDF.

The HTML is one self-contained file: static pictures and tables, no script, no request.
Every picture's numbers stand in a table of the annex.

This file must never import anything of Spillover but `brief`, `errors` and `store`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from spillover.brief.page import BriefPage
from spillover.brief.words import interval, likelihood_word, percent, plain
from spillover.errors import RunError

__all__ = ["SCHEMA_VERSION", "annex", "to_html", "to_json", "to_markdown", "to_pdf"]

SCHEMA_VERSION = 1
WIDTHS = (640, 328)
GLOSSARY = (
    (
        "chance",
        "share of simulated courses in which it comes about, averaged over the samples of the uncertain numbers",
    ),
    (
        "90 % interval",
        "how far the chance moves with the numbers nobody knows; the noise of simulation is taken out",
    ),
    (
        "simulation error",
        "how far the chance itself would move if the simulation were run again with another seed (standard error)",
    ),
    (
        "the past alone",
        "what a plain count of earlier events would say, without any model",
    ),
    ("some other way", "part of the chance left for ways the case does not hold"),
    ("draw or sample", "one value for each uncertain number"),
    ("course or future", "one simulated run of events within a draw"),
    ("restraint", "while in force it lowers how often named acts come"),
    ("red line", "a quantity that, once it reaches a threshold, opens an answer"),
    ("sourced", "rests on a cited text"),
    ("judged", "set by the author of the case, with the reason given"),
    ("computed", "comes out of the simulation"),
    (
        "likelihood words",
        "almost no chance under 5 %, very unlikely 5 to 20, unlikely 20 to 45, roughly even 45 to 55, likely 55 to 80, very likely 80 to 95, almost certain above 95 (ICD 203)",
    ),
)

Drawn = dict[tuple[str, int], str]
Table = tuple[str, str, tuple[str, ...], list[list[str]]]


def _charts(page: BriefPage) -> dict[str, tuple[str, Callable[[int], Any]]]:
    """Pictures of a page by id: name for screen readers, and how to draw at a width."""
    from spillover.brief import charts
    from spillover.brief.actormap import actor_map

    found: dict[str, tuple[str, Callable[[int], Any]]] = {}
    rows = [
        {
            "question": f"{r.question} ({r.window})",
            "p": r.p,
            "lo": r.low,
            "hi": r.high,
            "base": r.base_rate,
        }
        for r in page.outcomes
        if r.charted
    ]
    if rows:
        found["outcomes"] = ("Chances of outcomes", lambda w: charts.outcomes(rows, w))
    if page.passages:
        lines = [{"label": p.question, "points": p.points} for p in page.passages]
        found["passages"] = ("Chance by day", lambda w: charts.passages(lines, w))
    shown = {a.id for a in page.actors}
    ties = [
        {
            "from": t.from_id,
            "to": t.to_id,
            "kind": t.kind,
            "weight": t.weight,
            "note": t.note if len(t.note) < 24 else "",
        }
        for t in page.ties
        if {t.from_id, t.to_id} <= shown
    ]
    tied = {t[k] for t in ties for k in ("from", "to")}
    boxes = [asdict(a) for a in page.actors if a.id in tied]
    if len(boxes) > 1:
        found["map"] = ("Map of actors and ties", lambda w: actor_map(boxes, ties, w))
    if page.timeline:
        events = [
            {"x": e.day, "text": e.text, "kind": e.kind, "lane": e.lane}
            for e in page.timeline
        ]
        found["timeline"] = (
            "Timeline of records",
            lambda w: charts.timeline(events, page.origin, w),
        )
    for n, fan in enumerate(page.fans):
        history = [{"x": d, "y": v} for d, v in fan.history] or [{"x": -1, "y": 0.0}]
        bands = [
            dict(zip(("x", "q5", "q25", "q50", "q75", "q95"), b, strict=True))
            for b in fan.bands
        ]
        mark: dict[str, Any] | None = (
            {
                "x": fan.marks[0][0],
                "text": fan.marks[0][1],
                "short": fan.marks[0][1][:18],
            }
            if fan.marks
            else None
        )
        if mark is not None and len(mark["text"]) > 46:
            mark["text"] = "warning: deadline"
            mark["short"] = "warning"

        def draw(
            w: int,
            h: list[dict[str, float]] = history,
            b: list[dict[str, float]] = bands,
            m: dict[str, Any] | None = mark,
            u: str = fan.unit,
        ) -> Any:  # noqa: ANN401 - a chart of Altair
            return charts.fan(h, b, page.origin, w, warning=m, unit=u)

        found[f"fan-{n}"] = (fan.title, draw)
    lines_ = [asdict(r) for r in page.red_lines if r.charted]
    if lines_:
        found["red-lines"] = ("Red lines", lambda w: charts.red_lines(lines_, w))
    return found


def _draw(page: BriefPage) -> tuple[Drawn, dict[str, str]]:
    from spillover.brief.frame import svg

    drawn: Drawn = {}
    names: dict[str, str] = {}
    for name, (label, make) in _charts(page).items():
        names[name] = label
        for width in WIDTHS:
            drawn[name, width] = svg(
                make(width), title=f"{label}; the numbers stand in the annex"
            )
    return drawn, names


def _interval(low: float | None, high: float | None) -> str:
    return interval(low, high)


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
                    _interval(r.low, r.high),
                    f"{r.mc_se * 100:.1f} points",
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


def _rows(page: BriefPage) -> dict[str, list[list[str]]]:
    """Rows of the tables in the text; templates hold no arithmetic."""
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
        "source_rows": [[s.id, s.title, s.date, s.grade, s.note] for s in page.sources],
    }


def to_html(page: BriefPage) -> str:
    """One self-contained page."""
    import jinja2
    from markupsafe import Markup

    from spillover.brief.frame import dark_css

    folder = Path(str(files("spillover.brief") / "templates"))
    drawn, names = _draw(page)
    css = (folder / "brief.css").read_text(encoding="utf-8")
    css += "@media screen and (prefers-color-scheme:dark){" + dark_css("svg") + "}"
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return env.get_template("brief.html.j2").render(
        page=page,
        css=Markup(css),
        art={k: Markup(v) for k, v in drawn.items()},
        names=names,
        annex=annex(page),
        glossary=GLOSSARY,
        **_rows(page),
    )


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[str]:
    if not rows:
        return []
    lines = [
        f"**{caption}**",
        "",
        "| " + " | ".join(map(_cell, heads)) + " |",
        "|" + "---|" * len(heads),
    ]
    return [*lines, *("| " + " | ".join(map(_cell, r)) + " |" for r in rows), ""]


def to_markdown(page: BriefPage) -> str:
    """The same content as Markdown, without pictures."""
    out = [
        f"# {page.title}",
        "",
        f"Case {page.case_id}. Known to {page.known_to}. {page.question}",
        "",
    ]
    out += [
        "## Bottom line",
        "",
        f"**{page.bottom}**",
        "",
        *(f"{w}\n" for w in page.why),
    ]
    out += [
        f"Confidence is {page.confidence}.",
        "",
        *(f"- {r}" for r in page.confidence_reasons),
        "",
    ]
    out += [f"- **{a}:** {t}" for a, t in page.alerts]
    tables = annex(page)
    out += [
        "",
        "## What may happen",
        "",
        *_table(tables[0][1], tables[0][2], tables[0][3]),
    ]
    out += _table(
        "Counts, computed, over all courses",
        ("Question", "When", "5 %", "25 %", "middle", "75 %", "95 %", "mean"),
        [
            [
                c.question,
                c.window,
                *(f"{v:.0f}" for v in (c.q5, c.q25, c.q50, c.q75, c.q95)),
                f"{c.mean:.1f}",
            ]
            for c in page.counts
        ],
    )
    out += ["## The situation", "", page.summary, "", "## Who can hold whom", ""]
    out += _table(
        "Restraints",
        ("Restraint", "Who", "Holds", "In force", "Strength"),
        [[r.name, r.owner, r.holds, r.in_force, r.strength] for r in page.restraints],
    )
    out += [
        "## Red lines",
        "",
        *_table(
            "Red lines",
            ("Line", "Owner", "Clarity", "Answer", "Owing"),
            [[r.line, r.owner, r.clarity, r.answer, r.pending] for r in page.red_lines],
        ),
    ]
    out += [
        "## Warnings",
        "",
        *_table(
            "Warnings",
            ("Act", "Issued", "Before", "Chance", "Who says so", "Source"),
            [
                [w.event, w.issued, w.by, w.chance, w.says, w.source]
                for w in page.warnings
            ],
        ),
    ]
    out += [
        "## What would change the answer",
        "",
        *_table(
            "Watch",
            ("Observation", "When", "What it would mean"),
            [[w.observation, w.by, w.means] for w in page.watch],
        ),
    ]
    out += _table(
        "Uncertain numbers that go furthest with the answer, computed",
        ("Number", "Range", "Direction"),
        [[w.observation, w.by, w.means] for w in page.drivers],
    )
    out += [
        "## Levers",
        "",
        "Effects of levers are compared by another command; here who can pull them, and at what price.",
        "",
    ]
    out += _table(
        "Levers",
        ("Lever", "Who", "Kind", "Delay", "Cost", "Risk"),
        [[x.name, x.owner, x.kind, x.delay, x.cost, x.risk] for x in page.levers],
    )
    out += [
        "## Assumptions",
        "",
        *_table(
            "Sourced",
            ("Number", "Value", "Rests on", "Goes with the answer"),
            [[n.what, n.value, n.rests, n.effect] for n in page.sourced],
        ),
    ]
    out += _table(
        "Judged",
        ("Number", "Value", "Reason", "Goes with the answer"),
        [[n.what, n.value, n.rests, n.effect] for n in page.judged],
    )
    out += _table(
        "Rival structures",
        ("What", "Reading", "Weight and reason"),
        [list(v) for v in page.variants],
    )
    out += [
        "## Alternatives considered",
        "",
        *(
            f"- {a}: against it: {'; '.join(b) or 'nothing listed'}"
            for a, b in page.alternatives
        ),
        "",
    ]
    out += [
        "## Track record",
        "",
        page.track_record,
        "",
        "## Limits",
        "",
        *(f"- {x}" for x in page.limits),
        "",
    ]
    out += [
        "## How it was computed",
        "",
        *_table("Method", ("What", "Value"), [list(m) for m in page.method]),
    ]
    out += [
        "## Sources",
        "",
        *_table(
            "Sources, graded apart: source A to F, item 1 to 6",
            ("Id", "Source", "Date", "Grade", "Note"),
            [[s.id, s.title, s.date, s.grade, s.note] for s in page.sources],
        ),
    ]
    out += ["## Annex: the numbers", ""]
    for _, caption, heads, rows in tables[1:]:
        out += _table(caption, heads, rows)
    out += ["## Words", "", *(f"- **{a}**: {b}" for a, b in GLOSSARY), ""]
    out += [
        f"Spillover {page.version}; {page.draws:,} x {page.futures} courses; seed {page.seed}; case digest {page.case_digest[:16]}; data digest {page.data_digest[:16]}; {page.generated}",
        "",
    ]
    return "\n".join(out)


def to_json(page: BriefPage) -> str:
    """The same content as JSON."""
    body = asdict(page) | {"origin": page.origin.isoformat()}
    for row, full in zip(body["outcomes"], page.outcomes, strict=True):
        row["word"] = likelihood_word(full.p)
    return json.dumps(
        {"schema_version": SCHEMA_VERSION, **body},
        indent=1,
        ensure_ascii=False,
        allow_nan=False,
    )


def find_browser() -> str | None:
    """A browser of the system that can print, or nothing."""
    for name in (
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
        "msedge",
        "microsoft-edge",
    ):
        path = shutil.which(name)
        if path:
            return path
    usual = (
        "C:/Program Files/Google/Chrome/Application/chrome.exe",
        "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    )
    return next((p for p in usual if Path(p).is_file()), None)


def to_pdf(html: str, path: Path) -> None:
    """Print a page to PDF with a browser of the system, or WeasyPrint.

    Raises
    ------
    RunError
        When there is neither.
    """
    browser = find_browser()
    path.parent.mkdir(parents=True, exist_ok=True)
    if browser is None:
        try:
            import weasyprint
        except ImportError:
            msg = "a PDF needs Chromium, Chrome or Edge on this machine, or: pip install 'spillover[pdf]'"
            raise RunError(msg) from None
        weasyprint.HTML(string=html).write_pdf(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "brief.html", Path(folder) / "brief.pdf"
        source.write_text(html, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-sync",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={target}",
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")
        done = subprocess.run(
            [*command, source.as_uri()], capture_output=True, timeout=120, check=False
        )
        if not target.is_file():
            msg = f"the browser {browser} did not print: {done.stderr.decode(errors='replace').strip()[-200:]}"
            raise RunError(msg)
        part = path.with_name(f".{path.name}.part")
        shutil.copyfile(target, part)
        part.replace(path)
