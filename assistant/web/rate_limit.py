"""Limit the length, rate and cost of questions, per visitor and in all."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Literal

from assistant.models import Usage
from index.errors import IsnadError, UsageError
from index.messages.reason import Reason
from index.models import Value
from index.search.retriever import LONGEST, checked

Refusal = Literal["not_text", "empty", "too_long", "unreadable", "too_many", "budget", "budget_all", "busy"]
MINUTE = 60.0  # seconds
REMEMBERED = 10_000  # visitors
TICKET_SECONDS = 600.0  # how long an admitted question may wait for its turn


class Refused(IsnadError):
    """A question that the limits do not let through; `refusal` names the limit."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__("web.refused", why=Reason.term("refusal", refusal))
        self.refusal = refusal


class TicketUsed(IsnadError):
    """The ticket of a question was used before, has expired, or was never issued."""


class Ticket(Value, frozen=True, kw_only=True):
    """The permission to have one admitted question answered once."""

    id: str
    visitor: str


class Limits(Value, frozen=True, kw_only=True):
    """What visitors may do: sizes in bytes, money a day (UTC); None: no limit."""

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
    """Allow at most `limit` events in `seconds` for each name.

    The names that were quiet longest are forgotten first.

    >>> throttle = Throttle(2, 60.0, clock=lambda: 0.0)
    >>> [throttle.hit("a"), throttle.hit("a"), throttle.hit("a"), throttle.hit("b")]
    [True, True, False, True]
    """

    def __init__(self, limit: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._seconds, self._clock = limit, seconds, clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def hit(self, name: str) -> bool:
        """Count an event and return True, unless the limit is reached."""
        with self._lock:
            times = self._current(name)
            if len(times) >= self._limit:
                return False
            times.append(self._clock())
            return True

    def is_exhausted(self, name: str) -> bool:
        """Return whether the limit is reached; nothing is counted."""
        with self._lock:
            return len(self._current(name)) >= self._limit

    def _current(self, name: str) -> deque[float]:
        times = self._times.setdefault(name, deque())
        self._times.move_to_end(name)
        while times and times[0] <= self._clock() - self._seconds:
            times.popleft()
        while len(self._times) > REMEMBERED:
            self._times.popitem(last=False)
        return times


class Slot:
    """A place in which a question is answered, with the money reserved for it.

    A context manager that frees both.
    """

    def __init__(self, admission: Admission, ticket: Ticket) -> None:
        self._admission, self.ticket = admission, ticket

    def release(self) -> None:
        """Free the slot and what it reserves; again without effect."""
        self._admission.release(self.ticket)

    def __enter__(self) -> Slot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Admission:
    """Admit questions and hand out the slots in which they are answered.

    `spent` returns what a visitor (None: all visitors) has cost since a day. What a question may cost is reserved
    while it is answered, so that questions side by side exceed a limit of money by no more than one question alone
    would.
    """

    def __init__(
        self,
        limits: Limits,
        spent: Callable[[str | None, date], Usage],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self._spent, self._clock = spent, clock
        self._each = Throttle(limits.per_minute, MINUTE, clock)
        self._all = Throttle(limits.all_per_minute, MINUTE, clock)
        self._lock = threading.Lock()
        self._issued: OrderedDict[str, float] = OrderedDict()  # ticket id -> when it expires
        self._reserved: dict[str, tuple[str, float]] = {}  # ticket id -> visitor and cost, of those being answered

    @property
    def active(self) -> int:
        """The number of questions being answered."""
        return len(self._reserved)

    def refusal(self, visitor: str, question: object) -> Refusal | None:
        """Return why a question may not be asked now, or count it and return None."""
        return wrong(question, self.limits.question) or self._beyond(visitor) or self._too_many(visitor)

    def admit(self, visitor: str, question: object) -> Ticket:
        """Count a question and return a ticket for one answer. Raises Refused."""
        if refusal := self.refusal(visitor, question):
            raise Refused(refusal)
        ticket = Ticket(id=secrets.token_urlsafe(12), visitor=visitor)
        with self._lock:
            now = self._clock()
            self._issued[ticket.id] = now + TICKET_SECONDS
            while self._issued and next(iter(self._issued.values())) <= now:
                self._issued.popitem(last=False)
        return ticket

    def redeem(self, ticket: Ticket, cost: float = 0.0) -> Slot:
        """Take the ticket and return a slot that reserves `cost`.

        Raises TicketUsed, so that a ticket buys one answer however often and at once it is shown; Refused where no
        slot is free or the budget is spent by now.
        """
        with self._lock:
            if self._issued.pop(ticket.id, 0.0) <= self._clock():
                raise TicketUsed("web.answered_already")
            if refusal := self._beyond(ticket.visitor):
                raise Refused(refusal)
            self._reserved[ticket.id] = (ticket.visitor, cost)
        return Slot(self, ticket)

    def cancel(self, ticket: Ticket) -> bool:
        """Make a ticket worthless; return whether it was still good."""
        with self._lock:
            return self._issued.pop(ticket.id, 0.0) > self._clock()

    def release(self, ticket: Ticket) -> None:
        """Free the slot of a ticket."""
        with self._lock:
            self._reserved.pop(ticket.id, None)

    def _beyond(self, visitor: str) -> Refusal | None:
        today, limits, reserved = datetime.now(UTC).date(), self.limits, list(self._reserved.values())
        if len(reserved) >= limits.at_once:
            return "busy"
        if limits.cost_all is not None:
            pending = sum(cost for _, cost in reserved)
            if (self._spent(None, today).cost or 0.0) + pending >= limits.cost_all:
                return "budget_all"
        if limits.cost_each is not None:
            pending = sum(cost for owner, cost in reserved if owner == visitor)
            if (self._spent(visitor, today).cost or 0.0) + pending >= limits.cost_each:
                return "budget"
        return None

    def _too_many(self, visitor: str) -> Refusal | None:
        if self._all.is_exhausted(""):
            return "busy"
        if not self._each.hit(visitor):
            return "too_many"
        return None if self._all.hit("") else "busy"


def wrong(question: object, longest: int = LONGEST) -> Refusal | None:
    """Return why a question is refused before it is processed, None if it is not.

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
