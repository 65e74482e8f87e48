"""Compiled ranks of the recurrency baselines, in one pass over the days.

Scores are only above zero for entities that were answers of this relation before, so
ranks are counted over those and all others tie at zero.
This file must never import anything but the decorators.
"""

import numpy as np

from spillover.jit import allocating

__all__ = ["recurrency_ranks"]


@allocating
def recurrency_ranks(
    who, relation, answer, day, in_pair, in_target,
    of_who, pair_relation, pair_answer, target_relation, target_answer,
    decay, alpha, n_entities, first, end,
):  # fmt: skip
    """Filtered ranks with averaged ties of the questions of [first, end), in order."""
    R = len(decay)
    N = len(day)
    pair = np.zeros(len(pair_relation))
    pair_last = np.full(len(pair_relation), -1)
    number = np.zeros(len(target_relation))
    # target cells by relation, so that a question walks only its own
    by_relation = np.argsort(target_relation, kind="mergesort")
    edge = np.zeros(R + 1, np.int64)
    for c in range(len(target_relation)):
        edge[target_relation[c] + 1] += 1
    for r in range(R):
        edge[r + 1] += edge[r]
    facts = np.zeros(R)
    score = np.zeros(n_entities)
    sure = np.zeros(n_entities)
    origin = day[0] if N else 0
    out = np.empty(N)
    n = 0
    i = 0
    while i < N:
        t = day[i]
        if t >= end:
            break
        j = i
        while j < N and day[j] == t:
            j += 1
        if t >= first:
            a = i
            while a < j:
                s, r = who[a], relation[a]
                b = a
                while b < j and who[b] == s and relation[b] == r:
                    b += 1
                # the sum over all past days of 2^(l (k - t)), as the paper divides by it
                whole = 0.0
                for k in range(t - origin):
                    whole += 2.0 ** (-decay[r] * (k + 1))
                whole = max(whole, 1e-15)
                for x in range(edge[r], edge[r + 1]):
                    c = by_relation[x]
                    score[target_answer[c]] = 0.0
                    if facts[r] > 0.0:
                        score[target_answer[c]] = (
                            (1.0 - alpha[r]) * number[c] / facts[r]
                        )
                for c in range(of_who[s], of_who[s + 1]):
                    if pair_relation[c] == r and pair_last[c] >= 0:
                        p = pair[c] * 2.0 ** (-decay[r] * (t - pair_last[c]))
                        score[pair_answer[c]] += alpha[r] * p / whole
                for q in range(a, b):
                    sure[answer[q]] = 1.0
                for q in range(a, b):
                    o = answer[q]
                    higher, equal, seen = 0, 0, 0
                    for x in range(edge[r], edge[r + 1]):
                        z = target_answer[by_relation[x]]
                        if sure[z] > 0.0:
                            continue
                        seen += 1
                        if score[z] > score[o]:
                            higher += 1
                        elif score[z] == score[o]:
                            equal += 1
                    if score[o] == 0.0:
                        equal += n_entities - (b - a) - seen
                    out[n] = 1.0 + higher + equal / 2.0
                    n += 1
                for q in range(a, b):
                    sure[answer[q]] = 0.0
                for x in range(edge[r], edge[r + 1]):
                    score[target_answer[by_relation[x]]] = 0.0
                a = b
        for q in range(i, j):
            c, r = in_pair[q], relation[q]
            if pair_last[c] >= 0:
                pair[c] *= 2.0 ** (-decay[r] * (t - pair_last[c]))
            pair[c] += 1.0
            pair_last[c] = t
            number[in_target[q]] += 1.0
            facts[r] += 1.0
        i = j
    return out[:n]
