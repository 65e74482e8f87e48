"""Daily tables with the keys and conditions a user types."""

from __future__ import annotations

from pathlib import Path
from random import Random

from spillover.study.backtest_table import TableQuery, read_table
from tests.fuzz.engine import Broken, Target, joined, parts

__all__ = ["DAILY_TABLE"]

WHERE = ("", "source <> target", "n > 1", "cls = 'conf' AND NOT source IS NULL", "date >= '2024-01-05'")  # fmt: skip


def make(rng: Random) -> bytes:
    """Two months of counts by two keys, and what is asked of them."""
    head = rng.choice(("date,source,target,quad,n", "date,source,target,cls,n"))
    lines = [head]
    for k in range(50):
        day = f"2024-{1 + k // 28:02d}-{1 + k % 28:02d}"
        for _ in range(1 + int(rng.random() * 2)):
            quad = (
                rng.choice((1, 4)) if "quad" in head else rng.choice(("coop", "conf"))
            )
            lines.append(
                f"{day},{rng.choice('ABC')},{rng.choice('XY')},{quad},{int(rng.random() * 9)}"
            )
    keys = rng.choice(("source", "source,target", "source,target,cls", "date", "odd"))
    return joined(
        [
            ("", "\n".join(lines) + "\n"), ("keys", keys),
            ("count", rng.choice(("n", "n", ""))), ("where", rng.choice(WHERE)),
        ]
    )  # fmt: skip


def read(data: bytes, folder: Path) -> None:
    """As `spillover backtest` reads it; counts are finite and none is below zero."""
    some = {
        k: v.decode("utf-8", "replace").strip() for k, v in parts(data).items() if k
    }
    path = folder / "table.csv"
    path.write_bytes(parts(data)[""])
    keys = tuple(k.strip() for k in some.get("keys", "").split(",") if k.strip())
    where = some.get("where", "")
    if any(
        w in where.lower()
        for w in ("read_", "copy", "attach", "pragma", "range", "repeat", "generate")
    ):
        return  # not the reader: what a database does when asked to
    found = read_table(
        TableQuery((path,), keys, count=some.get("count", ""), where=where, cells=20)
    )
    if not (found.counts >= 0).all() or len(found.counts) != len(found.observed):
        msg = "counts below zero, or of other days"
        raise Broken(msg)


DAILY_TABLE = Target("daily-table", make, read, code=("study/backtest_table.py",), block=10, documents=6, weight=0.5)  # fmt: skip
