"""Find the articles in files that hold many.

Mailboxes, feeds, tables, JSON, e-books, web archives.

Runs in a sandbox (`index.loaders.sandbox`). Pages and e-mails stay as they are, each to be read with a deadline of its
own; the others become records, which are checked as lines of JSON Lines are.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from lxml import etree
from msgspec.structs import replace

from index.loaders.archive import open_archive
from index.loaders.day_forms import parse_any_day
from index.loaders.email_message import PAGE_TYPES, split_mailbox
from index.loaders.encoding import Unreadable, decode
from index.loaders.field_names import field_of
from index.loaders.markup import extract_fragment
from index.loaders.metadata import UNKNOWN, Metadata
from index.loaders.word import name_of, parse_xml
from index.models import Value

MAX_ARTICLES = 50_000  # of a file
MAX_PAGE = 10_000_000  # bytes of a page in a web archive
MAX_PAGES = 300_000_000  # bytes of all of them
MAX_FIELD = 5_000_000  # characters of a cell

_DELIMITERS = ",;\t|"


class Member(Value, frozen=True, kw_only=True):
    """An article in a file of many.

    A page, an e-mail, or a record (a JSON object with the keys of JSON Lines).
    """

    kind: str  # html, email, chapter or record
    data: bytes
    name: str = ""  # stable within the file; a record has its own
    known: Metadata = UNKNOWN


def find_members(kind: str, data: bytes) -> list[Member]:
    """Return the articles in a file of a kind in order.

    Mbox, feed, csv, json, epub, warc.

    Raises Unreadable with the reason where none is in it.

    >>> [member.data for member in find_members("csv", b"id,title,text\\na1,Bridge,It opened.\\n")]
    [b'{"id": "a1", "title": "Bridge", "text": "It opened."}']
    """
    members = list(_distinct(_READERS[kind](data)))
    if not members:
        raise Unreadable("loaders.no_members")
    if len(members) > MAX_ARTICLES:
        raise Unreadable("loaders.too_many_articles", limit=MAX_ARTICLES)
    return members


def _distinct(members: Iterable[Member]) -> Iterator[Member]:
    """Yield members under different names.

    The same content under the same name comes once.
    """
    seen: dict[str, bytes] = {}
    for member in members:
        name, number = member.name, 1
        while name and seen.get(name, member.data) != member.data:
            number += 1
            name = f"{member.name}-{number}"
        if not name or name not in seen:
            seen[name] = member.data
            yield replace(member, name=name)


def _mailbox(data: bytes) -> Iterator[Member]:
    for name, message in split_mailbox(data, MAX_ARTICLES):
        yield Member(kind="email", name=name, data=message)


def _feed(data: bytes) -> Iterator[Member]:
    """Yield the entries of RSS, RDF or Atom; a file that defines entities is not read."""
    import feedparser

    if b"<!ENTITY" in data:
        raise Unreadable("loaders.entities")
    feed = feedparser.parse(data, sanitize_html=False, resolve_relative_uris=False)
    if not feed.version:
        raise Unreadable("loaders.no_members")
    publisher, language = feed.feed.get("title", ""), feed.feed.get("language", "")
    for entry in feed.entries:
        contents = [content.get("value") or "" for content in entry.get("content") or ()]
        link, identity = entry.get("link", ""), entry.get("id", "")
        yield _record(
            {
                "id": None if link or not identity else hashlib.sha256(identity.encode()).hexdigest()[:16],
                "text": max((*contents, entry.get("summary") or ""), key=len) or entry.get("title") or "",
                "title": entry.get("title", ""),
                "published": entry.get("published") or entry.get("updated"),
                "publisher": (entry.get("source") or {}).get("title") or publisher,
                "url": link,
                "lang": language,
            }
        )


def _table(data: bytes) -> Iterator[Member]:
    """Yield the rows of a table whose first row names its columns.

    One of them must hold the text.
    """
    text = decode(data)
    csv.field_size_limit(MAX_FIELD)
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Unreadable("loaders.damaged_table", error=error) from None
    names = [name.strip() for name in rows[0]] if rows else []
    if "text" not in map(field_of, names):
        raise Unreadable("loaders.no_text_column")
    for row in rows[1:]:
        if any(cell.strip() for cell in row):
            yield _record({name: cell for name, cell in zip(names, row, strict=False) if name})


def _json(data: bytes) -> Iterator[Member]:
    """Yield the objects of a list.

    Of an object with a list of objects in it, that list's; else the object itself.
    """
    try:
        content = json.loads(decode(data))
    except ValueError as error:
        raise Unreadable("loaders.not_json", error=error) from None
    for item in _longest_list(content):
        if isinstance(item, dict):
            yield _record(item)


def _longest_list(content: object) -> list[Any]:
    if isinstance(content, list):
        return content
    if not isinstance(content, dict) or _has_text(content):
        return [content] if _has_text(content) else []
    inner = [value for value in content.values() if isinstance(value, list) and _objects(value)]
    inner += [items for value in content.values() if isinstance(value, dict) for items in [_longest_list(value)]]
    return max(inner, key=_objects, default=[])


def _objects(values: list[Any]) -> int:
    return sum(isinstance(value, dict) for value in values)


def _has_text(content: object) -> bool:
    return isinstance(content, dict) and any(
        field_of(key) == "text" and isinstance(value, str | dict) for key, value in content.items()
    )


def _book(data: bytes) -> Iterator[Member]:
    """Yield the chapters of an EPUB in reading order.

    Its cover and its table of contents hold no article.
    """
    with open_archive(data) as archive:
        try:
            tree = parse_xml(archive.read("META-INF/container.xml"))
            package = next(each.get("full-path", "") for each in tree.iter("{*}rootfile"))
            book = parse_xml(archive.read(package))
            yield from _chapters(archive, posixpath.dirname(package), book)
        except (KeyError, StopIteration, RuntimeError, zipfile.BadZipFile, etree.XMLSyntaxError) as error:
            raise Unreadable("loaders.damaged_book", error=type(error).__name__) from None


def _chapters(archive: zipfile.ZipFile, folder: str, book: Any) -> Iterator[Member]:
    if "META-INF/encryption.xml" in archive.namelist() and b"EncryptedKey" in archive.read("META-INF/encryption.xml"):
        raise Unreadable("loaders.locked")
    about: dict[str, str] = {}
    for element in book.iter():
        if element.text and name_of(element.getparent() if element.getparent() is not None else element) == "metadata":
            about.setdefault(name_of(element), element.text.strip())
    name = about.get("title") or None  # of the book or the issue, which a chapter is published in
    known = Metadata(
        title=name,
        publisher=name,
        published=parse_any_day(about.get("date", ""), day_first=True),
        language=about.get("language"),
    )
    items = {item.get("id"): item for item in book.iter("{*}item")}
    for reference in book.iter("{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or "nav" in (item.get("properties") or "").split() or reference.get("linear") == "no":
            continue
        path = posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
        if "html" not in (item.get("media-type") or "") or path not in archive.namelist():
            continue
        chapter = archive.read(path)
        if extract_fragment(decode(chapter)).strip():  # a cover is a picture
            name = posixpath.splitext(posixpath.basename(path))[0]
            yield Member(kind="chapter", name=name, data=chapter, known=known)


def _web_archive(data: bytes) -> Iterator[Member]:
    """Yield the pages of a WARC file that were answered with 200, each address once."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    seen: set[str] = set()
    room = MAX_PAGES
    try:
        for record in ArchiveIterator(io.BytesIO(data)):
            headers = record.http_headers
            if record.rec_type != "response" or headers is None or headers.get_statuscode() != "200":
                continue
            kind, _, declared = (headers.get_header("Content-Type") or "").partition(";")
            url = record.rec_headers.get_header("WARC-Target-URI") or ""
            if kind.strip().lower() not in PAGE_TYPES or url in seen:
                continue
            page = record.content_stream().read(min(MAX_PAGE, room) + 1)
            room -= len(page)
            if room < 0:
                raise Unreadable("loaders.too_many_bytes", size=MAX_PAGES - room, limit=MAX_PAGES)
            if len(page) > MAX_PAGE:
                continue
            seen.add(url)
            charset = re.search(r"charset=[\"']?([\w-]+)", declared)
            name = hashlib.sha256(url.encode()).hexdigest()[:10]
            day = parse_any_day(record.rec_headers.get_header("WARC-Date") or "", day_first=False)
            known = Metadata(url=url or None, retrieved=day)
            yield Member(kind="html", name=name, data=_in_utf8(page, charset), known=known)
    except (ArchiveLoadFailed, AttributeError, ValueError) as error:  # it trusts the heads of records
        raise Unreadable("loaders.damaged_archive", error=type(error).__name__) from None


def _in_utf8(page: bytes, charset: re.Match[str] | None) -> bytes:
    """Return a page in UTF-8 where its server named another encoding.

    The reader of pages decides on the rest.
    """
    if charset is None:
        return page
    try:
        return page.decode(charset.group(1)).encode()
    except (LookupError, UnicodeError):
        return page


def _record(values: Mapping[str, object]) -> Member:
    record = {key: value for key, value in values.items() if value not in (None, "")}
    data = json.dumps(record, ensure_ascii=False, default=str).encode("utf-8", "replace")
    return Member(kind="record", data=data)


_READERS: Mapping[str, Callable[[bytes], Iterable[Member]]] = {
    "mbox": _mailbox,
    "feed": _feed,
    "csv": _table,
    "json": _json,
    "epub": _book,
    "warc": _web_archive,
}
