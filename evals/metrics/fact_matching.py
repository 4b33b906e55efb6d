"""Does a text state a gold fact? Wordings are compared after folding, dates and numbers as values. No model.

A hit is right about nine times in ten; a miss may be a paraphrase (`evals/cases/README.md` says how accepted strings are chosen).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from evals.cases.case import Fact, Number
from index.language.analyzer import terms
from index.language.dates.date_mentions import DateMention, PartialDate, dates
from index.language.normalize import folded
from index.language.numbers.number_mentions import Number as Named
from index.language.numbers.number_mentions import numbers
from index.models import Span

SMALL = 31  # numbers up to here are everywhere: days, hours, persons
_ARABIC = re.compile(r"[ء-ي]")
_WORD = re.compile(r"\d+(?:[.,/:]\d+)*%?|[^\W\d_]+")
_CLITICS = r"[وف]?[بكلس]?(?:ال|(?<=ل)ل)?"
_ENDINGS = r"(?:ا|ه|ها|هم|هما|هن|نا)?"


@lru_cache(maxsize=4096)
def _pattern(wording: str) -> re.Pattern[str] | None:
    """Whole words in their order; an Arabic word may carry a particle, the article, an accusative ending or a pronoun."""
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


def says(text: str, wording: str, anchor: date | None = None) -> bool:
    """Whether a text holds a wording, whatever its spelling; a wording that is a date or a lone number is compared as a value.

    `anchor` is the day on which the text was written: "yesterday" needs it.

    >>> says("وقُتل ١٤ شخصاً في السيول", "14 شخصا"), says("قتل 114 شخصا", "14 شخصا")
    (True, False)
    >>> says("ينتهي في 20 شباط 2026", "20 فيفري"), says("في شباط", "20 فيفري")
    (True, False)
    """
    pattern = _pattern(wording)
    if pattern and pattern.search(folded(text)):
        return True
    day, number = _as_date(wording), _lone(wording)
    if day and any(_names(value, day) for mention in dates(text, anchor) for value in mention.values):
        return True
    return number is not None and any(number == one.value for one in numbers(text))


@lru_cache(maxsize=4096)
def _as_date(wording: str) -> PartialDate | None:
    """The date that a wording is, where it is one and nothing else."""
    found = dates(wording)
    if len(found) != 1 or len(found[0].values) != 1 or found[0].relative:
        return None
    rest = wording[: found[0].span.start] + wording[found[0].span.end :]
    return None if _WORD.search(re.sub(r"\b(?:في|يوم|عام|سنة|بتاريخ|in|on|the)\b", "", rest)) else found[0].values[0]


def _names(value: PartialDate, sought: PartialDate) -> bool:
    """Whether a date says all that is sought, and nothing else in its place."""
    if value.calendar != sought.calendar:
        return False
    return all(
        wanted is None or getattr(value, part) == wanted
        for part, wanted in ((part, getattr(sought, part)) for part in ("year", "month", "day"))
    )


@lru_cache(maxsize=4096)
def _lone(wording: str) -> object:
    """The value of a wording that is a number and nothing else."""
    found = numbers(wording)
    return found[0].value if len(found) == 1 and found[0].span == Span(0, len(wording)) else None


def states(text: str, fact: Fact, about: str = "", anchor: date | None = None) -> bool:
    """Whether a text states a fact: in one of the accepted wordings, or as the number within its tolerance.

    A small number counts only in a text that shares a word with `about` (the question and the evidence): 3 is everywhere.

    >>> from evals.cases.case import Number
    >>> fact = Fact(id="f", accept=("92 مليمترا",), number=Number(value=92, unit="millimetre"))
    >>> states("هطل اثنان وتسعون مليمترا", fact), states("هطل 29 مليمترا", fact)
    (True, False)
    """
    if any(says(text, wording, anchor) for wording in fact.accept):
        return True
    if fact.number is None:
        return False
    return any(
        _is(named, fact.number) and (abs(fact.number.value) > SMALL or shared(text, about)) for named in counted(text)
    )


def counted(text: str) -> tuple[Named, ...]:
    """The numbers of a text that are not part of a date."""
    found = numbers(text)
    return tuple(match for match in found if not _inside(match.span, dates(text))) if found else ()


def _inside(span: Span, mentions: Iterable[DateMention]) -> bool:
    return any(mention.span.start <= span.start and span.end <= mention.span.end for mention in mentions)


def _is(named: Named, number: Number) -> bool:
    if (number.unit in ("percent", "%")) != (named.unit == "%"):
        return False
    return any(abs(float(value) - number.value) <= number.tol + 1e-9 for value in named.readings)


def shared(text: str, about: str) -> frozenset[str]:
    """The stems that two texts have in common, numbers aside."""
    return _stems(text) & _stems(about)


@lru_cache(maxsize=8192)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem for stem in terms(text).stems if len(stem) > 2 and not stem.isdigit())
