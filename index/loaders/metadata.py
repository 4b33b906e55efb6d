"""What an article says of itself: title, day of publication, publisher, address, language. What it does not say is None."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import date

from index.loaders.boilerplate import boilerplate
from index.loaders.headline import headline
from index.loaders.language_detection import language
from index.loaders.line_features import Line, lines_of
from index.loaders.publication_date import publication_day
from index.models import Span, Value, covering

NOTICE = 60  # words: the longest line that is looked through

_SOURCE = re.compile(r"(?:المصدر|Source)\s?[:/]\s*([^:.،]{2,60}?)\s*\.?", re.IGNORECASE)
_FIRST_ON = re.compile(r"(?:نشر أول[اًا]{1,2}|أول مرة) (?:على|في) موقع ([^.،\n]{2,60}?)(?: وتم |،)")


class About(Value, frozen=True, kw_only=True):
    """What is known of an article beside its text."""

    title: str | None = None
    published: date | None = None
    publisher: str | None = None
    url: str | None = None
    language: str | None = None  # ISO 639-1
    boilerplate: tuple[Span, ...] = ()


UNKNOWN = About()


def described(text: str, known: About = UNKNOWN) -> About:
    """What is known from outside the text (a record, the head of a page), filled up with what the text says.

    >>> described("جسر جديد فوق النهر\\nافتُتح الجسر أمس بحضور الأهالي والزوار.").language
    'ar'
    """
    lines = [line for line in lines_of(text) if not covering(known.boilerplate, line.span.start, line.span.end)]
    marked = tuple(sorted((*known.boilerplate, *boilerplate(text, lines))))
    own = lines[0].span.start if lines else 0
    return About(
        title=known.title or headline(lines, marked),
        published=known.published or publication_day(lines, marked),
        publisher=known.publisher or _publisher(lines),
        url=known.url,
        language=_code(known.language) or language(text[own:]),
        boilerplate=marked,
    )


def _code(language: str | None) -> str | None:
    """`ar`, from `ar`, `AR`, `ar-SY` or `ar_SY`; None for what is no code of two letters."""
    code = re.split(r"[-_]", language.strip().lower())[0] if language else ""
    return code if re.fullmatch(r"[a-z]{2}", code) else None


def _publisher(lines: Sequence[Line]) -> str | None:
    """Who is named as the source: `المصدر: سانا`, or in a notice `نشر أولا على موقع …`."""
    for line in lines:
        found = line.words <= NOTICE and (_SOURCE.fullmatch(line.shown) or _FIRST_ON.search(line.shown))
        name = html.unescape(found.group(1)).strip() if found else ""
        if name and not name.startswith("http"):
            return name
    return None
