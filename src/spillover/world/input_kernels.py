"""Compiled: the inputs of the second stage, one row for each candidate.

The order of the columns is that of `inputs.input_names`.
This file must never import a fit.
"""

import numpy as np

from spillover.jit import allocating
from spillover.world.book_kernels import slot_of

__all__ = ["beside", "count_answers", "rows_of_day"]

LONG_AGO = 999.0
LITTLE = 1e-6


@allocating
def _fade(fade, h, gap):
    return fade[h, min(gap, fade.shape[1] - 1)]


@allocating
def _cell(edge, relation_of, who, relation):
    """The target cell of an entity and a relation; -1 where there is none."""
    lo, hi = edge[who], edge[who + 1]
    c = np.searchsorted(relation_of[lo:hi], relation) + lo
    if c < hi and relation_of[c] == relation:
        return c
    return -1


@allocating
def _pair_cell(of_who, pair_relation, pair_answer, who, relation, answer):
    lo, hi = of_who[who], of_who[who + 1]
    while lo < hi:
        mid = (lo + hi) // 2
        if pair_relation[mid] < relation or (
            pair_relation[mid] == relation and pair_answer[mid] < answer
        ):
            lo = mid + 1
        else:
            hi = mid
    if (
        lo < of_who[who + 1]
        and pair_relation[lo] == relation
        and pair_answer[lo] == answer
    ):
        return lo
    return -1


@allocating
def rows_of_day(
    day, weekday, row_group, row_place, asked, near, candidates, columns, counts,
    fade, book, family_fade, families, country, sector, out,
):  # fmt: skip
    """Fill `out` (rows, inputs): candidate `row_place` of question `row_group`."""
    of_who, pair_relation, pair_answer, of_answer, target_relation = columns
    who, relation, row, base = asked.who, asked.relation, asked.row, asked.base
    found, lam, part, hop, hops, total = (
        candidates.found, candidates.lam, candidates.part,
        candidates.hop, candidates.hops, candidates.total,
    )  # fmt: skip
    pair, pair_last, by_weekday = counts.pair, counts.pair_last, counts.by_weekday
    target, target_last, toward_sum = counts.target, counts.target_last, counts.toward
    around, around_count, around_last = (
        counts.around, counts.around_count, counts.around_last,
    )  # fmt: skip
    query, busy, vector, unit, bias = (
        near.query, near.busy, near.vector, near.unit, near.bias,
    )  # fmt: skip
    half = len(counts.relation) // 2
    H = pair.shape[1]
    HF = book.counted.shape[1]
    for i in range(len(row_group)):
        g, k = row_group[i], row_place[i]
        s, r, o = who[g], relation[g], found[g, k]
        turned = (r + half) % (2 * half)
        x = out[i]
        B = base[row[r], o]
        own = lam[g, k] - B
        x[0] = np.log(lam[g, k])
        x[1] = np.log(max(own, 0.0) + LITTLE)
        x[2] = np.log(B)
        x[3] = k
        x[4] = lam[g, k] / total[g]
        x[5] = lam[g, k] / lam[g, 0]
        x[6] = np.log(total[g])
        for z in range(4):
            x[7 + z] = np.log(part[g, k, z] + LITTLE)
        c = 11
        p = _pair_cell(of_who, pair_relation, pair_answer, s, r, o)
        x[c + H] = LONG_AGO
        if p >= 0 and pair_last[p] >= 0:
            gap = day - pair_last[p]
            for h in range(H):
                x[c + h] = pair[p, h] * _fade(fade, h, gap)
            x[c + H] = gap
            x[c + H + 1] = (by_weekday[p, weekday] + 0.3) / (pair[p, H - 1] + 2.1)
        c += H + 2
        x[c] = hop[g, k]
        x[c + 1] = hops[g, k]
        c += 2
        chance = bias[o] - near.total[g]
        nearby = 0.0
        for d in range(query.shape[1]):
            chance += query[g, d] * vector[o, d]
            nearby += busy[g, d] * vector[o, d]
        x[c] = chance
        x[c + 1] = nearby
        x[c + 2] = near.best[g]
        x[c + 3] = chance - near.best[g]
        c += 4
        # who is around: mean vectors of those that dealt with s, with o, under the act
        same, so, os = 0.0, 0.0, 0.0
        for d in range(unit.shape[1]):
            same += unit[s, d] * unit[o, d]
            so += around[s, d] * unit[o, d]
            os += around[o, d] * unit[s, d]
        x[c] = same
        if around_last[s] >= 0:
            f = _fade(fade, 2, day - around_last[s])
            x[c + 1] = so * f / np.sqrt(around_count[s] * f + 0.3)
        if around_last[o] >= 0:
            f = _fade(fade, 2, day - around_last[o])
            x[c + 2] = os * f / np.sqrt(around_count[o] * f + 0.3)
        t = _cell(of_answer, target_relation, o, r)
        if t >= 0 and target_last[t] >= 0:
            f = _fade(fade, 2, day - target_last[t])
            close = 0.0
            for d in range(unit.shape[1]):
                close += toward_sum[t, d] * unit[s, d]
            x[c + 3] = close * f / np.sqrt(target[t, 2] * f + 0.3)
        t = _cell(of_answer, target_relation, s, turned)
        if t >= 0 and target_last[t] >= 0:
            f = _fade(fade, 2, day - target_last[t])
            close = 0.0
            for d in range(unit.shape[1]):
                close += toward_sum[t, d] * unit[o, d]
            x[c + 4] = close * f / np.sqrt(target[t, 2] * f + 0.3)
        c += 5
        x[c] = r
        here = country[s] > 0 and country[s] == country[o]
        x[c + 1] = here
        if country[s] == 0 or country[o] == 0:
            x[c + 1] = -1.0
        x[c + 2] = s == o
        x[c + 3] = sector[s] == sector[o]
        if sector[s] == 0 or sector[o] == 0:
            x[c + 3] = -1.0
        x[c + 4] = counts.relation_again[r] / (counts.relation[r] + 1.0)
        x[c + 5] = counts.who_again[s] / (counts.who[s] + 1.0)
        x[c + 6] = counts.answer_again[o] / (counts.who[o] + 1.0)
        x[c + 7] = np.log1p(counts.who[o])
        x[c + 8] = np.log1p(counts.who[s])
        c += 9
        for f in range(families):
            a = slot_of(f, s, r, o, here, book)
            b = slot_of(book.total[f], s, r, o, here, book)
            whole = 0.0
            if b >= 0 and book.last[b] >= 0:
                whole = book.counted[b, 1] * _fade(family_fade, 1, day - book.last[b])
            x[c + HF] = LONG_AGO
            if a >= 0 and book.last[a] >= 0:
                gap = day - book.last[a]
                for h in range(HF):
                    x[c + h] = book.counted[a, h] * _fade(family_fade, h, gap)
                x[c + HF] = gap
                x[c + HF + 1] = x[c + 1] / (whole + 1.0)
            c += HF + 2


