"""What-ifs of a case: what follows from a change of the invented strait's history.

In `strait-demo` a strike only ever brings launches on (payback, anger), so without it
there are never more; a truce only holds them back. For this, strain is made to hold back
no ask (an ask more can swallow a later one that would have been answered better), and
anger to raise launches in every draw (1.2..2.5 is below one in 7 of 1,000).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import spillover.cases
from spillover.api.model import load
from spillover.api.what_if import WhatIf, what_if
from spillover.errors import InputError

DEMO = Path(next(iter(spillover.cases.__path__))) / "strait-demo"
ASKED = """\
what_ifs:
  - {id: no-strike, decided: 2031-01-08, without: [2031-01-08-strike], counts: [launches, strikes]}
  - {id: one-more, decided: 2031-01-20, acts: [{act: "westmark ASSAULT brigades in arland", on: 2031-01-21}], counts: [launches, strikes]}
  - {id: truce, decided: 2031-01-10, acts: [{act: truce, on: 2031-01-10}], holds: [{state: coast-truce, to: 2031-02-20}], counts: [launches]}
  - {id: two-causes, decided: 2031-01-05, to: 2031-02-10, without: [2031-01-05-launch], also: [2031-01-08-strike], counts: [strikes]}
  - {id: context, decided: 2031-01-10, without: [2031-01-15-talks], counts: [launches]}
"""
MADE_ONE_SIDED = {
    "{is: 0.3..0.9, why: a strained Council asks less}": "{is: 1, why: here}",
    "{is: 1.2..2.5, why: as after earlier strikes}": "{is: 2, why: here}",
}
SIZE = {"draws": 60, "samples": 4}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("what-if") / "demo"
    shutil.copytree(DEMO, folder)
    text = (folder / "case.yaml").read_text()
    start = text.index("what_ifs:")
    end = text.index("alternatives:")
    text = text[:start] + ASKED + text[end:]
    for old, new in MADE_ONE_SIDED.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "case.yaml").write_text(text)
    with (folder / "records.csv").open("a") as f:
        f.write("2031-01-15-talks,2031-01-15,,ARL,CONSULT,WES,,,,,,,wire-0215,,,\n")
    return folder


def ask(case: Path, name: str, **more: int) -> WhatIf:
    return what_if(load(case), name, **{**SIZE, **more})


def test_without_a_strike_there_are_never_more_launches(case: Path) -> None:
    found = ask(case, "no-strike")
    assert found.changes == ("the decision",)
    launches = found.answer("launches", "the decision", "kept")
    seen = found.answer("launches", "as it was", "seen")
    assert launches.more == 0.0
    assert launches.fewer > 0.3
    assert launches.mean < seen.mean
    strikes = found.answer("strikes", "the decision", "kept")
    assert strikes.quantiles == (0.0,) * 5  # the one strike of the winter
    assert 0.0 < found.imputed < 1.0


def test_a_strike_more_never_brings_fewer_launches(case: Path) -> None:
    found = ask(case, "one-more")
    for stream in ("launches", "strikes"):
        kept = found.answer(stream, "the decision", "kept")
        assert kept.fewer == 0.0
        assert kept.mean > found.answer(stream, "as it was", "seen").mean
    strikes = found.answer("strikes", "the decision", "kept")
    seen = found.answer("strikes", "as it was", "seen")
    assert strikes.quantiles[0] == seen.quantiles[0] + 1


def test_a_truce_that_holds_never_adds_launches(case: Path) -> None:
    kept = ask(case, "truce").answer("launches", "the decision", "kept")
    assert kept.more == 0.0
    assert kept.fewer > 0.9


def test_both_causes_are_left_out_alone_and_together(case: Path) -> None:
    found = ask(case, "two-causes")
    assert found.changes == ("the decision", "the other cause", "both")
    assert found.answer("strikes", "the other cause", "kept").quantiles[4] == 0.0
    assert found.answer("strikes", "both", "kept").quantiles[4] == 0.0


def test_same_for_any_threads_and_not_for_another_seed(case: Path) -> None:
    one = ask(case, "no-strike", threads=1).to_dict()
    assert one == ask(case, "no-strike", threads=3).to_dict()
    assert one != ask(case, "no-strike", seed=2).to_dict()


def test_page_and_folder(case: Path, tmp_path: Path) -> None:
    found = ask(case, "truce")
    folder = found.save(tmp_path / "out")
    page = (folder / "what-if.html").read_text()
    for said in ("Held on: coast truce to 20 February 2031", "Added: Truce", "Kept"):
        assert said in page, said
    with pytest.raises(InputError, match="is there already"):
        found.save(folder)


def test_bad_input(case: Path) -> None:
    with pytest.raises(InputError, match=r'unknown what-if "no-strik".*no-strike'):
        ask(case, "no-strik")
    with pytest.raises(InputError, match="2031-01-15-talks matches no stream"):
        ask(case, "context")
