"""Replies of a model by request and repeat, kept in an append-only file: what was paid for once is never paid for again.

`Remembered` stands before a model and is one itself. Offline it answers from the file alone, and a miss is an error that is counted.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Generator, Sequence
from pathlib import Path

import msgspec

from assistant.budget import Budget
from assistant.chat_model import Message, Model, Prices, usage_of
from assistant.generators import run_to_completion
from evals.engines.rate_limiter import Limiter
from evals.log.run_log import append
from evals.models import canonical, lines
from index.errors import ProviderDown
from index.model_api import Reply
from index.models import Value

SCHEMA = 1


class NotRecorded(ProviderDown):
    """Offline, and this request was never answered before."""


class _Kept(Value, frozen=True, kw_only=True):
    key: str
    model: str
    repeat: int
    reply: Reply


def key(model: str, parameters: str, messages: Sequence[Message], repeat: int) -> str:
    """What a call is known by: the whole request, the model asked for and which of several repeats it is.

    >>> one = [{"role": "user", "content": "متى؟"}]
    >>> key("m", "", one, 0) == key("m", "", one, 0) != key("m", "", one, 1)
    True
    """
    return hashlib.sha256(canonical([SCHEMA, model, parameters, list(messages), repeat])).hexdigest()[:24]


class Calls:
    """A file of replies. A reply is on disk before anybody sees it; a line torn by a kill is passed over."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._file: int | None = None
        self._replies: dict[str, Reply] = {}
        self.misses = 0  # calls that were wanted offline and were not there
        self.fresh = 0
        for line in lines(path.read_bytes()) if path.exists() else ():
            try:
                kept = msgspec.json.decode(line, type=_Kept)
            except msgspec.DecodeError:
                continue
            self._replies[kept.key] = kept.reply

    def get(self, wanted: str) -> Reply | None:
        """The reply to a call that was made before."""
        return self._replies.get(wanted)

    def keep(self, wanted: str, model: str, repeat: int, reply: Reply) -> None:
        """Write a reply down and wait for the disk. Errors are never kept."""
        line = msgspec.json.encode(_Kept(key=wanted, model=model, repeat=repeat, reply=reply)) + b"\n"
        with self._lock:
            append(self._opened(), line)
            self._replies[wanted] = reply
            self.fresh += 1

    def _opened(self) -> int:
        """The file, made with the first reply; a line that a kill tore is ended, so that the next stands alone."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            if self._path.read_bytes()[-1:] not in (b"", b"\n"):
                os.write(self._file, b"\n")
        return self._file

    def missed(self) -> None:
        """Count a call that could not be made."""
        with self._lock:
            self.misses += 1

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class Remembered:
    """A model whose replies to one repeat are kept. `source` is None offline."""

    def __init__(
        self,
        source: Model | None,
        calls: Calls,
        repeat: int,
        *,
        name: str,
        parameters: str = "",
        limiter: Limiter | None = None,
        budget: Budget | None = None,
        prices: Prices | None = None,
    ) -> None:
        self.name = name
        self._source, self._calls, self._repeat, self._parameters = source, calls, repeat, parameters
        self._limiter, self._budget, self._prices = limiter, budget, prices or Prices()

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        """The reply that is kept, or a new one, which is kept before its last piece is passed on.

        Raises NotRecorded offline where there is none, BudgetSpent where the call might cost more than what is left.
        """
        wanted = key(self.name, self._parameters, messages, self._repeat)
        reply = self._calls.get(wanted) or self._ask(wanted, messages)
        yield reply.text
        return reply

    def _ask(self, wanted: str, messages: Sequence[Message]) -> Reply:
        if self._source is None:
            self._calls.missed()
            raise NotRecorded("offline, and the reply to this request is not kept; run once without --offline")
        if self._limiter:
            self._limiter.wait()
        with (self._budget or Budget(None)).spending(messages) as spent:
            reply = run_to_completion(self._source.reply(messages))
            self._calls.keep(wanted, self.name, self._repeat, reply)
            spent(usage_of([reply], self._prices).cost or 0.0)
        return reply
