"""Parse the front matter of a Markdown file.

Flat keys between `---` (YAML) or `+++` (TOML) fences at its top.
"""

from __future__ import annotations

import re

from index.loaders.day_forms import parse_any_day
from index.loaders.field_names import parse_fields
from index.loaders.markup import plain_line
from index.loaders.metadata import Metadata
from index.models import Span

LONGEST = 8_000  # characters

_FENCED = re.compile(r"\ufeff?(---|\+\+\+)[ \t]*\r?\n(.*?)^(?:\1|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_ENTRY = re.compile(r"([\w-]++)[ \t]*+[:=]")
_COMMENT = re.compile(r"[ \t]#")


def parse_front_matter(text: str) -> Metadata:
    """Return the metadata in the block, with the block itself as boilerplate.

    Empty where there is no block.

    >>> metadata = parse_front_matter("---\\ntitle: 'جسر جديد'\\ndate: 2024-05-03 10:00\\n---\\nافتُتح الجسر.")
    >>> metadata.title, metadata.published, metadata.boilerplate
    ('جسر جديد', datetime.date(2024, 5, 3), (Span(start=0, end=49),))
    """
    match = _FENCED.match(text[:LONGEST])
    if not match:
        return Metadata()
    entries = [entry for line in match.group(2).split("\n") if (entry := _entry(line))]
    if not entries:
        return Metadata()
    values = parse_fields(entries)
    return Metadata(
        title=plain_line(values.get("title", "")) or None,
        published=parse_any_day(values.get("published", ""), day_first=True),
        retrieved=parse_any_day(values.get("retrieved", ""), day_first=True),
        publisher=values.get("publisher"),
        url=values.get("url"),
        language=values.get("lang"),
        boilerplate=(Span(0, match.end()),),
    )


def _entry(line: str) -> tuple[str, str] | None:
    """Return the key and the value of a line, without quotation marks and comment.

    None where it is no entry.
    """
    key = _ENTRY.match(line)
    if key is None:
        return None
    value = line[key.end() :]
    comment = _COMMENT.search(value)
    return key.group(1), value[: comment.start() if comment else None].strip("\"' \t\r")
