"""Paths: shares that sum to one, the right chain by construction, knock-outs apart.

Cases are built as files; every number is certain. The compiled tables are checked
against chains walked in plain Python over whole simulated futures.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from spillover.api import CaseModel, load
from spillover.api.paths import Paths
from spillover.api.paths_page import paths_html, paths_page
from spillover.assemble.draws import draw_table
from spillover.assemble.impute import impute
from spillover.brief.report_html import report_markdown
from spillover.brief.words import mixed_sentences
from spillover.engine.branching import simulate
from spillover.ensemble.paths import run_paths
from spillover.errors import InputError
from spillover.study.paths import Link, link_shares, steps_of

HEAD = """
spillover: 1
case: ways
origin: 2031-03-01
horizon: 60 days
actors: {north: {kind: state}, south: {kind: state}, east: {kind: state}}
"""
STREAMS = """
streams:
  - {id: a, event: north ASSAULT south, baseline: %(a)s per day, why: test}
  - {id: b, event: south ASSAULT north, baseline: %(b)s per day, why: test}
  - {id: c, event: east ASSAULT south, baseline: %(c)s per day, why: test}
"""
HIT = """
key_outcome: hit
outcomes:
  - {id: hit, question: Does south hit?, event: b, at_least: %(n)s, within: 60 days}
  - {id: hits, question: How often does south hit?, event: b, count: yes, within: 60 days}
"""
SIZE = {"draws": 500, "futures": 20, "seed": 2, "as_written": True}


def case(tmp: Path, body: str, **numbers: object) -> CaseModel:
    values = {"a": 0, "b": 0, "c": 0, "n": 1} | numbers
    path = tmp / "case.yaml"
    path.write_text(HEAD + STREAMS % values + body + HIT % values)
    model = load(path)
    model.check()
    return model


def sums_to_one(p: Paths) -> None:
    """In whole courses, not only to rounding."""
    assert sum(c.count for c in p.chains) + p.found.other == p.found.yes
    assert p.found.futures == SIZE["draws"] * SIZE["futures"]


def words(p: Paths, n: int = 0) -> list[tuple[str, str, str]]:
    return [
        (s.how, s.element, s.stream) for s in steps_of(p.assembled.model, p.chains[n])
    ]


LINE = """
red_lines:
  - {id: enough, owner: south, when: a, reach: 2, within: 30 days, then: b, chance: 0.5, delay: 2 days, why: test}
"""


def test_the_only_route_is_named(tmp_path: Path) -> None:
    """South hits only when its line is crossed: every way is that way."""
    p = case(tmp_path, LINE, a=0.05).paths(**SIZE)
    sums_to_one(p)
    assert len(p.chains) == 1
    assert words(p) == [("baseline", "a", "a"), ("line", "enough", "b")]
    assert p.chains[0].lead == pytest.approx(2.0, abs=0.01)
    assert p.way(p.chains[0]) == (
        "North attacks south \u2192 the line \u201cenough\u201d of south is crossed "
        "\u2192 south attacks north"
    ).replace("North", "north")
    knock = p.knocked[0]
    assert knock.effect is not None
    assert knock.effect.p1 == 0.0
    shares = link_shares(p.assembled.model, p.found)
    assert shares == {Link("baseline", "a"): 1.0, Link("line", "enough"): 1.0}


TWO = """
responses:
  - {id: ab, when: a, then: b, children: 0.04, half_life: 2 days, why: test}
  - {id: cb, when: c, then: b, children: 0.02, half_life: 2 days, why: test}
"""


@pytest.fixture(scope="module")
def rare(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    model = case(tmp_path_factory.mktemp("rare"), TWO, a=0.02, b=0.0004, c=0.02)
    return model.paths(**{**SIZE, "draws": 2000})


def test_shares_of_two_routes(rare: Paths) -> None:
    """Rare outcome: routes share it as their rates do, within four standard errors.

    Rates over 60 days, the end corrected: m and mu g (1 - (1 - exp(-bT)) / (bT)).
    """
    b = math.log(2.0) / 2.0
    left = 1.0 - (1.0 - math.exp(-b * 60.0)) / (b * 60.0)
    rates = {
        Link("baseline", "b"): 0.0004,
        Link("response", "ab"): 0.02 * 0.04 * left,
        Link("response", "cb"): 0.02 * 0.02 * left,
    }
    found = link_shares(rare.assembled.model, rare.found)
    total, n = sum(rates.values()), rare.found.yes
    for link, rate in rates.items():
        want = rate / total
        assert abs(found[link] - want) < 4 * math.sqrt(want * (1 - want) / n), link
    assert rare.found.yes / rare.found.futures == pytest.approx(
        1 - math.exp(-total * 60.0), rel=0.08
    )


def test_knock_outs_agree_where_the_outcome_is_rare(rare: Paths) -> None:
    """Rare and separable: a link's drop is its share of the chance, within 5 errors."""
    seen = 0
    for k in rare.knocked:
        if k.link.how != "response" and k.link.element != "b":
            continue
        assert k.effect is not None
        drop, whole = -k.effect.change.mean, k.effect.p0
        assert abs(drop - k.share * whole) < 5 * k.effect.change.mc_se + 0.03 * whole
        seen += 1
    assert seen == 3


