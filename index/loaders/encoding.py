"""Decode the bytes of articles: nothing is guessed.

Uncertain encodings are refused.

UTF-8 is tried first, with or without a byte order mark; UTF-16 and UTF-32 by their mark; then the two old Arabic code
pages, which are accepted only where the decoded text is plainly Arabic: frequent words, words with the definite
article, and no Latin letter inside a word; then windows-1252, for text that is ASCII but for single letters. A stray
byte in what is certain otherwise costs one character (U+FFFD), not the article.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

from index.errors import IsnadError
from index.loaders.mojibake import LOST, LOST_RUN, arabic_score, garbled_reason, repair_mojibake
from index.messages.reason import Reason

MARKS = (  # the longer ones first: the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
CODE_PAGES = ("cp1256", "iso8859_6")
SAMPLE = 200_000  # bytes that are enough to tell a code page
CONTROL_SHARE = 0.01
STRAY_SHARE = 0.01  # characters lost to stray bytes, of those that are not ASCII
SURE = 20  # characters beyond ASCII that make UTF-8 certain though a byte is broken
WESTERN_SHARE = 0.03  # bytes beyond ASCII; English, German and Spanish have fewer, Czech and Turkish more

_BEYOND_ASCII = re.compile(f"[^\x00-\x7f{LOST}]")
_HIGH = bytes(range(128, 256))
_NOT_WESTERN = re.compile(rb"[\x80-\xff]{3}|[\xd0\xdd\xde\xf0\xfd\xfe]")  # the single ones: Turkish in its code page
_ASCII_WORDS = re.compile(rb"[a-z]{3}\W+[a-z]{2}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")


class Unreadable(IsnadError):
    """A file cannot be read as an article; the message says why."""


def decode(data: bytes, declared: str = "") -> str:
    """Decode bytes to text, without the byte order mark.

    Raise Unreadable where they are no text.

    `declared` is the encoding that a page names; it counts where none is certain. A byte in a hundred may be lost.

    >>> decode("خبر\\r\\n".encode("utf-8-sig"))
    'خبر\\r\\n'
    >>> decode(b"\\xff\\x00\\x80")
    Traceback (most recent call last):
    index.loaders.encoding.Unreadable: it is neither UTF-8 nor any other encoding that can be told for certain (byte 1)
    """
    text = repair_mojibake(_decode(data, declared))
    reason = binary_reason(text) or garbled_reason(text)
    if reason:
        raise Unreadable(reason.code, **reason.params)
    return text


def binary_reason(text: str) -> Reason | None:
    """Return why a decoded text is binary: NUL, or more than 1 % control characters.

    None where it is text.
    """
    if "\x00" in text:
        return Reason("loaders.has_nul")
    if len(_CONTROL.findall(text)) > CONTROL_SHARE * len(text):
        return Reason("loaders.has_controls")
    return None


def _decode(data: bytes, declared: str) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            text, broken = _replacing(data[len(mark) :], encoding)
            if broken is not None:
                byte = len(mark) + broken + 1
                raise Unreadable("loaders.broken_encoding", encoding=encoding.upper(), byte=byte)
            return text
    text, broken = _replacing(data, "utf-8")
    if broken is None:
        return text
    page = _code_page(data)
    if page is None and declared:
        with suppress(LookupError, ValueError):  # no name of an encoding
            text, unreadable = _replacing(data, declared)
            if unreadable is None:
                return text
    if page is None and _is_western(data):
        page = "cp1252"
    if page is None:
        raise Unreadable("loaders.unknown_encoding", byte=broken + 1)
    return data.decode(page, "replace")


def _replacing(data: bytes, encoding: str) -> tuple[str, int | None]:
    """Return the text with U+FFFD for stray bytes.

    And the place of the first where they are too many to be stray.
    """
    try:
        return data.decode(encoding), None
    except UnicodeDecodeError as broken:
        text = data.decode(encoding, "replace")
        lost = text.count(LOST)  # up to three for a stray byte inside a letter
        read = len(text) if encoding.startswith("utf-16") else len(_BEYOND_ASCII.findall(text))
        few = max(3, STRAY_SHARE * read) if encoding.startswith("utf") else 1  # other code pages are too much alike
        stray = read >= SURE and lost <= few
        return LOST_RUN.sub(LOST, text), None if stray else broken.start


def _is_western(data: bytes) -> bool:
    """Return whether bytes are ASCII prose with a few characters of windows-1252."""
    high = len(data) - len(data.translate(None, _HIGH))
    return (
        high <= max(2, WESTERN_SHARE * len(data))
        and not _NOT_WESTERN.search(data)
        and _ASCII_WORDS.search(data) is not None
    )


def _code_page(data: bytes) -> str | None:
    """Return the Arabic code page that the bytes are certainly in, if any."""
    scores = []
    for page in CODE_PAGES:
        sample, broken = _replacing(data[:SAMPLE], page)
        if broken is None:
            scores.append((arabic_score(sample), page))
    scores.sort(reverse=True)
    if not scores or scores[0][0] < 1 or (len(scores) > 1 and scores[1][0] > scores[0][0] / 2):
        return None
    return scores[0][1]
