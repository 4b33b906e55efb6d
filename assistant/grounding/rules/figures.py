"""Object to figures that the evidence lacks or has of something else."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import combinations

from assistant.alignment.aligner import SURE, TWELVE, Alignment, EvidenceIndex, Language, Place, match_strength
from assistant.alignment.tokenization import Token, Tokenized
from assistant.models import Contradiction, ContradictionCode
from index.language.numbers.number_mentions import Number, agree, numbers

ALIKE = 0.6  # the share of a claim's other words that a sentence must have where a figure is just missing
BOUND = 0.5  # the same, where the same noun is counted with another number
_EACH = frozenset(("each", "apiece", "لكل", "كل"))
_PARTITIVE = frozenset(("of", "من"))
LARGE = 100  # values from here on are calculated with wherever they stand
NEAR = 2  # words between a number and what it counts


class Figures:
    """Numbers and dates, bound to what they count."""

    code = "figures"
    languages: frozenset[Language] = frozenset(("ar", "en", "across"))

    def find(self, alignment: Alignment) -> Iterator[Contradiction]:
        """Yield figures that the evidence lacks or has otherwise in the same place.

        What can be worked out from the evidence's own numbers (sums, differences, shares) is no contradiction.

        >>> from assistant.alignment.aligner import align, index_text
        >>> from assistant.alignment.tokenization import tokenize
        >>> there = index_text("The ferry carries 420 passengers and 60 cars.")
        >>> claims = "The ferry carries 240 passengers.", "The ferry carries 60 passengers.", "It carries 420 people."
        >>> for claim in claims:
        ...     print([(item.text, item.evidence) for item in Figures().find(align(tokenize(claim), there))])
        [('240', '420')]
        [('60', '420')]
        []
        """
        for at, token in enumerate(alignment.claim.tokens):
            if token.number or (token.date and not token.date.relative):
                instead = _across if alignment.language == "across" else _instead
                place = instead(alignment, at)
                if place is not None:
                    yield _contradiction(alignment, at, place)


def _instead(alignment: Alignment, at: int) -> Place | None:
    """Return the evidence's figure in the place of the claim's; None: no objection.

    Place(-1, -1) if the evidence has no figure there.
    """
    token, evidence = alignment.claim.tokens[at], alignment.evidence
    if place := _between_the_same_words(alignment, at) or _other_unit(alignment, at):
        return place
    present = bool(alignment.matches[at])
    if not present and _derivable(token, evidence):
        return None
    if place := _counts_otherwise(alignment, at, present):
        return place
    if present or not _is_specific(token) or alignment.best < 0 or alignment.share(alignment.best, (at,)) < ALIKE:
        return None
    return _nearest(alignment, token)


def _between_the_same_words(alignment: Alignment, at: int) -> Place | None:
    """Return another figure between the same words as the claim's figure."""
    token, places = alignment.claim.tokens[at], alignment.places
    before = places[at - 1] if at else None
    after = places[at + 1] if at + 1 < len(places) else None
    if not (before and after) or before.line != after.line or after.word - before.word != 2:
        return None
    place = Place(before.line, before.word + 1)
    other = alignment.evidence.lines[place.line].tokens[place.word]
    differs = _same_kind(token, other) and not match_strength(token, other)
    return place if differs and not _includes(token, alignment.evidence, place) else None


def _includes(token: Token, evidence: EvidenceIndex, place: Place) -> bool:
    """Whether a number is a sum of two in the evidence, or a multiple of a share."""
    line = evidence.lines[place.line]
    other = line.tokens[place.word]
    if token.number is None or other.number is None:
        return False
    total, part = token.number.value, other.number.value
    factors = (2, 3, 4) if any(word.text in _EACH for word in line.tokens) else ()
    added = any(part in values and total - part in values for values in _groups(evidence))
    return added or total in {part * factor for factor in factors}


def _other_unit(alignment: Alignment, at: int) -> Place | None:
    """Return the same number with another unit.

    If the evidence has this one with no other: 870 km, 870 miles.
    """
    number = alignment.claim.tokens[at].number
    if number is None or number.unit is None or alignment.matches[at] or not alignment.claim.tokens[at - 1 : at]:
        return None
    for line in alignment.window:
        for word, token in enumerate(alignment.evidence.lines[line].tokens):
            other = token.number
            if other and other.unit and other.unit != number.unit and other.value == number.value:
                same = (
                    word and alignment.evidence.lines[line].tokens[word - 1].stem == alignment.claim.tokens[at - 1].stem
                )
                return Place(line, word) if same else None
    return None


