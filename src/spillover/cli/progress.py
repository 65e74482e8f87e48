"""A progress bar on stderr for anything over a second, with the time left; where that is no terminal, a line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections import deque
from types import TracebackType

__all__ = ["Bar", "TimeLeft", "in_words"]

FIRST_RUN = (
    "First run: compiling the engine, a minute or two; later runs start at once."
)


class TimeLeft:
    """Seconds left, from how fast the work went lately.

    The pace is that of the last half of the time, at least the last ten seconds: steps
    that went faster or slower at the start are soon forgotten. It begins anew when the
    work does (another total, or fewer done).
    """

    def __init__(self) -> None:
        self.total = -1
        self.seen: deque[tuple[float, int]] = deque()
        self.began = 0.0

    def __call__(self, now: float, done: int, total: int) -> float | None:
        """Seconds left; None while nothing can be said."""
        seen = self.seen
        if total != self.total or not seen or done < seen[-1][1]:
            seen.clear()
            self.total, self.began = total, now
        if not seen or done > seen[-1][1]:
            seen.append((now, done))
        since = now - max(10.0, 0.5 * (now - self.began))
        while len(seen) > 2 and seen[1][0] <= since:
            seen.popleft()
        (then, before), (last, reached) = seen[0], seen[-1]
        if reached == before or now - self.began < 2.0:
            return None
        pace = (reached - before) / (last - then)
        return max(0.0, (total - reached) / pace - (now - last))


def in_words(seconds: float | None) -> str:
    """Words for it, no finer than is known."""
    if seconds is None or seconds < 3.0:
        return ""
    if seconds < 100.0:
        return f", about {5 * max(1, round(seconds / 5))} s left"
    if seconds < 5400.0:
        return f", about {round(seconds / 60)} min left"
    return f", about {seconds / 3600:.1f} h left"


class Bar:
    """Called with (done, total, what); says once that a first run compiles.

    Parameters
    ----------
    after
        Seconds that what comes after the counted work will take; part of the time left.
    """

    def __init__(self, *, quiet: bool, after: float = 0.0) -> None:
        self.quiet = quiet
        self.after = after
        self.began = time.monotonic()
        self.last = self.began
        self.left = TimeLeft()
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
        left = self.left(now, done, total)
        if left is not None:
            left += self.after
        if not self.compiling and done == 0 and not _compiled_before():
            self.compiling = True
            print(_not_kept() or FIRST_RUN, file=sys.stderr)
        share = 100 * done // max(total, 1)
        if not sys.stderr.isatty():
            if now - self.last > 10.0:
                self.last = now
                print(f"{what}: {share} %{in_words(left)}", file=sys.stderr, flush=True)
            return
        if now - self.began < 0.3 or now - self.last < 0.1:
            return
        self.last = now
        self.shown = True
        wide = 28
        full = round(wide * done / max(total, 1))
        print(
            f"\r\033[K[{'#' * full}{'.' * (wide - full)}] {share:3d} %  {what}{in_words(left)}",
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
