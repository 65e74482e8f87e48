"""A server that speaks the chat-completions protocol, and misbehaves when asked to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def answer(arguments: str, tool: str = "final_result") -> dict[str, Any]:
    """A completion that calls the output tool with some arguments."""
    return {
        "id": "c1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [
            {
                "index": 0, "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant", "content": None,
                    "tool_calls": [
                        {"id": "t1", "type": "function", "function": {"name": tool, "arguments": arguments}}
                    ],
                },
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }  # fmt: skip


@contextmanager
def serving(replies: list[Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An address and the requests seen; each reply is a body, a status, or raw bytes."""
    seen: list[dict[str, Any]] = []
    left = list(replies)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            seen.append(json.loads(self.rfile.read(size)))
            reply = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(reply, int):
                self.send_response(reply)
                body = b'{"error": {"message": "no"}}'
            else:
                self.send_response(200)
                body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", seen
    finally:
        server.shutdown()
        server.server_close()
