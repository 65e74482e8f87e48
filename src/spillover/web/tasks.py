"""What a worker can do, by name: `TASKS[name](desk, told, **params)`.

A task leaves what it makes on the desk, whole or not at all, and returns little: ids,
numbers, the page to look at. Everything heavy is imported inside. This file must never
import a page of the desk.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import shutil
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from spillover.errors import (
    CaseError,
    EventsError,
    Fault,
    FitError,
    InputError,
    SpilloverError,
)
from spillover.store.atomic import write_text
from spillover.web.desk import Desk
from spillover.web.plain import plain

if TYPE_CHECKING:
    from spillover.api.model import CaseModel
    from spillover.api.paths import Paths
    from spillover.api.run import Run
    from spillover.brief.report import Report

__all__ = ["TASKS", "Cancelled", "Told"]

FIRST_LOOK = 100
"""Draws of the first numbers of a run."""
MIX_STEPS = (100, 400, 1600)
"""Draws of a slider's answer: at once, soon, and good enough to quote."""
ON_CARD = 4
"""Chances on the card of a case."""
COURSES = 5
"""Ways of which one simulated course is told."""
WAIT = 30.0
"""Seconds to wait for the store while another piece of work holds it."""

T = TypeVar("T")


class Cancelled(Exception):
    """A person stopped it."""


@dataclass(frozen=True)
class Told:
    """How a task speaks: ``progress(done, total, what)`` and ``partial(numbers)``."""

    progress: Callable[[int, int, str], None]
    partial: Callable[[dict[str, Any]], None]


_models: OrderedDict[tuple[str, int, bool], CaseModel] = OrderedDict()


def _model(
    folder: Path, told: Told | None = None, *, fitted: bool = False
) -> CaseModel:
    """A case, read once as long as no file of it changes; the last few are kept."""
    from spillover.api.model import load

    written = max(p.stat().st_mtime_ns for p in folder.iterdir() if p.is_file())
    key = (str(folder), written, fitted)
    if key not in _models:
        model = _model(folder) if fitted else load(folder)
        if fitted:
            with contextlib.suppress(FitError):  # nothing to fit
                model = model.fit(progress=told.progress if told else None)
        _models[key] = model
    _models.move_to_end(key)
    while len(_models) > 6:
        _models.popitem(last=False)
    return _models[key]


def _patient(work: Callable[[], T]) -> T:
    """Do something with the store, waiting while another process has it."""
    end = time.monotonic() + WAIT
    while True:
        try:
            return work()
        except EventsError as e:
            if "in use by another process" not in str(e) or time.monotonic() > end:
                raise
            time.sleep(0.1)


def _put(folder: Path, name: str, page: Mapping[str, Any]) -> None:
    text = json.dumps(plain(page), ensure_ascii=False, default=str)
    write_text(folder / "desk" / f"{name}.json", text)


def _report(report: Report, **more: object) -> dict[str, Any]:
    """A report as a page: its content, its pictures, what else the page needs."""
    from spillover.brief.report_html import draw_blocks, pictures_of

    blocks = [b for section in report.sections for b in section.blocks]
    kinds = {id(p) for p in pictures_of(blocks)}
    plain = asdict(report)
    flat = (b for section in plain["sections"] for b in section["blocks"])
    for block, body in zip(blocks, flat, strict=True):
        if id(block) in kinds:
            body.pop("data")  # what the picture was drawn from: its table says it
    art = {f"{i}-{w}": svg for (i, w), svg in draw_blocks(blocks).items()}
    return {"report": plain, "art": art, **more}


# ---- cases -----------------------------------------------------------------------


def warm(desk: Desk, told: Told, *, case: str) -> None:
    """Have a case and the engine ready."""
    try:
        model = _model(desk.case_folder(case), told, fitted=True)
        model.simulate(draws=2, futures=2, as_written=True)
    except InputError:
        return  # it says why when it is opened


def warm_run(desk: Desk, told: Told, *, run: str) -> None:
    """Have the case of a run ready for sliders."""
    _, model, size = _of_run(desk, run, told)
    model.simulate(draws=2, futures=2, seed=size["seed"], as_written=True)


