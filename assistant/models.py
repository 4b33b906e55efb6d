"""Define the answer and its parts.

An `Answer` is rebuilt from its JSON and can be checked again later without a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from index.displays import display
from index.errors import UsageError
from index.messages.reason import Reason
from index.models import Count, Filters, GroupBy, Value, short

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["supported", "partly", "unsupported", "unchecked"]
CheckedBy = Literal["quote", "rules", "entailment", "judge"]
ContradictionCode = Literal[
    "number", "number_of_another", "date", "bound", "name", "unknown_name", "place", "quotation", "speaker", "judge",
]  # fmt: skip
Fact = Literal["title", "published", "publisher"]  # what a file says of itself beside its story
PlanKind = Literal["fact", "statement", "comparison", "timeline", "latest", "count", "list", "summary", "yes_no"]
Effort = Literal["quick", "normal", "thorough"]  # of what is asked of a model beside the answer
StepTool = Literal["search", "read", "stories", "count", "refused"]
PlanPart = Literal["days", "publishers"]
PlanChoice = Literal["days", "publishers", "newest_first"]  # what a reader can take away

REPORTED = timedelta(days=3)  # how long after a day its events are still reported


def _word_reasons(value: Sentence | Answer) -> None:
    """Set `reasons` to the English text of `details`.

    Answers stored before there were details keep their text.
    """
    if value.details:
        msgspec.structs.force_setattr(value, "reasons", tuple(map(str, value.details)))


class Citation(Value, frozen=True, kw_only=True):
    """The very words that bear a sentence out: `article.text[start:end] == quote`.

    Offsets count Unicode code points.

    >>> from assistant import ask
    >>> said = ask("كم ساعة استمرت محادثات بوتين والأسد؟", store=sample).citations[0]
    >>> said.file_id, said.end - said.start == len(said.quote)
    ('002_924c621b7ea87b2a', True)
    """

    file_id: str
    start: int
    end: int
    quote: str
    context: str | None = None  # the paragraph around the quote
    # Metadata of the file, if the sentence is about just that: quoted where the text says it, else the text's opening.
    record: tuple[Fact, ...] = ()


class Contradiction(Value, frozen=True, kw_only=True):
    """Words of a sentence that its source contradicts, and what the source says.

    `sentence.text[start:end] == text`.

    >>> Contradiction(code="number", start=8, end=10, text="85", evidence="87").evidence
    '87'
    """

    code: ContradictionCode
    start: int
    end: int
    text: str
    evidence: str = ""


def wrong_spans(text: str, contradictions: Sequence[Contradiction]) -> list[tuple[str, Contradiction | None]]:
    """Cut a sentence into its wrong words.

    Each with its contradiction, and the text between them.

    >>> wrong = Contradiction(code="number", start=3, end=4, text="7", evidence="3")
    >>> [(piece, item is not None) for piece, item in wrong_spans("In 7 hours.", [wrong])]
    [('In ', False), ('7', True), (' hours.', False)]
    """
    pieces: list[tuple[str, Contradiction | None]] = []
    end = 0
    for item in sorted(contradictions, key=lambda item: item.start):
        if end <= item.start < item.end <= len(text):
            pieces += [(text[end : item.start], None), (text[item.start : item.end], item)]
            end = item.end
    return [piece for piece in [*pieces, (text[end:], None)] if piece[0]]


class Sentence(Value, frozen=True, kw_only=True):
    """A sentence of an answer, without its marks: `answer.text[start:end] == text`.

    The marks follow at `end`.

    `verdict`: do the cited words say it (`unchecked`: nobody vouches for it, nothing speaks against it). `checked_by`:
    who knows that: `quote` (the source's own words), `rules` (which only object), `entailment` (a model, with a
    `probability` from 0 to 1) or `judge` (a chat model). `details` say why, as codes with parameters, `reasons` the
    same in English; `contradictions` are the wrong words.

    >>> from assistant import ask
    >>> answer = ask("كم ساعة استمرت محادثات بوتين والأسد؟", store=sample)
    >>> [(one.verdict, answer.text[one.start : one.end] == one.text) for one in answer.sentences]
    [('supported', True)]
    """

    text: str
    start: int
    end: int
    verdict: Verdict = "unchecked"
    checked_by: CheckedBy | None = None
    probability: float | None = None
    reasons: tuple[str, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    citations: tuple[Citation, ...] = ()
    struck: bool = False  # under the policy `strict`: shown, but struck through
    details: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        _word_reasons(self)


Kind = Literal["number", "date", "name"]  # of a conflict


class Side(Value, frozen=True, kw_only=True):
    """Hold what one source says: the value as written, the day, and the sentence."""

    value: str
    published: date | None
    citation: Citation
    publisher: str | None = None


class Conflict(Value, frozen=True, kw_only=True):
    """Different values that sources give for one thing.

    `sides` begin with the newest; undated ones are last. `about`: the words that the sources share.

    >>> cited = Citation(file_id="a", start=0, end=4, quote="كلفت 3")
    >>> sides = tuple(Side(value=value, published=None, citation=cited) for value in ("3", "4"))
    >>> [side.value for side in Conflict(kind="number", about="كلفة الجسر", sides=sides).sides]
    ['3', '4']
    """

    kind: Kind
    about: str
    sides: tuple[Side, ...]
    counted: str = ""  # what a number counts: "killed", "injured", or a noun as the newest source writes it


class Update(Value, frozen=True, kw_only=True):
    """A number that later reports of one story raised: no disagreement of the sources.

    `sides` begin with the newest, which is the value that holds. `about` and `counted`: as in a conflict.

    >>> cited = Citation(file_id="a", start=0, end=4, quote="7 قتلى")
    >>> Update(about="المنجم", counted="killed", sides=(Side(value="7", published=None, citation=cited),)).counted
    'killed'
    """

    about: str
    counted: str
    sides: tuple[Side, ...]


class Source(Value, frozen=True, kw_only=True):
    """An article that the answer cites.

    >>> from assistant import Filters, ask
    >>> ask("من اجتمع ببوتين في موسكو؟", store=sample, filters=Filters(since=date(2025, 12, 1))).sources[0].published
    datetime.date(2025, 12, 23)
    """

    file_id: str
    title: str | None = None
    published: date | None = None
    publisher: str | None = None
    language: str | None = None
    score: float = 0.0


class Usage(Value, frozen=True, kw_only=True):
    """The tokens and the cost of requests to a model.

    `cost` is in the currency of the configured prices, None if no price is set.

    >>> Usage(requests=1, tokens_in=900, tokens_out=60).cost is None
    True
    """

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None


class Draft(Value, frozen=True, kw_only=True):
    """Hold what a writer makes of the hits.

    Sentences with their citations, or a refusal with the closest passages.
    """

    text: str
    sentences: tuple[Sentence, ...] = ()
    examined: bool = False  # whether they went through the check while they were written
    abstained: bool = False
    closest: tuple[Citation, ...] = ()
    details: tuple[Reason, ...] = ()
    usage: Usage | None = None
    prompt: str | None = None  # the hash of the prompt's file
    passages: tuple[str, ...] | None = None  # the ids of those of the hits that the writer read; None: all
    complete: bool = True


class RetrievedPassage(Value, frozen=True, kw_only=True):
    """A passage that the answer was written from."""

    passage_id: str
    file_id: str
    start: int
    end: int
    score: float


class Days(Value, frozen=True, kw_only=True):
    """Days from `since` to `until`, both included; None: open."""

    since: date | None = None
    until: date | None = None
    exact: bool = True  # False for a year: reports of other years may tell of it, so it is no filter


class Plan(Value, frozen=True, kw_only=True):
    """What a question wants.

    `filtered`: what of it narrowed the search; `relaxed`: what was dropped, as little was found within it.

    >>> Plan(days=Days(since=date(2015, 8, 7), until=date(2015, 8, 7))).filters().until
    datetime.date(2015, 8, 10)
    """

    kind: PlanKind = "fact"
    parts: tuple[str, ...] = ()  # of a comparison: what is compared
    days: Days | None = None
    publishers: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    language: str | None = None  # of the question, ISO 639-1
    newest_first: bool = False
    filtered: tuple[PlanPart, ...] = ()
    relaxed: tuple[PlanPart, ...] = ()
    by_model: tuple[str, ...] = ()  # the fields that a model filled, where the rules left them open

    def __bool__(self) -> bool:
        """Return whether the plan says more than that a fact is asked for."""
        return self != Plan(language=self.language)

    def without(self, part: PlanChoice) -> Plan:
        """Return the plan without one of its parts, not yet searched by.

        >>> Plan(kind="latest", newest_first=True).without("newest_first").newest_first
        False
        """
        changed = replace(self, filtered=(), relaxed=(), by_model=(), **{part: getattr(Plan(), part)})
        return replace(changed, kind="fact") if part == "newest_first" and self.kind == "latest" else changed

    def filters(self) -> Filters:
        """Return the plan's filters by days and publishers.

        The days include those on which an event is still reported.
        """
        days = self.days if self.days and self.days.exact else Days()
        until = days.until and min(date.max - REPORTED, days.until) + REPORTED
        return Filters(since=days.since, until=until, publishers=self.publishers)


class Step(Value, frozen=True, kw_only=True):
    """A call of a tool that a model made in a second look, and what it found.

    `result_ids`: passage ids (search, read) or story ids (stories); `refused`: why the call, `query`, was not made.

    >>> Step(tool="search", query="جسر نور", result_ids=("a:0-10",)).refused is None
    True
    """

    tool: StepTool
    query: str = ""
    filters: Filters | None = None
    article: str = ""  # the id of the article that was read
    passages: tuple[int, ...] = ()  # that were read, from 1
    by: GroupBy | None = None  # what was counted
    number: int | None = None  # the count
    result_ids: tuple[str, ...] = ()
    refused: Reason | None = None


class StepPiece(str):
    """An empty piece of an answer's text, which carries a step of the second look.

    >>> piece = StepPiece(Step(tool="search", query="جسر نور"))
    >>> "text" + piece, piece.step.query
    ('text', 'جسر نور')
    """

    step: Step

    def __new__(cls, step: Step) -> StepPiece:
        piece = super().__new__(cls, "")
        piece.step = step
        return piece


class Answer(Value, frozen=True, kw_only=True):
    """Hold a checked answer.

    On a refusal `sentences` and `sources` are empty and `closest` holds the nearest passages.

    It shows itself in a notebook, is data underneath, and gives the words of one article by its file id.

    >>> from assistant import ask
    >>> answer = ask("كم ساعة استمرت محادثات بوتين والأسد؟", store=sample)
    >>> answer.abstained, answer.coverage, len(answer.sentences)
    (False, 1.0, 1)
    >>> answer["002_924c621b7ea87b2a"][0].quote == answer.sentences[0].citations[0].quote
    True
    """

    question: str
    text: str
    abstained: bool
    engine: str  # "extract", or "model:NAME"
    sentences: tuple[Sentence, ...] = ()
    sources: tuple[Source, ...] = ()
    closest: tuple[Citation, ...] = ()
    reasons: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()  # what was searched for, where it is not the question itself
    hits: tuple[RetrievedPassage, ...] = ()  # what the writer was given
    conflicts: tuple[Conflict, ...] = ()
    updates: tuple[Update, ...] = ()  # numbers that later reports raised, with their earlier values
    coverage: float | None = None  # the share of sentences that are supported; None on a refusal
    complete: bool = True  # False: the model's reply broke off
    prompt: str | None = None  # the hash of the prompt's file
    usage: Usage | None = None
    timings_ms: dict[str, float] = {}
    details: tuple[Reason, ...] = ()  # what `reasons` say, as codes with parameters
    steps: tuple[Step, ...] = ()  # of the second look
    plan: Plan | None = None  # what was read out of the question; None: only a fact is asked for, or without a plan
    count: Count | None = None  # what was counted, where the question counts reports

    def __post_init__(self) -> None:
        _word_reasons(self)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation in the order of the text, each span of an article once."""
        every = (citation for sentence in self.sentences for citation in sentence.citations)
        return tuple({(item.file_id, item.start, item.end): item for item in every}.values())

    def __getitem__(self, file_id: str) -> tuple[Citation, ...]:
        """Return the citations of an article; KeyError, naming the cited ids, for others."""
        citations = tuple(citation for citation in self.citations if citation.file_id == file_id)
        if not citations:
            cited = ", ".join(dict.fromkeys(citation.file_id for citation in self.citations)) or "nothing"
            raise KeyError(f"the answer does not cite {file_id}; it cites {cited}")
        return citations

    def __contains__(self, file_id: object) -> bool:
        return any(citation.file_id == file_id for citation in self.citations)

    def to_json(self) -> str:
        """Return the answer as a line of JSON, which `from_json` and `isnad verify` read."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Answer:
        """Read an answer that `to_json` wrote.

        Raises UsageError, with the place of the defect, for anything else.

        >>> from assistant import ask
        >>> answer = ask("من استقبل الشيباني؟", store=sample)
        >>> Answer.from_json(answer.to_json()) == answer
        True
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UsageError("assistant.not_an_answer", error=error) from error

    def to_markdown(self) -> str:
        """Return the answer as Markdown.

        Each sentence has the numbers of its quotes; the quotes follow with file id and offsets.

        Whatever an article or a model wrote is escaped: it makes no link, no picture and no heading.
        """
        return str(display(self, "markdown"))

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas table with a row for each citation of each sentence.

        A sentence without a citation has one row.

        Columns: sentence (its place, from 0), text, verdict, probability, file_id, start, end, quote, title, published,
        publisher. A refusal has no rows. Raises UsageError, with the line to install it, where pandas is not installed.
        """
        return display(self, "frame")

    def __str__(self) -> str:
        return str(display(self, "text"))

    def __repr__(self) -> str:
        if self.abstained:
            return f"Answer({short(self.question)!r}: refused, {len(self.closest)} closest passages)"
        count = f"{len(self.sentences)} sentences, {len(self.sources)} sources, {self.coverage or 0:.0%} supported"
        return f"Answer({short(self.question)!r}: {short(self.text)!r}, {count})"

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


def sides_of(answer: Answer) -> tuple[Side, ...]:
    """Return the sides of an answer's conflicts and updates."""
    conflicts = [side for conflict in answer.conflicts for side in conflict.sides]
    return (*conflicts, *(side for update in answer.updates for side in update.sides))
