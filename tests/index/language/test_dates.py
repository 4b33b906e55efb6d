"""Dates: where they stand and what they say, in Arabic and English."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.language.dates import date_patterns
from index.language.dates.date_mentions import PartialDate, compatible, dates

WRITTEN = date(2025, 7, 31)  # a Thursday


def said(text: str, anchor: date | None = None) -> list[tuple[str, list[tuple[int | None, ...]]]]:
    return [
        (date.span.of(text), [(value.year, value.month, value.day) for value in date.values])
        for date in dates(text, anchor)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "3 أكتوبر 2024", "٣ تشرين الأول ٢٠٢٤", "۳ أكتوبر ۲۰۲۴", "3 تشرين الأول/أكتوبر 2024",
        "3 أكتوبر (تشرين الأول) 2024",
        "3 أكتوبر/ تشرين الأول 2024", "3 اكتوبر عام 2024", "3 من أكتوبر 2024", "الثالث من أكتوبر 2024",
        "3 أُكتوبر 2024م",
        "2024-10-03", "٢٠٢٤/١٠/٣", "3.10.2024", "October 3, 2024", "Oct. 3, 2024", "3rd of October 2024",
        "3 October 2024",
    ],
)  # fmt: skip
def test_one_day_is_read_from_every_way_of_writing_it(text: str) -> None:
    assert said(text) == [(text, [(2024, 10, 3)])]


@pytest.mark.parametrize(
    "name, month",
    [
        ("كانون الثاني", 1), ("جانفي", 1), ("فيفري", 2), ("شباط", 2), ("آذار", 3), ("نيسان", 4), ("أفريل", 4), ("أيار",
        5),
        ("يونيه", 6), ("حزيران", 6), ("جويلية", 7), ("يوليوز", 7), ("غشت", 8), ("أوت", 8), ("آب", 8), ("شتنبر", 9),
        ("أيلول", 9), ("نونبر", 11), ("تشرين الثاني", 11), ("دجنبر", 12), ("كانون الأول", 12),
    ],
)  # fmt: skip
def test_month_names_of_every_tradition_are_known(name: str, month: int) -> None:
    assert said(f"وصل في 7 {name} 1998 إلى هنا") == [(f"7 {name} 1998", [(1998, month, 7)])]


def test_the_table_of_months_is_what_its_script_makes() -> None:
    from tools import make_months

    made = {
        "gregorian": make_months.gregorian(),
        "hijri": {str(key): names for key, names in make_months.HIJRI.items()},
    }
    assert json.loads(make_months.TABLE.read_text(encoding="utf-8")) == made


def test_day_and_month_stay_ambiguous_in_english_and_are_day_first_in_arabic() -> None:
    assert said("signed on 5/3/2024") == [("5/3/2024", [(2024, 3, 5), (2024, 5, 3)])]
    assert said("وقع في 5/3/2024") == [("5/3/2024", [(2024, 3, 5)])]
    assert said("signed on 12/25/2024") == [("12/25/2024", [(2024, 12, 25)])]


def test_a_hijri_date_is_kept_apart_from_the_gregorian_one_beside_it() -> None:
    hijri, gregorian = dates("في 10 شوال 1436هـ الموافق 26 يوليو 2015م")
    assert hijri.values == (PartialDate(year=1436, month=10, day=10, calendar="hijri"),)
    assert gregorian.values == (PartialDate(year=2015, month=7, day=26),)
    assert not compatible(hijri.values[0], gregorian.values[0])
    assert dates("8 / 11 / 1436")[0].values[0].calendar == "hijri"


@pytest.mark.parametrize(
    "text, found",
    [
        ("خلال مايو الماضي", ("مايو الماضي", [(2025, 5, None)])),
        ("يوم 15 أكتوبر المقبل", ("15 أكتوبر المقبل", [(2025, 10, 15)])),
        ("في 3 يناير المقبل", ("3 يناير المقبل", [(2026, 1, 3)])),
        ("الشهر المقبل", ("الشهر المقبل", [(2025, 8, None)])),
        ("للعام الماضي", ("للعام الماضي", [(2024, None, None)])),
        ("مساء أمس", ("أمس", [(2025, 7, 30)])),
        ("قبل ثلاثة أيام", ("قبل ثلاثة أيام", [(2025, 7, 28)])),
        ("last Friday", ("last Friday", [(2025, 7, 25)])),
        ("two of them left tomorrow", ("tomorrow", [(2025, 8, 1)])),
        ("يوم الجمعة المقبل", ("الجمعة المقبل", [(2025, 8, 1)])),
        ("قال الاثنين", ("الاثنين", [(2025, 7, 28), (2025, 8, 4)])),
    ],
)
def test_relative_dates_are_resolved_against_the_day_of_writing(
    text: str, found: tuple[str, list[tuple[int | None, ...]]]
) -> None:
    assert said(text, WRITTEN) == [found]


def test_without_a_day_of_writing_nothing_is_guessed() -> None:
    assert said("في مايو الماضي") == [("مايو الماضي", [(None, 5, None)])]
    assert dates("أمس")[0].values == ()
    assert dates("يوم الاثنين")[0].values == (PartialDate(weekday=0),)


def test_a_weekday_belongs_to_the_date_that_follows_it() -> None:
    assert dates("الثلاثاء، 7 مايو 2024")[0].values == (PartialDate(year=2024, month=5, day=7, weekday=1),)
    assert dates("الجمعة (31 يوليو 2015)")[0].values == (PartialDate(year=2015, month=7, day=31, weekday=4),)


@pytest.mark.parametrize(
    "text, values",
    [
        ("بين 3 و5 أيار 2020", [(2020, 5, 3), (2020, 5, 5)]),
        ("from 3 to 5 May 2020", [(2020, 5, 3), (2020, 5, 5)]),
        ("يناير - فبراير 2020", [(None, 1, None), (2020, 2, None)]),
        ("2015-2017", [(2015, None, None), (2017, None, None)]),
        ("موسم 2015/16", [(2015, None, None), (2016, None, None)]),
    ],
)
def test_a_range_names_both_ends(text: str, values: list[tuple[int | None, ...]]) -> None:
    assert [match for _, found in said(text) for match in found] == values


@pytest.mark.parametrize(
    "text",
    [
        "2000 شخص", "2024 dollars", "the 1990s", "version 2.2.1", "192.168.1.1", "مارس ضغوطا", "he may go",
        "they march on", "رمضان صالح",
        "1.5 مليون", "الساعة 10/10", "2.015", "2015%", "$2015", "",
    ],
)  # fmt: skip
def test_what_is_no_date_is_left_alone(text: str) -> None:
    assert dates(text) == ()


def test_a_day_that_does_not_exist_is_no_day() -> None:
    assert said("31 فبراير 2024") == [("فبراير 2024", [(2024, 2, None)])]
    assert said("2024-13-40") == []


@pytest.mark.parametrize(
    "one, other, same",
    [
        (PartialDate(month=5), PartialDate(year=2024, month=5, day=3), True),
        (PartialDate(month=6), PartialDate(year=2024, month=5, day=3), False),
        (PartialDate(weekday=4), PartialDate(year=2024, month=5, day=3), True),
        (PartialDate(weekday=3), PartialDate(year=2024, month=5, day=3), False),
        (PartialDate(), PartialDate(year=2024), True),
        (PartialDate(year=1445, calendar="hijri"), PartialDate(year=2024), False),
    ],
)
def test_two_dates_agree_unless_a_part_that_both_know_differs(one: PartialDate, other: PartialDate, same: bool) -> None:
    assert compatible(one, other) is compatible(other, one) is same


PIECES = [
    "3",
    "٣",
    " ",
    "مايو",
    "أيار",
    "2024",
    "/",
    "-",
    "الاثنين",
    "أمس",
    "May",
    ",",
    "هـ",
    "ً",
    "المقبل",
    "(",
    ")",
    "و",
    "31",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_spans_lie_in_the_text_in_order_and_apart(text: str) -> None:
    found = dates(text, WRITTEN)
    edges = [edge for match in found for edge in (match.span.start, match.span.end)]
    assert edges == sorted(edges)
    assert all(match.span.of(text).strip() for match in found)


def test_months_that_are_also_words_are_named_as_such() -> None:
    assert set(date_patterns.month_names()) >= date_patterns._NEEDS_CONTEXT
