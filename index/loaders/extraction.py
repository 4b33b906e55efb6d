"""Extract the text of a page or a document, and its metadata.

Runs in a sandbox (`index.loaders.sandbox`).

Pages are read by `index.loaders.html_page`; this is the only user of striprtf (RTF); others have their modules.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec.structs import replace

from index.loaders.archive import open_archive
from index.loaders.email_message import extract_email, extract_saved_page
from index.loaders.encoding import Unreadable, decode
from index.loaders.html_page import read_page
from index.loaders.markup import extract_fragment, plain_line
from index.loaders.metadata import UNKNOWN, Metadata
from index.loaders.open_document import extract_open_document
from index.loaders.pdf import extract_pdf_text
from index.loaders.word import extract_word
from index.models import Value

MAX_TEXT = 5_000_000  # characters

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*+=\s*+[\"']?+\s*+([\w.:-]{3,20})", re.IGNORECASE)
_CHARSETS = re.compile(
    r"utf-?8|windows-125\d|cp125\d|iso-8859-\d{1,2}|koi8-[ru]|gb2312|gbk|gb18030|big5|shift_jis|euc-(?:jp|kr)", re.I
)
_PROGRAM = re.compile(r"^Microsoft (?:Office )?(?:Word|PowerPoint) - ", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"|(?:word |microsoft word )?document ?\d*|untitled(?: document)? ?\d*|powerpoint presentation", re.IGNORECASE
)
_RTF_PAGE = re.compile(r"\\ansicpg(\d{3,5})")
_RTF_UNSEEN = re.compile(r"\{[^{}]{0,500}?\\(?:deleted|v)(?![a-z0-9])[^{}]*\}")  # deleted or hidden text
_RTF_ASIDE = re.compile(r"\{(?:\\\*)?\s?\\(footnote|shp|(?:header|footer)[lrf]?)(?![a-z])|\\par(?![a-z])")
_RTF_BOX = re.compile(r"\{\\shptxt(?![a-z])")
_RTF_BRACE = re.compile(r"\\[\\{}]|[{}]")
_RTF_TITLE = re.compile(r"\{\\info\b[^{}]*(?:\{[^{}]*\}[^{}]*)*?\{\\title ([^{}]*)\}")
_HEADING = re.compile(r"<h[1-3]\b[^>]*>(.{1,1000}?)</h[1-3]\s*>", re.IGNORECASE | re.DOTALL)
_BODY = re.compile(r"\A.*?<body\b[^>]*>", re.IGNORECASE | re.DOTALL)  # what stands above is not the chapter
_FILE_NAMES = (".doc", ".docx", ".pdf", ".rtf", ".odt", ".txt", ".ppt", ".pptx")


class ExtractedText(Value, frozen=True, kw_only=True):
    """The text of a page or a document, and the metadata that stands outside of it."""

    text: str
    metadata: Metadata


def extract(kind: str, data: bytes) -> ExtractedText:
    """Return the text of a file of a kind in `_READERS`, and its metadata.

    Raises Unreadable with the reason where there is no text.

    >>> extract("html", b"<html><body><p>One short story.</p><script>no()</script></body></html>").text
    'One short story.'
    """
    extracted = _READERS[kind](data)
    if not extracted.text.strip():
        raise Unreadable("loaders.no_text")
    if len(extracted.text) > MAX_TEXT:
        raise Unreadable("loaders.too_many_characters", limit=MAX_TEXT)
    known = extracted.metadata
    metadata = replace(
        known, title=_storable(known.title), publisher=_storable(known.publisher), url=_storable(known.url)
    )
    return ExtractedText(text=_storable(extracted.text) or "", metadata=metadata)


def _storable(text: str | None) -> str | None:
    """Replace halves of surrogate pairs, which a damaged header may hold."""
    return text.encode("utf-8", "replace").decode() if text else text


def _html(data: bytes) -> ExtractedText:
    text, metadata = read_page(_decode_page(data))
    return ExtractedText(text=text, metadata=metadata)


def _decode_page(page: bytes) -> str:
    """Decode a page in an encoding that is certain, else in the encoding it declares."""
    declared = _CHARSET.search(page[:4096])
    name = declared.group(1).decode("ascii") if declared else ""
    return decode(page, name if _CHARSETS.fullmatch(name) else "")


def _archive(data: bytes) -> ExtractedText:
    """Read a Word file or an OpenDocument text: what is in the archive decides."""
    with open_archive(data) as archive:
        names = archive.namelist()
        if any(name.endswith("document.xml") for name in names):
            word = extract_word(archive)
            return ExtractedText(text=word.text, metadata=Metadata(title=document_title(word.title) or word.headline))
        if "content.xml" in names and "META-INF/manifest.xml" in names:
            text, title = extract_open_document(archive)
            return ExtractedText(text=text, metadata=Metadata(title=document_title(title)))
    raise Unreadable("loaders.not_word")


def _rtf(data: bytes) -> ExtractedText:
    from striprtf.striprtf import rtf_to_text

    to_text: Callable[..., str] = rtf_to_text
    source = data.decode("latin-1")  # RTF is ASCII, or single bytes of its code page
    source = _asides_in_place(_RTF_UNSEEN.sub("", source))
    page = _RTF_PAGE.search(source)
    encoding = f"cp{page.group(1)}" if page else "cp1252"
    try:
        text = to_text(re.sub(r"[\x80-\xff]", _escaped_byte, source), encoding=encoding, errors="replace")
        title = _RTF_TITLE.search(source)
        named = to_text(f"{{\\rtf1 {title.group(1)}}}", encoding=encoding, errors="replace") if title else None
    except (LookupError, ValueError) as error:
        raise Unreadable("loaders.damaged_document", error=type(error).__name__) from None
    lines = (" | ".join(line.strip("|").split("|")) if line.endswith("|") else line for line in text.split("\n"))
    return ExtractedText(text="\n".join(lines), metadata=Metadata(title=document_title(named)))


def _asides_in_place(source: str) -> str:
    r"""Put each note and text box of a rich text behind its paragraph.

    Headers and footers come once, before the text of their section and at the end.

    >>> _asides_in_place(r"{\rtf1{\header Top}One{\footnote\chftn A note.} of two.\par Three.\par}")
    '{\\rtf1{ Top}\\par One of two.\\par {\\chftn A note.}\\par Three.\\par}'
    """
    pieces: list[str] = []
    waiting: list[str] = []
    margins: dict[str, str] = {}  # the text of a header or a footer -> which of them it is
    at = 0
    for match in _RTF_ASIDE.finditer(source):
        if match.start() < at:
            continue
        kind = match.group(1)
        pieces.append(source[at : match.start()])
        if kind is None:  # the end of a paragraph
            pieces += [f"\\par {{{text}}}" for text in waiting]
            at, waiting = match.start(), []
            continue
        at = _group_end(source, match.start())
        text = source[match.end() : at - 1]
        if kind in ("footnote", "shp"):
            boxes = _RTF_BOX.finditer(source, match.end(), at) if kind == "shp" else [match]
            waiting += [source[box.end() : _group_end(source, box.start()) - 1] for box in boxes]
        elif text not in margins:
            margins[text] = kind
            pieces += [f"{{{text}}}\\par "] if kind.startswith("header") else []
    waiting += [text for text, kind in margins.items() if kind.startswith("footer")]
    last, brace, _ = source[at:].rpartition("}")
    return "".join([*pieces, last, *(f"\\par {{{text}}}" for text in waiting), brace])


def _group_end(source: str, start: int) -> int:
    """Return where the group that begins at `start` ends."""
    depth = 0
    for sign in _RTF_BRACE.finditer(source, start):
        depth += {"{": 1, "}": -1}.get(sign.group(), 0)
        if not depth:
            return sign.end()
    return len(source)


def _escaped_byte(match: re.Match[str]) -> str:
    return f"\\'{ord(match.group()):02x}"


def _email(data: bytes) -> ExtractedText:
    text, metadata = extract_email(data)
    return ExtractedText(text=text, metadata=metadata)


def _saved_page(data: bytes) -> ExtractedText:
    page, url = extract_saved_page(data)
    extracted = _html(page)
    return ExtractedText(text=extracted.text, metadata=replace(extracted.metadata, url=extracted.metadata.url or url))


def _chapter(data: bytes) -> ExtractedText:
    """Read a chapter of an e-book, whose title is its first heading.

    Else that of the page.
    """
    chapter = decode(data)
    heading = _HEADING.search(chapter)
    title = plain_line(heading.group(1)) if heading else ""
    return ExtractedText(text=extract_fragment(_BODY.sub("", chapter)), metadata=Metadata(title=title or None))


def document_title(title: str | None) -> str | None:
    """Return the title in a document's properties; None where a program put it there.

    >>> titles = "Word Document", "Microsoft Word - notes.docx", "Microsoft Word - A bridge opens"
    >>> [document_title(title) for title in titles]
    [None, None, 'A bridge opens']
    """
    title = _PROGRAM.sub("", " ".join((title or "").split()))
    return None if _NO_TITLE.fullmatch(title) or title.lower().endswith(_FILE_NAMES) else title


def _fragment(data: bytes) -> ExtractedText:
    return ExtractedText(text=extract_fragment(data.decode()), metadata=UNKNOWN)


def _pdf(data: bytes) -> ExtractedText:
    return ExtractedText(text=extract_pdf_text(data, MAX_TEXT), metadata=UNKNOWN)


_READERS: dict[str, Callable[[bytes], ExtractedText]] = {
    "html": _html,
    "archive": _archive,
    "pdf": _pdf,
    "fragment": _fragment,
    "rtf": _rtf,
    "email": _email,
    "mhtml": _saved_page,
    "chapter": _chapter,
}
