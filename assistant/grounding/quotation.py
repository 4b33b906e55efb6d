"""Text in quotation marks must stand in the evidence, and be said there by the one the claim says it of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.grounding.alignment import Index
from assistant.grounding.common import FUNCTION, REPORTING
from assistant.grounding.findings import Finding
from assistant.grounding.reading import read_line
from index.language.normalize import find, folded

WORDS = 3  # shorter ones are titles and scare quotes
_QUOTED = re.compile(r"«([^«»]+)»|“([^“”]+)”|\"([^\"]+)\"|``\s*(.+?)\s*''")
_WORD = re.compile(r"[^\W\d_]{3,}")


def quotations(claim: str, evidence: Index) -> Iterator[Finding]:
    """Quotations that the evidence does not have, and those that another says there.

    >>> from assistant.grounding.alignment import index
    >>> evidence = index("Harbour master Nadir said: “the port stays open tonight”.")
    >>> [one.kind for one in quotations("Nadir said “the port is shut tonight”.", evidence)]
    ['quotation']
    >>> [one.kind for one in quotations("Mayor Salma said “the port stays open tonight”.", evidence)]
    ['speaker']
    """
    for place in _QUOTED.finditer(claim):
        quote = next(group for group in place.groups() if group)
        if len(quote.split()) < WORDS:
            continue
        lines = [number for number, line in enumerate(evidence.lines) if find(quote, line.text)]
        if not lines and not find(quote, " ".join(line.text for line in evidence.lines)):
            yield Finding("quotation", quote)
        elif lines and (speaker := _speaker(claim[: place.start()])) and not _said_by(speaker, quote, lines, evidence):
            yield Finding("speaker", " ".join(speaker))


def _speaker(before: str) -> list[str]:
    """The names in front of a verb of saying or after it, up to eight words before the quotation."""
    words = _WORD.findall(before)[-8:]
    if not any(folded(word) in REPORTING for word in words):
        return []
    cased = any(word[0].isupper() for word in words)
    return [
        word
        for word in words
        if folded(word) not in REPORTING
        and folded(word) not in FUNCTION
        and (word[0].isupper() or not (cased or word.isascii()))
    ]


def _said_by(speaker: list[str], quote: str, lines: list[int], evidence: Index) -> bool:
    """Whether the evidence may have them say it: it names them before the quotation, or nobody there but them close by."""
    terms = read_line(" ".join(speaker)).terms
    for line in lines:
        text = evidence.lines[line].text
        start = getattr(find(quote, text), "start", 0)
        named = read_line(" ".join(_speaker(text[:start]))).terms
        if named and not {term.stem for term in terms} & {term.stem for term in named}:
            continue
        if _near(speaker, [line], evidence):
            return True
    return False


def _near(speaker: list[str], lines: list[int], evidence: Index) -> bool:
    """Whether any of the names stands within two sentences of the quotation."""
    terms = read_line(" ".join(speaker)).terms
    return any(abs(there - line) <= 2 for term in terms for there in evidence.find(term) for line in lines)
