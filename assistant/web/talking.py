"""The callbacks of asking: a question in, the chat as it grows out. They keep nothing; what they need is handed in or kept by the desk.

An exception in a callback would leave the page's box disabled for good, so each becomes a friendly line in the chat.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from datetime import date
from typing import Any

from anyio.to_thread import run_sync

from assistant.conversation import Conversation
from assistant.records import Answer
from assistant.web import markup, shelf
from assistant.web.conversations import Turn
from assistant.web.desk import Asking, Desk
from assistant.web.markup import MARK, View
from assistant.web.words import WORDS, Language
from index.errors import IsnadError, UsageError
from index.provider import Leaving
from index.records import Article, Filters

Message = dict[str, str]
DONE = object()
QUIET = 0.5  # seconds without a piece, after which Gradio gets to look whether its visitor is still there


class Pump:
    """Reads a stream in a thread of its own. `stop` may be called at any time: whatever the stream waits for is left at once."""

    def __init__(self, streaming: Generator[str, None, Answer]) -> None:
        self.answer: Answer | None = None
        self._streaming, self._leaving, self._stopped = streaming, Leaving(), False
        self._loop, self._queue = asyncio.get_running_loop(), asyncio.Queue[Any]()
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Ask for no more."""
        self._stopped = True
        self._leaving.now()

    async def pieces(self) -> AsyncIterator[str | None]:
        """The pieces as they come, None for a while in which none came; raises what the stream raises."""
        while True:
            try:
                piece = await asyncio.wait_for(self._queue.get(), QUIET)
            except TimeoutError:
                yield None
                continue
            if piece is DONE:
                return
            if isinstance(piece, BaseException):
                raise piece
            yield piece

    def _run(self) -> None:
        with self._leaving.reading(), contextlib.suppress(GeneratorExit):
            try:
                while not self._stopped:
                    self._put(next(self._streaming))
                self._streaming.close()
            except StopIteration as done:
                self.answer = done.value
                self._put(DONE)
            except Exception as error:
                self._put(error)

    def _put(self, piece: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._queue.put_nowait, piece)


async def answered(
    desk: Desk,
    request: Asking,
    asked: str,
    *,
    conversation: str,
    replaces: int,
    filters: Filters,
    language: Language,
) -> AsyncGenerator[list[Message] | None, None]:
    """The chat as it grows: what was said, the question, its answer; None for a while in which nothing new came.

    `replaces`: the turn to ask anew (0: none); it and later ones go. Closed before its end, it leaves the model's server at once
    and keeps what was written as an answer that is not complete.
    """
    owner, words = desk.owner(request), WORDS[language]
    turns = await run_sync(desk.conversations.turns, conversation, owner)
    turns = tuple(turn for turn in turns if not replaces or turn.number < replaces)
    before = await run_sync(chat, desk, turns, language)
    before.append(_message("user", markup.question(asked, None, words)))
    yield [*before, _message("assistant", markup.searching(words))]
    pump = Pump(desk.stream(desk.visitor(request), asked, conversation=_told(turns), filters=filters or None))
    said, known, kept = "", dict[str, Article](), False
    desk.underway.add(conversation)
    try:
        async for piece in pump.pieces():
            if piece is None:
                yield None
                continue
            for grown in _growing(said, piece):
                known = await run_sync(_known, desk, grown, known)
                view = View(words=words, language=language, articles=known)
                yield [*before, _message("assistant", markup.writing(grown, view))]
            said += piece
        kept = True
        await run_sync(_keep, desk, conversation, owner, replaces, pump.answer)
    except IsnadError as error:
        kept = True
        yield [*before, *failed(said, str(error), language)]
        return
    finally:
        pump.stop()
        if not kept:
            _keep(desk, conversation, owner, replaces, _broken(asked, said, desk))
        desk.underway.discard(conversation)
    turns = await run_sync(desk.conversations.turns, conversation, owner)
    yield await run_sync(chat, desk, turns, language)


def chat(desk: Desk, turns: Sequence[Turn], language: Language, own: bool = True) -> list[Message]:
    """The messages of these turns; `own`: with what their owner can do to them."""
    words = WORDS[language]
    ids = {one for turn in turns for one in named(turn.answer)}
    articles = {one: _slim(article) for one, article in desk.articles(sorted(ids)).items()}
    view = View(words=words, language=language, articles=articles, copies=shelf.copies(desk.store, ids))
    messages = []
    for turn in turns:
        number = turn.number if own else None
        messages.append(_message("user", markup.question(turn.question, number, words)))
        messages.append(_message("assistant", markup.answer(turn.answer, number, view)))
    return messages


def failed(said: str, why: str, language: Language) -> list[Message]:
    """What was written, if anything, and why there is no more."""
    words = WORDS[language]
    partial = markup.writing(said, View(words=words, language=language)) if said else ""
    return [_message("assistant", partial + markup.notice(words.failed.format(why=why), "wrong"))]


def narrowed(since: str, until: str, languages: Sequence[str], publishers: Sequence[str]) -> Filters:
    """The filters that the page's fields say; UsageError where a date is none.

    >>> narrowed("2025-01-31", "", ["ar"], []).since
    datetime.date(2025, 1, 31)
    """
    days = []
    for said in (since, until):
        said = (said or "").strip()
        try:
            days.append(date.fromisoformat(said[:10]) if said else None)
        except ValueError:
            raise UsageError(f"{said!r} is no date; write one like 2025-01-31") from None
    return Filters(since=days[0], until=days[1], languages=tuple(languages or ()), publishers=tuple(publishers or ()))


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


def _growing(said: str, piece: str) -> list[str]:
    """The text as it grows by a piece, a sentence with its mark at a time, where the piece holds several."""
    ends = [match.end() for match in re.finditer(r"\](?=\s)", piece)]
    return [said + piece[:end] for end in dict.fromkeys([*ends, len(piece)])]


def _known(desk: Desk, said: str, known: dict[str, Article]) -> dict[str, Article]:
    """The articles that the marks so far name."""
    missing = sorted({mark[1] for mark in MARK.finditer(said)} - set(known))
    return {**known, **{one: _slim(found) for one, found in desk.articles(missing).items()}} if missing else known


def _slim(article: Article) -> Article:
    return Article(
        id=article.id, text="", sha256="", title=article.title, published=article.published, publisher=article.publisher
    )


def _keep(desk: Desk, conversation: str, owner: str, replaces: int, answer: Answer | None) -> None:
    if answer is None:
        return
    if replaces:
        desk.conversations.cut(conversation, owner, replaces)
    desk.conversations.add(conversation, owner, answer)


def _broken(asked: str, said: str, desk: Desk) -> Answer:
    """An answer that was stopped: what was written of it, unchecked."""
    engine = f"model:{desk.settings.model}" if desk.settings.has_model else "extract"
    return Answer(question=asked, text=said.rstrip(), abstained=False, engine=engine, complete=False)
