"""Backtests and simulation-based calibration on a cluster: the same bytes as here."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from spillover.cluster.backend import Threads
from spillover.inference.sbc import sbc
from spillover.study.backtest import backtest_table
from tests.backtest.synthetic import answering, table_of
from tests.inference.test_sbc_exact import Rate

SLOW = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


class Elsewhere(Threads):
    """Threads that say they are elsewhere: the work is cut up as for a cluster."""

    remote = True


def plain(value):
    """Every number of a result, as bytes, in order."""
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [plain(getattr(value, f.name)) for f in dataclasses.fields(value)]
    if isinstance(value, dict):
        return [(k, plain(v)) for k, v in value.items()]
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    return repr(value)


def judged(cluster):
    table = table_of(answering(3, 160), 110)
    return plain(backtest_table(table, (1, 7), seed=5, cluster=cluster))


def ranked(cluster):
    return sbc(
        lambda rng: np.log(rng.exponential(1.0, 1)),
        lambda z, rng: int(rng.poisson(10.0 * np.exp(z[0]))),
        Rate,
        lambda p, rng: np.log(rng.gamma(p.count + 1, 1 / 11.0, (99, 1))),
        40,
        np.random.default_rng(8),
        cluster=cluster,
    )


@pytest.mark.parametrize(
    "cluster",
    [Elsewhere(2), pytest.param("local:2", marks=SLOW)],
    ids=["cut up", "local:2"],
)
def test_a_backtest_elsewhere_is_the_same(cluster):
    assert judged(cluster) == judged(None)


@pytest.mark.parametrize(
    "cluster",
    [Elsewhere(2), pytest.param("local:2", marks=SLOW)],
    ids=["cut up", "local:2"],
)
def test_ranks_made_elsewhere_are_the_same(cluster):
    here, there = ranked(None), ranked(cluster)
    assert here.names == there.names == ("log rate", "log density")
    assert here.draws == there.draws == 99
    assert here.ranks.shape == (40, 2)
    assert here.ranks.tobytes() == there.ranks.tobytes()
