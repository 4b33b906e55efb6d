"""Models of a few kilobytes in the form that real ones come in: `model.onnx`, `tokenizer.json` and their settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def embedder(folder: Path, words: Mapping[str, Sequence[float]]) -> Path:
    """A model that gives each known word its own vector, and an unknown one nothing; the mean is the caller's to
    take.
    """
    rows = np.array(
        [[0.0] * len(next(iter(words.values())))] * len(SPECIAL) + [list(word) for word in words.values()], np.float32
    )
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])],
        "tiny",
        [_ids("input_ids"), _ids("attention_mask")],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "length", rows.shape[1]])],
        [numpy_helper.from_array(rows, "table")],
    )
    return _written(folder, graph, list(words), pair=False, hidden=rows.shape[1])


def cross_encoder(folder: Path, words: Mapping[str, float]) -> Path:
    """A model whose logit is the sum of the weights of the words that stand before it, question and passage alike."""
    rows = np.array([[0.0]] * len(SPECIAL) + [[word] for word in words.values()], np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["weights"]),
            helper.make_node("ReduceSum", ["weights", "axis"], ["logits"], keepdims=0),
        ],
        "tiny",
        [_ids("input_ids"), _ids("attention_mask"), _ids("token_type_ids")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1])],
        [numpy_helper.from_array(rows, "table"), numpy_helper.from_array(np.array([1]), "axis")],
    )
    return _written(folder, graph, list(words), pair=True, hidden=1)


def _ids(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])


def _written(folder: Path, graph: onnx.GraphProto, words: list[str], *, pair: bool, hidden: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(folder / "model.onnx"))
    vocabulary = {word: place for place, word in enumerate([*SPECIAL, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "config.json": {"hidden_size": hidden, "pad_token_id": 0},
        "tokenizer_config.json": {"model_max_length": 64, "pad_token": "[PAD]"},
        "special_tokens_map.json": dict(
            zip(("pad_token", "unk_token", "cls_token", "sep_token"), SPECIAL, strict=True)
        ),
    }
    for name, content in settings.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder
