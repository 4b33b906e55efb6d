"""Who does what, clause by clause: a name beside what the evidence has another do or say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from assistant.extractive.type_markers import TITLES
from assistant.grounding.alignment import SURE, TWELVE, Alignment, Index
from assistant.grounding.common import LEADING, REPORTING, THAT
from assistant.grounding.names import LINKS, Name, is_listed, is_role, names, rare
from assistant.grounding.reading import TERMS, Line
from index.language.normalize import folded

KNOWN = 0.6  # the share of what a claim says of a name that a clause must have
APART = 0.2  # how much less of it the clauses of that name must have
ADJECTIVES = 2  # words that may stand between "in" and a name
LITTLE = 0.2  # of what the sentence that has most of it has
PHRASE = 3  # words of who does it
NEAR = 8  # words behind a verb in which who does it stands, with what he is
ENOUGH = 0.8  # the weight of what is said
UNLISTED = 1.0  # the weight above which no list of words has one: with a capital it is a name at the beginning, too
PART = 0.4  # the weight from which a word of a name is taken for the name

_CUTS = frozenset(
    folded(
        "فيما بينما لكن لكنه لكنها ولكن غير اما وأما حين حيث ثم كما قبل بعدما ولم ولن ولا وقد while but whereas although though before after"
    ).split()
)
_GOES_ON = THAT | frozenset(folded("وهو وهي وهم الذي التي الذين who which whose").split())  # no new clause begins here
_BEFORE_VERBS = _CUTS | _GOES_ON
_NO_NOUN = LEADING | _CUTS
Told = tuple[str, str]  # the claim's name, and the evidence's


class Clause(NamedTuple):
    """Words of a sentence, from one to before another, with who does what is said there."""

    line: int
    low: int
    high: int
    doers: tuple[Name, ...]


def misattributed(found: Alignment, evidence: Index) -> Iterator[Told]:
    """Names of the claim whose deed or words stand in a clause of another name, and in none of theirs.

    >>> from assistant.grounding.alignment import align, index
    >>> from assistant.grounding.reading import read_line
    >>> there = index("Vetter blamed the weather, while Sabine Roth defended the slow repair crews. Vetter then left.")
    >>> list(misattributed(align(read_line("Vetter defended the slow repair crews."), there), there))
    [('Vetter', 'Sabine Roth')]
    """
    claim = found.claim
    known, named, there = _names(found, evidence)
    if not named:
        return
    theirs = [clause for number, listed in there.items() for clause in _clauses(number, evidence.lines[number], listed)]
    own = {term.stem for term in claim.terms if term.text in known}  # of all names of the claim
    held = [not own.isdisjoint(_stems_in(evidence.lines[their.line], their)) for their in theirs]
    for mine in _clauses(-1, claim, named):
        if any(found.matches[at] for doer in mine.doers for at in doer.words):
            where = _said(found, mine, theirs, held, known)
            where = _counted(found, mine, theirs, held) if where is None else where
            if where is not None:
                yield mine.doers[0].text(claim), where.doers[0].text(evidence.lines[where.line])


def _said(
    found: Alignment, mine: Clause, theirs: list[Clause], held: list[bool], known: frozenset[str]
) -> Clause | None:
    """The clause of other names that has most of what the claim says of its own, where none of theirs has as much."""
    terms = found.claim.terms
    said = [at for at in range(mine.low, mine.high) if _says(found.claim, at, known)]
    total = sum(terms[at].weight for at in said)
    if total < ENOUGH or not theirs:
        return None
    shares = [sum(terms[at].weight for at in said if _there(found, at, their)) / total for their in theirs]
    best = max(range(len(theirs)), key=shares.__getitem__)
    most = max((share for share, own in zip(shares, held, strict=True) if own), default=0.0)
    other = theirs[best].doers and not held[best] and shares[best] >= KNOWN and most < shares[best] - APART
    return theirs[best] if other else None


def _counted(found: Alignment, mine: Clause, theirs: list[Clause], held: list[bool]) -> Clause | None:
    """The clause of other names that alone has a number which the claim has of its own, of whom there are clauses elsewhere."""
    for at in range(mine.low, mine.high):
        number = found.claim.terms[at].number
        if number and number.kind == "cardinal" and number.value > TWELVE and any(held):
            there = [place for place, their in enumerate(theirs) if _there(found, at, their)]
            if there and all(theirs[place].doers and not held[place] for place in there):
                return theirs[there[0]]
    return None


def _stems_in(line: Line, clause: Clause) -> set[str]:
    """The stems of a clause's words, and of who does what is said there."""
    return {term.stem for term in line.terms[clause.low : clause.high]}.union(
        *(_stems(line, doer) for doer in clause.doers)
    )


