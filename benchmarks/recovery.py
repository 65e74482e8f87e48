"""How well the spectral radius comes back from daily counts, as tables.

    python -m benchmarks.recovery --sets 50
    python -m benchmarks.recovery --sets 50 --slow-background
    python -m benchmarks.recovery --sets 20 --all-links

Truth: 10 streams, 3 years, about 20,000 events, spectral radius 0.6, half-lives 2 to 7
days (one per receiving stream, or per link), simulated in exact time by the engine and
counted by the day. Fits: default
priors, the links that exist or all hundred, constant background and random walk.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from spillover.inference.coverage import inside, look, random_world, summary
from spillover.inference.daily import Links
from spillover.inference.daily_answers import spectral_radius
from spillover.inference.daily_data import DailyData
from spillover.inference.daily_fit import Background, fit_daily
from spillover.inference.daily_problem import Sharing

K, D, RADIUS, EVENTS = 10, 1096, 0.6, 20_000.0
SLOW = (0.7, 40.0)


def main() -> None:
    """Run and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=50)
    parser.add_argument("--slow-background", action="store_true")
    parser.add_argument("--all-links", action="store_true")
    parser.add_argument("--sharing", choices=("row", "link"), default="row")
    parser.add_argument("--own-generator", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    rows: dict[Background, list[tuple[float, ...]]] = {"constant": [], "walk": []}
    events = []
    sharing: Sharing = "row" if asked.sharing == "row" else "link"
    for s in range(asked.sets):
        rng = np.random.default_rng([asked.seed, s])
        world = random_world(
            rng, K=K, D=D, radius=RADIUS, events=EVENTS,
            sharing=asked.sharing,
            background=SLOW if asked.slow_background else None,
        )  # fmt: skip
        seen = look(world, s, own=asked.own_generator)
        events.append(seen.counts.sum())
        links = Links.full(K) if asked.all_links else world.links
        data = DailyData(seen.counts, start_state=np.zeros(len(links)))
        for background, out in rows.items():
            began = time.process_time()
            fit = fit_daily(data, links, background=background, sharing=sharing)
            took = time.process_time() - began
            draws = fit.fit.draws(rng, 200)
            numbers = [fit.problem.numbers(z) for z in (fit.fit.mode, *draws)]
            r = np.array([spectral_radius(links, x.children, K) for x in numbers])
            out.append(
                (np.median(r[1:]) - RADIUS, r[0] - RADIUS, inside(r[1:], RADIUS),
                 fit.step, took)
            )  # fmt: skip
    print(
        f"{asked.sets} sets, {np.mean(events):.0f} events on average, "
        f"{'all' if asked.all_links else 'existing'} links, "
        f"half-lives per {asked.sharing}, "
        f"{'log-OU background' if asked.slow_background else 'constant background'}, "
        f"{'daily law' if asked.own_generator else 'engine'}"
    )
    print(
        "| fit | bias (se) | RMSE | RMSE of the mode | 90 % covers | step | s a fit |"
    )
    print("|---|---|---|---|---|---|---|")
    for background, out in rows.items():
        x = np.array(out)
        bias, se, rmse = summary(x[:, 0])
        print(
            f"| {background} | {bias:+.3f} ({se:.3f}) | {rmse:.3f} "
            f"| {summary(x[:, 1])[2]:.3f} | {x[:, 2].mean():.2f} "
            f"| {x[:, 3].mean():.2f} | {x[:, 4].mean():.1f} |"
        )


if __name__ == "__main__":
    main()
