"""Verbs as functions: `new`, `check`, `run`.

Must never import `cli` or the web.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from spillover.api.model import load
from spillover.api.run import Run

__all__ = ["check", "new", "run"]


def new(folder: str | Path, case_id: str = "") -> tuple[Path, ...]:
    """Write a commented case to start from, with its schema; returns the files."""
    from spillover.case.starter import new_case

    path = Path(folder)
    return new_case(path, case_id or path.name)


def check(name: str | Path, *, strict: bool = False) -> tuple[str, ...]:
    """Check a case; returns warnings, raises every fault at once."""
    return load(name).check(strict=strict)


def run(
    name: str | Path,
    *,
    draws: int = 2000,
    futures: int = 20,
    seed: int = 1,
    levers: Sequence[str] = (),
    threads: int | None = None,
    as_written: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> Run:
    """The whole job on a case: check and simulate; `Run.save` writes the folder."""
    model = load(name)
    model.check()
    return model.simulate(
        draws=draws,
        futures=futures,
        seed=seed,
        levers=levers,
        threads=threads,
        as_written=as_written,
        progress=progress,
    )
