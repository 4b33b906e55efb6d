"""Answer a question: resolve a follow-up, plan, retrieve, write, check.

It is not named `ask.py`: such a module would shadow the function `assistant.ask`.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import nullcontext
from datetime import date
from typing import TYPE_CHECKING, Literal, Protocol

from msgspec.structs import replace

from assistant.budget import BudgetSpent
from assistant.chat_model import Model, Prices, total_usage, usage_of
from assistant.disagreements.conflicts import Differences, compare
from assistant.effort import EffortBounds, bounds_of
from assistant.extractive.counted_answer import counted_draft, counted_hits
from assistant.generative.quote_selection import nearest_citations
from assistant.generative.verification import verify_sentences
from assistant.generators import ResultIterator, run_to_completion
from assistant.models import (
    Answer,
    Days,
    Draft,
    Effort,
    Plan,
    PlanPart,
    RetrievedPassage,
    Sentence,
    Side,
    Source,
    Step,
    Usage,
)
from assistant.policy import Policy, applied
from assistant.query.counting import count_request, places_in
from assistant.query.filters import none_passes
from assistant.query.followups import Conversation, standalone
from assistant.query.model_plan import PlanRequest
from assistant.query.parse import Question, parse_question
from assistant.query.plan import NO_DAYS, WEAK, Archive, plan_question
from assistant.query.translate import translated
from assistant.source_selection import part_question, select_sources, widen_sources
from index.errors import ProviderError
from index.messages.reason import Reason
from index.models import Count, Filters, Hit
from index.search.retriever import Retriever, checked
from index.search.temporal import TemporalIntent, temporal_intent
from index.token_count import count

if TYPE_CHECKING:
    from assistant.grounding.entailment import EntailmentModel


MANY = 0.25  # from this share of the articles on, every question is translated into their language
SOME = 0.01  # the same for questions that need it more; a smaller share is a stray or misread article
TIMELINE = 30  # passages that are looked at for a timeline, at least
LITTLE = 0.15  # a best lexical score below this means that words found next to nothing

PlanOption = Plan | Literal["auto"] | None  # a plan of the caller's, one made by rules, or none


class Writer(Protocol):
    """Writes an answer from hits: yields its text as it comes, returns the draft.

    `model`, at `prices`, also rewrites questions for search; None: rules do. `candidates`: passages to search for.
    """

    engine: str
    candidates: int
    prices: Prices

    @property
    def model(self) -> Model | None: ...

    @property
    def judge(self) -> Model | None: ...

    @property
    def entailment(self) -> EntailmentModel | None: ...

    def write(
        self, question: Question, hits: tuple[Hit, ...], plan: Plan | None = None, archive: Archive = NO_DAYS
    ) -> Generator[str, None, Draft]: ...


class Searcher(Protocol):
    """Searches for hits: the retriever of a store, or of another library."""

    def allowed(self, filters: Filters | None) -> set[str] | None: ...

    def search_any(
        self,
        questions: Sequence[str],
        limit: int,
        articles: set[str] | None,
        before: Sequence[Hit] | None = None,
        intent: TemporalIntent | None = None,
    ) -> tuple[Hit, ...]: ...

    def languages(self) -> dict[str, float]: ...

    def span_of_dates(self) -> tuple[date | None, date | None]: ...

    def publishers(self) -> Collection[str]: ...

    def notes(self) -> tuple[Reason, ...]: ...


def answer(
    question: str,
    retriever: Searcher,
    writer: Writer,
    *,
    conversation: Conversation | None = None,
    limit: int | None = None,
    filters: Filters | None = None,
    policy: Policy = "show",
    plan: PlanOption = "auto",
    effort: Effort | EffortBounds = "quick",
) -> Answer:
    """Return the answer to a question: `stream`, read to its end."""
    request = _Request(question, retriever, writer, conversation, limit, filters, plan, effort)
    return run_to_completion(request.run(policy))


def stream(
    question: str,
    retriever: Searcher,
    writer: Writer,
    *,
    conversation: Conversation | None = None,
    limit: int | None = None,
    filters: Filters | None = None,
    policy: Policy = "show",
    plan: PlanOption = "auto",
    effort: Effort | EffortBounds = "quick",
) -> Generator[str, None, Answer]:
    """Yield the text of an answer as it is written and return the checked answer.

    `limit`: passages looked at; None: as many as the writer takes. `filters`: which articles may answer.
    `policy`: "strict" strikes through what the check calls unsupported, and refuses where nothing else is left.
    `plan`: "auto" plans the question by rules, None searches without a plan; a plan of the caller's also decides
    whether named days and the latest reports come first. `effort`: what may be asked of the model beside the answer.

    Raises UsageError where the question is blank or too long, ProviderError where a model's server failed before the
    first word. Requests beside the answer (translation, rewriting a follow-up) fail alone, with a reason in the
    answer's `details`. That nothing answers the question is no error: the answer abstains.
    """
    request = _Request(question, retriever, writer, conversation, limit, filters, plan, effort)
    return (yield from request.run(policy))


class _Request:
    """One question under way."""

    def __init__(
        self,
        question: str,
        retriever: Searcher,
        writer: Writer,
        conversation: Conversation | None,
        limit: int | None,
        filters: Filters | None,
        plan: PlanOption,
        effort: Effort | EffortBounds,
    ) -> None:
        self.question, self.retriever, self.writer = question, retriever, writer
        self.limit, self._limited, self.filters = limit or writer.candidates, limit is not None, filters
        self._conversation, self._plan_option = conversation or Conversation(), plan
        self.bounds = bounds_of(effort)
        self.clock = _Clock()
        self.usages: list[Usage] = []  # of requests beside the answer
        self.details: list[Reason] = []  # what went wrong beside the answer
        self.plan: Plan | None = None
        self.archive = _archive(retriever)
        self._intent: TemporalIntent | None = None  # None: the question's own
        self._translated: frozenset[str] = frozenset()  # languages that the plan's request translated into
        self.hits: tuple[Hit, ...] = ()
        self.steps: list[Step] = []
        self.count: Count | None = None

    def run(self, policy: Policy) -> Generator[str, None, Answer]:
        parsed = self._parse()
        with self._plan_request(parsed) or nullcontext() as request:
            parsed = self._make_plan(parsed)
            self.clock.lap("understand")
            allowed = self._retrieve(parsed)
            self.clock.lap("retrieve")
            if request:
                parsed, allowed = self._complete_plan(request, parsed, allowed)
        if counted := self._count(parsed):
            return applied(
                self._assemble(counted, counted.sentences, Differences()), policy, self.hits, parsed.language
            )
        parsed = self._retrieve_in_other_languages(parsed, allowed)
        if self.writer.model:
            self.hits = select_sources(self.hits, self.plan, self._hits_of_parts(allowed))
        if self.bounds.before_writing:
            yield from self._look_again(parsed)
        draft = yield from self._write(parsed)
        if self.filters and allowed == set():
            draft = replace(draft, details=(none_passes(self.filters),))
        self.clock.lap("write")
        sentences = draft.sentences if draft.examined else verify_sentences(draft.sentences, parsed.text, self.hits)
        if self.writer.entailment and not draft.abstained:
            from assistant.grounding.entailment import entail_sentences

            sentences = entail_sentences(self.writer.entailment, sentences, self.hits)
        if self.writer.judge and not draft.abstained:
            self.clock.lap("check")
            sentences = self._judge(self.writer.judge, sentences)
            self.clock.lap("judge")
        differences = self._differences(sentences, parsed.text)
        self.clock.lap("check")
        return applied(self._assemble(draft, sentences, differences), policy, self.hits, parsed.language)

    def _parse(self) -> Question:
        """Parse the question, made independent of the conversation."""
        alone = standalone(checked(self.question), self._conversation, model=self.writer.model, count=count)
        languages = self.retriever.languages()
        parsed = parse_question(alone.question, languages)
        if alone.by == "rule":  # the words taken from an earlier question may be in another language
            own = parse_question(self.question, languages)
            parsed = replace(parsed, language=own.language or parsed.language, shared=own.shared or parsed.shared)
        if alone.usage:
            self.usages.append(self.writer.prices.of(alone.usage))
        if alone.error:
            self.details.append(Reason.of("side_request.condense", error=Reason.from_error(alone.error)))
        self.searched = [parsed.text]
        return parsed

    def _make_plan(self, parsed: Question) -> Question:
        """Plan the question and return the plan with the time that it asks for.

        A plan that the caller gives may leave the time out.
        """
        if isinstance(self._plan_option, Plan):
            plan, asked = self._plan_option, temporal_intent(parsed.text)
            self._intent = TemporalIntent(
                latest=asked.latest and plan.newest_first, days=asked.days if plan.days else ()
            )
            self.plan = plan or None
            return replace(parsed, present=parsed.present and plan.newest_first)
        if self._plan_option == "auto":
            plan = plan_question(parsed, self.archive, date.today(), self.retriever.publishers)
            self.plan = plan or None
        if self.plan and self.plan.kind == "timeline" and not self._limited:
            self.limit = max(self.limit, TIMELINE)
        return parsed

    def _plan_request(self, parsed: Question) -> PlanRequest | None:
        """Return the request for a plan by the model, not yet begun.

        None where the rules' plan stands alone.
        """
        model = self.writer.model
        if model is None or not self.bounds.plan_seconds or self._plan_option != "auto":
            return None
        languages = [key for key, share in self.retriever.languages().items() if share >= SOME]
        return PlanRequest(
            parsed.text,
            self.archive,
            date.today(),
            sorted(self.retriever.publishers()),
            [key for key in languages if key != parsed.language],
            model=model,
            count=count,
        )

    def _complete_plan(
        self, request: PlanRequest, parsed: Question, allowed: set[str] | None
    ) -> tuple[Question, set[str] | None]:
        """Search with what the model's plan adds.

        Without it, the plan by rules stands, and the answer says so.
        """
        before = self._plan_filters()
        try:
            model_plan = request.merged(self.plan or Plan(language=parsed.language), self.bounds.plan_seconds)
        except (ProviderError, BudgetSpent) as error:
            self.details.append(Reason.of("side_request.plan", error=Reason.from_error(error)))
            return parsed, allowed
        finally:
            self.usages.append(self.writer.prices.of(request.usage))
            self.clock.lap("plan")
        self.plan = model_plan.plan or None
        if self.plan and "newest_first" in self.plan.by_model:
            self._intent = TemporalIntent(latest=True, days=temporal_intent(parsed.text).days)
        if self.plan and (self._plan_filters() != before or self._intent is not None):
            self.plan = replace(self.plan, filtered=(), relaxed=())
            allowed = self._retrieve(parsed)
        if questions := (*model_plan.wordings, *model_plan.translations):
            self.searched += questions
            self.hits = self.retriever.search_any(questions, self.limit, allowed, self.hits, self._intent)
        self._translated = model_plan.translated
        self.clock.lap("retrieve")
        return (replace(parsed, shared=True) if self._translated else parsed), allowed

    def _retrieve(self, parsed: Question) -> set[str] | None:
        """Search, narrowed by the plan unless that finds much less.

        Return the ids that may answer.
        """
        allowed = self.retriever.allowed(self.filters)
        self.hits = self.retriever.search_any([parsed.text], self.limit, allowed, intent=self._intent)
        wanted = self._plan_filters()
        if self.plan is None or not (parts := _parts(wanted)) or not self.hits:
            return allowed
        narrowed = self.retriever.allowed(_merge(self.filters or Filters(), wanted))
        hits = self.retriever.search_any([parsed.text], self.limit, narrowed, intent=self._intent)
        if not hits or hits[0].score < WEAK * self.hits[0].score:
            self.plan = replace(self.plan, relaxed=parts)
            return allowed
        self.hits, self.plan = hits, replace(self.plan, filtered=parts)
        return narrowed

    def _count(self, parsed: Question) -> Draft | None:
        """Return the answer to a question that counts reports, which the index gives.

        None for any other.
        """
        request = count_request(parsed.text, self.plan)
        if request is None or not hasattr(self.retriever, "count"):
            return None
        days = (self.plan and self.plan.days) or Days()
        planned = Filters(since=days.since, until=days.until, publishers=self.plan.publishers if self.plan else ())
        filters = _merge(self.filters or Filters(), planned)
        self.count, counted = self.retriever.count(request.words, request.by, filters, places_in)
        closest = () if counted else nearest_citations(parsed.text, self.hits)
        self.hits = counted_hits(counted)
        draft = counted_draft(self.count, counted, parsed.language, closest)
        self.clock.lap("count")
        return draft

    def _plan_filters(self) -> Filters:
        """Return the filters of the plan, without those that the caller's filters decide."""
        if self.plan is None:
            return Filters()
        given, wanted = self.filters or Filters(), self.plan.filters()
        if given.since or given.until:
            wanted = replace(wanted, since=None, until=None)
        return replace(wanted, publishers=()) if given.publishers else wanted

    def _retrieve_in_other_languages(self, parsed: Question, allowed: set[str] | None) -> Question:
        """Search with the translated question where other languages may answer it."""
        model = self.writer.model
        if not model or allowed == set():
            return parsed
        languages = translation_languages(parsed, self.retriever.languages(), self.hits)
        languages = [key for key in languages if key not in self._translated]
        if not languages:
            return parsed
        try:
            translation = translated(parsed.text, languages, model=model, count=count)
        except (ProviderError, BudgetSpent) as error:
            self.details.append(Reason.of("side_request.translate", error=Reason.from_error(error)))
            return parsed
        self.usages.append(self.writer.prices.of(translation.usage))
        self.searched += translation.questions
        self.clock.lap("understand")
        self.hits = self.retriever.search_any(translation.questions, self.limit, allowed, self.hits, self._intent)
        self.clock.lap("retrieve")
        return replace(parsed, shared=True)

    def _hits_of_parts(self, allowed: set[str] | None) -> list[tuple[Hit, ...]]:
        """Search for each part of a comparison."""
        if self.plan is None or self.plan.kind != "comparison":
            return []
        questions = [part_question(self.plan, part) for part in self.plan.parts]
        return [self.retriever.search_any([question], self.limit, allowed) for question in questions]

    def _write(self, parsed: Question) -> Generator[str, None, Draft]:
        """Write the answer; after a refusal, look again and write it once more."""
        writing = self.writer.write(parsed, self.hits, self.plan, self.archive)
        if not self.bounds.steps or self.bounds.before_writing:
            return (yield from writing)
        pieces, last = ResultIterator(writing), ""  # the last piece waits: it may be a refusal
        try:
            for piece in pieces:
                if last:
                    yield last
                last = piece
        finally:
            writing.close()
        draft = pieces.result
        self.clock.lap("write")
        if draft.abstained and self.hits and (yield from self._look_again(parsed, draft)):
            try:
                second = yield from self.writer.write(parsed, self.hits, self.plan, self.archive)
                self.usages += [draft.usage] if draft.usage else []
                return second
            except (ProviderError, BudgetSpent) as error:
                self.details.append(Reason.of("side_request.look", error=Reason.from_error(error)))
        if last:
            yield last
        return draft

    def _look_again(self, parsed: Question, refusal: Draft | None = None) -> Generator[str, None, bool]:
        """Let the model look for what is missing.

        Return whether it found what the refusal was not written from.
        """
        model, retriever = self.writer.model, self.retriever
        if model is None or not isinstance(retriever, Retriever):
            return False
        from assistant.agent.second_look import LookRequest, SecondLook

        request = LookRequest(
            question=parsed.text,
            plan=self.plan or Plan(),
            archive=self.archive,
            today=date.today(),
            hits=self.hits,
            searched=tuple(self.searched[1:]),
            filters=self.filters or Filters(),
            answer=refusal.text if refusal else "",
        )
        look = yield from SecondLook(request, retriever, model, self.bounds, count, self.writer.prices).run()
        self.steps += look.steps
        self.usages.append(look.usage)
        self.details += [look.failure] if look.failure else []
        read = refusal.passages if refusal else None
        before = {hit.passage.id for hit in self.hits} if read is None else set(read)
        new = {hit.passage.id for hits in (look.kept, *look.groups) for hit in hits}
        self.hits = widen_sources(self.hits, look.kept, look.groups)
        self.clock.lap("look")
        return not new <= before

    def _judge(self, judge: Model, sentences: tuple[Sentence, ...]) -> tuple[Sentence, ...]:
        """Let the judge read the sentences.

        Count what it cost, and say why it gave no ruling.
        """
        from assistant.grounding.judged_answer import judge_sentences

        judged = judge_sentences(judge, sentences, {hit.article.id: hit.article for hit in self.hits})
        same = self.writer.model is not None and judge.name == self.writer.model.name
        if judged.replies:
            self.usages.append(usage_of(judged.replies, self.writer.prices if same else Prices()))
        self.details += judged.details
        return judged.sentences

    def _differences(self, sentences: tuple[Sentence, ...], question: str) -> Differences:
        """Compare the sources; keep what concerns a cited sentence.

        Reports that the answer cites are on one thing, whatever stories they were grouped into.
        """
        cited = set(cited_ids(sentences))
        hits = [replace(hit, story=None) if hit.article.id in cited else hit for hit in self.hits]
        differences = compare(hits, question)
        return Differences(
            conflicts=tuple(item for item in differences.conflicts if is_cited(item.sides, sentences)),
            updates=tuple(item for item in differences.updates if is_cited(item.sides, sentences)),
        )

    def _assemble(self, draft: Draft, sentences: tuple[Sentence, ...], differences: Differences) -> Answer:
        return Answer(
            question=self.question,
            text=draft.text,
            abstained=draft.abstained,
            engine=self.writer.engine,
            sentences=sentences,
            sources=sources(sentences, self.hits),
            closest=draft.closest,
            details=(*draft.details, *self.details, *self.retriever.notes()),
            searched=tuple(self.searched) if self.searched != [self.question] else (),
            hits=tuple(
                _retrieved(hit) for hit in self.hits if draft.passages is None or hit.passage.id in draft.passages
            ),
            conflicts=differences.conflicts,
            updates=differences.updates,
            coverage=coverage(sentences),
            complete=draft.complete,
            prompt=draft.prompt,
            usage=total_usage([*self.usages, draft.usage]) if draft.usage else None,
            timings_ms=self.clock.laps,
            plan=self.plan,
            steps=tuple(self.steps),
            count=self.count,
        )


