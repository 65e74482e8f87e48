"""One tiny file of each format, read to the exact record it must give."""

from __future__ import annotations

import datetime as dt
import gzip
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.readers.files import (
    ACLED,
    GDELT1,
    GDELT2,
    GED42,
    GED49,
    ICEWS,
    POLECAT,
    acled,
    answer,
    commaed,
    gdelt,
    ged,
    icews,
    polecat,
    stored,
    tabbed,
    take,
)

DAY = dt.date(2031, 3, 1)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "e.duckdb"


def same(row: dict[str, Any], **expected: Any) -> None:
    found = {k: row[k] for k in expected}
    assert found == expected


GDELT_RECORD = {
    "dataset": "gdelt",
    "source_id": "1000000001",
    "revision": 1,
    "published": dt.datetime(2031, 3, 2, 1, 15),
    "first_day": DAY,
    "last_day": DAY,
    "date_precision": "day",
    "source_name": "ARMY OF IRAQ",
    "source_code": "IRQMIL",
    "source_sector": "MIL",
    "source_country": "IRQ",
    "target_country": "TUR",
    "code": "0251",
    "code_system": "cameo",
    "place": "Town 1, Iraq",
    "country": "IRQ",
    "lat": 33.3,
    "lon": 44.4,
    "place_precision": 4,
    "n": 1.0,
    "reports": 4,
    "publisher": "gazette.example",
    "line": 1,
}


def test_gdelt_2(store: Path, tmp_path: Path) -> None:
    file = tabbed(tmp_path / "a.export.CSV", GDELT2, [gdelt()], header=False)
    (report,) = take(store, file)
    assert report.title == "GDELT 2.0, 61 columns"
    (row,) = stored(store)
    same(row, **GDELT_RECORD)


def test_gdelt_1_has_58_columns_and_days_of_adding(store: Path, tmp_path: Path) -> None:
    file = tabbed(
        tmp_path / "20310301.export.CSV",
        GDELT1,
        [gdelt(DATEADDED="20310302")],
        header=False,
    )
    (report,) = take(store, file)
    assert report.title == "GDELT 1.0, 58 columns"
    (row,) = stored(store)
    # some time on that day: surely known at its end
    same(row, **GDELT_RECORD | {"published": dt.datetime(2031, 3, 2, 23, 59, 59)})


def test_gdelt_with_a_header_in_another_spelling(store: Path, tmp_path: Path) -> None:
    names = ["GlobalEventID", "Day", *GDELT2[2:]]
    names = [n.replace("FullName", "Fullname") for n in names]
    file = tabbed(tmp_path / "a.tsv", GDELT2, [gdelt()], header=True)
    text = file.read_text().split("\n", 1)[1]
    file.write_text("\t".join(names) + "\n" + text)
    take(store, file)
    (row,) = stored(store)
    same(row, **GDELT_RECORD | {"line": 2})


UCDP_RECORD = {
    "dataset": "ucdp",
    "source_id": "501",
    "published": None,
    "first_day": DAY,
    "last_day": dt.date(2031, 3, 3),
    "date_precision": "range",
    "source_name": "Government of Arland",
    "source_code": "11",
    "source_country": "IRQ",
    "target_name": "Delta Front",
    "code": "1",
    "action": "ASSAULT",
    "place": "Old Town",
    "country": "IRQ",
    "adm1": "Anbar",
    "place_precision": 2,
    "deaths": 6,
    "deaths_low": 5,
    "deaths_high": 9,
    "civilian_deaths": 3,
    "reports": 2,
    "publisher": "Gazette",
    # 60 days after the end of the last day
    "available": dt.datetime(2031, 5, 3),
}


@pytest.mark.parametrize("columns", [GED49, GED42], ids=["49", "42"])
@pytest.mark.parametrize("header", [True, False])
def test_ucdp(
    store: Path, tmp_path: Path, columns: tuple[str, ...], header: bool
) -> None:
    file = commaed(tmp_path / "ged.csv", columns, [ged()], header=header)
    (report,) = take(store, file)
    assert report.title == f"UCDP GED, {len(columns)} columns"
    (row,) = stored(store)
    same(row, **UCDP_RECORD, line=1 + header)


@pytest.mark.parametrize(
    ("cells", "precision"),
    [
        ({"date_prec": "1", "date_end": "2031-03-01"}, "day"),
        ({"date_prec": "1"}, "range"),
        ({"date_prec": "3"}, "week"),
        ({"date_prec": "4"}, "month"),
        ({"date_prec": "5"}, "year"),
        ({"date_prec": "1", "event_clarity": "2"}, "summary"),
    ],
)
def test_ucdp_keeps_how_well_a_date_is_known(
    store: Path, tmp_path: Path, cells: dict[str, str], precision: str
) -> None:
    take(store, commaed(tmp_path / "ged.csv", GED49, [ged(**cells)]))
    (row,) = stored(store)
    assert row["date_precision"] == precision
    assert (row["first_day"] < row["last_day"]) == (cells.get("date_end") is None)


