"""What an article says of itself: title, day of publication, publisher, address, language. What it does not say is None."""

from __future__ import annotations

from datetime import date

from index.boilerplate import boilerplate
from index.records import Span, Value
from index.titles import title


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
    marked = known.boilerplate or boilerplate(text)
    return About(
        title=known.title or title(text, marked),
        published=known.published,
        publisher=known.publisher,
        url=known.url,
        language=known.language or _language(text),
        boilerplate=marked,
    )


def _language(text: str) -> str | None:
    arabic = sum("\u0620" <= sign <= "\u064a" for sign in text[:5000])
    latin = sum(sign.isalpha() and sign.isascii() for sign in text[:5000])
    return "ar" if arabic > latin else "en" if latin else None
