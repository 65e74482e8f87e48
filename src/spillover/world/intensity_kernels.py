"""Compiled passes over time: counts that decay, intensities, and the sums EM needs.

Counts are kept lazily: a cell holds the value at the day it was last touched and that
day (-1: never), so an untouched cell costs nothing. `fade[h, d]` is 2^(-d / half-life
h), the last column standing for all later days.

This file must never import anything but the decorators.
"""

import numpy as np

from spillover.jit import allocating, inlined

__all__ = ["add_facts", "expect", "pair_part", "target_part"]


@inlined
def _faded(count, last, cell, day, fade, h):
    return count[cell, h] * fade[h, min(day - last[cell], fade.shape[1] - 1)]


@allocating
def add_facts(day, cells, count, last, fade):
    """Count a day's facts into their cells, in place."""
    for cell in cells:
        for h in range(count.shape[1]):
            old = _faded(count, last, cell, day, fade, h) if last[cell] >= 0 else 0.0
            count[cell, h] = old + 1.0
        last[cell] = day


@allocating
def target_part(day, asked, relation, answer, count, last, fade, G, anyone, out):
    """Fill out[k, o] with C + what all past facts toward o add, for asked relations."""
    H = count.shape[1]
    for k in range(len(asked)):
        out[k, :] = anyone[asked[k]]
    for c in range(len(relation)):
        if last[c] < 0:
            continue
        gap = min(day - last[c], fade.shape[1] - 1)
        o = answer[c]
        for k in range(len(asked)):
            r = asked[k]
            total = 0.0
            for h in range(H):
                total += G[r, relation[c], h] * (count[c, h] * fade[h, gap])
            out[k, o] += total


@allocating
def pair_part(day, who, asked, of_who, relation, answer, count, last, fade, A, out):
    """Add to out[o] what the past facts between `who` and o add."""
    for c in range(of_who[who], of_who[who + 1]):
        if last[c] < 0:
            continue
        gap = min(day - last[c], fade.shape[1] - 1)
        total = 0.0
        for h in range(count.shape[1]):
            total += A[asked, relation[c], h] * (count[c, h] * fade[h, gap])
        out[answer[c]] += total


@allocating
def expect(
    who, relation, answer, day, in_pair, in_target,
    of_who, pair_relation, pair_answer, of_answer, target_relation,
    A, G, C, fade, n_entities, first, end,
):  # fmt: skip
    """One pass of EM over the questions of the days [first, end).

    Returns the mean log chance of the answers, their number, and for A, G and C the
    expected number of answers each weight brought and its exposure: the sum over
    questions of answers / total intensity times the counts the weight multiplies.
    """
    R, _, H = A.shape
    top = fade.shape[1] - 1
    P = len(pair_relation)
    T = len(target_relation)
    pair = np.zeros((P, H))
    pair_last = np.full(P, -1)
    target = np.zeros((T, H))
    target_last = np.full(T, -1)
    # all facts of a relation, whoever the target: what the exposure of G needs
    whole = np.zeros((R, H))
    NA, XA = np.zeros_like(A), np.zeros_like(A)
    NG, XG = np.zeros_like(G), np.zeros_like(G)
    NC, XC = np.zeros_like(C), np.zeros_like(C)
    toward = np.zeros(R)
    exposure = np.zeros(R)
    loglik = 0.0
    n = 0
    i = 0
    before = day[0] if len(day) else 0
    while i < len(day):
        t = day[i]
        if t >= end:
            break
        j = i
        while j < len(day) and day[j] == t:
            j += 1
        for h in range(H):
            whole[:, h] *= fade[h, min(t - before, top)]
        before = t
        if t >= first:
            for r in range(R):
                toward[r] = C[r] * n_entities + (G[r] * whole).sum()
                exposure[r] = 0.0
            a = i
            while a < j:
                s, r = who[a], relation[a]
                b = a
                while b < j and who[b] == s and relation[b] == r:
                    b += 1
                total = toward[r]
                for c in range(of_who[s], of_who[s + 1]):
                    if pair_last[c] < 0:
                        continue
                    if pair_last[c] < t:
                        for h in range(H):
                            pair[c, h] *= fade[h, min(t - pair_last[c], top)]
                        pair_last[c] = t
                    for h in range(H):
                        total += A[r, pair_relation[c], h] * pair[c, h]
                w = (b - a) / total
                exposure[r] += w
                XC[r] += w * n_entities
                for c in range(of_who[s], of_who[s + 1]):
                    if pair_last[c] >= 0:
                        for h in range(H):
                            XA[r, pair_relation[c], h] += w * pair[c, h]
                for q in range(a, b):
                    o = answer[q]
                    here = C[r]
                    for c in range(of_answer[o], of_answer[o + 1]):
                        if target_last[c] < 0:
                            continue
                        if target_last[c] < t:
                            for h in range(H):
                                target[c, h] *= fade[h, min(t - target_last[c], top)]
                            target_last[c] = t
                        for h in range(H):
                            here += G[r, target_relation[c], h] * target[c, h]
                    for c in range(of_who[s], of_who[s + 1]):
                        if pair_answer[c] == o and pair_last[c] >= 0:
                            for h in range(H):
                                here += A[r, pair_relation[c], h] * pair[c, h]
                    for c in range(of_answer[o], of_answer[o + 1]):
                        if target_last[c] >= 0:
                            for h in range(H):
                                x = G[r, target_relation[c], h] * target[c, h]
                                NG[r, target_relation[c], h] += x / here
                    for c in range(of_who[s], of_who[s + 1]):
                        if pair_answer[c] == o and pair_last[c] >= 0:
                            for h in range(H):
                                x = A[r, pair_relation[c], h] * pair[c, h]
                                NA[r, pair_relation[c], h] += x / here
                    NC[r] += C[r] / here
                    loglik += np.log(here / total)
                    n += 1
                a = b
            for r in range(R):
                if exposure[r] > 0.0:
                    XG[r] += exposure[r] * whole
        for q in range(i, j):
            for h in range(H):
                whole[relation[q], h] += 1.0
        add_facts(t, in_pair[i:j], pair, pair_last, fade)
        add_facts(t, in_target[i:j], target, target_last, fade)
        i = j
    return loglik / max(n, 1), n, NA, XA, NG, XG, NC, XC
