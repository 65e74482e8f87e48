"""A set of questions on open series, the same for every forecaster.

By rule, not by hand: in each series' last fifth, windows of 7 and 30 days that do not
overlap, for the busiest cells before it; each asks "any event?", "more than usual?" (more
than in nine of ten windows before the test) and "how many?". A question is left out where
the answer was the same in every window before: it asks nothing. Whoever has the files has
the same questions, with the same ids.

This file must never import a page or a command.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from spillover.errors import InputError
from spillover.scoring.laws import Laws
from spillover.study.backtest import Backtest, Lead
from spillover.study.backtest_models import DEFAULT, OWN
from spillover.study.score_record import Resolved, Scored, score_chances, score_counts

__all__ = [
    "POINTS", "SetQuestion", "read_answers", "score_set", "set_questions", "to_csv",
]  # fmt: skip

LEADS = (7, 30)
CELLS = 4
"""Cells of a series, the busiest before the test."""
MOST_ORIGINS = 4
POINTS = tuple(round(0.05 * k, 2) for k in range(1, 20))
"""Quantiles of a count: what a forecaster gives."""
RIVALS = {
    "climatology": "climatology",
    "last value": "persistence",
    OWN: "own-history-only",
}


@dataclass(frozen=True)
class SetQuestion:
    """One question.

    Attributes
    ----------
    id
        Series, cell, kind and window; stable.
    series, cell
        Which series, and the values of its keys.
    kind
        "any", "more" or "count".
    opens, closes
        First and last day of the window, both inclusive; everything before ``opens`` may
        be known to a forecaster.
    threshold
        Of "more": a yes is more than this.
    text
        In a sentence.
    answer
        1 or 0; of a count the count.
    ours
        The default model's chance, or its quantiles at `POINTS`.
    baselines
        Name to chance or quantiles.
    """

    id: str
    series: str
    cell: tuple[str, ...]
    kind: str
    opens: str
    closes: str
    threshold: float | None
    text: str
    answer: float
    ours: float | tuple[float, ...]
    baselines: dict[str, float | tuple[float, ...]]


def set_questions(name: str, b: Backtest) -> tuple[SetQuestion, ...]:
    """Questions of one series.

    Parameters
    ----------
    name
        Of the series.
    b
        Its backtest at 7 and 30 days: the forecasts beside which others are scored.
    """
    found: list[SetQuestion] = []
    for lead in b.leads:
        found += _of_lead(name, b, lead)
    return tuple(found)


def _of_lead(name: str, b: Backtest, lead: Lead) -> list[SetQuestion]:
    table, first = b.table, b.table.first_test
    before = np.arange(max(0, first - lead.days + 1))
    before = before[lead.window.judged[before]]
    origins: list[int] = []
    for t in lead.origins:
        if not origins or t >= origins[-1] + lead.days:
            origins.append(int(t))
    step = max(1, math.ceil(len(origins) / MOST_ORIGINS))
    at = {int(t): n for n, t in enumerate(lead.origins)}
    found = []
    for t in origins[::step]:
        for k, cell in enumerate(table.cells[:CELLS]):
            past = lead.window.sums[before][:, k]
            total = float(lead.window.sums[t, k])
            limit = float(lead.threshold[k])
            opens, closes = table.day(t), table.day(t + lead.days - 1)
            for kind in ("any", "more", "count"):
                cut = 0.0 if kind == "any" else limit
                if kind != "count" and (len(past) == 0 or len(set(past > cut)) < 2):
                    continue
                found.append(
                    _question(
                        name, lead, at[t], t, k, cell, kind, cut, total, opens, closes
                    )
                )
    return found


def _question(
    name: str, lead: Lead, n: int, t: int, k: int, cell: tuple[str, ...], kind: str,
    cut: float, total: float, opens: dt.date, closes: dt.date,
) -> SetQuestion:  # fmt: skip
    who = " ".join(cell)
    asked = {
        "any": f"Is there any event of {who}",
        "more": f"Are there more than {cut:g} events of {who}",
        "count": f"How many events of {who} are there",
    }[kind]

    def said(forecaster: str) -> float | tuple[float, ...]:
        if kind == "count":
            return quantiles(lead.laws[forecaster], t, k)
        s = lead.judged[forecaster].scores
        return float(
            np.clip((s.any_event if kind == "any" else s.exceeds)[n, k], 1e-4, 1 - 1e-4)
        )

    return SetQuestion(
        id=f"{name}:{'/'.join(cell)}:{kind}:{opens}+{lead.days}",
        series=name, cell=cell, kind=kind, opens=opens.isoformat(), closes=closes.isoformat(),
        threshold=cut if kind == "more" else None,
        text=f"{asked} in {name} from {opens} to {closes}, both days included?",
        answer=total if kind == "count" else float(total > cut),
        ours=said(DEFAULT),
        baselines={shown: said(real) for real, shown in RIVALS.items()},
    )  # fmt: skip


def quantiles(laws: Laws, t: int, k: int) -> tuple[float, ...]:
    """Quantiles of one law at `POINTS`, before recalibration, by its distribution function."""
    from scipy import special

    shares, means, sizes = (a[:, t, k] for a in (laws.shares, laws.means, laws.sizes))
    top = int(means.max() * 4 + 40 * math.sqrt(means.max() + 1) + 50)
    x = np.arange(top)
    p = sizes / (sizes + means)
    cdf = (
        shares[:, None] * special.betainc(sizes[:, None], x[None] + 1.0, p[:, None])
    ).sum(0)
    return tuple(float(np.searchsorted(cdf, q)) for q in POINTS)


def to_csv(questions: Sequence[SetQuestion]) -> str:
    """Questions for another forecaster: without answers, with a column to fill in."""
    text = io.StringIO()
    heads = (
        "id",
        "series",
        "cell",
        "kind",
        "opens",
        "closes",
        "threshold",
        "text",
        "p",
    )
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*heads, *(f"q{round(100 * x)}" for x in POINTS)))
    for q in questions:
        row = asdict(q)
        cells = ["/".join(q.cell) if h == "cell" else row.get(h, "") for h in heads]
        writer.writerow(["" if c is None else c for c in cells])
    return text.getvalue()


def read_answers(
    text: str, name: str, questions: Sequence[SetQuestion]
) -> dict[str, Any]:
    """A filled-in table: question id to chance or quantiles.

    Raises
    ------
    InputError
        With the line of the first value that does not fit; questions left blank are none.
    """
    known = {q.id: q for q in questions}
    found: dict[str, Any] = {}
    for line, row in _rows_of(text, name):
        ident = row["id"]
        if ident not in known:
            msg = f'{name}:{line}: there is no question "{ident}" in this set'
            raise InputError(msg)
        if known[ident].kind == "count":
            cells = [row.get(f"q{round(100 * x)}") or "" for x in POINTS]
            if not any(cells):
                continue
            values = [_number(c, name, line, "quantile") for c in cells]
            if values != sorted(values) or values[0] < 0:
                msg = (
                    f"{name}:{line}: quantiles q5 to q95 must be 0 or more and not fall"
                )
                raise InputError(msg)
            found[ident] = tuple(values)
        elif row.get("p"):
            p = _number(row["p"], name, line, "p")
            if not 0.0 < p < 1.0:
                msg = f"{name}:{line}: p is {row['p']}. Expected a chance above 0 and below 1"
                raise InputError(msg)
            found[ident] = p
    if not found:
        msg = f"{name}: no question is answered: fill in p, or q5 to q95"
        raise InputError(msg)
    return found


def _rows_of(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a table with their lines."""
    rows = csv.DictReader(io.StringIO(text))
    try:
        if "id" not in (rows.fieldnames or ()):
            msg = f"{name}:1: the column id is missing. Fill in the table that --out writes"
            raise InputError(msg)
        for row in rows:
            yield rows.line_num, row
    except csv.Error as e:
        msg = f"{name}:{rows.line_num}: this is not a table: {e}. Close the quotation marks near this line"
        raise InputError(msg) from None


def _number(text: str, name: str, line: int, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        msg = f'{name}:{line}: {what} "{text}" is no number'
        raise InputError(msg)
    return value


def score_set(
    questions: Sequence[SetQuestion], said: Mapping[str, Any] | None = None
) -> tuple[Scored | None, Scored | None]:
    """Scores of chances and of counts; the default model's without ``said``.

    With ``said`` the default model stands among the baselines, and only questions that
    were answered count.
    """
    chances, counts = [], []
    for n, q in enumerate(questions):
        if said is not None and q.id not in said:
            continue
        mine: Any = q.ours if said is None else said[q.id]
        baselines = dict(q.baselines)
        if said is not None:
            baselines["Spillover"] = q.ours
        # Cells of one series share their days: one window is one piece of evidence.
        block = f"{q.series} {q.opens}"
        if q.kind == "count":
            counts.append(
                Resolved(
                    n,
                    0,
                    math.nan,
                    q.answer,
                    baselines,
                    tuple(mine),
                    POINTS,
                    block=block,
                )
            )
        else:
            chances.append(
                Resolved(n, 0, float(mine), q.answer, baselines, block=block)
            )
    return (
        score_chances(chances) if chances else None,
        score_counts(counts) if counts else None,
    )
