"""Dictionaries of the PETRARCH family, so that users bring their own.

Actors and agents: `NAME_WORDS [CODE]`, codes with dates (`[CODE <950601]`,
`[CODE 19950601-19990815]`, `[CODE >20130119]`), synonyms on lines with `+`, agents with a
leading `~`, plurals in braces, `!MACRO!`. Verbs: blocks `--- NAME [CODE] ---`, verbs with
irregular forms in braces, patterns `- BEFORE * AFTER [CODE]` with `$` (source), `+`
(target), `^` (skip one), `%` (compound), `&SET` and `_` for adjacency. Comments with `#`
and `<!-- -->`. This file must never import a reading.

Format after the documentation of TABARI (Schrodt 2009) and PETRARCH (Norris, Schrodt and
Beieler 2017); written anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from spillover.errors import InputError
from spillover.reports.morph import noun_forms, verb_forms

__all__ = [
    "ActorEntry", "AgentEntry", "Dated", "Dictionaries", "Pattern", "VerbEntry",
    "read_dictionaries",
]  # fmt: skip

Words = tuple[str, ...]

_COMMENT = re.compile(r"<!\s*--.*?-->", re.DOTALL)
_CODE = re.compile(r"\[([^\]]*)\]")
_BRACES = re.compile(r"\{([^}]*)\}")


@dataclass(frozen=True)
class Dated:
    """A code and the days on which it holds."""

    code: str
    first: date | None = None
    last: date | None = None

    def holds(self, day: date | None) -> bool:
        """Whether the code holds on a day; without one, only an undated code does."""
        if self.first is None and self.last is None:
            return True
        if day is None:
            return False
        return (self.first is None or day >= self.first) and (
            self.last is None or day <= self.last
        )


@dataclass(frozen=True)
class ActorEntry:
    """An actor: its codes, the dated ones first."""

    codes: tuple[Dated, ...]

    def code(self, day: date | None) -> str:
        """The code on a day; nothing when none holds."""
        dated = [c for c in self.codes if c.first or c.last]
        plain = [c for c in self.codes if not (c.first or c.last)]
        return next((c.code for c in (*dated, *plain) if c.holds(day)), "")


@dataclass(frozen=True)
class AgentEntry:
    """A role: a suffix ("~GOV"), a ``prefix`` ("NGO~"), or a code of its own."""

    code: str
    whole: bool = False
    prefix: bool = False


@dataclass(frozen=True)
class Pattern:
    """What may stand before and after a verb, with the code.

    Each element is (words, adjacent): a word, ``$``, ``+``, ``^``, ``%`` or ``&SET``;
    adjacent when nothing may stand between it and the one nearer to the verb.
    """

    before: tuple[tuple[str, bool], ...]
    after: tuple[tuple[str, bool], ...]
    code: str


@dataclass(frozen=True)
class VerbEntry:
    """A block of verbs: their code and patterns, longest first."""

    code: str
    patterns: tuple[Pattern, ...]


@dataclass
class Dictionaries:
    """All dictionaries of a folder; words in capitals, verbs by their forms."""

    actors: dict[Words, ActorEntry] = field(default_factory=dict)
    agents: dict[Words, AgentEntry] = field(default_factory=dict)
    verbs: dict[Words, VerbEntry] = field(default_factory=dict)
    sets: dict[str, tuple[Words, ...]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read_dictionaries(folder: Path) -> Dictionaries:
    """Read every dictionary of a folder: names tell actors, agents and verbs apart.

    Lines that cannot be read are kept as faults, with file and line; the rest is read.

    Raises
    ------
    InputError
        When the folder has no dictionary of verbs or none of actors.
    """
    if not folder.is_dir():
        msg = f"{folder}: there is no such folder of dictionaries"
        raise InputError(msg)
    found = Dictionaries()
    kinds = {"actors": 0, "agents": 0, "verbs": 0}
    for path in sorted(folder.glob("*.txt")):
        name = path.name.lower()
        kind = next((k for k in kinds if k in name or k[:-1] in name), "")
        if not kind:
            continue
        kinds[kind] += 1
        text = _COMMENT.sub(
            lambda m: "\n" * m.group().count("\n"),
            path.read_text("utf-8", errors="replace"),
        )
        reader = _verbs if kind == "verbs" else _actors if kind == "actors" else _agents
        reader(text, path.name, found)
    for kind in ("actors", "verbs"):
        if not kinds[kind]:
            msg = f'{folder}: no dictionary of {kind}. Expected a file with "{kind}" in its name, ending in .txt'
            raise InputError(msg)
    return found


def _strip(line: str) -> str:
    """The line without its comment; "#" inside a code is none."""
    return re.sub(r"#(?![^\[]*\]).*", "", line).rstrip()


def _words(text: str) -> Words:
    return tuple(w for w in re.split(r"[_\s]+", text.strip().upper()) if w)


def _day(text: str) -> date | None:
    digits = re.sub(r"\D", "", text)
    try:
        if len(digits) == 6:
            year = int(digits[:2])
            full = 1900 + year if year > 30 else 2000 + year
            return date(full, int(digits[2:4]), int(digits[4:6]))
        if len(digits) == 8:
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None
    return None


def _dated(text: str) -> Dated | None:
    """As in "HOBGOV 19950601-19990815", "USR <911226", "HOBELI >20130119", "USA"."""
    parts = text.replace(">", " > ").replace("<", " < ").split()
    if not parts:
        return None
    code, rest = parts[0], " ".join(parts[1:])
    if code in ("<", ">"):
        return None
    if not rest:
        return Dated(code)
    if rest.startswith("<"):
        day = _day(rest)
        return Dated(code, None, day) if day else None
    if rest.startswith(">"):
        day = _day(rest)
        return Dated(code, day, None) if day else None
    first, _, last = rest.partition("-")
    one, other = _day(first), _day(last)
    return Dated(code, one, other) if one and other else None


def _actors(text: str, name: str, found: Dictionaries) -> None:
    names: list[Words] = []
    codes: list[Dated] = []

    def close() -> None:
        if names and codes:
            for words in names:
                found.actors[words] = ActorEntry(tuple(codes))
        names.clear()
        codes.clear()

    for number, raw in enumerate(text.splitlines(), start=1):
        line = _strip(raw)
        if not line.strip():
            continue
        indented = line[0] in " \t"
        synonym = line.startswith("+")
        label = _CODE.sub("", line).strip().lstrip("+")
        if not indented and not synonym:
            close()
        if label:
            words = _words(label)
            if not words:
                continue
            names.append(words)
        for code in _CODE.findall(line):
            read = _dated(code.replace("[", ""))
            if read is None:
                found.faults.append(
                    f'{name}:{number}: the code "[{code}]" cannot be read'
                )
            else:
                codes.append(read)
    close()


def _agents(text: str, name: str, found: Dictionaries) -> None:
    macros: dict[str, list[str]] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        line = _strip(raw).strip()
        if not line:
            continue
        if line.startswith("!") and "=" in line:
            macro, _, listed = line.partition("=")
            macros[macro.strip()] = [v.strip() for v in listed.split(",") if v.strip()]
            continue
        code = _CODE.search(line)
        if code is None:
            found.faults.append(f"{name}:{number}: an agent without a code")
            continue
        label = _CODE.sub("", line)
        plural = _BRACES.search(label)
        label = _BRACES.sub("", label).strip()
        value = code.group(1).strip()
        entry = AgentEntry(
            value.strip("~"), whole="~" not in value, prefix=value.endswith("~")
        )
        forms = [label]
        for macro, values in macros.items():
            if macro in label:
                forms = [label.replace(macro, v) for v in values]
        for form in forms:
            words = _words(form)
            if not words:
                continue
            found.agents[words] = entry
            if plural is not None:
                if plural.group(1).strip():
                    found.agents[_words(plural.group(1))] = entry
            else:
                for many in noun_forms(words[-1].lower()):
                    found.agents[(*words[:-1], many.upper())] = entry


def _verbs(text: str, name: str, found: Dictionaries) -> None:
    block = ""
    verbs: list[tuple[Words, str]] = []
    patterns: list[Pattern] = []
    current_set = ""

    def close() -> None:
        ordered = tuple(sorted(patterns, key=lambda p: -(len(p.before) + len(p.after))))
        for words, code in verbs:
            entry = VerbEntry(code, ordered)
            found.verbs[words] = entry
        verbs.clear()
        patterns.clear()

    for number, raw in enumerate(text.splitlines(), start=1):
        line = _strip(raw).strip()
        if not line:
            continue
        if line.startswith("---"):
            close()
            current_set = ""
            code = _CODE.search(line)
            block = code.group(1).strip() if code else "---"
        elif line.startswith("&"):
            current_set = line.split()[0].rstrip("_")
            found.sets[current_set] = ()
        elif line.startswith("+") and current_set:
            found.sets[current_set] += (_words(line[1:]),)
        elif line.startswith("-"):
            current_set = ""
            pattern = _pattern(line[1:])
            if pattern is None:
                found.faults.append(
                    f"{name}:{number}: this pattern cannot be read: {line}"
                )
            else:
                patterns.append(pattern)
        else:
            current_set = ""
            own = _CODE.search(line)
            code_here = own.group(1).strip() if own else block
            label = _CODE.sub("", line)
            braces = _BRACES.search(label)
            label = _BRACES.sub("", label).strip()
            for form in _verb_words(label, braces.group(1) if braces else ""):
                verbs.append((form, code_here))
    close()


def _verb_words(label: str, listed: str) -> set[Words]:
    """Forms of a verb, with the words that belong to it ("BREAK_DOWN")."""
    plain = label.lstrip("+")
    words = _words(plain.replace("+", ""))
    if not words:
        return set()
    forms = {words}
    for extra in listed.split():
        forms.add(_words(extra.replace("+", "")))
    # The word with "+" is the verb; without one it is the first word.
    parts = [p for p in re.split(r"[_\s]+", label.strip()) if p]
    at = next((k for k, p in enumerate(parts) if p.startswith("+")), 0)
    verb = words[at].lower() if at < len(words) else words[0].lower()
    if not listed.strip() and len(verb) > 1 and verb.isalpha():
        for form in verb_forms(verb):
            forms.add((*words[:at], form.upper(), *words[at + 1 :]))
    return forms


def _pattern(text: str) -> Pattern | None:
    code = _CODE.search(text)
    body = _CODE.sub("", text).strip()
    if code is None or body.count("*") != 1:
        return None
    before, _, after = body.partition("*")
    # "_" binds to the word on its verb side; a space leaves room.
    return Pattern(
        tuple(reversed(_elements(before, toward_end=True))),
        tuple(_elements(after, toward_end=False)),
        code.group(1).strip(),
    )


def _elements(text: str, *, toward_end: bool) -> list[tuple[str, bool]]:
    """Words of one side and whether each is bound to the one nearer to the verb."""
    found: list[tuple[str, bool]] = []
    bound = False  # "A_B": what follows an underscore
    for match in re.finditer(r"(_?)\s*([^\s_]+)(_?)", text.strip(" ")):
        left, word, right = match.groups()
        adjacent = bool(right) if toward_end else bool(left) or bound
        found.append((word.upper(), adjacent))
        bound = bool(right)
    return found
