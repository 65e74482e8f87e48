"""Reading daily tables: forms, several files, gaps, and every fault with its message."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from spillover.errors import InputError
from spillover.study.backtest_table import TableQuery, read_table
from tests.backtest.synthetic import CELLS, START, answering, write_csv

KEYS = ("source", "target")


def query(*files: Path, **more) -> TableQuery:
    return TableQuery(files=files, **({"keys": KEYS, "count": "n"} | more))


def test_a_long_table_is_the_counts_it_was_written_from(tmp_path):
    y = answering(1, 120)
    t = read_table(query(write_csv(tmp_path / "t.csv.gz", y), cells=8))
    order = [CELLS.index(c) for c in t.cells]
    np.testing.assert_array_equal(t.counts, y[:, order])
    assert t.start == START
    assert t.first_test == 96  # the last fifth
    assert t.observed.all()
    assert t.weekday[0] == START.weekday()
    before = t.counts[:96].sum(0)
    assert (np.diff(before) <= 0).all()


def test_cells_are_the_busiest_before_the_test_only(tmp_path):
    y = np.zeros((100, 8))
    y[:50, 0] = 1.0
    y[:, 1] = 3.0
    y[80:, 2] = 99.0  # busy, but only in the test
    y[::2, 3] = 1.0
    t = read_table(
        query(write_csv(tmp_path / "t.csv", y), cells=3, test_from=dt.date(2031, 3, 12))
    )
    assert t.cells == (CELLS[1], CELLS[0], CELLS[3])


def test_rows_as_events_where_derive_and_quad(tmp_path):
    rows = ["date,source,target,quad"]
    for d in range(60):
        day = START + dt.timedelta(days=d)
        rows += [f"{day},a,b,{1 + d % 4}", f"{day},a,a,4", f"{day},a,b,4"]
    f = tmp_path / "t.csv"
    f.write_text("\n".join(rows) + "\n")
    t = read_table(
        TableQuery((f,), ("source", "target", "cls"), where="source <> target")
    )
    assert sorted(t.cells) == [("a", "b", "conf"), ("a", "b", "coop")]
    assert t.counts.sum(0).tolist() == [90.0, 30.0]
    assert t.notes[0].startswith("cls is made from quad")
    again = read_table(
        TableQuery(
            (f,),
            ("kind",),
            derive=(("kind", "CASE WHEN quad > 2 THEN 'x' ELSE 'y' END"),),
        )
    )
    assert again.cells == (("x",), ("y",))


def test_codes_keep_their_leading_zeros(tmp_path):
    f = tmp_path / "t.csv"
    days = [START + dt.timedelta(days=d) for d in range(40)]
    f.write_text("date,code\n" + "".join(f"{d},043\n{d},190\n" for d in days))
    assert read_table(TableQuery((f,), ("code",))).cells == (("043",), ("190",))


def test_wide_table_and_parquet(tmp_path):
    import duckdb

    f = tmp_path / "w.csv"
    days = [START + dt.timedelta(days=d) for d in range(40)]
    f.write_text(
        "date,north,south\n" + "".join(f"{d},{i % 3},{i}\n" for i, d in enumerate(days))
    )
    p = tmp_path / "w.parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT * FROM read_csv('{f}')) TO '{p}' (FORMAT parquet)")
    for file in (f, p):
        t = read_table(TableQuery((file,), melt=("north", "south")))
        assert t.cells == (("south",), ("north",))
        assert t.counts[:, 1].tolist() == [i % 3 for i in range(40)]


def test_days_between_files_are_not_observed_and_order_of_files_does_not_matter(
    tmp_path,
):
    y = answering(2, 200)
    a = write_csv(tmp_path / "a.csv", y[:100])
    b = write_csv(tmp_path / "b.csv", y[140:], start=START + dt.timedelta(days=140))
    t = read_table(query(b, a, test_from=dt.date(2031, 5, 21)))
    assert t.first_test == 140
    assert not t.observed[100:140].any()
    assert t.observed.sum() == 160
    assert (t.counts[100:140] == 0).all()
    assert (
        "no file covers 2031-04-11 to 2031-05-20 (40 days): not observed, no window spans them"
        in t.notes
    )


def test_a_month_of_silence_is_not_calm(tmp_path):
    y = answering(3, 200)
    y[120:150] = 0.0
    t = read_table(query(write_csv(tmp_path / "t.csv", y)))
    assert not t.observed[120:150].any()
    assert any("taken as not reported, not as calm" in n for n in t.notes)
    y[120:150] = 0.0
    y[120:150:10, 0] = 1.0  # one cell speaks every ten days: observed
    assert read_table(query(write_csv(tmp_path / "u.csv", y))).observed.all()


GOOD = "".join(f"{START + dt.timedelta(days=d)},a,b,{1 + d % 2}\n" for d in range(40))
HEAD = "date,source,target,n\n"


@pytest.mark.parametrize(
    ("text", "more", "message"),
    [
        (HEAD + GOOD, {"keys": ()}, "name the columns that make a cell with --keys"),
        (
            HEAD + GOOD,
            {"keys": ("sorce", "target")},
            '{f}: no column "sorce". The table has date, source, target, n. Did you mean "source"?',
        ),
        (
            HEAD + GOOD,
            {"count": "number", "date": "day"},
            '{f}: no column "day". The table has date, source, target, n\n{f}: no column "number". The table has date, source, target, n',
        ),
        (
            HEAD + GOOD + "31/12/2031,a,b,1\n",
            {},
            '{f}: 1 of its rows have no date in "date" that can be read, such as "31/12/2031". Expected 2024-03-31',
        ),
        (
            HEAD + GOOD + "20312-02-01,a,b,1\n",
            {},
            '{f}: 1 of its rows have no date in "date" that can be read, such as "20312-02-01". Expected 2024-03-31',
        ),
        (
            HEAD + GOOD + "2031-02-01,a,b,few\n2031-02-01,a,b,\n",
            {},
            '{f}: 2 of its rows have no count in "n", such as "few". Expected a whole number, 0 or more',
        ),
        (
            HEAD + GOOD + "2031-02-01,a,b,-3\n",
            {},
            '{f}: 1 of its rows have no count in "n", such as "-3". Expected a whole number, 0 or more',
        ),
        (HEAD, {}, "{f}: no row is left"),
        (
            HEAD + GOOD,
            {"where": "source = 'z'"},
            "{f}: no row is left after --where source = 'z'",
        ),
        (
            HEAD + GOOD,
            {"test_from": dt.date(2040, 1, 1)},
            "--test-from 2040-01-01: the tables hold 2031-01-01 to 2031-02-09",
        ),
        (
            HEAD + GOOD,
            {"test_from": dt.date(2031, 1, 20)},
            "only 19 days before 2031-01-20: at least 28 are needed to learn from",
        ),
        (HEAD + GOOD, {"cells": 0}, "--cells 0: at least one cell is needed"),
    ],
)
def test_bad_tables_are_refused_with_the_reason(tmp_path, text, more, message):
    f = tmp_path / "t.csv"
    f.write_text(text)
    with pytest.raises(InputError) as e:
        read_table(query(f, **more))
    assert str(e.value).startswith(message.format(f=f))


def test_bad_sql_ragged_rows_and_missing_files_are_refused(tmp_path):
    f = tmp_path / "t.csv"
    f.write_text(HEAD + GOOD)
    with pytest.raises(InputError, match=r"t\.csv: .*nowhere"):
        read_table(query(f, where="nowhere = 1"))
    with pytest.raises(InputError, match=r"absent\.csv: no such file"):
        read_table(query(tmp_path / "absent.csv"))
    g = tmp_path / "t.xlsx"
    g.write_text("x")
    with pytest.raises(InputError, match=r"a table is a \.csv"):
        read_table(query(g))
    h = tmp_path / "ragged.csv"
    h.write_text(HEAD + GOOD + "2031-02-01,a,b,1,7,8\n")
    with pytest.raises(InputError, match=r"ragged\.csv: "):
        read_table(query(h))
    broken = tmp_path / "t.csv.gz"
    broken.write_bytes(b"\x1f\x8b\x08\x00truncated")
    with pytest.raises(InputError, match=r"cannot be read as a table"):
        read_table(query(broken))


def test_two_files_that_hold_the_same_day_are_refused(tmp_path):
    y = answering(2, 90)
    a = write_csv(tmp_path / "a.csv", y[:60])
    b = write_csv(tmp_path / "b.csv", y[59:], start=START + dt.timedelta(days=59))
    with pytest.raises(InputError, match=r"both hold 2031-03-01: give each day once"):
        read_table(query(a, b))
