"""Extract the text of a page or a document, and its metadata. Runs in a sandbox (`index.loaders.sandbox`).

The only user of trafilatura (HTML); Word files are read by `index.loaders.word`, PDF by `index.loaders.pdf`.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date

from index.loaders.encoding import Unreadable, decode
from index.loaders.markup import extract_fragment
from index.loaders.metadata import UNKNOWN, Metadata
from index.loaders.pdf import extract_pdf_text
from index.loaders.word import extract_word
from index.models import Value

MAX_TEXT = 5_000_000  # characters
MAX_EXPANDED = 200_000_000  # bytes that the parts of a DOCX may have together
MAX_RATIO = 100  # how far a part may expand
MAX_PARTS = 5_000

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*+=\s*+[\"']?+\s*+([\w.:-]{3,20})", re.IGNORECASE)
_CHARSETS = re.compile(
    r"utf-?8|windows-125\d|cp125\d|iso-8859-\d{1,2}|koi8-[ru]|gb2312|gbk|gb18030|big5|shift_jis|euc-(?:jp|kr)", re.I
)
_PROGRAM = re.compile(r"^Microsoft (?:Office )?(?:Word|PowerPoint) - ", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"|(?:word |microsoft word )?document ?\d*|untitled(?: document)? ?\d*|powerpoint presentation", re.IGNORECASE
)
_FILE_NAMES = (".doc", ".docx", ".pdf", ".rtf", ".odt", ".txt", ".ppt", ".pptx")


class ExtractedText(Value, frozen=True, kw_only=True):
    """The text of a page or a document, and the metadata that stands outside of it."""

    text: str
    metadata: Metadata


def extract(kind: str, data: bytes) -> ExtractedText:
    """Return the text in the bytes of an `html`, `docx` or `pdf` file, and the metadata that stands outside of it.

    Raises Unreadable with the reason where there is no text.

    >>> extract("html", b"<html><body><p>One short story.</p><script>no()</script></body></html>").text
    'One short story.'
    """
    extracted = _READERS[kind](data)
    if not extracted.text.strip():
        raise Unreadable("loaders.no_text")
    if len(extracted.text) > MAX_TEXT:
        raise Unreadable("loaders.too_many_characters", limit=MAX_TEXT)
    return extracted


def _html(data: bytes) -> ExtractedText:
    import trafilatura

    page = _decode_page(data)
    dates = {
        "extensive_search": False,
        "original_date": True,
        "max_date": "2100-01-01",
    }  # none is guessed from the text
    document = trafilatura.bare_extraction(
        page, include_comments=False, with_metadata=True, date_extraction_params=dates
    )
    if document is None or isinstance(document, dict) or not document.text:
        return ExtractedText(text=trafilatura.html2txt(page), metadata=UNKNOWN)
    metadata = Metadata(
        title=document.title or None,
        published=date.fromisoformat(document.date) if document.date else None,
        publisher=document.sitename or None,
        url=document.url or None,
    )
    return ExtractedText(text=document.text, metadata=metadata)


def _decode_page(page: bytes) -> str:
    """Decode a page in an encoding that is certain, else in the encoding it declares."""
    declared = _CHARSET.search(page[:4096])
    name = declared.group(1).decode("ascii") if declared else ""
    return decode(page, name if _CHARSETS.fullmatch(name) else "")


def _docx(data: bytes) -> ExtractedText:
    with open_archive(data) as archive:
        if not any(name.endswith("document.xml") for name in archive.namelist()):
            raise Unreadable("loaders.not_word")
        word = extract_word(archive)
    return ExtractedText(text=word.text, metadata=Metadata(title=document_title(word.title) or word.headline))


def document_title(title: str | None) -> str | None:
    """Return the title in a document's properties; None where a program put it there.

    >>> titles = "Word Document", "Microsoft Word - notes.docx", "Microsoft Word - A bridge opens"
    >>> [document_title(title) for title in titles]
    [None, None, 'A bridge opens']
    """
    title = _PROGRAM.sub("", (title or "").strip())
    return None if _NO_TITLE.fullmatch(title) or title.lower().endswith(_FILE_NAMES) else title


def open_archive(data: bytes) -> zipfile.ZipFile:
    """Open a ZIP archive; refuse one that states a size beyond the limits. The sandbox bounds what it really holds."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Unreadable("loaders.damaged_archive", error=error) from None
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_EXPANDED:
        raise Unreadable("loaders.expands_too_much", parts=MAX_PARTS, size=MAX_EXPANDED)
    if any(part.file_size > max(1_000_000, MAX_RATIO * part.compress_size) for part in parts):
        raise Unreadable("loaders.part_expands", ratio=MAX_RATIO)
    return archive


def _fragment(data: bytes) -> ExtractedText:
    return ExtractedText(text=extract_fragment(data.decode()), metadata=UNKNOWN)


def _pdf(data: bytes) -> ExtractedText:
    return ExtractedText(text=extract_pdf_text(data, MAX_TEXT), metadata=UNKNOWN)


_READERS: dict[str, Callable[[bytes], ExtractedText]] = {
    "html": _html,
    "docx": _docx,
    "pdf": _pdf,
    "fragment": _fragment,
}
