"""Input and output of the commands of `isnad eval`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from index.errors import UsageError


def read_text(file: Path) -> str:
    """Read a text file. Raises UsageError if it cannot be read."""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("cli.unreadable", path=file, error=error) from error


def write(file: Path, data: bytes, *, append: bool = False) -> None:
    """Write or append to a file. Raises UsageError if it cannot be written."""
    try:
        with file.open("ab" if append else "wb") as opened:
            opened.write(data)
    except OSError as error:
        raise UsageError("evals.unwritable", file=file, error=error.strerror) from error


def now() -> datetime:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def say(text: object) -> None:
    """Print a line on stdout."""
    sys.stdout.write(f"{text}\n")
