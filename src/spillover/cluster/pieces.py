"""Work in pieces on several threads, which stops when it is stopped.

This file must never import a case or a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

__all__ = ["in_pieces"]

P = TypeVar("P")
T = TypeVar("T")


def in_pieces(
    work: Callable[[P], T],
    pieces: Sequence[P],
    threads: int,
    done: Callable[[int, T], None],
) -> None:
    """Do every piece; whatever ``done`` or a piece raises, no piece is begun after it.

    Results are handed on as they come and let go: few are held at a time.

    Parameters
    ----------
    work
        Called with each of ``pieces``, on some thread.
    threads
        At once.
    done
        Called here with (pieces done before, what ``work`` gave), as they end.
    """
    left: Iterator[P] = iter(pieces)
    with ThreadPoolExecutor(threads) as workers:
        try:
            flying: set[Future[T]] = {
                workers.submit(work, piece) for piece in islice(left, 3 * threads)
            }
            n = 0
            while flying:
                ended, flying = wait(flying, return_when=FIRST_COMPLETED)
                flying |= {
                    workers.submit(work, piece) for piece in islice(left, len(ended))
                }
                while ended:
                    done(n, ended.pop().result())
                    n += 1
        except BaseException:
            workers.shutdown(wait=True, cancel_futures=True)
            raise
