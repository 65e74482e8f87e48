"""Skill on open data, when they lie beside the checkout; skipped aloud when not.

What is asserted is lawful for the number of days: a gain over EWMA is asked to be above
zero with its 90 % block-bootstrap interval where a set has the days for it; elsewhere
(alerts: 36 days of three cells) only that no interval says the default is worse.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from spillover.api.backtest import backtest
from spillover.study.backtest_models import DEFAULT, NO_CROSS

DATA = Path(__file__).parents[2].parent / "shared" / "data"
EWMA = "EWMA x weekday NB"
SETS = {
    "icews": (
        "icews_me_daily/icews18_me.csv.gz",
        {
            "keys": ("source", "target", "cls"),
            "count": "n",
            "cells": 200,
            "where": "source <> target",
        },
    ),
    "ucdp": (
        "ucdp_ged_syria/daily.csv.gz",
        {"keys": ("source", "target"), "count": "n", "cells": 15},
    ),
    "sigacts": (
        "iraq_sigacts/daily.csv.gz",
        {"keys": ("attack", "target_class"), "count": "n", "cells": 24},
    ),
    "airstrikes": (
        "iraq_insurgency_airstrikes/events.csv.gz",
        {"keys": ("type",), "cells": 5},
    ),
    "alerts": (
        "israel_alerts_daily/daily.csv",
        {"melt": ("gaza_total", "lebanon_rocket", "lebanon_drone")},
    ),
}


def day_ahead(name: str):
    file, choices = SETS[name]
    if not (DATA / file).is_file():
        pytest.skip(f"open data not here: {DATA / file}")
    lead = backtest(DATA / file, horizons=(1,), **choices).leads[0]
    return lead, {c.against: c for c in lead.contrasts}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["icews", "ucdp", "sigacts", "airstrikes"])
def test_better_than_ewma_beyond_chance(name):
    lead, gains = day_ahead(name)
    assert gains[EWMA].log.low > 0
    assert gains[EWMA].crps.low > 0
    # No set shows cross-links to harm: their interval reaches above zero.
    assert gains[NO_CROSS].log.high > 0
    assert gains[NO_CROSS].crps.high > 0
    if name in ("icews", "sigacts"):
        assert gains[NO_CROSS].log.low > 0
    a = lead.judged[DEFAULT].all
    assert 0.85 <= a.covered <= 0.93


@pytest.mark.slow
def test_three_cells_and_five_weeks_settle_nothing():
    lead, gains = day_ahead("alerts")
    for other in (EWMA, NO_CROSS):
        assert gains[other].log.high > 0
        assert gains[other].crps.high > 0
    assert 0.87 <= lead.judged[DEFAULT].all.covered <= 0.95
