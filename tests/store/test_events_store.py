"""The store: revisions, what was known when, repeated reports, and never half an import."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from spillover.errors import EventsError
from spillover.store.events import open_store, working_folder
from spillover.store.events_read import describe, read_records
from tests.readers.files import (
    ACLED,
    GDELT2,
    GED49,
    acled,
    commaed,
    gdelt,
    ged,
    stored,
    tabbed,
    take,
)

MAY = {"event_date": "2031-05-01"}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "e.duckdb"


def stamp(*day: int) -> str:
    return str(int(dt.datetime(2031, *day, tzinfo=dt.UTC).timestamp()))


def version(folder: Path, name: str, deaths: str, *day: int) -> Path:
    """One event of ACLED as it stood on a day."""
    row = acled(**MAY, fatalities=deaths, timestamp=stamp(*day))
    return commaed(folder / name, ACLED, [row])


def test_the_same_file_again_is_nothing_to_do(store: Path, tmp_path: Path) -> None:
    file = version(tmp_path, "a.csv", "3", 5, 8)
    first, again = take(store, file, file)
    assert first.since is None
    assert again.since is not None
    assert len(stored(store)) == 1


def test_a_changed_row_is_a_revision_and_each_day_sees_its_own(
    store: Path, tmp_path: Path
) -> None:
    reports = take(
        store,
        version(tmp_path, "a.csv", "3", 5, 8),
        version(tmp_path, "b.csv", "3", 5, 15),  # said again, unchanged
        version(tmp_path, "c.csv", "5", 6, 8),
        version(tmp_path, "d.csv", "3", 7, 8),  # back to what it was
    )
    counts = [(c.kept, c.known, c.revised) for c in (r.counts for r in reports)]
    assert counts == [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 1)]

    def deaths(*day: int) -> list[float]:
        return list(read_records(store, as_of=dt.date(2031, *day))["deaths"])

    assert deaths(5, 7) == []
    assert deaths(5, 8) == [3]
    assert deaths(6, 7) == [3]
    assert deaths(6, 8) == [5]
    assert deaths(7, 9) == [3]
    assert list(read_records(store)["revision"]) == [3]


def test_an_older_file_imported_later_takes_its_place_in_time(
    store: Path, tmp_path: Path
) -> None:
    take(
        store,
        version(tmp_path, "new.csv", "5", 6, 8),
        version(tmp_path, "old.csv", "3", 5, 8),
    )
    assert read_records(store, as_of=dt.date(2031, 5, 20))["deaths"].tolist() == [3]
    assert read_records(store)["deaths"].tolist() == [5]


def test_an_instant_is_strict_where_a_date_means_its_end(
    store: Path, tmp_path: Path
) -> None:
    take(store, version(tmp_path, "a.csv", "3", 5, 8))
    midnight = dt.datetime(2031, 5, 8)
    before = midnight - dt.timedelta(microseconds=1)
    assert read_records(store, as_of=before).rows == 0
    assert read_records(store, as_of=midnight).rows == 1
    east = dt.timezone(dt.timedelta(hours=3))
    assert read_records(store, as_of=midnight.replace(tzinfo=east)).rows == 0


def test_unknown_publication_waits_for_its_lag_and_a_change_for_its_import(
    store: Path, tmp_path: Path
) -> None:
    one = commaed(tmp_path / "a.csv", GED49, [ged(1)])
    two = commaed(tmp_path / "b.csv", GED49, [ged(1, best="7")])
    take(store, one, accessed=dt.datetime(2032, 1, 1))
    take(store, two, accessed=dt.datetime(2033, 1, 1))

    def deaths(*day: int) -> list[float]:
        return list(read_records(store, as_of=dt.date(*day))["deaths"])

    assert deaths(2031, 5, 2) == []
    assert deaths(2031, 5, 3) == [6]  # 60 days after the end of 3 March
    assert deaths(2032, 12, 31) == [6]
    assert deaths(2033, 1, 1) == [7]
    read = read_records(store)
    assert read.assumed == 1
    assert read.notes == (
        "1 records state no day of publication; the stated lag of their source stands in for it",
    )


def test_a_named_day_of_publication(store: Path, tmp_path: Path) -> None:
    file = commaed(tmp_path / "a.csv", GED49, [ged(1)])
    take(store, file, published=dt.datetime(2031, 4, 1, 23, 59, 59))
    assert read_records(store, as_of=dt.date(2031, 3, 31)).rows == 0
    assert read_records(store, as_of=dt.date(2031, 4, 1)).rows == 1
    assert read_records(store).assumed == 0


def test_a_revision_may_move_an_event_out_of_the_days_asked(
    store: Path, tmp_path: Path
) -> None:
    march = acled(event_date="2031-03-01", timestamp=stamp(3, 5))
    april = acled(event_date="2031-04-01", timestamp=stamp(4, 5))
    take(
        store,
        commaed(tmp_path / "a.csv", ACLED, [march]),
        commaed(tmp_path / "b.csv", ACLED, [april]),
    )
    days = {"start": dt.date(2031, 3, 1), "end": dt.date(2031, 3, 31)}
    assert read_records(store, **days).rows == 0  # type: ignore[arg-type]
    then = read_records(store, as_of=dt.date(2031, 3, 20), **days)  # type: ignore[arg-type]
    assert then.rows == 1


def test_repeated_reports_are_one_event_and_none_is_lost(
    store: Path, tmp_path: Path
) -> None:
    place = {"ActionGeo_FullName": "Old Town, Iraq"}
    rows = [
        gdelt(1, **place, NumMentions="4"),
        gdelt(2, **place, NumMentions="2", DATEADDED="20310301120000"),
        gdelt(3, **place, NumMentions="1", EventCode="190"),
        gdelt(4, ActionGeo_FullName="New Town, Iraq"),
    ]
    take(store, tabbed(tmp_path / "a.CSV", GDELT2, rows, header=False))
    read = read_records(store, columns=["source_id", "reports", "rows"])
    assert read.columns["source_id"].tolist() == [
        "1000000002",
        "1000000003",
        "1000000004",
    ]
    assert read["reports"].tolist() == [6, 1, 4]
    assert read["rows"].tolist() == [2, 1, 1]
    assert read.notes == (
        "4 reports are 3 events: rows of machine-coded sources with the same days, actors, code and place are one",
    )
    assert read_records(store, fold=False).rows == 4
    # what is published later is in no sum
    early = read_records(store, as_of=dt.datetime(2031, 3, 1, 12))
    assert early["reports"].tolist() == [2]


def test_events_compiled_by_people_are_never_folded(
    store: Path, tmp_path: Path
) -> None:
    rows = [acled(1, **MAY), acled(2, **MAY)]
    take(store, commaed(tmp_path / "a.csv", ACLED, rows))
    assert read_records(store).rows == 2


def test_columns_come_as_arrays(store: Path, tmp_path: Path) -> None:
    take(store, commaed(tmp_path / "a.csv", GED49, [ged(1), ged(2, low="", adm_1="")]))
    read = read_records(store)
    assert read["first_day"].dtype == np.dtype("datetime64[D]")
    assert np.isnat(read["published"]).all()
    assert np.isnan(read["deaths_low"]).tolist() == [False, True]
    assert read["adm1"].tolist() == ["Anbar", None]
    with pytest.raises(EventsError, match="records have no field deths"):
        read_records(store, columns=["deths"])
    with pytest.raises(
        EventsError,
        match=r'no dataset usdp\. Expected one of ucdp\. Did you mean "ucdp"',
    ):
        read_records(store, datasets=["usdp"])


def test_what_a_store_holds(store: Path, tmp_path: Path) -> None:
    rows = [gdelt(1), gdelt(2, EventCode="99")]
    take(
        store,
        tabbed(tmp_path / "a.CSV", GDELT2, rows, header=False),
        commaed(tmp_path / "b.csv", GED49, [ged(1)]),
    )
    found = describe(store)
    one, two = found["datasets"]
    assert (one["dataset"], one["reports"], one["unmapped_rows"]) == ("gdelt", 2, 1)
    assert one["unmapped_actions"] == {"99": 1}
    assert one["last_published"] == "2031-03-02 01:15:00"
    assert (two["dataset"], two["without_publication"]) == ("ucdp", 1)
    assert two["actors"] == {"Delta Front": 1, "Government of Arland": 1}
    early = describe(store, as_of=dt.date(2031, 3, 2))
    assert [d["dataset"] for d in early["datasets"]] == ["gdelt"]
    assert early["later"] == 1


# Not a store, or not ours now


def test_no_store(store: Path) -> None:
    with pytest.raises(
        EventsError, match=r"there is no store\. Make one with  spillover import"
    ):
        read_records(store)
    assert not store.exists()


def test_a_file_that_is_no_store(store: Path) -> None:
    store.write_text("hello " * 1000)
    with pytest.raises(EventsError, match="this file is no store of events"):
        read_records(store)


def test_a_database_of_another_kind(store: Path) -> None:
    import duckdb

    with duckdb.connect(str(store)) as db:
        db.execute("CREATE TABLE mine (x INTEGER)")
    for write in (False, True):
        with (
            pytest.raises(EventsError, match="this file is no store of events"),
            open_store(store, write=write),
        ):
            pass


HOLD = """
import sys, time
from spillover.store.events import open_store
with open_store(sys.argv[1], write=True):
    print("open", flush=True)
    time.sleep(60)
