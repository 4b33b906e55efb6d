"""Extract the text of a Word file as a reader sees it.

Tracked changes accepted, boxes, notes and headers once.

Elements are matched by their local names, so that Transitional and Strict Open XML are read alike (ECMA-376).
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

from index.loaders.email_message import extract_saved_page
from index.loaders.encoding import Unreadable, decode
from index.loaders.markup import extract_fragment
from index.models import Value

MAIN = "word/document.xml"

# Taken out by a tracked change, properties, and what no reader sees.
_UNSEEN = frozenset(
    "del moveFrom delText instrText delInstrText pPr rPr tblPr tblPrEx tblGrid tcPr trPr sectPr sdtPr sdtEndPr rt "
    "rubyPr fldData ffData binData".split()
)
_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_LEAVES = frozenset((*_SIGNS, "t", "sym"))
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}
_BLOCKS = frozenset(("p", "tbl", "altChunk"))
_FOREIGN = (".mht", ".mhtml", ".html", ".htm", ".xhtml", ".txt")
_HEADLINE_STYLES = ("title", "heading 1")


class WordText(Value, frozen=True, kw_only=True):
    """The text of a Word file, and the titles that it states."""

    text: str
    title: str | None  # in its properties
    headline: str | None  # its first paragraph in the style of a title


def extract_word(archive: zipfile.ZipFile) -> WordText:
    """Return the text of a Word file.

    Headers stand first, footers last, a note or a box behind its paragraph.

    Raises Unreadable where the main part is missing or damaged.
    """
    try:
        return _Document(archive).read()
    except (KeyError, ValueError, zipfile.BadZipFile, etree.XMLSyntaxError) as error:
        raise Unreadable("loaders.damaged_word", error=type(error).__name__) from None


def parse_xml(data: bytes) -> Any:
    """Parse XML without entities, network access or huge trees.

    Raise XMLSyntaxError where that fails.
    """
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True))


def name_of(element: Any) -> str:
    """Return an element's name without its namespace.

    Empty for comments and processing instructions.
    """
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def attribute(element: Any, name: str) -> str | None:
    """Return the value of an attribute of this local name, in whichever namespace."""
    return next((value for key, value in element.attrib.items() if etree.QName(key).localname == name), None)


class _Document:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = set(archive.namelist())
        self.main = next(self._targets("", "officeDocument"), MAIN)
        self._headline_styles = self._styles()

    def read(self) -> WordText:
        body = self.tree(self.main)
        reader = _PartReader(self, self.main)
        lines = reader.blocks(body)
        texts = [*self._running("header"), *lines, *self._running("footer")]
        title = None
        for name in self._targets("", "core-properties"):
            title = next((element.text for element in self.tree(name).iter() if name_of(element) == "title"), None)
        return WordText(text="\n".join(texts), title=title, headline=self._headline(body, reader))

    def tree(self, name: str) -> Any:
        return parse_xml(self._archive.read(name))

    def target(self, part: str, relation: str) -> str | None:
        """Return the part that a relation of `part` leads to, by the relation's id."""
        return next((target for key, _, target in self._relations(part) if key == relation), None)

    def notes(self, kind: str) -> dict[str, Any]:
        """Return the notes of a kind (footnotes, endnotes) by their ids."""
        name = next(self._targets(self.main, kind), None)
        return {} if name is None else {attribute(note, "id") or "": note for note in self.tree(name)}

    def foreign_lines(self, part: str, relation: str) -> list[str]:
        """Return the lines of a page or a text that stands in a part of its own.

        As converters of HTML write it.
        """
        name = self.target(part, relation)
        suffix = posixpath.splitext(name or "")[1].lower()
        if name is None or suffix not in _FOREIGN:
            return []
        data = self._archive.read(name)
        if suffix in (".mht", ".mhtml"):
            data, _ = extract_saved_page(data)
        text = decode(data)
        return (text if suffix == ".txt" else extract_fragment(text)).split("\n")

    def _targets(self, part: str, kind: str) -> Iterator[str]:
        yield from (target for _, type_, target in self._relations(part) if type_.rsplit("/", 1)[-1] == kind)

    def _relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        """Yield id, type and target of the relations of a part to others that are there."""
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        for relation in self.tree(relations) if relations in self._names else ():
            path = relation.get("Target", "")
            target = path.lstrip("/") if path.startswith("/") else posixpath.normpath(posixpath.join(folder, path))
            if target in self._names:
                yield relation.get("Id", ""), relation.get("Type", ""), target

    def _running(self, kind: str) -> list[str]:
        """Return the lines of the headers or footers, each once, page numbers left out."""
        lines = dict[str, None]()
        for name in self._targets(self.main, kind):
            blocks = _PartReader(self, name).blocks(self.tree(name))
            lines.update(dict.fromkeys(line.strip() for line in blocks if any(map(str.isalpha, line))))
        return list(lines)

    def _styles(self) -> frozenset[str]:
        """Return the ids of the styles that are named as those of a title are."""
        names = {}
        for part in self._targets(self.main, "styles"):
            for style in self.tree(part):
                for child in style:
                    if name_of(child) == "name":
                        names[attribute(style, "styleId")] = (attribute(child, "val") or "").lower()
        return frozenset(style for style, name in names.items() if style and name in _HEADLINE_STYLES)

    def _headline(self, body: Any, reader: _PartReader) -> str | None:
        for paragraph in body.iter("{*}p"):
            style = paragraph.find("{*}pPr/{*}pStyle")
            if style is not None and attribute(style, "val") in self._headline_styles:
                return " ".join("".join(reader.inline(paragraph)).split()) or None
        return None


