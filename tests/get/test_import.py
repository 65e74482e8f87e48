"""What was fetched can be imported: the same columns on both sides."""

from __future__ import annotations

import datetime as dt

from spillover.api.events import import_events, read_records
from spillover.readers.get_acled import Login, get_acled
from spillover.readers.get_fetch import Policy
from spillover.readers.get_gdelt import get_gdelt
from spillover.readers.get_ucdp import COLUMNS, get_ucdp
from tests.get.server import Answer, as_json, serving, zipped

QUICK = Policy(attempts=2, base_seconds=0.01)
DAY = dt.date(2024, 1, 3)

GED = dict.fromkeys(COLUMNS.split(), "") | {
    "id": 7, "year": 2024, "type_of_violence": 1, "side_a_new_id": 116,
    "side_a": "Government of Iraq", "side_b_new_id": 234, "side_b": "IS",
    "source_article": 'said "so", twice', "where_prec": 1, "latitude": 36.3,
    "longitude": 43.1, "country": "Iraq", "country_id": 645, "date_prec": 1,
    "date_start": "2024-01-03", "date_end": "2024-01-03", "best": 3, "high": 3,
    "low": 3, "deaths_a": 1, "deaths_b": 2, "deaths_civilians": 0, "deaths_unknown": 0,
    "gwnoa": "645",
}  # fmt: skip
ACLED = {
    "event_id_cnty": "IRQ1", "event_date": "2024-01-03", "year": "2024",
    "time_precision": "1", "disorder_type": "Political violence",
    "event_type": "Battles", "sub_event_type": "Armed clash",
    "actor1": "Military Forces of Iraq (2014-)", "assoc_actor_1": "",
    "inter1": "State forces", "actor2": "IS", "assoc_actor_2": "",
    "inter2": "Rebel group", "interaction": "x", "civilian_targeting": "",
    "iso": "368", "region": "Middle East", "country": "Iraq", "admin1": "Nineveh",
    "admin2": "", "admin3": "", "location": "Mosul", "latitude": "36.3",
    "longitude": "43.1", "geo_precision": "1", "source": "Agency",
    "source_scale": "International", "notes": "n", "fatalities": "3", "tags": "",
    "timestamp": "1704500000",
}  # fmt: skip


def gdelt_row() -> str:
    """One row of version 1: 58 columns, no header."""
    row = [""] * 58
    row[0:5] = ["1", "20240103", "202401", "2024", "2024.0082"]
    row[5:8] = ["IRQGOV", "BAGHDAD", "IRQ"]
    row[15:18] = ["IRQREB", "MILITIA", "IRQ"]
    row[25:30] = ["1", "190", "190", "19", "4"]
    row[30:35] = ["-10", "3", "1", "3", "-5"]
    row[49:56] = ["4", "Mosul, Ninawa, Iraq", "IZ", "IZ18", "36.3", "43.1", "-1"]
    row[56:58] = ["20240104", "http://example.org/a"]
    return "\t".join(row) + "\n"


def test_what_was_fetched_is_imported(tmp_path):
    files = []
    page = {"TotalCount": 1, "TotalPages": 1, "Result": [GED]}
    with serving(lambda r, k: as_json(page)) as server:
        files += get_ucdp("24.1", tmp_path, "t", base=server.url, policy=QUICK).files
    with serving(lambda r, k: as_json({"success": True, "data": [ACLED]})) as server:
        login = Login(token="t")
        files += get_acled("Iraq", DAY, DAY, tmp_path, login, base=server.url, policy=QUICK).files  # fmt: skip

    def script(r, k):
        if r.path.endswith("md5sums"):
            return Answer(b"", 404)
        return Answer(zipped(gdelt_row(), "20240103.export.CSV"))

    with serving(script) as server:
        files += get_gdelt(DAY, DAY, tmp_path, version=1, base=server.url, policy=QUICK).files  # fmt: skip
    store = tmp_path / "events.duckdb"
    made = import_events(files, store=store)
    assert not made.faults
    found = read_records(store)
    assert sorted(found.columns["dataset"]) == ["acled", "gdelt", "ucdp"]
    assert list(found.columns["action"]) == ["ASSAULT"] * 3
    assert set(found.columns["country"]) == {"IRQ"}
    assert {str(d) for d in found.columns["first_day"]} == {"2024-01-03"}
