"""Who is asked for, and the sentences that have them."""

from __future__ import annotations

import pytest

from assistant.extractive.person_answers import find_places, holds_office, is_elsewhere, role, speaker
from assistant.query.parse import parse_question
from index.language.analyzer import words


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("من هو وزير النقل؟", "وزير"),
        ("ما اسم القاضي الذي حكم على التاجر؟", "القاضي"),
        ("Who is the new mayor of Saran?", "mayor"),
        ("What is the name of the judge?", "judge"),
        ("من افتتح الجسر؟", None),
        ("متى وصل الوزير؟", None),
    ],
)
def test_the_role_is_the_word_for_what_somebody_is(question: str, asked: str | None) -> None:
    assert role(parse_question(question, ())) == asked


@pytest.mark.parametrize(
    ("question", "sentence", "title", "held"),
    [
        ("من هو وزير الدفاع اليمني؟", "وصل وزير الدفاع اليمني سالم باعوم", "", True),
        ("من هو وزير الدفاع اليمني؟", "زار وزير الدفاع الفرنسي جان مورو العاصمة", "", False),
        ("من هو وزير الدفاع اليمني؟", "قال وزير الدفاع سالم باعوم إن الطريق آمن", "اجتماع في اليمن", True),
        ("من هو رئيس تحرير المجلة؟", "صدرت المجلة قبل سبعين عاما", "", False),
        ("من هو مدير الميناء؟", "مدير الميناء هو فارس نجم", "", True),
    ],
)
def test_an_office_is_held_where_its_role_and_its_country_are_said(
    question: str, sentence: str, title: str, held: bool
) -> None:
    asked = parse_question(question, ())
    wanted = role(asked)
    assert wanted is not None
    assert holds_office(wanted, find_places(asked.terms), words(sentence), words(title)) is held


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("ماذا قال رئيس البلدية عن الجسر؟", ("رييس", "البلديه")),
        ("بماذا وصفت النائبة القانون؟", ("النايبه", "القانون")),
        ("What did the union say about the law?", ("union",)),
        ("من انتقد القانون؟", ()),
    ],
)
def test_the_subject_is_who_is_asked_to_have_said_something(question: str, said: tuple[str, ...]) -> None:
    assert speaker(parse_question(question, ())) == said


@pytest.mark.parametrize(("asked", "other"), [("بوليفيا", "الإكوادور"), ("Cambodia", "Laos"), ("شينزين", "غوانزو")])
def test_a_person_of_another_country_or_city_of_the_world_is_elsewhere(asked: str, other: str) -> None:
    places = find_places(words(asked))
    assert places
    assert is_elsewhere("رئيس", places, words(f"قال رئيس {other} أمس"), words("خبر"))
    assert not is_elsewhere("رئيس", places, words(f"قال رئيس {asked} أمس"), words("خبر"))
