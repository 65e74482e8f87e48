"""Tiny files of every format, with invented actors, written by the tests that read them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from spillover.readers.importing import FileReport, import_file
from spillover.readers.known import FORMATS
from spillover.store.events import open_store

GDELT2 = FORMATS["gdelt"].forms[0].columns
GDELT1 = FORMATS["gdelt"].forms[1].columns
GED49 = FORMATS["ucdp"].forms[0].columns
GED42 = FORMATS["ucdp"].forms[1].columns
ACLED = FORMATS["acled"].forms[0].columns
ICEWS = FORMATS["icews"].columns
POLECAT = FORMATS["polecat"].columns

SHARED = Path(__file__).parents[2].parent / "shared" / "data"


def gdelt(k: int = 1, **cells: str) -> dict[str, str]:
    """A row of GDELT about Iraq's army and Turkey's government, in Iraq."""
    row = dict.fromkeys(GDELT2, "")
    row |= {
        "GLOBALEVENTID": str(1_000_000_000 + k),
        "SQLDATE": "20310301",
        "MonthYear": "203103",
        "Year": "2031",
        "FractionDate": "2031.1644",
        "Actor1Code": "IRQMIL",
        "Actor1Name": "ARMY OF IRAQ",
        "Actor1CountryCode": "IRQ",
        "Actor1Type1Code": "MIL",
        "Actor2Code": "TURGOV",
        "Actor2Name": "TURKEY",
        "Actor2CountryCode": "TUR",
        "Actor2Type1Code": "GOV",
        "IsRootEvent": "1",
        "EventCode": "0251",
        "EventBaseCode": "025",
        "EventRootCode": "02",
        "QuadClass": "1",
        "GoldsteinScale": "3.4",
        "NumMentions": "4",
        "NumSources": "1",
        "NumArticles": "4",
        "AvgTone": "-1.5",
        "ActionGeo_Type": "4",
        "ActionGeo_FullName": f"Town {k}, Iraq",
        "ActionGeo_CountryCode": "IZ",
        "ActionGeo_ADM1Code": "IZ07",
        "ActionGeo_Lat": "33.3",
        "ActionGeo_Long": "44.4",
        "DATEADDED": "20310302011500",
        "SOURCEURL": "https://www.gazette.example/story",
    }
    return row | cells


def ged(k: int = 1, **cells: str) -> dict[str, str]:
    """A row of UCDP GED: a state and a group in Iraq, three days long."""
    row = dict.fromkeys(GED49, "")
    row |= {
        "id": str(500 + k),
        "year": "2031",
        "active_year": "1",
        "type_of_violence": "1",
        "conflict_new_id": "77",
        "conflict_name": "Arland: Government",
        "dyad_new_id": "78",
        "dyad_name": "Government of Arland - Delta Front",
        "side_a_new_id": "11",
        "side_a": "Government of Arland",
        "side_b_new_id": "12",
        "side_b": "Delta Front",
        "number_of_sources": "2",
        "source_article": 'A paper, "Clashes, again"',
        "source_office": "Gazette",
        "where_prec": "2",
        "where_coordinates": "Old Town",
        "adm_1": "Anbar",
        "latitude": "33.4",
        "longitude": "43.3",
        "country": "Iraq",
        "country_id": "645",
        "event_clarity": "1",
        "date_prec": "2",
        "date_start": "2031-03-01 00:00:00.000",
        "date_end": "2031-03-03 00:00:00.000",
        "deaths_a": "1",
        "deaths_b": "2",
        "deaths_civilians": "3",
        "deaths_unknown": "0",
        "best": "6",
        "high": "9",
        "low": "5",
        "gwnoa": "645",
    }
    return row | cells


def acled(k: int = 1, **cells: str) -> dict[str, str]:
    """A row of ACLED as exported, dates in words."""
    row = dict.fromkeys(ACLED, "")
    row |= {
        "event_id_cnty": f"IRQ{k}",
        "event_date": "7 May 2031",
        "year": "2031",
        "time_precision": "1",
        "event_type": "Battles",
        "sub_event_type": "Armed clash",
        "actor1": "Delta Front",
        "assoc_actor_1": "River Brigade; Hill Brigade",
        "inter1": "2",
        "actor2": "Military Forces of Arland",
        "inter2": "1",
        "country": "Iraq",
        "admin1": "Anbar",
        "location": "Old Town",
        "latitude": "33.4",
        "longitude": "43.3",
        "geo_precision": "1",
        "source": "Gazette; Herald",
        "notes": 'Two sides fought, \n and a "truce" failed.',
        "fatalities": "3",
        "timestamp": "1936000000",
    }
    return row | cells


def icews(k: int = 1, **cells: str) -> dict[str, str]:
    """A row of ICEWS with a bare quote in a name."""
    row = dict.fromkeys(ICEWS, "")
    row |= {
        "Event ID": str(900 + k),
        "Event Date": "2031-03-01",
        "Source Name": 'Police "Blue" (Arland)',
        "Source Sectors": "Police,Government",
        "Source Country": "Iraq",
        "Event Text": "Consult",
        "CAMEO Code": "040",
        "Intensity": "1.0",
        "Target Name": "Citizen (Eastmark)",
        "Target Sectors": "General Population",
        "Target Country": "Turkey",
        "Story ID": "1",
        "Sentence Number": "2",
        "Publisher": "Gazette",
        "City": "Old Town",
        "District": "NA",
        "Province": "Anbar",
        "Country": "Iraq",
        "Latitude": "33.4",
        "Longitude": "43.3",
    }
    return row | cells


def polecat(k: int = 1, **cells: str) -> dict[str, str]:
    """A row of POLECAT with lists of actors."""
    row = dict.fromkeys(POLECAT, "None")
    row |= {
        "Event ID": f"20310301-{k}",
        "Event Date": "2031-03-01",
        "Event Type": "ASSAULT",
        "Event Mode": "aerial",
        "Intensity": "-9.5",
        "Actor Name": "Arland; Eastmark",
        "Actor Country": "IRQ; TUR",
        "Primary Actor Sector": "MIL",
        "Recipient Name": "Delta Front",
        "Recipient Country": "IRQ",
        "Primary Recipient Sector": "REB",
        "City": "Old Town",
        "Province": "Anbar",
        "Country": "IRQ",
        "Latitude": "33.4",
        "Longitude": "43.3",
        "Source": "Gazette",
        "Publication Date": "2031-03-02",
    }
    return row | cells


def tabbed(
    path: Path,
    columns: Sequence[str],
    rows: Iterable[dict[str, str]],
    *,
    header: bool,
    encoding: str = "utf-8",
) -> Path:
    """Write tab-separated rows."""
    lines = ["\t".join(columns)] if header else []
    lines += ["\t".join(r[c] for c in columns) for r in rows]
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return path


def commaed(
    path: Path,
    columns: Sequence[str],
    rows: Iterable[dict[str, str]],
    *,
    header: bool = True,
    encoding: str = "utf-8",
) -> Path:
    """Write CSV with quotes where they are needed."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    if header:
        out.writerow(columns)
    out.writerows([r.get(c, "") for c in columns] for r in rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def answer(path: Path, rows: Iterable[dict[str, object]]) -> Path:
    """Write rows as ACLED's API answers."""
    body = {"status": 200, "success": True, "data": list(rows), "count": 1}
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def take(store: Path, *files: Path, **options: object) -> list[FileReport]:
    """Import files one after the other."""
    with open_store(store, write=True, memory="256MB") as connection:
        return [import_file(connection, store, f, **options) for f in files]  # type: ignore[arg-type]


def stored(store: Path, columns: str = "*", rest: str = "ORDER BY line") -> list[dict]:
    """Rows of `records` as dictionaries."""
    with open_store(store) as connection:
        found = connection.execute(f"SELECT {columns} FROM records {rest}")
        names = [d[0] for d in found.description]
        return [dict(zip(names, r, strict=True)) for r in found.fetchall()]
