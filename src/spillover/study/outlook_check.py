"""Whether the chances of an outlook held: stated and seen over the last weeks.

As in use: rates are learned on what lies well before, and stay as they are; sums go on
day by day; before each stretch the map is learned anew on those that came before it,
and so are the base rates of the simple forecasters. Three simple forecasters answer the same questions:

    recency    had the pair this act in the last 7 days, in the last 30, before, never,
               or never anything: the share of such that had it, by act, in the weeks
               the map was learned on
    own rate   share of the past stretches in which the pair had this act, drawn toward
               the act's share over all pairs by the weight of four stretches
    base rate  the act's share over all pairs that met before; over those that never did

Bands and intervals let pairs of one stretch and pairs of one source depend on each
other: stretches and sources are drawn anew, both with replacement (two-way bootstrap,
Owen 2007). Bins in which fewer than five facts are expected are not judged. This file
must never import a page.
"""
# ruff: noqa: E501 - sentences for people

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.errors import EventsError
from spillover.model.facts import Facts
from spillover.study.outlook import lessons
from spillover.world.rates_chance import ChanceMap, fit_map
from spillover.world.rates_layout import Layout, added, layout_of
from spillover.world.rates_weeks import Stretch, stretch_of

__all__ = ["EDGES", "Bin", "Check", "Score", "check_outlook"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Progress = Callable[[int, int, str], None]

EDGES = (
    0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7,
    0.8, 0.9, 0.95, 1.0,
)  # fmt: skip
FORECASTERS = ("outlook", "recency", "own rate", "base rate")
OWN_WEIGHT = 4.0
DRAWS = 2000
GROUPS = 500
"""Sources are drawn in so many groups made by lot."""
FEWEST = 5.0
"""Facts expected in a bin that is judged."""


@dataclass(frozen=True)
class Bin:
    """Chances stated between two edges, and what came of them.

    `questions` is weighted. `band_low`, `band_high`: where the share seen should lie,
    central 90 %; `holds`: it does. `holds_alone`: it does in the narrower band that
    draws sources anew and takes the stretches as they are.
    """

    low: float
    high: float
    questions: float
    stated: float
    seen: float
    band_low: float
    band_high: float
    facts: int
    holds: bool
    holds_alone: bool


@dataclass(frozen=True)
class Score:
    """A forecaster's sums over a set of questions, and the outlook's gain on it.

    `brier`, `log_score` are sums over all questions, lower is better; `brier_skill`,
    `log_skill` are 1 - outlook's / this one's, with central 90 % intervals, 0 for the
    outlook itself.
    """

    pairs: str
    forecaster: str
    brier: float
    log_score: float
    brier_skill: tuple[float, float, float]
    log_skill: tuple[float, float, float]


@dataclass(frozen=True)
class Check:
    """What the last weeks said.

    Attributes
    ----------
    first, stretches, horizon
        First day, and how many stretches of how many days.
    learned_on
        Stretches each map was learned on.
    bins
        Pairs seen before; then, in `new_bins`, pairs never seen (weighted sample).
    totals
        For each stretch: kinds of facts stated and seen, of pairs seen before, of new.
    scores
        By set of pairs and forecaster.
    questions, sources
        Pairs seen before times acts times stretches; sources.
    """

    first: int
    stretches: int
    horizon: int
    learned_on: int
    bins: tuple[Bin, ...]
    new_bins: tuple[Bin, ...]
    totals: tuple[tuple[int, float, float, float, float], ...]
    scores: tuple[Score, ...]
    questions: int
    sources: int


def _ages(facts: Facts, layout: Layout, day: int) -> Ints:
    """Days since the last fact of each cell before a day; a million where none."""
    last = np.full(len(layout.cell_action), -(10**6), np.int64)
    use = facts.day < day
    np.maximum.at(last, layout.fact_cell[use], facts.day[use].astype(np.int64))
    return np.minimum(day - last, 10**6)


def _classes(age: Ints) -> Ints:
    """0: within 7 days, 1: within 30, 2: before, 3: never."""
    return np.where(age <= 7, 0, np.where(age <= 30, 1, np.where(age < 10**6, 2, 3)))


@dataclass(frozen=True)
class _Simple:
    """Base rates by class and act; class 3 an act new to a pair, 4 a pair never seen."""

    recency: Floats
    base: Floats

    @classmethod
    def of(cls, facts: Facts, layout: Layout, days: list[int], horizon: int) -> _Simple:
        R, P, E = layout.actions, len(layout.key), layout.entities
        n, y = np.zeros((5, R)), np.zeros((5, R))
        for day in days:
            kind = _classes(_ages(facts, layout, day))
            known = np.zeros(P, bool)
            known[layout.cell_pair[kind < 3]] = True
            during = (facts.day >= day) & (facts.day < day + horizon)
            hit = np.zeros(len(kind), bool)
            hit[layout.fact_cell[during]] = True
            kind = np.where(known[layout.cell_pair], kind, 4)
            for k in range(5):
                mine = kind == k
                n[k] += np.bincount(layout.cell_action[mine], minlength=R)
                y[k] += np.bincount(layout.cell_action[mine & hit], minlength=R)
            seen_cells = sum(
                np.bincount(layout.cell_action[kind == k], minlength=R)
                for k in range(3)
            )
            listed = np.bincount(layout.cell_action[kind == 3], minlength=R)
            n[3] += known.sum() - seen_cells - listed
            n[4] += (
                E * (E - 1)
                - known.sum()
                - np.bincount(layout.cell_action[kind == 4], minlength=R)
            )
        whole = (y.sum(1, keepdims=True) + 0.5) / (n.sum(1, keepdims=True) + 1.0)
        seen = np.stack([y[:4].sum(0), y[4]]), np.stack([n[:4].sum(0), n[4]])
        every = (seen[0].sum(1, keepdims=True) + 0.5) / (
            seen[1].sum(1, keepdims=True) + 1.0
        )
        return cls(
            (y + 20.0 * whole) / (n + 20.0), (seen[0] + 20.0 * every) / (seen[1] + 20.0)
        )


def _own(facts: Facts, layout: Layout, day: int, horizon: int) -> tuple[Floats, int]:
    """Past stretches in which each cell had a fact, counted back from a day; how many."""
    whole = (day - int(facts.day[0])) // horizon
    use = (facts.day < day) & (facts.day >= day - whole * horizon)
    block = (day - 1 - facts.day[use].astype(np.int64)) // horizon
    once = np.unique(layout.fact_cell[use] * (whole + 1) + block) // (whole + 1)
    return added(once, np.ones(len(once)), len(layout.cell_action)), whole


def _answers(
    part: Stretch, facts: Facts, layout: Layout, chances: ChanceMap, simple: _Simple
) -> dict[str, Floats]:
    """Every forecaster's chances for one stretch, shape (n, R)."""
    R = layout.actions
    new = np.arange(len(part.source)) >= part.seen
    acts = np.broadcast_to(np.arange(R), part.expected.shape)
    stated = chances.chance(part.expected, new)
    P = len(layout.key)
    kind = np.full((P, R), 3)
    at = (layout.cell_pair, layout.cell_action)
    kind[at] = _classes(_ages(facts, layout, part.first))
    p = layout.find(part.source, part.target)
    mine = np.where(new[:, None], 4, kind[p])
    had = np.zeros((P, R))
    counts, whole = _own(facts, layout, part.first, part.horizon)
    had[at] = counts
    base = simple.base[new.astype(int)]
    past = np.where(new[:, None], 0.0, had[p])
    return {
        "outlook": stated,
        "recency": simple.recency[mine, acts],
        "own rate": (past + OWN_WEIGHT * base) / (whole + OWN_WEIGHT),
        "base rate": base,
    }


def check_outlook(
    facts: Facts,
    end: int,
    *,
    stretches: int = 4,
    horizon: int = 7,
    sample: int = 100_000,
    progress: Progress | None = None,
) -> Check:
    """State chances for the last stretches before `end` and see what came of them.

    Raises
    ------
    EventsError
        When too little lies before them.
    """
    say = progress or (lambda done, total, what: None)
    first = end - stretches * horizon
    facts = facts.between(-(2**31) + 1, end)
    fit, past = lessons(facts, first, horizon=horizon, progress=lambda d, t, w: say(d, t + stretches, w))  # fmt: skip
    n = len(past)
    layout = layout_of(facts)
    E, R = layout.entities, layout.actions
    nb = len(EDGES) - 1
    G = min(GROUPS, E)
    group = np.random.default_rng(1).permutation(E) % G
    # by set (seen, new): by bin weight, stated, seen; by forecaster two scores;
    # all by stretch and group of sources
    reliable = np.zeros((2, nb, 3, stretches, G))
    facts_in = np.zeros((2, nb), np.int64)
    score = np.zeros((2, len(FORECASTERS), 2, stretches, G))
    totals: list[tuple[int, float, float, float, float]] = []
    questions = 0
    who: list[Ints] = []
    for k in range(stretches):
        say(30 + k, 30 + stretches, "stating chances and seeing what came")
        day = first + k * horizon
        chances = fit_map(past[-n:], actions=R, draws=0)
        days = [day - j * horizon for j in range(n, 0, -1)]
        simple = _Simple.of(facts, layout, days, horizon)
        part = stretch_of(fit.rates, facts, layout, day, horizon=horizon, sample=sample)
        past.append(part)
        answers = _answers(part, facts, layout, chances, simple)
        w = np.repeat(part.weight, R)
        y = part.happened.ravel()
        s = np.repeat(group[part.source], R)
        who.append(np.unique(part.source[: part.seen]))
        new = np.repeat(np.arange(len(part.source)) >= part.seen, R)
        questions += part.seen * R
        p = answers["outlook"].ravel()
        step = np.clip(np.digitize(p, EDGES) - 1, 0, nb - 1)
        for g in (0, 1):
            m = new == g
            key = step[m] * G + s[m]
            for j, v in enumerate((w[m], w[m] * p[m], w[m] * y[m])):
                reliable[g, :, j, k] = added(key, v, nb * G).reshape(nb, G)
            facts_in[g] += np.bincount(step[m], y[m], nb).astype(np.int64)
            for j, name in enumerate(FORECASTERS):
                q = answers[name].ravel()[m]
                brier = w[m] * (q - y[m]) ** 2
                log = -w[m] * np.log(np.where(y[m], q, 1.0 - q))
                score[g, j, 0, k] = added(s[m], brier, G)
                score[g, j, 1, k] = added(s[m], log, G)
        sums = [float((w * v)[new == g].sum()) for g in (0, 1) for v in (p, y)]
        totals.append((part.first, sums[0], sums[1], sums[2], sums[3]))
    if not facts_in.sum():
        msg = f"the facts of the last {stretches * horizon} days are none: there is nothing to check against"
        raise EventsError(msg)
    rng = np.random.default_rng(0)
    draws = tuple(
        rng.multinomial(n, np.full(n, 1 / n), DRAWS).astype(float)
        for n in (stretches, G)
    )
    return Check(
        first, stretches, horizon, n,
        _bins(reliable[0], facts_in[0], draws), _bins(reliable[1], facts_in[1], draws),
        tuple(totals), _scores(score, draws), questions,
        len(np.unique(np.concatenate(who))),
    )  # fmt: skip


def _drawn(sums: Floats, draws: tuple[Floats, ...]) -> Floats:
    """Sums of shape (stretches, groups) in every draw of both."""
    return np.asarray(((draws[0] @ sums) * draws[1]).sum(1))


def _bins(sums: Floats, facts: Ints, draws: tuple[Floats, ...]) -> tuple[Bin, ...]:
    found = []
    for k in range(len(EDGES) - 1):
        n, stated, seen = (float(x) for x in sums[k].sum((1, 2)))
        if stated < FEWEST:
            continue
        # a source brings both what was stated and what came: the difference is judged
        off = sums[k][2] - sums[k][1]
        held = []
        for weeks in (draws[0], np.ones_like(draws[0])):
            both = (weeks, draws[1])
            weight = _drawn(sums[k][0], both)
            use = weight > 0
            # centered where what was stated is right
            spread = _drawn(off, both)[use] / weight[use] - off.sum() / n
            low, high = (stated / n - np.quantile(spread, q) for q in (0.95, 0.05))
            held.append((float(low), float(high), bool(low <= seen / n <= high)))
        found.append(
            Bin(
                EDGES[k],
                EDGES[k + 1],
                n,
                stated / n,
                seen / n,
                max(0.0, held[0][0]),
                min(1.0, held[0][1]),
                int(facts[k]),
                held[0][2],
                held[1][2],
            )
        )
    return tuple(found)


def _scores(sums: Floats, draws: tuple[Floats, ...]) -> tuple[Score, ...]:
    found = []
    for name, part in (
        ("pairs seen before", sums[0]),
        ("pairs never seen", sums[1]),
        ("all pairs", sums.sum(0)),
    ):
        for j, forecaster in enumerate(FORECASTERS):
            skills = []
            for k in (0, 1):
                mine, other = part[0, k], part[j, k]
                again = 1.0 - _drawn(mine, draws) / _drawn(other, draws)
                low, high = np.quantile(again, [0.05, 0.95])
                skills.append(
                    (float(1.0 - mine.sum() / other.sum()), float(low), float(high))
                )
            found.append(
                Score(
                    name,
                    forecaster,
                    float(part[j, 0].sum()),
                    float(part[j, 1].sum()),
                    *skills,
                )
            )
    return tuple(found)
