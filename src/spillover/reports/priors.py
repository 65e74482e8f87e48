"""What a draft assumes before anyone has judged: wide, and marked as judgements.

No number of a draft comes from a report; a count of dead or a likelihood in its words
stays with the claim. Ranges are central 90 %. Sources of the shapes: Lewis, Mohler,
Brantingham & Bertozzi (2012) for how much and how long violence begets violence;
Abrahams, Berman, Khadka, Klor & Powell ("Mostly Deterred") for how often a provocation is
answered; Padro i Miquel & Yared (2012) for holding a proxy back. This file imports
nothing of Spillover.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PRIORS", "judged"]

PRIORS: Mapping[str, tuple[str, str]] = {
    "act": ("0.003..0.2 per day", "told of in the reports; from one a year to one in five days"),
    "rare": ("0.0003..0.01 per day", "feared or threatened in the reports, not told to have happened"),
    "ask": ("0.005..0.1 per day", "an ask every ten days to every half year"),
    "word": ("0.001..0.02 per day", "comes of itself at most a few times a year"),
    "own-children": ("0.05..0.4", "a third to a half of attacks in Iraq followed from earlier ones; lower without a moving background"),
    "own-half-life": ("2..10 days", "excitation lasts two to six weeks at most"),
    "return-children": ("0.02..0.3", "six in ten provocations go unanswered"),
    "return-half-life": ("2..14 days", "answers come within days to weeks"),
    "agree": ("0.1..0.4", "asks are seldom granted"),
    "reject": ("0.2..0.5", "refusals are told more often than grants"),
    "factor": ("0.1..0.8", "between a near stop and little change"),
    "delay": ("1~10 days", "a word takes days to reach those who fire"),
    "holds": ("7~60 days", "pledges hold for weeks"),
    "fades": ("10..60 days", "what was held back comes back slowly"),
    "compliance": ("0.2..0.9", "how far the sponsor's hold reaches is not known"),
    "control": ("0.2..0.9", "how far the sponsor's hold reaches is not known"),
    "reach": ("1~3", "one act or a few: the position of a line is rarely said"),
    "deaths-reach": ("1~5", "the number that matters is rarely said"),
    "line-chance": ("0.1..0.6", "threats are carried out less often than not"),
    "line-delay": ("1~21 days", "answers come within days to weeks"),
    "warning": ("0.03..0.4", "most warnings of an attack are not followed by one"),
    "deaths-chance": ("0.02..0.3", "most attacks kill nobody"),
    "deaths-number": ("1~6", "when an attack kills, a few as a rule"),
    "unmodelled": ("0.005..0.05 per 90 days", "ways that no report names"),
    "share": ("0.2..0.8", "which member acts under the common name is not said"),
}  # fmt: skip
"""Range and reason of each kind of number."""


def judged(kind: str) -> dict[str, str]:
    """A number of a draft, with its reason and what it rests on."""
    value, why = PRIORS[kind]
    return {"is": value, "basis": "judgement", "why": why}
