"""The words of a brief, explained for whoever reads it.

This file imports nothing of Spillover.
"""

from __future__ import annotations

__all__ = ["GLOSSARY"]

GLOSSARY = (
    (
        "chance",
        "share of simulated courses in which it comes about, averaged over the samples of the uncertain numbers",
    ),
    (
        "90 % interval",
        "how far the chance moves with the numbers nobody knows; the noise of simulation is taken out",
    ),
    (
        "simulation error",
        "how far the chance itself would move if the simulation were run again with another seed (standard error)",
    ),
    (
        "the past alone",
        "what a plain count of earlier events would say, without any model",
    ),
    ("some other way", "part of the chance left for ways the case does not hold"),
    ("draw or sample", "one value for each uncertain number"),
    ("course or future", "one simulated run of events within a draw"),
    ("restraint", "while in force it lowers how often named acts come"),
    ("red line", "a quantity that, once it reaches a threshold, opens an answer"),
    ("sourced", "rests on a cited text"),
    ("judged", "set by the author of the case, with the reason given"),
    (
        "records alone",
        "what the records say of a number when its written range is widened first",
    ),
    ("computed", "comes out of the simulation"),
    (
        "likelihood words",
        "almost no chance under 5 %, very unlikely 5 to 20, unlikely 20 to 45, roughly even 45 to 55, likely 55 to 80, very likely 80 to 95, almost certain above 95 (ICD 203)",
    ),
)

Drawn = dict[tuple[str, int], str]
