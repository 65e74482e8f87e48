"""Reports for programs: read them, review them, accept claims, draft a case.

for report, reading in read_reports(["report.txt"]):
    ...
draft = draft_case(["report.txt"])
"""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from spillover.errors import InputError
from spillover.reports.actor_table import ActorRow, actor_table, read_actors
from spillover.reports.backends import get_backend
from spillover.reports.claim import Reading
from spillover.reports.draft import Draft
from spillover.reports.draft import draft_case as _draft
from spillover.reports.duplicates import fold_duplicates
from spillover.reports.ledger import Ledger
from spillover.reports.load import Loaded, load_reports
from spillover.reports.report import Report
from spillover.reports.rows import claim_row
from spillover.store.claims import (
    ACCEPTED,
    Decision,
    decide,
    keep_readings,
    stored_claims,
    withdraw,
)
from spillover.store.plain import read_json

__all__ = [
    "accept_claims", "case_actors", "claims_of", "decide_claims", "draft_case", "draft_from",
    "ledger_of", "read_decisions", "read_reports", "store_readings",
]  # fmt: skip

Progress = Callable[[int, int, str], None]


def read_reports(
    paths: Sequence[str | Path],
    *,
    stdin: bytes | None = None,
    published: dt.date | None = None,
    outlet: str = "",
    actors: str | Path | None = None,
    backend: str = "lexicon",
    model: str = "",
    progress: Progress | None = None,
    loaded: Loaded | None = None,
) -> Iterator[tuple[Report, Reading]]:
    """Reports with what was read from each, one at a time.

    Parameters
    ----------
    paths
        Files, folders, or "-" for ``stdin``.
    published, outlet
        Of reports that do not say theirs.
    actors
        More actors: a CSV, or a case file, folder or bundled case.
    backend, model
        "lexicon" (offline), "spacy", "llm" or "ml"; the model is the backend's.
    progress
        Called with (done, total, what).
    loaded
        Filled with what was left out.

    Raises
    ------
    InputError
        When a report cannot be read, or the backend is not installed.
    """
    reader = get_backend(backend, actors=case_actors(actors), model=model)
    reports = load_reports(
        paths,
        stdin=stdin,
        published=published,
        outlet=outlet,
        progress=progress,
        loaded=loaded,
    )
    for report in reports:
        yield report, reader.read(report)


def case_actors(source: str | Path | None) -> tuple[ActorRow, ...]:
    """Actors of a CSV or of a case, to be found beside the table's."""
    if source is None:
        return ()
    path = Path(source)
    if path.suffix.lower() == ".csv":
        return read_actors(path)
    from spillover.case.read import read_document

    case, _ = read_document(source)
    from spillover.reports.actor_table import KIND_SECTORS

    rows = [
        ActorRow(
            ident,
            (actor.name or ident.replace("-", " ").title(), *actor.aliases),
            actor.iso3,
            KIND_SECTORS.get(actor.kind, ""),
            actor.wholes()[0] if actor.wholes() else "",
            facade=actor.kind == "umbrella",
        )
        for ident, actor in case.actors.items()
    ]
    rows += [
        ActorRow(ident, (place.name,), place=True)
        for ident, place in case.places.items()
        if place.name and ident not in case.actors
    ]
    return tuple(rows)


def ledger_of(pairs: Sequence[tuple[Report, Reading]]) -> Ledger:
    """The claim ledger of some readings, copies of one text folded."""
    copies = fold_duplicates((report.id, report.text) for report, _ in pairs)
    return Ledger(tuple(pairs), copies=copies)


def draft_case(
    paths: Sequence[str | Path],
    *,
    origin: dt.date | None = None,
    case_id: str = "draft",
    title: str = "",
    **options: Any,  # noqa: ANN401 - those of `read_reports`
) -> Draft:
    """A draft case from reports (see `reports.draft`).

    Raises
    ------
    InputError
        When a report cannot be read, or none is dated and no origin is given.
    """
    pairs = list(read_reports(paths, **options))
    return draft_from(
        pairs, origin=origin, case_id=case_id, title=title, actors=options.get("actors")
    )


