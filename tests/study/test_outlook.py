"""The outlook: reasons add up, taking them away lowers the rank, bad input is told."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from spillover.api.outlook import outlook, read_world
from spillover.api.outlook_draft import draft_around
from spillover.api.outlook_page import outlook_files, outlook_page
from spillover.api.outlook_words import rows_of_reasons
from spillover.brief.words import mixed_sentences
from spillover.cli.app import app
from spillover.errors import EventsError, InputError
from spillover.model.facts import Facts
from spillover.study.outlook import learn, view_at
from spillover.study.outlook_check import FORECASTERS, _Simple, check_outlook
from spillover.study.outlook_reasons import reasons_of
from spillover.world.rates_ahead import rates_of, sums_of
from spillover.world.rates_layout import layout_of, state_at
from tests.study.outlook_world import DAYS, FIRST, csv_text, rows, tkg_files

LAST = FIRST + dt.timedelta(days=DAYS - 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tkg_files(tmp_path_factory.mktemp("world") / "tkg", rows())


@pytest.fixture(scope="module")
def world(folder):
    return read_world([folder], day_zero=FIRST)


@pytest.fixture(scope="module")
def found(world):
    return outlook(world, top=30, rose=5)


def test_reasons_add_up_to_every_rate(found):
    assert len(found.rows) == 30
    for row in (*found.rows, *(x.row for x in found.risen)):
        parts = [r for _, _, r in rows_of_reasons(found, row)]
        assert sum(parts) == pytest.approx(row.rate, rel=1e-12)
        assert sum(row.reasons.by_role.values()) == pytest.approx(row.rate, rel=1e-12)


def test_what_rose_is_told_by_role_and_adds_up(found):
    assert found.risen
    ups = [x.row.chance - x.chance_before for x in found.risen]
    assert ups == sorted(ups, reverse=True)
    assert ups[-1] > 0
    for x in found.risen:
        gain = x.row.rate - x.rate_before
        assert sum(x.by_role.values()) == pytest.approx(gain, rel=1e-9, abs=1e-13)


def test_taking_the_named_reasons_away_lowers_rate_and_rank_by_what_they_gave(world):
    learned = learn(world.facts, world.end)
    layout = layout_of(world.facts)
    view = view_at(learned, world.facts, layout, world.end)
    first = outlook(world, top=1).rows[0]
    reasons = reasons_of(view, first.source, first.action, first.target, most=3)
    gone = sorted({k for x in reasons.named for k in x.facts})
    f = world.facts
    left = np.ones(len(f), bool)
    left[gone] = False
    fewer = Facts(f.source[left], f.action[left], f.target[left], f.day[left], f.entities, f.actions)  # fmt: skip
    state = state_at(
        fewer,
        replace(layout, fact_cell=layout.fact_cell[left]),
        learned.rates.shape,
        world.end,
    )
    after = rates_of(
        learned.rates, layout, view.shares, sums_of(layout, state), layout.source, layout.target
    )  # fmt: skip
    before = rates_of(
        learned.rates, layout, view.shares, view.sums, layout.source, layout.target
    )
    p = int(layout.find(np.array([first.source]), np.array([first.target]))[0])
    whole = reasons_of(view, first.source, first.action, first.target, most=10**6)
    given = sum(
        x.rate * len(set(x.facts) & set(gone)) / len(x.facts)
        for x in whole.named
        if set(x.facts) <= set(gone)
    )
    lowered = before[p, first.action] - after[p, first.action]
    assert lowered == pytest.approx(given, rel=1e-12, abs=1e-14)
    assert first.rate == pytest.approx(before[p, first.action], rel=1e-12)

    def rank(r):
        return int((r > r[p, first.action]).sum())

    assert rank(after) > rank(before)


def test_chances_are_never_none_nor_certain_and_lie_in_their_interval(found):
    for r in found.rows:
        assert 0.0 < r.low <= r.chance <= r.high < 1.0
    chances = [r.chance for r in found.rows]
    assert chances == sorted(chances, reverse=True)


def test_a_longer_look_never_has_smaller_expected_numbers(world):
    layout = layout_of(world.facts)
    sums = []
    for horizon in (3, 7):
        learned = learn(world.facts, world.end, horizon=horizon)
        learned = replace(learned, fit=learn(world.facts, world.end).fit)
        view = view_at(learned, world.facts, layout, world.end)
        sums.append(
            view.look.expected(
                learned.rates, layout, view.shares, layout.source, layout.target
            )
        )
    assert (sums[1] > sums[0]).all()


def test_an_actor_never_seen_gets_the_back_off_and_it_is_said(world):
    o = outlook(world, actor="Northport", target="arland", top=3)
    assert o.asked == {"actor": "Northport", "action": "", "target": "Arland"}
    for row in o.rows:
        assert row.new
        assert row.rate > 0
        texts = [t for role, t, _ in rows_of_reasons(o, row) if role == "background"]
        assert texts == [
            "These two never had an act between them: what stands here is what such actors do and meet on average."
        ]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"actor": "Eastmrak"}, 'actor "Eastmrak": none of the 6 actors in these events has this name. Did you mean "Eastmark"?'),
        ({"target": "Zzz"}, 'target "Zzz": none of the 6 actors in these events has this name.'),
        ({"horizon": 31}, "--horizon 31d: an outlook looks 1 to 30 days ahead"),
        ({"actor": "Arland", "target": "Arland"}, 'actor and target are both "Arland": acts of an actor toward itself are not told'),
    ],
)  # fmt: skip
def test_bad_questions_are_told(world, asked, message):
    with pytest.raises(InputError) as e:
        outlook(world, **asked)
    assert str(e.value) == message


def test_an_unknown_action_is_told_with_what_was_meant(world):
    with pytest.raises(
        InputError, match=r'action "ASAULT": .* Did you mean "ASSAULT"\?'
    ):
        outlook(world, action="ASAULT")


def test_bad_days_are_told(folder, world):
    with pytest.raises(InputError) as e:
        read_world([folder])
    assert str(e.value) == (
        f"{folder}: a folder of a temporal knowledge graph states no dates. Say which day time 0 is, such as  --day-zero 2018-01-01"
    )
    with pytest.raises(EventsError) as e:
        read_world([folder], day_zero=FIRST, as_of=dt.date(2030, 12, 31))
    first = world.date(int(world.facts.day[0]))
    assert str(e.value) == (
        f"as of 2030-12-31: the first fact is of {first}, so nothing was known. Choose a later day with --as-of"
    )
    early = read_world([folder], day_zero=FIRST, as_of=FIRST + dt.timedelta(days=59))
    with pytest.raises(EventsError, match="an outlook over 7 days needs at least 77"):
        outlook(early)


def test_rows_in_any_order_said_twice_or_unusable_change_nothing(tmp_path, world):
    some = rows()
    messy = tkg_files(tmp_path / "messy", [*some[::-1], some[5], some[5]])
    with (messy / "train.txt").open("a") as file:
        file.write("0\t4\t1\t3\n2\t0\t2\t3\n")
    again = read_world([messy], day_zero=FIRST)
    for k in ("source", "action", "target", "day"):
        assert np.array_equal(getattr(again.facts, k), getattr(world.facts, k))
    assert "1 row of an actor toward itself left out" in again.notes
    assert "1 row with no action of PLOVER left out" in again.notes


def test_a_store_gives_only_what_was_published_by_the_day(tmp_path):
    some = rows()
    cut = FIRST + dt.timedelta(days=100)
    late = csv_text(some).replace(f"{cut},{cut}", f"{cut},{LAST}")
    (tmp_path / "late.csv").write_text(late)
    known = read_world([tmp_path / "late.csv"], as_of=cut)
    assert known.as_of == cut
    assert int(known.facts.day.max()) <= known.end - 1
    kept = {r for r in some if r[0] <= cut}
    assert len(known.facts) == len(kept)


def test_an_empty_day_is_a_day_without_facts(tmp_path):
    some = [r for r in rows() if not 60 <= (r[0] - FIRST).days < 64]
    o = outlook(read_world([tkg_files(tmp_path / "gap", some)], day_zero=FIRST), top=3)
    assert len(o.rows) == 3


def test_files_and_page(found):
    files = outlook_files(found)
    assert set(files) == {
        "outlook.html",
        "outlook.json",
        "outlook.csv",
        "risen.csv",
        "reasons.csv",
    }
    html = files["outlook.html"]
    assert html.count("<h1>") == 1
    assert "<script" not in html
    assert "http" not in html.replace("http://www.w3.org", "")
    body = json.loads(files["outlook.json"])
    assert len(body["rows"]) == 30
    page = outlook_page(found)
    text = " ".join([page.bottom, *(f"{a}: {b}" for a, b in page.words)])
    assert not mixed_sentences(text)
    assert " 0 %" not in html
    assert " 100 %" not in html.replace("100 %</td></tr>", "")


def test_a_neighborhood_becomes_a_draft_case(tmp_path, folder, world):
    made, names = draft_around(
        world, [folder], tmp_path / "feud", ["Brigades"], most=3, streams=4
    )
    assert names[0] == "Brigades"
    assert "Westmark" in names
    assert len(names) == 3
    ids = {s.id for s in made.draft.streams}
    assert "brigades-assault-westmark" in ids
    assert {a.name for a in made.draft.actors} <= set(names)
    assert (tmp_path / "feud" / "case.yaml").is_file()


def test_the_draft_from_a_store_holds_only_the_neighborhood(tmp_path):
    table = tmp_path / "events.csv"
    table.write_text(csv_text(rows()))
    events = read_world([table], as_of=LAST)
    made, names = draft_around(
        events, [table], tmp_path / "feud", ["Brigades", "Westmark"], most=2, streams=6
    )
    assert names == ("Brigades", "Westmark")
    assert {a.name for a in made.draft.actors} == set(names)


def test_command_line(tmp_path, folder):
    run = CliRunner().invoke(
        app,
        ["outlook", str(folder), "--day-zero", str(FIRST), "--action", "assault",
         "--top", "3", "--rose", "2", "--json", "-o", str(tmp_path / "out")],
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    body = json.loads(run.stdout)
    assert body["asked"]["action"] == "ASSAULT"
    assert {r["action"] for r in body["rows"]} == {"ASSAULT"}
    assert (tmp_path / "out" / "outlook.html").is_file()
    for row in body["rows"]:
        whole = (
            sum(x["rate_per_day"] for x in row["reasons"]) + row["background_per_day"]
        )
        assert whole == pytest.approx(row["rate_per_day"], rel=1e-12)


def test_base_rates_are_those_counted_by_hand(world):
    f = world.facts
    layout = layout_of(f)
    days = [world.end - 28, world.end - 21]
    E, R = layout.entities, layout.actions
    n, y = np.zeros((5, R)), np.zeros((5, R))
    for day in days:
        for s in range(E):
            for o in range(E):
                if s == o:
                    continue
                mine = (f.source == s) & (f.target == o)
                known = (mine & (f.day < day)).any()
                for r in range(R):
                    kind = mine & (f.action == r)
                    past = f.day[kind & (f.day < day)]
                    age = day - past.max() if len(past) else 10**6
                    k = (
                        4
                        if not known
                        else 3
                        if age == 10**6
                        else 0
                        if age <= 7
                        else 1
                        if age <= 30
                        else 2
                    )
                    n[k, r] += 1
                    y[k, r] += (kind & (f.day >= day) & (f.day < day + 7)).any()
    whole = (y.sum(1, keepdims=True) + 0.5) / (n.sum(1, keepdims=True) + 1.0)
    simple = _Simple.of(f, layout, days, 7)
    assert np.allclose(simple.recency, (y + 20 * whole) / (n + 20), rtol=1e-12)


def test_check_accounts_for_every_question_and_fact(world):
    c = check_outlook(world.facts, world.end, stretches=2, sample=2000)
    assert {s.forecaster for s in c.scores} == set(FORECASTERS)
    own = [s for s in c.scores if s.forecaster == "outlook"]
    assert all(s.brier_skill == (0.0, 0.0, 0.0) for s in own)
    during = world.facts.between(c.first, world.end)
    block = (during.day - c.first) // 7
    kinds = {
        (int(b), int(s), int(a), int(t))
        for b, s, a, t in zip(
            block, during.source, during.action, during.target, strict=True
        )
    }
    came = sum(t[2] + t[4] for t in c.totals)
    assert came == len(kinds)
    for b in c.bins:
        assert b.low <= b.stated <= b.high
        assert 0.0 <= b.band_low <= b.band_high <= 1.0


def test_around_takes_commas_and_semicolons_and_tells_a_typing_error(world):
    from spillover.cli.outlook import _names

    assert _names("Brigades, Westmark", world) == ["Brigades", "Westmark"]
    assert _names("Delta Union;Arland", world) == ["Delta Union", "Arland"]
    with pytest.raises(
        InputError, match=r'around "Brigads": .* Did you mean "Brigades"\?'
    ):
        _names("Arland,Brigads", world)
