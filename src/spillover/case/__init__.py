"""Case files: schema, reader, checks. Never imports the model, an engine or `assemble`."""

from spillover.case.read import bundled_cases, numbers_by_path, read_case
from spillover.case.schema import Case

__all__ = ["Case", "bundled_cases", "numbers_by_path", "read_case"]
