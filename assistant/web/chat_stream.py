"""Stream an answer into the chat and keep it.

Nothing is kept here; what the functions need is handed in or held by the service.

An exception in a callback would leave the page's box disabled for good, so each becomes a friendly line in the chat.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Sequence
from datetime import date

from anyio.to_thread import run_sync

from assistant.models import Answer, Effort, Step, StepPiece, sides_of
from assistant.pipeline import PlanOption
from assistant.query.followups import Conversation
from assistant.web import chat_markup
from assistant.web.chat_markup import MARK, View
from assistant.web.conversation_store import Turn
from assistant.web.page_events import LOG
from assistant.web.rate_limit import Refused, Slot, Ticket, TicketUsed
from assistant.web.service import AnswerService, Asking
from assistant.web.words import WORDS, Language
from index.errors import IsnadError, NotFound
from index.messages.reason import Reason
from index.model_api import CancelScope
from index.models import Article, Filters, Value

Message = dict[str, str]
QUIET = 0.5  # seconds without a piece, after which Gradio gets to look whether its visitor is still there
PAINT = (
    0.02  # seconds between two states of the page for each answer under way; a page with one answer changes every .04
)


class PendingQuestion(Value, frozen=True, kw_only=True):
    """An admitted question that waits for its answer.

    `replaces` is the turn to ask anew (0: none), which is dropped with all later ones. `quoting`: no model is asked.
    `plan`: what a visitor left of the plan of the turn that it replaces.
    """

    ticket: Ticket
    question: str
    replaces: int = 0
    quoting: bool = False
    filters: Filters = Filters()
    plan: PlanOption = "auto"
    effort: Effort | None = None


class StreamReader:
    """Read a stream in a thread of its own; `stop` abandons whatever it waits for.

    `slot` is released when the stream has ended and is paid for, which may be after `stop`.
    """

    def __init__(self, streaming: Generator[str, None, Answer], slot: Slot) -> None:
        self.text = ""
        self.steps: list[Step] = []
        self.answer: Answer | None = None
        self._streaming, self._slot, self._cancel_scope, self._ended = streaming, slot, CancelScope(), False
        self._trouble: Exception | None = None
        self._loop, self._news = asyncio.get_running_loop(), asyncio.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Ask for no more."""
        self._ended = True
        self._cancel_scope.cancel()

    async def updates(self, pause: Callable[[], float]) -> AsyncIterator[bool]:
        """Yield whether `text` has grown, at most every `pause()` seconds.

        Raise what the stream raises.
        """
        while not self._ended:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), QUIET)
            news = self._news.is_set()
            self._news.clear()
            if not self._ended:
                yield news
                await asyncio.sleep(pause())
        if self._trouble is not None:
            raise self._trouble

    def _run(self) -> None:
        with self._slot, self._cancel_scope.active(), contextlib.suppress(GeneratorExit):
            try:
                while not self._ended:
                    self.text += (piece := next(self._streaming))
                    if isinstance(piece, StepPiece):
                        self.steps.append(piece.step)
                    self._tell()
                self._streaming.close()
            except StopIteration as done:
                self.answer = done.value
            except Exception as error:
                self._trouble = error
            self._ended = True
            self._tell()

    def _tell(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)


async def stream_chat(
    service: AnswerService, request: Asking, pending: PendingQuestion, *, conversation: str, language: Language
) -> AsyncGenerator[list[Message], None]:
    """Yield the chat while the answer grows, again and again while nothing new comes.

    Closed before its end, it leaves the model's server at once and keeps what was written as an answer that is not
    complete. So is an answer that failed, with the reason.
    """
    owner, words = service.owner(request), WORDS[language]
    turns = _before(await run_sync(service.conversations.turns, conversation, owner), pending)
    *before, growing = await run_sync(pending_chat, service, turns, pending, language)
    # From here to the reader nothing is awaited, so that no slot is lost and no conversation is answered twice at once.
    try:
        slot = service.redeem(pending.ticket, pending.question, quoting=pending.quoting, effort=pending.effort)
    except TicketUsed:
        return
    except Refused as error:
        yield [*before, _message("assistant", chat_markup.notice_html(error.in_language(language), "wrong"))]
        return
    if conversation in service.underway:
        slot.release()
        yield [*before, _message("assistant", chat_markup.notice_html(words.still_writing, "wrong"))]
        return
    service.underway.add(conversation)
    streaming = service.stream(
        slot,
        pending.question,
        conversation=_history(turns),
        filters=pending.filters or None,
        plan=pending.plan,
        quoting=pending.quoting,
        effort=pending.effort,
    )
    pump, known, answer = StreamReader(streaming, slot), dict[str, Article](), _broken(pending, "", service)
    try:
        async for news in pump.updates(lambda: PAINT * max(2, service.active_answers())):
            if news:
                known = await _known(service, pump.text, known)
                view = View(words=words, language=language, articles=known)
                growing = _message("assistant", chat_markup.draft_html(pump.text, view, pump.steps))
            yield [*before, growing]
        answer = pump.answer or answer
    except IsnadError as error:
        answer = _broken(pending, pump.text, service, Reason.from_error(error))
    except Exception as error:
        LOG.error("an answer failed: %s", type(error).__name__)
        answer = _broken(pending, pump.text, service, Reason(type(error).__name__))
    except BaseException:
        answer = _broken(pending, pump.text, service)
        raise
    finally:
        pump.stop()
        _keep(service, conversation, owner, pending, answer)
        service.underway.discard(conversation)
    turns = await run_sync(service.conversations.turns, conversation, owner)
    yield await run_sync(chat_messages, service, turns, language)


