"""Records and counts against streams: what matches, what is known, what contradicts."""

from __future__ import annotations

import datetime as dt

import pytest

from spillover.assemble.build import assemble_source
from spillover.assemble.lattice import FAR
from spillover.assemble.records import match_record
from spillover.assemble.sources import CountSource, RecordSource, ReportSource
from spillover.errors import ModelError
from tests.assemble.words import RELATIONS, c, case, ps, stream

D = dt.date
STREAMS = [
    *(s.words for s in case().streams),
    stream("from-iran", "iran ASSAULT israel from iran").words,
    stream("from-iraq", "iran ASSAULT israel from iraq").words,
    stream("anywhere", "iran ASSAULT israel").words,
]


def record(id="r", source="groups", action="ASSAULT", target="usa", **more):
    more.setdefault("date", D(2024, 10, 20))
    more.setdefault("date_to", more["date"])
    return RecordSource(id, source=source, action=action, target=target, **more)


TABLE = [
    (record(), "attacks"),
    (record(source="kataib"), "attacks"),
    (record(source="iran"), None),
    (record(target="israel"), "launches"),
    (record(target="israel", about="claim only"), None),
    (record(source="quds", action="COERCE", target="groups", about="front"), "word"),
    (record(source="quds", action="COERCE", target="groups"), None),
    (record(source="iran", target="israel", place_from="iran"), "from-iran"),
    (record(source="iran", target="israel", place_from="anbar"), "from-iraq"),
    (record(source="iran", target="israel"), "anywhere"),
    (record(source="guard", target="israel", place_from="iran"), "from-iran"),
    (record(source="israel", target="groups", place_in="anbar"), "strikes"),
    (record(source="israel", target="groups"), "strikes"),
    (record(source="israel", target="groups", place_in="golan"), None),
    (record(source="israel", target="kataib", place_in="anbar"), "strikes"),
    (record(action="THREATEN"), None),
]


@pytest.mark.parametrize(("r", "expected"), TABLE)
def test_matching(r, expected):
    found = match_record(RELATIONS, STREAMS, r)
    assert (STREAMS[found].id if found >= 0 else None) == expected


def past(*records, counts=(), **more):
    a = assemble_source(case(records=tuple(records), counts=tuple(counts), **more))
    return a, a.past


def marks(a, bits):
    return {n for n, b in a.names.bits.items() if bits & b == b}


def test_what_a_record_says_is_known():
    a, p = past(
        record(
            "x",
            source="kataib",
            place_in="anbar",
            deaths=2,
            injured=0,
            marks=(("large", ""),),
        ),
        record("y", target="israel", marks=(("result", "landed"),), deaths=0),
        record("z", marks=(("large", "no"),)),
        record("w", action="THREATEN"),
    )
    x, y, z, w = p.records
    assert marks(a, x.flags) == {"deadly", "by: kataib", "in: iraq", "large"}
    assert marks(a, x.absent) == {"injuring", "by: nujaba", "in: syria"}
    assert (x.deaths, x.injured) == (2, 0)
    assert marks(a, y.flags) == {"result: landed"}
    assert marks(a, y.absent) == {"deadly", "result: lost", "result: stopped"}
    assert y.injured == -1
    assert marks(a, z.absent) == {"large"}
    assert w.stream == -1
    assert a.unmatched == ("w",)
    assert a.notes == ("1 of 4 records match no stream and are context",)
    assert (x.low, x.high) == (-12.0, -11.0)
    assert p.begins == -12


def row(id, since, to, of="attacks", kind="exact", **more):
    report = of.removeprefix("report ") if of.startswith("report ") else ""
    return CountSource(
        id, since, to, () if report else ps(of), report, of, kind, **more
    )


OCT = (D(2024, 10, 1), D(2024, 10, 31))


def month(k):
    return D(2024, k, 1), D(2024, k, 28)


def test_rows_become_bounds_by_series():
    report = ReportSource("claims", ps("launches"), c("0.5..0.9"))
    _, p = past(
        counts=(
            row("a", *month(1), count=4),
            row("b", *month(2), kind="at least", count=3),
            row("c", *month(3), kind="range", count=40, low=33, high=61),
            row("d", *month(4), kind="about", count=100),
            row("e", *month(5), kind="range", low=0, high=1),
            row("f", *month(6), kind="missing"),
            row("g", *month(1), of="attacks (large)", count=1),
            row("h", *month(1), of="report claims", count=9),
            row("i", *month(1), of="groups ASSAULT *", kind="at least", count=1),
        ),
        reports=(report,),
    )
    by = {s.of: s for s in p.series}
    found = [(r.id, r.low, r.high, r.centre) for r in by["attacks"].rows]
    assert found == [
        ("a", 4, 4, 4.0),
        ("b", 3, FAR, 3.0),
        ("c", 33, 61, 40.0),
        ("d", 90, 110, 100.0),
        ("e", 0, 1, 0.5),
    ]
    first = by["attacks"].rows[0]
    assert (first.first, first.last) == (-305, -277)
    assert by["attacks (large)"].kind == "marked"
    assert by["report claims"].kind == "claims"
    assert by["groups ASSAULT *"].streams == (0, 1)
    assert p.begins == -305


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        (
            (
                row("whole", *OCT, count=3),
                row("part", D(2024, 10, 5), D(2024, 10, 9), kind="at least", count=4),
            ),
            "counts of attacks contradict each other and the dated records: "
            "whole says 3; part says at least 4",
        ),
        ((row("none", D(2024, 10, 20), D(2024, 10, 20), count=0),), "none says 0"),
        ((row("x", *OCT, of="* THREATEN *", count=0),), "matches no stream"),
        ((row("x", *OCT),), "needs a number"),
    ],
)
def test_counts_that_cannot_be(counts, says):
    with pytest.raises(ModelError, match=says):
        past(record(), counts=counts)


def test_every_choice_of_rivals_must_fit():
    good = row("one", *OCT, count=3, rival="r", weight=0.5)
    bad = row("two", *OCT, count=0, rival="r", weight=0.5)
    with pytest.raises(ModelError, match="two says 0"):
        past(record(), counts=(good, bad))
    _, p = past(record(), counts=(good, row("two", *OCT, count=5, rival="r")))
    assert p.rivals[0].rows == ((0, 0), (0, 1))
