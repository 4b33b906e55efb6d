"""The day an article appeared, where the article itself says so; a date that its story merely mentions is not that day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from index.language.dates.date_mentions import DateMention, dates
from index.loaders.boilerplate import dateline, only_a_date, stands_around, story
from index.loaders.line_features import LABEL, Line, phrases
from index.models import Span, covering

NOTICE = 60  # words: the longest line in which a site says where a story came from
DATELINE = 60  # characters from the begin of the story within which an agency's place and date stand

_APPEARED = re.compile(r"نشر|بتاريخ|تاريخ|\b(?:published|posted|date)\b")
_CHANGED = re.compile(r"تحديث|تعديل|\b(?:updated|modified)\b")
_ISO_TIME = re.compile(r"\b(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}")
_ARABIC = re.compile("[\u0620-\u064a]{3}")
_AFTER_DATELINE = re.compile(r"\s*[،,]?\s*[(/–—-]")


def publication_day(lines: Sequence[Line], boilerplate: Sequence[Span] = ()) -> date | None:
    """The day of publication, failing that of the last change, as said above the story, in its dateline or just below it.

    Labels, lines that are nothing but a date, and notices of a site's own are believed; teasers of other stories are not.

    >>> from index.loaders.line_features import lines_of
    >>> publication_day(lines_of("نشر في ٣ أيار ٢٠٢٤\\nجسر جديد\\nعبرت السيارات أمس الجسر الذي افتُتح في 1 مايو 2024."))
    datetime.date(2024, 5, 3)
    """
    arabic = any(_ARABIC.search(line.shown) for line in lines)
    changed = None
    for line, found in _said(lines, boilerplate):
        day = _day(line, found, arabic)
        if day and not _CHANGED.search(line.plain):
            return day
        changed = changed or day
    return changed


def _said(lines: Sequence[Line], boilerplate: Sequence[Span]) -> Iterator[tuple[Line, list[DateMention]]]:
    """The lines in which an article can say when it appeared, and the dates in them that say so; the best first."""
    own = [place for place, line in enumerate(lines) if not covering(boilerplate, line.span.start, line.span.end)]
    body = [place for place in own if lines[place].paragraph] or [len(lines)]
    begin = story(lines, body) if body[0] < len(lines) else len(lines)
    for line in lines[:begin]:
        if _label(line) or (dateline(line) and covering(boilerplate, line.span.start, line.span.end)):
            yield line, list(dates(line.shown))
    everything = "\n".join(line.plain for line in lines)
    notices = [phrase for phrase in phrases().notice if phrase in everything]
    for line in lines if notices else ():
        if line.words <= NOTICE and any(phrase in line.plain for phrase in notices):
            yield line, [date for date in dates(line.shown) if _introduced(line, date)]
    if begin < len(lines):
        opening = lines[begin].shown[: 2 * DATELINE]
        if any(map(str.isdigit, opening)):
            yield lines[begin], [date for date in dates(opening) if _in_dateline(lines[begin], date)]
    for line in lines[body[-1] + 1 :]:
        if line.truncated or line.bare in phrases().related or line.bare in phrases().comments:
            break
        if _label(line) and (_APPEARED.search(line.plain) or only_a_date(line)):
            yield line, list(dates(line.shown))


def _label(line: Line) -> bool:
    if line.words > LABEL or not any(map(str.isdigit, line.shown)):
        return False
    return line.plain.startswith(phrases().starts) or stands_around(line) or _ISO_TIME.search(line.shown) is not None


def _introduced(line: Line, mention: DateMention) -> bool:
    """`… على موقعنا بتاريخ …`: the words just before a date in a site's notice."""
    before = line.shown[max(0, mention.span.start - 25) : mention.span.start]
    return re.search(r"بتاريخ|يوم|\bon\b|\bpublished\b", before) is not None


def _in_dateline(line: Line, mention: DateMention) -> bool:
    """`دمشق 3 أيار 2024 (سانا) – …`"""
    return mention.span.end <= DATELINE and _AFTER_DATELINE.match(line.shown, mention.span.end) is not None


def _day(line: Line, found: Sequence[DateMention], arabic: bool) -> date | None:
    time = _ISO_TIME.search(line.shown)
    if time:
        try:
            return date.fromisoformat(time.group(1))
        except ValueError:
            return None
    for mention in found:
        days = [day for value in mention.values if (day := value.as_date()) and value.weekday in (None, day.weekday())]
        if len(set(days)) == 1 or (days and arabic):  # Arabic numbers its dates day first
            return days[0]
    return None
