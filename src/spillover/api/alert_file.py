"""The file of alert rules: read, with all faults at once.

    to: [file, stdout]             # for every rule that does not say otherwise
    alerts:
      - {outcome: strike-on-arland, window: 30 days, above: 20 %, below: 12 %, least_rise: 2 %}
    email: {host: mail.example.org, port: 587, security: starttls, from: watch@example.org, to: [desk@example.org]}

Secrets and the address of a webhook stand in the environment, never here.

Must never import `cli` or the web.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spillover.case.yaml_text import Document, parse_yaml, read_text
from spillover.errors import CaseError, Fault, nearest
from spillover.study.alert_rules import AlertRule

__all__ = ["CHANNELS", "PLAIN", "Alerts", "EMail", "read_alerts"]

CHANNELS = ("file", "stdout", "webhook", "email")
SECURITY = ("starttls", "ssl", "none")
RULE = ("id", "outcome", "window", "above", "below", "least_rise", "to")
RULE_EXAMPLES = {
    "outcome": "outcome: the id of one of the case",
    "above": "a chance such as above: 20 %",
    "below": "a lower chance such as below: 12 %",
}
MAIL_EXAMPLES = {
    "host": "host: mail.example.org",
    "from": "from: watch@example.org",
    "to": "to: [desk@example.org]",
}
MAIL = ("host", "port", "security", "from", "to")


@dataclass(frozen=True)
class EMail:
    """Where mail goes; user and password stand in the environment."""

    host: str
    port: int
    security: str
    sender: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class Alerts:
    """Rules, with the channels of each, and where mail goes."""

    rules: tuple[AlertRule, ...] = ()
    to: tuple[tuple[str, ...], ...] = ()
    email: EMail | None = None

    @property
    def channels(self) -> frozenset[str]:
        """Every channel some rule uses."""
        return frozenset(c for some in self.to for c in some)


PLAIN = Alerts()
"""No rules."""


def read_alerts(path: Path, questions: Mapping[str, tuple[str, str]]) -> Alerts:
    """Read a file of rules.

    Parameters
    ----------
    path
        The file.
    questions
        Id of every yes-or-no question to its (outcome, window).

    Raises
    ------
    CaseError
        With every fault, by file, line and column.
    """
    return _read(read_text(path, path.name), path.name, questions)


class _Reader:
    """Reads one file and collects its faults."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.faults: list[Fault] = []

    def fault(
        self, path: Sequence[str | int], found: str, expected: str = "", mend: str = "",
        hint: str = "",
    ) -> None:  # fmt: skip
        line, column = self.document.locate(path)
        where = ".".join(str(p + 1) if isinstance(p, int) else p for p in path)
        self.faults.append(
            Fault(self.document.file, line, column, where, found, expected, mend, hint)
        )

    def keys(self, at: Sequence[str | int], data: object, known: Sequence[str]) -> bool:
        """Whether it is a mapping; unknown keys are faults."""
        if not isinstance(data, dict):
            self.fault(at, "this is no mapping", f"keys such as {', '.join(known[:3])}")
            return False
        for key in data:
            if key not in known:
                self.fault(
                    [*at, key], f'unknown key "{key}"', f"one of {', '.join(known)}",
                    hint=nearest(str(key), known),
                )  # fmt: skip
        return True

    def chance(self, at: Sequence[str | int], raw: object) -> float:
        """A chance: 20 %, or 0.2."""
        text = str(raw).strip()
        m = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", text)
        value = float(m[1]) / (100.0 if m[2] else 1.0) if m else math.nan
        if not 0.0 <= value <= 1.0:
            self.fault(at, f'"{text}" is no chance', "such as 20 % or 0.2")
            return math.nan
        return value

    def channels(self, at: Sequence[str | int], raw: object) -> tuple[str, ...]:
        wanted = raw if isinstance(raw, list) else [raw]
        for c in wanted:
            if c not in CHANNELS:
                self.fault(
                    at, f'"{c}" is no channel', f"one of {', '.join(CHANNELS)}",
                    hint=nearest(str(c), CHANNELS),
                )  # fmt: skip
        return tuple(dict.fromkeys(str(c) for c in wanted))


