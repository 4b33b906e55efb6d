"""How fast the vectors of a store are filled, asked, changed and checked: `python -m tools.measure_vectors [PASSAGES
…]`.

The passages are sentences of the sample corpus in new orders, with numbers of their own; their vectors are hashed words
(`tools.hashed_vectors`). Wall-clock seconds, and those of this process's processor where it is this process that works;
Chroma works in another.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

from index.chunking import embedding_text
from index.ingest.sync import quiet
from index.language.sentences import sentences
from index.models import Article, Passage
from index.store.ledger import Ledger
from index.vectors.vector_index import Vectors
from tools.hashed_vectors import HashedEmbedder

SAMPLE = Path(__file__).parent.parent / "articles"
EACH = 5  # passages of an article


def made(number: int, chance: random.Random, texts: list[str]) -> tuple[Article, list[Passage]]:
    """An article of five passages of four sentences."""
    parts = [
        " ".join(f"{item.rstrip('.')} برقم {chance.randrange(10**6)}." for item in chance.sample(texts, 4))
        for _ in range(EACH)
    ]
    text, passages, start = "\n".join(parts), [], 0
    for part in parts:
        end = start + len(part)
        passages.append(
            Passage(id=f"made-{number}:{start}-{end}", article_id=f"made-{number}", start=start, end=end, text=part)
        )
        start = end + 1
    return Article(id=f"made-{number}", text=text, sha256=str(chance.random()), title=f"خبر رقم {number}"), passages


def timed(work: Callable[[], object]) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def line(name: str, figure: str, note: str = "") -> None:
    print(f"{name:<46} {figure:>24}   {note}", flush=True)


def sample_sentences() -> list[str]:
    texts = [file.read_text() for file in SAMPLE.glob("*.txt")]
    return [sentence.of(text) for text in texts for sentence in sentences(text)]


def measure(passages: int) -> None:
    drawn = sample_sentences()
    chance, model = random.Random(1), HashedEmbedder()
    with tempfile.TemporaryDirectory() as place:
        ledger = Ledger.create(Path(place))
        for first in range(0, passages // EACH, 500):
            ledger.replace(made(number, chance, drawn) for number in range(first, min(first + 500, passages // EACH)))
        rows = ledger.counts()["passages"]
        line(f"--- {rows:,} passages", f"load {os.getloadavg()[0]:.1f}", f"{os.cpu_count()} cores")
        texts = [
            embedding_text(article, each)
            for article in ledger.articles(ledger.pending("vectors")[:400]).values()
            for each in ledger.passages_of(article)
        ]
        clock, processor = timed(lambda: model.embed(texts))
        line(
            "hashed vectors alone",
            f"{len(texts) / clock:,.0f} passages/s",
            f"{len(texts) / processor:,.0f} per processor second",
        )
        vectors = Vectors(ledger, model)
        with ledger.writing():
            clock, processor = timed(lambda: vectors.refresh(quiet))
            line(
                "ledger → vectors → Chroma, published",
                f"{rows / clock:,.0f} passages/s",
                f"this process worked {processor:.1f} of {clock:.1f} s",
            )
            clock, _ = timed(lambda: vectors.refresh(quiet))
            line("nothing to do", f"{clock * 1000:.1f} ms")
            for count in (1, 100):
                ledger.replace(made(number, chance, drawn) for number in range(count))
                clock, _ = timed(lambda: vectors.refresh(quiet))
                line(
                    f"{count} changed articles",
                    f"{clock * 1000:,.0f} ms",
                    f"{clock * 1000 / count / EACH:.1f} ms a passage",
                )
        vectors.close()
        clock, _ = timed(lambda: vectors.search("من استقبل وزير الخارجية السوري؟", 10))
        line("first question of a process", f"{clock:.2f} s", "the import of chromadb, and 20 rows looked at")
        asked = random.Random(2).sample(texts, 200)
        times = [timed(lambda text=text: vectors.search(text, 50))[0] * 1000 for text in asked]  # type: ignore[misc]
        line("a question, 50 hits, p50 / p95", f"{quantiles(times, n=20)[9]:.1f} / {quantiles(times, n=20)[18]:.1f} ms")
        few = {f"made-{number}" for number in range(200)}
        times = [timed(lambda text=text: vectors.search(text, 50, few))[0] * 1000 for text in asked[:50]]  # type: ignore[misc]
        line(
            "the same among 200 articles, p50 / p95",
            f"{quantiles(times, n=20)[9]:.1f} / {quantiles(times, n=20)[18]:.1f} ms",
        )
        clock, _ = timed(vectors.examine)
        line("every row examined", f"{rows / clock:,.0f} passages/s", f"{clock:.1f} s")
        vectors.close()
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        disk = sum(path.stat().st_size for path in Path(place).glob("vectors-*/**/*") if path.is_file()) / 1e6
        line("Chroma: memory at most, disk", f"{child:,.0f} MiB, {disk:,.0f} MB")


def main() -> None:
    for passages in map(int, sys.argv[1:] or ("10000",)):
        measure(passages)


if __name__ == "__main__":
    main()
