"""The formats that are recognized, by name. Must never import a case, a model or a page."""

from __future__ import annotations

from spillover.readers.acled import ACLED
from spillover.readers.formats import Format
from spillover.readers.gdelt import GDELT
from spillover.readers.icews import ICEWS
from spillover.readers.plain import PLAIN
from spillover.readers.polecat import POLECAT
from spillover.readers.ucdp import UCDP

__all__ = ["FORMATS"]

FORMATS: dict[str, Format] = {
    f.name: f for f in (GDELT, UCDP, ACLED, ICEWS, POLECAT, PLAIN)
}
"""By the name that `--format` takes; the plain table last, which fits almost anything."""