def pending_chat(
    service: AnswerService, turns: Sequence[Turn], pending: PendingQuestion, language: Language
) -> list[Message]:
    """Return the messages of the turns that stay, the question, and a placeholder."""
    words = WORDS[language]
    before = chat_messages(service, _before(turns, pending), language)
    question = _message("user", chat_markup.question_html(pending.question, None, words))
    return [*before, question, _message("assistant", chat_markup.searching_html(words))]


def keep_unanswered(service: AnswerService, conversation: str, owner: str, pending: PendingQuestion) -> None:
    """Keep a question that was stopped before anybody began to answer it."""
    _keep(service, conversation, owner, pending, _broken(pending, "", service))


def chat_messages(service: AnswerService, turns: Sequence[Turn], language: Language, own: bool = True) -> list[Message]:
    """Return the chat messages of the turns; `own` adds the owner's actions."""
    words = WORDS[language]
    ids = {file_id for turn in turns for file_id in named_articles(turn.answer)}
    view = View(
        words=words,
        language=language,
        articles=service.article_headers(sorted(ids)),
        copies=service.copies(ids),
        today=date.today(),
    )
    shown = []
    for turn in turns:
        number = turn.number if own else None
        shown.append(_message("user", chat_markup.question_html(turn.question, number, words)))
        shown.append(_message("assistant", chat_markup.answer_html(turn.answer, number, view)))
    return shown


def named_articles(answer: Answer) -> set[str]:
    """Ids of the articles that an answer speaks of."""
    ids = {source.file_id for source in answer.sources} | {citation.file_id for citation in answer.closest}
    ids |= {side.citation.file_id for side in sides_of(answer)}
    ids |= {citation.file_id for sentence in answer.sentences for citation in sentence.citations}
    return ids | {mark[1] for mark in MARK.finditer(answer.text)}


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _history(turns: Sequence[Turn]) -> Conversation | None:
    earlier = Conversation()
    for turn in turns:
        if not turn.answer.text:  # stopped before its first word
            continue
        alone = turn.answer.searched[0] if turn.answer.searched else ""
        earlier = earlier.after(turn.question, turn.answer.text, alone)
    return earlier if turns else None


async def _known(service: AnswerService, text: str, known: dict[str, Article]) -> dict[str, Article]:
    """Return the articles that the marks so far name."""
    missing = sorted({mark[1] for mark in MARK.finditer(text)} - set(known))
    if not missing:
        return known
    return {**known, **(await run_sync(service.article_headers, missing))}


def _before(turns: Sequence[Turn], pending: PendingQuestion) -> tuple[Turn, ...]:
    return tuple(turn for turn in turns if not pending.replaces or turn.number < pending.replaces)


def _keep(service: AnswerService, conversation: str, owner: str, pending: PendingQuestion, answer: Answer) -> None:
    with contextlib.suppress(NotFound):  # deleted meanwhile
        if pending.replaces:
            service.conversations.cut(conversation, owner, pending.replaces)
        service.conversations.add(conversation, owner, answer)


def _broken(pending: PendingQuestion, text: str, service: AnswerService, why: Reason | None = None) -> Answer:
    """Return an incomplete answer of what was written so far, with the reason."""
    engine = f"model:{service.settings.model}" if service.settings.has_model and not pending.quoting else "extract"
    details = (why,) if why else ()
    return Answer(
        question=pending.question, text=text.rstrip(), abstained=False, engine=engine, complete=False, details=details
    )
