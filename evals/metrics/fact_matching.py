"""Decide whether a text states a gold fact, without a model.

Wordings compare after folding, dates and numbers as values.

A hit is right about nine times in ten; a miss may be a paraphrase (`evals/cases/README.md` says how accepted strings
are chosen).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from evals.cases.case import ExpectedNumber, Fact
from index.language.analyzer import terms
from index.language.dates.date_mentions import DateMention, PartialDate, dates
from index.language.normalize import folded
from index.language.numbers.number_mentions import Number, numbers
from index.models import Span

SMALL = 31  # numbers up to here are everywhere: days, hours, persons
_ARABIC = re.compile(r"[ء-ي]")
_WORD = re.compile(r"\d+(?:[.,/:]\d+)*%?|[^\W\d_]+")
_CLITICS = r"[وف]?[بكلس]?(?:ال|(?<=ل)ل)?"
_ENDINGS = r"(?:ا|ه|ها|هم|هما|هن|نا)?"


@lru_cache(maxsize=4096)
def _pattern(wording: str) -> re.Pattern[str] | None:
    """Compile whole words in order, with Arabic clitics and endings."""
    parts = []
    for word in _WORD.findall(folded(wording)):
        bare = re.escape(word)
        if _ARABIC.match(word) and word.startswith("ال") and len(word) > 4:
            parts.append(rf"(?:[وف]?[بك]?ال|[وف]?لل){bare[2:]}{_ENDINGS}")
        elif _ARABIC.match(word):
            parts.append(rf"{_CLITICS}{bare}{_ENDINGS}" if len(word) > 2 else rf"[وف]?{bare}")
        elif word[0].isdigit():
            parts.append(rf"(?<![\d.,]){bare}(?![.,]?\d)")
        else:
            parts.append(bare)
    return re.compile(r"(?<![^\W_])" + r"[\W_]+".join(parts) + r"(?![^\W_])") if parts else None


def contains_wording(text: str, wording: str, anchor: date | None = None) -> bool:
    """Return whether a text holds a wording, spelling folded.

    A date or a lone number compares as a value.

    `anchor` is the day on which the text was written: "yesterday" needs it.

    >>> contains_wording("وقُتل ١٤ شخصاً في السيول", "14 شخصا"), contains_wording("قتل 114 شخصا", "14 شخصا")
    (True, False)
    >>> contains_wording("ينتهي في 20 شباط 2026", "20 فيفري"), contains_wording("في شباط", "20 فيفري")
    (True, False)
    """
    pattern = _pattern(wording)
    if pattern and pattern.search(folded(text)):
        return True
    day, number = _as_date(wording), _as_number(wording)
    if day and any(_includes(value, day) for mention in dates(text, anchor) for value in mention.values):
        return True
    return number is not None and any(number == mention.value for mention in numbers(text))


@lru_cache(maxsize=4096)
def _as_date(wording: str) -> PartialDate | None:
    """Return the date of a wording that is a date and nothing else."""
    mentions = dates(wording)
    if len(mentions) != 1 or len(mentions[0].values) != 1 or mentions[0].relative:
        return None
    rest = wording[: mentions[0].span.start] + wording[mentions[0].span.end :]
    return None if _WORD.search(re.sub(r"\b(?:في|يوم|عام|سنة|بتاريخ|in|on|the)\b", "", rest)) else mentions[0].values[0]


def _includes(value: PartialDate, sought: PartialDate) -> bool:
    """Return whether a date has every part that is sought, with the same value."""
    if value.calendar != sought.calendar:
        return False
    parts = (("year", sought.year), ("month", sought.month), ("day", sought.day))
    return all(wanted is None or getattr(value, part) == wanted for part, wanted in parts)


@lru_cache(maxsize=4096)
def _as_number(wording: str) -> object:
    """Return the value of a wording that is a number and nothing else."""
    mentions = numbers(wording)
    return mentions[0].value if len(mentions) == 1 and mentions[0].span == Span(0, len(wording)) else None


def states_fact(text: str, fact: Fact, about: str = "", anchor: date | None = None) -> bool:
    """Return whether a text states a fact, in a wording or as the number.

    A small number counts only in a text that shares a word with `about` (the question and the evidence): 3 is
    everywhere.

    >>> fact = Fact(id="f", accept=("92 مليمترا",), number=ExpectedNumber(value=92, unit="millimetre"))
    >>> states_fact("هطل اثنان وتسعون مليمترا", fact), states_fact("هطل 29 مليمترا", fact)
    (True, False)
    """
    if any(contains_wording(text, wording, anchor) for wording in fact.accept):
        return True
    expected = fact.number
    if expected is None:
        return False
    return any(
        _equals(number, expected) and (abs(expected.value) > SMALL or shared_stems(text, about))
        for number in plain_numbers(text)
    )


def plain_numbers(text: str) -> tuple[Number, ...]:
    """Return the numbers of a text that are not part of a date."""
    every = numbers(text)
    return tuple(number for number in every if not _is_inside(number.span, dates(text))) if every else ()


def _is_inside(span: Span, mentions: Iterable[DateMention]) -> bool:
    return any(mention.span.start <= span.start and span.end <= mention.span.end for mention in mentions)


def _equals(number: Number, expected: ExpectedNumber) -> bool:
    if (expected.unit in ("percent", "%")) != (number.unit == "%"):
        return False
    return any(abs(float(value) - expected.value) <= expected.tol + 1e-9 for value in number.readings)


def shared_stems(text: str, about: str) -> frozenset[str]:
    """Return the stems that two texts have in common, numbers aside."""
    return _stems(text) & _stems(about)


@lru_cache(maxsize=8192)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem for stem in terms(text).stems if len(stem) > 2 and not stem.isdigit())
