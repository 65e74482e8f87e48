"""The desk's pages and API: a request, as bytes, through guard, routes and quick tasks.

The app is the real one with a real desk: a case, a run with its pages, a reading. Work
that answers at once (checking a text, setting a number, deciding on claims) is done here
in place of in the worker's process, by the same functions; long work is put on record
and not begun: its readers are targets of their own. Bytes become a request by h11, as
in the server. What changed is put back after every request, so an input is known by its
number.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import h11

from spillover.errors import InputError
from spillover.web.app import desk_app
from spillover.web.desk import Desk
from spillover.web.jobs import Job, Jobs
from spillover.web.pool import Pool, TaskFailed
from spillover.web.security import Session
from spillover.web.task_tools import Told, error_of
from tests.fuzz.engine import Broken, Target
from tests.fuzz.grammar.requests import request

__all__ = ["API"]

SECRET = "x" * 43
QUIET = Told(lambda _done, _total, _what: None, lambda _value: None)
SLOW = frozenset(("pdf", "warm", "warm_run"))
"""Not done here: a page through a layout engine, and what only saves time."""
REPORT = "Title: Raid\n\nTwo soldiers were killed when gunmen attacked a post in Norland on Monday, the army said.\n"
_MARK = re.compile(rb"@(run|job|report|digest|cookie|token)\b")


class Here(Pool):
    """Answers in this process; begins no long work."""

    async def ask(self, task: str, params: dict[str, Any]) -> Any:
        from spillover.web.tasks import TASKS

        if task in SLOW:
            raise TaskFailed(error_of(InputError("not here")))
        # As over the pipe to a worker: only what is JSON arrives.
        params = json.loads(json.dumps(params))
        try:
            return json.loads(json.dumps(TASKS[task](self.desk, QUIET, **params)))
        except InputError as e:
            raise TaskFailed(error_of(e)) from None

    def hand_over(self, job: Job, *, stream: str = "") -> Job:
        job.status = "cancelled"
        self.jobs.keep(job)
        return job


def _made() -> tuple[Path, dict[str, str]]:
    """A desk to copy, and the ids on it."""
    from spillover.web.tasks import TASKS

    desk = Desk(Path(tempfile.mkdtemp(prefix="spillover-fuzz-")) / "desk").make()
    atexit.register(_forget, desk.root.parent, os.getpid())
    desk.copy_case("strait-demo", "tiny")
    run = TASKS["run"](desk, QUIET, case="tiny", draws=4, futures=2, as_written=True)
    report = desk.root / "inbox" / "a.txt"
    report.write_text(REPORT, "utf-8")
    TASKS["read"](desk, QUIET, files=[str(report)], outlet="", published="2031-01-02")
    TASKS["record"](desk, QUIET, run=run["run"], outcomes=[])
    jobs = Jobs(desk.jobs)
    job = jobs.new("fit", "A job", {"case": "tiny"}, case="tiny")
    job.status = "done"
    jobs.keep(job)
    (read,) = (desk.root / "reports").glob("*.json")
    session = Session(SECRET, "")
    return desk.root, {
        "run": run["run"],
        "job": job.id,
        "report": read.stem,
        "digest": desk.case_text("tiny")[1],
        "cookie": f"{session.cookie}={SECRET}",
        "token": SECRET,
    }


def _forget(folder: Path, made_by: int) -> None:
    """At the end of the process that made it, not of those forked from it."""
    if os.getpid() == made_by:
        shutil.rmtree(folder, ignore_errors=True)


_TEMPLATE: list[tuple[Path, dict[str, str]]] = []


def warm() -> None:
    """Make the desk that others are copied from."""
    if not _TEMPLATE:
        _TEMPLATE.append(_made())


@dataclass
class Served:
    """A desk of this process."""

    made_by: int
    loop: asyncio.AbstractEventLoop
    jobs: Jobs
    app: Any
    root: Path

    @classmethod
    def new(cls) -> Served:
        warm()
        logging.getLogger("python_multipart").setLevel(logging.ERROR)  # as `Server`
        root = Path(tempfile.mkdtemp(prefix="spillover-fuzz-")) / "desk"
        atexit.register(_forget, root.parent, os.getpid())
        shutil.copytree(_TEMPLATE[0][0], root)
        desk = Desk(root)
        jobs = Jobs(desk.jobs)
        loop = asyncio.new_event_loop()
        atexit.register(loop.close)
        app = desk_app(desk, Session(SECRET, ""), Here(desk, jobs))
        return cls(os.getpid(), loop, jobs, app, root)

    def put_back(self) -> None:
        """The desk as it was."""
        shutil.rmtree(self.root)
        shutil.copytree(_TEMPLATE[0][0], self.root)
        self.jobs.known = Jobs(self.jobs.folder).known


_SERVED: list[Served] = []


def served() -> Served:
    """This process's."""
    if not _SERVED or _SERVED[0].made_by != os.getpid():
        _SERVED[:] = [Served.new()]
    return _SERVED[0]


