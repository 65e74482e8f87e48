"""Every array of a likelihood's gradient against differences in random directions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

__all__ = ["check_slopes"]


def check_slopes(setting: Any, got: Any, more: dict[str, object]) -> None:
    """``setting`` has the arrays by name and ``value(**arrays)``; ``got`` the slopes."""
    rng = np.random.default_rng(1)
    for name in ("mu", "factor", "children", "decay"):
        here, grad = getattr(setting, name), getattr(got, f"d_{name}")
        for _ in range(4):
            way, h = rng.standard_normal(here.shape), 1e-6
            up = setting.value(**more, **{name: here + h * way}).logp
            down = setting.value(**more, **{name: here - h * way}).logp
            assert (up - down) / (2 * h) == pytest.approx(
                float(np.sum(grad * way)), rel=2e-6, abs=2e-6
            ), name
