"""How much of a question a text says: in the terms of the search index, and word by word."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol

from index.language.analyzer import index_terms, question_terms, skeleton, stem

K1, B = 1.2, 0.75  # of BM25, as in the index
USUAL_LENGTH = {"c": 560.0, "h": 65.0, "k": 65.0}  # terms of a passage of 400 characters
USUAL, USUAL_SHARE = (
    200,
    0.005,
)  # passages elsewhere that are taken into account, and the share of them that hold a word
ALIKE = 0.6  # the share of letter grams that two stems have in common from which they count as related

Field = Literal["c", "h", "k"]
FIELDS: tuple[Field, ...] = ("c", "h", "k")


class Frequency(Protocol):
    """Tells in how many of the passages of a store a term stands."""

    def document_frequency(self, field: Field, term: str) -> int: ...

    @property
    def passages(self) -> int: ...


def rarity(count: int, passages: int) -> float:
    """The inverse document frequency of BM25 (Robertson and Zaragoza 2009): what a term tells that `count` passages hold.

    Counts of a small store say little of a word, so they are taken together with `USUAL` passages of which the usual share hold
    the term: in a store of three articles all words weigh nearly the same, in one of 10,000 the counts decide.

    >>> round(rarity(0, 3), 1), round(rarity(3, 3), 1), round(rarity(0, 10_000), 1), round(rarity(5_000, 10_000), 1)
    (4.9, 3.8, 8.8, 0.7)
    """
    every, held = passages + USUAL, count + USUAL * USUAL_SHARE
    return math.log(1 + max(every - held + 0.5, 0.5) / (held + 0.5))


class Yardstick:
    """Measures texts against one question by BM25 over the three fields of the index, as a share of what any text could reach.

    It does what the index does, for a sentence as for a passage, and whatever search found them.
    """

    def __init__(self, question: str, frequency: Frequency) -> None:
        wanted = question_terms(question)
        self._weights: dict[Field, dict[str, float]] = {}
        for field in FIELDS:
            counted = Counter(wanted.by_field[field])
            self._weights[field] = {
                term: times * rarity(frequency.document_frequency(field, term), frequency.passages)
                for term, times in counted.items()
            }
        self._bound = sum(sum(weights.values()) for weights in self._weights.values()) or 1.0

    def share(self, text: str) -> float:
        """From 0, none of the question, towards 1, all of it again and again."""
        total = 0.0
        for field, terms in zip(FIELDS, index_terms(text), strict=True):
            weights = self._weights[field]
            said = terms.split()
            norm = K1 * (1 - B + B * len(said) / USUAL_LENGTH[field])
            for known, times in Counter(filter(weights.__contains__, said)).items():
                total += weights[known] * times / (times + norm)
        return total / self._bound


class Term(NamedTuple):
    """A word as it is compared."""

    word: str
    stem: str
    sound: str
    consonants: str
    grams: frozenset[str]


@lru_cache(maxsize=60_000)
def term(word: str) -> Term:
    """A folded word as it is compared."""
    root = stem(word)
    bounded = f"_{root}_"
    grams = (bounded[at : at + length] for length in (2, 3) for at in range(len(bounded) - length + 1))
    sound = skeleton(root)
    return Term(word, root, sound, sound.lstrip("اوي"), frozenset(grams))


def strength(one: Term, other: Term) -> float:
    """How surely two words are one, 0 to 1: the same stem, sounds or consonants, or most of the letters.

    >>> strength(term("الرئيس"), term("رئيسها")), strength(term("سيرغي"), term("سيرجي"))
    (1.0, 0.9)
    >>> strength(term("شخصا"), term("اشخاص"))
    0.8
    >>> strength(term("invention"), term("invented")) > 0.4 > strength(term("president"), term("minister"))
    True
    """
    if one.stem == other.stem or one.word == other.word:
        return 1.0
    if one.sound == other.sound and len(one.sound) >= 3:
        return 0.9
    if one.consonants == other.consonants and len(one.consonants) >= 3:
        return 0.8
    if len(one.stem) < 4 or len(other.stem) < 4:
        return 0.0
    shared = 2 * len(one.grams & other.grams) / (len(one.grams) + len(other.grams))
    return 0.8 * shared if shared >= ALIKE else 0.0


class Matches:
    """Which words of some texts say the question's terms, worked out once for all of the texts."""

    def __init__(self, terms: Sequence[str], said: Iterable[str]) -> None:
        wanted = [term(word) for word in terms]
        self._none = (0.0,) * len(wanted)
        self._found: dict[str, tuple[float, ...]] = {}
        near = frozenset().union(*(one.grams for one in wanted)) if wanted else frozenset()
        consonants = {one.consonants for one in wanted}
        for word in set(said):
            here = term(word)
            if here.consonants in consonants or not near.isdisjoint(here.grams):
                strengths = tuple(strength(one, here) for one in wanted)
                if any(strengths):
                    self._found[word] = strengths

    def says(self, word: str, sure: float) -> bool:
        """Whether a word says any of the question's terms with at least this strength."""
        return any(one >= sure for one in self._found.get(word, ()))

    def best(self, said: Collection[str]) -> tuple[float, ...]:
        """How strongly each of the question's terms is said by some word of a text."""
        known = [self._found[word] for word in said if word in self._found]
        return tuple(map(max, zip(*known, strict=True))) if known else self._none

    def places(self, said: Sequence[str], sure: float) -> list[list[int]]:
        """Where in a text each of the question's terms is said with at least this strength."""
        found: list[list[int]] = [[] for _ in self._none]
        for at, word in enumerate(said):
            for number, one in enumerate(self._found.get(word, ())):
                if one >= sure:
                    found[number].append(at)
        return found
