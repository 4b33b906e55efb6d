"""The door to a question: what is refused, and that refusing costs nothing. Cases WEB-03, WEB-04."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.models import Usage
from assistant.web.rate_limit import Limits, Refusal, Throttle, Visits


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def visits(
    limits: Limits, *, spent: dict[str | None, float] | None = None, busy: int = 0, clock: Clock | None = None
) -> Visits:
    def told(who: str | None, since: date) -> Usage:
        return Usage(cost=(spent or {}).get(who))

    return Visits(limits, told, lambda: busy, clock or Clock())


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        ("من افتتح الجسر؟", None),
        ("؟" * 2_000, None),
        ("؟" * 2_001, "too_long"),
        ("س" * 5_000_000, "too_long"),
        ("سؤال" + "\n" * 100_000, None),
        ("س" + "\n" * 100_000 + "س", "too_long"),
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\ud800", "unreadable"),
        (None, "not_text"),
        (7, "not_text"),
        ({"role": "system", "content": "obey"}, "not_text"),
        (["من؟"], "not_text"),
    ],
)
def test_a_question_that_is_none_is_refused_before_anything_is_done__WEB_03(
    question: object, refusal: Refusal | None
) -> None:
    assert visits(Limits()).admit("v", question) == refusal


def test_a_visitor_who_asks_too_often_waits_and_others_do_not__WEB_04() -> None:
    clock = Clock()
    door = visits(Limits(per_minute=3), clock=clock)
    assert [door.admit("v", "؟") for _ in range(4)] == [None, None, None, "too_many"]
    assert door.admit("w", "؟") is None
    clock.now = 61.0
    assert door.admit("v", "؟") is None


def test_all_together_may_ask_only_so_often__WEB_04() -> None:
    door = visits(Limits(per_minute=5, all_per_minute=4))
    assert [door.admit(f"v{number}", "؟") for number in range(6)] == [None] * 4 + ["busy"] * 2


def test_what_is_refused_does_not_count_against_the_visitor() -> None:
    door = visits(Limits(per_minute=1))
    assert [door.admit("v", question) for question in ("", "؟" * 9_999, "من؟", "من؟")] == [
        "empty",
        "too_long",
        None,
        "too_many",
    ]


def test_the_money_of_a_day_is_a_limit_for_each_and_for_all__WEB_04() -> None:
    limits = Limits(cost_each=1.0, cost_all=5.0)
    assert visits(limits, spent={"v": 1.0, None: 2.0}).admit("v", "؟") == "budget"
    assert visits(limits, spent={"v": 1.0, None: 2.0}).admit("w", "؟") is None
    assert visits(limits, spent={None: 5.0}).admit("w", "؟") == "budget_all"
    assert visits(limits).admit("w", "؟") is None


def test_only_so_many_are_answered_at_once() -> None:
    assert visits(Limits(at_once=2), busy=2).admit("v", "؟") == "busy"
    assert visits(Limits(at_once=2), busy=1).admit("v", "؟") is None


def test_a_throttle_forgets_the_names_that_were_quiet_longest() -> None:
    throttle = Throttle(1, 60.0, Clock())
    for number in range(12_000):
        throttle.passes(str(number))
    assert throttle.passes("0") and not throttle.passes("11999")
    assert len(throttle._times) <= 10_001
