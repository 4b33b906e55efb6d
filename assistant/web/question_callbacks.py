"""The callbacks of a question: asked, answered, stopped, asked again, asked differently, judged.

Asking has three steps, so that what is sent while an answer grows is the chat alone: Gradio takes each part that an event may
change apart and puts it together again, changed or not, with every piece of text.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import TYPE_CHECKING, Any, get_args

import gradio as gr
import msgspec
from anyio.to_thread import run_sync

from assistant.query.filters import parse_filters
from assistant.web import chat_markup, chat_stream, sidebar
from assistant.web.chat_stream import Asked
from assistant.web.conversation_store import Kind
from assistant.web.page_events import Updates, number, spoken, value
from assistant.web.rate_limit import Refused
from assistant.web.service import Desk
from assistant.web.words import WORDS, Language, Words
from index.errors import NotFound, UsageError
from index.models import Filters

if TYPE_CHECKING:
    from assistant.web.page import Page

LINGER = 50  # tenths of a second


class Questions:
    """The callbacks of asking on one page over one desk. `showing`: the conversation that a visitor's page shows now."""

    def __init__(self, desk: Desk, page: Page, showing: Callable[[gr.Request], str] | None = None) -> None:
        self.desk, self.page, self.showing = desk, page, showing

    @spoken
    def ask(
        self,
        asked: str,
        replaces: int,
        language: Language,
        conversation: str,
        since: str,
        until: str,
        languages: Sequence[str],
        publishers: Sequence[str],
        files: Sequence[str],
        request: gr.Request,
        quoting: bool = False,
    ) -> Updates:
        """The question in the box, or its other wording, is in the chat; `write` answers it."""
        page, desk, words = self.page, self.desk, WORDS[language]
        if conversation in desk.underway:
            raise UsageError(words.still_writing)
        try:
            ticket = desk.admit(desk.visitor(request), asked)
        except Refused as error:
            raise UsageError(getattr(words, error.refusal)) from None
        filters = _narrowed(since, until, languages, publishers, files, words)
        owner = desk.owner(request)
        turns = desk.conversations.turns(conversation, owner) if conversation else ()
        if not turns:
            conversation, replaces = desk.conversations.begin(owner), 0
        question = Asked(ticket=ticket, question=asked.strip(), replaces=replaces, filters=filters, quoting=quoting)
        return {
            page.bridge: sidebar.told(conversation=conversation),
            page.conversation: conversation,
            page.asked: question,
            page.chat: chat_stream.waiting(desk, turns, question, language),
            page.box: "",
            page.editing: "",
            page.replaces: 0,
            **page.busy(True),
        }

    @spoken
    def again(
        self,
        language: Language,
        conversation: str,
        since: str,
        until: str,
        languages: Sequence[str],
        publishers: Sequence[str],
        files: Sequence[str],
        request: gr.Request,
        event: gr.EventData,
    ) -> Updates:
        """A question that was asked, once more; where the event says `quoting`, with no model."""
        turn, question = self._turn(conversation, self.desk.owner(request), event)
        if not question:
            raise NotFound(WORDS[language].not_yours)
        quoting = value(event, "quoting") is True
        narrowing = (since, until, languages, publishers, files)
        updates = self.ask(question, turn, language, conversation, *narrowing, request, quoting)
        updates.pop(self.page.box, None)
        return updates

    async def write(
        self, asked: Asked | None, language: Language, conversation: str, request: gr.Request
    ) -> AsyncGenerator[tuple[Any, None], None]:
        """The chat while the answer to the question grows, and with the whole; nothing new where nothing was asked."""
        if asked is None:
            yield gr.skip(), None
            return
        async for chat in chat_stream.answered(self.desk, request, asked, conversation=conversation, language=language):
            elsewhere = self.showing is not None and self.showing(request) != conversation
            yield (
                (gr.skip() if elsewhere else chat),
                None,
            )  # a skip costs ten times as much as a chat that stays the same

    @spoken
    def finish(self, language: Language, conversation: str, request: gr.Request) -> Updates:
        """After an answer: the lists and the state around it."""
        page, owner = self.page, self.desk.owner(request)
        around = page.around(language, owner, conversation)
        return {**page.busy(conversation in self.desk.underway), **around, page.bridge: sidebar.told()}

    async def stopped(self, asked: Asked | None, language: Language, conversation: str, request: gr.Request) -> Updates:
        """After a stop: what was written so far stands in the chat. The stopped answer is kept a moment later, so wait for it."""
        owner, desk, page = self.desk.owner(request), self.desk, self.page
        for _ in range(LINGER):
            if conversation not in desk.underway:
                break
            await asyncio.sleep(0.1)
        if asked is not None and desk.cancel(asked.ticket):  # it still waited for its turn
            await run_sync(chat_stream.unwritten, desk, conversation, owner, asked)
        turns = await run_sync(desk.conversations.turns, conversation, owner)
        chat = await run_sync(chat_stream.chat, desk, turns, language)
        around = await run_sync(page.around, language, owner, conversation)
        return {page.chat: chat, page.asked: None, **around, **page.busy(False)}

    @spoken
    def edit(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        """An earlier question comes into the box."""
        page = self.page
        turn, question = self._turn(conversation, self.desk.owner(request), event)
        if not question:
            raise NotFound(WORDS[language].not_yours)
        note = chat_markup.notice(WORDS[language].editing)
        return {page.box: question, page.replaces: turn, page.editing: note, page.bridge: sidebar.told(focus="box")}

    @spoken
    def judge(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        """What a reader says of an answer: good, wrong citation, missing, wrong fact."""
        kind, turn = str(value(event, "kind")).replace("_", " "), number(value(event, "number"))
        if kind in get_args(Kind):
            self.desk.conversations.feedback(conversation, self.desk.owner(request), turn, kind)  # type: ignore[arg-type]
        return {self.page.bridge: sidebar.told(toast=WORDS[language].thanks)}

    def _turn(self, conversation: str, owner: str, event: gr.EventData) -> tuple[int, str]:
        """The number of the turn that an event names, and its question; "" where the visitor has no such turn."""
        named = number(value(event, "number"))
        turns = self.desk.conversations.turns(conversation, owner)
        return named, next((turn.question for turn in turns if turn.number == named), "")


def _narrowed(
    since: str, until: str, languages: Sequence[str], publishers: Sequence[str], files: Sequence[str], words: Words
) -> Filters:
    """The filters that the page's fields say; UsageError, in the page's language, where a date is none."""
    try:
        return msgspec.structs.replace(
            parse_filters(since, until, languages or (), publishers or ()), file_ids=tuple(map(str, files or ()))
        )
    except UsageError:
        raise UsageError(words.bad_date) from None
