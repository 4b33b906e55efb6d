"""Replies of a model by request and repeat, kept: none is paid for twice.

`CachedModel` wraps a model and is a model itself. Offline it answers from the file alone, and a miss is an error.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Generator, Sequence
from pathlib import Path

import msgspec

from assistant.budget import Budget
from assistant.chat_model import Message, Model, Prices, key_of, usage_of
from assistant.generators import run_to_completion
from evals.engines.rate_limiter import RateLimiter
from evals.log.run_log import append_durably
from evals.models import canonical_json, json_lines
from index.errors import ProviderDown
from index.model_api import Reply
from index.models import Value

SCHEMA = 1


class NotRecorded(ProviderDown):
    """Offline, and this request was never answered before."""


class _Call(Value, frozen=True, kw_only=True):
    key: str
    model: str
    repeat: int
    reply: Reply


def call_key(model: str, parameters: str, messages: Sequence[Message], repeat: int) -> str:
    """Return the key of a call: a hash of the whole request, the model and the repeat.

    >>> messages = [{"role": "user", "content": "متى؟"}]
    >>> call_key("m", "", messages, 0) == call_key("m", "", messages, 0) != call_key("m", "", messages, 1)
    True
    """
    return hashlib.sha256(canonical_json([SCHEMA, model, parameters, list(messages), repeat])).hexdigest()[:24]


class CallCache:
    """A file of replies. A reply is on disk before anybody sees it.

    A line torn by a kill is ignored.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._file: int | None = None
        self._replies: dict[str, Reply] = {}
        self.misses = 0  # calls wanted offline that are not in the file
        for line in json_lines(path.read_bytes()) if path.exists() else ():
            try:
                call = msgspec.json.decode(line, type=_Call)
            except msgspec.DecodeError:
                continue
            self._replies[call.key] = call.reply

    def get(self, key: str) -> Reply | None:
        """Return the reply to an earlier call."""
        return self._replies.get(key)

    def put(self, key: str, model: str, repeat: int, reply: Reply) -> None:
        """Write a reply and wait for the disk. Errors are never stored."""
        line = msgspec.json.encode(_Call(key=key, model=model, repeat=repeat, reply=reply)) + b"\n"
        with self._lock:
            append_durably(self._open(), line)
            self._replies[key] = reply

    def _open(self) -> int:
        """Open the file, made with the first reply.

        A torn line is ended, so that the next stands alone.
        """
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            if self._path.read_bytes()[-1:] not in (b"", b"\n"):
                os.write(self._file, b"\n")
        return self._file

    def count_miss(self) -> None:
        """Count a call that could not be made."""
        with self._lock:
            self.misses += 1

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class CachedModel:
    """A model whose replies to one repeat are stored. `source` is None offline."""

    def __init__(
        self,
        source: Model | None,
        calls: CallCache,
        repeat: int,
        *,
        name: str,
        parameters: str = "",
        limiter: RateLimiter | None = None,
        budget: Budget | None = None,
        prices: Prices | None = None,
    ) -> None:
        self.name = name
        self._source, self._calls, self._repeat, self._parameters = source, calls, repeat, parameters
        self._limiter, self._budget, self._prices = limiter, budget, prices or Prices()

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        """Yield the stored reply, or a new one, which is stored first.

        Raises NotRecorded offline without a stored reply, BudgetSpent if the call might cost more than what is left.
        """
        key = call_key(self.name, self._parameters, messages, self._repeat)
        reply = self._calls.get(key) or self._ask(key, messages)
        yield reply.text
        return reply

    def _ask(self, key: str, messages: Sequence[Message]) -> Reply:
        if self._source is None:
            self._calls.count_miss()
            raise NotRecorded("evals.not_recorded")
        if self._limiter:
            self._limiter.wait()
        with (self._budget or Budget(None)).spending(messages) as charge:
            reply = run_to_completion(self._source.reply(messages))
            self._calls.put(key, self.name, self._repeat, reply)
            charge(usage_of([reply], self._prices).cost or 0.0)
        return reply


class RecordingModel:
    """A model whose replies are also written as recordings.

    The engine `recorded` answers from them.
    """

    def __init__(self, model: Model, folder: Path) -> None:
        self._model, self._folder = model, folder
        self.name = model.name

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        reply = yield from self._model.reply(messages)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{key_of(messages)}-0.md").write_text(f"{reply.text.strip()}\n", encoding="utf-8")
        return reply
