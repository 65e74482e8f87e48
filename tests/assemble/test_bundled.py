"""Cases as read from files: everything of the schema finds its place."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from spillover.assemble.build import assemble
from spillover.assemble.draws import draw_table
from spillover.assemble.impute import impute
from spillover.assemble.warm import warm_up
from spillover.case.read import bundled_cases, numbers_by_path, read_case
from spillover.errors import ApproximationWarning

SMALL = """
spillover: 1
case: strait
origin: 2031-03-01
horizon: 90 days
history: {records: records.csv, counts: counts.csv}
places: {arland: {}, eastmark: {}, delta: {in: arland}}
numbers: {wait: 1~6 days, kids: 0.1..0.3}
alike: {hold: 0.5}
actors:
  arland: {name: Arland, kind: state}
  eastmark: {name: Eastmark, kind: state}
  westmark: {name: Westmark, kind: state}
  first: {name: First, kind: armed group}
  river: {name: River, kind: armed group}
  brigades: {name: The Brigades, kind: umbrella, members: {first: 0.6, river: 0.4}}
ties:
  - {from: eastmark, to: first, kind: sponsor, control: {is: 0.6..0.9, alike: hold}}
  - {from: eastmark, to: river, kind: sponsor, control: {is: 0.4..0.8, alike: hold}}
drivers:
  war: {path: walk, spread: 0.1..0.3 per sqrt month,
        jumps: {rate: 1 per year, times: 1.5}}
  season: {path: given, given: {2031-03-01: 2, 2031-04-01: 1}}
  both: {path: sum, sum_of: {war: 1, season: 0.5}}
states: {calm: {on_when: truce, lasts: 10~40 days}}
streams:
  - id: raids
    event: brigades ASSAULT westmark from arland
    level: 0.2..0.6 per day
    weekday: [1, 1, 1, 1, 0.5, 0.5, 1]
    drivers: {war: 0.5..1, both: 0.2}
    marks:
      result: {landed: 0.1..0.2, stopped: rest}
      deaths: {chance: 0.01..0.05, given: landed, number: 1~4}
  - {id: strikes, event: westmark ASSAULT brigades in arland, baseline: 0.01 per day}
  - {id: truce, event: westmark AGREE eastmark, baseline: 0.1 per month}
  - {id: word, event: eastmark AGREE arland}
  - {id: ask, event: arland REQUEST eastmark, baseline: 0.2 per month}
  - {id: no, event: eastmark REJECT arland}
  - {id: wave, event: eastmark ASSAULT westmark, baseline: 1 per month, dormant: yes,
     marks: {size: {number: 5~50}}, observed: [{share: 0.5..0.8}]}
reports: [{id: claims, of: raids, real: 0.5..0.9, claimed: 0.8..0.95}]
responses:
  - {when: strikes, then: raids, children: kids,
     half_life: [{half_life: 1 day, share: 0.4}, {half_life: 9 days, share: 0.6}],
     times: {deadly: 2..4}, lag: 1 day}
replies:
  - {id: answer, ask: ask, within: 7 days, answers: {word: 0.1..0.4, no: rest},
     odds_if: [{when: {state: calm}, times: {word: 2..4}},
               {when: {not: {event: raids (deadly), within: 30 days}},
                times: {word: 2}}]}
restraints:
  - {id: hold, when: word, owner: eastmark, holds: [raids, driver war],
     factor: 0.05..0.3, delay: wait, half_life: 60 days, obeys: by control,
     ends_when: strikes}
  - {id: lull, when: truce, holds: {raids: 0.2..0.5}, while: calm,
     in_force: {since: 2031-02-01}}
red_lines:
  - {id: deaths, owner: westmark, when: deaths by raids, reach: 1~5, within: 30 days,
     then: strikes, chance: 0.2..0.6, delay: wait, wears: {reach: 1.2}}
  - {id: joins, owner: eastmark, when: strikes, reach: 2, within: 30 days, chance: 0.5,
     then: {raises: [raids, driver war], factor: 1.5..3, for: 10~20 days}}
  - {id: opens, owner: eastmark, when: gauge strain, reach: {times_past_peak: 1.5},
     chance: 0.5, then: {opens: wave, for: 5~9 days}}
warnings:
  - {id: leak, event: strikes, issued: 2031-02-27, by: 2031-03-05, chance: 0.05..0.3}
gauges:
  strain: {half_life: 30 days, raised_by: {strikes: 0.5..1, "raids (deadly)": 1},
           drives: [{raises: [strikes], factor: 1.5..2, half_at: 3, cap: 4}]}
outcomes:
  - {id: hit, question: A strike?, event: westmark ASSAULT * in arland, at_least: 1,
     within: [30 days, 60 days], unmodelled: 0.01..0.02 per 90 days}
  - {id: many, question: How many claims?, report: claims, count: yes, within: 30 days}
  - {id: quiet, question: A month without?, of: raids, at_most: 0,
     in: any calendar month, until: 2031-05-29}
  - {id: then, question: One after the other?, within: 30 days,
     sequence: {first: strikes, then: raids (deadly), within: 7 days}}
levers:
  - {id: restrain, name: Restrain, owner: eastmark, do: [{act: word, on: 2031-03-05}]}
  - {id: slow, name: Slow, owner: eastmark,
     do: [{set: {red_lines.deaths.delay: 9~20 days}}, {scale: {numbers.kids: 0.5}},
          {off: warnings.leak}]}
  - {id: answer, name: Answer, owner: eastmark,
     do: [{if: strikes, then: word, delay: 2 days}]}
