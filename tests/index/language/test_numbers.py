"""Numbers: where they stand and what they say, in digits and words, Arabic and English."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.language.numbers.number_mentions import Number, agree, numbers


def said(text: str) -> list[tuple[str, float]]:
    return [(number.span.of(text), float(number.value)) for number in numbers(text)]


def only(text: str) -> Number:
    (found,) = numbers(text)
    return found


@pytest.mark.parametrize(
    "text",
    ["235000", "235,000", "235، 000", "235, 000", "٢٣٥٬٠٠٠", "٢٣٥،٠٠٠", "235 000", "235.000", "235'000", "۲۳۵۰۰۰",
    "235k", "235 ألف", 
     "مئتان وخمسة وثلاثون ألفا", "مائتين وخمسة وثلاثين ألف", "two hundred and thirty-five thousand"],
)  # fmt: skip
def test_one_number_is_read_from_every_way_of_writing_it(text: str) -> None:
    assert said(f"بلغ {text} فقط") == [(text, 235_000)]


@pytest.mark.parametrize(
    "text, readings",
    [("1,234", ["1234", "1.234"]), ("1.234", ["1.234", "1234"]), ("7,4", ["7.4"]), ("٧٫٤", ["7.4"]), ("1.234,5",
    ["1234.5"]), 
     ("1,234,567.8", ["1234567.8"]), ("0.125", ["0.125"]), ("٣٬٢١٥", ["3215"]), ("-5", ["-5"])],
)  # fmt: skip
def test_an_open_habit_of_writing_keeps_both_readings(text: str, readings: list[str]) -> None:
    assert [str(reading.normalize()) for reading in only(text).readings] == [
        str(Decimal(reading).normalize()) for reading in readings
    ]


@pytest.mark.parametrize(
    "text, value",
    [
        ("خمسة وعشرون", 25), ("وستين", 60), ("ثلاث عشرة", 13), ("أحد عشر", 11), ("إحدى وعشرين", 21), ("مئة وخمسة", 105),
        ("ثلاثمائة وخمس وأربعين", 345), ("ثلاث مئة", 300), ("ألفين", 2000), ("ثمانية آلاف وتسعمئة", 8900),
        ("مليونين ونصف المليون", 2.5e6),
        ("نصف مليار", 5e8), ("3 ملايين و200 ألف", 3.2e6), ("١٫٥ مليون", 1.5e6), ("بخمسين ألفا", 50_000), ("ألف مليار",
        1e12),
        ("two and a half million", 2.5e6), ("1.5bn", 1.5e9), ("$3m", 3e6), ("one thousand two hundred", 1200),
        ("ninety", 90), ("half a million", 5e5),
    ],
)  # fmt: skip
def test_number_words_add_up(text: str, value: float) -> None:
    assert float(only(text).value) == value


@pytest.mark.parametrize(
    "text, values",
    [
        ("سبعة وأربعة", [7, 4]), ("قتل ثلاثة و14 جريحا", [3, 14]), ("بين 3 و5", [3, 5]), ("2-1", [2, 1]), ("1979، 1981",
        [1979, 1981]),
        ("1,2,3", [1, 2, 3]), ("twelve and five", [12, 5]), ("عشرون، ألف", [20, 1000]),
    ],
)  # fmt: skip
def test_two_numbers_side_by_side_stay_two(text: str, values: list[int]) -> None:
    assert [value for _, value in said(text)] == values


@pytest.mark.parametrize(
    "text",
    [
        "192.168.1.1",
        "F16",
        "4G",
        "أحد الوزراء",
        "يوم الاثنين",
        "آلاف الناس",
        "hundreds",
        "half of them",
        "باكستان",
        "بوتين",
        "",
    ],
)
def test_what_is_no_number_is_left_alone(text: str) -> None:
    assert numbers(text) == ()


@pytest.mark.parametrize(
    "text, word",
    [("شكلوا لجنتين أمس", "لجنتين"), ("طائرتان", "طائرتان"), ("قبل يومين", "يومين"), ("one of them", "one")],
)
def test_a_dual_is_two_said_by_the_way(text: str, word: str) -> None:
    found = only(text)
    assert (found.span.of(text), found.loose) == (word, True)


@pytest.mark.parametrize("text", ["three quarters of them", "ثلاثة أرباع السكان"])
def test_the_number_of_parts_of_a_whole_is_said_by_the_way(text: str) -> None:
    assert only(text).loose


@pytest.mark.parametrize(
    "text, value",
    [("الخامس والعشرين", 25), ("الحادي عشر", 11), ("ثالث", 3), ("21st", 21), ("twenty-first", 21), ("fifth", 5)],
)
def test_ordinals_are_kept_apart(text: str, value: int) -> None:
    found = only(text)
    assert (found.kind, int(found.value)) == ("ordinal", value)
    assert not agree(found, only(str(value)))


@pytest.mark.parametrize(
    "text, unit",
    [("5%", "%"), ("٥٪", "%"), ("%5", "%"), ("5 في المئة", "%"), ("خمسة بالمائة", "%"), ("5 per cent", "%"),
    ("5 ملايين دولار", "dollar"), ("$5", "dollar"), 
     ("5 كلم", "km"), ("5 km", "km"), ("870 m below", "metre"), ("870m deep", "metre"), ("٨٧ م فوق", "metre"),
     ("5m people", None), ("عدد 2024 م", None),
     ("$870 m", "dollar"), ("12 mm", "mm"), ("3 هكتارات", "hectare"), ("خمسة أشهر", "month"), ("5 people", None)],
)  # fmt: skip
def test_units_have_one_name_for_every_spelling(text: str, unit: str | None) -> None:
    assert only(text).unit == unit


@pytest.mark.parametrize(
    "text, bound",
    [("نحو 80", "about"), ("حوالي ٨٠", "about"), ("80 تقريبا", "about"), ("أكثر من 80", "over"), ("ما لا يقل عن 80",
    "over"), ("80 على الأقل", "over"), 
     ("أقل من 80", "under"), ("لا يتجاوز 80", "under"), ("more than 80", "over"), ("fewer than 80", "under"),
     ("about 80", "about"), ("80", "exact")],
)  # fmt: skip
def test_what_is_said_of_exactness_is_read(text: str, bound: str) -> None:
    assert only(text).bound == bound


@pytest.mark.parametrize(
    "claim, evidence, borne_out",
    [
        ("87", "87", True), ("85", "87", False), ("about 85", "87", True), ("about 60", "87", False), ("over 80", "87",
        True), ("over 90", "87", False),
        ("5%", "5", False), ("5 dollars", "5 euros", False), ("5 dollars", "5", True), ("1.2 million", "1,234,567",
        True), ("1.3 million", "1,234,567", False),
        ("870 km", "870 m", False), ("مليوني دينار", "مليونا دينار", True), ("مليونا دينار", "مليون دينار", True),
        ("مليوناً", "مليوني دينار", False), ("1,234,567", "1.2 million", False), ("1234", "1,234", True), ("1000",
        "1,499", False),
    ],
)  # fmt: skip
def test_a_number_is_borne_out_by_its_like_and_by_what_it_rounds(claim: str, evidence: str, borne_out: bool) -> None:
    assert agree(only(claim), only(evidence)) is borne_out


PIECES = [
    "3",
    "٣",
    " ",
    "ألف",
    "و",
    "مليون",
    ",",
    ".",
    "000",
    "خمسة",
    "وعشرون",
    "%",
    "-",
    "two",
    " and ",
    "hundred",
    "ً",
    ":",
    "30",
    "m",
    "المئة",
    "في ",
]


@pytest.mark.parametrize("digits", ["9" * 31, "9" * 5_000, "999" + " 000" * 10, "9" * 18 + "." + "9" * 18])
def test_a_very_long_run_of_digits_is_an_identifier_beside_which_numbers_are_read(digits: str) -> None:
    assert [number.value for number in numbers(f"رقم {digits} وخمسة ثم {digits} 7 and five")] == [5, 7, 5]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_spans_lie_in_the_text_in_order_and_apart(text: str) -> None:
    edges = [edge for number in numbers(text) for edge in (number.span.start, number.span.end)]
    assert edges == sorted(edges)
    assert all(number.span.of(text).strip() and number.readings for number in numbers(text))


@given(st.integers(0, 10**12))
def test_grouped_digits_of_two_scripts_are_one_number(value: int) -> None:
    grouped = f"{value:,}"
    arabic = grouped.translate(str.maketrans("0123456789,", "٠١٢٣٤٥٦٧٨٩٬"))
    assert int(only(grouped).value) == int(only(arabic).value) == value


@pytest.mark.parametrize("word", ["كمية", "بكمية", "لست"])
def test_a_word_that_only_looks_like_a_particle_and_a_number_is_none(word: str) -> None:
    assert numbers(f"بلغت {word} الأمطار ما بلغت") == ()
