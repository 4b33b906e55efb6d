"""Guard the page: who gets in, which routes exist, and how much may be sent.

A pure ASGI middleware, so that streamed responses and visitors who leave pass through unchanged. What is not
allowed here does not exist: most of Gradio's routes (files, proxies, recordings, code editing) are never reached.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.web import login_pages
from assistant.web.headers import HeaderSender
from assistant.web.logins import Logins, basic
from assistant.web.rate_limit import Throttle
from assistant.web.service import COOKIE, NAME, network_of

LOG = logging.getLogger("isnad.web")
SESSION = "isnad-session"
BODY = 1_000_000  # bytes of a request that is no upload
ROUTES = re.compile(
    r"/|/(?:config|health|panel|login|logout|theme\.css|favicon\.ico|robots\.txt|manifest\.json)/?|/(?:assets|static|svelte)/.+"
    r"|/(?:article|export)/.+|/gradio_api/(?:info|app_id|login_check|user|token|startup-events|theme\.css|queue/(?:join|data|status)"
    r"|heartbeat/\w+|cancel|reset|upload|upload_progress|run/[\w-]+"
    r"|(?:api|call)/(?:v2/)?(?:answer|passages)(?:/\w+)?)/?|/mcp/?"
)
FREE = frozenset({"/health", "/login", "/favicon.ico", "/robots.txt"})  # without a login
ASKING = re.compile(r"/gradio_api/(?:queue/join|(?:run|api|call)/.+)/?|/mcp/?")
EVENT = re.compile(r"/gradio_api/(?:queue/join|run/.+)/?")
UPLOAD = re.compile(r"/gradio_api/upload/?")
UPLOADS = 60  # of one address in a minute
_OWNER = re.compile(r"[\w-]{22,64}")


class Guard:
    """Let requests in that are allowed, with the name or the cookie of who asks.

    `logins` None: everybody gets in, with a random cookie. `hosts`: the names that the page answers to beside
    addresses of numbers, so that no other site's name can be pointed at it; None: any. `upload` is the most bytes
    of one upload, None where there are none; `room` tells whether there is room for one more; `requests` that start
    something are taken from one address in a minute. `root_path` is the path below which a proxy serves the page; one
    that leaves it in the request and one that takes it away are both understood.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        logins: Logins | None = None,
        hosts: frozenset[str] | None = None,
        upload: int | None = None,
        room: Callable[[], bool] = lambda: True,
        requests: int = 600,
        proxied: bool = False,
        root_path: str = "",
    ) -> None:
        self._app, self._logins, self._hosts, self._room = app, logins, hosts, room
        self._upload, self._warned, self._root = upload, proxied, root_path
        self._requests = Throttle(requests, 60.0)
        self._uploads = Throttle(UPLOADS, 60.0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            if self._root and f"{scope['path']}/".startswith(f"{self._root}/"):  # the proxy leaves it in
                scope = {**scope, "path": scope["path"].removeprefix(self._root)}
            await self._answer(scope, receive, HeaderSender(send, scope, self._root or "/"))
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: HeaderSender) -> None:
        request = Request(scope, receive)
        if not self._warned and "x-forwarded-for" in request.headers:
            self._warned = True
            LOG.warning(
                "X-Forwarded-For is ignored, all its visitors count as one: name the proxy with --proxy ADDRESS"
            )
        response = self._refused(request)
        if response is None:
            response = await self._entered(request, send)
        if response is not None:
            await response(scope, receive, send)
            return
        counted = _counted(receive, self._largest(request), lambda: send.replace(_error(413, "too_large")))
        try:
            await self._app(scope, counted, send)
        except Exception as error:
            if not send.ended:  # what the application says of a visitor whom we sent away is of no use
                LOG.error("%s %r failed: %s", request.method, request.scope["path"], type(error).__name__)
                LOG.debug("the trace", exc_info=error)
                await send.replace(_error(500, "failed"))

    def _refused(self, request: Request) -> Response | None:
        """Refuse what can be refused without knowing the visitor."""
        path, heads = request.scope["path"], request.headers
        if not path:
            return RedirectResponse(f"{self._root}/{request.url.query and '?' + request.url.query}", 308)
        if not allowed_host(heads.get("host", ""), self._hosts):
            return _error(421, "wrong_host")
        if not ROUTES.fullmatch(path):
            return _error(404, "not_found")
        if request.method not in ("GET", "HEAD", "OPTIONS") and is_cross_site(heads):
            return _error(403, "from_another_site")
        sent = heads.get("content-length", "0")
        if not sent.isdecimal() or int(sent) > self._largest(request):
            return _error(413, "too_large")
        return self._too_often(request)

    def _largest(self, request: Request) -> int:
        """Return the largest number of bytes that a request may send."""
        return BODY + (self._upload or 0) if UPLOAD.fullmatch(request.scope["path"]) else BODY

    def _too_often(self, request: Request) -> Response | None:
        path = request.scope["path"]
        if UPLOAD.fullmatch(path):
            if self._upload is None:
                return _error(403, "no_uploads")
            if not self._uploads.hit(_address(request)):
                return _error(429, "too_many")
            return None if self._room() else _error(503, "no_room")
        if request.method == "POST" and ASKING.fullmatch(path) and not self._requests.hit(_address(request)):
            return _error(429, "too_many")
        return None

    async def _entered(self, request: Request, send: HeaderSender) -> Response | None:
        """Lets the request in under a name or a cookie's id, or answers it itself."""
        heads = MutableHeaders(scope=request.scope)
        del heads[NAME]
        logins = self._logins
        if logins is None:
            own = request.cookies.get(COOKIE, "")
            if not _OWNER.fullmatch(own):
                if is_link_from_elsewhere(request):
                    return HTMLResponse(login_pages.AGAIN)
                own = secrets.token_urlsafe(24)
                others = heads.get("cookie")
                heads["cookie"] = f"{others}; {COOKIE}={own}" if others else f"{COOKIE}={own}"  # the last one counts
                if request.scope["path"] == "/":
                    send.cookie(COOKIE, own, age=400 * 86_400)
            return _error(404, "not_found") if request.scope["path"] in ("/login", "/logout") else None
        if request.scope["path"] == "/login":
            return await self._login(request, logins, send)
        word = request.cookies.get(SESSION, "")
        name = logins.name(word) if word else None
        if request.scope["path"] == "/logout" and request.method == "POST":
            logins.end(word)
            send.cookie(SESSION, "", age=0)
            return RedirectResponse(f"{self._root}/login", 303)
        if name is None and (header := request.headers.get("authorization")):
            name = await self._by_header(request, header, logins)
            if name is None:
                return _error(429 if logins.throttled(_address(request)) else 401, "wrong_login")
        if name is not None:
            heads[NAME] = quote(name)
            return None
        if request.scope["path"] in FREE:
            return None
        if "text/html" not in request.headers.get("accept", "") or request.method != "GET":
            return _error(401, "log_in")
        if is_link_from_elsewhere(request):
            return HTMLResponse(login_pages.AGAIN)
        asked = request.scope["path"] + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"{self._root}/login?next={quote(asked)}", 303)

    async def _login(self, request: Request, logins: Logins, send: HeaderSender) -> Response:
        if request.method != "POST":
            return HTMLResponse(login_pages.form(local_path(request.query_params.get("next", "/"))))
        try:
            fields = parse_qs((await _body(request)).decode("utf-8", "replace"), max_num_fields=10)
        except ValueError:
            return _error(400, "unreadable")
        name, password, onward = (fields.get(field, [""])[0] for field in ("name", "password", "next"))
        if not logins.admits(_address(request), name):
            return HTMLResponse(login_pages.form(local_path(onward), "too_many"), 429, headers={"retry-after": "60"})
        if not await run_in_threadpool(logins.right, name, password):
            return HTMLResponse(login_pages.form(local_path(onward), "wrong"), 401)
        send.cookie(SESSION, logins.begin(name))
        return RedirectResponse(self._root + local_path(onward), 303)

    async def _by_header(self, request: Request, header: str, logins: Logins) -> str | None:
        """Authenticate a program that sends name and password with each request."""
        pair = basic(header)
        if pair is None:
            return None
        if logins.remembered(header):
            return pair[0]
        if not logins.admits(_address(request), pair[0]) or not await run_in_threadpool(logins.right, *pair):
            return None
        logins.remember(header)
        return pair[0]


