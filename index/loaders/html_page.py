"""Read a web page: its story by trafilatura.

Its title and day by all that the page says of them.

A title is what the displayed headline and the head agree on, without the name of the site. A day is the structured
data's, else what is printed beside the headline, else what the story states, else the address's; the day of the last
change only where there is no other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from index.language.dates.date_mentions import dates
from index.language.normalize import folded
from index.language.sentences import paragraphs
from index.loaders.boilerplate import find_boilerplate, is_only_date
from index.loaders.day_forms import parse_any_day
from index.loaders.line_features import overlap, split_lines, stems
from index.loaders.metadata import Metadata
from index.loaders.page_outline import PageLine, StructuredData, line_key, page_lines, structured_data, without_asides
from index.loaders.publication_date import StatedDays, find_publication_day, stated_days
from index.models import Span

LEAD = 2_000  # characters of the text that a title is compared with
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
ABOVE, BELOW = 8, 6  # lines of a page above the headline and below the story that may state its day
BESIDE = 25  # words: the longest line beside the headline that is read for its day
CUT_OFF = 20  # characters: the shortest title that is known though it was cut off
DAY_ALONE = 4  # words: the longest line that is nothing but a day
LATEST = "2100-01-01"
OPENING = 8  # words: the shortest line that can open the story
ASIDE_SHARE = 0.25  # of a story that may stand beside it
TEASER = 12  # words: a longer link that ends as a sentence does is the story's own
LINKED = 0.6  # share of a line's letters in links from which on it is a teaser

_SEPARATOR = re.compile(r"\s{1,5}[|–—:·•»«/~-]{1,5}\s{1,5}|\s{0,5}[|»]\s{0,5}")
_ARABIC = re.compile("[\u0620-\u064a]{3}")
_URL_DAY = re.compile(
    r"[/_-]((?:19|20)\d\d)(?:[/_-](1[0-2]|0?[1-9])[/_-]([12]\d|3[01]|0?[1-9])|(1[0-2]|0[1-9])([12]\d|3[01]|0[1-9]))(?:[/_.-]|$)"
)
_UTC = re.compile(r"\d(?:Z|[+-]00:?00| GMT| UTC)$")
_MINUTES = re.compile(r"\d\d:(\d\d:\d\d)")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_URL_MONTH = re.compile(rf"/((?:19|20)\d\d)/({'|'.join(_MONTHS)})[a-z]{{0,6}}/(\d{{1,2}})(?:/|$)", re.IGNORECASE)
_PUBLISHED = re.compile(r"نشر|تاريخ|\b(?:published|posted|date)\b")
_LABEL = re.compile(r"نشر|تاريخ|تحديث|تعديل|\b(?:published|posted|date|updated?|modified)\b")
_PARTS = re.compile(r"\s{0,5}[|•·]\s{0,5}|\s{1,5}[–—/-]\s{1,5}")


def read_page(page: str) -> tuple[str, Metadata]:
    """Return the story of a page, without metadata of its text.

    And what the page says of it.
    """
    import trafilatura

    tree = trafilatura.load_html(page)
    document = None
    if tree is not None:
        document = trafilatura.bare_extraction(page, include_comments=False, with_metadata=True)
    if tree is None or document is None or isinstance(document, dict) or not document.text:
        return trafilatura.html2txt(page), Metadata()
    text: str = document.text
    lines, data = page_lines(tree), structured_data(tree)
    title = page_title(lines, data, text)
    url = document.url or next(iter(data.addresses), None)
    return text, Metadata(
        title=title,
        published=page_day(lines, data, text, title, url or "", tree),
        publisher=document.sitename or None,
        url=url,
        boilerplate=_beside_the_story(text, lines, title),
    )


def page_title(lines: Sequence[PageLine], data: StructuredData, text: str) -> str | None:
    """Return the headline of a page without the name of its site.

    None where it has none.
    """
    sites = {key for name in (*data.sites, *(line.text for line in lines if _is_logo(line))) if (key := line_key(name))}
    titles = [
        title for head in data.headlines if (title := _without_site(head, sites)) and line_key(title) not in sites
    ]
    headings = [line for line in lines if line.tag in ("h1", "h2", "h3") and line.key and line.key not in sites]
    headings.sort(key=lambda line: (line.tag, line.aside))
    keys = [line_key(title) for title in data.headlines]
    cut_off = tuple(
        line_key(title) for title in data.headlines if title.endswith(("…", "...")) and len(title) > CUT_OFF
    )
    shown = [
        line
        for line in headings
        if len(line.text.split()) > 1 and (line.key.startswith(cut_off) or any(line.key in key for key in keys))
    ]
    if shown:
        return max(shown, key=lambda line: (len(line.key), line.tag == "h1")).text
    lead = stems(folded(text[:LEAD]))
    main = next(
        (line.text for line in headings if line.tag == "h1" and not line.aside and len(line.text.split()) > 2), ""
    )
    best = next(iter(titles), "")
    if main and ("\ufffd" in best or overlap(folded(main), lead) > overlap(folded(best), lead)):
        return main
    return _about_the_story(best, lead) or main or None


def page_day(
    lines: Sequence[PageLine], data: StructuredData, text: str, title: str | None, url: str, tree: Any
) -> date | None:
    """Return the day on which the story of a page appeared.

    Else that of its last change.
    """
    arabic = _ARABIC.search(text) is not None
    printed = _printed_days(lines, text, title, arabic)
    moments = [(moment, day) for moment in data.published if (day := parse_any_day(moment, day_first=arabic))]
    if moments:
        return _local_day(moments, (_day_in(url), printed.published))
    own = split_lines(text)
    if day := printed.published or _day_in(url) or find_publication_day(own, find_boilerplate(text, own)):
        return day
    changed = [day for moment in data.changed if (day := parse_any_day(moment, day_first=arabic))]
    if (day := _day_by_htmldate(tree, url, extensive=False)) and day not in changed:
        return day
    if printed.changed or changed:
        return printed.changed or changed[0]
    day = day or _day_by_htmldate(tree, url, extensive=True)
    return None if day is None or _is_of_the_story(day, text, lines) else day


def _local_day(moments: Sequence[tuple[str, date]], shown: Sequence[date | None]) -> date:
    """Return the day of the first moment, where the page was written.

    Of a moment in UTC that is the neighbouring day where the page shows it: in its address, beside the headline, or by
    the same moment in another zone.
    """
    moment, day = moments[0]
    if not _UTC.search(moment):
        return day
    minutes = _MINUTES.findall(moment)
    other = [own for text, own in moments[1:] if not _UTC.search(text) or _MINUTES.findall(text) == minutes]
    return next((own for own in (*shown, *other) if own and abs((own - day).days) == 1), day)


def _day_by_htmldate(tree: Any, url: str, *, extensive: bool) -> date | None:
    from htmldate import find_date

    day = find_date(
        without_asides(tree), extensive_search=extensive, original_date=True, url=url or None, max_date=LATEST
    )
    return date.fromisoformat(day) if day else None


def _is_of_the_story(day: date, text: str, lines: Sequence[PageLine]) -> bool:
    """Return whether a day may only be one that the story mentions, or a year.

    The first of a month stands for a month alone, too. A day that has a line to itself is not the story's.
    """
    values = [value for mention in dates(text) for value in mention.values]
    if day.day == 1 and (day.month == 1 or any((value.year, value.month) == (day.year, day.month) for value in values)):
        return True
    if all(value.as_date() != day for value in values):
        return False
    alone = (dates(line.text) for line in lines if len(line.text.split()) <= DAY_ALONE)
    return not any(value.as_date() == day for mentions in alone for mention in mentions for value in mention.values)


def _is_logo(line: PageLine) -> bool:
    return line.home and line.linked == 1 and 0 < len(line.text.split()) < 8


def _without_site(title: str, sites: set[str]) -> str:
    """Return a title without the names of the site at its ends.

    And what stands beyond them.
    """
    parts = _split(title)
    named = [place for place, (start, end) in enumerate(parts) if line_key(title[start:end]) in sites]
    for place in named:
        before, after = parts[:place], parts[place + 1 :]
        kept = (
            before if sum(end - start for start, end in before) >= sum(end - start for start, end in after) else after
        )
        if kept:
            return title[kept[0][0] : kept[-1][1]]
    return title


def _about_the_story(title: str, lead: frozenset[str]) -> str:
    """Return a title without the parts at its ends that the story takes up nothing of.

    A site, a section.
    """
    parts = _split(title)
    while len(parts) > 1:
        shares = [overlap(folded(title[start:end]), lead) for start, end in parts]
        words = [len(title[start:end].split()) for start, end in parts]
        if not shares[-1] and sum(words[:-1]) >= words[-1] and any(shares[:-1]):
            parts.pop()
        elif not shares[0] and sum(words[1:]) > words[0] and any(shares[1:]):
            parts.pop(0)
        else:
            break
    return title[parts[0][0] : parts[-1][1]] if parts else ""


def _split(title: str) -> list[tuple[int, int]]:
    """Return the places of a title's parts between separators."""
    edges, start = [], 0
    for mark in _SEPARATOR.finditer(title):
        edges.append((start, mark.start()))
        start = mark.end()
    edges.append((start, len(title)))
    return [edge for edge in edges if title[edge[0] : edge[1]].strip()]


