"""Make index/embeddings/hashed.npz: in how many paragraphs the terms of each hash bucket stand. `python -m tools.make_rarity`.

Counted in texts written for this project: the sample corpus (articles/) and the articles of the evaluation cases (evals/cases/articles/).
Making it anew changes every hashed vector: raise the name of `index.embeddings.protocol.Hashed` with it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from index.embeddings.protocol import BUCKETS, buckets

ROOT = Path(__file__).parent.parent
SOURCES = ("articles", "evals/cases/articles")
SHORTEST = 8  # words: what is shorter is a headline or a date line


def main() -> None:
    seen, passages = np.zeros(BUCKETS, np.uint16), 0
    for path in sorted(path for source in SOURCES for path in (ROOT / source).glob("*.txt")):
        for paragraph in path.read_text(encoding="utf-8").splitlines():
            if len(paragraph.split()) >= SHORTEST:
                seen[buckets(paragraph)] += 1
                passages += 1
    np.savez_compressed(ROOT / "index" / "embeddings" / "hashed.npz", seen=seen, passages=np.int64(passages))
    print(f"{passages} paragraphs, {int((seen > 0).sum())} of {BUCKETS} buckets in use")


if __name__ == "__main__":
    main()
