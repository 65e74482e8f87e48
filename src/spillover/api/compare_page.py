"""The comparison as a page: which lever, how much, how sure, at what price, who.

Must never import `cli` or the web.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spillover.api.brief_numbers import number_words
from spillover.api.compare_words import (
    EVIDENCE,
    bottom_line,
    cost_text,
    first_table,
    points,
    question_text,
    ratio_text,
    span,
    why_lines,
)
from spillover.brief.report import Block, Picture, Report, Section, Table, Text
from spillover.brief.report_html import report_html
from spillover.brief.words import percent, plain
from spillover.clock import in_words

if TYPE_CHECKING:
    from spillover.api.compare import Comparison
    from spillover.study.compare import Averted
    from spillover.study.ranking import Ranked

__all__ = ["armed_blocks", "comparison_html", "comparison_page", "lever_picture"]

WORDS = (
    ("Chance", "Share of the simulated courses in which it happens, over all samples of the uncertain numbers."),
    ("Points", "Percentage points: from 23 % to 19 % is 4 points lower."),
    ("90 % of samples", "The change lies in this range in nine of ten samples of the uncertain numbers; what finite simulation adds is taken out."),
    ("Simulation error", "How far the number would still move with more simulated courses (one standard error)."),
    ("May be no change", "The range holds no change, or the change is under one point."),
    ("Tied", "The same of two levers: which is better is not established."),
    ("Best in", "Share of the samples in which this lever lowers the chance most; armed levers do not compete."),
    ("Same world", "With and without a lever the same chances are drawn, so a course differs only by what the lever does."),
    ("Coupling", "How many times as many courses a comparison of separate worlds would need; the ceiling is the most any coupling could save."),
)  # fmt: skip


def comparison_html(c: Comparison) -> str:
    """The page as self-contained HTML."""
    return report_html(comparison_page(c))


def comparison_page(c: Comparison) -> Report:
    """Fill the page."""
    case, e = c.model.case, c.ensemble
    sections = [
        Section("Levers", _lever_blocks(c)),
        Section("Price and effect", _frontier_blocks(c)),
        Section("Pulled half way", _strength_blocks(c)),
        Section("Side effects", _side_blocks(c)),
        Section("Events and deaths", _averted_blocks(c)),
        Section("Armed levers", armed_blocks(c)),
        Section("What it rests on", _evidence_blocks(c)),
        Section("If a reading holds", _variant_blocks(c)),
        Section("How well the worlds are coupled", _coupling_blocks(c)),
    ]
    return Report(
        kind="Levers compared",
        title=case.title or case.case,
        case_id=case.case,
        known_to=in_words(case.origin),
        bottom=bottom_line(c),
        why=why_lines(c),
        sections=tuple(s for s in sections if s.blocks),
        words=WORDS,
        foot=(
            f"{e.draws:,} samples x {e.futures} courses x {len(e.arms)} arms · seed "
            f"{e.seed} · case digest {c.model.digest[:16]}"
        ),
        first=first_table(c),
    )


def _chart_rows(c: Comparison, ranking: tuple[Ranked, ...]) -> list[dict[str, object]]:
    rows = []
    for r in ranking:
        change = c.effect(r.id).change
        low, high = change.interval
        rows.append(
            {"name": c.facts[r.id].name, "d": change.mean, "lo": low, "hi": high, "tie": r.group}
        )  # fmt: skip
    return rows


def lever_picture(c: Comparison) -> Picture:
    """Change of the chance with each lever that is not armed."""
    ranking = c.ranking()
    question, window = question_text(c)
    down = sum(
        not c.effect(r.id).tied and c.effect(r.id).change.mean < 0 for r in ranking
    )
    finding = (
        f"{down} of {len(ranking)} levers and combinations lower the chance in nine of ten samples"
        if down
        else "No lever lowers the chance in nine of ten samples"
    )
    table = Table(
        f"{question} {window}: change with each lever",
        ("Lever", "Without", "With", "Change", "90 % of samples", "Simulation error", "Times the chance without", "Turned from yes to no", "From no to yes"),
        tuple(_effect_row(c, r.id) for r in ranking),
        id="levers",
    )  # fmt: skip
    return Picture(
        "levers", "levers", finding,
        f"Computed. {question} {window}. Dot: change of the chance in points. Bar: 90 % of samples.",
        {"rows": _chart_rows(c, ranking)}, table,
    )  # fmt: skip


def _lever_blocks(c: Comparison) -> tuple[Block, ...]:
    ranking = c.ranking()
    if not ranking:
        return ()
    risks = Table(
        "What each may set off",
        ("Lever", "Kind", "Risk"),
        tuple((c.facts[r.id].name, c.facts[r.id].kind, c.facts[r.id].risk or "none named") for r in ranking if r.id in c.model.levers),
    )  # fmt: skip
    return lever_picture(c), risks


def _effect_row(c: Comparison, lever: str) -> tuple[str, ...]:
    e = c.effect(lever)
    ratio = "" if e.ratio != e.ratio else f"{plain(e.ratio)} (± {plain(e.ratio_se, 1)})"
    return (
        c.facts[lever].name, percent(e.p0), percent(e.p1), points(e.change.mean),
        span(e.change), f"{e.change.mc_se * 100:.2f} points", ratio,
        percent(e.lost) if e.lost else "none", percent(e.gained) if e.gained else "none",
    )  # fmt: skip


def _frontier_blocks(c: Comparison) -> tuple[Block, ...]:
    named = [k for k in c.peaceful if c.facts[k].cost is not None]
    if not named:
        return ()
    on = c.frontier()
    p0 = c.effect(named[0]).p0
    rows = [
        {
            "name": "Nothing new",
            "short": "nothing",
            "cost": 0.0,
            "p": p0,
            "on": "" in on,
        }
    ] + [
        {
            "name": c.facts[k].name,
            "short": k,
            "cost": float(c.facts[k].cost or 0.0),
            "p": c.effect(k).p1,
            "on": k in on,
        }
        for k in named
    ]
    names = [c.facts[k].name for k in on if k]
    names = names if len(names) < 5 else [*names[:2], "\u2026", names[-1]]
    finding = (
        f"Nothing does more for its price than: {'; '.join(names)}"
        if names
        else "No lever is worth a price"
    )
    table = Table(
        "Price and chance; the price of a combination is the sum of its parts",
        ("Lever", "Price", "Chance with it", "On the line"),
        tuple(
            (str(r["name"]), f"{r['cost']:g}", percent(float(str(r["p"]))), "yes" if r["on"] else "no")
            for r in rows
        ),
        id="frontier",
    )  # fmt: skip
    how = (
        "Prices are judged, chances computed. Filled: no other lever has both a lower "
        "price and a lower chance."
    )
    return (Picture("frontier", "frontier", finding, how, {"points": rows}, table),)


def _strength_blocks(c: Comparison) -> tuple[Block, ...]:
    if not c.strengths:
        return ()
    lines, rows = [], []
    for lever, ids in c.strengths.items():
        shares = [int(x.rpartition("@")[2].rstrip("%")) / 100 for x in ids]
        chances = [c.effect(x).p1 for x in ids]
        name = c.facts[lever].name
        lines.append({"name": name, "points": list(zip(shares, chances, strict=True))})
        for x, s in zip(ids, shares, strict=True):
            e = c.effect(x)
            size = "none" if s == 0 else "whole" if s == 1 else f"{s * 100:.0f} %"
            rows.append(
                (
                    f"{name}, {size}",
                    percent(e.p1),
                    points(e.change.mean),
                    span(e.change),
                )
            )
    table = Table(
        "Chance at each strength",
        ("Lever and strength", "Chance", "Change", "90 % of samples"),
        tuple(rows),
        id="strength",
    )
    how = (
        "Computed. A restraint holds that share of its depth, a number goes that share "
        "of the way; what is yes or no happens with that chance."
    )
    first = lines[0]["points"]
    assert isinstance(first, list)
    half = (first[0][1] - first[2][1]) / ((first[0][1] - first[4][1]) or 1.0)
    finding = f"Half of {lines[0]['name']} does {half * 100:.0f} % of the whole"
    if not 0.0 <= half <= 1.5:
        finding = "How far the chance moves with the strength of a lever"
    return (Picture("strength", "curves", finding, how, {"lines": lines}, table),)


def _main_questions(c: Comparison) -> list[tuple[str, str, str]]:
    """One question per other outcome, the one whose window is nearest the headline's."""
    asked = c.counted.assembled.questions
    head = next(q for q in asked if q.id == c.headline)
    end = max((s.end for s in head.spans), default=90)
    best: dict[str, tuple[int, str, str, str]] = {}
    for q in asked:
        if q.mode == "count" or q.outcome == head.outcome:
            continue
        gap = abs(max((s.end for s in q.spans), default=end) - end)
        if q.outcome not in best or gap < best[q.outcome][0]:
            best[q.outcome] = (gap, q.id, q.text, q.window)
    return [(i, t, w) for _, i, t, w in best.values()]


