"""Find and read the dates of Arabic and English text.

Month names of every Arabic tradition come from CLDR (`months.json`, made by `tools/make_months.py`). A date may be
partial, or ambiguous: then it has several values, the likelier first. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from index.language.dates.date_patterns import DateMatch, PartialDate, Shift, scan
from index.language.normalize import Folded, fold
from index.models import Span, Value

__all__ = ["DateMention", "PartialDate", "compatible", "dates"]


class DateMention(Value, frozen=True, kw_only=True):
    """A date as a text names it.

    It has several values if it is ambiguous, none if it is relative without an anchor.
    """

    span: Span
    values: tuple[PartialDate, ...]
    relative: bool = False  # relative to the day of writing: "yesterday", "الشهر المقبل"


def compatible(left: PartialDate, right: PartialDate) -> bool:
    """Test whether both can be the same day; two calendars never are.

    >>> compatible(PartialDate(month=5, day=3), PartialDate(year=2024, month=5))
    True
    >>> compatible(PartialDate(year=2024, month=5, day=3), PartialDate(weekday=0))  # it was a Friday
    False
    """
    if left.calendar != right.calendar:
        return False
    left, right = _with_weekday(left), _with_weekday(right)
    pairs = ((getattr(left, part), getattr(right, part)) for part in ("year", "month", "day", "weekday"))
    return all(here is None or there is None or here == there for here, there in pairs)


def dates(text: str | Folded, anchor: date | None = None) -> tuple[DateMention, ...]:
    """Return the dates of a text in order, without overlaps.

    `anchor` is the day of writing, which relative dates need.

    >>> mention = dates("وصل الوفد في ٣ تشرين الأول/أكتوبر ٢٠٢٤.")[0]
    >>> mention.span, mention.values
    (Span(start=13, end=38), (PartialDate(year=2024, month=10, day=3, weekday=None, calendar='gregorian'),))
    >>> [mention.values[0].as_date() for mention in dates("They met last Friday", anchor=date(2024, 5, 6))]
    [datetime.date(2024, 5, 3)]
    """
    plain = fold(text) if isinstance(text, str) else text
    kept: list[DateMatch] = []
    for match in scan(plain.text):
        if not any(match.start < other.end and other.start < match.end for other in kept):
            kept.append(match)
    kept.sort(key=lambda match: match.start)
    return tuple(_mention(match, plain, anchor) for match in _with_weekdays(kept, plain.text))


# --- from matches to values ---


def _with_weekday(value: PartialDate) -> PartialDate:
    day = value.as_date()
    if day is None or value.weekday is not None:
        return value
    return PartialDate(year=value.year, month=value.month, day=value.day, weekday=day.weekday())


def _with_weekdays(matches: list[DateMatch], text: str) -> Iterator[DateMatch]:
    """Join a weekday with the date behind it: "Tuesday, 7 May"."""
    index = 0
    while index < len(matches):
        match = matches[index]
        after = matches[index + 1] if index + 1 < len(matches) else None
        if match.unit == "weekday" and after and after.values and after.values[0].day:
            between = text[match.end : after.start]
            if len(between) < 12 and not between.strip(" ,(-").replace("الموافق", "").strip(" ("):
                values = tuple(_on_weekday(value, match.count) for value in after.values)
                yield DateMatch(start=match.start, end=after.end, values=values, shift=after.shift)
                index += 2
                continue
        yield match
        index += 1


def _on_weekday(value: PartialDate, weekday: int) -> PartialDate:
    return PartialDate(year=value.year, month=value.month, day=value.day, weekday=weekday, calendar=value.calendar)


def _mention(match: DateMatch, plain: Folded, anchor: date | None) -> DateMention:
    span = plain.span(match.start, match.end)
    if match.unit is None:
        values = tuple(_with_year(value, match.shift, anchor) for value in match.values)
        return DateMention(span=span, values=values, relative=match.shift is not None)
    if match.unit == "weekday":
        return DateMention(span=span, values=_weekday_values(match, anchor), relative=True)
    if anchor is None:
        return DateMention(span=span, values=(), relative=True)
    return DateMention(span=span, values=(_relative_value(match, anchor),), relative=True)


def _with_year(value: PartialDate, shift: Shift | None, anchor: date | None) -> PartialDate:
    """Fill in the year of "15 أكتوبر المقبل" from the anchor, if there is one."""
    if shift is None or anchor is None or value.year is not None or value.month is None or value.calendar == "hijri":
        return value
    here, there = (anchor.month, anchor.day), (value.month, value.day or anchor.day)
    year = anchor.year
    if shift == "past" and (there > here or (value.day is None and value.month == anchor.month)):
        year -= 1
    if shift == "next" and (there < here or (value.day is None and value.month == anchor.month)):
        year += 1
    return PartialDate(year=year, month=value.month, day=value.day, weekday=value.weekday)


def _weekday_values(match: DateMatch, anchor: date | None) -> tuple[PartialDate, ...]:
    """Return the last such weekday and the next, or the one that is specified."""
    if anchor is None:
        return (PartialDate(weekday=match.count),)
    back = (anchor.weekday() - match.count) % 7
    if match.shift == "past":
        back = back or 7
    past, coming = anchor - timedelta(back), anchor + timedelta((match.count - anchor.weekday()) % 7 or 7)
    days = {"past": (past,), "next": (coming,)}.get(match.shift or "", (past, coming))
    return tuple(_full_date(day) for day in days)


def _full_date(day: date) -> PartialDate:
    return PartialDate(year=day.year, month=day.month, day=day.day)


def _relative_value(match: DateMatch, anchor: date) -> PartialDate:
    if match.unit == "day":
        return _full_date(anchor + timedelta(match.count))
    if match.unit == "year":
        return PartialDate(year=anchor.year + match.count)
    months = anchor.year * 12 + anchor.month - 1 + match.count
    return PartialDate(year=months // 12, month=months % 12 + 1)
