"""Extract an article's metadata.

Title, day of publication, publisher, address, language, boilerplate.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from index.loaders.boilerplate import find_boilerplate
from index.loaders.headline import find_headline
from index.loaders.language_detection import detect_language
from index.loaders.line_features import TextLine, split_lines
from index.loaders.publication_date import find_publication_day
from index.models import Span, Value, covering

NOTICE = 60  # words: the longest line that is looked through

_SOURCE = re.compile(r"(?:المصدر|Source)\s?[:/]\s*+([^\s:.،][^:.،]{1,59}?)\s*+\.?", re.IGNORECASE)
_FIRST_ON = re.compile(r"(?:نشر أول[اًا]{1,2}|أول مرة) (?:على|في) موقع ([^.،\n]{2,60}?)(?: وتم |،)")


class Metadata(Value, frozen=True, kw_only=True):
    """What is known of an article apart from its text."""

    title: str | None = None
    published: date | None = None
    retrieved: date | None = None  # the day it was taken from its site
    publisher: str | None = None
    url: str | None = None
    language: str | None = None  # ISO 639-1
    boilerplate: tuple[Span, ...] = ()


UNKNOWN = Metadata()


def extract_metadata(text: str, known: Metadata = UNKNOWN) -> Metadata:
    """Complete the metadata known from outside the text.

    (a record, the head of a page) by what the text states.

    >>> extract_metadata("جسر جديد فوق النهر\\nافتُتح الجسر أمس بحضور الأهالي والزوار.").language
    'ar'
    """
    return with_language(text, stated_metadata(text, known), known)


def stated_metadata(text: str, known: Metadata = UNKNOWN) -> Metadata:
    """Return what `extract_metadata` does, but detect no language."""
    lines = [line for line in split_lines(text) if not covering(known.boilerplate, line.span.start, line.span.end)]
    marked = tuple(sorted((*known.boilerplate, *find_boilerplate(text, lines))))
    return Metadata(
        title=known.title or find_headline(lines, marked),
        published=known.published or find_publication_day(lines, marked),
        publisher=known.publisher or _publisher(lines),
        url=known.url,
        language=_language_code(known.language),
        boilerplate=marked,
    )


def with_language(text: str, metadata: Metadata, known: Metadata = UNKNOWN) -> Metadata:
    """Return the metadata with the language of the text behind its front matter.

    Where no language is known.
    """
    if metadata.language:
        return metadata
    start = known.boilerplate[0].end if known.boilerplate and not known.boilerplate[0].start else 0
    return replace(metadata, language=detect_language(text[start:].lstrip()))


def _language_code(language: str | None) -> str | None:
    """Return `ar` for `ar`, `AR`, `ar-SY` or `ar_SY`.

    None for what is no code of two letters.
    """
    code = re.split(r"[-_]", language.strip().lower())[0] if language else ""
    return code if re.fullmatch(r"[a-z]{2}", code) else None


def _publisher(lines: Sequence[TextLine]) -> str | None:
    """Return who is named as the source, as in `المصدر: سانا`."""
    for line in lines:
        match = line.words <= NOTICE and (_SOURCE.fullmatch(line.text) or _FIRST_ON.search(line.text))
        name = html.unescape(match.group(1)).strip() if match else ""
        if name and not name.startswith("http"):
            return name
    return None