ACLED_RECORD = {
    "dataset": "acled",
    "source_id": "IRQ1",
    "published": dt.datetime(2031, 5, 8, 9, 46, 40),
    "first_day": dt.date(2031, 5, 7),
    "last_day": dt.date(2031, 5, 7),
    "date_precision": "day",
    "source_name": "Delta Front",
    "source_others": "River Brigade; Hill Brigade",
    "target_name": "Military Forces of Arland",
    "code": "Battles/Armed clash",
    "action": "ASSAULT",
    "country": "IRQ",
    "deaths": 3,
    "reports": 2,
}


@pytest.mark.parametrize("date", ["7 May 2031", "07-May-2031", "2031-05-07"])
def test_acled_export_with_a_byte_order_mark(
    store: Path, tmp_path: Path, date: str
) -> None:
    file = commaed(
        tmp_path / "a.csv", ACLED, [acled(event_date=date)], encoding="utf-8-sig"
    )
    (report,) = take(store, file)
    assert report.title == "ACLED, 31 columns"
    (row,) = stored(store)
    same(row, **ACLED_RECORD)


def test_acled_answer_of_the_api(store: Path, tmp_path: Path) -> None:
    row: dict[str, object] = {**acled(event_date="2031-05-07"), "fatalities": 3}
    row["timestamp"] = 1936000000
    (report,) = take(store, answer(tmp_path / "a.json", [row]))
    assert report.title == "ACLED, JSON"
    (found,) = stored(store)
    same(found, **ACLED_RECORD)


def test_acled_export_and_answer_are_one_content(store: Path, tmp_path: Path) -> None:
    export = commaed(tmp_path / "a.csv", ACLED, [acled(event_date="7 May 2031")])
    row: dict[str, object] = dict(acled(event_date="2031-05-07"))
    _, report = take(store, export, answer(tmp_path / "a.json", [row]))
    assert (report.counts.known, report.counts.revised) == (1, 0)


def test_acled_old_export_in_capitals(store: Path, tmp_path: Path) -> None:
    columns = [
        c for c in ACLED if c not in ("disorder_type", "civilian_targeting", "tags")
    ]
    columns += ["data_id", "event_id_no_cnty", "iso3"]
    file = commaed(tmp_path / "a.csv", columns, [acled(event_date="7 May 2031")])
    head, rest = file.read_text().split("\n", 1)
    file.write_text(head.upper() + "\n" + rest)
    take(store, file)
    (row,) = stored(store)
    same(row, **ACLED_RECORD)


@pytest.mark.parametrize(
    ("precision", "first", "last"),
    [("2", (5, 4), (5, 10)), ("3", (5, 1), (5, 31))],
)
def test_acled_spreads_what_is_known_to_a_week_or_month(
    store: Path,
    tmp_path: Path,
    precision: str,
    first: tuple[int, int],
    last: tuple[int, int],
) -> None:
    row = acled(event_date="2031-05-07", time_precision=precision, timestamp="")
    take(store, commaed(tmp_path / "a.csv", ACLED, [row]))
    (found,) = stored(store)
    same(found, first_day=dt.date(2031, *first), last_day=dt.date(2031, *last))


ICEWS_RECORD = {
    "dataset": "icews",
    "source_id": "901@2031-03-01",
    "first_day": DAY,
    "source_name": 'Police "Blue" (Arland)',
    "source_sector": "Police",
    "source_country": "IRQ",
    "target_country": "TUR",
    "code": "040",
    "action": "CONSULT",
    "place": "Old Town",
    "adm1": "Anbar",
    "country": "IRQ",
}


@pytest.mark.parametrize("date", ["2031-03-01", "3/1/2031", "03/01/2031"])
@pytest.mark.parametrize("header", [True, False])
def test_icews(store: Path, tmp_path: Path, date: str, header: bool) -> None:
    file = tabbed(
        tmp_path / "e.tab", ICEWS, [icews(**{"Event Date": date})], header=header
    )
    (report,) = take(store, file)
    assert report.title == "ICEWS, 20 columns"
    (row,) = stored(store)
    same(row, **ICEWS_RECORD)


POLECAT_RECORD = {
    "dataset": "polecat",
    "source_id": "20310301-1",
    "published": dt.datetime(2031, 3, 2, 23, 59, 59),
    "source_name": "Arland",
    "source_others": "Eastmark",
    "source_country": "IRQ",
    "source_sector": "MIL",
    "target_name": "Delta Front",
    "target_others": None,
    "code": "ASSAULT",
    "action": "ASSAULT",
    "mode": "aerial",
    "place": "Old Town",
    "country": "IRQ",
}


def test_polecat(store: Path, tmp_path: Path) -> None:
    file = tabbed(tmp_path / "p.txt", POLECAT, [polecat()], header=True)
    (report,) = take(store, file)
    assert report.title == "POLECAT, 40 columns"
    (row,) = stored(store)
    same(row, **POLECAT_RECORD)


