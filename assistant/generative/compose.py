"""Write an answer with a model and attribute its sentences.

Steps: fit the passages to the budget, render the prompt, parse the reply, attribute, check.
The pieces that are yielded are the answer's text, unless it had to be written once more (see `details`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Generator, Sequence
from datetime import date

from msgspec.structs import replace

import prompts
from assistant.budget import BudgetSpent
from assistant.chat_model import LANGUAGES, Message, Model, Prices, usage_of, with_token_counts
from assistant.generative.citation_stream import CitationStream, CitedText
from assistant.generative.quote_selection import NONE_FOUND, NOT_NAMED, nearest_citations, says_nothing
from assistant.generative.verification import AnswerVerifier
from assistant.generators import ResultIterator, run_to_completion
from assistant.models import Draft, Plan, Sentence
from assistant.prompt_context import Order, PromptContext, fit
from assistant.query.plan import Archive
from index.errors import ProviderCut, ProviderError
from index.messages.catalog import render
from index.messages.reason import Reason
from index.model_api import ContextTooLong, Reply
from index.models import Hit, Value

REFUSAL = "NO_ANSWER"
WRONG_LANGUAGE = {"ar": Reason("rewrite.not_in_arabic"), "en": Reason("rewrite.not_in_english")}
CLOSEST = 3  # quotes that come with a refusal
REFITS = 2  # times the passages are halved for a model that cannot read so much

_TOKEN = re.compile(r"(?<![\W_])[\W_]*+NO[_ ]?ANSWER[\W_]*+", re.IGNORECASE)
_LETTERS = "noanswer"


class WritingOptions(Value, frozen=True, kw_only=True):
    """Options of an answer written by a model."""

    today: date
    language: str | None  # of the question, ISO 639-1; None: as the model reads it
    plan: Plan = Plan()
    archive: Archive = Archive()  # the days of the articles that were searched
    budget: int = 8000  # tokens of passages
    prices: Prices = Prices()
    rewrite: bool = True  # an answer that is in the wrong language or cites nothing is asked for once more
    repair: bool = False  # so is one with sentences that the check calls unsupported
    instructions: str | None = None  # instead of those of the prompt `answer`


def compose(
    question: str, hits: Sequence[Hit], *, model: Model, count: Callable[[str], int], shown: WritingOptions
) -> Generator[str, None, Draft]:
    """Yield the answer's text as it is written and return the draft.

    `count` counts tokens.

    A reply that is cut off keeps what came, with the reason first in `details`; one that never began raises what the
    model raises (ProviderError). No hits: a refusal without a request.
    """
    if not hits:
        return Draft(
            text=render("answer.refusal", {}, shown.language), abstained=True, details=(Reason("answer.nothing_found"),)
        )
    writing = _Writing(question, hits, model, count, shown)
    yield from writing.write()
    if shown.rewrite and (faults := writing.faults()):
        writing.write_again(faults, lambda: len(writing.faults()) < len(faults))
    elif shown.repair and (unsupported := writing.unsupported()):
        writing.write_again(unsupported, lambda: not writing.faults() and len(writing.unsupported()) < len(unsupported))
    return writing.composed()


class _Writing:
    """One answer under way."""

    def __init__(
        self, question: str, hits: Sequence[Hit], model: Model, count: Callable[[str], int], shown: WritingOptions
    ) -> None:
        self.question, self.hits, self.model, self.count, self.shown = question, hits, model, count, shown
        self.verifier = AnswerVerifier(question, hits)
        self.context: PromptContext
        self.messages: list[Message] = []
        self.hash = ""
        self.replies: list[Reply] = []
        self.answer = CitedText(text="", sentences=())
        self.refused = False
        self.cut: ProviderCut | None = None
        self.notes: list[Reason] = []

    def write(self) -> Generator[str, None, None]:
        """Ask, with fewer passages for a model that reads no more; yield the answer."""
        budget = self.shown.budget
        for refit in range(REFITS + 1):
            self._ask_with(budget >> refit)
            try:
                yield from self._read(self.model.reply(self.messages))
                return
            except ContextTooLong:
                if refit == REFITS:
                    raise
                self.notes.append(Reason("answer.fewer_passages"))

    def _ask_with(self, budget: int) -> None:
        plan, archive = self.shown.plan, self.shown.archive
        order: Order = "newest_first" if plan.newest_first else "best_first"
        if plan.kind == "timeline":
            order = "oldest_first"
        self.context = fit(self.question, self.hits, budget=budget, count=self.count, order=order)
        newest = max((hit.article.published for hit in self.hits if hit.article.published), default=None)
        rendered = prompts.render(
            "answer",
            question=self.context.question,
            language=language_name(self.shown.language),
            kind=plan.kind,
            today=self.shown.today.isoformat(),
            first_day=archive.oldest.isoformat() if archive.oldest else None,
            last_day=archive.newest.isoformat() if archive.newest else None,
            newest_source=newest.isoformat() if newest else None,
            boundary=self.context.boundary,
            refusal=REFUSAL,
            sources=self.context.shown(),
        )
        self.messages, self.hash = list(rendered.messages), rendered.hash
        if self.shown.instructions is not None:
            self.messages[0] = {"role": "system", "content": self.shown.instructions}
            self.hash = hashlib.sha256(f"{self.hash} {self.shown.instructions}".encode()).hexdigest()[:12]

    def _read(self, replying: Generator[str, None, Reply]) -> Generator[str, None, None]:
        """Yield the reply as it comes, its marks turned into ids.

        Keep it even if it breaks off.

        Each sentence is checked while the model writes the next.
        """
        reading = _Reading(self.context.hits, self.question)
        received: list[str] = []
        refusal = ""  # what follows the word of a refusal: one piece, so that a reader of the pieces can wait for it
        pieces = ResultIterator(replying)
        checked = 0
        try:
            for piece in pieces:
                received.append(piece)
                if (new := reading.feed(piece)) and reading.began_refusing:
                    refusal += new
                elif new:
                    yield new
                self._examined(reading.sentences[checked:])
                checked = len(reading.sentences)
            reply = pieces.result
        except ProviderCut as cut:
            if not "".join(received).strip():
                raise
            self.cut, reply = cut, Reply(text="".join(received), finish="cut")
        finally:
            replying.close()
        if new := refusal + reading.close():
            yield new
        self._keep(reading, reply)

    def _keep(self, reading: _Reading, reply: Reply) -> None:
        self.replies.append(with_token_counts(reply, self.messages, self.count))
        self.answer, self.refused = reading.result(), reading.refused
        cited = [sentence for sentence in self.answer.sentences if sentence.citations]
        if not cited and all(says_nothing(sentence.text) for sentence in self.answer.sentences):
            self.refused = True  # it refused in its own words

    def _examined(self, sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
        return tuple(map(self.verifier.verify, sentences))

    def faults(self) -> list[Reason]:
        """Return why the answer cannot be used as it is."""
        if self.cut:
            return []
        faults = []
        sentences = self.answer.sentences
        fault = WRONG_LANGUAGE.get(self.shown.language or "")
        if fault and sentences and _language_of(self.answer.text) not in (self.shown.language, None):
            faults.append(fault)
        claims = [sentence for sentence in sentences if not says_nothing(sentence.text)]
        unnamed = [claim for claim in claims if NOT_NAMED in claim.details or NONE_FOUND in claim.details]
        untied = [claim for claim in claims if not claim.citations]
        if not self.refused and claims and len(unnamed) == len(claims) and len(untied) * 2 > len(claims):
            faults.append(Reason("rewrite.no_source"))
        return faults

    def write_again(self, faults: Sequence[Reason], better: Callable[[], bool]) -> None:
        """Ask for the answer once more, without these faults, and keep the better one."""
        first = self.answer, self.refused
        if self._asked_again(faults):
            if better():
                self.notes.append(Reason.of("rewrite.done", faults=faults))
            else:
                self.answer, self.refused = first

    def unsupported(self) -> list[Reason]:
        """Return a fault for each sentence that the check calls unsupported."""
        if self.cut or self.refused:
            return []
        return [
            Reason.of("rewrite.unsupported", sentence=sentence.text, reasons=sentence.details)
            for sentence in self._examined(self.answer.sentences)
            if sentence.verdict == "unsupported" and sentence.checked_by is not None
        ]

    def _asked_again(self, faults: Sequence[Reason]) -> bool:
        """Ask with the answer and its faults, and keep the new reply.

        Return False where the server failed.
        """
        asked = prompts.render(
            "repair", faults=[*map(str, faults)], language=language_name(self.shown.language), refusal=REFUSAL
        ).messages
        self.messages += [{"role": "assistant", "content": self.replies[-1].text}, *asked]
        try:
            reply = run_to_completion(self.model.reply(self.messages))
        except (ProviderError, BudgetSpent):
            return False
        reading = _Reading(self.context.hits, self.question)
        reading.feed(reply.text)
        reading.close()
        self._keep(reading, reply)
        return True

    def composed(self) -> Draft:
        """Return the answer as it stands."""
        incomplete = [Reason.of("answer.incomplete", why=self.cut)] if self.cut else []
        draft = Draft(
            text=self.answer.text,
            details=tuple(dict.fromkeys([*incomplete, *self.notes, *self.answer.details])),
            usage=usage_of(self.replies, self.shown.prices),
            prompt=self.hash,
            passages=tuple(source.hit.passage.id for source in self.context.sources),
            complete=not self.cut,
        )
        sentences = self.answer.sentences
        if not self.refused:
            return replace(draft, sentences=self._examined(sentences), examined=True)
        cited = [citation for sentence in sentences for citation in sentence.citations]
        return replace(
            draft,
            text=" ".join(sentence.text for sentence in sentences) or render("answer.refusal", {}, self.shown.language),
            abstained=True,
            closest=tuple(dict.fromkeys([*cited, *nearest_citations(self.question, self.hits)]))[:CLOSEST],
        )


class _Reading:
    """Parses a reply: its refusal word, and the marks in the rest."""

    def __init__(self, hits: dict[int, Hit], question: str) -> None:
        self._citing = CitationStream(hits, question)
        self._line: str | None = ""  # the start of a line that may be the word; None inside a line that is not
        self._text_begun = False
        self._first = self._later = False  # where the word stood: at the start, or alone on a later line

    def feed(self, piece: str) -> str:
        shown = []
        while piece:
            if self._line is None:
                inside, end, piece = piece.partition("\n")
                self._line = "" if end else None
                shown.append(self._citing.feed(inside + end))
            else:
                shown.append(self._begin(self._line, piece[0]))
                piece = piece[1:]
        return "".join(shown)

    def _begin(self, line: str, letter: str) -> str:
        """Read a letter of a line that may be the refusal word."""
        if letter == "\n":
            return self._end_of_line() + (self._citing.feed("\n") if self._text_begun else "")
        self._line = line = line + letter
        plain = re.sub(r"[\W_]", "", line).casefold()
        if _LETTERS.startswith(plain) and len(line) < 40:
            return ""
        if plain.startswith(_LETTERS) and not self._text_begun:  # the word, and the rest on the same line
            line = _TOKEN.sub("", line, count=1)
            self._refuse()
        self._line, self._text_begun = None, True
        return self._citing.feed(line)

    def _end_of_line(self) -> str:
        line, self._line = self._line or "", ""
        if _TOKEN.fullmatch(line):
            self._refuse()
            return ""
        self._text_begun = self._text_begun or bool(line.strip())
        return self._citing.feed(line)

    def _refuse(self) -> None:
        if self._text_begun:
            self._later = True
        else:
            self._first, self._citing.marks = True, False

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences that are complete."""
        return self._citing.sentences

    @property
    def began_refusing(self) -> bool:
        """Whether the reply begins with the refusal word."""
        return self._first

    @property
    def refused(self) -> bool:
        """Whether the reply begins with the refusal word, or has it and cites nothing."""
        return self._first or (self._later and not any(sentence.citations for sentence in self._citing.sentences))

    def close(self) -> str:
        last = self._end_of_line() if self._line else ""
        return last + self._citing.close()

    def result(self) -> CitedText:
        return self._citing.result()


def language_name(code: str | None) -> str:
    """Return the English name of a question's language.

    (ISO 639-1), as prompts name it.
    """
    return LANGUAGES.get(code or "", "the language of the question")


def _language_of(text: str) -> str | None:
    """Return "ar" or "en" by the letters of a text, None where neither prevails."""
    text = re.sub(r"\[[^\]]*\]|«[^»]*»|\"[^\"]*\"|“[^”]*”", "", text)
    arabic = len(re.findall(r"[\u0620-\u064a\u066e-\u06d3]", text))
    latin = len(re.findall(r"[A-Za-z\u00c0-\u024f]", text))
    if arabic > 2 * latin:
        return "ar"
    return "en" if latin > 2 * arabic else None
