"""What is worked out of an article before the ledger takes it: read, counted, cut, sketched; on machines with several cores by several processes.

The processes are `python -m index.ingest.worker_pool`, spoken to over socket pairs: they never import the program that uses the library, so it
needs no `if __name__ == "__main__"`. Whatever goes wrong with one of them, its articles are worked out here, and the rest, too.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from queue import SimpleQueue
from threading import Event, Thread

import msgspec

from index.chunking import WHOLE, cut
from index.language.invisible_chars import count_invisible
from index.loaders.article_loader import Found
from index.loaders.sandbox import no_secrets, received, send
from index.models import Article, Passage, Skipped, Value
from index.near_duplicates import Sketch, sketch
from index.token_count import count

WORTH = 100  # articles, for which a process is worth its start: half a second of a core that has nothing to do
AHEAD = 2  # jobs that a process has: the one it does, and the next
PATIENCE = 2.0  # seconds for a process to end by itself
MOST = 3  # processes: the one that writes cannot keep up with more


class Prepared(Value, frozen=True, kw_only=True):
    """What the ledger takes of one article."""

    article: Article
    passages: tuple[Passage, ...]
    sketch: Sketch | None
    unseen: dict[str, int]  # characters that no reader sees, by kind


class _Reply(Value, frozen=True, kw_only=True):
    prepared: Prepared | None = None
    skipped: Skipped | None = None


def prepared(found: Found) -> Prepared | Skipped:
    """All that the ledger takes of an article, or why it cannot be read."""
    article = found.load()
    if isinstance(article, Skipped):
        return article
    return Prepared(
        article=article,
        passages=cut(article, whole=WHOLE),
        sketch=sketch(article.text, article.boilerplate),
        unseen=count_invisible(article.text),
    )


class Job:
    """Some articles that are being prepared: the first ones here, the rest, if any, by a process."""

    def __init__(self, found: Sequence[Found]) -> None:
        self.rest = deque(found)
        self._outcomes: list[Prepared | Skipped] = []
        self._heard = Event()
        self._elsewhere: list[Prepared | Skipped] | None = None

    @property
    def done(self) -> bool:
        return not self.rest or self._heard.is_set()

    def help(self) -> None:
        """Prepare one article here."""
        self._outcomes.append(prepared(self.rest.popleft()))

    def settle(self, outcomes: list[Prepared | Skipped] | None) -> None:
        """Note what a process made of the rest; None where it died over it."""
        self._elsewhere = outcomes
        self._heard.set()

    def result(self) -> list[Prepared | Skipped]:
        """What became of each article, in their order; waits for it. What a process died over is prepared here."""
        if self.rest:
            self._heard.wait()
            if self._elsewhere is not None:
                self._outcomes += self._elsewhere
                self.rest.clear()
        while self.rest:
            self.help()
        return self._outcomes


class Crew:
    """Prepares articles: here, and where there are 100 and more also by a process for each further core. Who would wait, helps.

    with Crew() as crew:
        jobs = [crew.begin(some) for some in batches]
        results = [job.result() for job in jobs]
    """

    def __init__(self) -> None:
        self._wanted = min(MOST, _cores() - 1)
        self._begun = 0
        self._hands: list[_Hand] = []

    @property
    def size(self) -> int:
        """How many jobs can be under way."""
        return AHEAD * len(self._hands)

    def idle(self) -> _Hand | None:
        """The process with the least to do; None where all have enough, or there is none."""
        able = [hand for hand in self._hands if hand.able and hand.load < AHEAD]
        return min(able, key=lambda hand: hand.load, default=None)

    def begin(self, found: Sequence[Found]) -> Job:
        """A job for these articles. Returns when it is done, or when a process could be given what is left of it."""
        job = Job(found)
        self._begun += len(found)
        if self._wanted and self._begun >= WORTH:
            self._hands = [hand for _ in range(self._wanted) if (hand := _Hand.hired())]
            self._wanted = 0
        while job.rest:
            if (hand := self.idle()) and hand.gave(job):
                break
            job.help()
        return job

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        for hand in self._hands:
            hand.end()
        self._hands.clear()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Hand:
    """One process that prepares articles, and the thread that listens to it."""

    def __init__(self, child: subprocess.Popen[bytes], line: socket.socket) -> None:
        self.able = False  # not before it has loaded what it needs, nor when it has ended
        self._given = self._settled = 0  # jobs; each is counted by one thread only
        self._child = child
        self._line = line
        self._jobs = SimpleQueue[Job | None]()
        self._listening = Thread(target=self._listen, daemon=True)
        self._listening.start()

    @classmethod
    def hired(cls) -> _Hand | None:
        """A new process; None where the system allows none."""
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", "index.ingest.worker_pool", str(theirs.fileno())]
            null = subprocess.DEVNULL
            try:
                child = subprocess.Popen(
                    command, pass_fds=[theirs.fileno()], env=no_secrets(), stdin=null, stdout=null, stderr=null
                )
            except OSError:
                ours.close()
                return None
        return cls(child, ours)

    @property
    def load(self) -> int:
        """How many jobs it has."""
        return self._given - self._settled

    def gave(self, job: Job) -> bool:
        """Whether it could be given the rest of a job."""
        try:
            send(self._line, msgspec.msgpack.encode(list(job.rest)))
        except (OSError, ValueError):
            self.able = False
            return False
        self._given += 1
        self._jobs.put(job)
        return True

    def end(self) -> None:
        """End it, and the process in which it reads what strangers made."""
        self.able = False
        self._jobs.put(None)
        self._child.terminate()
        try:
            self._child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._listening.join()
        self._line.close()

    def _listen(self) -> None:
        """Hear that it is ready, then what became of one job after the other."""
        self.able = self._reply() is not None
        while job := self._jobs.get():
            job.settle(self._reply())
            self._settled += 1

    def _reply(self) -> list[Prepared | Skipped] | None:
        """What it says next; None where it has ended."""
        try:
            replies = msgspec.msgpack.decode(received(self._line), type=list[_Reply])
        except Exception:  # whatever it is, its articles can be prepared here
            self.able = False
            return None
        return [outcome for reply in replies if (outcome := reply.prepared or reply.skipped)]


def _cores() -> int:
    """The cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _serve(parent: socket.socket) -> None:
    """Prepare what comes until the parent is gone."""
    tasks = SimpleQueue[list[Found] | None]()
    Thread(target=_collect, args=(parent, tasks), daemon=True).start()
    count("words"), sketch("what takes long to load")
    send(parent, msgspec.msgpack.encode([]))
    while found := tasks.get():
        send(parent, msgspec.msgpack.encode([_reply(prepared(match)) for match in found]))


def _collect(parent: socket.socket, tasks: SimpleQueue[list[Found] | None]) -> None:
    """Take what the parent gives as soon as it comes, so that the parent never waits for it."""
    try:
        while True:
            tasks.put(msgspec.msgpack.decode(received(parent), type=list[Found]))
    finally:
        tasks.put(None)


def _reply(outcome: Prepared | Skipped) -> _Reply:
    return _Reply(skipped=outcome) if isinstance(outcome, Skipped) else _Reply(prepared=outcome)


def _leave(*_: object) -> None:
    raise SystemExit  # so that the confined process is ended, too


if __name__ == "__main__":
    os.nice(5)  # who waits for nobody may wait for the one that writes
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to end
    signal.signal(signal.SIGTERM, _leave)
    with socket.socket(fileno=int(sys.argv[1])) as line:
        _serve(line)
