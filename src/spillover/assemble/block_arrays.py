"""Arrays of one block of streams, as the compiled loops take them.

This file must never import a case.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spillover.assemble.kernel import Floats, Ints, Keys

__all__ = ["BlockArrays", "DrawArrays", "EventArrays", "RowArrays"]


class RowArrays(NamedTuple):
    """Count rows over the atoms of a block.

    ``active`` (D, rows): believed by a draw.
    """

    first: Ints
    last: Ints
    low: Ints
    high: Ints
    centre: Floats
    days: Ints
    at_least: Ints
    minimum: Ints
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
    """What of a block differs between draws; the first axis is the draw.

    ``before``: events of its fixed streams before each edge. ``real`` and ``claimed``
    (-1: every act) of the report layer. ``rates``: events per day by stream.
    ``ratio``, ``lag``, ``speed``, ``share``: branching within the block and its kernel.
    ``root`` and ``child``: what multiplies immigrants and offspring on each day.
    """

    key: Keys
    times: Floats
    before: Ints
    real: Floats
    claimed: Floats
    rates: Floats
    ratio: Floats
    lag: Floats
    speed: Floats
    share: Floats
    root: Floats
    child: Floats


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
