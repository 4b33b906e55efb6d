"""Match the forms of Arabic and English dates in folded text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from index.language.normalize import folded
from index.models import Value


class PartialDate(Value, frozen=True, kw_only=True):
    """A date whose unknown parts are None; Monday is weekday 0."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    calendar: Literal["gregorian", "hijri"] = "gregorian"

    def as_date(self) -> date | None:
        """Return the day if all its parts are known and Gregorian, else None.

        >>> PartialDate(year=2024, month=5, day=3).as_date()
        datetime.date(2024, 5, 3)
        """
        if self.calendar == "hijri" or self.year is None or self.month is None or self.day is None:
            return None
        return _day(self.year, self.month, self.day)


Shift = Literal["past", "next", "this"]


class DateMatch(Value, frozen=True, kw_only=True):
    """A date in a folded text before relative parts are resolved."""

    start: int  # in the folded text
    end: int
    values: tuple[PartialDate, ...] = ()
    shift: Shift | None = None
    unit: Literal["day", "month", "year", "weekday"] | None = None  # what a relative date counts
    count: int = 0  # how many units from the anchor


_WORDS_OF_SHIFT: dict[Shift, list[str]] = {
    "past": ["الماضي", "الماضيه", "الفائت", "الفائته", "المنصرم", "المنصرمه", "السابق", "last", "past"],
    "next": ["المقبل", "المقبله", "القادم", "القادمه", "التالي", "next", "coming"],
    "this": ["الجاري", "الجاريه", "الحالي", "الحاليه", "this"],
}
_SHIFTS = {folded(word): shift for shift, words in _WORDS_OF_SHIFT.items() for word in words}
_WEEKDAYS_AR = ["اثنين", "ثلاثاء", "اربعاء", "خميس", "جمعه", "سبت", "احد"]
_WEEKDAYS_EN = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_ORDINALS = ["الاول", "الثاني", "الثالث", "الرابع", "الخامس", "السادس", "السابع", "الثامن", "التاسع", "العاشر"]
_NEEDS_CONTEXT = {  # words of their own: a month only beside a day, a year or a word that says so
    *("مارس", "ماي", "اب", "اوت", "نيسان", "جوان", "صفر", "رجب", "شعبان", "رمضان", "محرم"),
    *("may", "march", "august", "mar", "jan", "jun", "dec", "sep", "oct"),
}
_FEW = dict(zip(["ثلاثه", "اربعه", "خمسه", "سته", "سبعه", "ثمانيه", "تسعه", "عشره"], range(3, 11), strict=True))
_DAYS_AWAY = {
    "امس": -1, "اول من امس": -2, "اول امس": -2, "غدا": 1, "بعد غد": 2, "yesterday": -1, "today": 0, "tomorrow": 1,
}  # fmt: skip


@lru_cache(maxsize=1)
def month_names() -> dict[str, tuple[str, int]]:
    """Map each folded month name to its calendar and number."""
    table = json.loads(Path(__file__).with_name("months.json").read_text(encoding="utf-8"))
    return {
        folded(name): (calendar, int(number))
        for calendar, months in table.items()
        for number, names in months.items()
        for name in names
    }


@lru_cache(maxsize=1)
def _day_words() -> dict[str, int]:
    """Map the folded Arabic ordinals of days to their numbers."""
    words = {folded(word): day for day, word in enumerate(_ORDINALS, 1)}
    for day, word in enumerate(["الحادي", *_ORDINALS[1:9]], 1):
        words[folded(word + " عشر")] = 10 + day
        for tens in ("العشرين", "العشرون"):
            words[folded(word + " و" + tens)] = 20 + day
    for ending in ("ين", "ون"):
        words[folded("العشر" + ending)] = 20
        words[folded("الثلاث" + ending)] = 30
        words[folded("الحادي والثلاث" + ending)] = 31
    return words


def _any_of(words: Iterable[str]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first) + ")"


class DateForm(NamedTuple):
    """A pattern for dates, searched near the words of `keys`, if it has any."""

    kind: str
    keys: frozenset[str]
    pattern: re.Pattern[str]


