"""Reports from files, folders and standard input, one at a time.

Text (any encoding) and pages saved from a browser. What is no report is refused with one
message; in a folder it is left out and said so. This file must never import a reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from spillover.errors import InputError
from spillover.reports.dates import printable_year
from spillover.reports.html_text import looks_like_html, page_of
from spillover.reports.language import language_of
from spillover.reports.report import Report, report_id

__all__ = ["Loaded", "load_reports"]

Progress = Callable[[int, int, str], None]

_TEXT = frozenset((".txt", ".text", ".md", ".htm", ".html", ".xhtml", ""))
_BINARY = {
    b"%PDF": "a PDF", b"PK\x03\x04": "a Word file or an archive", b"\xd0\xcf\x11\xe0": "an old Office file",
    b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture", b"GIF8": "a picture",
    b"\x1f\x8b": "a compressed file", b"SQLite": "a database", b"{\\rtf": "an RTF file",
}  # fmt: skip
_LIKELY = (
    *("cp1252", "cp1251", "cp1256", "cp1250", "cp1254", "cp1255", "cp1253", "cp1257"),
    *("gb18030", "big5", "shift_jis", "euc_kr", "utf_16_le", "utf_16_be"),
)
"""What reports that are not UTF-8 are in; a wider choice errs more on short texts."""
_HEADER = re.compile(
    r"^(title|date|published|source|outlet|publisher|author|byline|url|link)\s*:\s*(.+)$",
    re.IGNORECASE,
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MENDS = "Save it as text or as a web page (HTML) and give that"


@dataclass
class Loaded:
    """What loading has left out so far, for the end of the list.

    Attributes
    ----------
    skipped
        (file, reason) of what a folder held and was no report.
    """

    skipped: list[tuple[str, str]] = field(default_factory=list)


def load_reports(
    paths: Sequence[Path | str],
    *,
    stdin: bytes | None = None,
    published: date | None = None,
    outlet: str = "",
    progress: Progress | None = None,
    loaded: Loaded | None = None,
) -> Iterator[Report]:
    """Reports one after another; only one is in memory at a time.

    Parameters
    ----------
    paths
        Files, folders (with all below them), or "-" for standard input.
    stdin
        Its bytes, where "-" is given.
    published, outlet
        Day and outlet of reports that do not say theirs.
    progress
        Called with (done, total, file).
    loaded
        Filled with what was left out.

    Raises
    ------
    InputError
        When a file named by itself cannot be read, is empty, binary, or in a language
        that is not read.
    """
    loaded = loaded if loaded is not None else Loaded()
    files: list[tuple[Path | str, bool]] = []
    for path in paths:
        if str(path) == "-":
            files.append(("-", True))
        elif Path(path).is_dir():
            inside = _inside(Path(path), loaded)
            if not inside:
                msg = f"{path}: no report in this folder. Expected files ending in .txt, .md, .html or .htm"
                raise InputError(msg)
            files.extend((p, False) for p in inside)
        else:
            files.append((Path(path), True))
    for n, (file, alone) in enumerate(files):
        if progress is not None:
            progress(n, len(files), f"reading {Path(str(file)).name}")
        try:
            data = (stdin or b"") if file == "-" else _bytes(Path(file))
            yield report_of(
                data,
                name="standard input" if file == "-" else str(file),
                published=published,
                outlet=outlet,
            )
        except InputError as e:
            if alone:
                raise
            loaded.skipped.append((str(file), str(e)))
    if progress is not None:
        progress(len(files), len(files), "reading")


def _inside(folder: Path, loaded: Loaded) -> list[Path]:
    found = []
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or not path.is_file():
            continue
        if path.suffix.lower() in _TEXT:
            found.append(path)
        else:
            loaded.skipped.append((str(path), f"{path.suffix} files are no reports"))
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        msg = f"{path}: there is no such file or folder"
        raise InputError(msg) from None
    except OSError as e:
        msg = f"{path}: the file cannot be read ({e.strerror})"
        raise InputError(msg) from None


def report_of(
    data: bytes, *, name: str, published: date | None = None, outlet: str = ""
) -> Report:
    """The report in some bytes.

    Raises
    ------
    InputError
        When they hold none.
    """
    for magic, kind in _BINARY.items():
        if data.startswith(magic):
            msg = f"{name}: this is {kind}, not a text. {_MENDS}"
            raise InputError(msg)
    text, notes = _decode(data, name)
    particulars: dict[str, str] = {}
    if looks_like_html(text):
        page = page_of(text)
        body, title = page.text, page.title
        particulars = {
            "outlet": page.outlet, "author": page.author, "url": page.url,
            "date": page.published.isoformat() if page.published else "",
        }  # fmt: skip
        if not body.strip():
            msg = f"{name}: no article was found in this page. Expected a page saved from a browser with its text; {_MENDS[0].lower() + _MENDS[1:]}"
            raise InputError(msg)
    else:
        body, particulars = _headers(text)
        title = particulars.get("title", "")
    body, removed = _CONTROLS.subn("", body)
    if removed:
        notes.append(f"{removed} control characters were removed")
    body = body.strip()
    if not body:
        msg = f"{name}: the file is empty. Expected the text of a report"
        raise InputError(msg)
    language = language_of(body)
    if not language.readable:
        msg = f"{name}: this text looks like {language.name}; the default reader reads English. Give it an English text, or read it with --backend llm"
        raise InputError(msg)
    day = _day(particulars.get("date", ""))
    if day is not None and not printable_year(day):
        notes.append(f"its date, {day}, is no day of a report: left out")
        day = None
    if published is not None and not printable_year(published):
        msg = f"{name}: no report is of {published}. Expected the day on which it was published"
        raise InputError(msg)
    return Report(
        report_id(body),
        body,
        name=name,
        title=title or _first_line(body),
        outlet=particulars.get("outlet", "") or outlet,
        url=particulars.get("url", ""),
        author=particulars.get("author", ""),
        published=day or published,
        language=language.code,
        notes=tuple(notes),
    )


def _decode(data: bytes, name: str) -> tuple[str, list[str]]:
    notes: list[str] = []
    for mark, codec in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return _lines(data.decode(codec, "replace")), notes
    wide = _wide(data[:4096])
    if wide:
        notes.append(f"read as {wide}, not UTF-8")
        return _lines(data.decode(wide, "replace")), notes
    if data[:4096].count(0) > len(data[:4096]) // 20:
        msg = f"{name}: this is a binary file, not a text. {_MENDS}"
        raise InputError(msg)
    try:
        return _lines(data.decode("utf-8")), notes
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    codec = _stated(data[:2048])
    if not codec:
        best = from_bytes(data[:200_000], cp_isolation=list(_LIKELY)).best()
        if best is None:
            msg = f"{name}: this is a binary file, not a text. {_MENDS}"
            raise InputError(msg)
        codec = best.encoding
    text = data.decode(codec, "replace")
    notes.append(f"read as {codec}, not UTF-8")
    return _lines(text), notes


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of Latin text is zero."""
    if len(head) < 20:
        return ""
    half = len(head) // 2
    for first, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[first::2].count(0), head[1 - first :: 2].count(0)
        if zeros > 0.7 * half and others <= 0.02 * half:
            return codec
    return ""


