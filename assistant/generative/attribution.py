"""Attribute a claim to the sentences of a passage that support it.

Where claim and passage share a script, by the share of the claim's words that the aligner finds in a sentence, each
weighted by its rarity in the passage (BM25's idf), as lexical evidence selection does (Thorne et al. 2018; Kamoi et al.
2023, WiCE). Otherwise by words that transcribe alike or that the bilingual word list pairs.
`tools/measure_attribution.py` measures both.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from itertools import chain
from typing import Any

from assistant.alignment.aligner import EvidenceIndex
from assistant.alignment.tokenization import tokenize
from assistant.query.parse import content_words
from index.language.analyzer import skeleton, stem, words
from index.language.lexicons import lines
from index.language.numbers.number_mentions import numbers
from index.models import Value

MOST = 3  # sentences that together support a claim
GAIN = 0.25  # what a further sentence must add: the share of the claim that no sentence before it holds
WORDS, SHORTNESS, FIGURES, BEFORE = 1.9, 8.0, 0.4, 0.2  # what counts for a sentence, chosen on the tuning rows
HINT = 0.3  # the weight of the question beside a short claim
NEIGHBOUR = 0.05  # the head start of a neighbour of the best sentence


class Attribution(Value, frozen=True, kw_only=True):
    """The indexes of the supporting sentences.

    Best first, and the share of the claim that they hold, 0..1.
    """

    places: tuple[int, ...]
    strength: float
    across: bool = False  # the claim and the passage are in two scripts: a low strength then means little


def attribute(claim: str, passage: Sequence[str], question: str = "") -> Attribution:
    """Return the sentences of a passage that support the claim.

    The best, and up to two that add what it lacks.

    `strength` is the share of the claim's words, weighted by rarity, that stand in them. The question decides between
    sentences that hold a short claim ("In Moscow.") equally well; it adds nothing to the strength.

    >>> passage = ["افتتح الوالي الجسر أمس.", "وأوضح المهندس أن طول الجسر 620 مترا.", "وصفق الناس."]
    >>> attribute("طول الجسر 620 مترا", passage)
    Attribution(places=(1,), strength=1.0, across=False)
    >>> attribute("The bridge cost 40 million dinars", ["افتتح الوالي الجسر أمس.", "وكلف الجسر 40 مليون دينار."]).places
    (1,)
    """
    if not passage:
        return Attribution(places=(), strength=0.0)
    pair = _paired(claim, passage)
    scores = pair.scores()
    if question:
        most = max(hints := _paired(question, passage).scores()) or 1.0
        scores = [score + HINT * hint / most for score, hint in zip(scores, hints, strict=True)]
    first = max(range(len(passage)), key=lambda place: scores[place])
    places, held = [first], pair.held(first, frozenset())
    while len(places) < min(MOST, len(passage)):
        gain, place = max(
            (pair.share(pair.held(index, held) - held) + (NEIGHBOUR if abs(index - first) == 1 else 0.0), -index)
            for index in range(len(passage))
            if index not in places
        )
        if gain < GAIN:
            break
        places.append(-place)
        held |= pair.held(-place, held)
    return Attribution(places=tuple(places), strength=round(pair.share(held), 2), across=isinstance(pair, _Across))


def _paired(claim: str, passage: Sequence[str]) -> _Alike | _Across:
    latin = sum([_latin(sentence) for sentence in passage]) * 2 > len(passage)
    return _Across(claim, passage) if _latin(claim) != latin else _Alike(claim, passage)


class _Seen(Value, frozen=True, kw_only=True):
    """What a sentence is compared by with one in another script."""

    words: tuple[str, ...]
    names: frozenset[str]  # those that may be names: with a capital, or of a script without
    numbers: frozenset[Decimal]


_PIECE = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@lru_cache(maxsize=8192)
def _seen(sentence: str) -> _Seen:
    content = content_words(words(sentence))
    return _Seen(
        words=tuple(dict.fromkeys(word for word in content if not word.isdecimal())),
        names=frozenset(word for piece in _PIECE.findall(sentence) if not piece[0].islower() for word in words(piece)),
        numbers=frozenset(number.value for number in numbers(sentence) if not number.loose),
    )


Held = frozenset[tuple[Any, float]]  # a word or number of the claim, and how surely a sentence has it


class _Rarity(dict[Any, float]):
    """BM25's idf over the sentences of one passage; what none of them has is rarest."""

    def __init__(self, sets: Sequence[Collection[Any]]) -> None:
        counts = Counter(chain.from_iterable(sets))
        super().__init__({item: _idf(count, len(sets)) for item, count in counts.items()})
        self._rarest = _idf(0, len(sets))

    def __missing__(self, item: Any) -> float:
        return self._rarest


