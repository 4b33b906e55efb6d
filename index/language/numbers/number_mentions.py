"""Find the numbers a text names, in Arabic and English, in digits and in words: where they stand and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

from index.language.normalize import Folded, fold
from index.language.numbers.number_tokens import Token, tokens
from index.language.numbers.number_words import Sum, added, begun
from index.models import Span, Value

Kind = Literal["cardinal", "ordinal", "time"]
Bound = Literal["exact", "about", "over", "under"]


class Number(Value, frozen=True, kw_only=True):
    """A number as a text names it. `readings`: the likelier first; `1,234` can be 1234 and 1.234. A time is in minutes.

    `unit` is "%", a currency or a measure where one stands beside it, the same for every spelling. `loose`: said by the
    way (a dual such as لجنتين, "one", "first"), so that its absence elsewhere means little.
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
    """The numbers that a text, or one that is folded already, names, in order, without overlaps.

    >>> [(one.span.of("قتل ٨٧ وأصيب مئة وخمسة"), int(one.value)) for one in numbers("قتل ٨٧ وأصيب مئة وخمسة")]
    [('٨٧', 87), ('مئة وخمسة', 105)]
    >>> [(str(one.value), one.unit, one.bound) for one in numbers("more than 2.5 million dollars, up 3 per cent")]
    [('2500000.0', 'dollar', 'over'), ('3', '%', 'exact')]
    """
    plain = fold(text) if isinstance(text, str) else text
    return tuple(_named(plain, tokens(plain)))


def agree(claim: Number, evidence: Number) -> bool:
    """Whether the evidence can bear out the claim's number: the same value and unit, or one that the claim rounds or bounds.

    >>> one, other = numbers("about 90 people, exactly 87 people")
    >>> agree(one, other), agree(other, one)
    (True, False)
    """
    if claim.kind != evidence.kind or (claim.unit == "%") != (evidence.unit == "%"):
        return False
    if claim.unit and evidence.unit and claim.unit != evidence.unit:
        return False
    bound = "exact" if claim.bound == evidence.bound else claim.bound  # "over 140" is not borne out by "over 200"
    return any(_meets(bound, reading, other) for reading in claim.readings for other in evidence.readings)


def _meets(bound: Bound, said: Decimal, true: Decimal) -> bool:
    if said == true:
        return True
    if bound == "over":
        return said < true <= said * 2
    if bound == "under":
        return said / 2 <= true < said
    if bound == "about":
        return abs(said - true) * 20 <= abs(true) and _digits(said) <= _digits(true)
    return _rounds(said, true)


def _digits(value: Decimal) -> int:
    return len(value.normalize().as_tuple().digits)


def _rounds(said: Decimal, true: Decimal) -> bool:
    """Whether 1.2 million stands for 1,234,567: the same to at least two digits, and the other has more of them."""
    if abs(said) < 1000 or abs(true) < 1000:
        return False
    digits = _digits(said)
    if digits < 2 or digits >= _digits(true):
        return False
    return abs(said - true) * 2 <= Decimal(10) ** (said.adjusted() - digits + 1)


# --- from tokens to numbers ---


def _named(plain: Folded, found: list[Token]) -> Iterator[Number]:
    at = 0
    while at < len(found):
        token = found[at]
        sums, after = _summed(found, at)
        if sums is None:
            at += 1
            continue
        end = found[after - 1].end
        priced = _unit_before(plain.text, token.start)
        unit, unit_end = _unit_after(plain.text, end, metres=not priced)
        unit = unit or priced
        yield Number(
            span=plain.span(token.start, end),
            readings=tuple(sum.value for sum in sums) + _doubled(plain, token, sums[0], after - at),
            kind="time" if token.role == "time" else "ordinal" if sums[0].ordinal else "cardinal",
            unit=unit,
            bound=_bound(plain.text, token.start, end),
            loose=_loose(token, sums[0], after - at) or bool(_PARTS.match(plain.text, end)),
        )
        at = after
        while unit and at < len(found) and found[at].start < unit_end:  # "المئة" of "في المئة" is no hundred
            at += 1


def _summed(found: list[Token], at: int) -> tuple[list[Sum] | None, int]:
    """The sum of the longest run of number words that begins here, once for each reading of its first, and where it ends."""
    first = found[at]
    so_far = begun(first.item)
    if so_far is None:
        return None, at
    sums = [so_far] if not first.also else [so_far, *(so_far._replace(open=value) for value in first.also)]
    after = at + 1
    while after < len(found):
        token = found[after]
        if token.link == "first":
            break
        longer = [added(sum, token.item, token.link, token.arabic) for sum in sums]
        if longer[0] is None:
            break
        sums = [one for one in longer if one is not None]
        after += 1
    if sums[0].last == "part" and sums[0].scale is None:  # half of something
        return None, at
    if after == at + 1 and first.incomplete:
        return None, at
    if sums[0].last == "part" and after < len(found) and found[after].role == "scale" and found[after].link == "beside":
        after += 1  # مليون ونصف المليون
    return sums, after


def _doubled(plain: Folded, token: Token, found: Sum, words: int) -> tuple[Decimal, ...]:
    """مليونا دينار is two million as مليوناً is one: without its vowel signs a word that stands alone is read as either."""
    word = plain.text[token.start : token.end]
    alone = words == 1 and word.endswith(("الفا", "مليونا", "مليارا", "بليونا", "تريليونا"))
    return (found.value * 2,) if alone and "\u064b" not in plain.span(token.start, token.end).of(plain.original) else ()


