"""An invented replay of the demo case, weekly, without a simulation."""

import datetime as dt
import math

import spillover as sp
from spillover.api.replay import Replay, ReplayRow

START = dt.date(2030, 3, 4)
QUESTIONS = (
    ("strike-on-arland@30", "Does Westmark strike on Arland's soil?", 30),
    ("more@7", "Are there more launches?", 7),
)


def sample_replay(weeks=40, questions=QUESTIONS):
    """A line that moves, with answers of every kind."""
    rows = []
    for k in range(weeks):
        day = START + dt.timedelta(7 * k)
        for n, (name, text, length) in enumerate(questions):
            p = 0.35 + 0.25 * math.sin(k / 4 + n)
            came = (
                (0.5, 1.0, 0.0, 0.0, 1.0)[k % 5] if k % 10 == 0 else float(k % 3 == 0)
            )
            settled = came in (0.0, 1.0)
            rows.append(
                ReplayRow(
                    day,
                    name,
                    text,
                    f"within {length} days",
                    length,
                    p,
                    None if k == 3 else max(0.01, p - 0.15),
                    None if k == 3 else min(0.99, p + 0.2),
                    came,
                    settled,
                    None if k < 4 else 0.3,
                    None if k < 4 else 0.25,
                    None if k < 4 else k % 2 == 0,
                )
            )
    days = tuple(START + dt.timedelta(7 * k) for k in range(weeks))
    return Replay(sp.load("strait-demo"), tuple(rows), days, 400, 20, 1, 1)
