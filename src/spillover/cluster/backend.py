"""Where pieces of work are done: threads of this process, or a Dask cluster.

    with open_backend("local:4") as backend:
        backend.run(function, payload, names, piece, done)

``function(payload, piece(name))`` is called once or more for every name, anywhere; it
must give the same for the same arguments and change nothing. This file imports nothing
heavy at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from spillover.cluster.pieces import in_pieces
from spillover.errors import InputError

__all__ = ["Backend", "Threads", "open_backend"]

Load = TypeVar("Load")
Piece = TypeVar("Piece")
Result = TypeVar("Result")


class Backend(Protocol):
    """Does pieces of work.

    Attributes
    ----------
    at_once
        Pieces done at a time.
    remote
        Whether pieces leave this process.
    notes
        What a person should know: workers lost, workers of another kind.
    """

    notes: list[str]

    @property
    def at_once(self) -> int:
        """Pieces done at a time."""
        ...

    @property
    def remote(self) -> bool:
        """Whether pieces leave this process."""
        ...

    def facts(self) -> dict[str, Any]:
        """What the pieces were computed on, for a manifest."""
        ...

    def run(
        self,
        function: Callable[[Load, Piece], Result],
        payload: Load,
        names: Sequence[int],
        piece: Callable[[int], Piece],
        done: Callable[[int, Result], None],
    ) -> None:
        """Do all pieces; ``done(name, result)`` is called here, in any order.

        Parameters
        ----------
        function
            Of a module, so that others can import it; or any function Dask can pickle.
        payload
            What all pieces share; sent to a worker once.
        names
            Of the pieces.
        piece
            Makes what one piece needs, when it is its turn.
        done
            Called once for every name.
        """
        ...


class Threads:
    """Threads of this process."""

    remote = False

    def __init__(self, threads: int) -> None:
        self.at_once = threads
        self.notes: list[str] = []

    def facts(self) -> dict[str, Any]:
        """Nothing besides this process."""
        return {}

    def run(
        self,
        function: Callable[[Load, Piece], Result],
        payload: Load,
        names: Sequence[int],
        piece: Callable[[int], Piece],
        done: Callable[[int, Result], None],
    ) -> None:
        """See `Backend.run`."""
        in_pieces(
            lambda name: (name, function(payload, piece(name))),
            names,
            self.at_once,
            lambda _, ended: done(*ended),
        )


@contextmanager
def open_backend(where: str | Backend | None, *, threads: int) -> Iterator[Backend]:
    """Open what ``--cluster`` names; threads when it names nothing.

    Parameters
    ----------
    where
        ``local:N`` (N processes here), the address of a Dask scheduler such as
        ``tcp://host:8786``, a backend that is open already, or None.
    threads
        Of this process, when it is None.

    Raises
    ------
    InputError
        When the text names nothing, the extra ``cluster`` is not installed, or no
        scheduler answers.
    """
    if where is None or where == "":
        yield Threads(threads)
        return
    if not isinstance(where, str):
        yield where
        return
    kind, _, rest = where.partition(":")
    local = kind == "local"
    if local and not (rest.isdigit() and int(rest) >= 1):
        msg = f'--cluster {where}: expected local:N with N processes, such as "local:4"'
        raise InputError(msg)
    if not local and "://" not in where:
        msg = (
            f'--cluster {where}: expected "local:4" (processes on this machine) or the '
            'address of a Dask scheduler, such as "tcp://10.0.0.5:8786"'
        )
        raise InputError(msg)
    try:
        import distributed  # noqa: F401 - only whether it is there
    except ImportError:
        msg = (
            "--cluster needs Dask, which is not installed: pip install "
            '"spillover[cluster]". Without --cluster everything runs on this machine'
        )
        raise InputError(msg) from None
    from spillover.cluster.dask_backend import DaskBackend

    backend = DaskBackend(where, int(rest) if local else None)
    try:
        yield backend
    finally:
        backend.close()
