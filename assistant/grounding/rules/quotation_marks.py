"""Object to quotations that the evidence lacks or has of another speaker."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.alignment.aligner import Alignment, EvidenceIndex, Language
from assistant.alignment.lexicon import FUNCTION, REPORTING
from assistant.alignment.tokenization import tokenize
from assistant.models import Contradiction
from index.language.normalize import find, folded

WORDS = 3  # shorter ones are titles and scare quotes
_QUOTED = re.compile(r"«([^«»]+)»|“([^“”]+)”|\"([^\"]+)\"|``\s*+([^`]+?)''")
_WORD = re.compile(r"[^\W\d_]{3,}")


class QuotationMarks:
    """Quotations that are not there, or are another's."""

    code = "quotation_marks"
    languages: frozenset[Language] = frozenset(("ar", "en"))

    def find(self, alignment: Alignment) -> Iterator[Contradiction]:
        """Yield quotations that the evidence lacks, and wrong speakers of others.

        >>> from assistant.alignment.aligner import align, index_text
        >>> there = index_text("Harbour master Nadir said: “the port stays open tonight”.")
        >>> for claim in ("Nadir said “the port is shut tonight”.", "Mayor Salma said “the port stays open tonight”."):
        ...     print([item.code for item in QuotationMarks().find(align(tokenize(claim), there))])
        ['quotation']
        ['speaker']
        """
        claim, evidence = alignment.claim.text, alignment.evidence
        whole = " ".join(line.text for line in evidence.lines)
        for place in _QUOTED.finditer(claim):
            group = next(number for number in range(1, 5) if place[number])
            quote, start, end = place[group], place.start(group), place.end(group)
            if len(quote.split()) < WORDS:
                continue
            lines = [number for number, line in enumerate(evidence.lines) if find(quote, line.text)]
            if not lines and not find(quote, whole):
                yield Contradiction(code="quotation", start=start, end=end, text=quote)
            elif (
                lines
                and (speaker := _speaker(claim[: place.start()]))
                and not _said_by(speaker, quote, lines, evidence)
            ):
                at = max(0, claim.find(speaker[0], 0, place.start()))
                last = claim.rfind(speaker[-1], at, place.start()) + len(speaker[-1])
                yield Contradiction(code="speaker", start=at, end=last, text=claim[at:last])


def _speaker(before: str) -> list[str]:
    """Return the names around a verb of saying.

    Up to eight words before the quotation.
    """
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


def _said_by(speaker: list[str], quote: str, lines: list[int], evidence: EvidenceIndex) -> bool:
    """Whether the evidence may attribute the quotation to them.

    It names them before the quotation, or names nobody else close by.
    """
    tokens = tokenize(" ".join(speaker)).tokens
    for line in lines:
        text = evidence.lines[line].text
        start = getattr(find(quote, text), "start", 0)
        named = tokenize(" ".join(_speaker(text[:start]))).tokens
        if named and not {token.stem for token in tokens} & {token.stem for token in named}:
            continue
        if _near(speaker, [line], evidence):
            return True
    return False


def _near(speaker: list[str], lines: list[int], evidence: EvidenceIndex) -> bool:
    """Whether any of the names stands within two sentences of the quotation."""
    tokens = tokenize(" ".join(speaker)).tokens
    return any(abs(there - line) <= 2 for token in tokens for there in evidence.find(token) for line in lines)
