"""What knowing an uncertain input would be worth for choosing a lever.

References
----------
Strong, Oakley & Brennan (2014), Med. Decis. Making 34, doi:10.1177/0272989X13505910:
expected value of partial perfect information by regression on given draws.

This file must never import a case, a page or a command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.study.indices import basis_of

__all__ = ["Worth", "worth_of", "worth_of_all"]

Floats = NDArray[np.float64]
SHUFFLES = 20
DEGREE = 4


@dataclass(frozen=True)
class Worth:
    """Fall of the chance, in expectation, if an input were known before choosing.

    ``luck`` is the most that shuffled inputs gave, all of them together.
    """

    name: str
    worth: float
    luck: float


def worth_of_all(changes: Mapping[str, Floats]) -> float:
    """Value of knowing everything: best lever per draw against best on the whole.

    Parameters
    ----------
    changes
        Lever to its change of the chance in each draw, (D,), the noise of finite
        futures taken out; doing nothing competes.
    """
    table = np.stack([*changes.values(), np.zeros(len(next(iter(changes.values()))))])
    return float(table.mean(axis=1).min() - table.min(axis=0).mean())


def _gain(table: Floats, basis: Floats) -> float:
    X = np.concatenate([np.ones((len(basis), 1)), basis], axis=1)
    fitted = X @ np.linalg.lstsq(X, table.T, rcond=None)[0]
    return float(table.mean(axis=1).min() - fitted.min(axis=1).mean())


def worth_of(
    inputs: Mapping[str, Floats], changes: Mapping[str, Floats], seed: int = 1
) -> tuple[Worth, ...]:
    """Value of knowing each input, the largest first.

    A regression of every lever's change on the input stands for what would then be
    expected of it. What gains no more than the best of all inputs, each shuffled twenty
    times, is worth nothing that could be seen: one of many would pass a bar of its own.

    Parameters
    ----------
    inputs, changes
        (D,) by name, and by lever as counted (noise does no harm here: it is averaged).
    seed
        Of the shuffles.
    """
    rng = np.random.default_rng(seed)
    table = np.stack([*changes.values(), np.zeros(len(next(iter(changes.values()))))])
    gains, luck = {}, 0.0
    for name, x in inputs.items():
        basis = basis_of(x, DEGREE)
        gains[name] = _gain(table, basis)
        shuffled = (_gain(table, rng.permutation(basis)) for _ in range(SHUFFLES))
        luck = max(luck, *shuffled)
    found = [Worth(k, gain if gain > luck else 0.0, luck) for k, gain in gains.items()]
    return tuple(sorted(found, key=lambda w: -w.worth))
