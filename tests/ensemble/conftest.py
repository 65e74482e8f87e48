"""Bundled cases, read and assembled once."""

from __future__ import annotations

import pytest

from spillover.api import CaseModel, load


@pytest.fixture(scope="session")
def iraq() -> CaseModel:
    """The bundled case `iraq-2024`."""
    return load("iraq-2024")
