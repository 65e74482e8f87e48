"""Text patterns against streams: which match, and with which bits."""

from __future__ import annotations

import pytest

from spillover.assemble.patterns import Bits, compile_act, compile_pattern
from spillover.assemble.sources import MarkSource
from spillover.errors import ModelError
from tests.assemble.words import RELATIONS, c, case, p, ps, stream

STREAMS = [
    *(s.words for s in case().streams),
    stream("kh", "kataib ASSAULT usa in anbar").words,
    stream("from-iran", "iran ASSAULT israel from iran").words,
    stream("from-iraq", "iran ASSAULT israel from iraq").words,
    stream(
        "hits",
        "usa ASSAULT iran",
        marks=MarkSource(
            choices={
                "in": {
                    "baghdad": c("0.1..0.2"),
                    "golan": c("0.1..0.2"),
                    "rest": c("rest"),
                }
            }
        ),
    ).words,
]
INDEX = {s.id: k for k, s in enumerate(STREAMS)}


def found(*texts):
    bits = Bits(RELATIONS)
    pattern = compile_pattern(ps(*texts), STREAMS, bits)
    names = {b: n for n, b in bits.bits.items()}
    return {
        (
            STREAMS[k.stream].id,
            tuple(sorted(names[1 << i] for i in range(64) if k.require >> i & 1)),
        )
        for k in pattern.clauses
    }


TABLE = [
    ("launches", {("launches", ())}),
    ("launches (deadly)", {("launches", ("deadly",))}),
    ("launches (result: landed)", {("launches", ("result: landed",))}),
    ("launches (result: nonsense)", set()),
    ("attacks (large)", {("attacks", ("large",))}),
    ("launches (large)", set()),
    ("attacks (in: iraq)", {("attacks", ("in: iraq",))}),
    ("attacks (large, in: iraq)", {("attacks", ("in: iraq", "large"))}),
    ("strikes (in: iraq)", {("strikes", ())}),
    ("israel ASSAULT * in iraq", {("strikes", ())}),
    ("israel ASSAULT * in anbar", set()),
    ("groups ASSAULT *", {("launches", ()), ("attacks", ()), ("kh", ())}),
    ("nujaba ASSAULT *", {("launches", ("by: nujaba",)), ("attacks", ("by: nujaba",))}),
    ("kataib ASSAULT usa", {("attacks", ("by: kataib",)), ("kh", ())}),
    ("* ASSAULT usa (by: kataib)", {("attacks", ("by: kataib",)), ("kh", ())}),
    ("* ASSAULT usa (by: groups)", {("attacks", ()), ("kh", ())}),
    ("* ASSAULT usa in iraq", {("attacks", ("in: iraq",)), ("kh", ())}),
    ("iran COERCE groups", {("word", ())}),
    ("guard COERCE *", {("word", ())}),
    ("iran ASSAULT israel from iraq", {("from-iraq", ())}),
    ("iran ASSAULT israel", {("from-iran", ()), ("from-iraq", ())}),
    ("usa ASSAULT iran in iraq", {("hits", ("in: iraq",))}),
    ("usa ASSAULT iran in airport", set()),
    ("usa ASSAULT iran in golan", {("hits", ("in: golan",))}),
    ("* THREATEN *", set()),
    ("usa ASSAULT kataib", set()),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_patterns(text, expected):
    assert found(text) == expected


def test_any_of_several_counts_an_event_once():
    assert found("launches", "launches (deadly)") == {("launches", ())}
    assert found("launches (deadly)", "attacks (deadly)") == {
        ("launches", ("deadly",)),
        ("attacks", ("deadly",)),
    }


def test_a_place_has_the_bits_of_what_it_lies_in():
    bits = Bits(RELATIONS)
    assert bits.place("airport") == (
        bits.of("in: airport") | bits.of("in: baghdad") | bits.of("in: iraq")
    )
    assert bits.known_place("anbar") == bits.of("in: iraq")


def test_acts_name_one_stream_and_force_marks():
    bits = Bits(RELATIONS)
    act = compile_act(p("attacks (large, in: iraq)"), STREAMS, bits)
    assert act.stream == INDEX["attacks"]
    assert act.flags == bits.of("large") | bits.of("in: iraq")
    assert (
        compile_act(p("israel ASSAULT groups in iraq"), STREAMS, bits).stream
        == (INDEX["strikes"])
    )
    act = compile_act(p("launches (by: nujaba, result: landed)"), STREAMS, bits)
    assert act.flags == bits.of("by: nujaba") | bits.of("result: landed")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("iran ASSAULT israel", "fits several streams: from-iran, from-iraq"),
        ("iran ASSAULT usa", "fits no stream"),
        ("launches (large)", "stream launches has no mark (large)"),
        ("attacks (result: landed)", "stream attacks has no mark (result: landed)"),
    ],
)
def test_acts_that_cannot_be(text, says):
    with pytest.raises(ModelError, match=says.replace("(", r"\(").replace(")", r"\)")):
        compile_act(p(text), STREAMS, Bits(RELATIONS))


def test_too_many_marks_are_refused():
    bits = Bits(RELATIONS)
    for k in range(58):
        bits.of(f"m{k}")
    with pytest.raises(ModelError, match="more than 60 marks"):
        bits.of("one more")
