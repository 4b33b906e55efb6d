"""A Chroma server instead of the folder: the same search, clear words while it is down, nothing lost when it is
killed.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from index.errors import StoreError, UsageError
from index.store.ledger import Ledger
from index.vectors import vector_index
from index.vectors.chroma_collection import Server
from index.vectors.vector_index import Vectors
from tests.index.rows import Words, astray, filled, nothing, report

pytestmark = pytest.mark.process


class Chroma:
    """A real `chroma run` on a port of its own, to be killed and started again."""

    def __init__(self, place: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url, self.place = f"http://127.0.0.1:{self.port}", place

    def start(self) -> Chroma:
        command = [Path(sys.executable).with_name("chroma"), "run", "--path", self.place, "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"{self.url}/api/v2/heartbeat", timeout=1).close()
                return self
            except OSError:
                assert self.process.poll() is None, "chroma run ended"
        raise AssertionError("chroma run did not come up")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def collections(self) -> list[str]:
        path = "/api/v2/tenants/default_tenant/databases/default_database/collections"
        with urllib.request.urlopen(self.url + path) as reply:
            import json

            return [one["name"] for one in json.load(reply)]


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chroma]:
    """One server for all; every store has a collection of its own there."""
    server = Chroma(tmp_path_factory.mktemp("server")).start()
    yield server
    server.kill()


def fill(ledger: Ledger, vectors: Vectors, numbers: range) -> None:
    with ledger.writing():
        ledger.replace(map(report, numbers))
        vectors.refresh(nothing)


def test_a_server_finds_what_the_folder_finds_and_moving_there_pays_for_nothing(chroma: Chroma, tmp_path: Path) -> None:
    model, others = Words(), len(chroma.collections())
    ledger, folder = filled(tmp_path / "store", range(40), model)
    old = {f"r{one}" for one in range(40)}
    here = folder.search("الوفد رقم 7", 5, old)
    folder.close()
    model.asked.clear()
    there = Vectors(ledger, model, Server.at(chroma.url))
    fill(ledger, there, range(40, 45))
    assert len(model.asked) == 10  # only what is new
    match = there.search("الوفد رقم 7", 5, old)
    assert [one for one, _ in match] == [one for one, _ in here]
    assert [score for _, score in match] == pytest.approx([score for _, score in here], abs=1e-4)
    assert not list((tmp_path / "store").glob("chroma-*"))
    with ledger.writing():
        ledger.delete(["r3"])
        there.refresh(nothing)
        there.rebuild(nothing)
    assert there.examine().rows == 88 and len(chroma.collections()) == others + 1
    there.close()


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.long)])
def test_a_server_killed_under_load_is_named_and_loses_nothing(chroma: Chroma, tmp_path: Path, kills: int) -> None:
    dice = random.Random(kills)
    ledger = Ledger.create(tmp_path / "store")
    vectors = Vectors(ledger, Words(), Server.at(chroma.url))
    fill(ledger, vectors, range(20))
    reader = Vectors(ledger, Words(), Server.at(chroma.url))
    done = 20
    for _ in range(kills):
        timer = threading.Timer(dice.uniform(0, 1.5), chroma.kill)
        timer.start()
        with pytest.raises(StoreError) as caught:
            while True:
                fill(ledger, vectors, range(done, done + 50))
                done += 50
        timer.join()
        assert "no Chroma server answers at http://127.0.0.1" in str(caught.value)
        assert ledger.counts()["articles"] == done + 50
        assert reader.search("الوفد", 3)  # by exact search
        chroma.start()
        fill(ledger, vectors, range(done, done + 50))
        done += 50
        assert vectors.examine().rows == 2 * done
    assert astray(ledger, reader, [f"r{one}" for one in range(0, done, 7)]) == []
    vectors.close()
    reader.close()


@pytest.fixture(autouse=True)
def by_chroma(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search as in a large store, by Chroma's index."""
    monkeypatch.setattr(vector_index, "EXACT", 0)


class Guard(BaseHTTPRequestHandler):
    """A proxy that lets only one key pass."""

    target = ""

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("x-chroma-token") != "a-key" or self.headers.get("authorization") != "Bearer a-key":
            self.answer(401, b'{"error":"Unauthorized","message":"no key"}')
            return
        request = urllib.request.Request(self.target + self.path, data=body or None, method=self.command)
        request.add_header("content-type", "application/json")
        try:
            with urllib.request.urlopen(request) as reply:
                self.answer(reply.status, reply.read())
        except urllib.error.HTTPError as error:
            self.answer(error.code, error.read())

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def test_a_key_opens_a_guarded_server_and_is_written_down_nowhere(chroma: Chroma, tmp_path: Path) -> None:
    guard = ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Guard,), {"target": chroma.url}))
    threading.Thread(target=guard.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{guard.server_port}"
    ledger = Ledger.create(tmp_path / "store")
    ledger.replace(map(report, range(3)))
    with pytest.raises(StoreError, match=r"does not accept the key; check ISNAD_CHROMA_KEY"), ledger.writing():
        Vectors(ledger, Words(), Server.at(url, token="another")).refresh(nothing)
    server = Server.at(url, token="a-key")
    vectors = Vectors(ledger, Words(), server)
    fill(ledger, vectors, range(3))
    assert astray(ledger, vectors) == []
    vectors.close()
    guard.shutdown()
    guard.server_close()
    ledger.close()
    written = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
    assert b"a-key" not in written and "a-key" not in repr(server)


def test_a_server_that_stands_still_is_given_up(
    chroma: Chroma, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.vectors import chroma_collection

    ledger = Ledger.create(tmp_path / "store")
    vectors = Vectors(ledger, Words(), Server.at(chroma.url))
    fill(ledger, vectors, range(3))
    monkeypatch.setitem(chroma_collection.DEADLINES, "query", 0.5)
    monkeypatch.setattr(chroma_collection, "DEADLINE", 3.0)  # of the next call, which finds the server still standing
    os.kill(chroma.process.pid, signal.SIGSTOP)
    try:
        assert vectors.search("الوفد", 3)  # by exact search
    finally:
        os.kill(chroma.process.pid, signal.SIGCONT)
    assert astray(ledger, vectors, ["r1"]) == []
    vectors.close()


@pytest.mark.parametrize(
    "address", ["localhost:8000", "ftp://host", "http://", "http://key@host", "https://host/tenant"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="ISNAD_CHROMA must be an address"):
        Server.at(address)
