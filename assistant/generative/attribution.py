"""Attribute a claim to the sentences of a passage that support it.

Where claim and passage share a script, by the share of the claim's letter grams, stems and consonant skeletons that a
sentence holds, each weighted by its rarity in the passage (BM25's idf), as lexical evidence selection does (Thorne et
al. 2018; Kamoi et al. 2023, WiCE). Otherwise by words that transcribe alike or that the bilingual word list pairs.
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

from assistant.query.question_type import FUNCTION_WORDS
from index.language.analyzer import QUESTION_WORDS, skeleton, stem, terms, words
from index.language.lexicons import lines
from index.language.numbers.number_mentions import numbers
from index.models import Value

MOST = 3  # sentences that together support a claim
GAIN = 0.2  # what a further sentence must add: the share of the claim that no sentence before it holds
HINT = 0.3  # the weight of the question beside a short claim
NEIGHBOUR = 0.05  # the head start of a neighbour of the best sentence
LITTLE = frozenset("وقد فقد لقد وقال قال قالت وقالت said says according".split())


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
    """What a sentence is compared by."""

    words: tuple[str, ...]
    names: frozenset[str]  # those that may be names: with a capital, or of a script without
    c: frozenset[str]
    h: frozenset[str]
    k: frozenset[str]
    numbers: frozenset[Decimal]


_PIECE = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@lru_cache(maxsize=8192)
def _seen(sentence: str) -> _Seen:
    tokens = words(sentence)
    content = [
        word for word in tokens if word not in QUESTION_WORDS and word not in FUNCTION_WORDS and word not in LITTLE
    ]
    analyzed = terms(" ".join(content or tokens))
    return _Seen(
        words=tuple(dict.fromkeys(word for word in content if not word.isdecimal())),
        names=frozenset(word for piece in _PIECE.findall(sentence) if not piece[0].islower() for word in words(piece)),
        c=frozenset(analyzed.ngrams),
        h=frozenset(analyzed.stems),
        k=frozenset(form for form in analyzed.phonetic if len(form) > 1),
        numbers=frozenset(number.value for number in numbers(sentence) if not number.loose),
    )


FIELDS = ("c", "h", "k")
Held = frozenset[tuple[Any, Any]]  # field and term, or word and how well it is matched


class _Rarity(dict[Any, float]):
    """BM25's idf over the sentences of one passage, each a set of terms.

    What none of them holds is rarest.
    """

    def __init__(self, sets: Sequence[Collection[Any]]) -> None:
        every = len(sets)
        idf = [math.log(1 + (every - count + 0.5) / (count + 0.5)) for count in range(every + 1)]
        counts = Counter(chain.from_iterable(sets))
        super().__init__(zip(counts, map(idf.__getitem__, counts.values()), strict=True))
        self._rarest = idf[0]

    def __missing__(self, item: Any) -> float:
        return self._rarest


class _Passage:
    """The sentences of a passage as they are compared, with weights of terms."""

    def __init__(self, sentences: tuple[str, ...]) -> None:
        self.seen = [_seen(sentence) for sentence in sentences]
        self.weigh = {field: _Rarity([getattr(sentence, field) for sentence in self.seen]) for field in FIELDS}
        self.weight_c = [_weight(sentence.c, self.weigh["c"]) for sentence in self.seen]


@lru_cache(maxsize=256)
def _passage(sentences: tuple[str, ...]) -> _Passage:
    return _Passage(sentences)


def _weight(items: Iterable[Any], weigh: _Rarity) -> float:
    return sum(map(weigh.__getitem__, items))


class _Alike:
    """A claim and a passage in one script."""

    def __init__(self, claim: str, passage: Sequence[str]) -> None:
        read = _passage(tuple(passage))
        self.claim, self.seen, self.weigh, self.weight_c = _seen(claim), read.seen, read.weigh, read.weight_c
        self.whole = {field: _weight(getattr(self.claim, field), self.weigh[field]) for field in FIELDS}

    def covers(self, place: int, field: str) -> float:
        """How much of the claim's terms of one field the sentence holds, by weight."""
        return _weight(getattr(self.claim, field) & getattr(self.seen[place], field), self.weigh[field])

    def scores(self) -> list[float]:
        """How well each sentence bears the claim out; only their order means something."""
        whole = {field: weight or 1.0 for field, weight in self.whole.items()}
        held = [self.covers(place, "c") for place in range(len(self.seen))]
        return [
            held[place] / whole["c"]
            + 0.6 * self.covers(place, "h") / whole["h"]
            + 0.3 * self.covers(place, "k") / whole["k"]
            + 0.4 * held[place] / (self.weight_c[place] + 20)  # of two that say it, the shorter
            + 0.4 * self._counted(place)
            + (0.2 * held[place - 1] / whole["c"] if place else 0.0)  # who "he" is stands in the sentence before
            for place in range(len(self.seen))
        ]

    def _counted(self, place: int) -> float:
        """Return the share of the claim's numbers that the sentence holds."""
        if not self.claim.numbers:
            return 0.0
        return len(self.claim.numbers & self.seen[place].numbers) / len(self.claim.numbers)

    def held(self, place: int, before: Held) -> Held:
        """Return which words and numbers of the claim the sentence holds."""
        seen = self.seen[place]
        return frozenset(
            [("c", term) for term in self.claim.c & seen.c] + [("h", term) for term in self.claim.h & seen.h]
        )

    def share(self, held: Held) -> float:
        """How much of the claim that is, 0..1."""
        total = 0.0
        for field in ("c", "h"):
            if self.whole[field]:
                total += (
                    0.5 * _weight([item[1] for item in held if item[0] == field], self.weigh[field]) / self.whole[field]
                )
        return total


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