class _PartReader:
    """Reads a part of a document (body, header, note).

    Fields may reach from a paragraph into the next.
    """

    def __init__(self, document: _Document, part: str) -> None:
        self._document, self._part = document, part
        self._fields: list[bool] = []  # of the fields that are open, whether their results have begun
        self._notes: dict[str, dict[str, Any]] = {}
        self._behind: list[str] = []  # lines that stand behind the paragraph: notes, boxes

    def blocks(self, parent: Any) -> list[str]:
        """Return the lines of the paragraphs and tables in a container, in order."""
        lines: list[str] = []
        open_ended = False
        for block in _flat(parent):
            if name_of(block) == "tbl":
                lines += self._table(block)
                open_ended = False
                continue
            if name_of(block) == "altChunk":
                lines += self._document.foreign_lines(self._part, attribute(block, "id") or "")
                open_ended = False
                continue
            outer, self._behind = self._behind, []
            text = "".join(self.inline(block))
            behind, self._behind = self._behind, outer
            if open_ended:
                lines[-1] += text
            else:
                lines.append(text)
            open_ended = _mark_is_deleted(block) and not behind
            lines += behind
        return lines

    def _table(self, table: Any) -> list[str]:
        """Return a table's rows as lines of cells.

        The further lines of a cell with several stand alone.
        """
        lines: list[str] = []
        for row in table.iter("{*}tr"):
            if next(row.iterancestors("{*}tbl")) is not table or row.find("{*}trPr/{*}del") is not None:
                continue
            cells = [self._cell(cell) for cell in row.iter("{*}tc") if next(cell.iterancestors("{*}tr")) is row]
            lines += join_cells(cells)
        return lines

    def _cell(self, cell: Any) -> list[str]:
        merged = cell.find("{*}tcPr/{*}vMerge")
        if merged is not None and attribute(merged, "val") in (None, "continue"):
            return [""]
        return [line.strip() for line in self.blocks(cell) if line.strip()] or [""]

    def inline(self, parent: Any) -> Iterator[str]:
        """Yield the texts in a paragraph or a part of it."""
        for element in parent:
            name = name_of(element)
            if name in _UNSEEN:
                continue
            if name == "fldChar":
                self._field(attribute(element, "fldCharType"))
            elif name == "AlternateContent":
                yield from self.inline(_alternative(element))
            elif name == "txbxContent":
                self._behind += [line for line in self.blocks(element) if line.strip()]
            elif name in ("relIds", "chart"):
                self._behind += self._drawing(element)
            elif name in _NOTES:
                self._behind += self._note(_NOTES[name], attribute(element, "id"))
            elif name == "sdt" and element.find("{*}sdtPr/{*}showingPlcHdr") is not None:
                continue  # asks for a text that nobody has entered
            elif name == "r" and _is_hidden(element):
                for mark in element.iter("{*}fldChar"):
                    self._field(attribute(mark, "fldCharType"))
            elif name in _LEAVES:
                yield _leaf(element, name) if all(self._fields) else ""
            else:
                yield from self.inline(element)
                yield "/" if name == "num" else ""  # of a fraction

    def _field(self, kind: str | None) -> None:
        if kind == "begin":
            self._fields.append(False)
        elif self._fields and kind == "separate":
            self._fields[-1] = True
        elif self._fields and kind == "end":
            self._fields.pop()

    def _note(self, kind: str, number: str | None) -> list[str]:
        if kind not in self._notes:
            self._notes[kind] = self._document.notes(kind)
        note = self._notes[kind].pop(number or "", None)  # once, however often it is referred to
        return [] if note is None else [line.strip() for line in self.blocks(note) if line.strip()]

    def _drawing(self, element: Any) -> list[str]:
        """Return the texts of a diagram or a chart, which stand in a part of their own."""
        relation = attribute(element, "dm") or attribute(element, "id")
        part = self._document.target(self._part, relation) if relation else None
        if part is None:
            return []
        paragraphs = self._document.tree(part).iter("{*}p")
        texts = ("".join(text.text or "" for text in paragraph.iter("{*}t")).strip() for paragraph in paragraphs)
        return [text for text in texts if text]


