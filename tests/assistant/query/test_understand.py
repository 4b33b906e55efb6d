"""What a question is understood to ask."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.query.parse import parse_question
from index.errors import UsageError


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("من افتتح الجسر؟", "person"),
        ("مين حضر الاجتماع؟", "person"),
        ("من هي مديرة المستشفى؟", "person"),
        ("أي وزير وقّع العقد؟", "person"),
        ("ما اسم القاضية التي حكمت على التاجر؟", "person"),
        ("ما اسم الضابط؟", "person"),
        ("متى وصل الوفد؟", "date"),
        ("إمتى رح يفتح السوق؟", "date"),
        ("في أي سنة بُني السد؟", "date"),
        ("من متى يعمل المصنع؟", "date"),
        ("أين يقع السد؟", "place"),
        ("وين صار الحريق؟", "place"),
        ("من أين جاءت السفينة؟", "place"),
        ("في أي مدينة ولد الشاعر؟", "place"),
        ("كم عدد الجرحى؟", "number"),
        ("قديش كلّف الجسر؟", "number"),
        ("ما نسبة البطالة؟", "number"),
        ("لماذا استقال الوزير؟", "reason"),
        ("ليش تأخر القطار؟", "reason"),
        ("ما سبب انهيار المبنى؟", "reason"),
        ("هل فاز الفريق؟", "yes-no"),
        ("ماذا قال المهندس عن الجسر؟", "statement"),
        ("ما موقف النقابة من القانون؟", "statement"),
        ("ما هو الجسر المعلق؟", "definition"),
        ("كيف أُخمد الحريق؟", "other"),
        ("Who opened the bridge?", "person"),
        ("When did the delegation arrive?", "date"),
        ("When the dam broke, what did the miners do?", "other"),
        ("What is the name of the judge?", "person"),
        ("In what year was the dam built?", "date"),
        ("Where is the dam?", "place"),
        ("Which city hosted the talks?", "place"),
        ("How many people were hurt?", "number"),
        ("What percentage of voters stayed home?", "number"),
        ("Why did the minister resign?", "reason"),
        ("Did the team win?", "yes-no"),
        ("What did the engineer say about the bridge?", "statement"),
        ("What is a suspension bridge?", "definition"),
        ("What changed when the dam was built?", "other"),
        ("How much money was left when the bank closed?", "number"),
    ],
)
def test_the_kind_of_thing_asked_for_is_known_in_standard_arabic_in_dialect_and_in_english(
    question: str, kind: str
) -> None:
    assert parse_question(question, ()).kind == kind


def test_a_distance_in_kilometres_is_no_question_of_how_many() -> None:
    assert parse_question("ما المدينة التي تبعد 5 كم عن السد؟", ()).kind != "number"


@pytest.mark.parametrize(
    ("question", "languages", "shared"),
    [
        ("من افتتح الجسر؟", ["ar"], True),
        ("من افتتح الجسر؟", ["ar", "en"], True),
        ("من افتتح الجسر؟", ["en"], False),
        ("Who opened the bridge?", ["ar"], False),
        ("Who opened the bridge?", ["ar", "en"], True),
        ("Who opened the bridge?", [], True),
        ("Noor bridge cost", ["en"], True),
        ("Noor bridge cost", ["ar"], False),
        ("La Liga winner 2031", ["en"], True),
        ("Qui est le maire de la ville ?", ["en"], False),
        ("متى تأسست شركة OpenBridge؟", ["ar"], True),
        ("2031؟", ["ar"], True),
        ("Кто открыл мост?", ["ar", "en"], False),
        ("Кто открыл мост?", ["ru"], True),
    ],
)
def test_a_question_is_known_to_share_no_language_with_the_articles(
    question: str, languages: list[str], shared: bool
) -> None:
    assert parse_question(question, languages).shared is shared


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("من افتتح الجسر؟", "ar"),
        ("Who opened the bridge?", "en"),
        ("متى تأسست شركة OpenBridge؟", "ar"),
        ("2031؟", None),
        ("چه کسی پل را افتتاح کرد؟", None),
    ],
)
def test_the_language_is_named_only_where_the_letters_and_small_words_tell(question: str, language: str | None) -> None:
    assert parse_question(question, ()).language == language


@pytest.mark.parametrize(
    ("question", "present"),
    [
        ("من هو رئيس البلدية الحالي؟", True),
        ("من هو رئيس البلدية؟", True),
        ("من كان رئيس البلدية عام 2019؟", False),
        ("ما آخر تصريح للمهندس؟", True),
        ("متى افتتح الجسر؟", False),
        ("Who is the governor?", True),
        ("Who was governor in 2019?", False),
        ("What is the latest figure?", True),
    ],
)
def test_asking_for_how_things_are_now_is_noticed(question: str, present: bool) -> None:
    assert parse_question(question, ()).present is present


def test_the_words_that_an_answer_should_share_are_folded_and_come_once() -> None:
    asked = parse_question("  أين افتتح الوالي كمال الراوي جسرَ نور، جسر الوالي؟ ", ())
    assert asked.text == "أين افتتح الوالي كمال الراوي جسرَ نور، جسر الوالي؟"
    assert asked.terms == ("افتتح", "الوالي", "كمال", "الراوي", "جسر", "نور")


def test_names_figures_and_quotations_are_kept_apart() -> None:
    asked = parse_question("Did Salim Haddad call it «a bridge of light» in ٢٠٣١?", ())
    assert asked.names == ("salim", "haddad")
    assert asked.numbers == ("2031",)
    assert asked.quoted == ("a bridge of light",)


@pytest.mark.parametrize("question", ["", "   ", "\n\t "])
def test_a_blank_question_is_refused_with_the_next_step(question: str) -> None:
    with pytest.raises(UsageError, match="write one"):
        parse_question(question, ["ar"])


@given(st.text(min_size=1, max_size=80).filter(lambda text: bool(text.strip())))
def test_any_other_text_is_understood_as_something(text: str) -> None:
    asked = parse_question(text, ["ar", "en"])
    assert asked.text == text.strip()
    assert set(asked.frame) <= set(asked.terms)
    assert len(set(asked.terms)) == len(asked.terms)
