"""What one more article costs as the store grows, ledger and lexical index: `make bench-growth`.

    python -m tools.measure_growth [ARTICLES …]     (default 1,000 10,000; the full run is 1000 10000 100000 1000000)

One store is filled from size to size with made-up articles (`tools.compare_stacks`) by `index.ingest.sync.take`, then,
at each size: how fast the last of them went in, what twenty articles cost that are added one by one (on the disk and
found by their words after each), what the processor worked for one of a hundred added at once, how long a search takes,
and the most memory that the process ever held.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np

from assistant import container
from assistant.settings import Settings
from index.ingest.sync import Lexicon, take
from index.store.ledger import Ledger
from tools.compare_stacks import articles
from tools.measure_retrieval import DATA, SETS
from tools.stack_worker import Span, spent
from tools.stacks import Row

SIZES = (1_000, 10_000)
STEP = 20_000  # articles a `take`
ONE_BY_ONE, AT_ONCE, ASKED = 20, 100, 100


def fill(ledger: Ledger, lexicon: Lexicon, made: Iterator[Row], number: int) -> Span:
    """Put so many in; what the last step of at most 20,000 took, for one article."""
    last = Span(clock=0.0, processor=0.0)
    while number:
        step = min(STEP, number)
        rows = list(islice(made, step))
        report, took = spent(partial(take, rows, ledger, [lexicon]))
        assert len(report.added) == step, report.skipped[:3]
        last, number = Span(clock=took.clock / step, processor=took.processor / step), number - step
    return last


def measure(store: Path, sizes: list[int]) -> None:
    """The table."""
    questions = random.Random(0).sample([question.text for question in SETS["arcd"]().questions], ASKED)
    ledger = Ledger.create(store)
    lexicon, made, held = Lexicon(ledger), articles(2 * sizes[-1] + 1_000), 0
    print(f"{os.cpu_count()} cores; ms an article: on the clock (by the processor)")
    print(
        f"{'articles':>10} {'filled':>16} {'one by one':>16} {'a hundred':>16} {'search p50 / p95 ms':>20} "
        f"{'MiB':>6} load"
    )
    for size in sizes:
        filled = fill(ledger, lexicon, made, size - held)
        single = [fill(ledger, lexicon, made, 1) for _ in range(ONE_BY_ONE)]
        hundred, held = fill(ledger, lexicon, made, AT_ONCE), size + ONE_BY_ONE + AT_ONCE
        retriever = container.open_retriever(store, Settings())
        retriever.search(questions[0])
        asked = [spent(partial(retriever.search, question))[1].clock * 1_000 for question in questions]
        retriever.close()
        middle = Span(clock=median(item.clock for item in single), processor=median(item.processor for item in single))
        half, most = np.percentile(asked, [50, 95])
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{size:10,} {_shown(filled):>16} {_shown(middle):>16} {_shown(hundred):>16} {half:9.1f} / {most:8.1f} "
            f"{memory:6,.0f} {os.getloadavg()[0]:.1f}",
            flush=True,
        )
    ledger.close()


def _shown(item: Span) -> str:
    return f"{item.clock * 1_000:.1f} ({item.processor * 1_000:.1f})"


def main() -> None:
    if not DATA.is_dir():
        print("skipped: the data sets are not here (../shared/data beside the project's folder)")
        return
    with tempfile.TemporaryDirectory() as place:
        measure(Path(place) / "store", sorted(map(int, sys.argv[1:])) or list(SIZES))


if __name__ == "__main__":
    main()
