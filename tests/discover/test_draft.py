"""A draft case from a table of events: it passes its check, and its own codebook
finds every row again."""

from __future__ import annotations

import csv
import datetime as dt
import json

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from spillover.api.discover import discover
from spillover.api.model import load
from spillover.assemble.event_actors import CaseActor, Printed
from spillover.assemble.event_map import map_events
from spillover.assemble.from_case import source_of
from spillover.errors import EventsError, InputError
from spillover.study.discover import baseline_range
from spillover.study.discover import discover as draft_of
from spillover.study.discover_actors import identities, slug
from spillover.study.discover_links import Fitted
from spillover.study.discover_write import HISTORY_DAYS, _n, _range
from tests.discover.worlds import OWN, PLANTED, STREAMS, branching, flat, simulate
from tests.ontology.tables import events

FIRST = dt.date(2021, 1, 1)
DAYS = 700


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A plain table of an invented world."""
    rng = np.random.default_rng(5)
    mu = flat([0.5, 0.3, 0.5, 0.3, 0.6, 0.6], DAYS)
    daily = simulate(rng, mu, branching(PLANTED, 6, OWN), 3.0, DAYS)
    daily[:, -1] = 1.0
    path = tmp_path_factory.mktemp("events") / "world.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(("date", "source", "action", "target", "n"))
        for (a, act, b), counts in zip(STREAMS, daily, strict=True):
            for d in np.flatnonzero(counts):
                day = FIRST + dt.timedelta(days=int(d))
                out.writerow((day.isoformat(), a, act, b, int(counts[d])))
    return path, daily


@pytest.fixture(scope="module")
def made(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cases") / "draft"
    return discover([table[0]], folder)


def test_the_draft_passes_its_check(made):
    model = load(made.files[0].parent)
    model.check()
    case = model.case
    assert case.origin == FIRST + dt.timedelta(days=DAYS)
    assert {s.event.action for s in case.streams} == {a for _, a, _ in STREAMS}
    assert case.outcomes
    assert len(case.responses) >= len(STREAMS)


def test_every_number_says_what_it_rests_on(made):
    from spillover.case.read import numbers_by_path

    case = load(made.files[0].parent).case
    for path, number in numbers_by_path(case).items():
        if number.kind in ("unknown", "median"):
            assert number.basis in ("data", "judgement"), path
            assert number.why, path
            assert number.sources or number.basis == "judgement", path


def test_the_file_says_first_what_it_is(made):
    text = made.files[0].read_text(encoding="utf-8")
    head = text.split("spillover: 1")[0]
    assert "A DRAFT, made by machine from events alone" in head
    assert "ties, restraints, red lines" in head
    assert "max" not in head


def test_events_of_the_last_season_go_with_it(made, table):
    text = (made.files[0].parent / "events.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert sum(int(r["count"]) for r in rows) == table[1][:, -HISTORY_DAYS:].sum()


def test_its_own_codebook_finds_every_row_again(tmp_path):
    rng = np.random.default_rng(1)
    who = {
        "gdelt": [("IRAQ", "IRQ"), ("MILITIA", "IRQREB"), ("ARMY", "ISRMIL"), ("POLICE", "IRQCOP")],
        "ucdp": [("Government of Israel", "1"), ("IS", "234"), ("Civilians", "9")],
        "acled": [("Military Forces of Iraq (2014-)", ""), ("Kataib Hezbollah", "")],
    }  # fmt: skip
    rows = []
    for k in range(900):
        dataset = ("gdelt", "ucdp", "acled")[k % 3]
        a, b = rng.choice(len(who[dataset]), 2, replace=False)
        (n1, c1), (n2, c2) = who[dataset][a], who[dataset][b]
        rows.append(
            {
                "dataset": dataset, "source_name": n1, "source_code": c1, "target_name": n2,
                "target_code": c2, "action": "ASSAULT",
                "first_day": FIRST + dt.timedelta(days=int(rng.integers(200))),
            }
        )  # fmt: skip
    con = events(rows)
    draft = draft_of(con, streams=40)
    from spillover.study.discover_write import draft_files

    for name, text in draft_files(draft, "again").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    case = load(tmp_path).case
    mapped = map_events(
        con,
        [s.words for s in source_of(case).streams],
        source_of(case).relations,
        [CaseActor(i, (a.name,), a.iso3) for i, a in case.actors.items()],
        codebook=case.codebook,
    )
    assert draft.rows == 900
    assert draft.kept + draft.internal + draft.other + draft.undated == 900
    # Iraq's police against Iraq is within one actor: in the draft internal, here no stream.
    assert mapped.tally.used == draft.kept
    assert mapped.tally.actor == 0
    by_stream = dict(zip(mapped.streams, mapped.daily.sum(axis=1), strict=True))
    for s in draft.streams:
        assert by_stream[s.id] == s.daily.sum()


def test_spans_are_kept_apart():
    rows = [
        {"source_name": "a", "target_name": "b", "action": "ASSAULT", "first_day": FIRST + dt.timedelta(days=k)}
        for k in range(100)
    ]  # fmt: skip
    span = {"first_day": FIRST, "last_day": FIRST + dt.timedelta(days=30), "date_precision": "month", "n": 9.0}  # fmt: skip
    draft = draft_of(events([*rows, rows[0] | span]))
    assert draft.streams[0].daily.sum() == 100.0
    assert draft.streams[0].spanned == ((FIRST, FIRST + dt.timedelta(days=30), 9.0),)


def test_too_little_is_refused(tmp_path):
    row = {"source_name": "a", "target_name": "b", "action": "AID", "first_day": FIRST}
    with pytest.raises(EventsError, match="a draft needs at least 60"):
        draft_of(events([row]))
    with pytest.raises(
        EventsError, match="no dated event between two different actors"
    ):
        draft_of(events([row | {"target_name": "a"}]))
    with pytest.raises(InputError, match='"Not An Id" is not an id'):
        discover([tmp_path / "x.csv"], tmp_path, case_id="Not An Id")


def test_nothing_is_overwritten(made, table):
    with pytest.raises(InputError, match="is there already: choose a new folder"):
        discover([table[0]], made.files[0].parent)


def test_baseline_range_is_the_gamma_posterior():
    """Half of the mean is background, no dispersion: Gamma(0.5 + 45, 90 days)."""
    daily = np.ones(200)
    fit = Fitted(daily, 0.5 * daily, np.zeros(1), np.ones(1), 0.0, 0.0, 1.0)
    low, high = baseline_range(daily, fit)
    assert (low, high) == pytest.approx(stats.gamma.ppf([0.05, 0.95], 45.5, scale=1 / 90))  # fmt: skip
    assert baseline_range(daily, fit, 0.0)[1] > 1.0


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (Printed("gdelt", "BAGHDAD", "IRQGOV"), ("iraq", "state", "iso3:IRQ")),
        (Printed("gdelt", "MILITIA", "IRQREB"), ("iraq-armed", "armed group", "role:IRQ/armed")),
        (Printed("gdelt", "UNITED NATIONS", "IGOUNO"), ("igouno", "organisation", "cameo:IGOUNO")),
        (Printed("icews", "Citizen (Iraq)", "", "Social", "IRQ"), ("iraq-society", "organisation", "role:IRQ/society")),
        (Printed("icews", "Hezbollah", "", "Insurgents", "LBN"), ("hezbollah", "armed group", "name:Hezbollah")),
        (Printed("icews", "Armed Gang (Iraq)", "", "Rebel", "IRQ"), ("iraq-armed", "armed group", "role:IRQ/armed")),
        (Printed("ucdp", "IS", "234"), ("is", "armed group", "name:IS")),
        (Printed("plain", "Red Brigades"), ("red-brigades", "organisation", "name:Red Brigades")),
    ],
)  # fmt: skip
def test_identities(who, expected):
    found = identities([who])[who]
    assert (found.id, found.kind, found.printed) == expected


def test_one_id_is_one_entry_of_the_codebook():
    same = [
        Printed("plain", "A & B"),
        Printed("plain", "A. B."),
        Printed("plain", "a b"),
    ]
    assert {i.id for i in identities(same).values()} == {"a-b"}
    other = [Printed("ucdp", "IS", "234"), Printed("gdelt", "IS", "IS")]
    assert {i.id for i in identities(other).values()} == {"is", "is-2"}
    assert identities([Printed("acled")]) == {}
    assert slug("Ḥizbullāh / Party") == "hizbullah-party"


@pytest.mark.parametrize(("x", "text"), [(0.0, "0"), (0.00123456, "0.00123"), (12.345, "12.3"), (98765.4, "98765")])  # fmt: skip
def test_numbers_for_people(x, text):
    assert _n(x) == text


def test_a_range_has_two_ends():
    assert _range(1.0001, 1.0002) == "0.95..1.05"


def test_the_verb(table, tmp_path):
    from spillover.cli.app import app

    args = ["discover", "--events", str(table[0]), "-o", str(tmp_path / "made"), "--streams", "4", "--json"]  # fmt: skip
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert len(told["streams"]) == 4
    assert told["rows"] == told["used"] + told["less_busy"] + told["internal_or_unknown"] + told["undated"]  # fmt: skip


@pytest.mark.slow
def test_the_draft_runs(made, tmp_path):
    """The verb with which a person would go on: fitted to its own last season."""
    from spillover.cli.app import app

    folder = str(made.files[0].parent)
    args = ["run", folder, "--draws", "50", "--futures", "5", "-q", "-o", str(tmp_path / "run")]  # fmt: skip
    done = CliRunner().invoke(app, args)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "run" / "outcomes.csv").exists()
