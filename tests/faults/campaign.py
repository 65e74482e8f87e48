"""Kill writers at random points and look what is left.

    python -m tests.faults.campaign --kills 200 --seed 1

Each kill is a process of its own that does numbered acts and is ended by SIGKILL: at a
random time, or at a random call that touches the disk (before it or after it). The next
one goes on in the same folder, so that what a kill leaves behind is met too. Only a
system with `fork` can run it.
"""

# ruff: noqa: T201 - a command of its own

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import select
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from tests.faults.writers import WRITERS, Writer

__all__ = ["Tally", "campaign"]

DISK = {
    *("write", "flush", "fsync", "replace", "rename", "mkdir", "unlink", "rmdir"),
    *("truncate", "execute", "close", "fdopen", "open", "chmod", "fetchall", "flock"),
}
MOST = 20.0
"""Seconds after which a writer that does not end is itself a fault."""


@dataclass
class Tally:
    """What the kills of one writer came to."""

    writer: str
    kills: int = 0
    acts: int = 0
    finished: int = 0
    lost: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Pace:
    """Of one act: seconds, and calls that touch the disk."""

    seconds: float
    calls: int


def _forked(work: Callable[[int], None]) -> tuple[int, int]:
    """Process id and pipe of a child that does ``work`` with the pipe's other end."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        status = 1
        try:
            work(writing)
            status = 0
        except BaseException as e:
            os.write(writing, b"!" + repr(e).encode()[:2000])
        finally:
            os._exit(status)
    os.close(writing)
    return pid, reading


def _all(pipe: int, *, most: float = MOST) -> bytes:
    """Everything a child writes until it ends."""
    found, end = b"", time.monotonic() + most
    while time.monotonic() < end:
        ready, _, _ = select.select([pipe], [], [], 0.5)
        if ready:
            piece = os.read(pipe, 65536)
            if not piece:
                break
            found += piece
    return found


def _counting(stop_at: int, counted: list[int]) -> Callable[..., None]:
    """A profile that ends this process at the n-th call that touches the disk."""

    def profile(_: FrameType, event: str, call: object) -> None:
        if event not in ("c_call", "c_return"):
            return
        if getattr(call, "__name__", "") in DISK:
            counted[0] += 1
            if counted[0] == stop_at:
                os.kill(os.getpid(), signal.SIGKILL)

    return profile


def _pace(writer: Writer, folder: Path) -> Pace:
    """How long an act takes and how often it touches the disk."""

    def work(pipe: int) -> None:
        writer.begin(folder)
        writer.do(folder, 1)
        begun = time.monotonic()
        writer.do(folder, 2)
        seconds = time.monotonic() - begun
        counted = [0]
        sys.setprofile(_counting(0, counted))
        writer.do(folder, 3)
        sys.setprofile(None)
        os.write(pipe, struct.pack("dq", seconds, counted[0]))

    pid, pipe = _forked(work)
    data = _all(pipe)
    os.waitpid(pid, 0)
    os.close(pipe)
    if data[:1] == b"!" or len(data) != 16:
        msg = f"{writer.name}: it does not even work alone: {data[1:].decode()}"
        raise RuntimeError(msg)
    return Pace(*struct.unpack("dq", data))


def _killed(
    writer: Writer, folder: Path, done: int, rng: random.Random, pace: Pace
) -> tuple[int, str]:
    """Kill a process that goes on after act ``done``: acts acknowledged, a fault."""
    by_call = rng.random() < 0.5
    stop_at = rng.randint(1, max(2, 2 * pace.calls)) if by_call else 0

    def work(pipe: int) -> None:
        os.write(pipe, b"b")
        if by_call:
            sys.setprofile(_counting(stop_at, [0]))
        for n in range(done + 1, done + 400):
            writer.do(folder, n)
            os.write(pipe, b"a")

    pid, pipe = _forked(work)
    found = b""
    if not by_call:
        os.read(pipe, 1)
        time.sleep(rng.uniform(0.0, 2.0 * pace.seconds))
        os.kill(pid, signal.SIGKILL)
    found = _all(pipe)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(pipe)
    fault = ""
    if b"!" in found:
        fault = found.split(b"!", 1)[1].decode("utf-8", "replace")
    return done + found.split(b"!")[0].count(b"a"), fault


def _checked(writer: Writer, folder: Path, done: int) -> tuple[bool, str]:
    """Whether the act after ``done`` is there whole; a fault in words."""

    def work(pipe: int) -> None:
        there = writer.check(folder, done)
        os.write(pipe, b"1" if there else b"0")

    pid, pipe = _forked(work)
    found = _all(pipe)
    os.waitpid(pid, 0)
    os.close(pipe)
    if found in (b"0", b"1"):
        return found == b"1", ""
    return False, found[1:].decode("utf-8", "replace") or "it does not end"


def campaign(
    kills: int,
    seed: int,
    *,
    writers: tuple[Writer, ...] = WRITERS,
    say: Callable[[str], None] = lambda _: None,
) -> list[Tally]:
    """Kill each writer its share of times."""
    rng = random.Random(seed)
    tallies = []
    for k, writer in enumerate(writers):
        share = kills // len(writers) + (k < kills % len(writers))
        folder = Path(tempfile.mkdtemp(prefix="faults-"))
        os.environ["SPILLOVER_CACHE"] = str(folder / "cache")
        tally = Tally(writer.name)
        try:
            trial = folder / "trial"
            trial.mkdir()
            pace = _pace(writer, trial)
            shutil.rmtree(folder / "cache", ignore_errors=True)
            work = folder / "work"
            work.mkdir()
            writer.begin(work)
            done = 0
            for _ in range(share):
                before = done
                done, fault = _killed(writer, work, done, rng, pace)
                tally.kills += 1
                there, wrong = _checked(writer, work, done)
                done += there
                tally.finished += there
                tally.acts += done - before
                for text in filter(None, (fault, wrong)):
                    tally.lost += 1
                    tally.faults.append(text)
                if wrong:
                    break
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        tallies.append(tally)
        say(
            f"{tally.writer:26} {tally.kills:4} kills {tally.acts:5} acts "
            f"{tally.finished:4} unanswered but whole {tally.lost:3} lost"
        )
    return tallies


def main() -> int:
    """Run it and print the account."""
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--kills", type=int, default=200)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--only", default="", help="writers whose name begins so")
    args.add_argument("--json", action="store_true")
    asked = args.parse_args()
    begun = time.monotonic()
    say = (lambda _: None) if asked.json else print
    chosen = tuple(w for w in WRITERS if w.name.startswith(asked.only))
    tallies = campaign(asked.kills, asked.seed, writers=chosen, say=say)
    total = {k: sum(getattr(t, k) for t in tallies) for k in ("kills", "acts", "lost")}
    if asked.json:
        print(json.dumps({**total, "writers": [t.__dict__ for t in tallies]}))
    else:
        print(
            f"{total['kills']} kills of {len(tallies)} writers, {total['acts']} acts, "
            f"{total['lost']} lost, {time.monotonic() - begun:.0f} s"
        )
        for t in tallies:
            for text in t.faults:
                print(f"{t.writer}: {text}")
    return 1 if total["lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
