"""Object to bounds that the evidence contradicts: "more than" for "at most"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from assistant.alignment.aligner import Alignment, Language
from assistant.alignment.lexicon import CONTENT, NEGATORS
from assistant.alignment.tokenization import Tokenized
from assistant.models import Contradiction

Side = Literal["over", "under"]

_UNDER = re.compile(  # looked for first: "no more than" holds "more than"
    r"\b(?:less than|fewer than|under|below|at most|no more than|(?:not|never) exceed(?:ed|s)?|did not "
    r"(?:reach|pass|top)"
    r"|اقل من|دون|(?:لا|لم|لن) [يت]تجاوز|(?:لا|لم|لن) [يت]زيد (?:عن|علي)|(?:لا|لم|لن) [يت]تعد[يت]?) (?:\S+ ){0,2}$"
)
_OVER = re.compile(
    r"\b(?:more than|over|above|exceed(?:s|ed|ing)?|at least|no (?:fewer|less) than|topped|topping|upwards of"
    r"|اكثر من|فوق|[يت]?تجاوز(?:ت)?|[يت]زيد (?:عن|علي)|(?:لا|لم) [يت]قل عن) (?:\S+ ){0,2}$"
)
_ALL = frozenset("all every each entire whole كل جميع كافه كامل".split())
_PART = frozenset("only some few half most several part بعض معظم غالبيه اغلب نصف ثلث ربع قله فقط".split())
REACH = 5  # words before a number, or a noun, in which a bound is looked for


class Bounds:
    """How far a statement goes: over or under a number, all or a part."""

    code = "bounds"
    languages: frozenset[Language] = frozenset(("ar", "en"))

    def find(self, alignment: Alignment) -> Iterator[Contradiction]:
        """Yield bounds and quantifiers of the claim that the evidence contradicts.

        >>> from assistant.alignment.aligner import align, index_text
        >>> from assistant.alignment.tokenization import tokenize
        >>> there = index_text("No more than 60 people came, and only some members voted.")
        >>> for claim in ("More than 60 people came.", "All members voted."):
        ...     print([(item.text, item.evidence) for item in Bounds().find(align(tokenize(claim), there))])
        [('More than 60', 'No more than 60')]
        [('All members', 'only some members')]
        """
        claim = alignment.claim
        for at, (token, place) in enumerate(zip(claim.tokens, alignment.places, strict=True)):
            if place is None or not token.weight:
                continue
            line = alignment.evidence.lines[place.line]
            if token.number:
                mine, theirs = _side(claim, at), _side(line, place.word)
                if mine and theirs and mine[0] != theirs[0]:
                    yield alignment.contradiction("bound", mine[1], at, line.text_of(theirs[1], place.word))
            else:
                low, part = _all_of(claim, at), _part_of(line, place.word)
                if low is not None and part is not None:
                    yield alignment.contradiction("bound", low, at, line.text_of(part, place.word))


def _side(line: Tokenized, at: int) -> tuple[Side, int] | None:
    """Return on which side of a number a sentence is, and where it begins to say so."""
    low = max([0, at - REACH, *(place + 1 for place in range(at) if line.clause_ends[place])])
    before = [token.text for token in line.tokens[low:at]]
    words = "".join(f"{text} " for text in before)
    patterns: tuple[tuple[Side, re.Pattern[str]], ...] = (("under", _UNDER), ("over", _OVER))
    for side, pattern in patterns:
        if place := pattern.search(words):
            return side, low + words[: place.start()].count(" ")
    return None


def _all_of(line: Tokenized, at: int) -> int | None:
    """Return where "all" stands before a noun.

    With only "of the" between and no "not" before it.
    """
    for word in range(at - 1, max(-1, at - 4), -1):
        if line.tokens[word].text in _ALL:
            denied = any(token.text in NEGATORS for token in line.tokens[max(0, word - 2) : word])
            return None if denied or line.tokens[word + 1].text in ("من", "other") else word
        if line.tokens[word].weight or line.tokens[word].number:
            return None
    return None


def _part_of(line: Tokenized, at: int) -> int | None:
    """Return where a word for a part stands before a noun.

    Such as "only" and "some", in the same clause.
    """
    for word in range(at - 1, max(-1, at - 1 - REACH), -1):
        if line.clause_ends[word] or line.tokens[word].text in _ALL:
            return None
        if line.tokens[word].text in _PART:
            return word - 1 if word and line.tokens[word - 1].text in _PART else word
        if line.tokens[word].weight >= CONTENT and not line.tokens[word].number:
            return None
    return None
