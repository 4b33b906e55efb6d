"""Words and meaning are put into one order, and passages in other languages have every third place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.search.fusion import E5_WEIGHT, FusedMatch, Match, fuse, with_quota

WORDS: list[Match] = [("a", 0.4), ("b", 0.3)]
MEANING: list[Match] = [("b", 0.9), ("c", 0.85), ("d", 0.8)]


def lists(lowest: float) -> st.SearchStrategy[list[Match]]:
    scores = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(lowest, 1, width=32))
    return scores.map(lambda known: sorted(known.items(), key=lambda match: -match[1]))


def ids(matches: list[FusedMatch]) -> list[str]:
    return [match.passage_id for match in matches]


def fused(*keys: str) -> list[FusedMatch]:
    return [
        FusedMatch(passage_id=key, score=1 - place / 10, lexical_score=0.5 - place / 20, ranks={"lexical": place + 1})
        for place, key in enumerate(keys)
    ]


def test_the_score_is_the_share_of_the_words_plus_three_times_the_stretched_cosine() -> None:
    most = 1 + 3 * (0.9 - 0.8)  # what a passage could reach that is first by words and by meaning
    expected = {"b": 0.3 + 3 * 0.1, "a": 0.4, "c": 3 * 0.05, "d": 0.0}
    matches = fuse(WORDS, MEANING, E5_WEIGHT)
    assert ids(matches) == list(expected)
    assert [match.score for match in matches] == pytest.approx([total / most for total in expected.values()])


def test_words_alone_answer_where_there_is_no_meaning() -> None:
    matches = fuse(WORDS, [], E5_WEIGHT)
    assert [(match.passage_id, match.score) for match in matches] == WORDS
    assert [match.ranks for match in matches] == [{"lexical": 1}, {"lexical": 2}]


def test_meaning_alone_answers_where_no_word_is_known() -> None:
    matches = fuse([], MEANING, E5_WEIGHT)
    assert ids(matches) == ["b", "c", "d"] and {match.lexical_score for match in matches} == {0.0}


def test_the_share_of_the_words_and_both_ranks_stay_on_the_passage() -> None:
    matches = {match.passage_id: match for match in fuse(WORDS, MEANING, E5_WEIGHT)}
    assert {key: match.lexical_score for key, match in matches.items()} == {"a": 0.4, "b": 0.3, "c": 0.0, "d": 0.0}
    assert matches["b"].ranks == {"lexical": 2, "meaning": 1}
    assert matches["a"].ranks == {"lexical": 1} and matches["c"].ranks == {"meaning": 2}


@given(lists(0.0), lists(0.0), st.floats(0, 10))
def test_every_passage_comes_once_with_falling_scores_from_0_to_1(
    lexical: list[Match], semantic: list[Match], weight: float
) -> None:
    matches = fuse(lexical, semantic, weight)
    assert sorted(ids(matches)) == sorted({key for key, _ in lexical + semantic})
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)


@given(lists(0.0), lists(0.5))
def test_a_model_of_weight_nothing_changes_no_order_of_the_words(lexical: list[Match], semantic: list[Match]) -> None:
    known = dict(lexical)
    ordered = [key for key in ids(fuse(lexical, semantic, 0.0)) if known.get(key)]
    if semantic:  # equal shares in the order of their ids
        lexical = sorted(lexical, key=lambda match: (-match[1], match[0]))
    assert ordered == [key for key, share in lexical if share]


def test_every_third_place_is_for_the_other_languages() -> None:
    matches = with_quota(fused("a", "b", "c", "d", "e"), [[("x", 0.8), ("y", 0.7)]])
    assert ids(matches) == ["a", "b", "x", "c", "d", "y", "e"]


def test_several_languages_take_the_third_places_in_turn() -> None:
    matches = with_quota(fused(*"abcdefgh"), [[("x1", 0.9), ("x2", 0.89)], [("y1", 0.6)]])
    assert ids(matches) == ["a", "b", "x1", "c", "d", "y1", "e", "f", "x2", "g", "h"]


def test_a_passage_that_is_known_keeps_its_words_share_and_is_not_shown_twice() -> None:
    matches = with_quota(fused(*"abcdef"), [[("e", 0.8), ("a", 0.7), ("x", 0.6)]])
    assert ids(matches) == ["a", "b", "e", "c", "d", "x", "f"]
    shown = {match.passage_id: match for match in matches}
    assert shown["e"].lexical_score == 0.3 and shown["e"].ranks == {"lexical": 5}
    assert shown["x"].lexical_score == 0.0
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)


def test_without_other_languages_the_order_stays() -> None:
    matches = fused("a", "b", "c", "d")
    assert with_quota(matches, []) == with_quota(matches, [[]]) == matches


def test_other_languages_have_a_place_where_fewer_than_three_passages_match() -> None:
    assert ids(with_quota(fused("a"), [[("x", 0.8), ("y", 0.7)]])) == ["a", "x"]
    assert ids(with_quota(fused("a", "b"), [[("b", 0.9), ("x", 0.8)]])) == ["a", "b", "x"]
    assert with_quota([], [[("x", 0.8)]]) == []
