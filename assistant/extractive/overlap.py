"""Score how much of a question a text covers, by BM25 and word by word."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol

from index.language.analyzer import index_terms, question_terms, skeleton, stem

K1, B = 1.2, 0.75  # of BM25, as in the index
TYPICAL_LENGTH = {"c": 560.0, "h": 65.0, "k": 65.0}  # terms of a passage of 400 characters
PRIOR_PASSAGES, PRIOR_SHARE = 200, 0.005  # of an assumed background corpus, and the share of it with a given term
RELATED = 0.6  # the share of letter grams in common from which two stems are related

Field = Literal["c", "h", "k"]
FIELDS: tuple[Field, ...] = ("c", "h", "k")


class Frequency(Protocol):
    """Document frequencies of terms over the passages of a store."""

    def document_frequency(self, field: Field, term: str) -> int: ...

    @property
    def passages(self) -> int: ...


def rarity(count: int, passages: int) -> float:
    """Return BM25's inverse document frequency (Robertson and Zaragoza 2009).

    The counts are smoothed with an assumed background of `PRIOR_PASSAGES` passages: in a store of three articles all
    words weigh nearly the same, in one of 10,000 the counts decide.

    >>> round(rarity(0, 3), 1), round(rarity(3, 3), 1), round(rarity(0, 10_000), 1), round(rarity(5_000, 10_000), 1)
    (4.9, 3.8, 8.8, 0.7)
    """
    every, held = passages + PRIOR_PASSAGES, count + PRIOR_PASSAGES * PRIOR_SHARE
    return math.log(1 + max(every - held + 0.5, 0.5) / (held + 0.5))


class OverlapScorer:
    """Score texts against a question by BM25 over the three fields of the index.

    It scores sentences and passages as the index does, whichever search returned them.
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
        """Return the score as a share of the highest possible score, 0 to 1."""
        total = 0.0
        for field, joined in zip(FIELDS, index_terms(text), strict=True):
            weights = self._weights[field]
            terms = joined.split()
            norm = K1 * (1 - B + B * len(terms) / TYPICAL_LENGTH[field])
            for known, times in Counter(filter(weights.__contains__, terms)).items():
                total += weights[known] * times / (times + norm)
        return total / self._bound


class Term(NamedTuple):
    """The keys by which a word is compared."""

    word: str
    stem: str
    sound: str
    consonants: str
    grams: frozenset[str]


@lru_cache(maxsize=60_000)
def term(word: str) -> Term:
    """Return the keys of a folded word."""
    root = stem(word)
    bounded = f"_{root}_"
    grams = (bounded[at : at + length] for length in (2, 3) for at in range(len(bounded) - length + 1))
    sound = skeleton(root)
    return Term(word, root, sound, sound.lstrip("اوي"), frozenset(grams))


def match_strength(left: Term, right: Term) -> float:
    """Score how surely two words are the same, 0 to 1.

    >>> match_strength(term("الرئيس"), term("رئيسها")), match_strength(term("سيرغي"), term("سيرجي"))
    (1.0, 0.9)
    >>> match_strength(term("شخصا"), term("اشخاص"))
    0.8
    >>> related = match_strength(term("invention"), term("invented"))
    >>> related > 0.4 > match_strength(term("president"), term("minister"))
    True
    """
    if left.stem == right.stem or left.word == right.word:
        return 1.0
    if left.sound == right.sound and len(left.sound) >= 3:
        return 0.9
    if left.consonants == right.consonants and len(left.consonants) >= 3:
        return 0.8
    if len(left.stem) < 4 or len(right.stem) < 4:
        return 0.0
    shared = 2 * len(left.grams & right.grams) / (len(left.grams) + len(right.grams))
    return 0.8 * shared if shared >= RELATED else 0.0


class TermMatches:
    """The match strengths between the words of texts and the terms of a question."""

    def __init__(self, terms: Sequence[str], tokens: Iterable[str]) -> None:
        wanted = [term(word) for word in terms]
        self._none = (0.0,) * len(wanted)
        self._strengths: dict[str, tuple[float, ...]] = {}
        grams = frozenset().union(*(known.grams for known in wanted)) if wanted else frozenset()
        consonants = {known.consonants for known in wanted}
        for word in set(tokens):
            keys = term(word)
            if keys.consonants in consonants or not grams.isdisjoint(keys.grams):
                strengths = tuple(match_strength(known, keys) for known in wanted)
                if any(strengths):
                    self._strengths[word] = strengths

    def matches(self, word: str, least: float) -> bool:
        """Test whether a word matches any term with at least this strength."""
        return any(strength >= least for strength in self._strengths.get(word, ()))

    def best(self, tokens: Collection[str]) -> tuple[float, ...]:
        """Return, for each term, its best match strength among the words of a text."""
        known = [self._strengths[word] for word in tokens if word in self._strengths]
        return tuple(map(max, zip(*known, strict=True))) if known else self._none

    def positions(self, tokens: Sequence[str], least: float) -> list[list[int]]:
        """Return the positions in a text at which each term is matched."""
        positions: list[list[int]] = [[] for _ in self._none]
        for at, word in enumerate(tokens):
            for number, strength in enumerate(self._strengths.get(word, ())):
                if strength >= least:
                    positions[number].append(at)
        return positions
