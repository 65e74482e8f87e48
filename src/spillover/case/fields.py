"""Field types of the schema: numbers by unit kind, patterns, dates, ids.

This file must never import the model, an engine or `assemble`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from spillover.case.number_text import Number, NumberError, parse_number
from spillover.case.pattern_text import (
    PatternText,
    QuantityText,
    TextError,
    parse_pattern,
    parse_quantity,
)

__all__ = [
    "Act",
    "Chance",
    "ChanceRate",
    "Count",
    "Date",
    "Delay",
    "Duration",
    "Element",
    "Factor",
    "Frozen",
    "Id",
    "Ids",
    "Lasting",
    "Pattern",
    "Patterns",
    "Plain",
    "Positive",
    "Quantity",
    "Rate",
    "Spread",
    "Threshold",
    "TimeOrText",
    "Words",
    "Yielding",
    "branch",
    "fault",
    "is_number",
    "otherwise",
]


def fault(found: str, expected: str = "", mend: str = "") -> PydanticCustomError:
    """An error that carries what a `Fault` needs."""
    return PydanticCustomError(
        "spillover", "{found}", {"found": found, "expected": expected, "mend": mend}
    )


def _number(kind: str, *, varies: bool = False) -> Callable[[Any], Number]:
    def read(raw: Any) -> Number:  # noqa: ANN401 - raw YAML
        try:
            return parse_number(raw, kind, varies=varies)
        except NumberError as e:
            raise fault(e.found, e.expected, e.mend) from None

    return read


def _schema(kind: str) -> dict[str, Any]:
    text = {"type": ["number", "string"]}
    long = {
        "type": "object",
        "properties": {
            "is": text,
            "median": {},
            "spread": {},
            "basis": {"enum": ["data", "literature", "judgement"]},
            "why": {"type": "string"},
            "sources": {"type": ["array", "string"], "items": {"type": "string"}},
            "alike": {"type": "string"},
            "note": {"type": "string"},
        },
        "additionalProperties": False,
    }
    return {"anyOf": [text, long], "title": kind}


def _typed(kind: str, *, varies: bool = False) -> Any:  # noqa: ANN401 - a type
    return Annotated[
        Number,
        BeforeValidator(_number(kind, varies=varies)),
        WithJsonSchema(_schema(f"{kind} that varies" if varies else kind)),
    ]


if TYPE_CHECKING:
    Rate = Number
    Duration = Number
    Chance = Number
    ChanceRate = Number
    Factor = Number
    Positive = Number
    Spread = Number
    Plain = Number
    Delay = Number
    Lasting = Number
    Threshold = Number
    Count = Number
else:
    Rate = _typed("rate")
    Duration = _typed("duration")
    Chance = _typed("chance")
    ChanceRate = _typed("chance-rate")
    Factor = _typed("factor")
    Positive = _typed("positive")
    Spread = _typed("spread")
    Plain = _typed("plain")
    Delay = _typed("duration", varies=True)
    Lasting = _typed("duration", varies=True)
    Threshold = _typed("count", varies=True)
    Count = _typed("count", varies=True)


def _read_pattern(raw: Any) -> PatternText:  # noqa: ANN401 - raw YAML
    if isinstance(raw, PatternText):
        return raw
    try:
        return parse_pattern(raw)
    except TextError as e:
        raise fault(e.found, e.expected) from None


def _read_patterns(raw: Any) -> tuple[PatternText, ...]:  # noqa: ANN401 - raw YAML
    if isinstance(raw, (list, tuple)):
        return tuple(_read_pattern(r) for r in raw)
    return (_read_pattern(raw),)


def _read_quantity(raw: Any) -> QuantityText:  # noqa: ANN401 - raw YAML
    if isinstance(raw, QuantityText):
        return raw
    try:
        return parse_quantity(raw)
    except TextError as e:
        raise fault(e.found, e.expected) from None


def _read_date(raw: Any) -> dt.date:  # noqa: ANN401 - raw YAML
    if isinstance(raw, dt.date):
        return raw
    if isinstance(raw, str):
        try:
            return dt.date.fromisoformat(raw.strip())
        except ValueError:
            pass
    msg = (
        f'"{raw}" is not a date' if raw is not None else "an empty value is not a date"
    )
    raise fault(msg, "a date such as 2024-11-05")


def _read_id(raw: Any) -> str:  # noqa: ANN401 - raw YAML
    if isinstance(raw, str) and re.fullmatch(r"[a-z0-9][a-z0-9-]*", raw):
        return raw
    msg = f'"{raw}" is not an id' if isinstance(raw, str) else "this is not an id"
    raise fault(msg, "small letters, digits and dashes, such as tehran-word")


def _read_words(raw: Any) -> tuple[str, ...]:  # noqa: ANN401 - raw YAML
    if raw is None:
        return ()
    if isinstance(raw, str):
        return (raw,)
    if isinstance(raw, (list, tuple)) and all(
        isinstance(r, (str, int, float)) for r in raw
    ):
        return tuple(str(r) for r in raw)
    msg = "this does not fit here"
    raise fault(msg, "a text or a list of texts")


_PATTERN_SCHEMA = {"type": "string", "title": "pattern"}
_MANY = {"type": ["string", "array"], "items": {"type": "string"}}
Pattern = Annotated[
    PatternText, BeforeValidator(_read_pattern), WithJsonSchema(_PATTERN_SCHEMA)
]
Act = Annotated[
    PatternText,
    BeforeValidator(_read_pattern),
    WithJsonSchema({"type": "string", "title": "act"}),
]
Patterns = Annotated[
    tuple[PatternText, ...],
    BeforeValidator(_read_patterns),
    WithJsonSchema({**_MANY, "title": "pattern"}),
]
Quantity = Annotated[
    QuantityText,
    BeforeValidator(_read_quantity),
    WithJsonSchema({**_MANY, "title": "quantity"}),
]
Date = Annotated[
    dt.date,
    BeforeValidator(_read_date),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Id = Annotated[
    str,
    BeforeValidator(_read_id),
    WithJsonSchema({"type": "string", "pattern": "^[a-z0-9][a-z0-9-]*$"}),
]
Words = Annotated[tuple[str, ...], BeforeValidator(_read_words), WithJsonSchema(_MANY)]
Ids = Words


def branch(*rules: tuple[str, Callable[[Any], bool]]) -> Discriminator:
    """Which of several forms a value has, so that faults name that form only."""

    def choose(value: Any) -> str:  # noqa: ANN401 - raw YAML
        return next(tag for tag, holds in rules if holds(value))

    return Discriminator(choose)


def is_number(value: Any) -> bool:  # noqa: ANN401 - raw YAML
    """Whether a raw value is a number and not a mapping of several."""
    """Whether raw YAML is a number, short or long."""
    return not isinstance(value, dict) or bool({"is", "median"} & set(value))


def otherwise(_: Any) -> bool:  # noqa: ANN401 - raw YAML
    """The last form of a choice."""
    """The last branch takes everything."""
    return True


Yielding = Annotated[
    Annotated[Literal["by control"], Tag("control")]
    | Annotated[Chance, Tag("number")]
    | Annotated[dict[str, Chance], Tag("members")],
    branch(
        ("control", lambda v: v == "by control"),
        ("number", is_number),
        ("members", otherwise),
    ),
]
"""One number, one for each member, or by the owner's control over them."""


def _read_time_or_text(raw: Any) -> Any:  # noqa: ANN401 - raw YAML
    if isinstance(raw, Number):
        return raw
    if isinstance(raw, str) and not raw[:1].isdigit():
        return raw
    return _number("duration", varies=True)(raw)


TimeOrText = Annotated[
    Number | str,
    BeforeValidator(_read_time_or_text),
    WithJsonSchema(_schema("duration or words")),
]


class Frozen(BaseModel):
    """Base of every part of a case: frozen, unknown keys are faults."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        defer_build=True,
        use_attribute_docstrings=True,
        arbitrary_types_allowed=True,
    )


class Element(Frozen):
    """What every element may say about itself."""

    id: str = Field(
        default="",
        description="Name of the element; made from its content when absent.",
    )
    name: str = ""
    """Name for people."""
    sources: Ids = ()
    """Ids of the sources of its numbers."""
    why: str = ""
    """Reason of its numbers where they are judged."""
    basis: str = ""
    """data, literature or judgement."""
    note: str = ""
    """Anything a reader should know."""
    spans: Words = ()
    """Where reports say so: "source:first-last", characters of the report's text."""
