"""The compiled loop that fills one block of streams, draw by draw.

Counts of claims first (lattice), then acts given them and the counts of acts (lattice),
then times within every atom (forest), then periods no row covers, simulated forward
from the model with what came before as parents.

This file must never import a case.
"""

from __future__ import annotations

import math

import numpy as np

from spillover.assemble.forest import pick_day, place_forest
from spillover.assemble.kernel import (
    Floats,
    Ints,
    Keys,
    Rng,
    binomial,
    draw,
    kernel,
    key_of,
    mix,
    poisson,
    sub,
)
from spillover.assemble.lattice import BINOMIAL, FAR, POISSON, close, walk

__all__ = ["FULL", "IMPOSSIBLE", "OK", "fill_block"]

OK, IMPOSSIBLE, FULL = range(3)
SWEEPS = 30
LEAST = 1e-6
K_CLAIMS = np.uint64(0x6C62272E07BB0142)
K_COUNTS = np.uint64(0x27D4EB2F165667C5)
K_PLACE = np.uint64(0x165667B19E3779F9)
K_FREE = np.uint64(0x94D049BB133111EB)
K_EVENT = np.uint64(0x2545F4914F6CDD1D)
K_SPLIT = np.uint64(0x85EBCA77C2B2AE63)
K_SHARE = np.uint64(0xC2B2AE3D27D4EB4F)


@kernel
def _scale_means(
    mean: Floats,
    covered: Ints,
    shape: Floats,
    days: Floats,
    rate: float,
    first: Ints,
    last: Ints,
    centre: Floats,
    width: Ints,
    at_least: Ints,
    minimum: Ints,
    active: Ints,
) -> None:
    """Prior mean of each atom: its shape, scaled to the narrowest row around it.

    A row that only says "at least" is used where no other is, and does not pull below
    the model's own rate. Where no row is, the model's rate stands (``covered`` 0).
    """
    for a in range(len(mean)):
        best, firm = -1, False
        for r in range(len(first)):
            if active[r] == 0 or minimum[r] == 1 or not first[r] <= a < last[r]:
                continue
            sure = at_least[r] == 0
            if best < 0 or (sure and not firm) or (
                sure == firm and width[r] < width[best]
            ):
                best, firm = r, sure
        covered[a] = int(best >= 0)
        mean[a] = rate * shape[a]
        if best >= 0:
            whole, span = 0.0, 0.0
            for k in range(first[best], last[best]):
                whole += shape[k]
                span += days[k]
            part = shape[a] / whole if whole > 0.0 else days[a] / span
            number = centre[best]
            if not firm:
                number = max(number, rate * whole)
            mean[a] = part * number
        mean[a] = max(mean[a], LEAST * days[a])


@kernel
def _with_offset(low: Ints, high: Ints, first: Ints, last: Ints, before: Ints,
                 new_low: Ints, new_high: Ints) -> None:
    """Bounds left for this block when others have ``before`` events up to an edge."""
    for r in range(len(low)):
        taken = before[last[r]] - before[first[r]]
        new_low[r] = max(low[r] - taken, 0)
        new_high[r] = high[r] if high[r] >= FAR else max(high[r] - taken, 0)


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
def _counts_of(
    counts: Ints,
    far: Ints,
    lower: Ints,
    upper: Ints,
    first: Ints,
    last: Ints,
    low: Ints,
    high: Ints,
    active: Ints,
    kind: Ints,
    fixed: Ints,
    a: Floats,
    b: Floats,
    rng: Rng,
) -> bool:
    f, t = _select(active, first), _select(active, last)
    lo, hi = _select(active, low), _select(active, high)
    if not close(far, lower, upper, f, t, lo, hi):
        return False
    walk(counts, far, kind, fixed, a, b, SWEEPS, rng)
    return True


@kernel
def _share_claims(
    claims: Ints, low: int, n: int, total: int, claimed: float, rng: Rng
) -> int:
    """Give ``total`` claims to the events low ... low + n - 1; returns what is left."""
    if n == 0:
        return total
    left = total
    for k in range(low, low + n):
        claims[k] = 0
        if left > 0 and (claimed < 0.0 or draw(rng) <= claimed):
            claims[k] = 1
            left -= 1
    for _ in range(left):
        claims[low + min(int(draw(rng) * n), n - 1)] += 1
    return 0


