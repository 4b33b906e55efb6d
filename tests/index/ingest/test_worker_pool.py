"""Articles prepared by several processes: what is indexed and told is the same as by one, whatever happens to them."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from index.errors import StoreFull
from index.ingest import sync as sync_module
from index.ingest import worker_pool
from index.ingest.sync import Lexicon, sync, take
from index.ingest.worker_pool import TOO_LONG, Job, Prepared, Worker, WorkerPool, prepare
from index.loaders.article_loader import ArticleRef, from_records, scan
from index.models import Skipped, SyncReport
from index.search.lexical import LexicalIndex, LexicalWriter
from index.store.ledger import INDEXES, Ledger

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent.parent.parent
START = Worker.start
HERE = 20  # articles until processes are started
INDEXED = re.compile(r'"indexed":"[^"]*"')
PLACES = "المرفأ السوق الجسر المتحف الملعب المكتبة المحطة الحديقة".split()
DOINGS = "افتتح رمم أغلق وسع زار فحص".split()


def record(number: int, version: int = 0) -> dict[str, str]:
    """One of any number of short reports; every seventh is a copy of the one before it under another headline."""
    told = number - 1 if number % 7 == 6 else number
    place, doing = PLACES[told % len(PLACES)], DOINGS[told % len(DOINGS)]
    lines = [f"{doing} المجلس {place} رقم {told * 31 + one + version} في الحي {told % 53 + one}." for one in range(4)]
    return {"id": f"r{number}", "title": f"خبر {place} {number}", "text": "\n".join(lines), "lang": "ar"}


def write(path: Path, records: Iterable[Mapping[str, str]], more: Iterable[bytes] = ()) -> Path:
    path.write_bytes(b"\n".join([*map(msgspec.json.encode, records), *more]))
    return path


def rows(store: Path) -> list[tuple[Any, ...]]:
    """All that a ledger holds but the time of the run, table by table, in the order it was written if there is one."""
    db = sqlite3.connect(store / "ledger.db")
    names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = [(name, *row) for name in names for row in db.execute(f"SELECT * FROM {name}")]
    db.close()
    return [tuple(INDEXED.sub("", value) if isinstance(value, str) else value for value in row) for row in found]


class Watched:
    """What the processes of a test did."""

    def __init__(self) -> None:
        self.workers: list[Worker] = []
        self.here: list[str] = []  # articles that were prepared in this process


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Three cores, small batches, and processes that are waited for, so that it is they who prepare all after the first
    20.
    """
    watched, start = Watched(), Worker.start

    def settled() -> Worker | None:
        worker = start()
        assert worker is not None
        watched.workers.append(worker)
        until = time.monotonic() + 120
        while not worker.able:
            assert time.monotonic() < until and worker._child.poll() is None
        return worker

    def noted(ref: ArticleRef) -> Prepared | Skipped:
        watched.here.append(ref.id)
        return prepare(ref)

    monkeypatch.setattr(worker_pool, "_cores", lambda: 3)
    monkeypatch.setattr(worker_pool, "WORTH", HERE)
    monkeypatch.setattr(worker_pool, "prepare", noted)
    monkeypatch.setattr(sync_module, "BATCH", 10)
    monkeypatch.setattr(Worker, "start", settled)
    return watched


def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "_cores", lambda: 1)


Told = tuple[SyncReport, list[tuple[str, int, int | None]], list[tuple[Any, ...]]]


def indexed(store: Path, run: Callable[[Ledger, sync_module.Progress], SyncReport]) -> Told:
    """What a run reports, what it says on its way, and what is in the ledger after it."""
    ledger = Ledger.create(store)
    said: list[tuple[str, int, int | None]] = []
    report = run(ledger, lambda *step: said.append(step))
    for derived in INDEXES:
        ledger.settle(derived, ledger.pending(derived)[::3])
    ledger.close()
    return report, said, rows(store)


