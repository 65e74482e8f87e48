"""docs/truth.json: what each check said when it was last run, and where.

One entry a check, written whole after each, so that a campaign of hours can be stopped
and taken up again.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from spillover.store.atomic import write_text

__all__ = ["FILE", "ROOT", "Entry", "code_digest", "load", "save"]

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "truth.json"
SCHEMA_VERSION = 1
Entry = dict[str, Any]


def load(file: Path = FILE) -> dict[str, Entry]:
    """Entries by id; none where there is no file."""
    if not file.exists():
        return {}
    data = json.loads(file.read_text("utf-8"))
    assert data["schema_version"] == SCHEMA_VERSION, f"{file}: another version"
    entries: dict[str, Entry] = data["checks"]
    return entries


def save(entries: dict[str, Entry], file: Path = FILE) -> None:
    """All entries, in the order of their ids, whole or not at all."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "checks": {name: entries[name] for name in sorted(entries)},
    }
    write_text(file, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def code_digest() -> str:
    """What the program's code is: an entry made by the same code need not be rerun."""
    found = hashlib.sha256()
    for file in sorted((ROOT / "src").rglob("*.py")):
        found.update(str(file.relative_to(ROOT).as_posix()).encode())
        found.update(file.read_bytes())
    return found.hexdigest()[:16]
