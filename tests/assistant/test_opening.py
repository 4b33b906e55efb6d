"""Stores that cannot be asked, or only be read: what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant import container
from assistant.api import Assistant
from assistant.rendering.plain_text import status_text
from assistant.settings import Settings
from index.doctor import examine
from index.errors import NoStore, StoreBusy, StoreClosed, StoreDamaged, UsageError
from index.search.lexical import LexicalIndex
from index.store.ledger import Ledger
from tests.shop import index, isnad, write

NEWS = {"a.txt": "جسر نور\n\nافتتح المحافظ كمال الراوي جسر نور يوم الجمعة."}
NONE = "no articles are indexed in .*; run: isnad index FOLDER --store"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    index(write(tmp_path / "articles", NEWS), tmp_path / "store")
    return tmp_path / "store"


def test_a_store_that_may_only_be_read_answers_and_nothing_is_put_there(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = sorted(store.rglob("*"))
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    with Assistant.open(store, settings=Settings()) as assistant:
        assert assistant.search("جسر نور")[0].article.id == "a"
        assert not assistant.ask("من افتتح جسر نور؟").abstained
        assert sorted(store.rglob("*")) == there


def test_a_store_that_may_only_be_read_is_neither_written_nor_called_damaged(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    with pytest.raises(StoreClosed, match="may only be read"), Ledger.open(store).writing():
        pass
    with pytest.raises(StoreClosed, match="may only be read"):
        examine(store, lambda ledger: container.open_vectors(ledger, Settings()))


def test_while_the_first_articles_are_being_indexed_one_is_told_to_wait(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path / "store")
    with ledger.writing(), pytest.raises(StoreBusy, match=r"still being indexed .*process \d+.*; ask again when"):
        Assistant.open(tmp_path / "store", settings=Settings())


def test_a_store_is_let_go_of_where_it_cannot_be_opened_and_once_its_state_is_told(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, opened, close = list[Ledger](), Ledger.open, Ledger.close
    monkeypatch.setattr(Ledger, "open", lambda place: held.append(opened(place)) or held[-1])
    monkeypatch.setattr(Ledger, "close", lambda ledger: held.remove(ledger) or close(ledger))
    nowhere = Settings(reranker=f"local:{store}")  # a folder that holds no model
    with pytest.raises(UsageError, match="holds no model"):
        Assistant.open(store, settings=nowhere)
    container.status(store, Settings())
    assert held == []


@pytest.mark.usefixtures("without_chroma")
def test_a_store_without_articles_is_an_error_and_not_an_answer(store: Path, tmp_path: Path) -> None:
    assert isnad("remove", "a", "--store", store).returncode == 0
    asked = isnad("ask", "من افتتح جسر نور؟", "--store", store)
    assert asked.returncode == 1 and "run: isnad index FOLDER --store" in asked.stderr
    with pytest.raises(NoStore, match=NONE):
        Assistant.open(store, settings=Settings())


def test_a_path_that_is_not_there_makes_no_store(tmp_path: Path) -> None:
    run = isnad("index", tmp_path / "gone", "--store", tmp_path / "store")
    assert run.returncode == 1 and "does not exist" in run.stderr and not (tmp_path / "store").exists()


def test_advice_to_repair_names_the_store(tmp_path: Path) -> None:
    with pytest.raises(StoreDamaged, match=f"run: isnad doctor --repair --store {tmp_path}$"):
        LexicalIndex.open(tmp_path / "lexical")


def test_the_status_tells_paid_vectors_from_rows_in_chroma(store: Path) -> None:
    assert "paid vectors kept 0\n" in status_text(container.status(store, Settings()))
