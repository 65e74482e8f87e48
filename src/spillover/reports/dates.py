"""Dates in a text, resolved from the day of publication.

A general date parser gives one day for every expression; a report says windows ("in early
October", "within 48 hours"), and a window that is turned into a day is a date the report
never printed. So this is our own grammar, over tokens. It must never import a claim's
reader.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from spillover.reports.claim import Span, When
from spillover.reports.numbers import number_at
from spillover.reports.tokens import Document
from spillover.reports.words import words

__all__ = ["Dated", "find_dates", "printable_year"]

_MONTHS = {
    name.lower(): k
    for k in range(1, 13)
    for name in (calendar.month_name[k], calendar.month_abbr[k])
} | {"sept": 9}
_DAYS = {
    name.lower(): k
    for k in range(7)
    for name in (calendar.day_name[k], calendar.day_abbr[k])
    if name.lower() not in ("sat", "sun", "wed", "thu", "fri", "tue")
} | {"tues": 1, "thurs": 3}
_UNITS = {
    "hour": 1 / 24, "day": 1, "night": 1, "week": 7, "fortnight": 14, "month": 30,
    "year": 365,
}  # fmt: skip
_BEFORE = words("before by until till")
_SINCE = words("since after from following")
_COMING = words("coming next following")
_PAST = words("past last previous recent preceding")
_PARTS = {"early": (0.0, 0.34), "mid": (0.3, 0.7), "late": (0.66, 1.0)}
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def printable_year(day: date) -> bool:
    """Whether a report can be of that day: the years that are read as years."""
    return _FIRST_YEAR <= day.year <= _LAST_YEAR


@dataclass(frozen=True, slots=True)
class Dated:
    """A date in the text.

    Attributes
    ----------
    first, stop
        Its tokens, with the preposition that belongs to it.
    role
        "on", "before" (a deadline: the last day is the day by which), "since".
    past, ahead
        What it means for something that has been, and for something to come.
    """

    first: int
    stop: int
    role: str
    past: When
    ahead: When


def find_dates(doc: Document, published: date | None) -> list[Dated]:
    """Every date of a text, in order; windows where the text gives no day.

    Relative expressions stay unresolved (no days) when ``published`` is missing, or no
    day on which a report can be published.
    """
    if published is not None and not printable_year(published):
        published = None
    found: list[Dated] = []
    i, count = 0, len(doc.words)
    while i < count:
        hit = _at(doc, i, count, published)
        if hit:
            found.append(hit)
            i = hit.stop
        else:
            i += 1
    return found


def _at(doc: Document, i: int, count: int, day: date | None) -> Dated | None:
    word = doc.lower[i]
    if word[0].isdecimal() or word in _STARTS:
        for rule in _RULES:
            hit = rule(doc, i, count, day)
            if hit:
                return hit
    return None


def _make(
    doc: Document,
    i: int,
    stop: int,
    past: tuple[date, date] | None,
    ahead: tuple[date, date] | None = None,
    *,
    printed: bool = False,
    role: str = "",
) -> Dated:
    """The date of tokens ``i`` to ``stop``, its preposition taken in."""
    lower, first = doc.lower, i
    while first > 0 and lower[first - 1] in ("the", "of"):
        first -= 1
    before = lower[first - 1] if first else ""
    if not role:
        role = "before" if before in _BEFORE else "since" if before in _SINCE else "on"
    first = first - 1 if before in _BEFORE | _SINCE | {"on", "in", "at"} else i
    span = Span(*doc.span(first, stop))
    text = span.of(doc.text)

    def when(days: tuple[date, date] | None) -> When:
        one, other = days or (None, None)
        if role == "on":
            return When(one, other, text, not printed, span)
        if role == "before" and days and before == "before" and not _ends(doc, i):
            one, other = None, days[0] - timedelta(days=1)
        elif role == "before" and days:
            one = None
        elif role == "since" and days:
            other = None
        return When(one, other, text, not printed, span)

    return Dated(first, stop, role, when(past), when(ahead or past))


def _ends(doc: Document, i: int) -> bool:
    """As in "before the end of": the end itself is still in time."""
    return doc.lower[i] == "end"


def _year_at(doc: Document, i: int, count: int) -> tuple[int, int]:
    """A year at token ``i`` (a comma may stand before it) and the token after it."""
    k = i + 1 if i < count and doc.words[i] == "," else i
    if k < count and doc.words[k].isdecimal() and len(doc.words[k]) == 4:
        year = int(doc.words[k])
        if _FIRST_YEAR <= year <= _LAST_YEAR:
            return year, k + 1
    return 0, i


def _day_number(word: str) -> int:
    """Day of the month written as a number; 0 when it is none."""
    digits = word.removesuffix("st").removesuffix("nd").removesuffix("rd")
    digits = digits.removesuffix("th")
    value = int(digits) if digits.isdecimal() and len(digits) <= 2 else 0
    return value if 1 <= value <= 31 else 0


def _is_month(doc: Document, k: int, count: int) -> int:
    """Month named at token ``k``; "may" and "march" only with a capital."""
    if k >= count or not doc.words[k][:1].isupper():
        return 0
    return _MONTHS.get(doc.lower[k], 0)


def _days_in(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _place(
    month: int, one: int, other: int, year: int, day: date | None
) -> tuple[tuple[date, date] | None, tuple[date, date] | None]:
    """Days of a month with its year, or the last and the next such days."""
    if year:
        top = _days_in(year, month)
        both = (date(year, month, min(one, top)), date(year, month, min(other, top)))
        return both, both
    if day is None:
        return None, None

    def of(y: int) -> tuple[date, date]:
        top = _days_in(y, month)
        return date(y, month, min(one, top)), date(y, month, min(other, top))

    past = of(day.year) if of(day.year)[0] <= day else of(day.year - 1)
    ahead = of(day.year) if of(day.year)[1] >= day else of(day.year + 1)
    return past, ahead


def _iso(doc: Document, i: int, count: int, day: date | None) -> Dated | None:
    """2024-11-05, in one token or in parts."""
    del day
    if i + 4 < count and doc.words[i + 1] == doc.words[i + 3] == "-":
        text = doc.quote(i, i + 5)
    else:
        return None
    try:
        read = date.fromisoformat(text)
    except ValueError:
        return None
    return _make(doc, i, i + 5, (read, read), printed=True)


def _calendar_day(doc: Document, i: int, count: int, day: date | None) -> Dated | None:
    """5 November [2024], November 5[, 2024], 3 to 7 October, October 3-7."""
    number = _day_number(doc.words[i])
    if number:
        k, other = i + 1, number
        if k + 1 < count and doc.lower[k] in ("to", "and", "-", "–", "until"):
            second = _day_number(doc.words[k + 1])
            if second:
                other, k = second, k + 2
        elif k < count and "-" in doc.words[i]:
            return None
        if k < count and doc.lower[k] == "of":
            k += 1
        month = _is_month(doc, k, count)
        if not month or other < number:
            return None
        k += 1
    else:
        month = _is_month(doc, i, count)
        k = i + 1
        if k < count and doc.words[k] == "." and month:
            k += 1
        if not month or k >= count:
            return None
        first, _, second_word = doc.words[k].partition("-")
        number = _day_number(first)
        other = _day_number(second_word) if second_word else number
        if not number or not other:
            return None
        k += 1
        if (
            k + 1 < count
            and doc.lower[k] in ("to", "and", "-", "–")
            and _day_number(doc.words[k + 1])
            and not _is_month(doc, k + 2, count)
        ):
            other, k = _day_number(doc.words[k + 1]), k + 2
    year, k = _year_at(doc, k, count)
    past, ahead = _place(month, number, other, year, day)
    role = "on" if other > number else ""  # "from 3 to 7 October" is a window
    printed = bool(year) and number == other
    return _make(doc, i, k, past, ahead, printed=printed, role=role)


def _part_of_month(doc: Document, i: int, count: int, day: date | None) -> Dated | None:
    """(early, mid, late) October [2023]; the first week of October."""
    lower, k, part = doc.lower, i, (0.0, 1.0)
    if lower[i] in ("early", "mid", "late"):
        part, k = _PARTS[lower[i]], i + 1
        if k < count and doc.words[k] == "-":
            k += 1
    elif "-" in lower[i] and lower[i].split("-")[0] in _PARTS:
        month = _MONTHS.get(lower[i].split("-")[1], 0)
        if not month:
            return None
        year, k = _year_at(doc, i + 1, count)
        return _month(doc, i, k, month, _PARTS[lower[i].split("-")[0]], year, day)
    month = _is_month(doc, k, count)
    if not month:
        return None
    ambiguous = lower[k] in ("may", "march", "mar", "jan", "jun", "dec", "sep")
    year, stop = _year_at(doc, k + 1, count)
    introduced = k > 0 and lower[k - 1] in _INTRODUCE
    if ambiguous and not (year or k > i or introduced):
        return None
    return _month(doc, i, stop, month, part, year, day)


_INTRODUCE = words(
    """
    in since until by before after during from through last this next of to between
    early late and
    """
)


def _month(
    doc: Document,
    i: int,
    stop: int,
    month: int,
    part: tuple[float, float],
    year: int,
    day: date | None,
) -> Dated:
    before = doc.lower[i - 1] if i else ""
    top = _days_in(year or (day.year if day else 2024), month)
    one, other = max(1, round(part[0] * top)), max(1, round(part[1] * top))
    past, ahead = _place(month, one, other, year, day)
    if before == "next" and ahead:
        past = ahead
    return _make(doc, i, stop, past, ahead)


def _only_year(doc: Document, i: int, count: int, day: date | None) -> Dated | None:
    """In 2023."""
    del day
    if not i or doc.lower[i - 1] not in (
        "in",
        "since",
        "of",
        "during",
        "from",
        "until",
    ):
        return None
    year, stop = _year_at(doc, i, count)
    if not year or stop != i + 1:
        return None
    return _make(doc, i, stop, (date(year, 1, 1), date(year, 12, 31)))


def _near_day(doc: Document, i: int, count: int, day: date | None) -> Dated | None:
    """Today, yesterday, tomorrow, tonight; on Tuesday; last or next Tuesday."""
    lower = doc.lower
    word = lower[i]
    step = {"today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1, "overnight": 0}
    if word in step:
        if day is None:
            return _make(doc, i, i + 1, None)
        on = day + timedelta(days=step[word])
        first = on - timedelta(days=1) if word == "overnight" else on
        return _make(doc, i, i + 1, (first, on))
    k, way = i, ""
    if word in ("last", "next", "this", "past", "coming") and i + 1 < count:
        k, way = i + 1, word
    if lower[k] not in _DAYS or not doc.words[k][:1].isupper():
        return None
    stop = k + 1
    if stop < count and lower[stop] in ("morning", "night", "evening", "afternoon"):
        stop += 1
    if day is None:
        return _make(doc, i, stop, None)
    back = (day.weekday() - _DAYS[lower[k]]) % 7
    if way == "last" and back == 0:
        back = 7
    past = day - timedelta(days=back)
    ahead = past if back == 0 and way != "next" else past + timedelta(days=7)
    if way == "next":
        past = ahead
    return _make(doc, i, stop, (past, past), (ahead, ahead))


def _near_period(doc: Document, i: int, count: int, day: date | None) -> Dated | None:
    """Last week, this month, earlier this year, over the weekend, in recent days."""
    lower, k = doc.lower, i
    if lower[k] in ("earlier", "later") and k + 1 < count:
        k += 1
    way = lower[k] if k < count else ""
    unit = lower[k + 1] if k + 1 < count else ""
    if way == "weekend" or (
        way in ("the", "last", "next", "this") and unit == "weekend"
    ):
        stop = k + 1 if way == "weekend" else k + 2
        if day is None:
            return _make(doc, i, stop, None)
        saturday = day - timedelta(days=(day.weekday() - 5) % 7)
        ahead = saturday + timedelta(days=0 if day.weekday() >= 5 else 7)
        one = (saturday, saturday + timedelta(days=1))
        other = (ahead, ahead + timedelta(days=1))
        return _make(doc, i, stop, other if way == "next" else one, other)
    singular = unit.removesuffix("s")
    if singular not in _UNITS or unit == "hour":
        return None
    if way in ("last", "this", "next") and unit == singular:
        return _make(doc, i, k + 2, *_calendar_period(way, unit, lower[i], day))
    if way in (
        "coming",
        "recent",
        "past",
        "next",
        "last",
        "following",
    ) and unit.endswith("s"):
        if day is None:
            return _make(doc, i, k + 2, None)
        reach = timedelta(days=max(1, round(_UNITS[singular] * _FEW)))
        if way in ("coming", "next", "following"):
            return _make(doc, i, k + 2, (day, day + reach))
        return _make(doc, i, k + 2, (day - reach, day))
    return None


_FEW = 4
"""What "days" or "weeks" without a number may be, at most, in the reading of "recent
days": a window, marked as inferred."""


