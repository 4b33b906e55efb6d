"""Count o200k_base tokens offline; the only module that uses tiktoken.

The encoding file is that of llama-index-core. Its folder is located without importing llama_index, and nothing is
fetched from the network.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from index.errors import IsnadError

if TYPE_CHECKING:
    from tiktoken import Encoding

ENCODING = "o200k_base"
FILE = "fb374d419588a4632f3f557e76b4b70aebbca790"  # tiktoken's file name, the sha1 of the encoding's URL
SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
PIECE = 8_000  # characters; tiktoken overflows its stack on a million spaces and is slow on long runs

_loading = Lock()
_PIECE = re.compile(rf".{{1,{PIECE - 1}}}(?=\s\S)|.{{1,{PIECE}}}", re.DOTALL)


def count(text: str) -> int:
    """Count the o200k_base tokens of a text; special tokens count as plain text.

    Exact up to 8,000 characters. A longer text is counted in pieces cut before a space, which can add a token for each.
    Raises IsnadError if the encoding file is missing or damaged.

    >>> count("إسناد كل جملة إلى مصدرها")
    9
    """
    encoding = _encoding()
    if len(text) <= PIECE:
        return len(encoding.encode_ordinary(text))
    return sum(len(encoding.encode_ordinary(piece)) for piece in _PIECE.findall(text))


@cache
def _encoding() -> Encoding:
    with _loading:
        return _load(_folder())


def _folder() -> Path:
    """Locate the encodings of llama-index-core without importing it."""
    spec = importlib.util.find_spec("llama_index")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place) / "core" / "_static" / "tiktoken_cache"
        if folder.is_dir():
            return folder
    raise IsnadError("tokens.no_encoding")


def _load(folder: Path) -> Encoding:
    path = folder / FILE
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        # tiktoken would fetch it from the network
        raise IsnadError("tokens.bad_encoding", file=path.name)
    import tiktoken

    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    try:
        return tiktoken.get_encoding(ENCODING)
    finally:
        if before is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = before
