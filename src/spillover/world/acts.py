"""Groups of acts that happen between the same pairs: talk, help, threat, force...

Learned from facts before a day, so that no table of codes is needed: acts are placed by
the pairs they happen between (weights as for words in documents, then the leading
directions) and parted into a few groups.

This file must never import trees.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from scipy.sparse.linalg import svds

from spillover.world.questions import Questions

__all__ = ["GROUPS", "act_groups"]

GROUPS = 6
DIRECTIONS = 8
ROUNDS = 50


def _parted(
    x: NDArray[np.float64], weight: NDArray[np.float64], n: int
) -> NDArray[np.int64]:
    """Weighted k-means on directions, begun from the heaviest and then the farthest."""
    center = x[[int(weight.argmax())]]
    while len(center) < n:
        far = weight**0.5 * (1.0 - (x @ center.T).max(1))
        center = np.vstack([center, x[int(far.argmax())]])
    group = np.zeros(len(x), np.int64)
    for _ in range(ROUNDS):
        group = (x @ center.T).argmax(1)
        for k in range(n):
            mean = (weight[group == k, None] * x[group == k]).sum(0)
            length = float(np.sqrt(mean @ mean))
            if length > 0:
                center[k] = mean / length
    return np.asarray(group, np.int64)


def act_groups(q: Questions, day: int, n: int = GROUPS) -> NDArray[np.int32]:
    """Group of every relation, shape (R,): acts 0..n-1, their turned ones n..2n-1."""
    A = q.n_relations // 2
    past = (q.day < day) & (q.relation < A)
    pair = q.who[past].astype(np.int64) * q.n_entities + q.answer[past]
    pairs, column = np.unique(pair, return_inverse=True)
    if n >= A or len(pairs) <= n:
        group = np.arange(A) % n
        return np.concatenate([group, group + n]).astype(np.int32)
    table = csr_matrix(
        (np.ones(len(column)), (q.relation[past], column)), (A, len(pairs))
    )
    number = np.asarray(table.sum(axis=1)).ravel()
    table.data = np.log1p(table.data)
    acts_of_pair = np.maximum(np.asarray((table > 0).sum(axis=0)).ravel(), 1)
    table = table @ diags(np.log(1.0 + A / acts_of_pair))
    length = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    table = diags(1.0 / np.maximum(length, 1e-9)) @ table
    directions = min(DIRECTIONS, A - 1, len(pairs) - 1)
    u, s, _ = svds(table.astype(float), k=directions, random_state=0)
    # the first direction is what all acts share
    x = (u * s)[:, np.argsort(-s)]
    x = x / np.maximum(np.sqrt((x * x).sum(1, keepdims=True)), 1e-9)
    group = _parted(x, number, n)
    return np.concatenate([group, group + n]).astype(np.int32)
