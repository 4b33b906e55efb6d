"""Take in articles of visitors, each owner's in a folder of the store.

The folder is a PATH of its own to `index.ingest.sync.sync`.

A file is read before it is taken in, so one that is refused never stands in the way of those that were there.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from assistant import container
from assistant.settings import Settings
from assistant.web.rate_limit import Limits
from index.errors import NotFound, SourceError, UsageError
from index.ingest.sync import Progress, quiet, remove, sync
from index.loaders.article_loader import read
from index.loaders.file_kinds import LIMITS
from index.messages.reason import Reason
from index.models import Article, Skipped, SyncReport
from index.store.ledger import Ledger


class Uploads:
    """The uploads of all owners, in `folder`; one is taken in at a time."""

    def __init__(self, store: Path, folder: Path, settings: Settings, limits: Limits) -> None:
        self._store, self._folder, self._settings, self._limits = store, folder, settings, limits
        self._lock = threading.Lock()

    def ids(self, owner: str) -> tuple[str, ...]:
        """Ids of the articles that the owner uploaded, sorted."""
        ledger = Ledger.open(self._store)
        try:
            return tuple(sorted(ledger.known(str(self._home(owner).resolve()))))
        finally:
            ledger.close()

    def add(self, files: Sequence[Path], owner: str, progress: Progress = quiet) -> SyncReport:
        """Take files in and index them; the report names every file."""
        if not owner:
            raise UsageError("web.no_uploads")
        with self._lock, tempfile.TemporaryDirectory(dir=self._made(self._folder)) as staged:
            chosen, refused = self._within(files, owner)
            good, unread = _readable(chosen, Path(staged), _prefix(owner))
            refused += unread
            home = self._made(self._home(owner) / _prefix(owner))
            for file in good:
                shutil.move(file, home / file.name)
            if not good:
                return SyncReport(skipped=tuple(refused))
            report = self._synced(owner, progress)
            for skipped in report.skipped:
                if Path(skipped.path).name in {taken.name for taken in good}:
                    (home / Path(skipped.path).name).unlink(missing_ok=True)
            named = tuple(replace(file, path=Path(file.path).name) for file in report.skipped)
            return replace(report, skipped=(*named, *refused))

    def remove(self, owner: str, file_id: str) -> None:
        """Remove one of the owner's uploads with its file. Raises NotFound."""
        with self._lock:
            ledger, derived = container.open_writer(self._store, self._settings)
            try:
                root = self._home(owner).resolve()
                if not owner or file_id not in ledger.known(str(root)):
                    raise NotFound("web.not_your_upload", file=file_id)
                path = ledger.article(file_id).path
                remove([file_id], ledger, derived)
                (root / path).unlink(missing_ok=True)
            finally:
                container.close(ledger, derived)

    def _synced(self, owner: str, progress: Progress) -> SyncReport:
        ledger, derived = container.open_writer(self._store, self._settings)
        try:
            return sync(self._home(owner), ledger, derived, progress=progress)
        finally:
            container.close(ledger, derived)

    def _within(self, files: Sequence[Path], owner: str) -> tuple[list[Path], list[Skipped]]:
        """Split files into those within the limits and those refused, with reasons."""
        home, limits = self._home(owner), self._limits
        held = [path for path in home.rglob("*") if path.is_file()] if home.is_dir() else []
        number, size, total = len(held), 0, sum(path.stat().st_size for path in held)
        chosen: list[Path] = []
        refused: list[Skipped] = []
        for file in files:
            own = file.stat().st_size
            reason: Reason | None = None
            if len(chosen) >= limits.files:
                reason = Reason.of("uploads.too_many_at_once", limit=limits.files)
            elif number >= limits.kept_files:
                reason = Reason.of("uploads.too_many_kept", count=number)
            elif size + own > limits.upload:
                reason = Reason.of("uploads.too_large", limit=limits.upload / 1e6)
            elif total + own > limits.kept:
                reason = Reason.of("uploads.too_much_kept", limit=limits.kept / 1e6)
            elif file.suffix.lower() not in LIMITS:
                reason = Reason.of("uploads.wrong_type", suffixes=list(LIMITS))
            if reason:
                refused.append(Skipped(path=file.name, detail=reason))
            else:
                chosen.append(file)
                number, size, total = number + 1, size + own, total + own
        return chosen, refused

    def _home(self, owner: str) -> Path:
        return self._folder / hashlib.sha256(owner.encode()).hexdigest()[:16]

    def _made(self, folder: Path) -> Path:
        for parent in (*reversed(folder.parents), folder):
            if self._store in parent.parents:
                parent.mkdir(mode=0o700, exist_ok=True)
        return folder


def _prefix(owner: str) -> str:
    """Return the folder that makes an owner's ids differ from everybody else's."""
    return f"upload-{hashlib.sha256(owner.encode()).hexdigest()[:6]}"


def _readable(files: Sequence[Path], staged: Path, prefix: str) -> tuple[list[Path], list[Skipped]]:
    """Copy the files that are articles into `staged`; return them and the refused."""
    folder = staged / prefix
    folder.mkdir()
    refused: list[Skipped] = []
    for file in files:
        try:
            shutil.copyfile(file, folder / file.name)
        except OSError as error:
            refused.append(Skipped(path=file.name, detail=Reason.of("uploads.unreadable", error=error.strerror)))
    good: list[Path] = []
    try:
        for article in read(staged):
            if isinstance(article, Article):
                good.append(staged / article.path)
            else:
                refused.append(replace(article, path=Path(article.path).name))
    except SourceError:
        pass  # none of them is an article, and each said why
    return good, refused
