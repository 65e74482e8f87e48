"""The sixteen actions of PLOVER: what an actor can do to another.

This file imports nothing of Spillover.

References
----------
Halterman, Bagozzi, Beger, Schrodt & Scarborough (2023), PLOVER and POLECAT: a new
political event ontology and dataset.
"""

from __future__ import annotations

__all__ = ["ACTIONS"]

ACTIONS = (
    "AGREE",
    "CONSULT",
    "SUPPORT",
    "COOPERATE",
    "AID",
    "CONCEDE",
    "RETREAT",
    "REQUEST",
    "ACCUSE",
    "REJECT",
    "THREATEN",
    "PROTEST",
    "SANCTION",
    "MOBILIZE",
    "COERCE",
    "ASSAULT",
)
