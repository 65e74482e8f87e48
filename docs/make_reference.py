"""Write the generated pages: the case reference and the command line.

    python docs/make_reference.py            write them
    python docs/make_reference.py --check    exit 1 when one is not current

Words of the case reference are the docstrings of `spillover.case.schema`; change them
there.
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typer.main import get_command

from spillover.case import schema
from spillover.case.fields import Element, Frozen
from spillover.cli.app import app

DOCS = Path(__file__).parent
NOTE = "<!-- Made by docs/make_reference.py: do not edit. -->"
# A fixed order of reading: the case first, then as a file is written.
SECTIONS = [
    "Case",
    "HistoryFiles",
    "Source",
    "Place",
    "Actor",
    "PartOf",
    "Tie",
    "Driver",
    "Jumps",
    "State",
    "Stream",
    "Marks",
    "Harm",
    "Observed",
    "Report",
    "Response",
    "KernelPart",
    "Reply",
    "OddsRule",
    "Condition",
    "PendingDay",
    "Restraint",
    "InForce",
    "RedLine",
    "PastPeak",
    "Raises",
    "Opens",
    "Wears",
    "Warn",
    "Says",
    "Speaker",
    "Gauge",
    "Drives",
    "Outcome",
    "Sequence",
    "Reference",
    "Lever",
    "Action",
    "Cost",
    "Variant",
    "Choice",
    "Alternative",
    "Watch",
]
# Written in tables beside the case or parsed from it, never by hand in the file.
UNWRITTEN = {("Case", n) for n in ("records", "counts", "events", "codebook", "shared")}
RUN = "import sys; from spillover.cli import main; sys.argv[0] = 'spillover'; main()"
VERBS = tuple(get_command(app).commands)
INTRO = """\
# Case reference

Every key that a case file may hold. Unknown keys are faults. `spillover new FOLDER`
writes a commented example with a JSON Schema for editors.

**Numbers.** `3`, `2 days`, `0.1 per day`, `15 %` are certain. `0.2..0.6 per day` is a
number we do not know: its central 90 %, one value in each sample. `1~14 days` is a
thing that varies: one value each time it occurs. In delays, durations and thresholds
a plain `..` is read as `~`. With a reason or source: `{is: 0.2..0.6 per day, why:
text, sources: [ids], basis: data, alike: group}`; a varying number whose median is
unknown: `{median: 6..25 days, spread: 0.8}`. `rest` is what is left to 1. A word is a
shared number of `numbers`. A number names its sources or gives its reason, itself or
through its element.

**Units.** `hours days weeks months years`; rates `per day`, `per week`, `per month`,
`per year`, `per 90 days`; a walk's spread `per sqrt month`. A duration or rate
without its unit is a fault.

