"""A rate limiter shared by all threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class RateLimiter:
    """Spaces calls evenly, at most so many a minute, over all threads.

    >>> slept = []
    >>> limiter = RateLimiter(120, clock=lambda: 0.0, sleep=slept.append)
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
        self._interval, self._clock, self._sleep = 60.0 / per_minute, clock, sleep
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        """Return when it is the caller's turn."""
        with self._lock:
            now = self._clock()
            turn = max(self._next, now)
            self._next = turn + self._interval
        if turn > now:
            self._sleep(turn - now)
