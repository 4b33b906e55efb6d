"""Prepare articles for the ledger: read, cut into passages, sketch.

On several cores by several processes.

A worker is `python -m index.ingest.worker_pool`, spoken to over a socket pair: it never imports the program that uses
the library, so that program needs no `if __name__ == "__main__"`. What a worker died over is prepared here. Where an
article took it too much processor time, its articles are given to a worker one at a time, and what ends that is
skipped.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from queue import SimpleQueue
from threading import Event, Thread

import msgspec

from index.chunking import WHOLE, cut
from index.language.invisible_chars import count_invisible
from index.loaders.article_loader import ArticleRef
from index.loaders.sandbox import clean_environment, receive, send
from index.messages.reason import Reason
from index.models import Article, Passage, Skipped, Value
from index.near_duplicates import Sketch, sketch
from index.token_count import count

WORTH = 100  # articles, for which a worker is worth its start: half a second of a core that has nothing to do
AHEAD = 2  # jobs that a worker has: the current and the next
PATIENCE = 2.0  # seconds for a worker to end by itself
TOO_LONG = Reason("loaders.too_long")
MOST = 3  # workers: the process that writes cannot keep up with more
SECONDS = 20.0  # of the processor, for an article in a worker


class Prepared(Value, frozen=True, kw_only=True):
    """What the ledger takes of an article."""

    article: Article
    passages: tuple[Passage, ...]
    sketch: Sketch | None
    invisible: dict[str, int]  # characters that no reader sees, by kind


class _Reply(Value, frozen=True, kw_only=True):
    prepared: Prepared | None = None
    skipped: Skipped | None = None


def prepare(ref: ArticleRef) -> Prepared | Skipped:
    """Return all that the ledger takes of an article, or why it cannot be read."""
    article = ref.load()
    if isinstance(article, Skipped):
        return article
    return Prepared(
        article=article,
        passages=cut(article, whole=WHOLE),
        sketch=sketch(article.text, article.boilerplate),
        invisible=count_invisible(article.text),
    )


class Job:
    """Some articles that are being prepared.

    The first of them here, the rest, if any, by a worker.
    """

    def __init__(self, refs: Sequence[ArticleRef]) -> None:
        self.rest = deque(refs)
        self._outcomes: list[Prepared | Skipped] = []
        self._settled = Event()
        self._late = False
        self._worker_outcomes: list[Prepared | Skipped] | None = None

    @property
    def done(self) -> bool:
        """Whether `result` would not wait."""
        return not self.rest or self._settled.is_set()

    def help(self) -> None:
        """Prepare an article here."""
        self._outcomes.append(prepare(self.rest.popleft()))

    def wait(self) -> list[Prepared | Skipped] | None:
        """Wait for the worker and return its outcomes; None where it died."""
        self._settled.wait()
        return self._worker_outcomes

    def settle(self, outcomes: list[Prepared | Skipped] | None, *, late: bool = False) -> None:
        """Note the worker's outcomes for the rest.

        None where it died, `late` where that was for want of time.
        """
        self._worker_outcomes, self._late = outcomes, late
        self._settled.set()

    def result(self) -> list[Prepared | Skipped]:
        """Wait, and return the outcome for each article in their order."""
        if self.rest and (outcomes := self.wait()):
            self._outcomes += outcomes
            self.rest.clear()
        if self._late:
            self._outcomes += _prepare_singly(self.rest)
            self.rest.clear()
        while self.rest:
            self.help()
        return self._outcomes


def _prepare_singly(refs: Iterable[ArticleRef]) -> Iterator[Prepared | Skipped]:
    """Prepare articles in a worker, one at a time; start it anew where it dies."""
    worker: Worker | None = None
    try:
        for ref in refs:
            worker = worker or Worker.start()
            if worker is None:
                yield Skipped(path=ref.place, id=ref.id, detail=Reason("loaders.no_process"))
                continue
            job = Job([ref])
            if worker.submit(job) and (outcomes := job.wait()):
                yield outcomes[0]
            else:
                worker.end()
                worker = None
                yield Skipped(path=ref.place, id=ref.id, detail=TOO_LONG)
    finally:
        if worker is not None:
            worker.end()


class WorkerPool:
    """Prepares articles here and in workers on the other cores.

    Fewer than 100 articles are all prepared here.

    with WorkerPool() as pool:
        jobs = [pool.begin(batch) for batch in batches]
        results = [job.result() for job in jobs]
    """

    def __init__(self) -> None:
        self._wanted = min(MOST, _cores() - 1)
        self._begun = 0
        self._workers: list[Worker] = []

    @property
    def size(self) -> int:
        """Return how many jobs can be under way."""
        return AHEAD * len(self._workers)

    def idle(self) -> Worker | None:
        """Return the worker with the fewest jobs.

        None where all have enough, or none runs.
        """
        able = [worker for worker in self._workers if worker.able and worker.load < AHEAD]
        return min(able, key=lambda worker: worker.load, default=None)

    def begin(self, refs: Sequence[ArticleRef]) -> Job:
        """Begin a job; return when it is done or a worker has taken the rest."""
        job = Job(refs)
        self._begun += len(refs)
        if self._wanted and self._begun >= WORTH:
            self._workers = [worker for _ in range(self._wanted) if (worker := Worker.start())]
            self._wanted = 0
        while job.rest:
            if (worker := self.idle()) and worker.submit(job):
                break
            job.help()
        return job

    def close(self) -> None:
        """End the workers, whatever they are doing."""
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Worker:
    """A process that prepares articles, and the thread that listens to it."""

    def __init__(self, child: subprocess.Popen[bytes], line: socket.socket) -> None:
        self.able = False  # not before it has loaded what it needs, nor when it has ended
        self._given = self._settled = 0  # jobs; each is counted by a single thread
        self._child = child
        self._socket = line
        self._jobs = SimpleQueue[Job | None]()
        self._listening = Thread(target=self._listen, daemon=True)
        self._listening.start()

    @classmethod
    def start(cls) -> Worker | None:
        """Start a process; return None where the system allows none."""
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", "index.ingest.worker_pool", str(theirs.fileno()), str(SECONDS)]
            null = subprocess.DEVNULL
            try:
                child = subprocess.Popen(
                    command, pass_fds=[theirs.fileno()], env=clean_environment(), stdin=null, stdout=null, stderr=null
                )
            except OSError:
                ours.close()
                return None
        return cls(child, ours)

    @property
    def load(self) -> int:
        """Return how many jobs it has."""
        return self._given - self._settled

    def submit(self, job: Job) -> bool:
        """Give it the rest of a job; return whether it could take it."""
        try:
            send(self._socket, msgspec.msgpack.encode(list(job.rest)))
        except (OSError, ValueError):
            self.able = False
            return False
        self._given += 1
        self._jobs.put(job)
        return True

    def end(self) -> None:
        """End it, and the sandbox that it has."""
        self.able = False
        self._jobs.put(None)
        self._child.terminate()
        try:
            self._child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._listening.join()
        self._socket.close()

    def _listen(self) -> None:
        """Wait until it is ready, then for the outcomes of each job."""
        self.able = self._reply() is not None
        while job := self._jobs.get():
            outcomes = self._reply()
            job.settle(outcomes, late=outcomes is None and self._timed_out())
            self._settled += 1

    def _reply(self) -> list[Prepared | Skipped] | None:
        """Return its next outcomes; None where it has ended."""
        try:
            replies = msgspec.msgpack.decode(receive(self._socket), type=list[_Reply])
        except Exception:  # whatever it is, its articles can be prepared here
            self.able = False
            return None
        return [outcome for reply in replies if (outcome := reply.prepared or reply.skipped)]

    def _timed_out(self) -> bool:
        """Return whether its timer ended it."""
        try:
            return self._child.wait(PATIENCE) == -signal.SIGPROF
        except subprocess.TimeoutExpired:
            return False


def _cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _serve(parent: socket.socket, seconds: float) -> None:
    """Prepare what comes until the parent is gone."""
    tasks = SimpleQueue[list[ArticleRef] | None]()
    Thread(target=_collect, args=(parent, tasks), daemon=True).start()
    count("words"), sketch("what takes long to load")
    send(parent, msgspec.msgpack.encode([]))
    while refs := tasks.get():
        send(parent, msgspec.msgpack.encode([_reply(ref, seconds) for ref in refs]))


def _collect(parent: socket.socket, tasks: SimpleQueue[list[ArticleRef] | None]) -> None:
    """Take what the parent gives as soon as it comes.

    So that the parent never waits for it.
    """
    try:
        while True:
            tasks.put(msgspec.msgpack.decode(receive(parent), type=list[ArticleRef]))
    finally:
        tasks.put(None)


def _reply(ref: ArticleRef, seconds: float) -> _Reply:
    """Prepare an article; a timer ends this process where that takes too long."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    outcome = prepare(ref)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return _Reply(skipped=outcome) if isinstance(outcome, Skipped) else _Reply(prepared=outcome)


def _exit(*_: object) -> None:
    raise SystemExit  # so that the sandbox is ended, too


if __name__ == "__main__":
    os.nice(5)  # let the process that writes go first
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to end
    signal.signal(signal.SIGTERM, _exit)
    with socket.socket(fileno=int(sys.argv[1])) as parent:
        _serve(parent, float(sys.argv[2]))
