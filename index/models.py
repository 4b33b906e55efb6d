"""The values that all packages share.

An article, its passages, the hits of a search, the report of an index run.
Frozen and compared by content. A span is a pair of offsets in Unicode code points: `article.text[start:end]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from index.displays import display
from index.errors import UsageError
from index.messages.reason import Reason


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen value, compared by content, validated where it is decoded from JSON."""

    def _repr_html_(self) -> str | None:
        html: str | None = display(self, "html")
        return html


class Span(msgspec.Struct, frozen=True, order=True):
    """A half-open span of a text, `text[start:end]`, in Unicode code points."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the words of the span.

        >>> Span(0, 5).of("إسناد الخبر")
        'إسناد'
        """
        return text[self.start : self.end]


class Article(Value, frozen=True, kw_only=True):
    """A news article as it was read.

    `text` is never rewritten; metadata that its file does not give is None.

    >>> Article(id="bridge", text="افتتح الوالي جسر نور.", sha256="", title="جسر نور", published=date(2026, 3, 1))
    Article('bridge', 'جسر نور', '2026-03-01', 21 characters)
    """

    id: str
    text: str
    sha256: str  # of the bytes it was read from
    title: str | None = None
    published: date | None = None
    retrieved: date | None = None  # the day it was taken from its site, where its file says so
    publisher: str | None = None
    url: str | None = None
    language: str | None = None  # ISO 639-1
    root: str = ""  # the PATH of the index run that brought it in
    path: str = ""  # the file, relative to root
    boilerplate: tuple[Span, ...] = ()  # navigation, related links …: not searched, never cited

    def __repr__(self) -> str:
        known = (self.id, self.title, self.published and self.published.isoformat())
        return f"Article({', '.join(repr(field) for field in known if field)}, {len(self.text):,} characters)"


class Passage(Value, frozen=True, kw_only=True):
    """A part of an article that search can return: `article.text[start:end] == text`.

    >>> article = Article(id="a", text="وصل الوفد. غادر الوفد.", sha256="")
    >>> Passage(id="a:0-10", article_id="a", start=0, end=10, text=article.text[0:10]).text
    'وصل الوفد.'
    """

    id: str
    article_id: str
    start: int
    end: int
    text: str


def parse_day(text: str | None) -> date | None:
    """Parse a day as a user typed it (ISO 8601); None for an empty text.

    Raises UsageError for anything else.

    >>> parse_day("2025-12-23"), parse_day("  ")
    (datetime.date(2025, 12, 23), None)
    """
    typed = (text or "").strip()
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        raise UsageError("filters.bad_day", text=typed[:40]) from None


GroupBy = Literal["article", "mention", "story", "publisher", "place", "day"]


class CountedGroup(Value, frozen=True, kw_only=True):
    """The articles of one publisher, place, day (ISO 8601) or story."""

    label: str
    file_ids: tuple[str, ...]


class Count(Value, frozen=True, kw_only=True):
    """How many articles, mentions or groups there are, as `by` says.

    `copies`: articles that repeat the report of another one. `file_ids`: the articles, the newest first.

    >>> Count(by="article", words=("dam",), number=2, file_ids=("b", "a")).number
    2
    """

    by: GroupBy
    words: tuple[str, ...]
    number: int
    file_ids: tuple[str, ...]
    copies: int = 0
    groups: tuple[CountedGroup, ...] = ()


class Filters(Value, frozen=True, kw_only=True):
    """Which articles may answer.

    Days are inclusive; an article without a date lies in no range.
    Raises UsageError for a value that is no filter.

    >>> bool(Filters()), bool(Filters(since=date(2025, 12, 1), languages=("ar",)))
    (False, True)
    """

    since: date | None = None
    until: date | None = None
    languages: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    file_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("since", "until"):
            day = getattr(self, name)
            if isinstance(day, datetime):  # a later hour of the day is later than the day
                msgspec.structs.force_setattr(self, name, day.date())
            elif day is not None and not isinstance(day, date):
                raise UsageError("filters.not_a_day", name=name)
        for name in ("languages", "publishers", "file_ids"):
            if isinstance(value := getattr(self, name), str):  # its letters would be taken for so many names
                raise UsageError("filters.not_a_list", name=name, value=value[:40])

    def __bool__(self) -> bool:
        return self != Filters()


