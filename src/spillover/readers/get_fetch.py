"""Fetching over a bad line: retries, back-off, resume, and no half file ever.

A body goes to ``NAME.part`` and is renamed when it is whole: as long as the server
said, with the checksum it should have, and readable where it is an archive. An
interrupted fetch goes on where it stopped if the server can prove that the file is
still the same (If-Range with its tag); else it starts again. Nothing secret is ever
put in a message: addresses are shown without what follows a question mark. This file
must never import a case, a model or a page.
"""

from __future__ import annotations

import contextlib
import email.utils
import gzip
import hashlib
import json
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from spillover.errors import InputError, RunError
from spillover.store.atomic import write_json

if TYPE_CHECKING:
    import httpx
    from tenacity import RetryCallState

__all__ = ["Absent", "Policy", "Refused", "ask", "download", "open_client", "shown"]

T = TypeVar("T")
Progress = Callable[[int, int, str], None]
BLOCK = 1 << 16


@dataclass(frozen=True)
class Policy:
    """How patient to be.

    Attributes
    ----------
    attempts
        Tries for one request, the first included.
    base_seconds, longest_seconds
        Exponential back-off with jitter: the first wait, and the longest.
    longest_asked_seconds
        Longest wait that a server may ask for with Retry-After.
    timeout_seconds
        Longest silence of a server.
    """

    attempts: int = 6
    base_seconds: float = 1.0
    longest_seconds: float = 60.0
    longest_asked_seconds: float = 600.0
    timeout_seconds: float = 60.0


class Absent(RunError):
    """The server has no such file (404 or 410)."""


class Refused(RunError):
    """The server refuses: it wants a login, or the login has no right (401, 403)."""


class _Again(Exception):
    """Something that may pass: try again, after ``wait`` seconds if the server says."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


def shown(url: str) -> str:
    """An address without user, password and query: fit for a message."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


@contextlib.contextmanager
def open_client(
    policy: Policy, *, headers: Mapping[str, str] | None = None
) -> Iterator[httpx.Client]:
    """Client that follows no redirect by itself when it carries a secret."""
    import httpx

    agent = f"spillover/{version('spillover')}"
    own = {"User-Agent": agent, "Accept-Encoding": "identity"}
    timeout = httpx.Timeout(policy.timeout_seconds)
    with httpx.Client(
        headers=own | dict(headers or {}),
        timeout=timeout,
        follow_redirects=not headers,
    ) as client:
        yield client


def check_secret_way(url: str) -> None:
    """A secret travels only encrypted, or to this machine.

    Raises
    ------
    InputError
        For a plain address elsewhere.
    """
    parts = urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not local:
        msg = f"{shown(url)} is not encrypted: a token or password is not sent there. Use https"
        raise InputError(msg)


def _retry_after(text: str | None) -> float | None:
    """Seconds a server asks to wait: a number, or a date."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, when.timestamp() - time.time())


def _check_status(response: httpx.Response, url: str, policy: Policy) -> None:
    """Sort answers: fine, again later, never."""
    code = response.status_code
    if code < 300 or code == 416:
        return
    where = shown(url)
    if code == 429 or code in (408, 425) or code >= 500:
        wait = _retry_after(response.headers.get("Retry-After"))
        if wait is not None and wait > policy.longest_asked_seconds:
            msg = f"{where}: the server asks to wait {wait:.0f} s. Run the same command later: it goes on where it stopped"
            raise RunError(msg)
        msg = f"answer {code}"
        raise _Again(msg, wait)
    if code in (404, 410):
        msg = f"{where}: not there (answer {code})"
        raise Absent(msg)
    if code in (401, 403):
        msg = f"{where}: refused (answer {code}): no login, a wrong one, or one without the right to read this"
        raise Refused(msg)
    if code < 400:
        msg = f"{where}: it was moved to {shown(response.headers.get('Location', ''))}; a login is not sent elsewhere. Name the address with --base"
        raise RunError(msg)
    msg = f"{where}: answer {code}"
    raise RunError(msg)


def _retrying(
    policy: Policy,
    url: str,
    once: Callable[[], T],
    done: Callable[[], int] = lambda: 0,
) -> T:
    """Call ``once`` until it works; tries that got further (``done`` grew) are free."""
    import httpx
    from tenacity import Retrying, retry_if_exception_type, wait_random_exponential

    furthest, idle = done(), 0

    def stop(state: RetryCallState) -> bool:
        nonlocal furthest, idle
        idle = 1 if done() > furthest else idle + 1
        furthest = max(furthest, done())
        return idle >= policy.attempts

    backoff = wait_random_exponential(policy.base_seconds, policy.longest_seconds)

    def wait(state: RetryCallState) -> float:
        failed = state.outcome.exception() if state.outcome else None
        asked = getattr(failed, "wait", None)
        drawn = 0.5 * policy.base_seconds + float(backoff(state))
        return drawn if asked is None else float(asked) + 0.1 * policy.base_seconds

    tries = Retrying(
        stop=stop,
        wait=wait,
        retry=retry_if_exception_type((_Again, httpx.TransportError)),
        reraise=True,
    )
    try:
        return tries(once)
    except (_Again, httpx.TransportError) as e:
        said = str(e) or type(e).__name__
        msg = f"{shown(url)}: gave up after {policy.attempts} tries in a row: {said}"
        raise RunError(msg) from None


def ask(
    client: httpx.Client,
    url: str,
    *,
    policy: Policy,
    params: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> Any:  # noqa: ANN401 - any JSON value
    """JSON answer to a GET, or to a POST of ``form``.

    Raises
    ------
    Refused, Absent, RunError
        When the server refuses, has no such thing, or keeps failing.
    """

    def once() -> Any:  # noqa: ANN401
        if form is None:
            response = client.get(url, params=dict(params or {}))
        else:
            response = client.post(url, data=dict(form))
        _check_status(response, url, policy)
        try:
            return response.json()
        except ValueError:
            msg = "the answer is no JSON"
            raise _Again(msg) from None

    return _retrying(policy, url, once)


# ---- files -------------------------------------------------------------------------


@dataclass
class _Part:
    """A file that is being fetched, and what the server said of it."""

    file: Path
    note: Path
    known: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, target: Path, url: str) -> _Part:
        part = cls(
            target.with_name(target.name + ".part"),
            target.with_name(target.name + ".part.json"),
        )
        with contextlib.suppress(OSError, ValueError):
            part.known = json.loads(part.note.read_text(encoding="utf-8"))
        if part.known.get("url") != shown(url) or not part.file.exists():
            part.drop()
        return part

    @property
    def size(self) -> int:
        return self.file.stat().st_size if self.file.exists() else 0

    def drop(self) -> None:
        self.file.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)
        self.known = {}

    def remember(self, url: str, proof: str) -> None:
        self.known = {"url": shown(url), "proof": proof}
        write_json(self.note, self.known)


def _proof(response: httpx.Response) -> str:
    """By what a server can prove that a file is the same: a strong tag, or its date."""
    tag: str = response.headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        return tag
    return str(response.headers.get("Last-Modified", ""))


def broken_archive(path: Path) -> str:
    """What is wrong with an archive, by its checksums; empty when nothing is."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as z:
                bad = z.testzip()
            return f"{bad} in it is broken" if bad else ""
        if path.name.endswith((".zip", ".zip.part")):
            return "it is no whole zip archive"
        if path.name.endswith((".gz", ".gz.part")):
            with gzip.open(path) as g:
                while g.read(BLOCK):
                    pass
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as e:
        return str(e)
    return ""


