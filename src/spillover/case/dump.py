"""A case back to YAML: reading what is written gives an equal case.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from pydantic import BaseModel

from spillover.case.number_text import Number
from spillover.case.pattern_text import PatternText, QuantityText
from spillover.case.schema import Case, Marks

__all__ = ["dump_case"]

SKIP = {"records", "counts", "events", "codebook", "shared"}


def _number(n: Number) -> Any:  # noqa: ANN401 - YAML
    reason = {
        k: v
        for k, v in (
            ("basis", n.basis),
            ("why", n.why),
            ("sources", list(n.sources)),
            ("alike", n.alike),
        )
        if v
    }
    if n.kind == "median" and n.median is not None and n.spread is not None:
        return {"median": _number(n.median), "spread": _number(n.spread), **reason}
    return {"is": n.text, **reason} if reason else n.text


def _quantity(q: QuantityText) -> Any:  # noqa: ANN401 - YAML
    if q.kind in ("gauge", "report"):
        return f"{q.kind} {q.name}"
    if q.kind in ("deaths", "injured"):
        return f"{q.kind} by {q.patterns[0].text}"
    return [p.text for p in q.patterns] if len(q.patterns) > 1 else q.patterns[0].text


def _plain(value: Any) -> Any:  # noqa: ANN401 - YAML
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, PatternText):
        return value.text
    if isinstance(value, QuantityText):
        return _quantity(value)
    if isinstance(value, Marks):
        parts = {k: _plain(v) for k, v in value.yes_no.items()}
        parts |= {k: _plain(v) for k, v in value.choices.items()}
        return parts | {
            k: _plain(getattr(value, k))
            for k in ("deaths", "injured", "size")
            if getattr(value, k) is not None
        }
    if isinstance(value, BaseModel):
        out = {}
        for name, field in type(value).model_fields.items():
            item = getattr(value, name)
            if (isinstance(value, Case) and name in SKIP) or item == field.get_default(
                call_default_factory=True
            ):
                continue
            out[field.alias or name] = _plain(item)
        return out
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def dump_case(case: Case) -> str:
    """YAML of a case, defaults left out."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 4096
    out = io.StringIO()
    yaml.dump(_plain(case), out)
    return out.getvalue()
