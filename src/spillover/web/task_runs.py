"""Tasks on runs: simulate, compare, follow, ask the history, sliders, exports.

Everything heavy is imported inside. This file must never import a page of the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spillover.errors import EventsError
from spillover.web.desk import Desk
from spillover.web.task_tools import (
    Told,
    beside,
    model_of,
    of_run,
    patient,
    put_page,
    report_page,
    same_id,
)

if TYPE_CHECKING:
    from spillover.api.paths import Paths
    from spillover.api.run import Run

__all__ = [
    "bundle",
    "compare_runs",
    "levers",
    "mix",
    "paths",
    "pdf",
    "run",
    "sensitivity",
    "what_if",
]

FIRST_LOOK = 100
"""Draws of the first numbers of a run."""
MIX_STEPS = (100, 400, 1600)
"""Draws of a slider's answer: at once, soon, and good enough to quote."""
ON_CARD = 4
"""Chances on the card of a case."""
COURSES = 5
"""Ways of which one simulated course is told."""


def run(
    desk: Desk, told: Told, *, case: str, draws: int = 2000, futures: int = 20, seed: int = 1,
    as_written: bool = False, full: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Simulate a case: first numbers at once, then all, then its pages and brief."""
    from spillover.store.ledger import Ledger

    folder = desk.case_folder(case)
    model = model_of(folder, told, fitted=not as_written)
    same_id(model, case)

    def simulate(n: int, progress: Callable[[int, int, str], None]) -> Run:
        return model.simulate(
            draws=n, futures=futures, seed=seed, as_written=True, progress=progress
        )

    if draws > FIRST_LOOK:
        first = simulate(
            FIRST_LOOK, lambda d, t, w: told.progress(d, t, f"first look: {w}")
        )
        told.partial(_first(first, FIRST_LOOK * futures))
    model.check()
    done = simulate(draws, told.progress)
    told.partial(_first(done, draws * futures))
    if full:
        done = done.full(progress=told.progress)
    told.progress(draws, draws, "drawing the pages")
    name = desk.new_run(model.id)
    made = done.save(desk.root / "runs" / name, ledger=Ledger(desk.ledger))
    _run_page(made, done)
    if done.studies is not None:
        for key, page in _study_pages(done.studies).items():
            put_page(made, key, page)
    return {"run": name, "link": f"/runs/{name}"}


def _first(run: Run, courses: int) -> dict[str, Any]:
    return {"courses": courses, "outcomes": run.outcomes().to_dict()["outcomes"]}


def _run_page(folder: Path, run: Run) -> None:
    """The page of a run: what the brief shows, with the pictures apart."""
    from spillover.brief import charts
    from spillover.brief.annex import annex, text_rows
    from spillover.brief.frame import svg
    from spillover.brief.pictures import draw_pictures

    page = run.brief().page
    art, names = draw_pictures(page)
    rows = [
        {"question": f"{r.question} ({r.window})", "p": r.p, "lo": r.low, "hi": r.high, "base": r.base_rate}
        for r in page.outcomes
        if r.charted
    ][:ON_CARD]  # fmt: skip
    for width in (640, 328):
        art["card", width] = svg(
            charts.outcomes(rows, width), title="Chances of the first outcomes"
        )
    tables = {i: {"caption": c, "heads": h, "rows": r} for i, c, h, r in annex(page)}
    put_page(
        folder, "run",
        {
            "bottom": page.bottom, "why": page.why, "confidence": page.confidence,
            "reasons": page.confidence_reasons, "title": page.title,
            "question": page.question, "known_to": page.known_to, "origin": page.origin,
            "summary": page.summary, "fans": [f.title for f in page.fans],
            "units": [f.unit for f in page.fans], "names": names, "tables": tables,
            "text": text_rows(page), "limits": page.limits, "notes": run.notes,
            "levers": [
                {"id": x.id, "name": x.name or x.id.replace("-", " "), "kind": x.kind,
                 "both": list(x.both), "risk": x.risk}
                for x in run.model.case.levers
                if x.id != run.model.assembled.arms[0].id
            ],
            "outcomes": list(dict.fromkeys(q.outcome for q in run.model.assembled.questions)),
            "what_ifs": [
                {"id": w.id, "name": w.name or w.id.replace("-", " ")}
                for w in run.model.case.what_ifs
            ],
            "art": {f"{i}-{w}": svg for (i, w), svg in art.items()},
        },
    )  # fmt: skip


def _study_pages(studies: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - Studies
    from spillover.api.compare_page import comparison_page
    from spillover.api.sensitivity_page import sensitivity_page
    from spillover.api.what_if_page import what_if_page

    found: dict[str, dict[str, Any]] = {}
    if studies.comparison is not None:
        found["levers"] = report_page(comparison_page(studies.comparison))
    if studies.paths is not None:
        found["paths"] = _paths(studies.paths)
    if studies.sensitivity is not None:
        found["sensitivity"] = report_page(sensitivity_page(studies.sensitivity))
    for w in studies.what_ifs:
        found[f"what-if-{w.about.id}"] = report_page(what_if_page(w))
    return found


def _paths(paths: Paths) -> dict[str, Any]:
    from spillover.api.paths_page import paths_page
    from spillover.brief.words import percent

    courses = [
        {
            "way": paths.way(c),
            "share": percent(paths.share(c)),
            "events": paths.example(c),
        }
        for c in paths.chains[:COURSES]
    ]
    return report_page(paths_page(paths), courses=courses)


def levers(desk: Desk, told: Told, *, run: str, pairs: bool = False) -> dict[str, Any]:
    """Compare all levers of a run's case, at its size."""
    from spillover.api.compare_page import comparison_page

    folder, model, size = of_run(desk, run, told)
    found = model.compare(pairs=pairs, within=90, progress=told.progress, **size)
    beside(folder, found.files())
    put_page(folder, "levers", report_page(comparison_page(found)))
    return {"link": f"/runs/{run}/levers"}


def paths(desk: Desk, told: Told, *, run: str, outcome: str = "") -> dict[str, Any]:
    """Follow the ways to an outcome."""
    folder, model, size = of_run(desk, run, told)
    found = model.paths(
        outcome=outcome, knock=4, within=90, progress=told.progress, **size
    )
    beside(folder, found.files())
    put_page(folder, "paths", _paths(found))
    return {"link": f"/runs/{run}/paths"}


def sensitivity(desk: Desk, told: Told, *, run: str) -> dict[str, Any]:
    """Which uncertain number moves the answer most."""
    from spillover.api.sensitivity_page import sensitivity_page

    folder, model, size = of_run(desk, run, told)
    found = model.sensitivity(within=90, progress=told.progress, **size)
    beside(folder, found.files())
    put_page(folder, "sensitivity", report_page(sensitivity_page(found)))
    return {"link": f"/runs/{run}/sensitivity"}


def what_if(desk: Desk, told: Told, *, run: str, name: str) -> dict[str, Any]:
    """Play a decision of the past otherwise."""
    from spillover.api.what_if_page import what_if_page

    folder, model, size = of_run(desk, run, told)
    found = model.what_if(
        name, seed=size["seed"], as_written=True, progress=told.progress
    )
    key = f"what-if-{name}"
    beside(folder, found.files(key))
    put_page(folder, key, report_page(what_if_page(found)))
    return {"link": f"/runs/{run}/{key}"}


def mix(
    desk: Desk, told: Told, *, run: str, strengths: Mapping[str, float]
) -> dict[str, Any]:
    """What the sliders say now: a small ensemble first, then larger ones."""
    from spillover.api.mix import mix_of

    _, model, size = of_run(desk, run, told)
    found: dict[str, Any] = {}
    for draws in MIX_STEPS:
        made = mix_of(
            model, strengths, within=90, draws=draws, futures=size["futures"],
            seed=size["seed"], progress=told.progress,
        )  # fmt: skip
        found = {**made.to_dict(), "final": draws == MIX_STEPS[-1]}
        told.partial(found)
    return found


def compare_runs(desk: Desk, told: Told, *, first: str, second: str) -> dict[str, Any]:
    """Two runs side by side."""
    from spillover.api.two_runs import two_runs

    del told
    return two_runs(desk.run_folder(first), desk.run_folder(second)).to_dict()


def pdf(desk: Desk, told: Told, *, run: str) -> dict[str, Any]:
    """The brief as PDF, printed by a browser of this machine."""
    from spillover.brief.pdf import to_pdf

    del told
    folder = desk.run_folder(run)
    target = folder / "brief.pdf"
    if not target.is_file():
        to_pdf((folder / "brief.html").read_text(encoding="utf-8"), target)
    return {"link": f"/runs/{run}/brief.pdf"}


def bundle(desk: Desk, told: Told, *, run: str) -> dict[str, Any]:
    """A run as one file, with the accepted claims."""
    from spillover.api.bundle import bundle_of
    from spillover.api.reading import claims_of
    from spillover.store.atomic import write_bytes

    del told
    folder = desk.run_folder(run)
    claims: list[dict[str, Any]] = []
    if desk.store.exists():
        try:
            claims = patient(lambda: claims_of(desk.store, verdict="accept"))
        except EventsError:
            claims = []
    write_bytes(desk.root / "bundles" / f"{run}.zip", bundle_of(folder, claims))
    return {"link": f"/runs/{run}/bundle.zip"}
