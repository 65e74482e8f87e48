"""Every writer of Spillover as a numbered act, and what must stand after a kill.

An act is done by ``do(folder, n)``; when it returns it is acknowledged. ``check(folder,
n)`` looks at the disk after a kill: acts up to ``n`` were acknowledged and must be there
to the last byte; act ``n + 1`` must be absent or whole. It returns whether that one is
there, and raises AssertionError for anything else.
"""

from __future__ import annotations

import csv
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spillover.errors import EventsError
from spillover.store.atomic import write_bytes, write_text
from spillover.store.cache import keep, kept
from spillover.store.claims import decide, keep_readings, stored_claims
from spillover.store.events import open_store
from spillover.store.ledger import Ledger, witness
from spillover.store.parts import Parts
from spillover.store.runfolder import write_new
from spillover.store.watch_folder import WatchFolder
from spillover.web.desk import Desk
from spillover.web.task_tools import put_page
from tests.readers.files import ACLED, acled, commaed, take

__all__ = ["WRITERS", "Writer"]

ROWS = 60


@dataclass(frozen=True)
class Writer:
    """A writer under test."""

    name: str
    begin: Callable[[Path], None]
    do: Callable[[Path, int], None]
    check: Callable[[Path, int], bool]


def blob(n: int, what: str, size: int) -> bytes:
    """The same bytes for the same act."""
    return random.Random(f"{what} {n}").randbytes(size)


def nothing(_: Path) -> None:
    """No beginning."""


def one_of(found: bytes | None, wanted: list[bytes | None]) -> int:
    """Which of the states allowed is on the disk."""
    for k, state in enumerate(wanted):
        if found == state:
            return k
    msg = f"{hashlib.sha256(found or b'').hexdigest()[:12]}: neither state allowed"
    raise AssertionError(msg)


def read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


# ---- folders and files ------------------------------------------------------------


def run_files(n: int) -> dict[str, bytes]:
    sizes = {"manifest.json": 2_000, "results.npz": 1_500_000, "brief.html": 300_000}
    return {k: blob(n, k, s) for k, s in sizes.items()} | {
        "case/case.yaml": blob(n, "case", 20_000)
    }


def do_run(folder: Path, n: int) -> None:
    write_new(folder / "runs" / f"run-{n}", run_files(n))


def check_run(folder: Path, n: int) -> bool:
    there = {p.name for p in (folder / "runs").glob("[!.]*")}
    assert there <= {f"run-{k}" for k in range(1, n + 2)}
    for k in range(1, n + 2):
        target = folder / "runs" / f"run-{k}"
        if not target.exists():
            assert k == n + 1, f"run {k} of {n} is lost"
            return False
        for name, data in run_files(k).items():
            assert read(target / name) == data, f"run {k}: {name}"
    return True


def parts_of(folder: Path) -> Parts:
    parts = Parts(folder / "parts", "a run")
    parts.plan({"simulate": 10})
    return parts


