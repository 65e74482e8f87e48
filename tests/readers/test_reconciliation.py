"""Whatever is done to a file, every row is kept, known, repeated, revised or dropped by a rule."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.errors import EventsError
from spillover.store.events import open_store
from tests.readers.files import (
    ACLED,
    GDELT2,
    GED49,
    ICEWS,
    acled,
    commaed,
    gdelt,
    ged,
    icews,
    tabbed,
    take,
)

N = 12
Write = Callable[[Path], Path]

FILES: dict[str, Write] = {
    "gdelt": lambda p: tabbed(p, GDELT2, map(gdelt, range(N)), header=False),
    "icews": lambda p: tabbed(p, ICEWS, map(icews, range(N)), header=True),
    "ucdp": lambda p: commaed(p, GED49, map(ged, range(N))),
    "acled": lambda p: commaed(p, ACLED, map(acled, range(N))),
}
JUNK = [b"", b"\t", b",", b'"', b"\r", b"\n", b"\0", b"\xff", b"x", b"-1", b"9" * 20]


def corrupt(data: bytes, rng: random.Random, hits: int) -> bytes:
    """Rows doubled, cut, joined, emptied, and bytes put in, at random places."""
    head, *lines = data.split(b"\n")
    for _ in range(hits):
        k = rng.randrange(len(lines))
        line = lines[k]
        at = rng.randrange(len(line) + 1)
        lines[k : k + 1] = {
            0: [line, line],
            1: [line[:at]],
            2: [line[:at], line[at:]],
            3: [line[:at] + rng.choice(JUNK) + line[at:]],
            4: [line[:at] + rng.choice(JUNK) + line[at + rng.randrange(9) :]],
            5: [b""],
        }[rng.randrange(6)]
    return b"\n".join([head, *lines])


def account(store: Path, file: Path, kind: str) -> None:
    """Import a file and check its account against the store itself."""
    before = total(store)
    try:
        (report,) = take(store, file, format=kind)
    except EventsError:
        assert total(store) == before
        return
    c = report.counts
    if report.since is not None:
        assert total(store) == before
        return
    assert c.lost == 0
    assert c.read == c.kept + c.known + c.repeated + c.revised + sum(c.dropped.values())
    after = total(store)
    assert after["records"] - before["records"] == c.kept + c.revised
    dropped = sum(c.dropped.values()) + sum(c.blanked.values())
    assert after["dropped"] - before["dropped"] == dropped
    assert set(c.examples) == set(c.dropped) | set(c.blanked)


def total(store: Path) -> dict[str, int]:
    if not store.exists():
        return {"records": 0, "dropped": 0}
    with open_store(store) as db:
        return {
            t: db.execute(f"SELECT count(*) FROM {t}").fetchall()[0][0]
            for t in ("records", "dropped")
        }


def twice(kind: str, seed: int, hits: int) -> None:
    """Two damaged states of one file, the second on top of the first."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        store, file = Path(folder) / "e.duckdb", Path(folder) / "rows"
        data = FILES[kind](file).read_bytes()
        for _ in range(2):
            file.write_bytes(corrupt(data, rng, hits))
            account(store, file, kind)


KINDS, SEEDS, HITS = (
    st.sampled_from(sorted(FILES)),
    st.integers(0, 2**32),
    st.integers(0, 8),
)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(kind=KINDS, seed=SEEDS, hits=HITS)
def test_no_row_is_lost_silently(kind: str, seed: int, hits: int) -> None:
    twice(kind, seed, hits)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(kind=KINDS, seed=SEEDS, hits=HITS)
def test_no_row_is_lost_silently_in_many_files(kind: str, seed: int, hits: int) -> None:
    twice(kind, seed, hits)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), hits=st.integers(1, 6), quoted=st.booleans())
def test_a_fault_costs_the_row_it_touches_and_no_other(
    seed: int, hits: int, quoted: bool
) -> None:
    """Every physical line is in a row or among the dropped; good rows survive."""
    import io

    from spillover.readers.encoding import Encoding
    from spillover.readers.rows import write_rows

    rng = random.Random(seed)
    mark = b"," if quoted else b"\t"
    lines = [mark.join([b"a%d" % k, b"b", b"c"]) for k in range(40)]
    hurt = set()
    for _ in range(hits):
        k = rng.randrange(len(lines))
        at = rng.randrange(len(lines[k]) + 1)
        junk = rng.choice([b'"', mark, b"", b"\xff", b"\0", b"x"])
        lines[k] = lines[k][:at] + junk + lines[k][at:]
        hurt.add(k)
    out, bad = io.BytesIO(), io.BytesIO()
    written = write_rows(
        io.BytesIO(b"\n".join(lines) + b"\n"),
        out,
        bad,
        name="f",
        encoding=Encoding(strict=False),
        delimiter=mark.decode(),
        quoted=quoted,
        width=3,
        header=False,
    )
    kept = [int(t.split(b"\t")[0]) for t in out.getvalue().splitlines()]
    lost = [int(t.split(b"\t")[0]) for t in bad.getvalue().splitlines()]
    assert written.read == len(kept) + len(lost)
    assert len(set(kept + lost)) == len(kept) + len(lost)
    untouched = {k + 1 for k in range(len(lines)) if k not in hurt}
    assert untouched <= set(kept)