def _archive(retriever: Searcher) -> Archive:
    oldest, newest = retriever.span_of_dates()
    return Archive(oldest=oldest, newest=newest)


def translation_languages(parsed: Question, languages: Mapping[str, float], hits: Sequence[Hit]) -> list[str]:
    """Return the languages to translate a question into.

    `languages`: shares of the articles.

    All where no article is in the question's language; always those of many articles; those of some articles where the
    question asks for the present, as the newest report may be in any language, or where the hits are weak.
    """
    needed_more = parsed.present or max(map(_lexical, hits), default=0.0) < LITTLE
    least = 0.0 if not parsed.shared else SOME if needed_more else MANY
    return [key for key, share in languages.items() if key != parsed.language and share >= least]


def is_cited(sides: Sequence[Side], sentences: tuple[Sentence, ...]) -> bool:
    """Test whether one of the sides overlaps a citation of the answer."""
    quotes = [citation for sentence in sentences for citation in sentence.citations]
    return any(
        quote.file_id == side.citation.file_id and quote.start < side.citation.end and side.citation.start < quote.end
        for side in sides
        for quote in quotes
    )


def cited_ids(sentences: tuple[Sentence, ...]) -> tuple[str, ...]:
    """Return the ids of the cited articles in the order of their citation."""
    return tuple(dict.fromkeys(citation.file_id for sentence in sentences for citation in sentence.citations))


