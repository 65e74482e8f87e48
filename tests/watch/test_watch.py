"""A watch: exact, nothing lost, nothing twice, and it says what changed."""

import csv
import datetime as dt
import io
import json

import numpy as np
import pytest

import spillover as sp
from spillover.api.ahead import Known, ahead_case, over, used
from spillover.api.watch_words import update_lines
from spillover.errors import InputError
from spillover.store.watch_folder import WatchFolder
from tests.watch.conftest import LAUNCH, ORIGIN, STRIKE, WORD, day, write


def chances(update):
    return {q["id"]: q["p"] for q in update["questions"]}


def numbers(watch):
    n = watch.folder.last().body["n"]
    with np.load(watch.folder.state(n) / "numbers.npz") as arrays:
        return {k: arrays[k].tobytes() for k in arrays.files}


# ---- the case moved on ----------------------------------------------------------


@pytest.mark.parametrize("case", ["strait-demo", "iraq-2024"])
def test_a_case_moved_by_no_day_is_the_case_to_the_bit(case):
    model = sp.load(case)
    moved = ahead_case(model, model.case.origin, ())
    size = {"draws": 30, "futures": 4, "as_written": True}
    a, b = model.simulate(**size), moved.simulate(**size)
    assert a.outcomes().to_dict()["outcomes"] == b.outcomes().to_dict()["outcomes"]


def test_days_since_the_origin_hold_what_was_put_in_and_nothing_else():
    """Launches are counted, so their past is filled in; the watched days are not."""
    model = sp.load("strait-demo")
    known = [Known("launches", day(1), day(1), 2), Known("launches", day(4), day(5), 1)]
    moved = ahead_case(model, day(8), known)
    from spillover.ensemble.drawn import draw

    past = draw(moved.assembled, 25, 1, 1, 4, lambda *_: None).past
    k = [s.id for s in moved.assembled.model.streams].index("launches")
    for d in range(25):
        h = past.history(d)
        mine = np.sort(np.asarray(h.time)[np.asarray(h.stream) == k])
        since = mine[mine >= -8.0]
        assert len(since) == 3
        assert np.all((since[:2] >= -7.0) & (since[:2] < -6.0))
        assert -4.0 <= since[2] < -2.0


def test_events_on_days_the_case_itself_speaks_of_are_left_out():
    model = sp.load("strait-demo")
    known = [
        Known("launches", day(-2), day(-2), 5),  # counted by the case
        Known("truce", day(-2), day(-2), 1),  # not spoken of
        Known("launches", day(1), day(1), 1),
        Known("launches", day(9), day(9), 1),  # not known yet
    ]
    kept = used(model, known, day(3))
    assert [(k.stream, k.first) for k in kept] == [("launches", day(1)), ("truce", day(-2))]  # fmt: skip


def test_what_was_dated_ahead_and_is_over_falls_away():
    case = sp.load("strait-demo").case
    ids = {o.id: o for o in over(case, dt.date(2031, 3, 6)).outcomes}
    assert ids["eastern-attack"].before is None
    assert ids["eastern-attack"].within == case.outcomes[1].within
    assert "quiet-month" in ids
    assert "quiet-month" not in {o.id for o in over(case, dt.date(2031, 5, 2)).outcomes}
    with pytest.raises(InputError, match=r"before the origin of strait-demo.*spillover replay"):  # fmt: skip
        ahead_case(sp.load("strait-demo"), day(-1), ())


def test_a_fit_that_names_a_number_that_is_gone_keeps_the_law_of_the_others():
    from spillover.api.ahead import with_fit
    from spillover.api.fit_file import FitTable
    from spillover.assemble.posterior import Posterior

    model = sp.load("strait-demo")
    paths = ("streams.launches.baseline", "streams.gone.baseline", "streams.strikes.baseline")  # fmt: skip
    root = np.array([[0.5, 0.0, 0.0], [0.3, 0.4, 0.0], [0.2, -0.1, 0.6]])
    law = Posterior(paths, np.array([0.1, 0.2, 0.3]), root)
    kept = with_fit(model, FitTable((), law, {})).learned.posterior
    assert kept.paths == (paths[0], paths[2])
    assert kept.mean.tolist() == [0.1, 0.3]
    whole = (root @ root.T)[np.ix_([0, 2], [0, 2])]
    np.testing.assert_allclose(kept.root @ kept.root.T, whole, rtol=1e-12)
    assert with_fit(model, None) is model


# ---- exact ----------------------------------------------------------------------

FILES = {
    1: ("a.csv", [("a1", 0, *LAUNCH), ("a2", 0, *WORD)]),
    3: ("b.csv", [("b1", 2, *LAUNCH), ("b2", 1, *STRIKE), ("b3", 0, *LAUNCH, 2)]),
    4: ("c.csv", [("c1", 3, *LAUNCH), ("c0", 1, *LAUNCH, 3)]),
}