def _side_blocks(c: Comparison) -> tuple[Block, ...]:
    tables = []
    for question, text, window in _main_questions(c):
        rows = []
        for lever in c.levers:
            e = c.effect(lever, question)
            if e.tied:
                continue
            rows.append(
                (
                    c.facts[lever].name,
                    percent(e.p0),
                    percent(e.p1),
                    points(e.change.mean),
                    span(e.change),
                )
            )
        if rows:
            tables.append(
                Table(f"{text} {window}", ("Lever", "Without", "With", "Change", "90 % of samples"), tuple(rows))
            )  # fmt: skip
    if not tables:
        return (Text("No lever moves another outcome by a point or more."),)
    lead = Text(
        "Computed. Only levers that move the outcome by a point or more, in nine of ten samples, are listed; all others stand in comparison.csv."
    )
    return (lead, *tables)


def _number(a: Averted) -> str:
    low, high = a.change.interval
    return f"{a.change.mean:+.2f} ({low:+.2f} to {high:+.2f})".replace("-", "\u2212")


def _averted_blocks(c: Comparison) -> tuple[Block, ...]:
    asked = {q.id: q for q in c.counted.assembled.questions}
    shown = [
        q
        for q in (c.headline, *(q for q, _, _ in _main_questions(c)))
        if q in next(iter(c.compared.values())).averted
    ]
    shown += [
        q.id for q in c.counted.assembled.questions if q.mode == "count" and not q.quiet
    ][:2]
    shown = shown[:5]
    heads = [
        "Lever",
        *(f"{asked[q].text} {asked[q].window}" for q in shown),
        "Deaths in every act",
    ]
    without = next(iter(c.compared.values()))
    rows = [
        (
            "Nothing new: mean number",
            *(plain(without.averted[q].mean) for q in shown),
            plain(without.deaths.mean),
        )
    ]
    for lever in c.levers:
        one = c.compared[lever]
        rows.append(
            (
                c.facts[lever].name,
                *(_number(one.averted[q]) for q in shown),
                _number(one.deaths),
            )
        )
    table = Table(
        "Events and deaths with each lever, change of the mean (90 % of samples)",
        tuple(heads),
        tuple(rows),
    )
    return (
        Text(
            "Computed. Below zero, a lever averts that many on average; above zero, it brings them."
        ),
        table,
    )


