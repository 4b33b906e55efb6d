"""Keep conversations by owner in an SQLite file of their own.

They are found again after a restart, searched, exported, shared and rated.

What an answer cost is kept apart from the conversation: a turn that is cut or deleted was paid for all the same.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from assistant.models import Answer, Usage
from assistant.rendering.markdown import inert
from assistant.rendering.plain_text import one_line
from index.errors import NotFound, StoreError, StoreFull
from index.language.normalize import folded
from index.models import Value
from index.store.schema import transaction

FILE = Path("web") / "conversations.db"  # in the store
VERSION = 1
APPLICATION = 0x15AE  # marks the file as ours; the ledger's mark is 0x15AD
TITLE = 120  # characters of a title
SEARCHED = 20  # words of a search that are looked for
NOTE = 2_000  # characters of a reader's note

Kind = Literal["good", "wrong citation", "missing", "wrong fact", "other"]
SCHEMA = """
CREATE TABLE conversations(
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT, folded TEXT NOT NULL DEFAULT '',
    at TEXT NOT NULL, token TEXT UNIQUE) STRICT;
CREATE INDEX conversations_by_owner ON conversations(owner);
CREATE TABLE turns(
    id INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    number INTEGER NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL, folded TEXT NOT NULL, at TEXT NOT NULL,
    UNIQUE(conversation, number)) STRICT;