@kernel
def _mass(first: float, last: float, origin: float, rate: float) -> float:
    """Share of an exponential from ``origin`` on that falls in [first, last)."""
    if last <= origin:
        return 0.0
    late = math.exp(-rate * (last - origin))
    return math.exp(-rate * max(first - origin, 0.0)) - late


@kernel
def _offspring(
    rng: Rng,
    times: Floats,
    size: int,
    parent: float,
    first: int,
    last: int,
    ratio: float,
    child_weight: Floats,
    lag: Floats,
    rate: Floats,
    share: Floats,
) -> int:
    """Append the children of an event at ``parent`` that fall in [first, last)."""
    mass = 0.0
    for k in range(len(rate)):
        mass += share[k] * _mass(first, last, parent + lag[k], rate[k])
    if ratio * mass < 1e-7:
        return size
    for _ in range(poisson(rng, ratio * mass)):
        u = draw(rng) * mass
        part = 0
        for k in range(len(rate)):
            part = k
            u -= share[k] * _mass(first, last, parent + lag[k], rate[k])
            if u <= 0.0:
                break
        since = max(float(first), parent + lag[part])
        reach = -math.expm1(-rate[part] * max(last - since, 0.0))
        t = since - math.log1p(-draw(rng) * reach) / rate[part]
        day = min(int(t), last - 1)
        if t < last and draw(rng) <= child_weight[day] and size < len(times):
            times[size] = t
            size += 1
    return size


