"""Ways to an outcome: links by name, what each carries, what set the courses apart.

This file must never import a page or a command.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spillover.assemble.arms import Arm
from spillover.assemble.assembled import Assembled
from spillover.assemble.switch_off import off_arm
from spillover.engine.paths import SOME_OTHER_WAY
from spillover.ensemble.paths import Chain, QuestionPaths
from spillover.ensemble.run import Ensemble
from spillover.errors import ModelError
from spillover.model.structure import Model
from spillover.model.via import (
    IMMIGRANT,
    LEVER,
    LINE,
    REPLY,
    RESPONSE,
    WARNING,
    index_of,
    kind_of,
)
from spillover.study.effects import Effect, effect_of

LEAST = 20
"""Courses an event must stand in before it is spoken of."""

__all__ = [
    "KnockOut",
    "Link",
    "Marker",
    "Step",
    "knock_outs",
    "knocked",
    "link_shares",
    "links_of",
    "markers",
    "raising_arms",
    "steps_of",
]

How = Literal[
    "baseline", "response", "line", "reply", "warning", "lever", "some other way"
]
KINDS: dict[int, How] = {
    IMMIGRANT: "baseline",
    RESPONSE: "response",
    LINE: "line",
    REPLY: "reply",
    WARNING: "warning",
    LEVER: "lever",
    SOME_OTHER_WAY: "some other way",
}
SECTIONS: dict[How, str] = {
    "baseline": "streams",
    "response": "responses",
    "line": "red_lines",
    "reply": "replies",
    "warning": "warnings",
}


@dataclass(frozen=True)
class Step:
    """One step of a way: how it came, through which element, and the stream."""

    how: How
    element: str
    stream: str


@dataclass(frozen=True)
class Link:
    """An element that carries ways: its kind and id."""

    how: How
    element: str

    @property
    def path(self) -> str:
        """The element as ``section.id``; nothing for what cannot be switched off."""
        section = SECTIONS.get(self.how, "")
        return f"{section}.{self.element}" if section else ""


@dataclass(frozen=True)
class KnockOut:
    """A link switched off, in a paired rerun.

    Attributes
    ----------
    link
        What was switched off.
    share
        Share of the ways that lead over it.
    effect
        What its absence does to the chance; None where it cannot be switched off.
    """

    link: Link
    share: float
    effect: Effect | None


@dataclass(frozen=True)
class Marker:
    """A kind of event after which the outcome comes more or less often.

    Attributes
    ----------
    stream
        The kind of event.
    share
        Share of courses with the outcome that had it before.
    times
        How many times as often the outcome comes after its first event as before one,
        at the same time in the window, in courses where it is still open.
    lead
        Mean days from its first event to the outcome.
    """

    stream: str
    share: float
    times: float
    lead: float


def _element(model: Model, code: int) -> str:
    """Id of the element a code names."""
    kind, n = kind_of(code), index_of(code)
    if kind == RESPONSE:
        return model.responses[n].id
    if kind == LINE:
        return model.red_lines[n].id
    if kind == WARNING:
        return model.warnings[n].id
    if kind == IMMIGRANT:
        return model.streams[n].id
    if kind == REPLY:
        for reply in model.replies:
            if n < len(reply.answers):
                return reply.id
            n -= len(reply.answers)
    return ""


def steps_of(model: Model, chain: Chain) -> tuple[Step, ...]:
    """A chain by name, the root first."""
    return tuple(
        Step(
            KINDS[kind_of(code)],
            _element(model, code),
            "" if kind_of(code) == SOME_OTHER_WAY else model.streams[stream].id,
        )
        for code, stream in zip(chain.codes, chain.streams, strict=True)
    )


def links_of(model: Model, chain: Chain) -> tuple[Link, ...]:
    """Links of a chain, each once."""
    return tuple(dict.fromkeys(Link(s.how, s.element) for s in steps_of(model, chain)))


def link_shares(model: Model, found: QuestionPaths) -> dict[Link, float]:
    """Share of the yes that leads over each link; they do not sum to one."""
    counts: dict[Link, int] = {}
    for chain in found.chains:
        for link in links_of(model, chain):
            counts[link] = counts.get(link, 0) + chain.count
    order = sorted(counts, key=lambda k: (-counts[k], k.how, k.element))
    return {k: counts[k] / max(1, found.yes) for k in order}


def raising_arms(assembled: Assembled) -> tuple[Arm, ...]:
    """An arm for every red line or gauge that can raise a rate, with it held."""
    model = assembled.model
    paths = [
        f"red_lines.{line.id}"
        for line in model.red_lines[: assembled.lever_lines]
        if line.factor is not None or line.opens is not None
    ]
    middle = np.array([c.median for c in assembled.slots.columns])
    raising = [
        g.id
        for n, g in enumerate(model.gauges)
        if any(
            f.gauge == n and any(middle[r.factor] > 1.0 for r in f.rows)
            for f in model.gauge_factors
        )
    ]
    found = []
    for path in [*paths, *(f"gauges.{g}" for g in raising)]:
        try:
            found.append(off_arm(assembled, path))
        except ModelError:  # it has no number that could be zero
            continue
    return tuple(found[:64])


def knock_outs(
    assembled: Assembled, found: QuestionPaths, most: int
) -> tuple[tuple[Link, Arm], ...]:
    """Arms without each of the links that carry most, largest share first.

    A stream that is given by the level of all its events cannot be switched off.
    """
    arms: list[tuple[Link, Arm]] = []
    for link in link_shares(assembled.model, found):
        if len(arms) == most:
            break
        if link.path:
            try:
                arms.append((link, off_arm(assembled, link.path)))
            except ModelError:
                continue
    return tuple(arms)


def knocked(
    links: Sequence[tuple[Link, Arm]],
    shares: dict[Link, float],
    ensemble: Ensemble,
    question: int,
) -> tuple[KnockOut, ...]:
    """What switching each link off did, in an ensemble of those arms."""
    out = []
    base = ensemble.arms[0].sums.hits[:, question]
    for (link, _), arm in zip(links, ensemble.arms[1:], strict=True):
        assert arm.pairs is not None
        effect = effect_of(
            base,
            arm.pairs.lost[:, question],
            arm.pairs.gained[:, question],
            ensemble.futures,
        )
        out.append(KnockOut(link, shares[link], effect))
    return tuple(out)


def markers(
    model: Model, found: QuestionPaths, leave: Sequence[str] = (), most: int = 8
) -> tuple[Marker, ...]:
    """Kinds of events after which the outcome comes more or less often.

    Rates are compared within tenths of the window and joined by Mantel & Haenszel, so
    neither a long course nor a dangerous first week makes an event look like a cause.
    Largest influence on the whole first: share times the log of the ratio.
    """
    rows = []
    for s, stream in enumerate(model.streams):
        came, spent = found.came[s].astype(np.float64), found.spent[s]
        whole = spent.sum(axis=1)
        ok = whole > 0.0
        after = float((came[ok, 1] * spent[ok, 0] / whole[ok]).sum())
        before = float((came[ok, 0] * spent[ok, 1] / whole[ok]).sum())
        seen = int(came[:, 1].sum())
        if stream.id in leave or before <= 0.0 or after <= 0.0 or seen < LEAST:
            continue
        times = after / before
        rows.append(
            Marker(stream.id, seen / max(1, found.yes), times, float(found.lead[s]))
        )
    rows.sort(key=lambda m: -m.share * abs(math.log(m.times)))
    return tuple(m for m in rows[:most] if abs(math.log(m.times)) > 0.1)
