"""The page below a path of a host that serves other things, too, behind a proxy."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from assistant.web.logins import Logins, hash_password
from tests.assistant.web.browser import Reader, opened
from tests.assistant.web.served import served, stored

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("page")]
BROWSERS_OWN = {"/favicon.ico", "/manifest.json"}  # asked for at the root of a host, whatever a page says


@contextmanager
def proxy(upstream: str, path: str, *, strips: bool) -> Iterator[tuple[str, list[str]]]:
    """The address of a proxy that passes on what is below `path`, and the paths elsewhere that it was asked for."""
    elsewhere: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def pass_on(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(size)
            if not self.path.startswith(f"{path}/"):
                elsewhere.append(urlsplit(self.path).path)
                self.send_response(204)
                self.end_headers()
                return
            connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=60)
            heads = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            heads["X-Forwarded-Prefix"] = path
            connection.request(self.command, self.path.removeprefix(path) if strips else self.path, body, heads)
            reply = connection.getresponse()
            self.send_response(reply.status)
            for name, value in reply.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("connection", "close")
            self.end_headers()
            while piece := reply.read1(65_536):
                self.wfile.write(piece)
                self.wfile.flush()
            self.close_connection = True

        do_GET = do_POST = pass_on

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{path}", elsewhere
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("strips", [True, False], ids=["the proxy takes the path away", "the proxy leaves it in"])
def test_O24_below_a_path_a_reader_asks_opens_the_words_and_comes_back(tmp_path: Path, strips: bool) -> None:
    store = stored(tmp_path)
    with (
        opened() as browser,
        served(store, root_path="/desk/isnad") as (upstream, _),
        proxy(upstream, "/desk/isnad", strips=strips) as (address, elsewhere),
    ):
        reader = Reader(browser, address).open()
        answer = reader.ask("كم طول الجسر؟")
        answer.locator("a.chip").first.click()
        assert "620 مترا" in str(reader.shown().first.text_content())
        asked = reader.page.url
        assert asked.startswith(f"{address}/?c=")
        reader.page.reload()
        reader.page.wait_for_selector("#chat article.answer")
        with reader.page.expect_download() as download:
            reader.page.click("#do-export-md")
        assert "620 مترا" in Path(download.value.path()).read_text("utf-8")
        reader.close()
        assert reader.trouble == [] and set(elsewhere) <= BROWSERS_OWN


def test_O24_below_a_path_a_reader_logs_in(tmp_path: Path) -> None:
    logins = Logins({"mona": hash_password("a long password")})
    with (
        opened() as browser,
        served(stored(tmp_path), logins=logins, root_path="/isnad") as (upstream, _),
        proxy(upstream, "/isnad", strips=True) as (address, elsewhere),
    ):
        reader = Reader(browser, address)
        reader.page.goto(f"{address}/?a=bridge:0-5")
        reader.page.fill("[name=name]", "mona")
        reader.page.fill("[name=password]", "a long password")
        reader.page.press("[name=password]", "Enter")
        reader.page.wait_for_selector("body.arrived")
        assert reader.page.url == f"{address}/?a=bridge:0-5"
        assert {cookie["path"] for cookie in reader.context.cookies() if cookie["httpOnly"]} == {"/isnad"}
        reader.close()
        assert reader.trouble == [] and set(elsewhere) <= BROWSERS_OWN
