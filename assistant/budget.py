"""A spending limit that is never passed, for batches and evaluations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from assistant.chat_model import Message, Model, Prices, usage_of, with_token_counts
from assistant.generators import ResultIterator
from index.errors import IsnadError
from index.model_api import Reply


class BudgetSpent(IsnadError):
    """The next call might cost more than what is left."""


class Budget:
    """A limit in the currency of the prices; None: no limit.

    A call reserves the most that it can cost before it is made, so the limit is never passed. `ceiling` estimates that
    for a request.
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
        """Reserve what a call may cost while it is made.

        Call the yielded function with its actual cost.

        Raises BudgetSpent where the reservation would pass the limit.
        """
        most = self._ceiling(messages)
        with self._lock:
            if self.limit is not None and self.spent + self._reserved + most > self.limit:
                raise BudgetSpent("models.over_budget", most=most, spent=self.spent, limit=self.limit)
            self._reserved += most
        try:
            yield self._add
        finally:
            with self._lock:
                self._reserved -= most

    def _add(self, cost: float) -> None:
        with self._lock:
            self.spent += cost


class BudgetedModel:
    """A model whose calls are paid from a budget.

    Raises BudgetSpent, before anything is sent, for a call that might pass the limit.
    """

    def __init__(self, model: Model, budget: Budget, prices: Prices, count: Callable[[str], int]) -> None:
        self.name = model.name
        self._model, self._budget, self._prices, self._count = model, budget, prices, count

    def sharing_budget(self, model: Model) -> BudgetedModel:
        """Return another model that is paid from the same budget at the same prices."""
        return BudgetedModel(model, self._budget, self._prices, self._count)

    def with_tools(self, tools: Sequence[dict[str, Any]]) -> BudgetedModel:
        """Return the same model with tools that it may call, where it knows tools."""
        give = getattr(self._model, "with_tools", None)
        return self.sharing_budget(give(tools)) if give else self

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        """Stream the model's reply and charge it, even where it breaks off."""
        with self._budget.spending(messages) as charge:
            received: list[str] = []
            reply_stream = self._model.reply(messages)
            pieces = ResultIterator(reply_stream)
            complete = False
            try:
                for piece in pieces:
                    received.append(piece)
                    yield piece
                complete = True
            finally:
                reply_stream.close()
                if complete:
                    charge(self._cost(pieces.result, messages))
                elif received:
                    charge(self._cost(Reply(text="".join(received)), messages))
            return with_token_counts(pieces.result, messages, self._count)

    def _cost(self, reply: Reply, messages: Sequence[Message]) -> float:
        return usage_of([with_token_counts(reply, messages, self._count)], self._prices).cost or 0.0