def check(desk: Desk, told: Told, *, case: str, text: str) -> dict[str, Any]:
    """Faults of a text as it is typed, each with its place; warnings when there are none."""
    import tempfile

    from spillover.api.model import load
    from spillover.web.worker import error_of

    del told
    folder = desk.case_folder(case)
    with tempfile.TemporaryDirectory() as temporary:
        for path in folder.iterdir():
            if path.is_file() and path.name != "case.yaml":
                shutil.copyfile(path, Path(temporary) / path.name)
        write_text(Path(temporary) / "case.yaml", text)
        try:
            model = load(temporary)
            _same_id(model, case)
            warnings = model.check()
        except SpilloverError as e:
            error = error_of(e)
            shown = error["faults"] or [
                {
                    "line": 0,
                    "column": 0,
                    "where": "",
                    "file": "",
                    "text": error["message"],
                }
            ]
            return {"faults": shown, "warnings": []}
    return {"faults": [], "warnings": list(warnings)}


def _same_id(model: CaseModel, case: str) -> None:
    """Refuse a file that names another case than the desk does."""
    if model.id != case:
        line, column = model.document.locate(("case",))
        found = f'the file says "{model.id}", the desk knows this case as "{case}"'
        mend = f"Write  case: {case}  or copy the case under the new id"
        raise CaseError([Fault("case.yaml", line, column, "case", found, mend=mend)])


def set_number(
    desk: Desk, told: Told, *, text: str, where: str, value: str
) -> dict[str, Any]:
    """A text with one value changed."""
    from spillover.case.edit import set_value

    del desk, told
    return {"text": set_value(text, where, value)}


def register(desk: Desk, told: Told, *, case: str) -> dict[str, Any]:
    """Every number of a case: what it is, what it rests on, where it stands."""
    from spillover.api.brief_numbers import number_words
    from spillover.case.read import elements_by_path, numbers_by_path, position_of

    del told
    model = _model(desk.case_folder(case))
    elements = dict(elements_by_path(model.case))
    sources = {k: s.title for k, s in model.case.sources.items()}
    rows = []
    for path, n in numbers_by_path(model.case).items():
        if n.kind in ("shared", "rest", "median") or "." not in path:
            continue
        own = ".".join(path.split(".")[:2])
        element = elements.get(own)
        cited = n.sources or (() if n.why or element is None else element.sources)
        reason = n.why or ("" if element is None else element.why or element.note)
        basis = n.basis or ("data" if cited else "judgement")
        if n.kind == "certain" and not (n.basis or n.why or n.sources):
            basis = "set"  # a window, a step: part of what is asked, not believed
        rows.append(
            {
                "where": path, "words": number_words(path), "value": n.text,
                "section": path.split(".")[0], "element": own,
                "name": getattr(element, "name", "") or own.partition(".")[2].replace("-", " "),
                "field": path[len(own) :].strip(".").replace(".", ", ").replace("_", " ") or "value",
                "basis": {"judgement": "judged", "set": "set"}.get(basis, "sourced"),
                "why": reason, "sources": [{"id": s, "title": sources.get(s, s)} for s in cited],
                "line": position_of(path, model.document)[0],
            }
        )  # fmt: skip
    case_ = model.case
    written = model.document.data
    heads = {
        k: str(written[k])
        for k in ("title", "question", "origin", "horizon", "key_outcome")
        if isinstance(written.get(k), (str, int, float))
    }
    counts = {
        s: len(getattr(case_, s))
        for s in ("actors", "ties", "streams", "responses", "replies", "restraints", "red_lines", "warnings", "outcomes", "levers")
    }  # fmt: skip
    return {
        "rows": rows, "heads": heads, "counts": counts,
        "what_ifs": [{"id": w.id, "name": w.name or w.id.replace("-", " ")} for w in case_.what_ifs],
    }  # fmt: skip


def new_case(desk: Desk, told: Told, *, case: str) -> dict[str, Any]:
    """A commented case to start from."""
    import tempfile

    from spillover.api.verbs import new

    del told
    desk.free(case)
    with tempfile.TemporaryDirectory() as folder:
        made = new(Path(folder) / case, case)
        desk.new_case(case, {p.name: p.read_bytes() for p in made})
    return {"case": case, "link": f"/cases/{case}/edit"}


# ---- reports and events ----------------------------------------------------------


