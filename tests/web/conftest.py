"""A served desk for tests that need a real one."""

import pytest

from tests.web.served import Served


@pytest.fixture
def serve(tmp_path):
    """Start desks; all are stopped at the end."""
    made = []

    def start(folder=None, port=0):
        made.append(Served(folder or tmp_path / "desk", port))
        return made[-1]

    yield start
    for served in made:
        if served.process.poll() is None:
            served.stop()
