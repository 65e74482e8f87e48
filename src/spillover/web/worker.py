"""A worker process: reads lines of JSON, does one task at a time, answers in lines.

    {"id": 1, "task": "run", "params": {...}}     asked
    {"id": 1, "progress": [done, total, "what"]}  said meanwhile
    {"id": 1, "partial": {...}}
    {"id": 1, "result": ...} or {"id": 1, "error": {"message": ..., "faults": [...]}}
    {"cancel": 1}                                 stops a task at its next step

When its input ends, the server is gone and so is the worker. This file must never import
a page.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any

from spillover.store.plain import plain
from spillover.web.desk import Desk
from spillover.web.task_tools import Cancelled, Told, error_of
from spillover.web.tasks import TASKS

__all__ = ["main"]

EVERY = 0.2
"""Seconds between two words on progress."""


class _Voice:
    """Says how far a task is, and notices that it is to stop."""

    def __init__(self, out: Any, number: int, cancelled: set[int]) -> None:  # noqa: ANN401
        self.out, self.number, self.cancelled = out, number, cancelled
        self.last = 0.0

    def say(self, **what: object) -> None:
        line = json.dumps(plain({"id": self.number, **what}), ensure_ascii=False)
        self.out.write(line.encode() + b"\n")
        self.out.flush()

    def progress(self, done: int, total: int, what: str) -> None:
        if self.number in self.cancelled:
            raise Cancelled
        now = time.monotonic()
        if now - self.last >= EVERY or done >= total:
            self.last = now
            self.say(progress=[done, total, what])

    def partial(self, value: dict[str, Any]) -> None:
        self.say(partial=value)


def _listen(asked: queue.Queue[dict[str, Any]], cancelled: set[int]) -> None:
    for line in sys.stdin.buffer:
        said = json.loads(line)
        if "cancel" in said:
            cancelled.add(said["cancel"])
        else:
            asked.put(said)
    os._exit(0)  # the server is gone


def main() -> None:
    """Serve one desk until the input ends."""
    # What libraries print must not get between the lines of the protocol.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    desk = Desk(Path(sys.argv[1]))
    asked: queue.Queue[dict[str, Any]] = queue.Queue()
    cancelled: set[int] = set()
    threading.Thread(target=_listen, args=(asked, cancelled), daemon=True).start()
    while True:
        said = asked.get()
        voice = _Voice(out, said["id"], cancelled)
        try:
            told = Told(voice.progress, voice.partial)
            result = TASKS[said["task"]](desk, told, **said["params"])
            voice.say(result=result)
        except Exception as e:
            if os.environ.get("SPILLOVER_DEBUG"):
                import traceback

                traceback.print_exc()
            voice.say(error=error_of(e))


if __name__ == "__main__":
    main()
