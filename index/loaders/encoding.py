"""Decode the bytes of a file strictly: nothing is dropped, replaced or guessed; uncertain encodings are refused.

UTF-8 is tried first, with or without a byte order mark; UTF-16 and UTF-32 by their mark; then the two old Arabic code
pages, which are accepted only where the decoded text is plainly Arabic: frequent words, words with the definite
article, and no Latin letter inside a word.
"""

from __future__ import annotations

import codecs
import re

from index.errors import IsnadError
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

_COMMON = frozenset(
    "في من على إلى الى عن أن ان إن التي الذي هذا هذه ذلك بعد مع كان كانت قال وقال كما لا ما لم هو هي بين أو او كل قد "
    "در به از که این را با است آن".split()  # the last: Persian
)
_ARABIC = re.compile("[\u0621-\u063a\u0641-\u0652\u067e\u0686\u0698\u06a9\u06af\u06cc]+")
_SHOWN = re.compile(r"\S")
_MIXED = re.compile("[\u0621-\u064a][A-Za-zÀ-ÿŒœŸƒ]|[A-Za-zÀ-ÿŒœŸƒ][\u0621-\u064a]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")


class Unreadable(IsnadError):
    """A file cannot be read as an article; the message says why."""


def decode(data: bytes) -> str:
    """Decode bytes to text, without the byte order mark; raise Unreadable where they are no text.

    >>> decode("خبر\\r\\n".encode("utf-8-sig"))
    'خبر\\r\\n'
    >>> decode(b"\\xff\\x00\\x80")
    Traceback (most recent call last):
    index.loaders.encoding.Unreadable: it is neither UTF-8 nor any other encoding that can be told for certain (byte 1)
    """
    text = _decode(data)
    reason = binary_reason(text)
    if reason:
        raise Unreadable(reason.code, **reason.params)
    return text


def binary_reason(text: str) -> Reason | None:
    """Return why a decoded text is binary: NUL, or more than 1 % control characters; None where it is text."""
    if "\x00" in text:
        return Reason("loaders.has_nul")
    if len(_CONTROL.findall(text)) > CONTROL_SHARE * len(text):
        return Reason("loaders.has_controls")
    return None


def _decode(data: bytes) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding)
            except UnicodeDecodeError as broken:
                raise Unreadable(
                    "loaders.broken_encoding", encoding=encoding.upper(), byte=len(mark) + broken.start + 1
                ) from None
    try:
        return data.decode()
    except UnicodeDecodeError as broken:
        page = _code_page(data)
        if page:
            return data.decode(page)
        raise Unreadable("loaders.unknown_encoding", byte=broken.start + 1) from None


def _code_page(data: bytes) -> str | None:
    """Return the Arabic code page that the bytes are certainly in, if any."""
    scores = []
    for page in CODE_PAGES:
        try:
            data.decode(page)
        except UnicodeDecodeError:
            continue
        scores.append((_arabic_score(data[:SAMPLE].decode(page)), page))
    scores.sort(reverse=True)
    if not scores or scores[0][0] < 1 or (len(scores) > 1 and scores[1][0] > scores[0][0] / 2):
        return None
    return scores[0][1]


def _arabic_score(text: str) -> float:
    """Score from 0 to 1 or more how surely a text is Arabic or Persian prose; 1 is sure."""
    words: list[str] = _ARABIC.findall(text)
    known = sum(word in _COMMON or (word.startswith("ال") and len(word) > 3) for word in words)
    if (
        known < 4
        or sum(map(len, words)) < 0.5 * len(_SHOWN.findall(text))
        or len(_MIXED.findall(text)) > 0.02 * len(words)
    ):
        return 0.0
    return known / len(words) / 0.1
