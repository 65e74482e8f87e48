r"""The rate at which one actor does one thing to another, as sums over past facts.

    lambda(s, r, o, t) = w(t) * [ B[r] a_r(s) b_r(o)
        + sum over facts e = (s_e, r_e, o_e) before t, roles k they stand in, half-lives h:
              children_k[r, r_e, h] * share_k(e, s, r, o) * phi_h(t - t_e) ]

in facts a day, w a factor of the weekday (mean 1), phi_h(d) = (1 - rho_h) rho_h^(d-1)
for d = 1, 2, ..., rho_h = 2^(-1/h), which sums to 1: `children` is what one fact brings
in all. A day's facts are a set, so a fact happens on a day with chance
1 - exp(-lambda). Shares are numbers between 0 and 1 read off the past at fixed days
(`rates_shares`); given them the rate is linear in the past facts, so that reasons add
up and taking a fact away lowers it by exactly what that fact gave.

Eight kernels, in which a past fact can stand to s -> o:

    own           s did r_e to o
    back          o did r_e to s
    source_known  s did r_e to another; o has its share of those s deals with
    source_any    the same; o has its share of those r is done to
    target_known  another did r_e to o; s has its share of those who deal with o
    target_any    the same; s has its share of those who do r
    toward        a third z, tied to s, did r_e to o
    from_target   o did r_e to a third z, tied to s

This file must never import a fit, a store or a page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["KERNELS", "ROLES", "Rates", "Shape", "role_of"]

Floats = NDArray[np.float64]

KERNELS = (
    "own",
    "back",
    "source_known",
    "source_any",
    "target_known",
    "target_any",
    "toward",
    "from_target",
)
ROLES: dict[str, str] = {
    "again": "the same act, same two actors",
    "sequence": "another act, same two actors",
    "in kind": "the same act, returned",
    "otherwise": "another act, returned",
    "source elsewhere": "the source, toward others",
    "target from others": "others, toward the target",
    "third parties": "third parties tied to both",
    "background": "what these two do and meet on average",
}
"""The names under which contributions are told, each with what it says."""


def role_of(kernel: int, same: bool) -> str:
    """Role under which a fact is told that stands in a kernel; same act or another."""
    name = KERNELS[kernel]
    if name == "own":
        return "again" if same else "sequence"
    if name == "back":
        return "in kind" if same else "otherwise"
    if name.startswith("source"):
        return "source elsewhere"
    if name.startswith("target"):
        return "target from others"
    return "third parties"


@dataclass(frozen=True)
class Shape:
    """What is fixed before a fit.

    Attributes
    ----------
    half_lives
        Of the kernels, days, rising.
    share_half_life
        Of the counts behind the shares, days.
    refresh
        Shares are read anew every so many days, counted from day 0 of the facts.
    links
        Third parties kept for each actor: those it deals with most.
    own_prior, any_prior
        Facts a prior weighs: of an act's shares among all acts; of an actor never seen.
    """

    half_lives: tuple[float, ...] = (1.0, 4.0, 15.0, 60.0, 240.0)
    share_half_life: float = 180.0
    refresh: int = 7
    links: int = 15
    own_prior: float = 20.0
    any_prior: float = 0.5

    @property
    def rho(self) -> Floats:
        """Decay a day of each half-life, shape (H,)."""
        return np.asarray(0.5 ** (1.0 / np.array(self.half_lives)))

    @property
    def share_rho(self) -> float:
        """Decay a day of the counts behind the shares."""
        return float(0.5 ** (1.0 / self.share_half_life))


@dataclass(frozen=True)
class Rates:
    """A fitted law of rates.

    Attributes
    ----------
    actions
        Names, shape (R,).
    shape
        What was fixed.
    children : array, shape (8, R, R, H)
        By kernel, action it brings, action of the past fact, half-life; facts.
    background : array, shape (R,)
        B, facts a day over all pairs.
    weekday : array, shape (7,)
        Factor of day number modulo 7; mean 1.
    """

    actions: tuple[str, ...]
    shape: Shape
    children: Floats
    background: Floats
    weekday: Floats

    def factor(self, day: int) -> float:
        """Factor of a day."""
        return float(self.weekday[day % 7])
