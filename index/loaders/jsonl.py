"""Read article records from JSON Lines, plain or gzipped.

A bad line is reported by its number, the rest are read.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec

from index.loaders.day_forms import parse_any_day
from index.loaders.encoding import Unreadable, binary_reason, decode
from index.loaders.field_names import field_of, parse_fields
from index.loaders.folder import MAX_BYTES, clean_id, id_problem, open_regular
from index.messages.reason import Reason

SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
MAX_RATIO = 100  # how far gzip may expand, past the first RATIO_FROM bytes
RATIO_FROM = 50_000_000
ID_LENGTH = 16  # hexadecimal digits of the hash of a record's url, or text, that is its id where it has none


class Record(msgspec.Struct, frozen=True):
    """An article record; an empty value counts as missing.

    Keys that are no field's name are ignored.
    """

    id: str | int
    text: str
    title: str | None = None
    published: str | None = None  # a date or a time that `parse_any_day` reads
    publisher: str | None = None
    url: str | None = None
    lang: str | None = None
    retrieved: str | None = None  # the day it was taken from its site, in the forms of `published`

    @property
    def sha256(self) -> str:
        """Return the hash of the record in a fixed spelling.

        Independent of spaces and the order of its keys.

        The day of retrieval does not count: the same article that is crawled again is no other.
        """
        fields = {name: getattr(self, name) for name in self.__struct_fields__ if name != "retrieved"}
        return hashlib.sha256(msgspec.json.encode(fields)).hexdigest()

    @property
    def day(self) -> date | None:
        """Return the day of publication.

        In a text of Arabic letters 5/8/2015 is in August.
        """
        day_first = _ARABIC.search(self.text) is not None
        return parse_any_day(self.published, day_first=day_first) if self.published else None


class JsonLine(msgspec.Struct, frozen=True):
    """What a line holds: a record, or why it is none.

    `id` is known even of some bad lines.
    """

    number: int
    record: Record | None = None
    trouble: Reason | None = None
    id: str | None = None
    unidentifiable: bool = False  # its `id` can be read and cannot be an id
    named_by_content: bool = False  # it has no `id`; its id comes from its url or its text
    repeated: bool = False  # it has no `id` and is an article that the file had before


class _WithId(msgspec.Struct):
    id: str | int


_ID = msgspec.json.Decoder(_WithId)
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARABIC = re.compile("[\u0620-\u064a]{3}")


def is_json_lines(name: str) -> bool:
    """Return whether a file of this name holds JSON Lines."""
    return name.lower().endswith(SUFFIXES)


def read_lines(path: Path, limit: int = MAX_BYTES) -> Iterator[JsonLine]:
    """Yield the records of a file in order, without blank lines.

    At most `limit` bytes are held in memory.

    Raises Unreadable where the file itself cannot be opened. A damaged file ends in a JsonLine with the reason.
    """
    yield from without_repeats(
        JsonLine(number, trouble=raw) if isinstance(raw, Reason) else check_line(number, raw)
        for number, raw in _raw_lines(path, limit)
    )


def without_repeats(lines: Iterable[JsonLine]) -> Iterator[JsonLine]:
    """Yield lines; drop the record of one that repeats an article without an id."""
    seen: dict[str, int] = {}
    for line in lines:
        if line.id and line.named_by_content and (first := seen.setdefault(line.id, line.number)) != line.number:
            trouble = Reason.of("loaders.repeats_line", line=first)
            line = JsonLine(line.number, trouble=trouble, unidentifiable=True, repeated=True)
        yield line


def check_record(number: int, record: Mapping[str, object]) -> JsonLine:
    """Check a record given as a mapping as a line of a file is checked.

    `published` may be a date.

    >>> check_record(1, {"id": "a", "text": " "}).trouble.code
    'loaders.text_empty'
    """
    try:
        return check_line(number, msgspec.json.encode(record))
    except (TypeError, ValueError) as error:
        return JsonLine(number, trouble=Reason.of("loaders.not_a_record", error=error))


def record_ids(path: Path, limit: int = MAX_BYTES) -> Iterator[str]:
    """Yield the ids of a file's records.

    Also of those that `read_lines` refuses for another reason.
    """
    seen = set[str]()  # those that records without one are given
    for _, raw in _raw_lines(path, limit):
        record_id, by_content = _id(raw) if isinstance(raw, bytes) else (None, False)
        if record_id is not None and record_id not in seen:
            if by_content:
                seen.add(record_id)
            yield record_id


def check_line(number: int, raw: bytes) -> JsonLine:
    """Check a record given as JSON."""
    try:
        fields, by_content = _fields(raw := _as_utf8(raw))
        record = msgspec.convert(fields, Record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        return JsonLine(number, trouble=_problem(error), id=_id(raw)[0])
    name = clean_id(str(record.id))
    if trouble := id_problem(name):
        return JsonLine(number, trouble=trouble, unidentifiable=True)
    trouble = binary_reason(record.text) or (None if record.text.strip() else Reason("loaders.text_empty"))
    if trouble:
        return JsonLine(number, trouble=trouble, id=name)
    return JsonLine(number, record, id=name, named_by_content=by_content)


def _as_utf8(raw: bytes) -> bytes:
    """Return a line in UTF-8.

    Without the bytes in it that are no characters, where those are few.
    """
    try:
        raw.decode()
    except UnicodeDecodeError as broken:
        try:
            return decode(raw).encode()
        except Unreadable:
            raise broken from None
    return raw


def _fields(raw: bytes) -> tuple[dict[str, object], bool]:
    """Return the fields of a record by their documented names.

    And whether its id comes from its url or text.
    """
    named = {key: value for key, value in _KEYS.decode(raw).items() if field_of(key)}
    values = {key: msgspec.json.decode(value) for key, value in named.items()}
    fields: dict[str, object] = dict(parse_fields(values.items()))
    for key in ("id", "text"):  # what is wrong with them is told, not passed over
        if values.get(key) is not None and (key not in fields or isinstance(values[key], int)):
            fields[key] = values[key]
    name = fields.get("url") or fields.get("text")
    if "id" in fields or not name:
        return fields, False
    return fields | {"id": hashlib.sha256(str(name).encode()).hexdigest()[:ID_LENGTH]}, True


def _id(raw: bytes) -> tuple[str | None, bool]:
    """Return the id of a line.

    If it can be read and can be an id, and whether it comes from its url or text.
    """
    by_content = False
    try:
        name = clean_id(str(_ID.decode(raw).id))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            fields, by_content = _fields(_as_utf8(raw))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None, False
        name = clean_id(str(fields.get("id") or ""))
    return (None if id_problem(name) else name), by_content


def _problem(error: Exception) -> Reason:
    if isinstance(error, RecursionError):
        return Reason("loaders.nested_too_deep")
    if isinstance(error, UnicodeDecodeError):
        return Reason("loaders.not_utf8")
    if isinstance(error, msgspec.ValidationError):
        return Reason.of("loaders.not_a_record", error=error)
    if isinstance(error, msgspec.DecodeError):
        return Reason.of("loaders.not_json", error=error)
    return Reason.of("loaders.not_a_record", error=error)


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
