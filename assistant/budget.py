"""A limit on money that is never overdrawn, for batches and evaluations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager

from assistant.chat_model import Message, Model, Prices, counted, usage_of
from index.errors import IsnadError
from index.model_api import Reply


class BudgetSpent(IsnadError):
    """The next call might cost more than what is left."""


class Budget:
    """Money, in the currency of the prices. A call reserves the most it can cost before it is made, so the limit is never passed.

    `ceiling` says what a request may cost at most.
    """

    def __init__(
        self, limit: float | None, ceiling: Callable[[Sequence[Message]], float] = lambda messages: 0.0
    ) -> None:
        self.limit = limit
        self.spent = 0.0
        self._ceiling = ceiling
        self._reserved = 0.0
        self._lock = threading.Lock()

    @contextmanager
    def spending(self, messages: Sequence[Message]) -> Iterator[Callable[[float], None]]:
        """Hold back what the call may cost while it is made; call what this yields with what it did cost."""
        most = self._ceiling(messages)
        with self._lock:
            if self.limit is not None and self.spent + self._reserved + most > self.limit:
                raise BudgetSpent(f"the next call may cost {most:.4f}, and {self.spent:.4f} of {self.limit:g} is spent")
            self._reserved += most
        try:
            yield self._add
        finally:
            with self._lock:
                self._reserved -= most

    def _add(self, cost: float) -> None:
        with self._lock:
            self.spent += cost


class Metered:
    """A model whose calls are paid from a budget: BudgetSpent, before anything is sent, where a call might overdraw it."""

    def __init__(self, model: Model, budget: Budget, prices: Prices, count: Callable[[str], int]) -> None:
        self.name = model.name
        self._model, self._budget, self._prices, self._count = model, budget, prices, count

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        """The model's own reply."""
        with self._budget.spending(messages) as spent:
            pieces: list[str] = []
            replying = self._model.reply(messages)
            try:
                while True:
                    pieces.append(next(replying))
                    yield pieces[-1]
            except StopIteration as done:
                reply: Reply = counted(done.value, messages, self._count)
                pieces.clear()
                spent(usage_of([reply], self._prices).cost or 0.0)
                return reply
            finally:
                replying.close()
                if pieces:  # it broke off, or the reader left: what came is paid for
                    broken = counted(Reply(text="".join(pieces)), messages, self._count)
                    spent(usage_of([broken], self._prices).cost or 0.0)
