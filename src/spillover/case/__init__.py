"""Case files: schema, reader, checks. Never imports the model, an engine or `assemble`."""

from spillover.case.check import check_case
from spillover.case.read import (
    bundled_cases,
    numbers_by_path,
    read_case,
    read_document,
)
from spillover.case.schema import Case

__all__ = [
    "Case",
    "bundled_cases",
    "check_case",
    "numbers_by_path",
    "read_case",
    "read_document",
]
