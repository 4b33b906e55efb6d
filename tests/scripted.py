"""A scripted OpenAI-compatible server on a real socket: chat (whole and streamed), embeddings, models, and faults by
name.

    with Scripted(reply="نعم [1].") as server:
        Provider(key="k", base_url=server.url)

A fault is chosen by `server.faults` (one name, or None, per request, in order; the last one stays) or by `!!fault:NAME`
in the text of a message. `server.requests` holds the body of every request, `server.heads` its headers.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Json = dict[str, Any]
LENGTH = 4  # numbers in a vector, where the request names no dimensions


class Scripted:
    """The server, in a thread of its own while the `with` block lasts. `reply` is the text, or a function from the
    messages to it.
    """

    def __init__(
        self, reply: str | Callable[[list[Json]], str] = "تم [1].", pieces: int = 6, usage: bool = True
    ) -> None:
        self.reply, self.pieces, self.usage = reply, pieces, usage
        self.faults: list[str | None] = [None]
        self.requests: list[Json] = []
        self.heads: list[dict[str, str]] = []
        self.left = threading.Event()  # a client went away in the middle of a stream
        routes = [
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
            Route("/v1/embeddings", self.embeddings, methods=["POST"]),
            Route("/v1/rerank", self.rerank, methods=["POST"]),
            Route(
                "/v1/models",
                lambda _: JSONResponse({"object": "list", "data": [{"id": "scripted", "object": "model"}]}),
            ),
        ]
        config = uvicorn.Config(Starlette(routes=routes), port=0, log_level="critical", lifespan="off", ws="none")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    @property
    def url(self) -> str:
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/v1"

    def __enter__(self) -> Scripted:
        self.thread.start()
        while not self.server.started:
            time.sleep(0.002)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.should_exit = self.server.force_exit = True
        self.thread.join(5)

    def texts(self) -> list[str]:
        """The text of every chat request, its messages joined."""
        return ["\n".join(m["content"] for m in body["messages"]) for body in self.requests if "messages" in body]

    async def received(self, request: Request) -> tuple[Json, str | None]:
        """The body of the request, and the fault it is to meet."""
        body: Json = json.loads(await request.body())
        self.requests.append(body)
        self.heads.append(dict(request.headers))
        named = re.search(r"!!fault:([\w-]+)", json.dumps(body))
        planned = self.faults.pop(0) if len(self.faults) > 1 else self.faults[0]
        return body, named[1] if named else planned

    async def chat(self, request: Request) -> Response:
        body, fault = await self.received(request)
        if fault == "silent-headers":
            await gone(request)
            self.left.set()
        refusal = refused(fault, body)
        if refusal is not None:
            return refusal
        text = self.reply(body["messages"]) if callable(self.reply) else self.reply
        if body.get("stream"):
            wants_usage = self.usage and bool((body.get("stream_options") or {}).get("include_usage"))
            return StreamingResponse(self.events(text, fault, wants_usage), media_type="text/event-stream")
        return whole(text, fault)

    async def events(self, text: str, fault: str | None, wants_usage: bool) -> AsyncIterator[str]:
        """The stream, up to where the fault strikes."""
        size = self.pieces
        text = "" if fault in ("empty", "refusal") else text
        parts = [text[start : start + size] for start in range(0, len(text), size)]
        try:
            async for event in faulty_start(fault):
                yield event
            for number, part in enumerate(parts):
                if number == 3 and fault in MIDDLE:
                    async for event in MIDDLE[fault]():
                        yield event
                    return
                yield chunk({"role": "assistant", "content": part})
            async for event in ending(fault):
                yield event
            if wants_usage:
                yield event_of({"choices": [], "usage": usage_of(text)})
            yield "data: [DONE]\n\n"
        except asyncio.CancelledError:
            self.left.set()
            raise

    async def embeddings(self, request: Request) -> Response:
        body, fault = await self.received(request)
        refusal = refused(fault, body)
        if refusal is not None:
            return refusal
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if any("!!refuse" in text for text in texts):
            return error(400, "one of the inputs is not allowed", "invalid_request_error")
        length = body.get("dimensions") or LENGTH
        vectors = [[1.0 + len(text) + place for place in range(length)] for text in texts]
        if fault == "nan":
            vectors[-1][0] = float("nan")
        if fault == "short-vector":
            vectors[-1].pop()
        if fault == "fewer":
            vectors.pop()
        if fault == "endless-number":
            return Response('{"data":[{"index":0,"embedding":[1e999,1,1,1]}]}', media_type="application/json")
        coded = body.get("encoding_format") == "base64" and fault != "plain"
        data = [
            {"object": "embedding", "index": n, "embedding": packed(v) if coded else v} for n, v in enumerate(vectors)
        ]
        if fault == "shuffled":
            data.reverse()
        return JSONResponse(
            {"object": "list", "data": data, "model": "scripted", "usage": {"prompt_tokens": 3, "total_tokens": 3}}
        )

    async def rerank(self, request: Request) -> Response:
        """How many words of the query a document has; `logits` says it outside 0..1, `bare` as a list, `fewer` not for
        all.
        """
        body, fault = await self.received(request)
        refusal = refused(fault, body)
        if refusal is not None:
            return refusal
        words = set(body["query"].split())
        scores = [len(words & set(text.split())) / len(words) for text in body["documents"]]
        if fault == "logits":
            scores = [10 * score - 5 for score in scores]
        if fault == "bare":
            return JSONResponse([{"index": place, "score": score} for place, score in enumerate(scores)])
        results = [{"index": place, "relevance_score": score} for place, score in enumerate(scores)]
        results.sort(key=lambda result: -result["relevance_score"])
        return JSONResponse({"results": results[1:] if fault == "fewer" else results})


def packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def usage_of(text: str) -> Json:
    return {"prompt_tokens": 100, "completion_tokens": len(text), "total_tokens": 100 + len(text)}


def event_of(value: Json) -> str:
    body = {"id": "scripted", "object": "chat.completion.chunk", "created": 1, "model": "scripted", **value}
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def chunk(delta: Json, finish: str | None = None) -> str:
    return event_of({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def error(status: int, message: str, kind: str, code: str | int | None = None, **headers: str) -> Response:
    body = {"error": {"message": message, "type": kind, "code": code, "param": headers.pop("param", None)}}
    return JSONResponse(body, status, headers={name.replace("_", "-"): value for name, value in headers.items()})


async def for_ever() -> None:
    """Until the client goes away."""
    await asyncio.Event().wait()


async def gone(request: Request) -> None:
    """Until the client goes away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def refused(fault: str | None, body: Json) -> Response | None:
    """The response that is no reply, for the faults that strike before one."""
    if fault == "no-stream-options" and "stream_options" in body:
        return error(
            400,
            "Unknown parameter: 'stream_options'.",
            "invalid_request_error",
            "unknown_parameter",
            param="stream_options",
        )
    if fault == "no-max-tokens" and "max_tokens" in body:
        said = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        return error(400, said, "invalid_request_error", "unsupported_parameter", param="max_tokens")
    if fault == "no-tools":
        return error(400, "scripted does not support tools", "invalid_request_error")
    return REFUSALS[fault]() if fault in REFUSALS else None