variants:
  worth:
    choices:
      much: {weight: 0.7, why: x}
      little: {weight: 0.3, why: y, off: [restraints.hold],
               set: {streams.raids.level: 0.1..0.2 per day}}
"""
RECORDS = """id,date,date_to,source,action,target,from,in,about,deaths,injured,marks
a,2031-02-10,,brigades,ASSAULT,westmark,delta,,,2,,
b,2031-02-12,2031-02-20,first,ASSAULT,westmark,,,,0,,result: landed
c,2031-02-14,,westmark,THREATEN,brigades,,,,,,
d,2031-02-21,,westmark,AGREE,eastmark,,,,,,
e,2031-02-22,,eastmark,ASSAULT,westmark,,,,,,
"""
COUNTS = """id,from,to,of,count,low,high,kind
x,2031-01,,report claims,12,,,exact
y,2031-02-01,2031-02-20,raids,8,6,10,range
z,2031-02-01,2031-02-20,raids (deadly),1,,,exact
"""


@pytest.fixture
def small(tmp_path: Path):
    (tmp_path / "case.yaml").write_text(SMALL)
    (tmp_path / "records.csv").write_text(RECORDS)
    (tmp_path / "counts.csv").write_text(COUNTS)
    return read_case(tmp_path / "case.yaml")


def unnamed(case, assembled):
    """Paths of numbers of the case that no column has."""
    mine = set(assembled.slots.names)
    idle = re.compile(
        r"^horizon$|^outcomes\..*within|\.answers\.none$|^levers\.[^.]*\.delay$"
    )
    return [
        path
        for path, number in numbers_by_path(case).items()
        if number.kind not in ("rest", "median")
        and not idle.search(path)
        and not {path, f"{path}.median", f"{path}.size"} & mine
    ]


def test_every_construct_of_the_format_assembles(small):
    a = assemble(small)
    missing = [
        p for p in unnamed(small, a) if not p.startswith(("numbers.", "levers."))
    ]
    assert missing == []
    m = a.model
    assert [len(x) for x in (m.streams, m.responses, m.replies, m.warnings)] == [
        7,
        1,
        1,
        1,
    ]
    assert [f.id for f in m.factors] == [
        "hold",
        "hold (2)",
        "lull",
        "joins",
        "joins (2)",
    ]
    assert m.factors[0].key == m.factors[1].key
    assert [x.id for x in m.red_lines][:4] == ["deaths", "joins", "joins (2)", "opens"]
    assert a.lever_lines == 4
    assert m.drivers[1].path[:32] == (1.0,) * 31 + (0.5,)
    assert m.weekday_of_origin == 5
    assert m.streams[6].amounts[0].id == "size"
    assert [c.family for c in (m.states[0].lasts, m.red_lines[0].delay)] == [
        "lognormal"
    ] * 2
    assert a.unmatched == ("c",)
    d = draw_table(a, 1, 60)
    p = impute(a, d.theta, 1)
    for k in range(60):
        h = p.history(k)
        claims = h.claims[(h.time < -28) & (h.time >= -59), 0]
        assert claims.sum() in (0, 12)
        assert np.sum((h.stream == 0) & (h.time >= -28) & (h.time < -8)) in range(6, 11)
        assert (
            np.sum(
                (h.stream == 0) & (h.flags & 1 > 0) & (h.time >= -28) & (h.time < -8)
            )
            == 1
        )


def test_levers_of_the_file_change_what_they_name(small):
    a = assemble(small)
    d = draw_table(a, 1, 20)
    slow = next(x for x in a.arms if x.id == "slow")
    new = slow.apply(d.theta)
    at = a.slots.column
    kids = at("responses.strikes--raids.children")
    assert np.allclose(new[:, kids], 0.5 * d.theta[:, kids])
    assert np.all(new[:, at("warnings.leak.chance")] == 0.0)
    assert np.allclose(new[:, at("red_lines.deaths.delay.median")], np.sqrt(180.0))
    changed = np.flatnonzero(np.any(new != d.theta, axis=0))
    assert {a.slots.names[k].split(".")[0] for k in changed} == {
        "numbers",
        "responses",
        "warnings",
        "red_lines",
    }


@pytest.mark.parametrize("name", bundled_cases())
def test_bundled_cases_assemble(name):
    case = read_case(name)
    a = assemble(case)
    assert unnamed(case, a) == []
    d = draw_table(a, 1, 100)
    p = impute(a, d.theta, 1)
    assert len(p) == 100
    assert p.time.max(initial=-1.0) < 0.0


def test_a_stream_without_a_rate_is_placed_evenly_with_a_warning(tmp_path):
    text = SMALL.replace(
        "id: no, event: eastmark REJECT", "id: idle, event: eastmark AID"
    )
    text = text.replace(", no: rest}", ", none: rest}")
    (tmp_path / "case.yaml").write_text(text)
    (tmp_path / "records.csv").write_text(RECORDS)
    (tmp_path / "counts.csv").write_text(
        COUNTS + "w,2031-02-01,2031-02-20,idle,3,,,exact\n"
    )
    with pytest.warns(ApproximationWarning, match="stream idle has counts but nothing"):
        a = assemble(read_case(tmp_path / "case.yaml"))
    p = impute(a, draw_table(a, 1, 20).theta, 1)
    for k in range(20):
        h = p.history(k)
        assert np.sum((h.stream == 5) & (h.time < -8)) == 3


def test_warming_up_runs():
    warm_up()
