"""llama-index: our store and answers in its classes, its models in our places. Slow to import (three seconds)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from llama_index.core import MockEmbedding, PromptTemplate, Settings
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, LLMMetadata
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.llms import CustomLLM
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.schema import Document, NodeWithScore, QueryBundle, TextNode
from llama_index.llms.openai_like import OpenAILike

from assistant import Assistant
from assistant import Settings as IsnadSettings
from assistant.extractive.extractive_writer import Extractive
from assistant.generative.compose import WritingOptions, compose
from assistant.integrations.llama_index import CitedQueryEngine, LlamaModel
from assistant.model_adapters import as_model
from assistant.models import Answer
from index.errors import NoStore, ProviderCut, ProviderDown, ProviderError, ProviderRefused, UsageError
from index.integrations.llama_index import ArticleRetriever, LlamaEmbedder, PassageSplitter, StoreEmbedding
from index.model_api import CancelScope
from index.models import Filters
from index.token_count import count
from tests.assistant.written import BRIDGE, OPPOSITION, hit
from tests.scripted import Scripted

pytestmark = pytest.mark.process

QUESTION = "من استقبل وزير الخارجية السوري في موسكو؟"
SAID = "التقى بوتين في الكرملين بموسكو وزير الخارجية السوري أسعد الشيباني [1]."


class Saying(CustomLLM):
    """An LLM of llama-index that always says the same."""

    said: str = SAID
    asked: list[str] = []

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="saying", is_chat_model=True)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        self.asked.append(prompt)
        return CompletionResponse(text=self.said)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Iterator[CompletionResponse]:
        self.asked.append(prompt)
        for start in range(0, len(self.said), 7):
            yield CompletionResponse(text=self.said[: start + 7], delta=self.said[start : start + 7])


class Whole(Saying):
    """One that cannot stream."""

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> Iterator[ChatResponse]:
        raise NotImplementedError


class Silent(Saying):
    """One that says a word and then nothing until it is let go."""

    waits: Any = None  # an Event: it has fallen silent
    goes_on: Any = None  # an Event
    closed: Any = None  # an Event: it was left

    @classmethod
    def now(cls) -> Silent:
        return cls(waits=Event(), goes_on=Event(), closed=Event())

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Iterator[CompletionResponse]:
        try:
            yield CompletionResponse(text="التقى", delta="التقى")
            self.waits.set()
            self.goes_on.wait(60)
            yield CompletionResponse(text="التقى بوتين", delta=" بوتين")
        finally:
            self.closed.set()


@pytest.fixture
def retriever(sample: Path) -> ArticleRetriever:
    return ArticleRetriever.open(sample, limit=5)


def verbatim(retriever: ArticleRetriever, nodes: Sequence[NodeWithScore]) -> bool:
    articles = retriever.retriever.ledger.articles({str(node.metadata["file_id"]) for node in nodes})
    return all(
        articles[node.metadata["file_id"]].text[node.node.start_char_idx : node.node.end_char_idx] == node.text
        for node in nodes
    )


def test_a_store_is_a_retriever_with_exact_offsets(retriever: ArticleRetriever) -> None:
    nodes = retriever.retrieve(QUESTION)
    assert 0 < len(nodes) <= 5 and verbatim(retriever, nodes)
    assert all("file_id" in node.metadata for node in nodes) and any(node.metadata.get("title") for node in nodes)
    assert 0 < nodes[0].score <= 1
    assert nodes == asyncio.run(retriever.aretrieve(QUESTION))


def test_a_retriever_takes_filters(sample: Path) -> None:
    found = ArticleRetriever.open(sample, filters=Filters(file_ids=("002_924c621b7ea87b2a",))).retrieve(QUESTION)
    assert {node.metadata["file_id"] for node in found} == {"002_924c621b7ea87b2a"}


def test_without_a_store_the_error_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(NoStore, match="isnad index"):
        CitedQueryEngine.open(tmp_path / "nothing")


def checked(response: Any, retriever: ArticleRetriever) -> Answer:
    """The answer of a response, its citations verbatim and in its metadata."""
    answer: Answer = response.metadata["answer"]
    articles = retriever.retriever.ledger.articles({one["file_id"] for one in response.metadata["citations"]})
    assert response.metadata["citations"]
    for one in response.metadata["citations"]:
        assert articles[one["file_id"]].text[one["start"] : one["end"]] == one["quote"]
    assert str(response) == answer.text and f"[{answer.sources[0].file_id}]" in answer.text
    assert verbatim(retriever, response.source_nodes)
    return answer


@pytest.mark.parametrize("llm", [Saying(), Whole()], ids=["streams", "whole"])
def test_a_query_is_answered_with_citations(retriever: ArticleRetriever, llm: Saying) -> None:
    response = CitedQueryEngine(retriever, llm).query(QUESTION)
    answer = checked(response, retriever)
    assert response.metadata["coverage"] == answer.coverage
    assert answer.engine == "model:saying" and not answer.abstained


def test_a_query_is_answered_without_holding_up_the_loop(retriever: ArticleRetriever) -> None:
    checked(asyncio.run(CitedQueryEngine(retriever, Saying()).aquery(QUESTION)), retriever)


def test_an_answer_streams_and_is_told_whole_at_its_end(retriever: ArticleRetriever) -> None:
    response = CitedQueryEngine(retriever, Saying(), streaming=True).query(QUESTION)
    pieces = list(response.response_gen)
    response.response_txt = "".join(pieces)
    assert len(pieces) > 3
    checked(response, retriever)


def test_an_answer_streams_asynchronously(retriever: ArticleRetriever) -> None:
    async def ask() -> tuple[list[str], Any]:
        response = await CitedQueryEngine(retriever, Saying(), streaming=True).aquery(QUESTION)
        return [piece async for piece in response.async_response_gen()], response

    pieces, response = asyncio.run(ask())
    assert len(pieces) > 3
    checked(
        response.get_response()
        if not asyncio.iscoroutinefunction(response.get_response)
        else asyncio.run(response.get_response()),
        retriever,
    )


def test_who_waits_for_a_silent_llm_is_called_away_at_once() -> None:
    llm, scope = Silent.now(), CancelScope()

    def read() -> str:
        with scope.active():
            return "".join(LlamaModel(llm).reply([{"role": "user", "content": "؟"}]))

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        assert llm.waits.wait(60)
        scope.cancel()
        assert isinstance(reading.exception(60), GeneratorExit) and not llm.closed.is_set()
        llm.goes_on.set()
        assert llm.closed.wait(60)  # and the LLM is left, too, as soon as it speaks


@pytest.mark.parametrize("streaming", [False, True])
def test_a_cancelled_query_waits_for_no_llm(retriever: ArticleRetriever, streaming: bool) -> None:
    llm = Silent.now()

    async def read() -> None:
        response = await CitedQueryEngine(retriever, llm, streaming=streaming).aquery(QUESTION)
        async for _ in response.async_response_gen():
            pass

    async def cancelled() -> None:
        task = asyncio.create_task(read())
        assert await asyncio.to_thread(llm.waits.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not llm.closed.is_set()
        llm.goes_on.set()
        assert await asyncio.to_thread(llm.closed.wait, 60)

    asyncio.run(cancelled())


def test_a_question_in_another_language_is_searched_in_the_languages_of_the_store(retriever: ArticleRetriever) -> None:
    response = CitedQueryEngine(retriever, Saying()).query("Who received the Syrian foreign minister in Moscow?")
    answer = checked(response, retriever)
    assert answer.searched[1:] == (SAID.strip(),) and len(response.source_nodes) >= 5


def test_a_refusal_has_no_citations_and_the_closest_words(retriever: ArticleRetriever) -> None:
    response = CitedQueryEngine(retriever, Saying(said="NO_ANSWER\nلا تذكر المصادر ذلك.")).query("كم عدد سكان موسكو؟")
    assert response.metadata["abstained"] and response.metadata["citations"] == []
    assert response.metadata["closest"] and str(response) == "لا تذكر المصادر ذلك."


def test_without_an_llm_settings_are_looked_at_only_when_a_question_comes(
    retriever: ArticleRetriever, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = CitedQueryEngine(retriever)
    monkeypatch.setattr(Settings, "_llm", Saying())
    checked(engine.query(QUESTION), retriever)


def test_the_judge_reads_what_the_llm_wrote(retriever: ArticleRetriever, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISNAD_JUDGE", "same")
    llm = Saying()
    CitedQueryEngine(retriever, llm).query(QUESTION)
    assert len(llm.asked) > 1 and all("You judge whether sources support" in asked for asked in llm.asked[1:])


def test_a_writer_of_ours_answers_with_no_llm_at_all(retriever: ArticleRetriever) -> None:
    writer = Extractive(retriever.retriever.lexical)
    assert CitedQueryEngine(retriever, writer=writer).query(QUESTION).metadata["answer"].engine == "extract"


def test_postprocessors_are_applied(retriever: ArticleRetriever) -> None:
    engine = CitedQueryEngine(retriever, Saying(), node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=2.0)])
    assert engine.query(QUESTION).metadata["abstained"]


def test_instructions_can_be_updated(retriever: ArticleRetriever) -> None:
    llm = Saying(asked=[])
    engine = CitedQueryEngine(retriever, llm)
    assert "{language}" in engine.get_prompts()["instructions"].get_template()
    engine.query(QUESTION)
    engine.update_prompts({"instructions": PromptTemplate("Answer in {language}, or say {refusal}.")})
    engine.query(QUESTION)
    assert "WHAT THE SOURCES ARE" in llm.asked[0]
    assert "Answer in Arabic, or say NO_ANSWER." in llm.asked[1] and "WHAT THE SOURCES ARE" not in llm.asked[1]


class Heard(BaseEventHandler):
    names: list[str] = []

    def handle(self, event: Any, **kwargs: Any) -> None:
        self.names.append(type(event).__name__)


def test_events_of_the_query_and_the_search_are_heard(retriever: ArticleRetriever) -> None:
    heard, root = Heard(names=[]), get_dispatcher()
    root.add_event_handler(heard)
    try:
        CitedQueryEngine(retriever, Saying()).query(QUESTION)
    finally:
        root.event_handlers.remove(heard)
    assert {"QueryStartEvent", "QueryEndEvent", "RetrievalStartEvent", "RetrievalEndEvent"} <= set(heard.names)


class Foreign(BaseRetriever):
    """A retriever that knows nothing of our store."""

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        told = {"title": "افتتاح جسر نور", "published": "2031-05-02", "file_name": "[x] bridge.txt"}
        return [
            NodeWithScore(node=TextNode(id_="n1", text=BRIDGE, metadata=told), score=7.0),
            NodeWithScore(node=TextNode(text=OPPOSITION)),
        ]


def test_any_retriever_of_llama_index_can_be_cited() -> None:
    response = CitedQueryEngine(Foreign(), Saying(said="كلّف الجسر 40 مليون دينار [1].")).query("كم كلّف جسر نور؟")
    (citation,) = response.metadata["citations"]
    assert BRIDGE[citation["start"] : citation["end"]] == citation["quote"]
    assert citation["file_id"] == "(x) bridge.txt" and str(response).endswith("[(x) bridge.txt]")
    assert response.metadata["answer"].sources[0].published == date(2031, 5, 2)


def test_documents_are_split_at_sentence_ends_with_offsets_and_lasting_ids() -> None:
    document = Document(id_="a1", text=BRIDGE * 4, metadata={"title": "جسر"})
    runs = [IngestionPipeline(transformations=[PassageSplitter(budget=60)]).run(documents=[document]) for _ in range(2)]
    assert [node.node_id for node in runs[0]] == [node.node_id for node in runs[1]]
    assert len(runs[0]) > 3
    for node in runs[0]:
        assert document.text[node.start_char_idx : node.end_char_idx] == node.text
        assert node.ref_doc_id == "a1" and node.metadata == {"title": "جسر"}
    assert runs[0][1].prev_node and runs[0][1].prev_node.node_id == runs[0][0].node_id


def test_our_vectors_are_an_embedding_of_llama_index() -> None:
    embedding = StoreEmbedding()
    nodes = IngestionPipeline(transformations=[PassageSplitter(budget=60), embedding]).run(
        documents=[Document(text=BRIDGE)]
    )
    assert len(nodes[0].embedding or []) == 384
    assert asyncio.run(embedding.aget_query_embedding("جسر نور")) == embedding.get_query_embedding("جسر نور")


class Recorded:
    """An embedding model as docs/models.md describes one: name, dimensions, embed."""

    name, dimensions = "recorded", 4

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []

    def embed(self, texts: Sequence[str], *, question: bool = False) -> Any:
        self.asked += [(text, question) for text in texts]
        return np.eye(4, dtype=np.float32)[[len(text) % 4 for text in texts]]


def test_a_question_is_embedded_as_a_question_and_a_passage_as_a_passage() -> None:
    model = Recorded()
    embedding = StoreEmbedding(model)
    embedding.get_query_embedding("سؤال")
    asyncio.run(embedding.aget_query_embedding("سؤال آخر"))
    embedding.get_text_embedding("نص")
    assert model.asked == [("سؤال", True), ("سؤال آخر", True), ("نص", False)]


def test_a_retriever_and_an_engine_search_by_meaning_with_the_model_of_the_store(tmp_path: Path) -> None:
    model = Recorded()
    with Assistant.open(tmp_path, embedding=model, settings=IsnadSettings(), create=True) as assistant:
        assistant.add({"a": BRIDGE, "b": OPPOSITION})
    retriever = ArticleRetriever.open(tmp_path, embedding=model)
    retriever.retrieve("كم كلّف جسر نور؟")
    engine = CitedQueryEngine.open(tmp_path, embedding=model, settings=IsnadSettings())
    assert engine.query("كم كلّف جسر نور؟").metadata["answer"].engine == "extract"
    assert [asked for asked, question in model.asked if question] == ["كم كلّف جسر نور؟"] * 2


def test_what_a_killed_run_left_is_caught_up_before_a_retriever_searches(tmp_path: Path) -> None:
    from index.store.ledger import Ledger
    from tests.index.rows import report

    ledger = Ledger.create(tmp_path)
    ledger.replace([report(1)])  # and no index has it yet
    ledger.close()
    assert [node.metadata["file_id"] for node in ArticleRetriever.open(tmp_path).retrieve("وصل الوفد")] == ["r1", "r1"]


def test_an_engine_without_any_model_quotes(sample: Path) -> None:
    response = CitedQueryEngine.open(sample, settings=IsnadSettings()).query(QUESTION)
    assert response.metadata["answer"].engine == "extract" and response.metadata["citations"]


def test_an_embedding_of_llama_index_is_one_of_ours() -> None:
    embedder = LlamaEmbedder(MockEmbedding(embed_dim=8))
    rows = embedder.embed(["نص", "نص آخر"])
    assert rows.shape == (2, 8) and embedder.dimensions == 8 and embedder.name == "llama-index:unknown"
    assert abs(float((rows[0] ** 2).sum()) - 1) < 1e-6


class Failing(MockEmbedding):
    def _get_text_embedding(self, text: str) -> list[float]:
        raise RuntimeError("sk-planted0123456789")


def test_an_embedding_that_fails_is_one_clear_error() -> None:
    with pytest.raises(ProviderDown) as caught:
        LlamaEmbedder(Failing(embed_dim=8))
    assert "planted" not in str(caught.value)


@pytest.fixture(scope="module")
def server() -> Iterator[Scripted]:
    with Scripted("كلّف الجسر 40 مليون دينار [1].") as running:
        yield running


FAULTS = [
    ("401", ProviderRefused, False),
    ("500", ProviderDown, False),
    ("page", ProviderError, False),
    ("malformed", ProviderError, False),
    ("cut", ProviderCut, True),
    ("no-finish", ProviderCut, True),
    ("length", ProviderCut, True),
    ("error-middle", ProviderCut, True),
]


@pytest.mark.parametrize(("fault", "kind", "partial"), FAULTS)
def test_a_fault_of_its_openai_client_is_one_of_our_errors(
    server: Scripted, fault: str, kind: type[ProviderError], partial: bool
) -> None:
    llm = OpenAILike(model="m", api_base=server.url, api_key="k", is_chat_model=True, max_retries=0, timeout=10)
    server.faults = [fault]
    with pytest.raises(kind) as caught:
        for _ in LlamaModel(llm).reply([{"role": "user", "content": "؟"}]):
            pass
    assert bool(getattr(caught.value, "partial", "")) == partial


def test_any_llm_is_accepted_where_a_model_of_ours_is_and_nothing_else() -> None:
    assert as_model(Saying()).name == "saying"
    with pytest.raises(UsageError, match="int is no model"):
        as_model(7)


def test_its_openai_client_writes_our_answers(server: Scripted) -> None:
    server.faults = [None]
    llm = OpenAILike(model="m", api_base=server.url, api_key="k", is_chat_model=True, max_retries=0)
    shown = WritingOptions(today=date(2031, 5, 4), language="ar")
    composing = compose("كم كلّف جسر نور؟", [hit()], model=LlamaModel(llm), count=count, shown=shown)
    assert "".join(composing) == "كلّف الجسر 40 مليون دينار. [a1]"
