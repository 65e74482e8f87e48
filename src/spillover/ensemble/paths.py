"""Chains of an ensemble: by which ways its futures came to their answers.

This file must never import a page, a study or a command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Assembled
from spillover.assemble.stability import bases_matrix
from spillover.cluster.pieces import in_pieces
from spillover.engine.asked import compile_questions
from spillover.engine.branching import act_table
from spillover.engine.codes import ERRORS
from spillover.engine.path_chunk import Tracer, new_tracer, path_chunk
from spillover.engine.paths import LEADS, Chains, new_chains
from spillover.ensemble.drawn import STEPS, Progress, draw, thread_count
from spillover.errors import RunError
from spillover.keys import id_key
from spillover.store.memory import give_back

__all__ = ["Chain", "QuestionPaths", "run_paths"]


@dataclass(frozen=True)
class Chain:
    """One way, from its root to the completing event.

    Attributes
    ----------
    codes, streams
        How each step came (kind in the low four bits, number above) and its stream,
        the root first.
    held
        Places, among the arms held, of factors without which the future answers no.
    count
        Futures that came this way.
    lead
        Mean days from the root to the end.
    status : (factors, 3)
        Futures in which each restraint of the last step was in force and passed, was
        defied, was over.
    example
        (slot, future) of the first future that came this way.
    """

    codes: tuple[int, ...]
    streams: tuple[int, ...]
    held: tuple[int, ...]
    count: int
    lead: float
    status: NDArray[np.int64]
    example: tuple[int, int]


@dataclass(frozen=True)
class QuestionPaths:
    """Ways of one question; shares of ``yes`` sum to one with ``other``.

    Attributes
    ----------
    question
        Its id.
    chains
        Largest first.
    other
        Futures whose way did not fit into the table.
    yes, futures
        Futures with a yes, and all that were finished.
    came, spent : (K, STRATA, 2)
        Yes, and days with the question open, before and after each stream's first
        event, by parts of the window.
    lead : (K,)
        Mean days from that first event to the yes.
    """

    question: str
    chains: tuple[Chain, ...]
    other: int
    yes: int
    futures: int
    came: NDArray[np.int64]
    spent: NDArray[np.float64]
    lead: NDArray[np.float64]


def run_paths(
    assembled: Assembled,
    questions: Sequence[int],
    *,
    arm: Arm | None = None,
    held: Sequence[Arm] = (),
    draws: int = 2000,
    futures: int = 20,
    seed: int = 1,
    threads: int | None = None,
    chunk: int = 25,
    max_events: int = 20_000,
    progress: Progress | None = None,
) -> tuple[QuestionPaths, ...]:
    """Follow every yes of some questions back to its root.

    The futures are those of `run_ensemble` of the same size and seed.

    Parameters
    ----------
    assembled
        The case.
    questions
        Places of the questions.
    arm
        A lever that is pulled.
    held
        Arms with a raising factor switched off: futures with a yes run again with each.
    draws, futures, seed, threads, chunk, max_events, progress
        As in `run_ensemble`.

    Raises
    ------
    RunError
        When a future cannot be finished.
    """
    found = _run(
        assembled, questions, arm or assembled.arms[0], held, draws, futures, seed,
        thread_count(threads), chunk, max_events, progress or (lambda *_: None),
    )  # fmt: skip
    give_back()
    return found


def _needed(assembled: Assembled, questions: Sequence[int]) -> list[int]:
    """The questions and all they combine, in order."""
    need: set[int] = set()
    waiting = list(questions)
    while waiting:
        q = waiting.pop()
        if q not in need:
            need.add(q)
            waiting += assembled.questions[q].parts
    return sorted(need)


def _run(
    assembled: Assembled,
    questions: Sequence[int],
    arm: Arm,
    held: Sequence[Arm],
    draws: int,
    futures: int,
    seed: int,
    threads: int,
    chunk: int,
    max_events: int,
    say: Progress,
) -> tuple[QuestionPaths, ...]:
    model = assembled.model
    total = STEPS + -(-draws // chunk)
    kept = _needed(assembled, questions)
    place = {q: k for k, q in enumerate(kept)}
    some = [
        replace(
            assembled.questions[q],
            parts=tuple(place[p] for p in assembled.questions[q].parts),
        )
        for q in kept
    ]
    asked = compile_questions(model, assembled.tallies, some)
    which = np.array([place[q] for q in questions], np.int64)
    drawn = draw(assembled, draws, seed, threads, total, say)
    say(STEPS, total, "following paths")
    seed_key = np.uint64(id_key("seed", seed))
    acts, past = act_table(arm.acts), drawn.tables
    free: SimpleQueue[tuple[Tracer, Chains]] = SimpleQueue()
    made: list[Chains] = []

    def take() -> tuple[Tracer, Chains]:
        if not free.empty():
            return free.get()
        chains = new_chains(len(which), len(model.streams))
        made.append(chains)
        tracer = new_tracer(
            drawn.program,
            asked,
            questions=len(which),
            futures=futures,
            max_events=max_events,
            past_events=drawn.past.largest,
            buckets_per_day=drawn.per_day,
        )
        return tracer, chains

    def piece(low: int) -> int:
        high = min(low + chunk, draws)
        rows = drawn.index[low:high]
        base = arm.apply(drawn.table.theta[rows])
        thetas = np.stack([base, *(h.apply(base) for h in held)])
        mus = np.stack([bases_matrix(model, t) for t in thetas])
        tracer, chains = take()
        error = path_chunk(
            drawn.program, tracer, asked, chains, which, acts, thetas, mus, seed_key,
            drawn.index, low, high, futures, past,
        )  # fmt: skip
        free.put((tracer, chains))
        return int(error)

    def ended(done: int, error: int) -> None:
        if error:
            msg = f"a future could not be finished: {ERRORS[error]}"
            raise RunError(msg)
        say(STEPS + 1 + done, total, "following paths")

    in_pieces(piece, range(0, draws, chunk), threads, ended)
    return tuple(
        _merged(made, w, some[int(which[w])].id, futures) for w in range(len(which))
    )


def _merged(
    made: Sequence[Chains], w: int, question: str, futures: int
) -> QuestionPaths:
    """Tables of all threads as one, in an order that depends on nothing else."""
    merged: dict[tuple[tuple[int, ...], tuple[int, ...], int], list[int]] = {}
    status: dict[tuple[tuple[int, ...], tuple[int, ...], int], NDArray[np.int64]] = {}
    for chains in made:
        for place in np.flatnonzero(chains.table[w]["count"]):
            row = chains.table[w, place]
            k = int(row["steps"])
            name = (
                tuple(int(x) for x in row["code"][:k][::-1]),
                tuple(int(x) for x in row["stream"][:k][::-1]),
                int(row["held"]),
            )
            old = merged.setdefault(name, [0, 0, int(row["first"])])
            old[0] += int(row["count"])
            old[1] += int(row["lead"])
            old[2] = min(old[2], int(row["first"]))
            was = status.get(name, np.zeros_like(chains.status[w, place]))
            status[name] = was + chains.status[w, place]
    rows = [
        Chain(
            codes,
            streams,
            tuple(b for b in range(64) if held >> b & 1),
            count,
            lead / LEADS / count,
            status[codes, streams, held],
            divmod(first, futures),
        )
        for (codes, streams, held), (count, lead, first) in merged.items()
    ]
    rows.sort(key=lambda c: (-c.count, c.codes, c.streams, c.held))

    def summed(name: str) -> NDArray[np.int64]:
        return np.asarray(np.sum([getattr(c, name)[w] for c in made], axis=0))

    came = summed("came")
    after = np.maximum(came[:, :, 1].sum(axis=1), 1)
    return QuestionPaths(
        question,
        tuple(rows),
        int(summed("other")),
        int(summed("yes")),
        int(sum(c.futures[0] for c in made)),
        came,
        summed("spent") / LEADS,
        summed("lead") / LEADS / after,
    )
