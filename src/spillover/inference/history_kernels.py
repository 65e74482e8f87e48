"""Log-likelihood of one exact history on a daily grid of rates, with its gradient.

Events have exact times; immigrants' rates and factors are constant within a day.

    lambda_i(t) = F_i(d) mu_i(d) + F'_i(d) sum_l G_l sum_e b_l exp(-b_l (t - s_e))

Streaming: one state per link, no N x K cache. Compiled; must never import a case.
"""

from __future__ import annotations

import math

import numpy as np

from spillover.jit import allocating

__all__ = ["history_excitation", "history_loglik", "history_loglik_kept", "link_room"]


@allocating
def _one_link(time, first, last, source, low, high, b, days, x, dx, c, dc):
    """Unit excitation at the target's events and its integral over each day.

    Fills x, dx (its derivative in b) for events ``first`` to ``last``, and c, dc for
    each day. ``source`` holds times at which excitation begins, sorted.
    """
    s = 0.0  # sum of exp(-b age)
    q = 0.0  # sum of age exp(-b age)
    now = 0.0
    e = first
    k = low
    while k < high and source[k] < 0.0:
        age = -source[k]
        f = math.exp(-b * age)
        s += f
        q += age * f
        k += 1
    for d in range(days):
        s0 = s
        q0 = q
        entered = 0.0
        end = d + 1.0
        while True:
            t_source = source[k] if k < high else math.inf
            t_event = time[e] if e < last else math.inf
            t = min(t_source, t_event, end)
            f = math.exp(-b * (t - now))
            q = (q + (t - now) * s) * f
            s *= f
            now = t
            if t_event < end and t_event <= t_source:
                x[e] = b * s
                dx[e] = s - b * q
                e += 1
            elif t_source < end:
                s += 1.0
                entered += 1.0
                k += 1
            else:
                break
        # The state at the day's start was taken before sources exactly at it.
        c[d] = s0 + entered - s
        dc[d] = q - q0


@allocating
def history_excitation(
    time, pointer, days, target, source_pointer, source, children, decay
):  # fmt: skip
    """Expected offspring in each cell at F' = 1, (K, days); arguments as below."""
    inside = np.zeros((len(pointer) - 1, days))
    x, dx = np.zeros(len(time)), np.zeros(len(time))
    c, dc = np.zeros(days), np.zeros(days)
    for m in range(len(target)):
        i = target[m]
        _one_link(
            time, pointer[i], pointer[i + 1], source, source_pointer[m],
            source_pointer[m + 1], decay[m], days, x, dx, c, dc,
        )  # fmt: skip
        for d in range(days):
            inside[i, d] += children[m] * c[d]
    return inside


@allocating
def history_loglik(
    time, pointer, observed, mu, factor, offspring, target, source_pointer, source,
    children, decay,
):  # fmt: skip
    """Log-likelihood and its gradient.

    Parameters
    ----------
    time : (N,)
        Times in days from the start, sorted within each stream.
    pointer : (K + 1,)
        Events of stream i are ``time[pointer[i]:pointer[i + 1]]``.
    observed : (K, D) bool
        Cells that count.
    mu, factor, offspring : (K, D)
        Immigrants per day at F = 1; F of immigrants; F' of offspring.
    target : (L,)
        Stream a link's children belong to.
    source_pointer : (L + 1,)
    source : (n,)
        Times (lag added) of each link's parents, sorted within a link.
    children, decay : (L,)
        G and b per day.

    Returns
    -------
    value, d_mu (K, D), d_factor (K, D), d_offspring (K, D), d_children (L,),
    d_decay (L,)
    """
    X, dX, C, dC, known = link_room(pointer, target, mu.shape[1])
    return history_loglik_kept(
        time, pointer, observed, mu, factor, offspring, target, source_pointer,
        source, children, decay, X, dX, C, dC, known,
    )  # fmt: skip


@allocating
def link_room(pointer, target, days):
    """Unit excitations of every link, to be kept, and the decays they are of (none)."""
    L = len(target)
    n = 0
    for m in range(L):
        n += pointer[target[m] + 1] - pointer[target[m]]
    known = np.full(L, np.nan)
    return np.zeros(n), np.zeros(n), np.zeros((L, days)), np.zeros((L, days)), known


@allocating
def history_loglik_kept(
    time, pointer, observed, mu, factor, offspring, target, source_pointer, source,
    children, decay, X, dX, C, dC, known,
):  # fmt: skip
    """As `history_loglik`; excitations of links whose decay is unchanged are not redone.

    A link's unit excitation depends on its decay and the history alone, and most calls
    of a fit change one number. ``X``, ``dX`` (one row per link's target events), ``C``,
    ``dC`` and ``known`` come from `link_room` and are of one history.
    """
    K, D = mu.shape
    N, L = len(time), len(target)
    excited = np.zeros(N)
    inside = np.zeros((K, D))
    room = np.zeros(L + 1, np.int64)
    for m in range(L):
        room[m + 1] = room[m] + pointer[target[m] + 1] - pointer[target[m]]
    x = np.zeros(N)
    dx = np.zeros(N)
    for m in range(L):
        i = target[m]
        if decay[m] != known[m]:
            _one_link(
                time, pointer[i], pointer[i + 1], source, source_pointer[m],
                source_pointer[m + 1], decay[m], D, x, dx, C[m], dC[m],
            )  # fmt: skip
            for e in range(pointer[i], pointer[i + 1]):
                X[room[m] + e - pointer[i]] = x[e]
                dX[room[m] + e - pointer[i]] = dx[e]
            known[m] = decay[m]
        for e in range(pointer[i], pointer[i + 1]):
            excited[e] += children[m] * X[room[m] + e - pointer[i]]
        for d in range(D):
            inside[i, d] += children[m] * C[m, d]
    value = 0.0
    d_mu = np.zeros((K, D))
    d_factor = np.zeros((K, D))
    d_offspring = np.zeros((K, D))
    d_children = np.zeros(L)
    d_decay = np.zeros(L)
    share = np.zeros(N)  # F' / lambda at each event
    for i in range(K):
        for d in range(D):
            if observed[i, d]:
                value -= factor[i, d] * mu[i, d] + offspring[i, d] * inside[i, d]
                d_mu[i, d] -= factor[i, d]
                d_factor[i, d] -= mu[i, d]
                d_offspring[i, d] -= inside[i, d]
        for e in range(pointer[i], pointer[i + 1]):
            d = min(int(time[e]), D - 1)
            if observed[i, d]:
                rate = factor[i, d] * mu[i, d] + offspring[i, d] * excited[e]
                if rate <= 0.0:
                    return -np.inf, d_mu, d_factor, d_offspring, d_children, d_decay
                value += math.log(rate)
                d_mu[i, d] += factor[i, d] / rate
                d_factor[i, d] += mu[i, d] / rate
                d_offspring[i, d] += excited[e] / rate
                share[e] = offspring[i, d] / rate
    for m in range(L):
        i = target[m]
        for e in range(pointer[i], pointer[i + 1]):
            if share[e] > 0.0:
                at = room[m] + e - pointer[i]
                d_children[m] += share[e] * X[at]
                d_decay[m] += share[e] * children[m] * dX[at]
        for d in range(D):
            if observed[i, d]:
                d_children[m] -= offspring[i, d] * C[m, d]
                d_decay[m] -= offspring[i, d] * children[m] * dC[m, d]
    return value, d_mu, d_factor, d_offspring, d_children, d_decay
