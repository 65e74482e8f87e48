"""How good the forecasts on record were, and what a brief says of that.

Must never import `cli` or the web.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from spillover.api.record import Forecast, forecasts_of
from spillover.errors import InputError
from spillover.store.ledger import Ledger
from spillover.store.plain import plain
from spillover.study.past_answers import ALWAYS
from spillover.study.score_record import (
    ONSET,
    Resolved,
    Scored,
    score_chances,
    score_counts,
)

__all__ = ["LATE", "RecordScores", "score_ledger", "track_record"]

LATE = 7
"""Days after the origin from which a forecast counts as made in hindsight."""


def track_record(ledger: Ledger | None, case: str) -> str:
    """What a brief says of the record: how many, how well, against what, how many void."""
    try:
        every = () if ledger is None else forecasts_of(ledger)
        s = None if ledger is None else score_ledger(ledger)
    except InputError as e:
        return f"The record of forecasts cannot be trusted: {e}."
    mine = [f for f in every if f.question.case == case]
    if not every or s is None:
        return "No forecast has been put on record yet."
    here = (
        ""
        if not case
        else f" Of this case {len(mine)} are on record, {sum(bool(f.answer) for f in mine)} resolved."
    )
    if s.chances is None:
        return f"{len(every)} forecasts are on record, none of them made in time is resolved yet.{here}"
    against = ", ".join(f"{k.name} {k.score:.3f}" for k in s.chances.skills)
    return (
        f"{s.chances.n} chances on record are resolved: mean Brier score {s.chances.score:.3f} "
        f"(0 is best; on the same questions: {against}); {s.voided} void.{here}"
    )


@dataclass(frozen=True)
class RecordScores:
    """Scores of a record.

    Attributes
    ----------
    forecasts, resolved, voided, open
        How many.
    chances, counts
        Scores of all; None without any.
    by_lead
        (days, scores) of chances by the length of their window.
    onset, continuation
        Chances where nothing, and where something, had come in the window before.
    in_hindsight
        Forecasts made more than a week after their origin: counted, never scored.
    """

    forecasts: int
    resolved: int
    voided: int
    open: int
    in_hindsight: int
    chances: Scored | None
    counts: Scored | None
    by_lead: tuple[tuple[int, Scored], ...]
    onset: Scored | None
    continuation: Scored | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the version of their form."""
        found: dict[str, Any] = plain({"schema_version": 1, **asdict(self)})
        return found


def score_ledger(
    ledger: Ledger, *, hindsight: bool = False, seed: int = 1
) -> RecordScores:
    """Score what is resolved.

    Parameters
    ----------
    hindsight
        Also score forecasts made more than a week after their origin: a replay, not a record.

    Raises
    ------
    LedgerError
        When the record is broken.
    """
    every = forecasts_of(ledger)
    late = [f for f in every if f.body["days_after_origin"] > LATE]
    told = [f for f in every if f.answer and (hindsight or f not in late)]
    chances = [_chance(f) for f in told if f.question.mode != "count"]
    counts = [_count(f) for f in told if f.question.mode == "count"]
    leads = sorted({r.days for r in chances})

    def scored(rows: list[Resolved]) -> Scored | None:
        return score_chances(rows, seed=seed) if rows else None

    return RecordScores(
        forecasts=len(every),
        resolved=sum(bool(f.answer) for f in every),
        voided=sum(f.answer is None for f in every),
        open=sum(f.open for f in every),
        in_hindsight=len(late),
        chances=scored(chances),
        counts=score_counts(counts, seed=seed) if counts else None,
        by_lead=tuple(
            (d, score_chances([r for r in chances if r.days == d], seed=seed))
            for d in leads
        ),
        onset=scored([r for r in chances if r.onset is True]),
        continuation=scored([r for r in chances if r.onset is False]),
    )


def _chance(f: Forecast) -> Resolved:
    baselines: dict[str, float | tuple[float, ...]] = {"always 29 %": ALWAYS}
    onset = None
    if f.body["past"]:
        baselines["climatology"] = f.body["past"]["climatology"]
        baselines["persistence"] = f.body["past"]["persistence"]
        onset = f.body["past"]["last"] <= ONSET
    return Resolved(
        f.n, f.question.days, float(f.body["p"]), float(f.answer == "yes"), baselines,
        onset=onset, block=f"{f.question.case} {f.body['origin']}",
    )  # fmt: skip


def _count(f: Forecast) -> Resolved:
    baselines: dict[str, float | tuple[float, ...]] = {}
    if f.body["past"]:
        baselines["climatology"] = tuple(f.body["past"]["counts"])
        baselines["persistence"] = float(f.body["past"]["last"])
    return Resolved(
        f.n, f.question.days, float("nan"), float(f.answer or 0), baselines,
        quantiles=tuple(f.body["quantiles"]), points=tuple(f.body["points"]),
        block=f"{f.question.case} {f.body['origin']}",
    )  # fmt: skip
