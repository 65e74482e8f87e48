"""Families of counts: how often, how lately and in what share things like this happened.

A family counts past facts by a trait of who acted, of the act and of the answer: its
own id, its country, its sector, or anything. Each gives five inputs of the second
stage: decayed counts at three half-lives, days since the last, and the share among the
facts of the same who and act.

This file must never import trees.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.world.book_kernels import fill_table
from spillover.world.labels import Labels
from spillover.world.questions import Questions

__all__ = ["FAMILIES", "FAMILY_HALF_LIVES", "Book", "Family", "book_of"]

FAMILY_HALF_LIVES = (3.0, 20.0, 120.0)
NEVER = -1


class Family(NamedTuple):
    """What a family counts by.

    Attributes
    ----------
    name
        In plain words; X is who acts or is acted upon, Y the answer considered.
    who
        "self", "country", "sector" or "any".
    act
        "same", "group" (see `acts`), "way" (X acts or is acted upon) or "any".
    answer
        "self", "country", "sector", or "sector here": the sector, and whether it is of
        the same country as X.
    """

    name: str
    who: str
    act: str
    answer: str


FAMILIES = (
    Family("X and Y, any act", "self", "any", "self"),
    Family("X and Y, any act that way", "self", "way", "self"),
    Family("X and Y, acts of the group", "self", "group", "self"),
    Family("anyone and Y, the same act", "any", "same", "self"),
    Family("anyone and Y, acts of the group", "any", "group", "self"),
    Family("anyone and Y, any act", "any", "any", "self"),
    Family("others of X's country and Y, the same act", "country", "same", "self"),
    Family("others of X's country and Y, any act", "country", "any", "self"),
    Family("others of X's country and Y, acts of the group", "country", "group", "self"),
    Family("others of X's sector and Y, the same act", "sector", "same", "self"),
    Family("others of X's sector and Y, acts of the group", "sector", "group", "self"),
    Family("X and Y's country, acts of the group", "self", "group", "country"),
    Family("X and Y's country, any act", "self", "any", "country"),
    Family("X and Y's sector, acts of the group", "self", "group", "sector"),
    Family("X and Y's sector, any act", "self", "any", "sector"),
    Family("X's country and Y's country, the same act", "country", "same", "country"),
    Family("X's country and Y's country, any act", "country", "any", "country"),
    Family("X's sector and Y's sector, the same act", "sector", "same", "sector here"),
    Family("X's sector and Y's sector, acts of the group", "sector", "group", "sector here"),
    Family("X's country and Y's sector, the same act", "country", "same", "sector here"),
)  # fmt: skip


class Book(NamedTuple):
    """Counters of all families and of their totals. F families and totals, S slots.

    Attributes
    ----------
    who_code, act_code, answer_code : (F, E), (F, R), (F, E)
        The trait counted by.
    acts, answers : (F,)
        How many values the traits of act and answer have.
    here : (F,)
        Whether the same-country flag is part of the key.
    total : (families,)
        Which counter holds the total of a family.
    key, edge : (S,), (F + 1,)
        Keys of the slots, increasing within a family.
    offset, mask, table_key, table_slot
        Hash tables from key to slot.
    slot : (F, n)
        The slot each question is counted in.
    counted, last : (S, 3), (S,)
        Decayed counts as of the day last touched; -1: never.
    """

    who_code: NDArray[np.int32]
    act_code: NDArray[np.int32]
    answer_code: NDArray[np.int32]
    acts: NDArray[np.int64]
    answers: NDArray[np.int64]
    here: NDArray[np.bool_]
    total: NDArray[np.int64]
    key: NDArray[np.int64]
    edge: NDArray[np.int64]
    offset: NDArray[np.int64]
    mask: NDArray[np.int64]
    table_key: NDArray[np.int64]
    table_slot: NDArray[np.int32]
    slot: NDArray[np.int32]
    counted: NDArray[np.float32]
    last: NDArray[np.int32]


def book_of(
    q: Questions,
    labels: Labels,
    groups: NDArray[np.int32],
    families: tuple[Family, ...] = FAMILIES,
) -> Book:
    """An empty book with a slot for everything the questions will count.

    `groups` are those of acts, by relation.
    """
    E, R = q.n_entities, q.n_relations
    anything = np.zeros(E, np.int32)
    traits = {
        "self": np.arange(E, dtype=np.int32), "country": labels.country,
        "sector": labels.sector, "sector here": labels.sector, "any": anything,
    }  # fmt: skip
    relation = np.arange(R, dtype=np.int32)
    way = (relation >= R // 2).astype(np.int32)
    acts = {"same": relation, "group": groups, "way": way, "any": np.zeros_like(way)}
    wanted = list(dict.fromkeys((f.who, f.act) for f in families))
    rows = [(f.who, f.act, f.answer) for f in families]
    rows += [(who, act, "any") for who, act in wanted]
    total = [len(families) + wanted.index((f.who, f.act)) for f in families]
    who_code = np.stack([traits[a] for a, _, _ in rows])
    act_code = np.stack([acts[b] for _, b, _ in rows])
    answer_code = np.stack([traits[c] for _, _, c in rows])
    here = np.array([c == "sector here" for _, _, c in rows])
    n_acts = act_code.max(1).astype(np.int64) + 1
    n_answers = answer_code.max(1).astype(np.int64) + 1
    same = (labels.country[q.who] == labels.country[q.answer]) & (
        labels.country[q.who] > 0
    )
    keys, slots, edge = [], [], [0]
    for f in range(len(rows)):
        key = who_code[f][q.who].astype(np.int64) * n_acts[f] + act_code[f][q.relation]
        key = key * n_answers[f] + answer_code[f][q.answer]
        if here[f]:
            key = key * 2 + same
        found, index = np.unique(key, return_inverse=True)
        slots.append((index + edge[-1]).astype(np.int32))
        keys.append(found)
        edge.append(edge[-1] + len(found))
    size = [1 << int(np.ceil(np.log2(2 * len(k) + 2))) for k in keys]
    offset = np.cumsum([0, *size[:-1]])
    key, ends = np.concatenate(keys), np.array(edge)
    table_key = np.full(sum(size), NEVER, np.int64)
    table_slot = np.zeros(sum(size), np.int32)
    mask = np.array(size, np.int64) - 1
    fill_table(key, ends, offset, mask, table_key, table_slot)
    return Book(
        who_code, act_code, answer_code, n_acts, n_answers, here, np.array(total),
        key, ends, offset, mask, table_key, table_slot, np.stack(slots),
        np.zeros((len(key), len(FAMILY_HALF_LIVES)), np.float32),
        np.full(len(key), NEVER, np.int32),
    )  # fmt: skip
