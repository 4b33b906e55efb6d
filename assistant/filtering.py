"""Filters as somebody types them → as the articles have them, and what to say where no article passes them."""

from __future__ import annotations

from msgspec.structs import replace

from index.ledger import Ledger
from index.records import Filters
from index.text.fold import folded


def named(filters: Filters, ledger: Ledger) -> Filters:
    """The filters with the publishers as the articles spell them, whatever the case and spelling; NotFound for a file id that is none."""
    for file_id in filters.file_ids:
        ledger.article(file_id)
    if not filters.publishers:
        return filters
    spelt: dict[str, list[str]] = {}
    for one in ledger.publishers():
        spelt.setdefault(_alike(one), []).append(one)
    return replace(
        filters, publishers=tuple(name for one in filters.publishers for name in spelt.get(_alike(one), [one]))
    )


def none_passes(filters: Filters) -> str:
    """That no article passes the filters, which are named.

    >>> none_passes(Filters(languages=("fr",), publishers=("وكالة السراج",)))
    'no article passes the filters (language fr, publisher وكالة السراج)'
    """
    days = [f"{word} {day.isoformat()}" for word, day in (("from", filters.since), ("to", filters.until)) if day]
    lists = (("language", filters.languages), ("publisher", filters.publishers), ("file", filters.file_ids))
    said = days + [f"{word} {' or '.join(values)}" for word, values in lists if values]
    return f"no article passes the filters ({', '.join(said)})"


def _alike(name: str) -> str:
    return " ".join(folded(name).split())