def _printed_days(lines: Sequence[PageLine], text: str, title: str | None, arabic: bool) -> StatedDays:
    """Return the days printed between the headline and the story.

    Else above the headline or below the story.
    """
    story = {line_key(span.of(text)) for span in paragraphs(text)}
    key = line_key(title or "")
    heads = [place for place, line in enumerate(lines) if key and line.key == key and not line.aside]
    start = heads[0] if heads else -1
    body = [
        place
        for place, line in enumerate(lines)
        if place > start and line.key in story and line.key != key and _opens_story(line, arabic)
    ]
    first, last = (body[0], body[-1]) if body else (len(lines), len(lines))
    head = max((place for place in heads if place < first), default=max(0, first - ABOVE))
    days = StatedDays()
    for begin, end in ((head + 1, first), (max(0, head - ABOVE), head), (last + 1, last + 1 + BELOW)):
        label = ""
        for line in lines[begin:end]:
            if len(line.text.split()) <= BESIDE and line.key != key and (line.published or not line.aside):
                days |= _line_days(line, label, arabic, below=begin > last)
            label = line.text if _LABEL.search(folded(line.text)) and not any(map(str.isdigit, line.text)) else ""
        if days.published:
            break
    return days


def _opens_story(line: PageLine, arabic: bool) -> bool:
    """Return whether a line can open the story, and is no status of the page."""
    words = len(line.text.split())
    return words >= OPENING and (words > BESIDE or _line_days(line, "", arabic, below=False) == StatedDays())


