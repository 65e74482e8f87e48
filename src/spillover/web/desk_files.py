"""What the desk reads off single files: heads of cases, versions, JSON, the record.

Files are written once or renamed over, so the time of writing tells them apart and each
is read once. This file must never import the simulator, a case or a page.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from spillover.errors import InputError

__all__ = [
    "VERSIONS", "CaseHead", "ChangedElsewhere", "NotThere", "bundled", "cases_in", "digest",
    "head_of", "is_id", "json_of", "scored_in", "versions_of",
]  # fmt: skip

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_HEAD = re.compile(r"^(title|question|origin|case):[ \t]*(.+?)[ \t]*$", re.MULTILINE)
VERSIONS = ".versions"


class NotThere(InputError):
    """There is no case, run or report of that name."""


class ChangedElsewhere(InputError):
    """What is to be saved was changed meanwhile, in another tab or by another program."""


def is_id(text: str) -> bool:
    """Whether a text may name a case, a run or a report."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True)
class CaseHead:
    """What a list shows of a case.

    Attributes
    ----------
    id, title, question, origin
        As its file says at the top; texts.
    bundled
        It came with Spillover and was not changed: saving makes a copy of one's own.
    digest
        Of the case file: what one saves must be based on it.
    versions
        Versions to go back to.
    """

    id: str
    title: str
    question: str
    origin: str
    bundled: bool
    digest: str
    versions: int


def digest(data: bytes) -> str:
    """SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def bundled() -> Path:
    """Folder of the cases that come with Spillover."""
    return Path(str(files("spillover") / "cases"))


def cases_in(folder: Path) -> list[str]:
    """Ids of the cases in a folder."""
    if not folder.is_dir():
        return []
    names = [p.name for p in folder.iterdir() if (p / "case.yaml").is_file()]
    return sorted(n for n in names if is_id(n))


def versions_of(folder: Path) -> list[Path]:
    """Earlier versions of a case, the oldest first."""
    return sorted((folder / VERSIONS).glob("[0-9]*.yaml"))


@lru_cache(maxsize=512)
def head_of(path: Path, _written: int) -> tuple[str, str, str, str]:
    """Title, question, origin and digest, read off the top of a file that may be faulty."""
    data = path.read_bytes()
    text = data.decode("utf-8", "replace")
    found = {
        k: re.sub(r"\s+#.*$", "", v).strip("\"'")
        for k, v in reversed(_HEAD.findall(text))
    }
    title = found.get("title") or found.get("case") or path.parent.name
    return title, found.get("question", ""), found.get("origin", ""), digest(data)


def json_of(path: Path) -> dict[str, Any]:
    """A JSON file of the desk, read once as long as it is not written."""
    return _read_json(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _read_json(path: Path, _written: int) -> dict[str, Any]:
    """Files of a desk are written once or renamed over: time of writing tells them apart."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=4)
def scored_in(path: Path, _written: int) -> frozenset[str]:
    """Cases with a resolved forecast in a record; none where it is broken."""
    from spillover.store.ledger import Ledger

    try:
        entries = Ledger(path).entries()
    except InputError:
        return frozenset()
    of = {e.n: e.body["question"]["case"] for e in entries if e.kind == "forecast"}
    return frozenset(of[e.body["of"]] for e in entries if e.kind == "resolution")
