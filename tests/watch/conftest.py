"""A case, a folder of files, a watch that is quick."""

import csv
import datetime as dt
import os

import pytest

from spillover.api.alerts import Patience
from spillover.api.watch import Watch
from spillover.api.watch_files import Inbox
from spillover.store.watch_folder import WatchFolder

ORIGIN = dt.date(2031, 3, 1)
COLUMNS = ("id", "date", "source", "action", "target", "published")


def day(n):
    return ORIGIN + dt.timedelta(n)


def write(folder, name, rows, age=100.0):
    """Rows of (id, days after the origin, source, action, target[, published])."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        for r in rows:
            published = day(r[5] if len(r) > 5 else r[1])
            out.writerow((r[0], day(r[1]), *r[2:5], published))
    when = path.stat().st_mtime - age
    os.utime(path, (when, when))
    return path


LAUNCH = ("BRIG", "ASSAULT", "WES")
STRIKE = ("WES", "ASSAULT", "BRIG")
WORD = ("EAS", "COERCE", "BRIG")


@pytest.fixture
def incoming(tmp_path):
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder


@pytest.fixture
def watching(tmp_path, incoming):
    """Make a watch; the same folder again goes on with it."""

    def make(case="strait-demo", out="watch", **more):
        settings = {
            "as_written": True, "draws": 60, "futures": 5, "threads": 1,
            "indicators": False,
            "patience": Patience(3, 0.01, 0.02, 0.5),
        }  # fmt: skip
        inbox = Inbox(more.pop("inbox", incoming))
        return Watch(case, inbox, WatchFolder(tmp_path / out), **(settings | more))

    return make


@pytest.fixture
def look(watching):
    """One look of a watch made for the purpose: as after a restart."""

    def run(n, said=None, **more):
        watch = watching(**more)
        with watch.folder.locked():
            return watch.look(
                today=day(n), out=(said if said is not None else []).append
            )

    return run
