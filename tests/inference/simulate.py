"""An exact simulator of the exact-time model by its clusters, apart from the engine.

Immigrants first, then their children, generation by generation, all with NumPy. Slow
engines would make calibration with hundreds of data sets impossible.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def simulate_hawkes(
    rng: np.random.Generator,
    baseline: Floats,
    weights: Floats,
    decays: Floats,
    end: float,
    *,
    edges: Floats | None = None,
    most: int = 3_000_000,
) -> tuple[Floats, NDArray[np.int64]]:
    """Times and streams of all events in (0, end], sorted.

    ``baseline`` (K,) or (K, blocks) with ``edges`` (blocks - 1,); ``weights``
    (K, K) or (D, K, K), expected children [decay, to, from]; ``decays`` (D,) or, with
    weights (K, K), (K, K) for a decay of each link's own.
    """
    K = len(baseline)
    mu = np.asarray(baseline, np.float64).reshape(K, -1)
    cuts = np.concatenate([[0.0], [] if edges is None else edges, [end]])
    W = np.asarray(weights, np.float64).reshape(-1, K, K)
    b = np.asarray(decays, np.float64)
    times, streams = [], []
    for i in range(K):
        for m in range(mu.shape[1]):
            n = rng.poisson(mu[i, m] * (cuts[m + 1] - cuts[m]))
            times.append(rng.uniform(cuts[m], cuts[m + 1], n))
            streams.append(np.full(n, i))
    parent_t, parent_s = np.concatenate(times), np.concatenate(streams)
    all_t, all_s = [parent_t], [parent_s]
    # chance of each (decay, target) for a child of stream j
    mean = W.sum(axis=(0, 1))
    cumulative = np.cumsum(W.reshape(-1, K), axis=0) / np.maximum(mean, 1e-300)
    total = len(parent_t)
    while len(parent_t):
        n = rng.poisson(mean[parent_s])
        t, s = np.repeat(parent_t, n), np.repeat(parent_s, n)
        u = rng.random(len(t))
        kind = np.empty(len(t), np.int64)
        for j in range(K):
            own = s == j
            kind[own] = np.searchsorted(cumulative[:, j], u[own], side="right")
        kind = np.minimum(kind, len(cumulative) - 1)
        q, i = np.divmod(kind, K)
        rate = b[i, s] if b.ndim == 2 else b[q]
        t = t + rng.exponential(1.0, len(t)) / rate
        keep = t <= end
        parent_t, parent_s = t[keep], i[keep]
        all_t.append(parent_t)
        all_s.append(parent_s)
        total += len(parent_t)
        assert total < most, "the process explodes"
    time, stream = np.concatenate(all_t), np.concatenate(all_s)
    order = np.argsort(time, kind="stable")
    return time[order], stream[order].astype(np.int64)
