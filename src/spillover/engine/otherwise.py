"""Histories played otherwise: many samples of one history in one compiled call.

This file must never import a case or `assemble`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spillover.engine.background import VARIANCE, draw_background
from spillover.engine.codes import CANDIDATES, ERROR
from spillover.engine.future import advance
from spillover.engine.hashing import mix, sub, unit
from spillover.engine.opening import open_levers, reset
from spillover.engine.past import settle_past
from spillover.engine.prepare import prepare
from spillover.engine.queue import PER_DAY
from spillover.engine.rules import matches
from spillover.engine.script import (
    FACTUAL,
    OTHERWISE,
    REPLAY,
    Script,
    begin_script,
    find_kinds,
    new_script,
)
from spillover.engine.script_likelihood import log_likelihood
from spillover.engine.script_parents import (
    Memory,
    draw_parents,
    new_memory,
)
from spillover.engine.tables import Program, Table
from spillover.engine.world import World, new_world
from spillover.jit import compiled
from spillover.model.via import LINE, RECORD, REPLY

__all__ = ["Changed", "Player", "new_player", "play"]

U = np.uint64
K_SAMPLE = U(0x2127599BF4325C37)
K_PARENTS = U(0xC2B2AE3D27D4EB4F)
K_WORLD = U(0x165667B19E3779F9)
K_GROUND = U(0x85EBCA77C2B2AE63)
K_TRY = U(0xD6E8FEB86659FD93)
K_AFRESH = U(0xE7037ED1A0B428DB)
K_SALT = U(0xA0761D6478BD642F)
TRIES = 10
"""Worlds offered in each sweep."""
LATEST = 1e300
PLAIN, NEW_LEVELS, NO_PARENTS, ANY_WORLD = range(4)
SETTLING = 5
"""Times a history is played until every act has its crossing."""


class Changed(NamedTuple):
    """Ways in which the history is played; the first changes nothing."""

    gone: NDArray[np.int64]  # (V, n) events that did not happen
    until: NDArray[np.float64]  # (V, states) a state turned on holds till then
    acts: Table  # ACT, of all
    act_at: NDArray[np.int64]  # (V + 1,)


class Player(NamedTuple):
    """Memory of one thread."""

    world: World
    queue: NDArray[np.int64]  # (5,)
    script: Script
    levels: NDArray[np.float64]  # (K, days) background given all that was seen
    after: NDArray[np.float64]  # (K, days) the same given what came before the decision
    ground: NDArray[np.float64]  # (8, blocks) scratch of `draw_background`
    memory: Memory


def new_player(
    p: Program,
    n: int,
    *,
    max_events: int,
    spares: int,
    buckets_per_day: int,
    block: int,
) -> Player:
    """Room for histories of up to ``n`` events; backgrounds change every ``block`` days."""
    queue = np.zeros(5, np.int64)
    queue[PER_DAY] = buckets_per_day
    return Player(
        new_world(
            p,
            max_events=max_events,
            past_events=1,
            buckets_per_day=buckets_per_day,
            nodes=1 << 18,
        ),
        queue,
        new_script(p, n, max_events=max_events, spares=spares),
        np.zeros((len(p.streams), p.days)),
        np.zeros((len(p.streams), p.days)),
        np.zeros((8, -(-p.days // block))),
        new_memory(p, n),
    )


@compiled
def _pass(p, c, theta, kf, acts, mode):
    """Play the script once; events of the pass, or minus an error's code."""
    w, script = c.world, c.script
    script.state[0] = mode
    # Who obeys an act and how long it holds are drawn with its key: with the world's.
    script.salt[0] = mix(kf + K_SALT)
    reset(w.start, w.now)
    levels = c.after if mode == REPLAY else c.levels
    begin_script(p, w, c.queue, script, levels)
    open_levers(p, w, c.queue, theta, kf, acts, p.horizon)
    last = p.days * c.queue[PER_DAY] + 1
    n = advance(p, w, c.queue, theta, kf, acts, None, script, 0, 0, last)
    return -w.stats[ERROR] if w.stats[ERROR] != 0 else n


@compiled
def _count(asked, events, n, low, high, out):
    """Events of each tally in (low, high], into ``out``."""
    out[:] = 0
    for e in range(n):
        if not low < events[e].time <= high:
            continue
        s = events[e].stream
        for r in range(asked.row_at[s], asked.row_at[s + 1]):
            if matches(
                events[e].flags, asked.rows[r].m0, asked.rows[r].m1, asked.masks
            ):
                out[asked.rows[r].tally] += 1


@compiled
def _release(p, script):
    """Acts and answers whose crossing or ask is none once their times are known.

    The case then does not say how they came: they stay, whatever else changes. Returns
    whether there were any: the history must be played again.
    """
    found = False
    for k in range(script.size[0]):
        up = script.seen[k].parent
        kind, x = script.seen[k].via & 15, script.seen[k].via >> 4
        if kind == LINE:
            held = script.was_crossed[up, x] == 1
        elif kind == REPLY:
            held = False
            for a in range(len(p.replies)):
                if p.replies[a].a0 <= x < p.replies[a].a1:
                    held = script.was_asked[up, a] == 1
        else:
            continue
        if not held:
            script.seen[k].parent = -1
            script.seen[k].via = RECORD
            script.seen[k].level = 0.0
            found = True
    return found


