"""Check the files of the lexical index without its engine.

The engine maps them into memory, and some damage makes it end the process.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

_PARTS = ("term", "idx", "fieldnorm", "store", "fast")
_MAGIC = (1337).to_bytes(4, "little")
_SUMMED = 1_000_000  # bytes: what a quick look reads of a file


def damaged(folder: Path, *, quick: bool = False) -> list[str]:
    """Return the names of files that are missing or damaged.

    Each file ends with its CRC-32 (1 GB/s are checked).
    A `quick` check sums up small files only, and checks that the others are there and have their footer: milliseconds.
    """
    while True:
        try:
            stamp = changed(folder)
            meta = json.loads((folder / "meta.json").read_bytes())
            bad = [name for name in _files(meta) if not _sound(folder / name, _SUMMED if quick else sys.maxsize)]
        except (OSError, ValueError, KeyError, TypeError):
            return ["meta.json"]
        if not bad or stamp == changed(folder):  # otherwise a commit took these files away meanwhile
            return bad


def changed(folder: Path) -> tuple[int, int]:
    """Return a value that differs after every commit; OSError where there is no index."""
    state = os.stat(folder / "meta.json")  # renamed into place
    return state.st_ino, state.st_mtime_ns


def _files(meta: dict[str, Any]) -> Iterator[str]:
    for segment in meta["segments"]:
        name = segment["segment_id"].replace("-", "")
        yield from (f"{name}.{part}" for part in _PARTS)
        if segment["deletes"]:
            yield f"{name}.{segment['deletes']['opstamp']}.del"


def _sound(path: Path, most: int) -> bool:
    """Return whether a file has tantivy's footer and the checksum in it.

    The footer is followed by its length and 1337. The checksum is compared up to `most` bytes of body.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 8, 0))
            length, magic = file.read(4), file.read(4)
            body = size - 8 - int.from_bytes(length, "little")
            if body < 0 or magic != _MAGIC:
                return False
            file.seek(body)
            crc = json.loads(file.read(size - 8 - body))["crc"]
            return body > most or crc == _checksum(file, body)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _checksum(file: BinaryIO, length: int) -> int:
    crc, left = 0, length
    file.seek(0)
    while left and (block := file.read(min(left, 1 << 20))):
        crc, left = zlib.crc32(block, crc), left - len(block)
    return crc
