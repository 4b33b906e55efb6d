"""Repair text that was decoded in a wrong encoding and saved so.

(mojibake), and tell what cannot be repaired.

Arabic in its code pages and in UTF-8 is put right by encoding it back, where the outcome is plainly Arabic; UTF-8 in
the other encodings of ftfy is put right by ftfy (Speer 2019), which changes nothing that could have been meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from index.messages.reason import Reason

LOST = "\ufffd"  # stands for bytes that are no character
ROUNDS = 2  # how often a text may have been decoded wrongly, each time over the last
CERTAIN = 15  # characters of a text or of a line that is repaired by itself
SAMPLE = 4_000  # characters by which the way back is found
LATIN_SHARE = 0.5  # letters from À to ÿ among all; no language has as many
LOST_SHARE = 0.02  # characters that were lost, among letters
BADNESS = 0.02  # of ftfy, for a character; prose that was meant stays far below it

_SINGLE_BYTE = (
    *("latin-1", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "mac_roman", "cp437", "cp850", "cp1256"),
)
_PAIRS = (  # read as, written as
    *((wrong, "utf-8") for wrong in _SINGLE_BYTE),
    *((wrong, right) for wrong in _SINGLE_BYTE[:-1] for right in ("cp1256", "iso8859_6")),
)
_COMMON = frozenset(
    "في من على إلى الى عن أن ان إن التي الذي هذا هذه ذلك بعد مع كان كانت قال وقال كما لا ما لم هو هي بين أو او كل قد "
    "در به از که این را با است آن".split()  # the last: Persian
)
_ARABIC = re.compile("[\u0621-\u063a\u0641-\u0652\u067e\u0686\u0698\u06a9\u06af\u06cc]+")
_SHOWN = re.compile(r"\S")
_MIXED = re.compile("[\u0621-\u064a][A-Za-zÀ-ÿŒœŸƒ]|[A-Za-zÀ-ÿŒœŸƒ][\u0621-\u064a]")
LOST_RUN = re.compile(f"{LOST}+")
_LATIN = re.compile("[À-ÖØ-öø-ÿ]")
_LETTER = re.compile(r"[^\W\d_]")
_LOST_WORD = re.compile(rf"(?<!\S)[?{LOST}]{{2,}}(?!\S)")
_FOREIGN_RUN = r"[\u00c0-\u024f\u2500-\u25a0]{3}"  # such letters are single in the words of living languages


def _second_bytes(encoding: str) -> str:
    """Return a pattern for the second byte of UTF-8 as an encoding shows it."""
    return f"[{re.escape(bytes(range(0x80, 0xC0)).decode(encoding, 'ignore'))}\x80-\x9f]"


_ARABIC_PAIRS = {  # what the first bytes of Arabic letters become -> what the second bytes become
    bytes((0xD8, 0xD9)).decode(encoding): _second_bytes(encoding) for encoding in _SINGLE_BYTE
}
_SUSPECT = re.compile(
    rf"(?=[\u00c0-\u024f\u2500-\u25a0{''.join(_ARABIC_PAIRS)}])(?:{_FOREIGN_RUN}|[\u00c2-\u00f4]{_second_bytes('cp1252')}|"
    + "|".join(f"(?:[{first}]{second}){{2}}" for first, second in _ARABIC_PAIRS.items())
    + ")"
)


def repair_mojibake(text: str) -> str:
    """Return the text in the characters it was written in.

    The same object where it is none, or not for certain.

    >>> written = "افتتح الوزير المكتبة في المدينة"
    >>> [repair_mojibake(written.encode(right).decode(wrong)) == written
    ...  for wrong, right in (("cp1256", "utf-8"), ("latin-1", "cp1256"))]
    [True, True]
    >>> repair_mojibake("La cafÃ© est dÃ©jÃ\\xa0 fermÃ©e"), repair_mojibake("Übermäßig süß")
    ('La café est déjà fermée', 'Übermäßig süß')
    """
    if len(text) < CERTAIN or text.isascii() or not _SUSPECT.search(text):
        return text
    repaired = _repaired(text)
    if repaired != text:
        return repaired
    lines = text.split("\n")
    mended = [_repaired(line) if len(line) >= CERTAIN and _SUSPECT.search(line) else line for line in lines]
    return "\n".join(mended) if mended != lines else text


def garbled_reason(text: str) -> Reason | None:
    """Return why the characters of a text are not what was written.

    None where they are.

    >>> print(garbled_reason("????? ??? ?????? ????? ??????? ?? ?????? ????"))
    its letters were lost when it was saved in a wrong encoding; get the file anew
    """
    suspect = _SUSPECT.search(text) is not None
    if not suspect and LOST not in text and "??" not in text:
        return None
    letters, lost_words = len(_LETTER.findall(text)), len(_LOST_WORD.findall(text))
    if len(LOST_RUN.findall(text)) > LOST_SHARE * letters + 1 or (
        lost_words > 3 and 2 * lost_words > len(text.split())
    ):
        return Reason("loaders.letters_lost")
    if suspect:
        import ftfy.badness

        latin = len(_LATIN.findall(text))
        if (letters >= CERTAIN and latin > LATIN_SHARE * letters) or ftfy.badness.badness(text) > BADNESS * len(
            text
        ) + 2:
            return Reason("loaders.mojibake")
    return None


def arabic_score(text: str, least: int = 4) -> float:
    """Score from 0 to 1 or more how surely a text is Arabic or Persian prose.

    1 is sure.

    At least `least` of its words must be frequent ones or begin with the article.
    """
    words: list[str] = _ARABIC.findall(text)
    known = sum(word in _COMMON or (word.startswith("ال") and len(word) > 3) for word in words)
    if (
        known < least
        or sum(map(len, words)) < 0.5 * len(_SHOWN.findall(text))
        or len(_MIXED.findall(text)) > 0.02 * len(words)
    ):
        return 0.0
    return known / len(words) / 0.1


def _repaired(text: str) -> str:
    """Return a text put right as a whole; the same object where that is not certain."""
    sample = text[:SAMPLE]
    if arabic_score(sample) < 1:
        for steps in _ways(sample, ROUNDS):
            with suppress(UnicodeError):
                return _encoded_back(text, steps)
    import ftfy

    fixed = ftfy.fix_encoding(text)
    return fixed if fixed != text and not ftfy.badness.badness(fixed) else text


def _ways(sample: str, rounds: int) -> Iterator[tuple[tuple[str, str], ...]]:
    """Yield the pairs of encodings that, undone, turn a sample into plain Arabic."""
    for pair in _PAIRS:
        try:
            candidate = _encoded_back(sample, (pair,))
        except UnicodeError:
            continue
        if candidate == sample:
            continue
        if arabic_score(candidate, least=1) >= 1:
            yield (pair,)
        elif rounds > 1:
            yield from ((pair, *further) for further in _ways(candidate, rounds - 1))


def _encoded_back(text: str, steps: Iterable[tuple[str, str]]) -> str:
    """Take wrong decodings back.

    Raise UnicodeError where the text cannot have come so.
    """
    for wrong, right in steps:
        text = b"".join(_byte(sign, wrong) for sign in text).decode(right)
    return text


def _byte(sign: str, encoding: str) -> bytes:
    """Return the byte of a character.

    Programs leave bytes that an encoding does not define as they are.
    """
    return sign.encode("latin-1") if "\x80" <= sign <= "\x9f" else sign.encode(encoding)
