"""What a site put around an article: section names, share bars, teasers of other stories, comment boxes, leftovers of HTML."""

from __future__ import annotations

import re

from index.records import Span
from index.text.fold import folded
from index.text.sentences import paragraphs

_PHRASES = frozenset(
    folded(phrase)
    for phrase in (
        "اخبار سياسية|الأخبار|سياسة|اقتصاد|رياضة|مقالات ذات صلة|اقرأ أيضا|أخبار ذات صلة|زر الذهاب إلى الأعلى|شاركها|نشرت في|"
        "إعلان|اعلان|اترك تعليقا|Exit mobile version"
    ).split("|")
)
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def boilerplate(text: str) -> tuple[Span, ...]:
    """The lines that are not of the article, in order.

    >>> [span.of(text) for text in ["خبر طويل عن الجسر.\\nاقرأ أيضا:\\n"] for span in boilerplate(text)]
    ['اقرأ أيضا:']
    """
    return tuple(span for span in paragraphs(text) if _EDGES.sub("", folded(span.of(text))) in _PHRASES)
