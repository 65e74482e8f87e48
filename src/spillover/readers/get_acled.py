"""ACLED's events by its API: a login, then pages, kept with the day of access.

Rows are not to be passed on; the files are for the one who has the login. This file
must never import a case, a model or a page.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spillover.errors import InputError, RunError
from spillover.readers.get_fetch import (
    Policy,
    Progress,
    Refused,
    ask,
    check_secret_way,
    open_client,
)
from spillover.readers.get_gdelt import Got
from spillover.store.atomic import write_json

if TYPE_CHECKING:
    import httpx

__all__ = ["BASE", "Login", "get_acled", "login_of"]

BASE = "https://acleddata.com"
PAGE = 5000
NO_ROWS = (
    "no rows: a token does not mean access. Check the country and the days, and on your "
    "page at ACLED which data the account may read"
)


class Login:
    """Name and password, or a token; shows neither."""

    def __init__(self, name: str = "", password: str = "", token: str = "") -> None:
        self.name, self.password, self.token = name, password, token

    def __repr__(self) -> str:
        return "Login(...)"


def login_of(environment: Mapping[str, str]) -> Login:
    """Login from ACLED_TOKEN, or from ACLED_USERNAME and ACLED_PASSWORD.

    Raises
    ------
    InputError
        When neither is set.
    """
    token = environment.get("ACLED_TOKEN", "")
    name = environment.get("ACLED_USERNAME", "")
    password = environment.get("ACLED_PASSWORD", "")
    if not token and not (name and password):
        msg = (
            "ACLED wants a login: set ACLED_USERNAME and ACLED_PASSWORD, or ACLED_TOKEN"
        )
        raise InputError(msg)
    return Login(name, password, token)


def _token(login: Login, base: str, policy: Policy, *, anew: bool = False) -> str:
    """Token of a login; asks for one with name and password where it may."""
    if login.token and not anew:
        return login.token
    if not (login.name and login.password):
        msg = "ACLED refuses the token: it lasts a day. Get a new one, or set ACLED_USERNAME and ACLED_PASSWORD"
        raise Refused(msg)
    form = {
        "username": login.name,
        "password": login.password,
        "grant_type": "password",
        "client_id": "acled",
    }
    with open_client(policy, headers={"Accept": "application/json"}) as client:
        try:
            answer = ask(client, f"{base}/oauth/token", policy=policy, form=form)
        except Refused:
            msg = "ACLED refuses the name or the password"
            raise Refused(msg) from None
    token = answer.get("access_token", "") if isinstance(answer, dict) else ""
    if not token:
        msg = "ACLED: the login gave no token"
        raise RunError(msg)
    return str(token)


def get_acled(
    country: str,
    first: dt.date,
    last: dt.date,
    folder: Path,
    login: Login,
    *,
    base: str = BASE,
    policy: Policy | None = None,
    progress: Progress | None = None,
    today: dt.date | None = None,
) -> Got:
    """Fetch the events of a country between two days, both inclusive, as JSON.

    Parameters
    ----------
    country
        As ACLED writes it.
    first, last
        Days of the events.
    folder
        Where to: ``acled-COUNTRY-FIRST-LAST.json``.
    login
        From `login_of`; never shown.
    base, policy, progress
        Address of the server; how patient to be; called with (rows, 0, name).
    today
        Day of access, kept in the file: rows are revised (today when absent).

    Raises
    ------
    InputError
        When the days are the wrong way round.
    Refused, RunError
        When the login is refused or the server keeps failing.
    """
    if last < first:
        msg = f"--to {last} is before --from {first}"
        raise InputError(msg)
    policy = policy or Policy()
    base = base.rstrip("/")
    check_secret_way(base)
    url = f"{base}/api/acled/read"
    query = {
        "_format": "json",
        "country": country,
        "event_date": f"{first}|{last}",
        "event_date_where": "BETWEEN",
        "limit": str(PAGE),
    }
    try:
        rows = _rows(_token(login, base, policy), url, query, policy, progress)
    except Refused:
        token = _token(login, base, policy, anew=True)
        rows = _rows(token, url, query, policy, progress)
    if not rows:
        return Got((), 0, notes=(NO_ROWS,), rows=0)
    slug = re.sub(r"[^a-z0-9]+", "-", country.lower()).strip("-")
    target = folder / f"acled-{slug}-{first}-{last}.json"
    accessed = (today or dt.datetime.now(dt.UTC).date()).isoformat()
    write_json(target, {"accessed": accessed, "count": len(rows), "data": rows})
    notes = ("ACLED's rows may not be passed on: keep the file to yourself",)
    return Got((target,), 1, notes=notes, rows=len(rows))


def _rows(
    token: str,
    url: str,
    query: Mapping[str, str],
    policy: Policy,
    progress: Progress | None,
) -> list[dict[str, Any]]:
    """Rows of every page, until one is not full."""
    rows: list[dict[str, Any]] = []
    with open_client(policy, headers={"Authorization": f"Bearer {token}"}) as client:
        number = 1
        while True:
            page = _page(client, url, dict(query) | {"page": str(number)}, policy)
            rows += page
            if progress is not None:
                progress(max(len(rows), 1), 0, "ACLED")
            if len(page) < PAGE:
                break
            number += 1
    ids = {str(r.get("event_id_cnty")) for r in rows}
    if len(ids) != len(rows):
        msg = f"ACLED: {len(rows)} rows came with only {len(ids)} ids: the data changed while they were read; try again"
        raise RunError(msg)
    return rows


def _page(
    client: httpx.Client, url: str, query: Mapping[str, str], policy: Policy
) -> list[dict[str, Any]]:
    answer = ask(client, url, policy=policy, params=query)
    if isinstance(answer, dict) and answer.get("success") is False:
        said = str(answer.get("error") or answer.get("messages") or "no reason given")
        msg = f"ACLED says no: {said[:200]}"
        raise RunError(msg)
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, list):
        msg = 'ACLED: the answer has no "data"'
        raise RunError(msg)
    return data
