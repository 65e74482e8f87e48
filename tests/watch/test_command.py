"""The verb: exit codes, JSON, Ctrl-C, kills at random moments, GDELT."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from spillover.api.alerts import URL
from spillover.cli.app import app
from spillover.errors import InputError
from spillover.store.events import open_store
from spillover.store.watch_folder import WatchFolder
from tests.get.server import Answer, serving, zipped
from tests.readers.files import GDELT2, gdelt
from tests.watch.conftest import LAUNCH, STRIKE, write
from tests.watch.misbehaving import hook

QUICK = ("--once", "--draws", "20", "--futures", "2", "--threads", "1", "--as-written", "--no-indicators")  # fmt: skip
RULE = "to: [file, stdout, webhook]\nalerts:\n  - {outcome: strike-on-arland, window: 90 days, above: 5 %, below: 1 %}\n"


@pytest.fixture
def cli(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return CliRunner().invoke(app, [str(w) for w in words])

    return run


def spillover(*args, **more):
    return subprocess.run(
        [sys.executable, "-m", "spillover", *map(str, args)],
        capture_output=True, text=True, timeout=900, **more,
    )  # fmt: skip


def test_a_newcomer_watches_once(cli, incoming):
    write(incoming, "a.csv", [("a1", 0, *LAUNCH), ("a2", 1, "XYZ", "ASSAULT", "WES")])
    args = ("watch", "strait-demo", "--events", incoming, "--as-of", "2031-03-03", *QUICK)  # fmt: skip
    made = cli(*args)
    assert made.exit_code == 0, made.output
    assert made.stdout.startswith("strait-demo, origin 2031-03-03 (update 1, 1 event put in)")  # fmt: skip
    assert "taken: a.csv: 2 new, 0 revised of 2 rows" in made.stderr
    assert "1 of 2 rows belong to a stream of the case; mapping.txt in watch-strait-demo says where the others went" in made.stderr  # fmt: skip
    again = cli(*args, "--json")
    assert json.loads(again.stdout)["update"] is None


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--events", "nowhere"), "nowhere: there is no such folder. --events names a folder of event files, or gdelt"),
        (("--events", ".", "--every", "soon"), '--every "soon": expected a time such as 30s, 15m, 1h or 7d'),
        (("--events", ".", "--refit", "2h"), '--refit "2h": expected days, such as 7d'),
        (("--events", ".", "--out", "."), ".: the folder of events and the folder of the watch are the same. Choose another with --out"),
        (("--events", "in", "--as-of", "2031-02-01", "--once"), "2031-02-01 is before the origin of strait-demo, 2031-03-01: a watch goes forward. For earlier days:  spillover replay"),
    ],
)  # fmt: skip
def test_bad_input_is_told_in_a_sentence(cli, tmp_path, args, said):
    (tmp_path / "in").mkdir()
    made = cli("watch", "strait-demo", *args, "--quiet")
    assert isinstance(made.exception, InputError)
    assert str(made.exception) == said
    assert not (tmp_path / "watch-strait-demo").exists()


def start(tmp_path, incoming, *more, **env):
    return subprocess.Popen(
        [
            sys.executable, "-m", "spillover", "watch", "strait-demo", "--events",
            str(incoming), "--as-of", "2031-03-03", "-o", str(tmp_path / "w"), *more,
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | env,
    )  # fmt: skip


@pytest.mark.slow
def test_ctrl_c_ends_it_and_new_files_are_taken_before(tmp_path, incoming):
    settings = [x for x in QUICK if x != "--once"]
    process = start(tmp_path, incoming, "--every", "1s", "--settle", "1s", *settings)
    line = WatchFolder(tmp_path / "w").line

    def wait(n):
        for _ in range(600):
            if len([e for e in line.entries() if e.kind == "update"]) >= n:
                return
            time.sleep(0.1)
        raise AssertionError(process.poll())

    try:
        wait(1)
        write(incoming, "a.csv", [("a1", 0, *LAUNCH)], age=0.0)
        wait(2)
        second = spillover("watch", "strait-demo", "--events", incoming, "-o", tmp_path / "w", *QUICK)  # fmt: skip
        assert second.returncode == 2
        assert f"another watch runs on this folder (process {process.pid})" in second.stderr  # fmt: skip
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "watch ended; start it again and it goes on from here" in said
    assert "Traceback" not in said
    assert line.entries()[-1].body["known_events"] == 1


@pytest.mark.slow
def test_killed_at_random_moments_it_alerts_once(tmp_path, incoming):
    """SIGKILL after a random time, eight times, then to the end."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULE)
    write(incoming, "a.csv", [("a1", 0, *STRIKE), ("a2", 1, *LAUNCH)])
    rng = random.Random(20310303)
    with hook(["500", "ok"]) as server:
        began = time.monotonic()
        args = (tmp_path, incoming, "--alerts", str(rules), *QUICK)
        env = {URL: server.url}
        whole = start(tmp_path / "first", *args[1:], **env)
        whole.communicate(timeout=900)
        assert whole.returncode == 0
        length = time.monotonic() - began
        server.taken.clear()
        for _ in range(8):
            process = start(*args, **env)
            time.sleep(length * rng.uniform(0.3, 1.0))
            process.kill()
            process.communicate()
        for _ in range(2):
            last = start(*args, **env)
            _, said = last.communicate(timeout=900)
            assert last.returncode == 0, said
    folder = WatchFolder(tmp_path / "w")
    (update,) = [e for e in folder.line.entries() if e.kind == "update"]
    assert update.body["known_events"] == 2
    (alert,) = update.body["alerts"]
    assert [e.body["id"] for e in folder.alerts.entries()] == [alert["id"]]
    assert {key for key, _ in server.taken} == {alert["id"]}
    with open_store(folder.store) as connection:
        assert connection.execute("SELECT count(*) FROM records").fetchone() == (2,)


def test_gdelt_is_fetched_over_the_days_asked_for(tmp_path, watching):
    from spillover.api.watch_files import Inbox, take_files

    row = "\t".join(gdelt()[c] for c in GDELT2) + "\n"

    def script(request, before):
        quarter = request.path.endswith("001500.export.CSV.zip")
        if not quarter:
            return Answer(status=404)
        return Answer(zipped(row))

    with serving(script) as server:
        watch = watching(out="g")
        watch.folder.path.mkdir()
        inbox = Inbox(watch.folder.path / "gdelt", gdelt_days=2, base=server.url, settle_seconds=0.0)  # fmt: skip
        taken = take_files(inbox, watch.folder)
        assert taken.notes == ("GDELT: 2 new files",)
        assert len(taken.files) == 1
        assert len(taken.duplicates) == 1  # the two hold the same
        assert len({r.path for r in server.requests}) == 2 * 96
        again = take_files(inbox, watch.folder)
        assert (again.files, again.duplicates, again.notes) == ((), (), ())
