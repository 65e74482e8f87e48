"""Placebos: sources that cannot matter, offered to a fit to see whether it bites.

Two kinds, for a link from stream j to stream i: the source **shifted** by a month (its
events as many and as bursty, its timing wrong), and a **stranger**, independent events
at the source's rate. Children have log-normal priors, which never reach zero, so a
placebo's children are never "not significant": what is compared is the evidence with
and without the link. A log Bayes factor below 0 says that the data are better off
without it.

This file must never import a case or a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from spillover.inference.daily import Links
from spillover.inference.daily_data import DailyData, DailyPrior
from spillover.inference.daily_fit import DailyFit, map_daily
from spillover.inference.daily_problem import daily_problem

__all__ = ["Placebo", "link_evidence", "offer", "placebos"]

Floats = NDArray[np.float64]
Kind = Literal["shifted", "stranger"]


@dataclass(frozen=True)
class Placebo:
    """A placebo offered as an extra source of `target`.

    Attributes
    ----------
    kind, target, source
        What was offered; `source` is the stream it imitates.
    log_bayes
        Evidence with the link less evidence without.
    children, prior_children
        Fitted children of an event of the placebo, and their prior median.
    """

    kind: Kind
    target: int
    source: int
    log_bayes: float
    children: float
    prior_children: float


def offer(
    data: DailyData, source: Floats, rng: np.random.Generator, kind: Kind, shift: int
) -> DailyData:
    """The data with one more stream that feeds the others and is not judged itself.

    Parameters
    ----------
    data
        Counts (D, K).
    source : (D,)
        Daily counts to imitate.
    rng
        For a stranger.
    kind, shift
        A ``"shifted"`` source lags by ``shift`` days (its end comes first); a
        ``"stranger"`` is Poisson at the source's mean rate.
    """
    D, K = np.shape(data.counts)
    fake = np.roll(source, shift)
    if kind == "stranger":
        fake = rng.poisson(source.mean(), D).astype(np.float64)
    held = np.column_stack([data.filled(), fake])
    start = data.start_state
    if start is not None:
        start = np.concatenate(
            [start, np.full((*np.shape(start)[:-1], 1), fake[:30].mean())], axis=-1
        )

    def wider(x: Floats | None) -> Floats | None:
        return None if x is None else np.column_stack([x, np.ones(D)])

    seen = np.ones((D, K), bool) if data.observed is None else data.observed
    return replace(
        data,
        counts=np.column_stack([data.counts, np.zeros(D)]),
        observed=np.column_stack([seen, np.zeros(D, bool)]),
        factor=wider(data.factor),
        baseline_factor=wider(data.baseline_factor),
        start_state=start,
        held=held,
    )


def _longer(prior: DailyPrior, L: int, K: int, fit: DailyFit) -> DailyPrior:
    """The prior of the fit, with values for one more stream and one more link."""
    here = fit.problem
    children = np.exp(here.centre["children"])
    typical = float(np.median(children))

    def one_more(value: Floats | float, n: int, extra: float) -> Floats:
        return np.append(np.broadcast_to(value, (n,)), extra)

    return replace(
        prior,
        level=one_more(np.exp(here.centre["level"]), K, 1.0),
        level_sd=one_more(prior.level_sd, K, 1.0),
        children=one_more(children, L, typical),
        children_sd=one_more(prior.children_sd, L, 1.0),
        half_life=one_more(
            prior.half_life, L, float(np.median(np.asarray(prior.half_life)))
        ),
        half_life_sd=one_more(
            prior.half_life_sd, L, float(np.max(np.asarray(prior.half_life_sd)))
        ),
        role=None
        if prior.role is None
        else np.append(prior.role, prior.role.max() + 1),
    )


def link_evidence(
    fit: DailyFit, data: DailyData, target: int
) -> tuple[float, float, float]:
    """Log Bayes factor of a link from the data's last stream to ``target``.

    Parameters
    ----------
    fit
        Without it.
    data
        From `offer`.
    target
        Stream that would receive.

    Returns
    -------
    log_bayes, children, prior_children
    """
    old = fit.problem
    assert old.sharing == "link", "placebos need a half-life per link"
    L, K = len(old.links), old.filled.shape[1]
    links = Links(np.append(old.links.target, target), np.append(old.links.source, K))
    new = daily_problem(
        data, links, _longer(old.prior, L, K, fit), step=fit.step, sharing="link",
        law=old.law, block_days=old.block_days,
    )  # fmt: skip
    z = np.zeros(new.size)
    for group, part in old.at.items():
        # the new stream's and the new link's coordinates come last in each group
        z[new.at[group]][: part.stop - part.start] = fit.fit.mode[part]
    found = map_daily(new, z)
    x = new.numbers(found.mode)
    return (
        found.evidence - fit.fit.evidence,
        float(x.children[-1]),
        float(new.scale(found.mode)[-1]),
    )


def placebos(
    fit: DailyFit,
    rng: np.random.Generator,
    *,
    pairs: Sequence[tuple[int, int]] | None = None,
    kinds: Sequence[Kind] = ("shifted", "stranger"),
    shift: int = 30,
    most: int = 3,
) -> tuple[Placebo, ...]:
    """Offer placebos of the strongest links between different streams.

    Parameters
    ----------
    fit
        From `fit_daily`; with half-lives per link.
    rng
        For strangers.
    pairs
        (target, source) to imitate; None: the ``most`` strongest fitted ones.
    kinds, shift
        See `offer`; days.
    most
        How many links.
    """
    problem = fit.problem
    x, links = problem.numbers(fit.fit.mode), problem.links
    if pairs is None:
        K = problem.filled.shape[1]
        rate = np.nanmean(problem.filled, axis=0)
        weight = links.matrix(x.children, K) * rate
        np.fill_diagonal(weight, -1.0)
        order = np.argsort(-weight, axis=None)[:most]
        pairs = [(int(k // K), int(k % K)) for k in order if weight.flat[k] > 0.0]
    out = []
    for target, source in pairs:
        for kind in kinds:
            data = offer(problem.data, np.nan_to_num(problem.filled[:, source]), rng,
                         kind, shift)  # fmt: skip
            out.append(Placebo(kind, target, source, *link_evidence(fit, data, target)))
    return tuple(out)
