"""Compiled: hash tables of the counters of families, and counting a day into them.

This file must never import anything but the decorators.
"""

import numpy as np

from spillover.jit import allocating, inlined

__all__ = ["count_day", "fill_table", "slot_of"]

SPREAD = -7046029254386353131
"""The golden ratio in 64 bits, as a signed number."""


@inlined
def _first(key, mask):
    return np.int64(((key * np.int64(SPREAD)) >> 20) & mask)


@allocating
def fill_table(key, edge, offset, mask, table_key, table_slot):
    """Put every key of every family into its table (open addressing)."""
    for f in range(len(offset)):
        for s in range(edge[f], edge[f + 1]):
            i = _first(key[s], mask[f])
            while table_key[offset[f] + i] != -1:
                i = (i + 1) & mask[f]
            table_key[offset[f] + i] = key[s]
            table_slot[offset[f] + i] = s


@allocating
def slot_of(f, who, relation, answer, same_country, book):
    """The slot of family f for a who, relation and answer; -1 where nothing falls."""
    key = np.int64(book.who_code[f, who]) * book.acts[f] + book.act_code[f, relation]
    key = key * book.answers[f] + book.answer_code[f, answer]
    if book.here[f]:
        key = key * 2 + same_country
    i = _first(key, book.mask[f])
    while True:
        found = book.table_key[book.offset[f] + i]
        if found == key:
            return np.int64(book.table_slot[book.offset[f] + i])
        if found == -1:
            return np.int64(-1)
        i = (i + 1) & book.mask[f]


@allocating
def count_day(day, slot, count, last, fade):
    """Count the questions of a day, slot (F, n), in place."""
    top = fade.shape[1] - 1
    for f in range(slot.shape[0]):
        for q in range(slot.shape[1]):
            s = slot[f, q]
            if 0 <= last[s] < day:
                for h in range(count.shape[1]):
                    count[s, h] *= fade[h, min(day - last[s], top)]
            for h in range(count.shape[1]):
                count[s, h] += 1.0
            last[s] = day
