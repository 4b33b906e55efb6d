"""Articles from JSON Lines, plain or gzipped: one record a line, checked; a bad line is named by its number and the rest go on."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import BinaryIO

import msgspec

from index.loaders.encoding import unreadable
from index.loaders.field_names import NAMES, told
from index.loaders.folder import MAX_BYTES, bad_id, opened

SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
MAX_RATIO = 100  # how far gzip may expand, past the first RATIO_FROM bytes
RATIO_FROM = 50_000_000


class Record(msgspec.Struct, frozen=True):
    """One line. An empty value is an unknown one, then what stands under a further name of it counts; keys of no name are passed over."""

    id: str | int
    text: str
    title: str | None = None
    published: str | None = None  # ISO 8601, a date or a time
    publisher: str | None = None
    url: str | None = None
    lang: str | None = None

    @property
    def sha256(self) -> str:
        """Of the record in one fixed spelling, so that neither spaces nor the order of its keys make it another one."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()

    @property
    def day(self) -> date | None:
        """The day it was published; ValueError where that is no ISO date."""
        return date.fromisoformat(self.published.strip()[:10]) if self.published and self.published.strip() else None


class Line(msgspec.Struct, frozen=True):
    """What one line holds: a record, or why it is none. `id` is known even of some bad ones."""

    number: int
    record: Record | None = None
    trouble: str = ""
    id: str | None = None
    nameless: bool = False  # its `id` can be read and can be none


class _Named(msgspec.Struct):
    id: str | int


_RECORD = msgspec.json.Decoder(Record)
_NAMED = msgspec.json.Decoder(_Named)
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_EMPTY = (b"null", b'""')


def is_json_lines(name: str) -> bool:
    """Whether a file of this name holds JSON Lines."""
    return name.lower().endswith(SUFFIXES)


def lines(path: Path, limit: int = MAX_BYTES) -> Iterator[Line]:
    """The records of a file in order, blank lines passed over; at most `limit` bytes of it in memory.

    Raises Refused where the file itself cannot be opened. A file that is damaged half-way ends in a Line that says so.
    """
    for number, raw in _raw(path, limit):
        if isinstance(raw, str):
            yield Line(number, trouble=raw)
        elif raw.strip():
            yield _line(number, raw)


def line_of(number: int, record: Mapping[str, object]) -> Line:
    """A record that is given as a mapping, checked as a line of a file would be; a `published` may be a date.

    >>> line_of(1, {"id": "a", "text": " "}).trouble
    'its text is empty'
    """
    try:
        return _line(number, msgspec.json.encode(record))
    except (TypeError, ValueError) as error:
        return Line(number, trouble=f"it is no article record: {error}")


def ids(path: Path, limit: int = MAX_BYTES) -> Iterator[str]:
    """The ids of a file's records, also of those that `lines` refuses for another reason."""
    for _, raw in _raw(path, limit):
        if isinstance(raw, bytes) and (found := _id(raw)) is not None:
            yield found


def _line(number: int, raw: bytes) -> Line:
    try:
        record = _RECORD.decode(_renamed(raw))
        record.day  # noqa: B018
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        return Line(number, trouble=_why(error), id=_id(raw))
    name = str(record.id)
    if trouble := bad_id(name):
        return Line(number, trouble=trouble, nameless=True)
    trouble = unreadable(record.text) or (None if record.text.strip() else "its text is empty")
    return Line(number, trouble=trouble, id=name) if trouble else Line(number, record, id=name)


def _renamed(raw: bytes) -> bytes:
    """The line, with what it says only under further names put under the documented ones."""
    try:
        said = _KEYS.decode(raw)
        empty = {field for field in NAMES if bytes(said.get(field, b"null")) in _EMPTY}
        further = {name for field in empty for name in NAMES[field]}
        others = [key for key in said if key not in NAMES and key.casefold() in further]
        found = told((key, msgspec.json.decode(said[key])) for key in others)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw  # the decoder of records says what is wrong
    filled = {field: value for field, value in found.items() if field in empty}
    return msgspec.json.encode(said | filled) if filled else raw


def _id(raw: bytes) -> str | None:
    try:
        name = str(_NAMED.decode(raw).id)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None if bad_id(name) else name


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, msgspec.ValidationError):
        return f"it is no article record: {error}"
    if isinstance(error, msgspec.DecodeError):
        return f"it is not JSON: {error}"
    return "its `published` is not an ISO date such as 2025-08-01"


def _raw(path: Path, limit: int) -> Iterator[tuple[int, bytes | str]]:
    """The lines as they stand, or why one cannot be had."""
    number = 0
    with _unpacked(path) as (file, packed):
        try:
            while line := file.readline(limit + 1):
                number += 1
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if len(line) > limit:
                    while line and not line.endswith(b"\n"):
                        line = file.readline(limit)
                    yield number, f"it is longer than {limit:,} bytes"
                else:
                    yield number, line
                if packed and file.tell() > max(RATIO_FROM, MAX_RATIO * packed.tell()):
                    yield number + 1, f"the file expands more than {MAX_RATIO}-fold; the rest of it is not read"
                    return
        except (OSError, EOFError, zlib.error) as error:
            yield number + 1, f"the file is damaged here ({error}); the rest of it is not read"


@contextmanager
def _unpacked(path: Path) -> Iterator[tuple[BinaryIO | gzip.GzipFile, BinaryIO | None]]:
    """The file, unpacked, and the packed one where it is packed."""
    with opened(path) as file:
        if path.name.lower().endswith(".gz"):
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked, file
        else:
            yield file, None