def draft_from(
    pairs: Sequence[tuple[Report, Reading]],
    *,
    origin: dt.date | None = None,
    case_id: str = "draft",
    title: str = "",
    actors: str | Path | None = None,
) -> Draft:
    """A draft case from readings, each of a report with its own day and outlet.

    Raises
    ------
    InputError
        When none is dated and no origin is given.
    """
    table = actor_table(case_actors(actors))
    names = {ident: row.names[0] for ident, row in table.rows.items()}
    try:
        return _draft(
            ledger_of(pairs), case_id=case_id, title=title, origin=origin, names=names
        )
    except ValueError as e:
        raise InputError(str(e)) from None


def store_readings(store: Path, pairs: Sequence[tuple[Report, Reading]]) -> int:
    """Put readings into a store; the number of claims that are new there."""
    return keep_readings(
        store,
        (
            (
                {
                    "id": r.id, "name": r.name, "title": r.title, "outlet": r.outlet,
                    "url": r.url, "published": r.published, "backend": reading.backend,
                    "text": r.text,
                },
                [claim_row(r, c) for c in reading.claims],
            )
            for r, reading in pairs
        ),
    )  # fmt: skip


def claims_of(store: Path, *, verdict: str | None = None) -> list[dict[str, Any]]:
    """Claims of a store with their verdicts ("accept", "reject", "")."""
    return stored_claims(store, verdict=verdict)


def read_decisions(path: Path) -> list[Decision]:
    """Decisions as the review page saves them.

    Raises
    ------
    InputError
        When the file is none.
    """
    try:
        data = read_json(path.read_bytes())
        found = [
            (str(d["id"]), str(d["verdict"]), {str(k): v for k, v in d["edit"].items()})
            for d in data["decisions"]
        ]
    except FileNotFoundError:
        msg = f"{path}: there is no such file"
        raise InputError(msg) from None
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        msg = f"{path}: this is no file of decisions. Expected what the review page saves (decisions-....json)"
        raise InputError(msg) from None
    wrong = [v for _, v, _ in found if v not in ("accept", "reject", "")]
    if wrong:
        msg = f'{path}: the verdict "{wrong[0]}" is unknown. Expected accept or reject'
        raise InputError(msg)
    return found


def decide_claims(store: Path, decisions: Sequence[Decision]) -> int:
    """Put decisions on record and bring the records up to date; all of it or nothing.

    Raises
    ------
    InputError
        When an accepted claim has no day, or is not said to have happened.
    EventsError
        When a claim is not in the store.
    """
    rows = {row["id"]: row for row in stored_claims(store)}
    for ident, verdict, edit in decisions:
        if verdict == "accept" and ident in rows:
            _check_record({**rows[ident], **edit})
    changed = decide(store, decisions)
    withdraw(store, [ident for ident, verdict, _ in decisions if verdict != "accept"])
    accept_claims(store)
    return changed


def _check_record(row: dict[str, Any]) -> None:
    """Refuse what is no record of an event."""
    if row["status"] not in ("happened", "ongoing"):
        msg = f"claim {row['id']}: it is {row['status']}, so it is no record of an event. Edit its status, or reject it"
        raise InputError(msg)
    if not row["date_first"] and not row["date_last"]:
        msg = f"claim {row['id']}: it has no date. Edit date_first and date_last, or reject it"
        raise InputError(msg)


_RECORD = ("id", "date", "end", "source", "action", "target", "place", "country",
           "deaths", "injured", "published", "publisher", "url")  # fmt: skip


def accept_claims(store: Path) -> int:
    """Make records of the accepted claims; the number of records written.

    A claim changed since is a revision of its record. Only what is said to have happened
    becomes one.

    Raises
    ------
    InputError
        When an accepted claim has no day, or is not said to have happened.
    """
    from spillover.readers.import_many import import_events

    rows = stored_claims(store, verdict="accept")
    for row in rows:
        _check_record(row)
    if not rows:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{ACCEPTED}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, _RECORD)
            writer.writeheader()
            for row in rows:
                first = row["date_first"] or row["date_last"]
                writer.writerow(
                    {
                        "id": row["id"], "date": first,
                        "end": row["date_last"] or first, "source": row["source"],
                        "action": row["action"], "target": row["target"],
                        "place": row["place"], "country": row["target_country"],
                        "deaths": row["deaths_low"], "injured": row["injured_low"],
                        "published": row["published"], "publisher": row["outlet"],
                        "url": row["url"],
                    }
                )  # fmt: skip
        done = import_events([str(path)], store=store, format="plain")
        return sum(r.counts.kept + r.counts.revised for r in done.reports)
