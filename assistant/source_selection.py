"""Choose the passages that a prompt should hold, and their order.

A search returns many passages of the loudest report. A prompt needs what answers the question: everything above a
floor of relevance, each story before its repetitions, each day of a timeline, each part of a comparison.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from assistant.models import Plan, PlanKind
from index.models import Hit

POOL = 60  # passages that are searched for a prompt
# Chosen on ARCD (300 questions, words and meaning: all passages that answer score at least .3 of the best; at .5 one of
# a hundred is lost) and on 209 eval cases by words alone: of their evidence .25 loses no more than .15, .35 five more.
FLOOR = 0.25
STORY_PASSAGES = 5  # of one story before those of others

_GROUPS: dict[PlanKind, Callable[[Hit], Hashable]] = {
    "timeline": lambda hit: hit.article.published,
    "summary": lambda hit: hit.story or hit.article.id,
    "list": lambda hit: hit.story or hit.article.id,
}


def select_sources(hits: Sequence[Hit], plan: Plan | None, parts: Sequence[Sequence[Hit]] = ()) -> tuple[Hit, ...]:
    """Return the hits that a prompt may hold.

    In the order in which it should be filled.

    parts: for a comparison, the hits of each part, which take turns. For a timeline the days take turns, for a summary
    or a list the stories; elsewhere the order of the search stays, but a story's further passages come last.
    """
    if parts:
        return _in_turn([_above_floor(part) for part in [*parts, hits]])
    hits = _above_floor(hits)
    if plan is not None and plan.kind in _GROUPS:
        groups: dict[Hashable, list[Hit]] = {}
        for hit in hits:
            groups.setdefault(_GROUPS[plan.kind](hit), []).append(hit)
        return _in_turn([*groups.values()])
    seen: Counter[str] = Counter()
    first: list[Hit] = []
    later: list[Hit] = []
    for hit in hits:
        story = hit.story or hit.article.id
        (first if seen[story] < STORY_PASSAGES else later).append(hit)
        seen[story] += 1
    return (*first, *later)


def widen_sources(hits: Sequence[Hit], kept: Sequence[Hit], groups: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """Return hits with those of further searches.

    In the order in which a prompt should be filled.

    kept: the best hits of the articles that come first, with what else was found of them; after them, the groups and
    the hits take turns.
    """
    every = [*(hit for group in groups for hit in group), *hits]
    ids = dict.fromkeys(hit.article.id for hit in kept)
    first = [[hit for hit in [*kept, *every] if hit.article.id == article_id][:STORY_PASSAGES] for article_id in ids]
    taken: dict[str, Hit] = {}
    for hit in [*_in_turn(first), *_in_turn([*map(_above_floor, groups), hits])]:
        taken.setdefault(hit.passage.id, hit)
    return tuple(taken.values())


def part_question(plan: Plan, part: str) -> str:
    """Return what to search for one part of a comparison.

    The words that stand before the first part's last word are shared: "ديون تونس والأردن" compares debts.

    >>> part_question(Plan(kind="comparison", parts=("ديون تونس", "الأردن")), "الأردن")
    'ديون الأردن'
    """
    shared = plan.parts[0].split()[:-1]
    return " ".join([*(word for word in shared if word not in part.split()), part])


def _above_floor(hits: Sequence[Hit]) -> list[Hit]:
    best = max((hit.score for hit in hits), default=0.0)
    return [hit for hit in hits if best <= 0 or hit.score >= FLOOR * best]


def _in_turn(groups: Sequence[Sequence[Hit]]) -> tuple[Hit, ...]:
    """Return the first of each group, then the second of each, every passage once."""
    longest = max(map(len, groups), default=0)
    taken: dict[str, Hit] = {}
    for at in range(longest):
        for group in groups:
            if at < len(group):
                taken.setdefault(group[at].passage.id, group[at])
    return tuple(taken.values())