def parsed(data: bytes) -> tuple[h11.Request, bytes]:
    """A request as h11 reads it; the length of its body is what there is."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [
        line
        for line in head.split(b"\r\n")
        if not re.match(rb"(?i)(content-length|transfer-encoding|expect)[ \t]*:", line)
    ]
    lines.append(b"Content-Length: %d" % len(body))
    wire = h11.Connection(h11.SERVER)
    try:
        wire.receive_data(b"\r\n".join(lines) + b"\r\n\r\n")
        found = wire.next_event()
    except h11.RemoteProtocolError as e:
        raise InputError(f"no request: {e}") from None
    if not isinstance(found, h11.Request):
        raise InputError("no request")
    return found, body


def answered(app: Any, found: h11.Request, body: bytes) -> Any:
    """What the app sends, in full; a coroutine."""
    raw_path, _, query = found.target.partition(b"?")
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": found.http_version.decode("ascii"), "scheme": "http",
        "server": ("127.0.0.1", 8080), "client": ("127.0.0.1", 50000), "root_path": "",
        "method": found.method.decode("ascii"), "path": unquote(raw_path.decode("ascii")),
        "raw_path": raw_path, "query_string": query,
        "headers": [(k.lower(), v) for k, v in found.headers], "state": {},
    }  # fmt: skip
    coming = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if coming:
            return coming.pop()
        await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    out: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        out.append(message)

    async def go() -> list[dict[str, Any]]:
        await app(scope, receive, send)
        return out

    return go()


def read(data: bytes, folder: Path) -> None:
    """One request: no error of the program, and a reason with every refusal."""
    desk = served()
    ids = _TEMPLATE[0][1]
    data = _MARK.sub(lambda m: ids[m[1].decode()].encode(), data)
    found, body = parsed(data)
    changes = found.method not in (b"GET", b"HEAD", b"OPTIONS")
    try:
        out = desk.loop.run_until_complete(answered(desk.app, found, body))
    finally:
        if changes:
            desk.put_back()
    status = out[0]["status"]
    content = b"".join(m.get("body", b"") for m in out)
    if status >= 500:
        msg = f"status {status}: {content[:200]!r}"
        raise Broken(msg)
    names = {k.lower() for k, _ in out[0]["headers"]}
    if missing := {b"content-security-policy", b"x-content-type-options"} - names:
        msg = f"status {status} without {sorted(missing)}"
        raise Broken(msg)
    if status >= 400:
        kind = dict(out[0]["headers"]).get(b"content-type", b"")
        if kind == b"application/json":
            raise InputError(json.loads(content)["message"])
        if found.method != b"HEAD" and b"<h1>" not in content and status != 405:
            msg = f"status {status} without a reason: {content[:200]!r}"
            raise Broken(msg)
        raise InputError("refused as a page")


API = Target(
    "api",
    request,
    read,
    code=("web", "case", "reports", "store/ledger.py"),
    block=100,
    weight=1.5,
    warm=warm,
)
