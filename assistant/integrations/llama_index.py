"""Provide a llama-index query engine that cites every sentence.

Imports llama_index (three seconds); nothing else of this package does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from llama_index.core import Settings
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.base import BaseLLM
from llama_index.core.base.response.schema import RESPONSE_TYPE, AsyncStreamingResponse, Response, StreamingResponse
from llama_index.core.callbacks import CallbackManager
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.prompts import BasePromptTemplate, PromptTemplate
from llama_index.core.prompts.mixin import PromptDictType
from llama_index.core.schema import NodeWithScore, QueryBundle

import prompts
from assistant import container, pipeline
from assistant.chat_model import Model, Prices
from assistant.generative.compose import REFUSAL
from assistant.generative.model_writer import ModelWriter
from assistant.model_adapters import LlamaModel
from assistant.models import Answer
from assistant.pipeline import Writer
from assistant.settings import Settings as IsnadSettings
from assistant.streaming import AsyncStream, Stream
from index.embeddings.protocol import Embedder
from index.integrations.llama_index import ArticleRetriever, hits_of
from index.messages.reason import Reason
from index.models import Filters, Hit
from index.search.retriever import Retriever
from index.search.temporal import TemporalIntent
from index.token_count import count

if TYPE_CHECKING:
    pass


INSTRUCTIONS = "instructions"  # the name of the one prompt that `update_prompts` takes


class CitedQueryEngine(BaseQueryEngine):
    """Answer as `isnad ask` does, over a store or over any retriever.

    The response has `source_nodes` with exact offsets, and `metadata`: `citations`, `sentences`, `abstained`,
    `coverage`, `reasons` and `answer` (the Answer). A streamed response fills its metadata when it has ended. `llm`
    (one of llama-index, or a Model of ours) defaults to `Settings.llm` if that was set, which is looked at when a
    question comes and not before, else to the model of isnad's own settings, else answers are quotations; `writer`
    takes its place.

    >>> from llama_index.core.llms import MockLLM
    >>> engine = CitedQueryEngine.open(sample, llm=MockLLM())
    >>> engine.query("كم ساعة استمرت محادثات بوتين والأسد؟").metadata["answer"].engine
    'model:MockLLM'
    """

    def __init__(
        self,
        retriever: BaseRetriever,
        llm: BaseLLM | Model | None = None,
        *,
        writer: Writer | None = None,
        node_postprocessors: Sequence[BaseNodePostprocessor] = (),
        streaming: bool = False,
        context_tokens: int = 8000,
        today: Callable[[], date] = date.today,
        callback_manager: CallbackManager | None = None,
        settings: IsnadSettings | None = None,
    ) -> None:
        self._retriever, self._llm, self._writer, self._settings = retriever, llm, writer, settings
        self._postprocessors, self._streaming = tuple(node_postprocessors), streaming
        self._context_tokens, self._today = context_tokens, today
        self._instructions: BasePromptTemplate | None = None
        super().__init__(callback_manager=callback_manager)

    @classmethod
    def open(
        cls,
        store: str | Path = ".isnad",
        llm: BaseLLM | Model | None = None,
        *,
        limit: int = 10,
        embedding: str | Embedder | BaseEmbedding | None = None,
        settings: IsnadSettings | None = None,
        **options: Any,
    ) -> CitedQueryEngine:
        """Open an engine over a store, searched as `isnad ask` searches it.

        embedding, settings: as in `Assistant.open`. Raises NoStore, which names that command, for a folder without a
        store.
        """
        chosen = settings or IsnadSettings.load()
        retriever = container.open_retriever(Path(store), chosen, container.choose_embedder(chosen, embedding))
        return cls(ArticleRetriever(retriever, limit=limit), llm, settings=chosen, **options)

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """Return the nodes that an answer would be written from."""
        nodes = self._retriever.retrieve(query_bundle)
        for postprocessor in self._postprocessors:
            nodes = postprocessor.postprocess_nodes(nodes, query_bundle=query_bundle)
        return nodes

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        nodes, metadata = self.retrieve(query_bundle), dict[str, Any]()
        pieces: Any = self._answering(query_bundle.query_str, nodes, metadata)  # that it returns the answer is no harm
        if self._streaming:
            return StreamingResponse(response_gen=pieces, source_nodes=nodes, metadata=metadata)
        for _ in pieces:
            pass
        return Response(response=metadata["answer"].text, source_nodes=nodes, metadata=metadata)

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        nodes, metadata = await asyncio.to_thread(self.retrieve, query_bundle), dict[str, Any]()
        pieces = _piecewise(self._answering(query_bundle.query_str, nodes, metadata))
        if self._streaming:
            return AsyncStreamingResponse(response_gen=pieces, source_nodes=nodes, metadata=metadata)
        async for _ in pieces:
            pass
        return Response(response=metadata["answer"].text, source_nodes=nodes, metadata=metadata)

    def _answering(
        self, question: str, nodes: list[NodeWithScore], metadata: dict[str, Any]
    ) -> Generator[str, None, Answer]:
        """Yield the answer as it comes, then fill `metadata`."""
        ours = self._retriever if isinstance(self._retriever, ArticleRetriever) else None
        retrieved = _RetrievedNodes(nodes, self.retrieve, ours.retriever if ours else None)
        filters = ours.filters if ours else None
        answer: Answer = yield from pipeline.stream(
            question, retrieved, self._writer or self._by_model(), filters=filters, plan=None
        )
        metadata |= response_metadata(answer)
        return answer

    def _by_model(self) -> Writer:
        llm = self._llm if self._llm is not None else Settings._llm  # Settings.llm would make a client of OpenAI
        if llm is None and isinstance(self._retriever, ArticleRetriever):
            return container.answer_writer(self._retriever.retriever, self._settings or IsnadSettings.load())
        llm = llm or Settings.llm
        model = LlamaModel(llm) if isinstance(llm, BaseLLM) else llm
        settings = self._settings or IsnadSettings.load()
        return ModelWriter(
            model,
            count=count,
            budget=self._context_tokens,
            prices=Prices(),
            today=self._today,
            judge=container.answer_judge(settings, model),
            entailment=container.entailment_model(settings),
            instructions=self._formatted if self._instructions else None,
        )

    def _formatted(self, language: str) -> str:
        """Return the user's own instructions for a language."""
        return str((self._instructions or PromptTemplate("")).format(language=language, refusal=REFUSAL))

    def _get_prompts(self) -> dict[str, Any]:
        return {INSTRUCTIONS: self._instructions or PromptTemplate(_instructions("{language}"))}

    def _update_prompts(self, prompts: PromptDictType) -> None:
        self._instructions = prompts.get(INSTRUCTIONS, self._instructions)

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}


