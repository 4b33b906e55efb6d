"""Who may ask now: limits on a question's length, on questions a minute, and on the money of a day, per visitor and in all."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Literal

from assistant.models import Usage
from index.errors import UsageError
from index.models import Value
from index.search.retriever import LONGEST, checked

Refusal = Literal["not_text", "empty", "too_long", "unreadable", "too_many", "budget", "budget_all", "busy"]
MINUTE = 60.0  # seconds
REMEMBERED = 10_000  # visitors


class Limits(Value, frozen=True, kw_only=True):
    """What a visitor may do. Sizes in bytes, money in the settings' currency for a day (UTC); None: no limit."""

    question: int = LONGEST  # characters
    per_minute: int = 20  # questions of one visitor
    all_per_minute: int = 200  # questions of all
    cost_each: float | None = None
    cost_all: float | None = None
    requests: int = 600  # of one address in a minute: questions, clicks, lists
    at_once: int = 16  # questions being answered
    waiting: int = 64  # events in the queue
    files: int = 20  # of one upload
    kept_files: int = 200  # of one owner
    upload: int = 20_000_000  # one upload, all its files together
    kept: int = 200_000_000  # of one owner


class Throttle:
    """At most `most` times in `seconds`, counted for each name apart; the names that were quiet longest are forgotten first.

    >>> slow = Throttle(2, 60.0, clock=lambda: 0.0)
    >>> [slow.passes("a"), slow.passes("a"), slow.passes("a"), slow.passes("b")]
    [True, True, False, True]
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def passes(self, name: str) -> bool:
        """Whether there is room for one more now; if so, it is counted."""
        with self._lock:
            times = self._current(name)
            if len(times) >= self._most:
                return False
            times.append(self._clock())
            return True

    def full(self, name: str) -> bool:
        """Whether there is no room for one more; nothing is counted."""
        with self._lock:
            return len(self._current(name)) >= self._most

    def _current(self, name: str) -> deque[float]:
        times = self._times.setdefault(name, deque())
        self._times.move_to_end(name)
        while times and times[0] <= self._clock() - self._seconds:
            times.popleft()
        while len(self._times) > REMEMBERED:
            self._times.popitem(last=False)
        return times


class Visits:
    """The door: admits a question or says why not. `spent` tells what a visitor (None: all) has cost since a day."""

    def __init__(
        self,
        limits: Limits,
        spent: Callable[[str | None, date], Usage],
        busy: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self._spent, self._busy = spent, busy
        self._each = Throttle(limits.per_minute, MINUTE, clock)
        self._all = Throttle(limits.all_per_minute, MINUTE, clock)

    def admit(self, visitor: str, question: object) -> Refusal | None:
        """None where the question may be asked; nothing that is refused costs anything or counts against the visitor."""
        return wrong(question, self.limits.question) or self._beyond(visitor) or self._too_many(visitor)

    def _beyond(self, visitor: str) -> Refusal | None:
        today, limits = datetime.now(UTC).date(), self.limits
        if self._busy() >= limits.at_once:
            return "busy"
        if limits.cost_all is not None and (self._spent(None, today).cost or 0.0) >= limits.cost_all:
            return "budget_all"
        if limits.cost_each is not None and (self._spent(visitor, today).cost or 0.0) >= limits.cost_each:
            return "budget"
        return None

    def _too_many(self, visitor: str) -> Refusal | None:
        if self._all.full(""):
            return "busy"
        if not self._each.passes(visitor):
            return "too_many"
        return None if self._all.passes("") else "busy"


def wrong(question: object, longest: int = LONGEST) -> Refusal | None:
    """What is wrong with a question before anybody looks at it.

    >>> wrong("من؟"), wrong("  "), wrong({"role": "system"}), wrong("؟" * 2_001)
    (None, 'empty', 'not_text', 'too_long')
    """
    if not isinstance(question, str):
        return "not_text"
    if not question.strip():
        return "empty"
    if len(question.strip()) > longest:
        return "too_long"
    try:
        checked(question)
    except UsageError:
        return "unreadable"
    return None
