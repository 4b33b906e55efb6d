"""Streams of an answer: pieces of its text, then the answer.

For `for`, `async for` and notebooks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from assistant.models import Answer
from index.displays import display
from index.errors import IsnadError, UsageError
from index.model_api import CancelScope

if TYPE_CHECKING:
    import asyncio

_END = object()


class Stream(Generator[str, None, Answer]):
    """A generator of the pieces of an answer's text that returns the answer.

    `close()` leaves it early and stops the model's server. Read it in one thread.

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
        explain: Callable[[IsnadError], IsnadError] = lambda error: error,
        on_answer: tuple[Callable[[Answer], None], ...] = (),
    ) -> None:
        self._pieces, self._explain, self._on_answer = pieces, explain, on_answer
        self._answer: Answer | None = None

    @property
    def answer(self) -> Answer:
        """The answer, after the rest of the stream is read.

        UsageError where it was left before its end.
        """
        for _ in self:
            pass
        if self._answer is None:
            raise UsageError("assistant.left")
        return self._answer

    @property
    def ended(self) -> bool:
        """Whether the stream has been read to its end."""
        return self._answer is not None

    def then(self, keep: Callable[[Answer], None]) -> Stream:
        """Return the same stream, which also gives its answer to `keep`."""
        return Stream(self, self._explain, (keep,))

    def show(self) -> Answer:
        """Show the answer in a notebook while it is written, and return it.

        It is shown at most ten times a second.
        """
        answer: Answer = display(self, "live")
        return answer

    def send(self, value: None, /) -> str:
        """Return the next piece."""
        return self._step(lambda: self._pieces.send(value))

    def throw(self, kind: Any, value: Any = None, trace: TracebackType | None = None, /) -> str:
        """Raise an error where the answer is being written, as generators do."""
        error = kind if isinstance(kind, BaseException) else value or kind
        return self._step(lambda: self._pieces.throw(error))

    def close(self) -> None:
        """Leave the stream before its end."""
        self._pieces.close()

    def _step(self, take: Callable[[], str]) -> str:
        try:
            return take()
        except StopIteration as done:
            if self._answer is None and done.value is not None:
                self._answer = done.value
                for keep in self._on_answer:
                    keep(done.value)
            raise StopIteration(self._answer) from None
        except IsnadError as error:
            raise self._explain(error) from error

    def _ipython_display_(self) -> None:
        self.show()


class AsyncStream(AsyncIterator[str]):
    """A stream for `async for`; cancelling returns at once.

    A thread waits for each piece, so that the event loop goes on.

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
        """The answer, after the end of the stream; UsageError before it."""
        if not self._stream.ended:
            raise UsageError("assistant.not_there")
        return self._stream.answer

    async def finished(self) -> Answer:
        """Read the stream to its end and return the answer."""
        async for _ in self:
            pass
        return self.answer

    async def __anext__(self) -> str:
        import asyncio  # here: it takes as long to import as all else that a question needs without a model

        step = asyncio.ensure_future(asyncio.to_thread(self._next))
        try:
            piece = await asyncio.shield(step)
        except asyncio.CancelledError:
            self._cancel_scope.cancel()
            step.add_done_callback(self._left)  # a generator cannot be closed while a thread is in it
            raise
        if piece is _END:
            raise StopAsyncIteration
        return piece  # type: ignore[no-any-return]

    async def aclose(self) -> None:
        """Leave the stream before its end."""
        import asyncio

        await asyncio.to_thread(self._stream.close)

    def _next(self) -> Any:
        with self._cancel_scope.active():
            return next(self._stream, _END)

    def _left(self, step: asyncio.Future[Any]) -> None:
        if not step.cancelled():
            step.exception()  # nobody waits for it any more
        self._stream.close()
