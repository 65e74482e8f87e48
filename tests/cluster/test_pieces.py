"""Work in pieces: all of it when nothing stops it, none begun after something does."""

import threading
import time

import pytest

from spillover.cluster.pieces import in_pieces


def test_every_piece_is_done_once_and_told_in_order():
    made, told = [], []
    in_pieces(
        lambda n: made.append(n) or n * n,
        range(50),
        2,
        lambda k, x: told.append((k, x)),
    )
    assert sorted(made) == list(range(50))
    assert [k for k, _ in told] == list(range(50))
    assert sorted(x for _, x in told) == [n * n for n in range(50)]


@pytest.mark.parametrize("where", ["told", "work"])
def test_what_stops_it_stops_it_soon(where):
    begun = []

    def work(n):
        begun.append(n)
        time.sleep(0.02)
        if where == "work" and n == 3:
            raise KeyboardInterrupt
        return n

    def told(k, _):
        if where == "told" and k == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        in_pieces(work, range(500), 2, told)
    assert len(begun) < 20
    assert threading.active_count() < 20
