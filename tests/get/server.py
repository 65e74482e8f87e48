"""A server on this machine that misbehaves as asked: nothing leaves the machine."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """What came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class Answer:
    """What goes out.

    ``cut`` closes the line after so many bytes; ``length`` False announces none;
    ``ranges`` False ignores Range; ``hang`` seconds of silence before the body.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    length: bool = True
    ranges: bool = True
    hang: float = 0.0


Script = Callable[[Request, int], Answer]


@dataclass
class Server:
    """Address and everything that was asked."""

    url: str
    requests: list[Request]


@contextmanager
def serving(script: Script) -> Iterator[Server]:
    """Serve by ``script(request, how many of this path came before)``."""
    requests: list[Request] = []
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self.answer("GET", "")

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            self.answer("POST", self.rfile.read(size).decode())

        def answer(self, method: str, form: str) -> None:
            parts = urlsplit(self.path)
            query = {k: v[0] for k, v in parse_qs(parts.query).items()}
            fields = {k: v[0] for k, v in parse_qs(form).items()}
            headers = {k.lower(): v for k, v in self.headers.items()}
            before = sum(r.path == parts.path for r in requests)
            request = Request(method, parts.path, query, headers, fields)
            requests.append(request)
            a = script(request, before)
            body, status, more = a.body, a.status, dict(a.headers)
            asked = headers.get("range", "")
            same = headers.get("if-range", "") in (
                more.get("ETag", ""),
                more.get("Last-Modified", ""),
            )
            if status == 200 and asked and a.ranges and same:
                start = int(asked.removeprefix("bytes=").rstrip("-"))
                total = len(body)
                status, body = 206, body[start:]
                more["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
            self.send_response(status)
            for k, v in more.items():
                self.send_header(k, v)
            if a.length:
                self.send_header("Content-Length", str(len(body)))
            else:
                self.send_header("Connection", "close")
                self.close_connection = True
            self.end_headers()
            self.wfile.flush()
            if a.hang:
                stop.wait(a.hang)
            if a.cut is not None:
                body = body[: a.cut]
                self.close_connection = True
            try:
                self.wfile.write(body)
                self.wfile.flush()
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_address[1]}", requests)
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join()


def zipped(text: str, name: str = "a.csv") -> bytes:
    """A zip archive with one file, always the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        z.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def as_json(value: object) -> Answer:
    return Answer(json.dumps(value).encode(), headers={"Content-Type": "application/json"})  # fmt: skip
