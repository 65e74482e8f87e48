"""What calls take and give back: ids, bodies, refusals; their limits stand here.

This file must never import the simulator or a case.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from spillover.errors import InputError

__all__ = [
    "ID",
    "MOST_FILES",
    "MOST_REPORT",
    "PAGE_REFUSED",
    "QUIET_SECONDS",
    "REFUSED",
    "STATUSES",
    "Body",
    "CaseId",
    "CaseText",
    "Decision",
    "Decisions",
    "DraftAsked",
    "JobId",
    "MixAsked",
    "NewId",
    "OutlookAsked",
    "OutlookDraft",
    "PastedReport",
    "RecordAsked",
    "Refusal",
    "ReplayAsked",
    "ReportId",
    "Resolution",
    "RunAsked",
    "RunId",
    "SetNumber",
    "StudyAsked",
    "Text",
    "real_day",
    "refusal",
]

ID = r"^[a-z0-9][a-z0-9-]{0,79}$"
CaseId = Annotated[str, Path(pattern=ID, description="Id of a case.")]
RunId = Annotated[str, Path(pattern=ID, description="Id of a run.")]
ReportId = Annotated[str, Path(pattern=ID, description="Id of a report.")]
JobId = Annotated[str, Path(pattern=ID, description="Id of a piece of work.")]


def real_day(text: str) -> str:
    """A day as 2024-11-01, or nothing.

    Raises
    ------
    ValueError
        When it is neither.
    """
    try:
        real = not text or dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        real = False
    if not real:
        msg = f'"{text[:80]}" is no day: write it as 2024-11-01, or leave it out'
        raise ValueError(msg)
    return text


Day = Annotated[
    str,
    AfterValidator(real_day),
    WithJsonSchema({"type": "string", "pattern": r"^$|^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
]
MOST_FILES = 200
MOST_REPORT = 12_000_000
QUIET_SECONDS = 15.0


class Body(BaseModel):
    """What a call takes; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class NewId(Body):
    """Id for something new."""

    id: str = Field(pattern=ID)


class CaseText(Body):
    """A case file to save."""

    text: str = Field(max_length=2_000_000)
    base: str = Field(description="Digest of the text it was made from.", max_length=64)


class Text(Body):
    """A case file as it is being typed."""

    text: str = Field(max_length=2_000_000)


class SetNumber(Body):
    """One value of a case text to change."""

    text: str = Field(max_length=2_000_000)
    where: str = Field(max_length=300)
    value: str = Field(max_length=2000)


class PastedReport(Body):
    """A report as text."""

    text: str = Field(max_length=2_000_000)
    title: str = Field(default="", max_length=300)
    outlet: str = Field(default="", max_length=200)
    published: Day = ""


class Decision(Body):
    """What becomes of a claim."""

    id: str = Field(max_length=200)
    verdict: Literal["accept", "reject", ""]
    edit: dict[str, str] = {}


class Decisions(Body):
    """Decisions on claims; all or none."""

    decisions: list[Decision] = Field(max_length=5000)


class DraftAsked(Body):
    """Reports to make a case of."""

    reports: list[str] = Field(min_length=1, max_length=500)
    id: str = Field(pattern=ID)
    title: str = Field(default="", max_length=300)
    origin: Day = ""


class OutlookAsked(Body):
    """Who acts next: as of a day, so far ahead, of whom."""

    as_of: Day = ""
    horizon: int = Field(default=7, ge=1, le=30)
    actor: str = Field(default="", max_length=300)
    action: str = Field(default="", max_length=40)
    target: str = Field(default="", max_length=300)


class OutlookDraft(Body):
    """A draft case around actors, by id; those of a pair parted by a semicolon."""

    around: list[Annotated[str, Field(max_length=700)]] = Field(
        min_length=1, max_length=100
    )
    id: str = Field(pattern=ID)


class RunAsked(Body):
    """How large a run is to be."""

    draws: int = Field(default=2000, ge=1, le=200_000)
    futures: int = Field(default=20, ge=1, le=1000)
    seed: int = Field(default=1, ge=0, le=2**62)
    as_written: bool = False
    full: bool = Field(
        default=False, description="Also levers, ways, assumptions, what-ifs."
    )


class ReplayAsked(Body):
    """On which earlier days a case is to be asked."""

    every: str = Field(default="month", pattern=r"^(month|[1-9][0-9]{0,2}d)$")
    first: Day = ""
    until: Day = ""
    draws: int = Field(default=400, ge=2, le=20_000)
    futures: int = Field(default=20, ge=1, le=1000)
    seed: int = Field(default=1, ge=0, le=2**62)


class StudyAsked(Body):
    """What to ask of a run."""

    kind: Literal["levers", "paths", "sensitivity", "what_if"]
    outcome: str = Field(default="", max_length=300)
    name: str = Field(default="", max_length=300, description="Of a what-if.")
    pairs: bool = False


class MixAsked(Body):
    """Levers and how far each is pulled, 0 to 1."""

    strengths: dict[str, Annotated[float, Field(ge=0.0, le=1.0)]] = Field(
        max_length=200
    )
    stream: str = Field(
        default="", max_length=64, pattern=r"^[A-Za-z0-9-]*$",
        description="Names a slider panel: what it asked before is cancelled.",
    )  # fmt: skip


class RecordAsked(Body):
    """Outcomes to put on record; all when empty."""

    outcomes: list[str] = Field(default=[], max_length=200)


class Resolution(Body):
    """What came, with who says so; or why it is void."""

    answer: str = Field(default="", max_length=20)
    source: str = Field(default="", max_length=1000)
    void: str = Field(default="", max_length=1000)


class Refusal(BaseModel):
    """Why something was refused."""

    message: str
    faults: list[dict[str, Any]] = []


STATUSES = (400, 401, 403, 404, 409, 413, 421, 422)
REFUSED: dict[int | str, dict[str, Any]] = {n: {"model": Refusal} for n in STATUSES}
PAGE_REFUSED: dict[int | str, dict[str, Any]] = {
    n: {
        "description": "Why it was refused; a page for browsers.",
        "content": {
            "application/json": {"schema": Refusal.model_json_schema()},
            "text/html": {},
        },
    }
    for n in STATUSES
}


def refusal(error: InputError) -> Refusal:
    """A refusal of what was given, with its places."""
    return Refusal(
        message=str(error),
        faults=[
            {"line": f.line, "column": f.column, "where": f.where, "text": str(f)}
            for f in error.faults
        ],
    )
