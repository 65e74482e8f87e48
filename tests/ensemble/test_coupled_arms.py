"""Arms in one coupled pass: each what it is alone, each pair counted as it is.

Arms are built for the occasion on `strait-demo`: late acts, acts with a chance, levers
at part of their strength, conditional levers, numbers switched off.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spillover.api import CaseModel, load
from spillover.assemble.arms import Arm, at_strength, combined
from spillover.assemble.assembled import Assembled
from spillover.assemble.draws import draw_table
from spillover.assemble.impute import impute
from spillover.assemble.switch_off import off_arm
from spillover.assemble.within import within
from spillover.case.read import case_folder
from spillover.engine.branching import simulate
from spillover.engine.pairs import Pairs
from spillover.engine.reduce import Sums
from spillover.ensemble.run import Ensemble, run_ensemble
from spillover.errors import InputError, ModelError
from spillover.model.history import History
from spillover.outcomes.evaluate import evaluate

SIZE = {"draws": 30, "futures": 6, "seed": 5}
CONDITIONAL = """
  - {id: word-after-strike, name: Word after a strike, owner: eastmark, kind: diplomatic, do: [{if: strikes, then: word, delay: 3 days}]}
  - {id: word-if-walk-out, name: Word after a break, owner: eastmark, kind: diplomatic, do: [{if: walk-out, then: word}]}
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> CaseModel:
    """`strait-demo` with two conditional levers."""
    folder, file = case_folder("strait-demo")
    home: Path = tmp_path_factory.mktemp("demo")
    for path in folder.iterdir():
        if path.is_file():
            (home / path.name).write_bytes(path.read_bytes())
    text = (home / file).read_text()
    (home / file).write_text(
        text.replace("\nvariants:", f"{CONDITIONAL}\nvariants:", 1)
    )
    return load(home)


def arms_of(a: Assembled) -> list[Arm]:
    """Every kind of arm, the case as it is first."""
    known = {x.id: x for x in a.arms}
    word, truce = known["eastmark-restrains"], known["truce-by-march"]
    late = replace(
        word, id="late", acts=tuple(replace(x, time=70.0) for x in word.acts)
    )
    chance = a.slots.index["restraints.eastmark-word.factor"]
    maybe = replace(
        word, id="maybe", acts=tuple(replace(x, chance=chance) for x in word.acts)
    )
    return [
        *a.arms,
        late,
        maybe,
        at_strength(a.model, word, 0.5),
        at_strength(a.model, truce, 0.5),
        at_strength(a.model, known["shelters"], 0.25),
        at_strength(a.model, known["word-after-strike"], 0.5),
        off_arm(a, "responses.own"),
        off_arm(a, "red_lines.port"),
    ]


@pytest.fixture(scope="module")
def together(demo: CaseModel) -> Ensemble:
    return run_ensemble(
        demo.assembled, **SIZE, arms=arms_of(demo.assembled), threads=2, chunk=7
    )


def test_an_arm_is_what_it_is_alone(demo: CaseModel, together: Ensemble) -> None:
    """Byte for byte, wherever it departs from the base."""
    moved = 0
    for arm in arms_of(demo.assembled):
        alone = run_ensemble(demo.assembled, **SIZE, arms=[arm], threads=1).arm()
        beside = together.arm(arm.id).sums
        for name in Sums._fields:
            a, b = getattr(alone.sums, name), getattr(beside, name)
            assert a.tobytes() == b.tobytes(), f"{arm.id}: {name}"
        moved += bool(np.any(beside.events != together.arm().sums.events))
    assert moved >= 10


@pytest.mark.parametrize("chunk", [1, 25])
def test_pairs_do_not_depend_on_chunks(
    demo: CaseModel, together: Ensemble, chunk: int
) -> None:
    other = run_ensemble(
        demo.assembled, **SIZE, arms=arms_of(demo.assembled), threads=3, chunk=chunk
    )
    for a, b in zip(together.arms[1:], other.arms[1:], strict=True):
        assert a.pairs is not None
        assert b.pairs is not None
        for name in Pairs._fields:
            assert getattr(a.pairs, name).tobytes() == getattr(b.pairs, name).tobytes()
    assert together.arms[0].pairs is None


def futures(a: Assembled, arm: Arm, theta: np.ndarray, past: History, slot: int):
    return simulate(
        a.model, arm.apply(theta), past=past, acts=arm.acts, seed=SIZE["seed"],
        draw=slot, futures=SIZE["futures"],
    )  # fmt: skip


