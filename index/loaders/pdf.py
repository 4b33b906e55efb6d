"""The text of a PDF in reading order, right-to-left scripts too; the only home of pypdfium2.

PDFium puts the runs of a line in order, which is most of the work. What is repaired here: a lam-alef drawn as one glyph comes
out with its two letters swapped; brackets come out mirrored; some files hold their Arabic letters in the order they are drawn.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from index.loaders.encoding import Refused

MAX_PAGES = 1_000
FULL = 0.7  # of the widest line: a line at least so long goes on in the next one

_ALEFS = frozenset("اأإآٱ")
_FORMS = re.compile("[\ufb50-\ufdfb\ufe70-\ufefc]+")
_ARABIC = re.compile("[\u0620-\u064a]+")
_LEFT_TO_RIGHT = re.compile(r"[A-Za-z\d٠-٩۰-۹](?:[\w.,٫٬:/%+@'’-]*[A-Za-z\d٠-٩۰-۹%])?(?: [A-Za-z](?:[\w.,'’-]*\w)?)*")
_MIRRORED = str.maketrans("()[]{}«»<>", ")(][}{»«><")
_PAIRS = (("(", ")"), ("[", "]"), ("«", "»"))
_ENDED = re.compile(r"[.!?؟…:؛۔][\"'”’»)\]]*$")
_ITEM = re.compile(r"[•‣◦▪●■*–-]\s|\d{1,3}[.)]\s")


def pdf_text(data: bytes, limit: int) -> str:
    """The text of a PDF, lines of a paragraph joined, pages parted by a blank line.

    Raises Refused where it is damaged, locked with a password, has more than 1,000 pages, or more than `limit` characters;
    also where it has no text at all, as a scan.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise Refused("it is locked with a password" if locked else f"it is a damaged PDF ({error})") from None
    if len(document) > MAX_PAGES:
        raise Refused(f"it has {len(document):,} pages; the limit is {MAX_PAGES:,}")
    pages: list[str] = []
    for number in range(len(document)):
        pages.append(_page(document, number))
        if sum(map(len, pages)) > limit:
            raise Refused(f"it holds more than {limit:,} characters")
    text = "\n\n".join(filter(None, pages))
    if not text.strip():
        raise Refused("there is no text in it: a scan? Run it through OCR first")
    return text


def _page(document: Any, number: int) -> str:
    import pypdfium2

    try:
        page = document[number].get_textpage()
    except pypdfium2.PdfiumError as error:
        raise Refused(f"its page {number + 1} is damaged ({error})") from None
    lines = [_repaired(line) for line in "".join(_letters(page)).splitlines()]
    return joined(_turned(lines))


def _letters(page: Any) -> list[str]:
    """The characters of a page; the two of a lam-alef glyph, which share its box, in their right order."""
    import pypdfium2.raw as pdfium

    letters = [chr(pdfium.FPDFText_GetUnicode(page, place)) for place in range(page.count_chars())]
    for place in range(len(letters) - 1):
        if letters[place] in _ALEFS and letters[place + 1] == "ل":
            one, other = page.get_charbox(place, loose=True), page.get_charbox(place + 1, loose=True)
            if abs(one[0] - other[0]) < 0.01 and abs(one[2] - other[2]) < 0.01:
                letters[place], letters[place + 1] = letters[place + 1], letters[place]
    return [letter for letter in letters if letter not in "\x00\ufffe\uffff\u0002"]


def _repaired(line: str) -> str:
    """A line with ordinary letters for presentation forms, and brackets that open before they close."""
    line = _FORMS.sub(lambda item: unicodedata.normalize("NFKC", item.group()), line).strip()
    for left, right in _PAIRS:
        first = min(line.find(left) % (len(line) + 1), line.find(right) % (len(line) + 1))
        if line.count(left) == line.count(right) > 0 and line[first] == right:
            line = line.translate({ord(left): right, ord(right): left})
    return line


def _turned(lines: list[str]) -> list[str]:
    """Lines whose Arabic letters stand in the order they are drawn are turned round, their numbers and Latin words are not.

    They are known by the article: in reading order many words begin with ال, in the other one many end in لا.
    """
    words = [word for line in lines for word in _ARABIC.findall(line) if len(word) > 3]
    drawn = sum(word.endswith("لا") or word.startswith("ة") for word in words)
    if drawn < 3 or drawn < 3 * sum(word.startswith("ال") or word.endswith("ة") for word in words):
        return lines
    return [_turned_round(line) if _ARABIC.search(line) else line for line in lines]


def _turned_round(line: str) -> str:
    """
    >>> _turned_round("2024 رايأ 12 سمأ (BBC News) دمحأ لاق")
    'قال أحمد (BBC News) أمس 12 أيار 2024'
    """
    turned = line[::-1].translate(_MIRRORED)
    return _LEFT_TO_RIGHT.sub(lambda item: item.group()[::-1], turned)


def joined(lines: list[str]) -> str:
    """The lines of a page as paragraphs: a line that fills the column and does not end a sentence goes on in the next one."""
    width = max(map(len, lines), default=0)
    text = ""
    for place, line in enumerate(lines):
        goes_on = (
            place + 1 < len(lines)
            and len(line) > FULL * width
            and bool(lines[place + 1])
            and not _ENDED.search(line[-5:])
            and not _ITEM.match(lines[place + 1])
        )
        if goes_on and line.endswith("-") and line[-2:-1].isalpha():
            text += line[:-1]
        else:
            text += line + (" " if goes_on else "\n")
    return text.strip()
