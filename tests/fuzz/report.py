"""The report of a campaign: counts by target, on the code that is there now."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from spillover.store.atomic import write_text
from tests.fuzz.engine import Target
from tests.fuzz.state import State, code_of, median

__all__ = ["report"]

HEAD = "| target | inputs | read | refused | faults | median bytes | seconds | slowest s | peak MB |"


def report(folder: Path, targets: Sequence[Target]) -> tuple[str, bool]:
    """Text of the report, and whether no fault stands; also written beside the states."""
    lines = [HEAD, "|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    faults: list[str] = []
    sizes: Counter[int] = Counter()
    total, seconds, old = 0, 0.0, 0
    plain: dict[str, object] = {}
    for t in targets:
        code = code_of(t)
        held = [State.load(p) for p in sorted(folder.glob(f"{t.name}-[0-9]*.json"))]
        now = [s for s in held if s.code == code and s.target == t.name]
        old += sum(s.inputs for s in held if s.code != code)
        if not now:
            continue
        mine: Counter[int] = Counter()
        kinds: Counter[str] = Counter()
        for s in now:
            mine += s.sizes
            kinds += s.kinds
            faults += [
                f"{t.name}: {key} ({f['times']} times, {f['kind']}): {f['text'][:160]} -- first: {f['input']}"
                for key, f in s.faults.items()
            ]
        n, spent = sum(s.inputs for s in now), sum(s.seconds for s in now)
        wrong = n - kinds["read"] - kinds["refused"]
        slow = max(s.slowest.get("seconds", 0.0) for s in now)
        peak = max(s.peak_mb for s in now)
        lines.append(
            f"| {t.name} | {n:,} | {kinds['read']:,} | {kinds['refused']:,} | {wrong:,} "
            f"| {median(mine):,} | {spent:,.0f} | {slow:.2f} | {peak:,} |"
        )
        plain[t.name] = {
            "inputs": n, "kinds": dict(kinds), "median": median(mine),
            "seconds": round(spent), "slowest": slow, "peak_mb": peak, "code": code,
        }  # fmt: skip
        total, seconds, sizes = total + n, seconds + spent, sizes + mine
    lines.append(
        f"| all | {total:,} | | | {len(faults)} kinds | {median(sizes):,} | {seconds:,.0f} | | |"
    )
    text = "\n".join(lines) + "\n"
    if old:
        text += f"\nOn earlier code, not counted: {old:,} inputs.\n"
    text += "".join(f"\n{f}" for f in faults) + ("\n" if faults else "")
    write_text(folder / "report.md", text)
    write_text(
        folder / "report.json",
        json.dumps(
            {"targets": plain, "inputs": total, "median": median(sizes)}, indent=1
        ),
    )
    return text, not faults
