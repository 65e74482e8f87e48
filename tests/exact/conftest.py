"""Every test of law runs on every engine."""

from __future__ import annotations

import pytest

from tests.support.engines import ENGINES, Engine, engine


@pytest.fixture(params=ENGINES)
def law(request: pytest.FixtureRequest) -> Engine:
    """An engine whose law is tested."""
    return engine(request.param)
