"""How long a command takes from a cold start, and how fast articles go in, stage by stage: `make bench-speed
[ARTICLES]`.

Articles are made of shuffled sentences of the sample corpus, with names and numbers of their own. Best of five for
commands.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from assistant import container
from assistant.settings import Settings
from index.chunking import WHOLE, cut
from index.ingest.sync import Lexicon, quiet, sync
from index.language.sentences import sentences
from index.loaders.article_loader import scan
from index.store.ledger import Ledger
from index.vectors.vector_index import Vectors
from tools.hashed_vectors import HashedEmbedder

SAMPLE = Path(__file__).parent.parent / "articles"
ONE_RUN, VECTORS = "all of it in one run, searchable", "ledger → hashed vectors → Chroma"
GOALS = {"isnad --help": 0.2, "isnad ask (cold)": 1.0}


def made(number: int, path: Path) -> None:
    """A JSON Lines file of articles, ten sentences each."""
    drawn = [
        sentence.of(text)
        for file in SAMPLE.glob("*.txt")
        for text in [file.read_text()]
        for sentence in sentences(text)
    ]
    chance = random.Random(1)
    with path.open("wb") as file:
        for n in range(number):
            chosen = [f"{item.rstrip('.')} برقم {chance.randrange(10**6)}." for item in chance.sample(drawn, 10)]
            record = {"id": f"made-{n}", "title": chosen[0][:60], "text": "\n".join(chosen), "lang": "ar"}
            file.write(msgspec.json.encode(record) + b"\n")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of the processor for this process and those of its children that ended meanwhile."""
    clock, processor = time.perf_counter(), _processor()
    work()
    return time.perf_counter() - clock, _processor() - processor


def _processor() -> float:
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(item.ru_utime + item.ru_stime for item in spent)


def command(*arguments: str | Path) -> float:
    """The best of five, in seconds."""
    line = [sys.executable, "-m", "assistant.cli.main", *map(str, arguments)]
    return min(timed(lambda: subprocess.run(line, capture_output=True, check=True))[0] for _ in range(5))


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        ledger, derived = container.open_writer(folder / "sample", Settings())
        sync(SAMPLE, ledger, derived)
        ledger.close()
        asked = ("ask", "كم ساعة استمرت محادثات بوتين والأسد؟", "--no-model", "--store", folder / "sample")
        for name, seconds in (("isnad --help", command("--help")), ("isnad ask (cold)", command(*asked))):
            print(f"{name:<34} {seconds:7.3f} s    goal {GOALS[name]} s")

        path = folder / "made.jsonl"
        made(number, path)
        articles = [item for source in scan(path) if not isinstance(item := source.load(), str)]  # type: ignore[union-attr]
        stages: list[tuple[str, Callable[[], object]]] = [
            ("find and read", lambda: [source.load() for source in scan(path)]),  # type: ignore[union-attr]
            ("cut", lambda: [cut(article, whole=WHOLE) for article in articles]),  # type: ignore[arg-type]
        ]
        ledger, whole = Ledger.create(folder / "made"), Ledger.create(folder / "whole")
        stages += [
            ("all of it into the ledger", lambda: sync(path, ledger, [])),
            ("ledger → lexical index", lambda: Lexicon(ledger).refresh(quiet)),
            (ONE_RUN, lambda: sync(path, whole, [Lexicon(whole)])),
            (VECTORS, lambda: Vectors(whole, HashedEmbedder()).refresh(quiet)),
        ]
        spent = {name: timed(work) for name, work in stages}
        passages = ledger.counts()["passages"]
        for name, (clock, processor) in spent.items():
            print(
                f"{name:<34} {passages / clock:7.0f} passages/s    ({passages / max(processor, 1e-9):.0f} "
                f"per processor second)"
            )
        print(f"on {len(os.sched_getaffinity(0))} cores, of {os.cpu_count()}; load {os.getloadavg()[0]:.1f}")
        searchable = spent[ONE_RUN][0]
        print(f"{'searchable, no vectors':<34} {passages / searchable:7.0f} passages/s    goal 1500 per core")
        both = searchable + spent[VECTORS][0]
        print(f"{'with vectors and Chroma':<34} {passages / both:7.0f} passages/s    goal 800 per core")


if __name__ == "__main__":
    main()