def _idf(count: int, sentences: int) -> float:
    return math.log(1 + (sentences - count + 0.5) / (count + 0.5))


def _weight(items: Iterable[Any], weigh: _Rarity) -> float:
    return sum(map(weigh.__getitem__, items))


@lru_cache(maxsize=256)
def _index(sentences: tuple[str, ...]) -> EvidenceIndex:
    return EvidenceIndex([tokenize(sentence) for sentence in sentences])


class _Alike:
    """A claim and a passage in one script, aligned word by word."""

    def __init__(self, claim: str, passage: Sequence[str]) -> None:
        index, tokens = _index(tuple(passage)), tokenize(claim).tokens
        self.matches = [index.find(token) if token.weight else {} for token in tokens]
        self.weights = [
            token.weight * _idf(len(match), len(passage)) for token, match in zip(tokens, self.matches, strict=True)
        ]
        self.whole = sum(self.weights) or 1.0
        self.figures = [at for at, token in enumerate(tokens) if token.number or token.date]
        self.lengths = [sum(token.weight for token in line.tokens) for line in index.lines]

    def scores(self) -> list[float]:
        """How well each sentence supports the claim; only their order means something."""
        shares = [self.share(self.held(place, frozenset())) for place in range(len(self.lengths))]
        return [
            WORDS * share
            + SHORTNESS * share / (self.lengths[place] + 5)  # of two that say it, the shorter
            + FIGURES * self._figures(place)
            + (BEFORE * shares[place - 1] if place else 0.0)  # who "he" is stands in the sentence before
            for place, share in enumerate(shares)
        ]

    def _figures(self, place: int) -> float:
        """Return the share of the claim's numbers and dates that the sentence has."""
        return sum(place in self.matches[at] for at in self.figures) / max(1, len(self.figures))

    def held(self, place: int, before: Held) -> Held:
        """Return which words and numbers of the claim the sentence has."""
        return frozenset((at, match[place][0]) for at, match in enumerate(self.matches) if place in match)

    def share(self, held: Held) -> float:
        """Return how much of the claim that is, 0 to 1."""
        best: dict[int, float] = {}
        for at, trust in held:
            best[at] = max(trust, best.get(at, 0.0))
        return sum(self.weights[at] * trust for at, trust in best.items()) / self.whole


