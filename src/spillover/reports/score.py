"""Score the reader on a gold set, by the columns of its rows.

Sets are known by their `set` column, so other files of the same form are scored alike.
This file must never import a page.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from spillover.errors import InputError, among
from spillover.reports.gold import Scores
from spillover.reports.gold_actors import score_actors, score_gsr_actors
from spillover.reports.gold_acts import score_gsr, score_plv
from spillover.reports.gold_attribution import score_attribution
from spillover.reports.gold_factuality import score_factuality
from spillover.reports.gold_ties import score_ties
from spillover.store.plain import read_json

__all__ = ["score_file"]

Rows = list[dict[str, Any]]
_SCORERS: dict[str, Callable[[Rows], dict[str, Scores]]] = {
    "plv": score_plv,
    "plover_gsr": lambda rows: {**score_gsr(rows), **score_gsr_actors(rows)},
    "polnear": score_attribution,
    "meantime_factuality": lambda rows: score_factuality(rows, certain=True),
    "uds_factuality": lambda rows: score_factuality(rows, certain=False),
    "ngec_actor": score_actors,
    "re3d": score_ties,
}


def score_file(path: Path, *, dictionaries: Path | None = None) -> dict[str, Scores]:
    """Every measure of the set in a file.

    Raises
    ------
    InputError
        When the file is no gold set of a known form.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        msg = f"{path}: the file cannot be read. Expected a gold set, one JSON object a line"
        raise InputError(msg) from None
    rows: Rows = []
    for n, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = read_json(line)
            row["gold"]
        except (ValueError, KeyError, TypeError):
            msg = f'{path}:{n}: this line is no row of a gold set. Expected a JSON object with "set" and "gold"'
            raise InputError(msg) from None
        rows.append(row)
    if not rows:
        msg = f"{path}: the file is empty. Expected a gold set, one JSON object a line"
        raise InputError(msg)
    name = str(rows[0].get("set", path.stem))
    known = [*_SCORERS, "petrarch_unit"]
    if name == "petrarch_unit" and dictionaries is None:
        msg = f"{path}: this set needs its dictionaries. Give their folder with --dictionaries"
        raise InputError(msg)
    if name not in known:
        msg = f'{path}: the set "{name}" is not known. Known: {among(name, known)}'
        raise InputError(msg)
    try:
        if dictionaries is not None and name == "petrarch_unit":
            from spillover.reports.gold_petrarch import score_petrarch

            return score_petrarch(rows, dictionaries)
        return _SCORERS[name](rows)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as e:
        msg = f"{path}: a row misses {e}. Expected the columns of the set {name}"
        raise InputError(msg) from None
