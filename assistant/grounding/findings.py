"""What a claim says otherwise than its evidence, word by word: numbers, dates, names, negation, reversal."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import combinations
from typing import Literal, NamedTuple

from assistant.grounding.alignment import SURE, Alignment, Index, Place, borne
from assistant.grounding.bounds import bounded
from assistant.grounding.coming import unfulfilled
from assistant.grounding.departures import Departure, departures, in_place
from assistant.grounding.exchanges import exchanged, other_way
from assistant.grounding.names import names
from assistant.grounding.parts import misattributed, other_subject, turned_round
from assistant.grounding.polarity import negated, turned
from assistant.grounding.reading import Line, Term
from assistant.grounding.roles import misplaced_names, unknown_names
from index.language.normalize import folded
from index.language.numbers.number_mentions import Number, agree, numbers

Kind = Literal[
    "number", "number elsewhere", "date", "name", "unknown name", "place", "exchanged", "negation", "not yet", "reversal", "quotation", "speaker"
]  # fmt: skip


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
        *(Finding("negation", said, other) for said, other in negated(found, evidence)),
        *(Finding("reversal", said, other) for said, other in turned(found, evidence, gone)),
        *(Finding("reversal", said, other) for said, other in bounded(found, evidence)),
        *_not_yet(found, evidence),
        *_names(found, evidence, gone),
        *_places(found, evidence),
    ]


def _not_yet(found: Alignment, evidence: Index) -> Iterator[Finding]:
    if told := unfulfilled(found, evidence):
        yield Finding("not yet", *told)


# --- numbers and dates ---


def _figures(found: Alignment, evidence: Index, gone: list[Departure]) -> Iterator[Finding]:
    for at, term in enumerate(found.claim.terms):
        if not (term.number or term.date):
            continue
        kind: Literal["number", "date"] = "date" if term.date else "number"
        if not found.matches[at] and _difference(found, evidence, at):
            continue
        if instead := _figure_instead(found, evidence, at):
            yield _otherwise(kind, found.claim, at, evidence, instead)
        elif _only_weekday(term):
            continue  # Friday prayers, "both" that looks like a Monday
        elif not found.matches[at] and (_dual(term, evidence) or _one_of_a_score(found.claim, at)):
            continue
        elif not found.matches[at]:
            yield _otherwise(kind, found.claim, at, evidence, _nearest_figure(found, evidence, term))
        elif term.number and not _bound(found, evidence, at):
            yield _otherwise("number elsewhere", found.claim, at, evidence, _nearest_figure(found, evidence, term))


def _difference(found: Alignment, evidence: Index, at: int) -> bool:
    """Whether a number is called the difference of two, and two of a sentence differ by it: up 57 million, from 355 to 412."""
    own = found.claim.terms[at].number
    beside = {term.text for term in found.claim.terms[max(0, at - REACH) : at + REACH + 2]}
    if own is None or beside.isdisjoint(_DIFFERING):
        return False
    for line in evidence.lines:
        values = [one.value for term in line.terms if (one := term.number) and one.kind == "cardinal"]
        if any(abs(one - other) == own.value for one, other in combinations(values, 2)):
            return True
    return False


_DIFFERING = frozenset(
    folded(
        "بمقدار بفارق فارق الفارق نقطة نقاط نقطتين بزيادة زيادة أكثر أقل أكبر أصغر أعلى أدنى بانخفاض أطول أقصر by more less fewer longer shorter larger "
        "smaller higher lower gap margin difference points ahead extra additional older younger"
    ).split()
)


def _otherwise(kind: Kind, claim: Line, at: int, evidence: Index, instead: Place | None) -> Finding:
    """A figure with the evidence's; both with their units where these differ: 870 km and 870 m."""
    said = claim.said(at, at)
    if instead is None:
        return Finding(kind, said)
    line, own = evidence.lines[instead.line], claim.terms[at].number
    other = line.terms[instead.word].number
    if own and other and own.unit != other.unit:
        return Finding(kind, _with_unit(claim, at, own), _with_unit(line, instead.word, other))
    return Finding(kind, said, line.said(instead.word, instead.word))


def _with_unit(line: Line, at: int, number: Number) -> str:
    """The number with the word or the sign beside it that is its unit."""
    start, end = line.spans[at].start, line.spans[at].end
    before, after = _SIGN_BEFORE.search(line.text, 0, start), _UNIT_AFTER.match(line.text, end)
    for low, high in ((start, end), (start, after.end() if after else end), (before.start() if before else start, end)):
        if any(one.unit == number.unit for one in numbers(line.text[low:high])):
            return line.text[low:high]
    return line.text[start:end]


_UNIT_AFTER = re.compile(r"[\s-]*(?:[€£$¥%٪]|(?:من\s+)?[^\W\d_]+(?:\s+ال[^\W\d_]+)?)")
_SIGN_BEFORE = re.compile(r"(?:\b[A-Za-z]{1,3})?[€£$¥%٪]?\s?\Z")


def _one_of_a_score(claim: Line, at: int) -> bool:
    """Whether a number is the 1 of "2-1", which the evidence may put as a goal."""
    number, span = claim.terms[at].number, claim.spans[at]
    beside = claim.text[max(0, span.start - 2) : span.start] + claim.text[span.end : span.end + 2]
    return number is not None and number.value == 1 and bool(re.search(r"\d[-–:]|[-–:]\d", beside))


def _dual(term: Term, evidence: Index) -> bool:
    """Whether a word in the dual, or another that only may be a number, says the number: لجنتان for 2."""
    if term.number is None:
        return False
    read = (numbers(line.text) for line in evidence.lines)
    return any(one.loose and agree(term.number, one) for listed in read for one in listed)