_ATTACHABLE = r"(?<!\w)[وفبلك]{0,2}"
_YEAR = r"(?:1\d|20)\d\d(?![\da-z]|[.,:]\d|\s*%)"
_ERA = r"(?:\s{0,2}(?P<era>هـ?|م|ميلادي[اه]?|هجري[اه]?|ah|ad|ce)(?!\w))?"
_NUMBER = r"(?<![\w.,/-])"
_BEFORE = r"(?:(?P<before>last|this|next|past)\s+)?"


@lru_cache(maxsize=1)
def forms() -> tuple[DateForm, ...]:
    """Return the forms of dates, the fullest first, which take precedence."""
    shift, keys = _any_of(_SHIFTS), _keys_of_forms()
    patterns = {**_absolute_patterns(_any_of(month_names()), shift), **_relative_patterns(shift)}
    return tuple(DateForm(kind, keys.get(kind, frozenset()), re.compile(pattern)) for kind, pattern in patterns.items())


def _absolute_patterns(month: str, shift: str) -> dict[str, str]:
    """Return the patterns of dates that name a day, a month or a year."""
    begin = r"(?<![\w.])"
    years = rf"(?:\s*[،,/-]?\s*(?:من\s+|of\s+)?(?:(?:ال)?عام\s+|(?:ال)?سنه\s+|year\s+)?(?P<year>{_YEAR}){_ERA})?"
    twice = rf"(?P<month>{month})(?!\w)(?:\s*[/(\\–-]?\s*(?P<again>{month})(?!\w)\s*\)?)?"
    later = rf"(?:\s+من\s+)?(?:\s*(?:من\s+)?(?:(?:ال)?عام\s+)?(?P<shift>{shift})(?!\w))?"
    day = rf"(?P<day>\d\d?|{_any_of(_day_words())})(?:st|nd|rd|th)?"
    upto = r"(?:(?P<from>\d\d?)\s*(?:st|nd|rd|th)?\s*(?:[-–/]|و|الي|حتي|to|and)\s*)?"
    of = r"\s*(?:من\s+|of\s+|شهر\s+|من\s+شهر\s+|/|-)?\s*"
    cue = (
        r"(?:شهر|في|خلال|منذ|حتي|اوائل|اواخر|نهايه|بدايه|مطلع|منتصف"
        r"|early|late|mid|in|since|until|by|during|of|of\s+the)"
    )
    return {
        "ordered": (
            rf"{_NUMBER}(?P<year>\d{{4}})\s?(?P<mark>[-/.])\s?(?P<month>\d\d?)\s?(?P=mark)\s?(?P<day>\d\d?)(?!\w){_ERA}"
        ),
        "slashed": (
            rf"{_NUMBER}(?P<a>\d\d?)\s?(?P<mark>[-/.])\s?(?P<b>\d\d?)\s?(?P=mark)\s?"
            rf"(?P<year>\d{{4}}|\d\d)(?!\w|[/-]\d){_ERA}"
        ),
        "day": rf"{begin}{_ATTACHABLE}{upto}{day}{of}{twice}{years}{later}",
        "english": (
            rf"{begin}(?P<month>{month})\.?\s+(?:the\s+)?{upto}(?P<day>\d\d?)(?:st|nd|rd|th)?(?!\w|[.:,]\d)"
            rf"(?:,?\s+(?P<year>{_YEAR}))?"
        ),
        "month": rf"(?<!\w){_BEFORE}(?P<cue>{cue}\s+)?{_ATTACHABLE}{twice}\.?{years}{later}",
        "slashed short": r"(?:بتاريخ|الموافق|يوم|on)\s+(?P<a>\d\d?)\s?/\s?(?P<b>\d\d?)(?![\w/])",
        "hijri": rf"{_NUMBER}(?P<year>1[34]\d\d){_ERA}",
        "years": rf"{_NUMBER}(?P<year>{_YEAR})\s?[-–/]\s?(?P<last>{_YEAR}|\d\d(?!\w|[.,]\d)){_ERA}",
        "year": rf"(?<![\w.,/$€£-])(?:[وفبلك]{{0,2}})(?P<year>{_YEAR})(?![/-]\d){_ERA}(?P<unit>\s+\w+)?",
    }


