"""The words of a text, and the three kinds of terms they are searched by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.language.analyzer import (
    MAX_WORD,
    QUESTION_WORDS,
    index_terms,
    question_terms,
    skeleton,
    stem,
    terms,
    word_spans,
    words,
)
from index.language.normalize import fold, folded
from tests.index.language.test_fold import texts


@given(texts)
def test_words_with_places_are_the_words(text: str) -> None:
    assert [word for word, _ in word_spans(fold(text))] == words(text) == words(folded(text))


@given(texts)
def test_the_place_of_a_word_holds_its_letters(text: str) -> None:
    for word, place in word_spans(fold(text)):
        assert word in folded(place.of(text))


@given(texts)
def test_a_text_and_its_folded_form_have_the_same_terms(text: str) -> None:
    assert terms(text) == terms(folded(text))


@given(texts, texts)
def test_terms_of_two_lines_are_those_of_the_first_and_then_of_the_second(one: str, other: str) -> None:
    both, first, second = terms(f"{one}\n{other}"), terms(one), terms(other)
    assert (both.ngrams, both.stems, both.phonetic) == (
        first.ngrams + second.ngrams,
        first.stems + second.stems,
        first.phonetic + second.phonetic,
    )


@given(texts)
def test_every_word_that_is_indexed_can_be_found_by_some_term(text: str) -> None:
    found = terms(text)
    assert bool(words(text)) == bool(found.ngrams) == bool(found.stems) == bool(found.phonetic)


def test_grams_stay_inside_their_word() -> None:
    assert terms("في حلب").ngrams == ("_في", "في_", "_في_", "_حل", "حلب", "لب_", "_حلب", "حلب_")


@pytest.mark.parametrize(
    ("forms", "root"),
    [
        (["رئيس", "الرئيس", "والرئيس", "بالرئيس", "للرئيس", "كالرئيس", "رئيسها", "الرئيسين", "رئيساً", "لرئيس"], "رييس"),
        (["مهندس", "المهندسون", "مهندسين", "ومهندسات"], "مهندس"),
        (["confer", "conferred", "conferring"], "confer"),
        (["country", "countries"], "countri"),
        (["make", "makes", "making", "maked"], "mak"),
        (["glass", "glasses"], "glass"),
    ],
)
def test_forms_of_one_word_have_one_stem(forms: list[str], root: str) -> None:
    assert {stem(folded(form)) for form in forms} == {root}


@pytest.mark.parametrize("word", ["في", "ولد", "ال", "و", "bus", "is", "as", "2025s", "b2b"])
def test_a_short_word_keeps_its_letters(word: str) -> None:
    assert stem(word) == word


@given(st.text("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", min_size=1, max_size=12))
def test_a_stem_is_a_part_of_its_word_and_never_empty(word: str) -> None:
    assert stem(word)
    assert stem(word) in word
    assert skeleton(stem(word))


@pytest.mark.parametrize(
    "names",
    [
        ["سيرغي", "سيرجي", "Sergey", "Sergei"],
        ["بوتين", "بوتن", "Putin"],
        ["غورباتشوف", "جورباتشوف", "قورباتشوف"],
        ["قصرة", "قصره"],
        ["بيلوسوف", "بيلاوسوف", "Belousov"],
    ],
)
def test_transcriptions_of_a_name_share_their_consonants(names: list[str]) -> None:
    assert len({terms(name).phonetic for name in names}) == 1


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("ما هي عاصمة بلغاريا؟", ["عاصمه", "بلغاريا"]),
        ("شو صار بالمدينة؟", ["صار", "بالمدينه"]),
        ("Who is the mayor?", ["mayor"]),
        ("من هو؟", ["من", "هو"]),
        ("؟؟؟", []),
    ],
)
def test_a_question_is_searched_by_the_words_that_do_more_than_ask(question: str, left: list[str]) -> None:
    assert question_terms(question) == terms(" ".join(left))


def test_question_words_are_folded() -> None:
    assert {folded(word) for word in QUESTION_WORDS} == QUESTION_WORDS


def test_writing_without_spaces_is_searched_by_pairs_of_letters() -> None:
    assert terms("北京市").stems == ("北京", "京市")
    assert set(terms("我在北京市").stems) >= set(terms("北京").stems)
    assert set(terms("国" * 2 * MAX_WORD + "北京").stems) >= set(terms("北京").stems)


def test_a_word_without_end_is_cut() -> None:
    long = "ا" * 100_000
    assert terms(long) == terms(long[:MAX_WORD])


def test_what_is_indexed_is_the_terms_joined_by_spaces() -> None:
    text = "زار الوفد حلب، ثم عاد."
    found = terms(text)
    assert [field.split() for field in index_terms(text)] == [
        list(found.ngrams),
        list(found.stems),
        list(found.phonetic),
    ]
