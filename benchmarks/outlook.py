"""An outlook over an invented world: how long, how much memory, and how it grows.

    python -m benchmarks.outlook [--facts 250000 1000000] [--plain 200]

Actors are drawn by a power law, half of the facts repeat an earlier pair and act. The
ratio is that of the compiled pass to the law fact by fact in NumPy (`rates_plain`), for
one rate.
"""

# ruff: noqa: E501 - calls of one line
from __future__ import annotations

import argparse
import resource
import time
from itertools import pairwise

import numpy as np
from rich.console import Console
from rich.table import Table

from spillover.model.actions import ACTIONS
from spillover.model.facts import Facts
from spillover.study.outlook import Learned, view_at
from spillover.world.rates_chance import fit_map
from spillover.world.rates_fit import fit_rates
from spillover.world.rates_layout import layout_of
from spillover.world.rates_plain import contributions
from spillover.world.rates_weeks import stretch_of

DAYS = 300


def invented(n: int, *, seed: int = 1) -> Facts:
    """A world of about n facts over 300 days."""
    rng = np.random.default_rng(seed)
    E = max(n // 15, 50)
    odds = 1.0 / np.arange(1, E + 1) ** 0.8
    fresh = n // 2
    s, o = (rng.choice(E, fresh, p=odds / odds.sum()) for _ in range(2))
    r = rng.integers(0, len(ACTIONS), fresh)
    again = rng.integers(0, max(fresh // 4, 1), n - fresh)
    s, o, r = (np.concatenate([x, x[again]]) for x in (s, o, r))
    keep = s != o
    names = tuple(f"actor {k}" for k in range(E))
    day = rng.integers(0, DAYS, n)
    return Facts.of(
        s[keep], r[keep], o[keep], day[keep], entities=names, actions=ACTIONS
    )


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--facts", type=int, nargs="+", default=[250_000])
    asked.add_argument("--plain", type=int, default=100)
    given = asked.parse_args()
    fit_rates(invented(2_000), rounds=(1, 1))  # compile
    table = Table("Facts", "Pairs", "Fit, s", "One week, s", "Map, s", "Look, s", "Peak, MB", "Compiled / plain")  # fmt: skip
    for n in given.facts:
        facts = invented(n)
        layout = layout_of(facts)
        t = [time.perf_counter()]
        fit = fit_rates(facts, end=DAYS - 21)
        t.append(time.perf_counter())
        parts = [stretch_of(fit.rates, facts, layout, DAYS - 21)]
        t.append(time.perf_counter())
        chances = fit_map(parts, actions=len(ACTIONS))
        t.append(time.perf_counter())
        view = view_at(Learned(fit, chances, DAYS, 7), facts, layout, DAYS)
        t.append(time.perf_counter())
        some = np.random.default_rng(0).integers(0, len(facts), given.plain)
        for k in some:
            contributions(
                fit.rates, layout, view.shares, facts, DAYS,
                int(facts.source[k]), int(facts.action[k]), int(facts.target[k]),
            )  # fmt: skip
        plain = (time.perf_counter() - t[-1]) / given.plain
        rounds = len(fit.climbed[0]) + len(fit.climbed[1])
        compiled = (t[1] - t[0]) / rounds / fit.facts
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        spans = [f"{b - a:.1f}" for a, b in pairwise(t)]
        table.add_row(f"{len(facts):,}", f"{len(layout.key):,}", *spans, f"{peak:,.0f}", f"1 / {plain / compiled:,.0f}")  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