def _relative_patterns(shift: str) -> dict[str, str]:
    """Return the patterns of dates that depend on the day of the text."""
    return {
        "weekday": (
            rf"{_BEFORE}(?:{_ATTACHABLE}(?:ال|لل)(?P<ar>{_any_of(_WEEKDAYS_AR)})"
            rf"|(?<!\w)(?P<en>{_any_of(_WEEKDAYS_EN)})s?)(?!\w)"
            rf"(?:\s+(?:من\s+الاسبوع\s+)?(?P<shift>{shift})(?!\w))?"
        ),
        "away": (
            rf"{_ATTACHABLE}(?P<days>{_any_of(_DAYS_AWAY)})(?!\w)"
            rf"|(?:{_ATTACHABLE}(?:قبل|منذ)\s+(?:(?P<n>\d\d?|{_any_of(_FEW)})\s+(?P<ago>ايام|اشهر|شهور|سنوات|اعوام)"
            r"|(?P<two>يومين|شهرين|عامين|سنتين)))(?!\w)"
            r"|(?<!\w)(?P<en_n>\d\d?)\s+(?P<en_unit>days|months|years)\s+ago(?!\w)"
        ),
        "period": (
            rf"{_ATTACHABLE}(?:ال|لل)(?P<ar>شهر|عام|سنه)\s+(?P<shift>{shift})(?!\w)"
            r"|(?<!\w)(?P<before>last|this|next)\s+(?P<en>month|year)(?!\w)"
        ),
    }


def _keys_of_forms() -> dict[str, frozenset[str]]:
    """Return the words near which a form is searched; forms with digits have none."""
    months = frozenset(name.split()[0] for name in month_names())
    return {
        **dict.fromkeys(("day", "month"), months),
        "english": frozenset(name for name in months if name.isascii()),
        "slashed short": frozenset(("بتاريخ", "موافق", "يوم", "on")),
        "weekday": frozenset((*_WEEKDAYS_AR, *_WEEKDAYS_EN, *(day + "s" for day in _WEEKDAYS_EN))),
        "away": frozenset((*(name.split()[0] for name in _DAYS_AWAY), "قبل", "منذ", "ago")),
        "period": frozenset(("شهر", "عام", "سنه", "month", "year")),
    }


_REACH = 64  # letters on either side of a key word that can belong to its date
_LETTERS_AND_DIGITS = re.compile(r"[^\W\d_]+|\d+")
_ATTACHED = re.compile(r"^[وفبلك]{0,2}(?:ال|لل)?(?=..)")


class _FormsByWord(dict[str, frozenset[str]]):
    """Cache the kinds of forms of which a word is a key."""

    def __missing__(self, word: str) -> frozenset[str]:
        bare = {word, word[1:], word[2:], _ATTACHED.sub("", word)}
        kinds = frozenset(form.kind for form in forms() if not form.keys.isdisjoint(bare))
        if len(self) < 50_000:
            self[word] = kinds
        return kinds


_FORMS_BY_WORD = _FormsByWord()


def is_date_word(word: str) -> bool:
    """Test whether a folded word can belong to a date without digits.

    >>> is_date_word("وايار"), is_date_word("friday"), is_date_word("سفينه")
    (True, True, False)
    """
    return bool(_FORMS_BY_WORD[word])


def scan(plain: str) -> Iterator[DateMatch]:
    """Yield the matches of each form in a folded text, form after form."""
    around: dict[str, list[tuple[int, int]]] = {}
    digits = False
    for word in _LETTERS_AND_DIGITS.finditer(plain):
        if word[0].isdecimal():
            digits = True
            continue
        for kind in _FORMS_BY_WORD[word[0]]:
            windows = around.setdefault(kind, [])
            low, high = max(0, word.start() - _REACH), word.end() + _REACH
            if windows and windows[-1][1] >= low:
                low = windows.pop()[0]
            windows.append((low, high))
    for kind, keys, pattern in forms():
        for low, high in around.get(kind, ()) if keys else [(0, len(plain))] if digits else ():
            yield from _scan(kind, pattern, plain, low, high)


def _scan(kind: str, pattern: re.Pattern[str], plain: str, low: int, high: int) -> Iterator[DateMatch]:
    while match := pattern.search(plain, low, high):
        low = match.end()
        for date_match in _READERS[kind](match, plain):
            yield date_match
            low = max(date_match.end, match.start() + 1)  # a reader may use less than the pattern matched


def _read_ordered(match: re.Match[str], text: str) -> Iterator[DateMatch]:
    year, month, day = (int(match[part]) for part in ("year", "month", "day"))
    value = _value(year, month, day, match["era"])
    if value:
        yield DateMatch(start=match.start(), end=match.end(), values=(value,))