"""


def test_a_store_in_use_says_so(store: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(EventsError) as e, open_store(store, write=True):
            pass
        assert "the store is in use by another process" in str(e.value)
    finally:
        holder.kill()
        holder.communicate()


# Killed


IMPORT = """
import os, sys
from pathlib import Path
import spillover.readers.importing as importing
from spillover.store.events import open_store
store, file, where = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
def die(done, total, what):
    if where in what:
        os.kill(os.getpid(), 9)
inner = importing.merge
def merge_and_die(*a, **k):
    counts = inner(*a, **k)
    if where == "before commit":
        os.kill(os.getpid(), 9)
    return counts
importing.merge = merge_and_die
with open_store(store, write=True) as db:
    importing.import_file(db, store, file, progress=die)
"""
CONTENT = "* EXCLUDE (accessed, import_id)"


@pytest.mark.parametrize("where", ["reading", "mapping", "storing", "before commit"])
def test_killed_in_the_middle_leaves_the_store_as_it_was(
    store: Path, tmp_path: Path, where: str
) -> None:
    """SIGKILL at each stage; the rerun comes to the same content as an import in one go."""
    first = tabbed(tmp_path / "a.CSV", GDELT2, map(gdelt, range(50)), header=False)
    rows = [gdelt(k, NumMentions=str(1 + k % 7)) for k in range(30, 5000)]
    second = tabbed(tmp_path / "b.CSV", GDELT2, rows, header=False)
    take(store, first)
    before = stored(store)
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, str(store), str(second), where], check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert stored(store) == before
    assert working_folder(store).exists()
    (report,) = take(store, second)
    assert report.since is None
    assert not working_folder(store).exists()
    other = tmp_path / "other.duckdb"
    take(other, first, second)
    order = "ORDER BY source_id, revision"
    assert stored(store, CONTENT, order) == stored(other, CONTENT, order)


@pytest.mark.slow
def test_killed_at_any_time(store: Path, tmp_path: Path) -> None:
    """Ten kills spread over the run: never a part of the file in the store."""
    rows = (gdelt(k) for k in range(60_000))
    file = tabbed(tmp_path / "a.CSV", GDELT2, rows, header=False)
    words = [sys.executable, "-c", IMPORT, str(store), str(file), "never"]
    began = time.monotonic()
    subprocess.run(words, check=True)
    whole = time.monotonic() - began
    expected = stored(store, CONTENT, "ORDER BY source_id")
    assert len(expected) == 60_000
    for k in range(1, 11):
        store.unlink()
        run = subprocess.Popen(words)
        time.sleep(whole * k / 11)
        run.kill()
        run.communicate()
        if store.exists():
            with open_store(store, write=True) as db:
                row = db.execute("SELECT count(*) FROM records").fetchone()
            assert row in [(0,), (60_000,)]
        take(store, file)
        assert stored(store, CONTENT, "ORDER BY source_id") == expected


# Larger than memory


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="this system does not tell the peak"
)
def test_larger_than_memory(store: Path, tmp_path: Path) -> None:
    """240 MB of text with 160 MB for DuckDB: the memory of the process is bounded, too."""
    block = "".join("\t".join(gdelt(k)[c] for c in GDELT2) + "\n" for k in range(1000))
    file = tmp_path / "a.CSV"
    with file.open("w") as out:
        for k in range(500):
            # 9 digits behind the mark: ids all differ
            out.write(
                block.replace("\n1000", f"\n{2000 + k}")[4:].join([f"{2000 + k}", ""])
            )
    code = (
        "import re, sys\nfrom pathlib import Path\n"
        "from spillover.readers.importing import import_file\n"
        "from spillover.store.events import open_store\n"
        "store = Path(sys.argv[1])\n"
        "with open_store(store, write=True, memory='160MB') as db:\n"
        "    r = import_file(db, store, Path(sys.argv[2]))\n"
        # Of this program alone: ru_maxrss would begin with the test runner's own.
        "    peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())\n"
        "    print(r.counts.kept, int(peak[1]) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(store), str(file)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    kept, megabytes = map(int, done.stdout.split())
    assert kept == 500_000
    assert megabytes < 400, f"{megabytes} MB"
