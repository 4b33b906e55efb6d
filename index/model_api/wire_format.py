"""Open the openai client so that nothing leaves it unasked, and parse its replies.

Any field of a reply may be missing or of another type.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index.model_api.cancellation import BackgroundStream
from index.model_api.socket_watch import make_interruptible
from index.models import Value

if TYPE_CHECKING:
    import openai


MOST_TOKENS = 10_000_000  # of one request: no model reads or writes more; a server that counts more is not believed


class Chunk(Value, frozen=True, kw_only=True):
    """An event of a stream, or a whole reply."""

    text: str = ""
    alive: bool = False  # the model thinks or writes
    finish: str | None = None
    refusal: str = ""
    usage: tuple[int, int] | None = None  # tokens in, tokens out
    calls: tuple[tuple[int, str, str], ...] = ()  # of tools: place in the reply, name, a piece of the arguments


def open_client(base_url: str, key: str, *, connect: float, read: float) -> openai.OpenAI:
    """Open a client without retries, redirects to other hosts, or logged questions.

    `connect` and `read` are timeouts in seconds.
    """
    import httpx
    import openai

    logging.getLogger("openai._base_client").addFilter(_is_warning)
    address = urlsplit(base_url)
    local = (address.hostname or "") in ("localhost", "127.0.0.1", "::1")
    http = httpx.Client(
        verify=address.scheme != "http",  # reading the certificates takes a tenth of a second
        timeout=httpx.Timeout(read, connect=connect),
        follow_redirects=False,
        trust_env=not local,  # a proxy cannot reach this machine's own servers
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
    )
    make_interruptible(http)
    client = openai.OpenAI(api_key=key, base_url=base_url, max_retries=0, http_client=http)
    _ = (client.chat.completions, client.embeddings)  # imported when touched: half a second, before the clock runs
    return client


def _is_warning(record: logging.LogRecord) -> bool:
    """Return whether to keep a log record.

    At DEBUG the client logs whole requests, questions and passages included.
    """
    return record.levelno >= logging.WARNING


def stream(client: openai.OpenAI, body: dict[str, Any], output: BackgroundStream) -> None:
    """Put the events of a streamed reply."""
    events: Any = client.chat.completions.create(**body)
    response = getattr(events, "response", None)
    if response is None or "html" in response.headers.get("content-type", ""):
        raise PageError
    with contextlib.closing(events):
        for event in events:
            output.put(_chunk(event, "delta"))


def reply(client: openai.OpenAI, body: dict[str, Any], output: BackgroundStream) -> None:
    """Put a whole reply as a single event."""
    whole: Any = client.chat.completions.create(**body)
    if isinstance(whole, str):
        raise PageError
    if getattr(whole, "error", None):
        raise ErrorBody(whole.error)
    output.put(_chunk(whole, "message"))


def vectors(client: openai.OpenAI, body: dict[str, Any], output: BackgroundStream) -> None:
    """Put the reply to an embedding request."""
    output.put(client.embeddings.create(**body))


def ranking(client: openai.OpenAI, body: dict[str, Any], output: BackgroundStream) -> None:
    """Put the reply of a rerank endpoint, which the openai client has no method for."""
    output.put(client.post("/rerank", body=body, cast_to=object))


class PageError(ValueError):
    """A web page, or any other text, where a reply should be."""


class ErrorBody(Exception):
    """An error object where a reply should be."""

    def __init__(self, body: Any) -> None:
        super().__init__("an error object")
        self.body = body


def token_count(value: Any) -> int | None:
    """Return a count of tokens as a server states it.

    None where it is missing, negative or absurd.

    >>> token_count(12), token_count(-1), token_count(10**12), token_count("12")
    (12, None, None, None)
    """
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else None


def _chunk(event: Any, part: str) -> Chunk:
    choices, counts = getattr(event, "choices", None), getattr(event, "usage", None)
    tokens_in = token_count(getattr(counts, "prompt_tokens", None))
    tokens_out = token_count(getattr(counts, "completion_tokens", None))
    usage = None if tokens_in is None or tokens_out is None else (tokens_in, tokens_out)
    if not isinstance(choices, list) or not choices:
        return Chunk(usage=usage)
    message, finish = getattr(choices[0], part, None), getattr(choices[0], "finish_reason", None)
    text, calls = _text_field(message, "content"), _calls(message)
    return Chunk(
        calls=calls,
        text=text,
        alive=bool(text or calls or _text_field(message, "reasoning_content") or _text_field(message, "reasoning")),
        finish=finish if isinstance(finish, str) else None,
        refusal=_text_field(message, "refusal"),
        usage=usage,
    )


def _calls(message: Any) -> tuple[tuple[int, str, str], ...]:
    """Return the calls of tools in a message, or the pieces of them in a delta."""
    listed = getattr(message, "tool_calls", None)
    calls = []
    for at, call in enumerate(listed if isinstance(listed, list) else ()):
        place, function = getattr(call, "index", None), getattr(call, "function", None)
        name, arguments = _text_field(function, "name"), _text_field(function, "arguments")
        calls.append((place if type(place) is int else at, name, arguments))
    return tuple(calls)


def _text_field(message: Any, name: str) -> str:
    value = getattr(message, name, None)
    return value if isinstance(value, str) else ""
