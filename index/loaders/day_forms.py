"""Read the day in a value that is a date.

ISO 8601, RFC 2822, seconds since 1970, or a date in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from index.language.dates.date_mentions import DateMention, dates

LONGEST = 80  # characters
YEARS = range(1900, 2101)

_ISO = re.compile(r"\d{4}-?\d{2}-?\d{2}(?!\d)")
_NUMBER = re.compile(r"-?\d{9,19}(?:\.\d+)?")
_TICKS = re.compile(r"/Date\((-?\d{9,19})(?:[+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_any_day(value: str, *, day_first: bool) -> date | None:
    """Return the day of a date in any common form, as it is written there.

    None where it is none or ambiguous.

    Of a time with a zone it is the day in that zone, of seconds, milli-, micro- or nanoseconds since 1970 that in UTC.
    `day_first` says how 5/8/2015 is meant; without it such a date is ambiguous.

    >>> [str(parse_any_day(value, day_first=True)) for value in (
    ...     "2024-05-13T05:22:18.1234536Z", "Mon, 13 May 2024 21:30:00 +0300", "1715578938000", "13 أيار 2024",
    ...     "13/5/2024 - 10:15", "13. Mai 2024", "soon")]
    ['2024-05-13', '2024-05-13', '2024-05-13', '2024-05-13', '2024-05-13', '2024-05-13', 'None']
    """
    value = value.strip()
    if not any(map(str.isdigit, value[:LONGEST])) or len(value) > LONGEST:
        return None
    if _ISO.match(value):
        try:
            return _plausible(date.fromisoformat(value[:10] if value[4] == "-" else value[:8]))
        except ValueError:
            pass
    number = _TICKS.fullmatch(value) or _NUMBER.fullmatch(value)
    if number:
        return _since_1970(float(number.group(number.lastindex or 0)))
    mentions = dates(value)
    if any(value.day and value.year for mention in mentions for value in mention.values):
        return first_day(mentions, day_first=day_first)
    return _by_dateparser(value)


def first_day(mentions: Iterable[DateMention], *, day_first: bool) -> date | None:
    """Return the first whole day that is mentioned.

    Of one that may be read in two ways, the first with `day_first`.
    """
    for mention in mentions:
        days = [day for value in mention.values if (day := value.as_date()) and value.weekday in (None, day.weekday())]
        if len(set(days)) == 1 or (days and day_first):
            return _plausible(days[0])
    return None


def _plausible(day: date) -> date | None:
    return day if day.year in YEARS else None


def _since_1970(number: float) -> date | None:
    """Return the day of a Unix time in seconds, milli-, micro- or nanoseconds."""
    while abs(number) >= 1e11:
        number /= 1000
    return _plausible((_EPOCH + timedelta(seconds=number)).date())


@lru_cache(maxsize=1000)
def _by_dateparser(value: str) -> date | None:
    """Return the day in a date of one of the two hundred languages of dateparser.

    With day, month and year.
    """
    import dateparser

    settings = {"REQUIRE_PARTS": ["day", "month", "year"], "PARSERS": ["absolute-time"], "DATE_ORDER": "DMY"}
    try:
        moment = dateparser.parse(value, settings=settings)
    except (ValueError, OverflowError, RecursionError):
        return None
    return _plausible(moment.date()) if moment else None
