"""Find the articles of a folder or a file of many in a fixed order.

And read them strictly, a single one at a time.

`scan` hashes the articles of a PATH without decoding them, so that an unchanged article costs a hash; `ArticleRef.load`
reads an article. What cannot be read is a Skipped with the reason.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from index.errors import SourceError
from index.loaders.article_ids import ArticleIds, Claim, StoredIds, file_id
from index.loaders.day_forms import parse_any_day
from index.loaders.encoding import Unreadable, decode
from index.loaders.file_kinds import LIMITS, MANY, OPTIONAL, PAGES, is_many, not_read_reason, suffix_of
from index.loaders.folder import File, clean_id, id_problem, printable, read_bytes, walk
from index.loaders.front_matter import parse_front_matter
from index.loaders.jsonl import (
    JsonLine,
    Record,
    check_line,
    check_record,
    is_json_lines,
    read_lines,
    record_ids,
    without_repeats,
)
from index.loaders.markup import has_markup, plain_entities, plain_line
from index.loaders.member_files import Member
from index.loaders.metadata import Metadata, extract_metadata, with_language
from index.loaders.mojibake import garbled_reason, repair_mojibake
from index.loaders.ocr import is_ocr_installed, read_pages
from index.loaders.office import convert_to_docx
from index.loaders.sandbox import SANDBOX
from index.messages.reason import Reason
from index.models import Article, Skipped, Value

UNGUARDED = 50_000  # characters of a text that is searched for metadata in this process; longer ones are in the sandbox
# Possessive quantifiers keep it linear: an article may consist of comments.
HTML = re.compile(
    r"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?:(?!-->).){0,2000}+-->\s*+)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # of the old formats of Microsoft Office, and of encrypted new ones
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MAIL = {".eml": "email", ".mhtml": "mhtml", ".mht": "mhtml"}
_FOR_OCR = ("loaders.no_text_scan", "loaders.text_layer_no_language")
_NO_MEMBERS = ("loaders.no_members", "loaders.no_text_column", "loaders.not_json")


class ArticleRef(Value, frozen=True, kw_only=True):
    """Where an article stands, and its hash; the article is not yet read."""

    id: str
    path: str  # relative to the PATH it was found in
    sha256: str  # of the file's bytes, or of the record
    origin: bytes | Record  # a file's path as the system has it, or the record itself
    member: Member | None = None  # the article itself, out of another file of many
    line: int | None = None  # of a JSON Lines file; in other files of many, which article
    size: int = 0  # bytes of the file, letters of the record

    @property
    def place(self) -> str:
        """Return the file, of a record with its line, fit for printing."""
        return printable(self.path) if self.line is None else f"{printable(self.path)}:{self.line}"

    def load(self) -> Article | Skipped:
        """Read the article, or return why it cannot be read.

        `sha256` of the article is of what was read now.
        """
        try:
            if isinstance(self.origin, Record):
                return _from_record(self, self.origin)
            if self.member is not None:
                return _from_member(self, self.member)
            return _from_file(self, read_bytes(Path(os.fsdecode(self.origin)), _limit(self.path)))
        except Unreadable as refused:
            return Skipped(path=self.place, id=self.id, detail=Reason.from_error(refused))


def read(path: Path) -> Iterator[Article | Skipped]:
    """Yield the articles of a PATH in a fixed order; a Skipped for what is none."""
    for entry in scan(path):
        yield entry.load() if isinstance(entry, ArticleRef) else entry


def scan(path: Path, stored: StoredIds | None = None, *, may_be_empty: bool = False) -> Iterator[ArticleRef | Skipped]:
    """Yield the articles of a folder with its sub-folders, or of a file of many.

    Sorted by path and not decoded.

    Ids are assigned as `index.loaders.article_ids` says, `stored` are those of the store. Records of one file that
    share an id are all refused. Holds ids in memory, and the articles of the last file of many. Raises SourceError
    where PATH is missing or holds no article, unless it `may_be_empty`.
    """
    root = resolve_source(path)
    ids = ArticleIds(_claims(root), stored or StoredIds())
    reasons: list[Reason] = []
    empty = True
    for entry in _entries(root, ids):
        if isinstance(entry, ArticleRef):
            empty = False
            if entry.line is not None and ids.repeats(_claimed(entry), entry.path):
                reason = Reason.of("loaders.same_id", id=entry.id)
                entry = Skipped(path=entry.place, id=entry.id, detail=reason)
        elif len(reasons) < 3:
            reasons.append(Reason.of("loaders.of_file", file=entry.path, why=entry.detail or entry.reason))
        yield entry
    if empty and not may_be_empty:
        if reasons:
            raise SourceError("loaders.no_article_because", path=path, reasons=reasons)
        raise SourceError("loaders.no_article", path=path)


def has_article(path: Path) -> bool:
    """Return whether a PATH holds an article that can be read.

    Reading no more than needed. Raises as `scan` does.
    """
    return any(isinstance(entry, ArticleRef) and isinstance(entry.load(), Article) for entry in scan(path))


def resolve_source(path: Path) -> Path:
    """Return the PATH with links resolved.

    Raise SourceError where it is missing or can hold no articles.
    """
    try:
        root = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, no permission, a NUL in the name
        missing = isinstance(error, FileNotFoundError)
        if missing:
            raise SourceError("loaders.missing", path=printable(str(path))) from None
        why = getattr(error, "strerror", None) or error
        raise SourceError("loaders.path_unreadable", path=printable(str(path)), error=why) from None
    try:
        str(root).encode()
    except UnicodeEncodeError:
        raise SourceError("loaders.root_not_unicode", path=printable(str(root))) from None
    if not root.is_dir() and not is_many(root.name):
        raise SourceError("loaders.not_a_folder", path=path)
    return root


def from_records(records: Iterable[Mapping[str, object]]) -> Iterator[ArticleRef | Skipped]:
    """Yield articles given as mappings with the keys of a JSON Lines record.

    Of those that share an id the last stays.

    >>> [entry.id for entry in from_records([{"id": "a", "text": "The bridge opened."}, {"id": "b"}])]
    ['a', 'b']
    """
    for number, record in enumerate(records, 1):
        line = check_record(number, record)
        yield _record_ref("", line, line.id)


def _claims(root: Path) -> Iterator[Claim]:
    for folder, file in _files(root):
        if isinstance(file, Skipped):
            continue
        if not is_many(file.path):
            yield file_id(file.path), file.path, False
            continue
        try:
            if is_json_lines(file.path):
                claimed: Iterator[str] = record_ids(folder / file.path)
            else:
                claimed = (entry.id for entry in _members(folder, file, None) if entry.id)
            for own in claimed:
                yield own, file.path, True
        except Unreadable:
            continue


def _claimed(entry: ArticleRef) -> str:
    """Return the id that an article of a file of many claims."""
    if isinstance(entry.origin, Record):
        return clean_id(str(entry.origin.id))
    return clean_id(f"{file_id(entry.path)}/{entry.member.name}") if entry.member else entry.id


def _entries(root: Path, ids: ArticleIds) -> Iterator[ArticleRef | Skipped]:
    for folder, file in _files(root):
        if isinstance(file, Skipped):
            yield file
        elif is_json_lines(file.path):
            yield from _record_refs(folder, file.path, ids)
        elif is_many(file.path):
            yield from _member_refs(folder, file, ids)
        else:
            yield _file_ref(folder, file, ids.assign(file_id(file.path), file.path, record=False))


def _files(root: Path) -> Iterator[tuple[Path, File | Skipped]]:
    """Yield the files that can hold articles.

    Each with the folder that its path is relative to.
    """
    if root.is_file():
        yield root.parent, File(path=root.name, suffix=root.suffix)
        return
    for entry in walk(root):
        if isinstance(entry, File) and entry.suffix not in LIMITS and not is_many(entry.path):
            yield root, Skipped(path=printable(entry.path), detail=not_read_reason(entry.path), error=False)
        else:
            yield root, entry


def _file_ref(root: Path, file: File, id: str) -> ArticleRef | Skipped:
    try:
        data = read_bytes(root / file.path, _limit(file.path))
    except Unreadable as refused:
        return Skipped(path=printable(file.path), id=id, detail=Reason.from_error(refused))
    sha256, origin = hashlib.sha256(data).hexdigest(), os.fsencode(root / file.path)
    return ArticleRef(id=id, path=file.path, sha256=sha256, origin=origin, size=len(data))


def _record_refs(root: Path, path: str, ids: ArticleIds) -> Iterator[ArticleRef | Skipped]:
    try:
        for line in read_lines(root / path):
            yield _record_ref(path, line, ids.assign(line.id, path, record=True) if line.id else None)
    except Unreadable as refused:
        yield Skipped(path=printable(path), detail=Reason.from_error(refused))


def _member_refs(root: Path, file: File, ids: ArticleIds) -> Iterator[ArticleRef | Skipped]:
    try:
        yield from _members(root, file, ids)
    except Unreadable as refused:
        none = refused.code in _NO_MEMBERS and suffix_of(file.path) in OPTIONAL
        yield Skipped(path=printable(file.path), detail=Reason.from_error(refused), error=not none)


def _members(root: Path, file: File, ids: ArticleIds | None) -> Iterator[ArticleRef | Skipped]:
    """Yield the articles in a file of many, under their own ids or those of `ids`.

    Raises Unreadable where it cannot be read or holds none.
    """
    kind, limit = MANY[suffix_of(file.path)]
    members = _found(kind, read_bytes(root / file.path, limit))
    if members and members[0].kind == "record":
        lines = without_repeats(check_line(number, member.data) for number, member in enumerate(members, 1))
        for line in lines:
            assigned = ids.assign(line.id, file.path, record=True) if ids and line.id else line.id
            yield _record_ref(file.path, line, assigned)
        return
    for number, member in enumerate(members, 1):
        own, sha256 = clean_id(f"{file_id(file.path)}/{member.name}"), hashlib.sha256(member.data).hexdigest()
        if trouble := id_problem(own):
            yield Skipped(path=f"{printable(file.path)}:{number}", detail=trouble, unidentifiable=True)
        else:
            size, assigned = len(member.data), ids.assign(own, file.path, record=True) if ids else own
            yield ArticleRef(
                id=assigned, sha256=sha256, origin=b"", member=member, size=size, path=file.path, line=number
            )


@lru_cache(maxsize=1)
def _found(kind: str, data: bytes) -> list[Member]:
    """Find the members of a file.

    Its ids are collected just before its articles, which need not find them again.
    """
    return SANDBOX.find_members(kind, data)


def _record_ref(path: str, line: JsonLine, id: str | None) -> ArticleRef | Skipped:
    if line.record is None or id is None:
        place = f"{printable(path)}:{line.number}"
        return Skipped(
            path=place,
            id=id,
            detail=line.trouble,
            error=not line.repeated,
            unidentifiable=line.unidentifiable,
        )
    record, size = line.record, len(line.record.text)
    return ArticleRef(id=id, path=path, line=line.number, sha256=record.sha256, origin=record, size=size)


def _limit(path: str) -> int:
    return LIMITS[suffix_of(path)]


def _from_file(ref: ArticleRef, data: bytes) -> Article:
    """Read an article from a file of any kind, which its content decides.

    Its name must not contradict that.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    kind, text = _kind(ref.path, data)
    if kind == "doc":
        kind, data = "archive", convert_to_docx(data)
    if kind == "text":
        known = parse_front_matter(text)
    else:
        text, known = _extracted(kind, data)
    if not text.strip():
        raise Unreadable("loaders.empty")
    return _article(ref, text, sha256, known)


