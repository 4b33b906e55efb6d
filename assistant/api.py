"""What a notebook imports: `ask` for one question, `Assistant` for many."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import TracebackType

from assistant import answering, wiring
from assistant.config import Settings
from assistant.conversation import Conversation
from assistant.records import Answer
from index.records import Filters, Hit
from index.retrieval import Retriever


class Assistant:
    """Answers questions over one store.

    >>> with Assistant.open(".isnad") as assistant:  # doctest: +SKIP
    ...     assistant.ask("متى زار الشيباني موسكو؟").text
    """

    def __init__(self, retriever: Retriever, writer: answering.Writer) -> None:
        self._retriever = retriever
        self._writer = writer

    @classmethod
    def open(cls, store: str | Path = ".isnad", *, settings: Settings | None = None) -> Assistant:
        """An assistant over a store that `isnad index` made; NoStore, which names that command, where there is none.

        `settings` are those of the environment and of isnad.toml, unless given: with a key or a server in them a model writes
        the answers, without one they are quotations.
        """
        chosen = Settings.load() if settings is None else settings
        retriever = wiring.reading(Path(store), chosen)
        return cls(retriever, wiring.writer(retriever, chosen))

    def ask(
        self,
        question: str,
        *,
        conversation: Conversation | None = None,
        limit: int = answering.HITS,
        filters: Filters | None = None,
    ) -> Answer:
        """The answer to a question, every sentence with the words that bear it out; or a refusal with the closest passages."""
        return answering.answer(
            question, self._retriever, self._writer, conversation=conversation, limit=limit, filters=filters
        )

    def stream(
        self,
        question: str,
        *,
        conversation: Conversation | None = None,
        limit: int = answering.HITS,
        filters: Filters | None = None,
    ) -> Generator[str, None, Answer]:
        """The answer's text as it is written; the generator returns the answer."""
        return answering.stream(
            question, self._retriever, self._writer, conversation=conversation, limit=limit, filters=filters
        )

    def search(self, question: str, *, limit: int = 10, filters: Filters | None = None) -> tuple[Hit, ...]:
        """The passages for a question, best first."""
        return self._retriever.search(question, limit, filters)

    def close(self) -> None:
        """Let go of the store's files."""
        self._retriever.ledger.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def ask(
    question: str, *, store: str | Path = ".isnad", filters: Filters | None = None, settings: Settings | None = None
) -> Answer:
    """One question over a store that `isnad index` made.

    >>> ask("من استقبل الشيباني؟", store=".isnad").text  # doctest: +SKIP
    """
    with Assistant.open(store, settings=settings) as assistant:
        return assistant.ask(question, filters=filters)