def other_subject(found: Alignment, evidence: Index) -> Told | None:
    """Who does it where Arabic has its verb first: another stands behind the verb, and the claim's stands somewhere else.

    >>> from assistant.grounding.alignment import align, index
    >>> from assistant.grounding.reading import read_line
    >>> there = index("رجح شهود أن تكون السرعة سبب الحادث، ولم تستبعد الشرطة عطل الفرامل.")
    >>> other_subject(align(read_line("رجحت الشرطة أن تكون السرعة سبب الحادث."), there), there)
    ('الشرطة', 'شهود')
    """
    claim = found.claim
    for at in range(len(claim.terms) - 1):
        mine = _noun_phrase(claim, at + 1) if _begins(claim, at) and not claim.breaks[at] else []
        if not any(_sure(found, one) for one in mine):
            continue
        rest = [one for one in range(mine[-1] + 1, len(claim.terms)) if claim.terms[one].weight]
        for number in found.window:
            line = evidence.lines[number]
            trust, places = found.matches[at].get(number, (0.0, []))
            if trust < SURE or len(places) != 1 or not _begins(line, places[0]) or line.breaks[places[0]]:
                continue
            if _share(found, rest, number, places[0]) < KNOWN:
                continue
            theirs, near = _noun_phrase(line, places[0] + 1), range(places[0] + 1, _next_verb(line, places[0] + 1))
            same = any(word in near for one in mine for word in found.words(one, number))
            known = any(not set(theirs).isdisjoint(found.words(one, number)) for one in range(len(claim.terms)))
            if theirs and not same and not known:
                return claim.said(mine[0], mine[-1]), line.said(theirs[0], theirs[-1])
    return None


def turned_round(found: Alignment, evidence: Index) -> Told | None:
    """Two names behind an Arabic verb, of which the evidence has the other first: who received whom.

    >>> from assistant.grounding.alignment import align, index
    >>> from assistant.grounding.reading import read_line
    >>> there = index("استقبل الوزير سامر قبلان، في المطار اليوم، السفيرة هالة شلبي.")
    >>> turned_round(align(read_line("استقبلت هالة شلبي الوزير سامر قبلان في المطار."), there), there)
    ('هالة شلبي', 'سامر قبلان')
    """
    claim = found.claim
    _, named, there = _names(found, evidence)
    for at in range(len(claim.terms)) if len(named) > 1 else ():
        mine = [one for one in named if at < one.words[0] <= at + NEAR] if _begins(claim, at) else []
        if len(mine) < 2 or mine[0].words[0] > at + PHRASE or not _free(claim, mine[0]):
            continue
        first, second = _stems(claim, mine[0]), _stems(claim, mine[1])
        for number in found.window:
            line = evidence.lines[number]
            trust, places = found.matches[at].get(number, (0.0, []))
            theirs = [one for one in there.get(number, ()) if places and one.words[0] > places[0]]
            if trust < SURE or len(theirs) < 2 or not _begins(line, places[0]) or not _free(line, theirs[0]):
                continue
            turned = [not first.isdisjoint(_stems(line, their)) for their in theirs]
            other = not second.isdisjoint(_stems(line, theirs[0]))
            if theirs[0].words[0] <= places[0] + NEAR and other and not turned[0] and any(turned):
                return mine[0].text(claim), theirs[0].text(line)
    return None


def _noun_phrase(line: Line, at: int) -> list[int]:
    """The Arabic noun that may be who does it, and where it has no article the next: الشرطة, سكان الحي."""
    found: list[int] = []
    while at < len(line.terms) and not (found and (len(found) > 1 or line.terms[found[0]].text.startswith("ال"))):
        term = line.terms[at]
        verb = line.joined(at) or (term.text.startswith("و") and rare(term)) or term.text in _NO_NOUN
        if not term.weight or term.text.isascii() or term.number or term.date or verb or term.text[:1] in ("ل", "ب"):
            break
        found.append(at)
        if line.breaks[at]:
            break
        at += 1
    return found


def _begins(line: Line, at: int) -> bool:
    """Whether a word may be the verb that an Arabic clause begins with."""
    term = line.terms[at]
    first = at == 0 or line.breaks[at - 1] or line.joined(at) or line.terms[at - 1].text in _BEFORE_VERBS
    return first and bool(term.weight) and not term.text.isascii() and not term.text.startswith(("ال", "وال"))


def _sure(found: Alignment, at: int) -> bool:
    """Whether a word stands somewhere in the evidence, and not only one like it."""
    return any(trust >= SURE for trust, _ in found.matches[at].values())


def _share(found: Alignment, rest: list[int], number: int, after: int) -> float:
    """The share of the claim's further words that stand behind a word of a sentence."""
    terms = found.claim.terms
    total = sum(terms[at].weight for at in rest)
    there = sum(
        terms[at].weight for at in rest if any(one > after for one in found.matches[at].get(number, (0.0, []))[1])
    )
    return there / total if total >= ENOUGH else 0.0


def _names(found: Alignment, evidence: Index) -> _Named:
    """Of the sentences that have at least a little of the claim."""
    little = LITTLE * max(found.shares, default=0.0)
    return _named(found.claim, evidence, tuple(at for at, share in enumerate(found.shares) if share > little))


