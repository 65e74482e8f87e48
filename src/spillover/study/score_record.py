"""Scores of forecasts on record, beside baselines that were fixed when they were made.

Chances by the Brier and the logarithmic score, counts by the CRPS; each baseline on the
same questions. The Murphy split says how much is reliability and how much resolution.
Onset (nothing in the window before) is told apart from continuation: foretelling that
what goes on goes on is easy.

References
----------
Brier (1950); Good (1952); Murphy (1973), J. Appl. Meteorol. 12, 595-600; Gneiting and
Raftery (2007), doi:10.1198/016214506000001437. Bands of the reliability table:
Broecker and Smith (2007), Weather and Forecasting 22, 651-661 (consistency).

This file must never import a page, a command or the web.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bin", "Resolved", "Scored", "Skill", "score_chances", "score_counts"]

Floats = NDArray[np.float64]
EDGES = (0.0, 0.05, 0.2, 0.45, 0.55, 0.8, 0.95, 1.0)
"""Bins of the reliability table: the steps of the likelihood words (ICD 203)."""
ONSET = 0.1
"""Share of filled-in histories with a yes in the last window up to which it is onset."""
SAMPLES = 2000
LEAST = 10
"""Forecasts from which an interval is given."""


@dataclass(frozen=True)
class Resolved:
    """A forecast with its answer.

    Attributes
    ----------
    n
        Line on record.
    days
        Length of its window: the lead time.
    p, answer
        Chance and what came (1 or 0); of a count: nan, and the count.
    quantiles, points
        Of a count.
    baselines
        Name to chance (or quantiles at ``points``).
    onset
        Nothing in the window before; None when not known.
    block
        Forecasts of one block were made together and are not independent.
    """

    n: int
    days: int
    p: float
    answer: float
    baselines: dict[str, float | tuple[float, ...]]
    quantiles: tuple[float, ...] = ()
    points: tuple[float, ...] = ()
    onset: bool | None = None
    block: str = ""


@dataclass(frozen=True)
class Skill:
    """A baseline's score on the same questions, and the paired difference (ours less its).

    Below zero ours is better. The interval is a bootstrap over blocks; None below ten.
    """

    name: str
    score: float
    difference: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True)
class Bin:
    """Forecasts between two chances: how many, their mean, and the share that came.

    ``least`` and ``most``: where that share lies in nine of ten cases if the chances are
    right.
    """

    low: float
    high: float
    n: int
    mean: float
    came: float
    least: float
    most: float


@dataclass(frozen=True)
class Scored:
    """Scores of a set of forecasts.

    Attributes
    ----------
    n
        Forecasts.
    score, log
        Mean Brier score (or CRPS) and mean logarithmic score (nats; nan for counts).
    reliability, resolution, uncertainty
        Murphy's split over the bins; the rest of the Brier score lies within them.
    skills, skills_log
        Against each baseline.
    bins
        The reliability table.
    """

    n: int
    score: float
    log: float
    reliability: float
    resolution: float
    uncertainty: float
    skills: tuple[Skill, ...]
    skills_log: tuple[Skill, ...]
    bins: tuple[Bin, ...]


def _brier(p: Floats, y: Floats) -> Floats:
    return np.asarray((p - y) ** 2)


def _log(p: Floats, y: Floats) -> Floats:
    return np.asarray(-np.log(np.where(y > 0.5, p, 1.0 - p)))


def _skill(
    name: str, ours: Floats, theirs: Floats, blocks: Sequence[str], seed: int
) -> Skill:
    gap = ours - theirs
    low = high = None
    names = sorted(set(blocks))
    if len(gap) >= LEAST and len(names) > 1:
        place = {b: np.flatnonzero([x == b for x in blocks]) for b in names}
        sums = np.array([[gap[place[b]].sum(), len(place[b])] for b in names])
        rng = np.random.default_rng(seed)
        drawn = rng.integers(0, len(names), (SAMPLES, len(names)))
        total = sums[drawn].sum(axis=1)
        low, high = (
            float(x) for x in np.quantile(total[:, 0] / total[:, 1], (0.05, 0.95))
        )
    return Skill(name, float(theirs.mean()), float(gap.mean()), low, high, len(gap))


def _bins(p: Floats, y: Floats, seed: int) -> tuple[Bin, ...]:
    rng = np.random.default_rng(seed)
    made = []
    for low, high in itertools.pairwise(EDGES):
        at = (p >= low) & ((p < high) | (high == 1.0))
        if not at.any():
            continue
        chance = p[at]
        shares = (rng.random((SAMPLES, len(chance))) < chance).mean(axis=1)
        least, most = (float(x) for x in np.quantile(shares, (0.05, 0.95)))
        made.append(
            Bin(
                low,
                high,
                int(at.sum()),
                float(chance.mean()),
                float(y[at].mean()),
                least,
                most,
            )
        )
    return tuple(made)


def score_chances(found: Sequence[Resolved], *, seed: int = 1) -> Scored:
    """Scores of chances.

    Parameters
    ----------
    found
        At least one.
    seed
        Of the bootstrap and the bands.
    """
    p = np.array([r.p for r in found])
    y = np.array([r.answer for r in found])
    names = list(dict.fromkeys(k for r in found for k in r.baselines))
    skills: dict[Callable[[Floats, Floats], Floats], list[Skill]] = {
        _brier: [],
        _log: [],
    }
    for name in names:
        at = np.array([name in r.baselines for r in found])
        theirs = np.array(
            [r.baselines[name] for r in found if name in r.baselines], np.float64
        )
        blocks = [r.block or str(r.n) for r in found if name in r.baselines]
        for law, made in skills.items():
            made.append(
                _skill(name, law(p[at], y[at]), law(theirs, y[at]), blocks, seed)
            )
    bins = _bins(p, y, seed)
    base = float(y.mean())
    reliability = sum(b.n * (b.mean - b.came) ** 2 for b in bins) / len(p)
    resolution = sum(b.n * (b.came - base) ** 2 for b in bins) / len(p)
    return Scored(
        len(p), float(_brier(p, y).mean()), float(_log(p, y).mean()), reliability, resolution,
        base * (1 - base), tuple(skills[_brier]), tuple(skills[_log]), bins,
    )  # fmt: skip


def score_counts(found: Sequence[Resolved], *, seed: int = 1) -> Scored:
    """CRPS of counts, from their quantiles."""
    import scoringrules

    def crps(
        values: Sequence[Sequence[float]], points: Sequence[Sequence[float]]
    ) -> Floats:
        return np.array(
            [
                float(scoringrules.crps_quantile(r.answer, np.array(v), np.array(x)))
                for r, v, x in zip(found, values, points, strict=True)
            ]
        )

    ours = crps([r.quantiles for r in found], [r.points for r in found])
    skills = []
    names = list(dict.fromkeys(k for r in found for k in r.baselines))
    for name in names:
        if not all(name in r.baselines for r in found):
            continue
        values = [
            np.atleast_1d(np.asarray(r.baselines[name], np.float64)) for r in found
        ]
        points = [
            r.points if len(v) > 1 else (0.5,)
            for r, v in zip(found, values, strict=True)
        ]
        theirs = np.array(
            [
                abs(float(v[0]) - r.answer)
                if len(v) == 1
                else float(scoringrules.crps_quantile(r.answer, v, np.array(x)))
                for r, v, x in zip(found, values, points, strict=True)
            ]
        )
        blocks = [r.block or str(r.n) for r in found]
        skills.append(_skill(name, ours, theirs, blocks, seed))
    nan = math.nan
    return Scored(
        len(ours), float(ours.mean()), nan, nan, nan, nan, tuple(skills), (), ()
    )
