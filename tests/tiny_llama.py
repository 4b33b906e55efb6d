"""A tiny llama model with random weights, and llama.cpp's own server on it: a real third party's protocol, no download,
no sense.

    python -m tests.tiny_llama MODEL.gguf PORT KEY [--embeddings]    (prints one line when it listens)

The model is half a megabyte: two layers of 64 dimensions, a byte-level vocabulary, a context of 1,024 tokens.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

EMBED, HEADS, LAYERS, FEED, CONTEXT = 64, 4, 2, 128, 1024
CONTROL = ("<|bos|>", "<|eos|>", "<|im_start|>", "<|im_end|>")
MERGED = "an"  # a vocabulary without any merge is not accepted
WORDS = 256 + len(CONTROL) + 1
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{m['role']}}\n{{m['content']}}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
)


def letters() -> list[str]:
    """One printable token for each byte, as byte-level BPE writes them (Radford et al. 2019)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    table = {byte: chr(byte) for byte in plain} | {byte: chr(256 + place) for place, byte in enumerate(others)}
    return [table[byte] for byte in range(256)]


def write(path: Path) -> None:
    """Write the model file."""
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(str(path), "llama")
    for set_, value in (
        (writer.add_context_length, CONTEXT),
        (writer.add_embedding_length, EMBED),
        (writer.add_block_count, LAYERS),
        (writer.add_feed_forward_length, FEED),
        (writer.add_head_count, HEADS),
        (writer.add_head_count_kv, HEADS),
        (writer.add_rope_dimension_count, EMBED // HEADS),
        (writer.add_vocab_size, WORDS),
        (writer.add_file_type, 0),
    ):
        set_(value)
    writer.add_name("tiny")
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([*letters(), *CONTROL, MERGED])
    writer.add_token_types(
        [gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * len(CONTROL) + [gguf.TokenType.NORMAL]
    )
    writer.add_token_merges([" ".join(MERGED)])
    writer.add_bos_token_id(256)
    writer.add_eos_token_id(257)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    random = np.random.default_rng(0)
    shapes = {"token_embd": (WORDS, EMBED), "output": (WORDS, EMBED)}
    for layer in range(LAYERS):
        shapes |= {f"blk.{layer}.attn_{part}": (EMBED, EMBED) for part in ("q", "k", "v", "output")}
        shapes |= {f"blk.{layer}.ffn_{part}": (FEED, EMBED) for part in ("gate", "up")}
        shapes |= {f"blk.{layer}.ffn_down": (EMBED, FEED)}
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", (random.normal(size=shape) * 0.05).astype(np.float32))
    norms = ["output_norm", *(f"blk.{layer}.{part}_norm" for layer in range(LAYERS) for part in ("attn", "ffn"))]
    for name in norms:
        writer.add_tensor(f"{name}.weight", np.ones(EMBED, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def serve(path: Path, port: int, key: str, embeddings: bool) -> None:
    """Serve until killed."""
    import xllamacpp  # type: ignore[import-untyped]

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.warmup = False
    params.port = port
    params.api_keys = [key]
    if embeddings:
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(params)
    sys.stdout.write(f"listening {server.listening_address}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    model = Path(sys.argv[1])
    if not model.exists():
        write(model)
    serve(model, int(sys.argv[2]), sys.argv[3], "--embeddings" in sys.argv)
