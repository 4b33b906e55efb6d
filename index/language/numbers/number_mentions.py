"""Find and read the numbers of Arabic and English text, in digits and in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from index.language.lexicons import load_groups
from index.language.normalize import Folded, fold
from index.language.numbers.number_tokens import Token, tokens
from index.language.numbers.number_words import PartialSum, extend_sum, start_sum
from index.models import Span, Value

Kind = Literal["cardinal", "ordinal", "time"]
Bound = Literal["exact", "about", "over", "under"]


class Number(Value, frozen=True, kw_only=True):
    """A number as a text names it.

    `readings` are its possible values, the likelier first: `1,234` can be 1234 and 1.234. A time is in minutes. `unit`
    is "%", or the name of a currency or measure next to the number. `loose` marks an incidental number (a dual such as
    لجنتين, "one", "first"), whose absence elsewhere means little.
    """

    span: Span
    readings: tuple[Decimal, ...]
    kind: Kind = "cardinal"
    unit: str | None = None
    bound: Bound = "exact"
    loose: bool = False

    @property
    def value(self) -> Decimal:
        """The likeliest reading."""
        return self.readings[0]


def numbers(text: str | Folded) -> tuple[Number, ...]:
    """Return the numbers of a text in order, without overlaps.

    >>> [(number.span.of("قتل ٨٧ وأصيب مئة"), int(number.value)) for number in numbers("قتل ٨٧ وأصيب مئة")]
    [('٨٧', 87), ('مئة', 100)]
    >>> text = "more than 2.5 million dollars, up 3 per cent"
    >>> [(str(number.value), number.unit, number.bound) for number in numbers(text)]
    [('2500000.0', 'dollar', 'over'), ('3', '%', 'exact')]
    """
    plain = fold(text) if isinstance(text, str) else text
    return tuple(_mentions(plain, tokens(plain)))


def agree(claim: Number, evidence: Number) -> bool:
    """Test whether the evidence supports the claim's number.

    It does with an equal value and unit, or if the claim rounds or bounds the value.

    >>> about, exact = numbers("about 90 people, exactly 87 people")
    >>> agree(about, exact), agree(exact, about)
    (True, False)
    """
    if claim.kind != evidence.kind or (claim.unit == "%") != (evidence.unit == "%"):
        return False
    if claim.unit and evidence.unit and claim.unit != evidence.unit:
        return False
    bound = "exact" if claim.bound == evidence.bound else claim.bound  # "over 200" does not support "over 140"
    return any(_fits(bound, reading, other) for reading in claim.readings for other in evidence.readings)


def _fits(bound: Bound, claimed: Decimal, actual: Decimal) -> bool:
    if claimed == actual:
        return True
    if bound == "over":
        return claimed < actual <= claimed * 2
    if bound == "under":
        return claimed / 2 <= actual < claimed
    if bound == "about":
        return abs(claimed - actual) * 20 <= abs(actual) and _digits(claimed) <= _digits(actual)
    return _rounds(claimed, actual)


def _digits(value: Decimal) -> int:
    return len(value.normalize().as_tuple().digits)


def _rounds(claimed: Decimal, actual: Decimal) -> bool:
    """Test whether the claim rounds the actual number to two digits or more."""
    if abs(claimed) < 1000 or abs(actual) < 1000:
        return False
    digits = _digits(claimed)
    if digits < 2 or digits >= _digits(actual):
        return False
    return abs(claimed - actual) * 2 <= Decimal(10) ** (claimed.adjusted() - digits + 1)


# --- from tokens to numbers ---


def _mentions(plain: Folded, run: list[Token]) -> Iterator[Number]:
    at = 0
    while at < len(run):
        token = run[at]
        sums, after = _add_up(run, at)
        if sums is None:
            at += 1
            continue
        end = run[after - 1].end
        priced = _unit_before(plain.text, token.start)
        unit, unit_end = _unit_after(plain.text, end, metres=not priced)
        unit = unit or priced
        yield Number(
            span=plain.span(token.start, end),
            readings=tuple(partial.value for partial in sums) + _dual_reading(plain, token, sums[0], after - at),
            kind="time" if token.role == "time" else "ordinal" if sums[0].ordinal else "cardinal",
            unit=unit,
            bound=_bound(plain.text, token.start, end),
            loose=_is_loose(token, sums[0], after - at) or bool(_PARTS.match(plain.text, end)),
        )
        at = after
        while unit and at < len(run) and run[at].start < unit_end:  # "المئة" of "في المئة" is no hundred
            at += 1


def _add_up(run: list[Token], at: int) -> tuple[list[PartialSum] | None, int]:
    """Add up the longest number that begins at a token, and return its end."""
    first = run[at]
    so_far = start_sum(first.item)
    if so_far is None:
        return None, at
    sums = [so_far] if not first.also else [so_far, *(so_far._replace(open=value) for value in first.also)]
    after = at + 1
    while after < len(run):
        token = run[after]
        if token.link == "first":
            break
        longer = [extend_sum(partial, token.item, token.link, token.arabic) for partial in sums]
        if longer[0] is None:
            break
        sums = [partial for partial in longer if partial is not None]
        after += 1
    if sums[0].last == "part" and sums[0].scale is None:  # half of something
        return None, at
    if after == at + 1 and first.incomplete:
        return None, at
    if sums[0].last == "part" and after < len(run) and run[after].role == "scale" and run[after].link == "space":
        after += 1  # مليون ونصف المليون
    return sums, after


def _dual_reading(plain: Folded, token: Token, total: PartialSum, words: int) -> tuple[Decimal, ...]:
    """Return the dual reading of a lone scale: مليونا can be two million."""
    word = plain.text[token.start : token.end]
    alone = words == 1 and word.endswith(("الفا", "مليونا", "مليارا", "بليونا", "تريليونا"))
    return (total.value * 2,) if alone and "\u064b" not in plain.span(token.start, token.end).of(plain.original) else ()


_PARTS = re.compile(r"[\s-]*(?:quarters|thirds|fifths|sixths|eighths|tenths|ارباع|اثلاث|اخماس|اسداس|اثمان|اعشار)(?!\w)")


def _is_loose(token: Token, total: PartialSum, words: int) -> bool:
    if token.digits or words > 1:
        return False
    return token.role == "dual" or total.value <= 2


# --- units and bounds ---

_PERCENT = re.compile(r"\s*(?:%|في\s+ال(?:ميه|مايه)|بال(?:ميه|مايه)|per\s?cent(?:age)?|pct)")
_METRES = re.compile(  # 870 m, 870m deep; 5m people are five million, and 2024 م is a year
    r"(?:(?<=\d) |-)m(?![\w'])"
    r"|m(?=[ -](?:long|high|tall|deep|wide|thick|below|above|away|apart|sprint|race|hurdles|freestyle|relay)\b)"
    r"|(?<!\d\d\d\d) ?م(?!\w|\.\w)"
)
_NEXT_WORD = re.compile(r"[\s-]*(?:من\s+)?(?:ال|لل)?([^\W\d_]+|[€£$¥])")
_SYMBOL = re.compile(r"(?:(us|a|c)?([$€£¥])|(usd|eur|gbp|sar|aed|egp))\s?$")
_UNITS = {word: unit for unit, spellings in load_groups("units").items() for word in spellings}


def _unit_after(text: str, end: int, *, metres: bool) -> tuple[str | None, int]:
    if percent := _PERCENT.match(text, end):
        return "%", percent.end()
    if metres and (sign := _METRES.match(text, end)):
        return "metre", sign.end()
    word = _NEXT_WORD.match(text, end, end + 24)
    unit = _UNITS.get(word[1]) if word else None
    return unit, word.end() if word and unit else end


def _unit_before(text: str, start: int) -> str | None:
    if text[max(0, start - 1) : start] == "%":
        return "%"
    symbol = _SYMBOL.search(text, max(0, start - 5), start)
    return _UNITS.get(symbol[2] or symbol[3]) if symbol else None


_BEFORE: dict[Bound, str] = {
    "over": (
        r"(?:اكثر|ازيد|اعلي)\s+من|زيد\s+(?:علي|عن)|فوق|(?:ت|ي|^|\s)تجاوزت?|(?:لا|ما|الا)\s+[يت]قل\s+عن|فاقت?"
        r"|(?:more|greater|higher)\s+than|over|at\s+least|above|exceed\w*"
    ),
    "under": (
        r"(?:اقل|ادني)\s+من|(?:لا|لم|الا)\s+[يت](?:ت?جاوز|زيد(?:\s+(?:علي|عن))?)|دون"
        r"|(?:less|fewer|lower)\s+than|under|below|up\s+to|at\s+most|no\s+more\s+than"
    ),
    "about": (
        r"نحو|حوالي|حوالى|قرابه|زهاء|[يت]قارب|[يت]قرب\s+من|تقريبا"
        r"|about|around|approximately|nearly|almost|some|roughly|~|≈"
    ),
}
_BOUNDS_BEFORE = [
    (bound, re.compile(rf"(?:{words})\s*[وفبلك]?(?:ال)?[$€£]?$"))
    for bound, words in sorted(_BEFORE.items(), key=lambda item: item[0] != "under")
]
_BOUND_AFTER = re.compile(
    r"(?:\s+\w+){0,2}\s+(?:(?P<about>تقريبا|or\s+so|approximately)|(?P<over>علي\s+الاقل|فاكثر|or\s+more|at\s+least)"
    r"|(?P<under>علي\s+الاكثر|or\s+less|at\s+most))(?!\w)"
)


def _bound(text: str, start: int, end: int) -> Bound:
    before = text[max(0, start - 24) : start]
    for bound, words in _BOUNDS_BEFORE:
        if words.search(before):
            return bound
    after = _BOUND_AFTER.match(text, end, end + 40)
    names: dict[str, Bound] = {"about": "about", "over": "over", "under": "under"}
    return names[after.lastgroup] if after and after.lastgroup else "exact"
