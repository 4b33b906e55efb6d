"""The plan of a question: its kind, days, publishers and order, by rules."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.models import Days, Plan
from assistant.query.parse import parse_question
from assistant.query.plan import Archive, plan_question
from index.models import Filters

ARCHIVE = Archive(oldest=date(2015, 7, 1), newest=date(2015, 8, 11))  # a Tuesday
PUBLISHERS = ["الرياض", "صحيفة سبق", "وكالة رويترز"]
NOW = date(2026, 1, 1)


def planned(question: str, archive: Archive = ARCHIVE, today: date = NOW) -> Plan:
    return plan_question(parse_question(question, ["ar"]), archive, today, lambda: PUBLISHERS)


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("ماذا حدث بين 7 و 11 أغسطس 2015؟", "2015-08-07", "2015-08-11"),
        ("ماذا حدث من ٧ إلى ١١ آب ٢٠١٥؟", "2015-08-07", "2015-08-11"),
        ("What happened between 7 and 11 August?", "2015-08-07", "2015-08-11"),
        ("ماذا حدث في تموز؟", "2015-07-01", "2015-07-31"),
        ("ماذا حدث في جويلية 2015؟", "2015-07-01", "2015-07-31"),
        ("من زار الرياض يوم الثلاثاء الماضي؟", "2015-08-04", "2015-08-04"),
        ("ماذا حدث أمس؟", "2015-08-10", "2015-08-10"),
        ("ماذا حدث الأسبوع الماضي؟", "2015-08-02", "2015-08-08"),  # weeks begin on Sunday
        ("What happened last week?", "2015-08-03", "2015-08-09"),
        ("ماذا حدث خلال الأيام الثلاثة الماضية؟", "2015-08-08", "2015-08-11"),
        ("What happened in the last 3 days?", "2015-08-08", "2015-08-11"),
        ("ماذا حدث بعد 1 أغسطس 2015؟", "2015-08-02", None),
        ("ماذا حدث منذ 3 أغسطس؟", "2015-08-03", None),
        ("What was known before 3 August 2015?", None, "2015-08-02"),
    ],
)
def test_days_are_read_in_any_form_and_count_from_the_newest_article(
    question: str, since: str | None, until: str | None
) -> None:
    assert planned(question).days == Days(since=day(since), until=day(until))


@pytest.mark.parametrize(
    "question",
    [
        "ما مطالب قوات 14 آذار؟",  # a name
        "من يستضيف كأس العالم 2026؟",  # after the archive
        "متى سيفتتح الجسر المقرر في 12 أغسطس 2015؟",
        "متى وُقع اتفاق 17 أيار 1983؟",
        "من افتتح الجسر؟",
    ],
)
def test_a_date_that_is_a_name_or_lies_outside_the_archive_is_no_day_of_the_plan(question: str) -> None:
    assert planned(question).days is None


def test_a_year_is_no_filter() -> None:
    plan = planned("ماذا حدث في عام 2015؟")
    assert plan.days == Days(since=date(2015, 1, 1), until=date(2015, 12, 31), exact=False)
    assert plan.filters() == Filters()


def test_a_recent_archive_counts_relative_days_from_today() -> None:
    assert planned("ماذا حدث أمس؟", today=date(2015, 8, 11)).days == Days(
        since=date(2015, 8, 10), until=date(2015, 8, 10)
    )


def test_an_archive_without_days_has_no_days_in_its_plans() -> None:
    assert planned("ماذا حدث أمس؟", Archive()).days is None


def test_events_are_still_reported_some_days_later() -> None:
    assert planned("ماذا حدث في 5 أغسطس 2015؟").filters() == Filters(since=date(2015, 8, 5), until=date(2015, 8, 8))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("قارن بين ديون تونس والأردن ومصر", "comparison"),
        ("ما تسلسل أحداث حريق صفاقس زمنيا؟", "timeline"),
        ("كم خبرا عن الحريق؟", "count"),
        ("كم قتيلا في الحريق؟", "fact"),
        ("ما الصحف التي كتبت عن الحريق؟", "list"),
        ("لخص أخبار حريق صفاقس", "summary"),
        ("ماذا قال الوزير عن الحريق؟", "statement"),
        ("ما حصيلة الحريق حتى الآن؟", "latest"),
        ("هل خفض البنك الفائدة؟", "yes_no"),
        ("Did the bank cut rates?", "yes_no"),
        ("How many reports are there on the fire?", "count"),
        ("What is the latest on the fire?", "latest"),
        ("Summarise the news of the fire", "summary"),
        ("من افتتح الجسر؟", "fact"),
    ],
)
def test_the_kind_of_answer_is_read_from_the_words_that_ask(question: str, kind: str) -> None:
    assert planned(question).kind == kind


def test_a_comparison_names_its_parts() -> None:
    assert planned("قارن بين ديون تونس والأردن ومصر").parts == ("ديون تونس", "الأردن", "مصر")
    assert planned("What is the difference between Siraj and Noor?").parts == ("Siraj", "Noor")


@pytest.mark.parametrize(
    ("question", "publishers"),
    [
        ("ماذا كتبت صحيفة الرياض عن اليمن؟", ("الرياض",)),
        ("ماذا حدث في الرياض؟", ()),  # the city
        ("ماذا نقلت وكالة رويترز؟", ("وكالة رويترز",)),
        ("ماذا كتبت صحيفة الأمل؟", ()),  # not in the archive
    ],
)
def test_a_publisher_is_named_behind_a_word_for_media(question: str, publishers: tuple[str, ...]) -> None:
    assert planned(question).publishers == publishers


def test_a_question_for_a_fact_has_an_empty_plan() -> None:
    assert not planned("من افتتح الجسر؟") and planned("آخر أخبار الجسر؟").newest_first
