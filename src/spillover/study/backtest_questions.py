"""Yes/no questions of a backtest: "any event?" and "more than usual?", scored.

Each origin, cell and lead time asks whether an event comes in the window, and whether more
come than in nine of ten windows before the test. Chances are those of the laws the
backtest has; Brier and logarithmic scores stand beside every other forecaster's, with
paired intervals over days in blocks.

References
----------
Brier (1950), Monthly Weather Review 78, 1-3; Good (1952), J. R. Stat. Soc. B 14, 107-114.

This file must never import a page or a command.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.scoring.blocks import Interval, mean_interval
from spillover.scoring.pit import Bin, reliability
from spillover.study.backtest import Backtest, Lead
from spillover.study.backtest_models import DEFAULT

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
    bins
        Reliability of the default; a bin is within its band when its mean chance lies
        between ``low`` and ``high``.
    """

    kind: str
    days: int
    n: int
    yes: float
    rivals: tuple[Rival, ...]
    bins: tuple[Bin, ...]

    @property
    def within(self) -> int:
        """Bins whose mean chance lies in the band of what came."""
        return sum(b.low <= b.forecast <= b.high for b in self.bins)


def questions_of(b: Backtest, *, seed: int = 1) -> tuple[Asked, ...]:
    """Every kind of question at every lead time."""
    return tuple(_asked(lead, kind, seed) for lead in b.leads for kind in KINDS)


def _asked(lead: Lead, kind: str, seed: int) -> Asked:
    sums = lead.window.sums[lead.window.test]
    y = (sums > (0 if kind == KINDS[0] else lead.threshold)).astype(np.float64)

    def chances(name: str) -> Floats:
        s = lead.judged[name].scores
        p = s.any_event if kind == KINDS[0] else s.exceeds
        return np.clip(p, FLOOR, 1.0 - FLOOR)

    def scores(name: str) -> tuple[Floats, Floats]:
        p = chances(name)
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
    bins = reliability(rng, chances(DEFAULT), y, lead=lead.days)
    return Asked(kind, lead.days, y.size, float(y.mean()), tuple(rivals), bins)
