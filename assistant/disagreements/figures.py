"""Read the numbers of a sentence that are certain, and compare two numbers."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from index.language.dates.date_mentions import dates
from index.language.invisible_chars import clean
from index.language.normalize import folded
from index.language.numbers.number_mentions import Number, agree, numbers
from index.language.numbers.number_words import WORDS
from index.models import Span, covering

_SPLIT = re.compile(r"\dر\d|/\s?\d|\d\s?/|\d[.,]\s\d|\d[.,٫٬]\u200f|\u200f[.,٫٬]\d")


def same_number(left: Number, right: Number) -> bool:
    """Test whether two numbers are equal, or one is rounded or cut from the other."""
    return (
        agree(left, right)
        or agree(right, left)
        or _is_whole_part(left.value, right.value)
        or _is_whole_part(right.value, left.value)
    )


def _is_whole_part(whole: Decimal, exact: Decimal) -> bool:
    return whole == whole.to_integral_value() and abs(whole) >= 10 and abs(whole - exact) < 1


@lru_cache(maxsize=1024)
def figures(text: str) -> tuple[Number, ...]:
    """Return the certain numbers of a sentence that are no part of a date."""
    inside = [mention.span for mention in dates(text)]
    return tuple(
        number
        for number in numbers(text)
        if not number.loose and not covering(inside, number.span.start, number.span.end) and _certain(text, number.span)
    )


def _certain(text: str, span: Span) -> bool:
    """Test that a number was read whole, unlike "(69) مليون", "5ر7" and "3/2".

    Hidden direction marks reorder the digits of "54.92".
    """
    value = span.of(text)
    context = text[max(0, span.start - 3) : span.end + 3]
    word = WORDS.get(folded(value))
    lone_scale = word is not None and word.role == "scale"
    return not lone_scale and clean(value) == value and not _SPLIT.search(context)