def _read(text: str, file: str, questions: Mapping[str, tuple[str, str]]) -> Alerts:
    document, faults = parse_yaml(text, file)
    r = _Reader(document)
    r.faults += faults
    data = document.data
    if faults or not r.keys([], data, ("to", "alerts", "email")):
        raise CaseError(r.faults)
    to = r.channels(["to"], data["to"]) if "to" in data else ("file", "stdout")
    rows = data.get("alerts")
    if not isinstance(rows, list) or not rows:
        r.fault(["alerts"], "there is no rule", "a list of rules under alerts:")
        rows = []
    rules: list[AlertRule] = []
    ways, places = [], []
    for n, row in enumerate(rows):
        if r.keys(["alerts", n], row, RULE):
            rule = _rule(r, n, row, questions)
            if rule is not None:
                rules.append(rule)
                places.append(n)
                ways.append(
                    r.channels(["alerts", n, "to"], row["to"]) if "to" in row else to
                )
    twice = {x.id for x in rules if [y.id for y in rules].count(x.id) > 1}
    for n, x in zip(places, rules, strict=True):
        if x.id and x.id in twice:
            r.fault(
                ["alerts", n], f'two rules are called "{x.id}"', mend="Give each an id"
            )
    email = _email(r, data["email"]) if "email" in data else None
    if "email" not in data and any("email" in w for w in ways):
        r.fault(["email"], "rules send e-mail, and nothing says where to", "email: {host: ..., from: ..., to: [...]}")  # fmt: skip
    if r.faults:
        raise CaseError(r.faults)
    return Alerts(tuple(rules), tuple(ways), email)


def _rule(
    r: _Reader,
    n: int,
    row: Mapping[str, Any],
    questions: Mapping[str, tuple[str, str]],
) -> AlertRule | None:
    at: list[str | int] = ["alerts", n]
    before = len(r.faults)
    for key in ("outcome", "above", "below"):
        if key not in row:
            r.fault(at, f'"{key}" is missing', RULE_EXAMPLES[key])
    if len(r.faults) > before:
        return None
    outcome, window = str(row["outcome"]), str(row.get("window", "")).strip()
    above = r.chance([*at, "above"], row["above"])
    below = r.chance([*at, "below"], row["below"])
    rise = r.chance([*at, "least_rise"], row.get("least_rise", 0))
    if above <= below:
        r.fault(
            [*at, "below"], f"below ({below:g}) is not under above ({above:g})",
            "a lower chance, so that an alert does not flicker",
        )  # fmt: skip
    elif above == 0.0:
        r.fault([*at, "above"], "every chance is at or above 0", "a chance above 0")
    question = _question(r, at, outcome, window, questions)
    name = str(row.get("id", question))
    return AlertRule(name, question, above, below, rise)


def _question(
    r: _Reader,
    at: list[str | int],
    outcome: str,
    window: str,
    questions: Mapping[str, tuple[str, str]],
) -> str:
    """Id of the question meant."""
    windows = {w: q for q, (o, w) in questions.items() if o == outcome}
    if not windows:
        known = sorted({o for o, _ in questions.values()})
        r.fault(
            [*at, "outcome"], f'unknown outcome "{outcome}"',
            f"one of {', '.join(known)}, which ask yes or no",
            hint=nearest(outcome, known),
        )  # fmt: skip
        return ""
    if not window and len(windows) == 1:
        return next(iter(windows.values()))
    wanted = {
        window,
        f"within {window}",
        f"{window} days",
        f"within {window} days",
    }
    met = [q for w, q in windows.items() if w in wanted or q == f"{outcome}@{window}"]
    if not met:
        listed = ", ".join(w.removeprefix("within ") for w in windows)
        found = f'no window "{window}"' if window else "several windows"
        r.fault([*at, "window"], f"{outcome} has {found}", f"one of {listed}")
        return ""
    return met[0]


def _email(r: _Reader, data: object) -> EMail | None:
    if not r.keys(["email"], data, MAIL) or not isinstance(data, dict):
        return None
    before = len(r.faults)
    for key in ("host", "from", "to"):
        if not data.get(key):
            r.fault(["email"], f'"{key}" is missing', MAIL_EXAMPLES[key])
    security = str(data.get("security", "starttls"))
    if security not in SECURITY:
        r.fault(["email", "security"], f'"{security}" is no way to secure mail', f"one of {', '.join(SECURITY)}")  # fmt: skip
    usual = {"starttls": 587, "ssl": 465}.get(security, 25)
    port = data.get("port", usual)
    if not isinstance(port, int) or not 0 < port < 65536:
        r.fault(["email", "port"], f'"{port}" is no port', "a number such as 587")
    people = data.get("to")
    listed = [str(x) for x in (people if isinstance(people, list) else [people])]
    for x in [str(data.get("from")), *listed]:
        if len(r.faults) == before and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", x):
            r.fault(["email"], f'"{x}" is no address', "name@host")
    if len(r.faults) > before:
        return None
    return EMail(
        str(data["host"]), int(port), security, str(data["from"]), tuple(listed)
    )