PLANTED = "sk-planted0123456789"

REFUSALS: dict[str | None, Callable[[], Response]] = {
    "429": lambda: error(429, "slow down", "rate_limit", retry_after="0"),
    "429-soon": lambda: error(429, "slow down", "rate_limit", retry_after_ms="50"),
    "429-later": lambda: error(429, "slow down", "rate_limit", retry_after="3600"),
    "429-date": lambda: error(429, "slow down", "rate_limit", retry_after="Wed, 21 Oct 2099 07:28:00 GMT"),
    "429-odd": lambda: error(429, "slow down", "rate_limit", retry_after="soon"),
    "quota": lambda: error(429, "You exceeded your current quota", "insufficient_quota", "insufficient_quota"),
    "500": lambda: error(500, f"failed with {PLANTED}", "server_error"),
    "503-page": lambda: HTMLResponse("<html><body>Service unavailable</body></html>", 503),
    "400": lambda: error(400, "no", "invalid_request_error"),
    "401": lambda: error(
        401, f"Incorrect API key provided: {PLANTED[:9]}****{PLANTED[-4:]}.", "invalid_request_error", "invalid_api_key"
    ),
    "403": lambda: error(403, "not your model", "permission_denied"),
    "404": lambda: error(404, "no such model", "invalid_request_error", "model_not_found"),
    "422": lambda: JSONResponse({"detail": [{"msg": "field required"}]}, 422),
    "context": lambda: error(
        400, "This model's maximum context length is 8192 tokens.", "invalid_request_error", "context_length_exceeded"
    ),
    "context-llama": lambda: error(
        400, "the request exceeds the available context size", "exceed_context_size_error", 400
    ),
    "too-large": lambda: error(500, "input (9000 tokens) is too large to process", "server_error"),
    "filter": lambda: error(400, "The response was filtered", "invalid_request_error", "content_filter"),
    "elsewhere": lambda: Response(status_code=307, headers={"location": "http://127.0.0.1:9/v1/chat/completions"}),
    "page": lambda: HTMLResponse("<html><body>Welcome</body></html>"),
    "malformed": lambda: Response('{"choices": [', media_type="application/json"),
    "no-choices": lambda: JSONResponse({"object": "chat.completion", "choices": []}),
    "error-body": lambda: JSONResponse({"error": {"message": "overloaded", "type": "server_error"}}),
    "a-list": lambda: JSONResponse([1, 2]),
    "nothing": lambda: Response("", media_type="application/json"),
}


