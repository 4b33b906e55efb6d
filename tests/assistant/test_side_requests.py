"""Requests beside the answer fail alone, over a real socket: the answer goes on with what is there, and says so."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from assistant import Assistant, Conversation, Settings
from assistant.budget import BudgetSpent
from assistant.chat_model import Message
from assistant.effort import BOUNDS, EffortBounds
from index.model_api import Reply
from tests.scripted import Json, Scripted
from tests.shop import index

pytestmark = pytest.mark.process

OPENINGS = {
    "condense": "You rewrite the last question",
    "translate": "You translate a question",
    "plan": "You plan the search",
    "judge": "You judge whether",
}
REPLIES = {
    "condense": "كم كلف جسر الوادي؟",
    "translate": "What did the Wadi bridge cost?",
    "plan": json.dumps({"wordings": ["كلفة جسر الوادي"], "translations": {"en": "What did the Wadi bridge cost?"}}),
}
ANSWER = "بلغت كلفة الجسر 12 مليون دولار [1]."
QUOTE = "بلغت كلفة المشروع 12 مليون دولار"


def purpose(body: Json) -> str:
    text = body["messages"][0]["content"]
    return next((name for name, opening in OPENINGS.items() if text.startswith(opening)), "answer")


def reply(messages: list[Json]) -> str:
    name = purpose({"messages": messages})
    if name == "judge":
        return json.dumps({"rulings": [{"id": 1, "label": "full", "quotes": [QUOTE]}]}, ensure_ascii=False)
    return REPLIES.get(name, ANSWER)


class Faulty(Scripted):
    """A server that meets requests of one purpose with a fault, and all others with a reply."""

    def __init__(self, broken: str, fault: str) -> None:
        super().__init__(reply, pieces=2)
        self.broken, self.fault = broken, fault

    async def received(self, request: Request) -> tuple[Json, str | None]:
        body, _ = await super().received(request)
        return body, self.fault if purpose(body) == self.broken else None

    def purposes(self) -> list[str]:
        return [purpose(body) for body in self.requests]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Arabic articles and an English one, so that a question is translated."""
    folder = tmp_path_factory.mktemp("sides")
    texts = {
        "bridge": "افتتاح جسر الوادي\n\nافتُتح الجسر صباح الخميس بعد عامين من العمل. وبلغت كلفة المشروع 12 مليون دولار.",
        "harbour": "Harbour ferry resumes\n\nThe ferry to the island resumed on Monday after repairs of three weeks.",
    }
    (folder / "news.jsonl").write_text(
        "\n".join(json.dumps({"id": key, "text": text}, ensure_ascii=False) for key, text in texts.items()), "utf-8"
    )
    index(folder / "news.jsonl", folder / "store")
    return folder / "store"


def ask(server: Scripted, store: Path, effort: str = "quick") -> Any:
    settings = Settings(
        base_url=server.url, model="scripted", embedding_model="none", first_token_seconds=0.4, stall_seconds=0.4
    )
    before = Conversation().after("متى افتتح جسر الوادي؟", "صباح الخميس.")
    with Assistant.open(store, settings=settings) as assistant:
        return assistant.ask("وكم كلّف؟", conversation=before, effort=effort)  # type: ignore[arg-type]


FAULTS = [
    "500",
    "silent-first",
    "malformed-first",
    "malformed",
    "refusal",
    "filter",
    "empty",
    "cut",
    "cut-first",
    "401",
]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A plan alone, waited for a moment."""
    monkeypatch.setitem(BOUNDS, "thorough", EffortBounds(plan_seconds=3.0))
    yield


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("broken", ["condense", "translate", "judge"])
def test_a_request_beside_the_answer_that_breaks_is_told_and_fails_nothing_else(
    broken: str, fault: str, store: Path
) -> None:
    with Faulty(broken, fault) as server:
        answer = ask(server, store)
    assert broken in server.purposes()
    assert not answer.abstained and answer.complete and QUOTE in answer.citations[0].quote
    code = {"judge": "check.judge_failed"}.get(broken, f"side_request.{broken}")
    assert [reason.code for reason in answer.details].count(code) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_plan_that_breaks_is_told_and_the_rules_plan_stands(fault: str, store: Path, short: None) -> None:
    with Faulty("plan", fault) as server:
        answer = ask(server, store, "thorough")
    assert not answer.abstained and QUOTE in answer.citations[0].quote
    assert [reason.code for reason in answer.details] == ["side_request.plan"]
    assert server.purposes().count("plan") >= 1 and "translate" in server.purposes()  # by the older way instead


def test_a_plan_that_is_no_plan_is_told_in_both_languages(store: Path, short: None) -> None:
    with Faulty("", "") as server:
        server.reply = lambda messages: "a plan? sure" if purpose({"messages": messages}) == "plan" else reply(messages)
        answer = ask(server, store, "thorough")
    assert "planned without the model" in answer.reasons[0] and QUOTE in answer.citations[0].quote
    assert "من دون النموذج" in answer.details[0].text("ar")


def test_a_plan_translates_too_so_that_no_second_request_is_made(store: Path, short: None) -> None:
    with Faulty("", "") as server:
        answer = ask(server, store, "thorough")
    assert sorted(server.purposes()) == ["answer", "condense", "judge", "plan"]
    assert "What did the Wadi bridge cost?" in answer.searched and "كلفة جسر الوادي" in answer.searched
    assert answer.usage.requests == 4 and answer.details == ()


def test_with_all_of_them_broken_the_answer_still_comes(store: Path, short: None) -> None:
    with Faulty("", "") as server:
        server.faults = ["500"]

        async def received(request: Request) -> tuple[Json, str | None]:
            body, _ = await Scripted.received(server, request)
            return body, None if purpose(body) == "answer" else "500"

        server.received = received  # type: ignore[method-assign]
        answer = ask(server, store, "thorough")
    codes = [reason.code for reason in answer.details]
    assert codes == ["side_request.condense", "side_request.plan", "side_request.translate", "check.judge_failed"]
    assert QUOTE in answer.citations[0].quote


class Spent:
    """A model whose budget holds the answer and nothing beside it."""

    name = "spent"

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        if purpose({"messages": list(messages)}) != "answer":
            raise BudgetSpent("models.over_budget", most=1.0, spent=1.0, limit=1.5)
        yield ANSWER
        return Reply(text=ANSWER)


def test_money_that_is_spent_ends_what_is_beside_the_answer_and_not_the_answer(store: Path, short: None) -> None:
    before = Conversation().after("متى افتتح جسر الوادي؟", "صباح الخميس.")
    with Assistant.open(store, settings=Settings(embedding_model="none"), model=Spent()) as assistant:
        answer = assistant.ask("وكم كلّف؟", conversation=before, effort="thorough")
    codes = [reason.code for reason in answer.details]
    assert codes == ["side_request.condense", "side_request.plan", "side_request.translate", "check.judge_failed"]
    assert QUOTE in answer.citations[0].quote
