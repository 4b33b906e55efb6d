"""A run on disk: a manifest of everything that could matter, and an append-only log of every answer, which is the resume log too.

RUN/manifest.json    written once, before the first answer
RUN/log.jsonl        one line per answer, on disk before the next thing happens; a torn last line is passed over
RUN/calls.jsonl      replies of a model by request and repeat (see `evals.engines.recorded_calls`)
RUN/verdict.json     what came of it
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

from evals.models import Entry, lines
from index.errors import StoreError, UsageError
from index.models import Value

RUNS = Path("runs")
MANIFEST, LOG, VERDICT = "manifest.json", "log.jsonl", "verdict.json"


class Manifest(Value, frozen=True, kw_only=True):
    """Everything that could change an answer or its score. Hashes are SHA-256, shortened where they are only compared."""

    id: str
    created: datetime
    engine: str  # its name, as in Answer.engine
    suite: str
    deterministic: bool = False
    judge: str | None = None  # the model that was asked beside the check
    model: str | None = None  # as asked for; what the server said it is stands in every answer
    parameters: dict[str, str] = {}
    prompts: dict[str, str] = {}  # file -> hash, as they stood
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
        """What must be the same for a run to go on where it stopped."""
        same = ("engine", "suite", "model", "judge", "parameters", "prompts", "articles", "index", "cases", "repeats")
        return {name: getattr(self, name) for name in same}


class Log:
    """The answers of one run. Appending returns once the line is on disk; two threads may append at once.

    >>> import tempfile
    >>> with Log(Path(tempfile.mkdtemp()) / "log.jsonl") as log:
    ...     log.append(Entry(case="a", repeat=0, error="no such model"))
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
            raise StoreError(f"cannot write the log {path}: {error.strerror}") from error
        data = path.read_bytes()
        if data and not data.endswith(b"\n"):
            os.write(self._file, b"\n")
        self._entries, self.torn = _written(data)
        self._done = {_key(entry): entry for entry in self._entries if entry.reply}

    def append(self, entry: Entry) -> None:
        """Write one line and wait for the disk."""
        line = msgspec.json.encode(entry) + b"\n"
        with self._lock:
            append(self._file, line)
            self._entries.append(entry)
            if entry.reply:
                self._done[_key(entry)] = entry

    def answered(self, side: str, case: str, repeat: int) -> Entry | None:
        """The reply that is already there; None where there is none, or only an error."""
        return self._done.get((side, case, repeat))

    def entries(self) -> tuple[Entry, ...]:
        """The last word on every answer, in the order of the first: an error that was tried again is gone."""
        return _latest(self._entries)

    def close(self) -> None:
        os.close(self._file)

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _written(data: bytes) -> tuple[list[Entry], int]:
    """The entries of a log, and how many lines a kill left unfinished."""
    found, torn = [], 0
    for line in lines(data):
        try:
            found.append(msgspec.json.decode(line, type=Entry))
        except msgspec.DecodeError:
            torn += 1
    return found, torn


def _latest(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    latest: dict[tuple[str, str, int], Entry] = {}
    for entry in entries:
        if entry.reply or not (there := latest.get(_key(entry))) or not there.reply:
            latest[_key(entry)] = entry
    return tuple(latest.values())


def _key(entry: Entry) -> tuple[str, str, int]:
    return entry.side, entry.case, entry.repeat


def append(file: int, line: bytes) -> None:
    """Write all of a line, then fsync: what a caller was told is there survives a kill and a power cut."""
    while line:
        line = line[os.write(file, line) :]
    os.fsync(file)


def begin(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest of a new run, or check that a run which is there was made under the same conditions.

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
        raise UsageError(f"{folder} was run with other {', '.join(differing)}: it cannot go on; start a new run")
    return before


def load(folder: Path) -> Manifest:
    """The manifest of a run. Raises UsageError where there is none."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except OSError as error:
        raise UsageError(f"{folder} is no run: it has no {MANIFEST}; `isnad eval run` makes one") from error
    except msgspec.DecodeError as error:
        raise UsageError(f"{folder / MANIFEST} is damaged: {error}") from error


def entries(folder: Path) -> tuple[Entry, ...]:
    """Every answer of a run that was made before, or is being made; nothing is written. UsageError where they cannot be read."""
    load(folder)
    path = folder / LOG
    try:
        return _latest(_written(path.read_bytes())[0]) if path.exists() else ()
    except OSError as error:
        raise UsageError(f"cannot read the log {path}: {error.strerror}") from error


def save(path: Path, value: object) -> None:
    """Write a value as indented JSON, whole or not at all."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n")
    os.replace(draft, path)


def find(runs: Path, name: str | None) -> Path:
    """A run by its folder, its name or the beginning of it; the latest where no name is given. Raises UsageError."""
    if name and (Path(name) / MANIFEST).exists():
        return Path(name)
    there = sorted(path.parent for path in runs.glob(f"*/{MANIFEST}"))
    fitting = [one for one in there if one.name.startswith(name or "")]
    if name and len(fitting) > 1 and runs / name not in fitting:
        raise UsageError(f"{name} begins the names of {len(fitting)} runs; write more of it")
    if not fitting:
        raise UsageError(f"there is no run {name or ''} in {runs}; `isnad eval run` makes one")
    return runs / name if name and runs / name in fitting else fitting[-1]


def comparisons(runs: Path, cases: str, made: Iterable[str] = ()) -> int:
    """How many comparisons were made with this set of cases on this machine; those `made` now are written down."""
    path = runs / "comparisons.jsonl"
    for one in made:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            append(file, msgspec.json.encode({"cases": cases, "what": one, "at": datetime.now(UTC)}) + b"\n")
        finally:
            os.close(file)
    if not path.exists():
        return 0
    return sum(f'"cases":"{cases}"'.encode() in line for line in path.read_bytes().split(b"\n"))