def _read_slashed(match: re.Match[str], text: str) -> Iterator[DateMatch]:
    """Read the day first in Arabic and in `5.3.2024`.

    Elsewhere `5/3/2024` has two values, the day-first one first.
    """
    first, second = int(match["a"]), int(match["b"])
    parts = match.groupdict()
    year = int(parts["year"]) if parts.get("year") else None
    if year is not None and year < 100:
        if parts["mark"] == "." or first > 31:
            return
        year += 2000 if year < 70 else 1900
    orders = [(first, second)]
    hijri = year is not None and 1300 <= year < 1500
    if parts.get("mark") in ("/", "-") and first != second and not hijri and not _ARABIC.search(text):
        orders.append((second, first))
    values = tuple(value for day, month in orders if (value := _value(year, month, day, parts.get("era"))))
    if not values and (value := _value(year, first, second, parts.get("era"))):  # 12/25/2024, in any language
        values = (value,)
    if values:
        yield DateMatch(start=match.start("a"), end=match.end(), values=values)


def _read_day(match: re.Match[str], text: str) -> Iterator[DateMatch]:
    parts = match.groupdict()
    calendar, month = month_names()[_spaced(parts["month"])]
    end = _end_of_month(match, month)
    whole = end == match.end()
    year = int(parts["year"]) if whole and parts.get("year") else None
    shift = _SHIFTS.get(parts.get("shift") or "") if whole else None
    for name in ("from", "day"):
        if not parts.get(name):
            continue
        day = int(parts[name]) if parts[name].isdigit() else _day_words()[_spaced(parts[name])]
        value = _value(year, month, day, parts.get("era") if whole else None, calendar)
        if value:
            last = match.end("from") if name == "from" else end
            begin = min(match.start("day"), match.start("month"))
            start = match.start("from") if name == "from" else begin
            if name == "day" and parts.get("from") and match.start("from") > match.start("month"):
                start = match.start("day")
            if name == "from" and match.start("from") > match.start("month"):
                start = match.start("month")
            yield DateMatch(start=start, end=last, values=(value,), shift=shift)


def _read_month(match: re.Match[str], text: str) -> Iterator[DateMatch]:
    name = _spaced(match["month"])
    calendar, month = month_names()[name]
    end = _end_of_month(match, month)
    whole = end == match.end()
    year = int(match["year"]) if whole and match["year"] else None
    shift = _SHIFTS.get((match["shift"] if whole else None) or match["before"] or "")
    certain = year or shift or match["again"] or (match["cue"] and not match["cue"].startswith(("في ", "of ")))
    plain_word = name in _NEEDS_CONTEXT or calendar == "hijri"
    if plain_word and not certain and not (match["cue"] and name != "اب" and calendar == "gregorian"):
        return
    value = _value(year, month, None, match["era"] if whole else None, calendar)
    if value:
        start = match.start("before") if match["before"] else match.start("month")
        yield DateMatch(start=start, end=end, values=(value,), shift=shift)


def _read_year(match: re.Match[str], text: str) -> Iterator[DateMatch]:
    """Read a bare 2024 as a year unless a noun follows that it could count."""
    before = text[max(0, match.start() - 12) : match.start("year")].split()
    cue = re.sub("^[وفبلك]{0,2}(?:ال|لل)?", "", before[-1]) if before else ""
    hijri = _era(match["era"]) == "hijri"
    if not (match["era"] or cue in _YEAR_WORDS):
        if not 1900 <= int(match["year"]) <= 2099 or (match["unit"] and before[-1:] and before[-1] not in _YEAR_CUES):
            return
        if match["unit"] and not before:
            return
    if not hijri and 1300 <= int(match["year"]) < 1500 and not match["era"]:
        hijri = bool(_ARABIC.search(text))
    value = PartialDate(year=int(match["year"]), calendar="hijri" if hijri else "gregorian")
    end = match.end("era") if match["era"] else match.end("year")
    yield DateMatch(start=match.start("year"), end=end, values=(value,))


def _read_years(match: re.Match[str], text: str) -> Iterator[DateMatch]:
    first, last = int(match["year"]), int(match["last"])
    last += first // 100 * 100 if last < 100 else 0
    if first < last <= first + 60:
        calendar = _era(match["era"])
        for year, part in ((first, "year"), (last, "last")):
            yield DateMatch(
                start=match.start(part), end=match.end(part), values=(PartialDate(year=year, calendar=calendar),)
            )


