"""Links as arrays, and excitations kept between calls: the same bits as loop and fresh call."""

import numpy as np

from spillover.inference.case_links import LN2, link_table
from spillover.inference.history_data import Link
from spillover.inference.history_kernels import (
    history_loglik,
    history_loglik_kept,
    link_room,
)
from spillover.model.structure import ABSENT

LINKS = (
    Link(0, 0, 1),
    Link(1, 2, 1, share=3),
    Link(0, ABSENT, ABSENT, fixed=0.3, fixed_half_life=4.0),
    Link(1, 0, 4, share=3, times=5),
    Link(0, 5, 4, times=5),  # one number twice in a link
)


def values_by_loop(theta):
    children, decay = np.empty(len(LINKS)), np.empty(len(LINKS))
    for m, x in enumerate(LINKS):
        if x.children == ABSENT:
            children[m], half = x.fixed, x.fixed_half_life
        else:
            share = 1.0 if x.share == ABSENT else theta[x.share]
            times = 1.0 if x.times == ABSENT else theta[x.times]
            children[m] = theta[x.children] * share * times
            half = theta[x.half_life]
        decay[m] = LN2 / half
    return children, decay


def slopes_by_loop(d_theta, theta, d_children, d_decay, decay):
    for m, x in enumerate(LINKS):
        if x.children == ABSENT:
            continue
        share = 1.0 if x.share == ABSENT else theta[x.share]
        times = 1.0 if x.times == ABSENT else theta[x.times]
        d_theta[x.children] += d_children[m] * share * times
        if x.share != ABSENT:
            d_theta[x.share] += d_children[m] * theta[x.children] * times
        if x.times != ABSENT:
            d_theta[x.times] += d_children[m] * theta[x.children] * share
        d_theta[x.half_life] -= d_decay[m] * decay[m] / theta[x.half_life]


def test_arrays_are_the_loop_to_the_bit():
    rng = np.random.default_rng(20310101)
    table = link_table(LINKS)
    for _ in range(200):
        theta = np.exp(rng.normal(size=6))
        children, decay = table.values(theta)
        plain = values_by_loop(theta)
        assert np.array_equal(children, plain[0])
        assert np.array_equal(decay, plain[1])
        d_children, d_decay = rng.normal(size=(2, len(LINKS)))
        one = rng.normal(size=6)
        two = one.copy()
        table.add_slopes(one, theta, d_children, d_decay, decay)
        slopes_by_loop(two, theta, d_children, d_decay, decay)
        assert np.array_equal(one, two)


def test_no_link_at_all():
    children, decay = link_table(()).values(np.ones(3))
    assert len(children) == len(decay) == 0
    link_table(()).add_slopes(np.zeros(3), np.ones(3), children, decay, decay)


def test_what_is_kept_changes_no_bit():
    """Decays moved one at a time, as a fit's Hessian does, and all at once."""
    rng = np.random.default_rng(7)
    days, streams = 60, 2
    times = [np.sort(rng.uniform(0, days, n)) for n in (40, 25)]
    pointer = np.array([0, 40, 65])
    target = np.array([x.target for x in LINKS])
    sources = [times[m % 2] for m in range(len(LINKS))]
    source_pointer = np.r_[0, np.cumsum([len(s) for s in sources])]
    fixed = (np.concatenate(times), pointer, np.ones((streams, days), np.bool_))
    grids = np.exp(0.1 * rng.normal(size=(3, streams, days)))
    tail = (target, source_pointer, np.concatenate(sources))
    room = link_room(pointer, target, days)
    decay = rng.uniform(0.1, 2.0, len(LINKS))
    for turn in range(30):
        children = rng.uniform(0.05, 0.3, len(LINKS))
        if turn % 3:
            decay = decay.copy()
            decay[turn % len(LINKS)] *= 1.001
        elif turn % 2:
            decay = rng.uniform(0.1, 2.0, len(LINKS))
        fresh = history_loglik(*fixed, *grids, *tail, children, decay)
        kept = history_loglik_kept(*fixed, *grids, *tail, children, decay, *room)
        assert fresh[0] == kept[0]
        for a, b in zip(fresh[1:], kept[1:], strict=True):
            assert np.array_equal(a, b)
