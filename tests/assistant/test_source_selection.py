"""What a prompt may hold: above a floor of relevance, and no story, day or part before the others had their turn."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

from assistant.models import Plan
from assistant.source_selection import FLOOR, STORY_PASSAGES, part_question, select_sources, widen_sources
from index.models import Hit
from tests.assistant.written import hit


def found(id: str, score: float, *, story: str | None = None, day: int | None = None) -> Hit:
    return replace(hit(id=id, score=score, published=date(2031, 5, day) if day else None), story=story)


def ids(hits: tuple[Hit, ...]) -> str:
    return "".join(hit.article.id for hit in hits)


def test_what_is_far_below_the_best_is_left_out() -> None:
    hits = [found("a", 0.8), found("b", 0.8 * FLOOR), found("c", 0.79 * FLOOR)]
    assert ids(select_sources(hits, None)) == "ab"


def test_hits_without_scores_all_stay() -> None:
    assert ids(select_sources([found("a", 0.0), found("b", 0.0)], None)) == "ab"


def test_one_story_does_not_crowd_out_the_others() -> None:
    loud = [found(f"{number}", 0.8, story="s") for number in range(STORY_PASSAGES + 2)]
    chosen = ids(select_sources([*loud, found("z", 0.5)], Plan()))
    assert chosen.index("z") == STORY_PASSAGES and len(chosen) == STORY_PASSAGES + 3


def test_the_days_of_a_timeline_take_turns() -> None:
    hits = [found("a", 0.9, day=1), found("b", 0.8, day=1), found("c", 0.7, day=1), found("d", 0.6, day=2)]
    assert ids(select_sources(hits, Plan(kind="timeline"))) == "adbc"


def test_the_stories_of_a_summary_take_turns() -> None:
    hits = [found("a", 0.9, story="s"), found("b", 0.8, story="s"), found("c", 0.7, story="t"), found("d", 0.6)]
    assert ids(select_sources(hits, Plan(kind="summary"))) == "acdb"


def test_the_parts_of_a_comparison_take_turns_and_each_has_its_own_floor() -> None:
    tunis, amman = [found("a", 0.9), found("b", 0.8)], [found("c", 0.2), found("a", 0.1)]
    assert ids(select_sources([found("a", 0.9), found("z", 0.1)], Plan(kind="comparison"), [tunis, amman])) == "acb"


def test_a_part_is_asked_for_with_the_words_that_the_parts_share() -> None:
    plan = Plan(kind="comparison", parts=("the toll of Siraj", "Noor"))
    assert [part_question(plan, part) for part in plan.parts] == ["the toll of Siraj", "the toll of Noor"]


def test_what_a_second_look_keeps_comes_first_and_then_its_searches_take_turns() -> None:
    hits = [found(key, 1.0) for key in "abcd"]
    searched = [found("c", 0.9), found("x", 0.9), found("y", 0.1)]
    assert ids(widen_sources(hits, [found("x", 0.9), found("d", 1.0)], [searched])) == "xdcab"  # y is below the floor
