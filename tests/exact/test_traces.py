"""Courses without chance: fixed delays, chances 0 or 1, scheduled acts only.

Each case says which events must follow, to the day; both engines give exactly these.
They pin the order of effects, window edges, resting, voiding and arming.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from spillover.model.history import History
from spillover.model.structure import ScheduledAct
from spillover.model.via import LEVER, LINE, REPLY, WARNING, kind_of
from tests.support.build import Build, records
from tests.support.engines import Engine

Case = tuple[Build, Sequence[ScheduledAct], History | None, dict[str, list[float]]]


def said(b: Build, /, **times: Sequence[float]) -> list[ScheduledAct]:
    """Acts at the given times, by stream."""
    return [b.scheduled(t, s) for s, at in times.items() for t in at]


def tried(b: Build, stream: str, *times: float) -> list[ScheduledAct]:
    """Acts that pass the factors."""
    return [b.scheduled(t, stream, attempt=True) for t in times]


def window_is_open_on_the_left() -> Case:
    b = Build()
    b.stream("death")
    b.stream("strike")
    b.red_line("line", "death", 2.0, window=2.0, act="strike")
    return b, said(b, death=[1.0, 3.0, 4.5]), None, {"strike": [4.5]}


def line_rests_while_above() -> Case:
    b = Build()
    b.stream("death")
    b.stream("strike")
    b.red_line("line", "death", 2.0, window=4.0, chance=0.0, act="strike")
    b.red_line("late", "death", 2.0, window=4.0, act="strike", delay=20.0)
    # crossed at 2; still above at 3 and 5; below just before 12; crossed at 13
    return b, said(b, death=[1.0, 2.0, 3.0, 5.0, 12.0, 13.0]), None, {"strike": [22.0]}


def line_crosses_again_after_falling_below() -> Case:
    b = Build(horizon=60.0)
    b.stream("death")
    b.stream("strike")
    b.red_line("line", "death", 2.0, window=4.0, act="strike", delay=20.0)
    acts = said(b, death=[1.0, 2.0, 3.0, 5.0, 12.0, 13.0])
    return b, acts, None, {"strike": [22.0, 33.0]}


def answer_sets_the_count_to_zero() -> Case:
    b = Build()
    b.stream("death")
    b.stream("strike")
    b.red_line("line", "death", 2.0, act="strike", delay=5.0)
    # crossed at 2, rests at 4 and 6, answered at 7; anew: 9, 9.5 cross, answered 14.5
    acts = said(b, death=[1.0, 2.0, 4.0, 6.0, 9.0, 9.5])
    return b, acts, None, {"strike": [7.0, 14.5]}


def an_act_that_counts_counts_after_its_answer() -> Case:
    b = Build(horizon=10.0)
    b.stream("death")
    b.red_line("line", "death", 2.0, act="death", delay=3.0)
    # crossed at 2; the answer at 5 arms the line and is itself the first of the next
    return b, said(b, death=[1.0, 2.0, 6.0]), None, {"death": [1.0, 2.0, 5.0, 6.0, 9.0]}


def deaths_reach_not_pass() -> Case:
    b = Build()
    b.stream("raid", deaths=(1.0, 3.0))
    b.stream("strike")
    b.red_line("equal", "raid", 6.0, kind="deaths", act="strike")
    b.red_line("above", "raid", 6.5, kind="deaths", act="strike", delay=1.0)
    b.red_line("injured", "raid", 1.0, kind="injured", act="strike", delay=1.5)
    return b, said(b, raid=[1.0, 2.0, 3.0]), None, {"strike": [2.0, 4.0]}


def a_crossing_needs_to_come_from_below() -> Case:
    b = Build()
    b.stream("act")
    b.stream("strike")
    b.gauge("strain", 1e6, {"act": 1.0}, at_origin=5.0)
    b.red_line("line", None, 3.0, gauge="strain", act="strike")
    return b, said(b, act=[1.0, 2.0]), None, {"strike": []}


def gauge_steps_add_up_in_one_event() -> Case:
    b = Build()
    b.stream("act", deaths=(1.0, 1.0))
    b.stream("strike")
    b.gauge("strain", 1e6, {"act": 1.0, "act[deadly]": 2.0})
    b.red_line("line", None, 2.5, gauge="strain", act="strike")
    return b, said(b, act=[1.0, 2.0]), None, {"strike": [1.0]}


def gauge_line_rests_until_below() -> Case:
    b = Build()
    b.stream("act")
    b.stream("strike")
    b.gauge("strain", 2.0, {"act": 2.0})
    b.red_line("line", None, 1.5, gauge="strain", act="strike", delay=0.25)
    # 1: 0 -> 2 crosses, answered 1.25; 1.5: 1.68 is above already: no crossing;
    # 10: below -> crosses
    return b, said(b, act=[1.0, 1.5, 10.0]), None, {"strike": [1.25, 10.25]}


def state_off_then_on() -> Case:
    b = Build()
    b.stream("both")
    b.stream("off")
    b.stream("probe")
    b.state("war", on="both", off="both | off")
    b.factor("war", [b.row("probe", 0.0)], in_force=[(-1.0, -1.0)], while_state="war")
    acts = said(b, both=[2.0], off=[4.0]) + tried(b, "probe", 1.0, 3.0, 5.0)
    return b, acts, None, {"probe": [1.0, 5.0]}


def factor_ends_then_starts() -> Case:
    b = Build()
    b.stream("both")
    b.stream("end")
    b.stream("probe")
    b.factor("hold", [b.row("probe", 0.0)], starts="both", ends="both | end")
    acts = said(b, both=[2.0], end=[4.0]) + tried(b, "probe", 1.0, 3.0, 5.0)
    return b, acts, None, {"probe": [1.0, 5.0]}


def an_end_voids_starts_that_wait() -> Case:
    b = Build()
    b.stream("word")
    b.stream("end")
    b.stream("probe")
    b.factor("hold", [b.row("probe", 0.0)], starts="word", ends="end", delay=5.0)
    # the word of 1 would begin at 6; ended at 3; that of 4 begins at 9
    acts = said(b, word=[1.0, 4.0], end=[3.0]) + tried(b, "probe", 7.0, 8.9, 9.1)
    return b, acts, None, {"probe": [7.0, 8.9]}


def the_old_instance_runs_until_the_new_begins() -> Case:
    b = Build()
    b.stream("word")
    b.stream("probe")
    b.factor("hold", [b.row("probe", 0.0)], starts="word", delay=2.0, holds_for=3.0)
    # in force [3, 6) and [7, 10)
    acts = said(b, word=[1.0, 5.0])
    acts += tried(b, "probe", 2.9, 3.1, 5.9, 6.1, 6.9, 7.1, 9.9, 10.1)
    return b, acts, None, {"probe": [2.9, 6.1, 6.9, 10.1]}


def starts_come_before_acts_of_the_same_instant() -> Case:
    b = Build()
    b.stream("word")
    b.stream("probe")
    b.factor("hold", [b.row("probe", 0.0)], starts="word", delay=2.0, holds_for=3.0)
    acts = said(b, word=[1.0]) + tried(b, "probe", 3.0, 6.0)
    return b, acts, None, {"probe": [6.0]}


def scheduled_acts_in_file_order() -> Case:
    b = Build()
    b.stream("probe")
    b.stream("word")
    b.factor("hold", [b.row("probe", 0.0)], starts="word")
    acts = tried(b, "probe", 2.0) + said(b, word=[2.0])
    acts += [b.scheduled(2.0, "probe", attempt=True, ordinal=1)]
    return b, acts, None, {"probe": [2.0]}


def a_lever_is_exempt_and_an_attempt_is_not() -> Case:
    b = Build()
    b.stream("act", dormant=True)
    b.stream("held")
    b.factor("hold", [b.row("held", 0.0)], in_force=[(-1.0, -1.0)])
    acts = said(b, act=[1.0], held=[2.0]) + tried(b, "act", 3.0) + tried(b, "held", 4.0)
    return b, acts, None, {"act": [1.0], "held": [2.0]}


def acts_at_the_very_end_and_after_it() -> Case:
    b = Build(horizon=9.5)
    b.stream("act")
    b.stream("strike")
    b.red_line("line", "act", 1.0, act="strike")
    return b, said(b, act=[9.5, 9.6]), None, {"act": [9.5], "strike": [9.5]}


def a_line_over_a_line() -> Case:
    b = Build()
    b.stream("death")
    b.stream("strike")
    b.stream("war")
    b.red_line("one", "death", 1.0, act="strike", delay=1.0)
    b.red_line("two", "strike", 2.0, act="war", delay=1.0)
    acts = said(b, death=[1.0, 3.0])
    return b, acts, None, {"strike": [2.0, 4.0], "war": [5.0]}


def lines_start_their_factor_by_their_own_delay() -> Case:
    b = Build()
    b.stream("death")
    b.stream("probe")
    b.factor("fear", [b.row("probe", 0.0)], delay=50.0, holds_for=2.0)
    b.red_line("line", "death", 1.0, factor="fear", delay=3.0)
    # armed again when the factor starts at 4: the death of 5 starts it at 8 again,
    # that of 2 finds the line at rest
    acts = said(b, death=[1.0, 2.0, 5.0]) + tried(b, "probe", 3.9, 4.1, 6.1, 8.1, 10.1)
    return b, acts, None, {"probe": [3.9, 6.1, 10.1]}


def an_end_voids_the_start_of_a_line() -> Case:
    b = Build()
    b.stream("death")
    b.stream("calm")
    b.stream("probe")
    b.factor("fear", [b.row("probe", 0.0)], ends="calm")
    b.red_line("line", "death", 1.0, factor="fear", delay=3.0)
    # voided at 2: never answered, so without a window the line rests for good
    acts = said(b, death=[1.0, 5.0], calm=[2.0]) + tried(b, "probe", 4.5, 9.0)
    return b, acts, None, {"probe": [4.5, 9.0]}


def opening_lasts_and_never_shortens() -> Case:
    b = Build()
    b.stream("a")
    b.stream("b")
    b.stream("front", dormant=True)
    b.red_line("long", "a", 1.0, opens="front", open_for=9.0)
    b.red_line("short", "b", 1.0, opens="front", open_for=1.0)
    acts = said(b, a=[2.0], b=[4.0]) + tried(b, "front", 1.0, 3.0, 6.0, 10.9, 11.1)
    return b, acts, None, {"front": [3.0, 6.0, 10.9]}


def one_answer_per_ask_and_one_ask_at_a_time() -> Case:
    b = Build()
    b.stream("ask")
    b.stream("yes")
    b.reply("talk", "ask", 4.0, {"yes": 1.0}, delay=3.0)
    # answered at 4; the ask of 2 is not open to another, that of 4.5 is
    return b, said(b, ask=[1.0, 2.0, 4.5]), None, {"yes": [4.0, 7.5]}


def replies_are_exempt() -> Case:
    b = Build()
    b.stream("ask")
    b.stream("yes", dormant=True)
    b.factor("hold", [b.row("yes", 0.0)], in_force=[(-1.0, -1.0)])
    b.reply("talk", "ask", 4.0, {"yes": 1.0}, delay=3.0)
    return b, said(b, ask=[1.0]), None, {"yes": [4.0]}


def a_rejected_act_wears_the_next_threshold() -> Case:
    b = Build()
    b.stream("death")
    b.stream("strike")
    b.factor("hold", [b.row("strike", 0.0)], in_force=[(-1.0, -1.0)], until=4.0)
    b.red_line("line", "death", 1.0, window=1.0, act="strike", wear_reach=2.0)
    # 1: answered no (held); 5: one is below two; 5.5: two
    return b, said(b, death=[1.0, 5.0, 5.5]), None, {"strike": [5.5]}


def the_past_starts_and_voids() -> Case:
    b = Build()
    b.stream("word")
    b.stream("end")
    b.stream("probe")
    b.stream("other")
    b.factor("hold", [b.row("probe", 0.0)], starts="word", ends="end", delay=5.0)
    b.factor("more", [b.row("other", 0.0)], starts="word", delay=5.0, holds_for=2.0)
    past = records(b, [(-2.0, "word"), (-1.0, "end")])
    acts = tried(b, "probe", 4.0) + tried(b, "other", 2.9, 3.1, 4.9, 5.1)
    return b, acts, past, {"probe": [4.0], "other": [2.9, 5.1]}


def dated_factors_are_not_voided_by_earlier_ends() -> Case:
    b = Build()
    b.stream("end")
    b.stream("probe")
    b.factor("hold", [b.row("probe", 0.0)], ends="end", in_force=[(-1.0, -1.0)])
    past = records(b, [(-3.0, "end")])
    acts = tried(b, "probe", 1.0, 3.0) + said(b, end=[2.0])
    return b, acts, past, {"probe": [3.0]}


def a_line_of_the_past_that_starts_in_the_future() -> Case:
    b = Build()
    b.stream("death")
    b.stream("probe")
    b.factor("fear", [b.row("probe", 0.0)], holds_for=1.0)
    b.red_line("line", "death", 1.0, factor="fear", delay=3.0)
    # crossed at -1, begins at 2 and is armed again: the death of 3 starts it at 6
    past = records(b, [(-1.0, "death")])
    acts = said(b, death=[3.0]) + tried(b, "probe", 1.9, 2.1, 3.1, 6.1)
    return b, acts, past, {"probe": [1.9, 3.1]}


def a_line_of_the_past_that_opens_in_the_future() -> Case:
    b = Build()
    b.stream("death")
    b.stream("front", dormant=True)
    b.red_line("line", "death", 1.0, opens="front", delay=3.0, open_for=1.0)
    past = records(b, [(-1.0, "death")])
    acts = said(b, death=[3.5]) + tried(b, "front", 1.9, 2.1, 3.1, 6.6, 7.6)
    return b, acts, past, {"front": [2.1, 6.6]}


def an_answer_of_the_past_counts_for_its_own_line() -> Case:
    b = Build()
    b.stream("death")
    b.red_line("line", "death", 2.0, act="death", delay=2.0)
    # crossed at -5, answered at -3 by a death that is the first of the next count
    past = records(b, [(-6.0, "death"), (-5.0, "death"), (-3.0, "death")])
    return b, said(b, death=[1.0]), past, {"death": [1.0, 3.0]}


def asks_of_the_past() -> Case:
    b = Build()
    b.stream("ask")
    b.stream("yes")
    b.reply("talk", "ask", 6.0, {"yes": 1.0}, delay=5.0)
    past = records(b, [(-9.0, "ask"), (-4.0, "yes"), (-2.0, "ask"), (-1.0, "ask")])
    return b, said(b, ask=[2.0, 4.0]), past, {"yes": [3.0, 9.0]}


def warnings_pass_factors() -> Case:
    b = Build()
    b.stream("strike")
    b.stream("other")
    b.factor("hold", [b.row("strike", 0.0)], in_force=[(-1.0, -1.0)])
    b.warning("word", "strike", 1.0, 1.0, by=3.0)
    b.warning("none", "other", 1.0, 0.0, by=3.0)
    return b, [], None, {"strike": [], "other": []}


CASES: list[Callable[[], Case]] = [
    window_is_open_on_the_left,
    line_rests_while_above,
    line_crosses_again_after_falling_below,
    answer_sets_the_count_to_zero,
    an_act_that_counts_counts_after_its_answer,
    deaths_reach_not_pass,
    a_crossing_needs_to_come_from_below,
    gauge_steps_add_up_in_one_event,
    gauge_line_rests_until_below,
    state_off_then_on,
    factor_ends_then_starts,
    an_end_voids_starts_that_wait,
    the_old_instance_runs_until_the_new_begins,
    starts_come_before_acts_of_the_same_instant,
    scheduled_acts_in_file_order,
    a_lever_is_exempt_and_an_attempt_is_not,
    acts_at_the_very_end_and_after_it,
    a_line_over_a_line,
    lines_start_their_factor_by_their_own_delay,
    an_end_voids_the_start_of_a_line,
    opening_lasts_and_never_shortens,
    one_answer_per_ask_and_one_ask_at_a_time,
    replies_are_exempt,
    a_rejected_act_wears_the_next_threshold,
    the_past_starts_and_voids,
    dated_factors_are_not_voided_by_earlier_ends,
    a_line_of_the_past_that_starts_in_the_future,
    a_line_of_the_past_that_opens_in_the_future,
    an_answer_of_the_past_counts_for_its_own_line,
    asks_of_the_past,
    warnings_pass_factors,
]


@pytest.mark.parametrize("case", CASES, ids=lambda f: f.__name__)
def test_trace(law: Engine, case: Callable[[], Case]) -> None:
    b, acts, past, expected = case()
    model, theta = b.build()
    for draw in range(3):
        paths = law.run(model, theta, past=past, acts=acts, draw=draw, futures=3)
        for h in paths:
            for stream, times in expected.items():
                got = h.time[h.stream == b.index(stream)]
                assert got == pytest.approx(np.array(times), abs=1e-6), stream
            kinds = {kind_of(int(v)) for v in h.via}
            assert kinds <= {LEVER, LINE, REPLY, WARNING}
            assert np.all(np.diff(h.time) >= 0.0)
