"""What is known of a model without simulating it: branching matrix, radius, means.

Everything is a pure function of (model, theta) at F = 1; ``theta`` may have leading
axes (draws), which results keep. A child whose act forces marks (an umbrella's member,
a deadly act) has other offspring than a plain event of its stream, so the exact
calculations run over *types* (stream, forced flags); K x K results are derived.

References
----------
Hawkes & Oakes (1974), A cluster process representation of a self-exciting process,
J. Appl. Prob. 11, doi:10.2307/3212693.
Da Fonseca & Zaatour (2014), Hawkes process: fast calibration, application to trade
clustering, and diffusive limit, J. Futures Markets 34, doi:10.1002/fut.21644.

This file must never import a case, a reader or an engine.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import expm

from spillover.errors import ModelError
from spillover.model.marks import MarkOutcome, mark_law, matches
from spillover.model.structure import (
    ABSENT,
    Act,
    Factor,
    GaugeFactor,
    Model,
    RedLine,
    Response,
)
from spillover.model.varying import cdf, mean_whole, whole_law

__all__ = [
    "bases",
    "branching_matrix",
    "caps",
    "mean_counts",
    "mean_rates",
    "mean_weight",
    "radius",
    "radius_at_caps",
    "spectral_radius",
    "type_matrix",
    "types",
]

Floats = NDArray[np.float64]
LN2 = float(np.log(2.0))


# ---- types and their marks ---------------------------------------------------------


def types(model: Model) -> tuple[tuple[int, int], ...]:
    """Types of events as (stream, forced flags).

    The first K are the plain events of each stream; then come the acts that responses,
    replies and red lines bring with forced marks.
    """
    found = [(i, 0) for i in range(len(model.streams))]
    acts = [r.then for r in model.responses]
    acts += [a.act for r in model.replies for a in r.answers if a.act is not None]
    acts += [line.act for line in model.red_lines if line.act is not None]
    for act in acts:
        forced = act.flags & ~model.streams[act.stream].flags
        if (act.stream, forced) not in found:
            found.append((act.stream, forced))
    return tuple(found)


def _child_type(model: Model, kinds: tuple[tuple[int, int], ...], act: Act) -> int:
    return kinds.index((act.stream, act.flags & ~model.streams[act.stream].flags))


def _laws(
    model: Model, theta: Floats, kinds: tuple[tuple[int, int], ...]
) -> list[list[MarkOutcome]]:
    """Mark law of each type."""
    return [mark_law(model, theta, s, flags) for s, flags in kinds]


def _number(theta: Floats, slot: int, otherwise: float) -> Floats:
    if slot == ABSENT:
        return np.full(theta.shape[:-1], otherwise)
    return np.asarray(theta[..., slot], np.float64)


# ---- the branching matrix ----------------------------------------------------------


def _mean_weight(
    theta: Floats, response: Response, stream: int, law: list[MarkOutcome]
) -> Floats:
    total = np.zeros(theta.shape[:-1])
    for outcome in law:
        if not matches(response.when, stream, outcome.flags):
            continue
        weight: Floats | float = 1.0
        for rule in response.weights:
            if rule.require & ~outcome.flags == 0:
                weight = theta[..., rule.times]
                break
        total = total + outcome.chance * weight
    return total


def mean_weight(
    model: Model, theta: Floats, response: Response, stream: int, forced: int = 0
) -> Floats:
    """E[w 1{match}] of an event of ``stream``: what it counts for ``response``.

    Parameters
    ----------
    model, theta
        Structure and numbers, shape (..., slots).
    response
        The response; its first weight rule that holds applies, else weight one.
    stream, forced
        Stream and forced flags of the parent.

    Returns
    -------
    (...)
    """
    return _mean_weight(theta, response, stream, mark_law(model, theta, stream, forced))


def _crossing_chance(
    model: Model, theta: Floats, line: RedLine, stream: int, law: list[MarkOutcome]
) -> Floats:
    """Chance that one event alone takes the counted quantity to the threshold."""
    quantity, reach = line.quantity, line.reach
    total = np.zeros(theta.shape[:-1])
    if quantity.kind == "gauge" or reach is None:
        return total
    amounts = model.streams[stream].amounts
    for outcome in law:
        if not matches(quantity.pattern, stream, outcome.flags):
            continue
        if quantity.kind == "count":
            total = total + outcome.chance * cdf(reach, theta, 1.0)
            continue
        hit = [n for n in outcome.hit if amounts[n].id == quantity.kind]
        if not hit:
            continue
        people = whole_law(amounts[hit[0]].number, theta)
        for n in hit[1:]:  # several amounts of one kind add up
            people = _convolve(people, whole_law(amounts[n].number, theta))
        first = len(hit)
        number = np.arange(first, first + people.shape[-1], dtype=np.float64)
        crosses = cdf(reach, theta[..., None, :], number)
        total = total + outcome.chance * np.sum(people * crosses, axis=-1)
    return total * np.minimum(_number(theta, line.counts, 1.0), 1.0)


def _convolve(a: Floats, b: Floats) -> Floats:
    out = np.zeros((*a.shape[:-1], a.shape[-1] + b.shape[-1] - 1))
    for k in range(b.shape[-1]):
        out[..., k : k + a.shape[-1]] += a * b[..., k : k + 1]
    return out


def _links(
    model: Model, theta: Floats, *, closed: bool, capped: bool
) -> Iterator[tuple[int, int, Floats]]:
    """Expected children as (child type, parent type, number) terms.

    ``closed``: dormant streams stay shut (only answers of a reply reach them).
    ``capped``: factors that multiply offspring stand at their caps.
    """
    _, off_caps = caps(model)
    kinds = types(model)
    laws = _laws(model, theta, kinds)
    shut = [s.dormant and closed for s in model.streams]
    for parent, (stream, _) in enumerate(kinds):
        law = laws[parent]
        for response in model.responses:
            if shut[response.then.stream]:
                continue
            if not any(c.stream == stream for c in response.when.clauses):
                continue
            weight = _mean_weight(theta, response, stream, law)
            children = theta[..., response.children] * weight
            if capped:
                children = children * off_caps[response.then.stream]
            child = _child_type(model, kinds, response.then)
            yield child, parent, np.asarray(children)
        for reply in model.replies:
            asks = sum(
                (o.chance for o in law if matches(reply.ask, stream, o.flags)),
                np.zeros(theta.shape[:-1]),
            )
            given = sum(
                (_number(theta, a.chance, 0.0) for a in reply.answers),
                np.zeros(theta.shape[:-1]),
            )
            for answer in reply.answers:
                if answer.act is None:
                    continue
                chance = _number(theta, answer.chance, 0.0)
                if answer.chance == ABSENT:
                    chance = np.maximum(1.0 - given, 0.0)
                child = _child_type(model, kinds, answer.act)
                yield child, parent, np.asarray(asks * chance)
        for line in model.red_lines:
            if line.act is None or shut[line.act.stream]:
                continue
            crossing = _crossing_chance(model, theta, line, stream, law)
            chance = np.minimum(theta[..., line.chance], 1.0)
            child = _child_type(model, kinds, line.act)
            yield child, parent, crossing * chance * mean_whole(line.times, theta)


def type_matrix(
    model: Model, theta: ArrayLike, *, closed: bool = False, capped: bool = False
) -> Floats:
    """Expected children of each type per event of each type, at F = 1.

    Parameters
    ----------
    model
        The structure.
    theta : (..., slots)
        The numbers.
    closed
        Leave dormant streams shut (default: as if open).
    capped
        Put factors that multiply offspring at their caps.

    Returns
    -------
    (..., U, U)
        Entry [child, parent], in the order of `types`.
    """
    theta = np.asarray(theta, np.float64)
    U = len(types(model))
    M = np.zeros((*theta.shape[:-1], U, U))
    for child, parent, number in _links(model, theta, closed=closed, capped=capped):
        M[..., child, parent] += number
    return M


def branching_matrix(model: Model, theta: ArrayLike) -> Floats:
    """Expected direct children on i of one plain event on j, at F = 1.

    Responses with their mean weights under the mark law, replies (as if no ask were
    open) and *first-event lines*: red lines that a single event can take to their
    threshold, with chance P(threshold <= contribution) x chance x times.

    Parameters
    ----------
    model
        The structure.
    theta : (..., slots)
        The numbers.

    Returns
    -------
    (..., K, K)
        ``branching[i, j]``: stream i receives, stream j sends.
    """
    M = type_matrix(model, theta)
    K = len(model.streams)
    G = np.zeros((*M.shape[:-2], K, K))
    for child, (stream, _) in enumerate(types(model)):
        G[..., stream, :] += M[..., child, :K]
    return G


def spectral_radius(matrix: ArrayLike) -> Floats:
    """Largest eigenvalue modulus of (..., n, n) matrices."""
    matrix = np.asarray(matrix, np.float64)
    if matrix.shape[-1] == 0:
        return np.zeros(matrix.shape[:-2])
    return np.asarray(np.max(np.abs(np.linalg.eigvals(matrix)), axis=-1))


def radius(model: Model, theta: ArrayLike) -> Floats:
    """Spectral radius at F = 1, with marks, replies and first-event lines.

    Taken over types, so an act with forced marks counts with the offspring it has.
    """
    return spectral_radius(type_matrix(model, theta))


def radius_at_caps(model: Model, theta: ArrayLike) -> Floats:
    """Spectral radius with the factors that multiply offspring at their caps."""
    return spectral_radius(type_matrix(model, theta, capped=True))


def caps(model: Model) -> tuple[Floats, Floats]:
    """Largest product of factors above one, per stream.

    Returns
    -------
    immigrants : (K,)
        Product of the caps above one of all factors and gauge factors with a row on
        the stream (rows of one factor exclude each other, so each counts once).
    offspring : (K,)
        The same over those with ``offspring``, without rows that hold a driver.
    """
    K = len(model.streams)
    immigrants, offspring = np.ones(K), np.ones(K)
    items: list[Factor | GaugeFactor] = [*model.factors, *model.gauge_factors]
    for item in items:
        for i in {row.stream for row in item.rows}:
            immigrants[i] *= max(1.0, item.cap)
        if item.offspring:
            for i in {row.stream for row in item.rows if row.power == ABSENT}:
                offspring[i] *= max(1.0, item.cap)
    return immigrants, offspring


# ---- bases and stationary rates ------------------------------------------------------


def _response_of_rates(model: Model, theta: Floats, *, closed: bool) -> Floats:
    """B with r = B mu: rates of all events per stream from rates of immigrants."""
    M = type_matrix(model, theta, closed=closed)
    K, U = len(model.streams), M.shape[-1]
    reach = np.linalg.solve(np.eye(U) - M, np.eye(U)[:, :K])
    B = np.zeros((*M.shape[:-2], K, K))
    for child, (stream, _) in enumerate(types(model)):
        B[..., stream, :] += reach[..., child, :]
    return B


def _solve_levels(
    model: Model, B: Floats, mu: Floats, wanted: Floats, at: list[int]
) -> None:
    """Fill ``mu[..., at]`` so that (B mu)[..., at] = wanted[..., at]."""
    others = [i for i in range(mu.shape[-1]) if i not in at]
    left = B[..., np.ix_(at, at)[0], np.ix_(at, at)[1]]
    known = np.einsum("...ij,...j->...i", B[..., at, :][..., others], mu[..., others])
    mu[..., at] = np.linalg.solve(left, (wanted[..., at] - known)[..., None])[..., 0]
    for i in at:
        worst = float(np.min(mu[..., i]))
        if worst < 0.0:
            level = float(np.ravel(wanted[..., i])[np.argmin(np.ravel(mu[..., i]))])
            msg = (
                f"stream {model.streams[i].id}: its level of {level:.4g} per day is "
                f"below what other streams alone bring; the base would be "
                f"{worst:.4g} per day. Raise the level or lower the responses to it."
            )
            raise ModelError(msg)


def bases(model: Model, theta: ArrayLike) -> Floats:
    """Immigrants per day of every stream, with levels solved.

    A stream with ``base`` has that rate of immigrants; one with ``level`` has that
    rate of all events, and its base solves mu = (I - G) r at F = 1, where the rates r
    of the streams with a base are unknown. Dormant streams are shut while the others'
    bases are solved; the level of a dormant stream is its rate once open.

    Parameters
    ----------
    model
        The structure.
    theta : (..., slots)
        The numbers.

    Returns
    -------
    (..., K)

    Raises
    ------
    ModelError
        When a solved base is negative (names the stream), or the radius is at or
        above one so that no long-run level exists.
    """
    theta = np.asarray(theta, np.float64)
    K = len(model.streams)
    mu = np.zeros((*theta.shape[:-1], K))
    wanted = np.zeros_like(mu)
    levels: list[int] = []
    for i, stream in enumerate(model.streams):
        if stream.level != ABSENT:
            wanted[..., i] = theta[..., stream.level]
            levels.append(i)
        elif stream.base != ABSENT:
            mu[..., i] = theta[..., stream.base]
    awake = [i for i in levels if not model.streams[i].dormant]
    asleep = [i for i in levels if model.streams[i].dormant]
    dormant = [i for i, s in enumerate(model.streams) if s.dormant]
    if not levels:
        return mu
    for at, closed in ((awake, True), (asleep, False)):
        if not at:
            continue
        if np.any(spectral_radius(type_matrix(model, theta, closed=closed)) >= 1.0):
            msg = (
                "levels cannot be solved: the spectral radius is at or above 1, so "
                f"stream {model.streams[at[0]].id} has no long-run level"
            )
            raise ModelError(msg)
        B = _response_of_rates(model, theta, closed=closed)
        present = mu.copy()
        if closed:
            present[..., dormant] = 0.0
        _solve_levels(model, B, present, wanted, at)
        mu[..., at] = present[..., at]
    return mu


def mean_rates(model: Model, theta: ArrayLike) -> Floats:
    """Stationary rates of all events, r = (I - G)^-1 mu, at F = 1 and drivers 1.

    Dormant streams as if open; responses, replies and first-event lines included.
    Shape (..., K), events per day.
    """
    theta = np.asarray(theta, np.float64)
    B = _response_of_rates(model, theta, closed=False)
    return np.asarray(np.einsum("...ij,...j->...i", B, bases(model, theta)))


# ---- mean counts from an empty start -------------------------------------------------


def mean_counts(model: Model, theta: ArrayLike, t: ArrayLike) -> Floats:
    """Expected events of each stream in (0, t], from an empty past, at F = 1.

    Responses only (no replies, red lines, drivers or weekdays), with kernels that are
    mixtures of exponentials without lag. The mean intensity of each kernel part is one
    linear state, z' = -beta z + beta c E[w] lambda, so the matrix exponential is exact
    for any half-lives and shares.

    Parameters
    ----------
    model
        The structure.
    theta : (slots,)
        The numbers of one draw.
    t : (...)
        Days.

    Returns
    -------
    (..., K)

    Raises
    ------
    ModelError
        When a response has a lag.

    References
    ----------
    Da Fonseca & Zaatour (2014), doi:10.1002/fut.21644, proposition 1.
    """
    theta = np.asarray(theta, np.float64)
    at = np.asarray(t, np.float64)
    kinds, K = types(model), len(model.streams)
    U = len(kinds)
    parts = [(r, part) for r in model.responses for part in r.kernel]
    P = len(parts)
    laws = _laws(model, theta, kinds)
    start = np.zeros(U)
    start[:K] = bases(model, theta)
    # state: counts (U), parts (P), the constant one
    size = U + P + 1
    A = np.zeros((size, size))
    A[:U, -1] = start
    for p, (response, part) in enumerate(parts):
        if response.lag != ABSENT and theta[response.lag] != 0.0:
            msg = f"response {response.id}: mean_counts needs a response without lag"
            raise ModelError(msg)
        beta = LN2 / theta[part.half_life]
        share = 1.0 if part.share == ABSENT else theta[part.share]
        child = _child_type(model, kinds, response.then)
        A[child, U + p] = 1.0
        A[U + p, U + p] -= beta
        for u, (stream, _) in enumerate(kinds):
            weight = float(_mean_weight(theta, response, stream, laws[u]))
            gain = beta * share * theta[response.children] * weight
            A[U + p, -1] += gain * start[u]
            for q, (other, _) in enumerate(parts):
                if _child_type(model, kinds, other.then) == u:
                    A[U + p, U + q] += gain
    counts = np.zeros((*at.shape, K))
    for where in np.ndindex(at.shape):
        state = expm(A * at[where])[:, -1]
        for u, (stream, _) in enumerate(kinds):
            counts[*where, stream] += state[u]
    return counts
