"""Spoil a document: bytes, cells, lines, numbers, dates, nesting, size, encoding.

Every change is drawn from the generator that is passed in, so an input is known by its
seed. Nothing here knows what the document is for; the grammar does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from tests.fuzz.odd import CHARACTERS, DATES, NUMBERS, TOKENS

__all__ = ["MUTATIONS", "mutate"]

Mutation = Callable[[bytes, Random, Sequence[bytes]], bytes]
_NUMBER = re.compile(rb"[0-9]+(?:\.[0-9]+)?")
_DATE = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}")
LARGEST = 1 << 20


def _at(data: bytes, rng: Random) -> int:
    return int(rng.random() * (len(data) + 1))


def _span(data: bytes, rng: Random, most: int = 400) -> tuple[int, int]:
    """A slice, short ones likelier."""
    a = _at(data, rng)
    return a, min(len(data), a + 1 + int(rng.random() ** 3 * most))


def _pick(some: Sequence[bytes], rng: Random) -> bytes:
    return some[int(rng.random() * len(some))]


def flip(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Other bytes in one to six places."""
    out = bytearray(data)
    for _ in range(1 + int(rng.random() * 6)):
        if out:
            out[int(rng.random() * len(out))] = int(rng.random() * 256)
    return bytes(out)


def delete(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """A slice less."""
    a, b = _span(data, rng)
    return data[:a] + data[b:]


def copy(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """A slice, a second time elsewhere."""
    a, b = _span(data, rng)
    k = _at(data, rng)
    return data[:k] + data[a:b] + data[k:]


def splice(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """A slice of another document in place of one of this."""
    other = _pick(others, rng)
    a, b = _span(data, rng, 800)
    c, d = _span(other, rng, 800)
    return data[:a] + other[c:d] + data[b:]


def cross(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """The beginning of this, the end of another, cut at line ends."""
    other = _pick(others, rng)
    a, b = data.rfind(b"\n", 0, _at(data, rng)), other.find(b"\n", _at(other, rng))
    return data[: max(a, 0)] + other[max(b, 0) :]


def token(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """A mark of some format put in, or in place of a few bytes."""
    k = _at(data, rng)
    cut = k + int(rng.random() * 3)
    return data[:k] + _pick(TOKENS, rng) + data[cut:]


def character(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """An odd character, alone or a run of it."""
    k = _at(data, rng)
    many = 1 if rng.random() < 0.9 else int(rng.random() * 300)
    return data[:k] + _pick(CHARACTERS, rng) * many + data[k:]


def _instead(
    data: bytes, rng: Random, what: re.Pattern[bytes], some: Sequence[bytes]
) -> bytes:
    found = what.search(data, _at(data, rng)) or what.search(data)
    if found is None:
        return data + _pick(some, rng)
    return data[: found.start()] + _pick(some, rng) + data[found.end() :]


def number(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Another number."""
    return _instead(data, rng, _NUMBER, NUMBERS)


def date(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Another date."""
    return _instead(data, rng, _DATE, DATES)


def line(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """A line moved, doubled or taken out."""
    lines = data.split(b"\n")
    k = int(rng.random() * len(lines))
    how = rng.random()
    if how < 0.35:
        del lines[k]
    else:
        lines.insert(int(rng.random() * len(lines)), lines[k])
        if how < 0.7:
            del lines[k]
    return b"\n".join(lines)


def _mark(data: bytes) -> bytes:
    """What parts the cells of the first line."""
    head = data[:2000].split(b"\n", 1)[0]
    return max((b",", b"\t", b";", b": ", b"|", b" "), key=head.count)


def cells(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Two cells of one line swapped, one doubled, taken out or emptied."""
    mark = _mark(data)
    lines = data.split(b"\n")
    k = 0 if rng.random() < 0.3 else int(rng.random() * len(lines))
    row = lines[k].split(mark)
    a, b = int(rng.random() * len(row)), int(rng.random() * len(row))
    how = rng.random()
    if how < 0.4:
        row[a], row[b] = row[b], row[a]
    elif how < 0.6:
        row.insert(a, row[b])
    elif how < 0.8:
        del row[a]
    else:
        row[a] = b"" if how < 0.9 else row[b]
    lines[k] = mark.join(row)
    return b"\n".join(lines)


def column(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """A column swapped with another, or twice, in every line."""
    mark = _mark(data)
    rows = [r.split(mark) for r in data.split(b"\n")]
    width = len(rows[0])
    a, b = int(rng.random() * width), int(rng.random() * width)
    twice = rng.random() < 0.4
    for row in rows:
        if len(row) == width:
            if twice:
                row.insert(a, row[b])
            else:
                row[a], row[b] = row[b], row[a]
    return b"\n".join(mark.join(r) for r in rows)


def ends(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Other line ends, in all of it or from somewhere on."""
    k = 0 if rng.random() < 0.5 else _at(data, rng)
    new = _pick((b"\r\n", b"\r", b"\n\n", b"\n\r", b" \n", b"\t\n"), rng)
    return data[:k] + data[k:].replace(b"\n", new)


def cut(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """The end is lost, or the beginning."""
    k = _at(data, rng)
    return data[:k] if rng.random() < 0.85 else data[k:]


def wide(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """The whole in another encoding, with or without its mark."""
    text = data.decode("utf-8", "replace")
    name = ("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1", "cp1251")[
        int(rng.random() * 6)
    ]
    return text.encode(name, "replace")


def nest(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Deep nesting, left open or closed."""
    deep = 1 + int(rng.random() ** 3 * 3000)
    left, right = (
        (b"[", b"]"), (b"{a: ", b"}"), (b'{"a":', b"}"), (b"(", b")"), (b"- ", b""),
        (b"<div>", b"</div>"), (b"<b>", b""), (b'"', b'"'), (b"[{", b"}]"),
    )[int(rng.random() * 9)]  # fmt: skip
    k = _at(data, rng)
    tail = right * deep if rng.random() < 0.5 else b""
    return data[:k] + left * deep + tail + data[k:]


def repeat(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """A short slice many times over: what is not linear shows here."""
    a, b = _span(data, rng, 30)
    if rng.random() < 0.3:
        part = _pick(TOKENS, rng)
    elif rng.random() < 0.3:
        part = (b" ", b"a", b"\n", b"1", b", ", b"a ", b". ", b"\t")[
            int(rng.random() * 8)
        ]
    else:
        part = data[a:b] or b"x"
    size = int(50 * 10 ** (rng.random() * 2.0))
    if rng.random() < 0.004:
        size = int(10 ** (4 + rng.random() * 2))
    many = max(1, min(size, LARGEST) // len(part))
    return data[:a] + part * many + data[b:]


MUTATIONS: tuple[Mutation, ...] = (
    *(flip, flip, delete, delete, copy, splice, splice, cross, token, token, token),
    *(character, character, number, number, number, date, date, line, line),
    *(cells, cells, cells, column, ends, cut, wide, nest, repeat),
)
_STRANGE = frozenset((wide, ends, cut, nest))


def mutate(
    data: bytes, rng: Random, others: Sequence[bytes], *, most: int = 7
) -> bytes:
    """A document with none to several changes; most keep most of it.

    Parameters
    ----------
    data
        What to spoil.
    rng
        Where chance comes from.
    others
        Documents to take parts of.
    most
        Changes at most; few of the inputs have so many.
    """
    if rng.random() < 0.06:
        return data
    many = 1 + int(rng.random() ** 2.5 * most)
    for _ in range(many):
        change = MUTATIONS[int(rng.random() * len(MUTATIONS))]
        if change in _STRANGE and rng.random() < 0.5:
            continue  # these leave little to look at
        if len(data) > LARGEST:
            break
        data = change(data, rng, others)
    return data
