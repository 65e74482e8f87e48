"""A user's PETRARCH dictionaries: read whole, faults by line, sentences coded by them."""

from datetime import date
from pathlib import Path

import pytest

from spillover.errors import InputError
from spillover.reports.gold_petrarch import score_petrarch
from spillover.reports.petrarch import read_dictionaries
from spillover.reports.petrarch_code import code_sentence

FOLDER = Path(__file__).parent / "petrarch"


def coded(text, day=None):
    return {
        (e.source, e.target, e.code)
        for e in code_sentence(text, read_dictionaries(FOLDER), day)
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Norland attacked Southland on Monday.", {("NRL", "STH", "190")}),
        ("Norland's army raided Port South.", {("NRLMIL", "STH", "190")}),
        ("Southland was attacked by Norland soldiers.", {("NRLMIL", "STH", "190")}),
        ("Norland refused to attack Southland.", {("NRL", "STH", "120")}),
        ("Norland broke off diplomatic ties with Southland.", {("NRL", "STH", "161")}),
        (
            "Norland praised the Twin Isles.",
            {("NRL", "TWA", "051"), ("NRL", "TWB", "051")},
        ),
        ("Norland broke a vase in Southland.", set()),
        ("Norland praised nobody known.", set()),
        ("The minister of Southland praised Norland.", {("STHGOV", "NRL", "051")}),
    ],
)
def test_sentences(text, expected):
    assert coded(text) == expected


def test_codes_hold_on_their_days():
    assert coded("Norland praised the Old Kingdom.", date(1990, 1, 1)) == {
        ("NRL", "OKD", "051")
    }
    assert coded("Norland praised the Old Kingdom.", date(1999, 1, 1)) == {
        ("NRL", "NKD", "051")
    }
    assert coded("Norland praised the Old Kingdom.") == set()


def test_both_ways():
    assert coded("Norland met Southland.") == {
        ("NRL", "STH", "040"),
        ("STH", "NRL", "040"),
    }


def test_faults_name_file_and_line_and_the_rest_is_read(tmp_path):
    (tmp_path / "my.actors.txt").write_text(
        "NORLAND [NRL]\nBADLAND [BAD <xx>]\nSOUTHLAND [STH]\n", "utf-8"
    )
    (tmp_path / "my.verbs.txt").write_text(
        "--- PRAISE [051] ---\nPRAISE\n- NO STAR [100]\n", "utf-8"
    )
    found = read_dictionaries(tmp_path)
    assert found.faults == [
        'my.actors.txt:2: the code "[BAD <xx>]" cannot be read',
        "my.verbs.txt:3: this pattern cannot be read: - NO STAR [100]",
    ]
    assert ("SOUTHLAND",) in found.actors


def test_a_folder_without_dictionaries(tmp_path):
    with pytest.raises(InputError) as e:
        read_dictionaries(tmp_path)
    assert str(e.value) == (
        f'{tmp_path}: no dictionary of actors. Expected a file with "actors" in its name, ending in .txt'
    )
    with pytest.raises(InputError, match="there is no such folder"):
        read_dictionaries(tmp_path / "none")


def test_the_score_counts_whole_cases():
    rows = [
        {"text": "Norland attacked Southland.", "doc_date": "20310101",
         "gold": {"events": [{"sourcecode": "NRL", "targetcode": "STH", "eventcode": "190"}], "no_events": False}},
        {"text": "Norland broke a vase.", "doc_date": "20310101", "gold": {"events": [], "no_events": True}},
        {"text": "Norland praised Southland.", "doc_date": "20310101",
         "gold": {"events": [{"sourcecode": "NRL", "targetcode": "STH", "eventcode": "999"}], "no_events": False}},
    ]  # fmt: skip
    scores = score_petrarch(rows, FOLDER)
    assert scores["cases"].recall == pytest.approx(2 / 3)
    assert scores["events"].precision == pytest.approx(1 / 2)
