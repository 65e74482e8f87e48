"""UCDP's georeferenced events: page by page with a token, or a whole release as a file.

Pages fetched are kept beside until the last has come, so an interrupted fetch goes on.
This file must never import a case, a model or a page.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spillover.errors import InputError, RunError
from spillover.readers.get_fetch import (
    Policy,
    Progress,
    ask,
    check_secret_way,
    download,
    open_client,
)
from spillover.readers.get_gdelt import Got
from spillover.store.atomic import write_json, write_text

if TYPE_CHECKING:
    import httpx

__all__ = ["API", "FILES", "get_ucdp", "get_ucdp_file"]

API = "https://ucdpapi.pcr.uu.se"
FILES = "https://ucdp.uu.se"
COLUMNS = (
    "id relid year active_year code_status type_of_violence conflict_dset_id "
    "conflict_new_id conflict_name dyad_dset_id dyad_new_id dyad_name side_a_dset_id "
    "side_a_new_id side_a side_b_dset_id side_b_new_id side_b number_of_sources "
    "source_article source_office source_date source_headline source_original "
    "where_prec where_coordinates where_description adm_1 adm_2 latitude longitude "
    "geom_wkt priogrid_gid country country_id region event_clarity date_prec "
    "date_start date_end deaths_a deaths_b deaths_civilians deaths_unknown best high "
    "low gwnoa gwnob"
)
RELEASE = re.compile(r"\d{1,2}\.\d{1,2}(\.\d{1,2})?")
PAGE = 1000


def _check_release(release: str) -> None:
    if not RELEASE.fullmatch(release):
        msg = f'"{release}" is not a release of UCDP: such as 24.1, or 24.0.9 for a candidate'
        raise InputError(msg)


def get_ucdp(
    release: str,
    folder: Path,
    token: str,
    *,
    base: str = API,
    policy: Policy | None = None,
    progress: Progress | None = None,
) -> Got:
    """Fetch a release by the API and write it as a CSV table with its 49 columns.

    Parameters
    ----------
    release
        Such as ``24.1``.
    folder
        Where to.
    token
        Sent as ``x-ucdp-access-token``, never shown.
    base, policy, progress
        Address of the server; how patient to be; called with (pages done, pages, name).

    Raises
    ------
    InputError
        Without a token, or when ``release`` cannot be one.
    RunError
        When the server refuses or keeps failing, or rows are missing.
    """
    _check_release(release)
    if not token:
        msg = "UCDP wants a token: ask UCDP for one and set UCDP_TOKEN; or fetch the release as a file with --file"
        raise InputError(msg)
    policy = policy or Policy()
    base = base.rstrip("/")
    check_secret_way(base)
    pages = folder / f".ucdp-{release}.pages"
    with open_client(policy, headers={"x-ucdp-access-token": token}) as client:
        rows, unknown = _pages(client, base, release, pages, policy, progress)
    target = folder / f"ucdp-ged-{release}.csv"
    text = io.StringIO(newline="")
    writer = csv.DictWriter(
        text, COLUMNS.split(), extrasaction="ignore", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows({k.lower(): v for k, v in r.items()} for r in rows)
    write_text(target, text.getvalue())
    shutil.rmtree(pages)
    notes = []
    if unknown:
        notes.append(f"fields that this version does not know were left out: {', '.join(unknown)}")  # fmt: skip
    if not rows:
        notes.append(f"no rows: is {release} a release?")
    return Got((target,), 1, notes=tuple(notes), rows=len(rows))


def _pages(
    client: httpx.Client,
    base: str,
    release: str,
    pages: Path,
    policy: Policy,
    progress: Progress | None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of every page, each once; restarts once when the release changes on the way."""
    url = f"{base}/api/gedevents/{release}"
    for _ in range(2):
        rows: list[dict[str, Any]] = []
        total, count, k = -1, 1, 0
        while k < count:
            page = _page(client, url, pages / f"{k:05d}.json", k, policy)
            if total not in (-1, int(page["TotalCount"])):
                break
            total, count = int(page["TotalCount"]), int(page["TotalPages"])
            rows += page["Result"]
            k += 1
            if progress is not None:
                progress(k, max(count, 1), f"UCDP {release}")
        ids = {str(r.get("id")) for r in rows}
        if k >= count and len(rows) == len(ids) == total:
            names = {name.lower() for r in rows for name in r}
            return rows, sorted(names - set(COLUMNS.split()))
        shutil.rmtree(pages, ignore_errors=True)
    msg = f"UCDP {release}: {len(rows)} rows with {len(ids)} ids came, {total} were announced: it changes; try again later"
    raise RunError(msg)


def _page(
    client: httpx.Client, url: str, file: Path, number: int, policy: Policy
) -> dict[str, Any]:
    """A page, from the folder when it is there."""
    if file.exists():
        kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return kept
    params = {"pagesize": str(PAGE), "page": str(number)}
    page = ask(client, url, policy=policy, params=params)
    needed = ("TotalCount", "TotalPages", "Result")
    if not isinstance(page, dict) or any(k not in page for k in needed):
        msg = f"UCDP: the answer is not a page of events ({', '.join(needed)} expected)"
        raise RunError(msg)
    write_json(file, page)
    return page


def get_ucdp_file(
    release: str,
    folder: Path,
    *,
    base: str = FILES,
    policy: Policy | None = None,
    progress: Progress | None = None,
) -> Got:
    """Fetch a release as the zip archive that UCDP publishes; needs no token.

    Raises
    ------
    InputError
        When ``release`` cannot be one.
    RunError
        When there is no such file, or the server keeps failing.
    """
    _check_release(release)
    policy = policy or Policy()
    name = f"ged{release.replace('.', '')}-csv.zip"
    url = f"{base.rstrip('/')}/downloads/ged/{name}"
    with open_client(policy) as client:
        new = download(client, url, folder / name, policy=policy, progress=progress)
    return Got((folder / name,), int(new))
