"""One input: made from its number, read, judged.

The law: a reader gives a result, or a `SpilloverError` with a message a person can read;
within `SECONDS`; with no more than `MEGABYTES` of memory; and what it writes it writes
whole. `run_block` makes the inputs of a block from (seed, target, number of the block),
so that any input can be made again from its number alone.
"""

from __future__ import annotations

import os
import resource
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import process_time

from spillover.errors import SpilloverError
from tests.fuzz.mutate import mutate

__all__ = ["Broken", "Target", "Verdict", "inputs", "judge", "limits"]

SECONDS = 5.0
MEGABYTES = 400
"""What one input may add to the peak of the process."""
LONGEST_MESSAGE = 20_000


class Hang(BaseException):
    """Raised in a reader that takes too long; no `except Exception` stops it."""


class Broken(AssertionError):
    """A reader that gave a result which breaks a law of its own."""


@dataclass(frozen=True)
class Target:
    """A reader and what it is fed.

    Attributes
    ----------
    name
        As `--target` takes it.
    make
        A valid document from a seed.
    read
        Reads an input; the folder is empty before, and may be written to.
    code
        Files and folders of the program it reads with, below `src/spillover`.
    block
        Inputs in a block; fewer for slow readers.
    documents
        Valid documents made for a block.
    changes
        Changes to a document at most.
    weight
        Share of the time of a campaign, against the others.
    warm
        Loads what the first input would wait for; called before processes are forked.
    """

    name: str
    make: Callable[[Random], bytes]
    read: Callable[[bytes, Path], object]
    code: tuple[str, ...] = ()
    block: int = 500
    documents: int = 24
    changes: int = 7
    weight: float = 1.0
    warm: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Verdict:
    """What came of one input.

    Attributes
    ----------
    kind
        "read", "refused", "crash", "hang", "memory" or "message".
    text
        The message, or what broke the law, shortest first.
    key
        Tells faults apart: kind of error and place in the program.
    seconds
        Processor time.
    peak_mb
        Most memory of the process while it read.
    """

    kind: str
    text: str = ""
    key: str = ""
    seconds: float = 0.0
    trace: str = field(default="", repr=False)
    peak_mb: int = 0

    @property
    def good(self) -> bool:
        """Whether the law holds."""
        return self.kind in ("read", "refused")


def inputs(target: Target, seed: int, block: int) -> Iterator[bytes]:
    """The inputs of a block, one after the other."""
    rng = Random(f"{seed} {target.name} {block}")
    documents = [target.make(rng) for _ in range(target.documents)]
    for _ in range(target.block):
        yield mutate(
            documents[int(rng.random() * len(documents))],
            rng,
            documents,
            most=target.changes,
        )


def _late(signum: int, frame: object) -> None:
    raise Hang


@contextmanager
def limits() -> Iterator[None]:
    """Let `Hang` be raised in the main thread."""
    if threading.current_thread() is not threading.main_thread():  # pragma: no cover
        yield
        return
    before = signal.signal(signal.SIGPROF, _late)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _peak_from_here() -> int:
    """The peak of the process, kB, forgotten first where the system can.

    Else whatever came before could hide what an input takes: a peak of a gigabyte an
    hour ago is never passed by half of one.
    """
    try:
        file = os.open("/proc/self/clear_refs", os.O_WRONLY)
    except OSError:
        pass
    else:
        with suppress(OSError):
            os.write(file, b"5")  # proc(5): resets the peak resident set size
        os.close(file)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def judge(
    target: Target, data: bytes, folder: Path, *, limit: float = SECONDS
) -> Verdict:
    """Read one input under the law; call inside `limits`."""
    peak = _peak_from_here()
    start = process_time()
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        target.read(data, folder)
        found = ("read", "", "", "")
    except SpilloverError as e:
        signal.setitimer(signal.ITIMER_PROF, 0)
        found = _message(e)
    except Hang as e:
        place = _place(e)
        found = ("hang", f"over {limit:g} s of processor time", f"hang {place}", "")
    except Exception as e:
        signal.setitimer(signal.ITIMER_PROF, 0)
        kind = "memory" if isinstance(e, MemoryError) else "crash"
        text = f"{type(e).__name__}: {str(e)[:300]}"
        trace = "".join(traceback.format_exception(e)[-12:])
        found = (kind, text, f"{type(e).__name__} {_place(e)}", trace)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = process_time() - start
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = (most - peak) >> 10
    if grown > MEGABYTES and found[0] in ("read", "refused"):
        found = ("memory", f"{grown} MB more", f"memory {target.name}", "")
    kind, text, key, trace = found
    return Verdict(kind, text, key, seconds, trace, most >> 10)


def _message(error: SpilloverError) -> tuple[str, str, str, str]:
    """A refusal must be readable: some text, all of it printable, not endless."""
    text = str(error)
    wrong = ""
    if not text.strip():
        wrong = "an empty message"
    elif len(text) > LONGEST_MESSAGE + 400 * text.count("\n"):
        wrong = f"a message of {len(text)} characters"
    elif "Traceback" in text:
        wrong = "a traceback as message"
    else:
        try:
            text.encode()
        except UnicodeEncodeError:
            wrong = "a message that no terminal prints (half a character)"
    if wrong:
        where = _place(error)
        return (
            "message",
            f"{wrong}: {text[:200]!r}",
            f"message {wrong[:18]} {where}",
            "",
        )
    return "refused", text, "", ""


def _place(error: BaseException) -> str:
    """File and function of the program in which it went wrong."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        f for f in frames if "spillover" in f.filename and "/tests/" not in f.filename
    ]
    at = (ours or frames)[-1:]
    return f"{Path(at[0].filename).name}:{at[0].name}" if at else "?"


def shortest(
    target: Target, data: bytes, key: str, folder: Path, *, steps: int = 400
) -> bytes:
    """A smaller input with the same fault: pieces taken out while the fault stays."""

    def same(some: bytes) -> bool:
        return judge(target, some, _emptied(folder)).key == key

    size, spent = max(1, len(data) // 2), 0
    while size and spent < steps:
        at = 0
        while at < len(data) and spent < steps:
            spent += 1
            some = data[:at] + data[at + size :]
            if some and same(some):
                data = some
            else:
                at += size
        size //= 2
    return data


def _emptied(folder: Path) -> Path:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    return folder


def parts(data: bytes) -> dict[str, bytes]:
    """Several files in one input: a line `%%% name` begins the next one."""
    first, *rest = data.split(b"\n%%% ")
    found = {"": first}
    for part in rest:
        name, _, body = part.partition(b"\n")
        found[name.decode("ascii", "replace")] = body
    return found


def joined(files: Sequence[tuple[str, str]]) -> bytes:
    """The inverse of `parts`; the first file has no name."""
    first, *rest = files
    return (first[1] + "".join(f"\n%%% {n}\n{t}" for n, t in rest)).encode()
