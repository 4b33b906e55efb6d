"""A BERT encoder of sentence-transformers, given as safetensors, written as the ONNX folder that `local:` loads: no torch needed.

    python -m tools.convert_bert MODEL_FOLDER NEW_FOLDER

The graph is Devlin et al. (2018): embeddings, then layers of attention and a two-step network, a residual and a normalisation after
each; 32-bit floats throughout. Pooling stays with whoever loads it.
"""

from __future__ import annotations

import json
import math
import shutil
import struct
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

TYPES = {"F32": np.float32, "F16": np.float16, "I64": np.int64}
BESIDE = ("config.json", "special_tokens_map.json", "1_Pooling/config.json")

Weights = Mapping[str, NDArray[Any]]


def tensors(file: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file by name."""
    raw = file.read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    told = {name: load for name, load in json.loads(raw[8 : 8 + size]).items() if name != "__metadata__"}
    return {
        name: np.frombuffer(raw[8 + size :][slice(*item["data_offsets"])], TYPES[item["dtype"]]).reshape(item["shape"])
        for name, item in told.items()
    }


class Graph:
    """Nodes and constants as they are put down; each step gives the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.held: dict[str, NDArray[Any]] = {}

    def step(self, kind: str, *given: str, **how: Any) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(given), [name], **how))
        return name

    def constant(self, value: Any, kind: type = np.float32) -> str:
        name = f"c{len(self.held)}"
        self.held[name] = np.asarray(value, kind)
        return name

    def dense(self, given: str, weights: Weights, name: str) -> str:
        turned = np.ascontiguousarray(weights[f"{name}.weight"].T)
        return self.step(
            "Add", self.step("MatMul", given, self.constant(turned)), self.constant(weights[f"{name}.bias"])
        )

    def normed(self, given: str, weights: Weights, name: str, tiny: float) -> str:
        scale, shift = (self.constant(weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.step("LayerNormalization", given, scale, shift, axis=-1, epsilon=tiny)


def encoder(weights: Weights, config: Mapping[str, Any]) -> onnx.ModelProto:
    """The model: input_ids, attention_mask and token_type_ids in, last_hidden_state out, shape (batch, length, hidden)."""
    graph, tiny = Graph(), float(config["layer_norm_eps"])
    length = graph.step("Gather", graph.step("Shape", "input_ids"), graph.constant(1, np.int64))
    places = graph.step("Range", graph.constant(0, np.int64), length, graph.constant(1, np.int64))
    tables = [
        graph.step("Gather", graph.constant(weights[f"embeddings.{kind}_embeddings.weight"]), ids)
        for kind, ids in (("word", "input_ids"), ("position", places), ("token_type", "token_type_ids"))
    ]
    state = graph.step("Add", graph.step("Add", tables[0], tables[1]), tables[2])
    state = graph.normed(state, weights, "embeddings.LayerNorm", tiny)
    mask = graph.step("Cast", "attention_mask", to=TensorProto.FLOAT)
    wide = graph.step("Unsqueeze", mask, graph.constant([1, 2], np.int64))
    closed = graph.step(
        "Mul", graph.step("Sub", wide, graph.constant(1.0)), graph.constant(1e9)
    )  # 0 where a token stands, else far below
    for layer in range(config["num_hidden_layers"]):
        state = _layer(graph, state, closed, weights, f"encoder.layer.{layer}", config)
    graph.nodes.append(helper.make_node("Identity", [state], ["last_hidden_state"]))
    return _model(graph, int(config["hidden_size"]))


def _layer(graph: Graph, state: str, closed: str, weights: Weights, name: str, config: Mapping[str, Any]) -> str:
    heads, tiny = int(config["num_attention_heads"]), float(config["layer_norm_eps"])
    size = int(config["hidden_size"]) // heads
    apart = graph.constant([0, 0, heads, size], np.int64)

    def headed(kind: str, order: Sequence[int]) -> str:
        made = graph.dense(state, weights, f"{name}.attention.self.{kind}")
        return graph.step("Transpose", graph.step("Reshape", made, apart), perm=list(order))

    scores = graph.step("MatMul", headed("query", (0, 2, 1, 3)), headed("key", (0, 2, 3, 1)))
    scores = graph.step("Add", graph.step("Div", scores, graph.constant(math.sqrt(size))), closed)
    seen = graph.step("MatMul", graph.step("Softmax", scores, axis=-1), headed("value", (0, 2, 1, 3)))
    seen = graph.step(
        "Reshape",
        graph.step("Transpose", seen, perm=[0, 2, 1, 3]),
        graph.constant([0, 0, heads * size], np.int64),
    )
    seen = graph.dense(seen, weights, f"{name}.attention.output.dense")
    state = graph.normed(graph.step("Add", state, seen), weights, f"{name}.attention.output.LayerNorm", tiny)
    inner = graph.dense(state, weights, f"{name}.intermediate.dense")
    bent = graph.step("Erf", graph.step("Div", inner, graph.constant(math.sqrt(2))))
    gelu = graph.step(
        "Mul", graph.step("Mul", inner, graph.constant(0.5)), graph.step("Add", bent, graph.constant(1.0))
    )
    outer = graph.dense(gelu, weights, f"{name}.output.dense")
    return graph.normed(graph.step("Add", state, outer), weights, f"{name}.output.LayerNorm", tiny)


def _model(graph: Graph, hidden: int) -> onnx.ModelProto:
    given = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    out = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "length", hidden])
    held = [numpy_helper.from_array(value, name) for name, value in graph.held.items()]
    made = helper.make_graph(graph.nodes, "bert", given, [out], held)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def converted(model: Path, folder: Path) -> Path:
    """A folder with `model.onnx`, made of one with `model.safetensors`; the tokenizer cuts where sentence-transformers would."""
    config = json.loads((model / "config.json").read_text("utf-8"))
    assert (config["model_type"], config["hidden_act"]) == ("bert", "gelu"), "only BERT with exact GELU is known here"
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(encoder(tensors(model / "model.safetensors"), config), str(folder / "model.onnx"))
    for name in filter(lambda name: (model / name).exists(), BESIDE):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(model / name, folder / name)
    tokenizer = json.loads((model / "tokenizer.json").read_text("utf-8"))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer | {"truncation": None, "padding": None}), "utf-8")
    settings = json.loads((model / "tokenizer_config.json").read_text("utf-8"))
    longest = json.loads((model / "sentence_bert_config.json").read_text("utf-8"))["max_seq_length"]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"model_max_length": longest}), "utf-8")
    return folder


if __name__ == "__main__":
    converted(Path(sys.argv[1]), Path(sys.argv[2]))
