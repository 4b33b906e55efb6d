"""Which words of the evidence bear out which words of a claim, and how the claim departs from them.

The claim is written out of the evidence's words by the cheapest path: going on in the same sentence is free, leaving words
out costs a little, going back or to another sentence more, a word of its own most. It is the edit distance with block moves
of machine translation (Snover et al. 2006, TER), found with a beam.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import cached_property, lru_cache
from typing import NamedTuple

from assistant.grounding.reading import Key, Line, Term, read
from index.text.dates import PartialDate, compatible
from index.text.numbers import agree

BEAM = 12
ROOT = 0.6


class Place(NamedTuple):
    """A word of the evidence: which sentence, which word of it."""

    line: int
    word: int


Match = dict[int, tuple[float, list[int]]]  # sentence -> how good, the words of it


class Index:
    """The sentences of a text, with where each word, stem, root and group of synonyms stands, each number and each date."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = tuple(lines)
        self._places: dict[str, list[Place]] = {}  # of each word
        self._words: defaultdict[Key, list[str]] = defaultdict(list)  # that a key finds
        self._beginnings: defaultdict[str, set[str]] = defaultdict(set)
        self._figures: list[tuple[int, int, Term]] = []
        for number, line in enumerate(self.lines):
            for place, term in enumerate(line.terms):
                if term.number or term.date:
                    self._figures.append((number, place, term))
                elif term.text in self._places:
                    self._places[term.text].append(Place(number, place))
                else:
                    self._places[term.text] = [Place(number, place)]
                    for key in term.keys:
                        self._words[key].append(term.text)
                    if term.weight and len(term.stem) >= 5:
                        self._beginnings[term.stem[:4]].add(term.stem)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of all words."""
        return frozenset().union(*self.line_stems)

    @cached_property
    def line_stems(self) -> tuple[frozenset[str], ...]:
        """The stems of each sentence."""
        return tuple(frozenset(term.stem for term in line.terms) for line in self.lines)

    @cached_property
    def pairs(self) -> frozenset[tuple[str, ...]]:
        """The stems of words that follow one another in a sentence, two by two."""
        return self._follow(2)

    @cached_property
    def threes(self) -> frozenset[tuple[str, ...]]:
        """The same, three by three."""
        return self._follow(3)

    @cached_property
    def fours(self) -> frozenset[tuple[str, ...]]:
        """The same, four by four."""
        return self._follow(4)

    @cached_property
    def content_pairs(self) -> frozenset[tuple[str, ...]]:
        """Two by two, words that only join others left out."""
        return self._follow(2, content=True)

    def _follow(self, size: int, content: bool = False) -> frozenset[tuple[str, ...]]:
        stems = ([term.stem for term in line.terms if term.weight or not content] for line in self.lines)
        return frozenset(some for one in stems for some in zip(*(one[at:] for at in range(size)), strict=False))

    def find(self, term: Term) -> Match:
        """Where the term, or a word close to it, stands: the best match in each sentence."""
        found: Match = {}
        if term.number or term.date:
            for number, place, other in self._figures:
                trust = borne(term, other)
                if trust and trust >= found.get(number, (0.0, []))[0]:
                    places = found[number][1] if number in found and found[number][0] == trust else []
                    found[number] = (trust, [*places, place])
            return found
        for key in term.keys:
            if key in self._words:
                for number, places in self._at(key).items():
                    if number not in found:
                        found[number] = (_TRUST[key[0]], places)
        if not found and len(term.stem) >= 5:
            for akin in self._beginnings.get(term.stem[:4], ()):
                if _akin(term.stem, akin):
                    for number, places in self._at(("stem", akin)).items():
                        found.setdefault(number, (ROOT, places))
        return found

    def _at(self, key: Key) -> dict[int, list[int]]:
        """The words that a key finds: sentence -> their places, in order."""
        there: dict[int, list[int]] = {}
        words = self._words[key]
        places = (
            self._places[words[0]] if len(words) == 1 else sorted(one for word in words for one in self._places[word])
        )
        for number, place in places:
            there.setdefault(number, []).append(place)
        return there


def borne(claim: Term, evidence: Term) -> float:
    """How far the evidence's number or date bears out the claim's, 0 to 1; a bare year may be read as a number.

    >>> from assistant.grounding.reading import read_line
    >>> [borne(read_line("on 3 May 2024").terms[1], read_line(text).terms[0]) for text in ("٣ أيار ٢٠٢٤", "May 2024", "4 May")]
    [1.0, 0.6666666666666666, 0.0]
    """
    if claim.number and evidence.number:
        return float(agree(claim.number, evidence.number))
    if claim.date and evidence.date:
        return max(_days(one, other) for one in claim.date.values for other in evidence.date.values)
    day, number = claim.date or evidence.date, claim.number or evidence.number
    if day is None or number is None or number.unit == "%":
        return 0.0
    return float(any(one.month is None and one.weekday is None and one.year == number.value for one in day.values))


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
    said = [theirs for mine, theirs in parts if mine is not None]
    return sum(theirs is not None for theirs in said) / len(said) if said else 0.0


# How far a match of each kind is trusted.
_TRUST = {"letters": 1.0, "stem": 0.97, "form": 0.9, "consonants": 0.8, "root": ROOT, "group": 0.6}


def _akin(one: str, other: str) -> bool:
    """Whether two stems share their first five letters and two thirds of the longer."""
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    return shared >= 5 and shared * 3 >= 2 * max(len(one), len(other))


@lru_cache(maxsize=64)
def index(text: str, anchor: date | None = None) -> Index:
    """A text, read and indexed; the last ones are kept."""
    return Index(read(text, anchor))


class Alignment(NamedTuple):
    """A claim beside its evidence. `places[i]` is where word i of the claim comes from, None where from nowhere."""

    claim: Line
    matches: tuple[Match, ...]  # of each word of the claim, in all sentences
    places: tuple[Place | None, ...]
    cost: float
    best: int  # the sentence that bears most of the claim, -1 where there is none
    window: tuple[int, ...]  # the sentences that the path could use


def align(claim: Line, evidence: Index) -> Alignment:
    """The claim beside the evidence.

    >>> from assistant.grounding.reading import read_line
    >>> found = align(read_line("the ship left Aden"), index("It was late. The ship finally left Aden in May."))
    >>> found.best, [place and place.word for place in found.places]
    (1, [None, 1, 3, 4])
    """
    matches = tuple(evidence.find(term) if term.weight else {} for term in claim.terms)
    shares = [0.0] * len(evidence.lines)
    for term, match in zip(claim.terms, matches, strict=True):
        for line, (trust, _) in match.items():
            shares[line] += term.weight * trust
    order = sorted(range(len(shares)), key=lambda line: -shares[line])
    best = order[0] if order else -1
    near = [line for line in (best + 1, best - 1) if best >= 0 and 0 <= line < len(shares)]
    window = tuple(dict.fromkeys([*order[:3], *near]))[:4]
    places, cost = _path(claim, matches, evidence, window)
    return Alignment(claim, matches, places, cost, best, window)


class _State(NamedTuple):
    cost: float
    at: Place | None
    back: _State | None
    place: Place | None  # of the last word of the claim


def _path(
    claim: Line, matches: Sequence[Match], evidence: Index, window: tuple[int, ...]
) -> tuple[tuple[Place | None, ...], float]:
    states = [_State(0.0, None, None, None)]
    for term, match in zip(claim.terms, matches, strict=True):
        reached: dict[Place | None, _State] = {}
        options = [
            (Place(line, word), 0.8 * (1 - trust))
            for line, (trust, words) in match.items()
            if line in window
            for word in words
        ]
        missing = 0.5 + 0.7 * min(1.0, term.weight) if term.weight else 0.25
        for state in states:
            _keep(reached, state.cost + missing, state.at, state, None)
            if term.weight:
                for place, doubt in options:
                    _keep(reached, state.cost + doubt + _step(state.at, place), place, state, place)
            elif state.at and (ahead := _following(term, state.at, evidence.lines[state.at.line])):
                _keep(reached, state.cost + _step(state.at, ahead), ahead, state, ahead)
        states = sorted(reached.values(), key=lambda one: one.cost)[:BEAM]
    places: list[Place | None] = []
    last = states[0]
    while last.back:
        places.append(last.place)
        last = last.back
    return tuple(reversed(places)), states[0].cost


def _keep(
    reached: dict[Place | None, _State], cost: float, at: Place | None, back: _State, place: Place | None
) -> None:
    known = reached.get(at)
    if known is None or cost < known.cost:
        reached[at] = _State(cost, at, back, place)


def _step(before: Place | None, after: Place) -> float:
    if before is None:
        return 0.0
    if before.line == after.line:
        ahead = after.word - before.word
        if ahead == 1:
            return 0.0
        return 0.15 + 0.02 * min(ahead, 15) if ahead > 0 else 0.5 + 0.01 * min(-ahead, 15)
    return 0.75 + 0.25 * (abs(before.line - after.line) > 1) + 0.1 * (before.line > after.line)


def _following(term: Term, at: Place, line: Line) -> Place | None:
    """A word without weight is only looked for just ahead: the same "of" elsewhere is another."""
    for word in range(at.word + 1, min(at.word + 4, len(line.terms))):
        if line.terms[word].stem == term.stem:
            return Place(at.line, word)
    return None
