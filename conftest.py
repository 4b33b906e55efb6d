"""Every test, examples in docstrings too, runs without keys and without a network beyond the loopback address."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from _pytest.doctest import DoctestItem

from assistant import container
from index.vectors import background
from tests.shop import index

HERE = Path(__file__).parent
REFERENCE = HERE / ".." / "shared" / "articles"

# A Python that compiles all that it imports takes twice as long to start, and the tests start hundreds.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Under `nohup … &` SIGINT is ignored, and every child process inherits that: tests that interrupt one would wait for
# ever.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("isnad", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("isnad")


@pytest.fixture(autouse=True, scope="session")
def no_keys() -> None:
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "ISNAD_")):
            del os.environ[name]
    os.environ["ISNAD_JUDGE"] = "off"  # tests of the judge turn it on: elsewhere it would be one more request
    os.environ["ISNAD_BACKGROUND"] = "false"  # vectors that come meanwhile would change what a test sees
    background.DELAY = 3600.0  # for settings that are not read from the environment


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0]) if isinstance(address, tuple) else ""
            assert host in ("127.0.0.1", "localhost", "::1"), f"a test went to the network: {address}"
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store of the five sample articles; only read it."""
    store = tmp_path_factory.mktemp("sample") / "store"
    index(HERE / "articles", store, chroma=True)
    yield store


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store of the five reference articles, where they are at hand; only read it."""
    if not REFERENCE.is_dir():
        pytest.skip("the reference articles are not here (../shared/articles)")
    store = tmp_path_factory.mktemp("reference") / "store"
    index(REFERENCE, store, chroma=True)
    yield store


@pytest.fixture
def without_chroma(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this test indexes in this process can be found by its words; its vectors stay pending, and no Chroma process
    is started.
    """
    monkeypatch.setattr(container, "open_vectors", lambda *_, **__: None)


@pytest.fixture(autouse=True)
def examples(request: pytest.FixtureRequest) -> None:
    """Examples in docstrings may ask the `sample` store, which is made when the first of them does."""
    if isinstance(request.node, DoctestItem) and "sample" in (request.node.dtest.docstring or ""):
        request.node.dtest.globs["sample"] = request.getfixturevalue("sample")
