"""Two words that changed places, and a place that became the other end of the way: who accused whom, from where to where."""

from __future__ import annotations

from typing import NamedTuple

from assistant.grounding.alignment import SURE, Alignment, Index
from assistant.grounding.common import REPORTING
from assistant.grounding.names import names, rare
from assistant.grounding.reading import Line, Term
from assistant.grounding.roles import KNOWN, Told
from index.language.analyzer import stem


class _Once(NamedTuple):
    """A word of the claim that stands once in a sentence of the evidence: its place here and there."""

    at: int
    there: int


def exchanged(found: Alignment, evidence: Index) -> Told | None:
    """Two words of which each stands where the evidence has the other: who accused whom, what fell and what rose."""
    if found.best < 0:
        return None
    claim, line = found.claim, evidence.lines[found.best]
    once = [
        _Once(at, match[found.best][1][0])
        for at, (term, match) in enumerate(zip(claim.terms, found.matches, strict=True))
        if term.weight >= 0.3 and not term.number and found.best in match and len(match[found.best][1]) == 1
    ]
    for place, one in enumerate(once):
        for other in once[place + 1 :]:
            differ = other.there < one.there and claim.terms[one.at].stem != claim.terms[other.at].stem
            if differ and (_crossed(claim, line, one, other) or _same_verb(found, evidence, one, other)):
                return claim.spans[one.at].of(claim.text), claim.spans[other.at].of(claim.text)
    return None


def _crossed(claim: Line, line: Line, one: _Once, other: _Once) -> bool:
    mine, theirs = claim.terms, line.terms
    crossed = _alike(mine, one.at, theirs, other.there) + _alike(mine, other.at, theirs, one.there)
    straight = _alike(mine, one.at, theirs, one.there) + _alike(mine, other.at, theirs, other.there)
    if crossed >= 3 and crossed >= straight + 2:
        return True
    return _governed(claim, line, one, other)


def _alike(mine: tuple[Term, ...], at: int, theirs: tuple[Term, ...], word: int) -> int:
    """How many of the two neighbours, or ends of the sentence, a word of the claim shares with one of the evidence."""
    count = 0
    for step in (-1, 1):
        here, there = at + step, word + step
        inside = 0 <= here < len(mine), 0 <= there < len(theirs)
        count += (mine[here].stem == theirs[there].stem) if all(inside) else not any(inside)
    return count


def _governed(claim: Line, line: Line, one: _Once, other: _Once) -> bool:
    """Whether each of the two has before it what the other has there: "beat A by … B", or the same verb between two names."""
    if any(claim.breaks[one.at : other.at]) or claim.joined(other.at):
        return False
    if any(line.breaks[other.there : one.there]):
        return False
    first, second = _before(claim, one.at, 1), _before(claim, other.at, 1)
    there, before = _before(line, one.there, 2), _before(line, other.there, 2)
    verb = one.at > 0 and bool(claim.terms[one.at - 1].weight)
    if verb and second and first != second and second.isdisjoint(_AND):
        swapped = not first.isdisjoint(before) and not second.isdisjoint(there)
        if swapped and first.isdisjoint(there) and second.isdisjoint(before):
            return True
    if other.at == one.at + 1 and one.there == other.there + 1:  # "accused A B", "A B accused"
        rare = all(_rare(claim, at) or _named(claim, at) for at in (one.at, other.at))
        return verb and rare and not first.isdisjoint(before)
    return False


def _same_verb(found: Alignment, evidence: Index, one: _Once, other: _Once) -> bool:
    """Whether the claim has one verb between two names, or before both, and the evidence has it there with the names the other way round."""
    claim = found.claim
    if one.there - other.there > FAR or any(claim.breaks[one.at : other.at]) or claim.joined(other.at):
        return False
    line, close = evidence.lines[found.best], one.there - other.there <= WITHIN
    between, first = _verb_between(found, line, one, other), close and _verb_first(found, line, one, other)
    if not (between or first):
        return False
    known = {at for name in evidence.names(found.best) for at in name.words}
    named = [_named(claim, place.at) or place.there in known for place in (one, other)]
    likely = all(sure or _rare(claim, place.at) for sure, place in zip(named, (one, other), strict=True))
    return (between and all(named)) or (first and likely)


