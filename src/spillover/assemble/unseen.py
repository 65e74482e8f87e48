"""Events that the records of a stream do not hold: its ``observed`` share below one.

With R records over T days of which a share s is seen, and the model's rate r, the rate
has a Gamma posterior (shape 1 + R, rate 1 / r + s T): one event's worth of prior.
Unseen events are Poisson with that rate times (1 - s) T, independent of the seen.

This file must never import a case.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from spillover.assemble.forest import pick_day
from spillover.assemble.kernel import (
    Floats,
    Ints,
    Keys,
    draw,
    kernel,
    key_of,
    poisson,
    sub,
)
from spillover.assemble.past_data import PastData

__all__ = ["unseen_events"]


@kernel
def _unseen(
    offsets: Ints,
    out_draw: Ints,
    out_time: Floats,
    out_key: Keys,
    draw_key: Keys,
    own: np.uint64,
    seen: Ints,
    rate: Floats,
    share: Floats,
    root: Floats,
    begins: int,
    first: int,
    last: int,
) -> int:
    """Write the unseen events of every draw; returns how many there are."""
    rng = np.zeros(1, np.uint64)
    n = 0
    for d in range(len(draw_key)):
        key = key_of(draw_key[d], own)
        rng[0] = key
        days = 0.0
        for day in range(first - begins, last - begins):
            days += root[d, day]
        gamma = 0.0
        for _ in range(1 + seen[d]):
            gamma -= math.log(draw(rng))
        posterior = gamma / (1.0 / max(rate[d], 1e-12) + share[d] * days)
        for k in range(poisson(rng, posterior * (1.0 - share[d]) * days)):
            if n < len(out_draw):
                at = begins + pick_day(rng, root[d], first - begins, last - begins)
                out_draw[n], out_time[n] = d, min(at, -1e-9)
                out_key[n] = sub(key, k)
            n += 1
    offsets[0] = n
    return n


def unseen_events(
    past: PastData,
    keys: Keys,
    times: Floats,
    rates: Floats,
    theta: Floats,
    shape: Callable[[int], tuple[Floats, Floats]],
    counted: set[int],
) -> Iterator[tuple[Ints, Floats, Ints, Ints, Keys, Ints, Ints]]:
    """Unseen events as (draw, time, stream, record, key, claims, layer) arrays.

    Streams in ``counted`` have counts of their own, which tell what was not seen.
    """
    for piece in past.unseen:
        if piece.stream in counted or piece.last <= piece.first:
            continue
        mine = [r for r, x in enumerate(past.records) if x.stream == piece.stream]
        inside = (times[:, mine] >= piece.first) & (times[:, mine] < piece.last)
        share = np.clip(theta[:, piece.share], 1e-6, 1.0)
        own = np.uint64(piece.key)
        capacity = 1024
        while True:
            which, when = np.zeros(capacity, np.int64), np.zeros(capacity)
            key = np.zeros(capacity, np.uint64)
            n = _unseen(
                np.zeros(1, np.int64),
                which,
                when,
                key,
                keys,
                own,
                inside.sum(axis=1),
                np.ascontiguousarray(rates[:, piece.stream]),
                np.ascontiguousarray(share),
                shape(piece.stream)[0],
                past.begins,
                piece.first,
                piece.last,
            )
            if n <= capacity:
                break
            capacity = 2 * n
        none = np.full(n, -1, np.int64)
        stream = np.full(n, piece.stream, np.int64)
        yield which[:n], when[:n], stream, none, key[:n], none, none
