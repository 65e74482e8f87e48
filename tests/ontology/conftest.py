"""The shared data beside the repository, where it is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_ontology() -> Path:
    """Folder of code tables by others; skips with the reason where it is absent."""
    place = os.environ.get("SPILLOVER_DATA", "")
    root = (
        Path(place) if place else Path(__file__).parents[2].parent / "shared" / "data"
    )
    folder = root / "event_ontology"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent: set SPILLOVER_DATA to the shared data")
    return folder
