"""Whether two sentences can tell of one event: by the sort of event that each names, and by the days.

Pure, and made to tell events apart only where they surely are two: what one sentence leaves out cannot speak against the other.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from index.language.analyzer import stem, words
from index.language.dates.date_mentions import dates

APART = 2  # days between two dates from which on they are of two events: a night belongs to either day


def _set(listed: str) -> frozenset[str]:
    return frozenset(map(stem, words(listed)))


_SORTS = (  # each of them another than all the others
    _set("غارة غارات غارتين قصف قصفت airstrike airstrikes strike strikes shelling bombardment"),
    _set(
        "انتحاري انتحارية انتحاريان انتحاريين تفجير تفجيرات تفجيرين مفخخة مفخختين ناسفة bomb bombs bomber bombing bombings"
    ),
    _set("رصاص بالرصاص النار gunman gunmen shooting shootings shot gunfire"),
    _set("حريق حرائق fire fires blaze wildfire"),
    _set("تصادم اصطدام دهس crash collision derailment derailed"),
    _set("سيول فيضان فيضانات flood floods flooding"),
    _set("زلزال زلازل هزة earthquake quake tremor"),
    _set("غرق زورق capsized sank sinking"),
)
_FOLLOWING = _set(  # of one sort or the other
    "هجوم هجمات هجومين اعتداء اعتداءات عملية انفجار انفجارات انهيار حادث حادثة كارثة اشتباكات معارك مواجهات "
    "attack attacks assault explosion explosions blast collapse collapsed accident incident disaster clashes fighting"
)
_EVENTS = _FOLLOWING.union(*_SORTS)
_TELLING = _set(  # beside them a day may be that of the telling
    "قال قالت قالوا أعلن أعلنت ذكر ذكرت أفاد أفادت أكد أكدت أضاف أضافت أوضح بيان وفق حسب بحسب حصيلة "
    "said says announced according statement reported told toll"
)


def one_event(one: str, published: date | None, other: str, published_too: date | None) -> bool:
    """Whether two sentences can tell of one event; a day such as "yesterday" is told from the day of each report.

    >>> one_event("قتل 15 شخصا في تفجير انتحاري.", None, "قتل 7 جنود في غارة جوية.", None)
    False
    >>> one_event("Nine died in the fire.", None, "The blaze, after an explosion, killed 12.", None)
    True
    """
    here, there = _sorts(one), _sorts(other)
    if here and there and here.isdisjoint(there):
        return False
    days, others = _days(one, published), _days(other, published_too)
    return not days or not others or min(abs((day - two).days) for day in days for two in others) < APART


def placing(about: frozenset[str]) -> frozenset[str]:
    """Of the stems of what a question is about, those that say which event is meant, not of what sort it was.

    >>> sorted(placing(frozenset(["attack", "kabul"])))
    ['kabul']
    """
    return about - _EVENTS


@lru_cache(maxsize=1024)
def _sorts(text: str) -> frozenset[int]:
    stems = frozenset(map(stem, words(text)))
    return frozenset(number for number, sort in enumerate(_SORTS) if stems & sort)


@lru_cache(maxsize=1024)
def _days(text: str, published: date | None) -> frozenset[date]:
    """The days on which it happened."""
    if _TELLING & set(map(stem, words(text))):
        return frozenset()
    found = (value.as_date() for mention in dates(text, published) for value in mention.values)
    return frozenset(day for day in found if day is not None)
