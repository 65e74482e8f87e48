"""Compiled: who may be the answer, from several sources, and stage 1's word on each.

Sources in turn until K are found: the largest intensities, partners of partners, the
most alike, whom others of the same country or sector deal with, the most acted upon.
This file must never import a fit.
"""

import numpy as np

from spillover.jit import allocating

__all__ = ["candidates_of_day"]

PARTNERS = 25
"""Partners followed for two steps."""
FAINT = 0.03
"""Decayed count below which a partner is not followed."""


@allocating
def push(value, index, n, most, v, i):
    """Insert into a list kept sorted, largest first, of at most `most`."""
    if n < most:
        p = n
        n += 1
    elif v > value[most - 1]:
        p = most - 1
    else:
        return n
    while p > 0 and value[p - 1] < v:
        value[p] = value[p - 1]
        index[p] = index[p - 1]
        p -= 1
    value[p] = v
    index[p] = i
    return n


@allocating
def _recent(book, slot, day, fade, h):
    if book.last[slot] < 0:
        return 0.0
    return (
        book.counted[slot, h] * fade[h, min(day - book.last[slot], fade.shape[1] - 1)]
    )


@allocating
def partners_of(x, day, book, fade, value, index):
    """The latest partners of x (family 0: any act), largest decayed count first."""
    start = np.int64(x) * book.answers[0]
    s = np.searchsorted(book.key[book.edge[0] : book.edge[1]], start) + book.edge[0]
    n = 0
    while s < book.edge[1] and book.key[s] // book.answers[0] == x:
        v = _recent(book, s, day, fade, 1)
        if v >= FAINT:
            n = push(value, index, n, PARTNERS, v, book.key[s] % book.answers[0])
        s += 1
    return n


