"""`Sensitivity`: what moves the answer, what knowing it is worth, what turns it round.

Must never import `cli` or the web.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spillover.api.brief_numbers import number_words
from spillover.api.compare import Comparison, compare_levers
from spillover.api.result import Result, html_table
from spillover.errors import InputError
from spillover.store.runfolder import json_bytes
from spillover.study.effects import Change, gap_of
from spillover.study.indices import Index, basis_of, group_index, indices_of
from spillover.study.latent import Bound, bound_of
from spillover.study.red_team import Flip, Tilt, flip_of, flip_weight, tilt_of
from spillover.study.tornado import Bar, tornado_of
from spillover.study.worth import Worth, worth_of, worth_of_all

if TYPE_CHECKING:
    from spillover.api.model import CaseModel

__all__ = ["RedTeam", "Sensitivity", "sensitivity_of"]

Progress = Callable[[int, int, str], None]
Floats = NDArray[np.float64]
READING = "reading: "
FLIPS = 5


@dataclass(frozen=True)
class RedTeam:
    """What would turn the order of the first two levers round.

    Attributes
    ----------
    first, second
        The levers; the second is the best that is not tied by construction.
    gap
        First less second, change of the chance.
    flips
        Single numbers that would do it, those that need to move least first.
    joint
        The slightest reweighting of all samples that does it.
    readings
        Reading to the weight at which it does; NaN where no weight does.
    """

    first: str
    second: str
    gap: Change
    flips: tuple[Flip, ...]
    joint: Tilt
    readings: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Sensitivity(Result):
    """Sensitivity of one question, from the draws of a comparison."""

    comparison: Comparison

    @property
    def model(self) -> CaseModel:
        """The case."""
        return self.comparison.model

    @property
    def question(self) -> str:
        """What is asked."""
        return self.comparison.headline

    @cached_property
    def inputs(self) -> dict[str, Floats]:
        """Values of every uncertain number in each draw, and the readings chosen."""
        e, table = self.comparison.ensemble, self.model.assembled.slots
        found = {
            c.path: e.theta[:, n]
            for n, c in enumerate(table.columns)
            if c.drawn and not c.path.startswith(("levers.", "variants."))
            if float(np.std(e.theta[:, n])) > 1e-12 * abs(float(np.mean(e.theta[:, n])))
        }
        for v, variant in enumerate(self.model.assembled.variants):
            chosen = e.choice[:, v].astype(np.float64)
            if len(np.unique(chosen)) > 1:
                found[f"{READING}{variant.id}"] = chosen
        return found

    @cached_property
    def _bases(self) -> dict[str, Floats]:
        """Polynomials of every input: they serve every question."""
        return {name: basis_of(x) for name, x in self.inputs.items()}

    @cached_property
    def _indices(self) -> dict[str, tuple[Index, ...]]:
        return {}

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Numbers that are `alike`, by the name of their group."""
        found: dict[str, list[str]] = {}
        for c in self.model.assembled.slots.columns:
            if c.drawn and c.group and c.path in self.inputs:
                found.setdefault(c.group, []).append(c.path)
        return {g: tuple(p) for g, p in found.items() if len(p) > 1}

    def _answer(self, question: str) -> tuple[Floats, float]:
        """Chance in each draw, and the noise that finite futures add to it."""
        c, M = self.comparison, self.comparison.ensemble.futures
        n = [q.id for q in c.counted.assembled.questions].index(question)
        k = c.ensemble.arms[0].sums.hits[:, n].astype(np.float64)
        within = float((k * (M - k)).mean()) / (M * M * (M - 1)) if M > 1 else math.inf
        return k / M, within

    def indices(self, question: str = "") -> tuple[Index, ...]:
        """Share of the variance of the chance that each input explains by itself."""
        name = question or self.question
        if name not in self._indices:
            self._indices[name] = indices_of(self._bases, *self._answer(name))
        return self._indices[name]

    @cached_property
    def group_shares(self) -> dict[str, float]:
        """The same for numbers that move together, as one."""
        y, within = self._answer(self.question)
        return {
            g: group_index([self.inputs[p] for p in paths], y, within)
            for g, paths in self.groups.items()
        }

    @cached_property
    def tornado(self) -> tuple[Bar, ...]:
        """The chance with each number low and high."""
        return tornado_of(self.inputs, self._answer(self.question)[0])

    def _changes(self) -> dict[str, Change]:
        c = self.comparison
        return {k: c.effect(k).change for k in c.peaceful}

    @cached_property
    def worth(self) -> tuple[Worth, ...]:
        """What knowing each input would be worth for choosing a lever."""
        changes = {k: c.means for k, c in self._changes().items()}
        return worth_of(self.inputs, changes) if changes else ()

    @cached_property
    def worth_of_all(self) -> float:
        """The same for knowing all of them."""
        changes = {k: c.by_draw for k, c in self._changes().items()}
        most = max((w.worth for w in self.worth), default=0.0)
        return max(most, worth_of_all(changes)) if changes else 0.0

    @cached_property
    def red_team(self) -> RedTeam | None:
        """What would turn the order of the first two levers round; None without two."""
        changes = self._changes()
        order = [r.id for r in self.comparison.ranking()]
        pair = next(
            (
                (a, b)
                for n, a in enumerate(order)
                for b in order[n + 1 :]
                if changes[a].mean != changes[b].mean
            ),
            None,
        )
        if pair is None:
            return None
        first, second = pair
        gap = gap_of(changes[first], changes[second])
        flips = [
            flip_of(p, x, gap.means) for p, x in self.inputs.items() if READING not in p
        ]
        can = sorted(
            (f for f in flips if not math.isnan(f.quantile)),
            key=lambda f: abs(f.quantile - 0.5),
        )
        readings = []
        for v, variant in enumerate(self.model.assembled.variants):
            for c, choice in enumerate(variant.choices):
                rows = self.comparison.ensemble.choice[:, v] == c
                readings.append(
                    (f"{variant.id}: {choice.id}", flip_weight(rows, gap.means))
                )
        joint = tilt_of(self.inputs, gap.by_draw)
        return RedTeam(first, second, gap, tuple(can[:FLIPS]), joint, tuple(readings))

    @cached_property
    def bounds(self) -> tuple[Bound, ...]:
        """How strong a hidden common cause would have to be, link by link."""
        e, a = self.comparison.ensemble, self.model.assembled
        theta = np.median(e.theta, axis=0)
        sums = e.arms[0].sums
        days = e.draws * e.futures * self.comparison.counted.assembled.model.horizon
        found = []
        for r in a.model.responses:
            if {c.stream for c in r.when.clauses} <= {r.then.stream}:
                continue  # a series of its own is no link between two
            rate = float(sums.events[r.then.stream]) / days
            half = max(float(theta[p.half_life]) for p in r.kernel)
            found.append(bound_of(r.id, float(theta[r.children]), rate, half))
        return tuple(sorted(found, key=lambda b: -b.swing))

    # ---- views --------------------------------------------------------------------

    def name(self, path: str) -> str:
        """An input in words."""
        if path.startswith(READING):
            variant = self.model.case.variants[path.removeprefix(READING)]
            return f"reading: {variant.name or path.removeprefix(READING)}"
        return number_words(path.removesuffix(".median"))

    def rows(self) -> list[dict[str, Any]]:
        """One row per input."""
        bars = {b.name: b for b in self.tornado}
        worth = {w.name: w for w in self.worth}
        out = []
        for i in self.indices():
            b = bars[i.name]
            out.append(
                {
                    "input": i.name,
                    "share": i.share,
                    "share_se": i.se,
                    "seen": i.seen,
                    "chance_low": b.low,
                    "chance_low_se": b.low_se,
                    "low_at": b.low_at,
                    "chance_high": b.high,
                    "chance_high_se": b.high_se,
                    "high_at": b.high_at,
                    "worth": worth[i.name].worth if i.name in worth else None,
                }
            )
        return out

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the version of their form."""
        red = self.red_team
        c = self.comparison
        others = [q.id for q in c.counted.assembled.questions if q.mode != "count"]
        return {
            "schema_version": 1,
            "case": self.model.id,
            "question": self.question,
            "inputs": self.rows(),
            "groups": self.group_shares,
            "other_questions": {
                q: [
                    {"input": i.name, "share": i.share, "se": i.se}
                    for i in self.indices(q)[:3]
                    if i.seen
                ]
                for q in others
                if q != self.question
            },
            "worth_of_knowing_everything": self.worth_of_all,
            "red_team": None
            if red is None
            else {
                "first": red.first,
                "second": red.second,
                "gap": red.gap.mean,
                "gap_se": red.gap.mc_se,
                "single_numbers": [asdict(f) for f in red.flips],
                "joint": {
                    "entropy": _finite(red.joint.entropy),
                    "effective_share": red.joint.effective,
                    "moved": [list(m) for m in red.joint.moved[:10]],
                },
                "readings": {k: _finite(w) for k, w in red.readings},
            },
            "hidden_cause": [
                {
                    k: _finite(v) if isinstance(v, float) else v
                    for k, v in asdict(b).items()
                }
                for b in self.bounds
            ],
        }

    def _repr_html_(self) -> str:
        rows = [
            (self.name(i.name), f"{i.share * 100:.0f} %")
            for i in self.indices()
            if i.seen
        ]
        return html_table(self.question, ("Uncertain number", "Share"), rows)

    def files(self) -> dict[str, bytes]:
        """JSON and the page, by name."""
        from spillover.api.sensitivity_page import sensitivity_html

        return {
            "sensitivity.json": json_bytes(self.to_dict()),
            "sensitivity.html": sensitivity_html(self).encode(),
        }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def sensitivity_of(
    model: CaseModel,
    *,
    outcome: str = "",
    levers: Sequence[str] = (),
    within: int | None = None,
    draws: int = 2000,
    futures: int = 20,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Run the levers and see what the answers of the draws go with.

    Raises
    ------
    InputError
        As `compare_levers`; also below 200 draws, too few to tell anything apart.
    """
    if draws < LEAST:
        msg = f"draws is {draws}: sensitivity needs at least {LEAST}"
        raise InputError(msg)
    return Sensitivity(
        compare_levers(
            model,
            levers=levers,
            within=within,
            outcome=outcome,
            draws=draws,
            futures=futures,
            seed=seed,
            threads=threads,
            progress=progress,
        )
    )


LEAST = 200
