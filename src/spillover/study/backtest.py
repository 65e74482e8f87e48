"""Backtests: forecasts from rolling origins, scored beside named baselines.

Every day of the test is an origin; what is learned at an origin comes from windows that
had closed. Scores are means over all origins and cells, per lead time, with onset (no
event in the cell for four weeks) apart from continuation.

This file must never import a page or a command.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from spillover.cluster.backend import Backend, open_backend
from spillover.errors import InputError
from spillover.scoring.blocks import Interval, mean_interval
from spillover.scoring.laws import Laws, Scores, score_laws
from spillover.scoring.pit import PitCheck, covered, pit_check, spans
from spillover.scoring.reliability import Bin, reliability
from spillover.study.backtest_models import DEFAULT, Learned, learn, model_laws
from spillover.study.backtest_setup import Setup, Window, setup_of, window_of
from spillover.study.backtest_table import DailyTable
from spillover.study.baselines import BASELINES, baseline_laws

__all__ = ["Backtest", "Contrast", "Judged", "Lead", "Summary", "backtest_table"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Progress = Callable[[int, int, str], None]
QUIET_DAYS = 28
ROLLING_DAYS = 28
ALLOWED = (0.85, 0.95)
LEVEL = 0.9
SIMULATED = 199
"""Draws behind the bands of reliability, for each forecaster."""


@dataclass(frozen=True)
class Summary:
    """Mean scores over some forecasts; None when there are none.

    Attributes
    ----------
    n
        Forecasts.
    log, crps
        Mean log score (higher is better), mean CRPS (lower is better).
    brier_any, brier_exceeds
        Mean Brier scores of "any event" and "more than the threshold".
    covered
        Share in the central 90 % interval with randomized ends.
    covered_plain, covered_perfect
        Share in the plain interval, and what a perfect forecaster's would cover.
    """

    n: int
    log: float
    crps: float
    brier_any: float
    brier_exceeds: float
    covered: float
    covered_plain: float
    covered_perfect: float


@dataclass(frozen=True)
class Judged:
    """One forecaster at one lead time.

    Attributes
    ----------
    name
        Of the forecaster.
    scores
        By origin and cell.
    all, onset, continuation
        Means.
    pit
        Calibration of the whole law.
    reliability
        Of the chance of any event.
    by_cell
        Mean log score and CRPS of each cell, (K, 2).
    off
        (first day, last day, rolling coverage farthest off) where the rolling coverage
        of windows closed in the last four weeks left what is allowed.
    """

    name: str
    scores: Scores
    all: Summary
    onset: Summary | None
    continuation: Summary | None
    pit: PitCheck
    reliability: tuple[Bin, ...]
    by_cell: Floats
    off: tuple[tuple[dt.date, dt.date, float], ...]


@dataclass(frozen=True)
class Contrast:
    """The default against another: positive is better for the default.

    Attributes
    ----------
    against
        Name of the other.
    log
        Gain in mean log score.
    crps
        Drop in mean CRPS.
    crps_share
        The drop as a share of the other's CRPS.
    """

    against: str
    log: Interval
    crps: Interval
    crps_share: float


@dataclass(frozen=True)
class Lead:
    """All forecasters at one lead time."""

    days: int
    origins: NDArray[np.int64]
    window: Window
    threshold: Floats
    judged: dict[str, Judged]
    contrasts: tuple[Contrast, ...]
    laws: dict[str, Laws]


@dataclass(frozen=True)
class Backtest:
    """A whole backtest.

    Attributes
    ----------
    table
        The series.
    setup
        Its origins.
    leads
        By lead time; one without a whole test window is left out, with a note.
    notes, warnings
        What a person should know.
    """

    table: DailyTable
    setup: Setup
    leads: tuple[Lead, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def backtest_table(
    table: DailyTable,
    horizons: Sequence[int] = (1, 7, 30),
    *,
    seed: int = 1,
    cluster: str | Backend | None = None,
    progress: Progress | None = None,
) -> Backtest:
    """Forecast and score a table.

    Parameters
    ----------
    table
        The series; see `read_table`.
    horizons
        Days ahead: the sum over the next h days is forecast.
    seed
        Of bootstraps and of randomized PITs.
    cluster
        ``local:4`` or the address of a Dask scheduler: fits and lead times there.
    progress
        Called with (done, total, what).

    Raises
    ------
    InputError
        A horizon below one day, no whole window in the test, or no cluster.
    """
    days = tuple(sorted(set(horizons)))
    if not days or days[0] < 1:
        msg = f"--horizons {','.join(map(str, horizons))}: days ahead are 1 or more"
        raise InputError(msg)
    notes: list[str] = list(table.notes)
    windows = [window_of(table, h) for h in days]
    for w in windows:
        if not len(w.test):
            notes.append(f"{w.lead} days ahead: no whole window in the test, left out")
    windows = [w for w in windows if len(w.test)]
    if not windows:
        msg = "no window of the horizons asked for fits in the test days"
        raise InputError(msg)
    setup = setup_of(table)
    with open_backend(cluster, threads=1) as backend:
        learned = learn(setup, tuple(w.lead for w in windows), progress, backend)
        leads = _leads((setup, learned, seed), windows, progress, backend)
        notes += backend.notes
    warnings = [m for lead in leads for m in _warnings(lead)]
    return Backtest(table, setup, tuple(leads), tuple(notes), tuple(warnings))


def _leads(
    given: tuple[Setup, Learned, int],
    windows: Sequence[Window],
    progress: Progress | None,
    backend: Backend,
) -> list[Lead]:
    """Every lead time judged, here or on a cluster."""
    found: dict[int, Lead] = {}

    def say(k: int) -> None:
        if progress:
            progress(k, len(windows), f"judging {windows[k].lead} days ahead")

    def piece(k: int) -> Window:
        if not backend.remote:
            say(k)
        return windows[k]

    def done(k: int, lead: Lead) -> None:
        found[k] = lead
        if backend.remote and progress:
            progress(len(found), len(windows), "judging on the cluster")

    backend.run(judge_lead, given, range(len(windows)), piece, done)
    return [found[k] for k in range(len(windows))]


def judge_lead(given: tuple[Setup, Learned, int], window: Window) -> Lead:
    """One lead time; the same bytes wherever it runs."""
    setup, learned, seed = given
    with threadpool_limits(1):
        laws = model_laws(setup, window, learned)
        for name in BASELINES:
            weekday = learned.cross.weekday[window.lead]
            laws[name] = baseline_laws(name, setup, window, weekday)
        return _lead(setup, window, laws, seed)


def _lead(setup: Setup, window: Window, laws: dict[str, Laws], seed: int) -> Lead:
    table = setup.table
    past = np.arange(table.first_test - window.lead + 1)
    past = past[window.judged[past]]
    threshold = (
        np.ceil(np.quantile(window.sums[past], 0.9, axis=0))
        if len(past)
        else np.ones(len(table.cells))
    )
    quiet = _quiet(table)[window.test]
    judged = {
        name: _judge(table, window, name, law, threshold, quiet, seed)
        for name, law in laws.items()
    }
    mine = judged[DEFAULT].scores
    contrasts = []
    for name, other in judged.items():
        if name == DEFAULT:
            continue
        # The same resampled days for every pair.
        pair = np.random.default_rng([seed, window.lead, 1])
        log = mean_interval(
            pair, (mine.log - other.scores.log).mean(1), lead=window.lead
        )
        pair = np.random.default_rng([seed, window.lead, 1])
        crps = mean_interval(
            pair, (other.scores.crps - mine.crps).mean(1), lead=window.lead
        )
        share = crps.mean / max(float(other.scores.crps.mean()), 1e-12)
        contrasts.append(Contrast(name, log, crps, share))
    return Lead(
        window.lead, window.test, window, threshold, judged, tuple(contrasts), laws
    )


def _quiet(table: DailyTable) -> Bools:
    """Whether a cell had no event in the four weeks before each origin, (T, K)."""
    T, K = table.counts.shape
    total = np.vstack([np.zeros(K), np.cumsum(table.counts, axis=0)])
    t = np.arange(T)
    a = np.maximum(t - QUIET_DAYS, 0)
    seen = np.r_[0, np.cumsum(table.observed)]
    enough = (seen[t] - seen[a]) >= QUIET_DAYS // 2
    return np.asarray((total[t] - total[a] == 0) & enough[:, None])


def _judge(
    table: DailyTable,
    window: Window,
    name: str,
    law: Laws,
    threshold: Floats,
    quiet: Bools,
    seed: int,
) -> Judged:
    s = score_laws(window.sums, law, window.test, threshold, level=LEVEL)
    y = window.sums[window.test]
    every = np.ones(quiet.shape, np.bool_)
    inside = covered(s.below, s.upto, LEVEL)
    rng = np.random.default_rng([seed, window.lead, 2])
    return Judged(
        name=name,
        scores=s,
        all=_required(_summary(s, y, threshold, inside, every)),
        onset=_summary(s, y, threshold, inside, quiet),
        continuation=_summary(s, y, threshold, inside, ~quiet),
        pit=pit_check(rng, s.below, s.upto, lead=window.lead),
        reliability=reliability(
            rng,
            s.any_event,
            (y > 0).astype(float),
            lead=window.lead,
            number=SIMULATED,
        ).bins,
        by_cell=np.stack([s.log.mean(0), s.crps.mean(0)], axis=1),
        off=tuple(
            (
                table.day(window.test[a] + window.lead - 1),
                table.day(window.test[b] + window.lead - 1),
                x,
            )
            for a, b, x in spans(
                inside.mean(1), window=ROLLING_DAYS, low=ALLOWED[0], high=ALLOWED[1]
            )
        ),
    )


def _required(s: Summary | None) -> Summary:
    assert s is not None
    return s


def _summary(
    s: Scores, y: Floats, threshold: Floats, inside: Floats, where: Bools
) -> Summary | None:
    import scoringrules

    if not where.any():
        return None

    def mean(a: Floats) -> float:
        return float(a[where].mean())

    return Summary(
        n=int(where.sum()),
        log=mean(s.log),
        crps=mean(s.crps),
        brier_any=mean(
            scoringrules.brier_score(
                (y > 0).astype(float), np.clip(s.any_event, 0.0, 1.0)
            )
        ),
        brier_exceeds=mean(
            scoringrules.brier_score(
                (y > threshold).astype(float), np.clip(s.exceeds, 0.0, 1.0)
            )
        ),
        covered=mean(inside),
        covered_plain=mean(((y >= s.low) & (y <= s.high)).astype(float)),
        covered_perfect=mean(s.perfect),
    )


def _warnings(lead: Lead) -> list[str]:
    """Where the default's rolling coverage left 85 to 95 %."""
    off = lead.judged[DEFAULT].off
    if not off:
        return []
    days = sum((b - a).days + 1 for a, b, _ in off)
    first, last, worst = max(off, key=lambda x: abs(x[2] - LEVEL))
    ahead = f"{lead.days} day{'s' if lead.days > 1 else ''} ahead"
    return [
        f"{ahead}: of the windows that closed within {ROLLING_DAYS} days, the 90 % "
        f"intervals held fewer than {100 * ALLOWED[0]:.0f} % or more than "
        f"{100 * ALLOWED[1]:.0f} % on {days} days; farthest off {100 * worst:.0f} %, "
        f"{first} to {last}. Later forecasts are widened or narrowed from it"
    ]