def coverage(sentences: tuple[Sentence, ...]) -> float | None:
    """Return the share of sentences that are supported, 0 to 1, None for no sentences."""
    supported = sum(sentence.verdict == "supported" for sentence in sentences)
    return round(supported / len(sentences), 4) if sentences else None


def sources(sentences: tuple[Sentence, ...], hits: tuple[Hit, ...]) -> tuple[Source, ...]:
    """Return the cited articles in the order of their citation."""
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.article.id, hit)
    return tuple(_source(best[file_id]) for file_id in cited_ids(sentences))


def _parts(filters: Filters) -> tuple[PlanPart, ...]:
    days: tuple[PlanPart, ...] = ("days",) if filters.since or filters.until else ()
    return (*days, "publishers") if filters.publishers else days


def _merge(given: Filters, planned: Filters) -> Filters:
    """Return the caller's filters with those of the plan, which never overlap."""
    return replace(
        given,
        since=given.since or planned.since,
        until=given.until or planned.until,
        publishers=given.publishers or planned.publishers,
    )


def _lexical(hit: Hit) -> float:
    return hit.score if hit.lexical_score is None else hit.lexical_score


def _retrieved(hit: Hit) -> RetrievedPassage:
    passage = hit.passage
    return RetrievedPassage(
        passage_id=passage.id, file_id=hit.article.id, start=passage.start, end=passage.end, score=hit.score
    )


def _source(hit: Hit) -> Source:
    article = hit.article
    return Source(
        file_id=article.id,
        title=article.title,
        published=article.published,
        publisher=article.publisher,
        language=article.language,
        score=hit.score,
    )


class _Clock:
    """Sums the milliseconds of each step by name."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._start = self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Add the time since the last lap to a step."""
        now = time.perf_counter()
        self.laps[name] = round(self.laps.get(name, 0.0) + (now - self._last) * 1000, 2)
        self.laps["total"] = round((now - self._start) * 1000, 2)
        self._last = now
