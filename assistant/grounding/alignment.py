"""Which words of the evidence bear out which words of a claim, and how the claim departs from them.

The claim is written out of the evidence's words by the cheapest path: going on in the same sentence is free, leaving words
out costs a little, going back or to another sentence more, a word of its own most. It is the edit distance with block moves
of machine translation (Snover et al. 2006, TER), found with a beam.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from functools import cached_property, lru_cache
from math import inf
from typing import NamedTuple

from assistant.grounding.names import Name, names
from assistant.grounding.reading import TERMS, Key, Line, Term, read
from index.language.dates.date_mentions import PartialDate, compatible
from index.language.numbers.number_mentions import agree

BEAM = 12
ROOT = 0.6
SURE = 0.8  # from here on two words are one, not synonyms
TWELVE = 12  # above it "25" and "the 25th" are taken for one; below there is more than one of everything


class Place(NamedTuple):
    """A word of the evidence: which sentence, which word of it."""

    line: int
    word: int


Match = dict[int, tuple[float, list[int]]]  # sentence -> how good, the words of it


class Index:
    """The sentences of a text, with where each word, stem, root and group of synonyms stands, each number and each date."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = tuple(lines)
        self._places: dict[str, list[tuple[int, int]]] = {}  # of each word: the sentence, the word of it
        self._words: dict[Key, str | list[str]] = {}  # that a key finds: mostly a single one
        self._figures: list[tuple[int, int, Term]] = []
        self._names: dict[int, list[Name]] = {}
        for number, line in enumerate(self.lines):
            for place, term in enumerate(line.terms):
                if term.number or term.date:
                    self._figures.append((number, place, term))
                elif (known := self._places.get(term.text)) is not None:
                    known.append((number, place))
                else:
                    self._places[term.text] = [(number, place)]
                    self._learn(term)

    def _learn(self, term: Term) -> None:
        words = self._words
        for key in term.keys:
            known = words.get(key)
            if known is None:
                words[key] = term.text
            elif isinstance(known, str):
                words[key] = [known, term.text]
            else:
                known.append(term.text)

    @cached_property
    def proper(self) -> frozenset[str]:
        """The words that the text writes with a capital inside a sentence."""
        return frozenset(
            term.text
            for line in self.lines
            for term, span in zip(line.terms[1:], line.spans[1:], strict=True)
            if line.text[span.start].isupper()
        )

    def names(self, line: int) -> list[Name]:
        """The names in a sentence."""
        if line not in self._names:
            self._names[line] = names(self.lines[line], self.proper)
        return self._names[line]

    @cached_property
    def stems(self) -> dict[str, list[tuple[int, int]]]:
        """Where each stem stands: the sentence, the word of it."""
        found: dict[str, list[tuple[int, int]]] = {}
        for number, line in enumerate(self.lines):
            for place, term in enumerate(line.terms):
                found.setdefault(term.stem, []).append((number, place))
        return found

    def follow(self, stems: Sequence[str]) -> bool:
        """Whether words with these stems follow one another in a sentence."""
        first, *rest = stems
        for number, place in self.stems.get(first, ()):
            terms = self.lines[number].terms[place + 1 : place + 1 + len(rest)]
            if [term.stem for term in terms] == rest:
                return True
        return False

    def follow_in_content(self, first: str, second: str) -> bool:
        """Whether the one follows the other in a sentence, words that only join others left out."""
        for number, place in self.stems.get(first, ()):
            terms = self.lines[number].terms
            after = place + 1
            while after < len(terms) and not terms[after].weight:
                after += 1
            if after < len(terms) and terms[after].stem == second and terms[place].weight:
                return True
        return False

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

    @cached_property
    def _beginnings(self) -> dict[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for text in self._places:
            if len(text) >= 5 and (term := TERMS[text]).weight and len(term.stem) >= 5:
                found[term.stem[:4]].add(term.stem)
        return found

    def _at(self, key: Key) -> dict[int, list[int]]:
        """The words that a key finds: sentence -> their places, in order."""
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


def borne(claim: Term, evidence: Term) -> float:
    """How far the evidence's number or date bears out the claim's, 0 to 1; a bare year may be read as a number.

    >>> from assistant.grounding.reading import read_line
    >>> [borne(read_line("on 3 May 2024").terms[1], read_line(text).terms[0]) for text in ("٣ أيار ٢٠٢٤", "May 2024", "4 May")]
    [1.0, 0.6666666666666666, 0.0]
    """
    if claim.number and evidence.number:
        one, other = claim.number, evidence.number
        counted = {one.kind, other.kind} == {
            "cardinal",
            "ordinal",
        } and one.value == other.value > TWELVE  # the 25th, 25 May
        return float(counted or agree(one, other))
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
    shares: tuple[float, ...]  # of the weight of the claim that each sentence bears
    window: tuple[int, ...]  # the sentences that the path could use

    def words(self, at: int, line: int) -> list[int]:
        """The words of a sentence that bear out a word of the claim, whether the path leads there or not."""
        return self.matches[at].get(line, (0.0, []))[1]

    def share(self, line: int, leaving: Collection[int] = ()) -> float:
        """The weighted share of the claim's words, some left out, that stand in a sentence."""
        total = borne = 0.0
        for at, (term, match) in enumerate(zip(self.claim.terms, self.matches, strict=True)):
            if term.weight and at not in leaving:
                total += term.weight
                borne += term.weight * (line in match)
        return borne / total if total else 0.0


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
    return Alignment(claim, matches, places, cost, best, tuple(shares), window)


# The cost, the place last used, the state before, the place of the last word of the claim.
_State = tuple[float, Place | None, "_State | None", Place | None]


def _path(
    claim: Line, matches: Sequence[Match], evidence: Index, window: tuple[int, ...]
) -> tuple[tuple[Place | None, ...], float]:
    states: list[_State] = [(0.0, None, None, None)]
    for term, match in zip(claim.terms, matches, strict=True):
        reached: dict[Place | None, _State] = {}
        missing = 0.5 + 0.7 * min(1.0, term.weight) if term.weight else 0.25
        for state in states:
            if (known := reached.get(state[1])) is None or state[0] + missing < known[0]:
                reached[state[1]] = (state[0] + missing, state[1], state, None)
        if term.weight:
            for line, (trust, words) in match.items():
                if line in window:
                    for word in words:
                        _go_on(Place(line, word), 0.8 * (1 - trust), states, reached)
        else:
            for state in states:
                at = state[1]
                if at and (ahead := _following(term, at, evidence.lines[at.line])):
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
    """The cheapest way to a place from any of the states."""
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


def _following(term: Term, at: Place, line: Line) -> Place | None:
    """A word without weight is only looked for just ahead: the same "of" elsewhere is another."""
    for word in range(at.word + 1, min(at.word + 4, len(line.terms))):
        if line.terms[word].stem == term.stem:
            return Place(at.line, word)
    return None
