"""Arrays of one block of streams, as the compiled loops take them.

Few wide arrays instead of many: every array in a tuple costs compile time. The names in
capitals are the rows (or columns) of the wide ones.

This file must never import a case.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spillover.assemble.kernel import Floats, Ints, Keys

__all__ = ["BlockArrays", "DrawArrays", "EventArrays", "RowArrays"]

FIRST, LAST, LOW, HIGH, DAYS, AT_LEAST, MINIMUM = range(7)
REAL, CLAIMED, RATIO = range(3)
LAG, SPEED, SHARE = range(3)
ROOT, CHILD = range(2)


class RowArrays(NamedTuple):
    """Count rows over the atoms of a block.

    ``table`` (7, rows): first and last edge, low, high, days, whether it only says "at
    least", whether it only bounds from below. ``active`` (D, rows): believed by a draw.
    """

    table: Ints
    centre: Floats
    active: Ints


class BlockArrays(NamedTuple):
    """What of a block is the same in every draw.

    ``record_*`` are the dated records of its streams.
    """

    begins: int
    key: np.uint64
    has_claims: bool
    edges: Ints
    streams: Ints
    record: Ints
    record_stream: Ints
    record_key: Keys


class DrawArrays(NamedTuple):
    """What of a block differs between draws.

    ``times`` (D, records). ``before`` (D, edges): events of its fixed streams before
    each edge. ``numbers`` (D, 3): share of claims that are real, share of acts claimed
    (-1: all), branching ratio within the block. ``rates`` (D, streams): events per day.
    ``kernel`` (D, 3, parts): lag, speed and share. ``weights`` (2, D, days): what
    multiplies immigrants and offspring.
    """

    key: Keys
    times: Floats
    before: Ints
    numbers: Floats
    rates: Floats
    kernel: Floats
    weights: Floats


class EventArrays(NamedTuple):
    """Events written one after the other.

    Draw, time, stream, record (-1: none), key, and claims (-1: by their law).
    """

    draw: Ints
    time: Floats
    stream: Ints
    record: Ints
    key: Keys
    claims: Ints
