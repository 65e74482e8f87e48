"""The careful sampler: NUTS (nutpie) on a `Problem`, started and scaled by its mode.

The sampler walks in u, where z = mode + L u and L L' is the Laplace covariance: what
the mode already knows about scales and correlations need not be learned again. Chains
that did not mix are refused, naming the worst numbers.

References
----------
Hoffman & Gelman (2014), The No-U-Turn sampler, JMLR 15. Vehtari, Gelman, Simpson,
Carpenter & Bürkner (2021), Rank-normalization, folding, and localization: an improved
R-hat, doi:10.1214/20-BA1221.

This file must never import a case or a page; nutpie and arviz (the extra ``bayes``)
only inside functions.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from spillover.errors import ConvergenceError, ConvergenceWarning, FitError
from spillover.inference.posterior import MapFit, Problem, fit_map

__all__ = ["Chains", "diagnose", "sample_nuts"]

Floats = NDArray[np.float64]

MOST_RHAT = 1.01
LEAST_ESS = 400.0
SHOWN = 5
MISSING = (
    "sampling needs nutpie and arviz, which are not installed here: "
    "pip install spillover[bayes]. The mode with its Laplace spread needs neither"
)


@dataclass(frozen=True)
class Chains:
    """Draws of several chains and how well they mixed.

    Attributes
    ----------
    names
        Of the coordinates.
    z : (chain, draw, n)
        The draws, tuning left out.
    rhat : (n,)
        Rank-normalized split R-hat.
    ess : (n,)
        Effective number of draws, the smaller of bulk and tail.
    divergences
        Transitions on which the integrator failed.
    evaluations
        Gradients, tuning included.
    """

    names: tuple[str, ...]
    z: Floats
    rhat: Floats
    ess: Floats
    divergences: int
    evaluations: int

    def flat(self) -> Floats:
        """All draws, shape (chain * draw, n)."""
        return self.z.reshape(-1, self.z.shape[-1])


def _libraries() -> tuple[Any, Any]:
    """(nutpie, arviz), or one helpful sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import arviz
            import nutpie
            import nutpie.compiled_pyfunc
    except ImportError as error:
        raise FitError(MISSING) from error
    return nutpie, arviz


def _walk(
    problem: Problem, start: MapFit, *, chains: int, draws: int, tune: int, seed: int
) -> tuple[Floats, int, int]:
    """Draws (chain, draw, n), divergences, evaluations."""
    nutpie, _ = _libraries()
    n = len(start.mode)
    root = np.linalg.cholesky(start.covariance)
    mode, top = start.mode, start.logp
    count = 0

    def make_density() -> Callable[[Floats], tuple[float, Floats]]:
        def density(u: Floats) -> tuple[float, Floats]:
            nonlocal count
            count += 1
            value, grad = problem.logp_grad(mode + root @ u)
            if not (np.isfinite(value) and np.all(np.isfinite(grad))):
                return -np.inf, np.zeros(n)
            # the top is taken off: only differences matter, and they keep their digits
            return value - top, root.T @ grad

        return density

    def make_expand(*_: object) -> Callable[[Floats], dict[str, Floats]]:
        return lambda u: {"z": mode + root @ np.asarray(u)}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = nutpie.compiled_pyfunc.from_pyfunc(
            n,
            make_density,
            make_expand,
            [np.dtype("float64")],
            [(n,)],
            ["z"],
            make_initial_point_fn=lambda s: np.random.default_rng(s).normal(0, 0.5, n),
        )
        found = nutpie.sample(
            model,
            draws=draws,
            tune=tune,
            chains=chains,
            cores=1,
            seed=seed,
            save_warmup=False,
            progress_bar=False,
        )
    z = np.asarray(found.posterior["z"].values, np.float64)
    return z, int(found.sample_stats["diverging"].values.sum()), count


def diagnose(z: Floats) -> tuple[Floats, Floats]:
    """R-hat and effective number of draws of every coordinate.

    Parameters
    ----------
    z : (chain, draw, n)

    Returns
    -------
    rhat, ess : (n,)
        ``ess`` is the smaller of bulk and tail. A single chain has no R-hat (nan).

    Raises
    ------
    FitError
        When arviz is not installed.
    """
    _, arviz = _libraries()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = arviz.convert_to_dataset({"z": z})
        bulk = arviz.ess(data, method="bulk")["z"].values
        tail = arviz.ess(data, method="tail")["z"].values
        rhat = np.full(z.shape[-1], np.nan)
        if len(z) > 1:
            rhat = np.asarray(arviz.rhat(data)["z"].values, np.float64)
    return rhat, np.minimum(bulk, tail)


def _complaint(chains: Chains, most_rhat: float, least_ess: float) -> str:
    """What is wrong with the chains, worst first; empty when nothing is."""
    rhat = np.where(np.isnan(chains.rhat), 1.0, chains.rhat)
    bad = (rhat > most_rhat) | ~(chains.ess >= least_ess)
    if not bad.any():
        return ""
    worst = np.lexsort((chains.ess, -rhat))
    worst = worst[bad[worst]][:SHOWN]
    said = "; ".join(
        f"{chains.names[i]}: R-hat {chains.rhat[i]:.3f}, "
        f"effective draws {chains.ess[i]:.0f}"
        for i in worst
    )
    more = f"; and {bad.sum() - len(worst)} more" if bad.sum() > len(worst) else ""
    return (
        f"the chains did not mix for {bad.sum()} of {len(bad)} numbers (wanted R-hat "
        f"at most {most_rhat:g} and at least {least_ess:g} effective draws): "
        f"{said}{more}. {chains.divergences} divergences. Take more draws, a longer "
        "tuning, or narrower priors"
    )


def sample_nuts(
    problem: Problem,
    *,
    seed: int,
    start: MapFit | None = None,
    chains: int = 4,
    draws: int = 1000,
    tune: int = 500,
    most_rhat: float = MOST_RHAT,
    least_ess: float = LEAST_ESS,
    unmixed: Literal["refuse", "warn", "keep"] = "refuse",
) -> Chains:
    """Sample a posterior by NUTS.

    Parameters
    ----------
    problem
        What to sample.
    seed
        Of the chains; the same seed gives the same draws.
    start
        Mode and spread; absent: found first, from zeros.
    chains, draws, tune
        Number of chains, of draws kept in each, of tuning steps before.
    most_rhat, least_ess
        What every number must reach.
    unmixed
        What to do with chains that do not.

    Returns
    -------
    Chains

    Raises
    ------
    ConvergenceError
        When the chains did not mix and ``unmixed`` is ``"refuse"``.
    FitError
        When nutpie or arviz is not installed.
    """
    _libraries()
    if start is None:
        start = fit_map(problem, np.zeros(len(problem.names)))
    z, divergences, evaluations = _walk(
        problem, start, chains=chains, draws=draws, tune=tune, seed=seed
    )
    rhat, ess = diagnose(z)
    result = Chains(problem.names, z, rhat, ess, divergences, evaluations)
    if unmixed != "keep" and (said := _complaint(result, most_rhat, least_ess)):
        if unmixed == "refuse":
            raise ConvergenceError(said)
        warnings.warn(said, ConvergenceWarning, stacklevel=2)
    return result
