"""An outlook in plain values and sentences.

Must never import `cli` or the web.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spillover.brief.words import plain, short_date
from spillover.world.rates import ROLES

if TYPE_CHECKING:
    from spillover.api.outlook import Outlook, Rise, Row
    from spillover.study.outlook_check import Check
    from spillover.study.outlook_reasons import Reason

__all__ = [
    "check_dict",
    "outlook_dict",
    "reason_text",
    "rise_text",
    "rows_of_reasons",
    "share_text",
    "small",
]

NEVER = "These two never had an act between them: what stands here is what such actors do and meet on average."


def _days(o: Outlook, days: tuple[int, ...]) -> str:
    dates = [short_date(o.events.date(d)) for d in days[:3]]
    text = (
        " and ".join(dates)
        if len(dates) < 3
        else f"{dates[0]}, {dates[1]} and {dates[2]}"
    )
    more = len(days) - len(dates)
    return text + (
        f", and on {more:,} days before"
        if more > 1
        else ", and on one day before"
        if more
        else ""
    )


def reason_text(o: Outlook, row: Row, reason: Reason) -> str:
    """A reason as a sentence without its end."""
    names = o.events.titles
    if reason.source < 0:
        n = len(reason.facts)
        return f"{n:,} other {'fact' if n == 1 else 'facts'}: {ROLES[reason.role]}, the last on {short_date(o.events.date(reason.days[0]))}"
    act = f"{names[reason.source]} {o.events.facts.actions[reason.action]} {names[reason.target]}"
    return f"{act} on {_days(o, reason.days)} ({ROLES[reason.role]})"


def share_text(part: float, whole: float) -> str:
    """Share of a rate, in percent without decimals."""
    share = part / whole if whole > 0 else 0.0
    return "under 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def rows_of_reasons(o: Outlook, row: Row) -> list[tuple[str, str, float]]:
    """Role, sentence and rate of everything that makes up a rate; they add up to it."""
    found = [
        (x.role, reason_text(o, row, x), x.rate)
        for x in (*row.reasons.named, *row.reasons.others)
    ]
    why = (
        NEVER
        if row.new
        else "What these two do and meet on average, whatever happened lately"
    )
    found.append(("background", why, row.reasons.background))
    return found


def rise_text(rise: Rise) -> str:
    """By which roles a rate rose, the strongest first, with their shares of the rise."""
    gains = sorted(((v, k) for k, v in rise.by_role.items() if v > 0), reverse=True)
    whole = sum(v for v, _ in gains)
    parts = [
        f"{ROLES[k]} ({share_text(v, whole)})" for v, k in gains[:3] if v > 0.01 * whole
    ]
    text = ", then ".join(parts)
    return text[:1].upper() + text[1:]


def small(rate: float) -> str:
    """A rate for people; none is nothing."""
    return f"{plain(rate)} a day" if rate >= 1e-4 else "under 0.0001 a day"


def _row_dict(o: Outlook, row: Row) -> dict[str, Any]:
    f, e = o.events.facts, o.events
    return {
        "source": f.entities[row.source], "source_name": e.titles[row.source],
        "action": f.actions[row.action],
        "target": f.entities[row.target], "target_name": e.titles[row.target],
        "never_met": row.new, "rate_per_day": row.rate,
        "chance": row.chance, "chance_low": row.low, "chance_high": row.high,
        "by_role": row.reasons.by_role,
        "reasons": [
            {
                "role": x.role,
                "source": f.entities[x.source] if x.source >= 0 else None,
                "action": f.actions[x.action] if x.action >= 0 else None,
                "target": f.entities[x.target] if x.target >= 0 else None,
                "facts": len(x.facts),
                "dates": [str(e.date(d)) for d in x.days[:10]],
                "rate_per_day": x.rate,
                "text": reason_text(o, row, x),
            }
            for x in (*row.reasons.named, *row.reasons.others)
        ],
        "background_per_day": row.reasons.background,
    }  # fmt: skip


def outlook_dict(o: Outlook) -> dict[str, Any]:
    """Plain values; reasons and background add up to each rate."""
    L = o.learned
    return {
        "schema_version": 1,
        "as_of": str(o.events.as_of),
        "first_day": str(o.events.date(int(o.events.facts.day[0]))),
        "horizon_days": o.horizon,
        "asked": o.asked,
        "facts": len(o.events.facts),
        "actors": len(o.events.titles),
        "ranked": o.ranked,
        "learned": {
            "rates_until": str(o.events.date(L.fit.end - 1)),
            "facts_in_fit": L.fit.facts,
            "chances_from_stretches": L.chances.weeks,
            "kinds_of_facts_in_them": L.chances.facts,
        },
        "rows": [_row_dict(o, r) for r in o.rows],
        "risen": [
            {
                **_row_dict(o, x.row),
                "chance_before": x.chance_before,
                "chance_before_low": x.low_before,
                "chance_before_high": x.high_before,
                "rate_before_per_day": x.rate_before,
                "rise_by_role": x.by_role,
                "text": rise_text(x),
            }
            for x in o.risen
        ],
        "roles": ROLES,
        "notes": list(o.events.notes),
    }


def check_dict(c: Check, date: Any) -> dict[str, Any]:  # noqa: ANN401 - day -> date
    """A check as plain values."""

    def bins(some: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        return [
            {
                "from": b.low, "to": b.high, "questions": b.questions, "stated": b.stated,
                "seen": b.seen, "band_low": b.band_low, "band_high": b.band_high,
                "facts": b.facts, "within_band": b.holds, "within_band_of_sources": b.holds_alone,
            }
            for b in some
        ]  # fmt: skip

    return {
        "schema_version": 1,
        "first_day": str(date(c.first)),
        "stretches": c.stretches,
        "horizon_days": c.horizon,
        "questions": c.questions,
        "sources": c.sources,
        "bands": "stretches and sources drawn anew, both with replacement; central 90 %",
        "seen_before": bins(c.bins),
        "never_seen": bins(c.new_bins),
        "totals": [
            {"first_day": str(date(d)), "stated": a, "happened": b, "stated_new": x, "happened_new": y}
            for d, a, b, x, y in c.totals
        ],
        "scores": [
            {
                "pairs": s.pairs, "forecaster": s.forecaster, "brier": s.brier,
                "log": s.log_score, "brier_skill": list(s.brier_skill), "log_skill": list(s.log_skill),
            }
            for s in c.scores
        ],
    }  # fmt: skip
