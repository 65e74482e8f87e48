"""Files the program keeps and reads again: records of forecasts, fits, run folders."""

from __future__ import annotations

import copy
import datetime as dt
import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from spillover.api.fit_file import read_fit
from spillover.api.model import load
from spillover.api.record import forecasts_of
from spillover.api.run import open_run
from spillover.api.two_runs import two_runs
from spillover.store.ledger import START, Ledger, _canonical, _digest
from tests.fuzz.engine import Target, joined, parts

__all__ = ["FIT", "LEDGER", "RUN_FOLDER"]

NOW = "2031-03-01T00:00:0{}Z"
QUESTION: dict[str, Any] = {
    "id": "q", "case": "c", "outcome": "o", "text": "Will it?", "measure": "count",
    "acts": [{"source": "a", "action": "ASSAULT", "target": "b", "place_from": "", "place_in": "", "marks": [], "stream": "s"}],
    "windows": [["2031-03-01", "2031-03-30"]], "mode": "any", "low": 1, "high": None,
    "before": [], "gap": None, "all_of": [], "any_of": [], "decided_by": ["ucdp"],
    "differ": "first", "silent": "no", "from_day": "2031-04-30", "words": "",
}  # fmt: skip
ODD: tuple[Any, ...] = (
    None,
    1,
    -1,
    "",
    "x",
    [],
    {},
    [[]],
    "2031-99-01",
    True,
    1e300,
    "\ud800",
)


def _spoilt(node: Any, rng: Random, chance: float = 0.03) -> Any:
    """Values here and there of another kind; keys lost."""
    if rng.random() < chance:
        return ODD[int(rng.random() * len(ODD))]
    if isinstance(node, dict):
        return {
            k: _spoilt(v, rng, chance)
            for k, v in node.items()
            if rng.random() > chance / 3
        }
    if isinstance(node, list):
        return [_spoilt(v, rng, chance) for v in node]
    return node


def make_ledger(rng: Random) -> bytes:
    """A record whose chain agrees, though what it says may be odd."""
    lines, prev = [], START
    spoil = rng.random() < 0.5
    for n in range(1, 4):
        kind = (
            "forecast"
            if n == 1
            else rng.choice(("forecast", "resolution", "void", "odd"))
        )
        body: Any = (
            {"question": copy.deepcopy(QUESTION), "p": 0.3, "seed": 1}
            if kind == "forecast"
            else {"of": 1, "answer": "yes", "why": "judged: somebody", "by": "hand"}
        )
        body = _spoilt(body, rng) if spoil else body
        try:
            digest = _digest(n, NOW.format(n), kind, body, prev)
            held = {
                "n": n,
                "time": NOW.format(n),
                "kind": kind,
                "body": body,
                "prev": prev,
                "digest": digest,
            }
            lines.append(_canonical(held))
        except UnicodeEncodeError:
            continue
        prev = digest
    return b"\n".join(lines) + b"\n"


def ledger(data: bytes, folder: Path) -> None:
    """The chain, then what it holds."""
    path = folder / "record.jsonl"
    path.write_bytes(data)
    for f in forecasts_of(Ledger(path)):
        f.due(dt.date(2031, 6, 1))


@cache
def _fitted() -> tuple[Any, str]:
    """A case and the rows of a fit of some of its numbers, as `write_fit` has them."""
    import numpy as np

    from spillover.api.fit_file import FitRow, FitTable, _points, write_fit
    from spillover.assemble.posterior import Posterior
    from spillover.inference.case_checks import Check

    made = load("strait-demo").assembled
    drawn = [c for c in made.slots.columns if c.drawn][:5]
    rows = tuple(
        FitRow(
            c.path, c.kind, _points(c, 0.0, 1.0), (), _points(c, 0.1, 0.5), "learned"
        )
        for c in drawn
    )
    law = Posterior(tuple(c.path for c in drawn), np.zeros(5), np.eye(5) * 0.5)
    table = FitTable(rows, law, {"seed": 1}, (Check("launches", 3.0, 2.5, 0.5, 0.5),))
    return made, write_fit(table, "strait-demo").decode()


def make_fit(rng: Random) -> bytes:
    """The file of a fit."""
    return _fitted()[1].encode()


def fit(data: bytes, folder: Path) -> None:
    """Read it beside its case."""
    read_fit("fit.yaml", data, _fitted()[0])


MANIFEST = {
    "spillover": "0", "case": "strait-demo", "case_digest": "a", "data_digest": "b",
    "fitted_numbers": [], "versions": {"numpy": "2"}, "seed": 1, "draws": 10,
    "futures_per_draw": 5, "machine": {"cpu": "x" * 200}, "command": ["run", "y" * 300],
}  # fmt: skip
OUTCOMES = {
    "arms": [
        {
            "name": "as it is",
            "outcomes": [
                {"id": f"o{k}", "kind": "chance", "question": "?", "window": "90 days", "p": 0.2, "p_low": 0.1, "p_high": 0.3, "mc_se": 0.01}
                for k in range(3)
            ],
        }
    ]
}  # fmt: skip


def make_run(rng: Random) -> bytes:
    """Manifest and answers of a run."""
    manifest, answers = (
        json.dumps(_spoilt(x, rng, 0.02) if rng.random() < 0.5 else x, indent=2)
        for x in (MANIFEST, OUTCOMES)
    )
    return joined([("", manifest), ("outcomes.json", answers)])


def run_folder(data: bytes, folder: Path) -> None:
    """Open it, and compare it with a whole one of the same case."""
    some = parts(data)
    a, b = folder / "a", folder / "b"
    for at, manifest, answers in (
        (a, some[""], some.get("outcomes.json")),
        (
            b,
            json.dumps({**MANIFEST, "seed": 2}).encode(),
            json.dumps(OUTCOMES).encode(),
        ),
    ):
        (at / "case").mkdir(parents=True, exist_ok=True)
        (at / "case" / "case.yaml").write_text("spillover: 1\n")
        (at / "manifest.json").write_bytes(manifest)
        if answers is not None:
            (at / "outcomes.json").write_bytes(answers)
        else:
            (at / "outcomes.json").unlink(missing_ok=True)
    if len(data) % 4:
        two_runs(a, b)
    else:
        open_run(a)


def _warm() -> None:
    _fitted()


LEDGER = Target("ledger", make_ledger, ledger, code=("store/ledger.py", "api/record.py", "study/forecast_question.py"), weight=1.5)  # fmt: skip
FIT = Target("fit-file", make_fit, fit, code=("api/fit_file.py",), block=50, documents=3, weight=0.5, warm=_warm)  # fmt: skip
RUN_FOLDER = Target("run-folder", make_run, run_folder, code=("api/run.py", "api/two_runs.py"), block=100, weight=0.5)  # fmt: skip
