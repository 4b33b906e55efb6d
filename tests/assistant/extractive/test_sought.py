"""What a question after a number seeks, and the sentences that have it."""

from __future__ import annotations

import pytest

from assistant.extractive.answer_type import answer_type, has_answer_type
from assistant.query.parse import parse_question
from index.language.analyzer import words


@pytest.mark.parametrize(
    ("question", "sort", "counted"),
    [
        ("كم عمر صاحب المخبز؟", "age", ()),
        ("How old is the ferryman?", "age", ()),
        ("كم بلغت ميزانية المهرجان؟", "money", ()),
        ("ما سعر تذكرة العبّارة؟", "money", ()),
        ("كم دينارا دفع الصيادون؟", "money", ("دينارا",)),
        ("ما نسبة الناجحين؟", "percent", ()),
        ("ما سعر الفائدة الآن؟", "percent", ()),
        ("كم يوما بقي السد مغلقا؟", "period", ("يوما",)),
        ("كم استمرت المحادثات؟", "period", ()),
        ("How long did the strike last?", "period", ()),
        ("كم مترا طول النفق؟", "measure", ("مترا",)),
        ("كم شجرة غُرست؟", "count", ("شجره",)),
        ("كم عدد الناجين؟", "count", ("الناجين",)),
        ("How many stolen coins were found?", "count", ("stolen", "coins")),
        ("بكم غُرّمت الشركة؟", "amount", ()),
        ("كم انتهت المباراة؟", "amount", ()),
    ],
)
def test_what_is_sought_is_told_by_the_words_behind_what_asks(
    question: str, sort: str, counted: tuple[str, ...]
) -> None:
    found = answer_type(parse_question(question, ()))
    assert found is not None
    if sort == "count":
        assert found.counted == counted
    assert found.type == sort


@pytest.mark.parametrize("question", ["من بنى السد؟", "متى أُغلق الطريق؟", "Why was the road closed?"])
def test_a_question_after_something_else_seeks_no_number(question: str) -> None:
    assert answer_type(parse_question(question, ())) is None


@pytest.mark.parametrize(
    ("question", "sentence", "met"),
    [
        ("كم عمر صاحب المخبز؟", "قال صاحب المخبز نادر (54 عاما) إن الفرن قديم", True),
        ("كم عمر صاحب المخبز؟", "باع صاحب المخبز 54 رغيفا", False),
        ("كم بلغت ميزانية المهرجان؟", "خصص المجلس للمهرجان 3 ملايين دينار", True),
        ("كم بلغت ميزانية المهرجان؟", "في المهرجان 40 فعالية لعام 2031", False),
        ("كم شجرة غُرست؟", "غرس المتطوعون 300 شجيرة و70 شجرة زيتون", True),
        ("كم وزيرا حضر القمة؟", "حضر القمة سبعة وزراء", True),
        ("كم وزيرا حضر القمة؟", "وصل الوزراء إلى القمة صباحا في موكب ضم 40 حارسا", False),
        ("كم لجنة شُكلت؟", "اتفق الطرفان على تشكيل لجنتين", True),
        ("كم عدد الناجين؟", "دامت الرحلة 12 ساعة", False),
        ("كم عدد سكان القرية؟", "يبلغ عدد سكانها 900 نسمة", True),
        ("How many coins were stolen?", "The thieves took 140 coins from two rooms.", True),
        ("How many coins were stolen?", "The coins were stolen from the museum in 2031.", False),
        ("How long did the strike last?", "The strike ended after three weeks.", True),
        ("How old is the ferryman?", "The ferryman, aged 61, swam ashore.", True),
        ("بكم غُرّمت الشركة؟", "غُرّمت الشركة 3 ملايين", True),
    ],
)
def test_a_sentence_has_what_is_sought_where_a_number_of_that_sort_is_new_in_it(
    question: str, sentence: str, met: bool
) -> None:
    wanted = answer_type(parse_question(question, ()))
    assert wanted is not None
    assert has_answer_type(wanted, words(sentence), sentence, frozenset(words(question))) is met
