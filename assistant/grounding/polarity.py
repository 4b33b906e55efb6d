"""Whether a claim denies what the evidence says, says what it denies, or says its opposite."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.grounding.alignment import Alignment, Index, Place
from assistant.grounding.common import CONTENT, DENIALS, NEGATORS, QUALIFIERS
from assistant.grounding.departures import Departure, flanked
from assistant.grounding.governing import under_denial
from assistant.grounding.names import LINKS, is_listed, is_role
from assistant.grounding.reading import Line, Term

ALIKE = 0.7  # the share of a claim's other words that must stand in a sentence for the two to speak of the same thing
LIKELY = 0.6  # the same, where nothing else in either is denied
NEAR = 4  # words with weight within which another word of the claim must stand by one that is denied

BESIDE = 3  # words that say something within which what is meant must stand

Told = tuple[str, str]  # the claim's words, and the evidence's


# --- negation ---


def negated(found: Alignment, evidence: Index) -> Iterator[Told]:
    """What is denied on one side only."""
    told = [*_denied_here(found, evidence), *_denied_there(found, evidence)]
    if not told:
        told += [*_plainly_here(found, evidence), *_plainly_there(found, evidence)]
    if under := under_denial(found, evidence):
        told.append(under)
    yield from told


def _denied_here(found: Alignment, evidence: Index) -> Iterator[Told]:
    terms, used = found.claim.terms, {place for place in found.places if place}
    for at, term in enumerate(terms):
        if term.text in NEGATORS and found.places[at] is None:
            denied, place = _denied_and_linked(found, at)
            no = terms[denied].text in DENIALS  # "did not refuse" is borne out by another particle, not by "refused"
            verb = _denied(terms, at)
            theirs = evidence.lines[place.line].terms if place else ()
            free = [their for word, their in enumerate(theirs) if place and Place(place.line, word) not in used]
            turned = verb is not None and any(_opposed(terms[verb], one) for one in free)  # "was absent"
            if place and not turned and _steady(found, at, denied) and not _negated(theirs, place.word, no):
                yield found.claim.said(at, denied), _around(evidence, place)


def _denied_there(found: Alignment, evidence: Index) -> Iterator[Told]:
    terms = found.claim.terms
    used = {place: at for at, place in enumerate(found.places) if place}
    for line in sorted({place.line for place in used}):
        theirs = evidence.lines[line].terms
        for word, end in _denials(theirs):
            mine = used.get(Place(line, end))
            steady = Place(line, word) not in used and mine is not None and _steady(found, mine, mine)
            if mine is not None and steady and not _negated(terms, mine):
                yield found.claim.said(mine, mine), evidence.lines[line].said(word, end)


def _plainly_here(found: Alignment, evidence: Index) -> Iterator[Told]:
    """A claim with a "not" beside a sentence that says the same in another order and has none, nor an opposite."""
    if found.best < 0 or found.share(found.best) < LIKELY:
        return
    terms, line = found.claim.terms, evidence.lines[found.best]
    if any(term.text in NEGATORS or term.text in DENIALS for term in line.terms):
        return
    for at, end in _denials(terms):
        match = found.matches[end].get(found.best) if terms[at].text not in _OF_NOUNS else None
        sides = {side ^ 1 for term in terms for side in term.sides}
        if match and not any(sides & term.sides for term in line.terms):
            yield found.claim.said(at, end), line.said(match[1][0], match[1][0])
            return


def _plainly_there(found: Alignment, evidence: Index) -> Iterator[Told]:
    """A claim in which nothing is denied beside a sentence that denies its verb, in another order."""
    terms = found.claim.terms
    if any(term.text in QUALIFIERS for term in terms):
        return
    for number in found.window:
        if found.share(number) < LIKELY:
            continue
        line = evidence.lines[number]
        for word, end in _denials(line.terms):
            mine = [at for at in range(len(terms)) if end in found.words(at, number)]
            mine = [] if line.terms[word].text in _OF_NOUNS else mine
            if mine and _by(found, number, line.terms, end, mine[0]) and not _said_elsewhere(found, mine[0], number):
                sides = {side ^ 1 for side in line.terms[end].sides}
                if not any(sides & term.sides for term in terms):
                    yield found.claim.said(mine[0], mine[0]), line.said(word, end)
                    return


def _by(found: Alignment, number: int, theirs: tuple[Term, ...], end: int, mine: int) -> bool:
    """Whether another word of the claim stands close to the one that is denied."""
    weighty = [at for at, term in enumerate(theirs) if term.weight]
    middle = weighty.index(end) if end in weighty else -1
    near = set(weighty[max(0, middle - NEAR) : middle + NEAR + 1]) - {end}
    return middle >= 0 and any(
        not near.isdisjoint(found.words(at, number)) for at in range(len(found.matches)) if at != mine
    )


def _said_elsewhere(found: Alignment, at: int, line: int) -> bool:
    return any(other != line and found.share(other) >= LIKELY for other in found.matches[at])


def _denials(terms: tuple[Term, ...]) -> Iterator[tuple[int, int]]:
    """Each particle of negation with the word that it denies; so do "failed to" and "فشل في"."""
    for at, term in enumerate(terms):
        if term.text in NEGATORS and (end := _denied(terms, at)) is not None:
            yield at, end
        elif term.text in _FAILING:  # "failed to win", "فشل الفريق في نيل"
            to = next((word for word in range(at + 1, min(at + 4, len(terms))) if terms[word].text in _TO), None)
            if to is not None and (end := _denied(terms, to)) is not None:
                yield at, end


_FAILING = frozenset(
    "failed fail fails failing refused refuses declined declines unable فشل فشلت يفشل تفشل اخفق اخفقت عجز عجزت امتنع امتنعت".split()
)
_OF_NOUNS = frozenset("non غير without بدون دون بلا nor عدم".split())  # a non-runner is another than a runner
_TO = frozenset(("to", "في", "عن"))
_NO_LONGER = frozenset("longer yet ever even still يعد تعد نعد اعد يعودوا".split())
_STILL = frozenset("زال زالت زالوا يزال تزال يزالون يزل تزل تزالان يزالان".split())  # "ما زال" denies nothing
_NOT_DENYING = frozenset("only just merely least all every سيما بد شك فقط كل جميع".split())


def _steady(found: Alignment, low: int, high: int) -> bool:
    """Whether the claim says around these words what the evidence says there: most of three words to either side."""
    middle = next((place for place in found.places[low : high + 1] if place), None)
    around = [*range(max(0, low - 3), low), *range(high + 1, min(len(found.places), high + 4))]
    beside = [at for at in around if found.claim.terms[at].weight or found.places[at]]
    near = [
        at
        for at in beside
        if (place := found.places[at])
        and middle
        and place.line == middle.line
        and abs(place.word - middle.word) <= high - low + 7
    ]
    return len(near) >= max(2, 0.6 * len(beside))


def _denied_and_linked(found: Alignment, at: int) -> tuple[int, Place | None]:
    """The word that a particle denies and its place; where the evidence has another form of it, the word after it."""
    terms = found.claim.terms
    first = _denied(terms, at)
    if first is None or found.places[first]:
        return (at, None) if first is None else (first, found.places[first])
    second = _denied(terms, first)
    place = found.places[second] if second is not None else None
    if second is not None and place and not _who(terms[second].text):
        return second, place  # not "لم يقبل رئيس", whose verb the evidence may not have
    return at, None


def _who(word: str) -> bool:
    """Whether a word says who does it, and not what is done."""
    return is_role(word) or is_listed(word) or word in LINKS


def _denied(terms: tuple[Term, ...], at: int) -> int | None:
    """The word that a particle of negation denies: the next with weight, at most three words on, behind "no longer" and لم يعد."""
    after = terms[at + 1].text if at + 1 < len(terms) else ""
    if after in _NOT_DENYING or after in _STILL or (terms[at].text == "غير" and after in ("ان", "انه", "انها", "انهم")):
        return None
    for word in range(at + 1, min(at + 4, len(terms))):
        if terms[word].weight and terms[word].text not in _NO_LONGER:
            return None if terms[word].number else word
    return None


def _negated(terms: tuple[Term, ...], at: int, only_particles: bool = False) -> bool:
    """Whether a negation or a denial stands just before the word, or is part of it."""
    return any(
        terms[word].text in NEGATORS or (not only_particles and terms[word].text in DENIALS)
        for word in range(max(0, at - 4), at + 1)
    )


def _around(evidence: Index, place: Place) -> str:
    line = evidence.lines[place.line]
    return line.said(max(0, place.word - 1), place.word)


# --- a word turned into its opposite ---


def turned(found: Alignment, evidence: Index, gone: list[Departure]) -> Iterator[Told]:
    """Words whose opposite stands in their place."""
    terms = found.claim.terms
    for one in gone:
        if one.kind != "other":
            continue
        theirs = evidence.lines[one.line].terms
        copied = one.tight and flanked(found, one)  # the words around are the evidence's own
        for at in one.claim:
            for word in one.evidence:
                consistent = _denied_once(terms, at, theirs, word) if copied else _consistent(terms, at, theirs, word)
                if _opposed(terms[at], theirs[word]) and not consistent:
                    yield found.claim.said(at, at), evidence.lines[one.line].said(word, word)
    yield from _turned_around(found, evidence)


def _opposed(one: Term, other: Term) -> bool:
    return any(side ^ 1 in other.sides for side in one.sides)


def _consistent(terms: tuple[Term, ...], at: int, theirs: tuple[Term, ...], word: int) -> bool:
    """Whether two opposites need not differ: one is denied, either has the other's side, too, or something only lasts so long."""
    one = terms[at]
    if any(one.sides & term.sides for term in theirs):
        return True
    lasts = one.text in _LASTING and any(term.number or term.date for term in terms[at + 1 : at + 4])
    return lasts or _denied_once(terms, at, theirs, word) or any(_opposed(one, term) for term in terms)


