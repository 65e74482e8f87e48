"""How many events (and claims) fall into each atom of a block, in one draw.

Claims first, by the lattice against Poisson atoms; then acts: of counted claims each
has an act behind it with the report's share, other atoms are Poisson, and rows that
count acts bind them by the lattice too.

This file must never import a case.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spillover.assemble.block_arrays import BlockArrays, DrawArrays, RowArrays
from spillover.assemble.kernel import (
    Floats,
    Ints,
    Rng,
    binomial,
    kernel,
    mix,
    poisson,
)
from spillover.assemble.lattice import BINOMIAL, FAR, POISSON, close, walk

__all__ = ["Atoms", "count_atoms", "new_atoms"]

SWEEPS = 30
LEAST = 1e-6
K_CLAIMS = np.uint64(0x6C62272E07BB0142)
K_COUNTS = np.uint64(0x27D4EB2F165667C5)


class Atoms(NamedTuple):
    """Work space and results of one draw, one entry per atom.

    ``dated``: dated records in it; ``shape``: its days, weighted by what multiplies
    the rate; ``claimed_here`` and ``counted_here``: some row of claims or of acts covers it;
    ``expected``: acts expected; ``claims`` and ``counts``: the numbers drawn.
    """

    far: Ints
    dated: Ints
    days: Floats
    shape: Floats
    claimed_here: Ints
    counted_here: Ints
    claims_mean: Floats
    acts_mean: Floats
    expected: Floats
    claims: Ints
    counts: Ints
    lower: Ints
    upper: Ints
    kind: Ints
    fixed: Ints
    a: Floats
    b: Floats
    low: Ints
    high: Ints


@kernel
def new_atoms(atoms: int, rows: int) -> Atoms:
    """Allocate the work space for ``atoms`` atoms and ``rows`` rows of acts."""
    i, f = np.zeros((9, atoms), np.int64), np.zeros((7, atoms))
    return Atoms(
        np.zeros((atoms + 1, atoms + 1), np.int64),
        i[0],
        f[0],
        f[1],
        i[1],
        i[2],
        f[2],
        f[3],
        f[4],
        i[3],
        i[4],
        i[5],
        i[6],
        i[7],
        i[8],
        f[5],
        f[6],
        np.zeros(rows, np.int64),
        np.zeros(rows, np.int64),
    )


@kernel
def _scale_means(
    mean: Floats, covered: Ints, w: Atoms, rate: float, rows: RowArrays, d: int
) -> None:
    """Set the prior mean of each atom: its shape, scaled to the narrowest row there.

    A row that only says "at least" is used where no other is, and does not pull below
    the model's own rate. Where no row is, the model's rate stands (``covered`` 0).
    """
    for a in range(len(mean)):
        best, firm = -1, False
        for r in range(len(rows.first)):
            if rows.active[d, r] == 0 or rows.minimum[r] == 1:
                continue
            if not rows.first[r] <= a < rows.last[r]:
                continue
            sure = rows.at_least[r] == 0
            if (
                best < 0
                or (sure and not firm)
                or (sure == firm and rows.days[r] < rows.days[best])
            ):
                best, firm = r, sure
        covered[a] = int(best >= 0)
        mean[a] = rate * w.shape[a]
        if best >= 0:
            whole, span = 0.0, 0.0
            for k in range(rows.first[best], rows.last[best]):
                whole += w.shape[k]
                span += w.days[k]
            part = w.shape[a] / whole if whole > 0.0 else w.days[a] / span
            number = rows.centre[best]
            if not firm:
                number = max(number, rate * whole)
            mean[a] = part * number
        mean[a] = max(mean[a], LEAST * w.days[a])


@kernel
def _select(active: Ints, values: Ints) -> Ints:
    out = np.empty(int(active.sum()), np.int64)
    k = 0
    for r in range(len(active)):
        if active[r] == 1:
            out[k] = values[r]
            k += 1
    return out


@kernel
def _draw_counts(
    counts: Ints, w: Atoms, rows: RowArrays, low: Ints, high: Ints, d: int, rng: Rng
) -> bool:
    """Draw ``counts`` under the rows of draw ``d``; False when nothing fits."""
    active = rows.active[d]
    first, last = _select(active, rows.first), _select(active, rows.last)
    lows, highs = _select(active, low), _select(active, high)
    if not close(w.far, w.lower, w.upper, first, last, lows, highs):
        return False
    walk(counts, w.far, w.kind, w.fixed, w.a, w.b, SWEEPS, rng)
    return True


@kernel
def _measure(w: Atoms, block: BlockArrays, by_draw: DrawArrays, d: int) -> None:
    """Fill days and shapes."""
    for k in range(len(w.days)):
        first, last = block.edges[k] - block.begins, block.edges[k + 1] - block.begins
        w.days[k] = last - first
        w.shape[k] = 0.0
        for day in range(first, last):
            w.shape[k] += by_draw.root[d, day]


@kernel
def count_atoms(
    w: Atoms,
    block: BlockArrays,
    claim_rows: RowArrays,
    event_rows: RowArrays,
    by_draw: DrawArrays,
    rate: float,
    key: np.uint64,
    d: int,
) -> bool:
    """Draw the claims and acts of every atom in draw ``d``; False when nothing fits.

    ``w.dated`` must hold the dated records of each atom, ``rate`` the block's events
    per day, ``key`` the key of the block in this draw.
    """
    _measure(w, block, by_draw, d)
    atoms = len(w.days)
    rng = np.zeros(1, np.uint64)
    real, claimed = by_draw.real[d], by_draw.claimed[d]
    always = claimed < 0.0
    per_claim = real if always else real / max(claimed, 1e-9)
    _scale_means(w.acts_mean, w.counted_here, w, rate, event_rows, d)
    claim_rate = rate / max(per_claim, 1e-9)
    _scale_means(w.claims_mean, w.claimed_here, w, claim_rate, claim_rows, d)
    if block.has_claims:
        for k in range(atoms):
            w.kind[k], w.fixed[k] = POISSON, 0
            w.lower[k], w.upper[k] = w.dated[k] if always else 0, FAR
            w.a[k] = w.claims_mean[k]
        rng[0] = mix(key + K_CLAIMS)
        low, high = claim_rows.low, claim_rows.high
        if not _draw_counts(w.claims, w, claim_rows, low, high, d, rng):
            return False
    for k in range(atoms):
        w.kind[k], w.fixed[k] = POISSON, w.dated[k]
        w.lower[k], w.upper[k] = w.dated[k], FAR
        w.a[k], w.b[k] = w.acts_mean[k], 0.0
        w.expected[k] = w.acts_mean[k]
        if block.has_claims and w.claimed_here[k] == 1:
            w.expected[k] = w.claims_mean[k] * per_claim
            if always:
                w.kind[k] = BINOMIAL
                w.a[k], w.b[k] = float(w.claims[k]), real
                w.upper[k] = w.claims[k]
            else:
                w.a[k] = max(w.claims[k] * per_claim, LEAST * w.days[k])
    before = by_draw.before[d]
    for r in range(len(event_rows.low)):
        taken = before[event_rows.last[r]] - before[event_rows.first[r]]
        w.low[r] = max(event_rows.low[r] - taken, 0)
        w.high[r] = event_rows.high[r]
        if w.high[r] < FAR:
            w.high[r] = max(w.high[r] - taken, 0)
    rng[0] = mix(key + K_COUNTS)
    if event_rows.active[d].sum() > 0:
        return _draw_counts(w.counts, w, event_rows, w.low, w.high, d, rng)
    for k in range(atoms):
        if w.kind[k] == BINOMIAL:
            more = w.claims[k] - w.dated[k]
            w.counts[k] = w.dated[k] + binomial(rng, more, w.b[k])
        else:
            w.counts[k] = max(w.dated[k], poisson(rng, w.a[k]))
    return True