def _calendar_period(
    way: str, unit: str, lead: str, day: date | None
) -> tuple[tuple[date, date] | None, tuple[date, date] | None]:
    if day is None:
        return None, None
    shift = {"last": -1, "this": 0, "next": 1}[way]
    if unit == "week":
        monday = day - timedelta(days=day.weekday()) + timedelta(days=7 * shift)
        first, last = monday, monday + timedelta(days=6)
    elif unit == "month":
        index = day.year * 12 + day.month - 1 + shift
        year, month = divmod(index, 12)
        first = date(year, month + 1, 1)
        last = date(year, month + 1, _days_in(year, month + 1))
    elif unit == "year":
        first = date(day.year + shift, 1, 1)
        last = date(day.year + shift, 12, 31)
    else:
        first = last = day + timedelta(days=shift)
    past = (first, min(last, day)) if shift <= 0 else (first, last)
    ahead = (max(first, day), last) if shift >= 0 else (first, last)
    if lead == "earlier":
        ahead = past
    return past, ahead


def _span_of_time(doc: Document, i: int, count: int, day: date | None) -> Dated | None:
    """N days ago, N days later; within/in N hours; the past/next N days."""
    lower, k, lead = doc.lower, i, ""
    if lower[k] in _COMING | _PAST | {"within", "another"}:
        lead, k = lower[k], k + 1
        if k < count and lower[k] in ("the", "next", "coming", "about", "some"):
            lead = lower[k] if lower[k] in _COMING else lead
            k += 1
        if k < count and lower[k] in _COMING | _PAST:
            k += 1
    many = number_at(doc, k, count)
    if many is None and lead == "within" and k < count and lower[k].endswith("s"):
        unit = _UNITS.get(lower[k].removesuffix("s"))
        if unit is not None:  # "within days"
            reach = timedelta(days=max(1, round(unit * _FEW)))
            near = (day, day + reach) if day else None
            return _make(doc, i, k + 1, near, role="before")
    if many is None:
        if k < count and lower[k] in ("a", "an"):
            low = high = 1.0
            after = k + 1
        else:
            return None
    else:
        low, high, after = float(many.low), float(many.high), many.stop
    if after >= count:
        return None
    unit = _UNITS.get(lower[after].removesuffix("s"))
    if unit is None:
        return None
    stop = after + 1
    least, most = round(low * unit), max(1, round(high * unit + 0.49))
    next_word = lower[stop] if stop < count else ""
    before = lower[i - 1] if i else ""
    if next_word in ("ago", "earlier", "before"):
        near = (
            (day - timedelta(days=most), day - timedelta(days=least)) if day else None
        )
        return _make(doc, i, stop + 1, near)
    if lead == "within" or before in ("in", "within") or lead in _COMING:
        if lead in _PAST:
            near = (day - timedelta(days=most), day) if day else None
            return _make(doc, i, stop, near)
        near = (day, day + timedelta(days=most)) if day else None
        return _make(doc, i, stop, near, role="before")
    if lead in _PAST:
        return _make(doc, i, stop, (day - timedelta(days=most), day) if day else None)
    return None