class _Named(NamedTuple):
    """The claim's names, the words of all that either side tells to be names, and where the evidence has them, sentence by sentence."""

    known: frozenset[str]
    mine: list[Name]
    theirs: dict[int, list[Name]]  # of the sentences that have a word of the claim


@lru_cache(maxsize=4)
def _named(claim: Line, evidence: Index, lines: tuple[int, ...]) -> _Named:
    own = names(claim, evidence.proper)
    sides = [(claim, own), *((evidence.lines[at], evidence.names(at)) for at in lines)]
    listed = {line.terms[at].text for line, found in sides for match in found if not match.head for at in match.words}
    for line, _ in sides:
        listed |= {term.text for at, term in enumerate(line.terms) if term.weight > UNLISTED and _capital(line, at)}
    known = frozenset(one for one in listed if one not in LINKS and (is_listed(one) or TERMS[one].weight >= PART))
    theirs = {at: list(_mentions(evidence.lines[at], evidence.names(at), known)) for at in lines}
    return _Named(known, list(_mentions(claim, own, known)), theirs)


def _capital(line: Line, at: int) -> bool:
    return line.terms[at].text.isascii() and line.text[line.spans[at].start].isupper()


def _clauses(number: int, line: Line, named: list[Name]) -> Iterator[Clause]:
    """What is said of one name after another: each stretch from a clause that names somebody to the next that does.

    Who speaks is among those who do what stands behind, for "and added that" names nobody.
    """
    inside = {at for one in named for at in one.words}
    low = start = 0
    doers: tuple[Name, ...] = ()
    speakers: tuple[Name, ...] = ()
    for at in range(1, len(line.terms) + 1):
        if at < len(line.terms) and (at in inside or not _cut(line, at)):
            continue
        here = tuple(one for one in named if start <= one.words[0] < at and _free(line, one))
        if here and doers:
            yield Clause(number, low, start, doers)
            low = start
        doers, start = (*here, *(speaker for speaker in speakers if speaker not in here)) if here else doers, at
        if here and any(_bare(term.text) in REPORTING or term.text in REPORTING for term in line.terms[low:at]):
            speakers = here[:1]
    yield Clause(number, low, len(line.terms), doers)


def _cut(line: Line, at: int) -> bool:
    """Whether a clause begins with this word."""
    text = line.terms[at].text
    listed = text.startswith(("وال", "ولل")) and line.joined(at)  # "، واللواء حسين": a list goes on
    return text not in _GOES_ON and not listed and (line.breaks[at - 1] or _turns(line, at))


def _turns(line: Line, at: int) -> bool:
    """Whether a sentence turns to something else here: "while", or an "and" written onto what may be a verb."""
    text = line.terms[at].text
    return text in _CUTS or (line.joined(at) and not text.startswith(("وال", "وان", "ولل", "وب", "وفي")))


def _next_verb(line: Line, at: int) -> int:
    return next((word for word in range(at, len(line.terms)) if _turns(line, word)), len(line.terms))


def _mentions(line: Line, listed: list[Name], known: frozenset[str]) -> Iterator[Name]:
    """Words of known names that follow one another, up to where the next name begins."""
    begins = {one.words[0] for one in listed}
    runs: list[list[int]] = [[]]
    for at, term in enumerate(line.terms):
        if term.text not in LINKS and term.text not in known and _bare(term.text) not in known:
            runs.append([])
        elif runs[-1] and (line.breaks[at - 1] or at in begins):
            runs.append([at])
        else:
            runs[-1].append(at)
    return (Name(tuple(run)) for run in runs if any(line.terms[word].text not in LINKS for word in run))


def _bare(word: str) -> str:
    return word[1:] if word[:1] in ("و", "ف", "ل", "ب") and len(word) > 4 else word


def _free(line: Line, name: Name) -> bool:
    """Whether a name may be who does it: no preposition stands before it or its title."""
    at = name.words[0]
    if line.terms[at].text[:1] in ("ل", "ب") and line.terms[at].stem != line.terms[at].text:
        return False
    at -= 1
    while at >= 0 and not line.breaks[at] and (is_role(line.terms[at].text) or line.terms[at].text in TITLES):
        at -= 1
    before = [one for one in range(at, max(-1, at - ADJECTIVES - 1), -1) if not any(line.breaks[one : at + 1])]
    return not any(
        line.terms[one].text in LEADING for one in (before if line.terms[name.words[0]].text.isascii() else before[:1])
    )


def _says(line: Line, at: int, known: frozenset[str]) -> bool:
    term = line.terms[at]
    return bool(term.weight) and not (
        term.text in known
        or _bare(term.text) in known
        or term.text in LINKS
        or term.text in REPORTING
        or term.text in TITLES
        or is_role(term.text)
    )


def _there(found: Alignment, at: int, clause: Clause) -> bool:
    return any(clause.low <= word < clause.high for word in found.words(at, clause.line))


def _stems(line: Line, name: Name) -> set[str]:
    return {line.terms[at].stem for at in name.words if line.terms[at].text not in LINKS}
