"""Where a claim, laid beside its evidence, says other words, more, or fewer."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from assistant.grounding.alignment import Alignment, Index, Place

TIGHT = 4
NEXT = 2  # a word may stand between two that count as neighbours


class Departure(NamedTuple):
    """A stretch in which claim and evidence part: the claim's words, the evidence's words, of which the other has none."""

    kind: str  # "other", "more", "less", "cut", "jump", "back"
    claim: tuple[int, ...]  # words of the claim
    line: int
    evidence: tuple[int, ...]  # words of the sentence
    clean: bool = True  # left out up to a mark or from a joining word
    tight: bool = False  # at most four words on either side, so that the one stands in the place of the other


def departures(found: Alignment, evidence: Index) -> list[Departure]:
    """Where the claim says other words than the evidence, more, or fewer, from its beginning to its end."""
    linked = without_excursions(found)
    if not linked:
        return []
    used = {place for _, place in linked}
    terms = found.claim.terms

    def words(low: int, high: int) -> tuple[int, ...]:
        return tuple(at for at in range(low, high) if terms[at].weight or terms[at].sides)

    def theirs(line: int, low: int, high: int) -> tuple[int, ...]:
        listed = evidence.lines[line].terms
        return tuple(
            at for at in range(low, high) if (listed[at].weight or listed[at].sides) and (line, at) not in used
        )

    gone: list[Departure] = []
    first, start = linked[0]
    breaks = evidence.lines[start.line].breaks
    low = start.word
    while low > 0 and not breaks[low - 1] and start.word - low < max(2, first + 1):
        low -= 1
    tight = first <= TIGHT and start.word - low <= TIGHT
    gone.append(_kind(words(0, first), start.line, theirs(start.line, low, start.word), True, tight, edge=True))
    for (a, here), (b, there) in pairwise(linked):
        mine = words(a + 1, b)
        if here.line != there.line or there.word <= here.word:
            gone.append(Departure("jump" if here.line != there.line else "back", mine, there.line, ()))
            continue
        if there.word == here.word + 1 and not mine:
            continue
        line = evidence.lines[here.line]
        clean = line.breaks[here.word] or line.breaks[there.word - 1] or not line.terms[here.word + 1].weight
        tight = b - a <= TIGHT + 1 and there.word - here.word <= TIGHT + 1
        gone.append(_kind(mine, here.line, theirs(here.line, here.word + 1, there.word), clean, tight))
    last, end = linked[-1]
    line = evidence.lines[end.line]
    high = end.word + 1
    while high < len(line.terms) and not line.breaks[high - 1] and high - end.word - 1 < max(2, len(terms) - last):
        high += 1
    clean = line.breaks[end.word] or not line.terms[end.word + 1].weight
    tight = len(terms) - last <= TIGHT + 1
    gone.append(
        _kind(words(last + 1, len(terms)), end.line, theirs(end.line, end.word + 1, high), clean, tight, edge=True)
    )
    return [one for one in gone if one.kind]


EXCURSION = 3  # words with weight
ROOM = 4  # words of the evidence that may stand in the place of an excursion, beyond its own number


def without_excursions(found: Alignment) -> list[tuple[int, Place]]:
    """The words of the claim with their places, without the few that the path fetched from somewhere else.

    Up to three words between neighbours, or at an end, that come from another sentence or from another part of this one: they
    stand in the place of other words rather than beside them.
    """
    linked = [(at, place) for at, place in enumerate(found.places) if place]
    kept: list[tuple[int, Place]] = []
    at = 0
    while at < len(linked):
        after = _excursion(found, linked, kept[-1][1] if kept else None, at)
        if after == at:
            kept.append(linked[at])
            after += 1
        at = after
    return kept or linked


def _excursion(found: Alignment, linked: list[tuple[int, Place]], before: Place | None, at: int) -> int:
    """Where the excursion that begins with this word ends; the word itself where none does."""
    if (
        before is not None
        and before.line == linked[at][1].line
        and before.word < linked[at][1].word <= before.word + ROOM
    ):
        return at
    weighty = 0
    for after in range(at, min(len(linked), at + 2 * EXCURSION)):
        weighty += bool(found.claim.terms[linked[after][0]].weight)
        if weighty > EXCURSION:
            return at
        following = linked[after + 1][1] if after + 1 < len(linked) else None
        if before is None or following is None:
            longer = len(linked) > 3 * (after + 1 - at)
            other = following or before
            away = other and (other.line != linked[at][1].line or (at == 0 and other.word < linked[at][1].word))
            if longer and (following is None or at == 0) and away:
                return after + 1
            continue
        size = after + 1 - at
        if before.line == following.line and before.word < following.word <= before.word + size + ROOM:
            return after + 1
    return at


def _kind(
    mine: tuple[int, ...], line: int, theirs: tuple[int, ...], clean: bool, tight: bool, edge: bool = False
) -> Departure:
    kind = "other" if mine and theirs else "more" if mine else ("cut" if edge else "less") if theirs else ""
    return Departure(kind, mine, line, theirs, clean, tight)


def flanked(found: Alignment, one: Departure) -> bool:
    """Whether the words around are the evidence's own, there: most of three to either side."""
    low, high, middle = one.claim[0], one.claim[-1], one.evidence[0]
    beside = [*range(max(0, low - 3), low), *range(high + 1, min(len(found.places), high + 4))]
    near = [
        at for at in beside if (place := found.places[at]) and place.line == one.line and abs(place.word - middle) <= 8
    ]
    return bool(beside) and len(near) >= 0.6 * len(beside)


def in_place(found: Alignment, one: Departure) -> bool:
    """Whether the claim's words stand exactly where the evidence has its own: the neighbours on both sides are the same, or, where
    the claim begins or ends with them, the next three are. A sentence in other words and another order is no exchange of names."""
    before = [at for at in range(one.claim[0]) if found.claim.terms[at].weight]
    after = [at for at in range(one.claim[-1] + 1, len(found.places)) if found.claim.terms[at].weight]
    left = _beside(found, before[::-1][:1], one.line, one.evidence[0], -1)
    right = _beside(found, after[:1], one.line, one.evidence[-1], 1)
    if before and after:
        return left and right
    run = after[:3] if after else before[::-1][:3]
    edge, step = (one.evidence[-1], 1) if after else (one.evidence[0], -1)
    return len(run) == 3 and _beside(found, run, one.line, edge, step)


def _beside(found: Alignment, listed: list[int], line: int, edge: int, step: int) -> bool:
    """Whether these words of the claim stand next to a place of the evidence, one after the other."""
    for at in listed:
        place = found.places[at]
        if place is None or place.line != line or not 0 < (place.word - edge) * step <= NEXT:
            return False
        edge = place.word
    return True