def _verb_between(found: Alignment, line: Line, one: _Once, other: _Once) -> bool:
    """`Brazil beat Germany`, where the evidence has `Germany defeated Brazil`."""
    claim = found.claim
    for at in range(max(one.at + 1, other.at - 2), other.at):
        if _verb(claim, at) and claim.terms[at].stem in _after(claim, one.at):
            for word in found.words(at, found.best):
                apart = sum(bool(term.weight) for term in line.terms[other.there + 1 : word])
                if other.there < word < one.there and apart < 2:
                    return _passive(claim, one.at, other.at) == _passive(line, other.there, one.there)
    return False


def _verb_first(found: Alignment, line: Line, one: _Once, other: _Once) -> bool:
    """`استقبل لافروف بوتين`, where the evidence has `استقبل بوتين وزير خارجيته لافروف`."""
    claim, at = found.claim, one.at - 1
    if at < 0 or other.at - one.at > 2 or claim.terms[at].text.isascii() or not _verb(claim, at):
        return False
    return any(
        0 < other.there - word <= WITHIN
        and not any(line.breaks[word : one.there])
        and not any(term.text in REPORTING for term in line.terms[word + 1 : one.there])
        and not any(line.joined(step) for step in range(other.there + 1, one.there + 1))
        for word in found.words(at, found.best)
    )


def _verb(claim: Line, at: int) -> bool:
    """Whether a word may be what one does to the other: no verb of those that both do to each other."""
    return bool(claim.terms[at].weight) and claim.terms[at].stem not in _MUTUAL


WITHIN, FAR = 8, 16  # words from the one who does it to the one to whom it is done; where the verb stands between them
_MUTUAL = frozenset(map(stem, "met meet meets married wed faced played joined التقي اجتمع تزوج واجه".split()))


def other_way(found: Alignment, evidence: Index) -> Told | None:
    """A name that the claim has behind "from" and the evidence only behind "to", or the other way round."""
    if found.best < 0 or found.share(found.best) < KNOWN:
        return None
    claim, line = found.claim, evidence.lines[found.best]
    for at, match in enumerate(found.matches):
        trust, places = match.get(found.best, (0.0, []))
        here = _way(claim, at) if trust >= SURE and len(places) == 1 else None
        there = _way(line, places[0]) if here else None
        if not (here and there):
            continue
        turned = (claim.terms[here[0]].text in _FROM) != (line.terms[there[0]].text in _FROM)
        if turned and _named(claim, at):
            return claim.said(*here), line.said(*there)
    return None


_FROM, _TO = frozenset(("from", "من")), frozenset(("to", "into", "الي"))


def _way(line: Line, at: int) -> tuple[int, int] | None:
    """The "from" or "to" before a word, with one word between them at most: from the port of, من ميناء."""
    for before in (at - 1, at - 2):
        if before >= 0 and not any(line.breaks[before:at]) and line.terms[before].text in _FROM | _TO:
            return before, at
    return None


_AND = frozenset(("and", "or", "و", "او", "vs", "ثم"))
_ARTICLES = frozenset(("the", "a", "an"))
_BY = frozenset(("by", "قبل", "يد", "جانب", "طرف"))


def _before(line: Line, at: int, room: int) -> set[str]:
    """The stems of the words just before one, articles left out, up to a mark."""
    found: set[str] = set()
    while at > 0 and len(found) < room and not line.breaks[at - 1]:
        at -= 1
        if line.terms[at].text not in _ARTICLES:
            found.add(line.terms[at].stem)
    return found


def _after(line: Line, at: int) -> set[str]:
    """The stems of the next two words with weight, up to a mark."""
    found: set[str] = set()
    while at + 1 < len(line.terms) and len(found) < 2 and not line.breaks[at]:
        at += 1
        if line.terms[at].weight:
            found.add(line.terms[at].stem)
    return found


def _passive(line: Line, low: int, high: int) -> bool:
    return any(term.text in _BY for term in line.terms[low + 1 : high])


def _rare(line: Line, at: int) -> bool:
    """Whether an Arabic word may be a name, for all that its letters tell."""
    term = line.terms[at]
    return not term.text.isascii() and rare(term) and not term.text.startswith(("ال", "وال", "بال", "لل"))


def _named(line: Line, at: int) -> bool:
    return bool(line.terms[at].places) or any(at in name.words for name in names(line))
