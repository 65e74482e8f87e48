"""A browser of the system for tests: skipped loudly where there is none, a failure in CI."""

import os
import shutil
from contextlib import contextmanager

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
)  # fmt: skip


@contextmanager
def running_browser():
    """It, started; closed at the end."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        say = f"no browser among {', '.join(NAMES)}: the pages were NOT seen in one"
        if os.environ.get("SPILLOVER_REQUIRE_BROWSER") == "1":
            pytest.fail(say)
        pytest.skip(say)
    api = pytest.importorskip("playwright.sync_api")
    args = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=args)
        yield running
        running.close()
