"""An article's own headline among its first lines; None where it has none."""

from __future__ import annotations

from collections.abc import Sequence

from index.records import Span, covering
from index.text.sentences import paragraphs

LOOKED_AT = 6  # lines of the top that may hold the headline
LONGEST = 160  # characters


def title(text: str, boilerplate: Sequence[Span] = ()) -> str | None:
    """The headline: the first short line of the top that does not end as a sentence does and has a longer line after it.

    >>> title("جسر جديد فوق النهر\\n\\nافتُتح الجسر أمس بحضور الأهالي ومئات الزوار.")
    'جسر جديد فوق النهر'
    """
    lines = [span for span in paragraphs(text) if not covering(boilerplate, span.start, span.end)]
    for place, span in enumerate(lines[:LOOKED_AT]):
        line = span.of(text)
        if len(line) > LONGEST or line[-1] in ".،؛:,;":
            return None
        if len(line.split()) >= 3 and any(len(later.of(text)) > len(line) for later in lines[place + 1 : place + 4]):
            return line
    return None