def _line_days(line: PageLine, label: str, arabic: bool, *, below: bool) -> StatedDays:
    """Return the days that a line beside the headline states.

    In its markup or its words.
    """
    words = f"{label} {line.text}" if label else line.text
    plain = folded(words)
    if below and not line.published and not _PUBLISHED.search(plain):
        return StatedDays()
    if line.moments and (line.published or len(line.text.split()) <= BESIDE):
        day = next((day for moment in line.moments if (day := parse_any_day(moment, day_first=arabic))), None)
        stated = stated_days(words, day_first=arabic)
        if day and (line.published or not (stated.changed and not stated.published)):
            return StatedDays(published=stated.published or day, changed=stated.changed)
        return StatedDays(changed=day) | stated
    for part in (words, *_PARTS.split(words)):
        whole = split_lines(part)
        if len(whole) == 1 and (is_only_date(whole[0]) or (_LABEL.search(folded(part)) and len(part.split()) < 10)):
            days = stated_days(words if part is words else part, day_first=arabic)
            if days.published or days.changed:
                return days
    return StatedDays()


def _day_in(url: str) -> date | None:
    """Return the day in an address.

    Year, month (or its name) and day with marks between them, or eight digits.

    >>> _day_in("https://a.org/2022/11/28/bridge"), _day_in("https://a.org/20221128-1.html"), _day_in("/2022/13/1/")
    (datetime.date(2022, 11, 28), datetime.date(2022, 11, 28), None)
    """
    try:
        if match := _URL_MONTH.search(url):
            return date(int(match[1]), _MONTHS.index(match[2].lower()) + 1, int(match[3]))
        match = _URL_DAY.search(url)
        return date(*(int(number) for number in match.groups() if number)) if match else None
    except ValueError:
        return None


def _beside_the_story(text: str, lines: Sequence[PageLine], title: str | None) -> tuple[Span, ...]:
    """Return the lines that link to other stories or stand outside the story.

    A link to a story stands alone or behind a label such as `شاهد:`.
    """
    headline = line_key(title or "")
    spans = [(span, line_key(span.of(text))) for span in paragraphs(text)]
    links = {line.key for line in lines if _is_teaser(line)}
    aside = {line.key for line in lines if line.aside} - {line.key for line in lines if not line.aside}
    opens = {line.key for line in lines if line.tag in HEADINGS}
    marked = [
        span
        for (span, key), (_, following) in zip(spans, [*spans[1:], (None, "")], strict=True)
        if key in aside and (key not in opens or following in aside)  # a heading over the story is the story's
    ]
    if sum(span.end - span.start for span in marked) > ASIDE_SHARE * len(text):
        marked = []  # the names of its classes mislead
    return tuple(sorted({*marked, *(span for span, key in spans if key in links and key != headline)}))


def _is_teaser(line: PageLine) -> bool:
    if line.linked < LINKED or line.within or line.text.endswith(":"):
        return False
    if line.unlinked:
        return line.unlinked.endswith(":")
    if line.tag in HEADINGS or len(line.text.split()) < 3:
        return line.aside
    return not (line.text.endswith((".", "؟", "!")) and len(line.text.split()) > TEASER)
