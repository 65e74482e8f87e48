"""Requests to the desk as browsers and programs send them: a head, an empty line, a body.

`@run`, `@job` and `@report` stand for ids that the desk has; `@digest` for the digest of
the text of its case. The length of the body is set when the request is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.fuzz.grammar import reports as news
from tests.fuzz.grammar import tables
from tests.fuzz.grammar.cases import case_text

__all__ = ["request"]

BROWSER = (
    ("Host", "127.0.0.1:8080"),
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
    ("Accept-Language", "en-GB,en;q=0.9,ar;q=0.8,de;q=0.7"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Sec-CH-UA", '"Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99"'),
    ("Sec-CH-UA-Mobile", "?0"),
    ("Sec-CH-UA-Platform", '"Linux"'),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-Fetch-Mode", "cors"),
    ("Sec-Fetch-Dest", "empty"),
    ("Origin", "http://127.0.0.1:8080"),
    ("Referer", "http://127.0.0.1:8080/cases/tiny/edit?from=desk"),
    ("Cookie", "theme=dark; _xsrf=2|0a1b2c3d|4e5f60718293a4b5c6d7e8f901234567|1730419200; @cookie; other-desk=Zm9vYmFyYmF6; last=%2Fruns%2F1; notebook=eyJ1c2VyIjoiYSIsImV4cCI6MTczMDQxOTIwMH0.c2lnbmF0dXJl"),
    ("Cache-Control", "no-cache"),
    ("Pragma", "no-cache"),
    ("Connection", "keep-alive"),
)  # fmt: skip
PAGES = (
    "/", "/desk.json", "/work", "/work.json", "/cases/tiny", "/cases/tiny/edit",
    "/cases/tiny/edit.json", "/runs/@run", "/runs/@run.json", "/runs/@run/brief",
    "/runs/@run/files/outcomes.csv", "/compare?a=@run&b=@run", "/compare.json?a=@run&b=@run",
    "/reports", "/reports.json", "/record", "/record.json", "/outlook", "/events.json",
    "/replays/tiny", "/static/desk.css", "/api/openapi.json", "/api/jobs", "/api/jobs/@job",
    "/api/jobs/@job/events", "/api/cases/tiny", "/api/cases/tiny/register", "/help",
)  # fmt: skip


def _text(rng: Random) -> str:
    return case_text(rng).split(b"\n%%% ")[0].decode("utf-8", "replace")


def _of(rng: Random, some: tuple[Any, ...]) -> Any:
    return some[int(rng.random() * len(some))]


def _id(rng: Random) -> str:
    return str(_of(rng, ("tiny", "other", "a-b-2", "strait-demo", "iraq-2024")))


BODIES: tuple[tuple[str, str, Callable[[Random], Any]], ...] = (
    ("POST", "/api/cases", lambda r: {"id": _id(r)}),
    ("POST", "/api/cases/tiny/copy", lambda r: {"id": _id(r)}),
    ("PUT", "/api/cases/tiny", lambda r: {"text": _text(r), "base": "@digest"}),
    ("POST", "/api/cases/tiny/check", lambda r: {"text": _text(r)}),
    ("POST", "/api/cases/tiny/set", lambda r: {
        "text": _text(r),
        "where": _of(r, ("streams.launches.baseline", "horizon", "origin", "ties.1.control")),
        "value": _of(r, ("0.3 per day", "5..9 days", "yes", "{a: 1}", "2031-01-01", "#")),
    }),
    ("POST", "/api/cases/tiny/runs", lambda r: {
        "draws": int(r.random() * 3000), "futures": 4, "seed": 7, "as_written": True,
    }),
    ("POST", "/api/cases/tiny/replay", lambda r: {
        "every": _of(r, ("month", "7d", "30d")), "first": "2031-01-01", "draws": 40,
    }),
    ("POST", "/api/runs/@run/studies", lambda r: {
        "kind": _of(r, ("levers", "paths", "sensitivity", "what_if")),
        "outcome": "strike", "name": "truce", "pairs": True,
    }),
    ("POST", "/api/runs/@run/mix", lambda r: {
        "strengths": {"talks": r.random(), "patrols": 1.0}, "stream": "a-1",
    }),
    ("POST", "/api/runs/@run/record", lambda r: {"outcomes": ["strike", "raid"]}),
    ("POST", "/api/forecasts/1/resolution", lambda r: {
        "answer": _of(r, ("yes", "no", "3")), "source": "https://example.org/1", "void": "",
    }),
    ("POST", "/api/reports/text", lambda r: {
        "text": news.news(r).decode("utf-8", "replace"), "title": "Rockets at dawn",
        "outlet": "Example Wire", "published": "2031-02-03",
    }),
    ("POST", "/api/reports/decisions", lambda r: {"decisions": [
        {"id": f"@report.{k}", "verdict": _of(r, ("accept", "reject", "")),
         "edit": {"action": "ASSAULT", "date": "2031-02-03"}} for k in range(12)
    ]}),
    ("POST", "/api/reports/draft", lambda r: {
        "reports": ["@report"], "id": "drafted", "title": "A draft", "origin": "2031-02-03",
    }),
    ("POST", "/api/outlook", lambda r: {
        "as_of": "2031-02-03", "horizon": 7, "actor": "Norland", "action": "ASSAULT", "target": "",
    }),
    ("POST", "/api/outlook/draft", lambda r: {"around": ["Norland;Westmark"], "id": "near"}),
)  # fmt: skip
BARE = (
    ("POST", "/api/cases/tiny/undo"), ("DELETE", "/api/cases/tiny"),
    ("DELETE", "/api/runs/@run"), ("DELETE", "/api/jobs/@job"),
    ("POST", "/api/cases/tiny/events"), ("POST", "/api/cases/tiny/fit"),
    ("POST", "/api/cases/tiny/resolutions"),
)  # fmt: skip


def _head(rng: Random, method: str, path: str, more: tuple[tuple[str, str], ...]) -> str:  # fmt: skip
    if rng.random() < 0.15:
        heads = [BROWSER[0], ("Authorization", "Bearer @token"), *BROWSER[1:10]]
    else:
        heads = list(BROWSER)
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in (*heads, *more))]
    return "\r\n".join(lines) + "\r\n\r\n"


def _upload(rng: Random) -> bytes:
    """Files in the parts of a form."""
    to, name, data = _of(rng, (
        ("/api/reports", "report.txt", news.news), ("/api/reports", "page.html", news.page),
        ("/api/events", "events.csv", tables.table), ("/api/events", "events.json", tables.json_rows),
    ))  # fmt: skip
    mark = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
    kind = ("Content-Type", f"multipart/form-data; boundary={mark}")
    out = _head(rng, "POST", to, (kind,)).encode()
    for k in range(1 + int(rng.random() * 2)):
        out += (
            f'--{mark}\r\nContent-Disposition: form-data; name="files"; '
            f'filename="{k}-{name}"\r\nContent-Type: text/plain\r\n\r\n'
        ).encode()
        out += data(rng) + b"\r\n"
    fields = (("outlet", "Example Wire"), ("published", "2031-02-03"))
    for field, value in fields:
        out += (
            f'--{mark}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n'
            f"{value}\r\n"
        ).encode()
    return out + f"--{mark}--\r\n".encode()


def request(rng: Random) -> bytes:
    """One request."""
    pick = rng.random()
    if pick < 0.2:
        return _head(rng, "GET", str(_of(rng, PAGES)), ()).encode()
    if pick < 0.26:
        method, path = _of(rng, BARE)
        return _head(rng, method, path, ()).encode()
    if pick < 0.38:
        return _upload(rng)
    method, path, make = _of(rng, BODIES)
    kind = ("Content-Type", "application/json")
    body = json.dumps(make(rng), ensure_ascii=rng.random() < 0.5)
    return (_head(rng, method, path, (kind,)) + body).encode("utf-8", "replace")
