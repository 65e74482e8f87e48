"""What tests of faults share: a small ensemble and the digest of all it came to."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from spillover.api import CaseModel
from spillover.ensemble.run import Ensemble, run_ensemble

__all__ = ["SIZE", "all_of_it", "run"]

SIZE: dict[str, Any] = {"draws": 60, "futures": 4, "seed": 3}


def run(small: CaseModel, **more: Any) -> Ensemble:
    """A small ensemble of the case that `new` writes, with a lever beside it."""
    arms = ["nothing", small.levers[1]]
    return run_ensemble(small.assembled, arms=arms, threads=2, **{**SIZE, **more})


def all_of_it(e: Ensemble) -> str:
    """Digest of every array and number of an ensemble."""
    total = hashlib.sha256()
    for arm in e.arms:
        for sums in (arm.sums, arm.pairs):
            for array in sums or ():
                total.update(repr((array.dtype, array.shape)).encode())
                total.update(np.ascontiguousarray(array).tobytes())
    for array in (e.theta, e.choice, e.index, e.radius):
        total.update(np.ascontiguousarray(array).tobytes())
    total.update(repr((e.effective, e.redrawn, e.back)).encode())
    return total.hexdigest()
