"""By which way each future came to its answer: chains of parents, counted.

The *completing event* is the one that brings the counted sum to the threshold. Its chain
leads over its parents to a root; runs of a stream through itself are folded into one
step by erasing loops. Chains are counted in tables of fixed size by key; what does not
fit is counted as other. All sums are integers.

References
----------
Lawler (1980), A self-avoiding random walk, Duke Math. J. 47 (loop erasure).
Mantel & Haenszel (1959), JNCI 22: comparing within strata of time.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.engine.asked import Asked
from spillover.engine.hashing import mix, unit
from spillover.engine.reduce import added, day_of
from spillover.engine.rules import matches
from spillover.engine.tables import Table
from spillover.engine.trace import TRACED
from spillover.jit import compiled
from spillover.model.via import RESPONSE

__all__ = [
    "CHAIN",
    "NEVER",
    "SOME_OTHER_WAY",
    "STEPS",
    "STRATA",
    "Chains",
    "add_chain",
    "add_markers",
    "completing_events",
    "new_chains",
    "walk",
]

STEPS = 10
"""Steps a folded chain may have; a longer one loses its oldest."""
SOME_OTHER_WAY = 15
"""Kind of a root that the case does not hold."""
ENTRIES = 512
LEADS = 100
"""Lead times are counted in hundredths of a day."""
STRATA = 10
"""Parts of a window within which courses are set beside each other."""
NEVER = 1e300

CHAIN = np.dtype(
    [
        ("key", "u8"),
        ("count", "i8"),
        ("steps", "i8"),
        ("held", "u8"),
        ("first", "i8"),
        ("lead", "i8"),
        ("code", "i8", (STEPS,)),
        ("stream", "i8", (STEPS,)),
    ],
    align=True,
)
"""A chain: its steps from the completing event back, how each came and its stream;
``held``: factors without which the future answers no; the first future that has it."""


class Chains(NamedTuple):
    """Tables of one thread; W questions are looked at."""

    table: Table  # (W, ENTRIES) CHAIN
    status: NDArray[np.int64]  # (W, ENTRIES, TRACED, 3) restraints at the last step
    other: NDArray[np.int64]  # (W,) chains that did not fit
    yes: NDArray[np.int64]  # (W,) futures with a yes
    futures: NDArray[np.int64]  # (1,)
    came: NDArray[
        np.int64
    ]  # (W, K, STRATA, 2) yes before and after a stream's first event
    spent: NDArray[np.int64]  # (W, K, STRATA, 2) time before and after it, x LEADS
    lead: NDArray[np.int64]  # (W, K) sum of days from it to the yes, x LEADS


def new_chains(questions: int, streams: int) -> Chains:
    """Empty tables."""
    return Chains(
        np.zeros((questions, ENTRIES), CHAIN),
        np.zeros((questions, ENTRIES, TRACED, 3), np.int64),
        np.zeros(questions, np.int64),
        np.zeros(questions, np.int64),
        np.zeros(1, np.int64),
        np.zeros((questions, streams, STRATA, 2), np.int64),
        np.zeros((questions, streams, STRATA, 2), np.int64),
        np.zeros((questions, streams), np.int64),
    )


@compiled
def completing_events(asked: Asked, events, claims, n, before, last, at):
    """Event that brings each question its yes, into ``at`` (-1: none).

    Only questions that more events can only make truer have one: sums that reach a
    threshold in any span, and what combines such.

    Parameters
    ----------
    before : (tallies,)
        Last event before the origin that may begin a sequence.
    last : (tallies,)
        Scratch.
    at : (Q,) int64
    """
    tallies, rows, row_at = asked.tallies, asked.rows, asked.row_at
    questions, spans, parts = asked.questions, asked.spans, asked.parts
    for q in range(len(questions)):
        at[q] = -1
        mode = questions[q].mode
        if mode == 3 or mode == 4:
            for k in range(questions[q].p0, questions[q].p1):
                other = at[parts[k]]
                if mode == 3 and other < 0:
                    at[q] = -1
                    break
                if other >= 0 and (
                    at[q] < 0
                    or (mode == 3 and other > at[q])
                    or (mode == 4 and other < at[q])
                ):
                    at[q] = other
            continue
        x = questions[q].tally
        if mode != 0 or questions[q].low <= 0.0 or questions[q].high < math.inf:
            continue
        if tallies[x].kind == 4:
            continue
        for k in range(questions[q].s0, questions[q].s1):
            total = 0.0
            last[x] = before[x]
            for e in range(n if at[q] < 0 else at[q]):
                s = events[e].stream
                for r in range(row_at[s], row_at[s + 1]):
                    if rows[r].tally != x or not matches(
                        events[e].flags, rows[r].m0, rows[r].m1, asked.masks
                    ):
                        continue
                    if rows[r].first == 1:
                        last[x] = events[e].time
                        continue
                    day = day_of(tallies, x, events[e].time)
                    if spans[k, 0] <= day < spans[k, 1]:
                        total += added(tallies, x, events, claims, e, last[x])
                if total >= questions[q].low:
                    at[q] = e
                    break


@compiled
def walk(p, events, e, codes, streams):
    """Folded chain of event ``e`` from its end back; returns steps and the root's event.

    ``codes`` hold a kind in their low four bits and the number of a response, a red
    line, a reply's answer, a warning, a lever's act or a stream above.
    """
    steps = 0
    root = e
    while e >= 0:
        s, via = events[e].stream, events[e].via
        kind = via & 15
        if kind == RESPONSE:
            via = RESPONSE | p.rows[via >> 4].response << 4
        place = -1
        for k in range(steps):
            if streams[k] == s:
                place = k
                break
        if place < 0:
            place = steps
            if steps == STEPS:  # keep the end, lose the oldest but one
                place = STEPS - 1
            else:
                steps += 1
        else:
            steps = place + 1
        codes[place] = via
        streams[place] = s
        root = e
        e = events[e].parent
    return steps, root


@compiled
def chain_key(codes, streams, steps, held):
    """Key of a chain."""
    key = mix(np.uint64(steps) + np.uint64(0x9E3779B97F4A7C15))
    for k in range(steps):
        key = mix(key ^ (np.uint64(codes[k]) * np.uint64(0xBF58476D1CE4E5B9)))
        key = mix(key + np.uint64(streams[k]))
    key = mix(key ^ held)
    return key if key != np.uint64(0) else np.uint64(1)


@compiled
def add_chain(chains, q, codes, streams, steps, held, future, lead, trace):
    """Count a chain of question ``q``.

    Parameters
    ----------
    held : uint64
        Factors without which the future answers no, bits in the order of the arms.
    future : int
        Number of the future among all.
    lead : float
        Days from root to end.
    trace : (3,) uint64
        Restraints of the last step's stream.
    """
    key = chain_key(codes, streams, steps, held)
    table = chains.table
    place = np.int64(key % np.uint64(ENTRIES))
    for _ in range(ENTRIES):
        if table[q, place].key == key or table[q, place].count == 0:
            break
        place = (place + 1) % ENTRIES
    if table[q, place].key != key and table[q, place].count != 0:
        chains.other[q] += 1
        return
    if table[q, place].count == 0:
        table[q, place].key = key
        table[q, place].steps = steps
        table[q, place].held = held
        table[q, place].first = future
        for k in range(steps):
            table[q, place].code[k] = codes[k]
            table[q, place].stream[k] = streams[k]
    table[q, place].count += 1
    table[q, place].first = min(table[q, place].first, future)
    table[q, place].lead += int(lead * LEADS + 0.5)
    for kind in range(3):
        bits = trace[kind]
        f = 0
        while bits != np.uint64(0):
            if bits & np.uint64(1) != np.uint64(0):
                chains.status[q, place, f, kind] += 1
            bits >>= np.uint64(1)
            f += 1


@compiled
def other_time(asked, theta, kf, q):
    """When question ``q`` comes about some way the case does not hold."""
    slot = asked.questions[q].unmodelled
    if slot < 0 or theta[slot] <= 0.0:
        return NEVER
    return -math.log(unit(mix(kf + asked.questions[q].key))) / theta[slot]


@compiled
def window_end(asked, q):
    """Last day of question ``q``."""
    end = 0
    for k in range(asked.questions[q].s0, asked.questions[q].s1):
        end = max(end, asked.spans[k, 1])
    return end


@compiled
def add_markers(chains, w, first, done, end, yes):
    """Time before and after each stream's first event, and where the yes fell.

    Courses are set beside each other at the same time and only while the outcome is
    still open, so a course cannot look safe for having lasted long.

    Parameters
    ----------
    first : (K,)
        First event of each stream.
    done
        When the yes came, or the end.
    end
        End of the window.
    """
    width = end / STRATA
    for s in range(len(first)):
        for i in range(STRATA):
            low, high = i * width, min((i + 1) * width, done)
            if high <= low:
                break
            turn = min(max(first[s], low), high)
            chains.spent[w, s, i, 0] += int((turn - low) * LEADS + 0.5)
            chains.spent[w, s, i, 1] += int((high - turn) * LEADS + 0.5)
        if yes:
            i = min(int(done / width), STRATA - 1)
            after = 1 if first[s] < done else 0
            chains.came[w, s, i, after] += 1
            if after == 1:
                chains.lead[w, s] += int((done - first[s]) * LEADS + 0.5)


@compiled
def first_times(events, n, first):
    """First event of each stream, into ``first``."""
    first[:] = NEVER
    for e in range(n):
        s = events[e].stream
        if first[s] > events[e].time:
            first[s] = events[e].time
