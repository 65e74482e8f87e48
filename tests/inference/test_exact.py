"""The exact-time likelihood: the model's own intensity and compensator, its gradient by
differences, and what must not change it.
"""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spillover.errors import ModelError
from spillover.inference import exact
from spillover.inference.arrow import arrow_at, fit_rows
from spillover.inference.exact import Links, exact_likelihood
from spillover.inference.exact_data import prepare
from spillover.inference.exact_prior import ExactPrior, Support
from spillover.inference.exact_problem import exact_problem
from spillover.inference.posterior import fit_map
from spillover.model.intensity import compensator, intensity
from tests.inference.simulate import simulate_hawkes
from tests.support.build import Build, records

KINDS = ("shared", "links")
LN2 = np.log(2.0)


def events(rng, K, n, end, begin=0.0):
    return np.sort(rng.uniform(begin, end, n)), rng.integers(0, K, n)


def numbers(rng, data, links, D):
    base = rng.uniform(0.1, 1.0, (data.streams, len(data.cell_length)))
    return base, rng.uniform(0.02, 0.4, len(links)), rng.uniform(0.1, 8.0, D)


@given(seed=st.integers(0, 10_000), kind=st.sampled_from(KINDS), mixed=st.booleans())
@settings(max_examples=25, deadline=None)
def test_equals_the_models_intensity_and_compensator(seed, kind, mixed):
    """Weekdays, a truce on part of the streams, half-lives, events of the past."""
    rng = np.random.default_rng(seed)
    K, horizon = int(rng.integers(1, 4)), float(rng.integers(8, 20))
    week = rng.uniform(0.5, 1.5, 7)
    half = rng.uniform(0.3, 9.0, 2 if mixed else 1)
    share = rng.dirichlet(np.ones(len(half)))
    rate, G = rng.uniform(0.1, 1.0, K), rng.uniform(0.0, 0.5, (K, K))
    low, start, end = rng.uniform(0.2, 0.9), 3.25, 6.5
    b = Build(horizon=horizon, weekday_of_origin=3)
    for i in range(K):
        b.stream(f"s{i}", base=rate[i], weekday=tuple(week))
    for i in range(K):
        for j in range(K):
            kernel = list(zip(half, share, strict=True))
            b.response(f"s{j}", f"s{i}", children=G[i, j], half_life=kernel)
    b.factor("truce", [b.row("s0", low)], in_force=[(start, start)], until=end)
    model, theta = b.build()
    time, stream = events(rng, K, 25, horizon)
    before = [(-2.0, "s0"), (-0.4, f"s{K - 1}")]
    past = records(b, before)
    history = records(b, [(t, f"s{s}") for t, s in zip(time, stream, strict=True)])

    lam = intensity(model, theta, history, time, past=past)
    total = compensator(model, theta, history, [horizon], past=past)
    oracle = np.log(lam[np.arange(len(time)), stream]).sum() - total.sum()

    factor = np.ones((K, 3))
    factor[0, 1] = low
    data = prepare(
        [*time, -2.0, -0.4],
        [*stream, 0, K - 1],
        streams=K,
        windows=[(0.0, horizon)],
        weekday_of_zero=3,
        factor_edges=[start, end],
        baseline_factor=factor,
        offspring_factor=factor,
    )
    links = Links.dense(K, len(half))
    base = (
        rate[:, None]
        * (week / week.mean())[data.cell_day]
        * factor[:, data.cell_column]
    )
    weight = (share[:, None] * G.ravel()).ravel()
    value, *_ = exact_likelihood(data, links, kind=kind).value_grad(
        base, weight, LN2 / half
    )
    assert value == pytest.approx(oracle, abs=1e-8)
    own = exact_likelihood(data, links, kind=kind).intensities(base, weight, LN2 / half)
    np.testing.assert_allclose(own[data.scored], lam[np.arange(len(time)), stream])


