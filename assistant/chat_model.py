"""A chat model: messages in, pieces of text out, then the whole reply. One verb, so that a double is ten lines.

`ChatModel` asks a server; `Recorded` answers from files, for tests, evaluations and examples that run with no server.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from assistant.models import Usage
from index.errors import ProviderDown, UsageError
from index.model_api import Provider, Reply
from index.models import Value

Message = dict[str, str]  # role (system, user or assistant) and content
T = TypeVar("T")

_CODES = "ar en fr de es it pt fa ur tr ku he ru uk id ms hi zh ja ko"
_NAMES = (
    "Arabic English French German Spanish Italian Portuguese Persian Urdu Turkish Kurdish Hebrew Russian Ukrainian "
    "Indonesian Malay Hindi Chinese Japanese Korean"
)
LANGUAGES = dict(zip(_CODES.split(), _NAMES.split(), strict=True))  # as prompts name them

_THOUGHTS = ("<think>", "<thinking>")


class Model(Protocol):
    """Something that replies."""

    name: str

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        """The reply, piece by piece; the generator returns it whole. Raises ProviderError and what stands below it."""
        ...


class ChatModel:
    """A model behind an OpenAI-compatible server. The same messages are sent with the same settings, so that they can be cached."""

    def __init__(
        self,
        provider: Provider,
        name: str,
        *,
        answer_tokens: int = 1500,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> None:
        self.name = name
        self._provider, self._seed = provider, seed
        self._answer_tokens, self._temperature = answer_tokens, temperature

    def __repr__(self) -> str:
        return f"ChatModel({self.name} at {self._provider.host})"

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        """The server's reply without the thoughts that some local models write before it."""
        reply: Reply = yield from unthinking(
            self._provider.stream(
                messages,
                model=self.name,
                max_tokens=self._answer_tokens,
                temperature=self._temperature,
                seed=self._seed,
            )
        )
        return reply


class Recorded:
    """Answers from FOLDER/KEY-0.md, where KEY is `key_of` the messages: what was once replied to exactly this request."""

    name = "recorded"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        """The recorded reply, in pieces. Raises ProviderDown where this request was never recorded."""
        path = self._folder / f"{key_of(messages)}-0.md"
        if not path.is_file():
            raise ProviderDown(f"no reply to this request is recorded: {path.name} is missing in {self._folder.name}")
        text = path.read_text("utf-8").strip()
        for start in range(0, len(text), 12):
            yield text[start : start + 12]
        return Reply(text=text, requests=0)


def accepted(model: Any) -> Model:
    """A model of ours as it is, and any LLM of llama-index as one of ours. Raises UsageError for anything else.

    >>> accepted(Recorded(Path("recordings"))).name
    'recorded'
    """
    if callable(getattr(model, "reply", None)) and hasattr(model, "name"):
        return model  # type: ignore[no-any-return]
    if callable(getattr(model, "stream_chat", None)):
        from assistant.integrations.llama_index import (
            LlamaModel,  # three seconds, which whoever has an LLM of llama-index has spent
        )

        return LlamaModel(model)
    raise UsageError(
        f"{type(model).__name__} is no model: give a ChatModel, an LLM of llama-index, or anything with `name` and `reply`"
    )


class Prices(Value, frozen=True, kw_only=True):
    """What a million tokens cost, in any currency; None where it is not known."""

    tokens_in: float | None = None
    tokens_out: float | None = None

    def of(self, usage: Usage) -> Usage:
        """The usage with what it cost at these prices.

        >>> Prices(tokens_in=2.0, tokens_out=10.0).of(Usage(requests=1, tokens_in=500_000)).cost
        1.0
        """
        if self.tokens_in is None or self.tokens_out is None:
            return usage
        cost = (usage.tokens_in * self.tokens_in + usage.tokens_out * self.tokens_out) / 1_000_000
        return msgspec.structs.replace(usage, cost=round(cost, 8))


def key_of(messages: Sequence[Message]) -> str:
    """Twelve hexadecimal digits that stand for a request.

    >>> key_of([{"role": "user", "content": "نعم؟"}])
    'c9ae05eae34e'
    """
    written = json.dumps(list(messages), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()[:12]


def drained(pieces: Generator[str, None, T]) -> T:
    """The whole, where nobody waits for its pieces."""
    while True:
        try:
            next(pieces)
        except StopIteration as done:
            whole: T = done.value
            return whole


def unthinking(replying: Generator[str, None, Reply]) -> Generator[str, None, Reply]:
    """The same reply without a first `<think> … </think>`.

    >>> def thinks():
    ...     yield "<thi"
    ...     yield "nk>hm</think>\\n\\nyes"
    ...     return Reply(text="<think>hm</think>\\n\\nyes")
    >>> drained(unthinking(thinks())).text
    'yes'
    """
    head, waiting = "", True  # what may still turn out to be a thought
    try:
        while True:
            piece = next(replying)
            if not waiting:
                yield piece
                continue
            head += piece
            said = _unthought(head)
            waiting = said is None
            if said:
                yield said
    except StopIteration as done:
        reply: Reply = done.value
    finally:
        replying.close()
    if waiting and not head.lstrip().startswith(_THOUGHTS):
        yield head
        return reply
    text = "" if waiting else _unthought(reply.text) or ""
    return msgspec.structs.replace(reply, text=text)


def _unthought(text: str) -> str | None:
    """The text after its thoughts; None while that cannot be said yet."""
    start = text.lstrip()
    for mark in _THOUGHTS:
        if start.startswith(mark):
            _, closed, rest = start.partition(mark.replace("<", "</"))
            return rest.lstrip() or None if closed else None
        if mark.startswith(start):
            return None
    return text


def usage_of(replies: Iterable[Reply], prices: Prices = Prices()) -> Usage:  # noqa: B008
    """What these replies took and cost: `cost` is None where a price is not set."""
    replies = list(replies)
    usage = Usage(
        requests=sum(reply.requests for reply in replies),
        tokens_in=sum(reply.tokens_in or 0 for reply in replies),
        tokens_out=sum(reply.tokens_out or 0 for reply in replies),
    )
    return prices.of(usage)


def total(usages: Iterable[Usage]) -> Usage:
    """The usage of several answers together, of a conversation or a batch: `cost` is None where one of them is not known.

    >>> total([Usage(requests=1, tokens_in=10, cost=0.5), Usage(requests=1, tokens_in=5, cost=0.25)])
    Usage(requests=2, tokens_in=15, tokens_out=0, cost=0.75)
    """
    usages = list(usages)
    costs = [usage.cost for usage in usages]
    return Usage(
        requests=sum(usage.requests for usage in usages),
        tokens_in=sum(usage.tokens_in for usage in usages),
        tokens_out=sum(usage.tokens_out for usage in usages),
        cost=None if None in costs or not costs else round(sum(cost for cost in costs if cost is not None), 8),
    )


def counted(reply: Reply, messages: Sequence[Message], count: Callable[[str], int]) -> Reply:
    """The reply with our own counts where the server gave none."""
    if reply.tokens_in is not None and reply.tokens_out is not None:
        return reply
    tokens_in = sum(count(message["content"]) for message in messages)
    return msgspec.structs.replace(reply, tokens_in=tokens_in, tokens_out=count(reply.text))
