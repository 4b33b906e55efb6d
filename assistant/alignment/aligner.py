"""Align the words of a claim with the words of its evidence.

The claim is written out of the evidence's words by the cheapest path: going on in the same sentence is free, leaving
words out costs a little, going back or to another sentence more, a word of its own most. It is the edit distance with
block moves of machine translation (Snover et al. 2006, TER), computed with a beam.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from functools import cached_property, lru_cache
from math import inf
from typing import Literal, NamedTuple

from assistant.alignment.proper_names import Name, names
from assistant.alignment.tokenization import TOKENS, Key, Token, Tokenized, tokenize_text
from assistant.models import Contradiction, ContradictionCode
from index.language.dates.date_mentions import PartialDate, compatible
from index.language.numbers.number_mentions import agree

Language = Literal["ar", "en", "across"]

BEAM = 12
ROOT = 0.6
SURE = 0.8  # trust from which two words are forms of the same word, not synonyms
TWELVE = 12  # above it "25" and "the 25th" are the same; small ordinals and counts are not


class Place(NamedTuple):
    """A word of the evidence: which sentence, which word of it."""

    line: int
    word: int


Match = dict[int, tuple[float, list[int]]]  # sentence -> how good, the words of it


class EvidenceIndex:
    """Inverted index of a text: the sentences of each word, stem, number and date.

    Roots and synonym classes are indexed, too.
    """

    def __init__(self, lines: Sequence[Tokenized]) -> None:
        self.lines = tuple(lines)
        self._places: dict[str, list[tuple[int, int]]] = {}  # of each word: the sentence, the word of it
        self._words: dict[Key, str | list[str]] = {}  # of each key: mostly a single word
        self._figures: list[tuple[int, int, Token]] = []
        self._names: dict[int, list[Name]] = {}
        for number, line in enumerate(self.lines):
            for place, token in enumerate(line.tokens):
                if token.number or token.date:
                    self._figures.append((number, place, token))
                elif (known := self._places.get(token.text)) is not None:
                    known.append((number, place))
                else:
                    self._places[token.text] = [(number, place)]
                    self._learn(token)

    def _learn(self, token: Token) -> None:
        words = self._words
        for key in token.keys:
            known = words.get(key)
            if known is None:
                words[key] = token.text
            elif isinstance(known, str):
                words[key] = [known, token.text]
            else:
                known.append(token.text)

    @cached_property
    def proper(self) -> frozenset[str]:
        """Words that the text writes with a capital inside a sentence."""
        return frozenset(
            token.text
            for line in self.lines
            for token, span in zip(line.tokens[1:], line.spans[1:], strict=True)
            if line.text[span.start].isupper()
        )

    @cached_property
    def arabic_share(self) -> float:
        """The share of Arabic letters among the text's letters, 0 to 1."""
        return _arabic_share(" ".join(line.text for line in self.lines[:20]))

    def names(self, line: int) -> list[Name]:
        """Return the names in a sentence."""
        if line not in self._names:
            self._names[line] = names(self.lines[line], self.proper)
        return self._names[line]

    def find(self, token: Token) -> Match:
        """Return where a token, or a word close to it, stands.

        The best match in each sentence.
        """
        result: Match = {}
        if token.number or token.date:
            for number, place, other in self._figures:
                trust = match_strength(token, other)
                if trust and trust >= result.get(number, (0.0, []))[0]:
                    places = result[number][1] if number in result and result[number][0] == trust else []
                    result[number] = (trust, [*places, place])
            return result
        for key in token.keys:
            if key in self._words:
                for number, places in self._at(key).items():
                    if number not in result:
                        result[number] = (_TRUST[key[0]], places)
        if not result and len(token.stem) >= 5:
            for akin in self._beginnings.get(token.stem[:4], ()):
                if _akin(token.stem, akin):
                    for number, places in self._at(("stem", akin)).items():
                        result.setdefault(number, (ROOT, places))
        return result

    @cached_property
    def _beginnings(self) -> dict[str, set[str]]:
        result: defaultdict[str, set[str]] = defaultdict(set)
        for text in self._places:
            if len(text) >= 5 and (token := TOKENS[text]).weight and len(token.stem) >= 5:
                result[token.stem[:4]].add(token.stem)
        return result

    def _at(self, key: Key) -> dict[int, list[int]]:
        """Return the words of a key: sentence → their places, in order."""
        there: dict[int, list[int]] = {}
        words = self._words[key]
        places = (
            self._places[words]
            if isinstance(words, str)
            else sorted(place for word in words for place in self._places[word])
        )
        for number, place in places:
            there.setdefault(number, []).append(place)
        return there


