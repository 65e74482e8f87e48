"""Imputed pasts: from records and counts to one exact history per draw.

Dated records get a time inside their range, blanks of marks come from the stream's law,
counted events are numbered by the lattice and placed by the forest, periods without any
count are simulated from the model. Everything is keyed by (seed, draw, id), so a draw's
past does not depend on which others are made.

This file must never import a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from spillover.assemble.assembled import Assembled
from spillover.assemble.fill_block import FULL, IMPOSSIBLE, fill_block
from spillover.assemble.fill_marks import (
    MarkedRows,
    MarkTable,
    fill_claims,
    fill_marks,
    mark_table,
    marked_rows,
    pick_marked,
)
from spillover.assemble.imputed import ImputedPast, join
from spillover.assemble.kernel import Floats, Ints, Keys
from spillover.assemble.keyed import draw_keys, mix, sub_keys, uniforms
from spillover.assemble.past_blocks import Block, Rows, blocks_of, check_counts
from spillover.assemble.past_data import PastData
from spillover.assemble.shape import (
    NEVER,
    Reactions,
    day_weights,
    factor_times,
    in_force,
    reactions_of,
    shape_rows,
    state_lasts,
)
from spillover.assemble.stability import bases_matrix, mean_rates
from spillover.assemble.unseen import unseen_events
from spillover.errors import ModelError
from spillover.keys import id_key
from spillover.model.closed_forms import mean_weight
from spillover.model.marks import chance_of
from spillover.model.structure import (
    ABSENT,
    DEADLY,
    INJURING,
    Clause,
    Model,
    Pattern,
)

__all__ = ["impute"]

CHUNK = 256
RETRIES = 60
MOST_RATIO = 0.98
LN2 = float(np.log(2.0))


@dataclass(frozen=True)
class _Plan:
    """What does not depend on the draw."""

    model: Model
    past: PastData
    blocks: tuple[Block, ...]
    marked: tuple[MarkedRows, ...]
    marks: MarkTable
    reactions: Reactions
    refused: Keys
    weekday: int


def _plan(assembled: Assembled) -> _Plan:
    model, past = assembled.model, assembled.past
    check_counts(past)
    blocks, _ = blocks_of(model, past)
    marked = marked_rows(past, model)
    refused = np.zeros((max(1, len(model.streams)), 16), np.uint64)
    for rows in marked:
        refused[rows.stream, rows.bit] = rows.require
    return _Plan(
        model,
        past,
        blocks,
        marked,
        mark_table(model),
        reactions_of(model, past.records),
        refused,
        (model.weekday_of_origin + past.begins) % 7,
    )


def impute(
    assembled: Assembled,
    theta: Floats,
    seed: int,
    first: int = 0,
    *,
    threads: int = 1,
) -> ImputedPast:
    """One past for each row of ``theta``.

    Parameters
    ----------
    assembled
        The case.
    theta : (D, S)
        Numbers of draws ``first`` to ``first + D - 1``.
    seed
        Seed of the run.
    first
        Number of the first draw; any chunking gives the same pasts.
    threads
        Chunks of draws made at a time; changes nothing but the time it takes.

    Returns
    -------
    ImputedPast

    Raises
    ------
    ModelError
        When counts contradict each other or the dated records.
    """
    plan = _plan(assembled)

    def chunk(low: int) -> ImputedPast:
        rows = np.ascontiguousarray(theta[low : low + CHUNK], np.float64)
        return _impute_chunk(plan, rows, seed, first + low)

    starts = range(0, len(theta), CHUNK)
    if threads > 1 and len(starts) > 1:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(chunk, starts))
    else:
        parts = [chunk(low) for low in starts]
    return join(parts, len(plan.model.reports))


# ---- one chunk of draws ----------------------------------------------------------------


def _impute_chunk(plan: _Plan, theta: Floats, seed: int, first: int) -> ImputedPast:
    """Impute, drawing record times again where counts then cannot hold."""
    D = len(theta)
    draws = np.arange(first, first + D, dtype=np.uint64)
    chosen = _choose_rivals(plan.past, seed, draws)
    attempt = np.zeros(D, np.uint64)
    done: list[tuple[Ints, ImputedPast]] = []
    left = np.arange(D)
    for _ in range(RETRIES):
        at = draws[left]
        made, fits = _attempt(plan, theta[left], seed, at, attempt[left], chosen[left])
        if fits.all() and not done:
            return made
        good = np.flatnonzero(fits)
        done.append((left[good], made.take(good)))
        left = left[~fits]
        if not len(left):
            return _merge(done, D, len(plan.model.reports))
        attempt[left] += np.uint64(1)
    msg = (
        f"draw {int(draws[left[0]])}: the dates of the records cannot be made to fit "
        "the counts; widen a count or the range of a date"
    )
    raise ModelError(msg)


def _merge(
    done: Sequence[tuple[Ints, ImputedPast]], D: int, reports: int
) -> ImputedPast:
    pieces: dict[int, tuple[ImputedPast, int]] = {}
    for rows, made in done:
        for k, row in enumerate(rows):
            pieces[int(row)] = (made, k)
    return join(
        [pieces[d][0].take(np.array([pieces[d][1]])) for d in range(D)], reports
    )


def _choose_rivals(past: PastData, seed: int, draws: Keys) -> Ints:
    """Index of the row believed of each group of rivals, (D, rivals)."""
    chosen = np.zeros((len(draws), len(past.rivals)), np.int64)
    for r, rival in enumerate(past.rivals):
        weights = np.array([past.series[n].rows[k].weight for n, k in rival.rows])
        edges = np.cumsum(weights) / np.sum(weights)
        u = uniforms(draw_keys(seed, draws, "rival", rival.id))
        chosen[:, r] = np.minimum(np.searchsorted(edges, u), len(weights) - 1)
    return chosen


def _active(past: PastData, at: Sequence[tuple[int, int]], chosen: Ints) -> Ints:
    """Which rows each draw believes, (D, rows)."""
    active = np.ones((len(chosen), len(at)), np.int64)
    for k, (n, row) in enumerate(at):
        rival = past.series[n].rows[row].rival
        if rival >= 0:
            mine = past.rivals[rival].rows.index((n, row))
            active[:, k] = chosen[:, rival] == mine
    return active


def _record_times(past: PastData, seed: int, draws: Keys, attempt: Keys) -> Floats:
    """Time of every record in every draw, (D, R); order kept within its group."""
    times = np.zeros((len(draws), len(past.records)))
    groups: dict[int, list[int]] = {}
    for r, record in enumerate(past.records):
        u = uniforms(sub_keys(draw_keys(seed, draws, "record", record.id), attempt))
        times[:, r] = record.low + (record.high - record.low) * (1.0 - u)
        if record.group >= 0:
            groups.setdefault(record.group, []).append(r)
    for members in groups.values():
        members.sort(key=lambda r: past.records[r].order)
        times[:, members] = np.sort(times[:, members], axis=1)
    return np.minimum(times, -1e-9)


def _attempt(
    plan: _Plan, theta: Floats, seed: int, draws: Keys, attempt: Keys, chosen: Ints
) -> tuple[ImputedPast, np.ndarray]:
    model, past = plan.model, plan.past
    D = len(theta)
    # the key of a draw's past moves with the attempt only through the record times
    keys = mix(draw_keys(seed, draws, "past"))
    times = _record_times(past, seed, draws, attempt)
    mu = bases_matrix(model, theta)
    rates = np.maximum(np.nan_to_num(mean_rates(model, theta, mu)), 0.0)
    fits = np.ones(D, bool)
    events = _Events.empty()
    counted: set[int] = set()
    shapes = _Shapes(plan, theta, times)
    for block in plan.blocks:
        counted |= set(block.streams)
        part, status = _run_block(
            plan, block, theta, keys, times, rates, chosen, events, shapes
        )
        fits &= status != IMPOSSIBLE
        events = events.and_(part)
    plain = [
        r
        for r, x in enumerate(past.records)
        if x.stream >= 0 and x.stream not in counted
    ]
    events = events.and_(_plain_records(past, plain, keys, times))
    for piece in unseen_events(past, keys, times, rates, theta, shapes.of, counted):
        events = events.and_(_Events(*piece))
    made, wrong = _finish(plan, theta, keys, events, chosen)
    return made, fits & ~wrong


@dataclass(frozen=True)
class _Events:
    """Events of many draws, unsorted."""

    draw: Ints
    time: Floats
    stream: Ints
    record: Ints
    key: Keys
    claims: Ints
    layer: Ints

    @classmethod
    def empty(cls) -> _Events:
        i = np.zeros(0, np.int64)
        return cls(i, np.zeros(0), i, i, np.zeros(0, np.uint64), i, i)

    def and_(self, other: _Events) -> _Events:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return _Events(*(np.concatenate(p) for p in pairs))


def _plain_records(
    past: PastData, which: Sequence[int], keys: Keys, times: Floats
) -> _Events:
    """Take records of streams without counts: they are all there is."""
    D, n = len(keys), len(which)
    at = np.array(which, np.int64)
    record = np.tile(at, D)
    stream = np.array([past.records[r].stream for r in which], np.int64)
    own = np.array([past.records[r].key for r in which], np.uint64)
    key = (mix(mix(keys)[:, None] + own[None, :])).ravel()
    none = np.full(D * n, -1, np.int64)
    return _Events(
        np.repeat(np.arange(D), n),
        times[:, at].ravel(),
        np.tile(stream, D),
        record,
        key,
        none,
        none,
    )


# ---- shapes and blocks -----------------------------------------------------------------


class _Shapes:
    """Day weights of streams in every draw, made when first asked for."""

    def __init__(self, plan: _Plan, theta: Floats, times: Floats) -> None:
        self.plan, self.theta, self.times = plan, theta, times
        self.made: dict[int, tuple[Floats, Floats]] = {}
        model = plan.model
        self.factors = factor_times(model, theta)
        self.lasts = state_lasts(model, theta)
        inside = [in_force(f) for f in model.factors]
        sizes = np.cumsum([0, *(len(x) for x in inside)])
        self.dated_ptr = sizes.astype(np.int64)
        self.dated = np.array([t for x in inside for t in x], np.float64)
        self.until = np.array(
            [NEVER if f.until is None else f.until for f in model.factors], np.float64
        )
        self.whiles = np.array(
            [-1 if f.while_state is None else f.while_state for f in model.factors],
            np.int64,
        )
        self.initially = np.array([int(s.initially) for s in model.states], np.int64)
        self.since = np.array(
            [-NEVER if s.since is None else s.since for s in model.states], np.float64
        )

    def _week(self, stream: int) -> Floats:
        slots = self.plan.model.streams[stream].weekday
        if not slots:
            return np.ones((len(self.theta), 7))
        week = self.theta[:, list(slots)]
        week = week / np.mean(week, axis=1, keepdims=True)
        return np.ascontiguousarray(np.roll(week, -self.plan.weekday, axis=1))

    def of(self, stream: int) -> tuple[Floats, Floats]:
        """Weights of immigrants and of offspring, (D, days) each."""
        if stream in self.made:
            return self.made[stream]
        plan, D = self.plan, len(self.theta)
        days = -plan.past.begins
        root, child = np.ones((D, days)), np.ones((D, days))
        rows = shape_rows(plan.model, self.theta, stream, plan.reactions)
        week = self._week(stream)
        factor = np.array([r.factor for r in rows], np.int64)
        offspring = np.array([int(r.offspring) for r in rows], np.int64)

        def column(name: str) -> Floats:
            values = [getattr(r, name) for r in rows]
            made = np.stack(values, axis=1) if rows else np.zeros((D, 0))
            return np.ascontiguousarray(made, np.float64)

        amp, chance, power = column("amp"), column("chance"), column("power")
        delay, holds, rate = self.factors
        for d in range(D):
            day_weights(
                root[d],
                child[d],
                plan.past.begins,
                week[d],
                self.times[d],
                plan.reactions.table,
                factor,
                amp[d],
                chance[d],
                power[d],
                offspring,
                delay[d],
                holds[d],
                rate[d],
                self.until,
                self.whiles,
                self.dated_ptr,
                self.dated,
                self.initially,
                self.since,
                self.lasts[d],
            )
        self.made[stream] = (root, child)
        return root, child


def _kernel_of(
    model: Model, theta: Floats, block: Block, rates: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Branching ratio within the block, and lag, rate and share of its kernel parts."""
    D = len(theta)
    own = list(block.streams)
    total = np.maximum(np.sum(rates[:, own], axis=1), 1e-300)
    ratio = np.zeros(D)
    lags, speeds, shares = [], [], []
    for response in model.responses:
        if response.then.stream not in own:
            continue
        gain = np.zeros(D)
        for j in own:
            if any(c.stream == j for c in response.when.clauses):
                part = rates[:, j] / total if len(own) > 1 else np.ones(D)
                gain += part * mean_weight(model, theta, response, j)
        gain = gain * theta[:, response.children]
        if not np.any(gain > 0.0):
            continue
        ratio += gain
        lag = np.zeros(D) if response.lag == ABSENT else theta[:, response.lag]
        for k in response.kernel:
            share = np.ones(D) if k.share == ABSENT else theta[:, k.share]
            lags.append(lag)
            speeds.append(LN2 / np.maximum(theta[:, k.half_life], 1e-9))
            shares.append(gain * share)
    if not lags:
        none = np.zeros((D, 0))
        return ratio, none, none, none
    share = np.stack(shares, axis=1)
    share = share / np.maximum(np.sum(share, axis=1, keepdims=True), 1e-300)
    return (
        np.minimum(ratio, MOST_RATIO),
        np.stack(lags, axis=1),
        np.stack(speeds, axis=1),
        share,
    )


