"""Files in, articles out: strictly read, in a fixed order, one at a time; whatever is not read says why.

`scan` finds the articles of a PATH without decoding them, so that an unchanged one costs one hash; `Found.load` reads one.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from index.errors import SourceError
from index.loaders.encoding import Refused, decode
from index.loaders.folder import MAX_BYTES, File, content, shown, walk
from index.loaders.front_matter import front_matter
from index.loaders.jsonl import Line, Record, ids, is_json_lines, line_of, lines
from index.loaders.metadata import About, described
from index.loaders.sandbox import SHARED
from index.models import Article, Skipped, Value

LIMITS = {  # bytes of a file, by its extension; a file of another kind is none of ours
    **dict.fromkeys((".txt", ".md", ".markdown"), MAX_BYTES),
    **dict.fromkeys((".html", ".htm", ".xhtml"), 10_000_000),
    **dict.fromkeys((".pdf", ".docx"), 50_000_000),
}
# Possessive quantifiers keep it linear: an article may consist of comments.
HTML = re.compile(
    r"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?:(?!-->).){0,2000}+-->\s*+)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)


class Found(Value, frozen=True, kw_only=True):
    """An article that has been found and hashed, not yet read."""

    id: str
    path: str  # relative to the PATH it was found in
    sha256: str  # of the file's bytes, or of the record
    origin: bytes | Record  # a file's path as the system has it
    line: int | None = None  # of a JSON Lines file
    size: int = 0  # bytes of the file, letters of the record

    @property
    def place(self) -> str:
        """Where it stands, as it may be printed: the file, of a record with its line."""
        return shown(self.path) if self.line is None else f"{shown(self.path)}:{self.line}"

    def load(self) -> Article | Skipped:
        """The article itself, or why it is none. A file is read anew: `sha256` of the article is of what was read now."""
        try:
            if isinstance(self.origin, Record):
                return _from_record(self, self.origin)
            return _from_file(self, content(Path(os.fsdecode(self.origin)), _limit(self.path)))
        except Refused as refused:
            return Skipped(path=self.place, id=self.id, reason=str(refused))


def read(path: Path) -> Iterator[Article | Skipped]:
    """Every article of a PATH in a fixed order, and a Skipped for all that is none: `scan`, each one loaded."""
    for one in scan(path):
        yield one.load() if isinstance(one, Found) else one


def scan(path: Path) -> Iterator[Found | Skipped]:
    """The articles of a folder (with its sub-folders) or of a JSON Lines file, sorted by path, found but not decoded.

    A file's id is its relative path without the extension, a record's is its `id`. Where two have one id, both are
    refused. Holds ids in memory, not articles. Raises SourceError where PATH is missing or there is no article in it.
    """
    root = source(path)
    twice = _given_twice(_ids(root))
    reasons: list[str] = []
    any_found = False
    for one in _entries(root):
        if isinstance(one, Found):
            any_found = True
            if one.id in twice:
                one = Skipped(path=one.place, id=one.id, reason=f"another article has the id {one.id} too: rename one")
        elif len(reasons) < 3:
            reasons.append(f"{one.path}: {one.reason}")
        yield one
    if not any_found:
        raise SourceError(
            f"no article in {path}; put text, Markdown, HTML, PDF, Word or JSON Lines files there"
            + "".join(f"; {reason}" for reason in reasons)
        )


def any_article(path: Path) -> bool:
    """Whether there is an article in a PATH that can be read; no more of it is read than that takes. Raises as `scan` does."""
    return any(isinstance(one, Found) and isinstance(one.load(), Article) for one in scan(path))


def source(path: Path) -> Path:
    """The PATH itself, links followed; SourceError where it is missing, or can hold no articles."""
    try:
        root = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as failed:  # links in a circle, no permission, a NUL in the name
        gone = isinstance(failed, FileNotFoundError)
        trouble = "does not exist" if gone else f"cannot be read ({getattr(failed, 'strerror', None) or failed})"
        raise SourceError(f"{shown(str(path))} {trouble}; give a folder of articles or a .jsonl file") from None
    if not root.is_dir() and not is_json_lines(root.name):
        raise SourceError(f"{path} is neither a folder nor a .jsonl file; give the folder that the file is in")
    return root


def given(records: Iterable[Mapping[str, object]]) -> Iterator[Found | Skipped]:
    """Articles that come as mappings with the keys of a JSON Lines record, found but not read; of two with one id the last stays.

    >>> [one.id for one in given([{"id": "a", "text": "The bridge opened."}, {"id": "b"}])]
    ['a', 'b']
    """
    for number, record in enumerate(records, 1):
        yield _recorded("", line_of(number, record))


def _given_twice(names: Iterator[str]) -> frozenset[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for name in names:
        (twice if name in seen else seen).add(name)
    return frozenset(twice)


def _ids(root: Path) -> Iterator[str]:
    for home, file in _files(root):
        if isinstance(file, Skipped):
            continue
        if not is_json_lines(file.path):
            yield file.id
            continue
        try:
            yield from ids(home / file.path)
        except Refused:
            continue


def _entries(root: Path) -> Iterator[Found | Skipped]:
    for home, file in _files(root):
        if isinstance(file, Skipped):
            yield file
        elif is_json_lines(file.path):
            yield from _records(home, file.path)
        else:
            yield _found(home, file)


def _files(root: Path) -> Iterator[tuple[Path, File | Skipped]]:
    """The files that can hold articles, each with the folder that its path is relative to."""
    if root.is_file():
        yield root.parent, File(id=root.name, path=root.name, suffix=root.suffix)
        return
    for one in walk(root):
        if isinstance(one, File) and one.suffix not in LIMITS and not is_json_lines(one.path):
            yield (
                root,
                Skipped(
                    path=shown(one.path),
                    reason=f"not a type of article file ({one.suffix or 'no extension'})",
                    error=False,
                ),
            )
        else:
            yield root, one


def _found(root: Path, file: File) -> Found | Skipped:
    try:
        data = content(root / file.path, _limit(file.path))
    except Refused as refused:
        return Skipped(path=shown(file.path), id=file.id, reason=str(refused))
    sha256, origin = hashlib.sha256(data).hexdigest(), os.fsencode(root / file.path)
    return Found(id=file.id, path=file.path, sha256=sha256, origin=origin, size=len(data))


def _records(root: Path, path: str) -> Iterator[Found | Skipped]:
    try:
        for line in lines(root / path):
            yield _recorded(path, line)
    except Refused as refused:
        yield Skipped(path=shown(path), reason=str(refused))


def _recorded(path: str, line: Line) -> Found | Skipped:
    if line.record is None:
        place = f"{shown(path)}:{line.number}"
        return Skipped(path=place, id=line.id, reason=line.trouble, unidentifiable=line.nameless)
    record, size = line.record, len(line.record.text)
    return Found(id=str(record.id), path=path, line=line.number, sha256=record.sha256, origin=record, size=size)


def _limit(path: str) -> int:
    return LIMITS[os.path.splitext(path)[1].lower()]


def _from_file(found: Found, data: bytes) -> Article:
    """An article from a file of any kind; the kind is told from what is in it, its name must only not belie that."""
    kind, text = _kind(found.path, data)
    if kind == "text":
        about = front_matter(text)
    else:
        extract = SHARED.extract(kind, data)
        text, about = extract.text, extract.about
    if not text.strip():
        raise Refused("it is empty")
    return _article(found, text, hashlib.sha256(data).hexdigest(), described(text, about))


def _kind(path: str, data: bytes) -> tuple[str, str]:
    """What is in a file, and its text where it is plain text."""
    suffix = os.path.splitext(path)[1].lower()
    if b"%PDF-" in data[:1024]:
        return "pdf", ""
    if data.startswith(b"PK\x03\x04"):
        return "docx", ""
    if suffix in (".pdf", ".docx"):
        raise Refused(f"it is named {suffix}, but is no such file")
    if suffix in (".html", ".htm", ".xhtml"):
        return "html", ""
    text = decode(data)
    return ("html", "") if HTML.match(text) else ("text", text)


def _from_record(found: Found, record: Record) -> Article:
    known = About(
        title=record.title or None,
        published=record.day,
        publisher=record.publisher or None,
        url=record.url or None,
        language=record.lang or None,
    )
    return _article(found, record.text, found.sha256, described(record.text, known))


def _article(found: Found, text: str, sha256: str, about: About) -> Article:
    return Article(
        id=found.id,
        path=found.path,
        text=text,
        sha256=sha256,
        title=about.title,
        published=about.published,
        publisher=about.publisher,
        url=about.url,
        language=about.language,
        boilerplate=about.boilerplate,
    )