class Reprint(Value, frozen=True, kw_only=True):
    """Name an article that carries the same report as another.

    Who printed it, and when.
    """

    file_id: str
    publisher: str | None = None
    published: date | None = None


class Hit(Value, frozen=True, kw_only=True, rename={"duplicate_ids": "also"}):
    """A passage that a search returned.

    Scores lie in 0..1: the share of the best that any text could reach for the question.

    >>> article = Article(id="a", text="وصل الوفد.", sha256="")
    >>> passage = Passage(id="a:0-10", article_id="a", start=0, end=10, text=article.text)
    >>> Hit(passage=passage, article=article, score=0.5)
    Hit(0.500, 'a:0-10', 'وصل الوفد.')
    """

    passage: Passage
    article: Article
    score: float
    lexical_score: float | None = (
        None  # the share that words alone reach, comparable between questions; None: not known
    )
    ranks: dict[str, int] = {}  # search -> its own rank, from 1
    duplicate_ids: tuple[str, ...] = ()  # ids of articles that carry the same report; "also" in JSON
    story: str | None = None  # id of the story that the article belongs to (`index.stories`)
    reprints: tuple[Reprint, ...] = ()  # the articles of `duplicate_ids`, as long as the ledger knows them

    def __repr__(self) -> str:
        return f"Hit({self.score:.3f}, {self.passage.id!r}, {short(self.passage.text)!r})"


class Skipped(Value, frozen=True, kw_only=True, rename={"unidentifiable": "nameless"}):
    """A file or a record that was not indexed, and the reason."""

    path: str
    reason: str = ""
    id: str | None = None  # the id of the article it would have been, if known
    error: bool = True  # False: not a news file at all (a picture, say)
    unidentifiable: bool = False  # its name can be no id: it is none of the articles that are there
    detail: Reason | None = None  # what `reason` says, as a code with parameters
    repeated: bool = False  # the last run over the same PATH reported the same

    def __post_init__(self) -> None:
        if self.detail:
            msgspec.structs.force_setattr(self, "reason", str(self.detail))


class SyncReport(Value, frozen=True, kw_only=True, rename={"invisible_characters": "unseen", "retained": "kept"}):
    """What an index run did.

    Every file is added, changed, deleted, unchanged or skipped.

    >>> report = SyncReport(added=("a",), skipped=(Skipped(path="b.txt", reason="it is empty"),))
    >>> report.failed, report.skipped[0].reason
    (True, 'it is empty')
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    unchanged: int = 0
    skipped: tuple[Skipped, ...] = ()
    invisible_characters: dict[str, int] = {}  # kind -> how many: kept in articles, left out of search and prompts
    retained: tuple[str, ...] = ()  # ids that were not met but may be in what was `unreadable`, and so stay indexed

    @property
    def failed(self) -> bool:
        """Whether something was refused that no earlier run reported."""
        return any(skipped.error and not skipped.repeated for skipped in self.skipped)

    @property
    def unreadable(self) -> tuple[Skipped, ...]:
        """What could not be read and has no id, and so may hold any article.

        While there is such, none is dropped.
        """
        return tuple(
            skipped for skipped in self.skipped if skipped.error and skipped.id is None and not skipped.unidentifiable
        )


def short(text: str, longest: int = 60) -> str:
    """Return the beginning of a text on a single line of at most `longest` characters.

    >>> short("one\\ntwo three", 8)
    'one two…'
    """
    line = " ".join(text[: 4 * longest].split())
    return line if len(line) <= longest and len(text) <= 4 * longest else line[: longest - 1].rstrip() + "…"


def covering(spans: Sequence[Span], start: int, end: int) -> bool:
    """Return whether any of the spans overlaps `start:end`."""
    return any(span.start < end and start < span.end for span in spans)
