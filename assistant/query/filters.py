"""Parse filters as users type them, and describe filters that no article passes."""

from __future__ import annotations

from collections.abc import Iterable

from index.messages.reason import Reason
from index.models import Filters, parse_day


def parse_filters(since: str, until: str, languages: Iterable[str], publishers: Iterable[str]) -> Filters:
    """Parse the fields of a form into filters; raise UsageError for a bad date.

    >>> parse_filters("٢٠٢٥-٠١-٣١", "", ["ar", " "], []).since
    datetime.date(2025, 1, 31)
    """
    return Filters(
        since=parse_day(_plain_digits(since)),
        until=parse_day(_plain_digits(until)),
        languages=tuple(language.strip() for language in languages if language.strip()),
        publishers=tuple(publisher.strip() for publisher in publishers if publisher.strip()),
    )


def none_passes(filters: Filters) -> Reason:
    """Say that no article passes the filters, naming them.

    >>> print(none_passes(Filters(languages=("fr",), publishers=("وكالة السراج",))))
    no article passes the filters (language fr, publisher وكالة السراج)
    """
    named = []
    if filters.since:
        named.append(Reason.of("filters.since", day=filters.since))
    if filters.until:
        named.append(Reason.of("filters.until", day=filters.until))
    if filters.languages:
        languages = [Reason.term("language", code) for code in filters.languages]
        named.append(Reason.of("filters.languages", languages=languages))
    if filters.publishers:
        named.append(Reason.of("filters.publishers", publishers=filters.publishers))
    if filters.file_ids:
        named.append(Reason.of("filters.files", files=filters.file_ids))
    return Reason.of("filters.none_passes", filters=named)


def _plain_digits(text: str | None) -> str:
    """Write digits of any script as 0 to 9, because an Arabic keyboard types its own."""
    return "".join(str(int(letter)) if letter.isdecimal() else letter for letter in text or "")
