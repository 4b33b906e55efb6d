"""Call a model's server with retries, deadlines and a check for complete replies."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from index.errors import ProviderCut, ProviderDown, ProviderError, ProviderRefused
from index.messages.reason import Reason
from index.model_api import error_mapping, wire_format
from index.model_api.cancellation import BackgroundStream, DeadlineExceeded, StreamEnded, sleep
from index.models import Value

if TYPE_CHECKING:
    import openai

Work = Callable[["openai.OpenAI", dict[str, Any], BackgroundStream], None]  # one of `wire_format`'s requests

DEFAULT_URL = "https://api.openai.com/v1"
REQUESTS = 3
LONGEST = 200_000  # characters of a reply: more is a server out of control
MOST_CALLS = 20  # of tools in one reply
USAGE_WAIT = 2.0  # seconds for the token counts that follow the last word


class Wait(Value, frozen=True, kw_only=True):
    """Hold the timeouts of a reply in seconds.

    `first`: to the first token, all retries included; `stall`: between tokens; `total`: of the whole reply.
    """

    first_token: float = 60.0
    stall: float = 30.0
    total: float = 180.0
    pause: float = 0.4  # before the second request; twice that before the third


class ToolCall(Value, frozen=True, kw_only=True):
    """A call of a tool in a reply; `arguments` is JSON as the model wrote it."""

    name: str
    arguments: str = ""


class Reply(Value, frozen=True, kw_only=True):
    """The reply of a model and its token counts, None where the server states none."""

    text: str
    finish: str = "stop"
    tokens_in: int | None = None
    tokens_out: int | None = None
    requests: int = 1
    calls: tuple[ToolCall, ...] = ()


class Provider:
    """A connection to an OpenAI-compatible server, shared by any number of threads.

    `key` is sent to `base_url` and nowhere else; it is in no repr, error or pickle.

    >>> Provider(key="sk-not-a-real-key", base_url="http://localhost:8080/v1")
    Provider(localhost:8080)
    """

    def __init__(self, *, key: str, base_url: str | None = None, wait: Wait | None = None) -> None:
        self.base_url = (base_url or DEFAULT_URL).rstrip("/")
        self.wait = wait or Wait()
        self._key = key
        self._client: openai.OpenAI | None = None
        self._opening = threading.Lock()
        self._unsupported: set[str] = set()  # optional parameters that this server refused

    @property
    def host(self) -> str:
        """The server's host and port, without user, password and path."""
        return self.base_url.partition("//")[2].partition("/")[0].rpartition("@")[2]

    def __repr__(self) -> str:
        return f"Provider({self.host})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a provider holds a key and is never written down; make a new one")

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def stream(self, messages: Sequence[dict[str, str]], *, model: str, **options: Any) -> Generator[str, None, Reply]:
        """Yield the reply as it is written; the generator returns the whole Reply.

        `options` go to the server (`max_tokens`, `temperature`, `seed`). Raises ProviderRefused, ProviderDown or
        ProviderError before the first piece, ProviderCut after it. Closing the generator closes the connection.
        """
        body = {"messages": list(messages), "model": model, "stream": True, "stream_options": {"include_usage": True}}
        return (yield from self._ask(body | options, wire_format.stream, self.wait.first_token))

    def chat(self, messages: Sequence[dict[str, str]], *, model: str, **options: Any) -> Reply:
        """Return the whole reply. Raises as `stream` does.

        A reply that was cut short is ProviderCut with its text.
        """
        pieces = self._ask({"messages": list(messages), "model": model} | options, wire_format.reply, self.wait.total)
        while True:
            try:
                next(pieces)
            except StopIteration as done:
                reply: Reply = done.value
                return reply

    def vectors(self, texts: Sequence[str], *, model: str, dimensions: int | None = None) -> Any:
        """Return the server's embedding reply, unchecked; `embed` parses it."""
        return self._whole(wire_format.vectors, {"input": list(texts), "model": model, "dimensions": dimensions})

    def ranking(self, question: str, texts: Sequence[str], *, model: str) -> Any:
        """Return the reply of the rerank endpoint, unchecked; `scores` parses it."""
        return self._whole(wire_format.ranking, {"model": model, "query": question, "documents": list(texts)})

    def _whole(self, work: Work, body: dict[str, Any]) -> Any:
        """Return a reply that is not streamed.

        At most three requests are made, within `wait.total` seconds.
        """
        self.client()
        began = time.monotonic()
        for request in range(1, REQUESTS + 1):
            try:
                with self._request(work, body) as stream:
                    return stream.get(began + self.wait.total - time.monotonic())
            except Exception as error:
                fault = self._fault(error)
            self._raise_or_pause(fault, request, began + self.wait.total)
        raise AssertionError("unreachable: the last request raises")

    def client(self) -> openai.OpenAI:
        """Return the openai client.

        It is made when first needed, since its import takes more than a second.
        """
        with self._opening:
            if self._client is None:
                self._client = wire_format.open_client(
                    self.base_url,
                    self._key,
                    connect=min(5.0, self.wait.first_token),
                    read=self.wait.total,
                )
            return self._client

    def _request(self, work: Work, body: dict[str, Any]) -> BackgroundStream:
        """Prepare a request, which runs while the stream is entered."""
        return BackgroundStream(lambda stream: work(self.client(), self._supported(body), stream))

    def _ask(self, body: dict[str, Any], work: Work, first: float) -> Generator[str, None, Reply]:
        """Ask until a first token comes, at most three times and within `first` seconds.

        Then read to the end.
        """
        self.client()  # its import does not count as waiting for the server
        began = time.monotonic()
        for request in range(1, REQUESTS + 1):
            pieces: list[str] = []
            try:
                return (yield from self._read(self._request(work, body), began, first, request, pieces))
            except ProviderCut:
                raise
            except Exception as error:
                fault = self._fault(error)
            if pieces:
                raise ProviderCut("provider.broke_off", "".join(pieces), error=fault.error)
            self._raise_or_pause(fault, request, began + first)
        raise AssertionError("unreachable: the last request raises")

    def _read(
        self, stream: BackgroundStream, began: float, first: float, request: int, pieces: list[str]
    ) -> Generator[str, None, Reply]:
        """Yield the pieces of a reply, each in time, and append them to `pieces`."""
        finish, usage, alive, length = None, None, False, 0
        calls: dict[int, tuple[str, str]] = {}  # place in the reply -> name and arguments, which come in pieces
        with stream:
            while True:
                try:
                    chunk = stream.get(self._patience(began, first, alive, finish is not None))
                except StreamEnded:
                    break
                except Exception:
                    if finish is None:
                        raise
                    break  # the text is complete, only the count of tokens is missing
                if chunk.refusal and not pieces:
                    raise ProviderRefused("provider.declined", text=error_mapping.one_line(chunk.refusal, [self._key]))
                finish, usage, alive = finish or chunk.finish, chunk.usage or usage, alive or chunk.alive
                for place, name, arguments in chunk.calls:
                    before = calls.get(place, ("", ""))
                    calls[place] = (before[0] or name, (before[1] + arguments)[:LONGEST])
                text = chunk.text[: LONGEST - length]
                length += len(chunk.text)
                if text:
                    pieces.append(text)
                    yield text
                if length > LONGEST:
                    raise ProviderCut("provider.endless", "".join(pieces), host=self.host)
        called = tuple(ToolCall(name=name, arguments=arguments) for _, (name, arguments) in sorted(calls.items()))
        return self._finished("".join(pieces), finish, usage, request, called[:MOST_CALLS])

    def _patience(self, began: float, first: float, alive: bool, finished: bool) -> float:
        """Return the seconds left for the next event."""
        left = began + self.wait.total - time.monotonic()
        if finished:
            return min(left, USAGE_WAIT)
        return min(left, self.wait.stall) if alive else min(left, began + first - time.monotonic())

    def _finished(
        self, text: str, finish: str | None, usage: tuple[int, int] | None, request: int, calls: tuple[ToolCall, ...]
    ) -> Reply:
        """Return the reply if it is complete and not empty; raise otherwise."""
        if finish is None and text:
            raise ProviderCut("provider.ended_early", text, host=self.host)
        if finish == "length":
            raise ProviderCut("provider.token_limit", text)
        if finish == "content_filter":
            if text:
                raise ProviderCut("provider.filter_stopped", text, host=self.host)
            raise ProviderRefused("provider.filter_stopped", host=self.host)
        if not text.strip() and not (calls and finish):
            raise error_mapping.nonsense(
                self.host, Reason("provider.nonsense_wordless" if finish else "provider.nonsense_no_reply")
            )
        tokens_in, tokens_out = usage or (None, None)
        return Reply(
            text=text,
            finish=finish or "stop",
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            requests=request,
            calls=calls,
        )

    def _fault(self, error: Exception) -> error_mapping.Fault:
        """Map an exception of a request to a fault."""
        if isinstance(error, ProviderError):
            return error_mapping.Fault(error=error)
        if isinstance(error, DeadlineExceeded):
            late = ProviderDown("provider.late_first", host=self.host)
            return error_mapping.Fault(error=late)
        if isinstance(error, wire_format.PageError):
            return error_mapping.Fault(error=error_mapping.nonsense(self.host, Reason("provider.nonsense_page")))
        if isinstance(error, wire_format.ErrorBody):
            return error_mapping.of_body(error.body, self.host, [self._key])
        return error_mapping.of_exception(error, self.host, [self._key])

    def _raise_or_pause(self, fault: error_mapping.Fault, request: int, until: float) -> None:
        """Wait before the next request.

        Raise where it cannot succeed, was the third, or would come too late.
        """
        if fault.unsupported_param is not None and request < REQUESTS and self._drop(fault.unsupported_param):
            return
        backoff = self.wait.pause * 2 ** (request - 1) * random.uniform(0.75, 1.25)
        pause = backoff if fault.retry_after is None else fault.retry_after
        if not fault.retryable or request == REQUESTS or pause >= until - time.monotonic():
            raise fault.error
        sleep(pause)

    def _drop(self, parameter: str) -> bool:
        """Leave out (or rename) a parameter from now on.

        Return whether that changes the request.
        """
        if parameter in ("max_tokens", "max_completion_tokens"):
            parameter = "max_tokens" if "max_tokens" not in self._unsupported else "max_completion_tokens"
        new = parameter not in self._unsupported
        self._unsupported.add(parameter)
        return new

    def _supported(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the request without refused parameters and without those that are None."""
        body = {name: value for name, value in body.items() if value is not None}
        if "max_tokens" in self._unsupported and "max_tokens" in body:
            body["max_completion_tokens"] = body.pop("max_tokens")
        return {name: value for name, value in body.items() if name not in self._unsupported}
