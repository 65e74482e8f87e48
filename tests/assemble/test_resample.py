"""Systematic resampling that moves as few draws as can be."""

from __future__ import annotations

import numpy as np
import pytest

from spillover.assemble.resample import resample
from spillover.errors import RunError
from tests.support.stat import check_mean


def test_equal_weights_move_nothing():
    found = resample(np.full(50, -3.0), seed=4)
    assert found.index.tolist() == list(range(50))
    assert found.effective == pytest.approx(50.0)


def test_kept_draws_keep_their_slot_and_copies_fill_the_rest():
    g = np.random.default_rng(1)
    logs = g.normal(0.0, 2.0, 300)
    found = resample(logs, seed=2)
    counts = np.bincount(found.index, minlength=300)
    assert np.array_equal(counts, found.counts)
    for d in np.flatnonzero(counts):
        assert found.index[d] == d
    w = np.exp(logs) / np.exp(logs).sum() * 300
    assert np.all(np.abs(counts - w) < 1.0)
    assert np.all(np.diff(found.index[counts == 0]) >= 0)
    assert found.effective == pytest.approx(300**2 / np.sum(w**2))


def test_the_mean_number_of_copies_is_the_weight():
    logs = np.log([0.5, 1.7, 0.8, 1e-300, 1.0])
    w = np.exp(logs) / np.exp(logs).sum() * 5
    copies = np.array([resample(logs, seed=s).counts for s in range(4000)])
    for d in range(5):
        check_mean(copies[:, d], w[d], f"copies of draw {d}", visible=0.05, scale=1.0)


def test_what_cannot_be_is_never_used_and_nothing_at_all_is_refused():
    found = resample([0.0, -np.inf, 0.0])
    assert 1 not in found.index
    for bad in ([-np.inf, -np.inf], [np.nan, 0.0], []):
        with pytest.raises(RunError, match="no draw fits the records"):
            resample(bad)
