"""Draws: one value of every uncertain number per draw, each keyed by its own path.

The standard normal score of a number belongs to (seed, draw, attempt, dotted path) and
to nothing else, so adding or editing another number changes no byte of its column.
Numbers that are `alike` share a part of their score: z = sqrt(r) z_group +
sqrt(1 - r) z_path, so any two of a group have correlation r.

This file must never import a case.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.assembled import Assembled, Variant
from spillover.assemble.changes import apply_changes, fill_copies, fill_rests
from spillover.assemble.keyed import Keys, draw_keys, normals, sub_keys, uniforms
from spillover.assemble.posterior import move_scores
from spillover.assemble.slots import Column, SlotTable
from spillover.assemble.stability import bases_matrix, radii
from spillover.errors import ModelError, UnstableError
from spillover.model.structure import ABSENT, Model

__all__ = [
    "MOST_RADIUS",
    "Draws",
    "draw_numbers",
    "draw_table",
    "middle_numbers",
    "value_of",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_RADIUS = 0.98
"""A draw at or above it is drawn again."""
MOST_REDRAWN = 0.05
ATTEMPTS = 50


@dataclass(frozen=True)
class Draws:
    """Numbers of many draws and how they came about.

    Attributes
    ----------
    theta : (D, S)
        One row per draw.
    choice : (D, variants)
        Index of the choice of each variant.
    attempts : (D,)
        How often the draw was drawn again before it was stable.
    radius : (D,)
        Spectral radius at F = 1.
    redrawn
        Share of draws that were drawn again.
    first_radius
        Median radius before any was drawn again.
    """

    theta: Floats
    choice: Ints
    attempts: Ints
    radius: Floats
    redrawn: float
    first_radius: float


def _scores(table: SlotTable, seed: int, draws: Keys, attempts: Keys) -> Floats:
    """Draw normal scores of every drawn column, (D, S); zero elsewhere."""
    z = np.zeros((len(draws), len(table)))

    def score(*ids: str) -> Floats:
        return normals(sub_keys(draw_keys(seed, draws, *ids), attempts))

    groups: dict[str, Floats] = {}
    for i, column in enumerate(table.columns):
        if not column.drawn:
            continue
        own = score("number", column.key or column.path)
        if column.group:
            if column.group not in groups:
                groups[column.group] = score("alike", column.group)
            r = table.alike.get(column.group, 0.0)
            own = math.sqrt(r) * groups[column.group] + math.sqrt(1.0 - r) * own
        z[:, i] = own
    return z


def value_of(column: Column, z: Floats) -> Floats:
    """Values of a drawn column at normal scores ``z`` (a contiguous array)."""
    if column.law == "lognormal":
        value = column.median * np.exp(column.spread * z)
        return np.asarray(np.minimum(value, column.cap))
    middle = math.log(column.median / (1.0 - column.median))
    return np.asarray(1.0 / (1.0 + np.exp(-(middle + column.spread * z))))


def _choices(
    variants: tuple[Variant, ...], theta: Floats, seed: int, draws: Keys
) -> Ints:
    """Choice of every variant in every draw: by its own key, whatever the attempt."""
    chosen = np.zeros((len(draws), len(variants)), np.int64)
    for v, variant in enumerate(variants):
        u = uniforms(draw_keys(seed, draws, "variant", variant.id))
        weights = theta[:, [c.weight for c in variant.choices]]
        edges = np.cumsum(weights, axis=1) / np.sum(weights, axis=1, keepdims=True)
        chosen[:, v] = np.minimum(
            np.sum(u[:, None] > edges, axis=1), len(variant.choices) - 1
        )
    return chosen


def _fill(
    assembled: Assembled, seed: int, draws: Keys, attempts: Keys
) -> tuple[Floats, Ints]:
    table = assembled.slots
    theta = np.zeros((len(draws), len(table)))
    z = _scores(table, seed, draws, attempts)
    if assembled.posterior is not None and assembled.posterior.paths:
        z = move_scores(table, assembled.posterior, z)
    for i, column in enumerate(table.columns):
        if column.law == "certain":
            theta[:, i] = column.low
        elif column.drawn:
            theta[:, i] = value_of(column, np.ascontiguousarray(z[:, i]))
    return _finish(assembled, theta, seed, draws)


def _finish(
    assembled: Assembled, theta: Floats, seed: int, draws: Keys
) -> tuple[Floats, Ints]:
    """Fill copies and rests, then apply variants."""
    table = assembled.slots
    fill_copies(table, theta)
    fill_rests(table, theta)
    chosen = _choices(assembled.variants, theta, seed, draws)
    for v, variant in enumerate(assembled.variants):
        for c, choice in enumerate(variant.choices):
            rows = np.flatnonzero(chosen[:, v] == c)
            if choice.changes and len(rows):
                theta[rows] = apply_changes(table, theta[rows], choice.changes)
    return theta, chosen


def _check_caps(assembled: Assembled, theta: Floats) -> None:
    """No factor may pass the cap it was compiled with."""
    model, table = assembled.model, assembled.slots
    items = [(f.rows, f.cap) for f in model.factors]
    items += [(g.rows, g.cap) for g in model.gauge_factors]
    for rows, cap in items:
        for row in rows:
            largest = theta[:, row.factor]
            if row.power != ABSENT:
                largest = np.where(largest > 1.0, largest, 1.0) ** theta[:, row.power]
            top = float(np.max(largest, initial=0.0))
            if top > max(1.0, cap) * (1.0 + 1e-12):
                path = table.columns[row.factor].path
                msg = (
                    f"{path}: a factor of {top:.4g} is above its cap of {cap:g}; "
                    "raise the cap or lower the factor"
                )
                raise ModelError(msg)


def draw_table(
    assembled: Assembled,
    seed: int,
    draws: int,
    first: int = 0,
    *,
    judge: bool = True,
) -> Draws:
    """Draw the numbers of draws ``first`` to ``first + draws - 1``.

    A draw whose spectral radius is at or above 0.98, or whose level asks for a negative
    base, is drawn again under the next attempt (its variants stay as they are).

    Parameters
    ----------
    assembled
        The case.
    seed
        Seed of the run.
    draws, first
        How many, and the first; any chunking gives the same rows.
    judge
        Refuse a model whose draws are unstable. Off for a few draws out of many.

    Returns
    -------
    Draws

    Raises
    ------
    UnstableError
        When the median radius is at or above one, or more than 5 % are drawn again.
    ModelError
        When a factor is above its cap.
    """
    number = np.arange(first, first + draws, dtype=np.uint64)
    attempts = np.zeros(draws, np.uint64)
    theta, chosen = _fill(assembled, seed, number, attempts)
    rho, bad = _judge(assembled.model, theta)
    middle = float(np.median(rho)) if draws else 0.0
    if judge and middle >= 1.0:
        msg = (
            f"the median spectral radius is {middle:.3f}: an event brings on average "
            "one or more others, so the model runs away; lower the children of its "
            "responses, the chances of its replies or the times of its red lines"
        )
        raise UnstableError(msg)
    redrawn = float(np.mean(bad)) if draws else 0.0
    if judge and redrawn > MOST_REDRAWN:
        negative = _most_negative(assembled.model, theta)
        msg = (
            f"{redrawn:.1%} of draws have a spectral radius of {MOST_RADIUS} or more "
            f"or a level below what other streams bring{negative}; at most "
            f"{MOST_REDRAWN:.0%} may be drawn again (median radius {middle:.3f})"
        )
        raise UnstableError(msg)
    for _ in range(ATTEMPTS):
        rows = np.flatnonzero(bad)
        if not len(rows):
            break
        attempts[rows] += np.uint64(1)
        theta[rows], chosen[rows] = _fill(assembled, seed, number[rows], attempts[rows])
        rho[rows], bad[rows] = _judge(assembled.model, theta[rows])
    else:
        msg = f"draw {first + int(rows[0])} stays unstable after {ATTEMPTS} attempts"
        raise UnstableError(msg)
    _check_caps(assembled, theta)
    return Draws(theta, chosen, attempts.astype(np.int64), rho, redrawn, middle)


def _judge(model: Model, theta: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    rho = radii(model, theta)
    bad = rho >= MOST_RADIUS
    fine = np.flatnonzero(~bad)
    mu = bases_matrix(model, theta[fine])
    bad[fine] = ~(mu >= 0.0).all(axis=1)
    return rho, bad


def _most_negative(model: Model, theta: Floats) -> str:
    """Name of the stream whose level most often asks for a negative base."""
    rho = radii(model, theta)
    mu = bases_matrix(model, theta[rho < MOST_RADIUS])
    share = np.mean(~(mu >= 0.0), axis=0) if len(mu) else np.zeros(len(model.streams))
    if not len(share) or share.max() == 0.0:
        return ""
    worst = int(np.argmax(share))
    return f" (stream {model.streams[worst].id}: {share[worst]:.1%})"


def draw_numbers(
    assembled: Assembled,
    seed: int,
    draws: int,
    first: int = 0,
    *,
    judge: bool = True,
) -> Floats:
    """Theta of shape (D, S); see `draw_table`."""
    return draw_table(assembled, seed, draws, first, judge=judge).theta


def middle_numbers(assembled: Assembled, *, fitted: bool = False) -> Floats:
    """Take every number at its median, (S,); variants as written.

    ``fitted`` takes the medians that a fit left, where there was one.
    """
    table = assembled.slots
    theta = np.array([c.median for c in table.columns])
    law = assembled.posterior
    if fitted and law is not None:
        for path, mean in zip(law.paths, law.mean, strict=True):
            n = table.index[path]
            theta[n] = value_of(table.columns[n], np.array([mean]))[0]
    fill_copies(table, theta)
    fill_rests(table, theta)
    return theta