def _run_block(
    plan: _Plan,
    block: Block,
    theta: Floats,
    keys: Keys,
    times: Floats,
    rates: Floats,
    chosen: Ints,
    before: _Events,
    shapes: _Shapes,
) -> tuple[_Events, Ints]:
    model, past, D = plan.model, plan.past, len(theta)
    own = list(block.streams)
    at = [r for r, x in enumerate(past.records) if x.stream in own]
    root = sum(shapes.of(s)[0] * rates[:, s : s + 1] for s in own)
    child = sum(shapes.of(s)[1] * rates[:, s : s + 1] for s in own)
    total = np.maximum(np.sum(rates[:, own], axis=1, keepdims=True), 1e-300)
    if not np.any(total > 1e-200) or len(own) == 1:
        root, child = shapes.of(own[0])
    else:
        root, child = root / total, child / total
    ratio, lag, speed, share = _kernel_of(model, theta, block, rates)
    real, claimed = np.ones(D), np.full(D, -1.0)
    if block.report >= 0:
        report = model.reports[block.report]
        real = np.ascontiguousarray(theta[:, report.real])
        if report.claimed != ABSENT:
            claimed = np.ascontiguousarray(theta[:, report.claimed])
    fixed = _edge_counts(before, block, D)
    capacity = 1024 + D * (64 + _expected(block, past, rates[:, own]))
    key = np.uint64(id_key("block", *(model.streams[s].id for s in own)))
    while True:
        status = np.full(D, IMPOSSIBLE)
        size = np.zeros(1, np.int64)
        out = _Events(
            np.zeros(capacity, np.int64),
            np.zeros(capacity),
            np.zeros(capacity, np.int64),
            np.full(capacity, -1),
            np.zeros(capacity, np.uint64),
            np.full(capacity, -1),
            np.full(capacity, block.report),
        )
        fill_block(
            status,
            size,
            out.draw,
            out.time,
            out.stream,
            out.record,
            out.key,
            out.claims,
            keys,
            past.begins,
            block.edges,
            key,
            np.array(at, np.int64),
            np.array([past.records[r].stream for r in at], np.int64),
            np.array([past.records[r].key for r in at], np.uint64),
            np.ascontiguousarray(times[:, at]),
            *_row_arrays(block.claims),
            _active(past, block.claims.at, chosen),
            *_row_arrays(block.events),
            _active(past, block.events.at, chosen),
            fixed,
            block.report >= 0,
            real,
            claimed,
            np.array(own, np.int64),
            np.ascontiguousarray(rates[:, own]),
            ratio,
            np.ascontiguousarray(lag),
            np.ascontiguousarray(speed),
            np.ascontiguousarray(share),
            np.ascontiguousarray(root),
            np.ascontiguousarray(child),
        )
        if not np.any(status == FULL):
            break
        capacity *= 2
    n = int(size[0])
    return _Events(*(x[:n] for x in vars(out).values())), status


