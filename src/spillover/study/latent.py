"""How strong an unmeasured common cause must be to explain a link away.

Let a hidden level L (mean one, log-normal with standard deviation s of its log, slow
against the memory of the link) multiply both rates. After an event of j the rate of i
is higher on average by mu_i (E[L^2] - 1) = mu_i (exp(s^2) - 1), so over a mean memory t
the excess is mu_i t (exp(s^2) - 1) events: what so many children look like.

References
----------
Cox & Isham (1980), Point processes, ch. 3.3 (second moments of doubly stochastic
processes). VanderWeele & Ding (2017), Ann. Intern. Med. 167, doi:10.7326/M16-2607.

This file must never import a case, a page or a command.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Bound", "bound_of"]

LN2 = math.log(2.0)


@dataclass(frozen=True)
class Bound:
    """What would explain a link away.

    Attributes
    ----------
    link
        The response.
    ratio
        Rate of the answers in the memory of an event over their mean, 1 + G/(mu t).
    swing
        exp(s): a hidden cause that moves both by this factor, up as often as down.
    e_value
        The same as an E-value: rate ratio that the hidden cause must have with both.
    """

    link: str
    ratio: float
    swing: float
    e_value: float


def bound_of(link: str, children: float, rate: float, half_life: float) -> Bound:
    """Bound of one link.

    Parameters
    ----------
    children
        Mean children of one event.
    rate
        Mean rate of the answering stream, per day.
    half_life
        Of the link, in days; its mean memory is half_life / ln 2.
    """
    ratio = 1.0 + children / (rate * half_life / LN2) if rate > 0.0 else math.inf
    if math.isinf(ratio):
        return Bound(link, ratio, math.inf, math.inf)
    swing = math.exp(math.sqrt(math.log(ratio)))
    return Bound(link, ratio, swing, ratio + math.sqrt(ratio * (ratio - 1.0)))
