"""Public verbs and views on results; what `import spillover` gives.

Imports everything below it; must never import `cli` or the web.
"""

from spillover.api.model import CaseModel, load
from spillover.api.run import Run, open_run
from spillover.api.verbs import check, new, run
from spillover.api.views import Outcomes

__all__ = ["CaseModel", "Outcomes", "Run", "check", "load", "new", "open_run", "run"]
