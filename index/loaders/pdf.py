"""Extract the text of a PDF in reading order, right-to-left scripts included.

The only user of pypdfium2.

PDFium finds the lines of a page. The order of the characters in a line with Arabic letters is taken from their
positions: browsers write each word glyph by glyph from left to right, other programs in other orders. Spaces are those
that are drawn, where the file draws them singly, else gaps. Presentation forms, lam-alef ligatures and mirrored
brackets are repaired.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from ctypes import POINTER, c_double, c_float, c_ushort, c_void_p, cast, create_string_buffer
from functools import partial
from itertools import pairwise
from math import hypot
from statistics import median
from typing import Any, NamedTuple

from index.loaders.encoding import Unreadable
from index.loaders.mojibake import garbled_reason

MAX_PAGES = 1_000
DOTS, MAX_SIDE = 300, 4_000  # of the image of a page: dots an inch, pixels
FULL = 0.7  # share of the widest line: a line at least so long continues in the next

SAME = 0.01  # points within which two boxes are of the same glyph
# Of the font size: the least gap between two words that a space parts, between parts of a line, and inside a word.
NARROW, MIDDLE, WIDE = 0.04, 0.1, 0.2
UNDRAWN, FAR = 0.16, 0.3  # in a line whose other spaces are drawn: between two words, and inside a word

LOST = "\ufffd"  # what PDFium gives for a glyph that the file does not name
PEN = 0.05  # points within which two halves of a lam-alef are drawn
RAISED = 0.3  # of the font size: where the ink of a vowel sign begins, and no letter's
FLAT, DOT = 0.05, 0.2  # of the font size: how far a full stop may reach below the line and above it
BELOW, PLAIN_ALEF, HAMZA = 0.15, 0.86, 0.95  # of the height of a lam-alef

LETTERS = 100  # of a text whose frequencies say something
NO_SIGNS = 0.05  # of all signs: bullets and logos are fewer

_NO_SIGNS = ("Co", "Cn", "Cs")
_VOWELS = frozenset("aeiouyıøæœ")
_FREQUENT = frozenset("اليیونمرتهدبس")
_ALEFS = frozenset("اأإآٱ")
_FORMS = re.compile("[\ufb50-\ufdfb\ufe70-\ufefc]+")
_ARABIC_LETTER = re.compile("[\u0620-\u064a\u0671-\u06d3\ufb50-\ufdfb\ufe70-\ufefc]")
_ARABIC_WORD = re.compile("[\u0620-\u064a]{4,}")
_LATIN_LETTER = re.compile("[A-Za-z\u00c0-\u024f]")
_LATIN = "A-Za-z\u00c0-\u024f"
_DIGITS = "0-9٠-٩۰-۹"
_LEFT_TO_RIGHT = re.compile(  # backwards, as a line from right to left has it
    rf"%?[{_LATIN}{_DIGITS}](?:[{_LATIN}{_DIGITS}_.,٫٬:/%+@&'’-]*[{_LATIN}{_DIGITS}])?"
    rf"(?: [{_LATIN}](?:[{_LATIN}{_DIGITS}_.,&'’-]*[{_LATIN}{_DIGITS}])?)*"
)
_NUMBER = re.compile(rf"%?[{_DIGITS}](?:[{_DIGITS}.,٫٬:/]*[{_DIGITS}])?")
_ARABIC = "\u0600-\u06ff\ufb50-\ufdfb\ufe70-\ufefc"
_RIGHT_TO_LEFT = re.compile(rf"[{_ARABIC}](?:[{_ARABIC} ]*[{_ARABIC}])?")
_PAIRS = (("(", ")"), ("[", "]"), ("«", "»"))
_ENDED = re.compile(r"[.!?؟…:؛۔][\"'”’»)\]]*$")
_ITEM = re.compile(r"[•‣◦▪●■*–-]\s|\d{1,3}[.)]\s")


def extract_pdf_text(data: bytes, limit: int) -> str:
    """Return the text of a PDF, paragraphs joined, a blank line between pages.

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
    if document.get_formtype():
        document.init_forms()
    pages: list[str] = []
    for number in range(len(document)):
        pages.append(_page(document, number))
        if sum(map(len, pages)) > limit:
            raise Unreadable("loaders.too_many_characters", limit=limit)
    text = "\n\n".join(filter(None, pages))
    if not text.strip():
        raise Unreadable("loaders.no_text_scan")
    if is_no_language(text):
        raise Unreadable("loaders.text_layer_no_language")
    return text


