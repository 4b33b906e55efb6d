"""The calls to one server: the one retry layer, the one deadline, and what counts as a complete reply."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from index.errors import ProviderCut, ProviderDown, ProviderError, ProviderRefused
from index.model_api import error_mapping, wire_format
from index.model_api.cancellation import Ended, Line, TooLate, rest
from index.models import Value

if TYPE_CHECKING:
    import openai

HOME = "https://api.openai.com/v1"
REQUESTS = 3
LONGEST = 200_000  # characters of one reply: more is a server out of control
USAGE_WAIT = 2.0  # seconds for the token counts that follow the last word


class Wait(Value, frozen=True, kw_only=True):
    """How long the user waits, in seconds: for the first token (all retries included), between tokens, and for the whole reply."""

    first_token: float = 60.0
    stall: float = 30.0
    total: float = 180.0
    pause: float = 0.4  # before the second request; twice that before the third


class Reply(Value, frozen=True, kw_only=True):
    """What a model said, and what it was paid for. Token counts are None where the server does not tell."""

    text: str
    finish: str = "stop"
    tokens_in: int | None = None
    tokens_out: int | None = None
    requests: int = 1


class Provider:
    """A connection to one OpenAI-compatible server, shared by any number of threads.

    `key` is sent to `base_url` and nowhere else; it is in no repr, error or pickle.

    >>> Provider(key="sk-not-a-real-key", base_url="http://localhost:8080/v1")
    Provider(localhost:8080)
    """

    def __init__(self, *, key: str, base_url: str | None = None, wait: Wait | None = None) -> None:
        self.base_url = (base_url or HOME).rstrip("/")
        self.wait = wait or Wait()
        self._key = key
        self._client: openai.OpenAI | None = None
        self._opening = threading.Lock()
        self._unknown: set[str] = set()  # optional parameters that this server refused

    @property
    def host(self) -> str:
        """The server as the user should see it: no user, password or path."""
        return self.base_url.partition("//")[2].partition("/")[0].rpartition("@")[2]

    def __repr__(self) -> str:
        return f"Provider({self.host})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a provider holds a key and is never written down; make a new one")

    def close(self) -> None:
        """Give the connections back."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def stream(self, messages: Sequence[dict[str, str]], *, model: str, **options: Any) -> Generator[str, None, Reply]:
        """The reply as it is written; the generator returns it whole. `options` go to the server (`max_tokens`, `temperature`, `seed`).

        Raises ProviderRefused, ProviderDown or ProviderError before the first piece, ProviderCut after it. Closing the generator
        closes the connection.
        """
        body = {"messages": list(messages), "model": model, "stream": True, "stream_options": {"include_usage": True}}
        return (yield from self._ask(body | options, wire_format.stream, self.wait.first_token))

    def chat(self, messages: Sequence[dict[str, str]], *, model: str, **options: Any) -> Reply:
        """The whole reply at once. Raises as `stream` does; a reply that was cut short is ProviderCut with what there is."""
        asking = self._ask({"messages": list(messages), "model": model} | options, wire_format.reply, self.wait.total)
        while True:
            try:
                next(asking)
            except StopIteration as done:
                reply: Reply = done.value
                return reply

    def vectors(self, texts: Sequence[str], *, model: str, dimensions: int | None = None) -> Any:
        """The server's embedding reply for the texts, unchecked: `embed` is what reads it."""
        return self._whole(wire_format.vectors, {"input": list(texts), "model": model, "dimensions": dimensions})

    def ranking(self, question: str, texts: Sequence[str], *, model: str) -> Any:
        """The server's reply from its rerank endpoint, unchecked: `scores` is what reads it."""
        return self._whole(wire_format.ranking, {"model": model, "query": question, "documents": list(texts)})

    def _whole(self, work: Callable[[openai.OpenAI, dict[str, Any], Line], None], body: dict[str, Any]) -> Any:
        """One reply that comes at once, asked for at most three times within `wait.total` seconds."""
        self.client()
        began = time.monotonic()
        for request in range(1, REQUESTS + 1):
            try:
                with self._line(work, body) as line:
                    return line.get(began + self.wait.total - time.monotonic())
            except Exception as error:
                failed = self._fault(error)
            self._give_up_or_rest(failed, request, began + self.wait.total)
        raise AssertionError("unreachable: the last request raises")

    def client(self) -> openai.OpenAI:
        """The openai client, made when first needed (its import takes more than a second)."""
        with self._opening:
            if self._client is None:
                self._client = wire_format.opened(
                    self.base_url,
                    self._key,
                    connect=min(5.0, self.wait.first_token),
                    read=self.wait.total,
                )
            return self._client

    def _line(self, work: Callable[[openai.OpenAI, dict[str, Any], Line], None], body: dict[str, Any]) -> Line:
        """One request under way."""
        return Line(lambda line: work(self.client(), self._known(body), line))

    def _ask(
        self, body: dict[str, Any], work: Callable[[openai.OpenAI, dict[str, Any], Line], None], first: float
    ) -> Generator[str, None, Reply]:
        """Ask until a first token comes, at most three times and within `first` seconds; then read to the end."""
        self.client()  # its import is no waiting for the server
        began = time.monotonic()
        for request in range(1, REQUESTS + 1):
            said: list[str] = []
            try:
                return (yield from self._read(self._line(work, body), began, first, request, said))
            except ProviderCut:
                raise
            except Exception as error:
                failed = self._fault(error)
            if said:
                raise ProviderCut(f"the answer broke off: {failed.error}", "".join(said))
            self._give_up_or_rest(failed, request, began + first)
        raise AssertionError("unreachable: the last request raises")

    def _read(
        self, line: Line, began: float, first: float, request: int, said: list[str]
    ) -> Generator[str, None, Reply]:
        """The pieces of one reply, each in time; what came is also in `said`."""
        finish, usage, alive, length = None, None, False, 0
        with line:
            while True:
                try:
                    chunk = line.get(self._patience(began, first, alive, finish is not None))
                except Ended:
                    break
                except Exception:
                    if finish is None:
                        raise
                    break  # all is said, only the count of tokens is missing
                if chunk.refusal and not said:
                    raise ProviderRefused(f"the model declined: {error_mapping.one_line(chunk.refusal, [self._key])}")
                finish, usage, alive = finish or chunk.finish, chunk.usage or usage, alive or chunk.alive
                length += len(chunk.text)
                if chunk.text:
                    said.append(chunk.text)
                    yield chunk.text
                if length > LONGEST:
                    raise ProviderCut(f"the answer of {self.host} does not end; it was stopped", "".join(said))
        return self._finished("".join(said), finish, usage, request)

    def _patience(self, began: float, first: float, alive: bool, finished: bool) -> float:
        """The seconds left for the next event."""
        left = began + self.wait.total - time.monotonic()
        if finished:
            return min(left, USAGE_WAIT)
        return min(left, self.wait.stall) if alive else min(left, began + first - time.monotonic())

    def _finished(self, text: str, finish: str | None, usage: tuple[int, int] | None, request: int) -> Reply:
        """The reply, if it is one: complete and not empty."""
        if finish is None and text:
            raise ProviderCut(f"the answer broke off: {self.host} ended it without saying that it was complete", text)
        if finish == "length":
            raise ProviderCut("the answer reached its limit of tokens; raise the setting `answer_tokens`", text)
        if finish == "content_filter":
            what = f"the content filter of {self.host} stopped the answer"
            raise ProviderCut(what, text) if text else ProviderRefused(what)
        if not text.strip():
            raise error_mapping.nonsense(self.host, "a reply without a word" if finish else "no reply at all")
        tokens_in, tokens_out = usage or (None, None)
        return Reply(text=text, finish=finish or "stop", tokens_in=tokens_in, tokens_out=tokens_out, requests=request)

    def _fault(self, error: Exception) -> error_mapping.Fault:
        """The fault behind an exception of one request."""
        if isinstance(error, ProviderError):
            return error_mapping.Fault(error=error)
        if isinstance(error, TooLate):
            late = ProviderDown(
                f"{self.host} did not answer in time; raise `first_token_seconds`, or try again when it is less busy"
            )
            return error_mapping.Fault(error=late)
        if isinstance(error, wire_format.Page):
            return error_mapping.Fault(error=error_mapping.nonsense(self.host, "a page instead of a reply"))
        if isinstance(error, wire_format.ErrorBody):
            return error_mapping.of_body(error.body, self.host, [self._key])
        return error_mapping.of_exception(error, self.host, [self._key])

    def _give_up_or_rest(self, fault: error_mapping.Fault, request: int, until: float) -> None:
        """Wait before the next request, or raise: hopeless, the third, or no time left."""
        if fault.drop is not None and request < REQUESTS and self._learns(fault.drop):
            return
        own = self.wait.pause * 2 ** (request - 1) * random.uniform(0.75, 1.25)
        pause = own if fault.after is None else fault.after
        if not fault.again or request == REQUESTS or pause >= until - time.monotonic():
            raise fault.error
        rest(pause)

    def _learns(self, parameter: str) -> bool:
        """Whether leaving out (or renaming) this parameter makes another request, from now on."""
        if parameter in ("max_tokens", "max_completion_tokens"):
            parameter = "max_tokens" if "max_tokens" not in self._unknown else "max_completion_tokens"
        new = parameter not in self._unknown
        self._unknown.add(parameter)
        return new

    def _known(self, body: dict[str, Any]) -> dict[str, Any]:
        """The request without what this server refused, and without what is None."""
        body = {name: value for name, value in body.items() if value is not None}
        if "max_tokens" in self._unknown and "max_tokens" in body:
            body["max_completion_tokens"] = body.pop("max_tokens")
        return {name: value for name, value in body.items() if name not in self._unknown}
