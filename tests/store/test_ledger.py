"""A record that cannot be changed unseen, and that a crash leaves whole."""

import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spillover.store.ledger import START, Ledger, LedgerError, witness

NOON = dt.datetime(2031, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def ledger(tmp_path):
    made = Ledger(tmp_path / "record.jsonl")
    made.add(
        [("forecast", {"p": 0.1 * n, "words": "é → 'x'"}) for n in range(5)], now=NOON
    )
    return made


def lines(ledger):
    return ledger.path.read_bytes().splitlines(keepends=True)


def test_lines_follow_each_other(ledger):
    found = ledger.entries()
    assert [e.n for e in found] == [1, 2, 3, 4, 5]
    assert found[0].prev == START
    assert [e.prev for e in found[1:]] == [e.digest for e in found[:-1]]
    assert ledger.head == found[-1].digest
    assert Ledger(ledger.path.with_name("none")).head == START


def test_adding_changes_no_line_before(ledger):
    before = ledger.path.read_bytes()
    ledger.add([("resolution", {"answer": True})], now=NOON)
    assert ledger.path.read_bytes().startswith(before)
    assert ledger.verify(Ledger(ledger.path).entries()[2].digest)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_any_change_of_a_byte_is_seen(ledger, data):
    whole = b"".join(lines(ledger))
    head = ledger.head
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda b: b != whole[at]))
    ledger.path.write_bytes(whole[:at] + bytes([byte]) + whole[at + 1 :])
    try:
        with pytest.raises(LedgerError):
            ledger.verify(head)
    finally:
        ledger.path.write_bytes(whole)


@pytest.mark.parametrize("n", range(5))
def test_a_line_removed_is_seen(ledger, n):
    head, found = ledger.head, lines(ledger)
    ledger.path.write_bytes(b"".join(found[:n] + found[n + 1 :]))
    with pytest.raises(LedgerError):
        ledger.verify(head)


@pytest.mark.parametrize(("a", "b"), [(0, 1), (1, 3), (3, 4)])
def test_lines_in_another_order_are_seen(ledger, a, b):
    found = lines(ledger)
    found[a], found[b] = found[b], found[a]
    ledger.path.write_bytes(b"".join(found))
    with pytest.raises(LedgerError, match="does not follow the one before it"):
        ledger.verify()


def test_a_cut_tail_agrees_with_itself_but_not_with_the_head(ledger):
    head = ledger.head
    ledger.path.write_bytes(b"".join(lines(ledger)[:3]))
    assert len(ledger.verify()) == 3
    with pytest.raises(
        LedgerError,
        match=r"the record was cut, or written anew, before it\. It holds 3 lines",
    ):
        ledger.verify(head)


def test_a_record_written_anew_agrees_with_itself_but_not_with_the_head(ledger):
    head = ledger.head
    bodies = [(e.kind, e.body) for e in ledger.entries()]
    bodies[1] = ("forecast", {"p": 0.9})
    ledger.path.unlink()
    ledger.add(bodies, now=NOON)
    assert len(ledger.verify()) == 5
    with pytest.raises(LedgerError, match="written anew"):
        ledger.verify(head)


@pytest.mark.parametrize("cut", [1, 20, 64, 87])
def test_what_a_crash_left_of_a_witness_is_set_aside(ledger, tmp_path, cut):
    """A torn last line witnesses nothing, and the next one begins a line of its own."""
    other = tmp_path / "heads.txt"
    first, last = ledger.entries()[1], ledger.entries()[-1]
    witness(other, first)
    whole = other.read_bytes()
    witness(other, last)
    torn = other.read_bytes()[len(whole) :][:cut]
    other.write_bytes(whole + torn)
    assert len(ledger.verify_witness(other)) == 5
    witness(other, last)
    lines = [f"{e.time} {e.n} {e.digest}\n".encode() for e in (first, last)]
    assert other.read_bytes() == b"".join(lines)
    assert other.with_name("heads.txt.torn").read_bytes() == torn + b"\n"


def test_a_witness_elsewhere_sees_it_too(ledger, tmp_path):
    other = tmp_path / "share" / "heads.txt"
    witness(other, ledger.entries()[1])
    ledger.add([("forecast", {})], now=NOON)
    witness(other, ledger.entries()[-1])
    assert len(ledger.verify_witness(other)) == 6
    ledger.path.write_bytes(b"".join(lines(ledger)[:5]))
    with pytest.raises(
        LedgerError,
        match="line 6 is not the one whose digest was witnessed on 2031-03-01",
    ):
        ledger.verify_witness(other)
    other.write_text("nonsense\n", "ascii")
    with pytest.raises(
        LedgerError, match=r"heads\.txt:1: this is no line of a witness"
    ):
        ledger.verify_witness(other)


def test_what_a_crash_left_of_a_line_counts_for_nothing(ledger):
    head = ledger.head
    with ledger.path.open("ab") as file:
        file.write(b'{"n":6,"time":"2031')
    assert ledger.head == head
    ledger.add([("forecast", {"p": 0.5})], now=NOON)
    assert len(ledger.verify(head)) == 6
    assert (
        ledger.path.with_name("record.jsonl.torn").read_bytes()
        == b'{"n":6,"time":"2031\n'
    )


def test_a_clock_that_goes_backwards(ledger):
    ledger.add([("forecast", {})], now=NOON - dt.timedelta(days=400))
    times = [e.time for e in ledger.entries()]
    assert times == sorted(times)


def test_what_is_no_record_is_said(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("hello\n", "utf-8")
    with pytest.raises(LedgerError, match=r"a\.jsonl:1: this is no line of a record"):
        Ledger(path).entries()
    with pytest.raises(LedgerError):
        Ledger(path).add([("forecast", {})])
    assert path.read_text("utf-8") == "hello\n"
    with pytest.raises(LedgerError, match=r"the record cannot be (read|written)"):
        Ledger(tmp_path).add([("forecast", {})])


def test_numbers_that_are_none_are_not_recorded(ledger):
    before = ledger.path.read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        ledger.add([("forecast", {"p": float("nan")})])
    assert ledger.path.read_bytes() == before


def test_many_writers_at_once_keep_one_chain(tmp_path):
    path = tmp_path / "record.jsonl"

    def write(k):
        for n in range(20):
            Ledger(path).add([("forecast", {"writer": k, "n": n})])

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    found = Ledger(path).verify()
    assert len(found) == 80
    for k in range(4):
        assert [e.body["n"] for e in found if e.body["writer"] == k] == list(range(20))


WRITER = """
import sys
from pathlib import Path
from spillover.store.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
n = 0
while True:
    made = ledger.add([("forecast", {"n": n, "text": "x" * 3000}), ("forecast", {"n": n + 1})])
    print(made[-1].digest, flush=True)
    n += 2
"""


@pytest.mark.slow
def test_killed_at_random_moments_it_stays_a_record(tmp_path):
    path = tmp_path / "record.jsonl"
    chance = random.Random(3)
    said = ""
    for _ in range(40):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        )
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.15))
        os.kill(process.pid, signal.SIGKILL)
        rest = process.communicate()[0].splitlines()
        said = next((x for x in reversed(rest) if len(x) == 64), said)
        # What was said to be recorded is there, and the chain holds.
        found = Ledger(path).verify(said)
        assert found
    whole = [json.loads(x) for x in path.read_bytes().split(b"\n")[:-1]]
    assert [x["n"] for x in whole] == list(range(1, len(whole) + 1))
