"""Lists that users bring: dictionaries, actors, gold sets, answers, decisions."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from spillover.api.reading import read_decisions
from spillover.errors import InputError
from spillover.reports.actor_table import read_actors
from spillover.reports.petrarch import read_dictionaries
from spillover.reports.petrarch_code import code_sentence
from spillover.reports.score import score_file
from spillover.study.question_set import SetQuestion, read_answers
from tests.fuzz.engine import Broken, Target, parts
from tests.fuzz.grammar import lists

__all__ = ["ACTORS", "ANSWERS", "DECISIONS", "DICTIONARIES", "GOLD"]

FILES = frozenset(("x.actors.txt", "x.agents.txt", "x.verbs.txt"))


def dictionaries(data: bytes, folder: Path) -> None:
    """A folder of dictionaries, and sentences coded with them."""
    some = parts(data)
    written = [folder / n for n in some if n in FILES]
    for path in written:
        path.write_bytes(some[path.name])
    try:
        found = read_dictionaries(folder)
        code_sentence(some[""].decode("utf-8", "replace"), found, dt.date(1995, 1, 1))
        code_sentence("Norlanders attacked the Old Kingdom.", found, None)
    finally:
        for path in written:
            path.unlink()


def actors(data: bytes, folder: Path) -> None:
    """A list of actors; each has an id and a name."""
    path = folder / "actors.csv"
    path.write_bytes(data)
    if any(not row.id or not row.names[0] for row in read_actors(path)):
        msg = "an actor without id or name"
        raise Broken(msg)


def gold(data: bytes, folder: Path) -> None:
    """A gold set, scored."""
    path = folder / "set.jsonl"
    path.write_bytes(data)
    score_file(path)


QUESTIONS = tuple(
    SetQuestion(f"id{k}", "s", ("a", "b"), ("any", "more", "count")[k % 3], "2024-01-01", "2024-01-31", 3, "How many?", 1, 0.5, {})
    for k in range(14)
)  # fmt: skip


def answers(data: bytes, folder: Path) -> None:
    """A table of answers; chances inside 0 and 1, quantiles that do not fall."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("not UTF-8") from None
    for value in read_answers(text, "a.csv", QUESTIONS).values():
        steps = value if isinstance(value, tuple) else (value,)
        if list(steps) != sorted(steps) or steps[0] < 0:
            msg = f"accepted {steps}"
            raise Broken(msg)


def decisions(data: bytes, folder: Path) -> None:
    """What the review page saves."""
    path = folder / "decisions.json"
    path.write_bytes(data)
    read_decisions(path)


DICTIONARIES = Target("dictionaries", lists.dictionaries, dictionaries, code=("reports/petrarch.py", "reports/petrarch_code.py", "reports/petrarch_nouns.py", "reports/morph.py", "reports/tokens.py"), weight=1)  # fmt: skip
ACTORS = Target("actors", lists.actors, actors, code=("reports/actor_table.py",), weight=0.7)  # fmt: skip
GOLD = Target("gold", lists.gold, gold, code=("reports",), block=100, weight=1)
ANSWERS = Target("answers", lists.answers, answers, code=("study/question_set.py",), weight=1)  # fmt: skip
DECISIONS = Target("decisions", lists.decisions, decisions, code=("api/reading.py",), weight=1)  # fmt: skip
