"""A draw's numbers are its own: to the last byte the same in whatever company."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spillover.api import load
from spillover.assemble.draws import draw_table
from spillover.assemble.posterior import Posterior

FIELDS = ("theta", "choice", "attempts", "radius")


@pytest.mark.parametrize("fitted", [False, True])
def test_numbers_do_not_depend_on_other_draws(fitted):
    """Also with a dense posterior, whose matrix products once rounded by company."""
    assembled = load("iraq-2024").assembled
    if fitted:
        paths = tuple(c.path for c in assembled.slots.columns if c.drawn)[:60]
        rng = np.random.default_rng(1)
        n = len(paths)
        root = 0.9 * np.eye(n) + 0.02 * rng.standard_normal((n, n))
        mean = 0.1 * rng.standard_normal(n)
        assembled = replace(assembled, posterior=Posterior(paths, mean, root))
    whole = draw_table(assembled, 7, 90, judge=False)
    for size in (1, 31, 64):
        for low in range(0, 90, size if size > 1 else 40):
            count = min(size, 90 - low)
            part = draw_table(assembled, 7, count, low, judge=False)
            for name in FIELDS:
                mine = getattr(whole, name)[low : low + count]
                assert getattr(part, name).tobytes() == mine.tobytes(), (name, size)