def render_pdf_page(data: bytes, number: int) -> tuple[bytes, int]:
    """Return the image of a page.

    (PGM, 300 dots an inch, at most 4,000 pixels a side) and the number of pages.
    """
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    page = document[number]
    scale = min(DOTS / 72, MAX_SIDE / max(page.get_size()))
    bitmap = page.render(scale=scale, grayscale=True)
    rows = bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width]
    return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + rows.tobytes(), len(document)


def _page(document: Any, number: int) -> str:
    import pypdfium2

    try:
        page = document[number]
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError as error:
        raise Unreadable("loaders.damaged_page", page=number + 1, error=error) from None
    drawn = _drawn(page)
    lines = _lines(text_page, drawn)
    text = "".join(glyph.text for line in lines for glyph in line)
    right_to_left = len(_ARABIC_LETTER.findall(text)) >= len(_LATIN_LETTER.findall(text))
    texts = [_line_text(line, right_to_left, drawn.spaces) for line in lines]
    if _is_backwards(texts):  # drawn from left to right by a program that knows no other way
        texts = [_turn_runs(text[::-1]) if _ARABIC_LETTER.search(text) else text for text in texts]
    for value, bottom, top in _entries(page, document.formenv):
        heights = [median(glyph.y for glyph in line) if line else -1.0 for line in lines]
        place = next((place for place, height in enumerate(heights) if bottom <= height <= top), len(texts))
        if place == len(texts):
            texts.append(value)
        else:
            texts[place] = f"{texts[place].rstrip()} {value}"
    return join_lines([_repair(line) for line in _mirror_brackets("\n".join(texts)).split("\n")])


