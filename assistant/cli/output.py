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


UNITS = {"vectors": " passages"}  # of the stages of an index run that do not count articles


def emit(record: object) -> int:
    """Print a result as one JSON object; the exit code."""
    import msgspec

    print(msgspec.json.encode(record).decode())
    return 0


def complain(message: str, code: int = 1) -> int:
    """One line on stderr; the exit code."""
    print(f"isnad: {' '.join(message.split())}", file=sys.stderr)
    return code


def notify(code: str, /, **params: object) -> None:
    """Print a message of the catalogue on stderr, in English."""
    from index.messages.catalog import render

    print(render(code, params), file=sys.stderr, flush=True)


@contextmanager
def bars(quiet: bool) -> Iterator[Progress]:
    """Show a progress bar on stderr for each stage if a person is watching."""
    from tqdm import tqdm

    shown: dict[str, tqdm[Any]] = {}

    def show(stage: str, done: int, total: int | None) -> None:
        if stage not in shown:
            shown[stage] = tqdm(
                desc=stage,
                unit=UNITS.get(stage, " articles"),
                file=sys.stderr,
                disable=quiet or not sys.stderr.isatty(),
            )
        shown[stage].total = total
        shown[stage].update(done - shown[stage].n)

    try:
        yield show
    finally:
        for bar in shown.values():
            bar.close()


Record = dict[str, Any]
Finish = Callable[[list[Record], list[Record]], list[Record]]  # records, their results → the results to print


def records(path: Path, reply: Callable[[Record], Record], finish: Finish | None = None, size: int = 1) -> int:
    """Print a line of JSON for each line of a file; return the exit code.

    A bad line gives `{"id","error"}`; the others are still answered, and the exit code is 1.
    `finish` gets the good records of every `size` lines with their results, to complete these together.
    """
    from index.errors import IsnadError

    failed = False
    group: list[tuple[Record | None, Record]] = []
    for number, line in numbered(path):
        record, result = _answered(number, line, reply)
        failed = failed or record is None
        group.append((record, result))
        if len(group) >= size:
            _print_group(group, finish)
            group = []
    _print_group(group, finish)
    return complain(str(IsnadError("cli.lines_failed", path=path))) if failed else 0


def _answered(number: int, line: bytes, reply: Callable[[Record], Record]) -> tuple[Record | None, Record]:
    """Return a line's record with its result, or None with its error."""
    import msgspec

    from index.errors import IsnadError, UsageError

    name: Any = None
    try:
        record = msgspec.json.decode(line)
        if not isinstance(record, dict):
            raise UsageError("cli.not_an_object", number=number)
        name = record.get("id")
        return record, {"id": name, **reply(record)}
    except RecursionError:
        return None, {"id": None, "error": f"line {number}: {UsageError('cli.nested_too_deep')}"}
    except (IsnadError, msgspec.DecodeError, UnicodeDecodeError) as error:
        where = "" if name is not None or f"line {number}" in str(error) else f"line {number}: "
        return None, {"id": name, "error": f"{where}{error}"}


def _print_group(group: list[tuple[Record | None, Record]], finish: Finish | None) -> None:
    import msgspec

    good = [(record, result) for record, result in group if record is not None]
    finished = [result for _, result in good]
    if finish and good:
        finished = finish([record for record, _ in good], finished)
    results = iter(finished)
    for record, result in group:
        shown = result if record is None else next(results)
        sys.stdout.write(msgspec.json.encode(shown).decode() + "\n")
    sys.stdout.flush()


def numbered(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the non-empty lines, each with its number in the file.

    A byte order mark at the start is dropped.
    """
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
