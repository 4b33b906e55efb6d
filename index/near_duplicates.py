"""One report under many headlines: articles that share more than half of their word sequences form a group.

Bottom-k sketches (Broder 1997, "On the resemblance and containment of documents"; Cohen and Kaplan 2007): of the hashes of
all sequences of five words the 128 smallest are kept. The share of them that two articles have in common estimates how alike
they are, within .04; the eight smallest are keys by which an article finds those like it, however many there are.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Protocol

from index.language.analyzer import spaced
from index.models import Span, Value

SEQUENCE = 5  # words
KEPT = 128  # hashes
KEYS = 8  # the smallest of them: 8 find every pair that is alike by half but one in 256
NEAREST = 12  # articles that are compared: where many share a formula, those that share the most
_BLANK = ord(" ")
_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse
_STIRRED = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))  # splitmix64 (Steele, Lea and Flood, OOPSLA 2014)
ALIKE = 0.5  # so that a digest of two reports does not tie them together


class Sketch(Value, frozen=True, kw_only=True):
    """What is kept of an article to tell how like another one it is: at most 1,024 bytes."""

    hashes: bytes  # of 8 bytes each, the smallest first

    @property
    def keys(self) -> tuple[int, ...]:
        """Numbers below 2^63; articles that are alike have at least one in common."""
        return tuple(self._numbers()[:KEYS])

    def _numbers(self) -> array[int]:
        return array("q", self.hashes)


class Shelf(Protocol):
    """Where sketches are kept, found by their keys."""

    def near(self, keys: Sequence[int]) -> Iterable[tuple[str, Sketch]]:
        """The group and the sketch of the `NEAREST` articles that have the most of the keys; of a key that very many have, some suffice."""


def sketch(text: str, boilerplate: Sequence[Span] = ()) -> Sketch | None:
    """The sketch of an article's own text, whatever its spelling; None where it has fewer than five words.

    >>> one, other = sketch("قال أحمد إن الجسر الجديد مفتوح"), sketch("قال احمد: إنّ الجسر الجديد مفتوح!")
    >>> one == other, sketch("خبر قصير")
    (True, None)
    """
    own, start = [], 0
    for span in sorted(boilerplate):
        own.append(text[start : span.start])
        start = max(start, span.end)
    told = spaced(" ".join((*own, text[start:])))
    hashes = _smallest(told)
    return Sketch(hashes=hashes) if hashes else None


def _smallest(told: str) -> bytes:
    """The smallest hashes of the sequences of words, none where there is no sequence: polynomials modulo 2^64 (Karp and Rabin 1987), their bits stirred.

    With the sums of letter × base^-place, every stretch of the text is hashed by one subtraction.
    """
    import numpy as np  # a tenth of a second, and a question never needs it

    letters = np.frombuffer(f" {told} ".encode("utf-32-le", "surrogatepass"), np.uint32)
    blank = letters == _BLANK
    letters = letters[1:][~(blank[1:] & blank[:-1])]  # the words, each with one space after it
    ends = np.flatnonzero(letters == _BLANK)
    if len(ends) < SEQUENCE:
        return b""
    starts = np.concatenate(([0], ends[:-SEQUENCE] + 1))
    ends = ends[SEQUENCE - 1 :]
    base, inverse = (np.cumprod(np.full(len(letters), factor, np.uint64)) for factor in (_BASE, pow(_BASE, -1, 2**64)))
    sums = np.cumsum(letters * inverse)
    mixed = (sums[ends] - sums[starts] + letters[starts] * inverse[starts]) * base[starts]
    for shift, factor in _STIRRED:
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    stirred = (mixed ^ (mixed >> np.uint64(31))) >> np.uint64(1)
    return np.unique(stirred)[:KEPT].astype("<i8").tobytes()


def likeness(one: Sketch, other: Sketch) -> float:
    """The share of word sequences that two articles have in common (Jaccard), estimated: 0 to 1.

    >>> text = "وصل الوفد إلى العاصمة صباح اليوم والتقى رئيس الحكومة في مكتبه"
    >>> likeness(sketch(text), sketch(text)), likeness(sketch(text), sketch("خبر آخر تماما لا صلة له به"))
    (1.0, 0.0)
    """
    ours, theirs = set(one._numbers()), set(other._numbers())
    least = sorted(ours | theirs)[:KEPT]
    return len((ours & theirs).intersection(least)) / len(least)


def group_of(found: Sketch, shelf: Shelf) -> str | None:
    """The group of the article most like this one; None where none is alike. The cost does not grow with the shelf."""
    ours = set(found._numbers())
    enough = ALIKE * min(KEPT, len(ours))  # hashes in common, without which no two articles are alike
    near = (
        (group, other) for group, other in shelf.near(found.keys) if len(ours.intersection(other._numbers())) >= enough
    )
    best = max(((likeness(found, other), group) for group, other in near), default=(0.0, ""))
    return best[1] if best[0] >= ALIKE else None
