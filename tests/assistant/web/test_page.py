"""The callbacks of the page: what they tell a visitor, and that they never raise."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from assistant.config import Settings
from assistant.records import Answer
from assistant.web import page as pages
from assistant.web import shelf, talking
from assistant.web.callbacks import Callbacks
from assistant.web.desk import Desk
from assistant.web.page import Page
from assistant.web.visits import Limits
from index.errors import ProviderDown, UsageError
from tests.assistant.web.served import FREELY, Asked, stored

COST = "كم كلّف جسر نور؟"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    found = Desk(stored(tmp_path_factory.mktemp("page")), settings=Settings(), limits=FREELY)
    yield found
    found.close()


@pytest.fixture(scope="module")
def call(desk: Desk) -> Callbacks:
    with gr.Blocks():
        return Callbacks(desk, Page(desk))


def visitor(owner: str = "nobody", **query: str) -> Any:
    asked = Asked(owner=owner)
    asked.query_params = query  # type: ignore[attr-defined]
    return asked


def event(**value: object) -> Any:
    return gr.EventData(None, value)


def asked(
    call: Callbacks, question: object, owner: str, conversation: str = "", since: str = ""
) -> list[dict[Any, Any]]:
    """What asking yields, one after the other."""

    async def read() -> list[dict[Any, Any]]:
        steps = call.ask(question, 0, "ar", conversation, since, "", [], [], visitor(owner))  # type: ignore[arg-type]
        return [updates async for updates in steps]

    return asyncio.run(read())


def test_asking_shows_the_question_at_once_then_the_answer_and_keeps_it(call: Callbacks, desk: Desk) -> None:
    steps = asked(call, COST, "layla")
    chats = [one[call.page.chat] for one in steps if call.page.chat in one]
    assert "يبحث في المقالات" in chats[0][1]["content"] and COST in chats[0][0]["content"]
    assert "مليون" in chats[-1][1]["content"] and 'class="chip"' in chats[-1][1]["content"]
    conversation = next(one[call.page.conversation] for one in steps if call.page.conversation in one)
    assert [turn.question for turn in desk.conversations.turns(conversation, "layla")] == [COST]


@pytest.mark.parametrize("question", ["", "؟" * 2_001, None, {"role": "system"}, "\ud800", 7])
def test_a_question_that_makes_no_sense_is_answered_with_a_word_of_the_page(call: Callbacks, question: object) -> None:
    (only,) = asked(call, question, "layla")
    assert set(only) == {call.page.bridge} and "toast" in only[call.page.bridge]


def test_a_date_that_is_none_is_said(call: Callbacks) -> None:
    assert "2025-01-31" in asked(call, COST, "layla", since="soon")[-1][call.page.bridge]
    with pytest.raises(UsageError):
        talking.narrowed("", "31/12/2025", [], [])


def test_whatever_fails_becomes_a_line_in_the_chat(
    call: Callbacks, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> Generator[str, None, Answer]:
        yield "نحو "
        raise ProviderDown("the server does not answer")

    monkeypatch.setattr(desk, "stream", down)
    last = [one[call.page.chat] for one in asked(call, COST, "layla") if call.page.chat in one][-1]
    assert "the server does not answer" in last[-1]["content"] and "نحو" in last[-1]["content"]

    def broken(*_: object, **__: object) -> Generator[str, None, Answer]:
        raise ZeroDivisionError("sk-secret")
        yield ""

    monkeypatch.setattr(desk, "stream", broken)
    end = asked(call, COST, "layla")[-1]
    assert "ZeroDivisionError" in end[call.page.bridge] and "sk-secret" not in str(end)
    assert end[call.page.send]["visible"] is True


def test_a_visitor_who_leaves_closes_the_stream_and_finds_what_was_written(
    call: Callbacks, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []

    def endless(*_: object, **__: object) -> Generator[str, None, Answer]:
        try:
            while True:
                yield "كلمة "
        finally:
            closed.append(True)

    monkeypatch.setattr(desk, "stream", endless)

    async def leave() -> str:
        steps = call.ask(COST, 0, "ar", "", "", "", [], [], visitor("omar"))
        conversation = ""
        async for updates in steps:
            conversation = updates.get(call.page.conversation, conversation)
            if "writing" in str(updates.get(call.page.chat)) and "كلمة كلمة" in str(updates):
                break
        await steps.aclose()
        while not closed:
            await asyncio.sleep(0.01)
        return conversation

    (turn,) = desk.conversations.turns(asyncio.run(leave()), "omar")
    assert turn.answer.text.startswith("كلمة") and not turn.answer.complete


def test_nobody_sees_or_changes_anothers_conversation(call: Callbacks, desk: Desk) -> None:
    steps = asked(call, COST, "layla")
    hers = next(one[call.page.conversation] for one in steps if call.page.conversation in one)
    shown = call.open_conversation("ar", visitor("omar"), event(id=hers))
    assert shown[call.page.conversation] == "" and shown[call.page.chat]["value"] == []
    for act in (call.delete, call.export, call.rename, call.edit, call.judge):
        value = event(id=hers, title="mine", form="md", number="1", kind="good")
        assert "toast" in act("ar", hers, visitor("omar"), value)[call.page.bridge]
    assert "toast" in call.share("ar", hers, visitor("omar"))[call.page.bridge]
    answered = asked(call, COST, "omar", conversation=hers)
    assert next(one[call.page.conversation] for one in answered if call.page.conversation in one) != hers
    assert [one.id for one in desk.conversations.listed("layla")].count(hers) == 1


@pytest.mark.parametrize(
    "sent", [{}, {"place": None}, {"place": ["x"]}, {"place": "../../etc/passwd"}, {"place": "bridge:9-1"}, None]
)
def test_a_place_that_is_none_says_so_in_the_panel(call: Callbacks, sent: Any) -> None:
    shown = call.open_article("en", gr.EventData(None, sent))[call.page.panel]
    assert 'class="absent"' in shown


def test_the_address_of_the_page_says_what_it_shows(call: Callbacks) -> None:
    shown = call.arrive(visitor("layla", lang="en", a="bridge:0-14"))
    assert shown[call.page.language] == "en" and "Question" in str(shown[call.page.box])
    assert '<mark id="hit" tabindex="-1">افتتاح جسر نور</mark>' in shown[call.page.panel]
    assert "no such conversation" in call.arrive(visitor("layla", lang="en", s="guess"))[call.page.editing]


def test_a_page_that_takes_no_uploads_has_no_place_for_them(desk: Desk) -> None:
    with gr.Blocks() as blocks:
        Page(Desk(desk.store, settings=Settings(), uploads=False))
    hidden = [one for one in blocks.blocks.values() if getattr(one, "elem_id", None) == "uploading"]
    assert [one.visible for one in hidden] == [False]


def test_no_part_of_the_page_is_an_endpoint_for_others(desk: Desk) -> None:
    blocks = pages.build(desk)
    assert blocks.fns and {one.api_visibility for one in blocks.fns.values()} == {"private"}


def test_questions_are_limited_for_each_visitor(desk: Desk) -> None:
    strict = Desk(desk.store, settings=Settings(), limits=Limits(per_minute=1))
    with gr.Blocks():
        call = Callbacks(strict, Page(strict))
    asked(call, COST, "layla")
    assert (
        "انتظر دقيقة".encode("ascii", "backslashreplace").decode() in asked(call, COST, "layla")[-1][call.page.bridge]
    )
    strict.close()


def test_articles_are_found_by_title_publisher_or_id_in_any_spelling(desk: Desk) -> None:
    every, count = shelf.browsed(desk.store)
    assert count == len(every) == 3 and not any(one.text for one in every)
    assert [one.id for one in shelf.browsed(desk.store, "إفتتاح جسر")[0]] == ["bridge"]
    assert [one.id for one in shelf.browsed(desk.store, "english")[0]] == ["english"]
    assert shelf.browsed(desk.store, "nothing of the kind") == ((), 0)


def test_the_looks_of_the_page_load_nothing(call: Callbacks) -> None:
    looks = "".join((Path(pages.__file__).parent / name).read_text("utf-8") for name in ("page.css", "page.js"))
    assert (
        "https:" not in looks
        and "@import" not in looks
        and looks.count("http:") == looks.count("http://www.w3.org/2000/svg")
    )
