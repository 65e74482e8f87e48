"""Laws that hold, are broken, or are unlucky: asked only by `test_short`, by name."""

from __future__ import annotations

import os

import numpy as np

from tests.support.engines import SEED
from tests.support.stat import check_mean

UNLUCKY = int(os.environ.get("SPILLOVER_UNLUCKY_SEED", "-1"))


def thousand() -> np.ndarray:
    return np.random.default_rng(SEED).normal(1.0, 0.1, 1000)


def test_a_law_that_holds():
    check_mean(thousand(), 1.0, "mean")


def test_a_broken_law():
    check_mean(thousand() * 1.05, 1.0, "mean")


def test_an_unlucky_draw():
    luck = 0.05 if UNLUCKY == SEED else 0.0
    check_mean(thousand() + luck, 1.0, "mean")
