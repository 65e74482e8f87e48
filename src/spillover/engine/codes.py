"""Codes of the compiled engine: sub-keys, kinds of nodes, orders, errors.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import numpy as np

__all__ = [
    "ACCEPTED",
    "CANDIDATES",
    "ERROR",
    "ERRORS",
    "E_CAP",
    "E_CAPPED",
    "E_NODES",
    "E_RING",
    "K_CHANCE",
    "K_CLAIMED",
    "K_COUNTS",
    "K_DELAY",
    "K_LEVEL",
    "K_PART",
    "K_REACH",
    "K_TIME",
    "K_TIMES",
    "N_DUE",
    "N_IMMIGRANT",
    "N_LEVER",
    "N_OFFSPRING",
    "N_OPEN",
    "N_REPLY",
    "N_SEEN",
    "N_SPARE",
    "N_START",
    "N_TRY",
    "ORDER_ACT",
    "ORDER_CANDIDATE",
    "ORDER_START",
    "SHIFT2",
    "ZERO",
    "U",
]

U = np.uint64
ZERO = U(0)
K_TIME = U(0x9FB21C651E98DF25)
K_PART = U(0xC6BC279692B5C323)
K_LEVEL = U(0xD1B54A32D192ED03)
K_DELAY = U(0x8CB92BA72F3D8DD7)
K_CHANCE = U(0xAEF17502108EF2D9)
K_TIMES = U(0xE7037ED1A0B428DB)
K_REACH = U(0x589965CC75374CC3)
K_COUNTS = U(0x1D8E4E27C47D124F)
K_CLAIMED = U(0xEB44ACCAB455D165)

# kinds of nodes (low four bits of n_meta)
(
    N_OFFSPRING, N_IMMIGRANT, N_DUE, N_REPLY, N_LEVER, N_TRY, N_START, N_OPEN, N_SEEN,
    N_SPARE,
) = range(10)  # fmt: skip
ORDER_START, ORDER_ACT, ORDER_CANDIDATE = U(0), U(1) << U(62), U(2) << U(62)
SHIFT2 = U(2)

CANDIDATES, ACCEPTED, ERROR = range(3)
ERRORS = (
    "",
    "too many events",
    "a red line counts more than the engine can hold",
    "a factor is above its cap",
    "too many candidates wait at one time",
)
E_CAPPED, E_RING, E_CAP, E_NODES = 1, 2, 3, 4