def _only_weekday(term: Term) -> bool:
    return term.date is not None and all(one.year is None and one.month is None for one in term.date.values)


def _figure_instead(found: Alignment, evidence: Index, at: int) -> Place | None:
    """Another figure that stands in the evidence where the claim has this one: beside the same word."""
    term, own = found.claim.terms[at], found.places[at]
    if any(own and (place := _place(found, at + step)) and place == (own.line, own.word + step) for step in (-1, 1)):
        return None  # it stands beside the same word
    for step in (-1, 1):
        beside = at + step
        place = _place(found, beside) or (_only_place(found, beside, own.line) if own else None)
        apart = own.word - place.word if place and own and place.line == own.line else None
        if place is None or (apart is not None and (0 < apart <= 2 or (step > 0 and -2 <= apart < 0))):
            continue  # it stands there, too: "rice 7%" not before the rice, and "ten minutes" also in "from fifty minutes to ten"
        line, word = evidence.lines[place.line], place.word - step
        if 0 <= word < len(line.terms):
            other = line.terms[word]
            alike = bool(other.number) == bool(term.number) and bool(other.date) == bool(term.date)
            if alike and (other.number or other.date) and not borne(term, other):
                return Place(place.line, word)
    return None


def _only_place(found: Alignment, at: int, line: int) -> Place | None:
    """The only place of a word in a sentence, though the path does not lead there."""
    trust, words = found.matches[at].get(line, (0.0, [])) if 0 <= at < len(found.matches) else (0.0, [])
    return Place(line, words[0]) if trust >= SURE and len(words) == 1 else None


def _place(found: Alignment, at: int) -> Place | None:
    return found.places[at] if 0 <= at < len(found.places) else None


def _nearest_figure(found: Alignment, evidence: Index, term: Term) -> Place | None:
    """A figure of the same kind in the sentence that bears most of the claim, which the claim does not have."""
    if found.best < 0:
        return None
    line = evidence.lines[found.best]
    for word, other in enumerate(line.terms):
        alike = bool(other.number) == bool(term.number) and bool(other.date) == bool(term.date)
        if (
            alike
            and (other.number or other.date)
            and not any(borne(term, other) for term in found.claim.terms if term.number or term.date)
        ):
            return Place(found.best, word)
    return None


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


# --- a name in the place of another ---


def _names(found: Alignment, evidence: Index, gone: list[Departure]) -> Iterator[Finding]:
    told = [*_replaced(found, evidence, gone), *misplaced_names(found, evidence), *misattributed(found, evidence)]
    if not told and (other := other_subject(found, evidence)):
        told = [other]
    yield from (Finding("name", key, instead) for key, instead in dict(told).items())
    yield from (Finding("unknown name", said, other) for said, other in unknown_names(found, evidence))
    if turned := exchanged(found, evidence) or turned_round(found, evidence):
        yield Finding("exchanged", *turned)
    elif way := other_way(found, evidence):
        yield Finding("reversal", *way)


def _replaced(found: Alignment, evidence: Index, gone: list[Departure]) -> Iterator[tuple[str, str]]:
    """A name of the article exactly where the evidence has another."""
    used = {place for place in found.places if place}
    for one in gone:
        if one.kind != "other" or not one.tight or not in_place(found, one):
            continue
        line = evidence.lines[one.line]
        mine, listed = (
            _names_among(side, words, evidence.proper)
            for side, words in ((found.claim, one.claim), (line, one.evidence))
        )
        theirs = [word for word, head in listed.items() if head in mine.values()]
        moved = [at for at in mine if found.matches[at].keys() - {one.line} and not _free(found, at, one.line, used)]
        said = {term.stem for term in found.claim.terms}
        told = len(theirs) > 1 and {line.terms[word].stem for word in theirs} <= said  # the claim names them, too
        if moved and theirs and not told:
            yield found.claim.said(moved[0], moved[-1]), line.said(theirs[0], theirs[-1])


def _names_among(line: Line, words: tuple[int, ...], proper: Collection[str]) -> dict[int, str]:
    """Those of the words that are a name or a part of one, each with what it is the name of, where that is known."""
    named = {at: name.head for name in names(line) for at in name.words}
    for at in words:
        term = line.terms[at]
        if term.text.isascii() and line.text[line.spans[at].start].isupper() and (at or term.text in proper):
            named[at] = ""
        elif term.places:
            named[at] = "place"
    return {at: named[at] for at in words if at in named and not (line.terms[at].number or line.terms[at].date)}


def _free(found: Alignment, at: int, line: int, used: set[Place]) -> bool:
    """Whether the sentence has the word at a place that no other word of the claim takes."""
    return any(Place(line, word) not in used for word in found.words(at, line))


ALIKE = 0.7  # the share of a claim's other words that must stand in a sentence for the two to speak of the same thing


def _places(found: Alignment, evidence: Index) -> Iterator[Finding]:
    """A country or a city that the evidence does not name, in a sentence that says the rest of another."""
    terms = found.claim.terms
    away = [at for at, term in enumerate(terms) if term.places and not found.matches[at]]
    if not away or found.best < 0 or found.share(found.best, away) < ALIKE:
        return
    mine = frozenset(place for term in terms for place in term.places)
    line = evidence.lines[found.best]
    instead = next((word for word, term in enumerate(line.terms) if term.places and not term.places & mine), None)
    if instead is not None:
        yield Finding("place", found.claim.said(away[0], away[0]), line.said(instead, instead))