def test_polecat_with_a_name_too_many_and_empty_columns(
    store: Path, tmp_path: Path
) -> None:
    file = tabbed(tmp_path / "p.tsv", POLECAT, [polecat(1), polecat(2)], header=True)
    head, one, two, _ = file.read_text().split("\n")
    names = head.replace("Intensity", "Event Intensity").split("\t")
    names.insert(7, "Headline")
    file.write_text("\t".join(names) + f"\n{one}\n{two}\t\t\n")
    (report,) = take(store, file)
    assert report.counts.kept == 2
    assert "the header names Headline, the rows have no such column" in report.notes
    assert "1 lines had empty columns too many, cut (first: line 3)" in report.notes
    row, _ = stored(store)
    same(row, **POLECAT_RECORD)


def test_polecat_with_empty_columns_in_the_header_too(
    store: Path, tmp_path: Path
) -> None:
    file = tabbed(tmp_path / "p.tsv", POLECAT, [polecat()], header=True)
    file.write_text(file.read_text().replace("\n", "\t\t\n"))
    (report,) = take(store, file)
    assert (report.counts.kept, report.title) == (1, "POLECAT, 40 columns")
    (row,) = stored(store)
    same(row, **POLECAT_RECORD)


def test_ucdp_answer_of_the_api(store: Path, tmp_path: Path) -> None:
    import json

    file = tmp_path / "u.json"
    file.write_text(json.dumps({"TotalCount": 1, "TotalPages": 1, "Result": [ged()]}))
    take(store, file)
    (row,) = stored(store)
    same(row, **UCDP_RECORD)


PLAIN = "day,actor,event_type,victim,killed,where\n2031-03-01,Delta Front,ASSAULT,Arland,2,Old Town\n"


def test_plain_table(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(PLAIN)
    (report,) = take(store, file)
    assert report.title == "a plain table"
    assert report.notes[0] == (
        "read as date (column day), source (column actor), action (column event_type), "
        "target (column victim), deaths (column killed), place (column where)"
    )
    (row,) = stored(store)
    same(
        row,
        dataset="plain",
        source_name="Delta Front",
        target_name="Arland",
        action="ASSAULT",
        deaths=2,
        n=1.0,
        place="Old Town",
        first_day=DAY,
        available=dt.datetime(2031, 3, 2),
    )


def test_source_beside_actors_is_who_reported_it(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text("date,actor1,actor2,type,source\n2031-03-01,A,B,ASSAULT,Gazette\n")
    take(store, file)
    (row,) = stored(store)
    same(row, source_name="A", target_name="B", publisher="Gazette")


def test_plain_parquet(store: Path, tmp_path: Path) -> None:
    import duckdb

    file = tmp_path / "own.parquet"
    with duckdb.connect() as db:
        db.execute(
            "COPY (SELECT DATE '2031-03-01' AS date, 'Delta Front' AS source, 'ASSAULT' AS action, "
            f"7 AS n, 33.5 AS lat) TO '{file}' (FORMAT parquet)"
        )
    take(store, file)
    (row,) = stored(store)
    same(row, source_name="Delta Front", n=7.0, lat=33.5, first_day=DAY, line=1)


def test_equal_rows_of_a_plain_table_are_two_events(
    store: Path, tmp_path: Path
) -> None:
    line = PLAIN.splitlines()[1]
    file = tmp_path / "own.csv"
    file.write_text(PLAIN + line + "\n")
    (report,) = take(store, file)
    assert report.counts.kept == 2


def test_a_corrected_count_of_a_plain_table_is_a_revision(
    store: Path, tmp_path: Path
) -> None:
    file = tmp_path / "own.csv"
    file.write_text("date,source,action,n\n2031-03-01,Arland,ASSAULT,3\n")
    take(store, file)
    file.write_text("date,source,action,n\n2031-03-01,Arland,ASSAULT,4\n")
    (report,) = take(store, file)
    assert (report.counts.kept, report.counts.revised) == (0, 1)
    assert [r["n"] for r in stored(store, rest="ORDER BY revision")] == [3.0, 4.0]


@pytest.mark.parametrize("how", ["zip", "gz"])
def test_archives_are_read_as_they_are(store: Path, tmp_path: Path, how: str) -> None:
    plain = tabbed(tmp_path / "a.CSV", GDELT2, [gdelt()], header=False)
    packed = tmp_path / f"a.CSV.{how}"
    if how == "gz":
        packed.write_bytes(gzip.compress(plain.read_bytes()))
    else:
        with zipfile.ZipFile(packed, "w") as z:
            z.write(plain, "a.CSV")
            z.writestr("b.CSV", "\t".join(gdelt(2)[c] for c in GDELT2))
            z.writestr("codebook.pdf", b"%PDF")
    (report,) = take(store, packed)
    assert report.counts.kept == (1 if how == "gz" else 2)
    row = stored(store, rest="ORDER BY source_id")[0]
    same(row, **GDELT_RECORD)
    if how == "zip":
        assert "codebook.pdf in the archive is no table: left out" in report.notes
