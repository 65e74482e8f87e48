"""Scores of forecasts, printed: beside each baseline, and by the steps of the likelihood words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spillover.cli.root import say

if TYPE_CHECKING:
    from spillover.study.score_record import Scored

__all__ = ["LEGEND", "scores"]

LEGEND = (
    "\nBrier (0 to 1), log score (in nats) and CRPS (in events): lower is better. Ours less a baseline's: below zero ours is\n"
    "better; in brackets the 90 % interval, where there are ten forecasts or more."
)


def scores(name: str, law: str, s: Scored | None, *, bins: bool = False) -> None:
    """Print a set of scores; nothing where there is none.

    Parameters
    ----------
    name, law
        What is scored, and by which score: "Brier" or "CRPS".
    bins
        Also the reliability table.
    """
    if s is None:
        return
    log = f", log {s.log:.3f}" if s.log == s.log else ""
    say(f"\n{name}: {s.n}. {law} {s.score:.3f}{log}")
    for rows, kind in ((s.skills, law), (s.skills_log, "log")):
        for k in rows:
            sure = (
                ""
                if k.low is None or k.high is None
                else f" (90 %: {k.low:+.3f} to {k.high:+.3f})"
            )
            say(
                f"  {kind} of {k.name}: {k.score:.3f}; ours less that: {k.difference:+.3f}{sure}"
            )
    from spillover.study.score_record import LEAST

    if bins and s.n >= LEAST:
        say(
            f"  Brier score split: reliability {s.reliability:.3f} (0 is best), resolution {s.resolution:.3f}, uncertainty {s.uncertainty:.3f}"
        )
        for b in s.bins:
            say(
                f"  said {100 * b.low:.0f} to {100 * b.high:.0f} %: {b.n}, on average {100 * b.mean:.0f} %; came {100 * b.came:.0f} % (right chances: {100 * b.least:.0f} to {100 * b.most:.0f} %)"
            )