def _end_of(doc: Document, i: int, count: int, day: date | None) -> Dated | None:
    """The end of the month, week or year; the end of October."""
    lower = doc.lower
    if lower[i] != "end" or i + 2 >= count or lower[i + 1] != "of":
        return None
    k = i + 2
    if lower[k] in ("the", "this", "next") and k + 1 < count:
        way, unit = lower[k], lower[k + 1]
        if unit not in ("week", "month", "year"):
            return None
        shift = "next" if way == "next" else "this"
        _, ahead = _calendar_period(shift, unit, "", day)
        last = (ahead[1], ahead[1]) if ahead else None
        return _make(doc, i, k + 2, last)
    month = _is_month(doc, k, count)
    if not month:
        return None
    year, stop = _year_at(doc, k + 1, count)
    past, ahead = _place(month, 31, 31, year, day)
    return _make(doc, i, stop, past, ahead)


_RULES = (
    _iso,
    _end_of,
    _calendar_day,
    _span_of_time,
    _near_day,
    _near_period,
    _part_of_month,
    _only_year,
)
_STARTS = (
    frozenset(_MONTHS)
    | frozenset(_DAYS)
    | frozenset(f"{part}-{month}" for part in _PARTS for month in _MONTHS)
    | words(
        """
        early mid late today tonight yesterday tomorrow overnight last next this past
        coming earlier later weekend the recent within another following previous
        end a an one two three four five six seven eight nine ten twelve fifteen twenty
        thirty several few couple hours days
        """
    )
)


def dates_in(dates: list[Dated], first: int, stop: int) -> Iterator[Dated]:
    """Those that begin within the tokens."""
    return (d for d in dates if first <= d.first < stop or first < d.stop <= stop)
