"""`Context`: what the builders of a case share: numbers to slots, words to patterns.

Built once per case, thrown away when the case is assembled.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from spillover.assemble.patterns import (
    Bits,
    StreamWords,
    compile_act,
    compile_pattern,
)
from spillover.assemble.relations import Relations
from spillover.assemble.slots import Z90, Column, SlotBuilder
from spillover.assemble.values import middle_and_spread
from spillover.case.number_text import Number
from spillover.case.pattern_text import PatternText
from spillover.clock import day_of
from spillover.errors import ModelError
from spillover.model.structure import ABSENT, Act, Pattern, Slot, Varying

__all__ = ["Context"]

Z999 = 3.0902323061678132
NAN = math.nan


@dataclass
class Context:
    """Shared state of the builders.

    Attributes
    ----------
    origin, horizon
        First day that is not known, and days to look ahead.
    relations, bits, slots
        See their classes.
    shared
        The shared numbers of the case by name.
    streams
        Identity of every stream in order.
    index
        Section to id to index, filled as sections are built.
    """

    origin: dt.date
    horizon: float
    relations: Relations
    shared: Mapping[str, Number]
    slots: SlotBuilder
    bits: Bits
    streams: list[StreamWords] = field(default_factory=list)
    index: dict[str, dict[str, int]] = field(default_factory=dict)
    widened: frozenset[str] = frozenset()
    """Paths that a variant or a lever sets: a fixed one among those that vary gets a
    spread (of zero) that the change can widen."""
    notes: list[str] = field(default_factory=list)

    # ---- days and words ------------------------------------------------------------

    def day(self, date: dt.date) -> int:
        """Whole days from the origin to the beginning of a date."""
        return day_of(date, self.origin)

    def pattern(self, words: Sequence[PatternText]) -> Pattern:
        """Pattern that matches any of ``words``."""
        return compile_pattern(words, self.streams, self.bits)

    def act(self, words: PatternText) -> Act:
        """Act of words."""
        return compile_act(words, self.streams, self.bits)

    def at(self, section: str, element: str, where: str) -> int:
        """Index of an element that ``where`` names.

        Raises
        ------
        ModelError
            When the section has none of that id.
        """
        found = self.index.get(section, {})
        if element not in found:
            msg = f"{where}: there is no {section}.{element}"
            raise ModelError(msg)
        return found[element]

    def register(self, section: str, ids: Iterable[str]) -> None:
        """Give the elements of a section their indices, in order."""
        self.index[section] = {name: k for k, name in enumerate(ids)}

    # ---- numbers -----------------------------------------------------------------

    def number(
        self,
        path: str,
        value: Number | None,
        *,
        zero: float = NAN,
        cap: float = math.inf,
        key: str = "",
    ) -> Slot:
        """Slot of a number that has one value per draw; ABSENT for none.

        ``key`` names its randomness where the path holds a position in a list.
        """
        if value is None:
            return ABSENT
        if value.kind == "shared":
            source = self._shared(value.name, varying=False)
            return self.slots.copy(path, source, zero=zero, cap=cap)
        return self.slots.add(self._column(path, value, zero=zero, cap=cap, key=key))

    def varying(self, path: str, value: Number | None) -> Varying | None:
        """Make a thing that varies: its family, and slots of its median and spread."""
        if value is None:
            return None
        if value.kind == "shared":
            base = self._base(value.name)
            law = self._law(f"numbers.{value.name}", base)
            made = replace(
                law,
                a=self.slots.copy(
                    self._leaf(path, law, "a"), law.a, zero=NAN, cap=math.inf
                ),
                b=law.b
                if law.b == ABSENT
                else self.slots.copy(f"{path}.spread", law.b, zero=NAN, cap=math.inf),
            )
        else:
            made = self._law(path, value)
        self.slots.varying[path] = made
        return made

    @staticmethod
    def _leaf(path: str, law: Varying, part: str) -> str:
        return path if law.family == "fixed" and part == "a" else f"{path}.median"

    def _law(self, path: str, value: Number) -> Varying:
        """Columns of a varying number under its own path."""
        if value.kind == "median":
            middle = self.number(f"{path}.median", value.median)
            spread = self.number(f"{path}.spread", value.spread)
            return Varying("lognormal", middle, spread)
        if value.kind == "certain" and path not in self.widened:
            return Varying("fixed", self.number(path, value))
        middle_value, spread_value = middle_and_spread(value)
        a = self.slots.add(
            Column(
                f"{path}.median", "certain", middle_value, middle_value, kind=value.unit
            )
        )
        b = self.slots.add(
            Column(f"{path}.spread", "certain", spread_value, spread_value)
        )
        return Varying(value.family, a, b)

    def _base(self, name: str) -> Number:
        if name not in self.shared:
            msg = f"numbers.{name}: there is no such shared number"
            raise ModelError(msg)
        return self.shared[name]

    def _shared(self, name: str, *, varying: bool) -> Slot:
        del varying
        return self.number(f"numbers.{name}", self._base(name))

    @staticmethod
    def _column(
        path: str, value: Number, *, zero: float, cap: float, key: str
    ) -> Column:
        if value.kind == "certain":
            return Column(
                path,
                "certain",
                value.low,
                value.low,
                zero=zero,
                cap=cap,
                kind=value.unit,
            )
        if value.kind != "unknown":
            msg = f"{path}: it varies, but one value per draw is wanted here"
            raise ModelError(msg)
        return Column(
            path,
            value.family,
            value.low,
            value.high,
            value.alike,
            zero=zero,
            cap=cap,
            kind=value.unit,
            key=key,
        )

    def top(self, slot: Slot, z: float = 4.5) -> float:
        """Find a value that a column practically never passes (1 for none)."""
        if slot == ABSENT:
            return 1.0
        column = self.slots.columns[slot]
        if column.law == "copy":
            return self.top(column.source, z)
        if column.law == "lognormal":
            return column.median * math.exp(z * column.spread)
        return column.low if column.law == "certain" else 1.0

    def largest(self, value: Number, z: float = Z999) -> float:
        """Find a point of a number's law (99.9 % by default) on its own scale."""
        if value.kind == "shared":
            return self.largest(self._base(value.name), z)
        if value.kind == "certain":
            return value.low
        if value.family == "lognormal":
            middle = math.sqrt(value.low * value.high)
            spread = math.log(value.high / value.low) / (2.0 * Z90)
            return middle * math.exp(z * spread)
        return 1.0
