"""A case whose events beget events without end is refused, with the number."""

from __future__ import annotations

from pathlib import Path

import pytest

import spillover as sp
from spillover.errors import UnstableError

FOLDER = Path(__file__).parent.parent / "golden" / "bad_models"


def test_median_radius_above_one_is_refused() -> None:
    with pytest.raises(UnstableError, match=r"the median spectral radius is 1\.\d+"):
        sp.check(FOLDER / "unstable.yaml")


def test_the_good_one_passes() -> None:
    sp.check(FOLDER / "good.yaml", strict=True)