def _entries(page: Any, form: Any) -> Iterator[tuple[str, float, float]]:
    """Yield what was entered on a page.

    (form fields, typed notes), which is not in its text, with bottom and top.
    """
    import pypdfium2.raw as pdfium

    fields = (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
    place = pdfium.FS_RECTF()
    for number in range(pdfium.FPDFPage_GetAnnotCount(page)):
        entry = pdfium.FPDFPage_GetAnnot(page, number)
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(entry)
            if pdfium.FPDFAnnot_GetFlags(entry) & (pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW):
                continue
            if kind == pdfium.FPDF_ANNOT_WIDGET and form and pdfium.FPDFAnnot_GetFormFieldType(form, entry) in fields:
                value = _string(partial(pdfium.FPDFAnnot_GetFormFieldValue, form, entry))
            elif kind == pdfium.FPDF_ANNOT_FREETEXT:
                value = _string(partial(pdfium.FPDFAnnot_GetStringValue, entry, b"Contents"))
            else:
                continue
            pdfium.FPDFAnnot_GetRect(entry, place)
        finally:
            pdfium.FPDFPage_CloseAnnot(entry)
        if value.strip():
            yield " ".join(value.split()), place.bottom, place.top


def _string(read: Callable[[Any, int], int]) -> str:
    """Return a string that PDFium writes into a buffer, in UTF-16.

    Of the size that it names.
    """
    size = read(None, 0)
    buffer = create_string_buffer(size)
    read(cast(buffer, POINTER(c_ushort)), size)
    return buffer.raw[:size].decode("utf-16-le", "replace").rstrip("\x00")


def _is_backwards(lines: list[str]) -> bool:
    """Return whether the letters of Arabic words stand backwards.

    Many words end in لا, few begin with ال.
    """
    words: list[str] = [word for line in lines for word in _ARABIC_WORD.findall(line)]
    backwards = sum(word.endswith("لا") or word.startswith("ة") for word in words)
    return backwards >= 3 and backwards >= 3 * sum(word.startswith("ال") or word.endswith("ة") for word in words)


class _Glyph(NamedTuple):
    """The characters that a glyph shows, in reading order.

    With the glyph's place on the page in points.
    """

    text: str
    x: float  # of the pen
    y: float
    left: float
    right: float
    size: float
    word: int  # counted by the spaces that the file has
    line: int  # of PDFium
    drawn_by: int  # the address of the object


class _Drawn(NamedTuple):
    """What the objects of a page tell that its characters do not."""

    groups: dict[int, tuple[float, float, float]]  # object -> left, right, baseline of all that draw its ActualText
    spaces: list[tuple[float, float]]  # the pen at each space that is an object of its own


def _drawn(page: Any) -> _Drawn:
    """Look through the text objects of a page.

    Browsers draw a letter and its vowel sign as two objects for one text (ActualText), and PDFium gives each character
    a part of the place of only one of them. It also makes up spaces, so that only those that are drawn can be trusted.
    """
    import pypdfium2.raw as pdfium

    members: dict[int, list[tuple[int, float, float, float]]] = {}
    spaces: list[tuple[float, float]] = []
    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    matrix = pdfium.FS_MATRIX()
    for place in range(pdfium.FPDFPage_CountObjects(page)):
        drawn = pdfium.FPDFPage_GetObject(page, place)
        if pdfium.FPDFPageObj_GetType(drawn) != pdfium.FPDF_PAGEOBJ_TEXT:
            continue
        pdfium.FPDFPageObj_GetBounds(drawn, left, bottom, right, top)
        pdfium.FPDFPageObj_GetMatrix(drawn, matrix)
        if left.value == right.value and bottom.value == top.value:
            spaces.append((matrix.e, matrix.f))
            continue
        for number in range(pdfium.FPDFPageObj_CountMarks(drawn)):
            mark = pdfium.FPDFPageObj_GetMark(drawn, number)
            if pdfium.FPDFPageObjMark_GetParamValueType(mark, b"ActualText") == pdfium.FPDF_OBJECT_STRING:
                own = (_address(drawn), left.value, right.value, matrix.f)
                members.setdefault(_address(mark), []).append(own)
    groups = {}
    for group in members.values():
        widest = max(group, key=lambda own: own[2] - own[1])
        extent = min(own[1] for own in group), max(own[2] for own in group), widest[3]
        groups.update({own[0]: extent for own in group if len(group) > 1})
    return _Drawn(groups, spaces)


def _address(handle: Any) -> int:
    return cast(handle, c_void_p).value or 0


def _lines(page: Any, drawn: _Drawn) -> list[list[_Glyph]]:
    """Return the glyphs of a page line by line as PDFium orders them."""
    import pypdfium2.raw as pdfium

    lines: list[list[_Glyph]] = [[]]
    lost: dict[
        float, tuple[int, tuple[float, float]]
    ] = {}  # pen of a glyph without a name in the line -> place, extent
    x, y, matrix, word = c_double(), c_double(), pdfium.FS_MATRIX(), 0
    number = 0
    for place in range(page.count_chars()):
        letter = chr(pdfium.FPDFText_GetUnicode(page, place))
        if letter == "\n":
            lines.append([])
            lost.clear()
            number += 1
        if letter.isspace() and not pdfium.FPDFText_IsGenerated(page, place):
            word += 1
        if letter in "\x00\ufffe\uffff\u0002\r\n":
            continue
        left, _, right, _ = page.get_charbox(place, loose=True)
        pdfium.FPDFText_GetCharOrigin(page, place, x, y)
        pdfium.FPDFText_GetMatrix(page, place, matrix)
        size = pdfium.FPDFText_GetFontSize(page, place) * hypot(matrix.c, matrix.d)
        owner = _address(pdfium.FPDFText_GetTextObject(page, place)) if drawn.groups or drawn.spaces else 0
        glyph = _Glyph(letter, x.value, y.value, left, right, size, word, number, owner)
        if letter == LOST:
            extent = _extent(page, place, y.value)
            if extent[0] > RAISED * size:
                continue  # a vowel sign that the file does not name
            pen = next((pen for pen in lost if abs(pen - x.value) < PEN), x.value)
            if pen in lost:
                at, other = lost.pop(pen)
                half = lines[-1][at]
                both = _lam_alef(other, extent), min(left, half.left), max(right, half.right)
                lines[-1][at] = half._replace(text=both[0], left=both[1], right=both[2])
                continue
            lost[pen] = len(lines[-1]), extent
            if extent[0] > -FLAT * size and extent[1] < DOT * size:
                glyph = glyph._replace(text=".")
        if owner in drawn.groups:
            left, right, baseline = drawn.groups[owner]
            glyph = glyph._replace(x=left, y=baseline, left=left, right=right)
        last = lines[-1][-1] if lines[-1] else None
        if last is not None and letter != " " and abs(left - last.left) < SAME and abs(right - last.right) < SAME:
            turned = (last.text in _ALEFS and letter == "ل") or (_is_mark(last) and not _is_mark(glyph))
            pair = letter + last.text if turned else last.text + letter
            lines[-1][-1] = last._replace(text=pair)
        else:
            lines[-1].append(glyph)
    return _merge(lines)


def _extent(page: Any, place: int, baseline: float) -> tuple[float, float]:
    """Return the lowest and highest point of a character's ink, from the baseline."""
    _, bottom, _, top = page.get_charbox(place)
    return bottom - baseline, top - baseline


def _lam_alef(first: tuple[float, float], second: tuple[float, float]) -> str:
    """Return which lam-alef two glyphs with these extents draw.

    Firefox names neither of its halves. A hamza below reaches under the line. The lower of the two is .79 to .82 of the
    other without a hamza, .90 to .92 with one above and .98 to .99 with a madda, in Noto Naskh Arabic, whose lam-alef
    has two glyphs.
    """
    if min(first[0], second[0]) < -BELOW * max(first[1], second[1]):
        return "لإ"
    share = min(first[1], second[1]) / (max(first[1], second[1]) or 1.0)
    return "لا" if share < PLAIN_ALEF else "لأ" if share < HAMZA else "لآ"


def _merge(lines: list[list[_Glyph]]) -> list[list[_Glyph]]:
    """Join neighbouring lines that are parts of a line.

    PDFium breaks it at a glyph with vowel signs.
    """
    merged: list[list[_Glyph]] = []
    for line in lines:
        last = merged[-1] if merged else []
        if last and line and _is_same_line(last, line):
            merged[-1] = last + line
        else:
            merged.append(line)
    return merged


def _is_same_line(first: list[_Glyph], second: list[_Glyph]) -> bool:
    """Return whether two lines stand side by side on a baseline.

    At most two letters apart.
    """
    size = max(first[0].size, second[0].size)
    between = max(
        min(glyph.left for glyph in second) - max(glyph.right for glyph in first),
        min(glyph.left for glyph in first) - max(glyph.right for glyph in second),
    )
    height = abs(median(glyph.y for glyph in first) - median(glyph.y for glyph in second))
    return bool(height < size / 2 and between < size)


def _line_text(line: list[_Glyph], right_to_left: bool, spaces: Sequence[tuple[float, float]]) -> str:
    """Return the text of a line.

    The order of one with Arabic letters is that of the glyphs' positions.
    """
    if not any(_ARABIC_LETTER.search(glyph.text) for glyph in line):
        return "".join(glyph.text for glyph in line)
    placed = sorted(
        ((place, glyph) for place, glyph in enumerate(line) if glyph.text.strip() and not _is_mark(glyph)),
        key=lambda item: (-round(item[1].x, 2), -item[1].right),
    )
    marks = [(place, glyph) for place, glyph in enumerate(line) if _is_mark(glyph)]
    extents: dict[float, tuple[float, float]] = {}  # of the signs on a letter, which have a part each of its place
    for _, mark in marks:
        left, right = extents.get(pen := round(mark.x, 2), (mark.left, mark.right))
        extents[pen] = min(left, mark.left), max(right, mark.right)
    letters = [
        glyph._replace(left=min(glyph.left, extent[0]), right=max(glyph.right, extent[1]))
        if (extent := extents.get(round(glyph.x, 2)))
        else glyph
        for _, glyph in placed
    ]
    texts = [glyph.text[::-1] if _LATIN_LETTER.search(glyph.text) else glyph.text for glyph in letters]
    places = [place for place, _ in placed]
    for place, mark in marks if letters else ():
        before = places.index(max((each for each in places if each < place), default=places[0]))
        texts[_bearer(mark, letters, before)] += mark.text
    blanks = [(glyph.left + glyph.right) / 2 for glyph in line if not glyph.text.strip() and glyph.right > glyph.left]
    gaps = _gaps(letters, spaces, blanks)
    text = "".join(text + (" " if place in gaps else "") for place, text in enumerate(texts))
    if right_to_left:
        return _turn_runs(text)
    return _RIGHT_TO_LEFT.sub(lambda match: match.group()[::-1], text[::-1])


def _is_mark(glyph: _Glyph) -> bool:
    return unicodedata.category(glyph.text[0]) == "Mn"


def _turn_runs(text: str) -> str:
    """Turn round the Latin words and numbers of a line read from right to left."""

    def turn(match: re.Match[str]) -> str:
        run = match.group()
        return run[::-1] if _LATIN_LETTER.search(run) else _NUMBER.sub(lambda number: number.group()[::-1], run)

    return _LEFT_TO_RIGHT.sub(turn, text)


def _gaps(letters: list[_Glyph], spaces: Sequence[tuple[float, float]], blanks: Sequence[float]) -> set[int]:
    """Return the places of the letters behind which there is a space.

    Letters stand from right to left. `spaces` are the pens of spaces without a width, `blanks` the middles of those
    with one.
    """
    if not letters:
        return set()
    size, baseline = max(glyph.size for glyph in letters), median(glyph.y for glyph in letters)
    own = [x for x, y in spaces if abs(y - baseline) < size / 2]
    # A space's pen is where the letter on its left ends; the first and the last of these are outside of the line.
    ends = [letters[0].right, *(glyph.right for glyph in letters[1:]), letters[-1].left - size / 4]
    nearest = [min(range(len(ends)), key=lambda place: abs(ends[place] - x)) for x in own]
    drawn = {place - 1 for place, x in zip(nearest, own, strict=True) if abs(ends[place] - x) < size / 2}
    pairs = enumerate(pairwise(letters))
    return {
        place
        for place, (right, left) in pairs
        if place in drawn
        or any(left.right - SAME <= blank <= right.left + SAME for blank in blanks)
        or _apart(right, left, bool(drawn))
    }


def _apart(right: _Glyph, left: _Glyph, drawn: bool) -> bool:
    """Return whether there is a space between two neighbours.

    `drawn`: other spaces of the line are objects.
    """
    gap = (right.left - left.right) / (max(right.size, left.size) or 1.0)
    if drawn and right.drawn_by != left.drawn_by:
        return gap > (UNDRAWN if right.word != left.word else FAR)
    if right.line != left.line:
        return gap > MIDDLE
    return gap > (WIDE if right.word == left.word else NARROW)


def _bearer(mark: _Glyph, letters: list[_Glyph], before: int) -> int:
    """Return the place of the letter that a vowel sign stands on.

    That is the letter of the same pen, else the letter drawn just before (`before`) where the sign is above it, else
    the letter that it is above.
    """
    center = (mark.left + mark.right) / 2

    def distance(place: int) -> float:
        return max(letters[place].left - center, center - letters[place].right, 0.0)

    def pen(place: int) -> float:
        return abs(letters[place].x - mark.x)

    own = min(range(len(letters)), key=lambda place: (round(pen(place), 1), distance(place)))
    if pen(own) <= SAME:
        return own
    if distance(before) < MIDDLE * mark.size:
        return before
    return min(range(len(letters)), key=lambda place: (round(distance(place), 1), pen(place)))


def _repair(line: str) -> str:
    """Replace presentation forms by ordinary letters.

    And have brackets open before they close.
    """
    line = _FORMS.sub(lambda match: unicodedata.normalize("NFKC", match.group()), line).strip()
    return _mirror_brackets(line)


def _mirror_brackets(text: str) -> str:
    """Mirror the brackets of a text whose pairs close before they open."""
    for left, right in _PAIRS:
        first = min(text.find(left) % (len(text) + 1), text.find(right) % (len(text) + 1))
        if text.count(left) == text.count(right) > 0 and text[first] == right:
            text = text.translate({ord(left): right, ord(right): left})
    return text


def is_no_language(text: str) -> bool:
    """Return whether the letters of a text are not as frequent as in a language.

    Fonts with a wrong table of letters.

    So it is, too, where one sign in twenty is of private use, unassigned or lost, or the text is plainly mojibake.
    Vowels are more than a quarter of the letters wherever Latin letters are used, the twelve most frequent letters more
    than half of them in Arabic, Persian and Urdu.
    """
    signs = [sign for sign in text if not sign.isspace()]
    if sum(unicodedata.category(sign) in _NO_SIGNS or sign == "\ufffd" for sign in signs) > NO_SIGNS * len(signs):
        return True
    if garbled_reason(text) is not None:
        return True
    latin = [letter[0] for letter in map(_decomposed, _LATIN_LETTER.findall(text))]
    arabic = _ARABIC_LETTER.findall(text)
    letters, frequent, least = (latin, _VOWELS, 0.25) if len(latin) > len(arabic) else (arabic, _FREQUENT, 0.5)
    return len(letters) >= LETTERS and sum(letter in frequent for letter in letters) < least * len(letters)


def _decomposed(letter: str) -> str:
    return unicodedata.normalize("NFD", letter.lower())


def join_lines(lines: list[str]) -> str:
    """Join lines to paragraphs.

    A line that fills the column and ends no sentence continues in the next.
    """
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
