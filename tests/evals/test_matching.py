"""A gold fact is found however it is written, and nothing else is taken for it."""

from __future__ import annotations

from datetime import date

import pytest

from evals.cases.case import ExpectedNumber, Fact
from evals.metrics.fact_matching import contains_wording, states_fact


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("قُتِل ١٤ شخصاً", "14 شخصا"),
        ("وبالمدرسة الجديدة", "المدرسة الجديدة"),
        ("للمدرسة الجديدة", "المدرسة الجديدة"),
        ("زار أحمد الشّرع المدينة", "احمد الشرع"),
        ("احتفظت بوجودها هناك", "بوجود"),
        ("قال «ظِلُّ النخلة» فيلم", "ظل النخلة"),
        ("BLUE  heron 4410.", "Blue Heron 4410"),
        ("افتتح يوم 9 مايو 2026", "9 أيار"),
        ("افتتح في التاسع من أيار", "9 أيار"),
        ("opened on May 9th, 2026", "9 أيار 2026"),
        ("بُنيت عام ألف وتسعمئة وثمانية وتسعين", "1998"),
    ],
)
def test_a_wording_is_found_across_spellings(text: str, wording: str) -> None:
    assert contains_wording(text, wording)


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("قتل 114 شخصا", "14 شخصا"),
        ("قتل 14.5 شخصا", "5 شخصا"),
        ("حسام سالم", "سام"),
        ("افتتح في أيار", "9 أيار"),
        ("افتتح يوم 19 أيار", "9 أيار"),
        ("code-999-b", "code 99"),
        ("", "شيء"),
        ("شيء", ""),
    ],
)
def test_what_only_looks_alike_is_not_taken_for_it(text: str, wording: str) -> None:
    assert not contains_wording(text, wording)


def test_a_relative_day_is_counted_from_the_day_of_writing() -> None:
    assert contains_wording("وصل الوفد أمس", "2 آذار 2026", date(2026, 3, 3))
    assert not contains_wording("وصل الوفد أمس", "2 آذار 2026")


FACT = Fact(id="f", accept=("92 مليمترا",), number=ExpectedNumber(value=92, unit="millimetre"))


@pytest.mark.parametrize("text", ["هطل ٩٢ ملم", "اثنان وتسعون مليمترا", "92 millimetres of rain"])
def test_a_number_is_compared_as_a_value(text: str) -> None:
    assert states_fact(text, FACT)


@pytest.mark.parametrize("text", ["هطل 29 مليمترا", "هطل 92% من المتوقع", "في عام 1992"])
def test_another_number_a_share_and_a_date_are_not_that_number(text: str) -> None:
    assert not states_fact(text, FACT)


def test_a_tolerance_is_absolute() -> None:
    about = Fact(id="f", number=ExpectedNumber(value=1000, tol=50))
    assert states_fact("نحو 1040 شخصا", about) and not states_fact("نحو 1060 شخصا", about)


def test_a_small_number_counts_only_where_the_text_speaks_of_the_same_thing() -> None:
    fact = Fact(id="f", accept=("ثلاثة جسور",), number=ExpectedNumber(value=3))
    about = "كم جسرا افتتح الوزير؟"
    assert states_fact("افتتح الوزير 3 منها", fact, about)
    assert not states_fact("غاب 3 لاعبين", fact, about)
