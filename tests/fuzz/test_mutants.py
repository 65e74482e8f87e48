"""The fuzzer can fail: every seeded slip is found, soon, and by the fault it makes."""

from __future__ import annotations

import pytest

from tests.fuzz.engine import SECONDS, inputs, judge, limits
from tests.fuzz.mutants import MUTANTS, Mutant, broken
from tests.fuzz.targets.all import TARGETS

SEED = 7


def found(mutant: Mutant, folder) -> tuple[int, bytes, object]:
    """Number of inputs until the mutant shows, the input, what it did."""
    target = TARGETS[mutant.target]
    # Only a hang is waited for; a busy machine must not pass for one elsewhere.
    limit = 1.0 if mutant.kind == "hang" else SECONDS
    n = block = 0
    with limits(), broken(mutant):
        while n < mutant.within:
            for data in inputs(target, SEED, block):
                n += 1
                verdict = judge(target, data, folder, limit=limit)
                if not verdict.good:
                    return n, data, verdict
            block += 1
    return n, b"", None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(m, marks=pytest.mark.slow if m.slow else (), id=m.name)
        for m in MUTANTS
    ],
)
def test_a_broken_reader_is_found(mutant, tmp_path, record_property):
    folder = tmp_path / "in"
    folder.mkdir()
    TARGETS[mutant.target].warm()
    n, data, verdict = found(mutant, folder)
    assert verdict is not None, f"not found in {n} inputs"
    assert verdict.kind == mutant.kind, f"{verdict} after {n} inputs"
    record_property("inputs", n)
    right = tmp_path / "right"
    right.mkdir()
    with limits():
        assert judge(TARGETS[mutant.target], data, right).good, (
            "the right reader fails too"
        )
