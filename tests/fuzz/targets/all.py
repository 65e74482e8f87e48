"""Every target by its name."""

from __future__ import annotations

from tests.fuzz.engine import Target
from tests.fuzz.targets.api import API
from tests.fuzz.targets.case_file import CASE_EDIT, CASE_FILE
from tests.fuzz.targets.case_words import CASE_TABLES, CASE_WORDS
from tests.fuzz.targets.daily_table import DAILY_TABLE
from tests.fuzz.targets.event_import import EVENT_IMPORT
from tests.fuzz.targets.event_packed import EVENT_PACKED
from tests.fuzz.targets.event_parquet import EVENT_PARQUET
from tests.fuzz.targets.event_text import EVENT_JSON, EVENT_TEXT
from tests.fuzz.targets.graph_folder import GRAPH_FOLDER
from tests.fuzz.targets.kept_files import FIT, LEDGER, RUN_FOLDER
from tests.fuzz.targets.lists import ACTORS, ANSWERS, DECISIONS, DICTIONARIES, GOLD
from tests.fuzz.targets.reports import REPORT_PAGE, REPORT_READ, REPORT_WORDS

__all__ = ["TARGETS"]

TARGETS: dict[str, Target] = {
    t.name: t
    for t in (
        *(CASE_FILE, CASE_WORDS, CASE_TABLES, CASE_EDIT),
        *(EVENT_TEXT, EVENT_JSON, EVENT_PACKED, EVENT_PARQUET, EVENT_IMPORT),
        *(GRAPH_FOLDER, DAILY_TABLE),
        *(REPORT_WORDS, REPORT_READ, REPORT_PAGE, DICTIONARIES, ACTORS, GOLD),
        *(ANSWERS, DECISIONS, LEDGER, FIT, RUN_FOLDER, API),
    )
}