def _extracted(kind: str, data: bytes) -> tuple[str, Metadata]:
    """Read a file in the sandbox.

    A PDF without a readable text layer by OCR, where that is installed.
    """
    try:
        extracted = SANDBOX.extract(kind, data)
    except Unreadable as refused:
        if refused.code not in _FOR_OCR or not is_ocr_installed():
            raise
        text, marks = read_pages(data)
        return text, Metadata(boilerplate=marks)
    return extracted.text, extracted.metadata


def _from_member(ref: ArticleRef, member: Member) -> Article:
    extracted = SANDBOX.extract(member.kind, member.data)
    own, known = extracted.metadata, member.known
    metadata = Metadata(
        title=own.title or known.title,
        published=own.published or known.published,
        retrieved=known.retrieved,
        publisher=own.publisher or known.publisher,
        url=own.url or known.url,
        language=own.language or known.language,
        boilerplate=own.boilerplate,
    )
    return _article(ref, extracted.text, ref.sha256, metadata)


def _kind(path: str, data: bytes) -> tuple[str, str]:
    """Return what is in a file, and its text where it is plain text."""
    suffix = suffix_of(path)
    if b"%PDF-" in data[:1024]:
        return "pdf", ""
    if data.startswith(b"PK\x03\x04"):
        return "archive", ""
    if data.startswith(b"{\\rtf"):
        return "rtf", ""
    if data.startswith(_COMPOUND):
        if _ENCRYPTED in data:
            raise Unreadable("loaders.locked")
        return "doc", ""
    if suffix in (".pdf", ".docx", ".odt", ".rtf"):
        raise Unreadable("loaders.wrong_suffix", suffix=suffix)
    if suffix in _MAIL:
        return _MAIL[suffix], ""
    if suffix in PAGES:
        return "html", ""
    text = decode(data)
    if HTML.match(text):
        return "html", ""
    if suffix == ".doc":  # some programs save pages and web archives under this name
        raise Unreadable("loaders.wrong_suffix", suffix=suffix)
    return "text", text


