"""Events for programs: files into a store, what it holds, and what was known when."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from spillover.readers.import_many import Imports, import_events
from spillover.store.events import default_store
from spillover.store.events_read import Records, describe, read_records

__all__ = ["Imports", "Records", "import_events", "in_store", "read_records"]


def in_store(
    store: str | Path | None = None,
    *,
    as_of: dt.date | dt.datetime | None = None,
    top: int = 10,
) -> dict[str, Any]:
    """What a store holds, by dataset, as plain values (`store.events_read.describe`)."""
    path = Path(store) if store is not None else default_store()
    return describe(path, as_of=as_of, top=top)
