"""Filters as somebody types them, and what to say where no article passes them; `Ledger.matching` reads them."""

from __future__ import annotations

from collections.abc import Iterable

from index.models import Filters, day


def typed(since: str, until: str, languages: Iterable[str], publishers: Iterable[str]) -> Filters:
    """The filters that the fields of a page or of a request say, blank ones left out; UsageError where a date is none.

    >>> typed("٢٠٢٥-٠١-٣١", "", ["ar", " "], []).since
    datetime.date(2025, 1, 31)
    """
    return Filters(
        since=day(_plain_digits(since)),
        until=day(_plain_digits(until)),
        languages=tuple(language.strip() for language in languages if language.strip()),
        publishers=tuple(publisher.strip() for publisher in publishers if publisher.strip()),
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


def _plain_digits(said: str | None) -> str:
    """Digits of any script as 0 to 9: an Arabic keyboard types its own."""
    return "".join(str(int(text)) if text.isdecimal() else text for text in said or "")