def _read_hijri(match: re.Match[str], text: str) -> Iterator[DateMatch]:
    if _era(match["era"]) == "hijri":
        yield DateMatch(
            start=match.start(), end=match.end(), values=(PartialDate(year=int(match["year"]), calendar="hijri"),)
        )


def _read_weekday(match: re.Match[str], text: str) -> Iterator[DateMatch]:
    listed, name = (_WEEKDAYS_AR, match["ar"]) if match["ar"] else (_WEEKDAYS_EN, match["en"])
    start = match.start("before") if match["before"] else match.start("en")
    if match["ar"]:
        start = match.start("ar") - 2  # with its article
    shift = _SHIFTS.get(match["shift"] or match["before"] or "")
    yield DateMatch(start=start, end=match.end(), shift=shift, unit="weekday", count=listed.index(name))


def _read_away(match: re.Match[str], text: str) -> Iterator[DateMatch]:
    parts = match.groupdict()
    start = match.start("days") if parts["days"] else match.start()
    if parts["days"]:
        yield DateMatch(start=start, end=match.end(), unit="day", count=_DAYS_AWAY[_spaced(parts["days"])])
        return
    name = parts["ago"] or parts["two"] or parts["en_unit"]
    number = parts["n"] or parts["en_n"] or "2"
    units: dict[str, Literal["day", "month", "year"]] = {
        "ا": "year",
        "ش": "month",
        "ي": "day",
        "d": "day",
        "m": "month",
    }
    unit = "day" if name == "ايام" else "month" if name == "اشهر" else units.get(name[0], "year")
    yield DateMatch(start=start, end=match.end(), unit=unit, count=-(_FEW.get(number) or int(number)))


def _read_period(match: re.Match[str], text: str) -> Iterator[DateMatch]:
    shift = _SHIFTS[match["shift"] or match["before"]]
    unit: Literal["month", "year"] = "month" if (match["ar"] or match["en"]) in ("شهر", "month") else "year"
    start = match.start("ar") - 2 if match["ar"] else match.start()
    yield DateMatch(start=start, end=match.end(), unit=unit, count={"past": -1, "this": 0, "next": 1}[shift])


_READERS: dict[str, Callable[[re.Match[str], str], Iterator[DateMatch]]] = {
    "ordered": _read_ordered, "slashed": _read_slashed, "slashed short": _read_slashed, "day": _read_day,
    "english": _read_day, "month": _read_month, "hijri": _read_hijri, "years": _read_years, "year": _read_year,
    "weekday": _read_weekday, "away": _read_away, "period": _read_period,
}  # fmt: skip
_ARABIC = re.compile("[\u0621-\u064a]")
_YEAR_WORDS = frozenset(("عام", "سنه", "موسم", "موازنه", "ميزانيه", "موديل", "year"))
_YEAR_CUES = frozenset(("في", "منذ", "حتي", "in", "since", "of", "by", "until", "from", "before", "after"))


def _spaced(name: str) -> str:
    return " ".join(name.split())


def _era(word: str | None) -> Literal["gregorian", "hijri"]:
    return "hijri" if word and (word in ("ه", "هـ", "ah") or word.startswith("هجر")) else "gregorian"


def _value(
    year: int | None, month: int, day: int | None, era: str | None, calendar: str = "gregorian"
) -> PartialDate | None:
    """Return the date if there is such a day.

    A year from 1300 to 1499 is Hijri unless a month name rules it out.
    """
    hijri = calendar == "hijri" or _era(era) == "hijri" or (year is not None and 1300 <= year < 1500)
    if not 1 <= month <= 12 or (day is not None and not 1 <= day <= 31):
        return None
    if hijri:
        return PartialDate(year=year, month=month, day=day, calendar="hijri") if day is None or day <= 30 else None
    if day is not None and _day(year or 2000, month, day) is None:
        return None
    return PartialDate(year=year, month=month, day=day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _end_of_month(match: re.Match[str], month: int) -> int:
    """Return the end of the date, which excludes a second month name of another month."""
    again = match.groupdict().get("again")
    if again and month_names()[_spaced(again)][1] != month:
        return match.end("month")
    return len(match.group().rstrip()) + match.start()