class _Across:
    """A claim and a passage in two scripts.

    Word by word, by transcription or translation, and by their numbers.
    """

    def __init__(self, claim: str, passage: Sequence[str]) -> None:
        self.claim, self.seen = _seen(claim), [_seen(sentence) for sentence in passage]
        self.matches = [
            {word: strength for word in self.claim.words if (strength := _best(word, self.claim, sentence))}
            for sentence in self.seen
        ]
        self.weigh_word = _Rarity(self.matches)
        self.weigh_number = _Rarity([sentence.numbers for sentence in self.seen])

    def scores(self) -> list[float]:
        sums = [
            sum(strength * self.weigh_word[word] for word, strength in matched.items())
            + 1.5 * _weight(self.claim.numbers & sentence.numbers, self.weigh_number)
            for matched, sentence in zip(self.matches, self.seen, strict=True)
        ]
        most = max(sums) or 1.0
        return [
            sum / most + 0.5 * len(matched) / (len(seen.words) + 3)
            for sum, matched, seen in zip(sums, self.matches, self.seen, strict=True)
        ]

    def held(self, place: int, before: Held) -> Held:
        words_held = [(word, strength) for word, strength in self.matches[place].items()]
        known = {item[0] for item in before}
        return frozenset(
            [item for item in words_held if item[0] not in known or item in before]
            + [(number, 1.0) for number in self.claim.numbers & self.seen[place].numbers]
        )

    def share(self, held: Held) -> float:
        whole = _weight(self.claim.words, self.weigh_word) + _weight(self.claim.numbers, self.weigh_number)
        total = 0.0
        for item, strength in held:
            total += strength * (self.weigh_word[item] if isinstance(item, str) else self.weigh_number[item])
        return total / (whole or 1.0)


def _best(word: str, claim: _Seen, seen: _Seen) -> float:
    """Return how well a word matches, 0 to 1: less for a rough transcription."""
    if word in claim.names:
        return max((_stands_for(word, other, other in seen.names) for other in seen.words), default=0.0)
    return max((_stands_for(word, other, False) for other in seen.words), default=0.0)


@lru_cache(maxsize=65536)
def _stands_for(word: str, other: str, names: bool) -> float:
    if stem(word) == stem(other) or stem(other) in _translations().get(stem(word), ()):
        return 1.0
    if word.isascii() == other.isascii():
        return 0.0
    pairs = [(skeleton, two) for skeleton in _skeletons(word) for two in _skeletons(other)]
    if not names:  # a loan word, perhaps
        return 0.6 if any(left == right and len(left) > 3 for left, right in pairs) else 0.0
    if any(left == right and len(left) > 2 for left, right in pairs):
        return 1.0
    if any(len(left) > 3 and len(right) > 3 and _one_edit_apart(left, right) for left, right in pairs):
        return 0.6
    return 0.3 if any(left == right and len(left) == 2 for left, right in pairs) else 0.0


_WRITTEN_ON = ("وال", "بال", "فال", "كال", "لل", "ال", "و", "ب", "ل", "ك", "ف")


@lru_cache(maxsize=65536)
def _skeletons(word: str) -> frozenset[str]:
    """Return the skeletons of a word, with and without attached Arabic particles."""
    forms = [word] + [
        word.removeprefix(particle)
        for particle in _WRITTEN_ON
        if word.startswith(particle) and len(word) > len(particle) + 2
    ]
    return frozenset(map(skeleton, forms))


def _one_edit_apart(left: str, right: str) -> bool:
    """Return whether the two differ by one letter that is changed, added or left out."""
    if abs(len(left) - len(right)) > 1:
        return False
    same = 0
    while same < min(len(left), len(right)) and left[same] == right[same]:
        same += 1
    return left[same + 1 :] == right[same + 1 :] or left[same:] == right[same + 1 :] or left[same + 1 :] == right[same:]


@cache
def _translations() -> dict[str, frozenset[str]]:
    """Map each stem to the stems of its translations."""
    pairs: dict[str, set[str]] = {}
    for line in lines("bilingual"):
        english, _, arabic = line.partition(":")
        sides = [{stem(word) for word in words(side)} for side in (english, arabic)]
        for side, other in (sides, sides[::-1]):
            for key in side:
                pairs.setdefault(key, set()).update(other)
    return {key: frozenset(others) for key, others in pairs.items()}


@lru_cache(maxsize=4096)
def _latin(text: str) -> bool:
    """Whether most letters of a text are Latin."""
    letters = [letter for letter in text[:500] if letter.isalpha()]
    return sum([letter < "\u0250" for letter in letters]) * 2 > len(letters)
