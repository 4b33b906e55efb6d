"""Find what a sentence says of its source rather than of the matter.

Examples: "according to a report of 12 March", "بحسب خبر منشور في 2026-01-18".

No article says of itself when it was published, so these words are held against what is known of it, and then left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from index.language.dates.date_mentions import dates
from index.language.normalize import folded
from index.models import Span

_REPORT = r"(?:ال)?(?:خبر|تقرير|نبا|مقال|تصحيح|بيان)|(?:report|article|story|correction|statement|news)"
_BEFORE_A_DATE = re.compile(
    r"(?:^|(?<=\s))(?:"
    rf"(?:(?:بحسب|وفق|وفقا|حسب|كما|في|من)\s)*(?:ل|ب)?(?:{_REPORT})(?:\s\S+)?\s(?:ال)?(?:منشور|مورخ|موورخ|نشر"
    rf"|صادر|بتاريخ|يوم)(?:\s(?:في|بتاريخ|يوم|من|ال\S+))*"
    r"|(?:حتي|اعتبارا من|في|بتاريخ)\s(?:تاريخ|نشر)(?:\s\S+)?"
    rf"|(?:(?:according to|as of|in|from|per)\s)?(?:a|an|the|its)?\s?(?:\S+\s)?(?:{_REPORT})(?:\s(?:dated|of"
    rf"|from|published|on))*"
    r"|as of"
    r")$"
)
_UNDATED = re.compile(
    r"(?:،\s*+|(?<!\s)\s*+)(?:بحسب|وفق|حسب)\s+(?:خبر|تقرير|مقال)\s+غير\s+م[ؤو]رخ"
    r"|(?:,\s*+|(?<!\s)\s*+)according to an undated (?:report|article)",
    re.IGNORECASE,
)


def strip_source_attribution(sentence: str, published: Collection[date | None]) -> str:
    """Return the sentence without true statements of its sources' dates.

    A date that no source has stays, to be checked.

    >>> strip_source_attribution("قيمة الجائزة 50 ألف دينار، بحسب خبر منشور في 2026-01-18.", [date(2026, 1, 18)])
    'قيمة الجائزة 50 ألف دينار.'
    >>> strip_source_attribution("The rate is 6%, according to a report of 2026-03-12.", [date(2026, 3, 12)])
    'The rate is 6%.'
    >>> strip_source_attribution("The rate is 6%, as of 13 March 2026.", [date(2026, 3, 12)])
    'The rate is 6%, as of 13 March 2026.'
    """
    if None in published:
        sentence = _UNDATED.sub("", sentence)
    for mention in reversed(dates(sentence)):
        named = {value.as_date() for value in mention.values}
        if not named.isdisjoint(set(published) - {None}):
            cut = _with_its_words(sentence, mention.span)
            if cut:
                sentence = sentence[: cut.start].rstrip(" ،,") + sentence[cut.end :]
    return sentence


def _with_its_words(sentence: str, named: Span) -> Span | None:
    """Return the date with the words that make it the date of a source."""
    before = list(re.finditer(r"\S+", sentence[: named.start]))
    for first in range(max(0, len(before) - 8), len(before)):
        words = folded(" ".join(word[0] for word in before[first:])).strip()
        if _BEFORE_A_DATE.fullmatch(words):
            return Span(before[first].start(), named.end)
    return None
