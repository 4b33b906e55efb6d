"""What a command prints, and the lines that it reads."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from index.ingest.sync import Progress


def emit(record: object) -> int:
    """Print a result as one JSON object; the exit code."""
    import msgspec

    print(msgspec.json.encode(record).decode())
    return 0


def complain(message: str, code: int = 1) -> int:
    """One line on stderr; the exit code."""
    print(f"isnad: {' '.join(message.split())}", file=sys.stderr)
    return code


@contextmanager
def bars(quiet: bool) -> Iterator[Progress]:
    """A bar on stderr for each stage, where somebody is looking."""
    from tqdm import tqdm

    shown: dict[str, tqdm[Any]] = {}

    def show(stage: str, done: int, total: int | None) -> None:
        if stage not in shown:
            shown[stage] = tqdm(desc=stage, unit=" articles", file=sys.stderr, disable=quiet or not sys.stderr.isatty())
        shown[stage].total = total
        shown[stage].update(done - shown[stage].n)

    try:
        yield show
    finally:
        for bar in shown.values():
            bar.close()


def records(path: Path, reply: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """A line of JSON for each line of a file; a bad one gives `{"id","error"}`, the rest go on, and the exit code is 1."""
    import msgspec

    from index.errors import IsnadError, UsageError

    failed = False
    for number, line in numbered(path):
        one: Any = None
        try:
            record = msgspec.json.decode(line)
            if not isinstance(record, dict):
                raise UsageError("cli.not_an_object", number=number)
            one = record.get("id")
            result = {"id": one, **reply(record)}
        except RecursionError:
            failed, result = True, {"id": None, "error": f"line {number}: {UsageError('cli.nested_too_deep')}"}
        except (IsnadError, msgspec.DecodeError, UnicodeDecodeError) as error:
            where = "" if one is not None or f"line {number}" in str(error) else f"line {number}: "
            failed, result = True, {"id": one, "error": f"{where}{error}"}
        sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
        sys.stdout.flush()
    return complain(f"some lines of {path} failed; they carry an error") if failed else 0


def numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, each with its number in the file; without the byte order mark of some editors."""
    for number, line in enumerate(_lines(path), 1):
        if held := (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip():
            yield number, held


def _lines(path: Path) -> Iterator[bytes]:
    from index.errors import UsageError

    try:
        source = sys.stdin.buffer if str(path) == "-" else path.open("rb")
    except OSError as error:
        raise UsageError("cli.unreadable", path=path, error=error.strerror) from error
    with source:
        yield from source
