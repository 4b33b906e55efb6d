"""Time in ranking: the latest first where a question asks for it, and the days it names before others.

A nudge, not a filter: an older report that says more of what is asked still comes first, and undated ones keep their place.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from index.language.analyzer import words
from index.language.dates.date_mentions import PartialDate, dates
from index.models import Hit, Value

LATEST = frozenset(  # in Arabic, of its dialects too, and in English
    "الان حاليا الحالي الحاليه حالي حاليه الراهن الراهنه اليوم اخر احدث مازال مازالت لازال لايزال يزال تزال هلق هلا دلوقتي الحين توا "
    "هسا هسه now current currently latest today nowadays present presently recent recently still newest".split()
)
NEWER = 0.25  # what the newest of the hits gains on one without a date
HALF = 30.0  # days of age at which half of that is left
NAMED = 0.2  # what a report of the days that are named gains
REPORTED = timedelta(days=3)  # in which a thing is still reported


class Wish(Value, frozen=True, kw_only=True):
    """The time that a question asks for: the latest, days that it names, or neither."""

    latest: bool = False
    days: tuple[tuple[date, date], ...] = ()

    def __bool__(self) -> bool:
        return self.latest or bool(self.days)


def wish(question: str) -> Wish:
    """What a question says of time. A year alone is a span of days; a month without a year is none.

    >>> wish("ما أحدث أخبار الجسر؟").latest, wish("ماذا حدث في تموز 2025؟").days
    (True, ((datetime.date(2025, 7, 1), datetime.date(2025, 7, 31)),))
    """
    days = (_days(match) for date in dates(question) for match in date.values[:1])
    return Wish(latest=not LATEST.isdisjoint(words(question)), days=tuple(day for day in days if day))


def timely(hits: Sequence[Hit], wished: Wish) -> tuple[Hit, ...]:
    """The hits in the order that the time asked for gives them; scores stay within 0..1 and in the order of the hits."""
    newest = max((hit.article.published for hit in hits if hit.article.published), default=None)
    if newest is None or not wished:
        return tuple(hits)
    most = 1 + NEWER * wished.latest + NAMED * bool(wished.days)
    weighed = [
        replace(hit, score=round(hit.score * _favour(hit.article.published, newest, wished) / most, 6)) for hit in hits
    ]
    return tuple(sorted(weighed, key=lambda hit: -hit.score))


def _favour(published: date | None, newest: date, wished: Wish) -> float:
    if published is None:
        return 1.0
    late = NEWER * 0.5 ** ((newest - published).days / HALF) if wished.latest else 0.0
    named = NAMED if any(since <= published <= until + REPORTED for since, until in wished.days) else 0.0
    return 1 + late + named


def _days(named: PartialDate) -> tuple[date, date] | None:
    """The first and the last day of a date that may be known in part; of another calendar, none."""
    if named.year is None or named.calendar != "gregorian":
        return None
    first = (named.year, named.month or 1, named.day or 1)
    try:
        last = monthrange(named.year, named.month or 12)[1]
        return date(*first), date(named.year, named.month or 12, named.day or last)
    except (ValueError, IndexError):  # no such day
        return None
