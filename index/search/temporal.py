"""Time in ranking: prefer the latest reports, or those of a named day.

The order is nudged, not filtered: an older report that says more of what is asked still comes first, and undated
ones keep their place.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from index.language.analyzer import words
from index.language.dates.date_mentions import PartialDate, dates
from index.models import Hit, Value

LATEST = frozenset(  # in Arabic with its dialects, and in English
    "الان حاليا الحالي الحاليه حالي حاليه الراهن الراهنه اليوم اخر احدث مازال مازالت لازال لايزال يزال تزال "
    "هلق هلا دلوقتي الحين توا هسا هسه "
    "now current currently latest today nowadays present presently recent recently still newest".split()
)
NEWEST_GAIN = 0.25  # what the newest of the hits gains on an undated one
HALF_LIFE = 30.0  # days of age at which half of that gain is left
NAMED_GAIN = 0.2  # what a report of the named days gains
REPORTED = timedelta(days=3)  # after an event, in which it is still reported


class TemporalIntent(Value, frozen=True, kw_only=True):
    """The time that a question asks for.

    The latest reports, spans of days, or neither.
    """

    latest: bool = False
    days: tuple[tuple[date, date], ...] = ()

    def __bool__(self) -> bool:
        return self.latest or bool(self.days)


def temporal_intent(question: str) -> TemporalIntent:
    """Parse what a question says of time.

    A year alone is a span of days; a month without a year is ignored.

    >>> temporal_intent("ما أحدث أخبار الجسر؟").latest, temporal_intent("ماذا حدث في تموز 2025؟").days
    (True, ((datetime.date(2025, 7, 1), datetime.date(2025, 7, 31)),))
    """
    days = (_days(value) for mention in dates(question) for value in mention.values[:1])
    return TemporalIntent(latest=not LATEST.isdisjoint(words(question)), days=tuple(day for day in days if day))


def boost_recency(hits: Sequence[Hit], intent: TemporalIntent) -> tuple[Hit, ...]:
    """Reorder hits by the time that is asked for.

    Scores stay within 0..1 and in the order of the hits.
    """
    newest = max((hit.article.published for hit in hits if hit.article.published), default=None)
    if newest is None or not intent:
        return tuple(hits)
    most = 1 + NEWEST_GAIN * intent.latest + NAMED_GAIN * bool(intent.days)
    weighed = [
        replace(hit, score=round(hit.score * _factor(hit.article.published, newest, intent) / most, 6)) for hit in hits
    ]
    return tuple(sorted(weighed, key=lambda hit: -hit.score))


def _factor(published: date | None, newest: date, intent: TemporalIntent) -> float:
    if published is None:
        return 1.0
    late = NEWEST_GAIN * 0.5 ** ((newest - published).days / HALF_LIFE) if intent.latest else 0.0
    named = NAMED_GAIN if any(since <= published <= until + REPORTED for since, until in intent.days) else 0.0
    return 1 + late + named


def _days(named: PartialDate) -> tuple[date, date] | None:
    """Return the first and the last day of a possibly partial Gregorian date.

    None for other calendars and impossible dates.
    """
    if named.year is None or named.calendar != "gregorian":
        return None
    first = (named.year, named.month or 1, named.day or 1)
    try:
        last = monthrange(named.year, named.month or 12)[1]
        return date(*first), date(named.year, named.month or 12, named.day or last)
    except (ValueError, IndexError):
        return None
