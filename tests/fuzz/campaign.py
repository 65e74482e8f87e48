"""Fuzz every reader for some minutes or inputs, and report.

    python -m tests.fuzz.campaign --minutes 20 --seed 1
    python -m tests.fuzz.campaign --inputs 5000000 --seed 1 --part 1/4
    python -m tests.fuzz.campaign --report
    python -m tests.fuzz.campaign --again event-text:1/30/17

Each target runs in a process of its own, forked for a few seconds at a time: what kills
it is a fault with a number like any other. What was done is kept in the folder, so a
campaign goes on where it stopped; parts run beside each other on several processors.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import hashlib
import mmap
import os
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

from spillover.store.atomic import write_bytes
from tests.fuzz.engine import Target, Verdict, inputs, judge, limits, shortest
from tests.fuzz.report import report
from tests.fuzz.state import State, code_of
from tests.fuzz.targets.all import TARGETS

__all__ = ["main", "run_slice"]

FOLDER = Path("runs") / "fuzz"
SLICE = 8.0
"""Seconds of a target before the next has its turn."""
STUCK = 180.0
"""Seconds without a finished input after which a process is killed."""
ADDRESSES = 6 << 30
"""Bytes of address space: a reader that asks for more gets a MemoryError."""


def _scratch() -> Path:
    """A folder in memory where there is one: files are small and many."""
    shm = Path("/dev/shm")
    usable = shm.is_dir() and os.access(shm, os.W_OK)
    return Path(tempfile.mkdtemp(prefix="fuzz", dir=shm if usable else None))


def run_slice(
    target: Target,
    state: State,
    folder: Path,
    *,
    seconds: float,
    most: int,
    at: mmap.mmap | None = None,
) -> None:
    """Run blocks of a target until time or inputs are over; keep the state."""
    number, of = map(int, state.part.split("/"))
    scratch = _scratch()
    inner = scratch / "in"
    inner.mkdir()
    end = time.monotonic() + seconds
    start, done = time.monotonic(), 0
    try:
        with limits(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            while time.monotonic() < end and done < most:
                block = state.block * of + number - 1
                for k, data in enumerate(inputs(target, state.seed, block)):
                    if at is not None:
                        struct.pack_into("qq", at, 0, block, k)
                    verdict = judge(target, data, inner)
                    done += 1
                    if state.add(data, verdict, block, k):
                        _keep(target, data, verdict, inner, folder)
                    if not verdict.good:
                        _empty(inner)
                state.block += 1
            gc.collect()
    finally:
        state.seconds += time.monotonic() - start
        state.save(folder)
        shutil.rmtree(scratch, ignore_errors=True)


def _say(text: str) -> None:
    sys.stdout.write(text.encode("ascii", "backslashreplace").decode() + "\n")
    sys.stdout.flush()


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _keep(
    target: Target, data: bytes, verdict: Verdict, inner: Path, folder: Path
) -> None:
    """Write the input of a new fault down, made smaller where that is quick."""
    _empty(inner)
    if verdict.kind in ("crash", "message"):
        data = shortest(target, data, verdict.key, inner)
        _empty(inner)
    name = hashlib.sha256(data).hexdigest()[:12]
    write_bytes(folder / "found" / target.name / f"{name}.bin", data)
    _say(
        f"FOUND {target.name} {name}.bin ({len(data)} bytes): {verdict.key}: {verdict.text[:150]}"
    )


def _forked(
    target: Target, state: State, folder: Path, seconds: float, most: int
) -> State:
    """A slice in a process of its own; what kills it becomes a fault."""
    at = mmap.mmap(-1, 16)
    child = os.fork()
    if not child:
        try:
            resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
            faulthandler.enable(file=sys.__stderr__)
            run_slice(target, state, folder, seconds=seconds, most=most, at=at)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(3)
        os._exit(0)
    last, moved = b"", time.monotonic()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.05)
        if bytes(at) != last:
            last, moved = bytes(at), time.monotonic()
        if time.monotonic() - moved > STUCK:
            os.kill(child, signal.SIGKILL)
    file = state.file(folder)
    if status:
        block, k = struct.unpack_from("qq", at)
        held = State.load(file) if file.exists() else state
        data = next(
            d for n, d in enumerate(inputs(target, state.seed, block)) if n == k
        )
        verdict = Verdict("crash", f"the process ended with {status}", f"died {status}")
        held.add(data, verdict, block, k)
        write_bytes(folder / "found" / target.name / f"died-{block}-{k}.bin", data)
        held.block = block // int(state.part.split("/")[1]) + 1
        held.save(folder)
        _say(f"DIED {target.name} {state.seed}/{block}/{k} status {status}")
    return State.load(file) if file.exists() else state


def _again(what: str) -> int:
    """Run one input anew by its number and say what comes of it."""
    name, _, number = what.partition(":")
    seed, block, k = map(int, number.split("/"))
    target = TARGETS[name]
    data = list(inputs(target, seed, block))[k]
    scratch = _scratch()
    with limits():
        verdict = judge(target, data, scratch)
    shutil.rmtree(scratch, ignore_errors=True)
    sys.stdout.write(
        f"{len(data)} bytes, {verdict.kind} in {verdict.seconds:.2f} s: {verdict.text[:2000]}\n{verdict.trace}\n"
    )
    return 0 if verdict.good else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; 1 when a fault was found."""
    parser = argparse.ArgumentParser(
        "python -m tests.fuzz.campaign", description=__doc__
    )
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--inputs", type=int, help="over all targets together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", action="append", choices=list(TARGETS))
    parser.add_argument(
        "--part", default="1/1", help="k/n: this process runs every n-th block"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument(
        "--report", action="store_true", help="only report what was done"
    )
    parser.add_argument("--again", help="target:seed/block/k of one input")
    asked = parser.parse_args(arguments)
    if asked.again:
        return _again(asked.again)
    asked.folder.mkdir(parents=True, exist_ok=True)
    chosen = [TARGETS[n] for n in asked.target or TARGETS]
    if not asked.report:
        _run(chosen, asked)
    text, good = report(asked.folder, list(TARGETS.values()))
    sys.stdout.write(text)
    return 0 if good else 1


def _run(chosen: Sequence[Target], asked: argparse.Namespace) -> None:
    """Give each target its turns, the one furthest behind its share first."""
    end = time.monotonic() + 60 * (asked.minutes if asked.minutes else 1e6)
    most = asked.inputs or (0 if asked.minutes else 10_000)
    states = {}
    for t in chosen:
        fresh = State(t.name, asked.seed, asked.part, code_of(t))
        file = fresh.file(asked.folder)
        states[t.name] = State.load(file) if file.exists() else fresh
        t.warm()
    gc.freeze()
    spent = dict.fromkeys(states, 0.0)
    begun = sum(s.inputs for s in states.values())
    while time.monotonic() < end:
        left = (
            most - (sum(s.inputs for s in states.values()) - begun) if most else 1 << 60
        )
        if left <= 0:
            break
        t = min(chosen, key=lambda t: spent[t.name] / t.weight)
        start = time.monotonic()
        seconds = min(SLICE, max(1.0, end - start))
        states[t.name] = _forked(t, states[t.name], asked.folder, seconds, left)
        spent[t.name] += max(time.monotonic() - start, 0.1)


if __name__ == "__main__":
    raise SystemExit(main())
