"""Views on answers: a table for people, a dictionary, a data frame, a notebook cell.

Must never import `cli` or the web.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from spillover.brief.words import interval, likelihood_word, percent
from spillover.study.forecast import Answer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Outcomes", "answer_dict"]


def answer_dict(a: Answer) -> dict[str, Any]:
    """One answer as plain values."""
    row = asdict(a)
    row.pop("passage")
    chance = row.pop("chance")
    if chance is not None:
        row = {
            "id": row["id"],
            "outcome": row["outcome"],
            "question": row["question"],
            "window": row["window"],
            "days": row["days"],
            "kind": "chance",
            "p": chance["p"],
            "p_low": chance["low"],
            "p_high": chance["high"],
            "interval": "central 90 % over draws of the uncertain numbers",
            "mc_se": chance["mc_se"] if math.isfinite(chance["mc_se"]) else None,
            "draws": chance["draws"],
            "futures": chance["futures"],
            "word": likelihood_word(chance["p"]),
            "modelled": row["own"],
            "unmodelled": max(0.0, chance["p"] - row["own"]),
            "p_min": row["p_min"],
            "p_max": row["p_max"],
            "reference": row["reference"] or None,
            "base_rate": row["base_rate"],
        }
    else:
        q = row["quantiles"]
        row = {
            "id": row["id"],
            "outcome": row["outcome"],
            "question": row["question"],
            "window": row["window"],
            "days": row["days"],
            "kind": "count",
            "q5": q[0],
            "q25": q[1],
            "q50": q[2],
            "q75": q[3],
            "q95": q[4],
            "mean": row["mean"],
            "reference": row["reference"] or None,
        }
    return row


@dataclass(frozen=True)
class Outcomes:
    """Answers of one arm, in the order of the case."""

    case: str
    lever: str
    answers: tuple[Answer, ...]

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.answers)

    def __len__(self) -> int:
        return len(self.answers)

    def __getitem__(self, name: str) -> Answer:
        """Answer by id, or by outcome id when it has one window."""
        exact = [a for a in self.answers if a.id == name]
        found = exact or [a for a in self.answers if a.outcome == name]
        if len(found) != 1:
            ids = ", ".join(a.id for a in found) or ", ".join(
                a.id for a in self.answers
            )
            msg = f"{name}: one of {ids}"
            raise KeyError(msg)
        return found[0]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the version of their form."""
        return {
            "schema_version": 1,
            "case": self.case,
            "lever": self.lever,
            "outcomes": [answer_dict(a) for a in self.answers],
        }

    def to_pandas(self) -> pd.DataFrame:
        """One row per answer (needs the extra `pandas`)."""
        try:
            import pandas as pd
        except ImportError:
            msg = "to_pandas needs pandas: pip install 'spillover[pandas]'"
            raise ImportError(msg) from None
        frame = pd.DataFrame([answer_dict(a) for a in self.answers])
        frame.attrs["name"] = f"outcomes of {self.case}"
        return frame

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Question, window, chance or count, interval, what the past alone says."""
        out = []
        for a in self.answers:
            if a.chance is not None:
                value = percent(a.chance.p)
                spread = interval(a.chance.low, a.chance.high)
            else:
                value = f"about {a.quantiles[2]:g}"
                spread = f"{a.quantiles[0]:g} to {a.quantiles[4]:g}"
            base = percent(a.base_rate) if a.base_rate is not None else ""
            out.append((a.question, a.window, value, spread, base))
        return out

    def __str__(self) -> str:
        lines = [f"{self.case}, lever: {self.lever}"]
        last = ""
        for question, window, value, spread, base in self.rows():
            if question != last:
                lines.append(question)
                last = question
            past = f"; the past alone: {base}" if base else ""
            lines.append(f"  {window}: {value} (90 %: {spread}{past})")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        heads = (
            "Question",
            "Window",
            "Chance or count",
            "90 % interval",
            "The past alone",
        )
        head = "".join(f'<th scope="col">{h}</th>' for h in heads)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>"
            for row in self.rows()
        )
        return f"<table><caption>{html.escape(self.case)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
