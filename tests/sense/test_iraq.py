"""`iraq-2024` says what a reader would expect: each mechanism moves the key answer.

Variants are made by switching elements off in a copy of the case (`variants.without`)
and simulated with the same seed: 400 draws x 10 futures, so differences are paired by
draw. Printed with ``pytest -s``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from spillover.api import Run, load
from spillover.assemble.arms import Arm
from spillover.ensemble.run import run_ensemble
from spillover.keys import id_key
from spillover.outcomes.question import Question, Span
from tests.sense.variants import SIZE, all_of, simulated

# The numbers are meant to be read (pytest -s).
# ruff: noqa: T201
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]
KEY = "israel-strikes@90 days"
LEAK = "iran-from-iraq@before 2024-11-05"


def chance(run: Run, name: str) -> float:
    found = run.outcomes()[name].chance
    assert found is not None
    return found.p


def change(off: Run, on: Run, name: str) -> tuple[float, float]:
    """Difference of a chance (off less on) and its standard error, paired by slot."""
    ids = [q.id for q in on.model.assembled.questions]
    k = ids.index(name)
    a, b = (r.ensemble.arm().sums.hits[:, k] / r.ensemble.futures for r in (off, on))
    gap = a - b
    return float(gap.mean()), float(gap.std(ddof=1) / math.sqrt(len(gap)))


@pytest.mark.parametrize(
    ("elements", "name", "sign"),
    [
        (("restraints.washington-pledge",), KEY, +1),
        (("red_lines.israel-deaths",), KEY, -1),
        (("warnings.leak-31-october",), LEAK, -1),
    ],
)
def test_mechanism_moves_the_answer(
    elements: tuple[str, ...], name: str, sign: int
) -> None:
    """Without the pledge more Israeli strikes; without the line on deaths fewer;
    without the leak Iran fires from Iraq before 5 November less often."""
    size, se = change(simulated(*elements), simulated(), name)
    print(f"without {elements[0]}: {name} moves by {size:+.4f} (se {se:.4f})")
    assert sign * size > 3 * se, f"{elements[0]}: {size:+.4f}, se {se:.4f}"


def test_the_leak_carries_most_of_its_days() -> None:
    """Without the pending warning little is left before the deadline."""
    left = chance(simulated("warnings.leak-31-october"), LEAK)
    assert left < 0.5 * chance(simulated(), LEAK)


def test_key_answer_beside_its_references() -> None:
    """90 days: between 2 and 50 %, beside the record and without mechanisms."""
    run = simulated()
    sections = ("restraints", "red_lines", "replies", "warnings")
    off = {s: chance(simulated(*all_of(s)), KEY) for s in sections}
    bare = chance(simulated(*all_of(*sections)), KEY)
    answer = run.outcomes()[KEY]
    assert answer.chance is not None
    print(
        f"Israeli strike on Iraqi soil within 90 days: {answer.chance.p:.3f} "
        f"({answer.chance.low:.3f} to {answer.chance.high:.3f}); {answer.reference}, "
        f"which alone says {answer.base_rate:.3f}; all mechanisms off {bare:.3f}; "
        + ", ".join(f"no {s.replace('_', ' ')} {p:.3f}" for s, p in off.items())
    )
    assert 0.02 <= answer.chance.p <= 0.5
    assert 0.0 < bare < answer.chance.p  # the lines outweigh the restraints
    assert off["restraints"] > answer.chance.p > off["red_lines"]


# ---- prior predictive counts by month ------------------------------------------------

# Lebanon front of each month over its level at the origin (27 a day), as written at
# the driver: 7.5 a day to December, 8.0 to March, 7.9, 10.5, 11.0, (10), 9.1, then 7.1
# to 22 September and the jump; October is the level of the origin.
FRONT = {
    "2023-11": 0.28, "2023-12": 0.28, "2024-01": 0.30, "2024-02": 0.30,
    "2024-03": 0.30, "2024-04": 0.29, "2024-05": 0.39, "2024-06": 0.41,
    "2024-07": 0.37, "2024-08": 0.34, "2024-09": 0.44, "2024-10": 1.0,
}  # fmt: skip
# What counts.csv knows of each month: (lowest, highest). The eight months to June have
# one sum of claims only (120 to 140): each stands with the mean month. October's claims
# are those of its first half as a lower bound; its attacks on US forces are unknown.
US = {
    "2023-11": (46, 46), "2023-12": (33, 61), "2024-01": (48, 60), "2024-02": (2, 10),
    "2024-03": (0, 0), "2024-04": (2, 2), "2024-05": (0, 1), "2024-06": (0, 1),
    "2024-07": (3, math.inf), "2024-08": (1, math.inf), "2024-09": (2, math.inf),
}  # fmt: skip
CLAIMS = dict.fromkeys(list(FRONT)[:8], (15.0, 17.5)) | {
    "2024-07": (13, 13), "2024-08": (6, 6), "2024-09": (31, 35),
    "2024-10": (47, math.inf),
}  # fmt: skip


def stationary(
    theta: np.ndarray, column: Callable[[str], int], name: str
) -> np.ndarray:
    """A start of a walking driver in each draw, from the law it settles in."""
    rng = np.random.default_rng(id_key("sense", name))
    half, spread, to, low, high = (
        theta[:, column(f"drivers.{name}.{f}")]
        for f in ("reverts_half_life", "spread", "reverts_to", "floor", "ceiling")
    )
    k = 1.0 - 2.0 ** (-1.0 / half)
    sd = spread / np.sqrt(1.0 - (1.0 - k) ** 2)
    return np.clip(to * np.exp(sd * rng.standard_normal(len(theta))), low, high)


def bands() -> dict[str, dict[str, tuple[float, float]]]:
    """90 % band of each month's count of claims and of attacks on US forces.

    One arm per month. Levels of the two fronts are multiplied by what their drivers
    would have been: the Lebanon front as documented (to the power of the draw), the two
    tempos and the Gaza front drawn from the law they settle in. The drivers then walk
    on from there (what they revert to, and their bounds, are divided by the start).
    Counted are days 31 to 60, so that what October 2024 left behind has died away.
    """
    assembled = load("iraq-2024").assembled
    column = assembled.slots.column
    names = [s.id for s in assembled.model.streams]
    claims = next(q for q in assembled.questions if q.outcome == "claims-count")
    attacks = replace(
        assembled.tallies[claims.tally],
        kind="count",
        pattern=replace(
            assembled.model.reports[0].pattern,
            clauses=tuple(
                replace(c, stream=names.index("attacks-on-us"), require=0)
                for c in assembled.model.reports[0].pattern.clauses[:1]
            ),
        ),
        index=-1,
    )
    month = (Span(30, 60, closed=True),)
    tallies = (assembled.tallies[claims.tally], attacks)
    questions = tuple(
        Question(name, name, name, "", id_key(name), "count", tally=n, spans=month)
        for n, name in enumerate(("claims", "attacks"))
    )

    class Month(Arm):
        numbers = True  # each draw's own, which no list of changes holds

        def apply(self, theta: np.ndarray) -> np.ndarray:
            theta = theta.copy()
            starts = {
                n: stationary(theta, column, n)
                for n in ("gaza-front", "launch-tempo", "us-front-tempo")
            }
            starts["lebanon-front"] = np.full(len(theta), FRONT[self.id])
            for stream, drivers in {
                "launches": ("lebanon-front", "gaza-front", "launch-tempo"),
                "attacks-on-us": ("gaza-front", "us-front-tempo"),
            }.items():
                level = column(f"streams.{stream}.level")
                for d in drivers:
                    power = theta[:, column(f"streams.{stream}.drivers.{d}")]
                    theta[:, level] *= starts[d] ** power
            for d, start in starts.items():
                for f in ("reverts_to", "floor", "ceiling"):
                    theta[:, column(f"drivers.{d}.{f}")] /= start
            return theta

    nothing = assembled.arms[0]
    arms = tuple(Month(m, m, nothing.kind, nothing.table) for m in FRONT)
    run = run_ensemble(
        replace(assembled, tallies=tallies, questions=questions, arms=arms),
        arms=tuple(FRONT),
        **SIZE,
    )
    out: dict[str, dict[str, tuple[float, float]]] = {"claims": {}, "attacks": {}}
    for arm in run.arms:
        for c, name in enumerate(out):
            at = np.cumsum(arm.sums.histogram[c]) / arm.sums.histogram[c].sum()
            low, high = np.searchsorted(at, [0.05, 0.95])
            out[name][arm.id] = (float(low), float(high))
    return out


def test_prior_predictive_months() -> None:
    """The 90 % band of at least 8 of 12 months holds what was counted, both fronts.

    A month whose count is a range or a bound is covered when it meets the band; one
    without a count (attacks of October 2024) is not. The bands are wide: a tempo that
    wanders is not known a year back. With the levels of the origin taken as they are,
    claims would run too high in every month before September (docs/cases/iraq-2024.md).
    """
    found = bands()
    together = dict.fromkeys(FRONT, True)
    for name, known in (("claims", CLAIMS), ("attacks", US)):
        covered = {
            m: known[m][0] <= high and known[m][1] >= low
            for m, (low, high) in found[name].items()
            if m in known
        }
        for m in covered:
            low, high = found[name][m]
            print(f"{name} {m}: {known[m]}, band {low:g} to {high:g}, {covered[m]}")
            together[m] &= covered[m]
        print(f"{name}: {sum(covered.values())} of 12 months covered")
        highest = max(low for low, _ in known.values())
        assert all(high <= 5 * highest for _, high in found[name].values())
        assert sum(covered.values()) >= 8, f"{name}: {covered}"
    both = sum(together[m] for m in CLAIMS.keys() & US.keys())
    print(f"both fronts: {both} of 12 months covered")
    assert both >= 8
