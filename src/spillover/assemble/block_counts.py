"""How many events (and claims) fall into each atom of a block, in one draw.

Claims first, by the lattice against Poisson atoms; then acts: of counted claims each
has an act behind it with the report's share, other atoms are Poisson, and rows that
count acts bind them by the lattice too.

This file must never import a case.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spillover.assemble.block_arrays import (
    AT_LEAST,
    CLAIMED,
    DAYS,
    FIRST,
    HIGH,
    LAST,
    LOW,
    MINIMUM,
    REAL,
    ROOT,
    BlockArrays,
    DrawArrays,
    RowArrays,
)
from spillover.assemble.kernel import (
    Floats,
    Ints,
    Rng,
    binomial,
    inner,
    mix,
    poisson,
)
from spillover.assemble.lattice import BINOMIAL, FAR, POISSON, close, walk

__all__ = ["Atoms", "count_atoms", "new_atoms"]

SWEEPS = 30
LEAST = 1e-6
K_CLAIMS = np.uint64(0x6C62272E07BB0142)
K_COUNTS = np.uint64(0x27D4EB2F165667C5)


(
    DATED,  # dated records
    CLAIMED_HERE,  # some row of claims covers it
    COUNTED_HERE,  # some row of acts covers it
    CLAIMS,  # claims drawn
    COUNTS,  # acts drawn
    LOWER,
    UPPER,
    KIND,
    FIXED,
) = (np.int64(k) for k in range(9))  # as numbers: literals compile anew each
(
    WIDTH,  # days
    SHAPE,  # days, weighted by what multiplies the rate
    CLAIMS_MEAN,
    ACTS_MEAN,
    EXPECTED,  # acts expected
    PRIOR_A,
    PRIOR_B,
) = (np.int64(k) for k in range(7))


class Atoms(NamedTuple):
    """Work space and results of one draw.

    ``whole`` (9, atoms) and ``real`` (7, atoms) hold what the names in capitals say,
    ``far`` the closed constraints, ``bounds`` (2, rows) those left for this block.
    """

    whole: Ints
    real: Floats
    far: Ints
    bounds: Ints


@inner
def new_atoms(atoms: int, rows: int) -> Atoms:
    """Allocate the work space for ``atoms`` atoms and ``rows`` rows of acts."""
    return Atoms(
        np.zeros((9, atoms), np.int64),
        np.zeros((7, atoms)),
        np.zeros((atoms + 1, atoms + 1), np.int64),
        np.zeros((2, rows), np.int64),
    )


@inner
def _scale_means(
    w: Atoms, mean: np.int64, covered: np.int64, rate: float, rows: RowArrays, d: int
) -> None:
    """Set the prior mean of each atom: its shape, scaled to the narrowest row there.

    A row that only says "at least" is used where no other is, and does not pull below
    the model's own rate. Where no row is, the model's rate stands.
    """
    t = rows.table
    for a in range(w.whole.shape[1]):
        best, firm = -1, False
        for r in range(t.shape[1]):
            if rows.active[d, r] == 0 or t[MINIMUM, r] == 1:
                continue
            if not t[FIRST, r] <= a < t[LAST, r]:
                continue
            sure = t[AT_LEAST, r] == 0
            if (
                best < 0
                or (sure and not firm)
                or (sure == firm and t[DAYS, r] < t[DAYS, best])
            ):
                best, firm = r, sure
        w.whole[covered, a] = int(best >= 0)
        value = rate * w.real[SHAPE, a]
        if best >= 0:
            shape, span = 0.0, 0.0
            for k in range(t[FIRST, best], t[LAST, best]):
                shape += w.real[SHAPE, k]
                span += w.real[WIDTH, k]
            part = w.real[WIDTH, a] / span
            if shape > 0.0:
                part = w.real[SHAPE, a] / shape
            number = rows.centre[best]
            if not firm:
                number = max(number, rate * shape)
            value = part * number
        w.real[mean, a] = max(value, LEAST * w.real[WIDTH, a])


@inner
def _draw_counts(
    counts: np.int64, w: Atoms, rows: RowArrays, bounds: Ints, d: int, rng: Rng
) -> bool:
    """Draw row ``counts`` of ``w.whole`` under the rows of a draw, if anything fits."""
    n = int(rows.active[d].sum())
    kept = np.empty((4, n), np.int64)
    k = 0
    for r in range(rows.table.shape[1]):
        if rows.active[d, r] == 1:
            kept[0, k], kept[1, k] = rows.table[FIRST, r], rows.table[LAST, r]
            kept[2, k], kept[3, k] = bounds[0, r], bounds[1, r]
            k += 1
    whole, real = w.whole, w.real
    if not close(w.far, whole[LOWER], whole[UPPER], kept[0], kept[1], kept[2], kept[3]):
        return False
    walk(
        whole[counts],
        w.far,
        whole[KIND],
        whole[FIXED],
        real[PRIOR_A],
        real[PRIOR_B],
        SWEEPS,
        rng,
    )
    return True


@inner
def _measure(w: Atoms, block: BlockArrays, by_draw: DrawArrays, d: int) -> None:
    """Fill widths and shapes."""
    for k in range(w.whole.shape[1]):
        first, last = block.edges[k] - block.begins, block.edges[k + 1] - block.begins
        w.real[WIDTH, k] = last - first
        w.real[SHAPE, k] = 0.0
        for day in range(first, last):
            w.real[SHAPE, k] += by_draw.weights[ROOT, d, day]


@inner
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

    ``w`` must hold the dated records of each atom; ``rate`` is the block's events per
    day, ``key`` the key of the block in this draw.
    """
    _measure(w, block, by_draw, d)
    whole, real = w.whole, w.real
    atoms = whole.shape[1]
    rng = np.zeros(1, np.uint64)
    share, claimed = by_draw.numbers[d, REAL], by_draw.numbers[d, CLAIMED]
    always = claimed < 0.0
    per_claim = share if always else share / max(claimed, 1e-9)
    _scale_means(w, ACTS_MEAN, COUNTED_HERE, rate, event_rows, d)
    claim_rate = rate / max(per_claim, 1e-9)
    _scale_means(w, CLAIMS_MEAN, CLAIMED_HERE, claim_rate, claim_rows, d)
    if block.has_claims:
        for k in range(atoms):
            whole[KIND, k], whole[FIXED, k] = POISSON, 0
            whole[LOWER, k], whole[UPPER, k] = whole[DATED, k] if always else 0, FAR
            real[PRIOR_A, k] = real[CLAIMS_MEAN, k]
        rng[0] = mix(key + K_CLAIMS)
        bounds = np.empty((2, claim_rows.table.shape[1]), np.int64)
        bounds[0] = claim_rows.table[LOW]
        bounds[1] = claim_rows.table[HIGH]
        if not _draw_counts(CLAIMS, w, claim_rows, bounds, d, rng):
            return False
    for k in range(atoms):
        whole[KIND, k], whole[FIXED, k] = POISSON, whole[DATED, k]
        whole[LOWER, k], whole[UPPER, k] = whole[DATED, k], FAR
        real[PRIOR_A, k], real[PRIOR_B, k] = real[ACTS_MEAN, k], 0.0
        real[EXPECTED, k] = real[ACTS_MEAN, k]
        if block.has_claims and whole[CLAIMED_HERE, k] == 1:
            real[EXPECTED, k] = real[CLAIMS_MEAN, k] * per_claim
            if always:
                whole[KIND, k], whole[UPPER, k] = BINOMIAL, whole[CLAIMS, k]
                real[PRIOR_A, k], real[PRIOR_B, k] = float(whole[CLAIMS, k]), share
            else:
                least = LEAST * real[WIDTH, k]
                real[PRIOR_A, k] = max(whole[CLAIMS, k] * per_claim, least)
    t, before = event_rows.table, by_draw.before[d]
    for r in range(t.shape[1]):
        taken = before[t[LAST, r]] - before[t[FIRST, r]]
        w.bounds[0, r] = max(t[LOW, r] - taken, 0)
        w.bounds[1, r] = t[HIGH, r]
        if t[HIGH, r] < FAR:
            w.bounds[1, r] = max(t[HIGH, r] - taken, 0)
    rng[0] = mix(key + K_COUNTS)
    if event_rows.active[d].sum() > 0:
        return _draw_counts(COUNTS, w, event_rows, w.bounds, d, rng)
    for k in range(atoms):
        dated = whole[DATED, k]
        if whole[KIND, k] == BINOMIAL:
            more = whole[CLAIMS, k] - dated
            whole[COUNTS, k] = dated + binomial(rng, more, real[PRIOR_B, k])
        else:
            whole[COUNTS, k] = max(dated, poisson(rng, real[PRIOR_A, k]))
    return True
