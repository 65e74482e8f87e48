"""Sentences and tables of a comparison, for the page and the command line.

Must never import `cli` or the web.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from spillover.brief.report import Table
from spillover.brief.words import percent, plain

if TYPE_CHECKING:
    from spillover.api.compare import Comparison, LeverFacts
    from spillover.study.effects import Change

__all__ = [
    "bottom_line",
    "cost_text",
    "effect_line",
    "first_table",
    "how_sure",
    "points",
    "price",
    "question_text",
    "span",
    "why_lines",
]

EVIDENCE = {
    "data": "records of this case",
    "one episode, confounded": "sources, but few cases that had other causes too",
    "judgement": "judgement",
    "certain": "numbers taken as certain",
}


def points(change: float) -> str:
    """A difference of chances in words: "4.6 points lower"."""
    size = abs(change) * 100.0
    if size < 0.05:
        return "no change"
    text = f"{size:.1f}" if size < 9.95 else f"{size:.0f}"
    return f"{text} points {'lower' if change < 0 else 'higher'}"


def span(change: Change) -> str:
    """The 90 % interval of a difference of chances."""
    low, high = change.interval
    if points(low) == points(high):
        return f"about {points(low)}"
    a, b = points(low), points(high)
    if a.endswith("lower") and b.endswith("lower"):
        a = a.removesuffix(" points lower")
    if a.endswith("higher") and b.endswith("higher"):
        a = a.removesuffix(" points higher")
    return f"{a} to {b}"


def price(facts: LeverFacts) -> str:
    """Price of a lever on its scale; of a combination, of each part."""
    if facts.cost is None:
        return "not given"
    if len(facts.part_costs) > 1:
        return f"{' + '.join(f'{c:g}' for c in facts.part_costs)} of 5 each"
    return f"{facts.cost:g} of 5"


def cost_text(facts: LeverFacts) -> str:
    """Price of a lever and what it is."""
    if not facts.cost_note:
        return price(facts)
    if facts.cost is None:
        return facts.cost_note
    return f"{price(facts)}: {facts.cost_note}"


def question_text(c: Comparison, question: str = "") -> tuple[str, str]:
    """The question and its window."""
    name = question or c.headline
    q = next(q for q in c.counted.assembled.questions if q.id == name)
    return q.text, q.window


def _top(c: Comparison) -> list[str]:
    """Levers of the first group that lower the chance."""
    ranking = c.ranking()
    return [
        r.id
        for r in ranking
        if r.group == 1 and not c.effect(r.id).tied and c.effect(r.id).change.mean < 0
    ]


def _and(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names) or "no one named"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def bottom_line(c: Comparison) -> str:
    """Which lever, by how much, who pulls it, at what price."""
    question, window = question_text(c)
    return f"{question.rstrip('?')} {window}? {effect_line(c)}"


def effect_line(c: Comparison) -> str:
    """The answer without its question."""
    base = next(iter(c.compared.values())).effects[c.headline].p0
    top = _top(c)
    if not top:
        return (
            "No lever can be told from doing nothing: the chance stays near "
            f"{percent(base)}."
        )
    first, e = c.facts[top[0]], c.effect(top[0])
    return (
        f"\u201c{first.name}\u201d lowers it most in the model, from "
        f"{percent(e.p0)} to {percent(e.p1)}. Who would have to act: "
        f"{_and(first.owners)}. Price: {price(first)}."
    )


def how_sure(c: Comparison) -> str:
    """Chance of being best, and what the leader rests on."""
    top = _top(c)
    if not top:
        return ""
    best = c.best()
    text = (
        f"It is the best of the levers that are not armed in {percent(best[top[0]])} of "
        "the samples of the uncertain numbers"
    )
    group = [c.facts[k].name for k in top[1:]]
    if group:
        text += f"; not to be told apart from it: {', '.join(group)}"
    rests = EVIDENCE[c.evidence[top[0]].kind]
    return f"{text}. The weakest number it works through rests on {rests}."


def _single(c: Comparison) -> str:
    """The best lever that is one step of one hand, when the leader combines several."""
    top = _top(c)
    if not top or not c.facts[top[0]].parts:
        return ""
    for r in c.ranking():
        f, e = c.facts[r.id], c.effect(r.id)
        if not f.parts and not e.tied and e.change.mean < 0:
            who = _and(f.owners)
            return (
                f"Of single levers {f.name} goes furthest: {points(e.change.mean)} "
                f"(90 %: {span(e.change)}); {who}; price {cost_text(f)}."
            )
    return ""


def why_lines(c: Comparison) -> tuple[str, ...]:
    """Sentences under the bottom line."""
    lines = [how_sure(c), _single(c)]
    cheap = [k for k in c.frontier() if k and (c.facts[k].cost or 0.0) <= 2.0]
    if cheap:
        k = cheap[-1]
        e = c.effect(k)
        if not e.tied:
            lines.append(
                f"At a low price (2 or less): {c.facts[k].name}, "
                f"{points(e.change.mean)}."
            )
    lines.append(
        "Computed: these are changes in the model, which holds what the case says; a "
        "lever lowers a chance in the model, and may fail in the world."
    )
    return tuple(x for x in lines if x)


def first_table(c: Comparison, most: int = 5) -> Table:
    """Which lever, how much, how sure, at what price, who pulls it."""
    best = c.best()
    rows = []
    ranking = c.ranking()
    groups = [r.group for r in ranking]
    named = set(c.model.levers)
    for r in [r for r in ranking if r.id in named][:most]:
        f, e = c.facts[r.id], c.effect(r.id)
        order = ""
        if e.tied:
            order = "; may be no change"
        elif groups.count(r.group) > 1:
            order = f"; tied with others (group {r.group})"
        rows.append(
            (
                f.name,
                points(e.change.mean),
                f"{span(e.change)}; best in {percent(best[r.id])}{order}",
                price(f),
                _and(f.owners),
            )
        )
    heads = (
        "Which lever", "How much", "How sure: nine of ten samples", "Price",
        "Who pulls it",
    )  # fmt: skip
    text, window = question_text(c)
    return Table(f"{text} {window}".strip(), heads, tuple(rows))


def ratio_text(value: float) -> str:
    """A ratio for people."""
    return "no future differs" if math.isinf(value) else plain(value)
