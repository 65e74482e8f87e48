"""Red lines: what someone says will bring an answer.

Frames: the words "red line"; "if A does x, B will do y"; "any x will be met by y"; "will
not tolerate x"; "would regard x as an act of war"; "warned A against x". This file must
never import a backend or a page.
"""

from __future__ import annotations

from spillover.reports.action_words import ADJECTIVE
from spillover.reports.claim import Party, RedLine
from spillover.reports.scene import HOSTILE, Scene, Told
from spillover.reports.words import words

__all__ = ["find_red_lines"]

_LINE = ("red line", "red lines", "redline", "red-line", "casus belli")
_TOLERATE = (
    "will not tolerate", "would not tolerate", "will not accept", "would not accept",
    "will not allow", "would not allow", "will not permit", "will not stand by",
    "would not stand by", "cannot accept", "cannot tolerate", "will never accept",
    "never allow", "never tolerate", "will not stand idly",
    "not tolerate", "would not stand idly",
)  # fmt: skip
_WAR = (
    "act of war", "acts of war", "declaration of war", "declaring war", "mean war", "means war",
    "grounds for war",
)  # fmt: skip
_IF = words("if should unless were")
_ANY = words("any another every each further new")
_MET = words(
    """
    met answered draw trigger bring provoke prompt invite response answer unanswered unpunished retaliation
    retaliate respond react consequences consequence price reply punished avenge
    """
)
_WILL = words("will would 'll shall")
_DEATHS = words(
    """
    killed dead death deaths die dies dying kills killing casualties lives
    """
)
_OPENING = 4
"""Tokens into which "if" still opens the sentence."""
_STRONG = words("retaliate retaliation avenge strike")
_SPEECH = frozenset(
    ("REQUEST", "ACCUSE", "CONSULT", "THREATEN", "REJECT", "AGREE", "SUPPORT")
)


def find_red_lines(scene: Scene) -> list[RedLine]:
    """Lines drawn in a sentence, at most one."""
    for frame in (_named_line, _condition, _any, _refusal, _warned_against):
        line = frame(scene)
        if line is not None:
            return [line]
    return []


def _crossing(scene: Scene, start: int, stop: int) -> Told | None:
    """The act between two tokens that is no talk, the hostile one first."""
    inside = [t for t in scene.told if start <= t.first < stop]
    hostile = [t for t in inside if t.act.cue.action in HOSTILE]
    other = [t for t in inside if t.act.cue.action not in _SPEECH]
    return next(iter(hostile or other), None)


_STEPS = {
    "cross": "ASSAULT", "crosses": "ASSAULT", "crossed": "ASSAULT", "crossing": "ASSAULT",
    "enter": "ASSAULT", "enters": "ASSAULT", "entering": "ASSAULT", "mining": "ASSAULT",
    "entry": "ASSAULT", "mine": "ASSAULT", "moving": "MOBILIZE", "closing": "COERCE",
    "closure": "COERCE", "interference": "COERCE", "aggression": "ASSAULT",
    "violation": "ASSAULT", "harm": "ASSAULT", "harmed": "ASSAULT",
}  # fmt: skip
"""Steps over a line that are no act by themselves, and what they amount to."""


def _bare_action(scene: Scene, start: int, stop: int) -> str:
    """What crosses the line where no parties are named: "an attack on their cities"."""
    for cue in scene.cues:
        if start <= cue.first < stop and cue.action in HOSTILE:
            return cue.action
    return next((_STEPS[w] for w in scene.doc.lower[start:stop] if w in _STEPS), "")


def _line(
    scene: Scene,
    owner: Party | None,
    crossing: Told | None,
    start: int,
    stop: int,
    reason: str,
    answer: Told | None = None,
    answer_word: str = "",
    *,
    inferred: bool = False,
) -> RedLine | None:
    if owner is None:
        return None
    bare = "" if crossing else _bare_action(scene, start, stop)
    deaths = any(word in _DEATHS for word in scene.doc.lower[start:stop])
    if crossing is None and not deaths and not bare:
        return None
    action = "deaths" if deaths else crossing.act.cue.action if crossing else bare
    actor = crossing.act.source if crossing else None
    target = crossing.act.target if crossing else None
    if deaths and crossing is not None and crossing.act.cue.passive:
        target = crossing.act.target
    said = answer.act if answer else None
    against = (
        said.target.party if said and said.target else actor.party if actor else None
    )
    return RedLine(
        owner=owner,
        action=action,
        span=scene.span,
        actor=actor.party if actor and actor.party.actor != owner.actor else None,
        target=target.party if target else None,
        answer=said.cue.action if said else answer_word,
        answer_target=against if said or answer_word else None,
        public=scene.speaker is None or scene.speaker.actor == owner.actor,
        inferred=inferred,
        chain=scene.chain,
        reason=reason,
    )


def _named_line(scene: Scene) -> RedLine | None:
    """As in "... is a red line for A"; "A's red line"; "A said that x would cross a red line"."""
    at = scene.find(_LINE)
    if at < 0:
        return None
    lower = scene.doc.lower
    owner: Party | None = None
    after = scene.after(at, within=6)
    if after and any(w in ("for", "of", "by") for w in lower[at : after.first]):
        owner = after.party
    before = scene.before(at)
    if (
        owner is None
        and before
        and lower[before.stop : before.stop + 1] in (["'s"], ["'"])
    ):
        owner = before.party
    if owner is None:
        owner = scene.speaker
    if owner is None and scene.actors():
        owner = scene.actors()[0].party
    crossing = _crossing(scene, scene.first, scene.stop)
    return _line(
        scene, owner, crossing, scene.first, scene.stop, 'the words "red line"'
    )


