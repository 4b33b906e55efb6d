"""The three that `tools.compare_stacks` compares.

Isnad, llama-index and haystack, each as its own documentation puts it together.

All get the same articles (JSON Lines: id, title, text) and the same hashed vectors. `store` ends when the articles are
on the disk and can be found by their words, `vectors` when they can be found by meaning too. Searches return ids of
articles, best first.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

DEPTH = 10  # hits a question

Row = dict[str, Any]  # id, title or None, text


class Stack(Protocol):
    """What is measured. `modes` are its ways of searching.

    Those by words alone first, that it ships with.
    """

    modes: tuple[str, ...]
    by_words: tuple[str, ...]  # the modes that need no vectors

    def store(self, articles: Path) -> int:
        """Take a file of articles in, to stay; the number of passages made of them."""
        ...

    def vectors(self) -> None:
        """Fill the vector store."""
        ...

    def add(self, row: Row) -> None:
        """One more article, on the disk and found by its words at the next question.

        Vectors may wait.
        """
        ...

    def search(self, mode: str, question: str) -> list[str]: ...

    def close(self) -> None: ...


class Isnad:
    """The product's path: sync into ledger and tantivy, then Chroma.

    `Retriever.search`.

    An article that it refuses (one of SaudiNewsNet is full of control characters) is one that it does not find.
    Without an embedding model its vectors have weight 0, so "words" is all that it does; "both" is with the weight of a
    real model.
    """

    modes: tuple[str, ...] = ("words", "both")
    by_words: tuple[str, ...] = ("words",)

    def __init__(self, folder: Path, language: str) -> None:
        from assistant import container
        from assistant.settings import Settings
        from tools.hashed_vectors import HashedEmbedder

        self.folder = folder / "store"
        self.ledger, self.indexes = container.open_writer(self.folder, Settings(), HashedEmbedder())
        self.lexicon, self.meaning = self.indexes[0], self.indexes[-1]  # words first, vectors last
        self._readers: dict[str, Any] = {}

    def store(self, articles: Path) -> int:
        from index.ingest.sync import sync

        report = sync(articles, self.ledger, [self.lexicon])
        assert len(report.skipped) < len(report.added) / 100, report.skipped[:3]
        return int(self.ledger.counts()["passages"])

    def add(self, row: Row) -> None:
        from index.ingest.sync import take

        take([row], self.ledger, [self.lexicon])

    def vectors(self) -> None:
        from index.ingest.sync import quiet

        with self.ledger.writing():
            self.meaning.refresh(quiet)

    def search(self, mode: str, question: str) -> list[str]:
        from assistant import container
        from assistant.settings import Settings
        from tools.hashed_vectors import HashedEmbedder

        if mode not in self._readers:
            self._readers[mode] = container.open_retriever(
                self.folder, Settings(), HashedEmbedder() if mode == "both" else None
            )
        return distinct(hit.article.id for hit in self._readers[mode].search(question, DEPTH))

    def close(self) -> None:
        from assistant import container

        for reader in self._readers.values():
            reader.close()
        container.close(self.ledger, self.indexes)


class LlamaIndex:
    """IngestionPipeline with a document store, BM25Retriever, ChromaVectorStore, QueryFusionRetriever (0.14).

    The pipeline's cache is left out, which is to its advantage in speed. `language` is that of the stemmer, "english"
    as shipped.
    """

    modes: tuple[str, ...] = ("words", "both", "rank fusion")
    by_words: tuple[str, ...] = ("words",)

    def __init__(self, folder: Path, language: str) -> None:
        from llama_index.core.ingestion import DocstoreStrategy, IngestionPipeline
        from llama_index.core.node_parser import SentenceSplitter
        from llama_index.core.storage.docstore import SimpleDocumentStore

        self.folder, self.language = folder, language
        self.pipeline = IngestionPipeline(
            transformations=[SentenceSplitter()],
            docstore=SimpleDocumentStore(),
            docstore_strategy=DocstoreStrategy.DUPLICATES_ONLY,  # what it comes to without a vector store, unwarned
            disable_cache=True,
        )
        self._retrievers: dict[str, Any] = {}

    def store(self, articles: Path) -> int:
        self.nodes: list[Any] = []
        self._take(rows(articles))
        return len(self.nodes)

    def add(self, row: Row) -> None:
        self._take([row])  # BM25Retriever cannot be added to: it is made anew

    def _take(self, taken: Iterable[Row]) -> None:
        import Stemmer  # type: ignore[import-not-found]
        from llama_index.core import Document
        from llama_index.retrievers.bm25 import BM25Retriever

        documents = [
            Document(id_=row["id"], text=row["text"], metadata={"title": row["title"]} if row["title"] else {})
            for row in taken
        ]
        self.nodes += self.pipeline.run(documents=documents)
        self.pipeline.persist(str(self.folder / "pipeline"))
        words = BM25Retriever.from_defaults(
            nodes=self.nodes, similarity_top_k=DEPTH, stemmer=Stemmer.Stemmer(self.language), language="en"
        )
        words.persist(str(self.folder / "bm25"))
        self._retrievers["words"] = words

    def vectors(self) -> None:
        import chromadb
        from chromadb.config import Settings
        from llama_index.core import VectorStoreIndex
        from llama_index.core.ingestion import IngestionPipeline
        from llama_index.core.llms import MockLLM
        from llama_index.core.retrievers import QueryFusionRetriever
        from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
        from llama_index.vector_stores.chroma import ChromaVectorStore

        model = llama_embedding()
        client = chromadb.PersistentClient(
            path=str(self.folder / "chroma"), settings=Settings(anonymized_telemetry=False)
        )
        kept = ChromaVectorStore(chroma_collection=client.get_or_create_collection("articles"))
        filling = IngestionPipeline(transformations=[model], vector_store=kept, disable_cache=True)
        for first in range(
            0, len(self.nodes), 5_000
        ):  # of more at once Chroma refuses the batches that the store makes
            filling.run(nodes=self.nodes[first : first + 5_000])
        meaning = VectorStoreIndex.from_vector_store(kept, embed_model=model).as_retriever(similarity_top_k=DEPTH)
        for mode, fusion in (("both", FUSION_MODES.SIMPLE), ("rank fusion", FUSION_MODES.RECIPROCAL_RANK)):
            self._retrievers[mode] = QueryFusionRetriever(
                [meaning, self._retrievers["words"]],
                llm=MockLLM(),
                mode=fusion,
                similarity_top_k=DEPTH,
                num_queries=1,
                use_async=False,
            )

    def search(self, mode: str, question: str) -> list[str]:
        return distinct(item.node.ref_doc_id for item in self._retrievers[mode].retrieve(question))

    def close(self) -> None:
        """It holds nothing open that the end of the process does not let go."""


class Haystack:
    """InMemoryDocumentStore saved to the disk, its BM25 and embedding retrievers, DocumentJoiner by reciprocal ranks
    (3.x).

    Its splitter is left out: the articles are short. Its vectors stay in memory and come with the documents.
    """

    modes: tuple[str, ...] = ("words", "rank fusion")
    by_words: tuple[str, ...] = ("words",)

    def __init__(self, folder: Path, language: str) -> None:
        from haystack.document_stores.in_memory import InMemoryDocumentStore

        self.file = folder / "documents.json"
        self.documents = InMemoryDocumentStore(embedding_similarity_function="cosine")
        self._pipelines: dict[str, Any] = {}

    def store(self, articles: Path) -> int:
        from haystack import Pipeline
        from haystack.components.retrievers.in_memory import InMemoryBM25Retriever

        self._take(rows(articles))
        pipeline = Pipeline()
        pipeline.add_component("words", InMemoryBM25Retriever(self.documents, top_k=DEPTH))
        self._pipelines["words"] = pipeline
        return int(self.documents.count_documents())

    def add(self, row: Row) -> None:
        self._take([row])

    def _take(self, taken: Iterable[Row]) -> None:
        from haystack import Document
        from haystack.components.writers import DocumentWriter

        documents = [
            Document(id=row["id"], content=f"{row['title']}\n{row['text']}" if row["title"] else row["text"])
            for row in taken
        ]
        DocumentWriter(self.documents).run(documents=documents)
        self.documents.save_to_disk(str(self.file))

    def vectors(self) -> None:
        from dataclasses import replace

        from haystack import Pipeline
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
        from haystack.document_stores.types import DuplicatePolicy

        from tools.hashed_vectors import hashed

        held = self.documents.filter_documents()
        for first in range(0, len(held), 1_000):
            part = held[first : first + 1_000]
            vectors = hashed([item.content or "" for item in part]).tolist()
            self.documents.write_documents(
                [replace(item, embedding=vector) for item, vector in zip(part, vectors, strict=True)],
                DuplicatePolicy.OVERWRITE,
            )
        self.documents.save_to_disk(str(self.file))
        pipeline = Pipeline()
        pipeline.add_component("words", InMemoryBM25Retriever(self.documents, top_k=DEPTH))
        pipeline.add_component("meaning", InMemoryEmbeddingRetriever(self.documents, top_k=DEPTH))
        pipeline.add_component("joined", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=DEPTH))
        pipeline.connect("words", "joined")
        pipeline.connect("meaning", "joined")
        self._pipelines["rank fusion"] = pipeline

    def search(self, mode: str, question: str) -> list[str]:
        from tools.hashed_vectors import hashed

        asked: dict[str, Any] = {"words": {"query": question}}
        if mode != "words":
            asked["meaning"] = {"query_embedding": hashed([question])[0].tolist()}
        (result,) = self._pipelines[mode].run(asked).values()
        return distinct(match.id for match in result["documents"])

    def close(self) -> None:
        """Nothing is open."""


STACKS: dict[str, Callable[[Path, str], Stack]] = {
    "isnad": Isnad,
    "llama-index": LlamaIndex,
    "haystack": Haystack,
}


def llama_embedding() -> Any:
    """The hashed vectors as an embedding model of llama-index."""
    from llama_index.core.base.embeddings.base import BaseEmbedding

    from tools.hashed_vectors import hashed

    class HashedEmbedding(BaseEmbedding):
        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            return hashed(texts).tolist()  # type: ignore[no-any-return]

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    return HashedEmbedding(embed_batch_size=500)


def rows(articles: Path) -> Iterator[Row]:
    """The records of a file of articles."""
    with articles.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def distinct(ids: Iterable[str | None]) -> list[str]:
    """Each id once, where it first comes.

    >>> distinct(["b", "a", "b", None])
    ['b', 'a']
    """
    return [item_id for item_id in dict.fromkeys(ids) if item_id is not None]


def offline() -> None:
    """Have none of them call home."""
    os.environ |= {"ANONYMIZED_TELEMETRY": "False", "HAYSTACK_TELEMETRY_ENABLED": "False", "HF_HUB_OFFLINE": "1"}
