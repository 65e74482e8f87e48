"""The table of docs/backtests.md: five open data sets, forecast and scored.

    python -m benchmarks.backtest FOLDER [--save RESULTS.json] [NAME ...]

FOLDER is where the data lie (docs/backtests.md says which files and from where).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from spillover.api.backtest import backtest
from spillover.study.backtest_export import as_data
from spillover.study.open_sets import OPEN_SETS

SHOWN = (
    "roles, stacked (default)",
    "cross-links off",
    "own-history-only",
    "EWMA, same machinery",
    "EWMA x weekday NB",
    "trailing-28-day NB",
    "train-mean NB",
    "last value",
    "climatology",
)


def _row(name: str, f: dict[str, Any], gain: dict[str, Any] | None) -> str:
    a, p = f["all"], f["pit"]
    cells = [name, f"{a['log']:.4f}", f"{a['crps']:.4f}", f"{a['brier_any']:.4f}"]
    cells += [f"{a['covered']:.3f}"]
    cells += [f"{a['covered_plain']:.3f} ({a['covered_perfect']:.3f})"]
    inside = "inside" if p["uniform"] else "outside"
    few = " (few)" if p["blocks"] < 8 else ""
    cells += [f"{p['worst']:.3f} {inside}{few}"]
    for kind in ("log_gain", "crps_drop"):
        if gain is None:
            cells.append("")
        else:
            g = gain[kind]
            ends = "too few days"
            if g["low"] is not None:
                ends = f"{g['low']:+.4f} to {g['high']:+.4f}"
            cells.append(f"{g['mean']:+.4f} ({ends})")
    return "| " + " | ".join(cells) + " |"


def markdown(name: str, data: dict[str, Any]) -> str:
    """The tables of one set."""
    d = data["data"]
    out = [
        f"### {name}",
        "",
        f"{len(d['cells'])} cells, {d['first_day']} to {d['last_day']}, "
        f"scored from {d['test_from']}.",
        "",
    ]
    for lead in data["leads"]:
        days = lead["days_ahead"]
        out += [
            f"**{days} day{'s' if days > 1 else ''} ahead**, {lead['origins']} origins",
            "",
            "| | log | CRPS | Brier | in 90 % | plain (perfect) | PIT, most off "
            "| gain in log | drop in CRPS |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        for n in SHOWN:
            out.append(_row(n, lead["forecasters"][n], lead["default_against"].get(n)))
        out.append("")
    return "\n".join(out)


def main() -> None:
    """Run the sets and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=list(OPEN_SETS))
    parser.add_argument("--save", type=Path)
    options = parser.parse_args()
    results = {}
    for name in options.names:
        file, choices = OPEN_SETS[name]
        began = time.perf_counter()
        results[name] = as_data(backtest(options.folder / file, **choices))
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
        print(markdown(name, results[name]), flush=True)
    if options.save:
        options.save.write_text(json.dumps(results))


if __name__ == "__main__":
    main()
