"""`Paths`: by which ways an outcome comes about.

Must never import `cli` or the web.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from spillover.api.compare import headline_of
from spillover.api.paths_words import link_words, stream_words, way_words
from spillover.api.result import Result, html_table
from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Assembled
from spillover.assemble.within import within as cut
from spillover.brief.words import percent
from spillover.ensemble.paths import Chain, QuestionPaths, run_paths
from spillover.ensemble.run import Ensemble, run_ensemble
from spillover.errors import InputError, among
from spillover.store.runfolder import csv_bytes, json_bytes
from spillover.study.effects import Effect
from spillover.study.paths import (
    KnockOut,
    Link,
    Marker,
    knock_outs,
    knocked,
    link_shares,
    markers,
    raising_arms,
    steps_of,
)

if TYPE_CHECKING:
    from spillover.api.model import CaseModel

__all__ = ["Paths", "paths_of"]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Paths(Result):
    """Ways to one outcome.

    Attributes
    ----------
    model, assembled
        The case, and as it was looked at (fewer days perhaps).
    question
        Id of the question.
    found
        Its ways, counted.
    raising
        Arms with a raising factor held; `Chain.held` counts in them.
    knocked
        Links switched off in paired reruns.
    lever
        The lever that is pulled, if any.
    draws, futures, seed
        Size and seed.
    """

    model: CaseModel
    assembled: Assembled
    question: str
    found: QuestionPaths
    raising: tuple[Arm, ...]
    knocked: tuple[KnockOut, ...]
    lever: str
    draws: int
    futures: int
    seed: int

    @property
    def chains(self) -> tuple[Chain, ...]:
        """Ways, the most frequent first."""
        return self.found.chains

    def share(self, chain: Chain) -> float:
        """Share of the courses with the outcome that came this way."""
        return chain.count / max(1, self.found.yes)

    def way(self, chain: Chain) -> str:
        """A way in words."""
        raised = [self.raising[h].id for h in chain.held]
        return way_words(self.model.case, steps_of(self.assembled.model, chain), raised)

    @property
    def text(self) -> tuple[str, str]:
        """The question and its window."""
        q = next(q for q in self.assembled.questions if q.id == self.question)
        return q.text, q.window

    @cached_property
    def links(self) -> dict[Link, float]:
        """Share of the ways that leads over each link."""
        return link_shares(self.assembled.model, self.found)

    @cached_property
    def markers(self) -> tuple[Marker, ...]:
        """What set courses with the outcome apart; its own events are left out."""
        q = next(q for q in self.assembled.questions if q.id == self.question)
        own: set[str] = set()
        if q.tally >= 0:
            streams = self.assembled.model.streams
            clauses = self.assembled.tallies[q.tally].pattern.clauses
            own = {streams[c.stream].id for c in clauses}
        return markers(self.assembled.model, self.found, tuple(own))

    def restraints(self, chain: Chain) -> list[tuple[str, int, int, int, int]]:
        """Restraints of the last step: passed, defied, over, never given, by name."""
        model, case = self.assembled.model, self.model.case
        last = chain.streams[-1]
        names = {r.id: r.name or r.id.replace("-", " ") for r in case.restraints}
        out = []
        for f, factor in enumerate(model.factors[:64]):
            if factor.id not in names or all(r.stream != last for r in factor.rows):
                continue
            passed, defied, over = (int(x) for x in chain.status[f])
            never = chain.count - passed - defied - over
            out.append((names[factor.id], passed, defied, over, never))
        return out

    def example(self, chain: Chain) -> list[dict[str, Any]]:
        """One simulated course that came this way, event by event."""
        from spillover.api.paths_example import example_of

        return example_of(self, chain)

    # ---- views --------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the version of their form."""
        model = self.assembled.model
        return {
            "schema_version": 1,
            "case": self.model.id,
            "question": self.question,
            "lever": self.lever or None,
            "draws": self.draws,
            "futures": self.futures,
            "seed": self.seed,
            "courses": self.found.futures,
            "courses_with_the_outcome": self.found.yes,
            "ways_that_did_not_fit": self.found.other,
            "ways": [
                {
                    "share": self.share(c),
                    "courses": c.count,
                    "words": self.way(c),
                    "steps": [
                        {"how": s.how, "element": s.element, "stream": s.stream}
                        for s in steps_of(model, c)
                    ],
                    "raised_by": [
                        self.raising[h].id.removeprefix("without ") for h in c.held
                    ],
                    "mean_days": c.lead,
                    "restraints": [
                        dict(
                            zip(
                                (
                                    "name",
                                    "in_force_and_passed",
                                    "defied",
                                    "over",
                                    "never_given",
                                ),
                                row,
                                strict=True,
                            )
                        )
                        for row in self.restraints(c)
                    ],
                    "example": {"slot": c.example[0], "future": c.example[1]},
                }
                for c in self.chains
            ],
            "knock_outs": [
                {
                    "link": k.link.path,
                    "words": link_words(self.model.case, k.link),
                    "share_of_ways": k.share,
                    "change": None if k.effect is None else k.effect.change.mean,
                    "mc_se": None if k.effect is None else k.effect.change.mc_se,
                }
                for k in self.knocked
            ],
            "markers": [
                {
                    "stream": m.stream,
                    "share_of_courses_with_the_outcome": m.share,
                    "times_as_often_after_it": m.times,
                    "mean_days_before": m.lead,
                }
                for m in self.markers
            ],
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row per way."""
        return [
            {
                "share": self.share(c),
                "courses": c.count,
                "way": self.way(c),
                "mean_days": c.lead,
            }
            for c in self.chains
        ]

    def _repr_html_(self) -> str:
        rows = [(self.way(c), percent(self.share(c))) for c in self.chains[:10]]
        return html_table(" ".join(self.text), ("Way", "Share"), rows)

    def files(self) -> dict[str, bytes]:
        """JSON, CSV and the page, by name."""
        from spillover.api.paths_page import paths_html

        return {
            "paths.json": json_bytes(self.to_dict()),
            "paths.csv": csv_bytes(self.rows()),
            "paths.html": paths_html(self).encode(),
        }

    def stream(self, name: str) -> str:
        """A kind of event in words."""
        return stream_words(self.model.case, name)

    def effect(self, link: Link) -> Effect | None:
        """What the absence of a link did, where it was switched off."""
        return next((k.effect for k in self.knocked if k.link == link), None)


def paths_of(
    model: CaseModel,
    *,
    outcome: str = "",
    lever: str = "",
    within: int | None = None,
    knock: int = 6,
    draws: int = 2000,
    futures: int = 20,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Paths:
    """Follow every simulated course with an outcome back to where it began.

    Parameters
    ----------
    model
        The case, fitted if it is to be.
    outcome
        An outcome, or one of its questions; the key outcome without.
    lever
        With this lever pulled.
    within
        Look only so many days ahead.
    knock
        Links to switch off in paired reruns, those that carry most; 0: none.
    draws, futures, seed, threads, progress
        As in `CaseModel.simulate`.

    Raises
    ------
    InputError
        When the outcome or the lever is not known, or the question has no ways: it asks
        how many, or whether something stays away.
    """
    base = cut(model.assembled, within) if within else model.assembled
    question = headline_of(model, base.questions, outcome)
    at = [q.id for q in base.questions].index(question)
    if not has_ways(base, question):
        msg = (
            f'"{question}" has no ways to follow: no single event completes it. Choose '
            "an outcome that asks whether something happens (at_least)"
        )
        raise InputError(msg)
    known = {a.id: a for a in base.arms}
    if lever and lever not in known:
        msg = f'unknown lever "{lever}": the levers are {among(lever, model.levers)}'
        raise InputError(msg)
    arm = known[lever] if lever else base.arms[0]
    raising = raising_arms(base)
    found = run_paths(
        base, [at], arm=arm, held=raising, draws=draws, futures=futures, seed=seed,
        threads=threads, progress=progress,
    )[0]  # fmt: skip
    links = knock_outs(base, found, knock)
    out: tuple[KnockOut, ...] = ()
    if links and not lever:
        ensemble: Ensemble = run_ensemble(
            base, arms=[arm, *(a for _, a in links)], draws=draws, futures=futures,
            seed=seed, threads=threads, progress=progress,
        )  # fmt: skip
        out = knocked(links, link_shares(base.model, found), ensemble, at)
    return Paths(
        model, base, question, found, raising, out, lever, draws, futures, seed
    )  # fmt: skip


def has_ways(assembled: Assembled, question: str) -> bool:
    """Whether single events complete a question: there are ways to follow to it."""
    q = next(q for q in assembled.questions if q.id == question)
    for one in [assembled.questions[p] for p in q.parts] or [q]:
        gauge = one.tally >= 0 and assembled.tallies[one.tally].kind == "gauge"
        bounded = one.low <= 0.0 or one.high < float("inf")
        if gauge or one.mode not in ("any", "all_of", "any_of"):
            return False
        if one.mode == "any" and bounded:
            return False
    return True
