"""What was acknowledged stays: the cases DUR-01 to DUR-14 and CON-01 to CON-05 of the reliability notes.

The short forms run always; `make test-long` runs the same cases at length.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from index.chunking import embedding_text
from index.errors import ProviderDown, StoreBusy, StoreError, StoreFull
from index.ingest.sync import Lexicon, sync
from index.models import Article, Passage
from index.search.lexical import LexicalIndex
from index.store.ledger import Ledger
from index.vectors import chroma_collection, disk_space, vector_index
from index.vectors.exact_search import ExactSearch
from index.vectors.vector_index import Vectors
from tests.index.rows import Words, astray, filled, nothing, report, write

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent.parent
long = pytest.mark.long


@pytest.fixture(autouse=True)
def by_chroma(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search as in a large store, by Chroma's index."""
    monkeypatch.setattr(vector_index, "EXACT", 0)


class Desk:
    """A folder of articles, its store, and the processes of `tests.index.killed` that index it and are killed."""

    def __init__(self, place: Path, dimensions: int = 32) -> None:
        self.folder, self.store, self.dimensions = place / "articles", place / "store", dimensions
        self.folder.mkdir(parents=True, exist_ok=True)
        self.runs = 0

    def start(self) -> subprocess.Popen[str]:
        self.runs += 1
        arguments = (self.folder, self.store, self.runs, self.dimensions)
        command = [sys.executable, "-m", "tests.index.killed", *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True)
        assert process.stdout and "ready" in process.stdout.readline()
        return process

    def kill(self, process: subprocess.Popen[str], group: bool = True) -> None:
        """End a process with -9, its Chroma process too or not, and check that the store holds what it had
        acknowledged.
        """
        assert process.stdout
        os.killpg(process.pid, signal.SIGKILL) if group else process.kill()
        self.check([json.loads(line) for line in process.stdout.read().splitlines() if line.endswith("}")])
        process.wait()

    def check(self, said: list[dict[str, Any]]) -> None:
        """All that was acknowledged is there, and current; after the next run so is the whole folder, each passage once
        and found.
        """
        rounds = [line["began"] for line in said if "began" in line]
        done = sum("acknowledged" in line for line in said)
        touched = {int(key): version for changes in rounds[:done] for key, version in changes.items()}
        later = {int(change) for changes in rounds[done:] for change in changes}
        with opened(self.store, self.dimensions) as (ledger, vectors):
            before = {article.id: article.text for article in ledger.every_article()}
            for key, version in touched.items():
                if key not in later:
                    assert before.get(f"r{key}") == (None if version is None else report(key, version)[0].text)
            lexicon = Lexicon(ledger)
            sync(self.folder, ledger, [lexicon, vectors])
            after = {article.id: article.text for article in ledger.every_article()}
            assert after == {path.stem: path.read_text("utf-8") for path in self.folder.glob("*.txt")}
            assert not ledger.pending("vectors") + ledger.pending("lexical")
            assert vectors.examine().rows == ledger.counts()["passages"] == lexical(ledger).passages
            some = [f"r{one}" for one in touched.keys() | later if f"r{one}" in after]
            assert unspoken(ledger, some) == []
            lost = astray(ledger, vectors, some)
            assert [one for one in lost if not compared(ledger, vectors, one)] == []
            assert len(lost) <= (
                0 if vectors.examine().rows <= 2_000 else 3 + 0.02 * len(some)
            )  # HNSW loses a few by itself


def compared(ledger: Ledger, vectors: Vectors, passage_id: str) -> bool:
    """Whether a passage is found where its article's vectors are compared one by one, and no graph is walked."""
    article = ledger.article(passage_id.rpartition(":")[0])
    passage = next(one for one in ledger.passages_of(article) if one.id == passage_id)
    exact = ExactSearch(ledger, vectors.embedder.name, vectors.embedder.dimensions)
    near = exact.nearest(vectors.embedder.embed([embedding_text(article, passage)])[0], 1, {article.id})
    return [match[0] for match in near] == [passage_id]


def opened(store: Path, dimensions: int = 32) -> AbstractContextManager[tuple[Ledger, Vectors]]:
    """A store, and its vectors through a fresh process."""
    return kept(store, Words(dimensions=dimensions))


@contextmanager
def kept(store: Path, model: Words) -> Iterator[tuple[Ledger, Vectors]]:
    """The same, with a model of one's own."""
    ledger = Ledger.create(store)
    vectors = Vectors(ledger, model)
    try:
        yield ledger, vectors
    finally:
        vectors.close()
        ledger.close()


