"""Passages: whole sentences within a token budget, exact offsets, nothing of the article lost, no boilerplate."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.chunking import BUDGET, cut
from index.language.invisible_chars import clean
from index.language.sentences import sentences
from index.models import Article, Passage, Span
from index.token_count import count

pytestmark = pytest.mark.process


def article(text: str, *boilerplate: tuple[int, int]) -> Article:
    return Article(id="قسم/خبر", text=text, sha256="", boilerplate=tuple(Span(*one) for one in boilerplate))


TEXTS = st.text(
    st.sampled_from("ابتمن د.؟!…؛،:«»() \n\t\xa0-1٢5AaZz。中\u200f\u0640\u064b😀") | st.characters(), max_size=300
)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), max_size=3), st.integers(8, 40))
def test_passages_are_exact_ordered_within_budget_and_cover_all_but_the_boilerplate(
    text: str, marked: list[tuple[int, int]], budget: int
) -> None:
    spans = [(min(at, len(text)), min(at + size, len(text))) for at, size in marked]
    source = article(text, *spans)
    passages = cut(source, budget)
    end = 0
    for passage in passages:
        assert passage.start >= end
        end = passage.end
        assert text[passage.start : passage.end] == passage.text == passage.text.strip() != ""
        assert passage.id == f"قسم/خبر:{passage.start}-{passage.end}"
        assert count(clean(passage.text)) <= budget or len(passage.text) == 1
    covered = {place for passage in passages for place in range(passage.start, passage.end)}
    marked_places = {place for start, stop in spans for place in range(start, stop)}
    assert not covered & marked_places
    assert {place for place, sign in enumerate(text) if not sign.isspace()} <= covered | marked_places


def test_passages_end_where_sentences_end() -> None:
    text = "افتتح المجلس دورته الجديدة صباحا؛ ثم ناقش الموازنة. هل تكفي الأموال؟ قال النائب د. سليم إنها تكفي…\n" * 20
    ends = {sentence.end for sentence in sentences(text)}
    passages = cut(article(text), 60)
    assert len(passages) > 5
    assert all(passage.end in ends for passage in passages)


def test_passages_of_one_article_are_of_about_equal_size() -> None:
    text = "وصل القطار إلى المحطة في موعده صباح اليوم. " * 25
    sizes = [count(one.text) for one in cut(article(text), 100)]
    assert max(sizes) <= 100
    assert min(sizes) > max(sizes) / 2


def test_a_sentence_above_the_budget_is_cut_at_a_clause_mark() -> None:
    text = "، ".join(f"ثم عبر القارب رقم {number} النهر متجها إلى الضفة" for number in range(30))
    passages = cut(article(text), 60)
    assert len(passages) > 3
    assert all(passage.text.endswith("،") for passage in passages[:-1])


def test_a_short_article_is_one_passage_and_a_blank_one_has_none() -> None:
    assert [one.text for one in cut(article(" خبر قصير.\n"))] == ["خبر قصير."]
    assert cut(article(" \n\t")) == cut(article("كله زائد", (0, 8))) == ()


def test_a_title_set_apart_from_the_report_is_no_passage_unless_it_is_all_there_is() -> None:
    text = "افتتاح جسر وردات\nشارك الخبر\nافتتح الوزير الجسر صباح اليوم."
    told = Article(id="bridge", text=text, sha256="", title="افتتاح جسر وردات", boilerplate=(Span(17, 27),))
    assert [one.text for one in cut(told)] == ["افتتح الوزير الجسر صباح اليوم."]
    alone = Article(id="bridge", text=text[:27], sha256="", title=told.title, boilerplate=told.boilerplate)
    assert [one.text for one in cut(alone)] == ["افتتاح جسر وردات"]


def test_boilerplate_parts_the_passages_before_and_after_it() -> None:
    text = "بداية الخبر.\nشارك المقال\nبقية الخبر."
    passages = cut(article(text, (13, 24)))
    assert passages == (
        Passage(id="قسم/خبر:0-12", article_id="قسم/خبر", start=0, end=12, text="بداية الخبر."),
        Passage(id="قسم/خبر:25-36", article_id="قسم/خبر", start=25, end=36, text="بقية الخبر."),
    )


def test_UNI_04_floods_of_tatweel_and_marks_do_not_make_an_article_dearer() -> None:
    plain = "وصل القطار إلى المحطة في موعده صباح اليوم وغادر بعد ساعة."
    flooded = "".join(letter + ("ـ" * 5 if letter.isalpha() else "") for letter in plain)
    heaped = "".join(letter + ("\u064e" * 100 if letter.isalpha() else "") for letter in plain)
    for text in (flooded, heaped):
        assert count(clean(text)) <= 1.2 * count(plain)
        (passage,) = cut(article(text), 40)
        assert passage.text == text


@pytest.mark.parametrize("unit", ["ا", "a ", "كلمة ", "كلمة، ", "\n", "ا\n", ". ", "😀", " ", "ـ", "(قال. "])
def test_ING_07_a_million_characters_of_one_kind_are_cut_within_ten_seconds(unit: str) -> None:
    text = (unit * 1_000_000)[:1_000_000]
    began = time.process_time()
    passages = cut(article(text))
    assert time.process_time() - began < 10
    assert all(count(clean(passage.text)) <= BUDGET for passage in passages[:20])
