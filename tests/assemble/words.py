"""Write a `CaseSource` by hand in tests: short texts for patterns and numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from spillover.assemble.patterns import StreamWords
from spillover.assemble.relations import Relations
from spillover.assemble.sources import (
    AmountSource,
    CaseSource,
    DriverSource,
    Hold,
    MarkSource,
    StreamSource,
)
from spillover.case.number_text import Number, parse_number
from spillover.case.pattern_text import parse_pattern, parse_quantity

ORIGIN = dt.date(2024, 11, 1)


def p(text):
    """Words of one pattern."""
    return parse_pattern(text)


def ps(*texts):
    return tuple(p(t) for t in texts)


def v(text, family="lognormal", unit="plain", **more):
    """3 | 0.2..0.6 | 1~5 | rest | name of a shared number."""
    if not isinstance(text, str):
        return Number("certain", unit, str(text), float(text), float(text), **more)
    kind = "chance" if family == "logitnormal" else "plain"
    found = parse_number(text, kind)
    return replace(found, family=family, unit=unit, **more)


def c(text, **more):
    """A chance."""
    return v(text, "logitnormal", unit="chance", **more)


def hold(text, factor=None):
    if text.startswith("driver "):
        return Hold(text, driver=text.removeprefix("driver "), factor=factor)
    return Hold(text, ps(text), factor=factor)


def count(text):
    return parse_quantity(text)


def stream(id, event, **more):
    w = p(event)
    marks = more.get("marks", MarkSource())
    words = StreamWords(
        id,
        w.source,
        w.action,
        w.target,
        w.place_from,
        w.place_in,
        more.pop("about", ""),
        tuple(x for x in marks.choices.get("in", {}) if x != "rest"),
        {n: tuple(s) for n, s in marks.choices.items() if n != "in"},
        tuple(marks.yes_no),
    )
    return StreamSource(words, id, **more)


RELATIONS = Relations(
    parents={"guard": ("iran",), "quds": ("guard",)},
    members={"groups": ("kataib", "nujaba")},
    inside={
        "anbar": "iraq",
        "baghdad": "iraq",
        "airport": "baghdad",
        "golan": "israel",
    },
)
MEMBERS = {"groups": {"kataib": c("0.5..0.7"), "nujaba": c("0.3..0.5")}}


def case(**more):
    """A case with two fronts; sections can be replaced."""
    streams = (
        stream(
            "launches",
            "groups ASSAULT israel",
            level=v("1..4"),
            drivers={"front": v("0.7..1.8"), "tempo": v(1)},
            marks=MarkSource(
                choices={
                    "result": {
                        "landed": c("0.01..0.08"),
                        "lost": c("rest"),
                        "stopped": c("0.3..0.8"),
                    }
                },
                amounts={"deaths": AmountSource(c("0.1..0.5"), "landed", v("1~5"))},
            ),
        ),
        stream(
            "attacks",
            "groups ASSAULT usa",
            baseline=v("0.1..0.3"),
            drivers={"front": v("0.6..1.4")},
            marks=MarkSource(
                choices={"in": {"iraq": c("0.4..0.6"), "syria": c("rest")}},
                yes_no={"large": c("0.01..0.1")},
                amounts={
                    "deaths": AmountSource(c("0.01..0.05")),
                    "injured": AmountSource(c("0.01..0.2"), "", v("2~30")),
                },
            ),
        ),
        stream("strikes", "israel ASSAULT groups in iraq", baseline=v("0.001..0.01")),
        stream("word", "quds COERCE groups", about="front", baseline=v(0)),
        stream("asks", "iraq REQUEST iran", baseline=v("0.003..0.02")),
        stream("truce", "israel AGREE hezbollah", baseline=v("0.001..0.01")),
    )
    drivers = (
        DriverSource(
            "front",
            "walk",
            spread=v("0.03..0.1"),
            reverts_to=v("0.4..1.1"),
            reverts_half_life=v("30..120"),
        ),
        DriverSource("tempo", "constant"),
    )
    base = {
        "id": "small",
        "origin": ORIGIN,
        "horizon": 181.0,
        "relations": RELATIONS,
        "members": MEMBERS,
        "streams": streams,
        "drivers": drivers,
        **more,
    }
    return CaseSource(**base)
