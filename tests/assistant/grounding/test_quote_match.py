"""What vouches without a model: the source's own words, and nothing that only looks like them."""

from __future__ import annotations

import pytest

from assistant.grounding import check_claim

FERRY = (
    "PORTMERE – Harbour master Nadir Saleh (52) said the ferry carries 420 passengers. It left on Monday, "
    "after a short delay, for Aden. "
    "Police denied that the pier is unsafe. If the owners agree, the pier will reopen in May."
)
DAM = (
    "عمّان – افتتح وزير الري سالم النوري (54 عاماً) سد الوادي صباح الأحد. وأضاف أن السد كلف 235 ألف دينار. "
    "واتهمت النيابة المقاول باختلاس نصف المبلغ، وهو ينفي التهمة. وقال شهود إن السد تشقق."
)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("It left on Monday, after a short delay, for Aden.", FERRY),
        ("It left on Monday for Aden.", FERRY),
        ("Harbour master Nadir Saleh said the ferry carries four hundred and twenty passengers.", FERRY),
        ("افتتح وزير الري سالم النوري سد الوادي صباح الأحد.", DAM),
        ("افتتح وزير الرى سالم النوري (٥٤ عاما) سد الوادي صباح الأحد", DAM),
        ("أضاف أن السد كلف ٢٣٥ ألف دينار.", DAM),
        ("أضاف سالم النوري أن السد كلف 235 ألف دينار.", DAM),
        ("واتهمت النيابة المقاول باختلاس نصف المبلغ، وهو ينفي التهمة.", DAM),
    ],
)
def test_the_sources_own_words_are_supported_by_quote(claim: str, text: str) -> None:
    judgement = check_claim(claim, text)
    assert (judgement.verdict, judgement.checked_by, judgement.reasons) == ("supported", "quote", ())


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("The ferry carries 420 passengers.", FERRY),  # who says it is dropped
        ("The pier is unsafe.", FERRY),  # denied
        ("The pier will reopen in May.", FERRY),  # on a condition
        ("It left on Tuesday for Aden.", FERRY),
        ("It left for Aden on Monday.", FERRY),  # another order is not the source's words
        (
            "Nadir Saleh left on Monday for Aden.",
            FERRY,
        ),  # the pronoun stands for the ferry, and the name for nobody there
        ("السد تشقق.", DAM),  # only witnesses say so
        ("باختلاس نصف المبلغ", DAM),
        ("المقاول اختلس نصف المبلغ.", DAM),
        ("أضاف حازم قصير أن السد كلف 235 ألف دينار.", DAM),
    ],
)
def test_words_of_the_source_that_say_more_or_less_than_it_are_not_vouched_for(claim: str, text: str) -> None:
    assert check_claim(claim, text).verdict != "supported"


def test_a_name_for_a_pronoun_counts_only_where_it_can_be_nobody_else() -> None:
    text = "Mayor Salma Idris opened the bridge. She thanked the workers of the night shift."
    assert check_claim("Salma Idris thanked the workers of the night shift.", text).checked_by == "quote"
    both = "Mayor Salma Idris met Dalia Amin at the bridge. She thanked the workers of the night shift."
    assert check_claim("Salma Idris thanked the workers of the night shift.", both).verdict != "supported"


def test_a_sentence_that_the_next_one_denies_is_no_quote() -> None:
    text = "The old bridge over the river fell. The town denied this."
    assert check_claim("The old bridge over the river fell.", text).verdict == "unchecked"


def test_a_question_is_no_statement() -> None:
    assert check_claim("استقال الوزير من منصبه اليوم.", "هل استقال الوزير من منصبه اليوم؟").verdict != "supported"


@pytest.mark.parametrize(
    "claim",
    [
        "بوب هو المدير الجديد.",
        "سمير قاسم هو الرئيس الجديد لشركة ماغوك.",
        "توفي الملك زرقون أمس.",
        "هاجمت قوات زرقون المدينة.",
        "Police arrested the governor.",
        "اعتقلت الشرطة الوالي.",
    ],
)
def test_an_invented_sentence_is_never_supported(claim: str) -> None:
    for text in (FERRY, DAM, "القمة الإسلامية: دعا الملك قادة الدول إلى مدينة جدة أمس، وقال الرئيس إن القوات غادرت."):
        assert check_claim(claim, text).verdict != "supported"
