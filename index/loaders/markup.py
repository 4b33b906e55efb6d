"""Turn a fragment of HTML, as feeds and crawls put it into a field, into its text."""

from __future__ import annotations

import html
import re

BLOCKS = frozenset(
    "p div ul ol li h1 h2 h3 h4 h5 h6 figure figcaption table tr blockquote section article pre aside header footer "
    "main dl dt dd hr br center form body".split()
)
_NAMES = "|".join(
    (
        "p br div span a b i u em strong ul ol li h[1-6] img figure table tr td th tbody thead blockquote section "
        "article script style iframe video sup sub font center hr pre small big mark figcaption picture source aside "
        "header footer main time label input button form html head body meta link dl dt dd"
    ).split()
)
_MARKUP = re.compile(rf"</(?:{_NAMES})\s*>|<(?:br|p|div|img|hr)\b[^<>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(rf"</?({_NAMES})\b[^<>]*>", re.IGNORECASE)
_ESCAPED = re.compile(rf"&lt;/?(?:{_NAMES})\b", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,6}|#[xX][\da-fA-F]{2,6});")
_SPACES = re.compile(r"[^\S\n]+")
UNSEEN = frozenset(("script", "style", "head", "template", "noscript", "iframe", "svg", "select", "button"))


def has_markup(text: str) -> bool:
    """Return whether a text holds tags of HTML, written out or escaped.

    >>> has_markup("<p>افتُتح الجسر.</p>"), has_markup("إذا كان س < ص و ص > ع")
    (True, False)
    """
    return _MARKUP.search(text) is not None or _ESCAPED.search(text) is not None


def plain_line(text: str) -> str:
    """Return a title or a name on one line.

    Without tags and with its entities decoded.

    >>> plain_line("الوزيرة: &quot;المكتبة <b>حلم</b>&quot; &amp;amp; أكثر")
    'الوزيرة: "المكتبة حلم" & أكثر'
    """
    for _ in range(2):  # feeds escape what is escaped already
        if "<" in text:
            text = _ANY_TAG.sub(lambda tag: " " if tag.group(1).lower() in BLOCKS else "", text)
        if "&" in text:
            text = html.unescape(text)
    return " ".join(text.split())


def plain_entities(text: str) -> str:
    """Return a text without tags with its entities decoded."""
    return html.unescape(text).replace("\xa0", " ") if _ENTITY.search(text) else text


def extract_fragment(fragment: str) -> str:
    r"""Return the text that a reader sees of a fragment, a line for each block.

    Call it in the sandbox.

    >>> extract_fragment("<p>افتُتح <b>الجسر</b>.</p><ul><li>طوله 850&nbsp;مترا</li></ul><script>x()</script>")
    'افتُتح الجسر.\nطوله 850 مترا'
    """
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    if _ESCAPED.search(fragment) and not _MARKUP.search(fragment):
        fragment = html.unescape(fragment)
    parser = HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8")
    root = document_fromstring(f"<html><body>{fragment}</body></html>".encode(), parser=parser)
    pieces: list[str] = []
    unseen = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = str(element.tag)
        if event == "start":
            unseen += name in UNSEEN
            pieces.append(
                "\n" if name in BLOCKS else " | " if name in ("td", "th") and element.getprevious() is not None else ""
            )
            if not unseen:
                pieces.append(_SPACES.sub(" ", (element.text or "").replace("\n", " ")))
        else:
            unseen -= name in UNSEEN
            pieces.append("\n" if name in BLOCKS else "")
            if not unseen:
                pieces.append(_SPACES.sub(" ", (element.tail or "").replace("\n", " ")))
    lines = (_SPACES.sub(" ", line).strip() for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)
