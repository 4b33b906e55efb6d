"""An article's own headline among its first lines; None where it has none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from index.language.normalize import fold
from index.loaders.line_features import Line, phrases, shared, stems
from index.models import Span, covering

LEAD = 2_000  # characters of the text that a headline is compared with
LOOKED_AT = 5  # lines of the top that may hold the headline
WORDS = range(2, 26)
LONGEST = 180  # characters

TOLD = 0.3  # of a headline's words: so many of them the article takes up again; of two words both

_LABEL = r"#{1,6}\s+|[*_]{1,3}(?=\S)|(?i:title|headline|العنوان|عنوان الخبر)\s?:\s*"
_DRESS = re.compile(rf"^(?:{_LABEL})|(?:\s+#+|(?<=\S)[*_]{{1,3}}|\s+[.…]{{2,}})$")  # Markdown, a label, a tail of dots
_NO_HEADLINE = re.compile(r"^[•‣◦▪●■–—*-]\s|^\d+[.)-]\s|(?<![.…])[.،؛:,;][\"'”’»)\]]*$")


def headline(lines: Sequence[Line], boilerplate: Sequence[Span] = ()) -> str | None:
    """The headline: the first line above the text that reads like one and that the text takes up again.

    A headline has 2 to 25 words, does not end as a sentence does and opens no list. Where the text takes up none of the
    lines above it, the one of most words is taken, if it has at least four.

    >>> from index.loaders.line_features import lines_of
    >>> headline(lines_of("جسر جديد فوق النهر\\n\\nافتُتح الجسر أمس بحضور الأهالي ومئات الزوار."))
    'جسر جديد فوق النهر'
    """
    own = [line for line in lines if not covering(boilerplate, line.span.start, line.span.end)]
    candidates = _above(own)
    if not candidates:
        return None
    told = stems("\n".join(line.plain for line in own if line not in candidates)[:LEAD])
    shares = [shared(line.plain, told) for line in candidates]
    pairs = zip(candidates, shares, strict=True)
    best = next((line for line, share in pairs if share >= (TOLD if line.words > 2 else 1)), None)
    if best is None:
        best = max(candidates, key=lambda line: line.words)
        if best.words < 4 or not any(shares):
            return None
    return _DRESS.sub("", _own(best, told)).strip() or None


def _own(line: Line, told: frozenset[str]) -> str:
    """A headline without a button's text that stands before or after it, where the article says nothing of buttons."""
    before, after = _buttons()
    if not line.plain.startswith(before) and not line.plain.endswith(after):
        return line.shown
    whole = fold(line.shown)
    start = next((len(phrase) for phrase in before if whole.text.startswith(phrase) and not stems(phrase) & told), 0)
    ends = (len(phrase) for phrase in after if whole.text.endswith(phrase, start) and not stems(phrase) & told)
    return whole.span(start, len(whole.text) - next(ends, 0)).of(line.shown)


@cache
def _buttons() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What may stand before a headline, and what after it."""
    texts = sorted((phrase for phrase in phrases().whole if " " in phrase), key=len, reverse=True)
    return tuple(f"{text} " for text in texts), tuple(f" {text}" for text in texts)


def _above(lines: Sequence[Line]) -> list[Line]:
    """The lines above the text that could be its headline."""
    found = []
    for place, line in enumerate(lines[:LOOKED_AT]):
        below = lines[place + 1 : place + 1 + LOOKED_AT]
        if line.words in WORDS and len(line.shown) <= LONGEST and not _NO_HEADLINE.search(line.shown):
            if any(other.paragraph and other.words > line.words for other in below):
                found.append(line)
        elif line.paragraph:
            break
    return found