def test_day_by_day_is_all_at_once_to_the_bit(look, watching, incoming, tmp_path):
    for n in range(1, 6):
        if n in FILES:
            write(incoming, *FILES[n])
        look(n, out="daily")
    look(5, out="at-once")
    daily, once = watching(out="daily"), watching(out="at-once")
    assert numbers(daily) == numbers(once)
    a, b = daily.folder.last().body, once.folder.last().body
    assert chances(a) == chances(b)
    assert a["activity"] == b["activity"]
    assert a["known_events"] == b["known_events"] == 7


def test_files_in_any_order_come_to_the_same(look, watching, incoming, tmp_path):
    other = tmp_path / "other"
    for name, rows in reversed(FILES.values()):
        write(other, name, rows)
        look(5, out="backwards", inbox=other)
    for name, rows in FILES.values():
        write(incoming, name, rows)
    look(5, out="forwards")
    assert numbers(watching(out="backwards")) == numbers(watching(out="forwards"))


def test_the_change_is_split_exactly_and_by_what_happened(look, incoming):
    look(1)
    quiet = look(2).update
    for q in quiet["questions"]:
        c = q["change"]
        assert sum(p["futures"] for p in c["parts"]) == c["futures"]
        assert [p["futures"] for p in c["parts"]][1:] == [0, 0]
        assert q["p"] - q["before"] == pytest.approx(c["change"], abs=1e-12)
    write(incoming, "a.csv", [("a1", 1, *STRIKE)])
    news = look(2).update
    parts = [q["change"]["parts"] for q in news["questions"]]
    assert all(p[0]["futures"] == p[2]["futures"] == 0 for p in parts)
    assert any(p[1]["futures"] != 0 for p in parts)
    late = "New data: 1 event more; 1 of them late: of days before 2031-03-03."
    assert news["why"] == [late]
    assert look(2).update is None


def test_an_edited_case_is_the_third_part(look, tmp_path, incoming):
    folder = tmp_path / "mine"
    model = sp.load("strait-demo")
    folder.mkdir()
    for name, data in model.files.items():
        (folder / name).write_bytes(data)
    look(1, case=folder)
    text = (folder / "case.yaml").read_text()
    edited = text.replace("baseline: {is: 0.001..0.006 per day", "baseline: {is: 0.002..0.012 per day")  # fmt: skip
    assert edited != text
    (folder / "case.yaml").write_text(edited)
    write(incoming, "a.csv", [("a1", 1, *LAUNCH)])
    update = look(3, case=folder).update
    q = next(q for q in update["questions"] if q["id"] == "strike-on-arland@90 days")
    parts = {p["step"]: p["futures"] for p in q["change"]["parts"]}
    assert parts["model"] > 0
    assert sum(parts.values()) == q["change"]["futures"]
    assert update["why"] == [
        "Time: 2 days, 2031-03-02 to 2031-03-04.",
        "New data: 1 event more.",
        "Model: the case was edited.",
    ]


def test_another_size_is_not_split(look):
    look(1)
    update = look(2, draws=50).update
    assert all(q["change"] is None for q in update["questions"])
    assert "the change is not split" in update["why"][-1]


# ---- bad input ------------------------------------------------------------------


def test_late_and_revised_events_are_taken_in_and_told(look, incoming):
    write(incoming, "a.csv", [("a1", 1, *LAUNCH), ("a2", 1, *LAUNCH)])
    look(4)
    write(incoming, "b.csv", [("b1", 0, *STRIKE, 5)])
    update = look(6).update
    assert update["news"] == [
        {"stream": "strikes", "first": "2031-03-01", "last": "2031-03-01", "before": 0, "after": 1, "late": True}
    ]  # fmt: skip
    assert update["why"][1] == "New data: 1 event more; 1 of them late: of days before 2031-03-05."  # fmt: skip
    # The same id with another target: a revision takes the place of the report.
    write(incoming, "a.csv", [("a1", 1, *LAUNCH), ("a2", 1, "BRIG", "REJECT", "ARL")])
    update = look(7).update
    assert update["known_events"] == 2
    assert update["why"][1].startswith("New data: 1 event fewer, by revision")


def test_a_clock_that_goes_backwards_does_not_move_the_origin_back(look, incoming):
    look(5)
    write(incoming, "a.csv", [("a1", 3, *STRIKE)])
    report = look(2)
    assert report.update["origin"] == "2031-03-06"
    assert report.update["known_events"] == 1
    assert report.notes[0] == "the clock says 2031-03-03, before the last update's 2031-03-06: the origin does not go back and stays there"  # fmt: skip
    assert look(6).update["origin"] == "2031-03-07"


def test_the_clock_of_imports_never_runs_backwards(look, incoming, watching):
    from spillover.store.events import open_store

    write(incoming, "a.csv", [("a1", 1, *LAUNCH)])
    look(3)
    store = watching().folder.store
    with open_store(store, write=True) as connection:
        connection.execute("UPDATE imports SET accessed = TIMESTAMP '2099-01-01'")
    write(incoming, "b.csv", [("b1", 1, *LAUNCH)])
    report = look(3)
    assert "the clock went backwards" in report.taken.notes[0]
    with open_store(store) as connection:
        found = connection.execute("SELECT min(accessed) FROM imports").fetchone()[0]
    assert found == dt.datetime(2099, 1, 1)


