"""Errors and warnings of Spillover.

    SpilloverError
      InputError            what the user gave cannot be used (exit code 2)
        CaseError           a case file and the tables beside it
        EventsError         event data
      ModelError            the case asks for a model that cannot be
        UnstableError       events beget more events without end
      FitError
        ConvergenceError
      RunError              a run could not be finished (exit code 1)

This file imports nothing of Spillover.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "ApproximationWarning",
    "CaseError",
    "ConvergenceError",
    "ConvergenceWarning",
    "DataWarning",
    "EventsError",
    "Fault",
    "FitError",
    "InputError",
    "ModelError",
    "RunError",
    "SpilloverError",
    "UnstableError",
    "among",
    "nearest",
]


def nearest(name: str, names: Iterable[str]) -> str:
    """The one of ``names`` that was probably meant; nothing when none is near."""
    return next(iter(difflib.get_close_matches(name, list(names), 1)), "")


def among(name: str, names: Iterable[str]) -> str:
    """What there is instead of an unknown name, as the end of a message."""
    known = list(names)
    near = nearest(name, known)
    meant = f'. Did you mean "{near}"?' if near else ""
    return f"{', '.join(known) or 'none'}{meant}"


def _short(text: str, most: int) -> str:
    """A text of which a person still finds the end; what was cut shows as dots."""
    return text if len(text) <= most else f"{text[: most - 40]} ... {text[-35:]}"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where, what was found, what was expected, how to mend.

    Attributes
    ----------
    file, line, column
        Place, 1-based; line 0 when the whole file is meant.
    where
        Dotted path of the element or the column of the table.
    found, expected, mend, hint
        Sentences without a full stop; `hint` is what was probably meant.
    """

    file: str
    line: int
    column: int
    where: str
    found: str
    expected: str = ""
    mend: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        where, found = _short(self.where, 200), _short(self.found, 1000)
        text = f"{place}: {where}: {found}." if where else f"{place}: {found}."
        if self.expected:
            text += f" Expected {_short(self.expected, 2000)}."
        if self.hint:
            text += f' Did you mean "{_short(self.hint, 200)}"?'
        if self.mend:
            text += f" {self.mend}."
        return text


class SpilloverError(Exception):
    """Any error that Spillover raises on purpose."""


class InputError(SpilloverError):
    """What the user gave cannot be used; ``faults`` lists everything found wrong."""

    def __init__(self, faults: Sequence[Fault] | str) -> None:
        self.faults: tuple[Fault, ...] = (
            () if isinstance(faults, str) else tuple(faults)
        )
        text = faults if isinstance(faults, str) else "\n".join(map(str, faults))
        text = "\n".join(_short(line, 4000) for line in text.split("\n"))
        # half characters, which no terminal prints, become question marks
        super().__init__(text.encode("utf-8", "replace").decode())


class CaseError(InputError):
    """A case file or a table beside it."""


class EventsError(InputError):
    """Event data."""


class ModelError(SpilloverError):
    """The case asks for a model that cannot be."""


class UnstableError(ModelError):
    """Events beget more events without end."""


class FitError(SpilloverError):
    """A fit failed."""


class ConvergenceError(FitError):
    """A sampler did not converge."""


class RunError(SpilloverError):
    """A run could not be finished."""


class DataWarning(UserWarning):
    """Something in the data that a person should know."""


class ConvergenceWarning(UserWarning):
    """A fit that converged badly."""


class ApproximationWarning(UserWarning):
    """A number that is approximate."""
