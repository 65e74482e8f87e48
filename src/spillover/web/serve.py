"""Start the desk: choose folder and port, print the link, serve until stopped.

This file must never import the simulator or a case.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import IO

from spillover.errors import InputError
from spillover.store.lock import try_lock
from spillover.web.desk import Desk
from spillover.web.jobs import Jobs
from spillover.web.pool import Pool

__all__ = ["default_folder", "serve"]


def default_folder() -> Path:
    """SPILLOVER_DESK, or a folder for user data of this system."""
    import os

    from platformdirs import user_data_path

    named = os.environ.get("SPILLOVER_DESK")
    return (
        Path(named) if named else user_data_path("spillover", appauthor=False) / "desk"
    )


def serve(
    folder: Path,
    *,
    port: int = 0,
    tell: Callable[[str, str], None],
) -> None:
    """Serve a desk on this machine until it is stopped.

    Parameters
    ----------
    folder
        Of the desk; made when missing.
    port
        0: a free one.
    tell
        Called once with the link and the token of programs, when it answers.

    Raises
    ------
    InputError
        When the folder cannot be written, another desk uses it, or the port is taken.
    """
    from spillover.web.security import Session

    desk = Desk(folder.resolve()).make()
    bound = _bind(port)
    lock = _lock(desk.root)
    desk.tidy()
    session = Session.of(desk.root)
    at = bound.getsockname()[1]

    async def go() -> None:
        pool = Pool(desk, Jobs(desk.jobs))
        # The workers read a case while the web server itself is being loaded.
        await pool.start(_likely(desk))
        try:
            from spillover.web.app import Server, desk_app

            def ready() -> None:
                tell(f"http://127.0.0.1:{at}/?token={session.link}", session.secret)

            await Server(desk_app(desk, session, pool), ready).serve(sockets=[bound])
        finally:
            await pool.stop()

    try:
        asyncio.run(go())
    finally:
        bound.close()
        lock.close()


def _likely(desk: Desk) -> str:
    """The case a person will probably open: that of the last run, else the first."""
    runs, cases = desk.runs(), [c.id for c in desk.cases()]
    last = runs[0]["case"] if runs else ""
    return last if last in cases else next(iter(cases), "")


def _bind(port: int) -> socket.socket:
    """A socket of this machine alone."""
    # Named as TCP, or asyncio would not switch its delay of small packets off.
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(("127.0.0.1", port))
    except (OSError, OverflowError):
        found.close()
        msg = f"port {port} cannot be used: another program has it. Choose another with --port, or leave it out"
        raise InputError(msg) from None
    return found


def _lock(root: Path) -> IO[str]:
    """The desk for this process alone; given up when it ends, however it ends."""
    file = (root / ".lock").open("a+", encoding="ascii")
    if not try_lock(file):
        file.close()
        msg = f"{root}: another `spillover serve` uses this folder. Open the link it printed, or stop it; or name another folder with --folder"
        raise InputError(msg)
    return file