def response_metadata(answer: Answer) -> dict[str, Any]:
    """Return an answer as metadata of a response: plain values and the answer."""
    plain = msgspec.to_builtins(answer)
    sentences = plain["sentences"]
    return {
        "citations": [
            {"sentence": place, **citation}
            for place, sentence in enumerate(sentences)
            for citation in sentence["citations"]
        ],
        "sentences": sentences,
        "abstained": answer.abstained,
        "coverage": answer.coverage,
        "closest": plain["closest"],
        "reasons": plain["reasons"],
        "answer": answer,
    }


class _RetrievedNodes:
    """A searcher over nodes that were retrieved already.

    Other wordings of the question add theirs.
    """

    def __init__(
        self,
        nodes: list[NodeWithScore],
        retrieve: Callable[[QueryBundle], list[NodeWithScore]],
        store: Retriever | None,
    ) -> None:
        self._nodes, self._retrieve, self._store = nodes, retrieve, store

    def allowed(self, filters: Filters | None) -> set[str] | None:
        """Those of the store; nodes from elsewhere are all allowed."""
        return self._store.allowed(filters) if self._store else None

    def search_any(
        self,
        questions: Sequence[str],
        limit: int,
        articles: Collection[str] | None,
        before: Sequence[Hit] | None = None,
        intent: TemporalIntent | None = None,
    ) -> tuple[Hit, ...]:
        """Return the hits of the nodes.

        `source_nodes` of the response are the same list.
        """
        for question in questions if before is not None else ():
            known = {node.node.node_id for node in self._nodes}
            self._nodes += [node for node in self._retrieve(QueryBundle(question)) if node.node.node_id not in known]
        if before is not None:
            self._nodes.sort(key=lambda node: -(node.score or 0.0))
        return hits_of(self._nodes, self._store.ledger if self._store else None)

    def notes(self) -> tuple[Reason, ...]:
        """Return what was wrong with the search by meaning over the store."""
        return self._store.notes() if self._store else ()

    def languages(self) -> dict[str, float]:
        """Return the shares of languages of the store; nothing for other nodes."""
        return self._store.languages() if self._store else {}

    def span_of_dates(self) -> tuple[date | None, date | None]:
        return self._store.span_of_dates() if self._store else (None, None)

    def publishers(self) -> list[str]:
        return self._store.publishers() if self._store else []


def _instructions(language: str) -> str:
    """Return the instructions of the prompt `answer`, with a slot for the language."""
    values: dict[str, Any] = {
        "question": "",
        "today": "",
        "boundary": "",
        "refusal": REFUSAL,
        "sources": [],
        "kind": "fact",
    }
    values |= {"first_day": None, "last_day": None, "newest_source": None}
    return prompts.render("answer", language=language, **values).messages[0]["content"]


async def _piecewise(pieces: Generator[str, None, Answer]) -> AsyncGenerator[str, None]:
    """Yield the pieces without blocking the event loop while waiting for each."""
    try:
        async for piece in AsyncStream(Stream(pieces)):
            yield piece
    except GeneratorExit:  # left between two pieces; in the middle of one, the stream sees to it
        pieces.close()
        raise
