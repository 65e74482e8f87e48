"""JSON Schema (draft-07) of the case format, for editors.

Made from the models, whose descriptions it carries; forms that the reader accepts as
shorthand are let through. `check` remains the judge.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

from typing import Any

from spillover.case.schema import Case

__all__ = ["json_schema"]

READ_ONLY = ("records", "counts", "events", "codebook", "shared")
SHORTHAND: dict[str, tuple[str, ...]] = {
    "Outcome": ("event", "report", "gauge"),
    "Action": ("event",),
}
YES_NO = {"enum": [True, False, "yes", "no", "on", "off"]}


def _draft_07(node: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(node, dict):
        if node.get("type") == "boolean":
            return YES_NO | {k: v for k, v in node.items() if k == "description"}
        out = {}
        for key, value in node.items():
            # Forms overlap (a text may be a number or words): any of them will do.
            name = {"$defs": "definitions", "oneOf": "anyOf"}.get(key, key)
            if key == "$ref":
                out[name] = value.replace("#/$defs/", "#/definitions/")
            elif key != "discriminator":
                out[name] = _draft_07(value)
        return out
    return [_draft_07(v) for v in node] if isinstance(node, list) else node


def json_schema() -> dict[str, Any]:
    """The schema as plain values."""
    schema = _draft_07(Case.model_json_schema(by_alias=True, mode="validation"))
    for name in READ_ONLY:
        schema["properties"].pop(name, None)
    models = schema["definitions"]
    for model, keys in SHORTHAND.items():
        for key in keys:
            models[model]["properties"].setdefault(key, {"type": ["string", "array"]})
    models["Marks"] = {
        "type": "object",
        "description": "Marks an event may carry: result, yes/no marks, deaths, injured, size, in.",
    }
    for model in models.values():
        for key, field in model.get("properties", {}).items():
            if key == "within" and model.get("title") == "Outcome":
                field.pop("items", None)
                field["type"] = ["string", "array", "number"]
            if key == "holds" and model.get("title") == "Restraint":
                model["properties"][key] = {
                    "type": ["object", "array", "string"],
                    "description": field.get("description", ""),
                }
            if key == "on" and model.get("title") == "Action":
                model["properties"][key] = {
                    "type": ["string", "array"],
                    "description": field.get("description", ""),
                }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Spillover case",
        **schema,
    }
