"""How soon the desk answers, how many requests it bears, how much memory it keeps.

    python -m benchmarks.desk [--case iraq-2024] [--runs 100] [--seconds 20]

A desk of its own is served from an empty folder, as a person starts it; compiled code
and the fit of the case are at hand, as after any first run. Times are from the start of
the process. Requests come at a fixed rate, whether or not the last was answered, and
their time counts from when they were due.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np


def memory(pid: int) -> float:
    """Resident memory of a process, MB."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return float(status.split("VmRSS:")[1].split()[0]) / 1024


def workers(folder: str) -> list[int]:
    """Process ids of the workers of a desk."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"spillover.web.worker" in words and folder.encode() in words:
            found.append(int(path.parent.name))
    return found


def follow(
    client: httpx.Client, job: str, began: float
) -> tuple[float, dict[str, Any]]:
    """Seconds from ``began`` to a job's first numbers, and the job when it is over."""
    first = 0.0
    with client.stream("GET", f"/api/jobs/{job}/events") as lines:
        for line in lines.iter_lines():
            if line.startswith("data: "):
                found = json.loads(line[6:])
                if found["partial"] and not first:
                    first = time.monotonic() - began
    return first, found


async def load(
    base: str, token: str, paths: list[str], rate: int, seconds: int
) -> list[float]:
    """Seconds from when each request was due to its whole answer."""
    heads = {"authorization": f"Bearer {token}"}
    took: list[float] = []
    async with httpx.AsyncClient(base_url=base, headers=heads, timeout=30) as client:

        async def one(path: str, due: float) -> None:
            answer = await client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            took.append(time.monotonic() - due)

        began = time.monotonic()
        asked = []
        for n in range(rate * seconds):
            due = began + n / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            asked.append(asyncio.create_task(one(paths[n % len(paths)], due)))
        await asyncio.gather(*asked)
    return took


def main() -> None:
    """Print what was measured."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--case", default="iraq-2024")
    options.add_argument("--runs", type=int, default=100)
    options.add_argument("--seconds", type=int, default=20)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "spillover", "serve"),
                *("--folder", folder, "--no-open", "--json"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            measure(process, folder, began, given)
        finally:
            process.terminate()
            process.wait()


def measure(
    process: subprocess.Popen[str], folder: str, began: float, given: argparse.Namespace
) -> None:
    """Everything, on a desk that is being started."""
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    base, token = said["link"].split("/?")[0], said["token"]
    client = httpx.Client(
        base_url=base, headers={"authorization": f"Bearer {token}"}, timeout=600
    )
    client.get("/").raise_for_status()
    print(f"serve to first page: {time.monotonic() - began:.2f} s")
    job = client.post(f"/api/cases/{given.case}/runs", json={}).json()
    first, found = follow(client, job["id"], began)
    assert found["status"] == "done", found["error"]
    print(
        f"serve to first numbers of {given.case}: {first:.2f} s; "
        f"whole run {time.monotonic() - began:.1f} s"
    )
    run = found["result"]["run"]
    client.get(f"/runs/{run}/levers")
    time.sleep(4)
    lever = next(
        x["id"]
        for x in client.get(f"/runs/{run}/levers.json").json()["levers"]
        if not x["both"]
    )
    times = []
    for n in range(12):
        asked = time.monotonic()
        body = {"strengths": {lever: (n % 10 + 1) / 10}, "stream": "bench"}
        mix = client.post(f"/api/runs/{run}/mix", json=body).json()
        with client.stream("GET", f"/api/jobs/{mix['id']}/events") as lines:
            for line in lines.iter_lines():
                if line.startswith("data: ") and json.loads(line[6:])["partial"]:
                    times.append(time.monotonic() - asked)
                    break
        time.sleep(0.3 * (n % 4))  # moved again while the last answer is being refined
    print(
        f"slider to first answer: median {np.median(times):.2f} s, "
        f"longest {max(times):.2f} s of {len(times)}"
    )
    paths = [
        *("/", "/desk.json", "/reports", "/events", "/work", "/glossary"),
        *(f"/cases/{given.case}{x}" for x in ("", "/edit", "/events")),
        *(f"/runs/{run}{x}" for x in ("", ".json", "/levers", "/brief")),
        f"/runs/{run}/files/brief.html",
    ]
    for path in paths:
        client.get(path).raise_for_status()
    time.sleep(8)
    took = asyncio.run(load(base, token, paths, 50, given.seconds))
    print(
        f"50 requests a second over {len(paths)} pages, {len(took)} requests: "
        f"p50 {1e3 * np.quantile(took, 0.5):.0f} ms, "
        f"p95 {1e3 * np.quantile(took, 0.95):.0f} ms, longest {1e3 * max(took):.0f} ms"
    )
    for n in range(given.runs):
        job = client.post(
            f"/api/cases/{given.case}/runs", json={"draws": 100, "seed": n}
        ).json()
        follow(client, job["id"], began)
    for path in paths:
        client.get(path).raise_for_status()
    each = ", ".join(f"{memory(p):.0f}" for p in workers(folder))
    print(
        f"after {given.runs} more runs: server {memory(process.pid):.0f} MB; "
        f"workers {each} MB"
    )


if __name__ == "__main__":
    main()
