"""How fast the lexical index is filled, asked and brought up to date: `python -m tools.measure_lexical_index [PASSAGES
…]`.

Made-up passages of real density: three sentences drawn at random from the Arabic passages of arcd and xquad (5 to 40
words each) and two made-up names that follow Zipf's law, so that the vocabulary grows; about 65 words. Questions are
those of the two sets. A size may be several: 1000 100000 1000000. The load of the machine is printed beside the wall
times.
"""

from __future__ import annotations

import os
import random
import re
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from index.language.analyzer import index_terms
from index.search.lexical import LexicalIndex, LexicalWriter
from tools.hashed_vectors import hashed
from tools.measure_retrieval import DATA, arcd, xquad

LETTERS = "ابتجحدرسشصطعفقكلمنهوي"
PER_ARTICLE = 4
ASKED = 200
BATCH = 20_000  # passages a commit


def sentences() -> list[str]:
    """The sentences of 5 to 40 words of the two Arabic sets."""
    parts = [
        part
        for data in (arcd(), xquad("ar"))
        for passage in data.passages
        for part in re.split(r"(?<=[.؟!])\s+", passage.text)
    ]
    return [part for part in parts if 5 <= len(part.split()) <= 40]


def passages(count: int) -> Iterator[str]:
    """`count` passages, the same at every run."""
    drawn, pool = random.Random(0), sentences()
    for _ in range(count):
        names = (_name(min(int(drawn.paretovariate(0.3)), 10**9)) for _ in range(2))
        yield " ".join([*(drawn.choice(pool) for _ in range(3)), *names])


def _name(rank: int) -> str:
    letters = random.Random(rank)
    return "".join(letters.choice(LETTERS) for _ in range(letters.randint(4, 8)))


def questions() -> list[str]:
    texts = [question.text for data in (arcd(), xquad("ar")) for question in data.questions]
    return random.Random(0).sample(texts, ASKED)


def fill(folder: Path, count: int, threads: int) -> str:
    """Put `count` passages in, a commit every 20,000, and say how it went."""
    made, spent, cpu, done = passages(count), 0.0, 0.0, 0
    with LexicalWriter(folder, threads=threads) as writer:
        while done < count:
            batch = list(islice(made, min(BATCH, count - done)))
            began, burnt = time.perf_counter(), time.process_time()
            for first in range(0, len(batch), PER_ARTICLE):
                number = done + first
                pieces = [(f"p{number + at}", text) for at, text in enumerate(batch[first : first + PER_ARTICLE])]
                writer.replace(f"a{number // PER_ARTICLE}", None, pieces)
            writer.commit()
            spent, cpu, done = spent + time.perf_counter() - began, cpu + time.process_time() - burnt, done + len(batch)
        began = time.perf_counter()
    waited = time.perf_counter() - began
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    return (
        f"filled {count / spent:,.0f}/s wall, {count / cpu:,.0f}/s of one core; last merges {waited:.1f} s; "
        f"{size:,.0f} MB"
    )


def ask(index: LexicalIndex, limit: int, articles: set[str] | None = None) -> str:
    """How long the questions took, and how long this thread worked at them, which a busy machine does not change."""
    spent, worked = [], []
    for question in questions():
        began, burnt = time.perf_counter(), time.thread_time()
        index.search(question, limit, articles)
        spent.append((time.perf_counter() - began) * 1_000)
        worked.append((time.thread_time() - burnt) * 1_000)
    return "; ".join(
        f"{label} p50 {np.percentile(each, 50):.2f} p95 {np.percentile(each, 95):.2f} ms"
        for label, each in (("wall", spent), ("CPU", worked))
    )


def update(folder: Path, index: LexicalIndex) -> str:
    """One article of four passages put in, committed and found, ten times."""
    spent = []
    with LexicalWriter(folder) as writer:
        for number, text in enumerate(passages(10)):
            began = time.perf_counter()
            writer.replace(
                f"new{number}", None, [(f"new{number}#{at}", f"{text} برقية{number}") for at in range(PER_ARTICLE)]
            )
            writer.commit()
            assert index.search(f"برقية{number}", 1)[0][0].startswith(f"new{number}#")
            spent.append((time.perf_counter() - began) * 1_000)
    return f"one more article in and found: median {np.median(spent):.0f} ms"


def main(sizes: list[int]) -> None:
    if not DATA.is_dir():
        print("skipped: the data sets are not here (../shared/data beside the project's folder)")
        return
    sample = list(passages(20_000))
    for label, work in (
        ("terms of a passage", lambda: [index_terms(text) for text in sample]),
        ("hashed vectors", lambda: hashed(sample)),
    ):
        began = time.process_time()
        work()
        print(f"{label}: {len(sample) / (time.process_time() - began):,.0f}/s of one core")
    for count in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            print(f"\n{count:,} passages (load {os.getloadavg()[0]:.1f})")
            print(" ", fill(folder, count, threads=2 if count >= 100_000 else 1), flush=True)
            index = LexicalIndex.open(folder)
            for limit in (10, 50):
                print(f"  best {limit}: {ask(index, limit)} (load {os.getloadavg()[0]:.1f})", flush=True)
            articles = [f"a{number}" for number in range(count // PER_ARTICLE)]
            for share in (0.001, 0.01, 0.1, 0.5):
                allowed = set(random.Random(0).sample(articles, max(1, int(len(articles) * share))))
                print(f"  best 10 among {len(allowed):,} articles: {ask(index, 10, allowed)}", flush=True)
            print(" ", update(folder, index))
            print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB", flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1_000, 10_000, 100_000])
