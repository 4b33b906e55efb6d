"""Strip Markdown's emphasis, headings and lists from a text, letter by letter.

Whether a letter is a mark depends on its neighbours, as in CommonMark 0.31.2
(https://spec.commonmark.org/0.31.2/#emphasis-and-strong-emphasis): 5 * 3, 2**3, a_b, -5, #tag and f**k stay as they
are. No letter or digit is ever removed.
"""

from __future__ import annotations

_EMPHASIS, _OF_LINES = "*_", "#-+"
_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_OPENING = "\"'“‘«‹([{【［*_"  # besides letters and digits, what emphasis may begin before
_DEEPEST = 6  # number signs of a heading


class MarkdownStripper:
    """Strips a text as it streams.

    The results of `feed` and `close` joined are the stripped text.
    """

    def __init__(self) -> None:
        self._run = ""  # like letters that may be a mark
        self._before = "\n"  # what stands before them
        self._at_start = True  # whether they are the first of their line
        self._open = dict.fromkeys(_EMPHASIS, 0)  # emphasis that has begun in this line

    def feed(self, letter: str) -> str:
        """Return what can be shown after a letter."""
        if self._run and letter == self._run[0]:
            self._run += letter
            return ""
        shown = ""
        if self._run:
            if self._at_start and letter in " \t" and self._marks_a_line():
                self._run, self._at_start, self._before = "", False, letter  # the space goes with its mark
                return ""
            shown = self._decided(letter)
        if letter in _EMPHASIS or (self._at_start and letter in _OF_LINES):
            self._run = letter
            return shown
        self._pass(letter)
        return shown + letter

    def close(self) -> str:
        """Return the rest once the text has ended."""
        return self._decided("\n") if self._run else ""

    def _pass(self, letter: str) -> None:
        if letter in _BREAKS:
            self._at_start, self._open = True, dict.fromkeys(_EMPHASIS, 0)
        elif not letter.isspace():
            self._at_start = False
        self._before = letter

    def _marks_a_line(self) -> bool:
        """Return whether a run before a space marks a heading or a list item."""
        return self._run in ("-", "+", "*") or (self._run[0] == "#" and len(self._run) <= _DEEPEST)

    def _decided(self, after: str) -> str:
        """Return the run before a letter, nothing where it is a mark."""
        run, self._run = self._run, ""
        self._at_start = False
        product = self._before.isdecimal() and after.isdecimal()  # 2*3
        if run[0] in _EMPHASIS and not product:
            if self._closes(run, after):
                self._open[run[0]] -= 1
                return ""
            if self._opens(run, after):
                self._open[run[0]] += 1
                return ""
        self._before = run[-1]
        return run

    def _closes(self, run: str, after: str) -> bool:
        inside_a_word = run[0] == "_" and after.isalnum()
        return self._open[run[0]] > 0 and not self._before.isspace() and not inside_a_word

    def _opens(self, run: str, after: str) -> bool:
        if not (after.isalnum() or after in _OPENING):
            return False
        if not self._before.isalnum():
            return True
        # within a word: "و" and "ال" are written onto the word that is set in bold
        return run == "**" and not self._before.isascii()


def strip_markdown(text: str) -> str:
    """Strip the marks from a whole text.

    >>> strip_markdown("## العنوان\\n- كلّف **الجسر** 40 مليونا، و**الطريق** 5 * 3.")
    'العنوان\\nكلّف الجسر 40 مليونا، والطريق 5 * 3.'
    """
    reading = MarkdownStripper()
    return "".join(map(reading.feed, text)) + reading.close()
