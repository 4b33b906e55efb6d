"""Conflicts: numbers, dates and office-holders on which sources disagree, and what is no disagreement."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest
from msgspec.structs import replace

from assistant.disagreements.conflicts import compare, merge
from assistant.models import Citation, Conflict, Side, Update
from index.models import Hit
from tests.assistant.written import hit


def of(*texts: str, question: str = "") -> tuple[Conflict | Update, ...]:
    """The conflicts and updates among articles of these texts; the first was published first."""
    hits = [hit(text, f"a{n}", published=date(2031, 5, n)) for n, text in enumerate(texts, 1)]
    return differences(hits, question)


def differences(hits: list[Hit], question: str = "") -> tuple[Conflict | Update, ...]:
    compared = compare(hits, question)
    return (*compared.conflicts, *compared.updates)


def values(found: tuple[Conflict | Update, ...]) -> list[tuple[str, list[str]]]:
    return [
        (match.kind if isinstance(match, Conflict) else "update", [side.value for side in match.sides])
        for match in found
    ]


def test_all_that_share_a_side_are_one_conflict_in_whatever_order_they_are_met() -> None:
    sides = [
        Side(
            value=str(one),
            published=date(2031, 5, one),
            citation=Citation(file_id=f"a{one}", start=0, end=1, quote="x"),
        )
        for one in range(1, 5)
    ]
    pairs = [Conflict(kind="number", about="", sides=(sides[one], sides[one + 1])) for one in range(3)]
    for permutation in permutations(pairs):
        (whole,) = merge(permutation)
        assert [side.value for side in whole.sides] == ["4", "3", "2", "1"]
    assert len(merge([*pairs[::2], Conflict(kind="date", about="", sides=(sides[1], sides[2]))])) == 3


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (
            "أسفر حريق سوق الأقمشة في طارين عن مقتل 12 شخصا وإصابة العشرات.",
            "قالت الشرطة إن حريق سوق الأقمشة في طارين أسفر عن مقتل 15 شخصا.",
            ("update", ["15", "12"]),
        ),
        (
            "The fire in the Tarin fabric market killed 12 people and injured dozens.",
            "Police said the fire in the Tarin fabric market killed fifteen people.",
            ("update", ["fifteen", "12"]),
        ),
        (
            "كلّف بناء جسر نور في مدينة السراج أربعين مليون دينار.",
            "بلغت كلفة بناء جسر نور في مدينة السراج 52 مليون دينار.",
            ("number", ["52 مليون", "أربعين مليون"]),
        ),
        (
            "تبدأ بطولة البحيرات للشطرنج في مرجان يوم 3 حزيران.",
            "تنطلق بطولة البحيرات للشطرنج في مرجان يوم 9 يونيو.",
            ("date", ["9 يونيو", "3 حزيران"]),
        ),
        (
            "قال الرئيس السراجي كمال الراوي إن البلاد بخير.",
            "أعلن الرئيس السراجي الجديد سليم حداد خطته.",
            ("name", ["سليم حداد", "كمال الراوي"]),
        ),
        (
            "President Kamal Rawi of Siraj spoke. The Siraji President Kamal Rawi left.",
            "The new Siraji President Salim Haddad arrived.",
            ("name", ["Salim Haddad", "Kamal Rawi"]),
        ),
    ],
)
def test_two_values_for_one_thing_are_a_conflict_with_the_newest_first(
    one: str, two: str, expected: tuple[str, list[str]]
) -> None:
    assert values(of(one, two)) == [expected]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("أسفر حريق سوق الأقمشة عن مقتل 12 شخصا.", "أسفر حريق سوق الأقمشة عن مقتل اثني عشر شخصا."),
        ("أسفر حريق سوق الأقمشة عن مقتل 12 شخصا.", "أسفر زلزال مرجان العنيف عن مقتل 300 شخص."),
        ("أسفر حريق سوق الأقمشة عن مقتل 12 شخصا وإصابة 40.", "أسفر حريق سوق الأقمشة عن إصابة 40 ومقتل 12 شخصا."),
        ("كلّف جسر نور في السراج نحو 40 مليون دينار.", "كلّف جسر نور في السراج 39.8 مليون دينار."),
        ("بلغ طول جسر نور الجديد 620 مترا.", "بلغت كلفة جسر نور الجديد 40 مليون دينار."),
        ("ارتفع سعر طن القمح 3 بالمئة في السراج.", "ارتفع سعر طن القمح 12 دينارا في السراج."),
        ("تبدأ بطولة الشطرنج في مرجان يوم 3 حزيران.", "تبدأ بطولة الشطرنج في مرجان يوم 3 يونيو."),
        ("تبدأ بطولة الشطرنج في مرجان يوم الأحد.", "تبدأ بطولة الشطرنج في مرجان يوم 3 حزيران."),
        ("تبدأ بطولة الشطرنج في مرجان غدا.", "تبدأ بطولة الشطرنج في مرجان يوم 30 حزيران."),
        ("قال وزير النقل السراجي سامر الحلاق نعم.", "قال وزير النقل السراجي سامر حلاق لا."),
        ("قال وزير النقل السراجي سامر الحلاق نعم.", "قال وزير الصحة السراجي سليم حداد لا."),
        ("قال وزير النقل السراجي سامر الحلاق نعم.", "قال نائب وزير النقل السراجي سليم حداد لا."),
        (
            "بلغت الخسائر 5ر7 مليار دينار في السراج العام الماضي.",
            "بلغت الخسائر 7.5 مليار دينار في السراج العام الماضي.",
        ),
    ],
)
def test_what_can_be_one_value_or_another_thing_is_no_conflict(one: str, two: str) -> None:
    assert values(of(one, two)) == []


def test_one_source_that_gives_both_values_is_no_party() -> None:
    both = (
        "أسفر حريق سوق الأقمشة في طارين عن مقتل 12 شخصا. وقالت الشرطة لاحقا إن حريق سوق الأقمشة أسفر عن مقتل 15 شخصا."
    )
    assert values(of("أسفر حريق سوق الأقمشة في طارين عن مقتل 15 شخصا.", both)) == []


def test_copies_of_one_report_do_not_disagree_with_each_other() -> None:
    one, two = "أسفر حريق السوق في طارين عن مقتل 12 شخصا.", "أسفر حريق السوق في طارين عن مقتل 15 شخصا."
    hits = [hit(one, "a1", also=("a2",)), hit(two, "a2")]
    assert differences(hits) == ()


def test_a_toll_that_three_reports_raise_is_one_update() -> None:
    texts = [f"أسفر حريق سوق الأقمشة في طارين عن مقتل {count} شخصا." for count in (12, 15, 19)]
    assert values(of(*texts)) == [("update", ["19", "15", "12"])]


def test_each_side_has_its_source_date_and_verbatim_sentence() -> None:
    texts = ["خبر أول.\nأسفر حريق السوق في طارين عن مقتل 12 شخصا.", "أسفر حريق السوق في طارين عن مقتل 15 شخصا."]
    (found,) = of(*texts)
    assert [(side.citation.file_id, side.published) for side in found.sides] == [
        ("a2", date(2031, 5, 2)),
        ("a1", date(2031, 5, 1)),
    ]
    old = found.sides[1].citation
    assert old.quote == texts[0][old.start : old.end] == "أسفر حريق السوق في طارين عن مقتل 12 شخصا."
    assert "حريق" in found.about and "12" not in found.about


def test_what_a_conflict_is_about_is_spelt_as_its_source_spells_it() -> None:
    (found,) = of(*(f"أحصى مسؤولون في مدينة طارين أضرار {count} مبنى بعد الإعصار." for count in (12, 15)))
    assert "مسؤولون" in found.about and "الإعصار" in found.about


def test_a_conflict_that_nobody_asked_about_is_left_out() -> None:
    texts = ["أسفر حريق السوق في طارين عن مقتل 12 شخصا.", "أسفر حريق السوق في طارين عن مقتل 15 شخصا."]
    assert of(*texts, question="كم شخصا قتل في حريق سوق طارين؟")
    assert not of(*texts, question="من افتتح جسر نور في السراج؟")


def test_undated_sources_come_last() -> None:
    text = "أسفر حريق السوق في طارين عن مقتل {} شخصا."
    hits: list[Hit] = [
        hit(text.format(12), "a1", published=None),
        hit(text.format(15), "a2", published=date(2030, 1, 1)),
    ]
    assert [side.citation.file_id for side in differences(hits)[0].sides] == ["a2", "a1"]


@pytest.mark.parametrize(
    ("question", "one", "two", "expected"),
    [
        (
            "كم شخصا قتل في حريق سوق الأقمشة؟",
            "قُتل 12 شخصا في حريق اندلع في سوق الأقمشة بمدينة طارين صباح الثلاثاء.",
            "أسفر حريق سوق الأقمشة في طارين عن مقتل 15 شخصا وإصابة 40، وفق ما أعلنت الوزارة.",
            ("update", ["15", "12"]),
        ),
        (
            "How many people died in the Siraj bridge collapse?",
            "Nine people died when the Siraj bridge collapsed on Monday, police said.",
            "The collapse of the Siraj bridge killed 14 people and injured 30, the mayor told reporters.",
            ("update", ["14", "Nine"]),
        ),
        (
            "كم بلغت كلفة مشروع القطار في طارين؟",
            "بلغت كلفة مشروع القطار في طارين 300 مليون دينار.",
            "كلّف مشروع القطار في طارين 420 مليون دينار، وفق ديوان المحاسبة.",
            ("number", ["420 مليون", "300 مليون"]),
        ),
        (
            "متى تفتتح محطة مرجان الشمسية؟",
            "تفتتح محطة مرجان الشمسية في 3 أيار 2031، وفق وزارة الطاقة.",
            "قال مدير الشركة إن محطة مرجان الشمسية ستفتتح في 10 مايو 2031.",
            ("date", ["10 مايو 2031", "3 أيار 2031"]),
        ),
        (
            "كم شخصا قتل في سيول طارين؟",
            "قال الدفاع المدني يوم 3 أيار 2031 إن 14 شخصا قتلوا في سيول طارين.",
            "ارتفعت حصيلة السيول في طارين إلى 21 قتيلا يوم 9 أيار 2031.",
            ("update", ["21", "14"]),
        ),
    ],
)
def test_two_answers_to_one_question_are_a_conflict_however_they_are_worded(
    question: str, one: str, two: str, expected: tuple[str, list[str]]
) -> None:
    hits = [hit(text, f"a{n}", published=date(2031, 5, n)) for n, text in enumerate((one, two), 1)]
    assert values(differences(hits, question)) == [expected]


@pytest.mark.parametrize(
    ("question", "one", "two"),
    [
        (
            "كم شخصا قتل في حريق سوق الأقمشة؟",
            "قُتل 12 شخصا في حريق سوق الأقمشة بمدينة طارين.",
            "أصيب 20 شخصا في حريق سوق الأقمشة بمدينة طارين.",
        ),
        (
            "كم شخصا قتل في حريق سوق الأقمشة؟",
            "قُتل 12 شخصا في حريق سوق الأقمشة بمدينة طارين.",
            "قُتل 4 أشخاص في حريق مصنع الزجاج بمدينة طارين.",
        ),
        (
            "كم طنا من القمح استوردت السراج؟",
            "استوردت السراج 40 ألف طن من القمح خلال الشهر الماضي.",
            "استوردت السراج 12 ألف طن من الذرة خلال الشهر الماضي.",
        ),
        (
            "كم فيلما عرض مهرجان مرجان؟",
            "عرض مهرجان مرجان 46 فيلما من 19 بلدا.",
            "عرض مهرجان مرجان العام الماضي 39 فيلما.",
        ),
        (
            "How many people died in the Siraj bridge collapse?",
            "Nine people died when the Siraj bridge collapsed on Monday.",
            "Some 300 people worked on the Siraj bridge when it was built.",
        ),
        (
            "كم شخصا قتل في هجوم طارين؟",
            "قُتل 15 شخصا في هجوم على سوق في طارين.",
            "قُتل 10 أشخاص في هجوم على قرية قرب مرجان.",
        ),
        (
            "كم شخصا قتل في هجوم طارين؟",
            "قُتل 15 شخصا في هجوم انتحاري على سوق في طارين.",
            "قُتل 7 أشخاص في غارة جوية على طارين، في هجوم جديد.",
        ),
        (
            "كم شخصا قتل في هجوم طارين؟",
            "قُتل 15 شخصا في هجوم على سوق طارين في 3 أيار 2031.",
            "قُتل 4 أشخاص في هجوم على سوق طارين في 9 أيار 2031.",
        ),
        (
            "How many people were killed in the Tarin attack?",
            "Gunmen killed nine people in an attack in Tarin.",
            "Earlier this month 30 people were killed in an attack in Tarin.",
        ),
        ("من افتتح جسر نور؟", "افتتح الوزير جسر نور في 3 أيار 2031.", "افتتح الرئيس جسر نور في 5 أيار 2031."),
    ],
)
def test_what_answers_another_question_is_no_rival(question: str, one: str, two: str) -> None:
    assert differences([hit(one, "a1"), hit(two, "a2")], question) == ()


def test_a_round_up_of_several_events_is_no_rival() -> None:
    one = "قُتل 15 شخصا في هجوم على سوق في طارين."
    round_up = "قُتل 4 أشخاص في هجوم على مدرسة في طارين. وقُتل 9 أشخاص في هجوم على مخفر في طارين."
    assert differences([hit(one, "a1"), hit(round_up, "a2")], "كم شخصا قتل في هجوم طارين؟") == ()


def test_two_sentences_that_share_nothing_of_what_is_asked_are_no_differences() -> None:
    one = hit("أسفر هجوم على مدرسة عن إصابة 38 شخصا.", "a1", title="من أخبار طارين")
    two = hit("فتح مسلحون النار في حفل في طارين فأصيب ثمانية أشخاص.", "a2", title="هجوم جديد")
    assert differences([one, two], "كم شخصا أصيب في هجوم طارين؟") == ()
    assert differences(
        [one, hit("أسفر هجوم على مدرسة في طارين عن إصابة 41 شخصا.", "a3")], "كم شخصا أصيب في هجوم طارين؟"
    )


def test_two_tolls_of_one_day_are_a_conflict_that_says_what_differs_and_who_says_it() -> None:
    text = "أصيب {} راكبا في حريق العبارة نجمة الشمال."
    day = date(2031, 5, 2)
    hits = [hit(text.format(n), f"a{n}", published=day, publisher=f"صحيفة {n}") for n in (46, 47)]
    (found,) = compare(hits, "كم مصابا في حريق العبارة نجمة الشمال؟").conflicts
    assert found.counted == "injured"
    assert [(side.value, side.publisher) for side in found.sides] == [("46", "صحيفة 46"), ("47", "صحيفة 47")]
    assert all(side.citation.quote == text.format(side.value) for side in found.sides)


def test_only_reports_of_one_story_are_compared() -> None:
    text = "أصيب {} راكبا في حريق العبارة نجمة الشمال."
    left, right = (replace(hit(text.format(n), f"a{n}"), story=f"s{n}") for n in (46, 47))
    assert differences([left, right]) == ()
    assert differences([left, replace(right, story="s46")])


def test_a_later_and_lower_toll_is_no_update() -> None:
    assert values(of(*(f"قتل {n} شخصا في حريق سوق الأقمشة في طارين." for n in (15, 12)))) == [("number", ["12", "15"])]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("ضبط جمرك المطار 22.790 حبة زاناكس.", "ضبط جمرك المطار 22 ألف حبة زاناكس."),
        ("بلغ سعر أونصة الذهب 1104.50 دولار.", "بلغ سعر أونصة الذهب 1098.20 دولار."),
        ("فاز فريق طارين في المباراة النهائية 2/1 على مرجان.", "فاز فريق طارين في المباراة النهائية 3/1 على مرجان."),
        ("قتل 12 شخصا في حريق سوق طارين.", "في العام الماضي قتل 17 شخصا في حريق سوق طارين."),
    ],
)
def test_rounded_numbers_prices_scores_and_the_past_are_no_difference(one: str, two: str) -> None:
    assert of(one, two) == ()


def test_numbers_of_alike_events_on_two_days_are_no_conflict() -> None:
    text = "قُتل {} أشخاص في تفجير استهدف موكبا في مدينة طارين {}."
    apart = of(text.format(9, "في 3 أيار 2031"), text.format(5, "في 20 نيسان 2031"))
    assert not [one for one in apart if one.kind == "number"]
    assert of(text.format(9, "في 3 أيار 2031"), text.format(5, "في 3 أيار 2031"))
