"""The block between fences at the top of a Markdown file in which it says what it is: `---` (YAML) or `+++` (TOML), flat keys."""

from __future__ import annotations

import re

from index.loaders.field_names import day, told
from index.loaders.metadata import About
from index.models import Span

LONGEST = 8_000  # characters

_FENCED = re.compile(r"\ufeff?(---|\+\+\+)[ \t]*\r?\n(.*?)^(?:\1|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_ENTRY = re.compile(r"([\w-]+)[ \t]*[:=][ \t]*(.*?)[ \t]*(?:[ \t]#.*)?\r?")


def front_matter(text: str) -> About:
    """What the block says, with the block itself as boilerplate; nothing where there is no such block.

    >>> about = front_matter("---\\ntitle: 'جسر جديد'\\ndate: 2024-05-03 10:00\\n---\\nافتُتح الجسر.")
    >>> about.title, about.published, about.boilerplate
    ('جسر جديد', datetime.date(2024, 5, 3), (Span(start=0, end=49),))
    """
    match = _FENCED.match(text[:LONGEST])
    if not match:
        return About()
    entries = [entry for line in match.group(2).split("\n") if (entry := _ENTRY.fullmatch(line))]
    if not entries:
        return About()
    values = told((entry.group(1), entry.group(2).strip("\"' \t")) for entry in entries)
    return About(
        title=values.get("title"),
        published=day(values.get("published", "")),
        publisher=values.get("publisher"),
        url=values.get("url"),
        language=values.get("lang"),
        boilerplate=(Span(0, match.end()),),
    )
