"""Find the dates a text names, in Arabic and English: where they stand and what they say.

Month names of every Arabic tradition come from CLDR (`months.json`, made by `tools/make_months.py`). A date may be
known in part, or be ambiguous: then it has several values, the likelier first. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from index.language.dates.date_patterns import Found, PartialDate, Shift, scanned
from index.language.normalize import Folded, fold
from index.models import Span, Value

__all__ = ["DateMention", "PartialDate", "compatible", "dates"]


class DateMention(Value, frozen=True, kw_only=True):
    """A date as a text names it. More than one value: the text leaves open which; none: a relative day without an anchor."""

    span: Span
    values: tuple[PartialDate, ...]
    relative: bool = False  # named from the day of writing: "yesterday", "الشهر المقبل"


def compatible(one: PartialDate, other: PartialDate) -> bool:
    """Whether both can be the same day: no part that both know differs. Two calendars are never compared.

    >>> compatible(PartialDate(month=5, day=3), PartialDate(year=2024, month=5))
    True
    >>> compatible(PartialDate(year=2024, month=5, day=3), PartialDate(weekday=0))  # it was a Friday
    False
    """
    if one.calendar != other.calendar:
        return False
    one, other = _with_weekday(one), _with_weekday(other)
    pairs = [(one.year, other.year), (one.month, other.month), (one.day, other.day), (one.weekday, other.weekday)]
    return all(a is None or b is None or a == b for a, b in pairs)


def dates(text: str | Folded, anchor: date | None = None) -> tuple[DateMention, ...]:
    """The dates that a text, or one that is folded already, names, in order, without overlaps. `anchor` is the day of writing: relative dates need it.

    >>> found = dates("وصل الوفد في ٣ تشرين الأول/أكتوبر ٢٠٢٤.")[0]
    >>> found.span, found.values
    (Span(start=13, end=38), (PartialDate(year=2024, month=10, day=3, weekday=None, calendar='gregorian'),))
    >>> [one.values[0].as_date() for one in dates("They met last Friday", anchor=date(2024, 5, 6))]
    [datetime.date(2024, 5, 3)]
    """
    plain = fold(text) if isinstance(text, str) else text
    claimed: list[Found] = []
    for found in scanned(plain.text):
        if not any(found.start < other.end and other.start < found.end for other in claimed):
            claimed.append(found)
    claimed.sort(key=lambda item: item.start)
    return tuple(_mention(one, plain, anchor) for one in _joined(claimed, plain.text))


# --- from what was found to what it means ---


def _with_weekday(value: PartialDate) -> PartialDate:
    day = value.as_date()
    if day is None or value.weekday is not None:
        return value
    return PartialDate(year=value.year, month=value.month, day=value.day, weekday=day.weekday())


def _joined(found: list[Found], text: str) -> Iterator[Found]:
    """A weekday that stands before its date is part of it: "Tuesday, 7 May"."""
    index = 0
    while index < len(found):
        match = found[index]
        after = found[index + 1] if index + 1 < len(found) else None
        if match.unit == "weekday" and after and after.values and after.values[0].day:
            between = text[match.end : after.start]
            if len(between) < 12 and not between.strip(" ,(-").replace("الموافق", "").strip(" ("):
                values = tuple(_on(value, match.count) for value in after.values)
                yield Found(start=match.start, end=after.end, values=values, shift=after.shift)
                index += 2
                continue
        yield match
        index += 1


def _on(value: PartialDate, weekday: int) -> PartialDate:
    return PartialDate(year=value.year, month=value.month, day=value.day, weekday=weekday, calendar=value.calendar)


def _mention(found: Found, plain: Folded, anchor: date | None) -> DateMention:
    span = plain.span(found.start, found.end)
    if found.unit is None:
        values = tuple(_placed(value, found.shift, anchor) for value in found.values)
        return DateMention(span=span, values=values, relative=found.shift is not None)
    if found.unit == "weekday":
        return DateMention(span=span, values=_weekdays(found, anchor), relative=True)
    if anchor is None:
        return DateMention(span=span, values=(), relative=True)
    return DateMention(span=span, values=(_counted(found, anchor),), relative=True)


def _placed(value: PartialDate, shift: Shift | None, anchor: date | None) -> PartialDate:
    """The year of "15 أكتوبر المقبل", seen from the anchor; without one it stays unknown."""
    if shift is None or anchor is None or value.year is not None or value.month is None or value.calendar == "hijri":
        return value
    here, there = (anchor.month, anchor.day), (value.month, value.day or anchor.day)
    year = anchor.year
    if shift == "past" and (there > here or (value.day is None and value.month == anchor.month)):
        year -= 1
    if shift == "next" and (there < here or (value.day is None and value.month == anchor.month)):
        year += 1
    return PartialDate(year=year, month=value.month, day=value.day, weekday=value.weekday)


def _weekdays(found: Found, anchor: date | None) -> tuple[PartialDate, ...]:
    """The last such day and the coming one, in that order, unless the text says which."""
    if anchor is None:
        return (PartialDate(weekday=found.count),)
    back = (anchor.weekday() - found.count) % 7
    if found.shift == "past":
        back = back or 7
    past, coming = anchor - timedelta(back), anchor + timedelta((found.count - anchor.weekday()) % 7 or 7)
    days = {"past": (past,), "next": (coming,)}.get(found.shift or "", (past, coming))
    return tuple(_of(day) for day in days)


def _of(day: date) -> PartialDate:
    return PartialDate(year=day.year, month=day.month, day=day.day)


def _counted(found: Found, anchor: date) -> PartialDate:
    if found.unit == "day":
        return _of(anchor + timedelta(found.count))
    if found.unit == "year":
        return PartialDate(year=anchor.year + found.count)
    months = anchor.year * 12 + anchor.month - 1 + found.count
    return PartialDate(year=months // 12, month=months % 12 + 1)
