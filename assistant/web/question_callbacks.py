"""Answer the events of a question: ask, write, stop, repeat, edit and rate.

Asking has three steps, so that what is sent while an answer grows is the chat alone: Gradio takes each part that an
event may change apart and puts it together again, changed or not, with every piece of text.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, get_args

import msgspec
from anyio.to_thread import run_sync

from assistant.models import PlanChoice
from assistant.pipeline import PlanOption
from assistant.query.filters import parse_filters
from assistant.web import chat_markup, chat_stream
from assistant.web.chat_stream import PendingQuestion
from assistant.web.conversation_store import Kind, Turn
from assistant.web.gradio_setup import gr
from assistant.web.page_events import Updates, event_field, handle_errors, send_to_js, turn_number
from assistant.web.page_parts import FilterFields, Form, Page
from assistant.web.service import AnswerService
from assistant.web.words import WORDS, Language
from index.errors import NotFound, UsageError
from index.models import Filters

LINGER = 50  # tenths of a second


class Questions:
    """The callbacks of asking; `showing` returns the conversation that a visitor sees."""

    def __init__(self, service: AnswerService, page: Page, showing: Callable[[gr.Request], str] | None = None) -> None:
        self.service, self.page, self.showing = service, page, showing

    @handle_errors
    def ask(self, form: Form, request: gr.Request) -> Updates:
        """Take the question in the box, or its new wording; `write` answers it."""
        page = self.page
        return self._ask(form, form[page.box], form[page.replaces], request)

    @handle_errors
    def again(self, form: Form, request: gr.Request, event: gr.EventData) -> Updates:
        """Take a question once more, with no model if the event says `quoting`.

        The event's `without` names a part of its plan that is left out.
        """
        turn = self._turn(form[self.page.conversation], self.service.owner(request), event)
        quoting, part = event_field(event, "quoting") is True, event_field(event, "without")
        plan: PlanOption = "auto"
        if turn.answer.plan and part in get_args(PlanChoice):
            plan = turn.answer.plan.without(part)  # type: ignore[arg-type]
        updates = self._ask(form, turn.question, turn.number, request, quoting=quoting, plan=plan)
        updates.pop(self.page.box, None)
        return updates

    async def write(
        self, asked: PendingQuestion | None, language: Language, conversation: str, request: gr.Request
    ) -> AsyncGenerator[tuple[Any, None], None]:
        """Yield the chat while the answer grows; nothing new if no question waits."""
        if asked is None:
            yield gr.skip(), None
            return
        async for chat in chat_stream.stream_chat(
            self.service, request, asked, conversation=conversation, language=language
        ):
            elsewhere = self.showing is not None and self.showing(request) != conversation
            yield (
                (gr.skip() if elsewhere else chat),
                None,
            )  # a skip costs ten times as much as a chat that stays the same

    @handle_errors
    def finish(self, language: Language, conversation: str, request: gr.Request) -> Updates:
        """After an answer: the lists and the state around it."""
        page, owner = self.page, self.service.owner(request)
        around = page.around(language, owner, conversation)
        return {**page.busy(conversation in self.service.underway), **around, page.bridge: send_to_js()}

    async def stopped(
        self, asked: PendingQuestion | None, language: Language, conversation: str, request: gr.Request
    ) -> Updates:
        """Show what was written before a stop; the answer is kept a moment later."""
        owner, service, page = self.service.owner(request), self.service, self.page
        for _ in range(LINGER):
            if conversation not in service.underway:
                break
            await asyncio.sleep(0.1)
        if asked is not None and service.cancel(asked.ticket):  # it still waited for its turn
            await run_sync(chat_stream.keep_unanswered, service, conversation, owner, asked)
        turns = await run_sync(service.conversations.turns, conversation, owner)
        chat = await run_sync(chat_stream.chat_messages, service, turns, language)
        around = await run_sync(page.around, language, owner, conversation)
        return {page.chat: chat, page.asked: None, **around, **page.busy(False)}

    @handle_errors
    def edit(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        """Put an earlier question into the box for editing."""
        page = self.page
        turn = self._turn(conversation, self.service.owner(request), event)
        note, focus = chat_markup.notice_html(WORDS[language].editing), send_to_js(focus="box")
        return {page.box: turn.question, page.replaces: turn.number, page.editing: note, page.bridge: focus}

    @handle_errors
    def rate(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        """Record a reader's rating: good, wrong citation, missing, wrong fact."""
        kind, turn = str(event_field(event, "kind")).replace("_", " "), turn_number(event_field(event, "number"))
        if kind in get_args(Kind):
            self.service.conversations.feedback(conversation, self.service.owner(request), turn, kind)  # type: ignore[arg-type]
        return {self.page.bridge: send_to_js(toast=WORDS[language].thanks)}

    def _ask(
        self,
        form: Form,
        question: str,
        replaces: int,
        request: gr.Request,
        *,
        quoting: bool = False,
        plan: PlanOption = "auto",
    ) -> Updates:
        page, service = self.page, self.service
        language, conversation = form[page.language], form[page.conversation]
        if conversation in service.underway:
            raise UsageError("page.still_writing")
        ticket = service.admit(service.visitor(request), question)
        filters = _filters(page.read_filters(form))
        owner = service.owner(request)
        turns = service.conversations.turns(conversation, owner) if conversation else ()
        if not turns:
            conversation, replaces = service.conversations.begin(owner), 0
        pending = PendingQuestion(
            ticket=ticket,
            question=question.strip(),
            replaces=replaces,
            filters=filters,
            quoting=quoting,
            plan=plan,
            effort=form.get(page.effort) or service.settings.effort,
        )
        return {
            page.bridge: send_to_js(conversation=conversation),
            page.conversation: conversation,
            page.asked: pending,
            page.chat: chat_stream.pending_chat(service, turns, pending, language),
            page.box: "",
            page.editing: "",
            page.replaces: 0,
            **page.busy(True),
        }

    def _turn(self, conversation: str, owner: str, event: gr.EventData) -> Turn:
        """Return the turn that an event names. Raises NotFound."""
        named = turn_number(event_field(event, "number"))
        for turn in self.service.conversations.turns(conversation, owner):
            if turn.number == named:
                return turn
        raise NotFound("page.not_yours")


def _filters(fields: FilterFields) -> Filters:
    """Return the filters that the fields say. Raises UsageError."""
    filters = parse_filters(fields.since, fields.until, fields.languages, fields.publishers)
    return msgspec.structs.replace(filters, file_ids=tuple(map(str, fields.files)))