def test_duplicates_are_said_and_skipped(look, incoming):
    path = write(incoming, "a.csv", [("a1", 1, *LAUNCH)])
    look(3)
    write(incoming, "copy.csv", [])
    (incoming / "copy.csv").write_bytes(path.read_bytes())
    import os

    os.utime(incoming / "copy.csv", (1e9, 1e9))
    report = look(3)
    assert report.taken.duplicates == ("copy.csv",)
    assert report.update is None
    assert look(3).taken.duplicates == ()  # told once


def test_a_half_written_file_waits_and_loses_nothing(look, incoming):
    whole = write(incoming, "a.csv", [("a1", 1, *LAUNCH), ("a2", 2, *STRIKE)])
    data = whole.read_bytes()
    import os

    def cut(n):
        whole.write_bytes(data[:n])
        os.utime(whole, (1e9 + n, 1e9 + n))

    cut(20)  # within the head
    report = look(4)
    assert report.update["known_events"] == 0
    assert len(report.problems) == 1
    assert report.problems[0].endswith("It stays where it is and is tried again")
    assert whole.exists()
    cut(len(data) - 30)  # within the last row
    look(4)
    cut(len(data))
    report = look(4)
    assert report.update["known_events"] == 2
    assert report.problems == ()


@pytest.mark.parametrize("n", range(0, 200, 13))
def test_cut_anywhere_and_then_whole_comes_to_the_same(incoming, n, tmp_path):
    import os

    from spillover.api.watch_files import Inbox, known_by_day, take_files

    whole = write(incoming, "a.csv", [(f"a{k}", k, *LAUNCH) for k in range(5)])
    data = whole.read_bytes()
    watch = WatchFolder(tmp_path / "w")
    watch.path.mkdir()
    inbox = Inbox(incoming)
    for size in (min(n, len(data) - 1), len(data)):
        whole.write_bytes(data[:size])
        os.utime(whole, (1e9 + size, 1e9 + size))
        take_files(inbox, watch)
    model = sp.load("strait-demo")
    known, mapped, _ = known_by_day(model, watch.store, day(9), None)
    assert [(k.first, k.count) for k in known] == [(day(k), 1) for k in range(5)]
    assert mapped.tally.adds_up


# ---- the folder -----------------------------------------------------------------


def test_a_second_watch_on_the_same_folder_is_refused(watching):
    one, two = watching(), watching()
    with one.folder.locked(), pytest.raises(InputError, match=r"another watch runs on this folder \(process"), two.folder.locked():  # fmt: skip
        pass
    with two.folder.locked():
        pass


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="is no folder of a watch"), WatchFolder(tmp_path).locked():  # fmt: skip
        pass


def test_a_state_that_is_gone_is_told(look, watching):
    look(1)
    import shutil

    shutil.rmtree(watching().folder.path / "states")
    with pytest.raises(InputError, match="the state of the last update is missing"):
        look(2)


@pytest.mark.slow
def test_a_refit_comes_when_it_is_due(look, monkeypatch):
    calls = []
    from spillover.api.model import CaseModel

    real = CaseModel.fit

    def counted(self, **more):
        calls.append(self.case.origin)
        return real(self, **more)

    monkeypatch.setattr(CaseModel, "fit", counted)
    more = {"as_written": False, "refit_days": 3}
    for n in (1, 2, 3, 4, 5):
        update = look(n, **more).update
        assert update["fitted"] == str(day(1 if n < 4 else 4))
    assert calls == [day(1), day(4)]
    assert all(q["change"]["parts"][2]["futures"] == 0 for q in update["questions"])


# ---- words ----------------------------------------------------------------------


def test_an_update_in_words(look, incoming):
    look(1)
    write(incoming, "a.csv", [("a1", 1, *STRIKE)])
    text = "\n".join(update_lines(look(2).update))
    assert "strait-demo, origin 2031-03-03 (update 2, 1 event put in)" in text
    assert "Time: 1 day, 2031-03-02 to 2031-03-03." in text
    assert "points = time" in text
    assert "0 %" not in text.replace("10 %", "").replace("20 %", "").replace("30 %", "").replace("40 %", "").replace("50 %", "")  # fmt: skip


def test_now_is_the_last_line(look, watching):
    look(1)
    folder = watching().folder
    assert json.loads((folder.path / "now.json").read_text()) == folder.last().body


def test_the_known_table_of_a_state_is_readable(look, watching, incoming):
    write(incoming, "a.csv", [("a1", 0, *LAUNCH)])
    look(2)
    text = (watching().folder.state(1) / "known.csv").read_text()
    assert list(csv.DictReader(io.StringIO(text))) == [
        {"stream": "launches", "date": str(ORIGIN), "date_to": str(ORIGIN), "count": "1"}
    ]  # fmt: skip
