"""Work in pieces on several threads, which stops when it is stopped.

This file must never import a case or a page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

__all__ = ["in_pieces"]

T = TypeVar("T")


def in_pieces(
    work: Callable[[int], T],
    pieces: Sequence[int],
    threads: int,
    done: Callable[[int, T], None],
) -> None:
    """Do every piece; whatever ``done`` or a piece raises, no piece is begun after it.

    Parameters
    ----------
    work
        Called with each of ``pieces``, on some thread.
    threads
        At once.
    done
        Called here with (pieces done before, what ``work`` gave), as they end.
    """
    with ThreadPoolExecutor(threads) as workers:
        jobs = [workers.submit(work, piece) for piece in pieces]
        try:
            for n, job in enumerate(as_completed(jobs)):
                done(n, job.result())
        except BaseException:
            workers.shutdown(wait=True, cancel_futures=True)
            raise
