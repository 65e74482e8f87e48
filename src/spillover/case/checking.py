"""`Checker`: collects the faults of one check with their places.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from spillover.case.read import position_of
from spillover.case.schema import Case
from spillover.case.yaml_text import Document
from spillover.errors import Fault, nearest

__all__ = ["Checker", "several"]


def several(n: int, one: str, many: str) -> str:
    """A number with its noun: 1 source is, 2 sources are."""
    return f"{n} {one if n == 1 else many}"


@dataclass
class Checker:
    """What the small check functions share: the case, and where faults go."""

    case: Case
    document: Document
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    removed: frozenset[str] = frozenset()
    """Ids of elements, and sections, that could not be read: naming one is no fault."""
    partial: bool = False
    """Whether the case was read in part, so that what is missing is not known."""
    unsure: bool = False
    """Whether a pattern is broken, so that what can come about is not known."""

    def fault(
        self, where: str, found: str, expected: str = "", mend: str = "", hint: str = ""
    ) -> None:
        """Note a fault at a dotted path."""
        line, column = position_of(where, self.document)
        self.faults.append(
            Fault(self.document.file, line, column, where, found, expected, mend, hint)
        )

    def table_fault(
        self,
        file: str,
        line: int,
        column: str,
        found: str,
        expected: str = "",
        mend: str = "",
        hint: str = "",
    ) -> None:
        """Note a fault in a table beside the case."""
        self.faults.append(Fault(file, line, 1, column, found, expected, mend, hint))

    def known(self, where: str, what: str, name: str, names: Collection[str]) -> bool:
        """Whether a name is known; notes a fault with what was probably meant."""
        if name in names or {name, f"{what}s"} & self.removed:
            return True
        near = nearest(name, list(names))
        some = ", ".join(sorted(names)[:8])
        self.fault(
            where,
            f'unknown {what} "{name}"',
            f"one of {some}" if some and not near else "",
            mend="" if near or some else "The case defines none",
            hint=near,
        )
        return False

    def table_unknown(
        self,
        file: str,
        line: int,
        column: str,
        found: str,
        name: str,
        names: Collection[str],
        expected: str,
        mend: str = "",
    ) -> None:
        """Note a name in a table that stands for nothing, with what was meant."""
        near = nearest(name, list(names))
        self.table_fault(
            file,
            line,
            column,
            found,
            "" if near else expected,
            "" if near else mend,
            near,
        )
