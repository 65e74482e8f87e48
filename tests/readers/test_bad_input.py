"""What is wrong with a file is said in one clear sentence, or counted; the store stays whole."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from spillover.errors import EventsError
from tests.readers.files import (
    ACLED,
    GDELT2,
    GED49,
    ICEWS,
    acled,
    answer,
    commaed,
    gdelt,
    ged,
    icews,
    stored,
    tabbed,
    take,
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "e.duckdb"


def refused(store: Path, file: Path, **options: str) -> str:
    """The message; and nothing of the file is in the store."""
    with pytest.raises(EventsError) as e:
        take(store, file, **options)
    assert stored(store) == []
    assert stored_count(store, "imports") == 0
    return str(e.value).replace(f"{file.parent}/", "")


def stored_count(store: Path, table: str) -> int:
    from spillover.store.events import open_store

    with open_store(store) as db:
        row = db.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert row is not None
        return int(row[0])


def rows_of_gdelt(n: int) -> str:
    return "".join("\t".join(gdelt(k)[c] for c in GDELT2) + "\n" for k in range(n))


def zipped(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("a.CSV", text)
    return out.getvalue()


# Archives


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_truncated_zip(store: Path, tmp_path: Path, share: float) -> None:
    data = zipped(rows_of_gdelt(200))
    file = tmp_path / "a.zip"
    file.write_bytes(data[: int(len(data) * share)])
    assert refused(store, file) == (
        "a.zip: the archive is damaged: it is cut short, or no archive at all. "
        "Nothing of it was imported; get it anew."
    )


def test_a_zip_with_a_flipped_byte(store: Path, tmp_path: Path) -> None:
    text = rows_of_gdelt(200)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        z.writestr("a.CSV", text)
    data = bytearray(out.getvalue())
    at = len(data) // 2
    data[at] = ord("x") if data[at] != ord("x") else ord("y")
    file = tmp_path / "a.zip"
    file.write_bytes(data)
    assert refused(store, file) == (
        "a.zip/a.CSV: the archive is damaged: its check sum is wrong. "
        "Nothing of it was imported; get it anew."
    )


def test_a_truncated_gz(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv.gz"
    file.write_bytes(gzip.compress(rows_of_gdelt(500).encode())[:-20])
    assert refused(store, file) == (
        "a.csv.gz: the archive is damaged: it ends in the middle. "
        "Nothing of it was imported; get it anew."
    )


def test_a_zip_without_a_table(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w") as z:
        z.writestr("codebook.pdf", b"%PDF")
    assert refused(store, file) == (
        "a.zip: the archive holds no table. Expected a member that ends in "
        ".csv, .tsv, .tab, .txt, .json, .jsonl, .parquet."
    )


def test_an_excel_workbook(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    with zipfile.ZipFile(file, "w") as z:
        z.writestr("xl/workbook.xml", "<workbook/>")
    assert refused(store, file) == (
        "a.xlsx: this is an Excel workbook, not a table as text. Save the sheet as CSV."
    )


def test_a_zip_locked_with_a_password(store: Path, tmp_path: Path) -> None:
    data = bytearray(zipped(rows_of_gdelt(20)))
    data[6] |= 1  # the flag of an encrypted member, in both of its headers
    data[data.index(b"PK\x01\x02") + 8] |= 1
    file = tmp_path / "a.zip"
    file.write_bytes(data)
    assert refused(store, file) == (
        "a.zip/a.CSV: this archive is locked with a password. Unpack it first."
    )


def test_one_damaged_member_keeps_the_others_out(store: Path, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        z.writestr("a.CSV", rows_of_gdelt(30))
        z.writestr("b.CSV", rows_of_gdelt(60)[len(rows_of_gdelt(30)) :])
    data = out.getvalue().replace(b"Town 45,", b"Town 46,", 1)
    file = tmp_path / "a.zip"
    file.write_bytes(data)
    assert "a.zip/b.CSV: the archive is damaged" in refused(store, file)


# Empty


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file(store: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)
    assert refused(store, file) == "a.csv: the file is empty."


def test_a_header_without_rows(store: Path, tmp_path: Path) -> None:
    file = commaed(tmp_path / "a.csv", ACLED, [])
    assert refused(store, file) == "a.csv: the file has a header and no rows."


def test_an_empty_answer_of_an_api(store: Path, tmp_path: Path) -> None:
    file = answer(tmp_path / "a.json", [])
    assert refused(store, file) == (
        "a.json: this JSON holds no rows: an empty answer. "
        "Ask for days that have events, and see that the account may read them."
    )


def test_an_answer_that_refuses(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"status": 403,\n "message": "Access denied"}')
    assert refused(store, file) == (
        'a.json: this JSON holds no rows; it says "Access denied". '
        'Expected an array, or one under "data".'
    )


def test_an_answer_cut_short(store: Path, tmp_path: Path) -> None:
    file = answer(tmp_path / "a.json", [dict(acled(1)), dict(acled(2))])
    file.write_text(file.read_text()[:-40])
    assert "the JSON " in refused(store, file)


# Columns


def test_a_changed_header_names_what_is_missing_and_new(
    store: Path, tmp_path: Path
) -> None:
    columns = [c for c in ACLED if c not in ("fatalities", "admin1")] + ["casualties"]
    rows = [acled() | {"casualties": "3"}]
    file = commaed(tmp_path / "a.csv", columns, rows)
    assert refused(store, file) == (
        "a.csv:1:1: the header looks like ACLED, but has changed "
        "(missing: admin1, fatalities; new: casualties). "
        "If these columns do not matter, import it with --format acled."
    )
    (report,) = take(store, file, format="acled")
    assert report.counts.kept == 1
    assert "columns not read: casualties" in report.notes


def test_a_header_without_what_is_needed(store: Path, tmp_path: Path) -> None:
    columns = [c for c in GED49 if c != "best"]
    file = commaed(tmp_path / "a.csv", columns, [ged()])
    said = (
        "a.csv:1:1: the header looks like UCDP GED, but has changed (missing: best). "
        "Without best it cannot be read as UCDP GED."
    )
    assert refused(store, file) == said
    assert refused(store, file, format="ucdp") == said


def test_a_61_column_file_with_58(store: Path, tmp_path: Path) -> None:
    """The last three columns lost: 58 like GDELT 1.0, whose content it does not have."""
    file = tabbed(tmp_path / "a.export.CSV", GDELT2[:58], [gdelt()], header=False)
    assert refused(store, file) == (
        "a.export.CSV:1:1: the rows have 58 columns like GDELT 1.0, 58 columns, but the text does not fit in "
        "ActionGeo_CountryCode, ActionGeo_Lat, ActionGeo_Long, DATEADDED. "
        "Columns have been lost or moved; get the file anew."
    )


def test_some_rows_with_58_of_61_columns(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.export.CSV"
    short = "\t".join(gdelt(7)[c] for c in GDELT2[:58]) + "\n"
    file.write_text(rows_of_gdelt(3) + short + rows_of_gdelt(2))
    (report,) = take(store, file)
    assert report.counts.read == 6
    assert report.counts.dropped == {"row has 58 columns, not 61": 1}
    assert report.counts.examples == {"row has 58 columns, not 61": (f"{file}:4",)}


def test_an_unknown_table_says_what_was_expected(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("height,weight\n1,2\n")
    assert refused(store, file) == (
        "a.csv:1:1: the format is not recognized, and for a plain table it lacks a date column (date, day, start); "
        "the first line has height, weight. Expected 61/58/57 columns of GDELT, 49/42 columns of UCDP GED, "
        "31 columns of ACLED, 20 columns of ICEWS, 40 columns of POLECAT, or a header with date and source, "
        "action or target (also end, n, deaths, place). Name the format with --format, or rename the columns."
    )


def test_an_unknown_format(store: Path, tmp_path: Path) -> None:
    file = commaed(tmp_path / "a.csv", ACLED, [acled()])
    assert refused(store, file, format="aclad") == (
        "there is no format aclad. Expected one of gdelt, ucdp, acled, icews, polecat, "
        'plain. Did you mean "acled"?'
    )


def test_a_file_that_is_no_text(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(bytes(range(256)) * 50)
    assert refused(store, file).startswith("a.csv")


# Rows


def test_ragged_rows_and_a_quote_left_open_lose_only_themselves(
    store: Path, tmp_path: Path
) -> None:
    file = commaed(tmp_path / "a.csv", ACLED, [acled(k) for k in range(6)])
    text = file.read_text()
    lines = text.split("\n")
    # each row spans two lines, for its notes hold a line end
    lines[3] = 'IRQ1,"a quote that nobody closes,1,2'
    lines[4] = "too,few"
    file.write_text("\n".join(lines))
    (report,) = take(store, file)
    c = report.counts
    assert c.kept == 5
    assert c.dropped == {"a quote is never closed": 1, "row has 2 columns, not 31": 1}
    assert c.examples["a quote is never closed"] == (f"{file}:4",)


def test_duplicated_ids_of_icews(store: Path, tmp_path: Path) -> None:
    """Same id and date: the same row is folded, another one is a revision; another date is another event."""
    rows = [
        icews(1),
        icews(1),
        icews(1, **{"CAMEO Code": "190"}),
        icews(1, **{"Event Date": "2031-03-02"}),
    ]
    (report,) = take(store, tabbed(tmp_path / "e.tab", ICEWS, rows, header=True))
    c = report.counts
    assert (c.read, c.kept, c.repeated, c.revised) == (4, 2, 1, 1)
    found = stored(store, "source_id, revision, code", "ORDER BY source_id, revision")
    assert [tuple(r.values()) for r in found] == [
        ("901@2031-03-01", 1, "040"),
        ("901@2031-03-01", 2, "190"),
        ("901@2031-03-02", 1, "040"),
    ]


def test_mixed_date_styles_are_read_or_counted_never_guessed(
    store: Path, tmp_path: Path
) -> None:
    dates = [
        "16 May 2031",
        "2031-05-16",
        "16-May-2031",
        "3/4/2031",
        "16.05.31",
        "May 16",
    ]
    rows = [acled(k, event_date=d) for k, d in enumerate(dates)]
    (report,) = take(
        store, commaed(tmp_path / "a.csv", ACLED, [r | {"timestamp": ""} for r in rows])
    )
    assert report.counts.kept == 3
    assert report.counts.dropped == {
        "date could be day/month or month/day": 2,
        "date is written neither 2025-05-16 nor 16 May 2025": 1,
    }
    assert len({r["first_day"] for r in stored(store)}) == 1


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"GLOBALEVENTID": ""}, "no event id"),
        ({"GLOBALEVENTID": "x1"}, "event id is not a number"),
        ({"SQLDATE": ""}, "no date"),
        ({"SQLDATE": "20310231"}, "date is not a day written YYYYMMDD"),
        ({"SQLDATE": "2031-03-01"}, "date is not a day written YYYYMMDD"),
        ({"DATEADDED": "0"}, "no readable date added"),
        ({"EventCode": "---"}, "event code is not a CAMEO code"),
        ({"SQLDATE": "20310501"}, "dated after its publication"),
    ],
)
def test_faults_of_gdelt_rows(
    store: Path, tmp_path: Path, cells: dict[str, str], rule: str
) -> None:
    rows = [gdelt(k) for k in range(20)]
    rows[7] = gdelt(7, **cells)
    file = tabbed(tmp_path / "a.CSV", GDELT2, rows, header=False)
    (report,) = take(store, file)
    assert report.counts.kept == 19
    assert report.counts.dropped == {rule: 1}
    assert report.counts.examples == {rule: (f"{file}:8",)}


def test_a_fault_value_is_blanked_and_counted(store: Path, tmp_path: Path) -> None:
    rows = [ged(1), ged(2, latitude="133.4", best="-1"), ged(3, low="many")]
    file = commaed(tmp_path / "a.csv", GED49, rows)
    (report,) = take(store, file)
    assert report.counts.kept == 3
    assert report.counts.dropped == {}
    assert report.counts.blanked == {
        "latitude is not a number from -90 to 90": 1,
        "best is not a whole number of at least 0": 1,
        "low is not a whole number of at least 0": 1,
    }
    found = stored(store, "lat, deaths, deaths_low", "ORDER BY source_id")
    assert [tuple(r.values()) for r in found] == [
        (33.4, 6, 5),
        (None, None, 5),
        (33.4, 6, None),
    ]


def test_a_file_without_one_good_row_is_refused(store: Path, tmp_path: Path) -> None:
    rows = [acled(k, event_date="3/4/2031") for k in range(4)]
    file = commaed(tmp_path / "a.csv", ACLED, rows)
    assert refused(store, file) == (
        "a.csv:2:1: none of its 4 rows can be read as ACLED, 31 columns; "
        "4 times: date could be day/month or month/day. Nothing of it was imported."
    )


# Encodings


def test_utf_16(store: Path, tmp_path: Path) -> None:
    row = acled(location="Hêwler", timestamp="")
    file = commaed(tmp_path / "a.csv", ACLED, [row], encoding="utf-16")
    (report,) = take(store, file)
    assert "read as UTF-16" in report.notes
    assert stored(store)[0]["place"] == "Hêwler"


def test_an_old_encoding_is_recognized_and_said(store: Path, tmp_path: Path) -> None:
    words = ["Évreux", "Besançon", "Nîmes", "Hérault", "Côte-d'Or", "Sète"]
    rows = [acled(k, location=w, timestamp="") for k, w in enumerate(words)]
    file = commaed(tmp_path / "a.csv", ACLED, rows, encoding="cp1252")
    (report,) = take(store, file)
    assert any(n.startswith("not UTF-8: read as ") for n in report.notes)
    assert [r["place"] for r in stored(store)] == words


def test_a_damaged_line_in_utf_8_is_counted(store: Path, tmp_path: Path) -> None:
    rows = [gdelt(k, ActionGeo_FullName=f"Hêwler {k}") for k in range(300)]
    file = tabbed(tmp_path / "a.CSV", GDELT2, rows, header=False)
    data = file.read_bytes().replace("Hêwler 41\t".encode(), b"H\xffwler 41\t")
    file.write_bytes(data)
    (report,) = take(store, file)
    assert report.counts.kept == 300
    assert (
        "1 lines held bytes that are not text, shown as \ufffd (first: line 42)"
        in report.notes
    )
    places = {r["place"] for r in stored(store)}
    assert {"H\ufffdwler 41", "Hêwler 42"} <= places


def test_zero_bytes_and_carriage_returns(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.CSV"
    text = rows_of_gdelt(3).replace("\n", "\r\n").replace("TURKEY", "TUR\0KEY", 1)
    file.write_bytes(text.encode())
    (report,) = take(store, file)
    assert report.counts.kept == 3
    assert "1 lines held zero bytes, taken out (first: line 1)" in report.notes
    assert {r["target_name"] for r in stored(store)} == {"TURKEY"}


# Countries


def test_fips_is_read_as_fips(store: Path, tmp_path: Path) -> None:
    codes = ["IS", "IZ", "IS", "IZ"]
    rows = [gdelt(k, ActionGeo_CountryCode=c) for k, c in enumerate(codes)]
    take(store, tabbed(tmp_path / "a.CSV", GDELT2, rows, header=False))
    assert [r["country"] for r in stored(store)] == ["ISR", "IRQ", "ISR", "IRQ"]


def test_iso_codes_in_the_place_of_fips_are_not_believed(
    store: Path, tmp_path: Path
) -> None:
    codes = ["IL", "IQ", "IS", "UA", "DE"]
    rows = [gdelt(k, ActionGeo_CountryCode=c) for k, c in enumerate(codes)]
    (report,) = take(store, tabbed(tmp_path / "a.CSV", GDELT2, rows, header=False))
    assert {r["country"] for r in stored(store)} == {None}
    (note,) = [n for n in report.notes if "FIPS" in n]
    assert note.startswith(
        "country codes of places look like ISO 3166, not FIPS 10-4: "
    )
    assert "the country of the place is left blank in this file" in note


def test_unknown_codes_are_counted(store: Path, tmp_path: Path) -> None:
    rows = [gdelt(1), gdelt(2, EventCode="99"), gdelt(3, ActionGeo_CountryCode="QQ")]
    (report,) = take(store, tabbed(tmp_path / "a.CSV", GDELT2, rows, header=False))
    assert "unmapped actions: 1 rows, 99 (1)" in report.notes
    assert "unmapped countries of the place: 1 rows, QQ (1)" in report.notes


# Names


def test_names_that_lead_nowhere_are_all_named(tmp_path: Path) -> None:
    from spillover.readers.unpack import expand

    (tmp_path / "empty").mkdir()
    names = ["no.csv", str(tmp_path / "empty"), str(tmp_path / "*.zip")]
    with pytest.raises(EventsError) as e:
        expand(names)
    assert str(e.value).replace(str(tmp_path), "") == (
        "no.csv: there is no such file.\n"
        "/empty: this folder holds no table.\n"
        "/*.zip: no file has such a name."
    )
