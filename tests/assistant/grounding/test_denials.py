"""What the evidence only denies or supposes is not said by it."""

from __future__ import annotations

import pytest

from assistant.grounding import check_claim

DENIED = [
    ("تعرض المصنع لهجوم بطائرات مسيرة.", "نفت شركة النسيج تعرض المصنع لهجوم بطائرات مسيرة."),
    ("تعرض المصنع لهجوم بطائرات مسيرة.", "ليس صحيحاً أن المصنع تعرض لهجوم بطائرات مسيرة، كما قال الوزير."),
    ("قصف الجيش المدرسة الابتدائية.", "نفى الجيش أن يكون قد قصف المدرسة الابتدائية."),
    ("المصنع أغلق أبوابه نهائياً.", "الأنباء التي تقول إن المصنع أغلق أبوابه نهائياً غير صحيحة."),
    ("سقط عشرات القتلى في الهجوم.", "استبعد الناطق احتمال أن يكون قد سقط عشرات القتلى في الهجوم."),
    ("The bridge was closed after the storm.", "Police denied that the bridge was closed after the storm."),
    ("The bridge was closed after the storm.", "Reports that the bridge was closed after the storm are false."),
    ("The bridge was closed after the storm.", "Police dismissed claims that the bridge was closed after the storm."),
    ("The mayor will resign in May.", "He ruled out that the mayor will resign in May."),
    ("He is guilty of the crime.", "If he is guilty of the crime, he will be punished."),
]


@pytest.mark.parametrize(("claim", "text"), DENIED)
def test_what_is_only_denied_or_supposed_is_not_supported(claim: str, text: str) -> None:
    assert check_claim(claim, text).verdict != "supported"


SAID = [
    ("الجسر مفتوح أمام السيارات.", "نفى الوزير الخبر وقال إن الجسر مفتوح أمام السيارات."),
    ("غادر الوزير القاعة مساء.", "نفى الوزير التهمة وغادر القاعة مساء."),
    ("نفت شركة النسيج تعرض المصنع لهجوم.", "نفت شركة النسيج تعرض المصنع لهجوم."),
    ("خسر الفريق خمس مباريات متتالية.", "استبعد المدرب اللاعب بعد أن خسر الفريق خمس مباريات متتالية."),
    ("تعرض المصنع لهجوم.", "نفت الشركة تعرض المصنع لهجوم. لكن الشرطة أكدت تعرض المصنع لهجوم."),
    ("The bridge is open to cars.", "He denied the charge, and said the bridge is open to cars."),
    (
        "The company paid 5 million dinars in May.",
        "The company, which denied wrongdoing, paid 5 million dinars in May.",
    ),
    ("The team lost five games in May.", "The board dismissed the coach after the team lost five games in May."),
    ("He attacked police in Aden.", "He was denied bail after he attacked police in Aden."),
]


@pytest.mark.parametrize(("claim", "text"), SAID)
def test_no_rule_objects_to_what_is_said_beside_a_denial_or_elsewhere(claim: str, text: str) -> None:
    assert check_claim(claim, text).verdict != "unsupported"
