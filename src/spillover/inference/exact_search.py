"""What the search for an exact-time mode needs: curvature of rows, cheap first steps.

Rows of the model meet only in the common numbers, so the negative Hessian of each row
is worked out from its states at its events, a sample of them where only the size
matters.

This file must never import a case or a page; the problem only for its type.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numba
import numpy as np
from numpy.typing import NDArray

from spillover.inference import exact_kernels as kernels

if TYPE_CHECKING:
    from spillover.inference.exact_problem import ExactProblem

__all__ = ["COMMON", "approach", "row_blocks"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
COMMON = -1
"""Row of a number that all rows share."""
ENOUGH = 20
MOST_HELD = 8_000_000
"""Numbers of states held at once while the curvature is worked out (64 MB)."""


def _own_precision(problem: ExactProblem) -> Floats:
    """Prior precision of the links, shape (links,)."""
    own = problem.support.role < 0
    return np.where(own, problem.support.sd, 1.0) ** -2.0


def _stretch(problem: ExactProblem, z: Floats) -> Floats:
    """Derivative of log children by the coordinate, shape (links,)."""
    if not problem.role_names:
        return np.ones(len(problem.support))
    spread = np.exp(z[problem.at["spread"]])
    return np.where(problem.support.role >= 0, spread, 1.0)


def row_blocks(
    problem: ExactProblem, z: Floats, *, safe: bool
) -> Sequence[Floats] | None:
    """Negative Hessian of every row, from its states at its events.

    Only where decays are common; elsewhere differences have to do. ``safe`` leaves
    out what may make it indefinite away from the mode, and looks at a sample of the
    events: steps need the size of the curvature only.
    """
    if problem.likelihood.kind != "shared" or np.any(
        problem.rows[problem.at["decay"]] != COMMON
    ):
        return None
    d, B, K = problem.data, problem.data.blocks, problem.data.streams
    _, grad = problem.log_likelihood(z)
    inverse = np.array(problem.likelihood.scratch["inverse"], np.float64)
    base, weight = problem.base(z), problem.weights(z)
    decay, stretch = np.exp(z[problem.at["decay"]]), _stretch(problem, z)
    precision = _own_precision(problem)
    chosen, times = _sample(problem) if safe else (d.scored, np.ones(K))
    inverse *= np.sqrt(times)[d.stream]
    size = inverse * d.offspring_factor[d.stream, d.column]
    immigrant = inverse * base[d.stream, d.cell]
    block = d.cell_block[d.cell]
    counts = np.bincount(d.stream[chosen], minlength=K)
    column = problem.links.decay * K + problem.links.source
    walk = _walk_precision(problem)

    def of_group(group: Ints) -> list[Floats]:
        blocks: list[Floats] = []
        slot = np.full(K, -1)
        begin = np.concatenate([[0], np.cumsum(counts[group])])
        slot[group] = begin[:-1]
        states = np.empty((begin[-1], len(decay), K))
        which = np.empty(begin[-1], np.int64)
        kernels.row_states(
            d.time, d.stream, d.sequence, chosen, size, decay, slot, states, which
        )
        for i, low, high in zip(group, begin[:-1], begin[1:], strict=True):
            S = states[low:high].reshape(high - low, len(decay) * K)
            at = which[low:high]
            # derivatives of log lambda by log rates: one block at a time
            X = np.zeros((high - low, B))
            X[np.arange(high - low), block[at]] = immigrant[at]
            links = np.flatnonzero(problem.support.target == i)
            H = np.zeros((B + len(links), B + len(links)))
            H[:B, :B] = X.T @ X + walk
            SS, XS = S.T @ S, X.T @ S
            terms = links[None, :]
            if problem.support.decay is None:
                terms = links + len(problem.support) * np.arange(len(decay))[:, None]
            for p in terms:
                u = weight[p] * stretch[links]
                H[:B, B:] += XS[:, column[p]] * u
                for q in terms:
                    v = weight[q] * stretch[links]
                    H[B:, B:] += SS[np.ix_(column[p], column[q])] * np.outer(u, v)
            H[B:, :B] = H[:B, B:].T
            own = np.concatenate(
                [np.arange(i * B, (i + 1) * B), problem.at["link"].start + links]
            )
            bend = np.concatenate([np.ones(B), stretch[links]]) * grad[own]
            H[np.diag_indices(len(H))] -= np.minimum(bend, 0.0) if safe else bend
            H[np.arange(B, len(H)), np.arange(B, len(H))] += precision[links]
            blocks.append(H)
        return blocks

    groups = _batches(counts, MOST_HELD // (len(decay) * K))
    if len(groups) == 1:
        return of_group(groups[0])
    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        return [H for blocks in pool.map(of_group, groups) for H in blocks]


def _sample(problem: ExactProblem) -> tuple[NDArray[np.bool_], Floats]:
    """Scored events that tell the curvature well enough, and what each stands for.

    Evenly spaced in each row, ENOUGH of them for each number it has.
    """
    d, K = problem.data, problem.data.streams
    numbers = np.bincount(problem.support.target, minlength=K) + d.blocks
    times = np.maximum(d.scored_counts // (ENOUGH * numbers), 1)
    row = d.stream[d.place]
    rank = np.arange(len(row)) - d.offset[row, 0]
    chosen = np.empty(len(row), np.bool_)
    chosen[d.place] = rank % times[row] == 0
    return chosen & d.scored, times.astype(np.float64)


def _walk_precision(problem: ExactProblem) -> Floats:
    """Prior precision of the log rates of a stream, shape (blocks, blocks)."""
    p, B = problem.prior, problem.data.blocks
    D = np.eye(B) - np.eye(B, k=-1)
    sd = np.full(B, p.walk_sd)
    sd[0] = p.rate_sd
    return np.asarray(D.T @ (D / sd[:, None] ** 2))


def approach(
    problem: ExactProblem, z: Floats, *, sweeps: int = 10
) -> tuple[Floats, int]:
    """Steps of EM kind: who brought each event, then new rates and children.

    Weekdays and shares stay. A step that does not climb ends it.
    """
    z = np.array(z)
    precision = _own_precision(problem)
    tight = np.tile(np.diag(_walk_precision(problem)), problem.data.streams)
    rate, link = problem.at["rate"], problem.at["link"]
    value, grad = problem.log_likelihood(z)
    prior, g_prior = problem.log_prior(z)
    for done in range(sweeps):
        decay = np.exp(z[problem.at["decay"]])
        terms = problem.likelihood.children(decay) * problem.weights(z)
        due = terms.reshape(-1, len(problem.support)).sum(axis=0)
        by_block = np.zeros((problem.data.blocks, problem.data.streams))
        due_cells = problem.base(z) * problem.data.cell_length
        np.add.at(by_block, problem.data.cell_block, due_cells.T)
        own = by_block.T.ravel()
        stretch = _stretch(problem, z)
        # events each number is credited with: what is due and what is missing
        brought = np.maximum(due + grad[link] / stretch, due)
        own = np.maximum(own + grad[rate], own)
        total = grad + g_prior
        new = z.copy()
        new[rate] += np.clip(total[rate] / (own + tight), -1.0, 1.0)
        move = total[link] / (stretch**2 * brought + precision)
        new[link] += np.clip(move, -1.0, 1.0)
        slope = total[problem.at["decay"]]
        aged = np.bincount(problem.links.decay, weights=terms, minlength=len(slope))
        aged = np.maximum(aged, np.maximum(1.0, 2.0 * slope))
        new[problem.at["decay"]] -= np.clip(np.log1p(-slope / aged), -1.0, 1.0)
        _center(problem, new)
        after, g_after = problem.log_likelihood(new)
        prior_after, g_prior_after = problem.log_prior(new)
        if not after + prior_after > value + prior:
            return z, done + 2
        z, value, grad = new, after, g_after
        prior, g_prior = prior_after, g_prior_after
    return z, sweeps + 1


def _center(problem: ExactProblem, z: Floats) -> None:
    """Move pools and spread so that distances have mean 0 and size 1, in place.

    The responses stay what they are.
    """
    if not problem.role_names:
        return
    role, distance = problem.support.role, z[problem.at["link"]]
    has = role >= 0
    n = np.maximum(np.bincount(role[has], minlength=len(problem.role_names)), 1)
    mean = np.bincount(role[has], weights=distance[has], minlength=len(n)) / n
    z[problem.at["pool"]] += np.exp(z[problem.at["spread"]]) * mean
    distance[has] -= mean[role[has]]
    size = float(np.sqrt(np.mean(distance[has] ** 2)))
    if size > 0.0:
        distance[has] /= size
        z[problem.at["spread"]] += np.log(size)


def _batches(counts: Ints, most: int) -> list[Ints]:
    """Rows in groups of at most ``most`` events (or one row)."""
    groups: list[list[int]] = [[]]
    held = 0
    for i, n in enumerate(counts):
        if groups[-1] and held + n > most:
            groups.append([])
            held = 0
        groups[-1].append(i)
        held += int(n)
    return [np.array(g) for g in groups]
