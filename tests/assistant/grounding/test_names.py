"""Names that the evidence does not know, names in another's part, spellings of the same name."""

from __future__ import annotations

import pytest

from assistant.alignment.proper_names import alike, names
from assistant.alignment.tokenization import tokenize
from assistant.grounding import check_claim

STRIKE = (
    "قال وزير العمل نبيل الحداد إن الإضراب انتهى. ورفضت رئيسة النقابة سلمى بن يونس توقيع محضر الاتفاق. "
    "وحولت شركة الموج للشحن سفنها إلى ميناء الدرعة."
)
THEFT = (
    "Curator Jan Vetter discovered the theft on Sunday. Museum director Sabine Roth told Vetter that the "
    "case was locked. "
    "The mayor said she was shocked by the theft."
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("قال المدرب خوسيه مارتينيث إن الفريق جاهز", ["خوسيه مارتينيث"]),
        ("التقى السيد طارق بن سليمان وفدا", ["طارق بن سليمان"]),
        ("استقال الوزير كمال راضي من منصبه", ["كمال راضي"]),
        ("رست السفن في ميناء الدرعة", ["الدرعة"]),
        ("شركة كبيرة في مدينة ساحلية", []),
        ("Talks with Mei-Ling Hsu in Aden", ["Mei-Ling Hsu", "Aden"]),
        ("The ship left at night", []),
    ],
)
def test_names_are_found_in_both_scripts(text: str, found: list[str]) -> None:
    line = tokenize(text)
    assert [name.text(line) for name in names(line)] == found


@pytest.mark.parametrize(
    ("claim", "text", "code"),
    [
        ("قال وزير العمل سامر الجابري إن الإضراب انتهى.", STRIKE, "unknown_name"),
        ("حولت شركة الشراع للشحن سفنها إلى ميناء الدرعة.", STRIKE, "unknown_name"),
        ("رفض نبيل الحداد توقيع محضر الاتفاق.", STRIKE, "name"),
        ("Curator Lukas Brandt discovered the theft on Sunday.", THEFT, "unknown_name"),
        ("Mayor Petra Hoyer said she was shocked by the theft.", THEFT, "unknown_name"),
        ("Sabine Roth discovered the theft on Sunday.", THEFT, "name"),
        ("قالت المهندسة هند الشمري إن الأشجار نقلت.", "قالت المهندسة ريم الدوسري إن الأشجار نقلت.", "unknown_name"),
    ],
)
def test_a_name_in_anothers_place_is_caught(claim: str, text: str, code: str) -> None:
    judgement = check_claim(claim, text)
    assert judgement.verdict == "unsupported" and code in {item.code for item in judgement.contradictions}


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("رفضت سلمى بن يونس، رئيسة النقابة، توقيع محضر الاتفاق.", STRIKE),
        ("بحسب وزير العمل نبيل الحداد فإن الإضراب انتهى.", STRIKE),
        ("قال الوزير نبيل الحدّاد إن الإضراب انتهى.", STRIKE),
        ("حولت الشركة سفنها إلى ميناء الدرعه.", STRIKE),
        ("Vetter was told by Sabine Roth that the case was locked.", THEFT),
        ("Otto Brandt was sacked by Anna Keller.", "Anna Keller sacked her aide, Otto Brandt, on Monday."),
        ("Otto Brandt met Anna Keller.", "Anna Keller met Otto Brandt on Monday."),
        ("The theft was discovered on Sunday by curator Jan Vetter.", THEFT),
        ("اتهم زلنسكي موسكو بقصف المحطة.", "اتهم زيلينسكي موسكو بقصف المحطة."),
    ],
)
def test_the_same_people_in_other_words_order_and_spelling_raise_no_alarm(claim: str, text: str) -> None:
    assert not {item.code for item in check_claim(claim, text).contradictions} & {"name", "unknown_name"}


def test_spellings_of_one_name_are_alike() -> None:
    assert alike("غوتيريش", "غوتيريس") and alike("Zelensky", "Zelenskyy")
    assert not alike("Roth", "Vetter")