**Patterns** choose events: a stream's id, or `ACTOR ACTION TARGET from PLACE in
PLACE` with `*` for any and the places optional; then marks in parentheses: `launches
(deadly)`, `(injuring)`, `(result: landed)`, `(in: iraq)`, `(by: member)`. A list
means any of them. An actor stands for its members and parts too, a place for what
lies in it. **Quantities** are a pattern (number of events), `deaths by PATTERN`,
`injured by PATTERN` or `gauge ID`. An **act** is a pattern that names exactly one
stream.

**Actions** (PLOVER): AGREE CONSULT SUPPORT COOPERATE AID CONCEDE RETREAT REQUEST
ACCUSE REJECT THREATEN PROTEST SANCTION MOBILIZE COERCE ASSAULT.

**Dates** are `YYYY-MM-DD`, days of the case's `zone`. What is known lies before the
day `origin`.
"""
TABLES = """\
## Tables beside the case

CSV in UTF-8 with a header row; `history` names the files.

### records: what happened, one row each

| column | meaning |
|---|---|
| `id` | key of the record |
| `date`, `date_to` | first and last possible day; blank `date_to`: that day |
| `source`, `action`, `target` | ids of actors or codes of the codebook; a PLOVER word |
| `from`, `in` | places where it was launched and where it happened |
| `about` | tells two words between the same two apart |
| `deaths`, `injured` | numbers; blank: not known |
| `marks` | such as `large; result: landed` |
| `sources` | ids, parted by `;` |
| `published` | blank: date of the newest source |
| `order` | order kept within a day or range |
| `note` | anything a reader should know |

### events: how many by stream and day

Written by `spillover fit --events`; streams that records or counts speak of stay out.

| column | meaning |
|---|---|
| `stream` | id of the stream |
| `date`, `date_to` | the day; or first and last possible day |
| `count` | how many |
| `source` | where they are from |

### counts: how many in a span

| column | meaning |
|---|---|
| `id` | key of the count |
| `from`, `to` | days, both included; or a month such as `2024-01` in `from` |
| `of` | a pattern or `report ID` |
| `count`, `low`, `high` | the number or its ends |
| `kind` | exact, at least, about, range or missing |
| `rival` | rows of one group are rivals; each sample takes one |
| `weight` | belief in a rival |
| `sources`, `note` | as above |

### codebook: printed codes and the actors they mean

| column | meaning |
|---|---|
| `printed` | code or name as printed |
| `actor` | id of the actor |
"""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required():
        return ""
    if value is PydanticUndefined or value in (None, "", (), {}):
        return ""
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return f"`{value}`"


def _rows(model: type[BaseModel], skip: set[str]) -> list[str]:
    lines = ["| key | needed | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        if name in skip or (model.__name__, name) in UNWRITTEN:
            continue
        needed = "yes" if field.is_required() else ""
        default = _default(field)
        lines.append(
            f"| `{field.alias or name}` | {needed} | {default} "
            f"| {_cell(field.description or '')} |"
        )
    return [*lines, ""]


def models() -> dict[str, type[BaseModel]]:
    """Classes of the schema by name, each that is part of a case file."""
    return {
        n: m
        for n, m in inspect.getmembers(schema, inspect.isclass)
        if issubclass(m, Frozen)
        and m.__module__ == schema.__name__
        and m not in (Element, Frozen)
    }


def case_reference() -> str:
    """The page of every key of a case file."""
    found = models()
    order = [*SECTIONS, *(n for n in found if n not in SECTIONS)]
    lines = [NOTE, "", INTRO, "## Every element", ""]
    lines += [
        "Actors, ties, drivers, states, streams, reports, responses, replies,",
        "restraints, red lines, warnings, gauges, outcomes, levers and variants may",
        "all carry:",
        "",
    ]
    lines += _rows(Element, set())
    for name in order:
        model = found[name]
        lines += [f"## {name}", "", inspect.getdoc(model) or "", ""]
        own = issubclass(model, Element)
        if own:
            lines += ["Besides what every element may carry:", ""]
        lines += _rows(model, set(Element.model_fields) if own else set())
    return "\n".join([*lines, TABLES])


def _help(*words: str) -> str:
    env = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    env["PYTHONIOENCODING"] = "utf-8"
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words, "--help"],
        capture_output=True,
        check=True,
        encoding="utf-8",
        env=env,
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def cli() -> str:
    """The page of the command line."""
    lines = [NOTE, f"<!-- typer {version('typer')} -->", "", "# Command line", ""]
    lines += [
        "Answers go to the standard output; progress and notes to the standard error.",
        "Exit codes: 0 done, 1 failed, 2 the input cannot be used",
        "([errors](errors.md)). `SPILLOVER_DEBUG=1` shows where an error came from.",
        "",
    ]
    for verb in ("", *VERBS):
        title = f"spillover {verb}".strip()
        text = _help(*([verb] if verb else []))
        lines += [f"## {title}", "", "```text", text, "```", ""]
    return "\n".join(lines).rstrip() + "\n"


PAGES = {"case-reference.md": case_reference, "cli.md": cli}


def main() -> int:
    """Write the pages, or check them; returns the exit code."""
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        sys.stderr.write(
            f"not current: {', '.join(stale)}; run {Path(__file__).name}\n"
        )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
