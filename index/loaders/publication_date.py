"""Find the day on which an article appeared, as the article states it.

Dates that its story mentions do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from index.language.dates.date_mentions import dates
from index.language.normalize import folded
from index.loaders.boilerplate import first_paragraph, is_dateline, is_only_date, is_site_label
from index.loaders.dateline import find_dateline
from index.loaders.day_forms import first_day
from index.loaders.line_features import LABEL, TextLine, site_phrases
from index.models import Span, Value, covering

NOTICE = 60  # words: the longest line in which a site states the origin of a story
INTRODUCED = 40  # characters before a date that may say what it is

_APPEARED = re.compile(r"نشر|بتاريخ|تاريخ|\b(?:published|posted|date)\b")
_CHANGED = re.compile(r"تحديث|حدث|تعديل|معدل|\b(?:updated?|modified|edited)\b")
_ISO_TIME = re.compile(r"\b(\d{4}-\d{2}-\d{2})T(?=\d{2}:\d{2})")
_GLUED = re.compile("(?<=[0-9])(?=[\u0620-\u064a])|(?<=[\u0620-\u064a])(?=[0-9])")  # a date and the words beside it
_ARABIC = re.compile("[\u0620-\u064a]{3}")


class StatedDays(Value, frozen=True, kw_only=True):
    """The day on which an article appeared and that of its last change.

    Where they are stated.
    """

    published: date | None = None
    changed: date | None = None

    def __or__(self, other: StatedDays) -> StatedDays:
        """Return these days, completed by others that are trusted less."""
        return StatedDays(published=self.published or other.published, changed=self.changed or other.changed)


def stated_days(text: str, *, day_first: bool) -> StatedDays:
    """Return the days in a line that states nothing else.

    The words before a date say which of the two it is.

    >>> days = stated_days("آخر تحديث 20/5/2024 نشر 13/5/2024", day_first=True)
    >>> str(days.published), str(days.changed)
    ('2024-05-13', '2024-05-20')
    """
    text = _GLUED.sub(" ", _ISO_TIME.sub(r"\1 ", text))
    published = changed = None
    end = 0
    for mention in dates(text):
        before = folded(text[max(end, mention.span.start - INTRODUCED) : mention.span.start])
        day = first_day([mention], day_first=day_first)
        end = mention.span.end
        if day is None:
            continue
        if _last(_CHANGED, before) > _last(_APPEARED, before):
            changed = changed or day
        else:
            published = published or day
    return StatedDays(published=published, changed=changed)


def find_publication_day(lines: Sequence[TextLine], boilerplate: Sequence[Span] = ()) -> date | None:
    """Return the day of publication, or of the last change, stated above the story.

    In its dateline or below it.

    Labels, lines that hold only a date, and a site's notices count; teasers of other stories do not.

    >>> from index.loaders.line_features import split_lines
    >>> text = "نشر في ٣ أيار ٢٠٢٤\\nجسر جديد\\nعبرت السيارات أمس الجسر الذي افتُتح في 1 مايو 2024."
    >>> find_publication_day(split_lines(text))
    datetime.date(2024, 5, 3)
    """
    arabic = any(_ARABIC.search(line.text) for line in lines)
    changed = None
    for statement in _statements(lines, boilerplate, arabic):
        if statement.published:
            return statement.published
        changed = changed or statement.changed
    return changed


def _statements(lines: Sequence[TextLine], boilerplate: Sequence[Span], arabic: bool) -> Iterator[StatedDays]:
    """Yield what lines state of the day of publication; the best first."""
    own = [place for place, line in enumerate(lines) if not covering(boilerplate, line.span.start, line.span.end)]
    body = [place for place in own if lines[place].paragraph] or [len(lines)]
    begin = first_paragraph(lines, body) if body[0] < len(lines) else len(lines)
    for line in lines[:begin]:
        if _is_label(line) or (is_dateline(line) and covering(boilerplate, line.span.start, line.span.end)):
            yield stated_days(line.text, day_first=arabic)
    everything = "\n".join(line.folded for line in lines)
    notices = [phrase for phrase in site_phrases().notice if phrase in everything]
    for line in lines if notices else ():
        if line.words <= NOTICE and any(phrase in line.folded for phrase in notices):
            introduced = [mention for mention in dates(line.text) if _is_introduced(line, mention.span.start)]
            yield StatedDays(published=first_day(introduced, day_first=arabic))
    for line in lines[begin : begin + 1]:
        if dateline := find_dateline(line.text):
            yield StatedDays(published=first_day(dateline.mentions, day_first=arabic))
    for line in lines[body[-1] + 1 :]:
        if line.truncated or line.label in site_phrases().related or line.label in site_phrases().comments:
            break
        if _is_label(line) and (_APPEARED.search(line.folded) or is_only_date(line)):
            yield stated_days(line.text, day_first=arabic)


def _is_label(line: TextLine) -> bool:
    if not any(map(str.isdigit, line.text)):
        return False
    if is_only_date(line):
        return True
    if line.words > LABEL:
        return False
    return (
        line.folded.startswith(site_phrases().starts) or is_site_label(line) or _ISO_TIME.search(line.text) is not None
    )


def _is_introduced(line: TextLine, start: int) -> bool:
    """Return whether words such as `بتاريخ` introduce a date in a site's notice."""
    return re.search(r"بتاريخ|يوم|\bon\b|\bpublished\b", line.text[max(0, start - 25) : start]) is not None


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Return where a pattern matches last in a text, -1 where it does not."""
    return max((match.start() for match in pattern.finditer(text)), default=-1)
