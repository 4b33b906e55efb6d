"""Group near-duplicate articles by shared word 5-grams.

Bottom-k sketches (Broder 1997, "On the resemblance and containment of documents"; Cohen and Kaplan 2007): the 128
smallest hashes of the word 5-grams of an article are kept. The share of them that two articles have in common estimates
their Jaccard similarity within .04. The eight smallest hashes are keys by which similar articles are looked up.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Protocol

from index.language.analyzer import words_only
from index.models import Span, Value

SEQUENCE = 5  # words
SKETCH_SIZE = 128  # hashes
KEYS = 8  # of the smallest hashes; they miss one pair in 256 at a similarity of one half
MAX_CANDIDATES = 12  # articles that are compared, those that share the most keys
_BLANK = ord(" ")
_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse
_MIX_STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))  # splitmix64 (Steele, Lea and Flood, OOPSLA 2014)
THRESHOLD = 0.5  # of similarity; a digest of two reports does not join their groups


class Sketch(Value, frozen=True, kw_only=True):
    """The sketch of an article: at most 128 hashes."""

    hashes: bytes  # 8 bytes each, the smallest first

    @property
    def keys(self) -> tuple[int, ...]:
        """The lookup keys, below 2^63; near-duplicates share at least one."""
        return tuple(self.values()[:KEYS])

    def values(self) -> array[int]:
        """Return the hashes as numbers, the smallest first."""
        return array("q", self.hashes)


class SketchStore(Protocol):
    """A store of sketches with lookup by keys."""

    def near(self, keys: Sequence[int]) -> Iterable[tuple[str, Sketch]]:
        """Return group and sketch of the `MAX_CANDIDATES` articles that share most keys.

        For a key of very many articles, some of them suffice.
        """


def sketch(text: str, boilerplate: Sequence[Span] = ()) -> Sketch | None:
    """Return the sketch of a text of five words or more, without boilerplate.

    Spelling variants give the same sketch.

    >>> sketch("قال أحمد إن الجسر الجديد مفتوح") == sketch("قال احمد: إنّ الجسر الجديد مفتوح!")
    True
    >>> sketch("خبر قصير") is None
    True
    """
    pieces, start = [], 0
    for span in sorted(boilerplate):
        pieces.append(text[start : span.start])
        start = max(start, span.end)
    hashes = _smallest_hashes(words_only(" ".join((*pieces, text[start:]))))
    return Sketch(hashes=hashes) if hashes else None


def _smallest_hashes(folded_words: str) -> bytes:
    """Return the smallest hashes of the word 5-grams, if there are any.

    The hashes are polynomials modulo 2^64 (Karp and Rabin 1987) whose bits are mixed. With the prefix sums of
    letter × base^-place, each 5-gram is hashed by one subtraction.
    """
    import numpy as np  # takes 0.1 s to import, and answering a question does not need it

    letters = np.frombuffer(f" {folded_words} ".encode("utf-32-le", "surrogatepass"), np.uint32)
    blank = letters == _BLANK
    letters = letters[1:][~(blank[1:] & blank[:-1])]  # the words, one space after each
    ends = np.flatnonzero(letters == _BLANK)
    if len(ends) < SEQUENCE:
        return b""
    starts = np.concatenate(([0], ends[:-SEQUENCE] + 1))
    ends = ends[SEQUENCE - 1 :]
    base, inverse = (np.cumprod(np.full(len(letters), factor, np.uint64)) for factor in (_BASE, pow(_BASE, -1, 2**64)))
    sums = np.cumsum(letters * inverse)
    mixed = (sums[ends] - sums[starts] + letters[starts] * inverse[starts]) * base[starts]
    for shift, factor in _MIX_STEPS:
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    hashes = (mixed ^ (mixed >> np.uint64(31))) >> np.uint64(1)
    return np.unique(hashes)[:SKETCH_SIZE].astype("<i8").tobytes()


def jaccard(left: Sketch, right: Sketch) -> float:
    """Estimate the Jaccard similarity of the word 5-grams of two articles, 0 to 1.

    >>> text = "وصل الوفد إلى العاصمة صباح اليوم والتقى رئيس الحكومة في مكتبه"
    >>> jaccard(sketch(text), sketch(text)), jaccard(sketch(text), sketch("خبر آخر تماما لا صلة له به"))
    (1.0, 0.0)
    """
    here, there = set(left.values()), set(right.values())
    smallest = sorted(here | there)[:SKETCH_SIZE]
    return len((here & there).intersection(smallest)) / len(smallest)


def group_of(sketch: Sketch, store: SketchStore) -> str | None:
    """Return the group of the most similar article, if any is similar."""
    hashes = set(sketch.values())
    shared = THRESHOLD * min(SKETCH_SIZE, len(hashes))  # hashes that any two similar articles share
    similar = (
        (jaccard(sketch, other), group)
        for group, other in store.near(sketch.keys)
        if len(hashes.intersection(other.values())) >= shared
    )
    best = max(similar, default=(0.0, ""))
    return best[1] if best[0] >= THRESHOLD else None
