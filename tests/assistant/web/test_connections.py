"""Connections and forwarded addresses, over real sockets. Cases WEB-04, DOS-01."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from assistant.web.connections import parse_proxies, server_config
from index.errors import UsageError

pytestmark = pytest.mark.process


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Say whom the server takes the client for; wait first where the path says so."""
    request = Request(scope, receive)
    if scope["path"] == "/slow":
        await asyncio.sleep(1)
    await JSONResponse({"host": request.client and request.client.host, "scheme": scope["scheme"]})(
        scope, receive, send
    )


@contextmanager
def serving(**options: Any) -> Iterator[int]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(server_config(echo, lifespan="off", log_level="critical", **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(10)
    listening.close()


def closed(connection: socket.socket, seconds: float = 5) -> bool:
    connection.settimeout(seconds)
    try:
        while connection.recv(4_000):
            pass  # the rest of a response
        return True
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_a_connection_that_sends_no_whole_head_is_closed(sent: bytes) -> None:
    with serving(head_seconds=0.3) as port, socket.create_connection(("127.0.0.1", port)) as silent:
        silent.sendall(sent)
        assert not closed(silent, 0.1)
        assert closed(silent)


def test_a_second_request_has_no_more_time_than_the_first() -> None:
    with serving(head_seconds=0.3) as port, socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert slow.recv(4_000).startswith(b"HTTP/1.1 200")
        slow.sendall(b"GET / HTT")
        assert closed(slow)


def test_an_answer_may_take_longer_than_a_head() -> None:
    with serving(head_seconds=0.2) as port:
        assert httpx.get(f"http://127.0.0.1:{port}/slow").status_code == 200


def test_silent_connections_of_one_address_leave_the_page_open_to_others() -> None:
    with serving(connections_each=20, head_seconds=60.0) as port, ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(1_050)]
        refused = sum(closed(connection, 1) for connection in silent[20:])
        assert refused == 1_030 and not closed(silent[0], 0.1)
        other = httpx.HTTPTransport(local_address="127.0.0.2")
        assert httpx.Client(transport=other).get(f"http://127.0.0.1:{port}/").status_code == 200


def test_a_proxy_may_open_more_connections_than_a_visitor() -> None:
    with serving(connections_each=5, proxies=parse_proxies(["127.0.0.1"])) as port, ExitStack() as stack:
        many = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(30)]
        assert not closed(many[-1], 0.2)


@pytest.mark.parametrize(
    ("proxies", "host", "scheme"), [([], "127.0.0.1", "http"), (["127.0.0.0/8"], "203.0.113.7", "https")]
)
def test_forwarded_addresses_are_believed_of_configured_proxies_only(
    proxies: list[str], host: str, scheme: str
) -> None:
    heads = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https"}
    with serving(proxies=parse_proxies(proxies)) as port:
        assert httpx.get(f"http://127.0.0.1:{port}/", headers=heads).json() == {"host": host, "scheme": scheme}


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    with serving() as port:
        reply = httpx.get(f"http://127.0.0.1:{port}/", headers={"x-forwarded-for": "203.0.113.7"})
        assert reply.json()["host"] == "127.0.0.1"


def test_what_is_no_address_is_no_proxy() -> None:
    with pytest.raises(UsageError, match="--proxy"):
        parse_proxies(["proxy.example"])
