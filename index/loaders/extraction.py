"""Pages and documents → their text and what they say of themselves. Runs in a child process with limits (`index.loaders.sandbox`).

The only home of trafilatura (HTML), python-docx (DOCX) and, through `index.loaders.pdf`, pypdfium2.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date

from index.loaders.encoding import Refused, decode
from index.loaders.metadata import About
from index.loaders.pdf import pdf_text
from index.models import Value

MAX_TEXT = 5_000_000  # characters
MAX_EXPANDED = 200_000_000  # bytes that the parts of a DOCX may have together
MAX_RATIO = 100  # how far a part may expand
MAX_PARTS = 5_000

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{3,20})", re.IGNORECASE)
_CHARSETS = re.compile(
    r"utf-?8|windows-125\d|cp125\d|iso-8859-\d{1,2}|koi8-[ru]|gb2312|gbk|gb18030|big5|shift_jis|euc-(?:jp|kr)", re.I
)
_PROGRAM = re.compile(r"^Microsoft (?:Office )?(?:Word|PowerPoint) - ", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"|(?:word |microsoft word )?document ?\d*|untitled(?: document)? ?\d*|powerpoint presentation|.*\.(?:docx?|pdf|rtf|odt|txt|pptx?)",
    re.IGNORECASE,
)


class Extract(Value, frozen=True, kw_only=True):
    """The text of a page or a document, and what is known of it beside its text."""

    text: str
    about: About


def extract(kind: str, data: bytes) -> Extract:
    """The text in the bytes of an `html`, `docx` or `pdf` file; Refused with the reason where there is none to be had.

    >>> extract("html", b"<html><body><p>One short story.</p><script>no()</script></body></html>").text
    'One short story.'
    """
    found = _READERS[kind](data)
    if not found.text.strip():
        raise Refused("there is no text in it")
    if len(found.text) > MAX_TEXT:
        raise Refused(f"it holds more than {MAX_TEXT:,} characters")
    return found


def _html(data: bytes) -> Extract:
    import trafilatura

    page = _decoded(data)
    dates = {
        "extensive_search": False,
        "original_date": True,
        "max_date": "2100-01-01",
    }  # no date is guessed from the text
    found = trafilatura.bare_extraction(page, include_comments=False, with_metadata=True, date_extraction_params=dates)
    if found is None or isinstance(found, dict) or not found.text:
        return Extract(text=trafilatura.html2txt(page), about=About())
    about = About(
        title=found.title or None,
        published=date.fromisoformat(found.date) if found.date else None,
        publisher=found.sitename or None,
        url=found.url or None,
    )
    return Extract(text=found.text, about=about)


def _decoded(page: bytes) -> str:
    """The source of a page: in a certain encoding, failing that in the one it declares, strictly."""
    try:
        return decode(page)
    except Refused as refused:
        declared = _CHARSET.search(page[:4096])
        name = declared.group(1).decode("ascii") if declared else ""
        if not _CHARSETS.fullmatch(name):
            raise
        try:
            return page.decode(name)
        except (UnicodeDecodeError, LookupError):
            raise refused from None


def _docx(data: bytes) -> Extract:
    import docx
    from docx.table import Table

    _check_parts(data)
    try:
        document = docx.Document(io.BytesIO(data))
    except (ValueError, KeyError, zipfile.BadZipFile, SyntaxError) as error:
        raise Refused(f"it is a damaged or foreign Word file ({type(error).__name__})") from None
    lines = []
    for part in document.iter_inner_content():
        if isinstance(part, Table):
            lines += [" | ".join(cell.text.strip() for cell in row.cells) for row in part.rows]
        else:
            lines.append(part.text)
    return Extract(text="\n".join(lines), about=About(title=own_title(document.core_properties.title)))


def own_title(said: str | None) -> str | None:
    """The title that a document's properties name, None where a program put it there: the first lines tell it then.

    >>> own_title("Word Document"), own_title("Microsoft Word - notes.docx"), own_title("Microsoft Word - A bridge opens")
    (None, None, 'A bridge opens')
    """
    title = _PROGRAM.sub("", (said or "").strip())
    return None if _NO_TITLE.fullmatch(title) else title


def _check_parts(data: bytes) -> None:
    """Refuse an archive that would expand beyond all measure, by what it says of itself; what it really holds is bounded too."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Refused(f"it is a damaged archive ({error})") from None
    if not any(part.filename == "word/document.xml" for part in parts):
        raise Refused("it is an archive, not a Word document")
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_EXPANDED:
        raise Refused(f"it expands to more than {MAX_PARTS:,} parts or {MAX_EXPANDED:,} bytes")
    if any(part.file_size > max(1_000_000, MAX_RATIO * part.compress_size) for part in parts):
        raise Refused(f"a part of it expands more than {MAX_RATIO}-fold")


def _pdf(data: bytes) -> Extract:
    return Extract(text=pdf_text(data, MAX_TEXT), about=About())


_READERS: dict[str, Callable[[bytes], Extract]] = {"html": _html, "docx": _docx, "pdf": _pdf}
