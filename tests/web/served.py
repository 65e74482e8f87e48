"""`spillover serve` as a process of its own, as a person starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from spillover.web.security import Session


class Served:
    """A desk that is served; ``client`` speaks to it as a program does."""

    def __init__(self, folder, port=0):
        self.folder, self.port = folder, port
        self.process = None
        self.start()

    def start(self):
        began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "spillover", "serve", "--folder", str(self.folder), "--port", str(self.port), "--no-open", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        line = self.process.stdout.readline()
        self.took = time.monotonic() - began
        assert line, "the server did not start"
        said = json.loads(line)
        self.link, self.token = said["link"], said["token"]
        self.cookie = {"name": Session(self.token).cookie, "value": self.token}
        self.base = self.link.partition("/?")[0]
        self.port = int(self.base.rpartition(":")[2])
        heads = {"authorization": f"Bearer {self.token}"}
        self.client = httpx.Client(base_url=self.base, headers=heads, timeout=600)

    def kill(self):
        """As a power cut does."""
        self.client.close()
        os.kill(self.process.pid, signal.SIGKILL)
        self._end()

    def stop(self):
        self.client.close()
        self.process.terminate()
        self._end()

    def _end(self):
        self.process.wait(30)
        self.process.stdout.close()

    def workers(self):
        """Process ids of the workers."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if b"spillover.web.worker" in words and str(self.folder).encode() in words:
                found.append(int(path.parent.name))
        return found

    def finished(self, job, seconds=240, status="done"):
        """A job when it is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.client.get(f"/api/jobs/{job['id']}").json()
            if found["status"] in ("done", "failed", "cancelled"):
                assert found["status"] == status, found["error"]
                return found
            time.sleep(0.1)
        raise AssertionError(f"{job['title']} was not over in {seconds} s")

    def run(self, case="strait-demo", **size):
        """Id of a run made now."""
        asked = {"draws": 20, "futures": 4, "as_written": True} | size
        job = self.client.post(f"/api/cases/{case}/runs", json=asked).json()
        return self.finished(job)["result"]["run"]
