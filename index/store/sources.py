"""What the last run over each indexed PATH left behind.

When it was, and what was refused.
"""

from __future__ import annotations

import msgspec

from index.models import Value
from index.store.database import Database

PREFIX = "source:"  # of the keys in the table `state`


class Refusal(Value, frozen=True, kw_only=True):
    """A file or a record that a run did not take."""

    path: str
    reason: str
    error: bool = True


class SourceRecord(Value, frozen=True, kw_only=True):
    """What is known of a PATH from its last run."""

    indexed: str | None = None  # the time of the run, ISO 8601
    refusals: tuple[Refusal, ...] = ()


class SourceTable(Database):
    """The records of the indexed PATHs, in the table `state`."""

    def source(self, root: str) -> SourceRecord:
        """Return what is known of a PATH; an empty record where nothing is."""
        written = self.state(PREFIX + root)
        return msgspec.json.decode(written, type=SourceRecord) if written else SourceRecord()

    def sources(self) -> dict[str, SourceRecord]:
        """Return PATH → what its last run left."""
        rows = self._read("SELECT key, value FROM state WHERE substr(key, 1, ?) = ?", (len(PREFIX), PREFIX))
        return {key.removeprefix(PREFIX): msgspec.json.decode(value, type=SourceRecord) for key, value in rows}

    def keep_source(self, root: str, record: SourceRecord) -> None:
        """Record a run over a PATH."""
        self.set_state(PREFIX + root, msgspec.json.encode(record).decode())

    def forget_source(self, root: str) -> None:
        """Forget a PATH; its articles stay."""
        with self._transaction() as db:
            db.execute("DELETE FROM state WHERE key = ?", (PREFIX + root,))
