"""Fitting a case to its own history: data augmentation with a Laplace step.

    repeat:  impute a history for each of a few draws of the numbers,
             find the mode and normal law of the numbers given each history,
             pool them: mean of means, mean covariance plus what lies between
             histories (times 1 + 1/m).

Counts over intervals, rival counts, ranges and undated events need no likelihood of
their own: the imputation keeps them. What the counts do not say stays as uncertain as
the imputation left it.

References
----------
Tanner & Wong (1987), The calculation of posterior distributions by data augmentation,
JASA 82, doi:10.2307/2289457. Rubin (1987), Multiple Imputation for Nonresponse in
Surveys, doi:10.1002/9780470316696, eq. 3.1.5.

This file must never import a case.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from spillover.assemble.assembled import Assembled
from spillover.assemble.draws import draw_table
from spillover.assemble.impute import impute
from spillover.assemble.imputed import ImputedPast
from spillover.assemble.past_plan import Plan, make_plan
from spillover.assemble.posterior import Posterior, prior_correlation
from spillover.assemble.slots import SlotTable
from spillover.errors import FitError
from spillover.inference.case_checks import Check, Look, checks_of, look_at
from spillover.inference.case_problem import CaseProblem, case_problem
from spillover.inference.evidence import Evidence, evidence_of
from spillover.inference.history_data import history_data
from spillover.inference.nuts import sample_nuts
from spillover.inference.posterior import fit_map

__all__ = ["LEARNED", "CaseFit", "fit_case"]

Floats = NDArray[np.float64]
Progress = Callable[[int, int, str], None]

WIDER = 2.0
"""Times the spread a fit begins with where the range was judged from this history."""
CLEARLY = 0.9
"""Spread, as written being 1, above which such a range is left as it is."""
SAME_SPREAD, SAME_MEAN = 0.95, 0.1
"""A score with a spread above and a mean within these: nothing was learned."""

LEARNED = "learned"
SILENT = "the history says nothing of it"
WRITTEN = "judged from this history; as written it says more than the records alone"


@dataclass(frozen=True)
class CaseFit:
    """A fit of a case's numbers to its history.

    Attributes
    ----------
    posterior
        Joint normal law of the scores of the numbers that were learned.
    told
        Path of every number that something in the history touches, to LEARNED or to
        why it is as written.
    alone
        Path to (mean, spread) of its score when last fitted: what the records say where
        the number as written was left.
    widened
        Paths of learned numbers whose range as written was itself judged from this
        history: the fit began with twice their spread.
    between : (n,)
        Share of each learned score's variance that lies between imputed histories.
    events
        Mean number of events in an imputed history.
    histories, rounds
        How many histories in a round, and how many rounds.
    shift
        Largest move of a mean in the last round, in posterior spreads.
    checks
        What the fitted model expects of each stream beside what was seen.
    """

    posterior: Posterior
    told: dict[str, str]
    alone: dict[str, tuple[float, float]]
    widened: tuple[str, ...]
    between: Floats
    events: float
    histories: int
    rounds: int
    shift: float
    checks: tuple[Check, ...] = ()


def _times(plan: Plan, past: ImputedPast, d: int) -> Floats:
    """Times of the dated records in one imputed history (middles where absent)."""
    times = np.array([0.5 * (r.low + r.high) for r in plan.past.records])
    at = slice(int(past.offsets[d]), int(past.offsets[d + 1]))
    record = past.record[at]
    times[record[record >= 0]] = past.time[at][record >= 0]
    return np.asarray(np.minimum(times, -1e-9), np.float64)


def _pool(modes: Floats, covariances: Floats) -> tuple[Floats, Floats, Floats]:
    """Rubin's rules: mean, covariance, share of variance between histories."""
    m = len(modes)
    mean = modes.mean(axis=0)
    within = covariances.mean(axis=0)
    between = np.zeros_like(within)
    if m > 1:
        away = modes - mean
        between = (1.0 + 1.0 / m) * away.T @ away / (m - 1)
    total = within + between
    share = np.asarray(np.diag(between) / np.diag(total), np.float64)
    return np.asarray(mean, np.float64), np.asarray(total, np.float64), share


@dataclass(frozen=True)
class _State:
    """Where the rounds stand."""

    columns: tuple[int, ...]
    mean: Floats
    covariance: Floats
    between: Floats

    def keep(self, which: NDArray[np.bool_]) -> _State:
        """Only some of the columns."""
        return _State(
            tuple(c for c, k in zip(self.columns, which, strict=True) if k),
            self.mean[which],
            self.covariance[np.ix_(which, which)],
            self.between[which],
        )

    def posterior(self, table: SlotTable) -> Posterior:
        """As a law of the numbers."""
        paths = tuple(table.columns[c].path for c in self.columns)
        return Posterior(
            paths, self.mean, np.asarray(np.linalg.cholesky(self.covariance))
        )


