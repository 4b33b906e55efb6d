"""Assistants for many threads: each question has one to itself while it is answered, and leaves it open for the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from assistant.api import Assistant
from assistant.conversation import Conversation
from assistant.records import Answer
from index.records import Filters, Hit

KEPT = 8  # idle assistants


class Pool:
    """Answers like an `Assistant`, from any number of threads. A stream may be read in one thread and closed in another."""

    def __init__(self, opened: Callable[[], Assistant]) -> None:
        """Opens one at once, so that a store that is not there is an error here."""
        self._opened = opened
        self._lock = threading.Lock()
        self._idle = [opened()]
        self._busy = 0

    def busy(self) -> int:
        """How many questions are being answered."""
        return self._busy

    def ask(self, question: str, *, conversation: Conversation | None = None, filters: Filters | None = None) -> Answer:
        """The answer to a question."""
        with self._one() as assistant:
            return assistant.ask(question, conversation=conversation, filters=filters)

    def stream(
        self, question: str, *, conversation: Conversation | None = None, filters: Filters | None = None
    ) -> Generator[str, None, Answer]:
        """The answer's text as it is written; the generator returns the answer. Closing it ends the model's stream."""
        with self._one() as assistant:
            return (yield from assistant.stream(question, conversation=conversation, filters=filters))

    def search(self, question: str, *, limit: int = 10, filters: Filters | None = None) -> tuple[Hit, ...]:
        """The passages for a question, best first."""
        with self._one() as assistant:
            return assistant.search(question, limit=limit, filters=filters)

    def close(self) -> None:
        """Close those that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for one in idle:
            one.close()

    @contextmanager
    def _one(self) -> Iterator[Assistant]:
        with self._lock:
            self._busy += 1
            assistant = self._idle.pop() if self._idle else None
        try:
            assistant = assistant or self._opened()
            yield assistant
        finally:
            with self._lock:
                self._busy -= 1
                keep = assistant is not None and len(self._idle) < KEPT
                if assistant is not None and keep:
                    self._idle.append(assistant)
            if assistant is not None and not keep:
                assistant.close()
