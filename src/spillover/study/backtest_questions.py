"""Yes/no questions of a backtest: "any event?" and "more than usual?", scored.

Each origin, cell and lead time asks whether an event comes in the window, and whether more
come than in nine of ten windows before the test. Chances are those of the laws the
backtest has; those of models that learn are moved by how past questions came out
(`chance_shift`). Brier and logarithmic scores stand beside every other forecaster's,
with paired intervals over days in blocks.

References
----------
Brier (1950), Monthly Weather Review 78, 1-3; Good (1952), J. R. Stat. Soc. B 14, 107-114.

This file must never import a page or a command.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.inference.chance_shift import REACH, shifted
from spillover.scoring.blocks import Interval, mean_interval
from spillover.scoring.laws import score_laws
from spillover.scoring.reliability import Reliability, reliability
from spillover.study.backtest import Backtest, Lead
from spillover.study.backtest_models import DEFAULT, MODELS

__all__ = ["Asked", "Rival", "questions_of"]

Floats = NDArray[np.float64]
FLOOR = 1e-4
"""Least chance of a yes or a no that is scored: a law that says never is not believed."""
KINDS = ("any event", "more than usual")


@dataclass(frozen=True)
class Rival:
    """A forecaster's scores, and how much lower (better) the default's are.

    Attributes
    ----------
    name
        Of the forecaster.
    brier, log
        Mean scores, lower is better; ``log`` in nats.
    brier_gain, log_gain
        Its score less the default's, paired by day; above zero the default is better.
        None for the default itself.
    """

    name: str
    brier: float
    log: float
    brier_gain: Interval | None
    log_gain: Interval | None


@dataclass(frozen=True)
class Asked:
    """One kind of question at one lead time.

    Attributes
    ----------
    kind
        One of `KINDS`.
    days, n
        Lead time and how many questions.
    yes
        Share that came out yes.
    rivals
        The default first.
    reliability
        Of the default.
    """

    kind: str
    days: int
    n: int
    yes: float
    rivals: tuple[Rival, ...]
    reliability: Reliability


def questions_of(b: Backtest, *, seed: int = 1) -> tuple[Asked, ...]:
    """Every kind of question at every lead time."""
    out = []
    for lead in b.leads:
        chances = _chances(b, lead)
        out += [_asked(lead, k, chances[k], seed) for k in KINDS]
    return tuple(out)


def _came(lead: Lead, kind: str, at: NDArray[np.int64]) -> Floats:
    limit = 0.0 if kind == KINDS[0] else lead.threshold
    return (lead.window.sums[at] > limit).astype(np.float64)


def _chances(b: Backtest, lead: Lead) -> dict[str, dict[str, Floats]]:
    """Chances by kind and forecaster at the test's origins, (n, K)."""
    test, window = lead.window.test, lead.window
    past = np.arange(
        max(b.setup.first, int(test[0]) - REACH - 2 * lead.days), int(test[0])
    )
    past = past[window.judged[past]]
    both = np.r_[past, test]
    out: dict[str, dict[str, Floats]] = {k: {} for k in KINDS}
    for name, judged in lead.judged.items():
        now = (judged.scores.any_event, judged.scores.exceeds)
        before = None
        if name in MODELS and len(past):
            s = score_laws(window.sums, lead.laws[name], past, lead.threshold)
            before = (s.any_event, s.exceeds)
        for n, kind in enumerate(KINDS):
            p = np.clip(now[n], FLOOR, 1.0 - FLOOR)
            if before is not None:
                p = np.concatenate([np.clip(before[n], FLOOR, 1.0 - FLOOR), p])
                p = shifted(p, _came(lead, kind, both), both, lead.days)[len(past) :]
                p = np.clip(p, FLOOR, 1.0 - FLOOR)
            out[kind][name] = p
    return out


def _asked(lead: Lead, kind: str, chances: dict[str, Floats], seed: int) -> Asked:
    y = _came(lead, kind, lead.window.test)

    def scores(name: str) -> tuple[Floats, Floats]:
        p = chances[name]
        return (p - y) ** 2, -np.log(np.where(y > 0.5, p, 1.0 - p))

    mine = scores(DEFAULT)
    rivals = []
    for name in (DEFAULT, *(x for x in lead.judged if x != DEFAULT)):
        theirs = scores(name)
        gains: list[Interval | None] = [None, None]
        if name != DEFAULT:
            for k in range(2):
                # The same resampled days for every pair.
                rng = np.random.default_rng([seed, lead.days, 3])
                gap = (theirs[k] - mine[k]).mean(1)
                gains[k] = mean_interval(rng, gap, lead=lead.days)
        rivals.append(
            Rival(name, float(theirs[0].mean()), float(theirs[1].mean()), *gains)
        )
    rng = np.random.default_rng([seed, lead.days, 4])
    held = reliability(rng, chances[DEFAULT], y, lead=lead.days)
    return Asked(kind, lead.days, y.size, float(y.mean()), tuple(rivals), held)
