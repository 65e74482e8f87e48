"""Who may ask the desk: this machine, this browser, this page; and how much it may send.

* Host must be this machine by name or number: a name that an attacker points at it
  (DNS rebinding) is refused.
* A request that changes something must come from a page of the desk (Origin) or carry
  the token in a header (programs). A request from another site is refused outright.
* Everything but the style sheet needs the session's cookie or the token; the link that is
  printed exchanges its own token, once, for a cookie.
* Every answer says that nothing from elsewhere may run, load or frame it.

References
----------
OWASP Cross-Site Request Forgery Prevention Cheat Sheet; Fetch Metadata (W3C).

This file must never import the simulator, a case or a page.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spillover.store.atomic import write_text

__all__ = ["MOST_BYTES", "MOST_UPLOAD", "Guard", "Session"]

LOCAL = frozenset(("127.0.0.1", "localhost", "[::1]"))
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
MOST_BYTES = 2_500_000
"""Of a request that is no upload."""
MOST_UPLOAD = 250_000_000
"""Of uploads: event files are large."""
UPLOADS = ("/api/events", "/api/reports")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-src 'self'; "
    "frame-ancestors 'none'"
)


@dataclass
class Session:
    """Secrets of one desk.

    Attributes
    ----------
    secret
        Value of the cookie, and the token of programs; kept in the folder of the desk,
        readable by its owner alone, so that an open page outlives a restart.
    link
        Token of the printed link; void once used.
    """

    secret: str
    link: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @classmethod
    def of(cls, folder: Path) -> Session:
        """The session of a desk; made at the first start."""
        path = folder / "session"
        try:
            secret = path.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            secret = ""
        if len(secret) < 32:
            secret = secrets.token_urlsafe(32)
            write_text(path, secret)
            path.chmod(0o600)
        return cls(secret)

    @property
    def cookie(self) -> str:
        """Name of the cookie: cookies know no port, and two desks may be open at once."""
        return f"spillover-{hashlib.sha256(self.secret.encode()).hexdigest()[:10]}"

    def redeem(self, token: str) -> bool:
        """Whether this is the link's token; it serves once."""
        good = bool(self.link) and hmac.compare_digest(
            token.encode(), self.link.encode()
        )
        if good:
            self.link = ""
        return good

    def known(self, value: str) -> bool:
        """Whether a cookie or a header holds the secret."""
        return hmac.compare_digest(value.encode(), self.secret.encode())


class Guard:
    """Stands before the app."""

    def __init__(self, app: ASGIApp, session: Session) -> None:
        self.app, self.session = app, session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or say why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        heads = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        path, method = scope["path"], scope["method"]
        host = heads.get("host", "")
        if host.rpartition(":")[0] not in LOCAL and host not in LOCAL:
            await _refuse(
                send,
                421,
                f'"{host[:80]}" is not this machine: open the desk by the link that was printed',
            )
            return
        elsewhere = _from_elsewhere(heads, host)
        token = heads.get("authorization", "").removeprefix("Bearer ")
        by_program = bool(token) and self.session.known(token)
        if elsewhere and (
            method not in SAFE or heads.get("sec-fetch-mode") != "navigate"
        ):
            await _refuse(
                send,
                403,
                "this request comes from another site. The desk answers only its own pages",
            )
            return
        if method not in SAFE and not by_program and "origin" not in heads:
            await _refuse(
                send,
                403,
                "this request names no origin. Pages of the desk do; a program sends the token as  Authorization: Bearer TOKEN",
            )
            return
        if not by_program and not self.session.known(
            _cookie(heads, self.session.cookie)
        ):
            query = parse_qs(scope["query_string"].decode("latin-1"))
            if method == "GET" and self.session.redeem(query.get("token", [""])[0]):
                await _welcome(send, path, self.session)
                return
            if not path.startswith("/static/"):
                await _refuse(
                    send,
                    401,
                    "this desk does not know you. Open it by the link that `spillover serve` printed; it works once, so start the desk again for a new one",
                    page="text/html" in heads.get("accept", ""),
                )
                return
        most = MOST_UPLOAD if path in UPLOADS else MOST_BYTES
        said = heads.get("content-length", "0")
        if not (said.isascii() and said.isdigit()) or int(said) > most:
            await _refuse(send, 413, _too_large(most))
            return
        count = _Count(receive, send, most)
        try:
            await self.app(scope, count.receive, count.send)
        except _TooLarge:
            await count.refuse()


