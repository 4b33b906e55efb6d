"""Add up number words: خمسة وعشرون ألفا, two hundred and five.

All words are folded. The grammar is that of the standard languages; all spellings of مئة in newspapers are known.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

Role = Literal["unit", "ten", "tens", "hundred", "hundreds", "scale", "part", "ordinal", "digits", "time", "dual"]
Link = Literal["first", "space", "and"]  # how a number word is joined to the one before it


class NumberWord(NamedTuple):
    """A word of a number; `many` marks a plural that needs a number before it."""

    role: Role
    value: Decimal
    many: bool = False


def _table() -> dict[str, NumberWord]:
    items: dict[str, NumberWord] = {}

    def put(role: Role, words: str, *values: int | str, many: bool = False) -> None:
        groups = words.split("|")
        for group, value in zip(groups, values if len(values) > 1 else values * len(groups), strict=True):
            for word in group.split():
                items[word] = NumberWord(role, Decimal(value), many)

    put(
        "unit",
        "صفر zero|واحد واحده one|اثنان اثنين اثنتان اثنتين اثنا اثني اثنتا اثنتي two|ثلاثه ثلاث three",
        *range(4),
    )
    put("unit", "اربعه اربع four|خمسه خمس five|سته ست six|سبعه سبع seven", *range(4, 8))
    put("unit", "ثمانيه ثماني ثمان eight|تسعه تسع nine|احدي احد", 8, 9, 1)
    put("ten", "عشره عشر", 10)
    put("tens", "eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|ten", *range(11, 20), 10)
    for index, (arabic, english) in enumerate(zip(_TENS_AR, _TENS_EN, strict=True), 2):
        put("tens", f"{arabic}ون {arabic}ين {english}", index * 10)
    hundred = ("ميه", "مايه", "ماءه")
    put("hundred", " ".join(hundred) + " hundred", 100)
    put("hundreds", "ميتان ميتين مايتان مايتين مايتا ميتي مايتي", 200)
    for index, start in enumerate(_HUNDREDS_AR, 3):
        put("hundreds", " ".join(start + end for end in (*hundred, "ميت")), index * 100)
    put("scale", "الف الفا thousand|مليون مليونا million mn", 10**3, 10**6)
    put("scale", "مليار مليارا بليون بليونا billion bn|تريليون تريليونا ترليون ترليونا trillion tn", 10**9, 10**12)
    put("scale", "الاف الوف|ملايين", 10**3, 10**6, many=True)
    put("scale", "مليارات بلايين|تريليونات ترليونات", 10**9, 10**12, many=True)
    put("hundreds", "الفان الفين الفي|مليونان مليونين مليوني", 2 * 10**3, 2 * 10**6)
    put("hundreds", "ملياران مليارين ملياري|تريليونان تريليونين", 2 * 10**9, 2 * 10**12)
    put("part", "نصف half|ربع quarter", "0.5", "0.25")
    for value, words in enumerate(_ORDINALS, 1):
        put("ordinal", words, value)
    return items


_TENS_AR = ("عشر", "ثلاث", "اربع", "خمس", "ست", "سبع", "ثمان", "تسع")
_TENS_EN = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_HUNDREDS_AR = ("ثلاث", "اربع", "خمس", "ست", "سبع", "ثمان", "تسع")
_ORDINALS = (
    "اول اولي حادي حاديه first", "ثاني ثانيه ثان second", "ثالث ثالثه third", "رابع رابعه fourth", "خامس خامسه fifth",
    "سادس سادسه sixth", "سابع سابعه seventh", "ثامن ثامنه eighth", "تاسع تاسعه ninth", "عاشر عاشره tenth",
    "eleventh", "twelfth",
)  # fmt: skip
WORDS = _table()
HUNDRED, THOUSAND = Decimal(100), Decimal(1000)


class PartialSum(NamedTuple):
    """A number being read: its scaled and open parts, scale and last role."""

    done: Decimal
    open: Decimal
    scale: Decimal | None
    last: Role
    ordinal: bool = False

    @property
    def value(self) -> Decimal:
        return self.done + self.open


def start_sum(item: NumberWord) -> PartialSum | None:
    """Return the number that begins with a word, or None if it cannot come first.

    >>> start_sum(WORDS["الاف"]) is None
    True
    """
    if item.many:
        return None
    if item.role == "scale":
        return PartialSum(item.value, Decimal(0), item.value, "scale")
    if item.role == "hundreds" and item.value >= THOUSAND:  # a dual: ألفان, مليونان
        return PartialSum(item.value, Decimal(0), item.value / 2, "scale")
    return PartialSum(Decimal(0), item.value, None, item.role, item.role == "ordinal")


def extend_sum(so_far: PartialSum, item: NumberWord, link: Link, arabic: bool) -> PartialSum | None:
    """Return the number extended by a word, or None if the word begins another.

    >>> extend_sum(start_sum(WORDS["خمسه"]), WORDS["عشرين"], "and", arabic=True).value
    Decimal('25')
    >>> extend_sum(start_sum(WORDS["ثلاثه"]), WORDS["اربعه"], "and", arabic=True) is None
    True
    """
    done, last_open, scale, last, ordinal = so_far
    rest = last_open % HUNDRED
    if item.role == "scale":
        return _scaled(so_far, item, link)
    if (item.role in ("time", "dual", "digits") and link != "and") or last in ("time", "dual"):
        return None
    if item.role == "part":
        if link == "and" and not arabic and last in ("unit", "digits"):
            return PartialSum(done, last_open + item.value, scale, "unit")
        if link == "and" and last == "scale" and scale is not None:
            return PartialSum(done + scale * item.value, Decimal(0), scale, "part")
        return None
    if item.role == "hundred" and link == "space" and 0 < last_open < 10:
        return PartialSum(done, last_open * 100, scale, "hundreds")
    if item.role == "ten" and link == "space" and last in ("unit", "ordinal") and 0 < rest < 10:
        return so_far._replace(open=last_open + 10, last="tens")
    if item.role == "tens" and arabic and link == "and" and last in ("unit", "ordinal") and 0 < rest < 10:
        return so_far._replace(open=last_open + item.value, last="tens")
    if item.role in ("unit", "ordinal") and not arabic and last == "tens" and link != "and":
        if rest >= 20 and rest % 10 == 0 and item.value < 10:
            return PartialSum(done, last_open + item.value, scale, "unit", item.role == "ordinal")
        return None
    if ordinal or (link == "space" and arabic):
        return None
    size = HUNDRED if item.role in ("unit", "ten", "tens", "ordinal") else THOUSAND
    fits = (last_open > 0 and rest == 0 and size == HUNDRED and last in ("hundred", "hundreds")) or (
        last_open == 0 and last == "scale" and scale is not None and item.value < scale
    )
    if not fits:
        return None
    role = "hundreds" if item.role == "hundred" else item.role
    return PartialSum(done, last_open + item.value, scale, role, item.role == "ordinal")


def _scaled(so_far: PartialSum, item: NumberWord, link: Link) -> PartialSum | None:
    done, last_open, scale, last, ordinal = so_far
    if ordinal:
        return None
    if link == "and":
        if item.many or last_open or last != "scale" or scale is None or item.value >= scale:
            return None
        return PartialSum(done + item.value, Decimal(0), item.value, "scale")
    if last_open and (scale is None or item.value < scale):
        return PartialSum(done + last_open * item.value, Decimal(0), item.value, "scale")
    if not last_open and last == "scale" and scale is not None and item.value > scale:  # ألف مليار
        return PartialSum(done * item.value, Decimal(0), item.value, "scale")
    return None
