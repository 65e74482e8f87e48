"""The slot table: every number of a case as a column of theta, named by dotted path.

A column is *drawn* (one value per draw), *certain*, a *copy* (a field that names a
shared number: it has a column of its own, so a lever can change it alone) or what is
left (*rest*: one less the sum of others). A thing that varies has two columns,
``path.median`` and ``path.spread``.

Place: built while a case is assembled; read by `draws`, `changes` and whoever explains
a draw. This file must never import a case.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from spillover.errors import ModelError, nearest
from spillover.model.structure import Slot, Varying

__all__ = ["Z90", "Column", "Family", "SlotBuilder", "SlotTable"]

Z90 = 1.6448536269514722
"""Half-width of the central 90 % of a standard normal."""
Family = Literal["lognormal", "logitnormal"]
Law = Literal["certain", "lognormal", "logitnormal", "copy", "rest"]


@dataclass(frozen=True)
class Column:
    """One column of theta.

    Attributes
    ----------
    path
        Its dotted path: its name for levers, and the key of its randomness.
    key
        Key of the randomness where the path holds a position in a list.
    law
        How a draw gets its value.
    low, high
        The 5 % and 95 % points in the units of the model (days, per day); equal for
        a certain value.
    group
        Name of the group of numbers it is `alike` to, or nothing.
    source
        Copy: the column it copies.
    parts
        Rest: the columns whose sum is taken from one.
    zero
        What it becomes when its element is switched off; NaN: off leaves it alone.
    cap
        Drawn values are cut to it (a factor above one has a largest value).
    kind
        Unit kind of the field: rate, duration, chance, factor, positive, count, plain.
    """

    path: str
    law: Law
    low: float = math.nan
    high: float = math.nan
    group: str = ""
    source: Slot = -1
    parts: tuple[Slot, ...] = ()
    zero: float = math.nan
    cap: float = math.inf
    kind: str = "plain"
    key: str = ""

    @property
    def drawn(self) -> bool:
        """Whether it differs between draws by its own randomness."""
        return self.law in ("lognormal", "logitnormal")

    @property
    def median(self) -> float:
        """Middle value of a drawn or certain column."""
        if self.law == "lognormal":
            return math.sqrt(self.low * self.high)
        if self.law == "logitnormal":
            return _expit(0.5 * (_logit(self.low) + _logit(self.high)))
        return self.low

    @property
    def spread(self) -> float:
        """Standard deviation of the log (or logit); zero for a certain value."""
        if self.law == "lognormal":
            return math.log(self.high / self.low) / (2.0 * Z90)
        if self.law == "logitnormal":
            return (_logit(self.high) - _logit(self.low)) / (2.0 * Z90)
        return 0.0


def _logit(p: float) -> float:
    return math.log(p / (1.0 - p))


def _expit(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


@dataclass(frozen=True)
class SlotTable:
    """All columns, and the correlation of each group.

    Attributes
    ----------
    columns
        In the order in which the case names them.
    alike
        Correlation (of the normal scores) of two numbers of a group.
    varying
        Paths of things that vary: each has ``.median`` and ``.spread``.
    """

    columns: tuple[Column, ...]
    alike: dict[str, float]
    varying: frozenset[str]
    index: dict[str, Slot]

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Paths of the columns in order."""
        return tuple(c.path for c in self.columns)

    def column(self, path: str) -> Slot:
        """Column of a path.

        Raises
        ------
        ModelError
            When no column has it.
        """
        if path not in self.index:
            near = nearest(path, self.index)
            hint = f"; did you mean {near}?" if near else ""
            msg = f"{path}: the case has no number of this path{hint}"
            raise ModelError(msg)
        return self.index[path]

    def copies(self, source: Slot) -> tuple[Slot, ...]:
        """Columns that copy ``source``."""
        return tuple(i for i, c in enumerate(self.columns) if c.source == source)

    def under(self, element: str) -> tuple[Slot, ...]:
        """Columns of an element: its path and everything below it."""
        dot = element + "."
        return tuple(
            i
            for i, c in enumerate(self.columns)
            if c.path == element or c.path.startswith(dot)
        )


@dataclass
class SlotBuilder:
    """Collects columns while a case is assembled."""

    alike: dict[str, float] = field(default_factory=dict)
    columns: list[Column] = field(default_factory=list)
    index: dict[str, Slot] = field(default_factory=dict)
    varying: dict[str, Varying] = field(default_factory=dict)

    def add(self, column: Column) -> Slot:
        """Slot of a column; a path that is known keeps its first column."""
        if column.path in self.index:
            return self.index[column.path]
        slot = len(self.columns)
        self.columns.append(column)
        self.index[column.path] = slot
        return slot

    def certain(self, path: str, value: float, *, zero: float = math.nan) -> Slot:
        """Column of a value that is the same in every draw."""
        return self.add(Column(path, "certain", value, value, zero=zero))

    def rest(self, path: str, parts: Iterable[Slot], *, zero: float = math.nan) -> Slot:
        """Column of what ``parts`` leave to one."""
        return self.add(
            Column(path, "rest", parts=tuple(parts), zero=zero, kind="chance")
        )

    def copy(self, path: str, source: Slot, *, zero: float, cap: float) -> Slot:
        """Column of its own for a field that names a shared number."""
        kind = self.columns[source].kind
        return self.add(
            Column(path, "copy", source=source, zero=zero, cap=cap, kind=kind)
        )

    def table(self) -> SlotTable:
        """Return the finished table."""
        return SlotTable(
            tuple(self.columns),
            dict(self.alike),
            frozenset(self.varying),
            dict(self.index),
        )