_PARTS = re.compile(r"[\s-]*(?:quarters|thirds|fifths|sixths|eighths|tenths|ارباع|اثلاث|اخماس|اسداس|اثمان|اعشار)(?!\w)")


def _loose(token: Token, found: Sum, words: int) -> bool:
    if token.digits or words > 1:
        return False
    return token.role == "dual" or found.value <= 2


# --- units and bounds ---

_PERCENT = re.compile(r"\s*(?:%|في\s+ال(?:ميه|مايه)|بال(?:ميه|مايه)|per\s?cent(?:age)?|pct)")
_METRES = re.compile(  # 870 m, 870m deep; 5m people are five million, and 2024 م is a year
    r"(?:(?<=\d) |-)m(?![\w'])|m(?=[ -](?:long|high|tall|deep|wide|thick|below|above|away|apart|sprint|race|hurdles|freestyle|relay)\b)"
    r"|(?<!\d\d\d\d) ?م(?!\w|\.\w)"
)
_NEXT_WORD = re.compile(r"[\s-]*(?:من\s+)?(?:ال|لل)?([^\W\d_]+|[€£$¥])")
_SYMBOL = re.compile(r"(?:(us|a|c)?([$€£¥])|(usd|eur|gbp|sar|aed|egp))\s?$")
_UNITS = {
    word: unit
    for unit, words in {
        "dollar": "دولار دولارا دولارات dollar dollars usd $",
        "euro": "يورو euro euros eur €",
        "pound": "جنيه جنيها جنيهات pound pounds gbp £",
        "yen": "ين yen ¥",
        "yuan": "يوان yuan",
        "riyal": "ريال ريالا ريالات riyal riyals sar",
        "dirham": "درهم درهما دراهم dirham dirhams aed",
        "dinar": "دينار دينارا دنانير dinar dinars",
        "lira": "ليره ليرات lira liras",
        "rouble": "روبل روبلا روبلات rouble roubles ruble rubles",
        "rupee": "روبيه روبيات rupee rupees",
        "km": "كيلومتر كيلومترا كيلومترات كلم كم km kilometre kilometres kilometer kilometers",
        "mile": "ميل ميلا اميال mile miles",
        "metre": "متر مترا امتار metre metres meter meters",
        "cm": "سنتيمتر سنتيمترا سنتيمترات سم cm centimetre centimetres centimeter centimeters",
        "mm": "مليمتر مليمترا مليمترات ملم mm millimetre millimetres millimeter millimeters",
        "foot": "اقدام foot feet ft",
        "inch": "بوصه بوصات inch inches",
        "hectare": "هكتار هكتارا هكتارات hectare hectares",
        "acre": "فدان فدانا فدادين acre acres",
        "megawatt": "ميغاواط ميجاواط ميغاوات ميجاوات mw megawatt megawatts",
        "gram": "غرام غراما غرامات جرام جراما جرامات gram grams",
        "kg": "كيلوغرام كيلوغراما كيلوغرامات كيلوجرام كيلوجراما كغ كجم kg kilogram kilograms kilo kilos",
        "ton": "طن طنا اطنان ton tons tonne tonnes",
        "barrel": "برميل برميلا براميل barrel barrels",
        "litre": "لتر لترا لترات ليتر litre litres liter liters",
        "second": "ثوان ثواني second seconds",
        "minute": "دقيقه دقايق minute minutes",
        "hour": "ساعه ساعات hour hours",
        "day": "يوم يوما ايام day days",
        "week": "اسبوع اسبوعا اسابيع week weeks",
        "month": "شهر شهرا اشهر شهور month months",
        "year": "عام عاما اعوام سنه سنوات سنين year years",
        "degree": "درجه درجات degree degrees",
    }.items()
    for word in words.split()
}


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
    "over": r"(?:اكثر|ازيد|اعلي)\s+من|زيد\s+(?:علي|عن)|فوق|(?:ت|ي|^|\s)تجاوزت?|(?:لا|ما|الا)\s+[يت]قل\s+عن|فاقت?|(?:more|greater|higher)\s+than|over|at\s+least|above|exceed\w*",
    "under": r"(?:اقل|ادني)\s+من|(?:لا|لم|الا)\s+[يت](?:ت?جاوز|زيد(?:\s+(?:علي|عن))?)|دون|(?:less|fewer|lower)\s+than|under|below|up\s+to|at\s+most|no\s+more\s+than",
    "about": r"نحو|حوالي|حوالى|قرابه|زهاء|[يت]قارب|[يت]قرب\s+من|تقريبا|about|around|approximately|nearly|almost|some|roughly|~|≈",
}
_BEFORES = [
    (bound, re.compile(rf"(?:{words})\s*[وفبلك]?(?:ال)?[$€£]?$"))
    for bound, words in sorted(_BEFORE.items(), key=lambda item: item[0] != "under")
]
_AFTER = re.compile(
    r"(?:\s+\w+){0,2}\s+(?:(?P<about>تقريبا|or\s+so|approximately)|(?P<over>علي\s+الاقل|فاكثر|or\s+more|at\s+least)|(?P<under>علي\s+الاكثر|or\s+less|at\s+most))(?!\w)"
)


def _bound(text: str, start: int, end: int) -> Bound:
    before = text[max(0, start - 24) : start]
    for bound, words in _BEFORES:
        if words.search(before):
            return bound
    after = _AFTER.match(text, end, end + 40)
    names: dict[str, Bound] = {"about": "about", "over": "over", "under": "under"}
    return names[after.lastgroup] if after and after.lastgroup else "exact"