def _counts_otherwise(alignment: Alignment, at: int, present: bool) -> Place | None:
    """Return the evidence's number for the noun that the claim's number counts.

    Only if the evidence never has the claim's number.
    """
    token, claim = alignment.claim.tokens[at], alignment.claim
    noun = _counted(claim, at)
    if token.number is None or noun is None or (token.number.unit and token.number.unit != "%"):
        return None
    others: list[Place] = []
    for line, (trust, words) in alignment.matches[noun].items():
        if trust < SURE:
            continue
        tokens = alignment.evidence.lines[line].tokens
        for word in words:
            for near in range(max(0, word - NEAR), min(len(tokens), word + NEAR)):
                if near == word or not _same_kind(token, tokens[near]):
                    continue
                if match_strength(token, tokens[near]):
                    return None
                if near < word and _counted(alignment.evidence.lines[line], near) == word:
                    others.append(Place(line, near))
    others = [place for place in others if not _claimed(alignment, place)]
    best = max(others, key=lambda place: alignment.share(place.line, (at,)), default=None)
    if (
        best is None
        or alignment.share(best.line, (at,)) < BOUND
        or len({_value(alignment, place) for place in others}) > 1
    ):
        return None
    return best


def _counted(line: Tokenized, at: int) -> int | None:
    """Return the noun that a number counts.

    The next content word, at most one other word between.
    """
    for word in range(at + 1, min(len(line.tokens), at + 1 + NEAR)):
        if line.clause_ends[word - 1]:
            return None
        token = line.tokens[word]
        if token.number or token.date or token.text in _PARTITIVE:
            return None  # of "four of the injured" there may be several parts
        if token.weight:
            return word
    return None


def _claimed(alignment: Alignment, place: Place) -> bool:
    """Whether the claim has this figure of the evidence, too."""
    other = alignment.evidence.lines[place.line].tokens[place.word]
    return any(match_strength(token, other) for token in alignment.claim.tokens if token.number or token.date)


def _value(alignment: Alignment, place: Place) -> str:
    return alignment.evidence.lines[place.line].tokens[place.word].text


def _same_kind(token: Token, other: Token) -> bool:
    if token.date or other.date:
        return bool(token.date) and bool(other.date) and bool(token.number) == bool(other.number)
    mine, theirs = token.number, other.number
    return bool(mine and theirs) and mine.kind == theirs.kind  # type: ignore[union-attr]


def _is_specific(token: Token) -> bool:
    """Whether a figure is more than a small count or a weekday."""
    if token.date:
        return any(value.month is not None and value.day is not None for value in token.date.values)
    number = token.number
    return number is not None and not number.loose and number.kind == "cardinal" and abs(number.value) > TWELVE


def _nearest(alignment: Alignment, token: Token) -> Place:
    """Return a figure of the same kind in the best sentence that the claim lacks."""
    for word, other in enumerate(alignment.evidence.lines[alignment.best].tokens):
        place = Place(alignment.best, word)
        if (other.number or other.date) and _same_kind(token, other) and not _claimed(alignment, place):
            return place
    return Place(-1, -1)


def _across(alignment: Alignment, at: int) -> Place | None:
    """Object across languages to a specific figure that the evidence lacks."""
    token = alignment.claim.tokens[at]
    if alignment.matches[at] or not _is_specific(token) or _derivable(token, alignment.evidence):
        return None
    return Place(-1, -1)


# --- what can be worked out ---


def _derivable(token: Token, evidence: EvidenceIndex) -> bool:
    """Whether a number follows from the evidence by a light calculation.

    A dual or a word may stand for it, too.
    """
    number = token.number
    if number is None:
        return False
    if any(agree(number, other) for line in evidence.lines for other in _loose(line)):
        return True
    groups = _groups(evidence)
    if number.unit == "%":
        return any(_follows(number, _shares(values)) for values in groups)
    fractions = _fractions(evidence)
    products = {value * fraction for values in groups for value in values for fraction in fractions}
    of_all = frozenset(products | {product.to_integral_value() for product in products})
    return _follows(number, of_all) or any(_follows(number, _sums(values)) for values in groups)


def _follows(number: Number, results: frozenset[Decimal]) -> bool:
    """Return whether a number is one of the results, a large or rounded one nearly so."""
    about = Decimal("0.08") if number.unit == "%" or number.bound != "exact" else Decimal("0.03")
    for reading in number.readings:
        whole = reading == reading.to_integral_value() and abs(reading) < 100 and number.unit != "%"
        for result in results:
            if result == reading or (not whole and abs(result - reading) <= about * abs(result)):
                return True
    return False