def _from_record(ref: ArticleRef, record: Record) -> Article:
    known = Metadata(
        title=plain_line(record.title or "") or None,
        published=record.day,
        retrieved=parse_any_day(record.retrieved, day_first=False) if record.retrieved else None,
        publisher=plain_line(record.publisher or "") or None,
        url=record.url or None,
        language=record.lang or None,
    )
    text = repair_mojibake(record.text)
    if reason := garbled_reason(text):
        raise Unreadable(reason.code, **reason.params)
    if has_markup(text):
        text = SANDBOX.extract("fragment", text.encode()).text
    return _article(ref, plain_entities(text), ref.sha256, known)


def _article(ref: ArticleRef, text: str, sha256: str, known: Metadata) -> Article:
    """Make an article with what its text states.

    A long text is searched in the sandbox, which has a deadline.
    """
    if len(text) <= UNGUARDED:
        metadata = extract_metadata(text, known)
    else:
        metadata = with_language(text, SANDBOX.stated_metadata(text, known), known)
    return Article(
        id=ref.id,
        path=ref.path,
        text=text,
        sha256=sha256,
        title=metadata.title,
        published=metadata.published,
        retrieved=known.retrieved,
        publisher=metadata.publisher,
        url=metadata.url,
        language=metadata.language,
        boilerplate=metadata.boilerplate,
    )
