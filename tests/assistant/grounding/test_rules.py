"""What the check finds and what it lets pass, rule by rule, in Arabic and English."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.grounding import Evidence, check, check_claim

DAM = (
    "قال وزير الري سالم النوري إن ارتفاع سد الوادي 87 مترا، وإن ثمنه بلغ 235 ألف دينار. وأضاف أن لجنتين تتابعان العمل."
)
FERRY = (
    "Harbour master Nadir Saleh said the new ferry carries 420 passengers. It cost 3.5 million dinars, 12% more "
    "than planned."
)
FAIR = "افتتح معرض الكتاب في مدينة مرسان يوم 3 مايو 2024، ويستمر حتى 12 أيار. وتوقع المنظمون نحو 40 ألف زائر."
MUSEUM = "The museum in Lorena opened on 14 March 2021 and closed for repairs two years later."
VOTE = "رفض المجلس اقتراح المحافظ زيادة الرسوم. ولم تعلن البلدية موعد الجلسة المقبلة."
PRICES = "ارتفعت أسعار القمح في الميناء بعد العاصفة، وانخفضت أسعار الزيت."
TALKS = "قال المبعوث كمال الراوي: «لن نغادر الميناء قبل نهاية الشتاء». ونفى الناطق حازم قصير وقوع أي خلاف."


def codes(claim: str, text: str, anchor: date | None = None) -> set[str]:
    return {item.code for item in check_claim(claim, text, anchor=anchor).contradictions}


TRUE = [
    ("ارتفاع سد الوادي ٨٧ مترا.", DAM),
    ("ارتفاع سد الوادي ۸۷ مترا.", DAM),
    ("ارتفاع سد الوادي سبعة وثمانون مترا.", DAM),
    ("ثمن سد الوادي بلغ 235,000 دينار.", DAM),
    ("ثمن سد الوادي بلغ ٢٣٥٬٠٠٠ دينار.", DAM),
    ("ثمن سد الوادي بلغ 235، 000 دينار.", DAM),
    ("بلغت الحرارة -5 درجات ليلا.", "بلغت الحرارة 5 درجات تحت الصفر ليلا."),
    ("The temperature fell to -5 degrees at night.", "The temperature fell to minus 5 degrees at night."),
    ("زار الوزير المدينة صباح الأحد.", "زار المدينة الوزير صباح الأحد."),
    ("رفض ترودو الاعتذار عن الموقف.", "ترودو رفض الاعتذار عن الموقف."),
    ("التقى وزراء روسيا وأوكرانيا في جنيف.", "التقى وزراء أوكرانيا وروسيا في جنيف."),
    ("Peter Novak resigned as mayor of Portmere.", "The mayor of Portmere, Peter Novak, resigned on Monday."),
    ("زارت 2 من السفن الميناء القديم مساء.", "زارت سفينتان الميناء القديم مساء."),
    ("The new ferry carries four hundred and twenty passengers.", FERRY),
    ("The ferry cost 3,500,000 dinars.", FERRY),
    ("The ferry cost 12 percent more than planned.", FERRY),
    ("افتتح معرض الكتاب في مدينة مرسان يوم 3 أيار 2024.", FAIR),
    ("افتتح معرض الكتاب في مدينة مرسان يوم ٣ ماي ٢٠٢٤.", FAIR),
    ("يستمر معرض الكتاب حتى 12 مايو.", FAIR),
    ("وتوقع المنظمون 40 ألف زائر.", FAIR),
    ("The museum in Lorena opened in March 2021.", MUSEUM),
    ("رفض المجلس اقتراح المحافظ زيادة الرسوم.", VOTE),
    ("لم تعلن البلدية موعد الجلسة المقبلة.", VOTE),
    ("ارتفعت اسعار القمح فى الميناء بعد العاصفه.", PRICES),
    ("قال المبعوث كمال الراوي: \"لن نغادر الميناء قبل نهاية الشتاء\".", TALKS),
    ("Nadir Saleh said the new ferry carries 420 passengers.", FERRY),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "text"), TRUE)
def test_no_rule_objects_to_the_same_in_other_digits_words_months_and_spellings(claim: str, text: str) -> None:
    assert check_claim(claim, text).verdict != "unsupported"


AGAINST = [
    # numbers
    ("ارتفاع سد الوادي 85 مترا.", DAM, "number"),
    ("ارتفاع سد الوادي ثمانية وتسعون مترا.", DAM, "number"),
    ("ثمن سد الوادي بلغ 235 مليون دينار.", DAM, "number"),
    ("The new ferry carries 240 passengers.", FERRY, "number"),
    ("The ferry cost 3.8 million dinars, 12% more than planned.", FERRY, "number"),
    ("It cost 3.5 million dinars, 21% more than planned.", FERRY, "number"),
    ("بلغت الحرارة -5 درجات ليلا.", "بلغت الحرارة 5 درجات ليلا.", "number"),
    ("The temperature was 5 degrees at night.", "The temperature was -5 degrees at night.", "number"),
    ("The bridge cost $210,000 in May.", "The bridge cost £210,000 in May.", "number"),
    ("The ticket cost 200$ on Monday.", "The ticket cost 200€ on Monday.", "number"),
    # dates
    ("افتتح معرض الكتاب في مدينة مرسان يوم 3 حزيران 2024.", FAIR, "date"),
    ("افتتح معرض الكتاب في مدينة مرسان يوم 5 مايو 2024.", FAIR, "date"),
    ("The museum in Lorena opened on 14 March 2020.", MUSEUM, "date"),
    ("The museum in Lorena opened on 14 May 2021.", MUSEUM, "date"),
    # names and places
    ("قال حازم قصير: «لن نغادر الميناء قبل نهاية الشتاء».", TALKS + " وحضر اللقاء جمع.", "speaker"),
    ("شحنت السفن القمح من مصر إلى ميناء عدن.", "شحنت السفن القمح من تركيا إلى ميناء عدن.", "place"),
    ("The French minister left the "
    "Aden conference early.", "The German minister left the Aden conference early.", "place"),
    ("John Smith resigned as "
    "mayor of Portmere.", "The mayor of Portmere, Peter Novak, resigned on Monday.", "unknown_name"),
    ("استقال الوزير سامي حداد من منصبه.", "استقال الوزير كمال راضي من منصبه، وفق بيان.", "unknown_name"),
    # quotations
    ("قال المبعوث كمال الراوي: «لن نغادر الميناء قبل بداية الربيع».", TALKS, "quotation"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "text", "code"), AGAINST)
def test_a_contradiction_is_found_and_has_its_code(claim: str, text: str, code: str) -> None:
    judgement = check_claim(claim, text)
    assert (judgement.verdict, judgement.checked_by) == ("unsupported", "rules")
    assert code in {item.code for item in judgement.contradictions}
    assert all(claim[item.start : item.end] == item.text for item in judgement.contradictions)


EXCHANGED = [
    ("لم يرفض المجلس اقتراح المحافظ زيادة الرسوم.", VOTE),
    ("وأعلنت البلدية موعد الجلسة المقبلة.", VOTE),
    ("The new ferry does not carry 420 passengers.", FERRY),
    ("انخفضت أسعار القمح في الميناء بعد العاصفة.", PRICES),
    ("ارتفعت أسعار القمح في الميناء قبل العاصفة.", PRICES),
    ("وافق المجلس على اقتراح المحافظ زيادة الرسوم.", VOTE),
    ("It cost 3.5 million dinars, 12% less than planned.", FERRY),
    ("أكد الناطق حازم قصير وقوع خلاف.", TALKS),
    ("زيادة في سعر القمح وانخفاض لسعر الزيت.", "زيادة في سعر الزيت وانخفاض لسعر القمح."),
    ("اتهمت روسيا أوكرانيا بقصف المحطة.", "اتهمت أوكرانيا روسيا بقصف المحطة."),
    ("اتهم بيلوسوف زيلينسكي بالكذب.", "اتهم زيلينسكي بيلوسوف بالكذب."),
    ("وأضاف أن ثلاث لجان تتابع العمل.", DAM),
    ("Otto Brandt sacked Anna Keller on Monday.", "Anna Keller sacked her aide, Otto Brandt, on Monday."),
    ("Marlow defeated Kestrel in the final.", "Kestrel beat Marlow 2-0 in the final in Ostrava."),
    ("The train runs from Aden to Lorena at night.", "At night the train runs from Lorena to Aden."),
    ("A dog bit the man.", "A man bit the dog."),
]


@pytest.mark.parametrize(("claim", "text"), EXCHANGED)
def test_what_only_a_reader_can_tell_is_never_supported(claim: str, text: str) -> None:
    assert check_claim(claim, text).verdict != "supported"


def test_the_reason_names_the_words_of_both_sides() -> None:
    assert check_claim("ارتفاع سد الوادي 85 مترا.", DAM).reasons == ("85 is not in the evidence, which says 87",)
    (reason,) = check_claim("The French minister left early.", "The German minister left early.").contradictions
    assert (reason.text, reason.evidence) == ("French", "German")


def test_a_reason_about_a_unit_names_it_on_both_sides() -> None:
    assert check_claim("The road is 870 km long now.", "The road is 870 miles long now.").reasons == (
        "870 km is not in the evidence, which says 870 miles",
    )
    assert check_claim("بلغ الثمن 200 دولار في السوق.", "بلغ الثمن 200 يورو في السوق.").reasons == (
        "200 دولار is not in the evidence, which says 200 يورو",
    )


def test_a_right_number_of_another_thing_is_caught() -> None:
    text = (
        "The mill has 60 looms in two halls. " * 1
        + "Far away, in the old town by the river, the school has 340 pupils."
    )
    assert codes("The mill has 340 looms in two halls.", text) == {"number_of_another"}
    assert not codes("The mill has 60 looms in two halls.", text)


def test_a_name_of_the_same_article_in_the_place_of_another_is_caught() -> None:
    text = (
        "The bridge was opened by Mayor Salma Idris on Monday. Engineer Omar Farouk, who drew the plans, stayed away. "
        "Salma Idris thanked the workers."
    )
    assert codes("The bridge was opened by Mayor Omar Farouk on Monday.", text) == {"name"}
    assert not codes("The bridge was opened by Mayor Salma Idris on Monday.", text)


@pytest.mark.parametrize(
    ("claim", "right"),
    [
        ("وصل الوفد إلى مرسان في 9 مايو 2024.", True),
        ("وصل الوفد إلى مرسان في 8 مايو 2024.", False),
        ("وصل الوفد إلى مرسان يوم الخميس.", True),
    ],
)
def test_relative_days_are_read_against_the_day_of_the_article(claim: str, right: bool) -> None:
    objected = codes(claim, "وصل الوفد أمس إلى مرسان.", date(2024, 5, 10))
    assert (not objected) is right


def test_a_hijri_date_is_no_gregorian_one() -> None:
    text = "بدأ العمل في 10 رمضان 1445 بعد الافتتاح."
    assert not codes("بدأ العمل في 10 رمضان 1445 بعد الافتتاح الكبير.", text)
    assert codes("بدأ العمل في 10 رجب 1445 بعد الافتتاح.", text) == {"date"}
    assert codes("بدأ العمل في 10 مارس 1445 بعد الافتتاح.", text) == {"date"}


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("أصيب عشرة أشخاص في الحادث.", "أصيب ستة أشخاص من الركاب وأربعة من المارة في الحادث."),
        ("خسر النادي 40 في المئة من جمهوره.", "تراجع جمهور النادي من 50 ألف مشجع إلى 30 ألفا."),
        ("About a third of the works need treatment.", "Of 60 works that came back, 20 need treatment for damp."),
        ("The two drivers were paid 37,000 euros in all.", "Each of the two drivers was paid 18,500 euros."),
        ("فازت القائمة بالمركز الأول.", "تصدرت القائمة النتائج في المدينة بفارق كبير."),
        ("أصيب بكورونا عشرون نزيلا.", "أصيب عشرون نزيلا بفيروس كورونا."),
    ],
)
def test_light_arithmetic_ordinals_and_proclitics_raise_no_alarm(claim: str, text: str) -> None:
    assert not codes(claim, text)


def test_figures_and_dates_are_compared_across_languages() -> None:
    text = "قال الوزير إن الجسر كلف 240 مليون ريال وإنه افتتح في 3 أيار 2024."
    assert codes("The bridge cost 870 million.", text) == {"number"}
    assert codes("The bridge opened on 9 June 2024.", text) == {"date"}
    assert not codes("The bridge cost 240 million and opened on 3 May 2024.", text)


def test_what_speaks_neither_for_nor_against_is_left_to_a_reader() -> None:
    judgement = check_claim("زرع الفلاحون الزيتون على تلال الجنوب.", DAM)
    assert (judgement.verdict, judgement.checked_by) == ("unchecked", None)
    assert [detail.code for detail in judgement.details] == ["check.not_verified"]


@pytest.mark.parametrize(("claim", "text"), [("سقط المطر.", ""), ("سقط المطر.", "  \n")])
def test_a_claim_without_a_source_is_unsupported(claim: str, text: str) -> None:
    for judgement in (check_claim(claim, text), check(claim, [Evidence(text=text, file_id="a")]), check(claim, [])):
        assert judgement.verdict == "unsupported" and [detail.code for detail in judgement.details] == [
            "check.no_source"
        ]


@pytest.mark.parametrize("claim", ["", "…", "[1]"])
def test_a_claim_that_says_nothing_is_unchecked(claim: str) -> None:
    judgement = check_claim(claim, "نص.")
    assert judgement.verdict == "unchecked" and [detail.code for detail in judgement.details] == [
        "check.nothing_to_check"
    ]
