"""Tasks on cases: read ahead, checked as they are typed, their numbers listed.

Everything heavy is imported inside. This file must never import a page of the desk.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from spillover.errors import InputError, SpilloverError
from spillover.store.atomic import write_text
from spillover.web.desk import Desk
from spillover.web.task_tools import Told, error_of, model_of, of_run, same_id

__all__ = ["check", "new_case", "register", "set_number", "warm", "warm_run"]


def warm(desk: Desk, told: Told, *, case: str) -> None:
    """Have a case and the engine ready."""
    try:
        model = model_of(desk.case_folder(case), told, fitted=True)
        model.simulate(draws=2, futures=2, as_written=True)
    except InputError:
        return  # it says why when it is opened


def warm_run(desk: Desk, told: Told, *, run: str) -> None:
    """Have the case of a run ready for sliders."""
    _, model, size = of_run(desk, run, told)
    model.simulate(draws=2, futures=2, seed=size["seed"], as_written=True)


def check(desk: Desk, told: Told, *, case: str, text: str) -> dict[str, Any]:
    """Faults of a text as it is typed, each with its place; warnings when there are none."""
    import tempfile

    from spillover.api.model import load

    del told
    folder = desk.case_folder(case)
    with tempfile.TemporaryDirectory() as temporary:
        for path in folder.iterdir():
            if path.is_file() and path.name != "case.yaml":
                shutil.copyfile(path, Path(temporary) / path.name)
        write_text(Path(temporary) / "case.yaml", text)
        try:
            model = load(temporary)
            same_id(model, case)
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
    model = model_of(desk.case_folder(case))
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