def _stated(head: bytes) -> str:
    """The encoding a page states, where it is one that reads bytes as text."""
    if not looks_like_html(head.decode("latin-1")):
        return ""
    stated = re.search(rb"charset=[\"']?([A-Za-z0-9_-]+)", head)
    name = stated.group(1).decode("ascii") if stated else ""
    try:
        # "idna" and "undefined" are known to Python and read no page.
        b"a\xe9\xff".decode(name, "replace")
    except (LookupError, UnicodeError, ValueError):
        return ""
    return name


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _headers(text: str) -> tuple[str, dict[str, str]]:
    """Lines such as "Published: 2024-10-31" at the head, and the text below them."""
    found: dict[str, str] = {}
    lines = text.lstrip("\n ").split("\n")
    k = 0
    names = {"published": "date", "source": "outlet", "publisher": "outlet",
             "byline": "author", "link": "url"}  # fmt: skip
    while k < len(lines) and k < 8:
        match = _HEADER.match(lines[k].strip())
        if match is None:
            break
        key = match.group(1).lower()
        found[names.get(key, key)] = match.group(2).strip()
        k += 1
    return ("\n".join(lines[k:]), found) if found else (text, {})


def _day(text: str) -> date | None:
    from spillover.reports.dates import find_dates
    from spillover.reports.tokens import tokenise

    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        pass
    dates = find_dates(tokenise(text), None)
    return next(
        (d.past.first for d in dates if d.past.first and not d.past.inferred), None
    )


def _first_line(body: str) -> str:
    line = body.split("\n", 1)[0].strip()
    return line if len(line) <= 140 else line[:137].rsplit(" ", 1)[0] + " ..."
