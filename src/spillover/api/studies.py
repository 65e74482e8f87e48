"""`Studies`: what a full run adds to a run, and what the brief says of it.

Must never import `cli` or the web.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spillover.api.compare import Comparison, compare_levers, headline_of
from spillover.api.compare_page import armed_blocks, lever_picture
from spillover.api.compare_words import bottom_line as lever_line
from spillover.api.compare_words import first_table, how_sure
from spillover.api.paths import Paths, has_ways, paths_of
from spillover.api.paths_page import bottom_line as way_line
from spillover.api.paths_page import knock_table, way_picture, way_table
from spillover.api.sensitivity import LEAST, Sensitivity
from spillover.api.sensitivity_page import bottom_line as doubt_line
from spillover.api.sensitivity_page import moves_table, red_lines_of
from spillover.api.what_if import WhatIf, what_if
from spillover.api.what_if_page import bottom_line as history_line
from spillover.api.what_if_page import count_table
from spillover.brief.page import StudyBlocks
from spillover.brief.report import Block, Text

if TYPE_CHECKING:
    from pathlib import Path

    from spillover.api.run import Run
    from spillover.cluster.backend import Backend
    from spillover.ensemble.drawn import Progress

__all__ = ["Studies", "study", "study_blocks"]

TOP = 3
LINKS = 3


@dataclass(frozen=True)
class Studies:
    """Levers, ways, assumptions and what-ifs of a case, at the size of its run.

    Attributes
    ----------
    comparison
        All levers; None when the case has none besides doing nothing.
    paths
        Ways to the key outcome; None when no single event completes it.
    sensitivity
        None below 200 draws, or without levers.
    what_ifs
        Every question the case puts to its history.
    """

    comparison: Comparison | None = None
    paths: Paths | None = None
    sensitivity: Sensitivity | None = None
    what_ifs: tuple[WhatIf, ...] = ()

    @property
    def pages(self) -> tuple[str, ...]:
        """Names of the pages among the files."""
        names = {
            "comparison.html": self.comparison,
            "paths.html": self.paths,
            "sensitivity.html": self.sensitivity,
        }
        asked = tuple(f"what-if-{w.about.id}.html" for w in self.what_ifs)
        return (*(k for k, v in names.items() if v is not None), *asked)

    def files(self) -> dict[str, bytes]:
        """Pages and numbers of each, by name."""
        found: dict[str, bytes] = {}
        for one in (self.comparison, self.paths, self.sensitivity):
            if one is not None:
                found |= one.files()
        for w in self.what_ifs:
            found |= w.files(f"what-if-{w.about.id}")
        return found


def _days(run: Run, question: str) -> int:
    """Days ahead that the key outcome asks about."""
    asked = run.model.assembled.questions
    ends = [s.end for q in asked if q.id == question for s in q.spans]
    return max(ends, default=int(run.model.assembled.model.horizon))


def study(
    run: Run,
    *,
    threads: int | None = None,
    cluster: str | Backend | None = None,
    keep_in: Path | None = None,
    progress: Progress | None = None,
) -> Studies:
    """Compare levers, follow ways, weigh assumptions and ask the history.

    On the model of the run, its draws, futures and seed, as far ahead as its key outcome
    asks. Levers are compared on ``cluster``, if there is one; the others run here.
    """
    model, e = run.model, run.ensemble
    say = progress or (lambda *_: None)

    def part(name: str) -> Callable[[int, int, str], None]:
        return lambda done, total, what: say(done, total, f"{name}: {what}")

    question = headline_of(model, model.assembled.questions, "")
    within = _days(run, question)
    comparison: Comparison | None = None
    if len(model.assembled.arms) > 1:
        comparison = compare_levers(
            model, within=within, draws=e.draws, futures=e.futures, seed=e.seed,
            threads=threads, cluster=cluster, keep_in=keep_in, progress=part("levers"),
        )  # fmt: skip
    paths: Paths | None = None
    if has_ways(model.assembled, question):
        paths = paths_of(
            model, within=within, knock=LINKS, draws=e.draws, futures=e.futures,
            seed=e.seed, threads=threads, progress=part("ways"),
        )  # fmt: skip
    sensitivity = None
    if comparison is not None and e.draws >= LEAST:
        sensitivity = Sensitivity(comparison)
    asked = tuple(
        what_if(model, x.id, seed=e.seed, threads=threads, progress=part("what if"))
        for x in model.case.what_ifs
    )
    return Studies(comparison, paths, sensitivity, asked)


def study_blocks(s: Studies) -> StudyBlocks:
    """What the brief says of them."""
    ways: list[Block] = []
    if s.paths is not None:
        ways.append(Text(way_line(s.paths)))
        if s.paths.chains:
            ways.append(way_picture(s.paths))
            ways.append(replace(way_table(s.paths, TOP), id=""))
        off = knock_table(s.paths)
        if off.rows:
            ways.append(off)
    levers: list[Block] = []
    if s.comparison is not None and s.comparison.levers:
        levers = [Text(lever_line(s.comparison))]
        sure = how_sure(s.comparison)
        if sure:
            levers.append(Text(sure))
        if s.comparison.ranking():
            levers += [lever_picture(s.comparison), first_table(s.comparison)]
        levers += armed_blocks(s.comparison)
    assumptions: list[Block] = []
    if s.sensitivity is not None:
        table = moves_table(s.sensitivity, TOP)
        assumptions = [Text(doubt_line(s.sensitivity)), table]
        assumptions += [Text(t) for t in red_lines_of(s.sensitivity)]
    history: list[Block] = []
    for w in s.what_ifs:
        history += [Text(history_line(w)), count_table(w, w.about.counts[0])]
    return StudyBlocks(tuple(ways), tuple(levers), tuple(assumptions), tuple(history))
