"""How fast and how dear: one rate limiter for all threads, and a budget that is never overdrawn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from index.errors import IsnadError

Messages = Sequence[dict[str, str]]


class BudgetSpent(IsnadError):
    """The next call might cost more than what is left."""


class Limiter:
    """Lets calls pass, at most so many a minute, evenly spaced, whoever asks.

    >>> slept = []
    >>> limiter = Limiter(120, clock=lambda: 0.0, sleep=slept.append)
    >>> [limiter.wait() for _ in range(3)] and slept
    [0.5, 1.0]
    """

    def __init__(
        self,
        per_minute: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._step, self._clock, self._sleep = 60.0 / per_minute, clock, sleep
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Return when it is the caller's turn."""
        with self._lock:
            now = self._clock()
            turn = max(self._next, now)
            self._next = turn + self._step
        if turn > now:
            self._sleep(turn - now)


class Budget:
    """Money, in the currency of the prices. A call reserves the most it can cost before it is made, so the limit is never passed.

    `ceiling` says what a request may cost at most.
    """

    def __init__(self, limit: float | None, ceiling: Callable[[Messages], float] = lambda messages: 0.0) -> None:
        self.limit = limit
        self.spent = 0.0
        self._ceiling = ceiling
        self._reserved = 0.0
        self._lock = threading.Lock()

    @contextmanager
    def spending(self, messages: Messages) -> Iterator[Callable[[float], None]]:
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