CREATE TABLE feedback(
    turn INTEGER PRIMARY KEY, conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    kind TEXT NOT NULL, note TEXT NOT NULL, history TEXT NOT NULL,
    question TEXT NOT NULL, answer TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE INDEX feedback_by_conversation ON feedback(conversation);
CREATE TABLE spending(
    owner TEXT NOT NULL, day TEXT NOT NULL, requests INTEGER NOT NULL,
    tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL,
    cost REAL, PRIMARY KEY(owner, day)) STRICT, WITHOUT ROWID;
"""


class Turn(Value, frozen=True, kw_only=True):
    """A question and its answer; numbers count from 1 within a conversation."""

    number: int
    question: str
    answer: Answer
    at: datetime


class Listed(Value, frozen=True, kw_only=True):
    """A conversation in a list; `at` is the time of its last turn."""

    id: str
    title: str
    at: datetime
    turns: int


class Conversations:
    """Store the conversations of all owners; safe for many threads.

    What is not the owner's does not exist for them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._db = _connect(path)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def begin(self, owner: str) -> str:
        """Return the id of a new conversation, which is listed from its first turn on."""
        conversation = secrets.token_urlsafe(16)
        with self._writing() as db:
            db.execute(
                "INSERT INTO conversations(id, owner, at) VALUES (?,?,?)", (conversation, owner, _now().isoformat())
            )
        return conversation

    def add(self, conversation: str, owner: str, answer: Answer) -> Turn:
        """Keep an answer as the conversation's next turn. Raises NotFound."""
        at = _now()
        with self._writing() as db:
            self._own(conversation, owner)
            last = db.execute("SELECT max(number) FROM turns WHERE conversation = ?", (conversation,)).fetchone()[0]
            turn = Turn(number=(last or 0) + 1, question=answer.question, answer=answer, at=at)
            written = msgspec.json.encode(answer).decode()
            searched = folded(f"{answer.question}\n{answer.text}")
            row = (conversation, turn.number, answer.question, written, searched, at.isoformat())
            db.execute(
                "INSERT INTO turns(conversation, number, question, answer, folded, at) VALUES (?,?,?,?,?,?)", row
            )
        return turn

    def cut(self, conversation: str, owner: str, number: int) -> None:
        """Drop this turn and the later ones."""
        with self._writing() as db:
            self._own(conversation, owner)
            db.execute("DELETE FROM turns WHERE conversation = ? AND number >= ?", (conversation, number))

    def turns(self, conversation: str, owner: str) -> tuple[Turn, ...]:
        """Return the turns, oldest first; none if `owner` does not own the conversation."""
        return self._turns("c.id = ? AND c.owner = ?", (conversation, owner))

    def listed(self, owner: str, query: str = "") -> tuple[Listed, ...]:
        """Return the owner's conversations that hold every word of the query.

        Newest first.

        Words are found in any of the spellings that `index.language.normalize` takes for one.
        """
        wanted = folded(query).split()[:SEARCHED]
        turn_holds = "EXISTS(SELECT 1 FROM turns s WHERE s.conversation = c.id AND instr(s.folded, ?))"
        holds = f"AND (instr(c.folded, ?) OR {turn_holds})"
        rows = self._read(
            f"""SELECT c.id,
            coalesce(c.title, (SELECT question FROM turns f WHERE f.conversation = c.id ORDER BY number LIMIT 1)),
            max(t.at) AS latest, count(*) FROM conversations c JOIN turns t ON t.conversation = c.id
            WHERE c.owner = ? {holds * len(wanted)} GROUP BY c.id ORDER BY latest DESC, c.id""",
            (owner, *(word for word in wanted for _ in range(2))),
        )
        return tuple(
            Listed(id=conversation, title=_title(title), at=datetime.fromisoformat(at), turns=turns)
            for conversation, title, at, turns in rows
        )

    def rename(self, conversation: str, owner: str, title: str) -> None:
        """Give it a title; an empty one makes it the first question again."""
        named = _title(title)
        with self._writing() as db:
            self._own(conversation, owner)
            values = (named or None, folded(named), conversation)
            db.execute("UPDATE conversations SET title = ?, folded = ? WHERE id = ?", values)

    def delete(self, conversation: str, owner: str) -> None:
        """Forget it: its turns, what was said of them, and the links to it."""
        with self._writing() as db:
            self._own(conversation, owner)
            db.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    def export(self, conversation: str, owner: str, form: Literal["md", "json"]) -> str:
        """Return a conversation with sources, quotes and dates. Raises NotFound."""
        turns = self.turns(conversation, owner)
        if not turns:
            raise NotFound("web.nothing_asked", conversation=conversation)
        titles = {listed.id: listed.title for listed in self.listed(owner)}
        title = titles.get(conversation) or _title(turns[0].question)
        if form == "md":
            return "\n\n".join([f"# {inert(title)}", *map(_markdown, turns)])
        whole = msgspec.json.encode({"conversation": conversation, "title": title, "turns": turns})
        return msgspec.json.format(whole, indent=2).decode() + "\n"

    def feedback(self, conversation: str, owner: str, number: int, kind: Kind, note: str = "") -> None:
        """Keep a reader's rating of an answer, with the questions before it.

        A later one replaces it.
        """
        with self._writing() as db:
            self._own(conversation, owner)
            rows = db.execute(
                "SELECT id, number, question, answer FROM turns WHERE conversation = ? AND number <= ? ORDER BY number",
                (conversation, number),
            ).fetchall()
            if not rows or rows[-1][1] != number:
                raise NotFound("web.no_turn", number=number)
            turn, _, question, answer = rows[-1]
            history = msgspec.json.encode([row[2] for row in rows[:-1]]).decode()
            row = (turn, conversation, kind, note[:NOTE], history, question, answer, _now().isoformat())
            db.execute("INSERT OR REPLACE INTO feedback VALUES (?,?,?,?,?,?,?,?)", row)

    def feedback_rows(self) -> Iterator[dict[str, Any]]:
        """Yield every rating, oldest first, as rows for `isnad eval from-feedback`."""
        for kind, note, history, question, answer in self._read(
            "SELECT kind, note, history, question, answer FROM feedback ORDER BY at"
        ):
            yield {
                "question": question,
                "answer": msgspec.json.decode(answer),
                "vote": "up" if kind == "good" else "down",
                "reason": "" if kind == "good" else kind,
                "comment": note,
                "history": msgspec.json.decode(history),
            }

    def charge(self, owner: str, usage: Usage) -> None:
        """Add the cost of an answer to what its owner spent today."""
        with self._writing() as db:
            db.execute(
                """INSERT INTO spending VALUES (?,?,?,?,?,?) ON CONFLICT(owner, day) DO UPDATE SET
                requests = requests + excluded.requests, tokens_in = tokens_in + excluded.tokens_in,
                tokens_out = tokens_out + excluded.tokens_out,
                cost = CASE WHEN cost IS NULL THEN excluded.cost ELSE cost + coalesce(excluded.cost, 0) END""",
                (owner, _now().date().isoformat(), usage.requests, usage.tokens_in, usage.tokens_out, usage.cost),
            )

    def spent(self, owner: str | None = None, *, since: date | None = None) -> Usage:
        """Sum the usage of an owner or of all, from a day (UTC) on or of all time."""
        row = self._read(
            """SELECT coalesce(sum(requests), 0), coalesce(sum(tokens_in), 0), coalesce(sum(tokens_out), 0), sum(cost)
            FROM spending WHERE (?1 IS NULL OR owner = ?1) AND (?2 IS NULL OR day >= ?2)""",
            (owner, since.isoformat() if since else None),
        )[0]
        return Usage(requests=row[0], tokens_in=row[1], tokens_out=row[2], cost=row[3])

    def share(self, conversation: str, owner: str) -> str:
        """Return the token that lets others read a conversation; always the same one."""
        with self._writing() as db:
            self._own(conversation, owner)
            token = secrets.token_urlsafe(24)
            db.execute("UPDATE conversations SET token = coalesce(token, ?) WHERE id = ?", (token, conversation))
            return str(db.execute("SELECT token FROM conversations WHERE id = ?", (conversation,)).fetchone()[0])

    def shared_turns(self, token: str) -> tuple[Turn, ...]:
        """Return the turns of a shared conversation; none for an unknown token."""
        return self._turns("c.token = ?", (token,))

    # --- beneath ---

    def _turns(self, which: str, values: Sequence[str]) -> tuple[Turn, ...]:
        rows = self._read(
            "SELECT t.number, t.question, t.answer, t.at FROM turns t JOIN conversations c ON c.id = t.conversation "
            f"WHERE {which} ORDER BY t.number",
            values,
        )
        return tuple(
            Turn(
                number=number,
                question=question,
                answer=msgspec.json.decode(answer, type=Answer),
                at=datetime.fromisoformat(at),
            )
            for number, question, answer, at in rows
        )

    def _own(self, conversation: str, owner: str) -> None:
        row = self._db.execute("SELECT 1 FROM conversations WHERE id = ? AND owner = ?", (conversation, owner))
        if row.fetchone() is None:
            raise NotFound("web.no_conversation")

    def _read(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock, _readable(self.path):
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _readable(self.path), transaction(self._db):
            yield self._db


def _connect(path: Path) -> sqlite3.Connection:
    with _readable(path):
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
        except OSError as error:
            raise StoreError("web.unwritable", path=path, error=error.strerror) from error
        db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION or (version and db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION):
            db.close()
            raise StoreError("web.foreign_file", path=path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")  # what a reader deletes is gone from the file too
        db.execute("BEGIN IMMEDIATE")
        if not db.execute("PRAGMA user_version").fetchone()[0]:
            for statement in SCHEMA.split(";\n"):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
        return db


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn SQLite errors into errors that name a next step."""
    try:
        yield
    except sqlite3.Error as error:
        if "full" in str(error):
            raise StoreFull("web.disk_full", path=path) from error
        raise StoreError("web.broken_file", path=path, error=error) from error


def _markdown(turn: Turn) -> str:
    head = f"## {inert(one_line(turn.question))}\n\n*{turn.at:%Y-%m-%d %H:%M} UTC · {inert(turn.answer.engine)}*"
    return f"{head}\n\n{turn.answer.to_markdown()}"


def _title(text: str | None) -> str:
    line = one_line(text or "")
    return line if len(line) <= TITLE else line[: TITLE - 1] + "…"


def _now() -> datetime:
    return datetime.now(UTC)
