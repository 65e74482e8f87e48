"""Text patterns met with streams: which events match, as clauses of streams and bits.

A clause asks for bits only where some events of a stream match and others do not: a
member of an umbrella, a place that is drawn, a mark. What a stream's identity settles
(its actors, its own places) needs no bit.

"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from spillover.assemble.names import MOST_BITS
from spillover.assemble.relations import Relations
from spillover.case.pattern_text import PatternText
from spillover.errors import ModelError
from spillover.model.structure import DEADLY, INJURING, Act, Clause, Pattern

__all__ = ["Bits", "StreamWords", "compile_act", "compile_pattern"]

ANY = "*"


@dataclass(frozen=True)
class StreamWords:
    """Identity of a stream, and the marks it draws.

    ``places`` are the options of its ``in`` mark; ``values`` the values of its choices
    by name; ``yes_no`` its yes/no marks.
    """

    id: str
    source: str
    action: str
    target: str
    place_from: str = ""
    place_in: str = ""
    about: str = ""
    places: tuple[str, ...] = ()
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    yes_no: tuple[str, ...] = ()


@dataclass
class Bits:
    """Hands out one bit per mark, when it is first asked for."""

    relations: Relations
    bits: dict[str, int] = field(
        default_factory=lambda: {"deadly": DEADLY, "injuring": INJURING}
    )

    def of(self, name: str) -> int:
        """Bit of a mark.

        Raises
        ------
        ModelError
            When there would be more than 60.
        """
        if name not in self.bits:
            if len(self.bits) >= MOST_BITS:
                msg = (
                    f"more than {MOST_BITS} marks, members and places are told apart "
                    f"(the next is {name}); leave out some that no pattern needs"
                )
                raise ModelError(msg)
            self.bits[name] = 1 << len(self.bits)
        return self.bits[name]

    def place(self, place: str) -> int:
        """Bits of a place and of all it lies in."""
        found = 0
        for name in self.relations.chain(place):
            found |= self.of(f"in: {name}")
        return found

    def known_place(self, place: str) -> int:
        """Find the same, of those that have a bit already."""
        found = 0
        for name in self.relations.chain(place):
            found |= self.bits.get(f"in: {name}", 0)
        return found


def _member_bits(bits: Bits, stream: StreamWords, actor: str) -> list[int] | None:
    """Bits that make the acting one ``actor``: [0] any event, None: no event."""
    relations = bits.relations
    if relations.stands_for(actor, stream.source):
        return [0]
    members = relations.members_within(stream.source, actor)
    return [bits.of(f"by: {m}") for m in members] or None


def _place_bits(bits: Bits, stream: StreamWords, place: str) -> int | None:
    """Bits that put the event in ``place``: 0 always there, None: never."""
    relations = bits.relations
    if stream.place_in and relations.lies_in(stream.place_in, place):
        return 0
    if any(relations.lies_in(option, place) for option in stream.places):
        return bits.of(f"in: {place}")
    return None


def _mark_bits(bits: Bits, stream: StreamWords, name: str, value: str) -> int | None:
    if name in ("deadly", "injuring"):
        return bits.of(name)
    if value:
        if value in stream.values.get(name, ()):
            return bits.of(f"{name}: {value}")
        return None
    return bits.of(name) if name in stream.yes_no else None


def _clauses(
    words: PatternText, stream: StreamWords, index: int, bits: Bits
) -> list[Clause]:
    """Clauses of one pattern on one stream (several: any of some members)."""
    relations = bits.relations
    ways = [0]
    if words.stream:
        if words.stream != stream.id:
            return []
    else:
        if words.action not in (ANY, stream.action):
            return []
        if words.target != ANY and not relations.stands_for(
            words.target, stream.target
        ):
            return []
        if words.source != ANY:
            found = _member_bits(bits, stream, words.source)
            if found is None:
                return []
            ways = found
    if words.place_from and not (
        stream.place_from and relations.lies_in(stream.place_from, words.place_from)
    ):
        return []
    places = [words.place_in] if words.place_in else []
    places += [value for name, value in words.marks if name == "in"]
    for place in places:
        need = _place_bits(bits, stream, place)
        if need is None:
            return []
        ways = [w | need for w in ways]
    for name, value in words.marks:
        if name == "in":
            continue
        if name == "by":
            found = _member_bits(bits, stream, value)
            if found is None:
                return []
            ways = [w | f for w in ways for f in found]
            continue
        need = _mark_bits(bits, stream, name, value)
        if need is None:
            return []
        ways = [w | need for w in ways]
    return [Clause(index, w) for w in ways]


def _simplify(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """Without repeats and without clauses that a wider one holds already."""
    kept = list(dict.fromkeys(clauses))
    return tuple(
        c
        for c in kept
        if not any(
            o is not c and o.stream == c.stream and o.require & ~c.require == 0
            for o in kept
        )
    )


def compile_pattern(
    words: Sequence[PatternText], streams: Sequence[StreamWords], bits: Bits
) -> Pattern:
    """Events that match any of the patterns.

    Parameters
    ----------
    words
        Patterns in words; any of them.
    streams
        All streams in order.
    bits
        Where bits of marks come from.

    Returns
    -------
    Pattern
        Empty when no stream can match.
    """
    found: list[Clause] = []
    for pattern in words:
        for index, stream in enumerate(streams):
            found += _clauses(pattern, stream, index, bits)
    return Pattern(_simplify(found))


def compile_act(words: PatternText, streams: Sequence[StreamWords], bits: Bits) -> Act:
    """Compile what happens: one stream and forced marks.

    An act in words names the stream that is closest: places it does not state may be
    any, but if several streams are left it must be written as a stream's id.

    Raises
    ------
    ModelError
        When no stream or several fit, or a mark is not one of the stream's.
    """
    bare = PatternText(
        words.text,
        words.stream,
        words.source,
        words.action,
        words.target,
        words.place_from,
        words.place_in,
    )
    fits = [
        (i, _clauses(bare, s, i, bits)[0])
        for i, s in enumerate(streams)
        if _clauses(bare, s, i, bits)
    ]
    exact = [
        (i, c)
        for i, c in fits
        if (streams[i].source, streams[i].target) == (words.source, words.target)
    ]
    if not words.stream and len(fits) > 1 and exact:
        fits = exact
    if len(fits) != 1:
        names = ", ".join(streams[i].id for i, _ in fits)
        found = f"fits several streams: {names}" if fits else "fits no stream"
        msg = f"act {words.text!r} {found}; name one stream by its id"
        raise ModelError(msg)
    index, clause = fits[0]
    stream, flags = streams[index], clause.require
    if words.place_in and flags:
        flags |= bits.place(words.place_in)
    for name, value in words.marks:
        if name == "in":
            flags |= bits.place(value)
            continue
        if name == "by":
            members = _member_bits(bits, stream, value)
            need = members[0] if members and len(members) == 1 else None
        else:
            need = _mark_bits(bits, stream, name, value)
        if need is None:
            word = f"{name}: {value}" if value else name
            msg = f"act {words.text!r}: stream {stream.id} has no mark ({word})"
            raise ModelError(msg)
        flags |= need
    return Act(index, flags)
