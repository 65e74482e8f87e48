"""Who counts as whom and what lies where: the relations that patterns need.

An actor stands for itself, its members and what is part of it; a place for itself and
what lies in it. This file must never import a case: it takes plain mappings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Relations"]


@dataclass(frozen=True)
class Relations:
    """Membership and nesting.

    Attributes
    ----------
    parents
        Actor to what it is part of (at any time the model asks about).
    members
        Umbrella to its members, in order.
    inside
        Place to the place it lies in.
    """

    parents: Mapping[str, Sequence[str]] = field(default_factory=dict)
    members: Mapping[str, Sequence[str]] = field(default_factory=dict)
    inside: Mapping[str, str] = field(default_factory=dict)

    def stands_for(self, whole: str, actor: str) -> bool:
        """Whether an act by ``actor`` is one by ``whole``."""
        seen: set[str] = set()
        waiting = [actor]
        while waiting:
            now = waiting.pop()
            if now == whole:
                return True
            if now in seen:
                continue
            seen.add(now)
            waiting += self.parents.get(now, ())
            waiting += [u for u, members in self.members.items() if now in members]
        return False

    def members_within(self, umbrella: str, actor: str) -> tuple[str, ...]:
        """Members of an umbrella whose acts are those of ``actor``."""
        return tuple(
            m for m in self.members.get(umbrella, ()) if self.stands_for(actor, m)
        )

    def chain(self, place: str) -> tuple[str, ...]:
        """List a place and all it lies in, from the inside out."""
        found = [place]
        while found[-1] in self.inside and self.inside[found[-1]] not in found:
            found.append(self.inside[found[-1]])
        return tuple(found)

    def lies_in(self, place: str, wider: str) -> bool:
        """Whether ``place`` is ``wider`` or lies in it."""
        return wider in self.chain(place)