def test_knock_outs_differ_where_ways_stand_in_for_each_other(tmp_path: Path) -> None:
    """Two strong routes: either alone would do, so the drops are far below the shares."""
    body = TWO.replace("0.04", "0.9").replace("0.02", "0.9")
    p = case(tmp_path, body, a=0.08, c=0.08).paths(**SIZE)
    sums_to_one(p)
    for k in p.knocked:
        if k.link.how == "response":
            assert k.effect is not None
            assert -k.effect.change.mean < 0.5 * k.share * k.effect.p0
    total = sum(k.share for k in p.knocked if k.link.how == "response")
    assert total == pytest.approx(1.0)


def test_series_are_folded_and_the_completing_event_counts(tmp_path: Path) -> None:
    """At least 5 hits that beget hits: one chain, a series, whatever its length."""
    body = """
responses:
  - {id: bb, when: b, then: b, children: 0.7, half_life: 3 days, why: test}
"""
    p = case(tmp_path, body, b=0.05, n=5).paths(**SIZE)
    sums_to_one(p)
    assert words(p) == [("baseline", "b", "b")]
    assert len(p.chains) == 1


RAISED = """
red_lines:
  - {id: anger, owner: south, when: c, reach: 1, within: 60 days, then: {raises: [b], factor: 6, for: 60 days, cap: 6}, chance: 1, why: test}
"""


def test_a_raising_line_is_found_by_holding_it(tmp_path: Path) -> None:
    """b comes at 0.01 a day, at 0.06 once the line is crossed at rate 0.05 a day.

    A way needs the line when nothing came on the plain level: with T the crossing, the
    chance of b in 60 days without it is 1 - exp(-0.6); the rest needs the line.
    """
    p = case(tmp_path, RAISED, b=0.01, c=0.05).paths(**SIZE)
    sums_to_one(p)
    assert [a.id for a in p.raising] == ["without red_lines.anger"]
    need = sum(c.count for c in p.chains if c.held == (0,))
    n = p.found.futures
    # E over T ~ Exp(0.05) cut at 60 of exp(-0.6) (1 - exp(-0.05 (60 - T)))
    t = np.linspace(0.0, 60.0, 200_001)
    density = 0.05 * np.exp(-0.05 * t)
    value = math.exp(-0.6) * (1.0 - np.exp(-0.05 * (60.0 - t)))
    want = (
        float(np.trapezoid(density * value, t))
        if hasattr(np, "trapezoid")
        else float(
            np.trapz(density * value, t)  # noqa: NPY201 - older NumPy
        )
    )
    assert abs(need / n - want) < 4 * math.sqrt(want * (1 - want) / n)
    raised = next(c for c in p.chains if c.held)
    assert "only because the line \u201canger\u201d of south had been crossed" in p.way(
        raised
    )


MIXED = (
    """
responses:
  - {id: ab, when: a, then: b, children: 0.3, half_life: 2 days, why: test}
  - {id: ba, when: b, then: a, children: 0.4, half_life: 2 days, why: test}
  - {id: aa, when: a, then: a, children: 0.2, half_life: 1 days, why: test}
  - {id: bc, when: b, then: c, children: 0.2, half_life: 1 days, why: test}
"""
    + LINE
)


def plain_chain(model, h, e: int) -> tuple[tuple[int, int], ...]:
    """Loop-erased chain of event ``e``, the root first."""
    steps: list[tuple[int, int]] = []
    while e >= 0:
        s = int(h.stream[e])
        for k, (_, other) in enumerate(steps):
            if other == s:
                del steps[k:]
                break
        steps.append((int(h.via[e]), s))
        e = int(h.parent[e])
    return tuple(steps[::-1])


def test_tables_are_what_plain_python_counts(tmp_path: Path) -> None:
    """Every chain of 30 draws x 8 futures, and not what wrong variants would count."""
    model = case(tmp_path, MIXED, a=0.08, b=0.02, c=0.03, n=3)
    a = model.assembled
    size = {"draws": 30, "futures": 8, "seed": 4}
    found = run_paths(a, [0], **size, threads=2, chunk=7)[0]
    table = draw_table(a, 4, 30)
    pasts = impute(a, table.theta, 4)
    counted: Counter[tuple[tuple[int, int], ...]] = Counter()
    wrong_last: Counter[tuple[tuple[int, int], ...]] = Counter()
    wrong_first: Counter[tuple[tuple[int, int], ...]] = Counter()
    for d in range(30):
        for h in simulate(
            a.model, table.theta[d], past=pasts.history(d), seed=4, draw=d, futures=8
        ):
            hits = np.flatnonzero(h.stream == 1)
            if len(hits) >= 3:
                counted[plain_chain(a.model, h, int(hits[2]))] += 1
                wrong_last[plain_chain(a.model, h, int(hits[-1]))] += 1
                wrong_first[plain_chain(a.model, h, int(hits[0]))] += 1
    mine = {tuple(zip(c.codes, c.streams, strict=True)): c.count for c in found.chains}
    assert sum(counted.values()) > 60
    assert len(counted) >= 3
    assert mine == dict(counted)
    assert mine != dict(wrong_last)
    assert mine != dict(wrong_first)


