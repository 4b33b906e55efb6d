"""Extract the text of an OpenDocument text.

(ODT, ISO/IEC 26300) as a reader sees it.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

from index.loaders.encoding import Unreadable
from index.loaders.word import join_cells, name_of, parse_xml

_UNSEEN = frozenset(
    "tracked-changes annotation annotation-end sequence-decls variable-decls user-field-decls forms note-citation "
    "title desc ruby-text change change-start change-end bibliography-source table-of-content-source".split()
)
_REPEATED = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}c"


def extract_open_document(archive: zipfile.ZipFile) -> tuple[str, str | None]:
    """Return the text of an OpenDocument text and the title in its properties.

    Notes stand behind their paragraphs.

    Raises Unreadable where it is damaged or encrypted.
    """
    try:
        tree = parse_xml(archive.read("content.xml"))
        about, styles = (
            parse_xml(archive.read(name)) if name in archive.namelist() else None for name in ("meta.xml", "styles.xml")
        )
    except (KeyError, ValueError, RuntimeError, zipfile.BadZipFile, etree.XMLSyntaxError) as error:
        raise Unreadable("loaders.damaged_document", error=type(error).__name__) from None
    body = tree.find("{*}body/{*}text")
    if body is None:
        raise Unreadable("loaders.not_a_text_document")
    titles = about.iter("{*}title") if about is not None else ()
    title = next((each.text for each in titles if each.text), None)
    return "\n".join((*_running(styles, "header"), *_blocks(body), *_running(styles, "footer"))), title


def _running(styles: Any, kind: str) -> list[str]:
    """Return the lines of the headers or footers, each once, page numbers left out."""
    parts = styles.iter(*(f"{{*}}{kind}{pages}" for pages in ("", "-first", "-left"))) if styles is not None else ()
    return list(dict.fromkeys(line for part in parts for line in _blocks(part) if any(map(str.isalpha, line))))


def _blocks(parent: Any) -> list[str]:
    lines: list[str] = []
    for element in parent:
        name = name_of(element)
        if name in _UNSEEN:
            continue
        if name in ("p", "h"):
            behind: list[str] = []
            lines += ["".join(_inline(element, behind)), *behind]
        elif name == "table":
            for row in _rows(element):
                lines += join_cells([_blocks(cell) or [""] for cell in row if name_of(cell) == "table-cell"])
        else:
            lines += _blocks(element)
    return [line for line in lines if line.strip()]


def _rows(parent: Any) -> Iterator[Any]:
    for element in parent:
        if name_of(element) == "table-row":
            yield element
        elif name_of(element) in ("table-header-rows", "table-rows", "table-row-group"):
            yield from _rows(element)


def _inline(element: Any, behind: list[str]) -> Iterator[str]:
    """Yield the texts in a paragraph; notes and boxes go to the lines `behind` it."""
    yield element.text or ""
    for child in element:
        name = name_of(child)
        if name == "s":
            yield " " * min(int(child.get(_REPEATED, "1")), 100)
        elif name in ("tab", "line-break"):
            yield "\t" if name == "tab" else "\n"
        elif name in ("note", "text-box", "object"):
            behind += _blocks(child)
        elif name == "table":
            behind += _blocks([child])
        elif name and name not in _UNSEEN:
            yield from _inline(child, behind)
        yield child.tail or ""