def match_strength(claim: Token, evidence: Token) -> float:
    """Return how far the evidence's number or date agrees with the claim's, 0 to 1.

    A bare year may be a number.

    >>> from assistant.alignment.tokenization import tokenize
    >>> day = tokenize("on 3 May 2024").tokens[1]
    >>> [match_strength(day, tokenize(text).tokens[0]) for text in ("٣ أيار ٢٠٢٤", "May 2024", "4 May")]
    [1.0, 0.6666666666666666, 0.0]
    """
    if claim.number and evidence.number:
        first, second = claim.number, evidence.number
        kinds = {first.kind, second.kind}
        day = kinds == {"cardinal", "ordinal"} and first.value == second.value > TWELVE  # the 25th, 25 May
        return float(day or agree(first, second))
    if claim.date and evidence.date:
        return max(_days(mine, theirs) for mine in claim.date.values for theirs in evidence.date.values)
    date, number = claim.date or evidence.date, claim.number or evidence.number
    if date is None or number is None or number.unit == "%":
        return 0.0
    return float(
        any(value.month is None and value.weekday is None and value.year == number.value for value in date.values)
    )


def _days(claim: PartialDate, evidence: PartialDate) -> float:
    if not compatible(claim, evidence):
        return 0.0
    if evidence.as_date():
        return 1.0
    parts = [
        (claim.year, evidence.year),
        (claim.month, evidence.month),
        (claim.day, evidence.day),
        (claim.weekday, evidence.weekday),
    ]
    stated = [theirs for mine, theirs in parts if mine is not None]
    return sum(theirs is not None for theirs in stated) / len(stated) if stated else 0.0


# How far a match of each kind is trusted.
_TRUST = {"letters": 1.0, "stem": 0.97, "form": 0.9, "consonants": 0.8, "root": ROOT, "synonym": 0.6}


def _akin(first: str, second: str) -> bool:
    """Whether two stems share their first five letters and two thirds of the longer."""
    shared = 0
    for a, b in zip(first, second, strict=False):
        if a != b:
            break
        shared += 1
    return shared >= 5 and shared * 3 >= 2 * max(len(first), len(second))


@lru_cache(maxsize=64)
def index_text(text: str, anchor: date | None = None) -> EvidenceIndex:
    """Tokenize and index a text; the last 64 are cached."""
    return EvidenceIndex(tokenize_text(text, anchor))


class Alignment(NamedTuple):
    """A claim aligned with its evidence.

    `places[i]` is the evidence word of claim word i, None for a word of its own.
    """

    claim: Tokenized
    evidence: EvidenceIndex
    matches: tuple[Match, ...]  # of each word of the claim, in all sentences
    places: tuple[Place | None, ...]
    cost: float
    best: int  # the sentence that has most of the claim, -1 if the evidence is empty
    shares: tuple[float, ...]  # weight of the claim's words that each sentence has
    window: tuple[int, ...]  # the sentences that the path could use

    def words(self, at: int, line: int) -> list[int]:
        """Return the words of a sentence that match a word of the claim."""
        return self.matches[at].get(line, (0.0, []))[1]

    @property
    def language(self) -> Language:
        """The language of both sides, `across` where the scripts differ."""
        claim, evidence = _arabic_share(self.claim.text), self.evidence.arabic_share
        if min(claim, evidence) < 0.2 and max(claim, evidence) > 0.6:
            return "across"
        return "ar" if claim > 0.5 else "en"

    def contradiction(self, code: ContradictionCode, low: int, high: int, evidence: str = "") -> Contradiction:
        """Return a contradiction in the claim's words `low` to `high`, both included."""
        start, end = self.claim.spans[low].start, self.claim.spans[high].end
        return Contradiction(code=code, start=start, end=end, text=self.claim.text[start:end], evidence=evidence)

    def share(self, line: int, leaving: Collection[int] = ()) -> float:
        """Return the weighted share of the claim's words.

        Some left out, that stand in a sentence.
        """
        total = present = 0.0
        for at, (token, match) in enumerate(zip(self.claim.tokens, self.matches, strict=True)):
            if token.weight and at not in leaving:
                total += token.weight
                present += token.weight * (line in match)
        return present / total if total else 0.0


