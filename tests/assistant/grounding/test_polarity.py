"""Denials and opposites in sentences put in other words."""

from __future__ import annotations

import pytest

from assistant.grounding import check_claim

AGAINST = [
    ("All miners came out alive.", "Only three of the 20 miners came out alive.", "bound"),
    ("فازت القائمة في جميع الدوائر.", "فازت القائمة في بعض الدوائر ثم خسرت في الإعادة.", "bound"),
    ("بلغت نسبة الإقبال أكثر من 40 في المئة.", "لم تتجاوز نسبة الإقبال 40 في المئة، وفق البلدية.", "bound"),
    ("Councillor Marsh supported the toll.", "Councillor Ida Marsh voted against the "
    "toll, saying it was unfair.", "reversal"),
    ("The syrup may cure coughs.", "The syrup does not cure coughs but may ease them, doctors said.", "negation"),
    ("Ketter will sell its yard.", "Ketter said on Sunday that it had no plans "
    "to sell its yard in Belphar.", "negation"),
    ("ستهدم البلدية السوق القديم.", "قالت البلدية إنها لا تعتزم هدم السوق القديم هذا العام.", "negation"),
    ("تعتزم الشركة تسريح مئة عامل.", "ذكرت صحيفة محلية أن الشركة تعتزم تسريح مئة "
    "عامل، وهو ما نفته الشركة في بيان.", "negation"),
    ("انهار جسر النهر القديم.", "قال شهود إن جسر النهر القديم انهار. ونفت البلدية ذلك.", "negation"),
    ("تشترط الجامعة شهادة في اللغة.", "قال العميد إن الجامعة لم تعد تشترط شهادة في اللغة.", "negation"),
    ("نال الفريق موافقة الاتحاد على ملعبه الجديد.", "فشل الفريق في نيل موافقة الاتحاد على ملعبه الجديد.", "negation"),
    ("استجابت اللجنة لطلب التعويض.", "استجابت اللجنة لكل مطالب السكان ما عدا طلب التعويض.", "negation"),
    ("The ministry paid the bribe in May.", "A former clerk said that the ministry paid the bribe "
    "in May, which the minister denied.", "negation"),
    ("Belphar won approval for "
    "the drug in 2017.", "The drug maker Belphar failed to win approval for the drug in 2017.", "negation"),
    ("The ferry still calls at Aden.", "The ferry no longer calls at Aden.", "negation"),
    ("The agency refused the firm a loan.", "The agency, which denied that it had refused the "
    "firm a loan, will meet the owners.", "negation"),
    ("The minister promised to "
    "cut the water tax.", "The minister promised loans to farmers, but ruled out cutting the water tax.", "negation"),
    ("Taxis were to be included in the ban.", "Taxis and vans were to be left out of the ban.", "reversal"),
    ("The works were kept outside a glass case.", "The works were kept inside a glass case.", "reversal"),
    ("The court upheld the sentence of six months.", "The court overturned the sentence of six months.", "reversal"),
    ("أيدت المحكمة الحكم بحبسه ستة أشهر.", "نقضت المحكمة الحكم بحبسه ستة أشهر.", "reversal"),
    ("ضم المدرب الحارس إلى التشكيلة.", "استبعد المدرب الحارس من التشكيلة.", "reversal"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "text", "code"), AGAINST)
def test_what_is_denied_or_turned_round_in_other_words_is_caught(claim: str, text: str, code: str) -> None:
    judgement = check_claim(claim, text)
    assert judgement.verdict == "unsupported" and code in {item.code for item in judgement.contradictions}


ALIKE = [
    ("Not all miners came out alive.", "Only three of the 20 miners came out alive."),
    ("تجاوز عدد الزوار 40 ألفا.", "زار المعرض أكثر من 40 ألف زائر."),
    ("Ketter has no plans to sell its yard.", "Ketter said on Sunday that it had no plans "
    "to sell its yard in Belphar."),
    ("لا تعتزم البلدية هدم السوق القديم.", "قالت البلدية إنها لا تعتزم هدم السوق القديم هذا العام."),
    ("نفت الشركة أنها تعتزم تسريح مئة عامل.", "ذكرت صحيفة أن الشركة تعتزم تسريح مئة عامل، وهو ما نفته الشركة في بيان."),
    ("لم يحضر التاجر الجلسة الأولى.", "غاب التاجر عن الجلسة الأولى."),
    ("استجابت اللجنة لكل مطالب السكان.", "استجابت اللجنة لكل مطالب السكان ما عدا طلب التعويض."),
    ("قال العميد إن الجامعة لا تشترط شهادة في اللغة.", "قال العميد إن الجامعة لم تعد تشترط شهادة في اللغة."),
    ("Belphar did not win approval in 2017.", "Belphar failed to win approval in 2017."),
    ("The company, Ketter, owns "
    "the trawler Orion.", "Ketter, which owns the trawler Orion, denied that its radio had failed."),
    ("The train runs to Aden from Lorena at night.", "At night the train runs from Lorena to Aden."),
    ("The tax was left out of the plan.", "The plan left out the tax."),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "text"), ALIKE)
def test_a_denial_said_in_other_words_is_none(claim: str, text: str) -> None:
    assert not {item.code for item in check_claim(claim, text).contradictions} & {"negation", "reversal", "bound"}


def test_what_is_added_to_a_true_sentence_is_never_supported() -> None:
    text = "لقي ما لا يقل عن اثني عشر عاملا مصرعهم في حريق شب في مخزن للأخشاب فجر الأحد."
    assert check_claim("قُتل 12 عاملا على الأقل في الحريق.", text).verdict != "unsupported"
    assert check_claim("قُتل 12 عاملا في الحريق الذي تسبب فيه ماس كهربائي.", text).verdict != "supported"
