"""The block between fences at the top of a Markdown file in which it says what it is: `---` (YAML) or `+++` (TOML), flat keys."""

from __future__ import annotations

import re
from datetime import date

from index.reading.about import About
from index.records import Span

LONGEST = 8_000  # characters

_FENCED = re.compile(r"\ufeff?(---|\+\+\+)[ \t]*\r?\n(.*?)^(?:\1|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_ENTRY = re.compile(r"([\w-]+)[ \t]*[:=][ \t]*(.*?)[ \t]*(?:[ \t]#.*)?\r?")
_KEYS = {
    "title": ("title", "headline", "العنوان", "عنوان"),
    "published": ("date", "published", "publishdate", "pubdate", "published_at", "datepublished", "التاريخ", "تاريخ"),
    "publisher": ("publisher", "source", "site", "outlet", "المصدر", "الناشر"),
    "url": ("url", "link", "canonical", "canonical_url", "permalink", "الرابط"),
    "language": ("lang", "language", "locale", "اللغة"),
}


def front_matter(text: str) -> About:
    """What the block says, with the block itself as boilerplate; nothing where there is no such block.

    >>> about = front_matter("---\\ntitle: 'جسر جديد'\\ndate: 2024-05-03 10:00\\n---\\nافتُتح الجسر.")
    >>> about.title, about.published, about.boilerplate
    ('جسر جديد', datetime.date(2024, 5, 3), (Span(start=0, end=49),))
    """
    found = _FENCED.match(text[:LONGEST])
    if not found:
        return About()
    said: dict[str, str] = {}
    for line in found.group(2).split("\n"):
        entry = _ENTRY.fullmatch(line)
        if entry:
            said.setdefault(entry.group(1).casefold(), entry.group(2).strip("\"' \t"))
    if not said:
        return About()
    values = {name: next((said[key] for key in keys if said.get(key)), None) for name, keys in _KEYS.items()}
    return About(
        title=values["title"],
        published=_day(values["published"]),
        publisher=values["publisher"],
        url=values["url"],
        language=values["language"],
        boilerplate=(Span(0, found.end()),),
    )


def _day(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if value else None
    except ValueError:
        return None
