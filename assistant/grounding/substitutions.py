"""Find where a claim has other words than its evidence in the same place."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from assistant.alignment.aligner import Alignment, Place

TIGHT = 4  # words on either side up to which they stand in each other's place
NEXT = 2  # a word may stand between two that count as neighbours
EXCURSION = 3  # content words that the path may fetch from elsewhere
ROOM = 4  # words of the evidence that may stand in the place of an excursion, beyond its own number


class Substitution(NamedTuple):
    """Words of the claim that stand where a sentence has other words."""

    claim: tuple[int, ...]
    line: int
    evidence: tuple[int, ...]
    tight: bool  # at most four words on either side


def substitutions(alignment: Alignment) -> list[Substitution]:
    """Return the substitutions from the claim's beginning to its end."""
    linked = _without_excursions(alignment)
    if not linked:
        return []
    tokens, lines = alignment.claim.tokens, alignment.evidence.lines
    used = {place for _, place in linked}

    def pair(low: int, high: int, line: int, first: int, last: int, tight: bool) -> Substitution:
        listed = lines[line].tokens
        mine = tuple(at for at in range(low, high) if tokens[at].weight)
        theirs = tuple(at for at in range(first, last) if listed[at].weight and Place(line, at) not in used)
        return Substitution(mine, line, theirs, tight)

    first, start = linked[0]
    ends, low = lines[start.line].clause_ends, start.word
    while low > 0 and not ends[low - 1] and start.word - low < max(2, first + 1):
        low -= 1
    pairs = [pair(0, first, start.line, low, start.word, first <= TIGHT and start.word - low <= TIGHT)]
    for (at, here), (after, there) in pairwise(linked):
        if here.line == there.line and there.word > here.word:
            tight = after - at <= TIGHT + 1 and there.word - here.word <= TIGHT + 1
            pairs.append(pair(at + 1, after, here.line, here.word + 1, there.word, tight))
    last, end = linked[-1]
    line, high = lines[end.line], end.word + 1
    while (
        high < len(line.tokens) and not line.clause_ends[high - 1] and high - end.word - 1 < max(2, len(tokens) - last)
    ):
        high += 1
    pairs.append(pair(last + 1, len(tokens), end.line, end.word + 1, high, len(tokens) - last <= TIGHT + 1))
    return [item for item in pairs if item.claim and item.evidence]


def _without_excursions(alignment: Alignment) -> list[tuple[int, Place]]:
    """Return the claim's words with their places.

    Without up to three in a row that the path fetched from elsewhere.
    """
    linked = [(at, place) for at, place in enumerate(alignment.places) if place]
    kept: list[tuple[int, Place]] = []
    at = 0
    while at < len(linked):
        after = _excursion(alignment, linked, kept[-1][1] if kept else None, at)
        if after == at:
            kept.append(linked[at])
            after += 1
        at = after
    return kept or linked


def _excursion(alignment: Alignment, linked: list[tuple[int, Place]], before: Place | None, at: int) -> int:
    """Return where the excursion that begins with a word ends.

    The word itself if none begins there.
    """
    here = linked[at][1]
    if before is not None and before.line == here.line and before.word < here.word <= before.word + ROOM:
        return at
    content = 0
    for after in range(at, min(len(linked), at + 2 * EXCURSION)):
        content += bool(alignment.claim.tokens[linked[after][0]].weight)
        if content > EXCURSION:
            return at
        following = linked[after + 1][1] if after + 1 < len(linked) else None
        if before is None or following is None:
            other = following or before
            away = other and (other.line != here.line or (at == 0 and other.word < here.word))
            if len(linked) > 3 * (after + 1 - at) and (following is None or at == 0) and away:
                return after + 1
            continue
        size = after + 1 - at
        if before.line == following.line and before.word < following.word <= before.word + size + ROOM:
            return after + 1
    return at


def is_in_place(alignment: Alignment, item: Substitution) -> bool:
    """Whether the neighbours on both sides are the same.

    At an end of the claim, the next three words.
    """
    tokens = alignment.claim.tokens
    before = [at for at in range(item.claim[0]) if tokens[at].weight]
    after = [at for at in range(item.claim[-1] + 1, len(alignment.places)) if tokens[at].weight]
    if before and after:
        return _adjacent(alignment, before[::-1][:1], item.line, item.evidence[0], -1) and _adjacent(
            alignment, after[:1], item.line, item.evidence[-1], 1
        )
    run = after[:3] if after else before[::-1][:3]
    edge, step = (item.evidence[-1], 1) if after else (item.evidence[0], -1)
    return len(run) == 3 and _adjacent(alignment, run, item.line, edge, step)


def _adjacent(alignment: Alignment, listed: list[int], line: int, edge: int, step: int) -> bool:
    """Whether words of the claim stand next to a place of the evidence.

    Each next to the last.
    """
    for at in listed:
        place = alignment.places[at]
        if place is None or place.line != line or not 0 < (place.word - edge) * step <= NEXT:
            return False
        edge = place.word
    return True
