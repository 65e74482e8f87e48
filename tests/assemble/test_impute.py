"""Imputed pasts: constraints always hold, laws are those of rejection, keys hold."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spillover.assemble.assembled import Assembled
from spillover.assemble.impute import impute
from spillover.assemble.lattice import FAR
from spillover.assemble.names import Names
from spillover.assemble.past_data import (
    CountRow,
    DatedRecord,
    PastData,
    Rival,
    Series,
    Unseen,
)
from spillover.assemble.slots import SlotTable
from spillover.errors import ModelError
from spillover.keys import id_key
from spillover.model.closed_forms import mean_counts
from spillover.model.structure import DEADLY, Clause, Pattern, Report
from tests.support.build import Build, fixed, lognormal
from tests.support.stat import (
    check_chances,
    check_ks,
    check_mean,
    check_same_law,
    check_share,
)


def dated(id, day, stream=0, days=1, **more):
    return DatedRecord(
        id, id_key("record", id), float(day), float(day + days), stream, **more
    )


def row(id, first, last, low, high=None, centre=None, **more):
    high = low if high is None else high
    return CountRow(
        id, first, last, low, high, low if centre is None else centre, **more
    )


def least(id, first, last, low, **more):
    return row(id, first, last, low, FAR, at_least=True, **more)


def events(*rows, streams=(0,), of="raid"):
    return Series(of, "events", streams, tuple(rows))


def assembled(build, past):
    model, theta = build.build()
    return (
        Assembled(
            "x",
            model,
            SlotTable((), {}, frozenset(), {}),
            (),
            (),
            Names(),
            (),
            (),
            past,
        ),
        theta,
    )


def pasts(build, past, draws=1, seed=1, model=None, **more):
    a, theta = assembled(build, past)
    if model is not None:
        a = replace(a, model=model(a.model, theta))
    return a, impute(a, np.tile(theta, (draws, 1)), seed, **more)


def raids(own=0.0, half_life=2.0, level=0.5, **more):
    b = Build(horizon=30.0)
    b.stream("raid", level=level, **more)
    if own:
        b.response("raid", "raid", own, half_life)
    return b


def split(p, values):
    return [values[p.offsets[d] : p.offsets[d + 1]] for d in range(len(p))]


def number(p, first, last, stream=0, where=None):
    inside = (p.stream == stream) & (p.time >= first) & (p.time < last)
    if where is not None:
        inside &= where
    draw = np.repeat(np.arange(len(p)), np.diff(p.offsets))
    return np.bincount(draw[inside], minlength=len(p))


# ---- laws ------------------------------------------------------------------------


def test_times_of_a_counted_poisson_stream_are_uniform():
    past = PastData(-20, (), (events(row("all", -20, 0, 3)),))
    _, p = pasts(raids(), past, 4000)
    assert np.all(number(p, -20, 0) == 3)
    check_ks((p.time + 20) / 20, lambda x: x, "times")


def test_counts_are_split_as_by_rejection():
    """5 in 20 days, at least 2 in the first 5, a dated one in the last 5."""
    past = PastData(
        -20,
        (dated("d", -3),),
        (events(row("all", -20, 0, 5), least("early", -20, -15, 2)),),
    )
    _, p = pasts(raids(), past, 6000)
    g = np.random.default_rng(5)
    n = g.poisson(0.25 * np.array([5, 15]), (400000, 2))
    n = n[(n.sum(axis=1) == 5) & (n[:, 0] >= 2) & (n[:, 1] >= 1)][:20000]
    check_same_law(number(p, -20, -15), n[:, 0], "events in the counted part")
    assert np.all(number(p, -3, -2) >= 1)


def test_claims_hide_acts():
    """Acts behind n claims: those recorded, and each other with the share real."""
    report = lambda m, theta: replace(  # noqa: E731
        m, reports=(Report("claims", 7, Pattern((Clause(0),)), len(theta) - 1),)
    )
    b = raids()
    b.number(0.6)
    claims = Series("claims", "claims", (0,), (row("c", -20, 0, 9),), report=0)
    past = PastData(-20, (dated("d", -5),), (claims,))
    _, p = pasts(b, past, 6000, model=report)
    n = number(p, -20, 0) - 1
    from scipy.stats import binom

    check_chances(n, [float(binom.pmf(k, 8, 0.6)) for k in range(9)], "acts")
    assert np.all([x.sum() == 9 for x in split(p, p.claims[:, 0])])
    assert np.all(p.claims >= 1)


def test_a_period_without_counts_is_the_model():
    """From an empty start, the mean is that of the closed form."""
    b = raids(own=0.5, half_life=1.5, level=0.8)
    past = PastData(-30, (), (events(row("later", -5, 0, 0)),))
    a, p = pasts(b, past, 6000)
    _, theta = b.build()
    expected = float(mean_counts(a.model, theta, 25.0)[0])
    n = number(p, -30, -5)
    check_mean(n, expected, "events of a period without counts", visible=0.03)
    assert n.var() > 2.0 * n.mean(), "excited counts are overdispersed"
    assert np.all(number(p, -5, 0) == 0)


def test_factors_in_force_shape_the_past():
    """A recorded truce from day -10 for 5 days lets nothing through."""
    b = raids(level=1.0)
    b.stream("truce", base=0.01)
    b.factor("truce", [b.row("raid", 0.0)], starts="truce", holds_for=fixed(5.0))
    past = PastData(-20, (dated("t", -11, 1),), (events(row("all", -20, 0, 12)),))
    _, p = pasts(b, past, 1000)
    mine = p.time[p.stream == 0]
    assert np.all(number(p, -20, 0) == 12)
    assert np.mean((mine > -9.5) & (mine < -6.5)) == 0.0
    assert np.mean(mine > -5.0) == pytest.approx(1 / 3, abs=0.03)


def test_rivals_are_believed_by_weight():
    rows = (
        row("a", -20, 0, 3, rival=0, weight=0.25),
        row("b", -20, 0, 6, rival=0, weight=0.75),
    )
    past = PastData(-20, (), (events(*rows),), (Rival("r", ((0, 0), (0, 1))),))
    _, p = pasts(raids(), past, 6000)
    n = number(p, -20, 0)
    assert set(n) == {3, 6}
    check_share(n == 6, 0.75, "rival b", visible=0.03)


# ---- marks -------------------------------------------------------------------------


def marked_build(**more):
    return raids(
        choices={"result": {"landed": 0.3, "lost": None}},
        deaths=(0.5, lognormal(3.0, 0.5), "landed"),
        injured=(0.2, lognormal(5.0, 0.5)),
        **more,
    )


def test_blanks_are_drawn_given_what_is_known():
    b = marked_build()
    landed = b.flags["landed"]
    records = (
        dated("dead", -5, deaths=2, injured=0),
        dated("none", -6, deaths=0),
        dated("blank", -7),
        dated("lost", -8, flags=b.flags["lost"], absent=landed),
    )
    _, p = pasts(b, PastData(-20, records), 6000)
    by = {records[k].id: p.record == k for k in range(4)}
    assert np.all(p.flags[by["dead"]] & (landed | DEADLY) == landed | DEADLY)
    assert np.all(p.deaths[by["dead"]] == 2)
    assert np.all(p.injured[by["dead"]] == 0)
    assert np.all(p.deaths[by["none"]] == 0)
    # P(landed | no deaths) = 0.15 / 0.85
    check_share(
        p.flags[by["none"]] & landed > 0,
        0.15 / 0.85,
        "landed without deaths",
        visible=0.03,
    )
    check_share(p.flags[by["blank"]] & landed > 0, 0.3, "landed", visible=0.03)
    check_share(p.deaths[by["blank"]] > 0, 0.15, "deadly", visible=0.03)
    assert np.all(p.flags[by["lost"]] & landed == 0)
    assert np.all(p.deaths[by["lost"]] == 0)


def test_counts_of_marked_events_hold():
    b = marked_build()
    landed = b.flags["landed"]
    marks = (
        Series(
            "deadly",
            "marked",
            (0,),
            (row("d", -20, 0, 2), row("none", -20, -10, 0)),
            DEADLY,
        ),
        Series("landed", "marked", (0,), (least("l", -10, 0, 6),), landed),
    )
    records = (dated("known", -4, deaths=3),)
    past = PastData(-20, records, (events(row("all", -20, 0, 20)), *marks))
    _, p = pasts(b, past, 500)
    deadly = p.flags & DEADLY > 0
    assert np.all(number(p, -20, 0, where=deadly) == 2)
    assert np.all(number(p, -20, -10, where=deadly) == 0)
    assert np.all(number(p, -10, 0, where=p.flags & landed > 0) >= 6)
    assert np.array_equal(deadly, p.deaths > 0)
    assert np.all(number(p, -20, 0) == 20)


def test_marked_numbers_have_the_law_of_rejection():
    """At least 3 of 6 landed: binomial cut below."""
    from scipy.stats import binom

    b = marked_build()
    marks = Series(
        "landed", "marked", (0,), (least("l", -20, 0, 3),), b.flags["landed"]
    )
    past = PastData(-20, (), (events(row("all", -20, 0, 6)), marks))
    _, p = pasts(b, past, 6000)
    n = number(p, -20, 0, where=p.flags & b.flags["landed"] > 0)
    law = binom.pmf(np.arange(7), 6, 0.3)
    law[:3] = 0.0
    check_chances(n, [float(x) for x in law / law.sum()], "landed of 6")


# ---- records -------------------------------------------------------------------------


def test_records_keep_their_range_and_their_order():
    records = (
        dated("b", -20, 0, 10, group=0, order=2),
        dated("a", -20, 0, 10, group=0, order=1),
        dated("c", -20, 1, 10, group=0, order=3),
        dated("context", -20, -1, 10, group=0, order=0),
        dated("day", -4),
    )
    b = raids()
    b.stream("other", base=0.1)
    a, p = pasts(b, PastData(-20, records), 400)
    assert len(p) == 400
    for times, record, key in zip(
        split(p, p.time), split(p, p.record), split(p, p.key), strict=True
    ):
        assert np.all(np.diff(times) > 0)
        at = {records[r].id: t for r, t in zip(record, times, strict=True)}
        assert -20 <= at["a"] < at["b"] < at["c"] < -10
        assert -4 <= at["day"] < -3
        assert len(set(key)) == 4
    check_ks(-p.time[p.record == 4] - 3.0, lambda x: x, "time within a day", least=400)
    assert a.past.records[3].stream == -1


def test_unseen_events_are_added():
    """Half are seen: 10 records and a rate of 0.5 make about as many unseen."""
    b = raids(level=0.5)
    b.number(0.5)
    records = tuple(dated(f"r{k}", -20 + 2 * k) for k in range(10))
    unseen = (Unseen(9, 0, -20, 0, b.build()[1].size - 1),)
    _, p = pasts(b, PastData(-20, records, unseen=unseen), 4000)
    n = number(p, -20, 0) - 10
    # Gamma(11, 1 / 0.5 + 10) times 10 days unseen
    check_mean(n, 11 / 12 * 10, "unseen events", visible=0.04)
    _, none = pasts(b, PastData(-20, records), 10)
    assert np.all(number(none, -20, 0) == 10)


def test_a_dated_range_across_a_count_is_drawn_until_it_fits():
    past = PastData(
        -20,
        (dated("wide", -12, 0, 8),),
        (events(row("none", -10, 0, 0)),),
    )
    _, p = pasts(raids(), past, 300)
    assert np.all(number(p, -10, 0) == 0)
    assert np.all(p.time[p.record == 0] < -10)
    hopeless = PastData(
        -20, (dated("in", -8, 0, 4),), (events(row("none", -10, 0, 0)),)
    )
    with pytest.raises(ModelError, match="contradict each other and the dated records"):
        pasts(raids(), hopeless, 3)


def test_streams_counted_together_share_the_count():
    b = Build(horizon=30.0)
    b.stream("raid", base=0.3)
    b.stream("shot", base=0.1)
    b.stream("third", base=0.1)
    both = events(row("all", -20, 0, 8), streams=(0, 1, 2), of="raid or shot")
    own = events(row("own", -20, 0, 2), streams=(2,), of="third")
    _, p = pasts(b, PastData(-20, (), (both, own)), 3000)
    total = sum(number(p, -20, 0, stream=s) for s in range(3))
    assert np.all(total == 8)
    assert np.all(number(p, -20, 0, stream=2) == 2)
    check_mean(number(p, -20, 0), 6 * 0.75, "share of the first stream", visible=0.03)


# ---- keys ----------------------------------------------------------------------------


def example():
    b = marked_build(own=0.3)
    b.stream("other", level=0.2)
    past = PastData(
        -40,
        (dated("x", -30, deaths=1), dated("y", -10, 0, 6), dated("z", -5, 1)),
        (
            events(row("one", -40, -20, 12), row("two", -30, -10, 7, 12, 9)),
            events(least("o", -40, -20, 1), streams=(1,), of="other"),
        ),
    )
    return b, past


def same(p, q, rows=slice(None), other=slice(None)):
    return all(
        np.array_equal(getattr(p, n)[rows], getattr(q, n)[other])
        for n in ("time", "stream", "flags", "deaths", "injured", "key", "record")
    )


def test_any_chunking_and_any_threads_give_the_same_pasts():
    b, past = example()
    _, p = pasts(b, past, 600)
    _, q = pasts(b, past, 600, threads=2)
    assert same(p, q)
    a, theta = assembled(b, past)
    part = impute(a, np.tile(theta, (7, 1)), 1, first=300)
    at = slice(int(p.offsets[300]), int(p.offsets[307]))
    assert same(part, p, other=at)
    taken = p.take(np.array([5, 5, 2]))
    assert same(
        taken,
        p,
        slice(0, int(taken.offsets[1])),
        slice(int(p.offsets[5]), int(p.offsets[6])),
    )
    history = p.history(5)
    assert np.array_equal(history.time, p.time[p.offsets[5] : p.offsets[6]])
    assert np.all(history.parent == -1)


def test_a_count_of_one_stream_moves_no_event_of_another():
    b, past = example()
    _, p = pasts(b, past, 200)
    more = replace(
        past, series=(past.series[0], events(least("o", -40, -20, 3), streams=(1,)))
    )
    _, q = pasts(b, more, 200)
    assert same(p, q, p.stream == 0, q.stream == 0)
    assert not same(p, q)


@st.composite
def intervals(draw):
    rows = []
    for k in range(draw(st.integers(1, 6))):
        first = draw(st.integers(-30, -2))
        last = draw(st.integers(first + 1, 0))
        low = draw(st.integers(0, 6))
        high = draw(st.one_of(st.none(), st.integers(low, low + 4)))
        rows.append(
            least(f"r{k}", first, last, low)
            if high is None
            else row(f"r{k}", first, last, low, high)
        )
    days = draw(
        st.lists(st.tuples(st.integers(-30, -1), st.integers(1, 6)), max_size=4)
    )
    records = tuple(
        dated(f"d{k}", day, 0, min(n, -day)) for k, (day, n) in enumerate(days)
    )
    return tuple(rows), records, draw(st.integers(0, 10**9))


@settings(max_examples=60, deadline=None)
@given(intervals())
def test_counts_always_hold(made):
    rows, records, seed = made
    past = PastData(-30, records, (events(*rows),))
    try:
        _, p = pasts(raids(own=0.4), past, 4, seed=seed)
    except ModelError as error:
        assume("contradict" not in str(error) and "made to fit" not in str(error))
        raise
    for r in rows:
        n = number(p, r.first, r.last)
        assert np.all((n >= r.low) & (n <= r.high)), r
    for k, d in enumerate(records):
        mine = p.time[p.record == k]
        assert len(mine) == 4
        assert np.all((mine >= d.low) & (mine <= d.high))


@pytest.mark.slow
def test_speed_is_printed():
    b, past = example()
    pasts(b, past, 10)
    start = time.perf_counter()
    _, p = pasts(b, past, 2000)
    took = time.perf_counter() - start
    print(f"{len(p)} pasts, {p.offsets[-1]} events in {took:.2f} s")  # noqa: T201