def join_cells(cells: list[list[str]]) -> list[str]:
    """Return the lines of a row.

    Single lines side by side, the further lines of a cell below each other.

    >>> join_cells([["Tuna"], ["35 tons"], ["Monday", "a note"], ["Tuesday"]])
    ['Tuna | 35 tons | Monday', 'a note', 'Tuesday']
    """
    lines: list[str] = []
    same_line = False
    for first, *rest in cells:
        if same_line:
            lines[-1] += f" | {first}"
        else:
            lines.append(first)
        lines += rest
        same_line = not rest
    return [text for line in lines if (text := line.strip(" |"))]


def _flat(parent: Any) -> Iterator[Any]:
    """Yield the paragraphs and tables in a container.

    Also those in content controls and tracked changes.
    """
    for element in parent:
        name = name_of(element)
        if name in _BLOCKS:
            yield element
        elif name == "AlternateContent":
            yield from _flat(_alternative(element))
        elif name not in _UNSEEN and not (name == "sdt" and element.find("{*}sdtPr/{*}showingPlcHdr") is not None):
            yield from _flat(element)


def _alternative(element: Any) -> Any:
    """Return the form of a content with alternatives that holds text.

    The first, or the fallback.
    """
    forms = list(element)
    texts = ("{*}t", "{*}relIds", "{*}chart")
    return next((form for form in forms if next(form.iter(*texts), None) is not None), forms[-1] if forms else element)


def _leaf(element: Any, name: str) -> str:
    if name == "t":
        return str(element.text or "")
    if name == "sym":
        sign = chr(int(attribute(element, "char") or "20", 16))
        return "" if "\ue000" <= sign <= "\uf8ff" else sign  # a sign of a font, not of Unicode
    return _SIGNS[name]


def _is_hidden(run: Any) -> bool:
    hidden = run.find("{*}rPr/{*}vanish")
    return hidden is not None and attribute(hidden, "val") not in ("0", "false", "off")


def _mark_is_deleted(paragraph: Any) -> bool:
    """Return whether a tracked change took the paragraph's end out.

    The next one continues it.
    """
    return paragraph.find("{*}pPr/{*}rPr/{*}del") is not None or (
        paragraph.find("{*}pPr/{*}rPr/{*}moveFrom") is not None
    )
