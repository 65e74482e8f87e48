"""Readers behind one interface: the same claims whoever reads.

This file must never import a page. Backends are imported when they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from spillover.errors import InputError, among
from spillover.reports.actor_table import ActorRow
from spillover.reports.claim import Reading
from spillover.reports.report import Report

__all__ = ["BACKENDS", "Backend", "get_backend"]

BACKENDS = ("lexicon", "llm", "ml", "spacy")


class Backend(Protocol):
    """Reads one report."""

    @property
    def name(self) -> str:
        """Which reader."""
        ...

    def read(self, report: Report) -> Reading:
        """Everything the report says."""
        ...


def get_backend(
    name: str, *, actors: Sequence[ActorRow] = (), model: str = ""
) -> Backend:
    """The reader of a name.

    Raises
    ------
    InputError
        When there is none, or what it needs is not installed.
    """
    if name == "lexicon":
        from spillover.reports.reader import LexiconReader

        return LexiconReader(tuple(actors))
    if name == "llm":
        from spillover.reports.llm import LlmReader

        return LlmReader.of(model, actors=tuple(actors))
    if name == "ml":
        from spillover.reports.hybrid import HybridReader

        return HybridReader.of(actors=tuple(actors))
    if name == "spacy":
        from spillover.reports.spacy_backend import SpacyReader

        return SpacyReader.of(model, actors=tuple(actors))
    msg = f'there is no reader "{name}". Known: {among(name, BACKENDS)}'
    raise InputError(msg)
