"""Limit silent and numerous connections.

Believe forwarded addresses of proxies only.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from assistant.web.service import network_of
from index.errors import UsageError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

CONNECTIONS = 1_000  # of all clients; beyond them uvicorn answers 503
CONNECTIONS_EACH = 200  # of one address: some thirty browsers
HEAD_SECONDS = 15.0  # from the opening of a connection, or the end of a response, to the end of the next request's head
CLOSING_SECONDS = 3  # that open connections have after a stop


def server_config(
    app: ASGIApp,
    *,
    proxies: Sequence[Network] = (),
    head_seconds: float = HEAD_SECONDS,
    connections_each: int = CONNECTIONS_EACH,
    **options: Any,
) -> uvicorn.Config:
    """Return the configuration to serve the page with.

    `proxies` are the networks whose X-Forwarded-For and X-Forwarded-Proto are believed; they may open any number of
    connections. Nobody else's are.
    """
    protocol = _protocol(proxies, head_seconds, connections_each)
    return uvicorn.Config(
        app,
        http=protocol,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=[str(proxy) for proxy in proxies],
        server_header=False,
        limit_concurrency=CONNECTIONS,
        **{"log_level": "warning", "timeout_graceful_shutdown": CLOSING_SECONDS, **options},
    )


def _protocol(proxies: Sequence[Network], head_seconds: float, connections_each: int) -> type[asyncio.Protocol]:
    base: Any = AutoHTTPProtocol

    class Connection(base):  # type: ignore[misc]
        """A connection that is closed when it idles for `head_seconds`."""

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            host = self.client[0] if self.client else ""
            if not is_within(host, proxies) and self._number_of(network_of(host)) > connections_each:
                transport.close()
                return
            self._last_cycle = None
            self._deadline = self.loop.call_later(head_seconds, self._close_if_idle)

        def connection_lost(self, error: Exception | None) -> None:
            super().connection_lost(error)
            if hasattr(self, "_deadline"):
                self._deadline.cancel()

        def _number_of(self, address: str) -> int:
            return sum(bool(other.client) and network_of(other.client[0]) == address for other in self.connections)

        def _close_if_idle(self) -> None:
            if self.transport.is_closing():
                return
            idle = self.cycle is None or self.cycle.response_complete
            if idle and self.cycle is self._last_cycle:
                self.transport.close()
                return
            self._last_cycle = self.cycle
            self._deadline = self.loop.call_later(head_seconds, self._close_if_idle)

    return Connection


def parse_proxies(values: Sequence[str]) -> tuple[Network, ...]:
    """Parse addresses and networks. Raises UsageError.

    >>> parse_proxies(["127.0.0.1", "10.0.0.0/8"])
    (IPv4Network('127.0.0.1/32'), IPv4Network('10.0.0.0/8'))
    """
    try:
        return tuple(ipaddress.ip_network(value, strict=False) for value in values)
    except ValueError as error:
        raise UsageError("web.bad_proxy", error=error) from None


def parse_root_path(value: str) -> str:
    """Parse the path below which a proxy serves the page. Raises UsageError.

    >>> parse_root_path("/news/isnad/"), parse_root_path("/"), parse_root_path("isnad")
    ('/news/isnad', '', '/isnad')
    """
    path = value.strip("/")
    if path and not re.fullmatch(r"[\w~-][\w.~-]*(?:/[\w~-][\w.~-]*)*", path, re.ASCII):
        raise UsageError("web.bad_root_path", path=value)
    return f"/{path}" if path else ""


def is_within(host: str, networks: Sequence[Network]) -> bool:
    """Return whether an address lies in one of the networks.

    >>> is_within("10.1.2.3", parse_proxies(["10.0.0.0/8"])), is_within("unix", parse_proxies(["10.0.0.0/8"]))
    (True, False)
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in block for block in networks)
