"""What a notebook imports: `ask` for one question, `Assistant` for many."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from assistant import answering, wiring
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
    def open(cls, store: str | Path = ".isnad") -> Assistant:
        """An assistant over a store that `isnad index` made; NoStore, which names that command, where there is none."""
        retriever = wiring.reading(Path(store))
        return cls(retriever, wiring.writer(retriever))

    def ask(self, question: str, *, limit: int = answering.HITS, filters: Filters | None = None) -> Answer:
        """The answer to a question, every sentence with the words that bear it out; or a refusal with the closest passages."""
        return answering.answer(question, self._retriever, self._writer, limit=limit, filters=filters)

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


def ask(question: str, *, store: str | Path = ".isnad", filters: Filters | None = None) -> Answer:
    """One question over a store that `isnad index` made.

    >>> ask("من استقبل الشيباني؟", store=".isnad").text  # doctest: +SKIP
    """
    with Assistant.open(store) as assistant:
        return assistant.ask(question, filters=filters)
