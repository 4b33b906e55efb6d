"""What the check finds and what it lets pass, rule by rule, in Arabic and English."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.grounding import Evidence, check, check_claim

DAM = (
    "قال وزير الري سالم النوري إن ارتفاع سد الوادي 87 مترا، وإن ثمنه بلغ 235 ألف دينار. وأضاف أن لجنتين تتابعان العمل."
)
FERRY = "Harbour master Nadir Saleh said the new ferry carries 420 passengers. It cost 3.5 million dinars, 12% more than planned."
FAIR = "افتتح معرض الكتاب في مدينة مرسان يوم 3 مايو 2024، ويستمر حتى 12 أيار. وتوقع المنظمون نحو 40 ألف زائر."
MUSEUM = "The museum in Lorena opened on 14 March 2021 and closed for repairs two years later."
VOTE = "رفض المجلس اقتراح المحافظ زيادة الرسوم. ولم تعلن البلدية موعد الجلسة المقبلة."
PRICES = "ارتفعت أسعار القمح في الميناء بعد العاصفة، وانخفضت أسعار الزيت."
TALKS = "قال المبعوث كمال الراوي: «لن نغادر الميناء قبل نهاية الشتاء». ونفى الناطق حازم قصير وقوع أي خلاف."


def kinds(claim: str, text: str, anchor: date | None = None) -> tuple[str, set[str]]:
    found = check_claim(claim, text, anchor=anchor)
    return found.verdict, {detail.kind for detail in found.details}


BORNE_OUT = [
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


@pytest.mark.parametrize(("claim", "text"), BORNE_OUT)
def test_the_same_in_other_digits_words_months_and_spellings_is_supported(claim: str, text: str) -> None:
    assert kinds(claim, text)[0] == "supported"


AGAINST = [
    # numbers
    ("ارتفاع سد الوادي 85 مترا.", DAM, "number"),
    ("ارتفاع سد الوادي ثمانية وتسعون مترا.", DAM, "number"),
    ("ثمن سد الوادي بلغ 235 مليون دينار.", DAM, "number"),
    ("وأضاف أن ثلاث لجان تتابع العمل.", DAM, "number"),
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
    # negation
    ("لم يرفض المجلس اقتراح المحافظ زيادة الرسوم.", VOTE, "negation"),
    ("وأعلنت البلدية موعد الجلسة المقبلة.", VOTE, "negation"),
    ("The new ferry does not carry 420 passengers.", FERRY, "negation"),
    # reversal
    ("انخفضت أسعار القمح في الميناء بعد العاصفة.", PRICES, "reversal"),
    ("ارتفعت أسعار القمح في الميناء قبل العاصفة.", PRICES, "reversal"),
    ("وافق المجلس على اقتراح المحافظ زيادة الرسوم.", VOTE, "reversal"),
    ("It cost 3.5 million dinars, 12% less than planned.", FERRY, "reversal"),
    ("أكد الناطق حازم قصير وقوع خلاف.", TALKS, "reversal"),
    # names and places
    ("قال حازم قصير: «لن نغادر الميناء قبل نهاية الشتاء».", TALKS + " وحضر اللقاء جمع.", "speaker"),
    ("شحنت السفن القمح من مصر إلى ميناء عدن.", "شحنت السفن القمح من تركيا إلى ميناء عدن.", "place"),
    ("The French minister left the Aden conference early.", "The German minister left the Aden conference early.", "place"),
    ("John Smith resigned as mayor of Portmere.", "The mayor of Portmere, Peter Novak, resigned on Monday.", "unknown name"),
    ("استقال الوزير سامي حداد من منصبه.", "استقال الوزير كمال راضي من منصبه، وفق بيان.", "unknown name"),
    # quotations
    ("قال المبعوث كمال الراوي: «لن نغادر الميناء قبل بداية الربيع».", TALKS, "quotation"),
    # two words exchanged
    ("زيادة في سعر القمح وانخفاض لسعر الزيت.", "زيادة في سعر الزيت وانخفاض لسعر القمح.", "exchanged"),
    ("اتهمت روسيا أوكرانيا بقصف المحطة.", "اتهمت أوكرانيا روسيا بقصف المحطة.", "exchanged"),
    ("اتهم بيلوسوف زيلينسكي بالكذب.", "اتهم زيلينسكي بيلوسوف بالكذب.", "exchanged"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "text", "kind"), AGAINST)
def test_what_stands_otherwise_is_not_supported_and_the_reason_is_of_its_kind(claim: str, text: str, kind: str) -> None:
    verdict, found = kinds(claim, text)
    assert verdict != "supported" and kind in found


def test_the_reason_names_the_words_of_both_sides() -> None:
    assert check_claim("ارتفاع سد الوادي 85 مترا.", DAM).reasons == ("85 is not in the evidence, which says 87",)
    (reason,) = check_claim("The French minister left early.", "The German minister left early.").details
    assert (reason.said, reason.evidence) == ("French", "German")


def test_a_reason_about_a_unit_names_it_on_both_sides() -> None:
    assert check_claim("The road is 870 km long now.", "The road is 870 miles long now.").reasons == (
        "870 km is not in the evidence, which says 870 miles",
    )
    assert check_claim("بلغ الثمن 200 دولار في السوق.", "بلغ الثمن 200 يورو في السوق.").reasons == (
        "200 دولار is not in the evidence, which says 200 يورو",
    )


def test_a_right_number_of_another_sentence_is_not_borne_out() -> None:
    text = (
        "The mill has 60 looms in two halls. " * 1
        + "Far away, in the old town by the river, the school has 340 pupils."
    )
    assert kinds("The mill has 340 looms in two halls.", text)[0] != "supported"
    assert kinds("The mill has 60 looms in two halls.", text)[0] == "supported"


def test_a_name_of_the_same_article_in_the_place_of_another_is_caught() -> None:
    text = (
        "The bridge was opened by Mayor Salma Idris on Monday. Engineer Omar Farouk, who drew the plans, stayed away. "
        "Salma Idris thanked the workers."
    )
    assert kinds("The bridge was opened by Mayor Omar Farouk on Monday.", text)[0] != "supported"
    assert kinds("The bridge was opened by Mayor Salma Idris on Monday.", text)[0] == "supported"


@pytest.mark.parametrize(
    ("claim", "supported"),
    [
        ("وصل الوفد إلى مرسان في 9 مايو 2024.", True),
        ("وصل الوفد إلى مرسان في 8 مايو 2024.", False),
        ("وصل الوفد إلى مرسان يوم الخميس.", True),
    ],
)
def test_relative_days_are_read_against_the_day_of_the_article(claim: str, supported: bool) -> None:
    verdict, _ = kinds(claim, "وصل الوفد أمس إلى مرسان.", date(2024, 5, 10))
    assert (verdict == "supported") is supported


def test_a_hijri_date_is_no_gregorian_one() -> None:
    text = "بدأ العمل في 10 رمضان 1445 بعد الافتتاح."
    assert kinds("بدأ العمل في 10 رمضان 1445 بعد الافتتاح الكبير.", text)[1].isdisjoint({"date"})
    assert kinds("بدأ العمل في 10 رجب 1445 بعد الافتتاح.", text)[0] != "supported"
    assert kinds("بدأ العمل في 10 مارس 1445 بعد الافتتاح.", text)[0] != "supported"


def test_coverage_alone_doubts_what_the_text_does_not_say() -> None:
    verdict, found = kinds("زرع الفلاحون الزيتون على تلال الجنوب.", DAM)
    assert verdict == "unsupported" and found == {"missing words"}


# --- files ---


CITED = Evidence(text="افتتح الوالي الجسر صباح الجمعة.", file_id="a")
RIGHT = Evidence(text="كلف سوق السمك الجديد 12 مليون دينار.", file_id="b")


def test_a_wrong_citation_is_reported_and_the_right_file_offered() -> None:
    found = check("كلف سوق السمك الجديد 12 مليون دينار.", [CITED], others=[RIGHT])
    (other,) = [detail for detail in found.details if detail.kind == "other file"]
    assert found.verdict != "supported" and other.file_id == "b" and "b bears this out" in str(other)


def test_a_word_that_only_another_file_has_is_named_with_the_file() -> None:
    other = Evidence(text="وحضر الافتتاح بيلوسوف ومرافقوه.", file_id="c")
    found = check("افتتح بيلوسوف الجسر صباح الجمعة مع الأعيان.", [CITED], others=[other])
    assert any(detail.kind == "word in other file" and detail.file_id == "c" for detail in found.details)


def test_a_right_citation_mentions_no_other_file() -> None:
    found = check("افتتح الوالي الجسر صباح الجمعة.", [CITED], others=[RIGHT, Evidence(text=CITED.text, file_id="z")])
    assert found.verdict == "supported" and found.details == ()


@pytest.mark.parametrize(
    ("claim", "text"), [("", "نص."), ("…", "نص."), ("[1]", "نص."), ("سقط المطر.", ""), ("سقط المطر.", "  \n")]
)
def test_nothing_to_check_or_to_check_against_is_unchecked(claim: str, text: str) -> None:
    found = check_claim(claim, text)
    assert found.verdict == "unchecked" and found.probability is None and len(found.reasons) == 1
    assert check(claim, [Evidence(text=text, file_id="a")]).verdict == "unchecked"
