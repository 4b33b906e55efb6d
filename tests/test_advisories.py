"""Known vulnerabilities of what is deployed. Case WEB-07."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests import advisories
from tests.advisories import LOCK, accepted, found, main, pinned, unexplained

ROOT = Path(__file__).parents[1]


@contextmanager
def osv(*known: tuple[str, str, list[str]]) -> Iterator[str]:
    """A server that answers as OSV does: package, id, and the other names of each vulnerability it knows."""

    class Replies(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            queries = json.loads(self.rfile.read(int(self.headers["content-length"])))["queries"]
            self.tell({"results": [self.vulnerable(query["package"]["name"]) for query in queries]})

        def do_GET(self) -> None:
            ids = {number: names for _, number, names in known}
            self.tell({"aliases": ids[self.path.rsplit("/", 1)[1]], "summary": "it breaks"})

        def vulnerable(self, name: str) -> object:
            return {"vulns": [{"id": number} for package, number, _ in known if package == name]} if name else {}

        def tell(self, record: object) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(record).encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Replies)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_every_pin_of_the_lock_is_asked_about__WEB_07() -> None:
    text = LOCK.read_text("utf-8")
    assert len(pinned(text)) == len(re.findall(r"^[^\s#-]", text, re.MULTILINE)) > 100
    assert {"gradio", "chromadb", "openai", "tantivy"} <= set(dict(pinned(text)))


def test_a_vulnerability_that_nobody_explained_fails_the_audit__WEB_07(capsys: pytest.CaptureFixture[str]) -> None:
    with osv(("gradio", "GHSA-new", ["CVE-1999-1"]), ("chromadb", "PYSEC-1", ["CVE-2026-45829"])) as address:
        assert main(address) == 1
    said = capsys.readouterr().out
    assert "gradio" in said and "CVE-1999-1" in said and "it breaks" in said and "CVE-2026-45829" not in said


def test_one_that_is_explained_under_any_of_its_names_passes__WEB_07() -> None:
    with osv(("chromadb", "PYSEC-1", ["CVE-2026-45829"]), ("chromadb", "GHSA-36p7-vc44-83pf", [])) as address:
        assert main(address) == 0
    with osv(("openai", "PYSEC-1", ["CVE-2026-45829"])) as address:  # another package's
        assert main(address) == 1


def test_an_audit_that_reached_nobody_is_no_audit__WEB_07(capsys: pytest.CaptureFixture[str]) -> None:
    with osv() as address:
        pass
    assert main(address) == 2 and "nothing was checked" in capsys.readouterr().err


def test_every_exception_has_a_reason_that_holds__WEB_07() -> None:
    versions = dict(pinned(LOCK.read_text("utf-8")))
    for one in accepted():
        assert one.package in versions and one.ids and len(one.reason.split()) > 5
    code = [path for folder in ("index", "assistant", "evals") for path in (ROOT / folder).rglob("*.py")]
    starts = re.compile(r"chromadb\.(?:server|app|cli)\b|chroma[\"', ]+run\b")
    assert code and not [path.name for path in code if starts.search(path.read_text("utf-8"))]


@pytest.mark.long
def test_no_dependency_has_a_vulnerability_that_is_not_explained__WEB_07() -> None:
    try:
        known = found(pinned(LOCK.read_text("utf-8")))
    except httpx.HTTPError as error:
        pytest.skip(
            f"{advisories.OSV} cannot be asked from here ({type(error).__name__}); run `make audit` with a network"
        )
    assert unexplained(known, accepted()) == []
