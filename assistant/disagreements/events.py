"""Tell events apart by the kind of event and the days that two sentences name.

Two sentences are about different events only if that is certain: what a sentence leaves out does not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from index.language.analyzer import stem, words
from index.language.dates.date_mentions import dates
from index.language.lexicons import load, load_groups

MIN_DAYS_APART = 2  # between the dates of two events; a night belongs to either day


def _stems(tokens: Iterable[str]) -> frozenset[str]:
    return frozenset(map(stem, tokens))


_KINDS = tuple(_stems(listed) for kind, listed in load_groups("events").items() if kind != "generic")
_EVENT_WORDS = _stems(load_groups("events")["generic"]).union(*_KINDS)
_REPORTING = _stems(load("reporting_verbs") | load("report_sources"))  # a date next to them may be the report's


def same_event(left: str, published: date | None, right: str, other_published: date | None) -> bool:
    """Test whether two sentences can be about the same event.

    Relative days count from the day of each report.

    >>> same_event("قتل 15 شخصا في تفجير انتحاري.", None, "قتل 7 جنود في غارة جوية.", None)
    False
    >>> same_event("Nine died in the fire.", None, "The blaze, after an explosion, killed 12.", None)
    True
    """
    here, there = _kinds(left), _kinds(right)
    if here and there and here.isdisjoint(there):
        return False
    days, other_days = _event_days(left, published), _event_days(right, other_published)
    gaps = [abs((day - other).days) for day in days for other in other_days]
    return not gaps or min(gaps) < MIN_DAYS_APART


def event_specific(about: frozenset[str]) -> frozenset[str]:
    """Return the stems that identify an event, without those of kinds of events.

    >>> sorted(event_specific(frozenset(["attack", "kabul"])))
    ['kabul']
    """
    return about - _EVENT_WORDS


@lru_cache(maxsize=1024)
def _kinds(text: str) -> frozenset[int]:
    stems = _stems(words(text))
    return frozenset(number for number, kind in enumerate(_KINDS) if stems & kind)


@lru_cache(maxsize=1024)
def _event_days(text: str, published: date | None) -> frozenset[date]:
    if _REPORTING & _stems(words(text)):
        return frozenset()
    days = (value.as_date() for mention in dates(text, published) for value in mention.values)
    return frozenset(day for day in days if day is not None)
