"""Reports: words and dates, whole readings, pages, and drafts of a case from them."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from zlib import crc32

from spillover.case import read_document
from spillover.errors import CaseError, SpilloverError
from spillover.reports.dates import find_dates
from spillover.reports.draft import draft_case
from spillover.reports.draft_text import draft_yaml
from spillover.reports.html_text import page_of
from spillover.reports.language import language_of
from spillover.reports.ledger import Ledger
from spillover.reports.load import report_of
from spillover.reports.numbers import find_tolls
from spillover.reports.reader import LexiconReader
from spillover.reports.rows import reading_json, reading_rows
from spillover.reports.tokens import LONGEST_SENTENCE, tokenise
from tests.fuzz.engine import Broken, Target
from tests.fuzz.grammar.reports import news, page

__all__ = ["REPORT_PAGE", "REPORT_READ", "REPORT_WORDS"]

DAY = dt.date(2024, 2, 5)
DAYS = (None, DAY, dt.date.min, dt.date.max, dt.date(2024, 2, 29), dt.date(1, 1, 9))
TIMES = (None, DAY, DAY, DAY, dt.date(1900, 1, 1), dt.date(2199, 12, 31), dt.date.min)
WORDS = ("tokens", "words", "dates", "numbers", "language")
CODE = tuple(f"reports/{n}.py" for n in WORDS)


def words(data: bytes, folder: Path) -> None:
    """Tokens cover the text in order; dates and tolls are places in it."""
    text = data.decode("utf-8", "surrogateescape" if data[:1] < b"C" else "replace")
    language_of(text)
    doc = tokenise(text)
    at = 0
    for first, stop in doc.sentences:
        if first != at or not first < stop <= len(doc.words):
            msg = "sentences leave out or repeat tokens"
            raise Broken(msg)
        if stop - first > LONGEST_SENTENCE:
            msg = f"a sentence of {stop - first} tokens"
            raise Broken(msg)
        at = stop
        find_tolls(doc, first, stop)
    day = DAYS[crc32(data) % len(DAYS)]
    for found in find_dates(doc, day):
        first, last = found.past.first, found.past.last
        if first and last and last < first:
            msg = f"{found.past.expression!r} ends before it begins"
            raise Broken(msg)


@cache
def _reader() -> LexiconReader:
    return LexiconReader()


def read(data: bytes, folder: Path) -> None:
    """Load and read a report; what it says can be written down."""
    report = report_of(data, name="a.txt", published=TIMES[crc32(data) % len(TIMES)])
    reading = _reader().read(report)
    for claim in reading.claims:
        start, end = claim.span.start, claim.span.end
        if not 0 <= start < end <= len(report.text):
            msg = "a claim stands outside the text"
            raise Broken(msg)
    json.dumps(reading_json(report, reading), allow_nan=False).encode()
    list(reading_rows(report, reading))
    ledger = Ledger(((report, reading),))
    ledger.contradictions()
    if len(data) % 10 == 0:
        made = draft_yaml(draft_case(ledger, origin=DAY))
        (folder / "case.yaml").write_text(made, "utf-8")
        try:
            read_document(folder / "case.yaml")
        except CaseError as e:
            if "outcomes" not in str(e):  # reports without an act make none
                msg = f"a draft that is no case: {e}"
                raise Broken(msg) from None
        finally:
            (folder / "case.yaml").unlink()


def load(data: bytes, folder: Path) -> None:
    """Only load: encodings, pages, heads."""
    report = report_of(data, name="a.html")
    if not report.text.strip():
        msg = "a report without text"
        raise Broken(msg)


def _warm() -> None:
    from random import Random

    for one, data in (
        (words, news(Random(1))),
        (read, news(Random(1))),
        (load, page(Random(2))),
    ):
        with suppress(SpilloverError):
            one(data, Path())
    # Not every page comes that far; the first to do so would pay for what is loaded.
    page_of("<html><body><p>Two men came.</p></body></html>")


REPORT_WORDS = Target("report-words", news, words, code=CODE, block=200, weight=2)
REPORT_READ = Target("report-read", news, read, code=("reports", "case", "model/actions.py"), block=50, documents=12, weight=2.5, warm=_warm)  # fmt: skip
REPORT_PAGE = Target("report-page", page, load, code=("reports/load.py", "reports/html_text.py", *CODE), block=50, documents=12, weight=1.5, warm=_warm)  # fmt: skip
