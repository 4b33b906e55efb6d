"""Read article records from JSON Lines, plain or gzipped; a bad line is reported by its number, the rest are read."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec

from index.loaders.encoding import binary_reason
from index.loaders.field_names import NAMES, parse_fields
from index.loaders.folder import MAX_BYTES, id_problem, open_regular
from index.messages.reason import Reason

SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
MAX_RATIO = 100  # how far gzip may expand, past the first RATIO_FROM bytes
RATIO_FROM = 50_000_000


class Record(msgspec.Struct, frozen=True):
    """An article record. An empty value counts as missing, and a further name of the field is looked up.

    Keys that are no field's name are ignored.
    """

    id: str | int
    text: str
    title: str | None = None
    published: str | None = None  # ISO 8601, a date or a time
    publisher: str | None = None
    url: str | None = None
    lang: str | None = None

    @property
    def sha256(self) -> str:
        """Return the hash of the record in a fixed spelling, independent of spaces and the order of its keys."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()

    @property
    def day(self) -> date | None:
        """Return the day of publication; raise ValueError where that is no ISO date."""
        return date.fromisoformat(self.published.strip()[:10]) if self.published and self.published.strip() else None


class JsonLine(msgspec.Struct, frozen=True):
    """What a line holds: a record, or why it is none. `id` is known even of some bad lines."""

    number: int
    record: Record | None = None
    trouble: Reason | None = None
    id: str | None = None
    unidentifiable: bool = False  # its `id` can be read and cannot be an id


class _WithId(msgspec.Struct):
    id: str | int


_RECORD = msgspec.json.Decoder(Record)
_ID = msgspec.json.Decoder(_WithId)
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_EMPTY = (b"null", b'""')


def is_json_lines(name: str) -> bool:
    """Return whether a file of this name holds JSON Lines."""
    return name.lower().endswith(SUFFIXES)


def read_lines(path: Path, limit: int = MAX_BYTES) -> Iterator[JsonLine]:
    """Yield the records of a file in order, without blank lines; at most `limit` bytes are held in memory.

    Raises Unreadable where the file itself cannot be opened. A damaged file ends in a JsonLine with the reason.
    """
    for number, raw in _raw_lines(path, limit):
        if isinstance(raw, Reason):
            yield JsonLine(number, trouble=raw)
        else:
            yield _line(number, raw)


def check_record(number: int, record: Mapping[str, object]) -> JsonLine:
    """Check a record given as a mapping as a line of a file is checked; `published` may be a date.

    >>> check_record(1, {"id": "a", "text": " "}).trouble.code
    'loaders.text_empty'
    """
    try:
        return _line(number, msgspec.json.encode(record))
    except (TypeError, ValueError) as error:
        return JsonLine(number, trouble=Reason.of("loaders.not_a_record", error=error))


def record_ids(path: Path, limit: int = MAX_BYTES) -> Iterator[str]:
    """Yield the ids of a file's records, also of those that `read_lines` refuses for another reason."""
    for _, raw in _raw_lines(path, limit):
        if isinstance(raw, bytes) and (record_id := _id(raw)) is not None:
            yield record_id


def _line(number: int, raw: bytes) -> JsonLine:
    try:
        record = _RECORD.decode(_renamed(raw))
        record.day  # noqa: B018
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        return JsonLine(number, trouble=_problem(error), id=_id(raw))
    name = str(record.id)
    if trouble := id_problem(name):
        return JsonLine(number, trouble=trouble, unidentifiable=True)
    trouble = binary_reason(record.text) or (None if record.text.strip() else Reason("loaders.text_empty"))
    return JsonLine(number, trouble=trouble, id=name) if trouble else JsonLine(number, record, id=name)


def _renamed(raw: bytes) -> bytes:
    """Return the line with values under further names put under the documented names."""
    try:
        values = _KEYS.decode(raw)
        empty = {field for field in NAMES if bytes(values.get(field, b"null")) in _EMPTY}
        further = {name for field in empty for name in NAMES[field]}
        others = [key for key in values if key not in NAMES and key.casefold() in further]
        further_values = parse_fields((key, msgspec.json.decode(values[key])) for key in others)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw  # the decoder of records reports what is wrong
    filled = {field: value for field, value in further_values.items() if field in empty}
    return msgspec.json.encode(values | filled) if filled else raw


def _id(raw: bytes) -> str | None:
    try:
        name = str(_ID.decode(raw).id)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None if id_problem(name) else name


def _problem(error: Exception) -> Reason:
    if isinstance(error, RecursionError):
        return Reason("loaders.nested_too_deep")
    if isinstance(error, UnicodeDecodeError):
        return Reason("loaders.not_utf8")
    if isinstance(error, msgspec.ValidationError):
        return Reason.of("loaders.not_a_record", error=error)
    if isinstance(error, msgspec.DecodeError):
        return Reason.of("loaders.not_json", error=error)
    return Reason("loaders.bad_published")


def _raw_lines(path: Path, limit: int) -> Iterator[tuple[int, bytes | Reason]]:
    """Yield the numbered lines as they stand, or the reason why a line cannot be read."""
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
                    yield number, Reason.of("loaders.line_too_long", limit=limit)
                elif line.strip():
                    yield number, line
                else:
                    number += _skip_blank_lines(file)
                if packed and file.tell() > max(RATIO_FROM, MAX_RATIO * packed.tell()):
                    yield number + 1, Reason.of("loaders.file_expands", ratio=MAX_RATIO)
                    return
        except (OSError, EOFError, zlib.error) as error:
            yield number + 1, Reason.of("loaders.damaged_here", error=error)


def _skip_blank_lines(file: io.BufferedReader | gzip.GzipFile) -> int:
    """Skip the blank lines that follow, at most a million, and return their number.

    A gzipped file of newlines costs a line-by-line reader minutes.
    """
    count = 0
    while count < 1_000_000:
        ahead = file.peek(1)
        end = ahead.rfind(b"\n", 0, len(ahead) - len(ahead.lstrip())) + 1
        if end == 0:
            break
        file.read(end)
        count += ahead.count(b"\n", 0, end)
    return count


@contextmanager
def _unpacked(path: Path) -> Iterator[tuple[io.BufferedReader | gzip.GzipFile, io.BufferedReader | None]]:
    """Open the file, unpacked, and with it the packed file where it is packed."""
    with open_regular(path) as file:
        if path.name.lower().endswith(".gz"):
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked, file
        else:
            yield file, None
