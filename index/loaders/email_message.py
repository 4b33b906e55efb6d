"""Read e-mails (RFC 5322) and mailboxes.

The newest message's own words, its subject, day and sender.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import date
from email.message import EmailMessage
from itertools import pairwise
from typing import Any

from index.loaders.encoding import Unreadable, decode
from index.loaders.markup import extract_fragment
from index.loaders.metadata import Metadata

RICHER = 1.5  # an HTML part with so many times the words of the plain part is read instead of it

_REPLY_MARKS = re.compile(r"^(?:(?:re|fwd?|aw|wg|tr|sv|vs|رد|إعادة توجيه)\s*:\s*)+", re.IGNORECASE)
_QUOTED = re.compile(r"^\s{0,3}>")
_ENDED = re.compile(r"(?:^|[.!?؟…:])\s*$")
_NUMBERS = re.compile(r"\d+")
_RULE = re.compile(r"^\s*[-_=*]{5,}(?:[^-_=*\n]{1,60}[-_=*]{5,})?\s*$")
_FIELD = re.compile(r"^[\s*]*[^\W\d_][^:\n]{1,30}:[\s*]*\S")
_SIGNATURE = re.compile(r"^-- ?$")
_QUOTES = (  # elements that the usual programs put around an earlier message or a signature
    "gmail_quote gmail_attr gmail_signature yahoo_quoted moz-cite-prefix moz-signature protonmail_quote "
    "protonmail_signature_block OutlookMessageHeader zmail_extra".split()
)
_QUOTE_IDS = ("divRplyFwdMsg", "appendonsend", "Signature", "ms-outlook-mobile-signature")
PAGE_TYPES = ("text/html", "application/xhtml+xml")
_AND_ALL_BEHIND = ("divRplyFwdMsg", "appendonsend")


def extract_email(data: bytes) -> tuple[str, Metadata]:
    """Return the newest text of an e-mail, without quoted messages and signature.

    And what its head says.

    Where nothing but a quoted or forwarded message is in it, that is the text. Raises Unreadable where there is none.

    >>> text, metadata = extract_email(b"From: Sahel <n@sahel.org>\\nSubject: Re: Bridge\\n\\nIt opened.\\n\\n-- \\nS.")
    >>> text, metadata.title, metadata.publisher
    ('It opened.', 'Bridge', 'Sahel')
    """
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not any(field in message for field in ("From", "Subject", "Date")):
        raise Unreadable("loaders.not_an_email")
    text = _body(message)
    if not text.strip():
        raise Unreadable("loaders.no_text")
    return text, _head(message)


def split_mailbox(data: bytes, limit: int) -> Iterator[tuple[str, bytes]]:
    """Yield the messages of a mailbox.

    (mbox, RFC 4155), each with a name from its Message-ID; at most `limit`.
    """
    for count, raw in enumerate(_messages(data)):
        if count == limit:
            raise Unreadable("loaders.too_many_articles", limit=limit)
        head = email.message_from_bytes(raw.split(b"\n\n", 1)[0] + b"\n\n", policy=email.policy.compat32)
        identity = str(head.get("Message-ID", "")).strip().encode("utf-8", "replace") or raw
        yield hashlib.sha256(identity).hexdigest()[:10], raw


def _messages(data: bytes) -> Iterator[bytes]:
    """Yield the messages between the lines `From …`.

    A line of a text that begins so is escaped by `>`.
    """
    data = data.replace(b"\r\n", b"\n")
    starts = [match.start() for match in re.finditer(rb"(?:\A|(?<=\n\n)|(?<=\A\n))From [^\n]*\d{4}[^\n]*\n", data)]
    for start, end in pairwise([*starts, len(data)]):
        message = data[start:end].split(b"\n", 1)[1]
        yield re.sub(rb"(?m)^>(>*From )", rb"\1", message)


def _head(message: EmailMessage) -> Metadata:
    subject = " ".join(str(_header(message, "Subject") or "").split())
    sender = _header(message, "From")
    addresses = getattr(sender, "addresses", ())
    name = (addresses[0].display_name or addresses[0].domain) if addresses else str(sender or "").strip()
    return Metadata(
        title=_REPLY_MARKS.sub("", subject) or None,
        published=_day(message),
        publisher=" ".join(name.split()) or None,
    )


def _header(message: EmailMessage, name: str) -> Any:
    """Return a header's value.

    None where it is missing or too damaged for the standard library.
    """
    try:
        return message[name]
    except (ValueError, IndexError, AttributeError, LookupError):
        return None


def _day(message: EmailMessage) -> date | None:
    moment = getattr(_header(message, "Date"), "datetime", None)
    return moment.date() if moment else None


def extract_saved_page(data: bytes) -> tuple[bytes, str | None]:
    """Return the page in an MHTML file (RFC 2557) in UTF-8 and its address.

    Raise Unreadable where there is none.
    """
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        content = part.get_payload(decode=True) if part.get_content_type() in PAGE_TYPES else None
        if isinstance(content, bytes) and content.strip():
            url = part.get("Content-Location") or message.get("Snapshot-Content-Location")
            page = decode(content, part.get_content_charset() or "").encode()
            return page, str(url) if url and str(url).startswith("http") else None
    raise Unreadable("loaders.no_text")


def _body(message: EmailMessage) -> str:
    plain, markup = _part(message, "plain"), _part(message, "html")
    rich = extract_fragment(markup) if markup.strip() else ""
    if len(plain.split()) * RICHER >= len(rich.split()):
        return newest_part(plain) or plain
    own = extract_fragment(_without_quotes(markup))
    return newest_part(own) or own or rich


def _part(message: EmailMessage, subtype: str) -> str:
    """Return the text of the body's part of a type; empty where there is none."""
    try:
        part = message.get_body(preferencelist=(subtype,))
    except (ValueError, KeyError, AttributeError):
        part = None
    if part is None:
        return ""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    return decode(data, part.get_content_charset() or "").replace("\r\n", "\n") if data.strip() else ""