@lru_cache(maxsize=64)
def _groups(evidence: EvidenceIndex) -> tuple[tuple[Decimal, ...], ...]:
    """Return the values that may be calculated with.

    Of one sentence, of one counted noun, large ones, the years.

    With any two numbers of a whole article nearly every small number could be worked out, and no large one.
    """
    counted: dict[str, set[Decimal]] = defaultdict(set)
    years: set[Decimal] = set()
    groups: list[set[Decimal]] = []
    for line in evidence.lines:
        values = {number.value for number in _loose(line)}
        for at, token in enumerate(line.tokens):
            if token.number:
                values.add(token.number.value)
                if (noun := _counted(line, at)) is not None:
                    counted[line.tokens[noun].stem].add(token.number.value)
            years |= {Decimal(value.year) for value in (token.date.values[:1] if token.date else ()) if value.year}
        groups.append(values)
    groups += [values | years for values in groups if values and years]
    groups += [*counted.values(), years, {value for values in groups for value in values if abs(value) >= LARGE}]
    bounded = (sorted(value for value in group if abs(value) < Decimal(10) ** 15)[:40] for group in groups)
    return tuple(dict.fromkeys(tuple(group) for group in bounded if group))


@lru_cache(maxsize=64)
def _fractions(evidence: EvidenceIndex) -> frozenset[Decimal]:
    """Return the fractions and percentages of a text as factors.

    They may be of a number in another sentence.
    """
    listed = [token.number for line in evidence.lines for token in line.tokens if token.number]
    shares = {number.value / 100 for number in listed if number.unit == "%"}
    return frozenset(shares | {number.value for number in listed if 0 < number.value < 1})


@lru_cache(maxsize=256)
def _loose(line: Tokenized) -> tuple[Number, ...]:
    """Return the numbers that a sentence gives by the way (a dual, "one")."""
    return tuple(number for number in numbers(line.text) if number.loose)


@lru_cache(maxsize=64)
def _sums(values: tuple[Decimal, ...]) -> frozenset[Decimal]:
    """Return what a light calculation makes of values: sums, products, quotients."""
    results = {first + second for first, second in combinations(values, 2)}
    results |= {abs(first - second) for first, second in combinations(values, 2)}
    results |= {sum(three, Decimal(0)) for three in combinations(values[:25], 3)}
    small = [value for value in values if 1 < value <= TWELVE and value == value.to_integral_value()]
    results |= {value * factor for value in values for factor in (*small, Decimal(2), Decimal("0.5"))}
    results |= {first / second for first in values for second in values if second and first != second}
    results |= {abs(first - second - third) for first in values for second, third in combinations(values[:20], 2)}
    return frozenset(results)


@lru_cache(maxsize=64)
def _shares(values: tuple[Decimal, ...]) -> frozenset[Decimal]:
    """Return values as percentages of each other, complements and differences."""
    shares = {100 * first / second for first in values for second in values if second and abs(first) < abs(second)}
    shares |= {abs(100 * (first - second) / second) for first in values for second in values if second}
    shares |= {100 - share for share in shares}
    shares |= {abs(first - second) for first, second in combinations(values, 2)}
    return frozenset(shares | {100 - value for value in values if 0 < value < 100})


# --- how it is shown ---


def _contradiction(alignment: Alignment, at: int, place: Place) -> Contradiction:
    """Return the contradiction, figures with their units where these differ."""
    claim, token = alignment.claim, alignment.claim.tokens[at]
    present = bool(alignment.matches[at])
    code: ContradictionCode = "date" if token.date else "number_of_another" if present else "number"
    if place.line < 0:
        return alignment.contradiction(code, at, at)
    line = alignment.evidence.lines[place.line]
    mine, theirs = token.number, line.tokens[place.word].number
    if mine and theirs and mine.unit != theirs.unit:
        plain = alignment.contradiction(code, at, at, _with_unit(line, place.word, theirs))
        shown = _with_unit(claim, at, mine)
        start = max(0, claim.text.find(shown, max(0, plain.start - len(shown))))
        return Contradiction(code=code, start=start, end=start + len(shown), text=shown, evidence=plain.evidence)
    return alignment.contradiction(code, at, at, line.text_of(place.word, place.word))


def _with_unit(line: Tokenized, at: int, number: Number) -> str:
    """Return a number with the word or sign beside it that is its unit."""
    start, end = line.spans[at].start, line.spans[at].end
    before, after = _SIGN_BEFORE.search(line.text, 0, start), _UNIT_AFTER.match(line.text, end)
    for low, high in ((start, end), (start, after.end() if after else end), (before.start() if before else start, end)):
        if any(other.unit == number.unit for other in numbers(line.text[low:high])):
            return line.text[low:high]
    return line.text[start:end]


_UNIT_AFTER = re.compile(r"[\s-]*(?:[€£$¥%٪]|(?:من\s+)?[^\W\d_]+(?:\s+ال[^\W\d_]+)?)")
_SIGN_BEFORE = re.compile(r"(?:\b[A-Za-z]{1,3})?[€£$¥%٪]?\s?\Z")
