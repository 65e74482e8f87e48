"""Ensembles: the same bits whatever the machine does, coupled arms, small memory."""

from __future__ import annotations

import numpy as np
import pytest

from spillover.api import CaseModel
from spillover.assemble.arms import Arm
from spillover.engine.reduce import Sums
from spillover.ensemble.run import Ensemble, run_ensemble
from spillover.errors import InputError

SIZE = {"draws": 40, "futures": 5, "seed": 3}


@pytest.fixture(scope="module")
def reference(iraq: CaseModel) -> Ensemble:
    """One thread, chunks of 25."""
    return run_ensemble(iraq.assembled, **SIZE, threads=1, chunk=25)


def differences(a: Sums, b: Sums) -> list[str]:
    return [
        name
        for name in Sums._fields
        if getattr(a, name).shape != getattr(b, name).shape
        or getattr(a, name).tobytes() != getattr(b, name).tobytes()
    ]


def same(a: Ensemble, b: Ensemble) -> None:
    assert [x.id for x in a.arms] == [x.id for x in b.arms]
    for x, y in zip(a.arms, b.arms, strict=True):
        assert not differences(x.sums, y.sums)
    assert a.theta.tobytes() == b.theta.tobytes()
    assert a.index.tobytes() == b.index.tobytes()
    assert a.effective == b.effective
    assert a.back == b.back


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("chunk", [1, 7, 25])
def test_threads_and_chunks(
    iraq: CaseModel, reference: Ensemble, threads: int, chunk: int
) -> None:
    """Not one bit depends on threads or on chunk size."""
    found = run_ensemble(iraq.assembled, **SIZE, threads=threads, chunk=chunk)
    same(reference, found)
    sums = reference.arms[0].sums
    assert sums.events.sum() > 1000  # something happened to compare
    assert sums.hits.sum() > 0


def test_seed_changes_the_answers(iraq: CaseModel, reference: Ensemble) -> None:
    other = run_ensemble(iraq.assembled, **{**SIZE, "seed": 4})
    assert differences(other.arms[0].sums, reference.arms[0].sums)


def test_nothing_equals_the_factual(iraq: CaseModel, reference: Ensemble) -> None:
    """The lever `nothing`, asked for by name, is the case as it is."""
    first = iraq.assembled.arms[0].id
    assert first == "nothing"
    run = iraq.simulate(**SIZE, levers=["nothing"], as_written=True)
    assert [a.id for a in run.ensemble.arms] == ["nothing"]
    assert not differences(run.ensemble.arm("nothing").sums, reference.arm().sums)


def test_an_arm_alone_equals_it_in_a_comparison(
    iraq: CaseModel, reference: Ensemble
) -> None:
    """Every lever of the case, alone and among all the others in another order."""
    ids = [a.id for a in iraq.assembled.arms]
    together = run_ensemble(iraq.assembled, **SIZE, arms=ids[::-1], threads=2, chunk=7)
    assert not differences(together.arm("nothing").sums, reference.arm().sums)
    moved = 0
    for name in ids:
        alone = run_ensemble(iraq.assembled, **SIZE, arms=[name], threads=1)
        assert not differences(alone.arm(name).sums, together.arm(name).sums), name
        moved += bool(differences(alone.arm(name).sums, reference.arm().sums))
    assert moved >= (len(ids) - 1) / 2, "most levers change nothing at all"


def test_lever_that_changes_nothing(iraq: CaseModel, reference: Ensemble) -> None:
    """Columns set to what they are change no byte, though bases are solved again."""
    from dataclasses import replace

    class Copy(Arm):
        def apply(self, theta: np.ndarray) -> np.ndarray:
            return theta.copy()

    nothing = iraq.assembled.arms[0]
    copy = Copy("copy", "nothing, by another name", nothing.kind, nothing.table)
    assembled = replace(iraq.assembled, arms=(*iraq.assembled.arms, copy))
    found = run_ensemble(assembled, **SIZE, arms=["copy"])
    assert not differences(found.arm("copy").sums, reference.arm().sums)


def test_futures_are_added_not_redrawn(iraq: CaseModel, reference: Ensemble) -> None:
    """More futures keep those that were there: hits of each draw can only grow."""
    more = run_ensemble(iraq.assembled, **{**SIZE, "futures": 8})
    assert np.all(more.arm().sums.hits >= reference.arm().sums.hits)
    assert np.all(more.arm().sums.events >= reference.arm().sums.events)
    assert more.theta.tobytes() == reference.theta.tobytes()


def test_memory_does_not_depend_on_futures(
    iraq: CaseModel, reference: Ensemble
) -> None:
    """What is kept has the same shapes for 5 and for 12 futures."""
    more = run_ensemble(iraq.assembled, **{**SIZE, "futures": 12})
    for name in Sums._fields:
        a, b = (getattr(e.arm().sums, name) for e in (reference, more))
        assert a.shape == b.shape
        assert a.dtype == b.dtype


def test_sums_hang_together(iraq: CaseModel, reference: Ensemble) -> None:
    """Counts that must add up: histograms, passages and fans hold every future."""
    sums = reference.arm().sums
    futures = SIZE["draws"] * SIZE["futures"] - int(sums.capped.sum())
    assert np.all(sums.hits >= sums.own)
    assert np.all(sums.hits <= SIZE["futures"])
    assert np.all(sums.histogram.sum(axis=1) == futures)
    assert np.all(sums.fan.sum(axis=2) == futures)
    assert set(sums.passage.sum(axis=1)) <= {0, futures}
    assert sums.work[0] > sums.work[1] >= sums.events.sum()


def test_progress(iraq: CaseModel) -> None:
    """Called from nothing to all, never backwards, with what is being done."""
    calls: list[tuple[int, int, str]] = []
    run_ensemble(
        iraq.assembled,
        **SIZE,
        arms=["nothing", iraq.levers[-1]],
        chunk=10,
        progress=lambda *x: calls.append(x),
    )
    done, total, what = zip(*calls, strict=True)
    assert list(done) == sorted(done)
    assert done[0] == 0
    assert done[-1] == total[-1]
    assert len(set(total)) == 1
    assert all(what)
    assert len(calls) >= 3 + 4


def test_unknown_lever(iraq: CaseModel) -> None:
    """Named with those there are; nothing is run."""
    with pytest.raises(InputError, match="no-such-lever") as error:
        iraq.simulate(draws=4, futures=2, levers=["no-such-lever"])
    assert iraq.levers[0] in str(error.value)


@pytest.mark.parametrize("size", [{"draws": 0}, {"futures": 0}, {"draws": -3}])
def test_size_below_one(iraq: CaseModel, size: dict[str, int]) -> None:
    with pytest.raises(InputError, match="1 or more"):
        iraq.simulate(**{"draws": 2, "futures": 2, **size})


def test_event_cap_is_counted(iraq: CaseModel) -> None:
    """Futures stopped by the cap are counted by draw and left out of the sums."""
    found = run_ensemble(iraq.assembled, **SIZE, max_events=60)
    sums = found.arm().sums
    capped = int(sums.capped.sum())
    assert capped > 0
    assert np.all(
        sums.histogram.sum(axis=1) == SIZE["draws"] * SIZE["futures"] - capped
    )