def _denied_once(terms: tuple[Term, ...], at: int, theirs: tuple[Term, ...], word: int) -> bool:
    """Whether just one of two words has a particle of negation close before it, "did not attend" and "was absent", or the claim goes
    on with a word on the evidence's side."""
    mine, other = (
        any(term.text in NEGATORS for term in listed[max(0, place - 2) : place])
        for listed, place in ((terms, at), (theirs, word))
    )
    agreed = any(term.sides & theirs[word].sides for term in terms[at + 1 : at + 4])  # "ruled that he was innocent"
    return mine != other or agreed


_LASTING = frozenset("استمر استمرت يستمر تستمر دام دامت lasted continued stayed remained".split())


def _turned_around(found: Alignment, evidence: Index) -> Iterator[Told]:
    """A word whose opposite stands elsewhere in a sentence that says the rest: the verb first here and last there."""
    if found.best < 0:
        return
    terms, theirs = found.claim.terms, evidence.lines[found.best].terms
    used = {place.word for place in found.places if place and place.line == found.best}
    for at, term in enumerate(terms):
        if not term.sides or found.places[at] or found.best in found.matches[at]:
            continue
        if found.share(found.best, (at,)) < ALIKE:
            continue
        for word, other in enumerate(theirs):
            if word in used or not other.weight or not _opposed(term, other):
                continue
            consistent = (
                _negated(terms, at) or _negated(theirs, word) or any(_opposed(other, their) for their in theirs)
            )
            consistent = consistent or _consistent(terms, at, theirs, word)
            if not consistent and _of_the_same(evidence.lines[found.best], word, used):
                yield found.claim.said(at, at), evidence.lines[found.best].said(word, word)
                break


def _of_the_same(line: Line, word: int, used: set[int]) -> bool:
    """Whether what stands beside a word, up to a mark, is in the claim, too: not that the buses ran where the metro stopped."""
    for step in (1, -1):
        at, seen = word, 0
        while 0 <= at + step < len(line.terms) and seen < BESIDE and not line.breaks[min(at, at + step)]:
            at += step
            if at in used:
                return True
            seen += line.terms[at].weight >= CONTENT
    return False
