"""The compiled loop that fills one block of streams, draw by draw.

Numbers per atom (`block_counts`), then times within every atom (`forest`), then periods
that no row covers, simulated forward from the model with what came before as parents.

This file must never import a case.
"""

from __future__ import annotations

import math

import numpy as np

from spillover.assemble.block_arrays import (
    CHILD,
    CLAIMED,
    LAG,
    RATIO,
    ROOT,
    SHARE,
    SPEED,
    BlockArrays,
    DrawArrays,
    EventArrays,
    RowArrays,
)
from spillover.assemble.block_counts import (
    CLAIMED_HERE,
    CLAIMS,
    COUNTED_HERE,
    COUNTS,
    DATED,
    EXPECTED,
    Atoms,
    count_atoms,
    new_atoms,
)
from spillover.assemble.forest import pick_day, place_forest
from spillover.assemble.kernel import (
    Floats,
    Ints,
    Rng,
    draw,
    inner,
    kernel,
    key_of,
    mix,
    poisson,
    sub,
)

__all__ = ["FULL", "IMPOSSIBLE", "OK", "fill_block"]

OK, IMPOSSIBLE, FULL = range(3)
K_PLACE = np.uint64(0x165667B19E3779F9)
K_FREE = np.uint64(0x94D049BB133111EB)
K_EVENT = np.uint64(0x2545F4914F6CDD1D)
K_SPLIT = np.uint64(0x85EBCA77C2B2AE63)
K_SHARE = np.uint64(0xC2B2AE3D27D4EB4F)
DAY_ZERO = 1 << 20


@inner
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


@inner
def _mass(first: float, last: float, origin: float, rate: float) -> float:
    """Share of an exponential from ``origin`` on that falls in [first, last)."""
    if last <= origin:
        return 0.0
    late = math.exp(-rate * (last - origin))
    return math.exp(-rate * max(first - origin, 0.0)) - late


@inner
def _offspring(
    rng: Rng,
    times: Floats,
    size: int,
    parent: float,
    first: float,
    last: int,
    by_draw: DrawArrays,
    d: int,
) -> int:
    """Append the children of an event at ``parent`` that fall in [first, last)."""
    kernel_of = by_draw.kernel[d]
    lag, rate, share = kernel_of[LAG], kernel_of[SPEED], kernel_of[SHARE]
    mass = 0.0
    for k in range(len(rate)):
        mass += share[k] * _mass(first, last, parent + lag[k], rate[k])
    ratio = by_draw.numbers[d, RATIO]
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
        since = max(first, parent + lag[part])
        reach = -math.expm1(-rate[part] * max(last - since, 0.0))
        t = since - math.log1p(-draw(rng) * reach) / rate[part]
        kept = (
            t < last and draw(rng) <= by_draw.weights[CHILD, d, min(int(t), last - 1)]
        )
        if kept and size < len(times):
            times[size] = t
            size += 1
    return size


@inner
def _place_counted(
    out: EventArrays,
    low: int,
    w: Atoms,
    block: BlockArrays,
    by_draw: DrawArrays,
    where: Ints,
    key: np.uint64,
    d: int,
) -> int:
    """Write the events of counted atoms from ``low`` on; the end, or -1: no room."""
    rng, given = np.zeros(1, np.uint64), np.zeros(1, np.int64)
    at, over = low, 0  # claims of an atom without an act go to the next act
    for k in range(w.whole.shape[1]):
        if w.whole[CLAIMED_HERE, k] == 0 and w.whole[COUNTED_HERE, k] == 0:
            continue
        n = w.whole[COUNTS, k]
        if at + n > len(out.time):
            return -1
        j = at
        for r in range(len(where)):
            if where[r] == k:
                out.time[j] = by_draw.times[d, r] - block.begins
                out.record[j] = r
                j += 1
        given[0] = w.whole[DATED, k]
        own = sub(key, block.edges[k] + DAY_ZERO)
        rng[0] = mix(own + K_PLACE)
        place_forest(
            rng,
            out.time[at : at + n],
            given,
            n,
            block.edges[k] - block.begins,
            block.edges[k + 1] - block.begins,
            (1.0 - by_draw.numbers[d, RATIO]) * w.real[EXPECTED, k],
            by_draw.numbers[d, RATIO],
            by_draw.weights[ROOT, d],
            by_draw.weights[CHILD, d],
            by_draw.kernel[d, LAG],
            by_draw.kernel[d, SPEED],
            by_draw.kernel[d, SHARE],
        )
        for q in range(n):
            out.claims[at + q] = -1
            if q >= w.whole[DATED, k]:
                out.record[at + q] = -1
                out.key[at + q] = sub(mix(own + K_EVENT), q)
        if block.has_claims and w.whole[CLAIMED_HERE, k] == 1:
            rng[0] = mix(own + K_SHARE)
            total = w.whole[CLAIMS, k] + over
            over = _share_claims(
                out.claims, at, n, total, by_draw.numbers[d, CLAIMED], rng
            )
        at += n
    return at