def lexical(ledger: Ledger) -> LexicalIndex:
    return LexicalIndex.open(Lexicon(ledger).folder)


def unspoken(ledger: Ledger, ids: Iterable[str]) -> list[str]:
    """The passages of these articles that their own words do not bring up first."""
    index = lexical(ledger)
    passages = [one for article in ledger.articles(list(ids)).values() for one in ledger.passages_of(article)]
    return [passage.id for passage in passages if index.search(passage.text, 1)[0][0] != passage.id]


@pytest.mark.parametrize(
    ("kills", "group"),
    [(2, True), (1, False), pytest.param(160, True, marks=long), pytest.param(40, False, marks=long)],
)
def test_DUR_01_what_was_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path, kills: int, group: bool) -> None:
    """`group`: whether Chroma's process is killed too, or left behind in the middle of a call."""
    dice, desk = random.Random(kills), Desk(tmp_path)
    for _ in range(kills):
        process = desk.start()
        time.sleep(dice.uniform(0, 6 if kills > 10 else 3))
        desk.kill(process, group)


def data_files(store: Path) -> dict[Path, int]:
    """The vector files and when they were last written."""
    found = {}
    for path in store.glob("chroma-*/*/data_level0.bin"):
        with suppress(FileNotFoundError):
            found[path] = path.stat().st_mtime_ns
    return found


@pytest.mark.parametrize("kills", [1, pytest.param(40, marks=long)])
def test_DUR_02_a_kill_while_the_index_files_are_rewritten_costs_nothing(
    tmp_path: Path, kills: int, record_property: Callable[[str, object], None]
) -> None:
    dice, desk = random.Random(kills), Desk(tmp_path, dimensions=1024 if kills > 1 else 256)
    broken = 0
    for _ in range(kills):
        process = desk.start()
        before, until = data_files(desk.store), time.monotonic() + 120
        while data_files(desk.store) == before and time.monotonic() < until and process.poll() is None:
            pass
        time.sleep(dice.uniform(0, 0.03))
        number = generation(desk.store)
        desk.kill(process)
        broken += generation(desk.store) != number
    record_property("rebuilt", f"{broken} of {kills} kills within 30 ms of an index sync")
    assert desk.runs == kills


def lexical_of(ledger: Ledger, article: str) -> list[str]:
    """What of an article the lexical index still returns."""
    match = lexical(ledger).search(report(int(article[1:]))[0].text, 50)
    return [one for one, _ in match if one.startswith(f"{article}:")]


def generation(store: Path) -> str | None:
    """The name of the collection's folder."""
    return os.readlink(store / "chroma") if (store / "chroma").is_symlink() else None


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 600 reports, 1,200 passages, of which Chroma has synced 1,000 to its files."""
    store = tmp_path_factory.mktemp("shelf") / "store"
    ledger, vectors = filled(store, range(600), Words())
    vectors.close()
    ledger.close()
    return store


@pytest.fixture
def copy(shelf: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it to damage."""
    shutil.copytree(shelf, tmp_path / "store", copy_function=shutil.copy2, symlinks=True)
    yield tmp_path / "store"


def index_files(store: Path) -> list[Path]:
    return sorted(store.glob("chroma-*/*/*"))


def remove_folder(store: Path) -> None:
    shutil.rmtree(index_files(store)[0].parent)


def remove_all(store: Path) -> None:
    shutil.rmtree(next(store.glob("chroma-*")))


def remove_database(store: Path) -> None:
    next(store.glob("chroma-*/chroma.sqlite3")).unlink()


