"""Support and contradiction over reports; grades of source and item apart."""

from datetime import date

from spillover.reports.ledger import Ledger, Statement, credibility
from spillover.reports.reader import LexiconReader
from spillover.reports.report import Report, report_id
from tests.reports.test_ties import ROWS

DAY = date(2031, 3, 3)


def ledger(*texts, **more):
    reports = [
        Report(report_id(t), t, name=f"r{n}", published=DAY)
        for n, t in enumerate(texts)
    ]
    reader = LexiconReader(ROWS)
    return Ledger(tuple((r, reader.read(r)) for r in reports), **more)


SAID = "Westmark struck Arland on Monday, officials said."
AGAIN = "On Monday Westmark struck Arland, an envoy said."
DENIED = "Westmark denied striking Arland on Monday."


def statement(found):
    (one,) = [s for s in found.statements() if s.key[1] == "ASSAULT"]
    return one


def test_two_reports_support_one_statement():
    one = statement(ledger(SAID, AGAIN))
    assert (one.key, one.independent, len(one.against)) == (
        ("westmark", "ASSAULT", "arland"),
        2,
        0,
    )
    assert credibility(one)[0] == 2


def test_copies_count_once():
    book = ledger(SAID, AGAIN)
    first, second = (r.id for r, _ in book.readings)
    folded = Ledger(book.readings, copies={first: first, second: first})
    assert statement(folded).independent == 1
    assert credibility(statement(folded))[0] == 4  # one report, unnamed speakers


def test_two_sides_contradict_and_both_stay():
    book = ledger(SAID, DENIED)
    one = statement(book)
    assert (len(one.support), len(one.against)) == (1, 1)
    (pair,) = book.contradictions()
    assert "is denied" in pair.against
    assert len(pair.reports) == 2
    assert credibility(one)[0] == 4


def test_tolls_that_exclude_each_other():
    book = ledger(
        "Westmark struck Arland on Monday and killed nine soldiers, the Arlandic army said.",
        "Westmark struck Arland on Monday and killed seventeen soldiers, the rebels said.",
    )
    (pair,) = book.contradictions()
    assert "9 dead" in pair.says
    assert "17 dead" in pair.against


def test_attacks_a_month_apart_are_two_statements():
    book = ledger(
        "Westmark struck Arland on 1 February.", "Westmark struck Arland on 1 March."
    )
    assert len([s for s in book.statements() if s.key[1] == "ASSAULT"]) == 2


def test_credibility_by_rule():
    def grade(said, denied):
        one = statement(ledger(SAID))
        against = statement(ledger(DENIED)).against
        return credibility(Statement(one.key, one.support, against * denied, said))[0]

    assert grade(3, 0) == 1
    assert grade(2, 0) == 2
    assert credibility(statement(ledger("Westmark struck Arland on Monday.")))[0] == 3
    assert credibility(statement(ledger(DENIED)))[0] == 6
