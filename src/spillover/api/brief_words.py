"""Kinds of events in words a reader knows.

Must never import `cli` or the web.
"""

from __future__ import annotations

from spillover.case.schema import Case, Stream

__all__ = ["VERBS", "actor_label", "stream_label"]

VERBS = {
    "AGREE": "agrees with",
    "CONSULT": "consults",
    "SUPPORT": "supports",
    "COOPERATE": "cooperates with",
    "AID": "aids",
    "CONCEDE": "gives way to",
    "RETREAT": "holds back from",
    "REQUEST": "asks",
    "ACCUSE": "accuses",
    "REJECT": "refuses",
    "THREATEN": "threatens",
    "PROTEST": "protests against",
    "SANCTION": "sanctions",
    "MOBILIZE": "mobilizes against",
    "COERCE": "presses",
    "ASSAULT": "attacks",
}


def actor_label(case: Case, actor: str) -> str:
    """Name of an actor."""
    if actor == "*":
        return "anyone"
    return case.actors[actor].name or actor if actor in case.actors else actor


def _place(case: Case, place: str) -> str:
    return case.places[place].name or place.replace("-", " ").title()


def stream_label(case: Case, stream: Stream) -> str:
    """A kind of event as a short sentence: who does what to whom, where."""
    if stream.name:
        return stream.name
    e = stream.event
    text = f"{actor_label(case, e.source)} {VERBS.get(e.action, e.action)} {actor_label(case, e.target)}"
    if e.place_from in case.places:
        text += f" from {_place(case, e.place_from)}"
    if e.place_in in case.places:
        text += f" in {_place(case, e.place_in)}"
    return f"{text} ({stream.about.replace('-', ' ')})" if stream.about else text