def align(claim: Tokenized, evidence: EvidenceIndex) -> Alignment:
    """Align a claim with an indexed text.

    >>> from assistant.alignment.tokenization import tokenize
    >>> alignment = align(tokenize("the ship left Aden"), index_text("It was late. The ship finally left Aden in May."))
    >>> alignment.best, [place and place.word for place in alignment.places]
    (1, [None, 1, 3, 4])
    """
    matches = tuple(evidence.find(token) if token.weight else {} for token in claim.tokens)
    shares = [0.0] * len(evidence.lines)
    for token, match in zip(claim.tokens, matches, strict=True):
        for line, (trust, _) in match.items():
            shares[line] += token.weight * trust
    order = sorted(range(len(shares)), key=lambda line: -shares[line])
    best = order[0] if order else -1
    near = [line for line in (best + 1, best - 1) if best >= 0 and 0 <= line < len(shares)]
    window = tuple(dict.fromkeys([*order[:3], *near]))[:4]
    places, cost = _path(claim, matches, evidence, window)
    return Alignment(claim, evidence, matches, places, cost, best, tuple(shares), window)


# The cost, the place last used, the state before, the place of the last word of the claim.
_State = tuple[float, Place | None, "_State | None", Place | None]


def _path(
    claim: Tokenized, matches: Sequence[Match], evidence: EvidenceIndex, window: tuple[int, ...]
) -> tuple[tuple[Place | None, ...], float]:
    states: list[_State] = [(0.0, None, None, None)]
    for token, match in zip(claim.tokens, matches, strict=True):
        reached: dict[Place | None, _State] = {}
        missing = 0.5 + 0.7 * min(1.0, token.weight) if token.weight else 0.25
        for state in states:
            if (known := reached.get(state[1])) is None or state[0] + missing < known[0]:
                reached[state[1]] = (state[0] + missing, state[1], state, None)
        if token.weight:
            for line, (trust, words) in match.items():
                if line in window:
                    for word in words:
                        _go_on(Place(line, word), 0.8 * (1 - trust), states, reached)
        else:
            for state in states:
                at = state[1]
                if at and (ahead := _following(token, at, evidence.lines[at.line])):
                    _go_on(ahead, 0.0, (state,), reached)
        states = sorted(reached.values(), key=_cost)[:BEAM]
    places: list[Place | None] = []
    last = states[0]
    while last[2]:
        places.append(last[3])
        last = last[2]
    return tuple(reversed(places)), states[0][0]


def _cost(state: _State) -> float:
    return state[0]


def _go_on(place: Place, doubt: float, states: Sequence[_State], reached: dict[Place | None, _State]) -> None:
    """Record the cheapest way to a place from any of the states."""
    known = reached.get(place)
    best, cost = None, known[0] if known else inf
    for state in states:
        if state[0] + doubt < cost and (whole := state[0] + doubt + _step(state[1], place)) < cost:
            best, cost = state, whole
    if best:
        reached[place] = (cost, place, best, place)


def _step(before: Place | None, after: Place) -> float:
    if before is None:
        return 0.0
    if before.line == after.line:
        ahead = after.word - before.word
        if ahead == 1:
            return 0.0
        return 0.15 + 0.02 * min(ahead, 15) if ahead > 0 else 0.5 + 0.01 * min(-ahead, 15)
    return 0.75 + 0.25 * (abs(before.line - after.line) > 1) + 0.1 * (before.line > after.line)


def _following(token: Token, at: Place, line: Tokenized) -> Place | None:
    """Find a function word just ahead: the same "of" elsewhere is another."""
    for word in range(at.word + 1, min(at.word + 4, len(line.tokens))):
        if line.tokens[word].stem == token.stem:
            return Place(at.line, word)
    return None


_ARABIC = re.compile(r"[\u0620-\u064a\u0671-\u06d3]+")
_LETTERS = re.compile(r"[^\W\d_]+")


def _arabic_share(text: str) -> float:
    return sum(map(len, _ARABIC.findall(text))) / max(1, sum(map(len, _LETTERS.findall(text))))
