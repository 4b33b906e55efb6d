"""A process that changes a folder of articles and indexes it, without end, until it is killed.

    python -m tests.index.killed FOLDER STORE SEED DIMENSIONS

It says one JSON line for each step: `{"began": {number: version or null}}` before the files change, `{"acknowledged":
N}` when the ledger has committed round N, `{"indexed": N}` when both indexes have followed.
"""

from __future__ import annotations

import json
import random
import sys
from itertools import count
from pathlib import Path

from index.ingest.sync import Lexicon, Progress, sync
from index.store.ledger import Ledger
from index.vectors.vector_index import Vectors
from tests.index.rows import Words, report

BATCH = 40  # articles that a round adds


class Aloud:
    """An index that only says that the ledger is done."""

    def __init__(self) -> None:
        self.round = 0

    def refresh(self, progress: Progress) -> None:
        say({"acknowledged": self.round})


def main(folder: str, store: str, seed: str, dimensions: str) -> None:
    dice = random.Random(seed)
    ledger = Ledger.create(Path(store))
    vectors, aloud = Vectors(ledger, Words(dimensions=int(dimensions))), Aloud()
    say({"ready": True})
    for number in count():
        changes = _changes(dice, {int(path.stem[1:]) for path in Path(folder).iterdir()})
        say({"began": changes})
        for key, version in changes.items():
            write(Path(folder), key, version)
        aloud.round = number
        sync(Path(folder), ledger, [aloud, Lexicon(ledger), vectors])
        say({"indexed": number})


def write(folder: Path, number: int, version: int | None) -> None:
    """Put a version of a report into the folder, whole, or take it out."""
    path = folder / f"r{number}.txt"
    if version is None:
        path.unlink()
    else:
        path.with_suffix(".part").write_text(report(number, version)[0].text, encoding="utf-8")
        path.with_suffix(".part").rename(path)


def _changes(dice: random.Random, present: set[int]) -> dict[int, int | None]:
    """New articles, new versions of old ones, and two that go."""
    some = dice.sample(sorted(present), min(len(present), BATCH // 4))
    fresh = range(start := max(present, default=0) + 1, start + BATCH)
    version = dice.randrange(1, 1_000_000)
    return dict.fromkeys(fresh, 0) | dict.fromkeys(some[2:], version) | dict.fromkeys(some[:2])


def say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
