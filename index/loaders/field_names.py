"""Name the metadata fields of JSON Lines records and front matter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from index.loaders.day_forms import parse_any_day

# The documented name first; the first with a value counts. Case, spaces and punctuation in names are of no account.
NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "_id", "guid", "uuid", "article_id", "المعرف"),
    "text": (
        *("text", "body", "content", "articleBody", "article_text", "full_text", "maintext", "content_text"),
        *("content_html", "content:encoded", "النص", "نص", "description", "summary"),
    ),
    "title": ("title", "headline", "العنوان", "عنوان"),
    "published": (
        *("published", "date", "datePublished", "published_at", "published_date", "publication_date", "published_time"),
        *("publish_date", "publish_time", "pubDate", "published_on", "first_published", "display_date", "isoDate"),
        *("article:published_time", "dc:date", "التاريخ", "تاريخ", "تاريخ النشر"),
    ),
    "retrieved": (
        *("retrieved", "retrieved_at", "crawled", "crawled_at", "crawl_date", "date_crawled", "date_download"),
        *("download_date", "downloaded_at", "fetched", "fetched_at", "scraped", "scraped_at", "accessed", "warc-date"),
    ),
    "publisher": ("publisher", "source", "site", "outlet", "source_name", "site_name", "newspaper", "المصدر", "الناشر"),
    "url": ("url", "link", "canonical", "canonical_url", "permalink", "الرابط"),
    "lang": ("lang", "language", "locale", "اللغة"),
}
DEPTH = 4  # objects inside objects that are looked into

_INSIDE = (
    "name",
    "title",
    "rendered",
    "value",
    "@value",
    "#text",
    "text",
    "$date",
    "$oid",
    "$numberLong",
    "@id",
    "url",
)
_NOT_IN_NAMES = re.compile(r"[\W_]+")
_PLAIN = {field: tuple(_NOT_IN_NAMES.sub("", name.casefold()) for name in names) for field, names in NAMES.items()}
_FIELD_OF = {name: field for field, names in _PLAIN.items() for name in names}


def field_of(name: str) -> str | None:
    """Return the field that a key of a record names, by its documented name.

    None where it names none.
    """
    return _FIELD_OF.get(_NOT_IN_NAMES.sub("", name.casefold()))


def parse_fields(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    """Return values by their documented field names.

    A value in an object (`{"name": …}`, `{"rendered": …}`) or a list is taken out of it. A date that cannot be read is
    left out, an address is no publisher.

    >>> parse_fields([("datePublished", "2024-05-03 10:00"), ("Source", {"id": None, "name": "وكالة الساحل"})])
    {'published': '2024-05-03 10:00', 'publisher': 'وكالة الساحل'}
    """
    values: dict[str, str] = {}
    for key, value in sorted(pairs, key=lambda pair: pair[0] not in NAMES):  # documented spellings first
        name = _NOT_IN_NAMES.sub("", key.casefold())
        plain = _plain(value, _FIELD_OF[name]) if name in _FIELD_OF else ""
        if plain.strip():
            values.setdefault(name, plain)
    fields = {
        field: next((values[name] for name in names if name in values and _fits(field, values[name])), None)
        for field, names in _PLAIN.items()
    }
    return {field: value for field, value in fields.items() if value is not None}


def _plain(value: object, field: str, depth: int = DEPTH) -> str:
    """Return the string in a value, of a list the first or, for a text, all.

    Empty where there is none.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value) if field in ("id", "published") and not isinstance(value, bool) else ""
    if not depth:
        return ""
    inner: Sequence[object] = ()
    if isinstance(value, Mapping):
        inner = [value[key] for key in _INSIDE if key in value]
    elif isinstance(value, Sequence):
        inner = value
    plain = [text for item in inner if (text := _plain(item, field, depth - 1)).strip()]
    return "\n".join(plain) if field == "text" and not isinstance(value, Mapping) else next(iter(plain), "")


def _fits(field: str, value: str) -> bool:
    if field in ("published", "retrieved"):
        return parse_any_day(value, day_first=True) is not None
    return field != "publisher" or "://" not in value
