"""What the bar says where there is no terminal: a line every ten seconds, with the time left."""

import pytest

from spillover.cli import progress
from spillover.cli.progress import Bar


@pytest.mark.parametrize(
    ("after", "said"), [(0.0, "about 65 s left"), (20.0, "about 85 s left")]
)
def test_what_follows_is_part_of_the_time_left(monkeypatch, capsys, after, said):
    """Someone who waits waits for the folder too, not only for the counted work."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with Bar(quiet=False, after=after) as bar:
        bar.compiling = True
        for t in range(41):
            now[0] = 100.0 + t
            bar(10 * t, 1000, "simulating")
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == f"simulating: 33 %, {said}"


def test_quiet_says_nothing(capsys):
    with Bar(quiet=True, after=5.0) as bar:
        bar(1, 2, "simulating")
    assert capsys.readouterr().err == ""
