"""Without the packages of the carried model a store is searched by its words, and status says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import container
from assistant.api import Assistant
from assistant.settings import Settings
from index.embeddings import carried
from tests.shop import index, isnad, isnad_json, write

pytestmark = pytest.mark.process

NEWS = {"a.txt": "جسر نور\n\nافتتح المحافظ كمال الراوي جسر نور يوم الجمعة."}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    index(write(tmp_path / "articles", NEWS), tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture(params=carried.PACKAGES)
def absent(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package that is not installed."""
    find = carried.find_spec
    monkeypatch.setattr(carried, "find_spec", lambda name: None if name == request.param else find(name))
    return str(request.param)


def test_without_its_packages_words_alone_answer(store: Path, absent: str) -> None:
    assert container.choose_embedder(Settings()) is None
    with Assistant.open(store, settings=Settings()) as assistant:
        (hit,) = assistant.search("جسر نور")
        assert hit.ranks == {"lexical": 1} and hit.score == hit.lexical_score
        assert not assistant.ask("من افتتح جسر نور؟").abstained


def test_status_names_the_package_that_is_not_installed(store: Path, absent: str) -> None:
    record = isnad_json("status", "--store", store)
    assert record["meaning"] == {"model": None, "used": False, "trouble": f"not installed: {absent}"}
    assert record["search"] == ["lexical"] and any(line.startswith("search by meaning") for line in record["off"])


def test_an_index_run_without_the_packages_is_complete(tmp_path: Path, absent: str) -> None:
    run = isnad("index", write(tmp_path / "articles", NEWS), "--store", tmp_path / "store", "--wait")
    assert run.returncode == 0 and isnad_json("status", "--store", tmp_path / "store")["articles"] == 1


def test_switched_off_it_is_not_loaded_though_it_is_installed(store: Path) -> None:
    off = Settings(embedding_model="none")
    assert container.choose_embedder(off) is None
    record = container.status(store, off)
    assert record["meaning"]["trouble"] == "switched off" and record["search"] == ["lexical"]