def _condition(scene: Scene) -> RedLine | None:
    """As in "If A does x, B will do y", either part first."""
    at = -1
    opening = scene.first
    while opening < scene.stop - 1 and not scene.doc.lower[opening][0].isalnum():
        opening += 1  # a quotation mark
    for k in range(scene.first, scene.stop):
        word = scene.doc.lower[k]
        if word in ("if", "unless") or (word in _IF and k == opening):
            at = k
            break
    if at < 0:
        return None
    lower = scene.doc.lower
    end = next((k for k in range(at, scene.stop) if lower[k] == ","), scene.stop)
    if end - at < 3:
        end = scene.stop
    parts = [(scene.first, at), (end, scene.stop)]
    if at - scene.first < _OPENING:
        parts.reverse()
    outcome = next(
        (found for part in parts if (found := _answer(scene, *part)) is not None), None
    )
    if (
        outcome is None
        and any(w in _WILL for a, b in parts for w in lower[a:b])
        and _bare_action(scene, at, end)
    ):
        outcome = (None, "", None)
    if outcome is None:
        return None
    answer, word, owner = outcome
    crossing = _crossing(scene, at, end)
    owner = owner or scene.speaker
    return _line(
        scene, owner, crossing, at, end, 'condition and answer ("if ... will")',
        answer, word,
    )  # fmt: skip


def _answer(
    scene: Scene, start: int, stop: int
) -> tuple[Told | None, str, Party | None] | None:
    """The answer told between two tokens: its act, or its word, and who gives it."""
    lower = scene.doc.lower
    future = any(w in _WILL for w in lower[start:stop])
    threat = any(
        t.act.cue.action == "THREATEN" for t in scene.told if start <= t.first < stop
    )
    if not future and not threat:
        return None
    for told in scene.told:
        inside = start <= told.first < stop
        if inside and told.act.cue.action in HOSTILE and told.act.cue.kind != ADJECTIVE:
            source = told.act.source
            return told, "", source.party if source else None
    for k in range(start, stop):
        if lower[k] in _MET:
            owner = [m for m in scene.actors() if start <= m.first < k]
            strong = "ASSAULT" if lower[k] in _STRONG else ""
            return None, strong, owner[-1].party if owner else None
    return None


def _any(scene: Scene) -> RedLine | None:
    """As in "Any x (by A) will be met with ..."."""
    lower = scene.doc.lower
    at = next((k for k in range(scene.first, scene.stop) if lower[k] in _ANY), -1)
    if at < 0:
        return None
    will = next((k for k in range(at, scene.stop) if lower[k] in _WILL), -1)
    if will > at:
        answer = _answer(scene, will, scene.stop)
        if answer is None:
            return None
        told, word, owner = answer
        crossing = _crossing(scene, at, will)
        return _line(
            scene, owner or scene.speaker or _first(scene), crossing, at, will,
            '"any ... will be met"', told, word,
        )  # fmt: skip
    respond = any(w in _MET for w in lower[scene.first : at])
    if not respond:
        return None
    crossing = _crossing(scene, at, scene.stop)
    owner = scene.speaker or _first(scene)
    return _line(
        scene, owner, crossing, at, scene.stop, '"respond to any"', None, "ASSAULT"
    )


def _first(scene: Scene) -> Party | None:
    actors = scene.actors()
    return actors[0].party if actors else None


def _refusal(scene: Scene) -> RedLine | None:
    """As in "A will not tolerate x"; "would regard x as an act of war"."""
    at = scene.find(_TOLERATE)
    war = scene.find(_WAR)
    if at < 0 and war < 0:
        return None
    if at >= 0:
        subject = scene.before(at)
        owner = subject.party if subject else scene.speaker
        crossing = _crossing(scene, at, scene.stop)
        return _line(scene, owner, crossing, at, scene.stop, '"will not tolerate"')
    considers = (
        "mean",
        "means",
        "regard",
        "consider",
        "treat",
        "see",
        "view",
        "be",
        "as",
        "amount",
    )
    if scene.find(considers, end=war + 1) < 0:
        return None
    owner = scene.speaker or _first(scene)
    crossing = _crossing(scene, scene.first, war)
    return _line(
        scene, owner, crossing, scene.first, war, '"an act of war"', None, "ASSAULT"
    )


def _warned_against(scene: Scene) -> RedLine | None:
    """As in "A warned B against x"."""
    at = scene.find(("warned", "warns", "warn", "warning", "cautioned"))
    if at < 0:
        return None
    against = scene.find(("against", "not to"), start=at, end=min(scene.stop, at + 9))
    if against < 0:
        return None
    owner = scene.before(at)
    warned = scene.after(at, within=against - at)
    crossing = _crossing(scene, against, scene.stop)
    if owner is None or crossing is None:
        return None
    line = _line(
        scene, owner.party, crossing, against, scene.stop, '"warned ... against"',
        inferred=True,
    )  # fmt: skip
    if line is not None and warned is not None and line.actor is None:
        from dataclasses import replace

        line = replace(line, actor=warned.party)
    return line
