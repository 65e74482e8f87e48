"""The open data sets that forecasts are judged on: where each lies, how it is read.

The data do not come with Spillover (docs/backtests.md says from where). This file must
never import a page or a command.
"""

from __future__ import annotations

from typing import Any

__all__ = ["OPEN_SETS"]

OPEN_SETS: dict[str, tuple[str, dict[str, Any]]] = {
    "icews18_me": (
        "icews_me_daily/icews18_me.csv.gz",
        {
            "keys": ("source", "target", "cls"), "count": "n", "cells": 200,
            "where": "source <> target",
        },
    ),
    "ucdp_ged_syria": (
        "ucdp_ged_syria/daily.csv.gz",
        {"keys": ("source", "target"), "count": "n", "cells": 15},
    ),
    "iraq_sigacts": (
        "iraq_sigacts/daily.csv.gz",
        {"keys": ("attack", "target_class"), "count": "n", "cells": 24},
    ),
    "iraq_insurgency_airstrikes": (
        "iraq_insurgency_airstrikes/events.csv.gz",
        {"keys": ("type",), "cells": 5},
    ),
    "israel_alerts_daily": (
        "israel_alerts_daily/daily.csv",
        {"melt": ("gaza_total", "lebanon_rocket", "lebanon_drone")},
    ),
}  # fmt: skip