class KnownFunctions:
    """Answer 404 to events of functions that do not exist.

    Where Gradio fails with a trace.

    `functions` are the page's, by number. The body is read here, at most as much as the guard lets through, and
    handed on.
    """

    def __init__(self, app: ASGIApp, functions: Mapping[int, object]) -> None:
        self._app, self._functions = app, functions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not EVENT.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
        if not self._is_known(body, scope["path"]):
            LOG.info("404: an event of a function that does not exist")
            await _error(404, "not_found")(scope, receive, send)
            return
        replay = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def replayed() -> MutableMapping[str, Any]:
            return next(replay, None) or await receive()

        await self._app(scope, replayed, send)

    def _is_known(self, body: bytes, path: str) -> bool:
        """Return whether a request names a function of the page, or is malformed."""
        try:
            index = json.loads(body).get("fn_index")
        except (ValueError, AttributeError, RecursionError):
            return True
        if index is None:
            return "/run/" not in path
        return not isinstance(index, int) or index in self._functions


def allowed_host(host: str, hosts: frozenset[str] | None) -> bool:
    """Return whether a Host header is a numeric address or one of the page's names.

    >>> allowed_host("127.0.0.1:7860", frozenset({"localhost"})), allowed_host("evil.example", frozenset({"localhost"}))
    (True, False)
    """
    if hosts is None:
        return True
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in hosts or bool(re.fullmatch(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]+:[0-9a-f:.]*", name))


def is_cross_site(heads: Mapping[str, str]) -> bool:
    """Whether a request that changes something comes from another site's page.

    >>> [is_cross_site({"host": "localhost:1", "origin": origin}) for origin in ("http://localhost:1", "null")]
    [False, True]
    """
    site, origin = heads.get("sec-fetch-site"), heads.get("origin")
    if site is not None:  # a browser says itself what it is; programs send neither
        return site not in ("same-origin", "none")
    return origin is not None and urlsplit(origin).netloc != heads.get("host", "")


def is_link_from_elsewhere(request: Request) -> bool:
    """Return whether a browser follows a link from another site.

    Without Strict cookies.
    """
    heads = request.headers
    return heads.get("sec-fetch-site") == "cross-site" and heads.get("sec-fetch-mode") == "navigate"


def local_path(path: str) -> str:
    """Return the path if it stays on this site; otherwise the front page.

    >>> local_path("/?c=a"), local_path("//evil.example"), local_path("https://evil.example")
    ('/?c=a', '/', '/')
    """
    return path if re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", path) and "\\" not in path else "/"


def _counted(receive: Receive, largest: int, too_large: Callable[[], Awaitable[None]]) -> Receive:
    """Receive up to `largest` bytes.

    Beyond them the application sees the visitor leave.
    """
    seen = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen <= largest:
            return message
        await too_large()
        return {"type": "http.disconnect"}

    return counted


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > 10_000:
            raise ValueError
    return body


def _address(request: Request) -> str:
    return network_of(request.client.host if request.client else "unknown")


def _error(status: int, key: str) -> Response:
    heads = {"retry-after": "60"} if status == 429 else None
    return JSONResponse({"error": key, "say": login_pages.line(key)}, status, headers=heads)
