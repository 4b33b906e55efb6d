"""Find an article's headline among its first lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from index.language.normalize import fold
from index.loaders.line_features import TextLine, overlap, site_phrases, stems
from index.models import Span, covering

LEAD = 2_000  # characters of the text that a headline is compared with
LOOKED_AT = 5  # lines of the top that may hold the headline
WORDS = range(2, 26)
LONGEST = 180  # characters

TAKEN_UP = 0.3  # share of a headline's words that the article repeats; of two words both

_LABEL = r"#{1,6}\s+|[*_]{1,3}(?=\S)|(?i:title|headline|العنوان|عنوان الخبر)\s?:\s*"
_DRESS = re.compile(
    rf"^(?:{_LABEL})|(?:(?<!\s)\s++#++|(?<=\S)[*_]{{1,3}}|(?<!\s)\s++[.…]{{2,}}+)$"
)  # Markdown, a label, a tail of dots
_NO_HEADLINE = re.compile(r"^[•‣◦▪●■–—*-]\s|^\d+[.)-]\s|(?<![.…])[.،؛:,;][\"'”’»)\]]*$")


def find_headline(lines: Sequence[TextLine], boilerplate: Sequence[Span] = ()) -> str | None:
    """Return the first line above the text that is the headline of this text.

    A headline has 2 to 25 words, does not end as a sentence does and opens no list. Where the text takes up no line
    above it, the line of most words is taken, if it has at least four. None where there is no such line.

    >>> from index.loaders.line_features import split_lines
    >>> find_headline(split_lines("جسر جديد فوق النهر\\n\\nافتُتح الجسر أمس بحضور الأهالي ومئات الزوار."))
    'جسر جديد فوق النهر'
    """
    own = [line for line in lines if not covering(boilerplate, line.span.start, line.span.end)]
    candidates = _above(own)
    if not candidates:
        return None
    body_stems = stems("\n".join(line.folded for line in own if line not in candidates)[:LEAD])
    shares = [overlap(line.folded, body_stems) for line in candidates]
    pairs = zip(candidates, shares, strict=True)
    best = next((line for line, share in pairs if share >= (TAKEN_UP if line.words > 2 else 1)), None)
    if best is None:
        best = max(candidates, key=lambda line: line.words)
        if best.words < 4 or not any(shares):
            return None
    return _DRESS.sub("", _without_buttons(best, body_stems)).strip() or None


def _without_buttons(line: TextLine, body_stems: frozenset[str]) -> str:
    """Strip a button's text before or after a headline.

    Where the article does not use its words.
    """
    before, after = _buttons()
    if not line.folded.startswith(before) and not line.folded.endswith(after):
        return line.text
    whole = fold(line.text)
    start = next(
        (len(phrase) for phrase in before if whole.text.startswith(phrase) and not stems(phrase) & body_stems), 0
    )
    ends = (len(phrase) for phrase in after if whole.text.endswith(phrase, start) and not stems(phrase) & body_stems)
    return whole.span(start, len(whole.text) - next(ends, 0)).of(line.text)


@cache
def _buttons() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts of buttons as they stand before and after a headline."""
    texts = sorted((phrase for phrase in site_phrases().whole if " " in phrase), key=len, reverse=True)
    return tuple(f"{text} " for text in texts), tuple(f" {text}" for text in texts)


def _above(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the lines above the text that could be its headline."""
    candidates = []
    for place, line in enumerate(lines[:LOOKED_AT]):
        below = lines[place + 1 : place + 1 + LOOKED_AT]
        if line.words in WORDS and len(line.text) <= LONGEST and not _NO_HEADLINE.search(line.text):
            if any(other.paragraph and other.words > line.words for other in below):
                candidates.append(line)
        elif line.paragraph:
            break
    return candidates