@allocating
def candidates_of_day(
    day, asked, near, A, fade, kind, columns, counts, book, family_fade,
    sources, source_most, first_most, hop_most, alike_most, out,
):  # fmt: skip
    """Fill `out`, the `Candidates` of every question of a day."""
    who, relation, row, base, base_top, answer_edge, answer = asked
    of_who, pair_relation, pair_answer = columns[0], columns[1], columns[2]
    pair, pair_last, alike = counts.pair, counts.pair_last, near.alike
    found, number, lam, part, hop, hops, total, rank, rest = out
    G, K = found.shape
    H = pair.shape[1]
    E = base.shape[1]
    top = fade.shape[1] - 1
    own = np.zeros(E)
    parts = np.zeros((E, 4))
    partner = np.zeros(E, np.bool_)
    chosen = np.zeros(E, np.bool_)
    by_hop = np.zeros(E)
    ways = np.zeros(E)
    met = np.zeros(PARTNERS * PARTNERS, np.int64)
    list_value = np.zeros((E, PARTNERS))
    list_index = np.zeros((E, PARTNERS), np.int64)
    list_n = np.full(E, -1)
    value = np.zeros(K)
    index = np.zeros(K, np.int64)
    here = np.zeros(K, np.int64)
    score = np.zeros(K)
    for g in range(G):
        s, r = who[g], relation[g]
        B = base[row[r]]
        whole = B.sum()
        for c in range(of_who[s], of_who[s + 1]):
            if pair_last[c] < 0:
                continue
            o = pair_answer[c]
            gap = min(day - pair_last[c], top)
            x = 0.0
            for h in range(H):
                x += A[r, pair_relation[c], h] * (pair[c, h] * fade[h, gap])
            own[o] += x
            parts[o, kind[r, pair_relation[c]]] += x
            partner[o] = True
            whole += x
        total[g] = whole
        # the largest intensities: partners, and the best of the rest
        n = 0
        for c in range(of_who[s], of_who[s + 1]):
            o = pair_answer[c]
            if pair_last[c] >= 0 and not chosen[o]:
                chosen[o] = True
                n = push(value, index, n, first_most, B[o] + own[o], o)
        for k in range(base_top.shape[1]):
            o = base_top[row[r], k]
            if not partner[o]:
                n = push(value, index, n, first_most, B[o], o)
        for c in range(of_who[s], of_who[s + 1]):
            chosen[pair_answer[c]] = False
        m = 0
        for k in range(n):
            here[m] = index[k]
            chosen[index[k]] = True
            m += 1
        # partners of partners
        if list_n[s] < 0:
            list_n[s] = partners_of(
                s, day, book, family_fade, list_value[s], list_index[s]
            )
        n_met = 0
        for z in range(list_n[s]):
            x = list_index[s, z]
            if list_n[x] < 0:
                list_n[x] = partners_of(
                    x, day, book, family_fade, list_value[x], list_index[x]
                )
            around = list_value[x, : list_n[x]].sum() + 1.0
            for y in range(list_n[x]):
                o = list_index[x, y]
                if ways[o] == 0.0:
                    met[n_met] = o
                    n_met += 1
                by_hop[o] += list_value[s, z] * list_value[x, y] / around
                ways[o] += 1.0
        n = 0
        for k in range(n_met):
            if not chosen[met[k]]:
                n = push(value, index, n, hop_most, by_hop[met[k]], met[k])
        for k in range(n):
            if m < K:
                here[m] = index[k]
                chosen[index[k]] = True
                m += 1
        # the most alike
        added = 0
        for k in range(alike.shape[1]):
            o = alike[g, k]
            if m < K and added < alike_most and not chosen[o]:
                here[m] = o
                chosen[o] = True
                m += 1
                added += 1
        # whom others of the same country or sector deal with
        for f_at in range(len(sources)):
            f = sources[f_at]
            if book.who_code[f, s] == 0:
                continue
            traits = np.int64(book.who_code[f, s]) * book.acts[f] + book.act_code[f, r]
            x = (
                np.searchsorted(
                    book.key[book.edge[f] : book.edge[f + 1]], traits * book.answers[f]
                )
                + book.edge[f]
            )
            n = 0
            while x < book.edge[f + 1] and book.key[x] // book.answers[f] == traits:
                o = book.key[x] % book.answers[f]
                if book.last[x] >= 0 and not chosen[o]:
                    n = push(
                        value,
                        index,
                        n,
                        source_most[f_at],
                        _recent(book, x, day, family_fade, 1),
                        o,
                    )
                x += 1
            for k in range(n):
                if m < K:
                    here[m] = index[k]
                    chosen[index[k]] = True
                    m += 1
        # the most acted upon
        for k in range(base_top.shape[1]):
            o = base_top[row[r], k]
            if m < K and not chosen[o]:
                here[m] = o
                chosen[o] = True
                m += 1
        for k in range(m):
            score[k] = B[here[k]] + own[here[k]]
        order = np.argsort(-score[:m])
        number[g] = m
        for k in range(m):
            o = here[order[k]]
            found[g, k] = o
            lam[g, k] = score[order[k]]
            part[g, k, :] = parts[o]
            hop[g, k] = by_hop[o]
            hops[g, k] = ways[o]
        # ranks of the answers by intensity alone, and below all candidates
        candidates_right = 0
        for b in range(answer_edge[g], answer_edge[g + 1]):
            if chosen[answer[b]]:
                candidates_right += 1
        for a in range(answer_edge[g], answer_edge[g + 1]):
            mine = B[answer[a]] + own[answer[a]]
            higher, equal, below, beside = 0, 0, 0, 0
            for o in range(E):
                x = B[o] + own[o]
                if x > mine:
                    higher += 1
                    below += not chosen[o]
                elif x == mine:
                    equal += 1
                    beside += not chosen[o]
            for b in range(answer_edge[g], answer_edge[g + 1]):
                o = answer[b]
                x = B[o] + own[o]
                if x > mine:
                    higher -= 1
                    below -= not chosen[o]
                elif x == mine:
                    equal -= 1
                    beside -= not chosen[o]
            rank[a] = 1.0 + higher + equal / 2.0
            rest[a] = 1.0 + m - candidates_right + below + beside / 2.0
        # clear
        for k in range(n_met):
            by_hop[met[k]] = 0.0
            ways[met[k]] = 0.0
        for k in range(m):
            chosen[here[k]] = False
        for c in range(of_who[s], of_who[s + 1]):
            o = pair_answer[c]
            own[o] = 0.0
            parts[o, :] = 0.0
            partner[o] = False
