"""Isnad beside llama-index and haystack, on the same articles and the same vectors, in one run: `make bench-side`.

    python -m tools.compare_stacks [PASSAGES …] [--sets arcd xquad-ar xquad-en headlines] [--words] [--rounds 2]
    [--patience 60]

Each system (`tools.stacks`) works in a process of its own, the order turning round by round; of several rounds the
faster figure counts, for each alike. Made-up articles are three real sentences and two made-up names, short enough to
be one passage each. Quality: each passage of a set is an article, a stack asks in an order drawn by lot until its
patience of so many seconds is over, and differences are on the questions that both came to ask. Nothing here is tuned:
rivals are set up as they document it, in each of their own modes.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from tools.measure_lexical_index import _name as made_name
from tools.measure_retrieval import DATA, SETS, DataSet, figures
from tools.stack_worker import Asked, Job, Span, Told
from tools.stacks import STACKS, Row

QUALITY = ("arcd", "xquad-ar", "xquad-en", "headlines")
ASKED = 200  # questions of a speed run
LONGEST = 1_200  # seconds that a process may take
GOAL = 5  # times the rates of llama-index
T = TypeVar("T")


def run(job: Job) -> Told | str:
    """What a process of its own measured, or why it measured nothing.

    One that takes too long is stopped, and what it had told stays.
    """
    with tempfile.TemporaryDirectory() as place:
        result, order = Path(place) / "told.json", Path(place) / "job.json"
        order.write_bytes(msgspec.json.encode(job))
        line = [sys.executable, "-m", "tools.stack_worker", str(order)]
        process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        try:
            _, stderr = process.communicate(timeout=LONGEST)
            trouble = (
                f"failed: {(stderr.decode(errors='replace').strip().splitlines() or ['killed'])[-1]}"
                if process.returncode
                else ""
            )
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            trouble = f"stopped after {LONGEST / 60:.0f} minutes"
        if trouble:
            print(f"  {job.stack}: {trouble}", flush=True)
        return msgspec.json.decode(result.read_bytes(), type=Told) if result.exists() else trouble


def articles(count: int) -> Iterator[Row]:
    """So many made-up articles of about 65 words, the same at every run."""
    drawn, pool = random.Random(0), sentences()
    for number in range(count):
        names = (made_name(min(int(drawn.paretovariate(0.3)), 10**9)) for _ in range(2))
        yield {"id": f"a{number}", "title": None, "text": " ".join([*(drawn.choice(pool) for _ in range(3)), *names])}


def sentences() -> list[str]:
    """The sentences of 5 to 40 words of the Arabic sets, some tens of thousands."""
    held = (passage.text for name in ("arcd", "xquad-ar", "headlines") for passage in SETS[name]().passages)
    parts = (part for text in held for part in re.split(r"(?<=[.؟!])\s+|\n+", text))
    return [part for part in dict.fromkeys(parts) if 5 <= len(part.split()) <= 40 and part.isprintable()]


def ranks(data: DataSet, order: Sequence[int], asked: Asked) -> NDArray[np.int_]:
    """For each question that was asked the rank, from 1, of the first passage that answers it; 0 where none of ten
    does.
    """
    return np.array(
        [
            next((rank for rank, item_id in enumerate(ids, 1) if item_id in data.questions[at].answers), 0)
            for at, ids in zip(order, asked.rankings, strict=False)
        ]
    )


def ahead(ours: NDArray[np.int_], theirs: NDArray[np.int_]) -> tuple[float, float, float]:
    """By how much our mean reciprocal rank is above theirs, with its 95% interval over the questions that both were
    asked.

    >>> ahead(np.array([1, 1, 0, 1]), np.array([2, 1, 0]))[0]
    0.16666666666666666
    """
    both = min(len(ours), len(theirs))
    gain = _reciprocal(ours[:both]) - _reciprocal(theirs[:both])
    drawn = np.random.default_rng(0).integers(0, both, (2_000, both))
    low, high = np.percentile(gain[drawn].mean(axis=1), [2.5, 97.5])
    return float(gain.mean()), float(low), float(high)


def _reciprocal(rankings: NDArray[np.int_]) -> NDArray[np.float64]:
    return np.divide(1.0, rankings, where=rankings > 0, out=np.zeros(len(rankings)))


def quality(name: str, patience: float, by_words: bool) -> None:
    """One set, every system and every mode."""
    data = SETS[name]()
    order = list(range(len(data.questions)))
    random.Random(0).shuffle(order)
    language = "english" if name.endswith("-en") else "arabic"
    print(f"\n{data.name}: {len(data.passages):,} articles, {len(order):,} questions; load {os.getloadavg()[0]:.1f}")
    print(f"  {'':34} {'asked':>6}  {'R@1':21} {'R@10':21} {'MRR':21} Isnad ahead by, MRR")
    with tempfile.TemporaryDirectory() as place:
        file = write(
            ({"id": passage.id, "title": passage.title, "text": passage.text} for passage in data.passages), Path(place)
        )
        mine: NDArray[np.int_] | None = None
        for stack, stemmer in _variants(language):
            questions = tuple(data.questions[at].text for at in order)
            result = run(
                Job(
                    stack=stack,
                    language=stemmer,
                    articles=str(file),
                    questions=questions,
                    patience=patience,
                    by_words=by_words,
                )
            )
            if isinstance(result, str):
                print(f"  {stack:34} {result}", flush=True)
                continue
            for mode, asked in result.asked.items():
                rankings = ranks(data, order, asked)
                mine = rankings if mine is None else mine
                shown = " ".join(f"{value:.3f} [{low:.3f}, {high:.3f}]  " for value, low, high in figures(rankings))
                gain = "" if rankings is mine else "{:+.3f} [{:+.3f}, {:+.3f}]".format(*ahead(mine, rankings))
                label = f"{stack}, {mode}" + (f", {stemmer} stemmer" if stack == "llama-index" else "")
                print(f"  {label:34} {len(rankings):6}  {shown}{gain}", flush=True)


def _variants(language: str) -> list[tuple[str, str]]:
    """The systems, and llama-index with the stemmer that it ships with and with that of the language."""
    stemmers = dict.fromkeys(("english", language))
    return [("isnad", ""), *(("llama-index", stemmer) for stemmer in stemmers), ("haystack", "")]


def write(rows: Iterator[Row], folder: Path) -> Path:
    """A file of articles."""
    file = folder / "articles.jsonl"
    with file.open("wb") as lines:
        lines.writelines(msgspec.json.encode(row) + b"\n" for row in rows)
    return file


def speed(count: int, stacks: Sequence[str], rounds: int, patience: float, by_words: bool) -> None:
    """One size, every system, as many rounds."""
    texts = [question.text for name in ("arcd", "xquad-ar") for question in SETS[name]().questions]
    questions = tuple(random.Random(0).sample(texts, ASKED))
    best: dict[str, Told | str] = {}
    with tempfile.TemporaryDirectory() as place:
        file = write(articles(count), Path(place))
        for number in range(rounds):
            for name in stacks[:: -1 if number % 2 else 1]:
                load = os.getloadavg()[0]
                job = Job(
                    stack=name,
                    language="english",
                    articles=str(file),
                    questions=questions,
                    patience=patience,
                    by_words=by_words,
                    more=True,
                )
                result = run(job)
                print(f"  round {number + 1}, {name}: load {load:.1f} → {os.getloadavg()[0]:.1f}", flush=True)
                best[name] = result if name not in best else better(best[name], result)
    report(count, {name: best[name] for name in stacks})


def better(item: Told | str, other: Told | str) -> Told | str:
    """Of two rounds each figure of the faster."""
    if isinstance(item, str) or isinstance(other, str):
        return other if isinstance(item, str) else item
    return replace(
        item,
        stored=_sooner(item.stored, other.stored),
        filled=_sooner(item.filled, other.filled),
        added=_sooner(item.added, other.added),
        asked={mode: min(asked, other.asked.get(mode, asked), key=_pace) for mode, asked in item.asked.items()},
    )


def _sooner(item: T, other: T) -> T:
    return min((span for span in (item, other) if span is not None), key=lambda span: span.clock, default=item)  # type: ignore[attr-defined]


def _pace(asked: Asked) -> float:
    return float(np.mean(asked.seconds))  # seconds a question


def report(count: int, best: dict[str, Told | str]) -> None:
    """The tables of one size, and whether the goals are met."""
    print(f"\n{count:,} passages, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("  passages/s on the clock (and a second of the processor's work)")
    print(f"  {'':13} {'stored, found by words':>24} {'with vectors too':>24} {'one more, ms':>14} {'memory, MiB':>20}")
    for name, result in best.items():
        if isinstance(result, str):
            print(f"  {name:13} {result}")
            continue
        whole = _together(result)
        held = (
            f"{result.memory:,.0f} → {result.memory_filled:,.0f}"
            if result.memory_filled
            else f"{result.memory:,.0f} → ?"
        )
        print(
            f"  {name:13} {_rate(result, result.stored):>24} {_rate(result, whole):>24} "
            f"{result.added.clock * 1_000 if result.added else math.nan:14,.0f} {held:>20}"
        )
    print(f"\n  {'':26} {'questions/s':>12} {'p50 ms':>8} {'p95 ms':>8} {'processor ms':>13} {'asked':>6}")
    for name, result in best.items():
        for mode, asked in () if isinstance(result, str) else result.asked.items():
            half, most = np.percentile(asked.seconds, [50, 95]) * 1_000
            print(
                f"  {name + ', ' + mode:26} {1 / _pace(asked):12,.1f} {half:8.1f} {most:8.1f} "
                f"{asked.processor * 1_000:13.1f} {len(asked.seconds):6}"
            )
    ours = best.get("isnad")
    for name, result in best.items():
        if name != "isnad" and isinstance(ours, Told) and isinstance(result, Told):
            print()
            for what, times in compared(ours, result).items():
                goal = ("met" if times >= GOAL else "missed") if what in GOALS else ""
                print(f"  Isnad ÷ {name}, {what + ':':58} {times:6.1f} ×" + (goal and f"   goal {GOAL} ×: {goal}"))


def _together(result: Told) -> Span | None:
    if result.filled is None:
        return None
    return Span(
        clock=result.stored.clock + result.filled.clock, processor=result.stored.processor + result.filled.processor
    )


def _rate(result: Told, span: Span | None) -> str:
    return f"{result.passages / span.clock:,.0f} ({result.passages / span.processor:,.0f})" if span else "?"


GOALS = ("articles stored and found by words", "questions, as shipped (words against both searches)")


def compared(ours: Told, theirs: Told) -> dict[str, float]:
    """How many times as fast Isnad is, as shipped and like with like.

    What one of the two did not come to do is left out.
    """
    times = {
        GOALS[0]: theirs.stored.clock / ours.stored.clock,
        "stored, by the processor's work": theirs.stored.processor / ours.stored.processor,
        "questions, words alone": _pace(theirs.asked["words"]) / _pace(ours.asked["words"]),
        "questions, words alone, by the processor's work": theirs.asked["words"].processor
        / ours.asked["words"].processor,
    }
    if (mine := _together(ours)) and (their := _together(theirs)):
        times["with vectors too"] = their.clock / mine.clock
    if ours.added and theirs.added:
        times["one more article stored and found"] = theirs.added.clock / ours.added.clock
    if fused := [asked for mode, asked in theirs.asked.items() if mode != "words"]:
        least = min(map(_pace, fused))
        times[GOALS[1]] = least / _pace(ours.asked["words"])
        work = min(item.processor for item in fused)
        times["both by the processor's work"] = work / ours.asked["words"].processor
        if "both" in ours.asked:
            times["questions, both searches"] = least / _pace(ours.asked["both"])
    return times


def main() -> None:
    reader = argparse.ArgumentParser(prog="python -m tools.compare_stacks")
    reader.add_argument("passages", nargs="*", type=int, help="default 2,000; 0: none")
    reader.add_argument("--sets", nargs="*", choices=QUALITY, default=QUALITY)
    reader.add_argument("--stacks", nargs="*", choices=STACKS, default=list(STACKS))
    reader.add_argument("--rounds", type=int, default=2)
    reader.add_argument("--words", action="store_true", help="leave the vectors out")
    reader.add_argument("--patience", type=float, default=60.0)
    given = reader.parse_args()
    if not DATA.is_dir():
        print("skipped: the data sets are not here (../shared/data beside the project's folder)")
    else:
        print(f"{os.cpu_count()} cores, load {' '.join(f'{item:.1f}' for item in os.getloadavg())}", flush=True)
        for name in given.sets:
            quality(name, given.patience, given.words)
        for count in filter(None, given.passages or [2_000]):
            speed(count, given.stacks, given.rounds, given.patience, given.words)


if __name__ == "__main__":
    main()