def _without_quotes(markup: str) -> str:
    """Return the HTML of a message without quoted messages and signatures."""
    from lxml import html

    tree = html.document_fromstring(markup.encode(), parser=html.HTMLParser(encoding="utf-8"))
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.getparent() is None:
            continue
        name, classes = element.get("id") or "", (element.get("class") or "").split()
        cited = element.tag == "blockquote" and (element.get("type") == "cite" or element.get("cite"))
        if not (cited or name in _QUOTE_IDS or set(classes) & set(_QUOTES)):
            continue
        if name in _AND_ALL_BEHIND:
            for sibling in list(element.itersiblings()):
                element.getparent().remove(sibling)
        element.drop_tree()
    return str(html.tostring(tree, encoding="unicode"))


def newest_part(text: str) -> str:
    """Return a plain text's own words.

    Neither quoted lines, nor an earlier message, nor a signature.

    Recognised by their form, in every language: lines that begin with `>` and the line above them that ends in a colon;
    a rule or a `From:` line with an address, and below it the fields of a head; a line of two hyphens.

    >>> newest_part("The bridge opened.\\n\\nOn 3 May Samer wrote:\\n> When?\\n")
    'The bridge opened.'
    """
    lines = text.split("\n")
    kept: list[str] = []
    for place, line in enumerate(lines):
        if _SIGNATURE.match(line) or _begins_earlier(lines, place):
            break
        if not _QUOTED.match(line):
            kept.append(line)
            continue
        while kept and not kept[-1].strip():
            kept.pop()
        if place and not _QUOTED.match(lines[place - 1]):
            kept = _without_introduction(kept)
    return "\n".join(kept).strip()


def _without_introduction(lines: list[str]) -> list[str]:
    """Return the lines without what introduces a quoted message: `On 3 May … wrote:`."""
    if not lines or not lines[-1].rstrip().endswith(":"):
        return lines
    for count in range(1, min(3, len(lines)) + 1):
        if count > 1 and _ENDED.search(lines[-count]):
            break
        if len(_NUMBERS.findall(" ".join(lines[-count:]))) > 1:  # of a day and a time
            return lines[:-count]
    return lines[:-1]


def _begins_earlier(lines: Sequence[str], place: int) -> bool:
    """Return whether the head of an earlier message begins at a line.

    A rule or a sender, then further fields.
    """
    line = lines[place]
    ahead = [line for line in lines[place : place + 8] if line.strip()]
    if _RULE.match(line):
        ahead = ahead[1:]
    elif not (_FIELD.match(line) and "@" in line):
        return False
    fields = 0
    for line in ahead:
        if not _FIELD.match(line):
            break
        fields += 1
    return fields >= 3 and any("@" in line for line in ahead[:fields])