@compiled
def _into_a_world(p, c, theta, kf, none, slowest, key, tries):
    """Play the history as seen in a world it may come from.

    ``tries`` others are offered, drawn as a simulation draws them: each is taken with
    the ratio of the likelihoods (an independence sampler). Returns the key of the world
    that stands, candidates looked at and events, or minus an error's code.
    """
    w = c.world
    w.stats[:] = 0
    got = _pass(p, c, theta, kf, none, FACTUAL)
    work = w.stats[CANDIDATES]
    if got < 0 or tries == 0:
        return kf, work, got
    fits = log_likelihood(p, w, theta, c.script, c.levels, slowest, c.memory)
    elsewhere = False
    for i in range(tries):
        k = sub(key, i)
        w.stats[:] = 0
        got = _pass(p, c, theta, k, none, FACTUAL)
        work += w.stats[CANDIDATES]
        if got < 0:
            return kf, work, got
        then = log_likelihood(p, w, theta, c.script, c.levels, slowest, c.memory)
        elsewhere = then < fits and unit(mix(k)) >= math.exp(then - fits)
        if not elsewhere:
            kf, fits = k, then
    if elsewhere:
        w.stats[:] = 0
        got = _pass(p, c, theta, kf, none, FACTUAL)
        work += w.stats[CANDIDATES]
    return kf, work, got


@compiled
def _wrong(script, way, key):
    """Spoil what was drawn, for tests that must notice it."""
    for k in range(script.size[0]):
        if way == NEW_LEVELS:
            script.seen[k].level = mix(sub(key, k)) / 1.8446744073709552e19
        else:
            script.seen[k].parent = -1


@compiled
def play(
    p,
    c,
    asked,
    theta,
    mu,
    seen,
    changed,
    walks,
    ahead,
    block,
    slowest,
    sweeps,
    low,
    high,
    key,
    samples,
    replay,
    way,
    kept,
    replayed,
):
    """Samples of one history, as it was kept and replayed, each way.

    Parameters
    ----------
    p : Program
        Of the history: its horizon is the last day looked at.
    c : Player
    asked : Asked
        Tallies to count.
    theta : (slots,)
    mu : (K,)
    seen : SEEN table
    changed : Changed
    walks, ahead, block
        As in `engine.background`.
    slowest : float
        As in `engine.script_parents`.
    sweeps : int
        Of the sampler before the first sample; one before each later one.
    low, high : float
        The decision, and the end.
    key : uint64
    samples : int
    replay : bool
        Whether to replay as well.
    way : int
        0; other numbers spoil the sampler on purpose.
    kept, replayed : (V, samples, tallies) int64
        Counts in (low, high], overwritten.

    Returns
    -------
    candidates, error
    """
    w, script = c.world, c.script
    prepare(p, w.numbers, theta, mu)
    settle_past(
        p, w, theta, key, theta[:0], p.factor_at[:0], p.masks[:0], p.factor_at[:0],
        p.factor_at[:0], p.masks[:0],
    )  # fmt: skip
    find_kinds(p, theta, script, key)
    n = len(seen)
    script.size[0] = n
    script.cut[0] = low
    for k in range(n):
        script.seen[k] = seen[k]
    none = changed.acts[:0]
    work = 0
    settling = SETTLING if len(p.lines) + len(p.replies) > 0 else 0
    for s in range(len(walks)):
        if walks[s, VARIANCE] > 0.0:
            settling = SETTLING
    c.levels[:] = 0.0
    c.after[:] = 0.0
    # Worlds differ in who obeys, how long, where lines lie: where there is any of it.
    alive = len(p.factors) + len(p.states) + len(p.lines) + len(p.replies) > 0
    tries = TRIES if alive and way != ANY_WORLD else 0
    kf = mix(key + K_WORLD)
    for m in range(samples):
        km = sub(mix(key + K_SAMPLE), m)
        if tries == 0:
            kf = mix(km + K_WORLD)
        # Parents alone are drawn at once: only what they depend on needs sweeps.
        rounds = sweeps if m == 0 and (alive or settling > 0) else 1
        for i in range(len(script.until)):
            script.until[i] = changed.until[0, i]
        for k in range(n):
            script.seen[k].gone = 0
        for turn in range(rounds):
            kt = sub(mix(km + K_PARENTS), turn)
            kf, more, got = _into_a_world(
                p, c, theta, kf, none, slowest, mix(kt + K_TRY), tries
            )
            work += more
            if got < 0:
                return work, -got
            draw_parents(p, w, theta, script, c.levels, slowest, kt, c.memory)
            kg, near = mix(kt + K_GROUND), turn < rounds - 1 - sweeps // 2
            draw_background(
                p, w, script, c.levels, walks, ahead, block, LATEST, kg, near, c.ground
            )
            draw_background(
                p, w, script, c.after, walks, ahead, block, low, mix(kg), near, c.ground
            )
        # The spares of the background just drawn, and crossings with their acts known.
        for _ in range(settling):
            w.stats[:] = 0
            got = _pass(p, c, theta, kf, none, FACTUAL)
            work += w.stats[CANDIDATES]
            if got < 0:
                return work, -got
            if not _release(p, script):
                break
        if way == NEW_LEVELS or way == NO_PARENTS:
            _wrong(script, way, kf)
        for v in range(len(changed.gone)):
            acts = changed.acts[changed.act_at[v] : changed.act_at[v + 1]]
            for k in range(n):
                script.seen[k].gone = changed.gone[v, k]
            for i in range(len(script.until)):
                script.until[i] = changed.until[v, i]
            for mode in range(OTHERWISE, REPLAY + 1 if replay else REPLAY):
                w.stats[:] = 0
                # A replay draws afresh what the world of the history was chosen by.
                kw = kf if mode == OTHERWISE else mix(km + K_AFRESH)
                got = _pass(p, c, theta, kw, acts, mode)
                work += w.stats[CANDIDATES]
                if got < 0:
                    return work, -got
                out = kept[v, m] if mode == OTHERWISE else replayed[v, m]
                _count(asked, w.events, got, low, high, out)
    return work, 0
