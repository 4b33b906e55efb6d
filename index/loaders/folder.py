"""Walk the files of a folder in order, never outside of it.

And read them up to a limit without hanging.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.loaders.encoding import Unreadable
from index.messages.reason import Reason
from index.models import Skipped, Value

MAX_BYTES = 5_000_000  # a long article has 50 kB; the Bible has 4 MB
DEEPEST = 50  # folders inside folders

_BAD_CATEGORIES = frozenset(("Cc", "Cs", "Zl", "Zp"))
_DIRECTION = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # make a name look like another one
_CLEANED = str.maketrans("[]", "()", _DIRECTION)


class File(Value, frozen=True, kw_only=True):
    """A regular file inside the root."""

    path: str  # relative to the root
    suffix: str  # in small letters, with its dot


def walk(root: Path) -> Iterator[File | Skipped]:
    """Yield every entry under a folder, sorted by name.

    A File, or a Skipped with the reason why it is none.

    Links are not followed: their targets inside the root are met in their own place, others are not read.
    """
    yield from _walk(root, "", 0)


def _walk(root: Path, folder: str, depth: int) -> Iterator[File | Skipped]:
    try:
        with os.scandir(root / folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError as failed:
        unidentifiable = bool(folder and id_problem(clean_id(folder)))  # and so is all that it holds
        yield Skipped(
            path=printable(folder),
            detail=Reason.of("loaders.folder_unreadable", error=_os_reason(failed)),
            unidentifiable=unidentifiable,
        )
        return
    for entry in ordered:
        path = f"{folder}/{entry.name}" if folder else entry.name
        stem, suffix = os.path.splitext(path)
        name = clean_id(stem)
        reason, wrong = _refusal(root, entry, depth)
        if reason:
            unidentifiable = id_problem(name) is not None
            yield Skipped(
                path=printable(path),
                detail=reason,
                error=wrong,
                id=None if unidentifiable else name,
                unidentifiable=unidentifiable,
            )
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(root, path, depth + 1)
        elif (trouble := id_problem(name)) and name:
            yield Skipped(path=printable(path), detail=trouble, unidentifiable=True)
        else:
            yield File(path=path, suffix=suffix.lower())


def _refusal(root: Path, entry: os.DirEntry[str], depth: int) -> tuple[Reason | None, bool]:
    """Return why an entry of a folder is not read, and whether that is an error."""
    if entry.name.startswith("."):
        return Reason("loaders.hidden"), False
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError as failed:
        return Reason.of("loaders.unreadable", error=_os_reason(failed)), True
    if stat.S_ISLNK(mode):
        target = os.path.realpath(entry.path)
        if not os.path.exists(target):
            return Reason("loaders.link_to_nothing"), True
        if not Path(target).is_relative_to(root.resolve()):
            return Reason("loaders.link_outside"), True
        return Reason("loaders.link_inside"), False
    if stat.S_ISDIR(mode):
        return (Reason("loaders.folders_too_deep"), True) if depth >= DEEPEST else (None, False)
    return (None, False) if stat.S_ISREG(mode) else (Reason("loaders.not_a_file"), True)


@contextmanager
def open_regular(path: Path) -> Iterator[io.BufferedReader]:
    """Open a regular file for reading, without hanging on a pipe.

    Raise Unreadable where that fails.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as failed:
        raise Unreadable("loaders.unreadable", error=_os_reason(failed)) from None
    with open(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise Unreadable("loaders.not_regular")
        yield file


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Return the bytes of a regular file.

    Raise Unreadable where it cannot be read or exceeds `limit` bytes.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        try:
            data = file.read(limit + 1) if size <= limit else b""
        except OSError as failed:
            raise Unreadable("loaders.unreadable", error=_os_reason(failed)) from None
    if max(size, len(data)) > limit:
        raise Unreadable("loaders.too_many_bytes", size=max(size, len(data)), limit=limit)
    return data


def id_problem(id: str) -> Reason | None:
    """Return why a name cannot be an article's id; None where it can.

    >>> id_problem("politics/2025-08-01")
    >>> print(id_problem("a\\n"))
    an id may not hold control characters: rename it
    """
    if not id or id.endswith("/"):
        return Reason("loaders.id_empty")
    if any(unicodedata.category(sign) == "Cs" for sign in id):
        return Reason("loaders.name_not_unicode")
    if any(unicodedata.category(sign) in _BAD_CATEGORIES for sign in id):
        return Reason("loaders.id_controls")
    return None


def clean_id(name: str) -> str:
    """Return a name as an id.

    Brackets, which mark citations, become round, direction marks go.

    >>> clean_id("تقرير [فيديو]\u202e")
    'تقرير (فيديو)'
    """
    return name.translate(_CLEANED)


def printable(path: str) -> str:
    r"""Escape a path so that it can be printed: control characters, invalid bytes.

    >>> printable("a\nb")
    'a\\nb'
    """
    return "".join(
        sign
        if sign == " " or (sign.isprintable() and unicodedata.category(sign) != "Cs")
        else sign.encode("unicode_escape").decode()
        for sign in path
    )


def _os_reason(error: OSError) -> str:
    return "it is a link" if error.errno == errno.ELOOP else (error.strerror or type(error).__name__)
