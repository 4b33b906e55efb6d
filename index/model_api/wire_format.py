"""The openai client, opened so that nothing leaves it unasked, and its replies read with care: any field may be missing or wrong."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from index.model_api.cancellation import Line
from index.model_api.socket_watch import watched
from index.models import Value

if TYPE_CHECKING:
    import openai


class Chunk(Value, frozen=True, kw_only=True):
    """One event of a stream, or a whole reply."""

    text: str = ""
    alive: bool = False  # the model thinks or writes
    finish: str | None = None
    refusal: str = ""
    usage: tuple[int, int] | None = None  # tokens in, tokens out


def opened(base_url: str, key: str, *, connect: float, read: float) -> openai.OpenAI:
    """A client that never retries, never follows a redirect to another host, and never logs a question. Times in seconds."""
    import httpx
    import openai

    logging.getLogger("openai._base_client").addFilter(_no_questions)
    address = urlsplit(base_url)
    local = (address.hostname or "") in ("localhost", "127.0.0.1", "::1")
    http = httpx.Client(
        verify=address.scheme != "http",  # reading the certificates takes a tenth of a second
        timeout=httpx.Timeout(read, connect=connect),
        follow_redirects=False,
        trust_env=not local,  # a proxy cannot reach this machine's own servers
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
    )
    watched(http)
    client = openai.OpenAI(api_key=key, base_url=base_url, max_retries=0, http_client=http)
    _ = (
        client.chat.completions,
        client.embeddings,
    )  # imported only when touched: half a second, better spent before the clock runs
    return client


def _no_questions(record: logging.LogRecord) -> bool:
    """At DEBUG the client logs whole requests, questions and passages included."""
    return record.levelno >= logging.WARNING


def stream(client: openai.OpenAI, body: dict[str, Any], line: Line) -> None:
    """Put the events of a streamed reply on the line."""
    events: Any = client.chat.completions.create(**body)
    response = getattr(events, "response", None)
    if response is None or "html" in response.headers.get("content-type", ""):
        raise Page
    with contextlib.closing(events):
        for event in events:
            line.put(_chunk(event, "delta"))


def reply(client: openai.OpenAI, body: dict[str, Any], line: Line) -> None:
    """Put a whole reply on the line, as one event."""
    whole: Any = client.chat.completions.create(**body)
    if isinstance(whole, str):
        raise Page
    if getattr(whole, "error", None):
        raise ErrorBody(whole.error)
    line.put(_chunk(whole, "message"))


def vectors(client: openai.OpenAI, body: dict[str, Any], line: Line) -> None:
    """Put the reply to an embedding request on the line."""
    line.put(client.embeddings.create(**body))


def ranking(client: openai.OpenAI, body: dict[str, Any], line: Line) -> None:
    """Put the reply of a rerank endpoint on the line; the openai client has no name for it, but carries it."""
    line.put(client.post("/rerank", body=body, cast_to=object))


class Page(ValueError):
    """A web page, or any other text, where a reply should be."""


class ErrorBody(Exception):
    """An error object where a reply should be."""

    def __init__(self, body: Any) -> None:
        super().__init__("an error object")
        self.body = body


def _chunk(event: Any, part: str) -> Chunk:
    choices, counts = getattr(event, "choices", None), getattr(event, "usage", None)
    tokens_in, tokens_out = getattr(counts, "prompt_tokens", None), getattr(counts, "completion_tokens", None)
    usage = (tokens_in, tokens_out) if isinstance(tokens_in, int) and isinstance(tokens_out, int) else None
    if not isinstance(choices, list) or not choices:
        return Chunk(usage=usage)
    said, finish = getattr(choices[0], part, None), getattr(choices[0], "finish_reason", None)
    text = _word(said, "content")
    return Chunk(
        text=text,
        alive=bool(text or _word(said, "reasoning_content") or _word(said, "reasoning")),
        finish=finish if isinstance(finish, str) else None,
        refusal=_word(said, "refusal"),
        usage=usage,
    )


def _word(said: Any, name: str) -> str:
    value = getattr(said, name, None)
    return value if isinstance(value, str) else ""
