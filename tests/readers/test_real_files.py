"""Real files of two sources, where they lie beside the project."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from spillover.store.events_read import read_records
from tests.readers.files import SHARED, stored, take


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the shared data are not on this machine: real files not read")
    return SHARED


def test_icews_as_published(shared: Path, tmp_path: Path) -> None:
    """Two days of 2018: every row kept, every country and code known."""
    store = tmp_path / "e.duckdb"
    file = shared / "icews_raw_sample_2018" / "events.2018.sample.tab.gz"
    (report,) = take(store, file)
    c = report.counts
    assert (c.read, c.kept) == (3705, 3705)
    assert (c.dropped, c.blanked) == ({}, {})
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as text:
        rows = list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = stored(store)
    assert [r["code"] for r in found] == [r["CAMEO Code"] for r in rows]
    assert [r["source_name"] for r in found] == [r["Source Name"] for r in rows]
    named = [r for r in found if r["country"]]
    assert len(named) > 0.99 * len(found)
    assert sum(r["action"] is None for r in found) == 0
    read = read_records(store)
    assert read.reports == 3705
    assert read.rows < read.reports


def test_ucdp_with_columns_removed(shared: Path, tmp_path: Path) -> None:
    store = tmp_path / "e.duckdb"
    file = shared / "ucdp_ged_syria" / "events.csv.gz"
    from spillover.errors import EventsError

    with pytest.raises(
        EventsError, match="the header looks like UCDP GED, but has changed"
    ):
        take(store, file)
    (report,) = take(store, file, format="ucdp")
    c = report.counts
    assert (c.read, c.kept, c.dropped) == (14522, 14522, {})
    with gzip.open(file, "rt", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    found = stored(store)
    assert sum(r["deaths"] for r in found) == sum(int(r["best"]) for r in rows)
    spans = sum(r["date"] != r["date_end"] for r in rows)
    assert sum(r["first_day"] < r["last_day"] for r in found) == spans > 0
    exact = sum(r["date_prec"] == "1" and r["date"] == r["date_end"] for r in rows)
    assert sum(r["date_precision"] == "day" for r in found) == exact


def test_plain_daily_table(shared: Path, tmp_path: Path) -> None:
    store = tmp_path / "e.duckdb"
    file = shared / "iraq_sigacts" / "daily.csv.gz"
    (report,) = take(store, file)
    assert report.counts.kept == 16960
    with gzip.open(file, "rt", encoding="utf-8") as text:
        n = sum(int(r["n"]) for r in csv.DictReader(text))
    assert read_records(store, columns=["n"])["n"].sum() == n
