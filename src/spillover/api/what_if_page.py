"""A what-if as a page: what would have been, beside what was.

Must never import `cli` or the web.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spillover.brief.report import Block, Picture, Report, Section, Table, Text
from spillover.brief.report_html import report_html
from spillover.brief.words import percent, plain
from spillover.clock import in_words

if TYPE_CHECKING:
    from spillover.api.what_if import Answer, WhatIf

__all__ = ["bottom_line", "count_table", "what_if_html", "what_if_page"]

SAYS = {
    "as it was": "As it was",
    "the decision": "Otherwise",
    "the other cause": "Other cause out, alone",
    "both": "Otherwise, other cause out",
}
WORDS = (
    ("Otherwise", "With the decision changed as said under What was changed, and nothing else."),
    ("Other cause out", "Something else happened close by that may have had the same effect. It is left out alone, and together with the decision: what comes only when both are gone, either could have brought about."),
    ("Kept", "The course that was seen is kept as far as it can be: an event stays unless what brought it is gone, or it only came because something held less. Who obeyed and how long a word held, which nobody saw, is inferred from what came after. That what happens at one level of pressure happens at every higher one is our assumption; no data can show it."),
    ("Replayed", "The history up to the decision, then simulated by the model. It forgets what was seen after the decision."),
    ("Filled in", "Events that counts speak of but no record dates: their days are drawn anew in every sample."),
    ("90 % of samples", "Nine of ten counts lie in this range, over the uncertain numbers, the filled-in days and chance."),
)  # fmt: skip


def what_if_html(w: WhatIf) -> str:
    """The page as self-contained HTML."""
    return report_html(what_if_page(w))


def _range(a: Answer) -> str:
    return f"{a.quantiles[2]:g} ({a.quantiles[0]:g} to {a.quantiles[4]:g})"


def bottom_line(w: WhatIf) -> str:
    """The first count in two sentences."""
    name = w.about.counts[0]
    seen, kept = (
        w.answer(name, "as it was", "seen"),
        w.answer(name, "the decision", "kept"),
    )
    title = (w.about.name or w.about.id.replace("-", " ")).rstrip("?.")
    again = [w.answer(name, x, "replayed") for x in ("the decision", "as it was")]
    return (
        f"{title}: {w.stream(name)} about {_range(kept)} times from "
        f"{in_words(w.begins)} to {in_words(w.ends)}, where about "
        f"{seen.quantiles[2]:g} were seen. That keeps the course as far as it can be "
        f"kept; simulated afresh it is {_range(again[0])}, against {_range(again[1])} "
        "as it was."
    )


def count_table(w: WhatIf, stream: str) -> Table:
    """Counts of one stream under every change."""
    rows = []
    for a in w.answers:
        if a.stream != stream:
            continue
        more = "" if a.kind == "seen" else percent(a.more)
        fewer = "" if a.kind == "seen" else percent(a.fewer)
        rows.append(
            (
                f"{SAYS[a.change]}, {a.kind}",
                f"{a.quantiles[2]:g}",
                f"{a.quantiles[0]:g} to {a.quantiles[4]:g}",
                plain(a.mean, 3),
                more,
                fewer,
            )
        )
    return Table(
        f"{w.stream(stream)}, {in_words(w.begins)} to {in_words(w.ends)}",
        (
            "How",
            "Middle",
            "90 % of samples",
            "Mean",
            "More than seen",
            "Fewer than seen",
        ),
        tuple(rows),
        id=f"counts-{stream}",
    )


def _record(w: WhatIf, name: str) -> str:
    """A record in words, with its sources."""
    r = next(x for x in w.model.case.records if x.id == name)
    said = r.note or f"{r.source} {r.action.lower()} {r.target}"
    return f"{in_words(r.first)}, {said} ({', '.join(r.sources)})"


def _changed(w: WhatIf) -> Section:
    """What was otherwise, and what the case says of it."""
    about = w.about
    said = [f"Left out: {_record(w, name)}." for name in about.without]
    for h in about.holds:
        ended = "" if h.ended is None else f" (it ended on {in_words(h.ended)})"
        said.append(f"Held on: {h.state.replace('-', ' ')} to {in_words(h.to)}{ended}.")
    for action in about.acts:
        if action.act is not None:
            days = ", ".join(in_words(day) for day in action.on)
            said.append(f"Added: {w.stream(action.act.stream)}, {days}.")
    said += [f"The other cause: {_record(w, name)}." for name in about.also]
    if about.why:
        why = about.why.rstrip(".")
        said.append(f"Judged: {why[:1].upper()}{why[1:]}.")
    said.append(
        f"{percent(w.imputed)} of the events counted were filled in: no record dates "
        "them. What the model makes of the course as it was, replayed, shows how well "
        "it tells this history again."
    )
    return Section("What was changed", tuple(Text(t) for t in said))


def what_if_page(w: WhatIf) -> Report:
    """Fill the page."""
    case = w.model.case
    sections = [_changed(w)]
    for stream in w.about.counts:
        seen = w.answer(stream, "as it was", "seen")
        rows = [
            {
                "name": f"{SAYS[a.change]}, {a.kind}",
                **dict(
                    zip(("q5", "q25", "q50", "q75", "q95"), a.quantiles, strict=True)
                ),
            }
            for a in w.answers
            if a.stream == stream and a.kind != "seen"
        ]
        kept = w.answer(stream, "the decision", "kept")
        gap = kept.mean - seen.mean
        how_many = f"{abs(gap):.0f} {'more' if gap > 0 else 'fewer'} on average"
        finding = f"{w.stream(stream)}: {how_many}, the course kept"
        if abs(gap) < 0.5:
            finding = f"{w.stream(stream)}: hardly another number, the course kept"
        blocks: list[Block] = [
            Picture(
                f"counts-{stream}",
                "counts",
                finding,
                "Computed. Dot: middle. Strong and faint: 50 and 90 % of samples. Line: what was seen.",
                {"rows": rows, "observed": seen.quantiles[2]},
                count_table(w, stream),
            )
        ]
        sections.append(Section(w.stream(stream), tuple(blocks)))
    return Report(
        kind="What if",
        title=case.title or case.case,
        case_id=case.case,
        known_to=in_words(case.origin),
        bottom=bottom_line(w),
        why=(
            "In brackets the range that holds 90 % of samples. The first answer uses what was seen after the decision, the second forgets it: where they differ, the difference is what the history itself says.",
        ),
        sections=tuple(sections),
        words=WORDS,
        foot=f"{w.draws:,} samples x {w.samples} courses \u00b7 seed {w.seed} \u00b7 case digest {w.model.digest[:16]}",
    )
