"""How far a statement goes: more than a number or less, all of something or only a part of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from assistant.grounding.alignment import Alignment, Index
from assistant.grounding.common import CONTENT, NEGATORS
from assistant.grounding.reading import Line

Side = Literal["over", "under"]

_UNDER = re.compile(  # looked for first: "no more than" holds "more than"
    r"\b(?:less than|fewer than|under|below|at most|no more than|(?:not|never) exceed(?:ed|s)?|did not (?:reach|pass|top)"
    r"|اقل من|دون|(?:لا|لم|لن) [يت]تجاوز|(?:لا|لم|لن) [يت]زيد (?:عن|علي)|(?:لا|لم|لن) [يت]تعد[يت]?) (?:\S+ ){0,2}$"
)
_OVER = re.compile(
    r"\b(?:more than|over|above|exceed(?:s|ed|ing)?|at least|no (?:fewer|less) than|topped|topping|upwards of"
    r"|اكثر من|فوق|[يت]?تجاوز(?:ت)?|[يت]زيد (?:عن|علي)|(?:لا|لم) [يت]قل عن) (?:\S+ ){0,2}$"
)
_ALL = frozenset("all every each entire whole كل جميع كافه كامل".split())
_PART = frozenset("only some few half most several part بعض معظم غالبيه اغلب نصف ثلث ربع قله فقط".split())
REACH = 5  # words before a number, or a noun, in which it is said how far it goes

Told = tuple[str, str]  # the claim's words, and the evidence's


def bounded(found: Alignment, evidence: Index) -> Iterator[Told]:
    """What the claim puts over a number and the evidence under it, or the other way round; "all" where the evidence has a part.

    >>> from assistant.grounding.alignment import align, index
    >>> from assistant.grounding.reading import read_line
    >>> there = index("No more than 60 people came, and only some members voted.")
    >>> list(bounded(align(read_line("More than 60 people came."), there), there))
    [('More than 60', 'No more than 60')]
    >>> list(bounded(align(read_line("All members voted."), there), there))
    [('All members', 'only some members')]
    """
    claim = found.claim
    for at, (term, place) in enumerate(zip(claim.terms, found.places, strict=True)):
        if place is None or not term.weight:
            continue
        line = evidence.lines[place.line]
        if term.number:
            mine, theirs = _side(claim, at), _side(line, place.word)
            if mine and theirs and mine[0] != theirs[0]:
                yield claim.said(mine[1], at), line.said(theirs[1], place.word)
        else:
            low, part = _all_of(claim, at), _part_of(line, place.word)
            if low is not None and part is not None:
                yield claim.said(low, at), line.said(part, place.word)


def _side(line: Line, at: int) -> tuple[Side, int] | None:
    """On which side of a number a sentence is, and where it begins to say so."""
    low = max([0, at - REACH, *(place + 1 for place in range(at) if line.breaks[place])])
    before = [term.text for term in line.terms[low:at]]
    said = "".join(f"{text} " for text in before)
    sides: tuple[tuple[Side, re.Pattern[str]], ...] = (("under", _UNDER), ("over", _OVER))
    for side, words in sides:
        if place := words.search(said):
            return side, low + said[: place.start()].count(" ")
    return None


def _all_of(line: Line, at: int) -> int | None:
    """Where "all" stands before a noun, nothing but "of the" between, and no "not" before it."""
    for word in range(at - 1, max(-1, at - 4), -1):
        if line.terms[word].text in _ALL:
            denied = any(term.text in NEGATORS for term in line.terms[max(0, word - 2) : word])
            return None if denied or line.terms[word + 1].text in ("من", "other") else word
        if line.terms[word].weight or line.terms[word].number:
            return None
    return None


def _part_of(line: Line, at: int) -> int | None:
    """Where it is said before a noun that it is a part of them, up to a mark."""
    for word in range(at - 1, max(-1, at - 1 - REACH), -1):
        if line.breaks[word] or line.terms[word].text in _ALL:
            return None
        if line.terms[word].text in _PART:
            return word - 1 if word and line.terms[word - 1].text in _PART else word
        if line.terms[word].weight >= CONTENT and not line.terms[word].number:
            return None
    return None
