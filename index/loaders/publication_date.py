"""Find the day on which an article appeared, as the article states it; dates that its story mentions do not count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from index.language.dates.date_mentions import DateMention, dates
from index.loaders.boilerplate import first_paragraph, is_dateline, is_only_date, is_site_label
from index.loaders.line_features import LABEL, TextLine, site_phrases
from index.models import Span, covering

NOTICE = 60  # words: the longest line in which a site states the origin of a story
DATELINE = 60  # characters at the start of the story that may hold an agency's place and date

_APPEARED = re.compile(r"نشر|بتاريخ|تاريخ|\b(?:published|posted|date)\b")
_CHANGED = re.compile(r"تحديث|تعديل|\b(?:updated|modified)\b")
_ISO_TIME = re.compile(r"\b(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}")
_ARABIC = re.compile("[\u0620-\u064a]{3}")
_AFTER_DATELINE = re.compile(r"\s*+(?:[،,]\s*+)?+[(/–—-]")


def find_publication_day(lines: Sequence[TextLine], boilerplate: Sequence[Span] = ()) -> date | None:
    """Return the day of publication, or of the last change, stated above the story, in its dateline or below it.

    Labels, lines that hold only a date, and a site's notices count; teasers of other stories do not.

    >>> from index.loaders.line_features import split_lines
    >>> text = "نشر في ٣ أيار ٢٠٢٤\\nجسر جديد\\nعبرت السيارات أمس الجسر الذي افتُتح في 1 مايو 2024."
    >>> find_publication_day(split_lines(text))
    datetime.date(2024, 5, 3)
    """
    arabic = any(_ARABIC.search(line.text) for line in lines)
    changed = None
    for line, mentions in _statements(lines, boilerplate):
        day = _day(line, mentions, arabic)
        if day and not _CHANGED.search(line.folded):
            return day
        changed = changed or day
    return changed


def _statements(lines: Sequence[TextLine], boilerplate: Sequence[Span]) -> Iterator[tuple[TextLine, list[DateMention]]]:
    """Yield the lines that can state the day of publication, with the dates in them; the best first."""
    own = [place for place, line in enumerate(lines) if not covering(boilerplate, line.span.start, line.span.end)]
    body = [place for place in own if lines[place].paragraph] or [len(lines)]
    begin = first_paragraph(lines, body) if body[0] < len(lines) else len(lines)
    for line in lines[:begin]:
        if _is_label(line) or (is_dateline(line) and covering(boilerplate, line.span.start, line.span.end)):
            yield line, list(dates(line.text))
    everything = "\n".join(line.folded for line in lines)
    notices = [phrase for phrase in site_phrases().notice if phrase in everything]
    for line in lines if notices else ():
        if line.words <= NOTICE and any(phrase in line.folded for phrase in notices):
            yield line, [date for date in dates(line.text) if _is_introduced(line, date)]
    if begin < len(lines):
        opening = lines[begin].text[: 2 * DATELINE]
        if any(map(str.isdigit, opening)):
            yield lines[begin], [date for date in dates(opening) if _is_in_dateline(lines[begin], date)]
    for line in lines[body[-1] + 1 :]:
        if line.truncated or line.label in site_phrases().related or line.label in site_phrases().comments:
            break
        if _is_label(line) and (_APPEARED.search(line.folded) or is_only_date(line)):
            yield line, list(dates(line.text))


def _is_label(line: TextLine) -> bool:
    if line.words > LABEL or not any(map(str.isdigit, line.text)):
        return False
    return (
        line.folded.startswith(site_phrases().starts) or is_site_label(line) or _ISO_TIME.search(line.text) is not None
    )


def _is_introduced(line: TextLine, mention: DateMention) -> bool:
    """Return whether words such as `بتاريخ` introduce a date in a site's notice."""
    before = line.text[max(0, mention.span.start - 25) : mention.span.start]
    return re.search(r"بتاريخ|يوم|\bon\b|\bpublished\b", before) is not None


def _is_in_dateline(line: TextLine, mention: DateMention) -> bool:
    """Return whether a date is part of an agency's dateline: `دمشق 3 أيار 2024 (سانا) – …`."""
    return mention.span.end <= DATELINE and _AFTER_DATELINE.match(line.text, mention.span.end) is not None


def _day(line: TextLine, mentions: Sequence[DateMention], arabic: bool) -> date | None:
    time = _ISO_TIME.search(line.text)
    if time:
        try:
            return date.fromisoformat(time.group(1))
        except ValueError:
            return None
    for mention in mentions:
        days = [day for value in mention.values if (day := value.as_date()) and value.weekday in (None, day.weekday())]
        if len(set(days)) == 1 or (days and arabic):  # Arabic numbers its dates day first
            return days[0]
    return None
