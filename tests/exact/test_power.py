"""Wrong engines must be rejected: each fault by a check of this suite (docs/validation.md).

A wrong engine is the right one on a spoilt model, or with spoilt paths: it answers as an
engine with that fault would. The right engine passes the same checks elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from spillover.model.history import History
from spillover.model.structure import Act, Clause, Model, Pattern
from tests.exact import test_factors, test_hawkes, test_mechanisms, test_past
from tests.support.engines import Engine, engine

Paths = list[History]
Theta = NDArray[np.float64]
Wrong = Callable[..., Paths]


def right() -> Wrong:
    return engine("branching").run


def keep(h: History, at: NDArray[np.bool_]) -> History:
    fields = ("time", "stream", "flags", "deaths", "injured", "claims", "key", "via")
    kept = {f: getattr(h, f)[at] for f in fields}
    return replace(h, **kept, parent=np.full(int(at.sum()), -1))


def transposed(model: Model, theta: Theta, **more: Any) -> Paths:
    """G read the wrong way round."""
    turned = tuple(
        replace(
            r,
            when=Pattern((Clause(r.then.stream),)),
            then=Act(r.when.clauses[0].stream),
        )
        for r in model.responses
    )
    return right()(replace(model, responses=turned), theta, **more)


def without_decay(model: Model, theta: Theta, **more: Any) -> Paths:
    """Children come at once."""
    quick = theta.copy()
    for r in model.responses:
        for part in r.kernel:
            quick[part.half_life] = 1e-6
    return right()(model, quick, **more)


def stale_cap(model: Model, theta: Theta, **more: Any) -> Paths:
    """Candidates are made up to 1 only: what raises has no effect."""
    low = theta.copy()
    for f in model.factors:
        for row in f.rows:
            low[row.factor] = min(low[row.factor], 1.0)
    return right()(model, low, **more)


def ignored_factor(model: Model, theta: Theta, **more: Any) -> Paths:
    """No factor is looked at."""
    return right()(replace(model, factors=()), theta, **more)


def reused_keys(model: Model, theta: Theta, *, futures: int = 1, **more: Any) -> Paths:
    """Every future has the key of the first."""
    return right()(model, theta, futures=1, **more) * futures


def reused_seeds(model: Model, theta: Theta, *, draw: int = 0, **more: Any) -> Paths:
    """Every draw has the key of the first."""
    return right()(model, theta, draw=0, **more)


def after_the_end(model: Model, theta: Theta, **more: Any) -> Paths:
    """Events a little after the horizon are kept."""
    return right()(replace(model, horizon=model.horizon + 2.0), theta, **more)


def rejected_ones_breed(model: Model, theta: Theta, **more: Any) -> Paths:
    """The offspring of rejected candidates stay: thin at the end, not on the way."""
    free = right()(replace(model, factors=()), theta, **more)
    factor = float(theta[model.factors[0].rows[0].factor])
    rng = np.random.default_rng(7)
    out = []
    for h in free:
        held = (h.stream == 0) & (h.time >= 3.0) & (h.time < 11.0)
        out.append(keep(h, ~held | (rng.random(len(h)) < factor)))
    return out


def delay_alone(model: Model, theta: Theta, **more: Any) -> Paths:
    """A pending answer has its whole chance: only its delay is conditioned."""
    past = more["past"]
    line = model.red_lines[0]
    assert line.delay is not None
    S = stats.lognorm(theta[line.delay.b], scale=theta[line.delay.a]).sf(-past.time[0])
    q = float(theta[line.chance])
    spoilt = theta.copy()
    spoilt[line.chance] = q / (S + q * (1.0 - S))  # then q S / (1 - q + q S) is q
    return right()(model, spoilt, **more)


WRONG: list[tuple[Wrong, Callable[[Engine], None]]] = [
    (transposed, test_hawkes.check_asymmetric),
    (without_decay, test_hawkes.check_asymmetric),
    (stale_cap, test_factors.check_raise),
    (ignored_factor, test_factors.check_restraint),
    (reused_keys, test_hawkes.check_void),
    (reused_seeds, test_factors.check_dated_obedience),
    (after_the_end, test_mechanisms.check_nothing_after_the_end),
    (rejected_ones_breed, test_factors.check_restrained_offspring),
    (delay_alone, test_past.check_pending_answer),
]


@pytest.mark.parametrize(("wrong", "check"), WRONG, ids=lambda f: f.__name__)
def test_a_wrong_engine_is_rejected(
    wrong: Wrong, check: Callable[[Engine], None]
) -> None:
    spoilt = Engine(wrong.__name__, wrong, 1.0)
    with pytest.raises(AssertionError):
        check(spoilt)


@pytest.mark.parametrize(
    "check", list(dict.fromkeys(c for _, c in WRONG)), ids=lambda f: f.__name__
)
def test_the_right_engine_passes_the_same_check(
    check: Callable[[Engine], None],
) -> None:
    check(engine("branching"))
