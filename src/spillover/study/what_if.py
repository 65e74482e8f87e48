"""What would have been: one history played again with one decision changed.

Two answers. *Kept*: the course that was seen is kept as far as the levels allow,
parents and levels drawn from their posterior; that what happens at one level happens at
every higher one is our assumption, which no data can show. *Replayed*: the history up
to the decision, then simulated.

This file must never import a page or a command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spillover.engine.asked import compile_questions
from spillover.engine.branching import act_table
from spillover.engine.codes import ERRORS
from spillover.engine.otherwise import Changed, new_player, play
from spillover.engine.program import compile_model
from spillover.engine.script import SEEN
from spillover.errors import RunError
from spillover.keys import id_key
from spillover.model.history import History
from spillover.model.structure import ABSENT, Model, Pattern, ScheduledAct, Varying
from spillover.model.via import RECORD
from spillover.outcomes.question import Question, Span, Tally

__all__ = ["Otherwise", "Player", "Way"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BLOCK = 30
SWEEPS = 10
LATEST = 1e300


@dataclass(frozen=True)
class Way:
    """One way to play a history.

    Attributes
    ----------
    gone
        Events (places in the history) that did not happen.
    until
        State to the day till which it holds once it is turned on.
    acts
        Acts that happened besides.
    """

    gone: tuple[int, ...] = ()
    until: tuple[tuple[int, float], ...] = ()
    acts: tuple[ScheduledAct, ...] = ()


@dataclass(frozen=True)
class Otherwise:
    """Samples of one history.

    Attributes
    ----------
    kept, replayed : (V, samples, counts)
        Events counted between the decision and the end, each way.
    work
        Candidates looked at.
    """

    kept: Ints
    replayed: Ints
    work: int


def _slowest(model: Model, theta: Floats) -> float:
    """Longest memory of the case, in half-lives or waits."""

    def top(v: Varying | None) -> float:
        if v is None:
            return 1.0
        if v.family == "uniform":
            return float(theta[v.b])
        spread = float(theta[v.b]) if v.b != ABSENT and v.family != "fixed" else 0.0
        return float(theta[v.a]) * float(np.exp(2.0 * spread))

    waits = [float(theta[k.half_life]) for r in model.responses for k in r.kernel]
    waits += [top(line.delay) / 10.0 for line in model.red_lines]
    waits += [float(theta[r.within]) / 10.0 for r in model.replies]
    return max([1.0, *waits])


class Player:
    """Plays histories of one model; memory is kept between them.

    Parameters
    ----------
    model
        Of the history: time 0 is its first day, its horizon the last day looked at, and
        driver i is the background of stream i (`assemble.history_model`).
    counts
        What is counted.
    most
        Most events a history has.
    """

    def __init__(self, model: Model, counts: Sequence[Pattern], most: int) -> None:
        self.model = model
        self.program = compile_model(model)
        tallies = tuple(Tally("count", p) for p in counts)
        days = self.program.days
        questions = tuple(
            Question(
                str(n), "", "", "", n + 1, "count", n, (Span(0, days),), quiet=True
            )
            for n in range(len(tallies))
        )
        self.asked = compile_questions(model, tallies, questions)
        self.counts = len(tallies)
        self.memory = new_player(
            self.program,
            max(1, most),
            max_events=20_000 + 4 * most,
            spares=200_000,
            buckets_per_day=2,
            block=BLOCK,
        )

    def play(
        self,
        theta: Floats,
        mu: Floats,
        history: History,
        ways: Sequence[Way],
        *,
        low: float,
        high: float,
        decisive: Sequence[int] = (),
        walks: Floats | None = None,
        ahead: float = 0.0,
        samples: int = 1,
        replay: bool = True,
        seed: int = 1,
        draw: int = 0,
        spoil: int = 0,
    ) -> Otherwise:
        """Play a history each way.

        Parameters
        ----------
        theta : (slots,)
            Numbers of the draw.
        mu : (K,)
            Immigrants per day before the background.
        history
            What was seen, times from the first day.
        ways
            The first should change nothing: kept, it is what was seen.
        low, high
            The decision and the end, in days.
        decisive
            Events of the decision: a replay has them though they come after ``low``.
        walks : (K, 3)
            Walk of each stream's log background (`engine.background`); None: it is one.
        ahead
            Days from ``high`` to the origin, where backgrounds are one.
        samples, seed, draw
            How many, and their keys.
        replay
            Whether to give the second answer too; if not, it counts nothing.
        spoil
            Not 0: wrong on purpose, for tests.

        Raises
        ------
        RunError
            When a course cannot be finished.
        """
        n, K = len(history), len(self.model.streams)
        seen = np.zeros(n, SEEN)
        for name in ("time", "key", "flags", "stream", "deaths", "injured"):
            seen[name] = getattr(history, name)
        seen["parent"], seen["via"] = -1, RECORD
        seen["decisive"][list(decisive)] = 1
        gone = np.zeros((len(ways), n), np.int64)
        until = np.full((len(ways), len(self.model.states)), -LATEST)
        for v, way in enumerate(ways):
            gone[v, list(way.gone)] = 1
            for state, day in way.until:
                until[v, state] = day
        acts = [act_table(w.acts) for w in ways]
        changed = Changed(
            gone,
            until,
            np.concatenate(acts),
            np.cumsum([0, *map(len, acts)]).astype(np.int64),
        )
        kept = np.zeros((len(ways), samples, self.counts), np.int64)
        replayed = np.zeros_like(kept)
        key = np.uint64(id_key("what-if", seed, draw))
        work, error = play(
            self.program, self.memory, self.asked, np.ascontiguousarray(theta),
            np.ascontiguousarray(mu), seen, changed,
            np.zeros((K, 3)) if walks is None else np.ascontiguousarray(walks), ahead,
            BLOCK, _slowest(self.model, theta), SWEEPS, low, high, key, samples, replay,
            spoil, kept, replayed,
        )  # fmt: skip
        if error:
            msg = f"the history of draw {draw} could not be played: {ERRORS[error]}"
            raise RunError(msg)
        return Otherwise(kept, replayed, int(work))