def whole(text: str, fault: str | None) -> Response:
    """A reply that is not streamed."""
    finish: str | None = "stop"
    message: Json = {"role": "assistant", "content": text}
    if fault in ("length", "content_filter", "no-finish"):
        finish = None if fault == "no-finish" else fault
    if fault == "refusal":
        message = {"role": "assistant", "content": None, "refusal": "I cannot help with that"}
    if fault == "empty":
        message["content"] = ""
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return JSONResponse(
        {
            "id": "scripted",
            "object": "chat.completion",
            "created": 1,
            "model": "scripted",
            "choices": [choice],
            "usage": usage_of(text),
        }
    )


async def faulty_start(fault: str | None) -> AsyncIterator[str]:
    """What a stream begins with before its first word, for the faults that strike there."""
    if fault == "azure":
        yield event_of({"choices": [], "prompt_filter_results": []})
    if fault == "silent-first":
        yield ": hello\n\n"
        await for_ever()
    while fault == "comments-first":
        yield ": keep-alive\n\n"
        await asyncio.sleep(0.02)
    if fault == "cut-first":
        raise ConnectionError("cut")
    if fault == "error-first":
        yield event_of({"error": {"message": f"overloaded, {PLANTED}", "type": "server_error"}})
    if fault == "malformed-first":
        yield 'data: {"choices": [\n\n'
    if fault == "refusal":
        yield chunk({"refusal": "I cannot help with that"})
    if fault == "reasoning":
        yield chunk({"reasoning_content": "let me think"})


async def stalls() -> AsyncIterator[str]:
    await for_ever()
    yield ""


async def comments() -> AsyncIterator[str]:
    while True:
        yield ": keep-alive\n\n"
        await asyncio.sleep(0.02)


async def cuts() -> AsyncIterator[str]:
    raise ConnectionError("cut")
    yield ""


async def ends() -> AsyncIterator[str]:
    yield "data: [DONE]\n\n"


async def garbles() -> AsyncIterator[str]:
    yield 'data: {"choices": [{"delta": \n\n'


async def reports() -> AsyncIterator[str]:
    yield event_of({"error": {"message": f"overloaded, {PLANTED}", "type": "server_error"}})


MIDDLE: dict[str | None, Callable[[], AsyncIterator[str]]] = {
    "stall": stalls,
    "comments-middle": comments,
    "cut": cuts,
    "no-finish": ends,
    "malformed-middle": garbles,
    "error-middle": reports,
}


async def ending(fault: str | None) -> AsyncIterator[str]:
    """The chunk that says why the reply ends, and what may go wrong after it."""
    yield chunk({}, fault if fault in ("length", "content_filter") else "stop")
    if fault == "silent-end":
        await for_ever()
    if fault == "cut-end":
        raise ConnectionError("cut")
