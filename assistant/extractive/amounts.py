"""What a question counts, and the numbers of a sentence that count it: the dead and the injured apart, tonnes as tonnes.

Made to be right rather than complete, as `assistant.disagreements.conflicts` is: a number that may count something else is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.query.question_type import FUNCTION_WORDS
from index.language.analyzer import QUESTION_WORDS, stem, words
from index.language.normalize import folded
from index.language.numbers.number_mentions import Number
from index.models import Value

REACH = 60  # characters on either side of a number in which it is said what became of those counted


def _set(listed: str) -> frozenset[str]:
    return frozenset(words(listed))


_KILLED = _set(
    "قتل قتلوا مقتل قتيل قتيلا قتلى قتلاه حتفهم حتفه مصرع مصرعهم بحياة ضحية ضحايا وفاة وفيات توفي توفوا أودى جثة جثمان جثمانا جثث أرواح "
    "killed kill kills killing died die dies dead deaths death fatalities toll lives"
)
_INJURED = _set(
    "أصيب أصيبوا إصابة إصابات جرح جرحوا جريح جريحا جرحى مصاب مصابا مصابين مصابون injured injuries injuring hurt wounded wounding"
)
PEOPLE = (
    _KILLED
    | _INJURED
    | _set("شخص شخصا أشخاص فردا أفراد آخرون آخرين مدنيا مدنيين people persons person others civilians victims")
)
_COUNTING = _set("سقط سقطوا قرب وقع أوقع خلف عدد بلغ بلغت كان كانت يبلغ تبلغ وصل وصلت number")
_STUFF = re.compile(r"(?:\bكم|\bhow many|\bhow much)\s+(?:\w+\s+(?:من|of)\s+)(\w+)")
_HOW_MANY = re.compile(r"(?:\b[وفب]?كم|\bhow many)\s+(?:من\s+)?((?:\w+\s*){1,3})")
_OF_ANOTHER_TIME = _set(
    "الماضي الماضية السابق السابقة سابقا المقبل المقبلة القادم القادمة الأول الأولى مطلع مستهل أوائل أواخر last previous previously earlier former next first initial"
)
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")


class Wanted(Value, frozen=True, kw_only=True):
    """What a question counts."""

    counted: str | None  # "people", or the stem of the noun; None where it asks how much
    fate: str | None  # of people: "killed" or "injured"
    about: frozenset[str]  # the stems of the words that say of what
    stuff: str | None = None  # of a measure: the stem of what is measured, wheat in "tonnes of wheat"


def wanted(question: str) -> Wanted:
    """What a question that asks for a number wants counted.

    >>> wanted("كم قتيلا سقط في حريق السوق؟").counted, wanted("How many people were injured?").fate
    ('people', 'injured')
    """
    said, plain = words(question), folded(question)
    asked, stuff = _HOW_MANY.search(plain), _STUFF.search(plain)
    heads = words(asked[1]) if asked else []
    noun = next((word for word in heads if word not in _COUNTING and word not in FUNCTION_WORDS), None)
    counted = None
    if noun in PEOPLE:
        counted = "people"  # also in كم عدد قتلى
    elif noun and heads[0] not in _COUNTING:
        counted = stem(noun)
    content = [word for word in said if word not in QUESTION_WORDS and word not in FUNCTION_WORDS]
    about = {stem(word) for word in content if word not in PEOPLE | _COUNTING and not word.isdecimal()}
    return Wanted(
        counted=counted,
        fate=_fate(said),
        about=frozenset(about - {counted}),
        stuff=stem(stuff[1]) if stuff else None,
    )


def amounts(text: str, found: Sequence[Number], want: Wanted) -> list[Number]:
    """Those of a sentence's numbers that count what is wanted."""
    return [match for match in found if match.kind == "cardinal" and _counts(text, match, want)]


def fate(text: str, number: Number) -> str | None:
    """What became of those whom a number counts: "killed", "injured", by the word nearest to it; None where none is near."""
    before, after = _beside(text, number)
    near = sorted((at, word) for side in (after, before[::-1]) for at, word in enumerate(side))
    return next((found for _, word in near if (found := _fate([word]))), None)


def may_count(text: str, found: Sequence[Number], asked: str | None) -> bool:
    """Whether some number may count those whose fate is asked: it is theirs, or nobody's that is said."""
    return asked is None or any(fate(text, match) in (None, asked) for match in found)


def of_one_time(one: str, other: str) -> bool:
    """Whether two sentences can speak of one time: neither says "last year", "earlier" or a year that the other does not."""
    here, there = set(words(one)), set(words(other))
    if (here & _OF_ANOTHER_TIME) != (there & _OF_ANOTHER_TIME):
        return False
    years, others = set(_YEAR.findall(folded(one))), set(_YEAR.findall(folded(other)))
    return not years or not others or bool(years & others)


def _fate(said: Sequence[str]) -> str | None:
    if any(_among(word, _INJURED) for word in said):
        return "injured"
    return "killed" if any(_among(word, _KILLED) for word in said) else None


def _among(word: str, known: frozenset[str]) -> bool:
    """Whether it is one of these words, perhaps with "and", "so" or "with" written onto it."""
    return word in known or (word[0] in "وفب" and word[1:] in known)


def _beside(text: str, number: Number) -> tuple[list[str], list[str]]:
    """The words before and after a number, within reach."""
    start, end = number.span.start, number.span.end
    return words(text[max(0, start - REACH) : start]), words(text[end : end + REACH])


def _counts(text: str, number: Number, want: Wanted) -> bool:
    before, after = _beside(text, number)
    if want.counted is None:
        return number.unit is not None
    if number.unit == "%":
        return False
    if want.counted != "people":
        return want.counted in map(stem, after[:2])
    if not any(_among(word, PEOPLE) for word in (*after[:2], *before[-1:])):
        return False
    return want.fate is None or fate(text, number) == want.fate
