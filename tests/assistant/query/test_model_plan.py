"""The plan of a model: what of it counts beside the rules' plan, and what a reply that lies can do."""

from __future__ import annotations

import json
import threading
from collections.abc import Generator, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.chat_model import Message
from assistant.models import Days, Plan
from assistant.query.model_plan import PlanReply, PlanRequest, merge_plans, read_plan
from assistant.query.plan import Archive
from index.errors import ProviderDown, ProviderError
from index.model_api import Reply
from index.model_api.cancellation import sleep
from tests.assistant.query.test_conversation import Says

ARCHIVE = Archive(oldest=date(2015, 7, 1), newest=date(2015, 8, 31))
PAPERS = ["الرياض", "سبق"]


def merged(rules: Plan, **fields: Any) -> Plan:
    return merge_plans(rules, PlanReply(**fields), ARCHIVE, PAPERS)


def test_what_the_rules_read_wins_and_what_they_left_open_is_filled() -> None:
    days = Days(since=date(2015, 8, 7), until=date(2015, 8, 7))
    rules = Plan(kind="timeline", days=days, publishers=("سبق",), language="ar")
    plan = merged(
        rules, kind="count", since=date(2015, 7, 2), publishers=["الرياض"], people=["ليلى سالم"], places=["نور"]
    )
    assert plan == Plan(
        kind="timeline",
        days=days,
        publishers=("سبق",),
        language="ar",
        people=("ليلى سالم",),
        places=("نور",),
        by_model=("people", "places"),
    )


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"since": date(2031, 1, 1)}, Plan()),  # after the newest article
        ({"until": date(1999, 1, 1)}, Plan()),
        ({"since": date(2015, 8, 9), "until": date(2015, 8, 1)}, Plan()),
        ({"publishers": ["ورقة لا وجود لها"]}, Plan()),
        ({"kind": "comparison", "parts": ["تونس"]}, Plan()),
        ({"kind": "fact", "parts": ["تونس", "مصر"]}, Plan()),  # parts are of a comparison
        ({"kind": "latest"}, Plan(kind="latest", newest_first=True, by_model=("kind", "newest_first"))),
        ({"publishers": ["الرِّياض"]}, Plan(publishers=("الرياض",), by_model=("publishers",))),
    ],
)
def test_days_outside_the_archive_and_unknown_publishers_are_left_out(fields: dict[str, Any], left: Plan) -> None:
    assert merged(Plan(), **fields) == left


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (date(2015, 8, 5), date(2015, 8, 7), (date(2015, 8, 5), date(2015, 8, 7))),  # the rules missed a day
        (date(2015, 8, 8), date(2015, 8, 9), (date(2015, 8, 6), date(2015, 8, 9))),
        (date(2015, 8, 7), date(2015, 8, 7), (date(2015, 8, 6), date(2015, 8, 7))),  # never narrower
        (date(2015, 7, 1), date(2015, 7, 3), (date(2015, 8, 6), date(2015, 8, 7))),  # never elsewhere
    ],
)
def test_a_model_may_widen_the_days_of_the_rules(since: date, until: date, days: tuple[date, date]) -> None:
    rules = Plan(days=Days(since=date(2015, 8, 6), until=date(2015, 8, 7)))
    plan = merged(rules, since=since, until=until)
    assert plan.days and (plan.days.since, plan.days.until) == days
    assert plan.by_model == (("days",) if plan.days != rules.days else ())


@given(st.one_of(st.none(), st.dates()), st.one_of(st.none(), st.dates()))
def test_days_of_a_model_lie_within_the_archive(since: date | None, until: date | None) -> None:
    days = merged(Plan(), since=since, until=until).days
    assert days is None or date(2015, 7, 1) <= (days.since or date.min) <= (days.until or date.max) <= ARCHIVE.newest  # type: ignore[operator]


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I would search for the bridge.",
        "{",
        "[]",
        '{"kind": "poem"}',
        '{"wordings": "one text"}',
        '{"since": "last week"}',
        '{"sql": "DROP TABLE articles"}',
        json.dumps({"wordings": ["x"] * 9}),
        json.dumps({"wordings": ["x" * 301]}),
        "[" * 100_000,
    ],
)
def test_a_reply_that_is_not_of_the_schema_is_an_error(reply: str) -> None:
    with pytest.raises(ProviderError, match="plan cannot be used"):
        read_plan(reply)


def request(model: Any, languages: Sequence[str] = ()) -> PlanRequest:
    return PlanRequest("كم كلّف جسر نور؟", ARCHIVE, date(2026, 1, 1), PAPERS, languages, model=model, count=len)


def test_wordings_and_translations_are_for_the_search_and_only_in_languages_that_were_asked_for() -> None:
    reply = {
        "wordings": ["كلفة جسر نور", "كم كلّف جسر نور؟", "a third"],
        "translations": {"en": "What did the Noor bridge cost?", "tr": "Nur köprüsü?"},
    }
    model = Says(f"Here it is:\n```json\n{json.dumps(reply)}\n```")
    with request(model, ["en"]) as asked:
        plan = asked.merged(Plan(), 5.0)
    assert plan.wordings == ("كلفة جسر نور",)
    assert plan.translations == ("What did the Noor bridge cost?",) and plan.translated == {"en"}
    assert asked.usage.requests == 1 and asked.usage.tokens_in
    shown = model.asked[0][-1]["content"]
    assert "Today: 2015-08-31" in shown and "en (English)" in shown and "الرياض; سبق" in shown


class Waits:
    """A model that waits for ever, in a way that its reader can end."""

    name = "waits"

    def __init__(self) -> None:
        self.left = threading.Event()

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        try:
            sleep(600.0)
        finally:
            self.left.set()
        yield ""
        return Reply(text="")


def test_a_plan_that_is_late_is_an_error_and_its_request_is_ended() -> None:
    model = Waits()
    with request(model) as asked, pytest.raises(ProviderDown, match="no reply within 0 seconds"):
        asked.merged(Plan(), 0.05)
    assert model.left.wait(5) and asked.usage.tokens_in  # it was sent, so it counts
