"""Check a case: every rule across elements, all faults raised at once.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

from spillover.case import (
    check_history,
    check_levers,
    check_names,
    check_numbers,
    check_outcomes,
    check_sense,
    check_what_ifs,
)
from spillover.case.checking import Checker
from spillover.case.schema import Case
from spillover.case.yaml_text import Document
from spillover.errors import CaseError, Fault

__all__ = ["check_case", "faults_of"]


def check_case(
    case: Case, document: Document, *, strict: bool = False
) -> tuple[str, ...]:
    """Check a case that has been read.

    Parameters
    ----------
    case, document
        As `read_document` gives them.
    strict
        A number without source and reason is a fault instead of a warning.

    Returns
    -------
    tuple of str
        Warnings, a sentence each.

    Raises
    ------
    CaseError
        With every fault, in the order of the file.
    """
    check = Checker(case, document)
    _names(check)
    check_numbers.check_numbers(check)
    check_sense.check_elements(check)
    check_sense.check_dates(check)
    check_history.check_records(check)
    check_history.check_events(check)
    check_history.check_counts(check)
    check_outcomes.check_outcomes(check)
    check_levers.check_levers(check)
    check_what_ifs.check_what_ifs(check)
    check_sense.check_reasons(check, strict=strict)
    if check.faults:
        unique = dict.fromkeys(check.faults)
        raise CaseError(sorted(unique, key=lambda f: (f.file, f.line, f.column)))
    return tuple(check.warnings)


def faults_of(
    case: Case,
    document: Document,
    *,
    partial: bool = False,
    removed: frozenset[str] = frozenset(),
) -> list[Fault]:
    """Faults of names and shares in a case of which not everything could be read.

    Parameters
    ----------
    case, document
        What could be read.
    partial, removed
        That something is missing, and the ids of what is.
    """
    check = Checker(case, document, partial=partial, removed=removed)
    _names(check)
    return check.faults


def _names(check: Checker) -> None:
    check_names.check_for_duplicates(check)
    check_names.check_for_unknown_actors(check)
    check_names.check_patterns(check)
    check_names.check_for_unknown_sources(check)
    check_sense.check_shares(check)
