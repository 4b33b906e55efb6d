"""Chat models: messages in, pieces of text out, then the whole reply.

`ChatModel` asks a server; `Recorded` replies from files, for tests, evaluations and examples that run without a server.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Sequence
from copy import copy
from pathlib import Path
from typing import Any, Protocol

import msgspec

from assistant.generators import ResultIterator
from assistant.models import Usage
from index.errors import ProviderDown
from index.model_api import Provider, Reply, ToolCall
from index.models import Value

Message = dict[str, str]  # role (system, user or assistant) and content

_CODES = "ar en fr de es it pt fa ur tr ku he ru uk id ms hi zh ja ko"
_NAMES = (
    "Arabic English French German Spanish Italian Portuguese Persian Urdu Turkish Kurdish Hebrew Russian Ukrainian "
    "Indonesian Malay Hindi Chinese Japanese Korean"
)
LANGUAGES = dict(zip(_CODES.split(), _NAMES.split(), strict=True))  # as prompts name them

_THOUGHTS = ("<think>", "<thinking>")


class Model(Protocol):
    """A chat model. Ours, and any object with these two members."""

    name: str

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        """Yield the reply piece by piece and return it whole.

        Raises ProviderError or a subclass.
        """
        ...


class ChatModel:
    """A model behind an OpenAI-compatible server.

    The same messages are sent with the same parameters, so that replies can be cached.
    """

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
        self._tools: list[dict[str, Any]] | None = None

    def __repr__(self) -> str:
        return f"ChatModel({self.name} at {self._provider.host})"

    def with_tools(self, tools: Sequence[dict[str, Any]]) -> ChatModel:
        """Return the same model with tools that it may call.

        A reply that calls tools has the calls as its text: `{"calls": [{"tool": NAME, ARGUMENT: …}]}`. A server that
        knows no tools is asked without them.
        """
        model = copy(self)
        model._tools = list(tools)
        return model

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        """Stream the server's reply without the thoughts that local models may write."""
        reply: Reply = yield from without_thoughts(
            self._provider.stream(
                messages,
                model=self.name,
                max_tokens=self._answer_tokens,
                temperature=self._temperature,
                seed=self._seed,
                tools=self._tools,
            )
        )
        return msgspec.structs.replace(reply, text=_calls_as_text(reply.calls)) if reply.calls else reply


def _calls_as_text(calls: Iterable[ToolCall]) -> str:
    """Return calls of tools as the JSON that a model without tool calls writes.

    Arguments that are no object are kept.

    >>> _calls_as_text([ToolCall(name="search", arguments='{"query": "جسر"}')])
    '{"calls": [{"tool": "search", "query": "جسر"}]}'
    """
    rows: list[dict[str, Any]] = []
    for call in calls:
        try:
            arguments = json.loads(call.arguments or "{}")
        except ValueError:
            arguments = call.arguments
        fields = arguments if isinstance(arguments, dict) else {"arguments": arguments}
        rows.append({**fields, "tool": call.name} if "tool" in fields else {"tool": call.name, **fields})
    return json.dumps({"calls": rows}, ensure_ascii=False)


class Recorded:
    """A model that replies from FOLDER/KEY-0.md, where KEY is `key_of` the messages.

    The file holds what was once replied to exactly this request.
    """

    name = "recorded"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def reply(self, messages: Sequence[Message]) -> Generator[str, None, Reply]:
        """Yield the recorded reply in pieces.

        Raises ProviderDown where this request was never recorded.
        """
        path = self._folder / f"{key_of(messages)}-0.md"
        if not path.is_file():
            raise ProviderDown("models.not_recorded", file=path.name, folder=self._folder.name)
        text = path.read_text("utf-8").strip()
        for start in range(0, len(text), 12):
            yield text[start : start + 12]
        return Reply(text=text, requests=0)


class Prices(Value, frozen=True, kw_only=True):
    """Prices of a million tokens, in any currency; None: unknown."""

    tokens_in: float | None = None
    tokens_out: float | None = None

    def of(self, usage: Usage) -> Usage:
        """Return the usage with its cost at these prices.

        >>> Prices(tokens_in=2.0, tokens_out=10.0).of(Usage(requests=1, tokens_in=500_000)).cost
        1.0
        """
        if self.tokens_in is None or self.tokens_out is None:
            return usage
        cost = (usage.tokens_in * self.tokens_in + usage.tokens_out * self.tokens_out) / 1_000_000
        return msgspec.structs.replace(usage, cost=round(cost, 8))


def key_of(messages: Sequence[Message]) -> str:
    """Return twelve hexadecimal digits that identify a request.

    >>> key_of([{"role": "user", "content": "نعم؟"}])
    'c9ae05eae34e'
    """
    request = json.dumps(list(messages), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(request.encode("utf-8", "replace")).hexdigest()[:12]


def without_thoughts(reply_stream: Generator[str, None, Reply]) -> Generator[str, None, Reply]:
    """Pass a reply on without its first `<think> … </think>`.

    >>> from assistant.generators import run_to_completion
    >>> def think():
    ...     yield "<thi"
    ...     yield "nk>hm</think>\\n\\nyes"
    ...     return Reply(text="<think>hm</think>\\n\\nyes")
    >>> run_to_completion(without_thoughts(think())).text
    'yes'
    """
    head, waiting = "", True  # what may still turn out to be a thought
    pieces = ResultIterator(reply_stream)
    try:
        for piece in pieces:
            if not waiting:
                yield piece
                continue
            head += piece
            text = _after_thoughts(head)
            waiting = text is None
            if text:
                yield text
    finally:
        reply_stream.close()
    reply: Reply = pieces.result
    if waiting and not head.lstrip().startswith(_THOUGHTS):
        yield head
        return reply
    return msgspec.structs.replace(reply, text="" if waiting else _after_thoughts(reply.text) or "")


def _after_thoughts(text: str) -> str | None:
    """Return the text after its thoughts, None while they have not ended."""
    start = text.lstrip()
    for mark in _THOUGHTS:
        if start.startswith(mark):
            _, closed, rest = start.partition(mark.replace("<", "</"))
            return rest.lstrip() or None if closed else None
        if mark.startswith(start):
            return None
    return text


def usage_of(replies: Iterable[Reply], prices: Prices = Prices()) -> Usage:  # noqa: B008
    """Sum the tokens and the cost of replies; `cost` is None where a price is unknown."""
    replies = list(replies)
    usage = Usage(
        requests=sum(reply.requests for reply in replies),
        tokens_in=sum(reply.tokens_in or 0 for reply in replies),
        tokens_out=sum(reply.tokens_out or 0 for reply in replies),
    )
    return prices.of(usage)


def total_usage(usages: Iterable[Usage]) -> Usage:
    """Sum the usage of several answers.

    `cost` is None where the cost of any of them is unknown.

    >>> total_usage([Usage(requests=1, tokens_in=10, cost=0.5), Usage(requests=1, tokens_in=5, cost=0.25)])
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


def with_token_counts(reply: Reply, messages: Sequence[Message], count: Callable[[str], int]) -> Reply:
    """Return the reply with our own token counts where the server gave none."""
    if reply.tokens_in is not None and reply.tokens_out is not None:
        return reply
    tokens_in = sum(count(message["content"]) for message in messages)
    return msgspec.structs.replace(reply, tokens_in=tokens_in, tokens_out=count(reply.text))