@allocating
def count_answers(
    day, weekday, who, relation, answer, in_pair, in_target, fade, unit, counts
):  # fmt: skip
    """Count a day into what `add_facts` does not keep; called before `add_facts`."""
    pair_last, by_weekday = counts.pair_last, counts.by_weekday
    toward_sum, toward_last = counts.toward, counts.toward_last
    around, around_count, around_last = (
        counts.around, counts.around_count, counts.around_last,
    )  # fmt: skip
    for q in range(len(who)):
        s, r, o = who[q], relation[q], answer[q]
        known = pair_last[in_pair[q]] >= 0
        counts.relation[r] += 1.0
        counts.who[s] += 1.0
        if known:
            counts.relation_again[r] += 1.0
            counts.who_again[s] += 1.0
            counts.answer_again[o] += 1.0
        by_weekday[in_pair[q], weekday] += 1
        t = in_target[q]
        f = 1.0
        # the first of a day fades what was there; the others find it faded
        if 0 <= toward_last[t] < day:
            f = _fade(fade, 2, day - toward_last[t])
        for d in range(unit.shape[1]):
            toward_sum[t, d] = toward_sum[t, d] * f + unit[s, d]
        toward_last[t] = day
        f = 1.0
        if 0 <= around_last[o] < day:
            f = _fade(fade, 2, day - around_last[o])
        for d in range(unit.shape[1]):
            around[o, d] = around[o, d] * f + unit[s, d]
        around_count[o] = around_count[o] * f + 1.0
        around_last[o] = day


@allocating
def beside(edge, columns, first, out):
    """Compare inputs among the candidates of a question: place, and what is missing.

    Columns `first` on hold for each compared column how many candidates have more,
    the next as many hold its difference to the largest.
    """
    C = len(columns)
    for g in range(len(edge) - 1):
        a, b = edge[g], edge[g + 1]
        for c in range(C):
            value = out[a:b, columns[c]].copy()
            order = np.argsort(-value)
            place = 0
            for n in range(b - a):
                if n > 0 and value[order[n]] < value[order[n - 1]]:
                    place = n
                out[a + order[n], first + c] = place
                out[a + order[n], first + C + c] = value[order[n]] - value[order[0]]
