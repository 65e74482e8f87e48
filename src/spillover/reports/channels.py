"""Channels: who asks whom about whom, and how it went.

An ask is a channel when it is about a third side, asks to hold someone back, or goes by
messages and go-betweens. Its end is looked for in the same sentence and the next ones.
This file must never import a backend or a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spillover.reports.claim import Channel, Party, Status, When
from spillover.reports.scene import Scene, Told
from spillover.reports.words import words

__all__ = ["find_channels"]

_RESTRAIN = (
    "rein in", "reining in", "hold back", "holding back", "restrain", "curb", "control",
    "calm", "persuade", "pressure", "press", "influence", "leverage", "stop", "prevent",
    "halt", "keep", "withhold", "lean on", "talk to", "call off", "stand down",
    "pull back", "stay out", "not to", "refrain", "hold fire", "spare", "end",
)  # fmt: skip
_MESSAGE = (
    "message", "messages", "mediator", "mediators", "mediation", "intermediary",
    "intermediaries", "go-between", "go-betweens", "back channel", "back-channel",
    "letter", "through", "via", "envoy", "relayed",
)  # fmt: skip
_ASKS = words("ask request urge press appeal beg implore plead petition lobby persuade")
_THROUGH = words("through via")
_NO = (
    "refused", "rejected", "declined", "rebuffed", "turned down", "said no", "dismissed",
    "did not agree", "would not", "no influence", "cannot control", "could not promise",
    "unwilling", "gave no promise", "no commitment", "brushed aside", "ignored",
    "no answer", "unanswered", "not its business", "refusal", "turned it down",
    "denied the request", "no reply",
)  # fmt: skip
_YES = (
    "agreed", "accepted", "promised", "pledged", "consented", "gave assurances",
    "assured", "undertook", "said yes", "understanding", "will help", "would help",
    "gave its word", "gave his word", "committed",
)  # fmt: skip
_WORKED = (
    "have since stopped", "stopped since", "fell silent", "halted their", "paused",
    "no attacks since", "attacks ceased", "ceased", "quiet since", "suspended",
    "has held since", "stopped firing", "attacks stopped", "fire stopped",
)  # fmt: skip
_FAILED = (
    "to no avail", "without success", "failed", "in vain", "resumed", "went on",
    "continued", "little effect", "no effect", "broke down", "collapsed",
)  # fmt: skip
_PENDING = (
    "not yet decided", "no answer so far", "has not answered", "has yet to", "not decided",
    "no decision", "not clear when", "no answer yet", "was considering", "is considering",
)  # fmt: skip
_NEAR = 50
"""Channels back to which one ask is known again."""
_LOOK_ON = 3
"""Sentences after the ask in which its end is looked for."""


def find_channels(scenes: Sequence[Scene]) -> list[Channel]:
    """Channels of a whole report, with how each went as far as it is told."""
    found: list[Channel] = []
    for n, scene in enumerate(scenes):
        for told in scene.told:
            channel = _ask(scene, told)
            if channel is None:
                continue
            outcome = _outcome(scene, told, scenes[n + 1 : n + 1 + _LOOK_ON], channel)
            channel = replace(channel, outcome=outcome)
            if not _known(found, channel):
                found.append(channel)
    return found


def _known(found: list[Channel], new: Channel) -> bool:
    """Whether the same ask is there already; the one with an answer stays."""
    for k in range(max(0, len(found) - _NEAR), len(found)):
        old = found[k]
        same = (old.asker.actor, old.asked.actor) == (new.asker.actor, new.asked.actor)
        about = (
            old.about is None
            or new.about is None
            or (old.about.actor == new.about.actor)
        )
        if same and about:
            if old.outcome == "asked" or (old.about is None and new.about is not None):
                outcome = old.outcome if new.outcome == "asked" else new.outcome
                found[k] = replace(old, about=old.about or new.about, outcome=outcome)
            return True
    return False


def _ask(scene: Scene, told: Told) -> Channel | None:
    act = told.act
    if act.cue.action != "REQUEST" or not act.source or not act.target:
        return None
    if told.status not in (Status.HAPPENED, Status.ONGOING):
        return None
    asker, asked = act.source, act.target
    if asker.party.actor == asked.party.actor:
        return None
    start = max(act.cue.stop, asked.stop)
    about = next(
        (
            m
            for m in scene.actors()
            if m.first >= start
            and m.party.actor not in (asker.party.actor, asked.party.actor)
        ),
        None,
    )
    restrains = scene.find(_RESTRAIN, start=act.cue.stop) >= 0
    carried = scene.find(_MESSAGE) >= 0
    asks = act.cue.lemma.split()[0] in _ASKS
    if not (restrains or carried or about or asks):
        return None
    through = None
    for m in scene.actors():
        if m.first > scene.first and scene.doc.lower[m.first - 1] in _THROUGH:
            through = m.party
    return Channel(
        asker=asker.party,
        asked=asked.party,
        outcome="asked",
        span=scene.span,
        about=about.party if about and about.party != through else None,
        through=through,
        what=scene.doc.quote(act.cue.first, min(scene.stop, act.cue.first + 25)),
        when=next((d.past for d in scene.dates), When()),
        chain=scene.chain,
        reason=f'"{scene.doc.quote(act.cue.first, act.cue.stop)}" with a third side, '
        "a restraint or a go-between",
    )


def _outcome(scene: Scene, told: Told, later: Sequence[Scene], channel: Channel) -> str:
    """How an ask went: in the rest of the sentence, then in the next ones."""
    after = told.act.cue.stop
    here = _told_end(scene, after, channel)
    if here:
        return here
    outcome = ""
    for other in later:
        if not _concerns(other, channel):
            continue
        if other.find(_PENDING) >= 0:
            break
        end = _told_end(other, other.first, channel)
        if end and not (outcome == "refused" and end == "failed"):
            outcome = _later(outcome, end)
    return outcome or "asked"


def _later(before: str, now: str) -> str:
    """An agreement that then worked or failed is told by its end."""
    if before in ("", "agreed"):
        return now
    return before


def _concerns(scene: Scene, channel: Channel) -> bool:
    """Whether a sentence speaks of the asked side, or of the ask, or of what came."""
    ids = {channel.asked.actor} | ({channel.about.actor} if channel.about else set())
    if any(m.party.actor in ids for m in scene.named):
        return True
    return (
        scene.find(
            (
                "the request",
                "the appeal",
                "the ask",
                "the plea",
                "the answer",
                "the message",
            )
        )
        >= 0
    )


def _told_end(scene: Scene, start: int, channel: Channel) -> str:
    lower = scene.doc.lower
    for phrases, outcome in (
        (_NO, "refused"), (_WORKED, "worked"), (_FAILED, "failed"), (_YES, "agreed")
    ):  # fmt: skip
        at = scene.find(phrases, start=start)
        if at < 0:
            continue
        who = _nearest(scene, at)
        if (
            outcome in ("refused", "agreed")
            and who
            and who.actor != channel.asked.actor
        ):
            continue
        if outcome == "agreed" and any(
            w in ("not", "n't", "never") for w in lower[max(start, at - 3) : at]
        ):
            return "refused"
        return outcome
    return ""


def _nearest(scene: Scene, token: int) -> Party | None:
    named = scene.before(token)
    return named.party if named else None
