"""`Mix`: several levers at chosen strengths, pulled together, beside the case as it is.

Must never import `cli` or the web.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spillover.api.compare import headline_of
from spillover.assemble.arms import Arm, at_strength, combined
from spillover.assemble.within import within as cut
from spillover.brief.words import likelihood_word
from spillover.ensemble.run import run_ensemble
from spillover.errors import InputError, among
from spillover.study.compare import Compared, compare
from spillover.study.compare_questions import Counted, with_counts

if TYPE_CHECKING:
    from spillover.api.compare import Progress
    from spillover.api.model import CaseModel

__all__ = ["Mix", "mix_of"]


@dataclass(frozen=True)
class Mix:
    """What a mix of levers does to every chance.

    Attributes
    ----------
    model
        The case, fitted if it was to be.
    strengths
        Lever to strength, 0 to 1; those at 0 left out.
    counted, compared
        The questions, and the mix beside the base.
    headline
        Question of the key outcome.
    armed
        Whether an armed lever is in it: shown with its deaths, never recommended.
    draws, futures, seed
        Size and seed.
    """

    model: CaseModel
    strengths: dict[str, float]
    counted: Counted
    compared: Compared
    headline: str
    armed: bool
    draws: int
    futures: int
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the version of their form; the key outcome first."""
        asked = {q.id: q for q in self.counted.assembled.questions}
        rows = []
        for name, e in self.compared.effects.items():
            low, high = e.change.interval
            rows.append(
                {
                    "id": name,
                    "question": asked[name].text,
                    "window": asked[name].window,
                    "p0": e.p0,
                    "p1": e.p1,
                    "word": likelihood_word(e.p1),
                    "change": e.change.mean,
                    "low": low,
                    "high": high,
                    "mc_se": e.change.mc_se,
                    "tied": e.tied,
                    "key": name == self.headline,
                }
            )
        deaths = self.compared.deaths
        return {
            "schema_version": 1,
            "case": self.model.id,
            "strengths": self.strengths,
            "armed": self.armed,
            "draws": self.draws,
            "futures": self.futures,
            "seed": self.seed,
            "courses": self.draws * self.futures,
            "deaths": {"without": deaths.mean, "change": deaths.change.mean},
            "outcomes": sorted(rows, key=lambda r: not r["key"]),
        }


def mix_of(
    model: CaseModel,
    strengths: Mapping[str, float],
    *,
    within: int | None = None,
    outcome: str = "",
    draws: int = 2000,
    futures: int = 20,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Mix:
    """Run a mix of levers beside the case as it is, in the same world.

    Parameters
    ----------
    model
        The case, fitted if it is to be.
    strengths
        Lever to strength, 0 (not pulled) to 1 (pulled as the case has it).
    within, outcome, draws, futures, seed, threads, progress
        As in `compare_levers`.

    Raises
    ------
    InputError
        When a lever is not known or a strength is not between 0 and 1.
    ModelError
        When levers contradict each other.
    """
    base = cut(model.assembled, within) if within else model.assembled
    known = {a.id: a for a in base.arms}
    for x in strengths:
        if x not in known:
            msg = f'unknown lever "{x}": the levers are {among(x, model.levers)}'
            raise InputError(msg)
    pulled = {x: s for x, s in strengths.items() if s != 0.0 and x != base.arms[0].id}
    arms = [at_strength(base.model, known[x], s) for x, s in pulled.items()]
    together = combined([base.arms[0], *arms], id="mix", name="The mix")
    key = headline_of(model, base.questions, outcome)
    days = max(
        (s.end for q in base.questions if q.id == key for s in q.spans), default=90
    )
    both: tuple[Arm, ...] = (base.arms[0], together)
    counted = with_counts(base, both, days)
    ensemble = run_ensemble(
        counted.assembled, draws=draws, futures=futures, seed=seed, arms=list(both),
        threads=threads, progress=progress,
    )  # fmt: skip
    (found,) = compare(counted, ensemble)
    armed = any(a.kind == "armed" for a in arms)
    return Mix(model, pulled, counted, found, key, armed, draws, futures, seed)
