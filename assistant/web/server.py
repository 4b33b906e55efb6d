"""Serve the page with FastAPI and uvicorn, behind the guard."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import time
import webbrowser
from collections.abc import AsyncIterator, Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp

from assistant.rendering import plain_text
from assistant.web import article_panel, clipboard
from assistant.web.connections import Network, server_config
from assistant.web.logins import Logins
from assistant.web.middleware import Guard, KnownFunctions
from assistant.web.service import AnswerService
from assistant.web.words import WORDS, choose_language
from index.errors import NotFound, UsageError
from index.models import Span

PORT = 7860
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
AT_ONCE = 8  # events of one kind
SESSIONS = 1_000  # open pages that are remembered, 110 kB each; one that was quiet longest begins a new conversation
ROOM = 200_000_000  # bytes of uploads on their way into the store
ABANDONED = 600.0  # seconds


def application(
    service: AnswerService,
    *,
    logins: Logins | None = None,
    hosts: frozenset[str] | None = LOCAL,
    proxied: bool = False,
    root_path: str = "",
) -> ASGIApp:
    """Return the page and its routes behind the guard; takes seconds to load Gradio.

    /health, /article/FILE_ID?start=…&end=…, /panel?a=PLACE, /export/CONVERSATION.md (or .json),
    /export/CONVERSATION/TURN, /mcp, and the page at /; below `root_path`, whether or not a proxy takes that away.
    """
    temporary = _prepare_upload_folder(service.incoming)
    from assistant.web import api_endpoints, page
    from assistant.web.gradio_setup import gr, use_upload_folder

    use_upload_folder(temporary)

    tools = _tools(service)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with tools.session_manager.run() if tools else contextlib.nullcontext():
            yield
        shutil.rmtree(temporary, ignore_errors=True)

    api = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    _routes(api, service)
    if tools:
        api.router.routes += tools.streamable_http_app().routes  # one route: /mcp
    blocks = page.build(service)
    api_endpoints.publish(service, blocks)
    blocks.state_session_capacity = SESSIONS
    blocks.queue(default_concurrency_limit=AT_ONCE, max_size=service.limits.waiting)
    gr.mount_gradio_app(
        api,
        blocks,
        path="/",
        root_path=root_path,
        allowed_paths=[],
        show_error=False,
        max_file_size=service.limits.upload,
        mcp_server=False,
        ssr_mode=False,
        pwa=False,
        enable_monitoring=False,
        **page.dressing(),
    )
    _enforce_upload_checks(blocks)
    upload = service.limits.upload if service.may_upload else None
    return Guard(
        KnownFunctions(api, blocks.fns),
        logins=logins,
        hosts=hosts,
        upload=upload,
        room=lambda: _has_upload_room(temporary),
        requests=service.limits.requests,
        proxied=proxied,
        root_path=root_path,
    )


def _routes(api: FastAPI, service: AnswerService) -> None:
    """Add the routes that the page fetches by address, all read from the store."""

    @api.get("/health")
    def health() -> dict[str, bool]:
        return {"well": True}

    @api.get("/article/{file_id:path}")
    def article(file_id: str, start: int | None = None, end: int | None = None) -> Response:
        try:
            article = service.article(file_id)
        except NotFound:
            return _json({"error": "not_found"}, 404)
        if start is None or end is None:
            return _json(plain_text.place_record(article, None))
        if not 0 <= start <= end <= len(article.text):
            return _json({"error": "no such stretch of the article"}, 404)
        return _json(plain_text.place_record(article, Span(start, end)))

    @api.get("/panel")
    async def panel(request: Request, a: str = "", lang: str = "", c: str = "", s: str = "") -> Response:
        """Render an article with the quotes of conversation `c`, or of the shared one `s`.

        Of all routes it alone is asked while answers are written, so it waits for no thread.
        """
        cited = service.citations_at(a, owner=service.owner(request), conversation=c, token=s)
        return HTMLResponse(article_panel.place_html(service, a, choose_language(lang, None), cited))

    @api.get("/export/{conversation}.{form}")
    def export(conversation: str, form: str, request: Request) -> Response:
        if form not in ("md", "json"):
            return _json({"error": "not_found"}, 404)
        try:
            text = service.conversations.export(conversation, service.owner(request), "md" if form == "md" else "json")
        except NotFound:
            return _json({"error": "not_found"}, 404)
        kind = "text/markdown" if form == "md" else "application/json"
        name = f'attachment; filename="isnad-{conversation[:8]}.{form}"'
        return PlainTextResponse(text, media_type=kind, headers={"content-disposition": name})

    @api.get("/export/{conversation}/{number}")
    def answer(conversation: str, number: int, request: Request, lang: str = "") -> Response:
        """One answer with its sources, to be pasted elsewhere: as text and as HTML."""
        turns = service.conversations.turns(conversation, service.owner(request))
        answer = next((turn.answer for turn in turns if turn.number == number), None)
        if answer is None:
            return _json({"error": "not_found"}, 404)
        words = WORDS[choose_language(lang, None)]
        return _json({"text": clipboard.as_text(answer, words), "html": clipboard.as_html(answer, words)})


def _tools(service: AnswerService) -> Any:
    """Return the MCP server; None if mcp is not installed."""
    if find_spec("mcp") is None:
        return None
    try:
        from assistant.web.mcp_tools import tools
    except ImportError as error:
        raise UsageError("web.mcp_unfit", error=error) from error
    return tools(service)


def _json(record: object, status: int = 200) -> Response:
    import msgspec

    return Response(msgspec.json.encode(record), status, media_type="application/json")


def serve_page(
    service: AnswerService,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    logins: Logins | None = None,
    open_to_all: bool = False,
    names: Sequence[str] = (),
    proxies: Sequence[Network] = (),
    root_path: str = "",
    browser: bool = True,
    print_status: Callable[[str], None],
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve the page until Ctrl-C. `port` None: 7860, or any free one.

    `names` are the host names, beside this machine's, that a page open to all is reached by; `proxies` the networks
    whose X-Forwarded-For is believed; `root_path` the path below which one of them serves the page. `ready` is called
    with the address as soon as the page can be opened.

    Raises UsageError: another address than this machine's without a login or `open_to_all`; a port that is taken.
    """
    local = host in LOCAL
    if not local and logins is None and not open_to_all:
        raise UsageError("web.reachable", host=host)
    if not local:
        print_status("this is plain HTTP: on a network that others share, put a server with TLS in front of it")
    listening, moved = _listen(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
    if moved:
        print_status(f"port {PORT} is taken; using {listening.getsockname()[1]}")
    address += root_path
    app = application(
        service,
        logins=logins,
        hosts=None if logins else _host_names(host, names),
        proxied=bool(proxies),
        root_path=root_path,
    )
    server = _Server(server_config(app, proxies=proxies))
    server.ready = lambda: _ready(address, browser, print_status, ready)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    print_status("closed; conversations are kept")


def _host_names(host: str, names: Sequence[str]) -> frozenset[str]:
    """Return the names that a page without a login answers to (DNS rebinding)."""
    own = {host} if host in LOCAL else {host, socket.gethostname(), f"{socket.gethostname()}.local", socket.getfqdn()}
    return LOCAL | {name.lower() for name in (*own, *names)}


class _Server(uvicorn.Server):
    ready: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cut open pages off without a trace in the log."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


def _ready(address: str, browser: bool, print_status: Callable[[str], None], ready: Callable[[str], None]) -> None:
    print_status(f"the page is at {address}  (Ctrl-C ends it)")
    ready(address)
    if browser:
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(address)


def _listen(host: str, port: int | None) -> tuple[socket.socket, bool]:
    """Return a listening socket, and whether it had to move to another port."""
    if port is not None and not 0 <= port <= 65_535:
        raise UsageError("web.bad_port", port=port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in (PORT, 0) if port is None else (port,):
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, number))
            listening.listen(128)
            return listening, port is None and number == 0
        except OSError as error:
            listening.close()
            trouble = error
    raise UsageError("web.cannot_listen", host=host, port=port or PORT, error=trouble.strerror)


def _enforce_upload_checks(blocks: Any) -> None:
    """Have Gradio check the files that an event names.

    A page that is mounted and not launched counts as still being built (6.31): any path of this machine would then
    pass for an upload. What is named by a web address it would fetch.
    """
    from gradio import processing_utils

    blocks.has_launched = blocks.is_running = True
    processing_utils.async_ssrf_protected_get = _nothing_fetched


async def _nothing_fetched(url: str) -> NoReturn:
    raise PermissionError("this page fetches nothing")


def _prepare_upload_folder(folder: Path) -> Path:
    """Make the folder for arriving uploads; remove those of processes that are gone."""
    for left in folder.parent.glob("tmp-*"):
        number = left.name.removeprefix("tmp-")
        if number.isdecimal() and (int(number) == os.getpid() or not _runs(int(number))):
            shutil.rmtree(left, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _has_upload_room(folder: Path) -> bool:
    """Return whether there is room for an upload; delete those left for ten minutes."""
    left, now = 0, time.time()
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # gone meanwhile
            if path.is_file() and now - path.stat().st_mtime > ABANDONED:
                path.unlink()
            elif path.is_file():
                left += path.stat().st_size
    return left < ROOM


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's
    return True