def shorten_database(store: Path) -> None:
    path = next(store.glob("chroma-*/chroma.sqlite3"))
    os.truncate(path, path.stat().st_size // 2)


def without(name: str) -> Callable[[Path], None]:
    return lambda store: next(store.glob(f"chroma-*/*/{name}")).unlink()


def half(name: str) -> Callable[[Path], None]:
    def damage(store: Path) -> None:
        path = next(store.glob(f"chroma-*/*/{name}"))
        os.truncate(path, path.stat().st_size // 2)

    return damage


def zeroed(name: str) -> Callable[[Path], None]:
    def damage(store: Path) -> None:
        path = next(store.glob(f"chroma-*/*/{name}"))
        path.write_bytes(bytes(path.stat().st_size))

    return damage


def flipped(name: str) -> Callable[[Path], None]:
    def damage(store: Path) -> None:
        path = next(store.glob(f"chroma-*/*/{name}"))
        body = bytearray(path.read_bytes())
        middle = len(body) // 2
        body[middle : middle + 4096] = bytes(255 - byte for byte in body[middle : middle + 4096])
        path.write_bytes(body)

    return damage


FILES = ("data_level0.bin", "header.bin", "index_metadata.pickle", "length.bin", "link_lists.bin")
SHORT = {"folder": remove_folder, "flipped-data": flipped("data_level0.bin")}
LONG = {
    "all": remove_all,
    "database": remove_database,
    "half-database": shorten_database,
    **{f"{how.__name__}-{name}": how(name) for how in (without, half, zeroed, flipped) for name in FILES},
}


@pytest.mark.parametrize("damage", [*SHORT, *(pytest.param(name, marks=long) for name in LONG)])
def test_DUR_03_damaged_index_files_are_noticed_replaced_and_answered_from(copy: Path, damage: str) -> None:
    (SHORT | LONG)[damage](copy)
    ledger = Ledger.open(copy)
    model = Words()
    vectors = Vectors(ledger, model)
    try:
        with ledger.writing():
            vectors.refresh(nothing)
        assert vectors.examine().well
        assert astray(ledger, vectors, [f"r{one}" for one in range(0, 600, 13)]) == []
    finally:
        vectors.close()


@pytest.mark.parametrize("damage", ["flipped-data", *(pytest.param(name, marks=long) for name in LONG)])
def test_DUR_03_a_reader_of_damaged_files_lives_and_answers_right(copy: Path, damage: str) -> None:
    (SHORT | LONG)[damage](copy)
    ledger = Ledger.open(copy)
    reader = Vectors(ledger, Words())
    try:
        wrong = astray(ledger, reader, [f"r{one}" for one in range(0, 600, 20)])
        assert len(wrong) <= 6, "a tenth and more is lost in silence"
        if ledger.state("chroma-suspect"):  # exact search stood in
            assert wrong == [] and "exact search" in (reader.trouble() or "")
    finally:
        reader.close()


def test_DUR_05_06_a_failing_model_leaves_the_article_findable_and_is_asked_again(tmp_path: Path) -> None:
    folder = write(tmp_path / "articles", {"a.txt": "وصل الوفد إلى الميناء.", "b.txt": "غادر الوزير العاصمة."})
    model = Words()
    with kept(tmp_path / "store", model) as (ledger, vectors):
        derived = [Lexicon(ledger), vectors]
        sync(folder, ledger, derived)
        model.fails = True
        write(folder, {"a.txt": "وصل الوفد إلى المطار."})
        with pytest.raises(ProviderDown):
            sync(folder, ledger, derived)
        assert lexical(ledger).search("المطار", 5)[0][0] == "a:0-21"
        assert ledger.coverage(model.name) == (1, 2)
        model.fails = False
        write(folder, {"a.txt": "وصل الوفد إلى الميناء."})  # as it was: paid for already
        model.asked.clear()
        sync(folder, ledger, derived)
        assert model.asked == [] == ledger.pending("vectors")
        assert astray(ledger, vectors) == [] and vectors.examine().rows == 2
        write(folder, {"a.txt": "وصل الوفد إلى المطار."})
        sync(folder, ledger, derived)
        assert astray(ledger, vectors) == [] and vectors.search("وصل الوفد إلى المطار.", 5)[0][0] == "a:0-21"


def test_DUR_07_a_full_disk_ends_in_words_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    """On a file system of 20 MB of our own, which then grows."""
    mount = f"mount -t tmpfs -o size=20m tmpfs {tmp_path} && exec {sys.executable} -m tests.index.fills {tmp_path}"
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a file system of his own")
    run = subprocess.run(["unshare", "-rm", "sh", "-c", mount], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stderr


def test_DUR_08_a_disk_without_room_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(0, 0, 499))
    with pytest.raises(StoreFull, match=r"make room and run again"):
        disk_space.require(tmp_path, 500)
    disk_space.require(tmp_path, 499)


def test_DUR_09_indexing_the_same_again_changes_and_costs_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path / "articles", {f"r{one}.txt": report(one)[0].text for one in range(20)})
    model = Words()
    with kept(tmp_path / "store", model) as (ledger, vectors):
        states = []
        for _ in range(3):
            done = sync(folder, ledger, [Lexicon(ledger), vectors])
            states.append((ledger.counts(), ledger.state("chroma"), len(model.asked)))
        assert states[0] == states[1] == states[2] and done.unchanged == 20 and not done.added + done.changed


@pytest.mark.parametrize("size", [60, pytest.param(1000, marks=long)])
def test_DUR_10_one_change_and_one_deletion_touch_nothing_else(tmp_path: Path, size: int) -> None:
    folder = write(tmp_path / "articles", {f"r{one}.txt": report(one)[0].text for one in range(size)})
    model = Words()
    with kept(tmp_path / "store", model) as (ledger, vectors):
        derived = [Lexicon(ledger), vectors]
        sync(folder, ledger, derived)
        before, first = ledger.settled("vectors"), generation(tmp_path / "store")
        model.asked.clear()
        changed = report(7, version=5)[0].text
        write(folder, {"r7.txt": changed})
        (folder / "r9.txt").unlink()
        sync(folder, ledger, derived)
        after = ledger.settled("vectors")
        assert {one.partition(":")[0] for one in before ^ after} <= {"r7", "r9"} and vectors.examine().rows == len(
            after
        )
        assert model.asked and all(text in changed for text in model.asked)
        assert [one for one, _ in vectors.search(report(9)[0].text, 1)] != ["r9:0-"] and not lexical_of(ledger, "r9")
        assert astray(ledger, vectors, ["r7"]) == []
        assert generation(tmp_path / "store") == first


@pytest.mark.parametrize(("rows", "times"), [(150, 2), pytest.param(500, 8, marks=long)])
def test_DUR_11_replacing_everything_again_and_again_wears_nothing_out(tmp_path: Path, rows: int, times: int) -> None:
    with kept(tmp_path / "store", Words()) as (ledger, vectors):
        sizes = []
        for version in range(times + 1):
            with ledger.writing():
                ledger.replace(report(one, version) for one in range(rows))
                vectors.refresh(nothing)
            sizes.append(sum(path.stat().st_size for path in tmp_path.glob("store/chroma-*/*/*")))
        assert sizes[-1] <= 1.5 * sizes[0]
        assert astray(ledger, vectors, [f"r{one}" for one in range(0, rows, 1 if times > 2 else 10)]) == []


SWAP = """
import os, signal, sys
from pathlib import Path
from index.store.ledger import Ledger
from index.vectors import chroma_index
from index.vectors.vector_index import Vectors
from tests.index.rows import Words, nothing
when, publish = sys.argv[2], chroma_index.ChromaIndex._publish
def dies(self, record):
    if when == "after":
        self.tidy = lambda: os.killpg(0, signal.SIGKILL)
        publish(self, record)
    os.killpg(0, signal.SIGKILL)
chroma_index.ChromaIndex._publish = dies
ledger = Ledger.open(Path(sys.argv[1]))
with ledger.writing():
    Vectors(ledger, Words()).rebuild(nothing)
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_DUR_12_a_kill_around_the_swap_leaves_the_old_or_the_new_whole(copy: Path, when: str) -> None:
    first = generation(copy)
    run = subprocess.run([sys.executable, "-c", SWAP, copy, when], cwd=ROOT, start_new_session=True)
    assert run.returncode == -signal.SIGKILL
    with opened(copy) as (ledger, vectors):
        assert (generation(copy) == first) is (when == "before")
        assert astray(ledger, vectors, ["r3", "r599"]) == []
        with ledger.writing():
            ledger.replace([report(700)])
            vectors.refresh(nothing)
        assert generation(copy) != first and vectors.examine().well
        assert [path.name for path in copy.glob("chroma-*")] == [generation(copy)]


class Shelf(RuleBasedStateMachine):
    """DUR-13: any order of changes, runs, restarts and kills leaves the store equal to a dictionary."""

    place: Path

    def __init__(self) -> None:
        super().__init__()
        self.store = Path(tempfile.mkdtemp(dir=self.place))
        self.ledger = Ledger.create(self.store)
        self.vectors = Vectors(self.ledger, Words())
        self.model: dict[int, int] = {}

    @rule(changes=st.dictionaries(st.integers(0, 40), st.integers(0, 5), min_size=1, max_size=30))
    def put(self, changes: dict[int, int]) -> None:
        self.ledger.replace(report(key, version) for key, version in changes.items())
        self.model |= changes

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        gone = data.draw(st.lists(st.sampled_from(sorted(self.model)), min_size=1, max_size=10, unique=True))
        self.ledger.delete(f"r{one}" for one in gone)
        for one in gone:
            del self.model[one]

    @rule()
    def follow(self) -> None:
        with self.ledger.writing():
            self.vectors.refresh(nothing)

    @rule()
    def restart(self) -> None:
        self.vectors.close()
        self.ledger.close()
        self.ledger = Ledger.open(self.store)
        self.vectors = Vectors(self.ledger, Words())

    @rule(after=st.floats(0, 0.05))
    def kill_chroma_at_work(self, after: float) -> None:
        """The run goes on, with another process."""

        def kill() -> None:
            if (collection := self.vectors._chroma._open) is not None:
                collection._child.kill()

        threading.Timer(after, kill).start()
        self.follow()
        time.sleep(0.06)

    @rule()
    def compare(self) -> None:
        self.follow()
        assert {int(one.id[1:]): one.text for one in self.ledger.every_article()} == {
            key: report(key, version)[0].text for key, version in self.model.items()
        }
        if self.model:
            everything = [one for one, _ in self.vectors.search("الوفد", 1000)]
            assert len(everything) == len(set(everything)) and set(everything) == self.ledger.settled("vectors")
            assert astray(self.ledger, self.vectors) == []

    def teardown(self) -> None:
        try:
            self.compare()
        finally:
            self.vectors.close()
            self.ledger.close()


@pytest.mark.parametrize("runs", [3, pytest.param(200, marks=long)])
def test_DUR_13_any_order_of_changes_restarts_and_kills_leaves_what_a_dictionary_holds(
    tmp_path: Path, runs: int
) -> None:
    Shelf.place = tmp_path
    run_state_machine_as_test(
        Shelf,
        settings=settings(
            max_examples=runs, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 99}, "newer isnad; upgrade"),
        ({"name": "another-model"}, "made by another-model, .*--reembed"),
        ({"dimensions": 7}, r"made by words with 7 numbers each, where it now gives 32.*--reembed"),
    ],
)
def test_DUR_14_a_store_of_another_format_or_model_is_refused_and_not_touched(
    shelf: Path, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    shutil.copy2(shelf / "ledger.db", tmp_path)
    ledger = Ledger.open(tmp_path)
    key = "chroma" if "format" in change else "embedding_model"
    record = json.loads(ledger.state(key) or "") | change
    ledger.set_state(key, json.dumps(record))
    if "name" in change:
        ledger.keep_vectors(str(change["name"]), {embedding_text(*first_of(ledger)): b"\0" * 128})
    vectors = Vectors(ledger, Words())
    with pytest.raises(StoreError, match=said):
        vectors.search("الوفد", 3)
    if "dimensions" not in change:  # without anything to embed nobody asks the model how long its vectors are
        with pytest.raises(StoreError, match=said):
            vectors.refresh(nothing)
    assert json.loads(ledger.state(key) or "") == record and not list(tmp_path.glob("chroma-*"))


def first_of(ledger: Ledger) -> tuple[Article, Passage]:
    """An article and its first passage."""
    article = next(ledger.every_article())
    return article, ledger.passages_of(article)[0]


def test_DUR_14_a_collection_that_is_not_what_the_ledger_says_is_replaced(copy: Path) -> None:
    code = (
        "import sys, chromadb; c = chromadb.PersistentClient(sys.argv[1]);"
        "c.get_collection('isnad', embedding_function=None).modify(metadata={'model': 'stranger'})"
    )
    first = generation(copy)
    subprocess.run([sys.executable, "-c", code, copy / "chroma"], check=True)
    with opened(copy) as (ledger, vectors):
        assert astray(ledger, vectors, ["r3"]) == [] and "exact search" in (vectors.trouble() or "")
        with ledger.writing():
            vectors.refresh(nothing)
        assert generation(copy) != first and vectors.trouble() is None and astray(ledger, vectors, ["r3"]) == []


def test_CON_01_a_second_writer_is_told_at_once_who_is_writing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    process = desk.start()
    try:
        until = time.monotonic() + 30
        while not (desk.store / "writer.lock").exists() and time.monotonic() < until:
            pass
        with opened(desk.store) as (ledger, vectors):
            said = None
            while not said and time.monotonic() < until:  # it lets go for a moment between two rounds
                began = time.monotonic()
                try:
                    sync(desk.folder, ledger, [vectors])
                except StoreBusy as error:
                    said = str(error)
            assert said and f"process {process.pid} since 20" in said and time.monotonic() - began < 2
    finally:
        desk.kill(process)


def test_CON_02_a_page_sees_what_another_process_indexed_and_never_what_it_deleted(copy: Path) -> None:
    with opened(copy) as (ledger, writer), opened(copy) as (_, page):
        assert astray(ledger, page, ["r1"]) == []
        with ledger.writing():
            ledger.replace(report(one) for one in range(1000, 1050))
            ledger.delete(["r2"])
            writer.refresh(nothing)
        began = time.monotonic()
        assert astray(ledger, page, ["r1000"]) == [] and time.monotonic() - began < 5
        assert astray(ledger, page, [f"r{one}" for one in range(1000, 1050)]) == []
        assert not [one for one, _ in page.search(report(2)[0].text, 50) if one.startswith("r2:")]


@pytest.mark.parametrize("swaps", [1, pytest.param(10, marks=long)])
def test_CON_03_no_question_fails_while_a_generation_is_swapped(copy: Path, swaps: int) -> None:
    first = generation(copy)
    with opened(copy) as (_, page), opened(copy) as (ledger, writer), ledger.writing():
        failures: list[BaseException] = []
        asked = 0

        def rebuild() -> None:
            try:
                for _ in range(swaps):
                    writer.rebuild(nothing)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=rebuild)
        thread.start()
        while thread.is_alive():
            assert page.search("وصل الوفد رقم 7", 5)
            asked += 1
        thread.join()
        assert not failures and page.search("وصل الوفد رقم 7", 5) and asked
        assert generation(copy) != first


@pytest.mark.parametrize("rounds", [4, pytest.param(60, marks=long)])
def test_CON_03_no_question_fails_while_another_process_writes_in_place(copy: Path, rounds: int) -> None:
    with opened(copy) as (_, page), opened(copy) as (ledger, writer), ledger.writing():
        assert page.search("وصل الوفد رقم 7", 5)
        failures: list[BaseException] = []

        def write_on() -> None:
            try:
                for one in range(rounds):
                    ledger.replace([report(2000 + one), report(one, version=1)])
                    writer.refresh(nothing)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=write_on)
        thread.start()
        while thread.is_alive():
            assert page.search("وصل الوفد رقم 7", 5)
        thread.join()
        assert not failures and astray(ledger, page, [f"r{2000 + rounds - 1}", "r0"]) == []
        assert ledger.state("chroma-suspect") is None


def test_CON_04_a_foreign_lock_stops_no_reader_and_is_named_to_a_writer(copy: Path) -> None:
    holder = sqlite3.connect(copy / "chroma" / "chroma.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with opened(copy) as (ledger, vectors):
        assert astray(ledger, vectors, ["r1"]) == [] and ledger.state("chroma-suspect") is None
        with ledger.writing(), pytest.raises(StoreBusy, match=r"another program holds .*; close it"):
            ledger.replace([report(700)])
            vectors.refresh(nothing)
        holder.execute("ROLLBACK")
        holder.close()
        assert astray(ledger, vectors, ["r1"]) == []


def test_CON_04_a_lock_on_the_ledger_is_named_too_and_stops_no_reader(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path)
    ledger.replace([report(1)])
    holder = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    other = Ledger.open(tmp_path)
    with pytest.raises(StoreBusy, match=r"another program holds .*ledger\.db; close it"):
        other.replace([report(2)])
    assert time.monotonic() - began < 10 and other.article("r1").text == report(1)[0].text
    holder.execute("ROLLBACK")
    holder.close()
    other.replace([report(2)])


def test_CON_05_the_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path)
    (tmp_path / "writer.lock").write_text(f"process {os.getpid()} since 2020-01-01 00:00:00")  # a pid that lives again
    with ledger.writing():
        assert "2020" not in (tmp_path / "writer.lock").read_text()


@pytest.mark.parametrize("end", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=long)])
def test_a_run_that_is_asked_to_stop_leaves_a_store_that_goes_on(tmp_path: Path, end: signal.Signals) -> None:
    desk = Desk(tmp_path)
    process = desk.start()
    time.sleep(2.5)
    process.send_signal(end)
    desk.kill(process, group=False)


def test_a_chroma_that_hangs_is_given_up_and_replaced(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(shelf) as (ledger, vectors):
        assert astray(ledger, vectors, ["r1"]) == []
        assert vectors._chroma._open
        os.kill(vectors._chroma._open._child.pid, signal.SIGSTOP)
        with monkeypatch.context() as patch:
            patch.setitem(chroma_collection.DEADLINES, "query", 0.5)
            assert vectors.search("الوفد", 3)
        assert astray(ledger, vectors, ["r1"]) == []