def arrays(n: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(n)
    return {"theta": draw.random((200, 300)), "hits": draw.integers(0, 20, (200, 40))}


def do_part(folder: Path, n: int) -> None:
    parts_of(folder).put(f"simulate-{n}", arrays(n))


def check_part(folder: Path, n: int) -> bool:
    parts = parts_of(folder)
    found = [parts.get(f"simulate-{k}") for k in range(1, n + 2)]
    for k, part in enumerate(found, start=1):
        if part is None:
            assert k == n + 1, f"piece {k} of {n} is lost"
            assert parts.damaged == 0
            return False
        for name, array in arrays(k).items():
            assert part[name].tobytes() == array.tobytes()
    return True


def state(name: str, size: int) -> Writer:
    """A file that every act writes anew: it holds the last act, or the one before."""

    def content(n: int) -> bytes:
        return f"{name} {n} ".encode() + blob(n, name, size).hex().encode()

    def do(folder: Path, n: int) -> None:
        if name.startswith("page"):
            put_page(folder, "levers", {"body": content(n).decode()})
        elif name.startswith("cache"):
            keep("fits/one.yaml", content(n))
        elif name.startswith("brief"):
            write_text(folder / "brief.html", content(n).decode())
        else:
            write_bytes(folder / "questions.csv", content(n))

    def check(folder: Path, n: int) -> bool:
        if name.startswith("page"):
            raw = read(folder / "desk" / "levers.json")
            found = None if raw is None else json.loads(raw)["body"].encode()
        elif name.startswith("cache"):
            found = kept("fits/one.yaml")
        else:
            file = "brief.html" if name.startswith("brief") else "questions.csv"
            found = read(folder / file)
        return one_of(found, [content(n) if n else None, content(n + 1)]) == 1

    return Writer(name, nothing, do, check)


# ---- lines ------------------------------------------------------------------------


def body(n: int, k: int) -> dict[str, str]:
    return {"act": f"{n}.{k}", "text": blob(n, f"line {k}", 15_000).hex()}


def do_line(folder: Path, n: int) -> None:
    ledger = Ledger(folder / "forecasts.jsonl")
    *_, last = ledger.add([("forecast", body(n, k)) for k in range(3)])
    witness(folder / "heads.txt", last)


def check_line(folder: Path, n: int) -> bool:
    ledger = Ledger(folder / "forecasts.jsonl")
    found = ledger.entries()
    assert 3 * n <= len(found) <= 3 * (n + 1), f"{len(found)} lines after {n} acts"
    for at, entry in enumerate(found):
        assert entry.body == body(at // 3 + 1, at % 3)
    if (folder / "heads.txt").exists():
        ledger.verify_witness(folder / "heads.txt")
    return len(found) == 3 * (n + 1)


def resume_line(folder: Path, n: int) -> None:
    """An act that was torn in two is done to its end, as its caller would."""
    ledger = Ledger(folder / "forecasts.jsonl")
    found = ledger.entries()
    left = 3 * n - len(found)
    if left > 0:
        *_, last = ledger.add([("forecast", body(n, k)) for k in range(3 - left, 3)])
        witness(folder / "heads.txt", last)


def do_lines(folder: Path, n: int) -> None:
    there = len(Ledger(folder / "forecasts.jsonl").entries())
    if there > 3 * (n - 1):
        resume_line(folder, n)
    else:
        do_line(folder, n)


def watch_files(n: int) -> dict[str, bytes]:
    return {"state.npz": blob(n, "state", 400_000), "fit.yaml": blob(n, "fit", 9_000)}


def do_watch(folder: Path, n: int) -> None:
    watch = WatchFolder(folder / "watch")
    with watch.locked():
        watch.put(n, watch_files(n), {"n": n, "text": blob(n, "watch", 4_000).hex()})


def check_watch(folder: Path, n: int) -> bool:
    watch = WatchFolder(folder / "watch")
    last = watch.last()
    there = 0 if last is None else int(last.body["n"])
    assert there in (n, n + 1), f"update {there} after {n} acts"
    assert len(watch.line.entries()) == there
    if last is not None:
        target = watch.state(there)
        for name, data in watch_files(there).items():
            assert read(target / name) == data
    return there == n + 1


# ---- the store --------------------------------------------------------------------


def source(folder: Path, n: int) -> Path:
    rows = [
        acled(event_id_cnty=f"IRQ{n}x{k}", event_date="2031-05-01") for k in range(ROWS)
    ]
    (folder / "given").mkdir(exist_ok=True)
    return commaed(folder / "given" / f"{n}.csv", ACLED, rows)


def do_import(folder: Path, n: int) -> None:
    take(folder / "events.duckdb", source(folder, n))


def check_import(folder: Path, n: int) -> bool:
    store = folder / "events.duckdb"
    if not store.exists():
        assert n == 0
        return False
    try:
        with open_store(store) as connection:
            found = dict(
                connection.execute(
                    "SELECT import_id, count(*) FROM records GROUP BY import_id"
                ).fetchall()
            )
            done = connection.execute("SELECT count(*) FROM imports").fetchone()[0]
    except EventsError as e:
        assert n == 0, f"{n} imports are lost: {e}"
        return False
    assert done in (n, n + 1), f"{done} imports after {n} acts"
    assert found == dict.fromkeys(range(1, done + 1), ROWS)
    return bool(done == n + 1)


def claims(n: int) -> list[dict[str, str]]:
    return [{"id": f"c{n}-{k}", "text": blob(n, f"c{k}", 500).hex()} for k in range(8)]


def do_claims(folder: Path, n: int) -> None:
    report = dict.fromkeys(("name", "title", "outlet", "url", "backend"), "x")
    report |= {"id": f"r{n}", "published": "2031-05-01", "text": "y" * 30_000}
    keep_readings(folder / "claims.duckdb", [(report, claims(n))])
    decide(folder / "claims.duckdb", [(c["id"], "accept", {}) for c in claims(n)[:4]])


def check_claims(folder: Path, n: int) -> bool:
    store = folder / "claims.duckdb"
    try:
        found = stored_claims(store)
    except EventsError as e:
        assert n == 0, f"{n} readings are lost: {e}"
        return False
    texts = {row["id"]: (row["text"], row["verdict"]) for row in found}
    for k in range(1, n + 1):
        for c, row in enumerate(claims(k)):
            verdict = "accept" if c < 4 else ""
            assert texts[row["id"]] == (row["text"], verdict), row["id"]
    more = [texts[r["id"]][1] for r in claims(n + 1) if r["id"] in texts]
    # Reading and deciding are two acts, each all or nothing.
    assert more in ([], [""] * 8, ["accept"] * 4 + [""] * 4), more
    assert len(texts) == 8 * n + len(more)
    return more[:1] == ["accept"]


# ---- the desk ---------------------------------------------------------------------


def case_text(n: int) -> str:
    return f"case: one\n# {n}\n" + blob(n, "case", 60_000).hex()


def desk_of(folder: Path) -> Desk:
    return Desk(folder / "desk").make()


def begin_case(folder: Path) -> None:
    desk_of(folder).new_case("one", {"case.yaml": case_text(0).encode()})


def do_save(folder: Path, n: int) -> None:
    desk = desk_of(folder)
    _, base = desk.case_text("one")
    desk.save_case("one", case_text(n), base)


def check_save(folder: Path, n: int) -> bool:
    desk = desk_of(folder)
    text, _ = desk.case_text("one")
    assert text in (case_text(n), case_text(n + 1))
    kept_past = {
        p.read_text()
        for p in (folder / "desk" / "cases" / "one").rglob("*.yaml")
        if not p.name.startswith(".")
    }
    for k in range(max(0, n - 5), n):
        assert case_text(k) in kept_past, f"version {k} is lost"
    return text == case_text(n + 1)


def do_report(folder: Path, n: int) -> None:
    desk = desk_of(folder)
    desk.put_report({"report": f"r{n}", "text": blob(n, "report", 90_000).hex()})
    desk.put_verdicts({f"c{k}": "accept" for k in range(1, n + 1)})


def check_report(folder: Path, n: int) -> bool:
    desk = desk_of(folder)
    for k in range(1, n + 1):
        assert desk.report(f"r{k}")["text"] == blob(k, "report", 90_000).hex()
    file = folder / "desk" / "reports" / f"r{n + 1}.json"
    if file.is_file():
        json.loads(file.read_text())
    told = len(desk.verdicts())
    assert told in (n, n + 1)
    return told == n + 1


def table(n: int) -> bytes:
    rows = "".join(f"{k},{blob(n, str(k), 40).hex()}\n" for k in range(4_000))
    return f"act,text\n{rows}".encode()


def do_receive(folder: Path, n: int) -> None:
    import io

    desk_of(folder).receive(f"table-{n}.csv", io.BytesIO(table(n)), 10**9)


def check_receive(folder: Path, n: int) -> bool:
    inbox = desk_of(folder).inbox
    for k in range(1, n + 2):
        name = hashlib.sha256(table(k)).hexdigest()[:16]
        found = read(inbox / name / f"table-{k}.csv")
        if found is None:
            assert k == n + 1, f"file {k} of {n} is lost"
            return False
        assert found == table(k)
        assert len(list(csv.reader(found.decode().splitlines()))) == 4_001
    return True


WRITERS = (
    Writer("run folder", nothing, do_run, check_run),
    Writer("finished pieces", nothing, do_part, check_part),
    Writer("record of forecasts", nothing, do_lines, check_line),
    Writer("watch folder", nothing, do_watch, check_watch),
    Writer("store: import", nothing, do_import, check_import),
    Writer("store: claims", nothing, do_claims, check_claims),
    Writer("desk: case saved", begin_case, do_save, check_save),
    Writer("desk: reports, verdicts", nothing, do_report, check_report),
    Writer("desk: file received", nothing, do_receive, check_receive),
    state("brief", 400_000),
    state("page of a run", 200_000),
    state("questions", 60_000),
    state("cache", 60_000),
)