def several(rng, K=3, n=120):
    """Sequences, blocks, weekdays, factors, ties and events of the past at once."""
    time = np.round(rng.uniform(-4.0, 40.0, n), 2)
    time[:5] = time[5]
    sequence = rng.integers(0, 3, n)
    sequence[:5] = sequence[5]
    return prepare(
        time,
        rng.integers(0, K, n),
        streams=K,
        windows=[(0.0, 40.0), (-1.0, 40.5), (2.0, 41.0)],
        sequence=sequence,
        block_edges=[10.0, 20.5],
        weekday_of_zero=2,
        factor_edges=[5.0, 15.0],
        baseline_factor=rng.uniform(0.5, 2.0, (K, 3)),
        offspring_factor=rng.uniform(0.5, 2.0, (K, 3)),
        tasks=7,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_is_the_difference(kind):
    rng = np.random.default_rng(3)
    data, links = several(rng), Links.dense(3, 2)
    like = exact_likelihood(data, links, kind=kind)
    x = numbers(rng, data, links, 2)
    _, *grads = like.value_grad(*x)
    for part, grad in enumerate(grads):
        for k in rng.choice(x[part].size, min(6, x[part].size), replace=False):
            h = 1e-6
            up, down = (np.array(x[part]) for _ in "ud")
            up.flat[k] += h
            down.flat[k] -= h
            both = [
                like.value_grad(*x[:part], y, *x[part + 1 :])[0] for y in (up, down)
            ]
            assert grad.flat[k] == pytest.approx(
                (both[0] - both[1]) / (2 * h), rel=1e-5, abs=1e-6
            )


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_both_ways_agree_and_names_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    K = 3
    data, links = several(rng), Links.dense(K, 2)
    base, weight, decays = numbers(rng, data, links, 2)
    a, *ga = exact_likelihood(data, links, kind="shared").value_grad(
        base, weight, decays
    )
    b, *gb = exact_likelihood(data, links, kind="links").value_grad(
        base, weight, decays
    )
    assert a == pytest.approx(b, abs=1e-9)
    for x, y in zip(ga, gb, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)
    new = rng.permutation(K)  # stream i becomes new[i]
    other = prepare(
        data.time,
        new[data.stream],
        streams=K,
        windows=data.windows,
        sequence=data.sequence,
        block_edges=[10.0, 20.5],
        weekday_of_zero=2,
        factor_edges=[5.0, 15.0],
        baseline_factor=data.baseline_factor[np.argsort(new)],
        offspring_factor=data.offspring_factor[np.argsort(new)],
    )
    renamed = Links(new[links.target], new[links.source], links.decay)
    c, *gc = exact_likelihood(other, renamed).value_grad(
        base[np.argsort(new)], weight, decays
    )
    assert c == pytest.approx(a, abs=1e-9)
    np.testing.assert_allclose(gc[1], ga[1], rtol=1e-9, atol=1e-9)


def test_same_bits_for_any_number_of_threads_and_near_for_any_cut(monkeypatch):
    # also so little work goes to several threads
    monkeypatch.setattr(exact, "SMALL", 0.0)
    rng = np.random.default_rng(5)
    K = 12
    time, stream = events(rng, K, 60_000, 5000.0)
    links = Links.dense(K)
    x = None
    results = {}
    for tasks in (1, 3, 16):
        data = prepare(time, stream, streams=K, windows=[(0.0, 5000.0)], tasks=tasks)
        x = x or numbers(rng, data, links, 1)
        for kind in KINDS:
            like = exact_likelihood(data, links, kind=kind)
            before = numba.get_num_threads()
            for threads in {1, min(2, before)}:
                numba.set_num_threads(threads)
                results[tasks, kind, threads] = like.value_grad(*x)
            numba.set_num_threads(before)
    first = results[1, "shared", 1]
    for (tasks, kind, _), found in results.items():
        same = results[tasks, kind, 1]
        for u, v, w in zip(found, same, first, strict=True):
            assert np.array_equal(u, v), (tasks, kind)
            np.testing.assert_allclose(u, w, rtol=1e-8, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_sequences_add_up(kind):
    rng = np.random.default_rng(6)
    links = Links.dense(2)
    one, two = events(rng, 2, 40, 20.0), events(rng, 2, 60, 33.0, begin=3.0)
    ends = [(0.0, 20.0), (3.0, 33.0)]
    x = (rng.uniform(0.2, 1.0, (2, 1)), rng.uniform(0.1, 0.4, 4), np.array([0.7]))
    apart = [
        exact_likelihood(
            prepare(*e, streams=2, windows=[w]), links, kind=kind
        ).value_grad(*x)
        for e, w in zip((one, two), ends, strict=True)
    ]
    data = prepare(
        np.concatenate([one[0], two[0]]),
        np.concatenate([one[1], two[1]]),
        streams=2,
        windows=ends,
        sequence=np.repeat([0, 1], [40, 60]),
    )
    both = exact_likelihood(data, links, kind=kind).value_grad(
        np.tile(x[0], len(data.cell_length)), *x[1:]
    )
    assert both[0] == pytest.approx(apart[0][0] + apart[1][0], abs=1e-9)
    for k in (2, 3):
        np.testing.assert_allclose(both[k], apart[0][k] + apart[1][k], rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_events_of_one_instant_do_not_see_each_other(kind):
    data = prepare([1.0, 1.0, 2.0], [0, 0, 0], streams=1, windows=[(0.0, 3.0)])
    like = exact_likelihood(data, Links.dense(1), kind=kind)
    lam = like.intensities(np.array([[0.5]]), np.array([0.4]), np.array([2.0]))
    after = 0.5 + 2 * 0.4 * 2.0 * np.exp(-2.0)
    np.testing.assert_allclose(lam, [0.5, 0.5, after])


@pytest.mark.parametrize("kind", KINDS)
def test_long_silences_and_short_half_lives_do_not_overflow(kind):
    time = np.concatenate([np.arange(5) * 1e-3, 1e4 + np.arange(5) * 1e-3])
    data = prepare(time, np.zeros(10, int), streams=1, windows=[(-1.0, 2e4)])
    like = exact_likelihood(data, Links.dense(1), kind=kind)
    base, w, b = np.array([[0.01]]), np.array([0.5]), np.array([700.0])
    value, *grads = like.value_grad(base, w, b)
    age = time[:, None] - time
    seen = np.where(age > 0, b * np.exp(-b * np.maximum(age, 0.0)), 0.0).sum(axis=1)
    oracle = np.log(0.01 + 0.5 * seen).sum() - 0.01 * (2e4 + 1.0) - 0.5 * 10
    assert value == pytest.approx(oracle, abs=1e-6)
    assert all(np.all(np.isfinite(g)) for g in grads)


def test_score_has_mean_zero_at_the_truth():
    """E score = 0 and Var score = -E Hessian, with an asymmetric G."""
    rng = np.random.default_rng(7)
    mu, G, b = (
        np.array([0.6, 0.2]),
        np.array([[0.3, 0.5], [0.05, 0.2]]),
        np.array([1.3]),
    )
    links = Links.dense(2)
    scores = []
    for _ in range(400):
        t, s = simulate_hawkes(rng, mu, G, b, 60.0)
        data = prepare(t, s, streams=2, windows=[(0.0, 60.0)])
        _, *g = exact_likelihood(data, links).value_grad(mu[:, None], G.ravel(), b)
        scores.append(np.concatenate([x.ravel() for x in g]))
    mean, se = np.mean(scores, axis=0), np.std(scores, axis=0) / 20.0
    assert np.all(np.abs(mean) < 5.0 * se), (mean, se)
    # the transposed matrix must be seen as wrong
    wrong = []
    for _ in range(400):
        t, s = simulate_hawkes(rng, mu, G.T, b, 60.0)
        data = prepare(t, s, streams=2, windows=[(0.0, 60.0)])
        _, *g = exact_likelihood(data, links).value_grad(mu[:, None], G.ravel(), b)
        wrong.append(np.concatenate([x.ravel() for x in g]))
    se = np.std(wrong, axis=0) / 20.0
    assert np.any(np.abs(np.mean(wrong, axis=0)) > 10.0 * se)


# ---- the posterior built on it ---------------------------------------------------------

SUPPORTS = {
    "own priors": (Support.full(3), 2),
    "pooled": (Support.full(3, pooled=True), 2),
    "half-lives by row": (Support.full(3, decay=np.arange(9) // 3), 3),
    "half-lives by link": (Support.full(3, decay=np.arange(9)), 9),
    "two half-lives": (Support.full(3, decay=np.arange(9) % 2), 2),
}


def posterior(name, rng, n=160):
    support, D = SUPPORTS[name]
    prior = ExactPrior(half_life=tuple(np.geomspace(0.5, 8.0, D)))
    return exact_problem(several(rng, n=n), support, prior, weekdays=True)


@pytest.mark.parametrize("name", SUPPORTS)
def test_gradient_of_the_posterior(name):
    rng = np.random.default_rng(8)
    problem = posterior(name, rng)
    assert len(problem.names) == len(set(problem.names)) == problem.size
    z = problem.draw_prior(rng)
    _, grad = problem.logp_grad(z)
    h = 1e-5
    steps = h * np.eye(problem.size)
    near = [
        (problem.logp_grad(z + e)[0] - problem.logp_grad(z - e)[0]) / (2 * h)
        for e in steps
    ]
    np.testing.assert_allclose(grad, near, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", SUPPORTS)
def test_search_by_rows_finds_the_same_mode_and_spread(name):
    rng = np.random.default_rng(9)
    problem = posterior(name, rng)
    plain = fit_map(problem, problem.start())
    by_rows = fit_rows(problem, problem.start(), tolerance=1e-4)
    assert by_rows.converged
    np.testing.assert_allclose(by_rows.mode, plain.mode, atol=0.01 * plain.spread.min())
    np.testing.assert_allclose(
        by_rows.covariance, plain.covariance, rtol=2e-3, atol=2e-3
    )
    np.testing.assert_allclose(by_rows.spread**2, np.diag(by_rows.covariance))
    assert by_rows.evidence == pytest.approx(plain.evidence, abs=0.01)
    assert by_rows.evaluations < plain.evaluations


def test_draws_of_an_arrow_have_its_covariance():
    rng = np.random.default_rng(10)
    problem = posterior("pooled", rng)
    fit = fit_rows(problem, problem.start())
    arrow = arrow_at(problem, fit.mode)
    z = arrow.draws(rng, 40_000)
    se = arrow.spread() / np.sqrt(len(z))
    assert np.all(np.abs(z.mean(axis=0)) < 5 * se)
    scale = np.outer(arrow.spread(), arrow.spread())
    np.testing.assert_allclose(
        np.cov(z.T) / scale, arrow.covariance() / scale, atol=0.03
    )
    step = z[:50]
    inverse = np.linalg.inv(arrow.covariance())
    oracle = np.einsum("mi,ij,mj->m", step, inverse, step)
    np.testing.assert_allclose(arrow.squares(step), oracle, rtol=1e-6)
    grad = rng.normal(size=arrow.size)
    # L'^-1 L^-1 is the covariance
    np.testing.assert_allclose(arrow.back(arrow.forth(grad)), arrow.covariance() @ grad)


@pytest.mark.parametrize("name", SUPPORTS)
def test_prior_draws_have_the_priors_density(name):
    """E[grad log p] = 0 and E[z . grad log p] = -n hold for draws from p alone."""
    rng = np.random.default_rng(11)
    problem = posterior(name, rng, n=20)
    z = np.array([problem.draw_prior(rng) for _ in range(3000)])
    grad = np.array([problem.log_prior(x)[1] for x in z])
    se = grad.std(axis=0) / np.sqrt(len(z))
    assert np.all(np.abs(grad.mean(axis=0)) < 5 * se)
    work = np.sum(z * grad, axis=1)
    assert abs(work.mean() + problem.size) < 5 * work.std() / np.sqrt(len(z))


def test_nothing_seen_gives_back_the_prior():
    data = prepare([], [], streams=2, windows=[(0.0, 1e-9)])
    prior = ExactPrior(rate=np.array([0.3, 2.0]), half_life=(4.0,))
    problem = exact_problem(data, Support.full(2, median=0.07, sd=0.6), prior)
    fit = fit_map(problem, np.zeros(problem.size))
    np.testing.assert_allclose(fit.mode, problem.start(), atol=1e-5)
    np.testing.assert_allclose(fit.spread, [1.5, 1.5, *[0.6] * 4, 1.5], rtol=1e-4)
    assert abs(fit.evidence) < 1e-4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"windows": [(1.0, 1.0)]},
            "every sequence needs a window that ends after it starts",
        ),
        ({"stream": [0, 2]}, "events name stream 2, there are 2"),
        ({"sequence": [0, 1]}, "events name sequence 1, there are 1 windows"),
        ({"time": [1.0, 9.0]}, "1 events lie after the end of their window"),
        ({"time": [1.0, np.nan]}, "1 events have no time"),
        (
            {"baseline_factor": np.ones((2, 2))},
            "the baseline factor has shape (2, 2) or negative values; wanted (2, 1), none below 0",
        ),
    ],
)
def test_bad_input(change, message):
    given = {
        "time": [1.0, 2.0],
        "stream": [0, 1],
        "streams": 2,
        "windows": [(0.0, 5.0)],
    } | change
    with pytest.raises(ModelError) as caught:
        prepare(given.pop("time"), given.pop("stream"), **given)
    assert str(caught.value) == message


def test_bad_links():
    data = prepare([1.0], [0], streams=2, windows=[(0.0, 5.0)])
    twice = Links(np.array([0, 0]), np.array([1, 1]), np.array([0, 0]))
    with pytest.raises(ModelError) as caught:
        exact_likelihood(data, twice)
    assert str(caught.value) == "two links have the same source, target and decay"
    with pytest.raises(ModelError) as caught:
        exact_problem(data, Support.full(2, decay=np.array([0, 1, 0, 1])))
    assert str(caught.value) == "a link names half-life 2, there are 1"
