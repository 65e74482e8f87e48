"""After a fit: the engine simulates the fitted numbers and must keep their daily law.

Baselines and responses at their fitted middles, every factor at one, drivers at one:
what the likelihood of the history is built from. Marks enter by their mean weight.

This file must never import a case.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spillover.assemble.assembled import Assembled
from spillover.assemble.draws import middle_numbers, value_of
from spillover.assemble.posterior import Posterior
from spillover.assemble.stability import bases_matrix
from spillover.inference.daily import Links
from spillover.inference.match_law import MatchTable, match_law
from spillover.model.closed_forms import mean_weight
from spillover.model.structure import ABSENT

__all__ = ["case_match"]

FEWEST = 20
"""Events expected of a stream below which variances cannot be compared."""
LN2 = float(np.log(2.0))


def case_match(
    assembled: Assembled, posterior: Posterior, *, days: int = 1095, seed: int = 1
) -> MatchTable:
    """Compare the engine's daily counts with the daily law of the fitted numbers.

    Parameters
    ----------
    assembled
        The case.
    posterior
        What was learned; other numbers stand at their middles.
    days, seed
        Days simulated (twice), and the seed.

    Returns
    -------
    MatchTable
        Mean, variance and share of days with none, with z-scores, of the streams that
        come often enough to compare.
    """
    model, table = assembled.model, assembled.slots
    columns = list(table.columns)
    for path, mean in zip(posterior.paths, posterior.mean, strict=True):
        at = table.index[path]
        value = float(value_of(columns[at], np.array([mean]))[0])
        columns[at] = replace(columns[at], law="certain", low=value, high=value)
    moved = replace(table, columns=tuple(columns))
    theta = middle_numbers(replace(assembled, slots=moved, posterior=None))
    mu = np.maximum(np.nan_to_num(bases_matrix(model, theta[None, :])[0]), 0.0)
    target, source, children, decay = [], [], [], []
    for response in model.responses:
        for j in sorted({c.stream for c in response.when.clauses}):
            weight = float(mean_weight(model, theta, response, j))
            for part in response.kernel:
                share = 1.0 if part.share == ABSENT else float(theta[part.share])
                target.append(response.then.stream)
                source.append(j)
                children.append(float(theta[response.children]) * share * weight)
                decay.append(LN2 / float(theta[part.half_life]))
    with np.errstate(invalid="ignore"):  # streams that never come
        made = match_law(
            np.tile(mu, (days, 1)),
            Links(np.array(target, np.int64), np.array(source, np.int64)),
            np.array(children),
            np.array(decay),
            seed=seed,
            futures=2,
            names=[s.id for s in model.streams],
        )
    means = {r.stream: r.fitted for r in made.rows if r.quantity == "mean"}
    rows = tuple(r for r in made.rows if means[r.stream] * made.days >= FEWEST)
    return MatchTable(rows, made.days)
