"""Compiled: the slopes of the softmax loss, and ranks after the second stage.

This file must never import anything but the decorators.
"""

import numpy as np

from spillover.jit import allocating

__all__ = ["second_ranks", "softmax_slopes"]


@allocating
def softmax_slopes(score, right, weight, edge, slope, curve):
    """First and second slopes of the loss within each question.

    With several right answers each is asked for once: m p - y.
    """
    for g in range(len(edge) - 1):
        a, b = edge[g], edge[g + 1]
        top = -1e300
        answers = 0.0
        for i in range(a, b):
            answers += right[i]
            top = max(top, score[i])
        total = 0.0
        for i in range(a, b):
            slope[i] = weight[i] * np.exp(score[i] - top)
            total += slope[i]
        for i in range(a, b):
            p = slope[i] / total
            slope[i] = answers * p - right[i]
            curve[i] = max(answers * p * (1.0 - p), 1e-6)


@allocating
def second_ranks(score, right, edge, group, place, rest_rank, out):
    """Filtered ranks: candidates as re-ordered, then all others by intensity."""
    for a in range(len(place)):
        out[a] = rest_rank[a]
        if place[a] < 0:
            continue
        mine = score[place[a]]
        higher, equal = 0, 0
        for i in range(edge[group[a]], edge[group[a] + 1]):
            if right[i]:
                continue
            if score[i] > mine:
                higher += 1
            elif score[i] == mine:
                equal += 1
        out[a] = 1.0 + higher + equal / 2.0
