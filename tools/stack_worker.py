"""One system of `tools.stacks` at work in a process of its own: `python -m tools.stack_worker JOB.json` writes
told.json beside it.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from index.models import Value
from tools.stacks import STACKS, Row, Stack, offline

T = TypeVar("T")


class Job(Value, frozen=True, kw_only=True):
    """What a process is to do."""

    stack: str
    language: str  # of the stemmer, where a system has one
    articles: str  # a file of JSON Lines
    questions: tuple[str, ...]
    patience: float  # seconds a mode
    by_words: bool = False  # whether to leave the vectors out
    more: bool = False  # whether to add an article at the end


class Asked(Value, frozen=True, kw_only=True):
    """What one way of searching gave, question by question, and in what time."""

    rankings: tuple[tuple[str, ...], ...]
    seconds: tuple[float, ...]
    processor: (
        float  # seconds a question that the process and its children worked, which others on the machine do not change
    )


class Span(Value, frozen=True, kw_only=True):
    """Seconds on the clock, and those that the processor worked for the process and its children."""

    clock: float
    processor: float


class Told(Value, frozen=True, kw_only=True):
    """What a process measured, so far as it came.

    Memory is the most that it and its children ever held, in MiB.
    """

    passages: int
    stored: Span
    memory: float
    added: Span | None = None
    filled: Span | None = None
    memory_filled: float | None = None
    asked: dict[str, Asked] = {}


def work(job: Job, folder: Path) -> Iterator[Told]:
    """Take the articles in, ask, add one more, fill the vectors, ask again.

    What is known after each step.
    """
    stack = STACKS[job.stack](folder, job.language)
    passages, stored = spent(lambda: stack.store(Path(job.articles)))
    report = Told(passages=passages, stored=stored, memory=_memory())
    for mode in stack.by_words:
        yield (report := with_mode(report, mode, _asked(stack, mode, job)))
    if job.more:
        row: Row = {"id": "one-more", "title": None, "text": "وصلت برقية أخيرة قبل إغلاق الصفحة."}
        yield (report := replace(report, added=spent(lambda: stack.add(row))[1]))
    if job.by_words:
        stack.close()
        return
    filled = spent(stack.vectors)[1]
    yield (report := replace(report, filled=filled))
    for mode in stack.modes:
        if mode not in stack.by_words:
            yield (report := with_mode(report, mode, _asked(stack, mode, job)))
    stack.close()
    yield replace(report, memory_filled=_memory())


def with_mode(report: Told, mode: str, asked: Asked) -> Told:
    """The same with one way of searching more."""
    return replace(report, asked={**report.asked, mode: asked})


def _asked(stack: Stack, mode: str, job: Job) -> Asked:
    stack.search(mode, job.questions[0])  # what is loaded with the first question is not its cost
    rankings, seconds, before, end = [], [], _processor(), time.monotonic() + job.patience
    for question in job.questions:
        began = time.perf_counter()
        ids = stack.search(mode, question)
        seconds.append(time.perf_counter() - began)
        rankings.append(tuple(ids))
        if time.monotonic() > end:
            break
    return Asked(rankings=tuple(rankings), seconds=tuple(seconds), processor=(_processor() - before) / len(rankings))


def spent(call: Callable[[], T]) -> tuple[T, Span]:
    """What a call gives, and what it took."""
    processor = _processor()  # before the clock: looking for children takes its time
    clock = time.perf_counter()
    value = call()
    clock = time.perf_counter() - clock
    return value, Span(clock=clock, processor=_processor() - processor)


def _processor() -> float:
    """Seconds of the processor so far, those of children that still run included."""
    import psutil  # type: ignore[import-untyped]

    me = psutil.Process()
    living = [child.cpu_times() for child in me.children(recursive=True)]
    return sum(os.times()[:4]) + sum(float(item.user + item.system) for item in living)


def _memory() -> float:
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(item).ru_maxrss for item in whose) / 1024


def main(order: Path) -> None:
    """Do the job, telling more after each step."""
    offline()
    job = msgspec.json.decode(order.read_bytes(), type=Job)
    for report in work(job, order.parent):
        (order.parent / "next.json").write_bytes(msgspec.json.encode(report))
        (order.parent / "next.json").replace(order.parent / "told.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
