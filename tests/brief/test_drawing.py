import datetime as dt

import pytest

from spillover.brief.actormap import MOST_ACTORS, actor_map, shown
from spillover.brief.charts import fan, passages
from spillover.brief.frame import Frame, altair_chart, nice_ticks, svg
from spillover.brief.page import ActorBox, TieArrow
from spillover.brief.report_charts import CHARTS
from spillover.brief.theme import text_width, wrap
from tests.brief.sample_page import ACTORS, TIES


@pytest.mark.parametrize("row", [{"x": 1.2, "y": 0}, {"x": 0, "x2": 2, "y": 0}])
def test_a_value_outside_an_axis_raises(row):
    with pytest.raises(ValueError, match="outside the picture"):
        Frame(100, 100, (0, 1), (0, 1)).add("rule", [row])


def test_a_text_over_the_edge_raises():
    with pytest.raises(ValueError, match="over the edge"):
        Frame(100, 20).text([{"x": 60, "y": 10, "t": "much too long"}])


def test_a_picture_is_as_wide_as_asked():
    drawn = svg(Frame(328, 40).text([{"x": 0, "y": 9, "t": "0.15"}]).spec(), 'a "b"')
    assert 'viewBox="0 0 328 40"' in drawn
    assert "0.15" in drawn
    assert 'aria-label="a &quot;b&quot;"' in drawn


def test_altair_reads_the_drawing():
    frame = Frame(100, 40).text([{"x": 0, "y": 9, "t": "word"}])
    assert altair_chart(frame.spec()).to_dict()["width"] == 100


def test_ticks_reach_no_further_than_the_top():
    assert nice_ticks(0.93) == [0, 0.25, 0.5, 0.75]
    assert nice_ticks(0) == [0, 1]


def test_no_line_is_wider_than_asked():
    lines = wrap("an Unbreakablewordofmanyletters in a box", 60, 11)
    assert all(text_width(line, 11) <= 60 for line in lines)


@pytest.mark.parametrize("width", [640, 328])
def test_the_map_is_drawn_the_same_each_time(width):
    assert actor_map(ACTORS, TIES, width) == actor_map(ACTORS[:], TIES[:], width)
    from spillover.brief.actormap import _actor_map

    first = actor_map(ACTORS, TIES, width)
    _actor_map.cache_clear()
    assert actor_map(ACTORS, TIES, width) == first


def test_the_map_shows_the_actors_with_the_heaviest_ties():
    actors = [ActorBox(f"a{k}", f"Actor {k}", "group") for k in range(20)]
    ties = [
        TieArrow(f"a{k}", f"a{k + 1}", "attack", (k + 1) / 20, "") for k in range(19)
    ]
    boxes, arrows = shown(actors, ties)
    assert len(boxes) == MOST_ACTORS
    assert {box.id for box in boxes} == {f"a{k}" for k in range(6, 20)}
    assert len(arrows) == 13
    actor_map(actors, ties, 328)


def test_a_tie_to_nobody_raises():
    with pytest.raises(ValueError, match="no actor"):
        shown([ActorBox("a", "A", "state")], [TieArrow("a", "b", "attack", 1, "")])


@pytest.mark.parametrize("width", [640, 328])
def test_labels_of_many_low_chances_stay_inside(width: int) -> None:
    """Four lines that end at the bottom, each with a label of three lines."""
    label = "Does something with a very long name come about in a far place, at last?"
    rows = [
        {"label": f"{label} {n}", "points": ((30, 0.001 * n), (90, 0.002 * n))}
        for n in range(1, 5)
    ]
    rows[0]["points"] = ((30, 0.5), (90, 0.9))
    drawn = svg(passages(rows, width), title="x")
    assert drawn.count("something") >= 4


@pytest.mark.parametrize("width", [328, 640])
def test_the_widest_words_beside_a_bar_stay_inside(width: int) -> None:
    rows = [{"name": "One", "low": 0.0, "high": 1.0, "says": "under 1 % → over 99 %"}]
    spec = CHARTS["tornado"](rows, 0.5, width)
    assert "over 99 %" in svg(spec, title="x")


@pytest.mark.parametrize("width", [328, 640])
@pytest.mark.parametrize("q95", [0.0, 0.4, 30.0])
def test_labels_of_a_fan_close_to_zero_stay_inside(width: int, q95: float) -> None:
    quantiles = ("q5", "q25", "q50", "q75", "q95")
    bands = [{"x": d, **dict.fromkeys(quantiles, 0.0), "q95": q95} for d in (7, 10, 13)]
    spec = fan([{"x": -3, "y": 8.0}], bands, dt.date(2031, 3, 1), width)
    assert "median: 0.0" in svg(spec, title="x")
