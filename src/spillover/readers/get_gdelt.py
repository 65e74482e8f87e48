"""GDELT's event files: one for each quarter of an hour, or one a day in version 1.

By their names, or by the master list with its sizes and checksums. This file must
never import a case, a model or a page.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spillover.errors import InputError
from spillover.readers.get_fetch import Absent, Policy, Progress, download, open_client

if TYPE_CHECKING:
    import httpx

__all__ = ["BASE", "Got", "get_gdelt"]

BASE = "http://data.gdeltproject.org"
FIRST = {1: dt.date(2013, 4, 1), 2: dt.date(2015, 2, 19)}
QUARTER = dt.timedelta(minutes=15)
LISTED = re.compile(
    r"^(?P<size>\d+) (?P<md5>[0-9a-f]{32}) \S*/(?P<name>\d{14}\.export\.CSV\.zip)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Got:
    """Files fetched.

    Attributes
    ----------
    files
        All that are there now, in order of time.
    fetched
        How many of them were fetched now; the others were there and sound.
    absent
        Names that the server does not have.
    notes
        What a person should know.
    rows
        Rows, where an answer came as rows.
    """

    files: tuple[Path, ...]
    fetched: int
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rows: int | None = None


@dataclass(frozen=True)
class _Wanted:
    name: str
    url: str
    md5: str = ""
    size: int | None = None


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for k in range((last - first).days + 1):
        yield first + dt.timedelta(days=k)


def _quarters(first: dt.date, last: dt.date, base: str) -> Iterator[_Wanted]:
    for day in _days(first, last):
        start = dt.datetime.combine(day, dt.time())
        for k in range(96):
            name = f"{start + k * QUARTER:%Y%m%d%H%M%S}.export.CSV.zip"
            yield _Wanted(name, f"{base}/gdeltv2/{name}")


def _by_master(
    client: httpx.Client,
    folder: Path,
    first: dt.date,
    last: dt.date,
    base: str,
    policy: Policy,
    progress: Progress | None,
) -> list[_Wanted]:
    """Files of the master list between two days; the list is fetched anew."""
    file = folder / "masterfilelist.txt"
    file.unlink(missing_ok=True)
    url = f"{base}/gdeltv2/masterfilelist.txt"
    download(client, url, file, policy=policy, progress=progress)
    low, high = f"{first:%Y%m%d}000000", f"{last:%Y%m%d}235959"
    found: dict[str, _Wanted] = {}
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            m = LISTED.match(line.strip())
            if m and low <= m["name"][:14] <= high:
                name = m["name"]
                found[name] = _Wanted(
                    name, f"{base}/gdeltv2/{name}", m["md5"].lower(), int(m["size"])
                )
    return [found[name] for name in sorted(found)]


def _daily(
    client: httpx.Client,
    folder: Path,
    first: dt.date,
    last: dt.date,
    base: str,
    policy: Policy,
) -> tuple[list[_Wanted], list[str]]:
    """Files of version 1, with the checksums of its list where there is one."""
    sums: dict[str, str] = {}
    notes = []
    file = folder / "md5sums"
    file.unlink(missing_ok=True)
    try:
        download(client, f"{base}/events/md5sums", file, policy=policy)
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            md5, _, name = line.strip().partition(" ")
            if re.fullmatch(r"[0-9a-f]{32}", md5):
                sums[name.strip().lstrip("*")] = md5
    except Absent:
        notes.append("there is no list of checksums: archives are checked by their own")
    names = [f"{day:%Y%m%d}.export.CSV.zip" for day in _days(first, last)]
    wanted = [_Wanted(n, f"{base}/events/{n}", sums.get(n, "")) for n in names]
    return wanted, notes


def get_gdelt(
    first: dt.date,
    last: dt.date,
    folder: Path,
    *,
    version: int = 2,
    master: bool = False,
    base: str = BASE,
    policy: Policy | None = None,
    progress: Progress | None = None,
) -> Got:
    """Fetch the event files of GDELT between two days, both inclusive.

    Parameters
    ----------
    first, last
        Days by the clock of GDELT (UTC).
    folder
        Where to; what is there and sound is not fetched again.
    version
        2: one file for each quarter of an hour. 1: one a day.
    master
        Take names, sizes and checksums from the master list of version 2 (a large
        file); else go by the pattern of names.
    base
        Address of the server or of a mirror.
    policy, progress
        How patient to be; called with (files done, files in all, name).

    Raises
    ------
    InputError
        For days that no file can cover.
    RunError
        When the server keeps failing.
    """
    policy = policy or Policy()
    base = base.rstrip("/")
    if last < first:
        msg = f"--to {last} is before --from {first}"
        raise InputError(msg)
    if first < FIRST[version]:
        msg = f"GDELT {version} has files by day from {FIRST[version]} on, not {first}"
        raise InputError(msg)
    with open_client(policy) as client:
        notes: list[str] = []
        if version == 1:
            wanted, notes = _daily(client, folder, first, last, base, policy)
        elif master:
            wanted = _by_master(client, folder, first, last, base, policy, progress)
        else:
            wanted = list(_quarters(first, last, base))
        files, absent, fetched = [], [], 0
        for k, w in enumerate(wanted):
            if progress is not None:
                progress(k + 1, len(wanted), w.name)
            try:
                new = download(
                    client, w.url, folder / w.name, policy=policy, md5=w.md5, size=w.size
                )  # fmt: skip
            except Absent:
                absent.append(w.name)
                continue
            fetched += new
            files.append(folder / w.name)
    if absent:
        notes.append(
            f"{len(absent)} of {len(wanted)} files are not on the server, the first "
            f"{absent[0]}: not yet published, or a known gap"
        )
    return Got(tuple(files), fetched, tuple(absent), tuple(notes))
