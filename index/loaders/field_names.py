"""Names of the metadata fields in JSON Lines records and in the front matter of Markdown files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

NAMES: Mapping[str, tuple[str, ...]] = {  # the documented name first; the first with a value counts
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


def parse_fields(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    """Return values by their documented field names; upper and lower case count as equal.

    A date that is not ISO 8601 is left out, an address is no publisher.

    >>> parse_fields([("datePublished", "2024-05-03 10:00"), ("Source", "https://x.org"), ("site", "وكالة الساحل")])
    {'published': '2024-05-03 10:00', 'publisher': 'وكالة الساحل'}
    """
    values: dict[str, str] = {}
    for key, value in pairs:
        if isinstance(value, str) and value.strip():
            values.setdefault(key.casefold(), value)
    fields = {
        field: next((values[name] for name in names if name in values and _fits(field, values[name])), None)
        for field, names in NAMES.items()
    }
    return {field: value for field, value in fields.items() if value is not None}


def iso_day(value: str) -> date | None:
    """Return the day that an ISO 8601 date or time begins with; None for anything else.

    >>> iso_day(" 2015-07-22 00:05:53"), iso_day("yesterday")
    (datetime.date(2015, 7, 22), None)
    """
    try:
        return date.fromisoformat(value.strip()[:10])
    except ValueError:
        return None


def _fits(field: str, value: str) -> bool:
    if field == "published":
        return iso_day(value) is not None
    return field != "publisher" or "://" not in value
