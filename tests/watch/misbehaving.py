"""A webhook on this machine that misbehaves as told."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Hook:
    """Address, and what was taken: (key, body) of each request that got through."""

    url: str
    asked: list[str] = field(default_factory=list)
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def hook(script: Sequence[str]) -> Iterator[Hook]:
    """Serve by a script, a word for each request; the last word goes on.

    ``ok``; a number: that status; ``hang``: silence; ``reset``: the line is reset before
    it is taken; ``taken-reset``: taken, and then the line is reset before any answer.
    """
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            word = script[min(len(made.asked), len(script) - 1)]
            made.asked.append(word)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if word in ("ok", "taken-reset"):
                key = self.headers.get("Idempotency-Key", "")
                made.taken.append((key, json.loads(body)))
                made.headers.append(dict(self.headers.items()))
            if word == "hang":
                stop.wait(5.0)
                self.close_connection = True
                return
            if word.endswith("reset"):
                hard = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
                self.connection.close()
                self.close_connection = True
                return
            self.send_response(200 if word == "ok" else int(word))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def finish(self) -> None:
            with suppress(OSError, ValueError):
                super().finish()

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            pass

        def shutdown_request(self, request: Any) -> None:
            with suppress(OSError):
                super().shutdown_request(request)

    server = Server(("127.0.0.1", 0), Handler)
    made = Hook(f"http://127.0.0.1:{server.server_address[1]}/hook?secret=s3cret")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        stop.set()
        time.sleep(0.01)
        server.shutdown()
        server.server_close()
        thread.join()
