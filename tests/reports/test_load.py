"""Reports in: encodings, pages, folders, and what is no report. One message each."""

import subprocess
import sys

import pytest

from spillover.errors import InputError
from spillover.reports.load import Loaded, load_reports

TEXT = (
    "The army of Arland said on Monday that it had left the delta. The brigades, who were "
    "there as well, said that they would stay for as long as it takes."
)


def load(*paths, **more):
    return list(load_reports(paths, **more))


def refused(path, **more):
    with pytest.raises(InputError) as e:
        load(path, **more)
    return str(e.value)


def test_text_with_a_head(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(
        f"Published: 2031-03-01\nSource: A Wire\nTitle: Out\n\n{TEXT}\n", "utf-8"
    )
    (report,) = load(path)
    assert (report.title, report.outlet, report.published.isoformat()) == (
        "Out",
        "A Wire",
        "2031-03-01",
    )
    assert report.text == TEXT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes((TEXT + " The café “closed” – élan.").encode(encoding))
    (report,) = load(path)
    assert "café" in report.text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(tmp_path, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.encode(encoding))
    (report,) = load(path)
    assert report.text == TEXT
    assert report.notes == (f"read as {encoding}, not UTF-8",)


@pytest.mark.parametrize("stated", ["undefined", "idna", "no-such", "rot13", "hex"])
def test_a_page_that_states_an_encoding_that_is_none(tmp_path, stated):
    path = tmp_path / "a.html"
    page = f"<html><head><meta charset={stated}></head><body><p>{TEXT} élan</p></body></html>"
    path.write_bytes(page.encode("cp1252"))
    (report,) = load(path)
    assert "élan" in report.text


def test_a_text_that_speaks_of_encodings_is_not_read_by_them(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(f"{TEXT} charset=utf-16 was an élan.".encode("cp1252"))
    (report,) = load(path)
    assert report.text.endswith("charset=utf-16 was an élan.")


def test_a_page_that_begins_with_the_browser_s_remark(tmp_path):
    path = tmp_path / "a.html"
    path.write_text(
        "<!-- saved from url=(0020)https://example.org/ -->\n"
        f"<html><body><article><p>{TEXT}</p></article></body></html>",
        "utf-8",
    )
    (report,) = load(path)
    assert report.text.startswith(TEXT[:30])


def test_line_ends_and_control_characters(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(TEXT.replace(". ", ".\r\n").encode() + b"\x01\x02")
    (report,) = load(path)
    assert "\r" not in report.text
    assert report.notes == ("2 control characters were removed",)


def test_a_saved_page(tmp_path):
    path = tmp_path / "a.html"
    path.write_text(
        "<!doctype html><html><head><title>Out | Wire</title>"
        '<meta property="og:title" content="Arland leaves the delta">'
        '<meta property="article:published_time" content="2021-03-01T08:00:00Z">'
        "<script>var x = 'Eastmark attacked Westmark';</script></head><body>"
        "<nav><a href='#'>Home</a></nav><div onclick=\"steal()\">Accept cookies</div>"
        f"<article><h1>Arland leaves the delta</h1><p>{TEXT}</p><p>{TEXT} Again.</p></article>"
        "<!-- hidden: Norland attacked --><iframe src='x'></iframe>"
        "<script src='https://example.invalid/x.js'></script></body></html>",
        "utf-8",
    )
    (report,) = load(path)
    assert report.title == "Arland leaves the delta"
    assert report.published.isoformat() == "2021-03-01"
    assert "The army of Arland" in report.text
    for gone in ("Eastmark attacked", "steal", "hidden", "<", "script", "Home"):
        assert gone not in report.text


def test_a_folder_leaves_out_what_is_no_report(tmp_path):
    (tmp_path / "b.txt").write_text(TEXT, "utf-8")
    (tmp_path / "a.md").write_text(TEXT + " Here.", "utf-8")
    (tmp_path / "empty.txt").write_text(" \n", "utf-8")
    (tmp_path / "table.csv").write_text("a,b", "utf-8")
    (tmp_path / ".hidden.txt").write_text(TEXT, "utf-8")
    loaded = Loaded()
    names = [r.name.rsplit("/", 1)[-1] for r in load(tmp_path, loaded=loaded)]
    assert names == ["a.md", "b.txt"]
    why = {f.rsplit("/", 1)[-1]: w for f, w in loaded.skipped}
    assert why["table.csv"] == ".csv files are no reports"
    assert why["empty.txt"].endswith("the file is empty. Expected the text of a report")


def test_standard_input():
    (report,) = load("-", stdin=TEXT.encode())
    assert report.name == "standard input"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.7 ...", "this is a PDF, not a text. Save it as text or as a web page (HTML) and give that"),
        (b"PK\x03\x04....", "this is a Word file or an archive, not a text. Save it as text or as a web page (HTML) and give that"),
        (b"\x00\x01\x02\x00" * 50, "this is a binary file, not a text. Save it as text or as a web page (HTML) and give that"),
        (b"", "the file is empty. Expected the text of a report"),
        (b"  \n\t\n", "the file is empty. Expected the text of a report"),
        (
            "قالت الحكومة يوم الاثنين إن الجيش انسحب من المدينة بعد محادثات طويلة مع الوسطاء".encode(),
            "this text looks like Arabic, Persian or another language in Arabic script; the default reader reads English. Give it an English text, or read it with --backend llm",
        ),
        (
            b"Le gouvernement a dit que les troupes sont dans la ville et que le chef de l'armee est avec une partie des soldats pour la nuit.",
            "this text looks like French; the default reader reads English. Give it an English text, or read it with --backend llm",
        ),
        (b"12345 67890 !!!", "this text looks like no language (it has no words); the default reader reads English. Give it an English text, or read it with --backend llm"),
        (b"<html><body></body></html>", "no article was found in this page. Expected a page saved from a browser with its text; save it as text or as a web page (HTML) and give that"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path, data, message):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    assert refused(path) == f"{path}: {message}"


def test_missing_file_and_empty_folder(tmp_path):
    assert (
        refused(tmp_path / "no.txt")
        == f"{tmp_path / 'no.txt'}: there is no such file or folder"
    )
    assert refused(tmp_path) == (
        f"{tmp_path}: no report in this folder. Expected files ending in .txt, .md, .html or .htm"
    )


def test_a_mostly_arabic_text_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(
        "قال الجيش إن الغارة على المدينة كانت ردا " * 8 + TEXT[:60], "utf-8"
    )
    assert "Arabic, Persian or another language" in refused(path)


def test_right_to_left_words_in_an_english_text(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(
        f"{TEXT} The group, called جيش الدلتا in Arabic, left. {TEXT}", "utf-8"
    )
    (report,) = load(path)
    assert "جيش الدلتا" in report.text


def test_ten_megabytes_in_one_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text((TEXT + " ") * (10_000_000 // (len(TEXT) + 1)), "utf-8")
    (report,) = load(path)
    assert len(report.text) > 9_900_000


FLAT = """
import sys, tracemalloc
from pathlib import Path
from spillover.reports.load import load_reports

reports = load_reports([Path(sys.argv[1])])
for _ in range(50):
    next(reports)
tracemalloc.start()
for _ in range(10):
    next(reports)
early = tracemalloc.get_traced_memory()[1]
tracemalloc.reset_peak()
assert sum(1 for _ in reports) == 340
print(early, tracemalloc.get_traced_memory()[1])
"""


def test_memory_stays_flat_over_many(tmp_path):
    """In a process of its own: threads that other tests left would be counted too."""
    for n in range(400):
        (tmp_path / f"{n:03d}.txt").write_text(f"{TEXT} Number {n}. " * 20, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", FLAT, tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    early, late = map(int, done.stdout.split())
    assert late < 2 * early + 500_000
