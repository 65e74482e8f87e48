"""Coverage of 90 % intervals against the engine, as a table.

    python -m benchmarks.intervals --sets 60
    python -m benchmarks.intervals --sets 60 --no-nuts

Truth: 3 streams, 600 days, spectral radius 0.5, half-lives 2 to 7 days, about 2,000
events, simulated by the engine in exact time; links known, default priors, constant
background. The same events are seen at their clock times, by the day, by the month
(30-day sums of all streams), and, naively, by the day with a random hour put back and
fitted as if exact. Asked: the spectral radius, the mean rate of each stream, its count
on the day after the last (randomised ends; pooled over streams).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spillover.inference.conditional import bent_draws
from spillover.inference.coverage import World, inside, look, random_world, summary
from spillover.inference.daily import same_day_share
from spillover.inference.daily_answers import mean_rate, next_days, spectral_radius
from spillover.inference.daily_data import USUAL, DailyData
from spillover.inference.daily_fit import fit_daily
from spillover.inference.exact_data import prepare
from spillover.inference.exact_fit import fit_exact
from spillover.inference.exact_prior import ExactPrior, Support
from spillover.inference.nuts import sample_nuts
from spillover.inference.posterior import MapFit, Problem
from spillover.inference.sums import Blocks

Floats = NDArray[np.float64]
K, D, RADIUS, EVENTS, MONTH = 3, 600, 0.5, 2000.0, 30


@dataclass(frozen=True)
class Draws:
    """Radius (M,), mean rates (M, K), counts of the next day (M, K)."""

    radius: Floats
    rate: Floats
    count: Floats


def by_day(
    world: World, counts: Floats, *, months: bool
) -> tuple[Problem, MapFit, Callable[[Floats, np.random.Generator], Draws]]:
    """Fit daily counts, or their monthly sums."""
    links, blocks = world.links, None
    if months:
        first = np.tile(np.arange(0, D, MONTH), K)
        stream = np.repeat(np.arange(K), D // MONTH)
        sums = counts.reshape(D // MONTH, MONTH, K).sum(axis=1).T.ravel()
        blocks = Blocks(stream, first, first + MONTH, sums, sums)
        counts = np.zeros_like(counts)
    data = DailyData(counts, start_state=np.zeros(len(links)), blocks=blocks)
    fit = fit_daily(data, links, background="constant")

    def answers(z: Floats, rng: np.random.Generator) -> Draws:
        numbers = [fit.problem.numbers(row) for row in z]
        return Draws(
            np.array([spectral_radius(links, x.children, K) for x in numbers]),
            np.array([mean_rate(links, x.children, x.mu[-1]) for x in numbers]),
            next_days(fit.problem, z, rng)[:, 0],
        )

    return fit.problem, fit.fit, answers


def by_clock(
    world: World, time: Floats, stream: NDArray[np.int64]
) -> tuple[Problem, MapFit, Callable[[Floats, np.random.Generator], Draws]]:
    """Fit events at their clock times, with the priors of `DailyPrior`."""
    links, L = world.links, len(world.links)
    data = prepare(time, stream, streams=K, windows=[(0.0, float(D))])
    into = np.bincount(links.target)[links.target]
    support = Support(
        links.target,
        links.source,
        np.full(L, -1),
        USUAL / into,
        np.ones(L),
        np.arange(L),
    )
    fit = fit_exact(data, support, ExactPrior(half_life=(3.0,) * L))

    def answers(z: Floats, rng: np.random.Generator) -> Draws:
        x = fit.problem.decode(z)
        rate, count = np.empty((len(z), K)), np.empty((len(z), K))
        radius = np.empty(len(z))
        for m in range(len(z)):
            G, b, mu = x.weight[m], x.decay[m], x.rate[m, :, -1]
            radius[m] = spectral_radius(links, G, K)
            rate[m] = mean_rate(links, G, mu)
            k, _ = same_day_share(b)
            left = np.array(
                [np.exp(-b[i] * (D - time[stream == links.source[i]])).sum()
                 for i in range(L)]
            )  # fmt: skip
            theta = mu + np.bincount(links.target, G * left * -np.expm1(-b), K)
            eta = links.matrix(G * k, K)
            new = rng.poisson(theta).astype(np.float64)
            count[m] = 0.0
            while new.any():
                count[m] += new
                new = rng.poisson(eta @ new).astype(np.float64)
        return Draws(radius, rate, count)

    return fit.problem, fit.fit, answers


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--no-nuts", action="store_true")
    asked = parser.parse_args()
    found: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for s in range(asked.sets):
        rng = np.random.default_rng([asked.seed, s])
        world = random_world(rng, K=K, D=D, radius=RADIUS, events=EVENTS, share=0.35)
        seen = look(world, s, extra_days=1)
        before = seen.time < D
        time, stream = seen.time[before], seen.stream[before]
        jitter = np.floor(time) + rng.random(len(time))
        order = np.argsort(jitter)
        counts, after = seen.counts[:D], seen.counts[D]
        views = {
            "clock times": partial(by_clock, world, time, stream),
            "days": partial(by_day, world, counts, months=False),
            "months": partial(by_day, world, counts, months=True),
            "days as if exact": partial(by_clock, world, jitter[order], stream[order]),
        }
        for name, make in views.items():
            problem, fit, answers = make()
            part = problem.at["rate" if "rate" in problem.at else "level"]
            sets = {
                "Laplace, plain": fit.draws(rng, 500),
                "Laplace": bent_draws(problem, fit, rng, 500, part),
            }
            if not asked.no_nuts and name != "days as if exact":
                chains = sample_nuts(
                    problem, seed=s, start=fit, chains=2, draws=250, tune=200,
                    unmixed="keep",
                )  # fmt: skip
                sets["NUTS"] = chains.flat()
            for method, z in sets.items():
                got = answers(z, rng)
                found.setdefault((name, method), []).append(
                    (
                        inside(got.radius, RADIUS),
                        np.mean(
                            [inside(got.rate[:, i], world.rate[i]) for i in range(K)]
                        ),
                        np.mean(
                            [
                                inside(got.count[:, i], after[i], rng=rng)
                                for i in range(K)
                            ]
                        ),
                        np.median(got.radius) - RADIUS,
                        np.median(np.log(got.rate.sum(axis=1) / world.rate.sum())),
                    )
                )
    print(f"{asked.sets} sets, 90 % intervals, standard errors in brackets")
    print(
        "| data | method | radius covers | mean rate covers | next day covers "
        "| radius bias | log rate bias |"
    )
    print("|---|---|---|---|---|---|---|")
    for (name, method), rows in found.items():
        x = np.array(rows)
        se = x.std(axis=0, ddof=1) / np.sqrt(len(x))
        cells = " | ".join(f"{x[:, c].mean():.3f} ({se[c]:.3f})" for c in range(3))
        bias = " | ".join(
            f"{summary(x[:, c])[0]:+.3f} ({summary(x[:, c])[1]:.3f})" for c in (3, 4)
        )
        print(f"| {name} | {method} | {cells} | {bias} |", flush=True)


if __name__ == "__main__":
    main()
