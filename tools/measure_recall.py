"""Measure what Chroma's HNSW index finds of the exact neighbours: `python -m tools.measure_recall [ROWS]`.

The vectors are made of real ones: 600 passages of arcd, xquad and squad2 are embedded by the carried encoder, and each
row is a random mixture of three of them (weights of a flat Dirichlet distribution) with Gaussian noise, so that the
cosines between rows are spread like those of real passages (both are printed). The questions are real ones of the same
sets. Asked are the product's own collection, with its settings, and `exact_search`; recall is the share of the exact
first ten, or fifty, that HNSW returns when asked for as many. Milliseconds are wall-clock, asked from this process.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles

import numpy as np

from index.embeddings.carried import CarriedEmbedder
from index.vectors.chroma_collection import Address, ChromaCollection
from index.vectors.exact_search import nearest, unit
from tools.measure_retrieval import SETS

PASSAGES, QUESTIONS = 600, 200  # embedded: 10 s to 60 s of a processor
NOISE = 0.25  # length of the noise beside a vector of length one
PAGE = 1_000


def drawn(chance: random.Random) -> tuple[list[str], list[str]]:
    """Return passages and questions of the question sets."""
    passages, questions = [], []
    for name in ("arcd", "xquad-ar", "squad2"):
        data = SETS[name]()
        passages += [f"{item.title}\n{item.text}" if item.title else item.text for item in data.passages]
        questions += [item.text for item in data.questions]
    return chance.sample(passages, PASSAGES), chance.sample(questions, QUESTIONS)


def mixed(real: np.ndarray, rows: int, seed: int) -> np.ndarray:
    """Return rows of length one, each a mixture of three real vectors with noise."""
    chance = np.random.default_rng(seed)
    result = np.zeros((rows, real.shape[1]), np.float32)
    for first in range(0, rows, 10_000):
        size = min(10_000, rows - first)
        weights = chance.dirichlet(np.ones(3), size).astype(np.float32)
        parts = real[chance.integers(0, len(real), (size, 3))]
        noise = chance.standard_normal((size, real.shape[1])).astype(np.float32) * (NOISE / real.shape[1] ** 0.5)
        result[first : first + size] = unit((weights[:, :, None] * parts).sum(1) + noise)
    return result


def spread(rows: np.ndarray, asked: np.ndarray) -> str:
    """Return the cosines of the questions with the rows, at some quantiles."""
    cosines = rows @ asked.T
    return " / ".join(f"{value:.3f}" for value in np.quantile(cosines, (0.05, 0.5, 0.95, 0.999)))


def measure(count: int) -> None:
    chance = random.Random(7)
    texts, questions = drawn(chance)
    model = CarriedEmbedder()
    real, asked = model.embed(texts), model.embed(questions, question=True)
    rows = mixed(real, count, 1)
    print(f"{count:,} rows of {PASSAGES} passages, {QUESTIONS} questions, load {os.getloadavg()[0]:.1f}")
    print(
        f"cosines with the questions at .05 / .5 / .95 / .999: real {spread(real, asked)}; made {spread(rows, asked)}"
    )
    keys = [f"r{number}" for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        about = {"model": model.name, "dimension": real.shape[1], "space": "cosine", "format": 2}
        collection = ChromaCollection(Address(collection="isnad", path=str(Path(folder) / "chroma")), about)
        began = time.perf_counter()
        for first in range(0, count, PAGE):
            page = keys[first : first + PAGE]
            metadatas = [{"article": key, "start": 0, "end": 0} for key in page]
            collection.call("put", page, rows[first : first + PAGE].tobytes(), page, metadatas)
        print(f"filled in {time.perf_counter() - began:.0f} s")
        for limit in (10, 50):
            recalls, times, exact_times = [], [], []
            for vector in asked:
                began = time.perf_counter()
                matched = {key for key, _ in collection.call("query", vector.tobytes(), limit)}
                times.append((time.perf_counter() - began) * 1000)
                began = time.perf_counter()
                right = {key for key, _ in nearest(keys, rows, vector, limit)}
                exact_times.append((time.perf_counter() - began) * 1000)
                recalls.append(len(matched & right) / limit)
            p50, p95 = quantiles(times, n=20)[9], quantiles(times, n=20)[18]
            exact = quantiles(exact_times, n=20)[9]
            print(
                f"first {limit}: recall {np.mean(recalls):.4f} (worst {min(recalls):.2f}), "
                f"p50 / p95 {p50:.1f} / {p95:.1f} ms; exact {exact:.1f} ms"
            )
        collection.close()


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
