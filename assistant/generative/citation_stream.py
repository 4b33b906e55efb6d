"""Turn a model's streamed text into an answer with citations.

Marks such as `[1]` are moved to the end of their sentence and written as `[file_id]`. The text is read character by
character, so it does not matter where a stream is cut. Nothing else in the result stands in square brackets: other text
in them is put in round ones, so that no link, image or reference of Markdown survives; nor do its marks of emphasis,
headings and lists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from assistant.generative.quote_selection import SourceSentences, cite
from assistant.generative.strip_markdown import MarkdownStripper
from assistant.models import Sentence
from index.language.invisible_chars import clean
from index.language.sentences import sentences
from index.messages.reason import Reason
from index.models import Hit, Value

LONGEST_MARK = 48  # characters between the brackets of a mark
LONGEST_WORD = 40  # characters waited for to see whether a full stop ended a sentence
LONGEST_SENTENCE = 2_000  # characters after which a sentence ends at the next space
TAIL = 300  # characters of a sentence that show whether it has ended
LARGEST = 999  # a larger number in brackets is a year or a figure, not a source

_OPENING, _CLOSING = "[【［", "]】］"
_LINES = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_END = re.compile(r"[.!?؟…۔؛。！？][\"'”’»›)]*$")
_PUNCTUATION = ".,،؛;:!?؟…۔»”’)›。！？"
_LABEL = r"(?:sources?|passages?|article|ref|no\.?|number|المصدر|المصادر|مصدر|المقالة?|مقالة?|رقم|انظر|see|#|\^)"
_NUMBER = r"\d{1,4}"
_JOIN = r"(?:\s*[,،;؛&+/|–—-]\s*(?:and\s+|و\s*)?|\s+(?:and\s+|و\s*)?)"
_MARK = re.compile(
    rf"\s*(?:{_LABEL}[\s:]*)*{_NUMBER}(?:{_JOIN}(?:{_LABEL}[\s:]*)?{_NUMBER})*\s*(?:†[^\]】］]*)?\s*", re.IGNORECASE
)
_LABELLED = re.compile(
    rf"\s*(?:{_LABEL}[\s:]*)+[\[【［]?\s*{_NUMBER}(?:{_JOIN}{_NUMBER})*\s*[\]】］]?\s*", re.IGNORECASE
)
_RANGE = re.compile(rf"({_NUMBER})\s*[–—-]\s*({_NUMBER})")
_YES_OR_NO = re.compile(r"\W*(?:نعم|لا|كلا|بلى|أجل|yes|no)\W*", re.IGNORECASE)
_CUT_MARK = re.compile(r"[\[【［][\d\s,،]*")
_ID_LIKE = re.compile(r"(?=\S*[\d_])[\w./:-]{6,}")


class CitedText(Value, frozen=True, kw_only=True):
    """An answer's text with its citations, and its sentences.

    `text[start:end] == sentence.text`; the marks follow at `end`.
    """

    text: str
    sentences: tuple[Sentence, ...]
    details: tuple[Reason, ...] = ()


def parse_citations(marked: str, hits: Mapping[int, Hit], question: str = "") -> CitedText:
    """Parse a model's whole text, whose marks are numbers of `hits`.

    With a verbatim quote for each.

    A number that was not given is dropped and reported; so is an id that the model made up.
    """
    reading = CitationStream(hits, question)
    reading.feed(marked)
    reading.close()
    return reading.result()


class CitationStream:
    """Parses an answer as it streams.

    The results of `feed` and `close` joined are the answer's text.
    """

    def __init__(self, hits: Mapping[int, Hit], question: str = "") -> None:
        self.marks = True  # whether marks are written: a refusal has none
        self._sources, self._question = {number: SourceSentences(hit) for number, hit in hits.items()}, question
        self._ids = {hit.article.id for hit in hits.values()}  # the model was shown none of them
        self._text: list[str] = []  # shown
        self._length = self._taken = 0
        self._sentences: list[Sentence] = []
        self._made_up: list[str] = []
        self._markdown = MarkdownStripper()
        self._held = ""  # a bracket that may become a mark
        self._doubled = False  # and was opened twice
        self._sentence: list[str] = []  # the sentence under way
        self._tail, self._start = "", 0  # its last letters, and where it begins
        self._numbers: list[int] = []  # its marks
        self._wrong: list[Reason] = []  # and what was wrong with them
        self._space, self._marked = "", False  # white space, and whether a mark, since its last letter
        self._before = ""  # the white space before that mark
        self._word = ""  # the word after what may be its end
        self._leading = False  # marks stand before their sentences

    def feed(self, piece: str) -> str:
        """Return what can be shown after a piece of the model's text."""
        for letter in piece:
            cleaned = letter if letter.isalnum() or letter in " \n.,،؟:[]()" else clean(letter)
            for char in cleaned:
                self._plain(self._markdown.feed(char))
        return self._new()

    def close(self) -> str:
        """Return the rest of the text once the model has ended or was cut off."""
        self._plain(self._markdown.close())
        if _CUT_MARK.fullmatch(self._held):
            self._held = ""
        while self._held:
            self._release()
        self._decide()
        self._finish()
        return self._new()

    def result(self) -> CitedText:
        """Return the answer, once closed."""
        details = tuple(Reason.of("citations.not_given", mark=mark) for mark in dict.fromkeys(self._made_up))
        return CitedText(text="".join(self._text), sentences=tuple(self._sentences), details=details)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences that are complete."""
        return tuple(self._sentences)

    def _new(self) -> str:
        new = "".join(self._text[self._taken :])
        self._taken = len(self._text)
        return new

    def _show(self, text: str) -> None:
        if text:
            self._text.append(text)
            self._length += len(text)

    def _plain(self, text: str) -> None:
        for letter in text:
            self._letter(letter)

    # --- brackets ---

    def _letter(self, letter: str) -> None:
        if self._held:
            self._inside(letter)
        elif letter in _OPENING or letter == "(":
            self._held = letter
        elif letter in _CLOSING:
            if not self._doubled:
                self._write(")")
            self._doubled = False
        else:
            self._doubled = False
            self._write(letter)

    def _inside(self, letter: str) -> None:
        """Read a letter within a bracket that may become a mark."""
        square = self._held[0] in _OPENING
        if square and letter in _OPENING:
            if len(self._held) > 1:
                self._release()
                self._letter(letter)
            else:
                self._doubled = True  # [[1]]
            return
        self._held += letter
        if square and letter in _CLOSING:
            self._close_square(self._held[1:-1])
        elif not square and letter == ")":
            self._close_round(self._held[1:-1])
        elif letter in _LINES or len(self._held) > LONGEST_MARK:
            self._release()

    def _close_square(self, inside: str) -> None:
        if _MARK.fullmatch(inside) and max(map(int, re.findall(r"\d+", inside.partition("†")[0]))) <= LARGEST:
            self._held = ""
            self._mark(_numbers(inside))
        elif inside in self._ids or (_ID_LIKE.fullmatch(inside.strip()) and not inside.strip().isdecimal()):
            self._held = ""
            self._refuse(f"[{inside.strip()}]")
        else:
            self._release()

    def _close_round(self, inside: str) -> None:
        if _LABELLED.fullmatch(inside):
            self._held = ""
            self._mark(_numbers(inside))
        else:
            self._release()

    def _release(self) -> None:
        """Release what was held, as it is no mark.

        Its bracket becomes round, and the rest is read again.
        """
        held, self._held = self._held, ""
        self._write("(")
        closed = held[0] in _OPENING and held[-1] in _CLOSING
        for letter in held[1 : len(held) - closed]:
            self._letter(letter)
        if closed:
            while self._held:
                self._release()
            self._write(")")

    def _mark(self, numbers: list[int]) -> None:
        """Add a mark to the sentence that it belongs to."""
        self._decide()
        if not self._sentence and not self._sentences:
            self._leading = True
        elif self._leading and self._new_line():
            self._finish()
        for number in numbers:
            if number in self._sources:
                self._numbers.append(number)
            else:
                self._refuse(f"[{number}]")
        self._set_mark()

    def _refuse(self, mark: str) -> None:
        self._decide()
        self._made_up.append(mark)
        self._wrong.append(Reason.of("citations.not_given", mark=mark))
        self._set_mark()

    def _set_mark(self) -> None:
        self._before, self._space, self._marked = self._before + self._space, "", True

    # --- sentences ---

    def _write(self, letter: str) -> None:
        """Add a letter of the text itself."""
        if letter.isspace():
            self._decide()
            self._space += letter
        elif self._word:
            self._word += letter
            if len(self._word) > LONGEST_WORD:
                self._decide()
        elif not self._sentence:
            self._begin(letter)
        elif self._marked and letter in _PUNCTUATION and not self._new_line():
            self._before = self._space = ""
            if not (letter in ".۔。" and _END.search(self._tail)):  # the stop after "…. [1]."
                self._add(letter)
        elif (self._space or self._marked or letter not in _PUNCTUATION) and self._may_have_ended():
            self._word = letter
        else:
            self._add(self._gap() + letter)

    def _may_have_ended(self) -> bool:
        return self._new_line() or self._too_long() or bool(_END.search(self._tail[-8:]))

    def _too_long(self) -> bool:
        return self._length - self._start > LONGEST_SENTENCE and bool(self._space)

    def _new_line(self) -> bool:
        return bool(set(self._before + self._space) & set(_LINES))

    def _gap(self) -> str:
        """Return the white space before the next letter, only that of one side of a mark."""
        if set(self._before) & set(_LINES) and not set(self._space) & set(_LINES):
            return self._before
        return self._space or (" " if self._before else "")

    def _add(self, text: str) -> None:
        self._sentence.append(text)
        self._tail = (self._tail + text)[-TAIL:]
        self._show(text)
        self._before, self._space, self._marked = "", "", False

    def _begin(self, text: str) -> None:
        if self._sentences:
            self._show(self._gap() or " ")
        self._sentence, self._tail, self._start = [text], text, self._length
        self._show(text)
        self._before, self._space, self._marked = "", "", False

    def _decide(self) -> None:
        """Decide whether the sentence ended before the pending word."""
        if not self._word:
            return
        word, self._word = self._word, ""
        gap = self._gap()
        if self._new_line() or self._ended(word):
            self._finish()
            self._space = gap
            self._begin(word)
        else:
            self._add((gap or (" " if self._marked else "")) + word)

    def _ended(self, word: str) -> bool:
        """Return whether the sentence splitter ends a sentence here.

        A mark after `!`, `؟` and the like ends it. "Yes." belongs to what follows.
        """
        if not self._marked and _YES_OR_NO.fullmatch(self._tail):
            return False
        if self._too_long() or (self._marked and not self._tail.rstrip("\"'”’»›)").endswith(".")):
            return True
        gap = self._gap() or (" " if self._marked else "")
        return any(span.start == len(self._tail) + len(gap) for span in sentences(f"{self._tail}{gap}{word}"))

    def _finish(self) -> None:
        """Complete the sentence under way: attribute it and write its marks."""
        if not self._sentence:
            return
        text = "".join(self._sentence)
        attributed = cite(text, self._numbers, self._sources, self._question)
        details = tuple(dict.fromkeys((*self._wrong, *attributed.details)))
        sentence = Sentence(
            text=text, start=self._start, end=self._length, details=details, citations=attributed.citations
        )
        self._sentences.append(sentence)
        marks = "".join(
            f"[{file_id}]" for file_id in dict.fromkeys(citation.file_id for citation in attributed.citations)
        )
        self._show(f" {marks}" if marks and self.marks else "")
        self._sentence, self._tail, self._numbers, self._wrong = [], "", [], []
        self._before, self._space, self._marked = "", "", False


def _numbers(inside: str) -> list[int]:
    """Return the numbers of a mark, ranges written out.

    >>> _numbers("1, ٣"), _numbers("2-4"), _numbers("المصدر 5"), _numbers("3†lines")
    ([1, 3], [2, 3, 4], [5], [3])
    """
    inside = inside.partition("†")[0]
    for low, high in _RANGE.findall(inside):
        if 0 < int(high) - int(low) < 20 and len(re.findall(r"\d+", inside)) == 2:
            return list(range(int(low), int(high) + 1))
    return [int(number) for number in re.findall(r"\d+", inside)]
