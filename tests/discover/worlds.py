"""Invented worlds of events with known links."""

from __future__ import annotations

import numpy as np

ACTORS = ("red", "blue", "green", "grey")
STREAMS = (
    ("red", "ASSAULT", "blue"),
    ("blue", "ASSAULT", "red"),
    ("red", "THREATEN", "blue"),
    ("green", "ASSAULT", "blue"),
    ("grey", "ACCUSE", "red"),
    ("green", "CONSULT", "grey"),
)
OWN = 0.3
PLANTED = {(1, 0): 0.4, (0, 1): 0.3, (3, 1): 0.4}
"""(then, when) to children: blue returns red's fire, red blue's, and green, a third
party, fires at blue when blue fires at red. Nothing else is linked."""


def branching(links: dict[tuple[int, int], float], n: int, own: float) -> np.ndarray:
    G = own * np.eye(n)
    for (i, j), g in links.items():
        G[i, j] = g
    return G


def simulate(
    rng: np.random.Generator,
    mu: np.ndarray,
    G: np.ndarray,
    half_life: float,
    days: int,
) -> np.ndarray:
    """Daily counts of a Hawkes process in clock time; ``mu`` (streams, days)."""
    b = np.log(2.0) / half_life
    first = rng.poisson(mu)
    streams, day = np.nonzero(first)
    reps = first[streams, day]
    s = np.repeat(streams, reps)
    t = np.repeat(day, reps) + rng.random(reps.sum())
    all_s, all_t = [s], [t]
    while s.size:
        kids = rng.poisson(G[:, s])
        child, parent = np.nonzero(kids)
        reps = kids[child, parent]
        s = np.repeat(child, reps)
        t = np.repeat(t[parent], reps) + rng.exponential(1.0 / b, reps.sum())
        keep = t < days
        s, t = s[keep], t[keep]
        all_s.append(s)
        all_t.append(t)
    counts = np.zeros((mu.shape[0], days))
    np.add.at(counts, (np.concatenate(all_s), np.concatenate(all_t).astype(int)), 1.0)
    return counts


def flat(rates: list[float], days: int) -> np.ndarray:
    return np.repeat(np.array(rates)[:, None], days, axis=1)


def wandering(rng: np.random.Generator, rates: list[float], days: int, spread: float) -> np.ndarray:  # fmt: skip
    """One slow background that all streams share, and a weekday pattern."""
    steps = rng.normal(0.0, spread / np.sqrt(40.0), days)
    x = np.zeros(days)
    for d in range(1, days):
        x[d] = x[d - 1] * (1.0 - 1.0 / 80.0) + steps[d]
    week = np.where(np.arange(days) % 7 >= 5, 0.6, 1.16)
    return np.array(rates)[:, None] * np.exp(x - x.mean()) * week