@inner
def _place_free(
    out: EventArrays,
    low: int,
    at: int,
    w: Atoms,
    block: BlockArrays,
    by_draw: DrawArrays,
    where: Ints,
    rate: float,
    buffer: Floats,
    key: np.uint64,
    d: int,
) -> int:
    """Simulate the periods no row covers, after what was written; -1: no room."""
    rng = np.zeros(1, np.uint64)
    atoms = w.whole.shape[1]
    k = 0
    while k < atoms:
        if w.whole[CLAIMED_HERE, k] == 1 or w.whole[COUNTED_HERE, k] == 1:
            k += 1
            continue
        stop, known = k, 0
        while (
            stop < atoms
            and w.whole[CLAIMED_HERE, stop] + w.whole[COUNTED_HERE, stop] == 0
        ):
            known += w.whole[DATED, stop]
            stop += 1
        first, last = block.edges[k] - block.begins, block.edges[stop] - block.begins
        own = sub(key, block.edges[k] + DAY_ZERO)
        rng[0] = mix(own + K_FREE)
        days = 0.0
        for day in range(first, last):
            days += by_draw.weights[ROOT, d, day]
        n = int(np.int64(0))  # not a literal, which would compile callees twice
        for _ in range(poisson(rng, rate * (1.0 - by_draw.numbers[d, RATIO]) * days)):
            if n < len(buffer):
                buffer[n] = pick_day(rng, by_draw.weights[ROOT, d], first, last)
                n += 1
        for e in range(low, at):
            t = out.time[e]
            if t < first:
                n = _offspring(rng, buffer, n, t, float(first), last, by_draw, d)
        q = 0
        while q < n:
            t = buffer[q]
            n = _offspring(rng, buffer, n, t, t, last, by_draw, d)
            q += 1
        more = max(n - known, 0)
        if n >= len(buffer) or at + known + more > len(out.time):
            return -1
        for q in range(min(known, n)):  # dated ones take the place of as many
            other = q + min(int(draw(rng) * (n - q)), n - q - 1)
            buffer[q], buffer[other] = buffer[other], buffer[q]
        for r in range(len(where)):
            if k <= where[r] < stop:
                out.time[at] = by_draw.times[d, r] - block.begins
                out.record[at], out.claims[at] = r, -1
                at += 1
        for q in range(more):
            out.time[at] = buffer[n - more + q]
            out.record[at], out.claims[at] = -1, -1
            out.key[at] = sub(mix(own + K_EVENT), q)
            at += 1
        k = stop
    return at


@inner
def _complete(
    out: EventArrays,
    low: int,
    at: int,
    block: BlockArrays,
    by_draw: DrawArrays,
    rate: float,
    d: int,
) -> None:
    """Give events their draw, stream, key, record and absolute time."""
    rng = np.zeros(1, np.uint64)
    for e in range(low, at):
        out.draw[e] = d
        out.time[e] = min(out.time[e] + block.begins, -1e-9)
        r = out.record[e]
        if r >= 0:
            out.stream[e] = block.record_stream[r]
            out.key[e] = key_of(by_draw.key[d], block.record_key[r])
            out.record[e] = block.record[r]
            continue
        out.stream[e] = block.streams[0]
        if len(block.streams) > 1:
            rng[0] = mix(out.key[e] + K_SPLIT)
            u = draw(rng) * rate
            for s in range(len(block.streams)):
                out.stream[e] = block.streams[s]
                u -= by_draw.rates[d, s]
                if u <= 0.0:
                    break


@kernel
def fill_block(
    status: Ints,
    size: Ints,
    out: EventArrays,
    block: BlockArrays,
    claim_rows: RowArrays,
    event_rows: RowArrays,
    by_draw: DrawArrays,
) -> None:
    """Impute the events of one block in every draw.

    Parameters
    ----------
    status : (D,)
        OK, IMPOSSIBLE (counts and records of this draw cannot hold together) or FULL
        (the output has no room; from this draw on nothing was written).
    size : (1,)
        Number of events written.
    out
        The events.
    block, by_draw
        The block.
    claim_rows, event_rows
        Rows of claims and of events.
    """
    edges = block.edges
    atoms, records = len(edges) - 1, len(block.record)
    w = new_atoms(atoms, event_rows.table.shape[1])
    where = np.zeros(records, np.int64)
    buffer = np.zeros(len(out.time))
    for d in range(len(by_draw.key)):
        key = key_of(by_draw.key[d], block.key)
        w.whole[DATED, :] = 0
        for r in range(records):
            day = math.floor(by_draw.times[d, r])
            k = 0
            while k < atoms - 1 and edges[k + 1] <= day:
                k += 1
            where[r] = k
            w.whole[DATED, k] += 1
        rate = 0.0
        for s in range(len(block.streams)):
            rate += by_draw.rates[d, s]
        if not count_atoms(w, block, claim_rows, event_rows, by_draw, rate, key, d):
            status[d] = IMPOSSIBLE
            continue
        low = size[0]
        at = _place_counted(out, low, w, block, by_draw, where, key, d)
        if at >= 0:
            at = _place_free(
                out, low, at, w, block, by_draw, where, rate, buffer, key, d
            )
        if at < 0:
            status[d] = FULL
            return
        _complete(out, low, at, block, by_draw, rate, d)
        status[d] = OK
        size[0] = at
