"""Extract the text of a PDF in reading order, right-to-left scripts included; the only user of pypdfium2.

PDFium puts the runs of a line in order, which is most of the work. What is repaired here: a lam-alef drawn as one
glyph comes out with its two letters swapped; brackets come out mirrored; some files hold their Arabic letters in the
order they are drawn.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from index.loaders.encoding import Unreadable

MAX_PAGES = 1_000
FULL = 0.7  # share of the widest line: a line at least so long continues in the next

_ALEFS = frozenset("اأإآٱ")
_FORMS = re.compile("[\ufb50-\ufdfb\ufe70-\ufefc]+")
_ARABIC = re.compile("[\u0620-\u064a]+")
_LEFT_TO_RIGHT = re.compile(r"[A-Za-z\d٠-٩۰-۹](?:[\w.,٫٬:/%+@'’-]*[A-Za-z\d٠-٩۰-۹%])?(?: [A-Za-z](?:[\w.,'’-]*\w)?)*")
_MIRRORED = str.maketrans("()[]{}«»<>", ")(][}{»«><")
_PAIRS = (("(", ")"), ("[", "]"), ("«", "»"))
_ENDED = re.compile(r"[.!?؟…:؛۔][\"'”’»)\]]*$")
_ITEM = re.compile(r"[•‣◦▪●■*–-]\s|\d{1,3}[.)]\s")


def extract_pdf_text(data: bytes, limit: int) -> str:
    """Return the text of a PDF with the lines of a paragraph joined and a blank line between pages.

    Raises Unreadable where it is damaged, locked with a password, has more than 1,000 pages, or more than `limit`
    characters; also where it has no text at all, as a scan.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        if locked:
            raise Unreadable("loaders.locked") from None
        raise Unreadable("loaders.damaged_pdf", error=error) from None
    if len(document) > MAX_PAGES:
        raise Unreadable("loaders.too_many_pages", pages=len(document), limit=MAX_PAGES)
    pages: list[str] = []
    for number in range(len(document)):
        pages.append(_page(document, number))
        if sum(map(len, pages)) > limit:
            raise Unreadable("loaders.too_many_characters", limit=limit)
    text = "\n\n".join(filter(None, pages))
    if not text.strip():
        raise Unreadable("loaders.no_text_scan")
    return text


def _page(document: Any, number: int) -> str:
    import pypdfium2

    try:
        page = document[number].get_textpage()
    except pypdfium2.PdfiumError as error:
        raise Unreadable("loaders.damaged_page", page=number + 1, error=error) from None
    lines = [_repair(line) for line in "".join(_letters(page)).splitlines()]
    return join_lines(_reverse_visual_order(lines))


def _letters(page: Any) -> list[str]:
    """Return the characters of a page, with the two of a lam-alef glyph, which share a box, in order."""
    import pypdfium2.raw as pdfium

    letters = [chr(pdfium.FPDFText_GetUnicode(page, place)) for place in range(page.count_chars())]
    for place in range(len(letters) - 1):
        if letters[place] in _ALEFS and letters[place + 1] == "ل":
            box, next_box = page.get_charbox(place, loose=True), page.get_charbox(place + 1, loose=True)
            if abs(box[0] - next_box[0]) < 0.01 and abs(box[2] - next_box[2]) < 0.01:
                letters[place], letters[place + 1] = letters[place + 1], letters[place]
    return [letter for letter in letters if letter not in "\x00\ufffe\uffff\u0002"]


def _repair(line: str) -> str:
    """Replace presentation forms by ordinary letters, and have brackets open before they close."""
    line = _FORMS.sub(lambda item: unicodedata.normalize("NFKC", item.group()), line).strip()
    for left, right in _PAIRS:
        first = min(line.find(left) % (len(line) + 1), line.find(right) % (len(line) + 1))
        if line.count(left) == line.count(right) > 0 and line[first] == right:
            line = line.translate({ord(left): right, ord(right): left})
    return line


def _reverse_visual_order(lines: list[str]) -> list[str]:
    """Reverse lines whose Arabic letters stand in visual order, but not their numbers and Latin words.

    The definite article tells: in reading order many words begin with ال, in visual order many end in لا.
    """
    words = [word for line in lines for word in _ARABIC.findall(line) if len(word) > 3]
    drawn = sum(word.endswith("لا") or word.startswith("ة") for word in words)
    if drawn < 3 or drawn < 3 * sum(word.startswith("ال") or word.endswith("ة") for word in words):
        return lines
    return [_reverse(line) if _ARABIC.search(line) else line for line in lines]


def _reverse(line: str) -> str:
    """Reverse a line in visual order, numbers and Latin words excepted.

    >>> _reverse("2024 رايأ 12 سمأ (BBC News) دمحأ لاق")
    'قال أحمد (BBC News) أمس 12 أيار 2024'
    """
    turned = line[::-1].translate(_MIRRORED)
    return _LEFT_TO_RIGHT.sub(lambda item: item.group()[::-1], turned)


def join_lines(lines: list[str]) -> str:
    """Join lines to paragraphs: a line that fills the column and ends no sentence continues in the next."""
    width = max(map(len, lines), default=0)
    text = ""
    for place, line in enumerate(lines):
        continues = (
            place + 1 < len(lines)
            and len(line) > FULL * width
            and bool(lines[place + 1])
            and not _ENDED.search(line[-5:])
            and not _ITEM.match(lines[place + 1])
        )
        if continues and line.endswith("-") and line[-2:-1].isalpha():
            text += line[:-1]
        else:
            text += line + (" " if continues else "\n")
    return text.strip()
