"""Marks of imputed and dated events: drawn from the stream's law given what is known.

Counts of marked events come first (a lattice of the marked among the events, binomial
prior); then every event draws the marks no text gives, choices before amounts, with the
known numbers of dead and injured weighing the choices they depend on.

This file must never import a case.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from spillover.assemble.kernel import (
    Floats,
    Ints,
    Keys,
    draw,
    inner,
    kernel,
    key_of,
    mix,
    poisson,
    unit,
    varying,
)
from spillover.assemble.lattice import BINOMIAL, FAR, close, walk
from spillover.assemble.mark_needs import mark_needs
from spillover.assemble.past_data import PastData
from spillover.model.structure import Model, Varying

__all__ = [
    "MarkTable",
    "MarkedRows",
    "fill_claims",
    "fill_marks",
    "mark_table",
    "pick_marked",
]

TRIES = 200
SWEEPS = 30
K_NUMBER = np.uint64(0x14057B7EF767814F)
K_PICK = np.uint64(0x5851F42D4C957F2D)
K_REPORT = np.uint64(0xEB44ACCAB455D165)
ONE = np.uint64(1)
ZERO = np.uint64(0)
FAMILIES = {"fixed": 0, "lognormal": 1, "logitnormal": 2, "uniform": 3}
DEATHS, INJURED, SIZE = range(3)


class MarkTable(NamedTuple):
    """Choices, amounts and reports of every stream as arrays."""

    flags: Keys
    ch_ptr: Ints
    ch_key: Keys
    ch_norm: Ints
    op_ptr: Ints
    op_flags: Keys
    op_share: Ints
    am_ptr: Ints
    am_kind: Ints
    am_key: Keys
    am_chance: Ints
    am_given: Keys
    am_flag: Keys
    am_number: Ints
    rp_stream: Ints
    rp_mask: Keys
    rp_report: Ints
    rp_key: Keys
    rp_real: Ints
    rp_claimed: Ints


def _ptr(lengths: list[int]) -> Ints:
    return np.concatenate([[0], np.cumsum(np.array(lengths, np.int64))]).astype(
        np.int64
    )


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)


def _keys(values: list[int]) -> Keys:
    return np.array(values, np.uint64)


def _triple(v: Varying | None) -> tuple[int, int, int]:
    return (-1, 0, 0) if v is None else (FAMILIES[v.family], v.a, max(v.b, 0))


def mark_table(model: Model) -> MarkTable:
    """Flatten the marks of a model."""
    choices = [c for s in model.streams for c in s.choices]
    options = [o for c in choices for o in c.options]
    amounts = [a for s in model.streams for a in s.amounts]
    reports = [
        (c.stream, c.require, n)
        for n, r in enumerate(model.reports)
        for c in r.pattern.clauses
    ]
    kinds = {"deaths": DEATHS, "injured": INJURED, "size": SIZE}
    numbers = [_triple(a.number) for a in amounts]
    return MarkTable(
        flags=_keys([s.flags for s in model.streams]),
        ch_ptr=_ptr([len(s.choices) for s in model.streams]),
        ch_key=_keys([c.key for c in choices]),
        ch_norm=_ints([int(c.normalise) for c in choices]),
        op_ptr=_ptr([len(c.options) for c in choices]),
        op_flags=_keys([o.flags for o in options]),
        op_share=_ints([o.share for o in options]),
        am_ptr=_ptr([len(s.amounts) for s in model.streams]),
        am_kind=_ints([kinds[a.id] for a in amounts]),
        am_key=_keys([a.key for a in amounts]),
        am_chance=_ints([a.chance for a in amounts]),
        am_given=_keys([a.given for a in amounts]),
        am_flag=_keys([a.flag for a in amounts]),
        am_number=np.array(numbers, np.int64).reshape(-1, 3),
        rp_stream=_ints([s for s, _, _ in reports]),
        rp_mask=_keys([m for _, m, _ in reports]),
        rp_report=_ints([n for _, _, n in reports]),
        rp_key=_keys([model.reports[n].key for _, _, n in reports]),
        rp_real=_ints([model.reports[n].real for _, _, n in reports]),
        rp_claimed=_ints([model.reports[n].claimed for _, _, n in reports]),
    )


@dataclass(frozen=True)
class MarkedRows:
    """One series of counts of marked events as arrays."""

    stream: int
    require: int
    needs: int
    excludes: int
    edges: Ints
    first: Ints
    last: Ints
    low: Ints
    high: Ints
    at: tuple[tuple[int, int], ...]
    bit: int


def marked_rows(past: PastData, model: Model) -> tuple[MarkedRows, ...]:
    """Every series of marked counts; ``bit`` numbers those of one stream."""
    seen: dict[int, int] = {}
    found = []
    marked = [
        (all(r.at_least for r in x.rows), n)
        for n, x in enumerate(past.series)
        if x.kind == "marked" and len(x.streams) == 1
    ]
    for _, n in sorted(marked):  # firm counts choose first
        series = past.series[n]
        for stream in series.streams:
            days = sorted({d for r in series.rows for d in (r.first, r.last)})
            index = {day: k for k, day in enumerate(days)}
            bit = seen.get(stream, 0)
            seen[stream] = bit + 1
            require = series.require & ~model.streams[stream].flags
            needs, excludes = mark_needs(model, stream, require)
            found.append(
                MarkedRows(
                    stream=stream,
                    require=require,
                    needs=needs,
                    excludes=excludes,
                    edges=_ints(days),
                    first=_ints([index[r.first] for r in series.rows]),
                    last=_ints([index[r.last] for r in series.rows]),
                    low=_ints([r.low for r in series.rows]),
                    high=_ints([min(r.high, FAR) for r in series.rows]),
                    at=tuple((n, k) for k in range(len(series.rows))),
                    bit=bit,
                )
            )
    return tuple(found)


@kernel
def pick_marked(
    status: Ints,
    offsets: Ints,
    time: Floats,
    stream: Ints,
    flags: Keys,
    absent: Keys,
    forced: Keys,
    refuse: Keys,
    draw_key: Keys,
    which: int,
    bit: int,
    require: np.uint64,
    needs: np.uint64,
    excludes: np.uint64,
    chance: Floats,
    edges: Ints,
    first: Ints,
    last: Ints,
    low: Ints,
    high: Ints,
    active: Ints,
) -> None:
    """Decide which events of stream ``which`` carry a counted mark.

    Parameters
    ----------
    status : (D,)
        Set to 1 where the numbers cannot be had.
    offsets : (D + 1,)
        Events of each draw; the arrays up to ``refuse`` are one entry per event.
    flags, absent
        Bits known to hold and known not to.
    forced, refuse
        Written: bits decided to hold; numbers of series whose mark the event lacks.
    draw_key, chance : (D,)
        Key, and chance of the mark under the stream's law.
    bit, require, needs, excludes, edges, first, last, low, high, active
        The series, see `MarkedRows`; ``active`` (D, rows).
    """
    atoms = len(edges) - 1
    far = np.zeros((atoms + 1, atoms + 1), np.int64)
    counts = np.zeros(atoms, np.int64)
    yes, unknown = np.zeros(atoms, np.int64), np.zeros(atoms, np.int64)
    upper, kind = np.zeros(atoms, np.int64), np.full(atoms, BINOMIAL)
    a, b = np.zeros(atoms), np.zeros(atoms)
    rng = np.zeros(1, np.uint64)
    for d in range(len(draw_key)):
        yes[:] = 0
        unknown[:] = 0
        for e in range(offsets[d], offsets[d + 1]):
            if stream[e] != which:
                continue
            day = math.floor(time[e])
            for k in range(atoms):
                if edges[k] <= day < edges[k + 1]:
                    held = flags[e] | forced[e]
                    if held & require == require:
                        yes[k] += 1
                    elif absent[e] & require == ZERO and held & excludes == ZERO:
                        unknown[k] += 1
        for k in range(atoms):
            upper[k] = yes[k] + unknown[k]
            a[k], b[k] = float(upper[k]), chance[d]
        n = int(active[d].sum())
        f, t = np.empty(n, np.int64), np.empty(n, np.int64)
        lo, hi = np.empty(n, np.int64), np.empty(n, np.int64)
        r = 0
        for k in range(len(first)):
            if active[d, k] == 1:
                f[r], t[r], lo[r], hi[r] = first[k], last[k], low[k], high[k]
                r += 1
        if not close(far, yes, upper, f, t, lo, hi):
            status[d] = 1
            continue
        rng[0] = mix(key_of(draw_key[d], mix(require + np.uint64(which) * K_PICK)))
        walk(counts, far, kind, yes, a, b, SWEEPS, rng)
        for k in range(atoms):
            counts[k] -= yes[k]
        for e in range(offsets[d], offsets[d + 1]):
            if stream[e] != which:
                continue
            day = math.floor(time[e])
            for k in range(atoms):
                if not edges[k] <= day < edges[k + 1]:
                    continue
                held = flags[e] | forced[e]
                if held & require == require or absent[e] & require != ZERO:
                    continue
                if held & excludes != ZERO:
                    continue
                if draw(rng) * unknown[k] <= counts[k] and counts[k] > 0:
                    forced[e] |= needs
                    counts[k] -= 1
                elif require & (require - ONE) == ZERO:
                    absent[e] |= require  # one bit: its lack is known like any mark
                else:
                    refuse[e] |= ONE << np.uint64(bit)
                unknown[k] -= 1


@inner
def _weight(
    m: MarkTable,
    theta: Floats,
    s: int,
    flags: np.uint64,
    option: np.uint64,
    deaths: int,
    injured: int,
) -> float:
    """Likelihood of the known numbers of people when an option holds.

    Numbers: -1 unknown, -2 unknown but at least one.
    """
    weight = 1.0
    if deaths == -1 and injured == -1:
        return weight
    for a in range(m.am_ptr[s], m.am_ptr[s + 1]):
        given = m.am_given[a]
        known = deaths if m.am_kind[a] == DEATHS else injured
        if given == ZERO or m.am_kind[a] == SIZE or known == -1:
            continue
        chance = theta[m.am_chance[a]]
        if (flags | option) & given != given:
            chance = 0.0
        weight *= 1.0 - chance if known == 0 else chance
    return weight


@inner
def _choose(
    m: MarkTable,
    theta: Floats,
    s: int,
    c: int,
    flags: np.uint64,
    absent: np.uint64,
    deaths: int,
    injured: int,
    u: float,
) -> np.uint64:
    """Pick the flags of the option of choice ``c`` at the point ``u`` of its law."""
    low, high = m.op_ptr[c], m.op_ptr[c + 1]
    total, rest = 0.0, 1.0
    for turn in range(2):
        at = 0.0
        rest = 1.0
        for o in range(low, high + 1):
            none = o == high
            option = ZERO if none else m.op_flags[o]
            share = rest
            if not none and m.op_share[o] >= 0:
                share = (
                    min(theta[m.op_share[o]], rest)
                    if m.ch_norm[c] == 0
                    else (theta[m.op_share[o]])
                )
            if none and m.ch_norm[c] == 1:
                share = 0.0
            if m.ch_norm[c] == 0:
                rest = max(rest - share, 0.0)
            if option & absent != ZERO:
                continue
            share *= _weight(m, theta, s, flags, option, deaths, injured)
            at += share
            if turn == 1 and share > 0.0 and u * total <= at:
                return option
        total = at
        if total <= 0.0:
            break
    return ZERO


@inner
def _one_event(
    m: MarkTable,
    theta: Floats,
    s: int,
    key: np.uint64,
    flags: np.uint64,
    absent: np.uint64,
    deaths: int,
    injured: int,
) -> tuple[np.uint64, int, int]:
    """Draw the marks of one event given what is known."""
    flags |= m.flags[s]
    for c in range(m.ch_ptr[s], m.ch_ptr[s + 1]):
        decided = False
        for o in range(m.op_ptr[c], m.op_ptr[c + 1]):
            option = m.op_flags[o]
            if option != ZERO and flags & option == option:
                decided = True
        if decided:
            continue
        u = unit(mix(key + m.ch_key[c]))
        flags |= _choose(m, theta, s, c, flags, absent, deaths, injured, u)
    dead, hurt = max(deaths, 0), max(injured, 0)
    for a in range(m.am_ptr[s], m.am_ptr[s + 1]):
        known = -1
        if m.am_kind[a] == DEATHS:
            known = deaths
        elif m.am_kind[a] == INJURED:
            known = injured
        if known >= 0:
            if known > 0:
                flags |= m.am_flag[a]
            continue
        forced = known == -2 or (m.am_flag[a] != ZERO and flags & m.am_flag[a] != ZERO)
        if not forced:
            if flags & m.am_given[a] != m.am_given[a]:
                continue
            if m.am_flag[a] & absent != ZERO:
                continue
        k = mix(key + m.am_key[a])
        if not forced and unit(k) > theta[m.am_chance[a]]:
            continue
        n = 1
        family = m.am_number[a, 0]
        if family >= 0:
            b = theta[m.am_number[a, 2]] if family > 0 else 0.0
            x = varying(family, theta[m.am_number[a, 1]], b, unit(mix(k + K_NUMBER)))
            n = max(1, math.floor(x + 0.5))
        flags |= m.am_flag[a]
        if m.am_kind[a] == DEATHS:
            dead += n
        elif m.am_kind[a] == INJURED:
            hurt += n
    if dead > 0:
        flags |= ONE
    if hurt > 0:
        flags |= np.uint64(2)
    return flags, dead, hurt


@kernel
def fill_marks(
    m: MarkTable,
    theta: Floats,
    which: Ints,
    stream: Ints,
    key: Keys,
    flags: Keys,
    absent: Keys,
    forced: Keys,
    refuse: Keys,
    refused: Keys,
    deaths: Ints,
    injured: Ints,
) -> None:
    """Complete ``flags``, ``deaths`` and ``injured`` of every event.

    Parameters
    ----------
    m
        The marks.
    theta : (D, S)
        Numbers; ``which`` (n,) is the draw of each event.
    stream, key, flags, absent, forced, refuse : (n,)
        What is known and decided; see `pick_marked`.
    refused : (streams, 64)
        Mask of each numbered series of a stream.
    deaths, injured : (n,)
        Known numbers, -1 unknown; completed.
    """
    two = np.uint64(2)
    for e in range(len(stream)):
        s, d = stream[e], which[e]
        dead, hurt = deaths[e], injured[e]
        if dead < 0 and (forced[e] | absent[e]) & ONE != ZERO:
            dead = -2 if forced[e] & ONE != ZERO else 0
        if hurt < 0 and (forced[e] | absent[e]) & two != ZERO:
            hurt = -2 if forced[e] & two != ZERO else 0
        have = flags[e] | forced[e]
        k = key[e]
        numbers = theta[d]
        for _ in range(TRIES):
            new, new_dead, new_hurt = _one_event(
                m, numbers, s, k, have, absent[e], dead, hurt
            )
            if refuse[e] == ZERO:
                break
            bad = False
            for bit in range(16):
                if refuse[e] >> np.uint64(bit) & ONE == ONE:
                    mask = refused[s, bit]
                    if new & mask == mask:
                        bad = True
            if not bad:
                break
            k = mix(k + K_PICK)
        flags[e], deaths[e], injured[e] = new, new_dead, new_hurt


@kernel
def fill_claims(
    m: MarkTable,
    theta: Floats,
    which: Ints,
    stream: Ints,
    key: Keys,
    flags: Keys,
    known: Ints,
    layer: int,
    claims: Ints,
) -> None:
    """Fill claims: those counted (``known`` of ``layer``), else by their law."""
    rng = np.zeros(1, np.uint64)
    for e in range(len(stream)):
        for r in range(len(m.rp_stream)):
            mask = m.rp_mask[r]
            if m.rp_stream[r] != stream[e] or flags[e] & mask != mask:
                continue
            report = m.rp_report[r]
            theta_e = theta[which[e]]
            rng[0] = mix(key[e] + m.rp_key[r] + K_REPORT)
            claimed = 1.0
            if m.rp_claimed[r] >= 0:
                claimed = theta_e[m.rp_claimed[r]]
            n = 1 if draw(rng) <= claimed else 0
            real = max(theta_e[m.rp_real[r]], 1e-9)
            n += poisson(rng, claimed * (1.0 / real - 1.0))
            claims[e, report] = n
        if layer >= 0 and known[e] >= 0:
            claims[e, layer] = known[e]