def md5_of(path: Path) -> str:
    """Checksum of a file, as the lists of GDELT have it."""
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.md5(usedforsecurity=False)
        ).hexdigest()


def fault_of(path: Path, *, md5: str = "", size: int | None = None) -> str:
    """What is wrong with a fetched file; empty when nothing is."""
    if size is not None and path.stat().st_size != size:
        return f"{path.stat().st_size} bytes, not {size}"
    if md5 and md5_of(path) != md5:
        return "the checksum is not the one of the list"
    return broken_archive(path)


def download(
    client: httpx.Client,
    url: str,
    target: Path,
    *,
    policy: Policy,
    md5: str = "",
    size: int | None = None,
    progress: Progress | None = None,
) -> bool:
    """Fetch ``url`` into ``target``, whole or not at all.

    Parameters
    ----------
    client, url, target
        What to fetch with, from where, and the file to write.
    policy
        How patient to be.
    md5, size
        What the file must have, where a list says so.
    progress
        Called with (bytes, bytes in all or 0, name).

    Returns
    -------
    bool
        False when ``target`` was there, and sound, before.

    Raises
    ------
    Absent, Refused, RunError
        When the server has no such file, refuses, or keeps failing; what was fetched
        stays in ``NAME.part`` for the next time.
    """
    if target.exists() and not fault_of(target, md5=md5, size=size):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)

    def once() -> None:
        part = _Part.of(target, url)
        _stream(client, url, part, policy, progress)
        wrong = fault_of(part.file, md5=md5, size=size)
        if wrong:
            part.drop()
            raise _Again(wrong)
        part.file.replace(target)
        part.note.unlink(missing_ok=True)

    _retrying(policy, url, once, lambda: _Part.of(target, url).size)
    return True


def _stream(
    client: httpx.Client,
    url: str,
    part: _Part,
    policy: Policy,
    progress: Progress | None,
) -> None:
    """Append to a part, or begin it anew, until the body ends."""
    headers = {}
    had = part.size
    if had and part.known.get("proof"):
        headers = {"Range": f"bytes={had}-", "If-Range": part.known["proof"]}
    with client.stream("GET", url, headers=headers) as response:
        if response.status_code == 416:
            total = response.headers.get("Content-Range", "").rpartition("/")[2]
            if total == str(had):
                return
            part.drop()
            msg = "the part does not fit the file"
            raise _Again(msg)
        _check_status(response, url, policy)
        goes_on = response.status_code == 206 and _fits(response, part, had)
        if response.status_code == 206 and not goes_on:
            part.drop()
            msg = "the file changed while it was fetched"
            raise _Again(msg)
        if not goes_on:
            had = 0
        # A body packed for the way has another length, and no place to go on from.
        packed = response.headers.get("Content-Encoding", "identity") != "identity"
        if not goes_on:
            part.remember(url, "" if packed else _proof(response))
        length = "" if packed else response.headers.get("Content-Length", "")
        total_bytes = had + int(length) if length.isdigit() else 0
        done = had
        blocks = response.iter_bytes() if packed else response.iter_raw()
        with part.file.open("ab" if goes_on else "wb") as file:
            for block in blocks:
                file.write(block)
                done += len(block)
                if progress is not None:
                    progress(max(done, 1), total_bytes, part.file.stem)
        if total_bytes and done != total_bytes:
            msg = f"the body ended after {done} of {total_bytes} bytes"
            raise _Again(msg)


def _fits(response: httpx.Response, part: _Part, had: int) -> bool:
    """Whether a partial answer goes on exactly where the part ends, same file."""
    begins = response.headers.get("Content-Range", "").startswith(f"bytes {had}-")
    return begins and _proof(response) in ("", part.known.get("proof", ""))
