"""A case replayed: nothing of the future is known, and answers are those of the history."""

import csv
import datetime as dt
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

import spillover as sp
from spillover.api.as_of import as_of_case
from spillover.api.replay import days_of, replay_case
from spillover.errors import InputError

DAY = dt.date(2031, 2, 1)


@pytest.fixture(scope="module")
def model():
    return sp.load("strait-demo")


def changed(model, folder, name, change):
    """The case with rows of a table changed by ``change`` (a row, or None to drop it)."""
    folder.mkdir()
    for n, data in model.files.items():
        (folder / n).write_bytes(data)
    rows = list(csv.DictReader(io.StringIO(model.files[name].decode())))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(r for r in map(change, rows) if r is not None)
    (folder / name).write_text(out.getvalue(), "utf-8")
    return sp.load(folder)


def said(model):
    run = as_of_case(model, DAY).simulate(draws=40, futures=5, as_written=True)
    return run.outcomes().to_dict()["outcomes"]


def test_only_what_was_published_by_then_is_kept(model):
    then = as_of_case(model, DAY)
    assert then.case.origin == DAY
    assert then.case.records
    assert len(then.case.records) < len(model.case.records)
    for r in then.case.records:
        assert (r.published or r.last + dt.timedelta(1)) < DAY
    for c in then.case.counts:
        assert c.last + dt.timedelta(1) < DAY
    assert all(w.issued < DAY for w in then.case.warnings)
    assert {o.id for o in then.case.outcomes} <= {o.id for o in model.case.outcomes}
    assert then.check() is not None


def test_the_future_changes_nothing_to_the_bit(model, tmp_path):
    before = said(model)

    def no_future(row):
        return None if row["date"] >= DAY.isoformat() else row

    assert said(changed(model, tmp_path / "a", "records.csv", no_future)) == before

    def later(row):
        moved = {"date": "2031-02-20", "date_to": "2031-02-22"}
        return row | moved if row["date"] >= DAY.isoformat() else row

    assert said(changed(model, tmp_path / "b", "records.csv", later)) == before


def test_a_row_published_later_is_not_known(model, tmp_path):
    def published_late(row):
        return row | {"published": "2031-02-25"}

    then = as_of_case(
        changed(model, tmp_path / "c", "records.csv", published_late), DAY
    )
    assert then.case.records == ()


def test_a_longer_lag_knows_less(model, tmp_path):
    silent = changed(
        model, tmp_path / "d", "records.csv", lambda row: row | {"published": ""}
    )
    known = [len(as_of_case(silent, DAY, lag=n).case.records) for n in (0, 1, 30, 200)]
    assert known == sorted(known, reverse=True)
    assert known[0] > known[-1] == 0


@pytest.mark.parametrize("day", ["2031-03-01", "2035-01-01", "2020-01-01"])
def test_a_day_outside_the_history(model, day):
    with pytest.raises(
        InputError, match=f"{day}: not inside the history of strait-demo"
    ):
        as_of_case(model, dt.date.fromisoformat(day))


@pytest.fixture(scope="module")
def replayed(model):
    return replay_case(
        model, days_of(model, "10d", dt.date(2030, 12, 20)), draws=60, futures=5
    )


def test_every_question_that_is_over_is_asked_each_day(replayed, model):
    assert replayed.found
    for r in replayed.found:
        assert r.day + dt.timedelta(r.days) <= model.case.origin
        assert 0.0 < r.p < 1.0
        assert r.settled == (r.came >= 0.95 or r.came <= 0.05)


def test_answers_are_those_of_the_records(replayed, model):
    """Strikes are recorded one by one: a window with one is a yes, one without is a no."""
    strikes = [
        r.first
        for r in model.case.records
        if r.source == "westmark" and r.action == "ASSAULT"
    ]
    assert strikes
    asked = [r for r in replayed.found if r.question.startswith("strike-on-arland@30")]
    assert asked
    for r in asked:
        end = r.day + dt.timedelta(r.days)
        assert r.settled
        assert (r.came > 0.5) == any(r.day <= s < end for s in strikes)


def test_scores_and_files(replayed, tmp_path):
    s = replayed.scores()
    settled = [r for r in replayed.found if r.settled]
    assert s.n == len(settled)
    assert s.score == pytest.approx(
        sum((r.p - (r.came > 0.5)) ** 2 for r in settled) / len(settled)
    )
    folder = replayed.save(tmp_path / "out")
    held = json.loads(
        (folder / "replay.json").read_text("utf-8"), parse_constant=pytest.fail
    )
    assert len(held["rows"]) == len(replayed.found)
    assert replay_again(replayed) == replayed.rows()


def replay_again(r):
    return replay_case(r.model, r.days, draws=60, futures=5).rows()


def test_days(model):
    assert days_of(model, "month", dt.date(2030, 12, 15), dt.date(2031, 2, 20)) == (
        dt.date(2031, 1, 1), dt.date(2031, 2, 1),
    )  # fmt: skip
    with pytest.raises(
        InputError, match='--every "often": expected month, or days such as 7d'
    ):
        days_of(model, "often")
    with pytest.raises(InputError, match="no day to replay lies between"):
        days_of(model, "month", dt.date(2031, 2, 20), dt.date(2031, 2, 25))


@pytest.mark.slow
def test_processes_change_no_bit(model, replayed):
    """Days in two processes, and in one after the other: the same rows."""
    beside = replay_case(model, replayed.days, draws=60, futures=5, processes=2)
    assert beside.rows() == replayed.rows()
    assert beside.files().keys() == replayed.files().keys()


@pytest.mark.slow
def test_a_fault_in_a_process_is_told_as_here(model):
    days = (dt.date(2031, 2, 1), dt.date(2031, 3, 1))
    with pytest.raises(InputError, match="2031-03-01: not inside the history"):
        replay_case(model, days, draws=10, futures=2, processes=2)


def children(pid):
    """Processes that another started, by what the system says of them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def alive(pid):
    """Whether a process runs; one that ended and was not fetched does not."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
            != "Z"
        )
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_a_killed_replay_leaves_no_process_behind():
    words = ["replay", "strait-demo", "--every", "1d", "--at-once", "2", "-q"]
    started = subprocess.Popen(
        [sys.executable, "-m", "spillover", *words], stdout=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 120
        while len(helpers := children(started.pid)) < 3 and time.monotonic() < end:
            time.sleep(0.2)  # two at work, and the one that counts what they share
        assert len(helpers) >= 3
        time.sleep(8)  # they have begun
    finally:
        started.kill()
        started.wait()
    while any(map(alive, helpers)) and time.monotonic() < end:
        time.sleep(0.2)
    assert not any(map(alive, helpers))
