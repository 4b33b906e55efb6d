"""Vectors are filled while a store is held open, by one thread that lets everybody else go first."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant import Assistant, container
from assistant.settings import Settings
from index.store.ledger import Ledger
from index.vectors import background, filling
from index.vectors.background import BackgroundFilling
from index.vectors.vector_index import Vectors
from tests.index.rows import Words, nothing, report
from tests.shop import index, write

pytestmark = pytest.mark.process


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DELAY", "PAUSE"):
        monkeypatch.setattr(background, name, 0.01)
    monkeypatch.setattr(filling, "FEW", 2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    ledger = Ledger.create(tmp_path / "store")
    ledger.replace(map(report, range(20)))
    yield tmp_path / "store"
    ledger.close()


class Slow(Words):
    """It gives the vectors of the texts that it is allowed, and remembers which thread asked."""

    def __init__(self, allowed: int = 1_000) -> None:
        super().__init__()
        self.turns = threading.Semaphore(allowed)
        self.threads: set[tuple[str, int]] = set()

    def embed(self, texts: Any, *, question: bool = False) -> Any:
        while not self.turns.acquire(timeout=5):
            raise AssertionError("nobody lets it go on")
        priority = os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) if sys.platform == "linux" else 0
        self.threads.add((threading.current_thread().name, priority))
        return super().embed(texts, question=question)


def opener(store: Path, model: Words) -> Callable[[], tuple[Ledger, Vectors]]:
    def opened() -> tuple[Ledger, Vectors]:
        ledger = Ledger.open(store)
        return ledger, Vectors(ledger, model)

    return opened


def coverage(store: Path, model: str = "words") -> tuple[int, int]:
    ledger = Ledger.open(store)
    try:
        return ledger.coverage(model)
    finally:
        ledger.close()


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_a_store_that_is_held_open_is_filled_at_low_priority_and_handed_to_chroma(store: Path) -> None:
    model = Slow()
    release = BackgroundFilling().hold(store, opener(store, model))
    until(lambda: coverage(store) == (40, 40) and not Ledger.open(store).pending("vectors"))
    release()
    ((name, priority),) = model.threads
    assert name == "isnad-filling" and (sys.platform != "linux" or priority >= background.NICENESS)
    assert os.getpriority(os.PRIO_PROCESS, 0) < background.NICENESS
    ledger = Ledger.open(store)
    vectors = Vectors(ledger, Words())
    assert vectors.examine().well
    vectors.close()
    ledger.close()


def test_who_lets_go_waits_for_the_passages_under_way_and_what_was_filled_is_kept(store: Path) -> None:
    model, filler = Slow(allowed=3), BackgroundFilling()
    release = filler.hold(store, opener(store, model))
    until(lambda: coverage(store)[0] == 6)
    threading.Timer(0.3, model.turns.release).start()
    release()
    assert coverage(store) == (8, 40)
    until(lambda: filler._thread is None)
    again = Words()
    release = filler.hold(store, opener(store, again))
    until(lambda: coverage(store) == (40, 40))
    release()
    assert len(again.asked) == 32


def test_two_stores_are_filled_by_one_thread_one_after_the_other(store: Path, tmp_path: Path) -> None:
    other = Ledger.create(tmp_path / "other")
    other.replace([report(99)])
    model, filler = Slow(), BackgroundFilling()
    releases = [filler.hold(store, opener(store, model)), filler.hold(tmp_path / "other", opener(other.store, model))]
    releases.append(filler.hold(store, opener(store, model)))  # held twice: filled until both let go
    until(lambda: coverage(store) == (40, 40) and coverage(other.store)[0] == 2)
    assert len(model.threads) == 1
    for release in releases:
        release()
    until(lambda: filler._thread is None)
    other.close()


def test_another_process_that_fills_or_writes_goes_first(store: Path) -> None:
    model, filler = Words(), BackgroundFilling()
    holder = Ledger.open(store)
    with filling.filling_lock(holder):
        release = filler.hold(store, opener(store, model))
        time.sleep(0.3)
        assert not model.asked
    until(lambda: coverage(store) == (40, 40))
    release()
    holder.close()


def test_a_run_takes_over_while_a_page_fills_in_the_background(store: Path) -> None:
    from assistant.cli.store_commands import _when_free

    model, filler = Slow(), BackgroundFilling()
    release = filler.hold(store, opener(store, model))
    ledger = Ledger.open(store)
    vectors = Vectors(ledger, Words())
    _when_free(lambda: vectors.fill(nothing))
    assert vectors.coverage() == (40, 40)
    release()
    ledger.close()


def test_a_model_that_fails_does_not_end_the_filling(store: Path) -> None:
    model = Words()
    model.fails = True
    release = BackgroundFilling().hold(store, opener(store, model))
    time.sleep(0.2)
    model.fails = False
    until(lambda: coverage(store) == (40, 40))
    release()


def test_an_open_assistant_fills_its_store_and_finds_by_meaning(tmp_path: Path) -> None:
    text = "افتتح المحافظ كمال الراوي جسر نور يوم الجمعة."
    index(write(tmp_path / "articles", {"a.txt": text}), tmp_path / "store")
    with Assistant.open(tmp_path / "store", settings=Settings()) as assistant:
        until(lambda: container.status(tmp_path / "store", Settings())["meaning"]["used"])
        assert assistant.search("When was the bridge opened?")[0].ranks == {"meaning": 1}


@pytest.mark.parametrize("settings", [Settings(background=False), Settings(embedding_model="none")])
def test_nothing_is_filled_where_that_is_switched_off(tmp_path: Path, settings: Settings) -> None:
    index(write(tmp_path / "articles", {"a.txt": "خبر."}), tmp_path / "store")
    with Assistant.open(tmp_path / "store", settings=settings):
        time.sleep(0.5)
        assert coverage(tmp_path / "store", "e5-small-1:arabic+cyrillic+latin") == (0, 1)


def test_a_model_on_a_server_is_not_paid_in_the_background(store: Path) -> None:
    held = background.FILLING._held.copy()
    container.fill_in_background(store, Settings(), Words("text-embedding-3-small"))()
    assert held == background.FILLING._held
