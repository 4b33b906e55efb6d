"""The numbers of a sentence that are surely what they seem, and whether two of them can be one."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from index.language.dates.date_mentions import dates
from index.language.invisible_chars import clean
from index.language.numbers.number_mentions import Number, agree, numbers
from index.models import Span, covering

_SPLIT = re.compile(r"\dر\d|\d[.,٫٬]\u200f|\u200f[.,٫٬]\d")
_SCALES = (
    "ألف",
    "الف",
    "مليون",
    "مليار",
    "thousand",
    "million",
    "billion",
)  # of a number that was not read: "(69) مليون"


def one_figure(one: Number, two: Number) -> bool:
    """Whether both can be one number: the same, or one rounded or cut to a whole."""
    return agree(one, two) or agree(two, one) or _whole_of(one.value, two.value) or _whole_of(two.value, one.value)


def _whole_of(whole: Decimal, exact: Decimal) -> bool:
    return whole == whole.to_integral_value() and abs(whole) >= 10 and abs(whole - exact) < 1


@lru_cache(maxsize=1024)
def figures(text: str) -> tuple[Number, ...]:
    """The numbers of a sentence that are no part of a date."""
    inside = [mention.span for mention in dates(text)]
    return tuple(
        number
        for number in numbers(text)
        if not number.loose and not covering(inside, number.span.start, number.span.end) and _certain(text, number.span)
    )


def _certain(text: str, span: Span) -> bool:
    """Whether a number is surely what it seems: "(69) مليون" and "5ر7" are not read whole, and hidden marks turn "54.92" round."""
    value = span.of(text)
    around = text[max(0, span.start - 2) : span.end + 2]
    return value not in _SCALES and clean(value) == value and not _SPLIT.search(around)