def test_several_processes_leave_the_same_ledger_as_one(
    tmp_path: Path, crew: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "news"
    folder.mkdir()

    def first(ledger: Ledger, progress: sync_module.Progress) -> SyncReport:
        write(folder / "a.jsonl", map(record, range(60)), [b"no json", b'{"id": "empty", "text": " "}'])
        write(folder / "b.jsonl", map(record, range(60, 120)))
        for one in range(30):
            (folder / f"f{one:02}.txt").write_text(record(one + 500)["text"])
        (folder / "g.txt").write_bytes(b"\xff\x00\xff")
        (folder / "h.html").write_text(f"<html><body><p>{record(700)['text']}</p></body></html>")
        return sync(folder, ledger, [], progress=progress)

    def second(ledger: Ledger, progress: sync_module.Progress) -> SyncReport:
        write(folder / "a.jsonl", (record(one, version=one % 2) for one in range(80, 20, -1)))
        (folder / "b.jsonl").unlink()
        (folder / "f03.txt").write_text("وصل \u200bالوفد.")
        return sync(folder, ledger, [], progress=progress)

    many = [indexed(tmp_path / "store", run) for run in (first, second)]
    assert len(crew.workers) == 4
    assert len(crew.here) < 120  # most was prepared elsewhere
    alone(monkeypatch)
    one = [indexed(tmp_path / "alone", run) for run in (first, second)]
    assert len(crew.workers) == 4
    assert many == one
    assert (
        many[0][0].added
        and many[1][0].changed
        and many[1][0].deleted
        and many[0][0].skipped
        and many[1][0].invisible_characters
    )


def test_of_two_records_with_one_id_the_later_stays_though_the_earlier_is_under_way(
    tmp_path: Path, crew: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [record(one % 45, version=one // 45) for one in range(135)]
    many = indexed(tmp_path / "many", lambda ledger, progress: take(records, ledger, [], progress=progress))
    assert len(crew.here) < 40
    alone(monkeypatch)
    assert many == indexed(tmp_path / "one", lambda ledger, progress: take(records, ledger, [], progress=progress))
    assert (len(many[0].added), len(many[0].changed)) == (45, 90)


@pytest.mark.parametrize("deaths", [1, 2])
def test_what_a_process_died_over_is_prepared_here(
    tmp_path: Path, crew: Watched, monkeypatch: pytest.MonkeyPatch, deaths: int
) -> None:
    path = write(tmp_path / "news.jsonl", map(record, range(120)))
    submit, killed = Worker.submit, list[Worker]()

    def died(worker: Worker, job: Job) -> bool:
        given = submit(worker, job)
        if given and len(killed) < deaths and worker.load == 2:
            killed.append(worker)
            worker._child.kill()
        return given

    monkeypatch.setattr(Worker, "submit", died)
    many = indexed(tmp_path / "many", lambda ledger, progress: sync(path, ledger, [], progress=progress))
    assert len(killed) == deaths
    alone(monkeypatch)
    assert many == indexed(tmp_path / "one", lambda ledger, progress: sync(path, ledger, [], progress=progress))
    assert ended(crew.workers)


def test_processes_that_end_while_they_wait_are_not_missed(
    tmp_path: Path, crew: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Worker.start

    def useless() -> Worker | None:
        worker = start()
        assert worker
        worker._child.kill()
        worker._child.wait()
        return worker

    monkeypatch.setattr(Worker, "start", useless)
    path = write(tmp_path / "news.jsonl", map(record, range(60)))
    report, _, _ = indexed(tmp_path / "store", lambda ledger, progress: sync(path, ledger, [], progress=progress))
    assert len(report.added) == len(crew.here) == 60


@pytest.mark.parametrize("program", ["/nowhere/python", ""])
def test_where_no_process_can_be_started_all_is_prepared_here(
    tmp_path: Path, crew: Watched, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    monkeypatch.setattr(Worker, "start", START)
    path = write(tmp_path / "news.jsonl", map(record, range(60)))
    report, _, _ = indexed(tmp_path / "store", lambda ledger, progress: sync(path, ledger, [], progress=progress))
    assert len(report.added) == len(crew.here) == 60


def ended(workers: Iterable[Worker]) -> bool:
    return all(worker._child.poll() is not None for worker in workers)


def test_a_small_run_and_one_on_a_single_core_start_no_process(
    tmp_path: Path, crew: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in (("small", HERE - 1), ("unchanged", 100)):
        if name == "unchanged":
            alone(monkeypatch)
        path = write(tmp_path / f"{name}.jsonl", map(record, range(number)))
        report, _, _ = indexed(tmp_path / name, lambda ledger, progress: sync(path, ledger, [], progress=progress))  # noqa: B023
        assert len(report.added) == number
    monkeypatch.setattr(worker_pool, "_cores", lambda: 3)
    ledger = Ledger.create(tmp_path / "unchanged")
    assert sync(tmp_path / "unchanged.jsonl", ledger, []).unchanged == 100
    ledger.close()
    assert not crew.workers


def test_ctrl_c_ends_the_processes(crew: Watched) -> None:
    def pressed(number: int) -> Mapping[str, str]:
        if number == 75:
            raise KeyboardInterrupt
        return record(number)

    with pytest.raises(KeyboardInterrupt), WorkerPool() as working:
        for item in from_records(map(pressed, range(100))):
            assert isinstance(item, ArticleRef)
            working.begin([item])
    assert len(crew.workers) == 2
    assert ended(crew.workers)


def test_a_process_leaves_when_the_program_is_gone(crew: Watched) -> None:
    worker = Worker.start()
    assert worker
    worker._socket.shutdown(socket.SHUT_RDWR)  # as the system does for a program that ends
    assert worker._child.wait(60) == 0
    worker.end()


def children(process: int) -> list[int]:
    return [int(part) for part in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.mark.skipif(not Path(f"/proc/self/task/{os.getpid()}/children").exists(), reason="/proc does not tell children")
def test_the_process_that_reads_what_strangers_made_ends_with_the_one_that_started_it(
    tmp_path: Path, crew: Watched
) -> None:
    (tmp_path / "a.html").write_text(f"<html><body><p>{record(1)['text']}</p></body></html>")
    worker = Worker.start()
    job = Job([one for one in scan(tmp_path) if isinstance(one, ArticleRef)])
    assert worker and worker.submit(job)
    (outcome,) = job.result()
    assert isinstance(outcome, Prepared) and not crew.here
    (sandbox,) = children(worker._child.pid)
    worker.end()
    until = time.monotonic() + 60
    while Path(f"/proc/{sandbox}").exists() and " Z " not in Path(f"/proc/{sandbox}/stat").read_text():
        assert time.monotonic() < until


SCRIPT = """
import sys
from pathlib import Path
from index.ingest import worker_pool
from index.ingest.sync import sync
from index.store.ledger import Ledger

print("began", flush=True)
worker_pool.WORTH = 100
worker_pool._cores = lambda: 2

def told(stage, done, total):
    print(done, flush=True)

ledger = Ledger.create(Path(sys.argv[2]))
print(len(sync(Path(sys.argv[1]), ledger, [], progress=told).added), "added")
"""


def started(tmp_path: Path) -> subprocess.Popen[str]:
    """A program without a main guard, run where a folder and a file stand whose names are those of our packages."""
    program, elsewhere = tmp_path / "programs" / "program.py", tmp_path / "elsewhere"
    program.parent.mkdir()
    program.write_text(SCRIPT)
    (elsewhere / "index").mkdir(parents=True)
    (elsewhere / "index" / "__init__.py").write_text("raise SystemExit('the wrong index')")
    path = write(tmp_path / "news.jsonl", map(record, range(2_000)))
    command = [sys.executable, *map(str, (program, path, tmp_path / "store"))]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=elsewhere, env=environment, start_new_session=True
    )


def test_a_program_needs_no_main_guard(tmp_path: Path) -> None:
    with started(tmp_path) as running:
        said, _ = running.communicate(timeout=300)
    assert said.startswith("began\n100\n") and said.endswith("2000\n2000 added\n")
    assert said.count("began") == 1


def test_a_program_that_is_killed_leaves_whole_batches_and_no_process(tmp_path: Path) -> None:
    with started(tmp_path) as running:
        assert running.stdout
        while running.stdout.readline() != "1000\n":
            pass
        below = children(running.pid) if Path(f"/proc/{running.pid}/task/{running.pid}/children").exists() else []
        running.kill()
    ledger = Ledger.open(tmp_path / "store")
    kept = ledger.counts()["articles"]
    assert kept >= 1_000 and kept % 100 == 0
    assert len(sync(tmp_path / "news.jsonl", ledger, []).added) == 2_000 - kept
    ledger.close()
    until = time.monotonic() + 60
    while any(Path(f"/proc/{one}").exists() for one in below):
        assert time.monotonic() < until


@pytest.mark.parametrize(("room", "together"), [(1, False), (1_000_000, True)])
def test_long_articles_are_not_gathered_in_memory(
    tmp_path: Path, crew: Watched, monkeypatch: pytest.MonkeyPatch, room: int, together: bool
) -> None:
    begin, most = WorkerPool.begin, list[int]()
    waiting: list[Job] = []

    def begun(working: WorkerPool, found: Sequence[ArticleRef]) -> Job:
        waiting.append(begin(working, found))
        most.append(sum(len(job.rest) > 0 for job in waiting))
        return waiting[-1]

    folder = tmp_path / "news"
    folder.mkdir()
    for one in range(80):
        (folder / f"f{one:02}.txt").write_text(record(one)["text"])
    monkeypatch.setattr(sync_module, "ROOM", room)
    monkeypatch.setattr(WorkerPool, "begin", begun)
    indexed(tmp_path / "store", lambda ledger, progress: sync(folder, ledger, [], progress=progress))
    assert (max(most) > 1) == together


def found_by_all(ledger: Ledger) -> bool:
    """Whether readers find every passage."""
    index = LexicalIndex.open(Lexicon(ledger).folder)
    return index.passages == ledger.counts()["passages"] and not ledger.pending("lexical")


def test_a_run_that_is_broken_off_lets_the_next_one_write(tmp_path: Path, crew: Watched) -> None:
    def pressed(stage: str, done: int, total: int | None) -> None:
        if done == 70:
            raise KeyboardInterrupt

    path, ledger = write(tmp_path / "news.jsonl", map(record, range(100))), Ledger.create(tmp_path / "store")
    lexicon = Lexicon(ledger)
    with pytest.raises(KeyboardInterrupt):
        sync(path, ledger, [lexicon], progress=pressed)
    assert ended(crew.workers)
    assert ledger.counts()["articles"] == len(ledger.pending("lexical")) == 70
    assert len(sync(path, ledger, [Lexicon(ledger)]).added) == 30
    assert found_by_all(ledger)
    ledger.close()


def test_where_search_cannot_follow_all_is_read_and_taken_over_afterwards(
    tmp_path: Path, crew: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, failed = LexicalWriter.replace, list[str]()

    def full(writer: LexicalWriter, article_id: str, *rest: Any) -> None:
        if len(failed) < 1 and article_id == "r35":
            failed.append(article_id)
            raise StoreFull("the disk is full")
        replace(writer, article_id, *rest)

    monkeypatch.setattr(LexicalWriter, "replace", full)
    path, ledger = write(tmp_path / "news.jsonl", map(record, range(60))), Ledger.create(tmp_path / "store")
    assert len(sync(path, ledger, [Lexicon(ledger)]).added) == 60
    assert failed and found_by_all(ledger)
    ledger.close()


def test_an_article_that_takes_a_worker_too_long_costs_only_itself(
    tmp_path: Path, crew: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "SECONDS", 0.25)  # of the processor, which the slow article takes on any machine
    slow = {"id": "slow", "text": "\n".join(f"{record(number)['text']}" for number in range(14_000))}
    path = write(tmp_path / "news.jsonl", [*map(record, range(HERE)), slow, *map(record, range(HERE, HERE + 9))])
    report, _, _ = indexed(tmp_path / "store", lambda ledger, progress: sync(path, ledger, [], progress=progress))
    assert sorted(report.added) == sorted(f"r{number}" for number in range(HERE + 9))
    assert [(skip.id, skip.reason) for skip in report.skipped] == [("slow", TOO_LONG.text("en"))]
    assert len(crew.here) <= HERE
