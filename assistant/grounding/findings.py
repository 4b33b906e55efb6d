"""What a claim says otherwise than its evidence, word by word: numbers, dates, names, negation, reversal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from assistant.grounding.alignment import Alignment, Index, Place, borne
from assistant.grounding.common import DENIALS, NEGATORS
from assistant.grounding.departures import Departure, departures
from assistant.grounding.reading import Line, Term

Kind = Literal["number", "number elsewhere", "date", "name", "negation", "reversal", "quotation", "speaker"]


class Finding(NamedTuple):
    """One thing found: the claim's words, and the evidence's in their place where there are any."""

    kind: Kind
    said: str
    evidence: str = ""


def findings(found: Alignment, evidence: Index) -> list[Finding]:
    """What stands against the claim, in the order of its words."""
    gone = departures(found, evidence)
    return [
        *_figures(found, evidence, gone),
        *_negations(found, evidence),
        *_turned(found, evidence, gone),
        *_names(found, evidence, gone),
    ]


def _text(line: Line, low: int, high: int) -> str:
    return line.text[line.spans[low].start : line.spans[high].end]


# --- numbers and dates ---


def _figures(found: Alignment, evidence: Index, gone: list[Departure]) -> Iterator[Finding]:
    for at, term in enumerate(found.claim.terms):
        if not (term.number or term.date):
            continue
        kind: Literal["number", "date"] = "date" if term.date else "number"
        said = _text(found.claim, at, at)
        instead = _figure_instead(found, evidence, at)
        if instead:
            yield Finding(kind, said, instead)
        elif _only_weekday(term):
            continue  # Friday prayers, "both" that looks like a Monday
        elif not found.matches[at]:
            yield Finding(kind, said, _nearest_figure(found, evidence, term))
        elif term.number and not _bound(found, evidence, at):
            yield Finding("number elsewhere", said, _nearest_figure(found, evidence, term))


def _only_weekday(term: Term) -> bool:
    return term.date is not None and all(one.year is None and one.month is None for one in term.date.values)


def _figure_instead(found: Alignment, evidence: Index, at: int) -> str:
    """Another figure that stands in the evidence where the claim has this one: beside the same word."""
    term, own = found.claim.terms[at], found.places[at]
    for step in (-1, 1):
        beside = at + step
        place = found.places[beside] if 0 <= beside < len(found.places) else None
        if place is None or (own and own.line == place.line and abs(own.word - place.word) <= 2):
            continue
        line, word = evidence.lines[place.line], place.word - step
        if 0 <= word < len(line.terms):
            other = line.terms[word]
            if (other.number or other.date) and not borne(term, other):
                return _text(line, word, word)
    return ""


def _nearest_figure(found: Alignment, evidence: Index, term: Term) -> str:
    """A figure of the same kind in the sentence that bears most of the claim, which the claim does not have."""
    if found.best < 0:
        return ""
    line = evidence.lines[found.best]
    for word, other in enumerate(line.terms):
        alike = bool(other.number) == bool(term.number) and bool(other.date) == bool(term.date)
        if (
            alike
            and (other.number or other.date)
            and not any(borne(one, other) for one in found.claim.terms if one.number or one.date)
        ):
            return _text(line, word, word)
    return ""


REACH = 3  # words of the claim to either side by which a figure is bound
SLACK = 6  # how much farther apart they may stand in the evidence


def _bound(found: Alignment, evidence: Index, at: int) -> bool:
    """Whether the figure stands in the evidence near a word that it stands near in the claim."""
    terms = found.claim.terms
    beside = [
        other
        for side in (range(at - 1, -1, -1), range(at + 1, len(terms)))
        for other in [one for one in side if terms[one].weight and not terms[one].number and not terms[one].date][
            :REACH
        ]
    ]
    if not beside:
        return True
    for line, (_, words) in found.matches[at].items():
        for other in beside:
            if line in found.matches[other]:
                gap = min(abs(a - b) for a in words for b in found.matches[other][line][1])
                if gap <= abs(other - at) + SLACK:
                    return True
    return False


# --- negation ---


def _negations(found: Alignment, evidence: Index) -> Iterator[Finding]:
    terms = found.claim.terms
    for at, term in enumerate(terms):
        if term.text in NEGATORS and found.places[at] is None:
            denied, place = _denied_and_linked(found, at)
            if place and _steady(found, at, denied) and not _negated(evidence.lines[place.line].terms, place.word):
                yield Finding("negation", _text(found.claim, at, denied), _around(evidence, place))
    used = {place: at for at, place in enumerate(found.places) if place}
    for line in sorted({place.line for place in used}):
        theirs = evidence.lines[line].terms
        for word, term in enumerate(theirs):
            if term.text in NEGATORS and Place(line, word) not in used:
                end = _denied(theirs, word)
                mine = used.get(Place(line, end)) if end is not None else None
                if end is not None and mine is not None and _steady(found, mine, mine) and not _negated(terms, mine):
                    yield Finding("negation", _text(found.claim, mine, mine), _text(evidence.lines[line], word, end))


def _steady(found: Alignment, low: int, high: int) -> bool:
    """Whether the claim says around these words what the evidence says there: most of three words to either side."""
    middle = next((place for place in found.places[low : high + 1] if place), None)
    beside = [*range(max(0, low - 3), low), *range(high + 1, min(len(found.places), high + 4))]
    near = [
        at
        for at in beside
        if (place := found.places[at])
        and middle
        and place.line == middle.line
        and abs(place.word - middle.word) <= high - low + 7
    ]
    return bool(beside) and len(near) >= 0.6 * len(beside)


def _denied_and_linked(found: Alignment, at: int) -> tuple[int, Place | None]:
    """The word that a particle denies and its place; where the evidence has another form of it, the word after it."""
    first = _denied(found.claim.terms, at)
    second = _denied(found.claim.terms, first) if first is not None else None
    for candidate in (first, second):
        if candidate is not None and found.places[candidate]:
            return candidate, found.places[candidate]
    return at, None


def _denied(terms: tuple[Term, ...], at: int) -> int | None:
    """The word that a particle of negation denies: the next with weight, at most three words on."""
    if at + 1 < len(terms) and terms[at + 1].text in _NOT_DENYING:
        return None
    for word in range(at + 1, min(at + 4, len(terms))):
        if terms[word].weight:
            return None if terms[word].number else word
    return None


_NOT_DENYING = frozenset(("only", "just", "merely", "least", "سيما", "بد", "شك", "فقط"))


def _negated(terms: tuple[Term, ...], at: int) -> bool:
    """Whether a negation or a denial stands just before the word, or is part of it."""
    return any(terms[word].text in NEGATORS or terms[word].text in DENIALS for word in range(max(0, at - 4), at + 1))


def _around(evidence: Index, place: Place) -> str:
    line = evidence.lines[place.line]
    return _text(line, max(0, place.word - 1), place.word)


# --- a word turned into its opposite ---


def _turned(found: Alignment, evidence: Index, gone: list[Departure]) -> Iterator[Finding]:
    for one in gone:
        if one.kind != "other":
            continue
        listed = evidence.lines[one.line].terms
        for at in one.claim:
            for word in one.evidence:
                if any(side ^ 1 in listed[word].sides for side in found.claim.terms[at].sides):
                    yield Finding("reversal", _text(found.claim, at, at), _text(evidence.lines[one.line], word, word))


# --- a name in the place of another ---


def _names(found: Alignment, evidence: Index, gone: list[Departure]) -> Iterator[Finding]:
    used = {place for place in found.places if place}
    for one in gone:
        if one.kind != "other" or not one.tight:
            continue
        mine = [at for at in one.claim if _name_like(found.claim, at)]
        theirs = [word for word in one.evidence if _name_like(evidence.lines[one.line], word)]
        elsewhere = [
            at for at in mine if found.matches[at].keys() - {one.line} and not _free(found, at, one.line, used)
        ]
        if elsewhere and theirs and _flanked(found, one):
            line = evidence.lines[one.line]
            yield Finding("name", _text(found.claim, elsewhere[0], elsewhere[-1]), _text(line, theirs[0], theirs[-1]))


def _flanked(found: Alignment, one: Departure) -> bool:
    """Whether the words around are the evidence's own, there: most of three to either side."""
    low, high, middle = one.claim[0], one.claim[-1], one.evidence[0]
    beside = [*range(max(0, low - 3), low), *range(high + 1, min(len(found.places), high + 4))]
    near = [
        at for at in beside if (place := found.places[at]) and place.line == one.line and abs(place.word - middle) <= 8
    ]
    return bool(beside) and len(near) >= 0.6 * len(beside)


def _free(found: Alignment, at: int, line: int, used: set[Place]) -> bool:
    """Whether the sentence has the word at a place that no other word of the claim takes."""
    _, words = found.matches[at].get(line, (0.0, []))
    return any(Place(line, word) not in used for word in words)


def _name_like(line: Line, at: int) -> bool:
    """A capital where the script has them and the text uses them; otherwise any word that is not common."""
    term = line.terms[at]
    if term.number or term.date or not term.weight:
        return False
    if term.text.isascii() and any(letter.isupper() for letter in line.text[1:]):
        return line.text[line.spans[at].start].isupper()
    return term.weight >= 0.4
