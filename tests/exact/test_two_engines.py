"""Branching and thinning have one law: on random small models and on both cases.

The two share no code but structure and closed forms. Compared: counts of every stream,
first passages, marks, and what is on at the end, one future in each of many draws.
With n and m paths a two-sample test sees differences of about 2.3 sqrt(1/n + 1/m)
between distribution functions: 0.09 here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spillover as sp
from spillover.assemble.draws import draw_table
from spillover.assemble.impute import impute
from tests.support.build import Build, fixed, lognormal, records, uniform
from tests.support.engines import counts, engine, first_times
from tests.support.stat import check_same_law

PLAIN, FAST = 700, 2_800


def random_model(rng: np.random.Generator) -> tuple[Build, object]:
    """A model of four streams with most mechanisms, drawn at random."""
    b = Build(horizon=float(rng.uniform(8.0, 15.0)))
    names = ["raid", "strike", "word", "ask"]
    b.driver("war", "walk", spread=float(rng.uniform(0.05, 0.3)), ceiling=3.0)
    b.stream(
        "raid",
        base=float(rng.uniform(0.3, 0.8)),
        drivers={"war": 1.0},
        choices={"member": {"one": 0.6, "two": None}},
        deaths=(0.3, lognormal(1.5, 0.5)),
    )
    b.stream("strike", base=float(rng.uniform(0.02, 0.1)))
    b.stream("word", base=float(rng.uniform(0.02, 0.1)))
    b.stream("ask", base=float(rng.uniform(0.05, 0.2)))
    b.stream("front", base=0.5, dormant=True)
    for _ in range(int(rng.integers(1, 4))):
        when, then = rng.choice(names, 2)
        b.response(
            str(when),
            str(then),
            float(rng.uniform(0.1, 0.35)),
            float(rng.uniform(0.5, 4)),
        )
    b.state("truce", on="word", lasts=lognormal(3.0, 0.5))
    b.gauge("strain", float(rng.uniform(2, 8)), {"strike": 1.0, "raid[deadly]": 0.5})
    b.gauge_factor("strain", [b.row("ask", float(rng.uniform(0.2, 0.8)))], 1.0)
    b.factor(
        "hold",
        [b.row("raid[one]", 0.1, obeys=0.7), b.row("raid[two]", 0.3, compliance=0.6)],
        starts="word",
        ends="strike",
        delay=lognormal(1.0, 0.6),
        holds_for=lognormal(3.0, 0.4),
        half_life=float(rng.uniform(1, 4)),
    )
    b.factor(
        "anger",
        [b.row("raid", float(rng.uniform(1.5, 2.5)))],
        holds_for=fixed(3.0),
        half_life=2.0,
        cap=3.0,
    )
    b.red_line(
        "deaths", "raid", lognormal(2.0, 0.5), kind="deaths", window=6.0, chance=0.6,
        act="strike", delay=lognormal(2.0, 0.5), times=uniform(1.0, 2.4), wear_chance=0.8,
    )  # fmt: skip
    b.red_line(
        "surge",
        "strike",
        fixed(1.0),
        window=5.0,
        chance=0.5,
        factor="anger",
        delay=fixed(0.5),
    )
    b.red_line(
        "opens",
        "strike",
        fixed(2.0),
        window=9.0,
        chance=0.7,
        opens="front",
        open_for=lognormal(3.0, 0.3),
    )
    truce = b.when("state", "truce")
    b.reply(
        "reply",
        "ask",
        5.0,
        {"word": 0.3, "strike": 0.1},
        delay=lognormal(2.0, 0.7),
        odds=[(truce, 0, 3.0)],
    )
    b.warning("leak", "strike", issued=-2.0, chance=0.3, by=4.0, after=0.2, fades=3.0)
    past = records(
        b,
        [
            (-7.0, "raid[one]", 2, 0),
            (-6.0, "ask"),
            (-3.5, "word"),
            (-1.0, "raid[two]", 1, 0),
        ],
    )
    return b, past


def compare(
    model, theta, past, what: str, *, plain: int = PLAIN, fast: int = FAST
) -> None:
    slow, quick = engine("thinning"), engine("branching")
    a = slow.draws(model, theta, round(plain / slow.share), past=past)
    b = quick.draws(model, theta, fast, past=past)
    for i, s in enumerate(model.streams):
        check_same_law(counts(a, i), counts(b, i), f"{what}: count of {s.id}")
        check_same_law(first_times(a, i), first_times(b, i), f"{what}: first {s.id}")
        half = model.horizon / 2
        check_same_law(
            counts(a, i, low=half), counts(b, i, low=half), f"{what}: late {s.id}"
        )
    deaths = [np.array([h.deaths.sum() for h in paths]) for paths in (a, b)]
    check_same_law(*deaths, f"{what}: deaths")
    claims = [np.array([h.claims.sum() for h in paths]) for paths in (a, b)]
    check_same_law(*claims, f"{what}: claims")


@settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 10_000))
def test_random_small_models(seed: int) -> None:
    b, past = random_model(np.random.default_rng(seed))
    compare(*b.build(), past, f"random model {seed}")


@pytest.mark.slow
@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 10_000_000))
def test_many_random_small_models(seed: int) -> None:
    b, past = random_model(np.random.default_rng(seed))
    compare(*b.build(), past, f"random model {seed}")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "days"), [("strait-demo", 60.0), ("iraq-2024", 25.0)])
def test_bundled_cases(name: str, days: float) -> None:
    """One draw of the case with its imputed past, both engines, for some weeks."""
    assembled = sp.load(name).assembled
    theta = draw_table(assembled, 5, 200).theta[:1]
    past = impute(assembled, theta, 5).history(0)
    model = replace(assembled.model, horizon=days)
    compare(model, theta[0], past, name, plain=600, fast=2_400)
