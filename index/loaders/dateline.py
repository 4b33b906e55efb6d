"""Read an agency's dateline, which opens a report: `دمشق-سانا 13/5/2024:`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.language.dates.date_mentions import DateMention, dates
from index.language.lexicons import load
from index.language.normalize import folded
from index.models import Value

LONGEST = 140  # characters from the start of a line to the end of its dateline
WORDS = 6  # of place and agency before the day
PLAIN = 2  # words of a place that is not known and that nothing separates from the day

_NAME = r"[^\d\W](?:[^\d.!?؟:؛،,\n()\[\]/]|\.(?=\w)){0,40}"  # of an agency
_BEFORE = re.compile(r"[^\d.!?؟:؛\n]{0,70}")
_SEPARATED = re.compile(r"[،,|–—ـ/(\[\])-]")
_GAP = r"\s{0,3}"  # bounded, as all that follows, so that a line of spaces costs nothing
_FEW_WORDS = r"\w{1,30}(?: \w{1,30}){0,2}"
_DAY_ENDS = r"\s{0,3}(?:هـ?|م)?(?!\w)\s{0,3}[)\]]?"
_BRACKETED = rf"{_GAP}[،,]?{_GAP}(?:\({_GAP}{_NAME}\)|\[{_GAP}{_NAME}\]|/{_GAP}{_NAME}/)"
_ENDS = r"\s{0,3}(?:[:–—-]|ـ+(?!\w)|/(?=\s)|…|\.{2,})"
_OPENS = re.compile(rf"{_DAY_ENDS}(?:{_BRACKETED}|(?:{_GAP}[،,–—ـ-]?{_GAP}(?:{_FEW_WORDS})?)??{_ENDS})")
_WHOLE = re.compile(rf"{_DAY_ENDS}(?:{_BRACKETED}|{_GAP}[،,|–—ـ-]{_GAP}{_FEW_WORDS}|{_GAP}\w{{0,30}})?{_ENDS}?{_GAP}")
_BETWEEN = re.compile(
    r"\W{0,20}(?:هـ?|م|الموافق|موافق|corresponding to)?\W{0,20}(?:هـ?|م|ل)?\W{0,20}"
)  # of two calendars


class Dateline(Value, frozen=True, kw_only=True):
    """The dates of a dateline, in one or two calendars.

    And whether it is all that the line holds.
    """

    mentions: tuple[DateMention, ...]
    whole: bool


def find_dateline(text: str) -> Dateline | None:
    """Return the dateline that opens a line.

    None where there is none, or its day has no year.

    >>> find_dateline("الرياض 05 ذو القعدة 1445 هـ الموافق 13 مايو 2024 م واس").whole
    True
    >>> find_dateline("افتتحت الوزيرة في 13 مايو 2024 - كما وعدت - مكتبة عامة.")
    """
    opening = text[:LONGEST]
    if not any(map(str.isdigit, opening)):
        return None
    mentions = _first_dates(opening)
    if not mentions or not any(value.as_date() for mention in mentions for value in mention.values):
        return None
    before, end = opening[: mentions[0].span.start], mentions[-1].span.end
    if not _is_place(before) or (before.count("(") > before.count(")") and not text[end:].lstrip().startswith(")")):
        return None  # where a bracket stays open, it holds the years of a life
    if len(text) <= LONGEST and _WHOLE.fullmatch(text, end):
        return Dateline(mentions=mentions, whole=True)
    if len(mentions) > 1 or _OPENS.match(opening, end):  # nobody else writes a day in two calendars behind a place
        return Dateline(mentions=mentions, whole=False)
    return None


def _first_dates(text: str) -> tuple[DateMention, ...]:
    """Return the first date with those that say the same day in another calendar."""
    mentions: Sequence[DateMention] = dates(text)
    count = min(len(mentions), 1)
    while count < len(mentions) and _BETWEEN.fullmatch(text, mentions[count - 1].span.end, mentions[count].span.start):
        count += 1
    return tuple(mentions[:count])


def _is_place(text: str) -> bool:
    """Return whether a text can be the place, and the agency, before a day."""
    words = re.findall(r"[^\W\d_]+", text)
    if not words or len(words) > WORDS or not _BEFORE.fullmatch(text) or folded(words[0]) in load("function_words"):
        return False
    if _SEPARATED.search(text) or len(words) <= PLAIN:
        return True
    return folded(words[0]) in load("places") or folded(words[0]) in load("cities")
