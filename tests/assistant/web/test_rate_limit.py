"""The door to a question: what is refused, and that refusing costs nothing. Cases WEB-03, WEB-04."""

from __future__ import annotations

import contextlib
import threading
from datetime import date

import pytest

from assistant.models import Usage
from assistant.web.rate_limit import Admission, Limits, Refusal, Refused, Throttle, TicketUsed


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def visits(limits: Limits, *, spent: dict[str | None, float] | None = None, clock: Clock | None = None) -> Admission:
    def cost(visitor: str | None, since: date) -> Usage:
        return Usage(cost=(spent or {}).get(visitor))

    return Admission(limits, cost, clock or Clock())


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
    assert visits(Limits()).refusal("v", question) == refusal


def test_a_visitor_who_asks_too_often_waits_and_others_do_not__WEB_04() -> None:
    clock = Clock()
    door = visits(Limits(per_minute=3), clock=clock)
    assert [door.refusal("v", "؟") for _ in range(4)] == [None, None, None, "too_many"]
    assert door.refusal("w", "؟") is None
    clock.now = 61.0
    assert door.refusal("v", "؟") is None


def test_all_together_may_ask_only_so_often__WEB_04() -> None:
    door = visits(Limits(per_minute=5, all_per_minute=4))
    assert [door.refusal(f"v{number}", "؟") for number in range(6)] == [None] * 4 + ["busy"] * 2


def test_what_is_refused_does_not_count_against_the_visitor() -> None:
    door = visits(Limits(per_minute=1))
    assert [door.refusal("v", question) for question in ("", "؟" * 9_999, "من؟", "من؟")] == [
        "empty",
        "too_long",
        None,
        "too_many",
    ]


def test_the_money_of_a_day_is_a_limit_for_each_and_for_all__WEB_04() -> None:
    limits = Limits(cost_each=1.0, cost_all=5.0)
    assert visits(limits, spent={"v": 1.0, None: 2.0}).refusal("v", "؟") == "budget"
    assert visits(limits, spent={"v": 1.0, None: 2.0}).refusal("w", "؟") is None
    assert visits(limits, spent={None: 5.0}).refusal("w", "؟") == "budget_all"
    assert visits(limits).refusal("w", "؟") is None


def test_only_so_many_are_answered_at_once() -> None:
    door = visits(Limits(at_once=2))
    first, second, third = (door.admit(visitor, "؟") for visitor in ("u", "v", "w"))
    with door.redeem(first):
        assert door.refusal("x", "؟") is None
        with door.redeem(second):
            assert door.refusal("x", "؟") == "busy"
            with pytest.raises(Refused) as refused:
                door.redeem(third)
            assert refused.value.refusal == "busy"
    assert door.active == 0 and door.refusal("x", "؟") is None


def test_a_ticket_is_good_for_one_answer_and_not_for_ever() -> None:
    clock = Clock()
    door = visits(Limits(), clock=clock)
    ticket, late, withdrawn = (door.admit("v", "؟") for _ in range(3))
    door.redeem(ticket).release()
    assert door.cancel(withdrawn) and not door.cancel(withdrawn)
    clock.now = 601.0
    for used in (ticket, late, withdrawn):
        with pytest.raises(TicketUsed):
            door.redeem(used)


def test_a_hundred_threads_with_one_ticket_get_one_answer__WEB_04() -> None:
    door = visits(Limits())
    ticket, start, slots = door.admit("v", "؟"), threading.Barrier(100), list[object]()

    def redeem() -> None:
        start.wait()
        with contextlib.suppress(TicketUsed):
            slots.append(door.redeem(ticket))

    threads = [threading.Thread(target=redeem) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(slots) == 1


def test_what_questions_under_way_may_cost_is_counted_before_it_is_paid__WEB_04() -> None:
    door = visits(Limits(cost_each=1.0, cost_all=2.0, per_minute=100))
    tickets = [door.admit(visitor, "؟") for visitor in ("u", "u", "v", "w")]
    with door.redeem(tickets[0], 1.0):
        with pytest.raises(Refused) as refused:
            door.redeem(tickets[1], 1.0)
        assert refused.value.refusal == "budget"
        with door.redeem(tickets[2], 1.0), pytest.raises(Refused) as refused:
            door.redeem(tickets[3], 1.0)
        assert refused.value.refusal == "budget_all"
    assert door.refusal("u", "؟") is None


def test_a_throttle_forgets_the_names_that_were_quiet_longest() -> None:
    throttle = Throttle(1, 60.0, Clock())
    for number in range(12_000):
        throttle.hit(str(number))
    assert throttle.hit("0") and not throttle.hit("11999")
    assert len(throttle._times) <= 10_001