@kernel
def fill_block(
    status: Ints,
    size: Ints,
    out_draw: Ints,
    out_time: Floats,
    out_stream: Ints,
    out_record: Ints,
    out_key: Keys,
    out_claims: Ints,
    draw_key: Keys,
    begins: int,
    edges: Ints,
    block_key: np.uint64,
    rec_index: Ints,
    rec_stream: Ints,
    rec_key: Keys,
    rec_time: Floats,
    c_first: Ints,
    c_last: Ints,
    c_low: Ints,
    c_high: Ints,
    c_centre: Floats,
    c_days: Ints,
    c_least: Ints,
    c_minimum: Ints,
    c_active: Ints,
    e_first: Ints,
    e_last: Ints,
    e_low: Ints,
    e_high: Ints,
    e_centre: Floats,
    e_days: Ints,
    e_least: Ints,
    e_minimum: Ints,
    e_active: Ints,
    before: Ints,
    has_claims: bool,
    real: Floats,
    claimed: Floats,
    streams: Ints,
    rates: Floats,
    ratio: Floats,
    k_lag: Floats,
    k_rate: Floats,
    k_share: Floats,
    root: Floats,
    child: Floats,
) -> None:
    """Impute the events of one block in every draw.

    Parameters
    ----------
    status : (D,)
        OK, IMPOSSIBLE (counts and records of this draw cannot hold together) or FULL
        (the output has no room; from this draw on nothing was written).
    size : (1,)
        Number of events written.
    out_* : (capacity,)
        Events: draw, time, stream, record (-1: none), key, claims (-1: by their law).
    draw_key : (D,)
        Key of the past of each draw.
    begins, edges
        First day, and the days between atoms.
    block_key
        Key of the block.
    rec_index, rec_stream, rec_key : (R,)
        Dated records of its streams.
    rec_time : (D, R)
        Their times.
    c_*, e_* : (rows,), with ``active`` (D, rows)
        Rows of claims and of events.
    before : (D, edges)
        Events of the fixed streams before each edge.
    has_claims
        Whether claims are counted; then ``real`` and ``claimed`` (-1: always), (D,).
    streams : (k,)
    rates : (D, k)
        The block's streams and their mean events per day.
    ratio, k_lag, k_rate, k_share : (D,), (D, parts)
        Branching ratio within the block and its kernel (shares sum to one).
    root, child : (D, days)
        What multiplies immigrants and offspring on each day.
    """
    atoms = len(edges) - 1
    R = len(rec_index)
    n_days = root.shape[1]
    far = np.zeros((atoms + 1, atoms + 1), np.int64)
    dated, claims_in = np.zeros(atoms, np.int64), np.zeros(atoms, np.int64)
    counts = np.zeros(atoms, np.int64)
    lower, upper = np.zeros(atoms, np.int64), np.zeros(atoms, np.int64)
    kind, fixed = np.zeros(atoms, np.int64), np.zeros(atoms, np.int64)
    covered_c, covered_e = np.zeros(atoms, np.int64), np.zeros(atoms, np.int64)
    mean_c, mean_e = np.zeros(atoms), np.zeros(atoms)
    pa, pb = np.zeros(atoms), np.zeros(atoms)
    shape, days = np.zeros(atoms), np.zeros(atoms)
    low_e, high_e = np.zeros(len(e_low), np.int64), np.zeros(len(e_low), np.int64)
    rng = np.zeros(1, np.uint64)
    rec_atom = np.zeros(R, np.int64)
    given = np.zeros(1, np.int64)
    buffer = np.zeros(1 << 14)
    for d in range(len(draw_key)):
        kb = key_of(draw_key[d], block_key)
        dated[:] = 0
        for r in range(R):
            day = int(math.floor(rec_time[d, r]))
            k = 0
            while k < atoms - 1 and edges[k + 1] <= day:
                k += 1
            rec_atom[r] = k
            dated[k] += 1
        rate = 0.0
        for s in range(len(streams)):
            rate += rates[d, s]
        for k in range(atoms):
            shape[k] = 0.0
            days[k] = edges[k + 1] - edges[k]
            for day in range(edges[k] - begins, edges[k + 1] - begins):
                shape[k] += root[d, day]
        claim_rate = rate
        if has_claims:
            claim_rate = rate / max(real[d], 1e-9)
            if claimed[d] >= 0.0:
                claim_rate *= claimed[d]
        _scale_means(mean_c, covered_c, shape, days, claim_rate, c_first, c_last,
                     c_centre, c_days, c_least, c_minimum, c_active[d])
        _scale_means(mean_e, covered_e, shape, days, rate, e_first, e_last,
                     e_centre, e_days, e_least, e_minimum, e_active[d])
        fits = True
        if has_claims:
            for k in range(atoms):
                kind[k], fixed[k] = POISSON, 0
                lower[k] = dated[k] if claimed[d] < 0.0 else 0
                upper[k] = FAR
                pa[k] = mean_c[k]
            rng[0] = mix(kb + K_CLAIMS)
            fits = _counts_of(claims_in, far, lower, upper, c_first, c_last, c_low,
                              c_high, c_active[d], kind, fixed, pa, pb, rng)
        if fits:
            for k in range(atoms):
                kind[k], fixed[k] = POISSON, dated[k]
                lower[k], upper[k] = dated[k], FAR
                pa[k], pb[k] = mean_e[k], 0.0
                if has_claims and covered_c[k] == 1:
                    if claimed[d] < 0.0:
                        kind[k] = BINOMIAL
                        pa[k], pb[k] = float(claims_in[k]), real[d]
                        upper[k] = claims_in[k]
                    else:
                        share = max(claimed[d], 1e-9)
                        pa[k] = max(claims_in[k] * real[d] / share, LEAST * days[k])
            _with_offset(e_low, e_high, e_first, e_last, before[d], low_e, high_e)
            rng[0] = mix(kb + K_COUNTS)
            if e_active[d].sum() > 0:
                fits = _counts_of(counts, far, lower, upper, e_first, e_last, low_e,
                                  high_e, e_active[d], kind, fixed, pa, pb, rng)
            else:
                for k in range(atoms):
                    if kind[k] == BINOMIAL:
                        more = claims_in[k] - dated[k]
                        counts[k] = dated[k] + binomial(rng, more, pb[k])
                    else:
                        counts[k] = max(dated[k], poisson(rng, pa[k]))
        if not fits:
            status[d] = IMPOSSIBLE
            continue
        status[d] = OK
        # ---- times in counted atoms; `low` is where this draw begins in the output
        low = size[0]
        at = low
        full = False
        over = 0  # claims of a period without an act go to the next act
        for k in range(atoms):
            if covered_c[k] == 0 and covered_e[k] == 0:
                continue
            n, m = counts[k], dated[k]
            if at + n > len(out_time):
                full = True
                break
            j = at
            for r in range(R):
                if rec_atom[r] == k:
                    out_time[j] = rec_time[d, r] - begins
                    out_record[j] = rec_index[r]
                    j += 1
            given[0] = m
            ka = sub(kb, edges[k] + (1 << 20))
            rng[0] = mix(ka + K_PLACE)
            expected = mean_e[k]
            if has_claims and covered_c[k] == 1:
                expected = mean_c[k] * (real[d] if claimed[d] < 0.0
                                        else real[d] / max(claimed[d], 1e-9))
            place_forest(rng, out_time[at : at + n], given, n, edges[k] - begins,
                         edges[k + 1] - begins, (1.0 - ratio[d]) * expected, ratio[d],
                         root[d], child[d], k_lag[d], k_rate[d], k_share[d])
            for q in range(n):
                out_claims[at + q] = -1
                if q >= m:
                    out_record[at + q] = -1
                    out_key[at + q] = sub(mix(ka + K_EVENT), q)
            if has_claims and covered_c[k] == 1:
                rng[0] = mix(ka + K_SHARE)
                over = _share_claims(
                    out_claims, at, n, claims_in[k] + over, claimed[d], rng
                )
            at += n
        # ---- periods without any row: simulated from the model
        k = 0
        while k < atoms and not full:
            if covered_c[k] == 1 or covered_e[k] == 1:
                k += 1
                continue
            stop = k
            known = 0
            while stop < atoms and covered_c[stop] == 0 and covered_e[stop] == 0:
                known += dated[stop]
                stop += 1
            f, t = edges[k] - begins, edges[stop] - begins
            ka = sub(kb, edges[k] + (1 << 20))
            rng[0] = mix(ka + K_FREE)
            immigrants = 0.0
            for day in range(f, t):
                immigrants += root[d, day]
            n = 0
            for _ in range(poisson(rng, rate * (1.0 - ratio[d]) * immigrants)):
                if n < len(buffer):
                    buffer[n] = pick_day(rng, root[d], f, t)
                    n += 1
            for e in range(low, at):
                if out_time[e] < f:
                    n = _offspring(rng, buffer, n, out_time[e], f, t, ratio[d],
                                   child[d], k_lag[d], k_rate[d], k_share[d])
            q = 0
            while q < n:
                n = _offspring(rng, buffer, n, buffer[q], int(buffer[q]), t, ratio[d],
                               child[d], k_lag[d], k_rate[d], k_share[d])
                q += 1
            more = max(n - known, 0)
            if at + known + more > len(out_time):
                full = True
                break
            for q in range(min(known, n)):  # dated ones take the place of as many
                other = q + min(int(draw(rng) * (n - q)), n - q - 1)
                buffer[q], buffer[other] = buffer[other], buffer[q]
            for r in range(R):
                if k <= rec_atom[r] < stop:
                    out_time[at] = rec_time[d, r] - begins
                    out_record[at] = rec_index[r]
                    out_claims[at] = -1
                    at += 1
            for q in range(more):
                out_time[at] = buffer[n - more + q]
                out_record[at] = -1
                out_key[at] = sub(mix(ka + K_EVENT), q)
                out_claims[at] = -1
                at += 1
            k = stop
        if full:
            status[d] = FULL
            return
        # ---- streams, keys, absolute times
        for e in range(low, at):
            out_draw[e] = d
            out_time[e] = min(out_time[e] + begins, -1e-9)
            if out_record[e] >= 0:
                for r in range(R):
                    if rec_index[r] == out_record[e]:
                        out_stream[e] = rec_stream[r]
                        out_key[e] = key_of(draw_key[d], rec_key[r])
                continue
            out_stream[e] = streams[0]
            if len(streams) > 1:
                rng[0] = mix(out_key[e] + K_SPLIT)
                u = draw(rng) * rate
                for s in range(len(streams)):
                    out_stream[e] = streams[s]
                    u -= rates[d, s]
                    if u <= 0.0:
                        break
        size[0] = at
    return
