"""The names under which a JSON Lines record and the block on top of a Markdown file say what they are: one table for both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

NAMES: Mapping[str, tuple[str, ...]] = {  # the documented name first; the first that says something is heard
    "text": ("text", "body", "content", "articlebody", "النص", "نص"),
    "title": ("title", "headline", "العنوان", "عنوان"),
    "published": (
        *("published", "date", "datepublished", "published_at", "publishedat", "published_date", "publication_date"),
        *("publishdate", "publish_date", "pubdate", "pub_date", "التاريخ", "تاريخ"),
    ),
    "publisher": ("publisher", "source", "site", "outlet", "المصدر", "الناشر"),
    "url": ("url", "link", "canonical", "canonical_url", "permalink", "الرابط"),
    "lang": ("lang", "language", "locale", "اللغة"),
}


def told(said: Iterable[tuple[str, object]]) -> dict[str, str]:
    """What is said, under the documented names; upper and lower case are one. A date that is not ISO 8601 is none, an address no publisher.

    >>> told([("datePublished", "2024-05-03 10:00"), ("Source", "https://example.org"), ("site", "وكالة الساحل"), ("by", "سامر")])
    {'published': '2024-05-03 10:00', 'publisher': 'وكالة الساحل'}
    """
    values: dict[str, str] = {}
    for key, value in said:
        if isinstance(value, str) and value.strip():
            values.setdefault(key.casefold(), value)
    found = {
        field: next((values[name] for name in names if name in values and _fits(field, values[name])), None)
        for field, names in NAMES.items()
    }
    return {field: value for field, value in found.items() if value is not None}


def day(value: str) -> date | None:
    """The day that an ISO 8601 date or time begins with; None where there is none.

    >>> day(" 2015-07-22 00:05:53"), day("yesterday")
    (datetime.date(2015, 7, 22), None)
    """
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None


def _fits(field: str, value: str) -> bool:
    if field == "published":
        return day(value) is not None
    return field != "publisher" or "://" not in value
