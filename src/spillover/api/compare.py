"""`Comparison`: levers beside each other on every outcome.

Must never import `cli` or the web.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from spillover.api.compare_words import points, span
from spillover.api.result import Result, html_table
from spillover.assemble.arms import Arm, at_strength, combined
from spillover.assemble.within import within as cut
from spillover.brief.words import percent
from spillover.case.schema import Cost, Lever
from spillover.ensemble.run import Ensemble, run_ensemble
from spillover.errors import InputError, ModelError, among
from spillover.store.runfolder import csv_bytes, json_bytes
from spillover.study.compare import Averted, Compared, compare
from spillover.study.compare_questions import Counted, headline, with_counts
from spillover.study.effects import Change, Effect
from spillover.study.lever_evidence import Evidence, Learned, evidence_of
from spillover.study.ranking import Ranked, best_shares, frontier, ranked

if TYPE_CHECKING:
    from pathlib import Path

    from spillover.api.model import CaseModel
    from spillover.cluster.backend import Backend

__all__ = ["Comparison", "LeverFacts", "compare_levers", "headline_of"]

Progress = Callable[[int, int, str], None]
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class LeverFacts:
    """What the case says of a lever; of a combination, what it says of its parts."""

    id: str
    name: str
    kind: str
    owners: tuple[str, ...]
    delay: str
    cost: float | None
    cost_note: str
    risk: str
    parts: tuple[str, ...] = ()
    part_costs: tuple[float, ...] = ()


@dataclass(frozen=True)
class Comparison(Result):
    """Levers compared on one ensemble.

    Attributes
    ----------
    model
        The case, fitted where there was something to fit.
    ensemble
        Its arms, the case as it is first.
    counted
        The questions and extra counts.
    facts
        By lever.
    compared
        By lever, combinations and strengths included.
    levers
        Levers and combinations, in order; strengths apart.
    strengths
        Lever to the ids of its strengths, weakest first.
    headline
        Question everything is ranked by.
    notes
        Warnings of the run.
    """

    model: CaseModel
    ensemble: Ensemble
    counted: Counted
    facts: dict[str, LeverFacts]
    compared: dict[str, Compared]
    levers: tuple[str, ...]
    strengths: dict[str, tuple[str, ...]]
    headline: str
    notes: tuple[str, ...] = ()

    # ---- what is compared ---------------------------------------------------------

    @property
    def peaceful(self) -> tuple[str, ...]:
        """Levers that are not armed."""
        return tuple(k for k in self.levers if self.facts[k].kind != "armed")

    @property
    def armed(self) -> tuple[str, ...]:
        """Armed levers: shown apart with the deaths they cause, never recommended."""
        return tuple(k for k in self.levers if self.facts[k].kind == "armed")

    def effect(self, lever: str, question: str = "") -> Effect:
        """Effect of a lever on a question, the headline without one."""
        return self.compared[lever].effects[question or self.headline]

    def _changes(self, question: str, levers: Sequence[str]) -> dict[str, Change]:
        return {k: self.effect(k, question).change for k in levers}

    def ranking(self, question: str = "") -> tuple[Ranked, ...]:
        """Levers that are not armed, the one that lowers the chance most first."""
        return ranked(self._changes(question or self.headline, self.peaceful))

    def best(self, question: str = "") -> dict[str, float]:
        """Share of draws in which each is best; "" stands for doing nothing."""
        return best_shares(self._changes(question or self.headline, self.peaceful))

    @cached_property
    def best_by_variant(self) -> dict[str, dict[str, float]]:
        """The same for each choice of each variant."""
        changes = self._changes(self.headline, self.peaceful)
        found = {}
        for v, variant in enumerate(self.model.assembled.variants):
            for c, choice in enumerate(variant.choices):
                rows = self.ensemble.choice[:, v] == c
                found[f"{variant.name}: {choice.id.replace('-', ' ')}"] = best_shares(
                    changes, rows
                )
        return found

    def frontier(self, question: str = "") -> tuple[str, ...]:
        """Levers that no other beats on cost and chance both; doing nothing is ""."""
        names = ["", *(k for k in self.peaceful if self.facts[k].cost is not None)]
        cost = [0.0 if not k else float(self.facts[k].cost or 0.0) for k in names]
        q = question or self.headline
        p0 = next(iter(self.compared.values())).effects[q].p0
        risk = [p0 if not k else self.effect(k, q).p1 for k in names]
        return tuple(names[i] for i in frontier(cost, risk))

    @cached_property
    def evidence(self) -> dict[str, Evidence]:
        """What each lever's effect rests on."""
        arms = {a.id: a for a in self._arms}
        return {
            k: evidence_of(
                self.model.case, self.model.assembled, arms[k], _learned(self.model)
            )
            for k in self.levers
        }

    @cached_property
    def _arms(self) -> tuple[Arm, ...]:
        known = {a.id: a for a in self.model.assembled.arms}
        made = [known[k] for k in self.levers if k in known]
        made += [
            combined([known[p] for p in self.facts[k].parts], id=k)
            for k in self.levers
            if k not in known
        ]
        return tuple(made)

    # ---- views --------------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        """One row per lever and question, plain values."""
        asked = {q.id: q for q in self.counted.assembled.questions}
        place = {r.id: r for r in self.ranking()}
        out = []
        for lever in (*self.levers, *itertools.chain(*self.strengths.values())):
            one = self.compared[lever]
            for q, e in one.effects.items():
                spread = q == self.headline and lever in place
                out.append(
                    {
                        "lever": lever,
                        "question": q,
                        "outcome": asked[q].outcome,
                        "window": asked[q].window,
                        **_effect_dict(e),
                        "place": place[lever].place if spread else None,
                        "tie_group": place[lever].group if spread else None,
                    }
                )
        return out

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the version of their form."""
        best = self.best()
        facts = []
        for k in self.levers:
            one, about = self.compared[k], self.facts[k]
            facts.append(
                {
                    "id": k,
                    "name": about.name,
                    "kind": about.kind,
                    "owners": list(about.owners),
                    "delay": about.delay,
                    "cost": about.cost,
                    "cost_note": about.cost_note,
                    "risk": about.risk,
                    "parts": list(about.parts),
                    "chance_of_being_best": best.get(k),
                    "events": {q: _averted_dict(x) for q, x in one.averted.items()},
                    "deaths": _averted_dict(one.deaths),
                    "deaths_in_its_own_acts": None
                    if one.own_deaths is None
                    else _averted_dict(one.own_deaths),
                    "futures_touched": one.touched,
                    "events_apart": one.apart,
                    "evidence": {
                        "kind": self.evidence[k].kind,
                        "numbers": [
                            {
                                "path": r.path,
                                "written": r.text,
                                "kind": r.kind,
                                "sources": list(r.sources),
                                "why": r.why,
                                "shift_in_spreads": r.shift,
                                "width_ratio": r.narrower,
                            }
                            for r in self.evidence[k].numbers
                        ],
                    },
                }
            )
        return {
            "schema_version": 1,
            "case": self.model.id,
            "headline": self.headline,
            "draws": self.ensemble.draws,
            "futures": self.ensemble.futures,
            "seed": self.ensemble.seed,
            "levers": facts,
            "armed": list(self.armed),
            "frontier": list(self.frontier()),
            "nothing_best": best[""],
            "best_by_variant": self.best_by_variant,
            "strengths": {k: list(v) for k, v in self.strengths.items()},
            "effects": self.rows(),
            "notes": list(self.notes),
        }

    def _repr_html_(self) -> str:
        rows = []
        for r in self.ranking():
            f, c = self.facts[r.id], self.effect(r.id).change
            cost = "" if f.cost is None else f"{f.cost:g} of 5"
            rows.append((f.name, ", ".join(f.owners), points(c.mean), span(c), cost))
        heads = ("Lever", "Who", "Change", "90 %", "Cost")
        return html_table(f"{self.model.id}: {self.headline}", heads, rows)

    def files(self) -> dict[str, bytes]:
        """JSON, CSV and the page, by name."""
        from spillover.api.compare_page import comparison_html

        return {
            "comparison.json": json_bytes(self.to_dict()),
            "comparison.csv": csv_bytes(self.rows()),
            "comparison.html": comparison_html(self).encode(),
        }


def _effect_dict(e: Effect) -> dict[str, Any]:
    finite = {
        "achieved": e.coupling.achieved,
        "ceiling": e.coupling.ceiling,
        "ratio": e.ratio,
        "ratio_se": e.ratio_se,
    }
    return {
        "p0": e.p0,
        "p1": e.p1,
        "difference": e.change.mean,
        "mc_se": e.change.mc_se,
        "low": e.change.low,
        "high": e.change.high,
        **{k: v if np.isfinite(v) else None for k, v in finite.items()},
        "ratio_low": e.ratio_low,
        "ratio_high": e.ratio_high,
        "lost": e.lost,
        "gained": e.gained,
        "tied_with_nothing": e.tied,
        "word": percent(e.p1),
    }


def _averted_dict(a: Averted) -> dict[str, Any]:
    return {
        "without": a.mean,
        "change": a.change.mean,
        "mc_se": a.change.mc_se,
        "low": a.change.low,
        "high": a.change.high,
        "variance_ratio": a.variance_ratio if np.isfinite(a.variance_ratio) else None,
    }


def _learned(model: CaseModel) -> dict[str, Learned]:
    table = model.fit_table
    if table is None:
        return {}
    return {r.path: Learned(r.written, r.used, r.learned) for r in table.rows}


# ---- making one ------------------------------------------------------------------


def _facts(model: CaseModel, lever: Lever) -> LeverFacts:
    case = model.case
    cost = lever.cost
    scale = cost.scale if isinstance(cost, Cost) else None
    note = cost.note if isinstance(cost, Cost) else (cost or "")
    delay = lever.delay if isinstance(lever.delay, str) else lever.delay.text
    named = [case.actors[o].name or o for o in lever.owner if o in case.actors]
    known = {x.id: x for x in case.levers}
    costs: tuple[float, ...] = ()
    if lever.both and not scale:
        parts = [_facts(model, known[p]) for p in lever.both]
        joined = _joined(lever.id, lever.name or lever.id, parts)
        scale, note = joined.cost, joined.cost_note
        delay, costs = delay or joined.delay, joined.part_costs
    risk = lever.risk
    if lever.both and not risk:
        risk = "; ".join(known[p].risk for p in lever.both if known[p].risk)
    return LeverFacts(
        lever.id, lever.name or lever.id, lever.kind, tuple(named), delay, scale, note,
        risk, tuple(lever.both), costs,
    )  # fmt: skip


def _joined(name: str, title: str, parts: Sequence[LeverFacts]) -> LeverFacts:
    """A combination: its price is the sum of its parts."""
    costs = [p.cost for p in parts if p.cost is not None]
    armed = any(p.kind == "armed" for p in parts)
    return LeverFacts(
        name,
        title,
        "armed" if armed else parts[0].kind,
        tuple(dict.fromkeys(o for p in parts for o in p.owners)),
        "; ".join(dict.fromkeys(p.delay for p in parts if p.delay)),
        sum(costs) if costs else None,
        "; ".join(dict.fromkeys(p.cost_note for p in parts if p.cost_note)),
        "; ".join(dict.fromkeys(p.risk for p in parts if p.risk)),
        tuple(p.id for p in parts),
        tuple(costs),
    )


def _wanted(model: CaseModel, levers: Sequence[str]) -> list[str]:
    """Levers asked for, all without any; doing nothing is the base, not a lever."""
    every = [x for x in model.levers if x != model.assembled.arms[0].id]
    twice = [x for n, x in enumerate(levers) if x in levers[:n]]
    if twice:
        msg = f'lever "{twice[0]}" is named twice: name each once'
        raise InputError(msg)
    for x in levers:
        _known(x, model)
    return [x for x in (levers or every) if x in every]


def _known(lever: str, model: CaseModel) -> None:
    if lever not in model.levers:
        msg = f'unknown lever "{lever}": the levers are {among(lever, model.levers)}'
        raise InputError(msg)


def _pairs(model: CaseModel, wanted: Sequence[str]) -> list[tuple[str, ...]]:
    """All pairs of single levers that are not armed and that the case does not hold."""
    case = {x.id: x for x in model.case.levers}
    single = [x for x in wanted if not case[x].both and case[x].kind != "armed"]
    there = {frozenset(x.both) for x in model.case.levers if x.both}
    return [p for p in itertools.combinations(single, 2) if frozenset(p) not in there]


def compare_levers(
    model: CaseModel,
    *,
    levers: Sequence[str] = (),
    pairs: bool = False,
    combine: Sequence[Sequence[str]] = (),
    strength: Sequence[str] = (),
    within: int | None = None,
    outcome: str = "",
    draws: int = 2000,
    futures: int = 20,
    seed: int = 1,
    threads: int | None = None,
    cluster: str | Backend | None = None,
    resume: Path | None = None,
    keep_in: Path | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run every lever beside the case as it is, in one coupled pass.

    Parameters
    ----------
    model
        The case, fitted if it is to be.
    levers
        Ids; all without any.
    pairs
        Also all pairs of single levers that are not armed.
    combine
        Chosen combinations, ids each.
    strength
        Levers to run at 0, 25, 50, 75 and 100 %.
    within
        Look only so many days ahead: quicker.
    outcome
        What to rank by: an outcome, or one of its questions; the key outcome without.
    draws, futures, seed, threads, cluster, resume, keep_in, progress
        As in `CaseModel.simulate`.

    Raises
    ------
    InputError
        When a lever or outcome is not known, a lever is named twice, or there is one draw.
    ModelError
        When combined levers contradict each other.
    """
    if draws < 2:
        msg = "levers are compared over samples of the uncertain numbers: ask for 2 or more (--draws)"
        raise InputError(msg)
    wanted = _wanted(model, levers)
    base = cut(model.assembled, within) if within else model.assembled
    known = {a.id: a for a in base.arms}
    facts = {x.id: _facts(model, x) for x in model.case.levers}
    arms = [base.arms[0], *(known[x] for x in wanted)]
    together = [*_pairs(model, wanted)] if pairs else []
    for parts in combine:
        for x in parts:
            _known(x, model)
        if len(set(parts)) < max(2, len(parts)):
            msg = f"{'+'.join(parts)}: combine two or more different levers"
            raise InputError(msg)
        together.append(tuple(parts))
    for parts in together:
        try:
            arm = combined([known[x] for x in parts])
        except ModelError:
            if parts in [tuple(c) for c in combine]:
                raise
            continue  # a pair nobody chose: it cannot be pulled together
        if arm.id not in facts:
            facts[arm.id] = _joined(arm.id, arm.name, [facts[x] for x in parts])
            arms.append(arm)
    listed = tuple(a.id for a in arms[1:])
    strengths: dict[str, tuple[str, ...]] = {}
    for x in strength:
        _known(x, model)
        made = [at_strength(base.model, known[x], s) for s in STRENGTHS]
        strengths[x] = tuple(a.id for a in made)
        arms += made
    if len(arms) < 2:
        msg = "there is no lever to compare: the case has none besides doing nothing"
        raise InputError(msg)
    key = headline_of(model, base.questions, outcome)
    days = max(
        (s.end for q in base.questions if q.id == key for s in q.spans), default=90
    )
    counted = with_counts(base, tuple(arms), days)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ensemble = run_ensemble(
            counted.assembled, draws=draws, futures=futures, seed=seed, arms=arms,
            threads=threads, cluster=cluster, resume=resume, keep_in=keep_in,
            progress=progress,
        )  # fmt: skip
    notes = dict.fromkeys(
        str(w.message) for w in caught if w.category.__module__.startswith("spillover")
    ) | dict.fromkeys(ensemble.notes)
    found = {c.id: c for c in compare(counted, ensemble)}
    return Comparison(
        model, ensemble, counted, facts, found, listed, strengths, key, tuple(notes)
    )


def headline_of(model: CaseModel, questions: Sequence[Any], outcome: str) -> str:
    """Question to rank by."""
    from dataclasses import replace

    yes = [q for q in questions if q.mode != "count"]
    if outcome and outcome in [q.id for q in yes]:
        return outcome
    if outcome and outcome not in [q.outcome for q in yes]:
        names = list(dict.fromkeys(q.outcome for q in yes))
        msg = f'unknown outcome "{outcome}": the outcomes are {among(outcome, names)}'
        raise InputError(msg)
    case = model.case
    key = outcome or case.key_outcome or case.outcomes[0].id
    at = headline(replace(model.assembled, questions=tuple(questions)), key)
    if at < 0:
        msg = "no outcome has a chance to compare levers by: all of them ask how many"
        raise InputError(msg)
    return str(questions[at].id)
