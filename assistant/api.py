"""The Python API: `ask` for one question, `Assistant` for many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from msgspec.structs import replace

from assistant import container, pipeline
from assistant.chat_session import Talk
from assistant.ingestion import ArticleInput, Ingestor
from assistant.models import Answer, Effort
from assistant.query.followups import Conversation
from assistant.rendering import html as _display  # noqa: F401 - values then show themselves in a notebook
from assistant.rendering.results import Articles, Hits
from assistant.settings import Settings
from assistant.streaming import AsyncStream, Stream
from index.errors import IsnadError, UsageError
from index.models import Count, Filters, GroupBy, Hit, Passage, SyncReport

if TYPE_CHECKING:
    from assistant.chat_model import Model
    from index.embeddings.protocol import Embedder
    from index.ingest.sync import Progress
    from index.search.retriever import Retriever


class AnyLLM(Protocol):
    """Any LLM of llama-index; declared here so that the library need not be imported."""

    def stream_chat(self, *messages: Any, **options: Any) -> Any: ...


class AnyEmbedding(Protocol):
    """Any embedding model of llama-index.

    Declared here so that the library need not be imported.
    """

    def get_text_embedding_batch(self, *texts: Any, **options: Any) -> Any: ...


class Assistant:
    """Answers questions over one store.

    An assistant serves many threads at once. Close it, or use it in a `with` statement.

    >>> with Assistant.open(sample) as assistant:
    ...     assistant.ask("متى تنعقد القمة بين روسيا وجامعة الدول العربية؟").sources[0].file_id
    '004_9f5a928a3eee6293'
    """

    def __init__(
        self,
        retriever: Retriever,
        writer: pipeline.Writer,
        *,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self._retriever, self._writer = retriever, writer
        self._settings, self._embedder = settings or Settings(), embedder
        self._closed = False
        self._release: Callable[[], None] = lambda: None  # ends the filling of vectors in the background
        self._ingestor = Ingestor(
            lambda reembed: container.open_writer(retriever.ledger.store, self._settings, embedder, reembed=reembed)
        )

    @classmethod
    def open(
        cls,
        store: str | Path = ".isnad",
        *,
        model: str | Model | AnyLLM | None = None,
        embedding: str | Embedder | AnyEmbedding | None = None,
        settings: Settings | None = None,
        create: bool = False,
    ) -> Assistant:
        """Open an assistant over the store in a folder.

        `create`: make the store where there is none, to `add` to.
        `settings`: instead of those of the environment and of isnad.toml. With a key or a server in them a model writes
        the answers, without one they are quotations; `Settings()` quotes, whatever is set.
        `model`: the name of a model on that server, any object with `name` and `reply`, or an LLM of llama-index.
        `embedding`: the name of an embedding model on that server, `local:NAME` for one in this process, any object
        with `name`, `dimensions` and `embed`, or an embedding model of llama-index. The store's articles must have been
        embedded by it.

        Raises NoStore, which names the command that makes one, StoreError where it cannot be read, UsageError for a
        `model` or an `embedding` that cannot be used.

        >>> Assistant.open("nowhere")
        Traceback (most recent call last):
        ...
        index.errors.NoStore: no articles are indexed in nowhere; run: isnad index FOLDER --store nowhere
        """
        chosen = Settings.load() if settings is None else settings
        if isinstance(model, str):
            chosen = replace(chosen, model=model)
            if not chosen.has_model:
                raise UsageError("settings.no_model_server", model=model)
        embedder = container.choose_embedder(chosen, embedding)
        retriever = container.open_retriever(Path(store), chosen, embedder, create=create)
        try:
            writer = container.answer_writer(retriever, chosen, None if isinstance(model, str) else model)
        except BaseException:
            retriever.close()
            raise
        assistant = cls(retriever, writer, settings=chosen, embedder=embedder)
        assistant._release = container.fill_in_background(Path(store), chosen, embedder)
        return assistant

    @property
    def engine(self) -> str:
        """The engine that writes the answers: "extract" for quotations, or "model:NAME"."""
        return self._writer.engine

    # --- asking ---

    def ask(
        self,
        question: str,
        *,
        conversation: Conversation | None = None,
        limit: int | None = None,
        filters: Filters | None = None,
        plan: pipeline.PlanOption = "auto",
        effort: Effort | None = None,
    ) -> Answer:
        """Return an answer with a quote for each sentence, or a refusal.

        A refusal holds the closest passages.

        `conversation`: the turns before, which a follow-up refers to. `limit`: passages looked at. `filters`: which
        articles may answer. `plan`: None searches without the days and publishers that the question names.
        `effort`: what may be asked of a model beside the answer: "quick" nothing, "normal" a second look where the
        first finds no answer, "thorough" a plan and a second look before the answer; None: as in the settings.

        Raises UsageError where the question is blank, longer than 2,000 characters or no text, ProviderError where a
        model's server failed before the first word. That nothing answers the question is no error: the answer's
        `abstained` is then true.

        >>> from datetime import date
        >>> with Assistant.open(sample) as assistant:
        ...     late = Filters(since=date(2025, 12, 1))
        ...     assistant.ask("من اجتمع ببوتين في موسكو؟", filters=late).sources[0].published
        datetime.date(2025, 12, 23)
        """
        return self.stream(
            question, conversation=conversation, limit=limit, filters=filters, plan=plan, effort=effort
        ).answer

    def stream(
        self,
        question: str,
        *,
        conversation: Conversation | None = None,
        limit: int | None = None,
        filters: Filters | None = None,
        plan: pipeline.PlanOption = "auto",
        effort: Effort | None = None,
    ) -> Stream:
        """Stream the answer: iterate for pieces of text, then take `.answer`.

        In Jupyter it shows itself live.

        Raises what `ask` raises, with the first piece.

        >>> with Assistant.open(sample) as assistant:
        ...     pieces = assistant.stream("كم ساعة استمرت محادثات بوتين والأسد؟")
        ...     "".join(pieces) == pieces.answer.text
        True
        """
        self._check_open()
        return Stream(
            pipeline.stream(
                question,
                self._retriever,
                self._writer,
                conversation=conversation,
                limit=limit,
                filters=filters,
                policy=self._settings.policy,
                plan=plan,
                effort=effort or self._settings.effort,
            ),
            self._explain,
        )

    async def aask(self, question: str, **options: Any) -> Answer:
        """Answer as `ask` does without blocking the event loop.

        Safe to cancel, and in Jupyter.

        >>> import asyncio
        >>> with Assistant.open(sample) as assistant:
        ...     asyncio.run(assistant.aask("من استقبل الشيباني؟")).abstained
        False
        """
        return await self.astream(question, **options).finished()

    def astream(self, question: str, **options: Any) -> AsyncStream:
        """Stream as `stream` does for `async for`.

        Then `.answer`, or `await pieces.finished()`.

        >>> import asyncio
        >>> async def read(assistant):
        ...     pieces = assistant.astream("من استقبل الشيباني؟")
        ...     return "".join([piece async for piece in pieces]) == pieces.answer.text
        >>> with Assistant.open(sample) as assistant:
        ...     asyncio.run(read(assistant))
        True
        """
        return AsyncStream(self.stream(question, **options))

    def search(
        self, question: str, *, limit: int = 10, filters: Filters | None = None, per_article: int | None = None
    ) -> Hits:
        """Return the passages for a question, best first, as a tuple of `Hit`.

        At most `limit`, and at most `per_article` of one article (None: no limit). A notebook shows them as a list,
        `to_frame()` gives a table. Raises UsageError where the question is blank, longer than 2,000 characters or no
        text.

        >>> with Assistant.open(sample) as assistant:
        ...     hit = assistant.search("لجنة مشتركة لإعادة الإعمار", limit=3)[0]
        >>> hit.article.text[hit.passage.start : hit.passage.end] == hit.passage.text
        True
        """
        with self._reading():
            allowed = self._retriever.allowed(filters)
            return Hits(self._retriever.search(question, limit, allowed, per_article=per_article))

    def count(self, words: str, *, by: GroupBy = "article", filters: Filters | None = None) -> Count:
        """Count the articles that hold all of some words, compared by stem.

        "" counts all articles.

        `by`: also "mention", "story", "publisher", "place" or "day". The count is exact and lists the articles.

        >>> with Assistant.open(sample) as assistant:
        ...     counted = assistant.count("بوتين الشيباني")
        >>> counted.number == len(counted.file_ids) > 0
        True
        """
        from assistant.query.counting import places_in

        with self._reading():
            return self._retriever.count(words.split(), by, filters, places_in)[0]

    def neighbours(self, hit: Hit, number: int = 1) -> tuple[Passage, ...]:
        """Return the passages around a hit, at most `number` on either side, in order.

        >>> with Assistant.open(sample) as assistant:
        ...     hit = assistant.search("لجنة مشتركة لإعادة الإعمار", limit=1)[0]
        ...     {passage.article_id for passage in assistant.neighbours(hit)} <= {hit.article.id}
        True
        """
        with self._reading():
            return self._retriever.neighbours(hit, number)

    def conversation(self, before: Conversation | None = None) -> Talk:
        """Start a conversation, which understands follow-ups such as `ومتى؟`.

        `before`: earlier turns.

        >>> with Assistant.open(sample) as assistant:
        ...     talk = assistant.conversation()
        ...     _ = talk.ask("كم لجنة اتفق عليها الشيباني ولافروف؟")
        ...     talk.ask("وما عملهما؟").searched
        ('وما عملهما؟ (لجنة اتفق الشيباني ولافروف)',)
        """
        return Talk(self.stream, before or Conversation())

    # --- the articles ---

    def add(self, articles: ArticleInput, *, reembed: bool = False, progress: Progress | None = None) -> SyncReport:
        """Add articles and return a report; they are searchable when this returns.

        A path is a folder or a JSON Lines file, kept in step as `isnad index` does: what is gone there is dropped. A
        mapping is id → text. Otherwise records with `id` and `text`, and if known `title`, `published`, `publisher`,
        `url`, `lang`. `reembed`: where the store was embedded by another model, embed it anew with this one.
        `progress(stage, done, total)` is called now and then. The report says what was not taken and why.

        Raises SourceError where the path is gone or holds no article, StoreBusy where another process is writing,
        ProviderError where an embedding model fails.

        >>> import tempfile
        >>> with Assistant.open(tempfile.mkdtemp() + "/store", create=True, settings=Settings()) as assistant:
        ...     report = assistant.add({"bridge": "افتتح الوالي جسر نور يوم الأحد."})
        ...     assistant.ask("من افتتح جسر نور؟").text
        'افتتح الوالي جسر نور يوم الأحد. [bridge]'
        >>> report.added
        ('bridge',)
        """
        with self._reading():
            return self._ingestor.add(articles, reembed=reembed, progress=progress)

    def articles(self, filters: Filters | None = None) -> Articles:
        """Return the articles that `filters` allow, ordered by id.

        A table in a notebook and by `to_frame()`.

        >>> with Assistant.open(sample) as assistant:
        ...     len(assistant.articles()), len(assistant.articles(Filters(languages=("en",))))
        (5, 0)
        """
        with self._reading():
            allowed, every = self._retriever.allowed(filters), self._retriever.ledger.every_article()
            return Articles(item for item in every if allowed is None or item.id in allowed)

    # --- the end ---

    def close(self) -> None:
        """Close the store's files; closing twice does nothing.

        Questions under way in other threads end in UsageError; articles that are being added are waited for.
        """
        self._closed = True
        self._release()
        self._retriever.close()
        self._ingestor.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Assistant({str(self._retriever.ledger.store)!r}, {self.engine}{', closed' if self._closed else ''})"

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError("assistant.closed")

    def _explain(self, error: IsnadError) -> IsnadError:
        """Return the error to show: whatever fails after `close` failed because of it."""
        return UsageError("assistant.closed_meanwhile") if self._closed else error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        self._check_open()
        try:
            yield
        except IsnadError as error:
            raise self._explain(error) from error


def ask(
    question: str,
    *,
    store: str | Path = ".isnad",
    model: str | Model | AnyLLM | None = None,
    embedding: str | Embedder | AnyEmbedding | None = None,
    settings: Settings | None = None,
    conversation: Conversation | None = None,
    limit: int | None = None,
    filters: Filters | None = None,
    plan: pipeline.PlanOption = "auto",
    effort: Effort | None = None,
) -> Answer:
    """Answer one question over a store.

    Options and errors as of `Assistant.open` and `Assistant.ask`.

    >>> ask("كم ساعة استمرت محادثات بوتين والأسد؟", store=sample).citations[0].file_id
    '002_924c621b7ea87b2a'
    >>> ask("من هو وزير الزراعة؟", store=sample).abstained
    True
    """
    with Assistant.open(store, model=model, embedding=embedding, settings=settings) as assistant:
        return assistant.ask(
            question, conversation=conversation, limit=limit, filters=filters, plan=plan, effort=effort
        )
