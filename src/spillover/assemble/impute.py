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

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.assembled import Assembled
from spillover.assemble.day_shapes import DayShapes
from spillover.assemble.fill_block import IMPOSSIBLE
from spillover.assemble.finish_past import finish_past
from spillover.assemble.imputed import ImputedPast, join
from spillover.assemble.kernel import Floats, Ints, Keys
from spillover.assemble.keyed import draw_keys, mix
from spillover.assemble.past_events import Events, plain_records, record_times
from spillover.assemble.past_plan import Plan, choose_rivals, make_plan
from spillover.assemble.run_block import run_block
from spillover.assemble.stability import bases_matrix, mean_rates
from spillover.assemble.unseen import unseen_events
from spillover.errors import ModelError

__all__ = ["ImputedPast", "impute"]

CHUNK = 256
RETRIES = 60


def impute(
    assembled: Assembled,
    theta: Floats,
    seed: int,
    first: int = 0,
    *,
    draws: Ints | None = None,
    threads: int = 1,
) -> ImputedPast:
    """One past for each row of ``theta``.

    Parameters
    ----------
    assembled
        The case.
    theta : (D, S)
        Numbers of draws ``first`` to ``first + D - 1``, or of ``draws``.
    seed
        Seed of the run.
    first
        Number of the first draw; any chunking gives the same pasts.
    draws : (D,)
        Instead: the number of each.
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
    plan = make_plan(assembled)
    numbers = np.arange(first, first + len(theta)) if draws is None else draws
    keys = np.asarray(numbers, np.uint64)

    def chunk(low: int) -> ImputedPast:
        rows = np.ascontiguousarray(theta[low : low + CHUNK], np.float64)
        return _impute_chunk(plan, rows, seed, keys[low : low + CHUNK])

    starts = range(0, len(theta), CHUNK)
    if threads > 1 and len(starts) > 1:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(chunk, starts))
    else:
        parts = [chunk(low) for low in starts]
    return join(parts, len(plan.model.reports))


def _impute_chunk(plan: Plan, theta: Floats, seed: int, draws: Keys) -> ImputedPast:
    """Impute, drawing record times again where counts then cannot hold."""
    D = len(theta)
    chosen = choose_rivals(plan.past, seed, draws)
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


def _attempt(
    plan: Plan, theta: Floats, seed: int, draws: Keys, attempt: Keys, chosen: Ints
) -> tuple[ImputedPast, NDArray[np.bool_]]:
    model, past = plan.model, plan.past
    D = len(theta)
    # the key of a draw's past moves with the attempt only through the record times
    keys = mix(draw_keys(seed, draws, "past"))
    times = record_times(past, seed, draws, attempt)
    mu = bases_matrix(model, theta)
    rates = np.maximum(np.nan_to_num(mean_rates(model, theta, mu)), 0.0)
    fits = np.ones(D, bool)
    events = Events.empty()
    counted: set[int] = set()
    shapes = DayShapes(plan, theta, times)
    for block in plan.blocks:
        counted |= set(block.streams)
        part, status = run_block(
            plan, block, theta, keys, times, rates, chosen, events, shapes
        )
        fits &= status != IMPOSSIBLE
        events = events.and_(part)
    plain = [
        r
        for r, x in enumerate(past.records)
        if x.stream >= 0 and x.stream not in counted
    ]
    events = events.and_(plain_records(past, plain, keys, times))
    for piece in unseen_events(past, keys, times, rates, theta, shapes.of, counted):
        events = events.and_(Events(*piece))
    made, wrong = finish_past(plan, theta, keys, events, chosen)
    return made, fits & ~wrong
