"""`spillover serve` as it is started: killed at any moment, nothing that was saved is lost."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

LARGE = {"draws": 6000, "futures": 10, "as_written": True}
REPORT = (
    "Published: 2031-02-27\nSource: A Wire\n\nThe army of Israel attacked Lebanon on Tuesday, "
    "killing four people, officials said. Iran condemned the attack on Wednesday.\n"
)


def until(holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def test_killed_in_the_middle_of_a_run_nothing_saved_is_lost(serve):
    served = serve()
    kept = served.run()
    text = served.client.get("/api/cases/strait-demo").json()
    base = text["digest"]
    job = served.client.post("/api/reports/text", json={"text": REPORT}).json()
    report = served.finished(job)["result"]["reports"][0]
    claims = served.client.get(f"/reports/{report}.json").json()["items"]
    claim = next(i["id"] for i in claims if "happened" in i["words"])
    decided = {"decisions": [{"id": claim, "verdict": "accept", "edit": {}}]}
    assert served.client.post("/api/reports/decisions", json=decided).status_code == 200
    chance = random.Random(7)
    for n in range(6):
        saved = text["text"] + f"# kept {n}\n"
        answer = served.client.put(
            "/api/cases/strait-demo", json={"text": saved, "base": base}
        )
        base = answer.json()["digest"]
        job = served.client.post(
            "/api/cases/strait-demo/runs", json=LARGE | {"seed": n}
        ).json()
        time.sleep(chance.uniform(0.0, 4.0))
        workers = served.workers()
        assert workers
        served.kill()
        until(lambda w=workers: not [p for p in w if Path(f"/proc/{p}").exists()])
        served.start()
        assert served.client.get("/api/cases/strait-demo").json()["text"] == saved
        assert served.client.get(f"/runs/{kept}.json").status_code == 200
        verdicts = served.client.get(f"/reports/{report}.json").json()["items"]
        assert next(i["verdict"] for i in verdicts if i["id"] == claim) == "accept"
        found = served.finished(job)
        run = served.client.get(f"/runs/{found['result']['run']}.json").json()["run"]
        assert (run["draws"], run["seed"]) == (6000, n)
        hidden = [
            p.name for f in ("runs", "cases") for p in (served.folder / f).glob(".*")
        ]
        assert hidden == []
    # A case saved before, and saved again and again, can be brought back step by step.
    for n in (4, 3, 2, 1, 0):
        back = served.client.post("/api/cases/strait-demo/undo").json()
        assert back["text"].endswith(f"# kept {n}\n")


def test_what_was_begun_twice_gives_the_same_numbers(serve):
    served = serve()
    job = served.client.post("/api/cases/strait-demo/runs", json=LARGE).json()
    time.sleep(1.5)
    served.kill()
    served.start()
    first = served.finished(job)["result"]["run"]
    second = served.run(**LARGE)
    chances = [
        served.client.get(f"/runs/{r}.json").json()["chances"] for r in (first, second)
    ]
    assert chances[0] == chances[1]


def test_one_desk_for_one_server(serve, tmp_path):
    served = serve()
    command = [sys.executable, "-m", "spillover", "serve", "--no-open", "--folder"]
    again = subprocess.run(
        [*command, str(served.folder)], capture_output=True, text=True, timeout=300
    )
    assert again.returncode == 2
    assert "another `spillover serve` uses this folder" in again.stderr
    taken = subprocess.run(
        [*command, str(tmp_path / "other"), "--port", str(served.port)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert taken.returncode == 2
    assert f"port {served.port} cannot be used" in taken.stderr
    assert served.client.get("/desk.json").status_code == 200


def test_a_stopped_server_leaves_no_process(serve):
    served = serve()
    until(lambda: served.workers())
    workers = served.workers()
    served.process.send_signal(signal.SIGINT)
    served.process.wait(30)
    until(lambda: not [p for p in workers if Path(f"/proc/{p}").exists()], 10)
    served.process.stdout.close()
    served.client.close()
