"""The NUTS wrapper: the right law, the same draws for a seed, refusal when unmixed."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from spillover.errors import ConvergenceError, ConvergenceWarning, FitError
from spillover.inference.nuts import diagnose, sample_nuts
from tests.support.stat import check_ks


class Gammas:
    """Logs of three Gamma variates, one coordinate scaled badly: skewed on purpose.

    A symmetric target cannot see a gradient or a scaling with the wrong sign.
    """

    names = ("a", "b", "c")
    shape = np.array([0.7, 3.0, 20.0])

    def logp_grad(self, z):
        z = np.asarray(z)
        x = np.exp(z)
        return float(np.sum(self.shape * z - x)), self.shape - x


class TwoHills:
    """Two hills far apart: no chain crosses."""

    names = ("height",)

    def logp_grad(self, z):
        a, b = -0.5 * (z[0] - 20.0) ** 2, -0.5 * (z[0] + 20.0) ** 2
        w = np.exp(a - np.logaddexp(a, b))
        grad = -w * (z[0] - 20.0) - (1.0 - w) * (z[0] + 20.0)
        return float(np.logaddexp(a, b)), np.array([grad])


def test_law_of_a_skewed_target():
    from scipy import stats

    chains = sample_nuts(Gammas(), seed=4, draws=6000)
    assert chains.z.shape == (4, 6000, 3)
    assert np.all(chains.ess > 2000)
    for k, shape in enumerate(Gammas.shape):
        # thinned to near independence, so that the K-S law holds
        x = np.exp(chains.z[:, ::8, k].ravel())
        check_ks(x, stats.gamma(shape).cdf, f"NUTS, shape {shape}", seed=4)


def test_one_seed_one_result():
    a, b = (sample_nuts(Gammas(), seed=9, draws=300, unmixed="keep") for _ in "ab")
    c = sample_nuts(Gammas(), seed=10, draws=300, unmixed="keep")
    assert np.array_equal(a.z, b.z)
    assert not np.array_equal(a.z, c.z)
    assert a.flat().shape == (1200, 3)
    assert a.evaluations > 1200


def test_unmixed_chains_are_refused_with_the_worst_named():
    def run(**more):
        from spillover.inference.posterior import MapFit

        wide = MapFit(("height",), np.zeros(1), np.eye(1) * 400.0, 0.0, 0.0, 1, True)
        return sample_nuts(TwoHills(), seed=1, start=wide, draws=200, **more)

    with pytest.raises(ConvergenceError) as caught:
        run()
    said = str(caught.value)
    assert "did not mix for 1 of 1 numbers" in said
    assert "height: R-hat" in said
    assert "at most 1.01 and at least 400" in said
    with pytest.warns(ConvergenceWarning, match="height: R-hat"):
        kept = run(unmixed="warn")
    assert kept.rhat[0] > 1.01
    assert run(unmixed="keep").rhat[0] > 1.01


def test_too_few_draws_are_refused():
    with pytest.raises(ConvergenceError, match="effective draws"):
        sample_nuts(Gammas(), seed=1, draws=50)


def test_one_chain_has_no_rhat():
    rhat, ess = diagnose(np.random.default_rng(1).normal(size=(1, 500, 2)))
    assert np.isnan(rhat).all()
    assert np.all(ess > 300)


def test_without_the_extra_one_sentence_says_what_to_do(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] == "nutpie":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(FitError) as caught:
        sample_nuts(Gammas(), seed=1)
    assert str(caught.value) == (
        "sampling needs nutpie and arviz, which are not installed here: "
        "pip install spillover[bayes]. The mode with its Laplace spread needs neither"
    )
