"""A draft case as YAML: one element a line, questions to the analyst at the head.

This file must never import the case format, a model or a page.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from spillover.reports.draft import Draft

__all__ = ["draft_yaml"]

_LINE = 110
"""Characters up to which an element stands on one line."""

_HEAD = """\
Drafted from reports by Spillover. Nothing in it has been reviewed.
  a..b  we do not know it (central 90 %)     a~b  it varies from one time to the next
Names and structure come from the reports: `spans` gives source, first and last character.
Every number is a wide judgement (basis: judgement); none was taken from a text.
"""


def draft_yaml(draft: Draft) -> str:
    """The text of a draft case file."""
    yaml = YAML()
    yaml.width = 4096  # a value stays on its line
    yaml.representer.ignore_aliases = lambda _: True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.allow_unicode = True
    out = io.StringIO()
    yaml.dump(_block(draft.case), out)
    head = [f"# {line}" for line in _HEAD.splitlines()]
    head += ["#", "# Questions for the analyst:"]
    head += [f"#  {n}. {text}" for n, text in enumerate(draft.questions, start=1)]
    return "\n".join(head) + "\n" + out.getvalue()


def _block(case: Mapping[str, Any]) -> CommentedMap:
    """Elements in block style, each of their values on a line of its own."""
    top = CommentedMap()
    for key, value in case.items():
        if isinstance(value, Mapping):
            top[key] = CommentedMap({k: _element(v) for k, v in value.items()})
        elif isinstance(value, list):
            top[key] = CommentedSeq([_element(v) for v in value])
        else:
            top[key] = value
        top.yaml_set_comment_before_after_key(key, before="\n")
    return top


def _element(value: Any) -> Any:  # noqa: ANN401 - any YAML value
    """A short element on one line, a longer one with a line for each value."""
    if isinstance(value, Mapping) and len(str(value)) > _LINE:
        return CommentedMap({k: _flow(v) for k, v in value.items()})
    return _flow(value)


def _flow(value: Any) -> Any:  # noqa: ANN401 - any YAML value
    if isinstance(value, Mapping):
        made = CommentedMap({k: _flow(v) for k, v in value.items()})
        made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        items = CommentedSeq([_flow(v) for v in value])
        items.fa.set_flow_style()
        return items
    return value
