"""What a format of event data is: its columns, and how each becomes a field of a record.

One value of `Format` per source, in a small file each (`gdelt`, `ucdp`, `acled`,
`icews`, `polecat`, `plain`); `known.py` lists them. Text columns are turned into fields
by SQL expressions, so that a million rows take seconds; `expressions` has the parts
they share. This file must never import a case, a model or a page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal

__all__ = ["Form", "Format", "Rule", "plain_name", "several_of", "words"]


@dataclass(frozen=True)
class Rule:
    """Why a row is dropped, or a value blanked.

    Attributes
    ----------
    name
        In words, as the reconciliation prints it.
    when
        SQL condition on the raw columns, true for what is at fault.
    field
        Empty: the row is dropped. Else the field of the record that is blanked, while
        the row is kept.
    """

    name: str
    when: str
    field: str = ""


@dataclass(frozen=True)
class Form:
    """One shape in which a format is published: its columns by position.

    Attributes
    ----------
    columns
        Names in order.
    fits
        Regular expressions by column that its text must match in full (blank passes
        only where the expression allows it); read only where there is no header.
    title
        Such as "GDELT 2.0, 61 columns".
    """

    columns: tuple[str, ...]
    fits: Mapping[str, str] = field(default_factory=dict)
    title: str = ""


@dataclass(frozen=True)
class Format:
    """One source of event data.

    Attributes
    ----------
    name
        What `--format` takes.
    title
        Its name in messages.
    dataset
        Value of the column `dataset` in the store.
    forms
        Its shapes, the present one first.
    delimiter, quoted
        Of the text; `quoted` means CSV quotes.
    header
        Whether files have a header: always, never, or maybe.
    spellings
        Other names of columns, in `plain_name` form, and the column they mean.
    optional
        Columns that some releases leave out.
    needed
        Columns without which no row can be read, even when the format is named by hand.
    fields
        SQL expression of each field of a record that the source has.
    country_system
        Code system of each of the three country fields, for `ontology.country_of`.
    rules
        In order; the first that holds drops the row.
    blanks
        Texts that stand for nothing, besides the empty one.
    encoding
        How to read a file that is not UTF-8; empty: it is guessed.
    repair_tabs
        Cut empty columns that stand too many at the end of a row.
    lag_days, lag_why
        When the source says no date of publication: days after the event's last day
        on which the report is taken to be known, and the reason.
    code_system
        Code system of `code`, for `ontology.action_of`.
    notes
        What a reader of the data must know; printed with each import.
    """

    name: str
    title: str
    dataset: str
    forms: tuple[Form, ...]
    delimiter: str
    quoted: bool
    header: Literal["always", "never", "maybe"]
    fields: Mapping[str, str]
    code_system: Literal["cameo", "acled", "ucdp", "plover", "plain"]
    rules: tuple[Rule, ...] = ()
    country_system: Mapping[str, str] = field(default_factory=dict)
    spellings: Mapping[str, str] = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()
    blanks: tuple[str, ...] = ()
    encoding: str = ""
    repair_tabs: bool = False
    lag_days: int = 0
    lag_why: str = ""
    notes: tuple[str, ...] = ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column of any of its shapes, in order."""
        return tuple(dict.fromkeys(c for f in self.forms for c in f.columns))

    @cached_property
    def _by_name(self) -> dict[str, str]:
        """Every spelling of a column, its own name before others'."""
        own = {plain_name(c): c for c in reversed(self.columns)}
        return {**self.spellings, **own}

    def column_of(self, printed: str) -> str | None:
        """Column that a printed header means; None for one that is not known."""
        return self._by_name.get(plain_name(printed))


def several_of(names: Sequence[str], most: int = 20) -> str:
    """Names for a message: the first ones, and how many more there are."""
    shown = ", ".join(n.strip()[:60] or "(blank)" for n in names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


@lru_cache(maxsize=4096)
def plain_name(text: str) -> str:
    """Letters and digits of a column's name, in lower case.

    Examples
    --------
    >>> plain_name("Event ID"), plain_name(" EVENT_ID_CNTY ")
    ('eventid', 'eventidcnty')
    """
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def words(text: str) -> tuple[str, ...]:
    """Names parted by blanks, for long lists of columns."""
    return tuple(text.split())
