"""Remove characters that no reader sees, and runs of tatweel or marks.

The stored article keeps them; search and prompts get the cleaned text. The list is that of OWASP LLM01:2026 (control
5), Unicode TR36 and the default-ignorable characters of the Unicode database.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter

# A pattern for runs that can hide a text: tags, variation selectors beyond the single one of an emoji, operators.
SMUGGLING = r"[\U000e0000-\U000e0fff]+|[\ufe00-\ufe0f]{2,}|[\u2060-\u2065\u206a-\u206f]+"
PASSES = 4  # removing characters can join the pieces of another run

_KINDS = {
    "tag": "\U000e0000-\U000e007f",
    "direction": "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069",
    "selector": "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef",
    "invisible": (
        "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
        "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"
    ),
    "control": "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f",
    "lost": "\ufffd",  # stands for bytes that are no character
    "broken": "\ud800-\udfff",  # half of a surrogate pair, which no encoding can write
}
_MARK = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
    "\u08ca-\u08ff\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
_FORMS = "\ufb50-\ufd3d\ufd50-\ufdfb\ufe70-\ufefc"
_PATTERNS = {
    **{kind: f"[{letters}]+" for kind, letters in _KINDS.items()},
    "presentation": f"[{_FORMS}]+",
    "tatweel": "\u0640{2,}|\u0640(?=[\u0620-\u0652])",  # a single tatweel, as in the year 1445هـ, stays
    "marks": f"[{_MARK}]{{4,}}",
    "leftover": (
        r"&(?:nbsp;?|(?:amp|quot|apos|lt|gt|laquo|raquo|[lr][sd]quo|hellip|[nm]dash|zwn?j|[rl]lm|shy"
        r"|#\d{2,6}|#[xX][\da-fA-F]{2,5});)"
    ),
}
_FIRST = f"[{''.join(_KINDS.values())}{_FORMS}{_MARK}\u0640&]"
_ANY = re.compile(_FIRST)
_INVISIBLE = re.compile(  # testing the first letter before the kinds makes it eight times as fast
    f"(?={_FIRST})(?:{'|'.join(f'(?P<{kind}>{pattern})' for kind, pattern in _PATTERNS.items())})"
)


def clean(text: str) -> str:
    """Return the text as search and a model should see it.

    It is the same object if nothing is to be removed.

    Invisible and control characters are removed, and so are stretched letters and more than three marks on one letter.
    Presentation forms become the letters they stand for, and HTML entities such as `&nbsp;` the characters. Letters,
    vowel signs, digits and line breaks stay.

    >>> clean("مـــحمد\\u200f زا\\u200bر ﺣﻠﺐ عام 1445هـ")
    'محمد زار حلب عام 1445هـ'
    """
    for _ in range(PASSES):
        if not _ANY.search(text):
            break
        before, text = text, _INVISIBLE.sub(_replacement, text)
        if text == before:
            break
    return text


def count_invisible(text: str) -> dict[str, int]:
    """Count the characters of each kind that `clean` removes or replaces.

    >>> count_invisible("خبر\\u200b\\u200b عا\\u202eجل")
    {'invisible': 2, 'direction': 1}
    """
    counts: Counter[str] = Counter()
    if _ANY.search(text):
        for match in _INVISIBLE.finditer(text):
            counts[str(match.lastgroup)] += len(match.group())
    return dict(counts)


def _replacement(match: re.Match[str]) -> str:
    if match.lastgroup == "leftover":
        return html.unescape(match.group()).replace("\xa0", " ")
    if match.lastgroup != "presentation":
        return ""
    letters = unicodedata.normalize("NFKC", match.group())
    return re.sub(f" (?=[{_MARK}])", "", letters)  # an isolated vowel sign carries a space
