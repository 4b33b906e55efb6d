"""Index into a small file system until it is full, let it grow, and go on: run by a test inside a mount of its own.

python -m tests.index.fills FOLDER
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from index.errors import StoreFull
from index.ingest.sync import Lexicon
from index.store.ledger import Ledger
from index.vectors.vector_index import Vectors
from tests.index.rows import Words, astray, nothing, report

BATCH = 300


def main(folder: str) -> None:
    store = Path(folder) / "store"
    ledger, model = Ledger.create(store), Words(dimensions=1024)
    vectors, done = Vectors(ledger, model), 0
    with ledger.writing():
        while True:
            began = time.monotonic()
            try:
                ledger.replace(report(one) for one in range(done, done + BATCH))
                done += BATCH
                Lexicon(ledger).refresh(nothing)
                vectors.refresh(nothing)
            except StoreFull as error:
                assert "make room and run again" in str(error) and time.monotonic() - began < 10, error
                break
            assert done < 20_000, "the disk never filled"
    assert done > BATCH and ledger.counts()["articles"] == done, "what was acknowledged is still there"
    assert ledger.article("r0").text == report(0)[0].text
    subprocess.run(["mount", "-o", "remount,size=200m", folder], check=True)
    with ledger.writing():
        Lexicon(ledger).refresh(nothing)
        vectors.refresh(nothing)
    assert vectors.examine().rows == ledger.counts()["passages"] == 2 * done
    assert astray(ledger, vectors, ["r0", f"r{done - 1}", f"r{done // 2}"]) == []
    vectors.close()


if __name__ == "__main__":
    main(sys.argv[1])
