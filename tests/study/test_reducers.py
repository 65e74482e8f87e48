"""The compiled reducers against `outcomes.evaluate`, the plain specification.

Futures of a hand-made model with every kind of tally are kept as `History`, reduced one
at a time by `engine.reduce.reduce_future`, and every count must be the plain one.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from spillover import keys
from spillover.engine.asked import FAN_DAYS, Asked, compile_questions
from spillover.engine.branching import (
    K_FUTURE,
    _history,
    act_table,
    buckets_per_day,
    draw_key,
)
from spillover.engine.codes import ERROR
from spillover.engine.future import run_future
from spillover.engine.past import settle_past
from spillover.engine.prepare import prepare
from spillover.engine.program import compile_model
from spillover.engine.reduce import Sums, last_before, new_sums, reduce_future
from spillover.engine.world import new_world
from spillover.keys import id_key
from spillover.model.closed_forms import bases
from spillover.model.history import History
from spillover.model.structure import Model
from spillover.outcomes.evaluate import evaluate, unmodelled_chance
from spillover.outcomes.question import Question, Span, Tally
from tests.support.build import Build, lognormal, records
from tests.support.stat import check_share

DAYS = 30


@dataclass(frozen=True)
class World:
    model: Model
    theta: np.ndarray
    tallies: tuple[Tally, ...]
    questions: tuple[Question, ...]
    past: History | None


def ask(name: str, mode: str, **more: object) -> Question:
    return Question(name, name, name, "", id_key("question", name), mode, **more)  # type: ignore[arg-type]


def build() -> Build:
    b = Build(horizon=float(DAYS))
    b.stream(
        "raid",
        base=0.5,
        deaths=(0.4, lognormal(3.0, 0.7)),
        injured=(0.5, lognormal(5.0, 0.5)),
        choices={"place": {"north": 0.5, "south": None}},
    )
    b.stream("strike", base=0.15, injured=(0.5, lognormal(2.0, 0.5)))
    b.stream("talk", base=0.05)
    b.response("raid", "strike", 0.3, 2.0)
    b.response("strike", "raid", 0.5, 1.0)
    b.gauge("tension", 5.0, {"raid": 1.0, "strike": 2.5}, start=0.5)
    b.report("claims", "raid", real=0.4, claimed=0.8)
    b.at("other", 0.01)
    return b


def everything(*, past: bool = False) -> World:
    """Every tally with every mode, several spans and bounds of each kind."""
    b = build()
    tallies = (
        Tally("count", b.pattern("raid")),
        Tally("count", b.pattern("raid[north] | strike | raid[deadly]")),
        Tally("deaths", b.pattern("raid")),
        Tally("injured", b.pattern("raid[south] | strike")),
        Tally("report", index=0),
        Tally("gauge", index=0),
        Tally("sequence", b.pattern("strike"), first=b.pattern("raid"), within=2.0),
        Tally(
            "sequence", b.pattern("raid"), first=b.pattern("raid[deadly]"), within=1.5
        ),
        Tally("sequence", b.pattern("talk"), first=b.pattern("strike | talk")),
    )
    bounds = {
        "count": [(1, math.inf), (3, math.inf), (2, 6), (0, 0), (12, math.inf)],
        "deaths": [(1, math.inf), (10, math.inf), (3, 8), (0, 0)],
        "injured": [(5, math.inf), (0, 12)],
        "report": [(1, math.inf), (9, 25)],
        "gauge": [(2.0, math.inf), (6.0, math.inf), (0.0, 5.5), (9.0, math.inf)],
        "sequence": [(1, math.inf), (2, math.inf), (0, 0)],
    }
    spans = {
        "one": ((0, DAYS),),
        "week": ((0, 7),),
        "later": ((9, 23),),
        "day": ((4, 5),),
        "months": ((0, 10), (10, 20), (20, 30)),
        "overlap": ((0, 12), (5, 17), (11, 30)),
    }
    questions: list[Question] = []
    for n, tally in enumerate(tallies):
        for (k, (low, high)), (name, days), closed, mode in itertools.product(
            enumerate(bounds[tally.kind]),
            spans.items(),
            (True, False),
            ("any", "every", "count"),
        ):
            if mode == "count" and (len(days) > 1 or tally.kind == "gauge"):
                continue
            questions.append(
                ask(
                    f"{n}-{k}-{name}-{closed}-{mode}",
                    mode,
                    tally=n,
                    spans=tuple(Span(a, z, closed) for a, z in days),
                    low=low,
                    high=high,
                )
            )
    yes = [i for i, q in enumerate(questions) if q.mode != "count"]
    rng = np.random.default_rng(1)
    for j in range(30):
        parts = tuple(
            int(x) for x in rng.choice(yes, rng.integers(2, 4), replace=False)
        )
        questions.append(ask(f"all-{j}", "all_of", parts=parts))
        questions.append(ask(f"any-{j}", "any_of", parts=parts))
    last = len(questions)
    questions.append(ask("of-of", "any_of", parts=(last - 2, last - 1)))
    model, theta = b.build()
    before = None
    if past:
        before = records(
            b, [(-20.0, "strike"), (-3.0, "raid[north]"), (-0.5, "raid[south]", 4, 2)]
        )
    return World(model, theta, tallies, tuple(questions), before)


def reduced(
    w: World, futures: int, *, draw: int = 0
) -> tuple[Asked, list[tuple[History, Sums]]]:
    """Futures with the sums of each alone."""
    p = compile_model(w.model)
    asked = compile_questions(w.model, w.tallies, w.questions)
    before = w.past if w.past is not None else History.empty(p.n_reports)
    mu = bases(w.model, w.theta)
    per_day = buckets_per_day(mu)
    world = new_world(
        p, max_events=5000, past_events=len(before), buckets_per_day=per_day
    )
    queue = np.array([-1, 0, 0, -1, per_day], np.int64)
    prepare(p, world.numbers, w.theta, mu)
    kd = draw_key(3, draw)
    settle_past(
        p, world, w.theta, kd, before.time, before.stream, before.flags,
        before.deaths, before.injured, before.key,
    )  # fmt: skip
    out = []
    base = keys.mix((int(kd) + int(K_FUTURE)) & keys.MASK)
    acts = act_table(())
    tallies, questions = len(asked.tallies), len(asked.questions)
    first = np.zeros(tallies)
    last_before(asked, before.time, before.stream, before.flags, first)
    for m in range(futures):
        kf = np.uint64(keys.mix((base + (m + 1) * keys.GOLDEN) & keys.MASK))
        n = run_future(p, world, queue, w.theta, kf, acts, None, None)
        assert world.stats[ERROR] == 0
        sums = new_sums(1, asked, len(w.model.streams), p.days)
        reduce_future(
            asked, sums, 0, w.theta, kf, world.events, world.claims, n,
            world.by_stream, world.g_day,
            p.days, np.zeros((tallies, p.days + 1)), first, np.zeros(tallies),
            np.zeros(questions),
        )  # fmt: skip
        out.append((_history(p, world, (), n), sums))
    return asked, out


def first_day(first: float, span: Span) -> int:
    """Day index of a first passage; the last bin (`DAYS`) is never or too late."""
    if math.isinf(first):
        return DAYS
    day = max(0, math.ceil(first) - 1 if span.closed else math.floor(first))
    return day if day < span.end else DAYS


def compare(w: World, futures: int, seen: dict[str, set[bool]]) -> None:
    asked, paths = reduced(w, futures)
    wrong: list[str] = []
    for h, sums in paths:
        values = evaluate(w.model, w.theta, w.tallies, w.questions, h, past=w.past)
        for i, (q, v) in enumerate(zip(w.questions, values, strict=True)):
            kind = w.tallies[q.tally].kind if q.tally >= 0 else "parts"
            if q.mode == "count":
                c = int(asked.questions["count"][i])
                if (
                    sums.total[0, c] != v.amount
                    or sums.histogram[c, int(v.amount)] != 1
                ):
                    wrong.append(f"{q.id}: {sums.total[0, c]}, plainly {v.amount}")
                continue
            seen.setdefault(f"{kind} {q.mode}", set()).add(v.holds)
            if bool(sums.hits[0, i]) != v.holds or sums.own[0, i] != sums.hits[0, i]:
                wrong.append(f"{q.id}: {sums.hits[0, i]}, plainly {v.holds}")
            if asked.questions["first"][i]:
                day = first_day(v.first, q.spans[0])
                if sums.passage[i, day] != 1 or sums.passage[i].sum() != 1:
                    wrong.append(
                        f"{q.id}: {np.flatnonzero(sums.passage[i])}, plainly {day}"
                    )
    assert not wrong, f"{len(wrong)} of them: " + "; ".join(wrong[:8])


def test_every_kind_of_question() -> None:
    """Yes or no, counts and first passages: all of them, on 60 futures."""
    seen: dict[str, set[bool]] = {}
    w = everything()
    compare(w, 60, seen)
    assert {q.mode for q in w.questions} == {
        "any",
        "every",
        "count",
        "all_of",
        "any_of",
    }
    assert {t.kind for t in w.tallies} == {
        "count", "deaths", "injured", "report", "gauge", "sequence",
    }  # fmt: skip
    assert all(v == {True, False} for v in seen.values()), seen  # both ways happen


def test_first_passage_is_asked_of_something() -> None:
    w = everything()
    asked = compile_questions(w.model, w.tallies, w.questions)
    kinds = {
        w.tallies[q.tally].kind
        for q, first in zip(w.questions, asked.questions["first"], strict=True)
        if first
    }
    assert kinds == {"count", "deaths", "injured", "report", "gauge", "sequence"}


def test_with_a_past() -> None:
    """Gauges go on from the past; nothing else of it is counted."""
    w = everything(past=True)
    keep = [n for n, t in enumerate(w.tallies) if t.kind != "sequence"]
    questions = tuple(q for q in w.questions if q.tally in keep)
    compare(replace(w, questions=questions), 40, {})


def test_sequence_that_begins_before_the_origin() -> None:
    """An act before the origin and its sequel after it are a sequence."""
    w = everything(past=True)
    keep = [n for n, t in enumerate(w.tallies) if t.kind == "sequence"]
    questions = tuple(q for q in w.questions if q.tally in keep)
    compare(replace(w, questions=questions), 40, {})


def test_events_by_stream_and_fans() -> None:
    """Events by stream; sums over seven days up to each day."""
    w = everything()
    asked, paths = reduced(w, 25)
    pairs = list(asked.tallies)
    for h, sums in paths:
        assert list(sums.events) == [int((h.stream == s).sum()) for s in range(3)]
        for f, at in enumerate(asked.fans):
            kind, closed = int(pairs[at]["kind"]), bool(pairs[at]["closed"])
            if kind not in (0, 1):
                continue
            tally = next(
                w.tallies[q.tally]
                for i, q in enumerate(w.questions)
                if q.tally >= 0 and asked.questions["tally"][i] == at
            )
            for d in (0, 3, 6, 7, 19, DAYS - 1):
                span = Span(max(0, d + 1 - FAN_DAYS), d + 1, closed)
                q = ask("fan", "count", tally=0, spans=(span,))
                due = evaluate(w.model, w.theta, [tally], [q], h)[0].amount
                assert sums.fan[f, d, int(due)] == 1
                assert sums.fan[f, d].sum() == 1


def test_unmodelled_way() -> None:
    """It adds 1 - exp(-rate x days) to what the case holds, and only to `hits`."""
    b = build()
    never = Tally("count", b.pattern("raid[big]"))
    slot = b.shared["other"]
    some = Tally("count", b.pattern("talk"))
    q = [
        ask(f"{n}-{end}", "any", tally=n, spans=(Span(0, end),), unmodelled=slot)
        for n in (0, 1)
        for end in (7, DAYS)
    ]
    model, theta = b.build()
    w = World(model, theta, (never, some), tuple(q), None)
    n = 4000
    _, paths = reduced(w, n)
    hits = np.array([s.hits[0] for _, s in paths])
    own = np.array([s.own[0] for _, s in paths])
    values = np.array(
        [
            [v.holds for v in evaluate(model, theta, w.tallies, w.questions, h)]
            for h, _ in paths[:500]
        ]
    )
    assert np.array_equal(own[:500].astype(bool), values)
    assert np.all(hits >= own)
    assert not own[:, :2].any()
    for i, question in enumerate(q):
        other = unmodelled_chance(question, theta)
        assert other == pytest.approx(1 - math.exp(-0.01 * question.spans[0].end))
        talk = 1 - math.exp(-0.05 * question.spans[0].end) if i >= 2 else 0.0
        due = talk + (1 - talk) * other
        check_share(hits[:, i], due, question.id, visible=1.0, seed=3)
        # passages: by the last day of the span as many as hits, spread over its days
        passed = np.array([s.passage[i] for _, s in paths])
        assert np.array_equal(passed[:, :-1].any(axis=1), hits[:, i] > 0)
        assert np.all(passed.sum(axis=1) == 1)
