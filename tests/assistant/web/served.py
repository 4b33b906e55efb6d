"""A page that is really served: uvicorn on a free port of this machine, in a thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from assistant.api import Assistant
from assistant.settings import Settings
from assistant.web.connections import server_config
from assistant.web.logins import Logins
from assistant.web.rate_limit import Limits
from assistant.web.service import AnswerService
from tests.assistant.written import BRIDGE, ENGLISH, OPPOSITION
from tests.shop import index, write

FREELY = Limits(per_minute=100_000, all_per_minute=100_000, requests=1_000_000)


def stored(folder: Path) -> Path:
    """A store of three small articles."""
    write(folder / "articles", {"bridge.txt": BRIDGE, "opposition.txt": OPPOSITION, "english.txt": ENGLISH})
    index(folder / "articles", folder / "store")
    return folder / "store"


@contextmanager
def served(
    store: Path,
    *,
    settings: Settings = Settings(),  # noqa: B008
    limits: Limits = FREELY,
    logins: Logins | None = None,
    assistant: Assistant | None = None,
    uploads: bool = True,
    root_path: str = "",
    **connections: Any,
) -> Iterator[tuple[str, AnswerService]]:
    """The address of the page, and the service behind it."""
    from assistant.web.server import application

    service = AnswerService(store, settings=settings, limits=limits, assistant=assistant, uploads=uploads)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    app = application(service, logins=logins, root_path=root_path)
    config = server_config(app, log_level="critical", timeout_graceful_shutdown=1, **connections)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", service
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
        service.close()


class Asked:
    """A visitor's request, as far as the service looks at it."""

    def __init__(self, owner: str = "", name: str = "", address: str = "127.0.0.1") -> None:
        self.headers: dict[str, str] = {"isnad-name": name} if name else {}
        self.cookies: dict[str, str] = {"isnad": owner} if owner else {}
        self.client: Any = type("Client", (), {"host": address})
