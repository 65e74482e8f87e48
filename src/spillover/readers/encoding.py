"""Bytes to UTF-8 text: byte-order marks, UTF-16, and old one-byte encodings.

UTF-8 is tried first and strictly. What is not UTF-8 is read as the format's own
encoding, or as the likeliest one; a few damaged lines in a file that is UTF-8 otherwise
stay UTF-8, and are counted. This file must never import a case, a model or a page.
"""

from __future__ import annotations

import codecs
import warnings
from dataclasses import dataclass
from typing import IO

__all__ = ["Encoding", "find_encoding", "head_of"]

_BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DAMAGE = 0.01
"""Share of lines with odd bytes up to which a file counts as damaged UTF-8."""

_LIKELY = (
    *("cp1252", "cp1251", "cp1256", "cp1250", "cp1254", "cp1255", "cp1253", "cp1257"),
    *("gb18030", "big5", "shift_jis", "euc_kr"),
)
"""What tables that are not UTF-8 are in; on short texts a wider choice errs more."""


@dataclass(frozen=True)
class Encoding:
    """How the bytes of a table become text.

    Attributes
    ----------
    name
        Codec.
    skip
        Bytes of the byte-order mark.
    strict
        False: bytes that are not text are replaced and their lines counted.
    note
        What to tell, or nothing.
    """

    name: str = "utf-8"
    skip: int = 0
    strict: bool = True
    note: str = ""


def head_of(file: IO[bytes], size: int = _BLOCK) -> tuple[bytes, Encoding]:
    """First bytes of a stream, and what its byte-order mark (or its zeros) says."""
    head = file.read(size)
    for mark, name in _MARKS:
        if head.startswith(mark):
            note = "" if name == "utf-8" else f"read as {name[:6].upper()}"
            return head, Encoding(name, len(mark), note=note)
    start = head[:200]
    if len(start) >= 8 and start[1::2].count(0) > 0.4 * len(start[1::2]):
        return head, Encoding("utf-16-le", note="read as UTF-16")
    if len(start) >= 8 and start[::2].count(0) > 0.4 * len(start[::2]):
        return head, Encoding("utf-16-be", note="read as UTF-16")
    return head, Encoding()


def find_encoding(file: IO[bytes], declared: str) -> Encoding:
    """Encoding of a table that is not UTF-8 throughout; reads the stream to its end."""
    odd: list[bytes] = []
    lines = good = bad = 0
    carry = b""
    while block := file.read(_BLOCK):
        *whole, carry = (carry + block).split(b"\n")
        for line in whole:
            lines += 1
            if line.isascii():
                continue
            try:
                line.decode()
            except UnicodeDecodeError:
                bad += 1
                if len(odd) < 2000:
                    odd.append(line)
            else:
                good += 1
    if carry and not carry.isascii():
        try:
            carry.decode()
        except UnicodeDecodeError:
            bad, odd = bad + 1, [*odd, carry]
    if good > bad and bad <= max(1, _DAMAGE * lines):
        return Encoding(strict=False)
    name = declared or _guess(b"\n".join(odd))
    return Encoding(
        name,
        note=f"not UTF-8: read as {name} ({bad:,} lines needed it); if names look wrong, save the file as UTF-8",
    )


def _guess(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = from_bytes(sample[:200_000], cp_isolation=list(_LIKELY)).best()
    name = best.encoding if best is not None else "cp1252"
    if name in ("cp1250", "cp1254", "cp1257"):
        # Latin scripts cannot be told apart by a few names; the commonest is taken.
        name = "cp1252"
    # Never a codec in which a line end or a comma could be something else.
    try:
        fits = "a,b\n\t".encode(name) == b"a,b\n\t"
    except (LookupError, UnicodeEncodeError):
        fits = False
    return name if fits else "cp1252"