def _row_arrays(rows: Rows) -> tuple[np.ndarray, ...]:
    return (
        rows.first,
        rows.last,
        rows.low,
        rows.high,
        rows.centre,
        rows.days,
        rows.at_least,
        rows.minimum,
    )


def _expected(block: Block, past: PastData, rates: Floats) -> int:
    """Guess a generous number of events a draw of the block may have."""
    top = max([*block.events.centre, *block.claims.centre, 0.0])
    span = -past.begins * float(np.max(np.sum(rates, axis=1), initial=0.0))
    return int(2 * top + min(span, 4096))


def _edge_counts(before: _Events, block: Block, D: int) -> Ints:
    """Events of the fixed streams before each edge of the block, (D, edges)."""
    fixed = np.zeros((D, len(block.edges)), np.int64)
    if block.fixed:
        mine = np.isin(before.stream, block.fixed)
        for k, edge in enumerate(block.edges):
            early = mine & (before.time < edge)
            fixed[:, k] = np.bincount(before.draw[early], minlength=D)
    return fixed


# ---- marks, claims, order --------------------------------------------------------------


def _finish(
    plan: _Plan, theta: Floats, keys: Keys, events: _Events, chosen: Ints
) -> tuple[ImputedPast, np.ndarray]:
    model, past, D = plan.model, plan.past, len(theta)
    order = np.lexsort((events.key, events.time, events.draw))
    draw, time = events.draw[order], events.time[order]
    stream, record, key = events.stream[order], events.record[order], events.key[order]
    known, layer = events.claims[order], events.layer[order]
    offsets = np.searchsorted(draw, np.arange(D + 1)).astype(np.int64)
    n = len(time)
    blank = len(past.records)

    def known_of(name: str, otherwise: int, dtype: type) -> np.ndarray:
        values = [getattr(r, name) for r in past.records]
        table = np.array([*values, otherwise], dtype)
        return np.asarray(table[np.where(record >= 0, record, blank)])

    flags = known_of("flags", 0, np.uint64)
    absent = known_of("absent", 0, np.uint64)
    deaths, injured = (
        known_of("deaths", -1, np.int64),
        known_of("injured", -1, np.int64),
    )
    for number, bit in ((deaths, DEADLY), (injured, INJURING)):
        flags[number > 0] |= np.uint64(bit)
        absent[number == 0] |= np.uint64(bit)
    forced, refuse = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
    wrong = np.zeros(D, np.int64)
    for rows in plan.marked:
        pattern = Pattern((Clause(rows.stream, rows.require),))
        chance = np.asarray(chance_of(model, theta, pattern, rows.stream))
        pick_marked(
            wrong,
            offsets,
            time,
            stream,
            flags,
            absent,
            forced,
            refuse,
            keys,
            rows.stream,
            rows.bit,
            np.uint64(rows.require),
            np.uint64(rows.needs),
            np.uint64(rows.excludes),
            np.ascontiguousarray(np.broadcast_to(chance, (D,))),
            rows.edges,
            rows.first,
            rows.last,
            rows.low,
            rows.high,
            _active(past, rows.at, chosen),
        )
    fill_marks(
        plan.marks,
        theta,
        draw,
        stream,
        key,
        flags,
        absent,
        forced,
        refuse,
        plan.refused,
        deaths,
        injured,
    )
    claims = np.zeros((n, len(model.reports)), np.int64)
    if model.reports:
        for r in {-1, *layer.tolist()} if n else set():
            mine = np.flatnonzero(layer == r)
            part = np.ascontiguousarray(claims[mine])
            fill_claims(
                plan.marks,
                theta,
                draw[mine],
                stream[mine],
                key[mine],
                flags[mine],
                known[mine],
                int(r),
                part,
            )
            claims[mine] = part
    made = ImputedPast(
        offsets, time, stream, flags, deaths, injured, claims, key, record
    )
    return made, wrong == 1