def test_pairs_are_what_two_runs_give(demo: CaseModel, together: Ensemble) -> None:
    """Lost, gained, squares and events apart, from futures kept whole."""
    a = demo.assembled
    table = draw_table(a, SIZE["seed"], SIZE["draws"])
    pasts = impute(a, table.theta, SIZE["seed"])
    slots = [d for d in range(SIZE["draws"]) if together.index[d] == d][:20]
    assert len(slots) >= 15
    yes = [k for k, q in enumerate(a.questions) if q.mode != "count"]
    seen = 0
    for arm in arms_of(a)[1:]:
        pairs = together.arm(arm.id).pairs
        assert pairs is not None
        for d in slots:
            past = pasts.history(d)
            lost = np.zeros(len(a.questions), int)
            gained, touched = lost.copy(), 0
            before = futures(a, a.arms[0], table.theta[d], past, d)
            after = futures(a, arm, table.theta[d], past, d)
            for x, y in zip(before, after, strict=True):
                u, v = (answers(a, h, past, table.theta[d]) for h in (x, y))
                lost += (u > v) & np.isin(np.arange(len(u)), yes)
                gained += (v > u) & np.isin(np.arange(len(u)), yes)
                touched += set(x.key.tolist()) != set(y.key.tolist())
            own = [k for k in yes if a.questions[k].unmodelled < 0]
            assert pairs.lost[d, own].tolist() == lost[own].tolist(), arm.id
            assert pairs.gained[d, own].tolist() == gained[own].tolist(), arm.id
            assert pairs.touched[d] == touched, arm.id
            seen += int(lost.sum() + gained.sum())
    assert seen > 15


def answers(a: Assembled, h: History, past: History, theta: np.ndarray) -> np.ndarray:
    found = evaluate(a.model, theta, a.tallies, a.questions, h, past=past)
    return np.array(
        [
            x.amount if q.mode == "count" else float(x.holds)
            for x, q in zip(found, a.questions, strict=True)
        ]
    )


def test_a_conditional_lever_waits_for_its_condition(together: Ensemble) -> None:
    """Futures without a strike are left as they are, and most are."""
    pairs, base = together.arm("word-after-strike").pairs, together.arm()
    assert pairs is not None
    share = pairs.touched.sum() / (SIZE["draws"] * SIZE["futures"])
    assert 0.02 < share < 0.6
    none = together.arm("word-if-walk-out").pairs
    assert none is not None
    assert none.touched.sum() < pairs.touched.sum()
    assert base.sums.events.sum() > 1000


def test_strength_is_nested(demo: CaseModel) -> None:
    """Zero is nothing, one is the lever, and a truce at a half is kept at one."""
    a = demo.assembled
    for name in ("eastmark-restrains", "truce-by-march", "shelters"):
        lever = next(x for x in a.arms if x.id == name)
        arms = [at_strength(a.model, lever, s) for s in (0.0, 0.25, 0.5, 0.75, 1.0)]
        e = run_ensemble(a, **SIZE, arms=[a.arms[0], *arms, lever])
        first, last = e.arms[1], e.arms[5]
        assert first.pairs is not None
        assert first.pairs.touched.sum() == 0
        for name in Sums._fields:
            full, own = getattr(last.sums, name), getattr(e.arms[6].sums, name)
            assert full.tobytes() == own.tobytes()
        events = [x.sums.events.sum() for x in e.arms[1:6]]
        truces = [x.sums.events[3] if "truce" in name else 0 for x in e.arms[1:6]]
        assert truces == sorted(truces)
        assert len(set(events)) > 2


def test_strength_of_a_conditional_lever(demo: CaseModel, together: Ensemble) -> None:
    a = demo.assembled
    full, half = (
        together.arm(x).pairs for x in ("word-after-strike", "word-after-strike@50%")
    )
    assert full is not None
    assert half is not None
    assert 0 < half.touched.sum() < full.touched.sum()
    assert a.lever_lines == len(a.model.red_lines) - 2


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_strength_outside_its_range(demo: CaseModel, share: float) -> None:
    lever = demo.assembled.arms[1]
    with pytest.raises(InputError, match="expected a number from 0 to 1"):
        at_strength(demo.assembled.model, lever, share)


def test_combined_is_both(demo: CaseModel) -> None:
    """Two levers at once are the lever of the case that combines them."""
    a = demo.assembled
    known = {x.id: x for x in a.arms}
    both = combined([known["eastmark-restrains"], known["truce-by-march"]])
    e = run_ensemble(a, **SIZE, arms=[both, "word-and-truce"])
    for name in Sums._fields:
        x, y = (getattr(arm.sums, name) for arm in e.arms)
        assert x.tobytes() == y.tobytes()
    assert both.owners == ("eastmark", "westmark")


def test_levers_that_contradict_each_other(demo: CaseModel) -> None:
    a = demo.assembled
    shelters = next(x for x in a.arms if x.id == "shelters")
    other = replace(
        shelters,
        id="more",
        changes=tuple(replace(c, share=0.5) for c in shelters.changes),
    )
    with pytest.raises(ModelError, match="shelters and more contradict each other"):
        combined([shelters, other])
    assert combined([shelters, replace(shelters, id="again")]).changes


def test_fewer_days_are_the_same_days(demo: CaseModel) -> None:
    """Questions that end in time have the same answers, future by future."""
    a = demo.assembled
    short = within(a, 30)
    whole = run_ensemble(a, **SIZE, arms=["nothing", "eastmark-restrains"])
    cut = run_ensemble(short, **SIZE, arms=["nothing", "eastmark-restrains"])
    ids = [q.id for q in a.questions]
    kept = [ids.index(q.id) for q in short.questions]
    assert 0 < len(kept) < len(ids)
    for x, y in zip(whole.arms, cut.arms, strict=True):
        assert x.sums.hits[:, kept].tobytes() == y.sums.hits.tobytes()
    with pytest.raises(InputError, match=r"within 0 days: expected 1 to 9\d"):
        within(a, 0)
