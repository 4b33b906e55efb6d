"""A BERT written as ONNX says what the same arithmetic says in numpy."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.convert_bert import encoder, tensors

CONFIG = {"hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 2, "layer_norm_eps": 1e-12}
Floats = NDArray[Any]


def weights() -> dict[str, Floats]:
    drawn = np.random.default_rng(3)
    shapes: dict[str, tuple[int, ...]] = {
        f"embeddings.{kind}_embeddings.weight": (rows, 8)
        for kind, rows in (("word", 20), ("position", 12), ("token_type", 2))
    }
    shapes |= {f"embeddings.LayerNorm.{part}": (8,) for part in ("weight", "bias")}
    for layer in range(2):
        sizes = {f"attention.self.{kind}": (8, 8) for kind in ("query", "key", "value")}
        sizes |= {"attention.output.dense": (8, 8), "intermediate.dense": (16, 8), "output.dense": (8, 16)}
        for name, shape in sizes.items():
            shapes[f"encoder.layer.{layer}.{name}.weight"], shapes[f"encoder.layer.{layer}.{name}.bias"] = (
                shape,
                shape[:1],
            )
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"encoder.layer.{layer}.{name}.{part}": (8,) for part in ("weight", "bias")}
    return {name: drawn.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def by_hand(held: dict[str, Floats], ids: list[int]) -> Floats:
    """One text, no padding, straight from the paper."""

    def dense(given: Floats, name: str) -> Floats:
        return np.asarray(given @ held[f"{name}.weight"].T + held[f"{name}.bias"])

    def normed(given: Floats, name: str) -> Floats:
        middle = given - given.mean(-1, keepdims=True)
        return np.asarray(
            middle / np.sqrt((middle**2).mean(-1, keepdims=True)) * held[f"{name}.weight"] + held[f"{name}.bias"]
        )

    table = "embeddings.{}_embeddings.weight"
    state = (
        held[table.format("word")][ids]
        + held[table.format("position")][: len(ids)]
        + held[table.format("token_type")][0]
    )
    state = normed(state, "embeddings.LayerNorm")
    for at in range(2):
        name, seen = f"encoder.layer.{at}", []
        query, key, value = (dense(state, f"{name}.attention.self.{kind}") for kind in ("query", "key", "value"))
        for head in (slice(0, 4), slice(4, 8)):
            scores = np.exp(query[:, head] @ key[:, head].T / 2.0)
            seen.append(scores / scores.sum(-1, keepdims=True) @ value[:, head])
        state = normed(
            state + dense(np.hstack(seen), f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        inner = dense(state, f"{name}.intermediate.dense")
        inner = inner * 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
        state = normed(state + dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    return state


def test_the_graph_says_what_the_arithmetic_says_whatever_stands_beside_a_text() -> None:
    runtime = pytest.importorskip("onnxruntime")
    held, long, short = weights(), [2, 7, 9, 4, 3], [2, 11, 3]
    session = runtime.InferenceSession(encoder(held, CONFIG).SerializeToString(), providers=["CPUExecutionProvider"])
    ids = np.array([long, [*short, 0, 0]], np.int64)
    mask = np.array([[1] * 5, [1] * 3 + [0] * 2], np.int64)
    (found,) = session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})
    np.testing.assert_allclose(found[0], by_hand(held, long), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found[1, :3], by_hand(held, short), rtol=1e-3, atol=1e-4)


def test_a_safetensors_file_is_read_by_name(tmp_path: Path) -> None:
    held: dict[str, Floats] = {
        "a.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
        "ids": np.array([4, 5], np.int64),
    }
    told: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, value in held.items():
        kind = "F32" if value.dtype == np.float32 else "I64"
        told[name] = {"dtype": kind, "shape": value.shape, "data_offsets": [len(body), len(body) + value.nbytes]}
        body += value.tobytes()
    head = json.dumps(told).encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + body)
    found = tensors(tmp_path / "model.safetensors")
    assert found.keys() == held.keys()
    assert all((found[name] == value).all() for name, value in held.items())