def read(
    desk: Desk, told: Told, *, files: Sequence[str], outlet: str = "", published: str = "",
    case: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Read reports into claims to be reviewed; their names, not their paths, are shown."""
    from spillover.api.reading import read_reports, store_readings
    from spillover.api.review_page import review_of

    day = dt.date.fromisoformat(published) if published else None
    actors = desk.case_folder(case) if case else None
    now = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S}"
    made = []
    for n, path in enumerate(files):
        told.progress(n, len(files), f"reading {Path(path).name}")
        try:
            pairs = list(
                read_reports([path], published=day, outlet=outlet, actors=actors)
            )
        except InputError as e:
            raise InputError(str(e).replace(path, Path(path).name)) from None
        _patient(lambda pairs=pairs: store_readings(desk.store, pairs))  # type: ignore[misc]
        for report, reading in pairs:
            body = asdict(review_of(report, reading))
            desk.put_report(
                {**body, "file": path, "read_at": now, "counts": _counts(reading)}
            )
            made.append(report.id)
    _write_verdicts(desk)
    told.progress(len(files), len(files), "reading")
    link = f"/reports/{made[0]}" if len(made) == 1 else "/reports"
    return {"reports": made, "link": link}


def _write_verdicts(desk: Desk) -> None:
    from spillover.api.reading import claims_of

    rows = _patient(lambda: claims_of(desk.store))
    desk.put_verdicts({c["id"]: c["verdict"] for c in rows})


def _counts(reading: Any) -> dict[str, int]:  # noqa: ANN401 - a Reading
    return {
        k: len(getattr(reading, k))
        for k in ("claims", "ties", "lines", "channels", "warnings")
    }


def decide(
    desk: Desk, told: Told, *, decisions: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Put decisions on record; accepted claims become records, others' records go."""
    from spillover.api.reading import decide_claims

    del told
    asked = [(d["id"], d["verdict"], dict(d["edit"])) for d in decisions]
    _patient(lambda: decide_claims(desk.store, asked))
    _write_verdicts(desk)
    return {"decided": len(asked)}


def draft(
    desk: Desk,
    told: Told,
    *,
    reports: Sequence[str],
    case: str,
    title: str = "",
    origin: str = "",
) -> dict[str, Any]:
    """A draft case from reports that were read."""
    from spillover.api.reading import draft_case
    from spillover.reports.draft_text import draft_yaml

    desk.free(case)
    files = list(dict.fromkeys(desk.report(r)["file"] for r in reports))
    made = draft_case(
        files, origin=dt.date.fromisoformat(origin) if origin else None, case_id=case,
        title=title, progress=told.progress,
    )  # fmt: skip
    desk.new_case(case, {"case.yaml": draft_yaml(made).encode()})
    return {
        "case": case,
        "questions": list(made.questions),
        "link": f"/cases/{case}/edit",
    }


def import_events(desk: Desk, told: Told, *, files: Sequence[str]) -> dict[str, Any]:
    """Event files into the store; every row accounted for."""
    from spillover.api.events import import_events as bring

    done = _patient(
        lambda: bring(list(files), store=desk.store, progress=told.progress)
    )
    if done.faults:
        raise EventsError(done.faults)
    told_ = [
        {
            "file": Path(r.file).name, "format": r.title, "read": r.counts.read,
            "kept": r.counts.kept, "revised": r.counts.revised,
            "known": r.counts.known + r.counts.repeated,
            "dropped": sum(r.counts.dropped.values()), "before": r.since is not None,
        }
        for r in done.reports
    ]  # fmt: skip
    return {"files": told_, "link": "/events"}


def in_store(desk: Desk, told: Told) -> dict[str, Any]:
    """What the store holds, a card for each data set."""
    from spillover.api.events import in_store as describe

    del told
    if not desk.store.exists():
        return {"datasets": [], "imports": []}
    return _patient(lambda: describe(desk.store, top=6))


def with_events(desk: Desk, told: Told, *, case: str) -> dict[str, Any]:
    """Put the events of the store beside a case, as its history."""
    from spillover.api.case_events import with_events as join

    model = _model(desk.case_folder(case))
    if not desk.store.exists():
        msg = "no events were imported yet: add event files first"
        raise InputError(msg)
    made = _patient(lambda: join(model, [desk.store], progress=told.progress))
    desk.put_files(case, made.model.files)
    return {"notes": list(made.notes), "link": f"/cases/{case}/events"}


def past(desk: Desk, told: Told, *, case: str) -> dict[str, Any]:
    """What a case knows of its past, and what a fit that is at hand learned from it."""
    del told
    case_ = _model(desk.case_folder(case)).case
    cards = [
        {
            "name": name, "rows": len(rows), "first": str(min(r.first for r in rows)),
            "last": str(max(r.last for r in rows)),
        }
        for name, rows in (
            ("Records of the case", case_.records),
            ("Counts over spans of days", case_.counts),
            ("Events by stream and day", case_.events),
        )
        if rows
    ]  # fmt: skip
    return {"origin": str(case_.origin), "cards": cards}


def fit(desk: Desk, told: Told, *, case: str) -> dict[str, Any]:
    """Fit a case to its history; the numbers before and after, and how well it describes it."""
    from spillover.api.brief_fit import fit_page

    model = _model(desk.case_folder(case))
    fitted = model.fit(progress=told.progress)
    table = fitted.fit_table
    assert table is not None
    page = {
        **asdict(fit_page(model.case, table)),
        "digest": model.digest,
        "data": model.data_digest,
    }
    write_text(
        desk.root / "fits" / f"{case}.json", json.dumps(page, ensure_ascii=False)
    )
    return {"link": f"/cases/{case}/events"}


# ---- runs ------------------------------------------------------------------------


def run(
    desk: Desk, told: Told, *, case: str, draws: int = 2000, futures: int = 20, seed: int = 1,
    as_written: bool = False, full: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Simulate a case: first numbers at once, then all, then its pages and brief."""
    folder = desk.case_folder(case)
    model = _model(folder, told, fitted=not as_written)
    _same_id(model, case)

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
    made = done.save(desk.root / "runs" / name)
    _run_page(made, done)
    if done.studies is not None:
        for key, page in _study_pages(done.studies).items():
            _put(made, key, page)
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
    _put(
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
        found["levers"] = _report(comparison_page(studies.comparison))
    if studies.paths is not None:
        found["paths"] = _paths(studies.paths)
    if studies.sensitivity is not None:
        found["sensitivity"] = _report(sensitivity_page(studies.sensitivity))
    for w in studies.what_ifs:
        found[f"what-if-{w.about.id}"] = _report(what_if_page(w))
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
    return _report(paths_page(paths), courses=courses)


def _of_run(desk: Desk, run: str, told: Told) -> tuple[Path, CaseModel, dict[str, Any]]:
    """Folder, case and size of a run; fitted as the run was."""
    folder = desk.run_folder(run)
    manifest = desk.run(run)
    model = _model(folder / "case", told, fitted=bool(manifest["fitted_numbers"]))
    return folder, model, {
        "draws": manifest["draws"], "futures": manifest["futures_per_draw"],
        "seed": manifest["seed"], "as_written": True,
    }  # fmt: skip


def levers(desk: Desk, told: Told, *, run: str, pairs: bool = False) -> dict[str, Any]:
    """Compare all levers of a run's case, at its size."""
    from spillover.api.compare_page import comparison_page

    folder, model, size = _of_run(desk, run, told)
    found = model.compare(pairs=pairs, within=90, progress=told.progress, **size)
    _beside(folder, found.files())
    _put(folder, "levers", _report(comparison_page(found)))
    return {"link": f"/runs/{run}/levers"}


def paths(desk: Desk, told: Told, *, run: str, outcome: str = "") -> dict[str, Any]:
    """Follow the ways to an outcome."""
    folder, model, size = _of_run(desk, run, told)
    found = model.paths(
        outcome=outcome, knock=4, within=90, progress=told.progress, **size
    )
    _beside(folder, found.files())
    _put(folder, "paths", _paths(found))
    return {"link": f"/runs/{run}/paths"}


def sensitivity(desk: Desk, told: Told, *, run: str) -> dict[str, Any]:
    """Which uncertain number moves the answer most."""
    from spillover.api.sensitivity_page import sensitivity_page

    folder, model, size = _of_run(desk, run, told)
    found = model.sensitivity(within=90, progress=told.progress, **size)
    _beside(folder, found.files())
    _put(folder, "sensitivity", _report(sensitivity_page(found)))
    return {"link": f"/runs/{run}/sensitivity"}


def what_if(desk: Desk, told: Told, *, run: str, name: str) -> dict[str, Any]:
    """Play a decision of the past otherwise."""
    from spillover.api.what_if_page import what_if_page

    folder, model, size = _of_run(desk, run, told)
    found = model.what_if(
        name, seed=size["seed"], as_written=True, progress=told.progress
    )
    key = f"what-if-{name}"
    _beside(folder, found.files(key))
    _put(folder, key, _report(what_if_page(found)))
    return {"link": f"/runs/{run}/{key}"}


def _beside(folder: Path, contents: Mapping[str, bytes]) -> None:
    from spillover.store.atomic import write_bytes

    for name, data in contents.items():
        write_bytes(folder / name, data)


def mix(
    desk: Desk, told: Told, *, run: str, strengths: Mapping[str, float]
) -> dict[str, Any]:
    """What the sliders say now: a small ensemble first, then larger ones."""
    from spillover.api.mix import mix_of

    _, model, size = _of_run(desk, run, told)
    found: dict[str, Any] = {}
    for draws in MIX_STEPS:
        made = mix_of(
            model, strengths, within=90, draws=draws, futures=size["futures"],
            seed=size["seed"], progress=told.progress,
        )  # fmt: skip
        found = {**made.to_dict(), "final": draws == MIX_STEPS[-1]}
        told.partial(found)
    return found


def record(
    desk: Desk, told: Told, *, run: str, outcomes: Sequence[str] = ()
) -> dict[str, Any]:
    """Put the forecasts of a run on record: the same numbers, computed again."""
    from spillover.api.record import record_run
    from spillover.store.ledger import Ledger

    _, model, size = _of_run(desk, run, told)
    book = Ledger(desk.ledger)
    book.entries()
    made = model.simulate(progress=told.progress, **size)
    entries, notes = record_run(made, book, outcomes=outcomes, progress=told.progress)
    return {
        "lines": [e.n for e in entries], "head": entries[-1].digest, "notes": list(notes),
        "link": "/forecasts",
    }  # fmt: skip


def forecasts(desk: Desk, told: Told) -> dict[str, Any]:
    """What stands on record, what is due, how good it was."""
    from spillover.api.record import forecasts_of, score_ledger, track_record
    from spillover.brief.words import percent
    from spillover.store.ledger import Ledger

    del told
    book = Ledger(desk.ledger)
    every = forecasts_of(book)
    today = dt.date.today()
    rows = [
        {
            "n": f.n, "case": f.question.case, "sentence": f.body["sentence"],
            "decided": f.body["decided"], "recorded": f.time, "closes": str(f.question.closes),
            "said": percent(f.body["p"]) if "p" in f.body else f"about {f.body['quantiles'][9]:g}",
            "word": f.body.get("word", ""), "count": f.question.mode == "count",
            "answer": "void" if f.answer is None else f.answer, "why": f.why,
            "due": f.due(today), "hard": f.question.hard, "hindsight": f.body["days_after_origin"] > 7,
        }
        for f in every
    ]  # fmt: skip
    return {
        "rows": rows, "head": book.head, "scores": score_ledger(book).to_dict(),
        "line": track_record(book, ""),
    }  # fmt: skip


def resolve(
    desk: Desk,
    told: Told,
    *,
    n: int,
    answer: str = "",
    source: str = "",
    void: str = "",
) -> dict[str, Any]:
    """Resolve a forecast by hand, or take it out with a reason."""
    from spillover.api import record as api
    from spillover.store.ledger import Ledger

    del told
    book = Ledger(desk.ledger)
    if void:
        api.void(book, n, reason=void)
    else:
        api.resolve_by_hand(book, n, answer=answer, source=source)
    return {"head": book.head, "link": "/forecasts"}


def resolve_due(desk: Desk, told: Told, *, case: str) -> dict[str, Any]:
    """Resolve what is due of a case from the store."""
    from spillover.api.resolve import resolve_by_events
    from spillover.store.ledger import Ledger

    del told
    model = _model(desk.case_folder(case))
    made, notes = _patient(
        lambda: resolve_by_events(Ledger(desk.ledger), model, desk.store)
    )
    return {"resolved": len(made), "notes": list(notes), "link": "/forecasts"}


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
            claims = _patient(lambda: claims_of(desk.store, verdict="accept"))
        except EventsError:
            claims = []
    write_bytes(desk.root / "bundles" / f"{run}.zip", bundle_of(folder, claims))
    return {"link": f"/runs/{run}/bundle.zip"}


TASKS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        warm, warm_run, check, set_number, register, new_case, read, decide, draft,
        import_events, in_store, with_events, past, fit, run, levers, paths, sensitivity,
        what_if, mix, record, forecasts, resolve, resolve_due, compare_runs, pdf, bundle,
    )
}  # fmt: skip