def fit_case(
    assembled: Assembled,
    *,
    seed: int = 1,
    histories: int = 16,
    rounds: int = 3,
    judged: Collection[str] = (),
    careful: bool = False,
    progress: Progress | None = None,
) -> CaseFit:
    """Fit the numbers of a case to its own past.

    Parameters
    ----------
    assembled
        The case; variants are left at what is written.
    seed
        Of the imputed histories.
    histories, rounds
        Histories imputed in each round, and rounds.
    judged
        Paths of numbers whose range was itself judged from this history. The fit
        begins with twice their spread and gives up those it cannot make clearly
        narrower than they are written, so that no record is counted twice.
    careful
        In the last round sample each posterior by NUTS in place of its Laplace
        approximation (the extra ``bayes``); minutes instead of seconds.
    progress
        Called with (done, total, what).

    Raises
    ------
    ConvergenceError
        When chains of the careful sampler did not mix.
    FitError
        When the case has no event before its origin, or no number to learn.
    """
    with threadpool_limits(1):  # small matrices: idle threads would only wait
        return _fit(assembled, seed, histories, rounds, judged, careful, progress)


def _fit(
    assembled: Assembled,
    seed: int,
    histories: int,
    rounds: int,
    judged: Collection[str],
    careful: bool,
    progress: Progress | None,
) -> CaseFit:
    say = progress or (lambda _done, _total, _what: None)
    table, model = assembled.slots, assembled.model
    plan = make_plan(assembled)
    if plan.past.begins >= 0:
        msg = "there is nothing to fit: the case has no record before its origin"
        raise FitError(msg)
    now = replace(assembled, variants=(), posterior=None)
    evidence: Evidence | None = None
    told: dict[str, str] = {}
    state = _State((), np.zeros(0), np.zeros((0, 0)), np.zeros(0))
    total, shift, events = rounds * histories, 0.0, 0.0
    alone: dict[str, tuple[float, float]] = {}
    looks: list[Look] = []
    for r in range(rounds):
        say(r * histories, total, "filling in histories")
        drawn = draw_table(now, seed, histories, first=r * histories, judge=False)
        theta = drawn.theta
        past = impute(now, theta, seed, first=r * histories)
        events = float(past.offsets[-1]) / histories
        data = [
            history_data(plan, theta[d], past.history(d), _times(plan, past, d))
            for d in range(histories)
        ]
        if evidence is None:
            evidence = evidence_of(assembled, plan, past, theta, data)
            told = {table.columns[c].path: why for c, why in evidence.left.items()}
            state = _start(table, evidence)
            if not state.columns:
                msg = (
                    "there is nothing to fit: the history speaks of no uncertain number"
                )
                raise FitError(msg)
        n, columns = len(state.columns), state.columns
        paths = [table.columns[c].path for c in columns]
        wide = np.array([WIDER if p in judged else 1.0 for p in paths])
        prior = wide[:, None] * prior_correlation(table, columns) * wide
        modes, covariances = np.empty((histories, n)), np.empty((histories, n, n))
        for d in range(histories):
            say(r * histories + d, total, "fitting to the history")
            problem = case_problem(
                model, table, data[d], theta[d], columns, prior, state.mean
            )
            last = r == rounds - 1
            walk = seed + d if careful and last else None
            modes[d], covariances[d], mode = _given_one(problem, state.mean, walk)
            if last:
                looks.append(look_at(problem, mode, plan.weekday))
        before = state.mean
        state = _State(columns, *_pool(modes, covariances))
        spread = np.sqrt(np.diag(state.covariance))
        shift = float(np.max(np.abs(state.mean - before) / spread))
        kept = ~((wide > 1.0) & (spread >= CLEARLY))
        told |= {p: WRITTEN for p, k in zip(paths, kept, strict=True) if not k}
        alone |= {
            p: (float(m), float(s))
            for p, m, s in zip(paths, state.mean, spread, strict=True)
        }
        state = state.keep(kept)
        if not state.columns:
            break  # every range as written says more than the records
        now = replace(now, posterior=state.posterior(table))
    say(total, total, "fitting to the history")
    fit = _told(table, state, told, alone, judged, (events, histories, rounds, shift))
    return replace(fit, checks=checks_of(model, looks))


def _given_one(
    problem: CaseProblem, mean: Floats, walk: int | None
) -> tuple[Floats, Floats, Floats]:
    """Mean and covariance of the numbers given one history, and the whole mode.

    By Laplace from ``mean``, or by NUTS with seed ``walk``.
    """
    n = problem.numbers
    start = np.zeros(len(problem.names))
    start[:n] = mean
    found = fit_map(problem, start, most=200, tolerance=1e-5)
    if walk is None:
        return found.mode[:n], found.covariance[:n, :n], found.mode
    walked = sample_nuts(problem, seed=walk, start=found).flat()[:, :n]
    return walked.mean(axis=0), np.cov(walked.T).reshape(n, n), found.mode


def _start(table: SlotTable, evidence: Evidence) -> _State:
    columns = evidence.columns
    n = len(columns)
    return _State(columns, np.zeros(n), prior_correlation(table, columns), np.zeros(n))


def _told(
    table: SlotTable,
    state: _State,
    told: dict[str, str],
    alone: dict[str, tuple[float, float]],
    judged: Collection[str],
    how: tuple[float, int, int, float],
) -> CaseFit:
    """Part what was learned from what the history is silent about."""
    spread = np.sqrt(np.diag(state.covariance))
    learned = (spread < SAME_SPREAD) | (np.abs(state.mean) > SAME_MEAN)
    for c, k in zip(state.columns, learned, strict=True):
        told[table.columns[c].path] = LEARNED if k else SILENT
    state = state.keep(learned)
    posterior = state.posterior(table)
    widened = tuple(p for p in posterior.paths if p in judged)
    events, histories, rounds, shift = how
    return CaseFit(
        posterior, told, alone, widened, state.between, events, histories, rounds, shift
    )
