"""A run on disk: a manifest and an append-only log, so a killed run goes on.

RUN/manifest.json    written once, before the first answer
RUN/log.jsonl        one line per answer, on disk before the next thing happens; a torn last line is ignored
RUN/verdict.json     the decision
runs/calls.jsonl     replies of a model by request and repeat (see `evals.engines.recorded_calls`)
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import msgspec

from evals.models import LogEntry, json_lines
from index.errors import StoreError, UsageError
from index.models import Value

MANIFEST, LOG, VERDICT = "manifest.json", "log.jsonl", "verdict.json"


class Manifest(Value, frozen=True, kw_only=True):
    """Everything that could change an answer or its score.

    Hashes are SHA-256, shortened where only compared.
    """

    id: str
    created: datetime
    engine: str  # its name, as in Answer.engine
    suite: str
    deterministic: bool = False
    judge: str | None = None  # the model that was asked beside the check
    model: str | None = None  # as asked for; what the server reports is in every answer
    parameters: dict[str, str] = {}
    prompts: dict[str, str] = {}  # name -> hash
    prompt_texts: dict[str, str] = {}
    articles: dict[str, str] = {}  # file id -> hash of the file
    index: dict[str, str] = {}  # how articles were cut and are searched
    cases: dict[str, str] = {}  # case id -> hash
    scoring: str = ""  # hash of the code that scores
    commit: str | None = None
    dirty: bool = False
    repeats: int = 1
    folders: tuple[str, ...] = ()  # `--articles`

    def conditions(self) -> dict[str, object]:
        """Return what must be the same for a run to go on where it stopped."""
        same = ("engine", "suite", "model", "judge", "parameters", "prompts", "articles", "index", "cases", "repeats")
        return {name: getattr(self, name) for name in same}


class RunRecord(Value, frozen=True, kw_only=True):
    """A run as it was recorded: its manifest and its log entries."""

    manifest: Manifest
    entries: tuple[LogEntry, ...]


class RunLog:
    """The answers of one run. Appending returns once the line is on disk.

    Threads may append at once.

    >>> import tempfile
    >>> with RunLog(Path(tempfile.mkdtemp()) / "log.jsonl") as log:
    ...     log.append(LogEntry(case="a", repeat=0, error="no such model"))
    ...     len(log.entries()), log.answered("new", "a", 0)
    (1, None)
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise StoreError("evals.log_unwritable", path=path, error=error.strerror) from error
        data = path.read_bytes()
        if data and not data.endswith(b"\n"):
            os.write(self._file, b"\n")
        self._entries, self.torn = _decode(data)
        self._replies = {_key(entry): entry for entry in self._entries if entry.reply}

    def append(self, entry: LogEntry) -> None:
        """Write one line and wait for the disk."""
        line = msgspec.json.encode(entry) + b"\n"
        with self._lock:
            append_durably(self._file, line)
            self._entries.append(entry)
            if entry.reply:
                self._replies[_key(entry)] = entry

    def answered(self, side: str, case: str, repeat: int) -> LogEntry | None:
        """Return the entry with a reply, None if there is none or only an error."""
        return self._replies.get((side, case, repeat))

    def entries(self) -> tuple[LogEntry, ...]:
        """Return the latest entry of every answer, in order.

        An error that was tried again is gone.
        """
        return _latest(self._entries)

    def close(self) -> None:
        os.close(self._file)

    def __enter__(self) -> RunLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _decode(data: bytes) -> tuple[list[LogEntry], int]:
    """Return the entries of a log, and how many lines a kill left unfinished."""
    entries, torn = [], 0
    for line in json_lines(data):
        try:
            entries.append(msgspec.json.decode(line, type=LogEntry))
        except msgspec.DecodeError:
            torn += 1
    return entries, torn


def _latest(entries: Iterable[LogEntry]) -> tuple[LogEntry, ...]:
    latest: dict[tuple[str, str, int], LogEntry] = {}
    for entry in entries:
        if entry.reply or not (earlier := latest.get(_key(entry))) or not earlier.reply:
            latest[_key(entry)] = entry
    return tuple(latest.values())


def _key(entry: LogEntry) -> tuple[str, str, int]:
    return entry.side, entry.case, entry.repeat


def append_durably(file: int, line: bytes) -> None:
    """Write all of a line, then fsync, so that it survives a kill and a power cut."""
    while line:
        line = line[os.write(file, line) :]
    os.fsync(file)


def begin(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest of a new run, or check it against an existing one.

    Returns the manifest on disk. Raises UsageError that names what differs.
    """
    path = folder / MANIFEST
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        save(path, manifest)
        return manifest
    before = load(folder)
    now = manifest.conditions()
    differing = [name for name, value in before.conditions().items() if value != now[name]]
    if differing:
        raise UsageError("evals.other_conditions", folder=folder, conditions=differing)
    return before


def load(folder: Path) -> Manifest:
    """Read the manifest of a run. Raises UsageError if there is none or it is damaged."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except OSError as error:
        raise UsageError("evals.not_a_run", folder=folder, manifest=MANIFEST) from error
    except msgspec.DecodeError as error:
        raise UsageError("evals.manifest_damaged", path=folder / MANIFEST, error=error) from error


def read_run(folder: Path) -> RunRecord:
    """Read a run, finished or under way, without writing anything.

    Raises UsageError if it cannot be read.
    """
    manifest, path = load(folder), folder / LOG
    try:
        entries = _latest(_decode(path.read_bytes())[0]) if path.exists() else ()
    except OSError as error:
        raise UsageError("evals.log_unreadable", path=path, error=error.strerror) from error
    return RunRecord(manifest=manifest, entries=entries)


def save(path: Path, value: object) -> None:
    """Write a value as indented JSON, atomically."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n")
    os.replace(draft, path)


def find(runs: Path, name: str | None) -> Path:
    """Return a run's folder by its path, its name or a unique prefix.

    The latest without a name.

    Raises UsageError if no run fits, or several do.
    """
    if name and (Path(name) / MANIFEST).exists():
        return Path(name)
    every = sorted(path.parent for path in runs.glob(f"*/{MANIFEST}"))
    fitting = [folder for folder in every if folder.name.startswith(name or "")]
    if name and len(fitting) > 1 and runs / name not in fitting:
        raise UsageError("evals.ambiguous_run", name=name, runs=len(fitting))
    if not fitting:
        raise UsageError("evals.no_such_run" if name else "evals.no_run", name=name, runs=runs)
    return runs / name if name and runs / name in fitting else fitting[-1]


def count_comparison(runs: Path, cases: str, what: str) -> int:
    """Record a comparison with a set of cases; return how many were made."""
    path = runs / "comparisons.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        append_durably(file, msgspec.json.encode({"cases": cases, "what": what, "at": datetime.now(UTC)}) + b"\n")
    finally:
        os.close(file)
    return sum(f'"cases":"{cases}"'.encode() in line for line in path.read_bytes().split(b"\n"))
