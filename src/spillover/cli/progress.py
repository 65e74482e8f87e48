"""A progress bar on stderr for anything over a second; where that is no terminal, a line every ten."""

from __future__ import annotations

import sys
import time
from types import TracebackType

__all__ = ["Bar"]

FIRST_RUN = (
    "First run: compiling the engine, a minute or two; later runs start at once."
)


class Bar:
    """Called with (done, total, what); says once that a first run compiles."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.began = time.monotonic()
        self.last = self.began
        self.compiling = False
        self.shown = False

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.shown:
            print(
                "\r\033[K" if sys.stderr.isatty() else "",
                end="",
                file=sys.stderr,
                flush=True,
            )

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show where the work is."""
        if self.quiet:
            return
        now = time.monotonic()
        if not self.compiling and done == 0 and not _compiled_before():
            self.compiling = True
            print(_not_kept() or FIRST_RUN, file=sys.stderr)
        if not sys.stderr.isatty():
            if now - self.last > 10.0:
                self.last = now
                print(f"{what}: {done} of {total}", file=sys.stderr)
            return
        if now - self.began < 0.3 or now - self.last < 0.1:
            return
        self.last = now
        self.shown = True
        wide = 28
        full = round(wide * done / max(total, 1))
        print(
            f"\r\033[K[{'#' * full}{'.' * (wide - full)}] {100 * done // max(total, 1):3d} %  {what}",
            end="",
            file=sys.stderr,
            flush=True,
        )


def _not_kept() -> str:
    from spillover.jit import NOT_KEPT

    return NOT_KEPT


def _compiled_before() -> bool:
    from spillover.ensemble.warm import engine_is_compiled

    return engine_is_compiled()
