"""The callbacks of asking: a question in, the chat as it grows out. They keep nothing; what they need is handed in or kept by the desk.

An exception in a callback would leave the page's box disabled for good, so each becomes a friendly line in the chat.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Sequence
from datetime import date

from anyio.to_thread import run_sync

from assistant.models import Answer
from assistant.query.followups import Conversation
from assistant.web import chat_markup
from assistant.web.chat_markup import MARK, View
from assistant.web.conversation_store import Turn
from assistant.web.page_events import LOG
from assistant.web.rate_limit import Refused, Slot, Ticket, TicketUsed
from assistant.web.service import Asking, Desk
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


class Asked(Value, frozen=True, kw_only=True):
    """A question under way. `replaces`: the turn to ask anew (0: none); it and later ones go. `quoting`: no model is asked."""

    ticket: Ticket
    question: str
    replaces: int = 0
    quoting: bool = False
    filters: Filters = Filters()


class Pump:
    """Reads a stream in a thread of its own. `stop` may be called at any time: whatever the stream waits for is left at once.

    `slot` is released when the stream has ended and is paid for, which may be after `stop`.
    """

    def __init__(self, streaming: Generator[str, None, Answer], slot: Slot) -> None:
        self.said = ""
        self.answer: Answer | None = None
        self._streaming, self._slot, self._cancel_scope, self._ended = streaming, slot, CancelScope(), False
        self._trouble: Exception | None = None
        self._loop, self._news = asyncio.get_running_loop(), asyncio.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Ask for no more."""
        self._ended = True
        self._cancel_scope.cancel()

    async def growing(self, pause: Callable[[], float]) -> AsyncIterator[bool]:
        """Whether `said` has grown, not more often than every `pause()` seconds; raises what the stream raises."""
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
                    self.said += next(self._streaming)
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


async def answered(
    desk: Desk, request: Asking, asked: Asked, *, conversation: str, language: Language
) -> AsyncGenerator[list[Message], None]:
    """The chat as it grows: what was said, the question, its answer; the same again after a while in which nothing new came.

    Closed before its end, it leaves the model's server at once and keeps what was written as an answer that is not complete. So is
    an answer that failed, with the reason.
    """
    owner, words = desk.owner(request), WORDS[language]
    turns = _before(await run_sync(desk.conversations.turns, conversation, owner), asked)
    *before, growing = await run_sync(waiting, desk, turns, asked, language)
    # From here to the reader nothing is awaited, so that no slot is lost and no conversation is answered twice at once.
    try:
        slot = desk.redeem(asked.ticket, asked.question, quoting=asked.quoting)
    except TicketUsed:
        return
    except Refused as error:
        yield [*before, _message("assistant", chat_markup.notice(getattr(words, error.refusal), "wrong"))]
        return
    if conversation in desk.underway:
        slot.release()
        yield [*before, _message("assistant", chat_markup.notice(words.still_writing, "wrong"))]
        return
    desk.underway.add(conversation)
    streaming = desk.stream(
        slot,
        asked.question,
        conversation=_told(turns),
        filters=asked.filters or None,
        quoting=asked.quoting,
    )
    pump, known, answer = Pump(streaming, slot), dict[str, Article](), _broken(asked, "", desk)
    try:
        async for news in pump.growing(lambda: PAINT * max(2, desk.busy())):
            if news:
                known = await _known(desk, pump.said, known)
                view = View(words=words, language=language, articles=known)
                growing = _message("assistant", chat_markup.writing(pump.said, view))
            yield [*before, growing]
        answer = pump.answer or answer
    except IsnadError as error:
        answer = _broken(asked, pump.said, desk, Reason.from_error(error))
    except Exception as error:
        LOG.error("an answer failed: %s", type(error).__name__)
        answer = _broken(asked, pump.said, desk, Reason(type(error).__name__))
    except BaseException:
        answer = _broken(asked, pump.said, desk)
        raise
    finally:
        pump.stop()
        _keep(desk, conversation, owner, asked, answer)
        desk.underway.discard(conversation)
    turns = await run_sync(desk.conversations.turns, conversation, owner)
    yield await run_sync(chat, desk, turns, language)


def waiting(desk: Desk, turns: Sequence[Turn], asked: Asked, language: Language) -> list[Message]:
    """The messages of these turns, as far as they stay, the question, and a word in place of its answer."""
    words = WORDS[language]
    before = chat(desk, _before(turns, asked), language)
    question = _message("user", chat_markup.question(asked.question, None, words))
    return [*before, question, _message("assistant", chat_markup.searching(words))]


def unwritten(desk: Desk, conversation: str, owner: str, asked: Asked) -> None:
    """Keep a question that was stopped before anybody began to answer it."""
    _keep(desk, conversation, owner, asked, _broken(asked, "", desk))


def chat(desk: Desk, turns: Sequence[Turn], language: Language, own: bool = True) -> list[Message]:
    """The messages of these turns; `own`: with what their owner can do to them."""
    words = WORDS[language]
    ids = {one for turn in turns for one in named(turn.answer)}
    view = View(
        words=words,
        language=language,
        articles=desk.listed(sorted(ids)),
        copies=desk.copies(ids),
        today=date.today(),
    )
    shown = []
    for turn in turns:
        number = turn.number if own else None
        shown.append(_message("user", chat_markup.question(turn.question, number, words)))
        shown.append(_message("assistant", chat_markup.answer(turn.answer, number, view)))
    return shown


def named(answer: Answer) -> set[str]:
    """Ids of the articles that an answer speaks of."""
    ids = {source.file_id for source in answer.sources} | {one.file_id for one in answer.closest}
    ids |= {side.citation.file_id for conflict in answer.conflicts for side in conflict.sides}
    ids |= {citation.file_id for sentence in answer.sentences for citation in sentence.citations}
    return ids | {mark[1] for mark in MARK.finditer(answer.text)}


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _told(turns: Sequence[Turn]) -> Conversation | None:
    told = Conversation()
    for turn in turns:
        if not turn.answer.text:  # stopped before its first word
            continue
        alone = turn.answer.searched[0] if turn.answer.searched else ""
        told = told.after(turn.question, turn.answer.text, alone)
    return told if turns else None


async def _known(desk: Desk, said: str, known: dict[str, Article]) -> dict[str, Article]:
    """The articles that the marks so far name."""
    missing = sorted({mark[1] for mark in MARK.finditer(said)} - set(known))
    if not missing:
        return known
    return {**known, **(await run_sync(desk.listed, missing))}


def _before(turns: Sequence[Turn], asked: Asked) -> tuple[Turn, ...]:
    return tuple(turn for turn in turns if not asked.replaces or turn.number < asked.replaces)


def _keep(desk: Desk, conversation: str, owner: str, asked: Asked, answer: Answer) -> None:
    with contextlib.suppress(NotFound):  # deleted meanwhile
        if asked.replaces:
            desk.conversations.cut(conversation, owner, asked.replaces)
        desk.conversations.add(conversation, owner, answer)


def _broken(asked: Asked, said: str, desk: Desk, why: Reason | None = None) -> Answer:
    """An answer that was stopped or failed: what was written of it, unchecked, and why there is no more."""
    engine = f"model:{desk.settings.model}" if desk.settings.has_model and not asked.quoting else "extract"
    details = (why,) if why else ()
    return Answer(
        question=asked.question, text=said.rstrip(), abstained=False, engine=engine, complete=False, details=details
    )