def armed_blocks(c: Comparison) -> tuple[Block, ...]:
    """Armed levers, apart from the others, with the deaths they cause."""
    if not c.armed:
        return ()
    rows = []
    for lever in c.armed:
        e, one, f = c.effect(lever), c.compared[lever], c.facts[lever]
        own = "" if one.own_deaths is None else f"{one.own_deaths.change.mean:+.1f}"
        rows.append(
            (f.name, points(e.change.mean), span(e.change), own.replace("-", "\u2212"),
             _number(one.deaths), cost_text(f), f.risk)
        )  # fmt: skip
    table = Table(
        "Armed levers: effect beside the deaths they cause",
        (
            "Lever",
            "Change of the chance",
            "90 % of samples",
            "Deaths in such acts, mean",
            "Deaths in every act (90 %)",
            "Price",
            "Risk",
        ),
        tuple(rows),
    )
    return (
        Text(
            "Listed so that they can be weighed; never recommended, and not ranked with the others."
        ),
        table,
    )


def _evidence_blocks(c: Comparison) -> tuple[Block, ...]:
    rows, moved = [], []
    for lever in c.levers:
        found = c.evidence[lever]
        few = [r for r in found.numbers if r.kind == found.kind][:3]
        names = "; ".join(f"{number_words(r.path)} {r.text}" for r in few)
        rows.append((c.facts[lever].name, EVIDENCE[found.kind], names))
        moved += [(c.facts[lever].name, r) for r in found.numbers if r.kind == "data"]
    table = Table(
        "What each effect rests on: the weakest of the numbers it works through",
        ("Lever", "Rests on", "Such numbers"),
        tuple(rows),
    )
    shifts = Table(
        "Numbers that the records moved, in spreads of the belief as written",
        ("Lever", "Number", "Moved by", "Width left"),
        tuple(
            (
                name,
                number_words(r.path),
                f"{r.shift:+.2f}".replace("-", "\u2212"),
                f"{r.narrower * 100:.0f} %",
            )
            for name, r in moved
        ),
    )
    blocks: list[Block] = [table]
    blocks.append(
        shifts
        if moved
        else Text(
            "No number that a lever works through was moved by the records of this case.",
            note=True,
        )
    )
    return tuple(blocks)


def _variant_blocks(c: Comparison) -> tuple[Block, ...]:
    rows = []
    for reading, best in c.best_by_variant.items():
        order = sorted((k for k in best if best[k] == best[k]), key=lambda k: -best[k])[
            :3
        ]
        if not order:
            continue
        text = "; ".join(
            f"{c.facts[k].name if k else 'doing nothing'} {percent(best[k])}"
            for k in order
        )
        rows.append((reading, text))
    if not rows:
        return ()
    return (
        Table(
            "Best lever under each rival reading, share of its samples",
            ("Reading", "Best"),
            tuple(rows),
        ),
    )


def _coupling_blocks(c: Comparison) -> tuple[Block, ...]:
    rows = []
    for lever in c.levers:
        e, one = c.effect(lever), c.compared[lever]
        k = e.coupling
        count = one.averted.get(c.headline)
        rows.append(
            (c.facts[lever].name, ratio_text(k.achieved), ratio_text(k.ceiling),
             "" if count is None else ratio_text(count.variance_ratio),
             percent(one.touched) if one.touched else "none", f"{one.apart * 100:.1f} %")
        )  # fmt: skip
    table = Table(
        "Courses saved by drawing the same world, on the question above",
        (
            "Lever",
            "Achieved, times",
            "Ceiling, times",
            "On the number of events, times",
            "Courses it touches",
            "Events that differ",
        ),
        tuple(rows),
    )
    return (
        Text(
            "The ceiling is that of a change which only ever goes one way; a lever that turns some courses to yes and others to no stays below it.",
            note=True,
        ),
        table,
    )