def test_same_bytes_for_any_threads_and_chunks(tmp_path: Path) -> None:
    a = case(tmp_path, MIXED, a=0.08, b=0.02, c=0.03, n=2).assembled
    size = {"draws": 40, "futures": 5, "seed": 4}
    first = run_paths(a, [0], **size, threads=1, chunk=40)[0]
    for threads, chunk in ((2, 7), (3, 1)):
        other = run_paths(a, [0], **size, threads=threads, chunk=chunk)[0]
        assert [c.count for c in other.chains] == [c.count for c in first.chains]
        assert [c.example for c in other.chains] == [c.example for c in first.chains]
        assert other.came.tobytes() == first.came.tobytes()
        assert other.spent.tobytes() == first.spent.tobytes()


def test_paths_are_those_of_the_run(tmp_path: Path) -> None:
    """The yes followed are the yes of an ensemble of the same size and seed."""
    model = case(tmp_path, MIXED, a=0.08, b=0.02, c=0.03, n=2)
    p = model.paths(**{**SIZE, "draws": 60})
    run = model.simulate(draws=60, futures=20, seed=2, as_written=True)
    assert p.found.yes == int(run.ensemble.arm().sums.hits[:, 0].sum())
    example = p.example(p.chains[0])
    assert example[-1]["stream"] == "b"
    assert sum(r["stream"] == "b" for r in example) == 2


def test_some_other_way_is_its_own_path(tmp_path: Path) -> None:
    model = case(tmp_path, LINE, a=0.02)
    text = (tmp_path / "case.yaml").read_text()
    text = text.replace(
        "at_least: 1,", "at_least: 1, unmodelled: {is: 0.2 per 60 days, why: test},"
    )
    (tmp_path / "case.yaml").write_text(text)
    p = load(tmp_path).paths(**SIZE)
    sums_to_one(p)
    hows = {words(p, n)[0][0] for n in range(len(p.chains))}
    assert hows == {"baseline", "some other way"}
    other = next(c for n, c in enumerate(p.chains) if words(p, n)[0][0] != "baseline")
    assert other.count / p.found.futures == pytest.approx(0.19, abs=0.015)
    assert "Some other way" in p.way(other)
    assert model.id == "ways"


def test_where_it_turned(tmp_path: Path) -> None:
    """After the line is crossed b comes six times as often; c alone, once held, not."""
    p = case(tmp_path, RAISED, b=0.01, c=0.05, a=0.05).paths(**SIZE)
    times = {m.stream: m.times for m in p.markers}
    assert times["c"] == pytest.approx(6.0, rel=0.15)
    assert "a" not in times  # it has nothing to do with b: within 10 % of once


def test_restraints_at_the_last_step(tmp_path: Path) -> None:
    """A restraint that half of the time holds: over, in force and passed, never given."""
    body = """
restraints:
  - {id: hold, when: c, owner: east, holds: [b], factor: 0.5, holds_for: 10 days, why: test}
"""
    p = case(tmp_path, body, b=0.05, c=0.1).paths(**SIZE)
    (name, passed, defied, over, never) = p.restraints(p.chains[0])[0]
    assert name == "hold"
    assert passed + defied + over + never == p.chains[0].count
    assert min(passed, over, never) > 100
    assert defied == 0


def test_page(rare: Paths, tmp_path: Path) -> None:
    html = paths_html(rare)
    assert "<script" not in html
    assert len(html.encode()) < 300_000
    text = report_markdown(paths_page(rare))
    assert not mixed_sentences(text)
    json.dumps(rare.to_dict(), allow_nan=False)
    folder = rare.save(tmp_path / "out")
    assert sorted(p.name for p in folder.iterdir()) == [
        "paths.csv",
        "paths.html",
        "paths.json",
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"outcome": "storm"}, 'unknown outcome "storm"'),
        ({"lever": "x"}, 'unknown lever "x"'),
        ({"outcome": "quiet"}, "has no ways to follow: no single event completes it"),
    ],
)
def test_bad_input(tmp_path: Path, more: dict[str, str], message: str) -> None:
    case(tmp_path, LINE, a=0.02)
    text = (tmp_path / "case.yaml").read_text()
    text += "  - {id: quiet, question: Is it quiet?, event: b, at_most: 0, within: 60 days}\n"
    (tmp_path / "case.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        load(tmp_path).paths(draws=2, futures=2, as_written=True, **more)