class _TooLarge(Exception):
    """A request goes on beyond what it may hold."""


class _Count:
    """Counts what comes in; once it is too much, nothing of the app's goes out."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive, self._send, self.most = receive, send, most
        self.size, self.answered = 0, False

    async def receive(self) -> Message:
        message = await self._receive()
        self.size += len(message.get("body", b""))
        if self.size > self.most:
            raise _TooLarge
        return message

    async def send(self, message: Message) -> None:
        if self.size > self.most and not self.answered:
            await self.refuse()
        if self.size > self.most:
            return
        if message["type"] == "http.response.start":
            self.answered = True
            message["headers"] = [*message["headers"], *_shut(message["headers"])]
        await self._send(message)

    async def refuse(self) -> None:
        """Say that it is too large, unless something was answered."""
        if not self.answered:
            self.answered = True
            await _refuse(self._send, 413, _too_large(self.most))


def _too_large(most: int) -> str:
    return f"the request is too large: at most {most:,} bytes here"


def _from_elsewhere(heads: dict[str, str], host: str) -> bool:
    origin = heads.get("origin", "")
    if origin and (origin == "null" or _host_of(origin) != host):
        return True
    return heads.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def _host_of(origin: str) -> str:
    """Host and port of an origin; nothing where it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:  # a bracket that stays open, signs that are no host
        return ""


def _cookie(heads: dict[str, str], name: str) -> str:
    try:
        held = SimpleCookie(heads.get("cookie", ""))
    except CookieError:
        return ""
    return held[name].value if name in held else ""


def _shut(heads: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """What every answer says, where it does not say it otherwise."""
    there = {k.lower() for k, _ in heads}
    wanted = {
        b"content-security-policy": POLICY.encode(),
        b"x-content-type-options": b"nosniff",
        b"referrer-policy": b"no-referrer",
        b"cross-origin-opener-policy": b"same-origin",
        b"cross-origin-resource-policy": b"same-origin",
        b"cache-control": b"no-store",
    }
    return [(k, v) for k, v in wanted.items() if k not in there]


async def _welcome(send: Send, path: str, session: Session) -> None:
    cookie = f"{session.cookie}={session.secret}; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000"
    # The page leads there itself: after a redirect a browser would hold back a
    # SameSite=Strict cookie when the link was clicked in another program.
    to = html.escape(path, quote=True)
    body = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Spillover</title><meta http-equiv="refresh" content="0;url={to}"><p><a href="{to}">To the desk</a></p></html>'
    heads = [
        (b"set-cookie", cookie.encode()),
        (b"content-type", b"text/html; charset=utf-8"),
    ]
    await _send(send, 200, body.encode(), heads)


async def _refuse(send: Send, status: int, message: str, *, page: bool = False) -> None:
    if page:
        body = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Spillover</title><link rel="stylesheet" href="/static/desk.css"><main class="desk"><h1>Not here</h1><p>{html.escape(message)}.</p></main></html>'
        await _send(
            send,
            status,
            body.encode(),
            [(b"content-type", b"text/html; charset=utf-8")],
        )
        return
    body = json.dumps({"message": f"{message}.", "faults": []})
    await _send(send, status, body.encode(), [(b"content-type", b"application/json")])


async def _send(
    send: Send, status: int, body: bytes, heads: list[tuple[bytes, bytes]]
) -> None:
    heads = [*heads, (b"content-length", str(len(body)).encode())]
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*heads, *_shut(heads)],
        }
    )
    await send({"type": "http.response.body", "body": body})
