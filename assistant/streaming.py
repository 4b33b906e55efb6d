"""An answer under way: pieces of its text, then the answer; for `for`, for `async for`, and live in a notebook."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from types import TracebackType
from typing import Any

from assistant.models import Answer
from index.errors import IsnadError, UsageError
from index.model_api import CancelScope

_END = object()


class Stream(Generator[str, None, Answer]):
    """The pieces of an answer's text in turn; then `answer` is the whole. It is a generator that returns the answer.

    Leave it early with `close()`: the model's server is then told to stop. One thread reads it.

    >>> from assistant import Assistant
    >>> with Assistant.open(sample) as assistant:
    ...     pieces = assistant.stream("كم ساعة استمرت محادثات بوتين والأسد؟")
    ...     text = "".join(pieces)
    >>> pieces.ended, text == pieces.answer.text
    (True, True)
    """

    def __init__(
        self,
        pieces: Generator[str, None, Answer],
        told: Callable[[IsnadError], IsnadError] = lambda error: error,
        kept: tuple[Callable[[Answer], None], ...] = (),
    ) -> None:
        self._pieces, self._told, self._kept = pieces, told, kept
        self._answer: Answer | None = None

    @property
    def answer(self) -> Answer:
        """The answer; what has not been read of it is read first. UsageError where the stream was left before its end."""
        for _ in self:
            pass
        if self._answer is None:
            raise UsageError("assistant.left")
        return self._answer

    @property
    def ended(self) -> bool:
        """Whether all of it has been read."""
        return self._answer is not None

    def then(self, keep: Callable[[Answer], None]) -> Stream:
        """The same stream, whose answer is given to `keep` when it is there."""
        return Stream(self, self._told, (keep,))

    def show(self) -> Answer:
        """The answer, shown in a notebook while it is written (at most ten times a second) and as itself at its end."""
        from assistant.rendering.notebook import live

        return live(self)

    def send(self, value: None, /) -> str:
        """The next piece."""
        return self._step(lambda: self._pieces.send(value))

    def throw(self, kind: Any, value: Any = None, trace: TracebackType | None = None, /) -> str:
        """Raise an error where the answer is being written."""
        error = kind if isinstance(kind, BaseException) else value or kind
        return self._step(lambda: self._pieces.throw(error))

    def close(self) -> None:
        """Leave it before its end."""
        self._pieces.close()

    def _step(self, take: Callable[[], str]) -> str:
        try:
            return take()
        except StopIteration as done:
            if self._answer is None and done.value is not None:
                self._answer = done.value
                for keep in self._kept:
                    keep(done.value)
            raise StopIteration(self._answer) from None
        except IsnadError as error:
            raise self._told(error) from error

    def _ipython_display_(self) -> None:
        self.show()


class AsyncStream(AsyncIterator[str]):
    """The same for `async for`. Each piece is waited for in a thread, so the event loop goes on; who cancels waits for nothing.

    >>> import asyncio
    >>> from assistant import Assistant
    >>> async def read(assistant):
    ...     pieces = assistant.astream("كم ساعة استمرت محادثات بوتين والأسد؟")
    ...     text = "".join([piece async for piece in pieces])
    ...     return text == pieces.answer.text
    >>> with Assistant.open(sample) as assistant:
    ...     asyncio.run(read(assistant))
    True
    """

    def __init__(self, stream: Stream) -> None:
        self._stream, self._cancel_scope = stream, CancelScope()

    @property
    def answer(self) -> Answer:
        """The answer, after the end; UsageError before it."""
        if not self._stream.ended:
            raise UsageError("assistant.not_there")
        return self._stream.answer

    async def finished(self) -> Answer:
        """The answer, when all of it is there."""
        async for _ in self:
            pass
        return self.answer

    async def __anext__(self) -> str:
        step = asyncio.ensure_future(asyncio.to_thread(self._next))
        try:
            piece = await asyncio.shield(step)
        except asyncio.CancelledError:
            self._cancel_scope.cancel()
            step.add_done_callback(self._left)  # a generator cannot be closed while a thread is in it
            raise
        if piece is _END:
            raise StopAsyncIteration
        return str(piece)

    async def aclose(self) -> None:
        """Leave it before its end."""
        await asyncio.to_thread(self._stream.close)

    def _next(self) -> Any:
        with self._cancel_scope.active():
            return next(self._stream, _END)

    def _left(self, step: asyncio.Future[Any]) -> None:
        if not step.cancelled():
            step.exception()  # nobody waits for it any more
        self._stream.close()
