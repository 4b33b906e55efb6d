"""Tell what a question counts and which numbers of a sentence count it.

Precise rather than complete, as `assistant.disagreements.conflicts` is: a number that may count something else is left
out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from assistant.query.parse import content_words
from assistant.query.question_type import FUNCTION_WORDS
from index.language.analyzer import stem, words
from index.language.lexicons import load_groups
from index.language.normalize import folded
from index.language.numbers.number_mentions import Number
from index.models import Value

REACH = 60  # characters on either side of a number that may say whether it counts the dead or the injured

_LISTS = load_groups("quantities")
_KILLED, _INJURED, _COUNTING, _OTHER_TIME = (_LISTS[name] for name in ("killed", "injured", "counting", "other time"))
PEOPLE = _LISTS["people"] | _KILLED | _INJURED
_MEASURED = re.compile(r"(?:\bكم|\bhow many|\bhow much)\s+(?:\w+\s+(?:من|of)\s+)(\w+)")
_HOW_MANY = re.compile(r"(?:\b[وفب]?كم|\bhow many)\s+(?:من\s+)?((?:\w+\s*){1,3})")
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")


class CountQuery(Value, frozen=True, kw_only=True):
    """What a question counts."""

    counted: str | None  # "people", or the stem of the noun; None for "how much"
    casualty: str | None  # "killed" or "injured"
    about: frozenset[str]  # the stems of the other content words
    substance: str | None = None  # the stem of what is measured: wheat in "tonnes of wheat"


def count_query(question: str) -> CountQuery:
    """Return what a question for a number counts.

    >>> count_query("كم قتيلا سقط في حريق السوق؟").counted, count_query("How many people were injured?").casualty
    ('people', 'injured')
    """
    tokens, plain = words(question), folded(question)
    how_many, measured = _HOW_MANY.search(plain), _MEASURED.search(plain)
    heads = words(how_many[1]) if how_many else []
    noun = next((word for word in heads if word not in _COUNTING and word not in FUNCTION_WORDS), None)
    counted = None
    if noun in PEOPLE:
        counted = "people"  # also in كم عدد قتلى
    elif noun and heads[0] not in _COUNTING:
        counted = stem(noun)
    content = content_words(tokens)
    about = {stem(word) for word in content if word not in PEOPLE | _COUNTING and not word.isdecimal()}
    return CountQuery(
        counted=counted,
        casualty=_casualty(tokens),
        about=frozenset(about - {counted}),
        substance=stem(measured[1]) if measured else None,
    )


def casualty(text: str, number: Number, reach: int = REACH) -> str | None:
    """Return "killed" or "injured" by the nearest such word, or None.

    `reach`: how many characters on either side are near.
    """
    before, after = _surroundings(text, number, reach)
    near = sorted((at, word) for side in (after, before[::-1]) for at, word in enumerate(side))
    return next((kind for _, word in near if (kind := _casualty([word]))), None)


def may_count(text: str, numbers: Sequence[Number], asked: str | None) -> bool:
    """Test whether some number can count the casualties asked for."""
    return asked is None or any(casualty(text, number) in (None, asked) for number in numbers)


def same_time(left: str, right: str) -> bool:
    """Test whether two sentences can be about the same time.

    They are not if one of them has a word such as "last", or a year, that the other lacks.
    """
    here, there = set(words(left)), set(words(right))
    if (here & _OTHER_TIME) != (there & _OTHER_TIME):
        return False
    return same_years(left, right)


def same_years(left: str, right: str) -> bool:
    """Test whether two sentences name a common year, or not both name one."""
    years, other_years = set(_YEAR.findall(folded(left))), set(_YEAR.findall(folded(right)))
    return not years or not other_years or bool(years & other_years)


def _casualty(tokens: Sequence[str]) -> str | None:
    if any(_in_list(word, _INJURED) for word in tokens):
        return "injured"
    return "killed" if any(_in_list(word, _KILLED) for word in tokens) else None


def _in_list(word: str, listed: Collection[str]) -> bool:
    """Test for a listed word, also with an attached particle or the article."""
    return any(form in listed for form in (word, word.removeprefix("ال"), word[1:] if word[0] in "وفب" else word))


def _surroundings(text: str, number: Number, reach: int = REACH) -> tuple[list[str], list[str]]:
    start, end = number.span.start, number.span.end
    return words(text[max(0, start - reach) : start]), words(text[end : end + reach])


def _counts(text: str, number: Number, query: CountQuery) -> bool:
    before, after = _surroundings(text, number)
    if query.counted is None:
        return number.unit is not None
    if number.unit == "%":
        return False
    if query.counted != "people":
        return query.counted in map(stem, after[:2])
    if not any(_in_list(word, PEOPLE) for word in (*after[:2], *before[-1:])):
        return False
    return query.casualty is None or casualty(text, number) == query.casualty
