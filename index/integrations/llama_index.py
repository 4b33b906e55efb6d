"""Adapters for llama-index.

A store as a retriever, passages as a transform, embedding models in both directions.
Importing this module imports llama_index (three seconds).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.callbacks import CallbackManager
from llama_index.core.schema import (
    BaseNode,
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    TextNode,
    TransformComponent,
)

from index.chunking import BUDGET, cut
from index.embeddings.llama_embedder import LlamaEmbedder as LlamaEmbedder
from index.embeddings.protocol import Embedder, accepted
from index.ingest.catch_up import catch_up
from index.models import Article, Filters, Hit, Passage
from index.search.lexical import LexicalIndex
from index.search.retriever import Retriever
from index.store.ledger import Ledger

if TYPE_CHECKING:
    pass

METADATA = ("title", "published", "publisher", "url", "language")  # fields of an article in the metadata of its nodes


class ArticleRetriever(BaseRetriever):
    """Retrieve the passages of a store as nodes.

    `node.text` is `article.text[start_char_idx:end_char_idx]`, `metadata["file_id"]` the id of the article, the
    score 0..1.

    >>> nodes = ArticleRetriever.open(sample, limit=5).retrieve("كم ساعة استمرت محادثات بوتين والأسد؟")
    >>> nodes[0].metadata["file_id"]
    '002_924c621b7ea87b2a'
    """

    def __init__(
        self,
        retriever: Retriever,
        *,
        limit: int = 10,
        filters: Filters | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        self.retriever, self.limit, self.filters = retriever, limit, filters
        super().__init__(callback_manager=callback_manager)

    @classmethod
    def open(
        cls,
        store: str | Path = ".isnad",
        *,
        limit: int = 10,
        filters: Filters | None = None,
        embedding: Embedder | BaseEmbedding | None = None,
    ) -> ArticleRetriever:
        """Open a retriever over a store that `isnad index` made.

        embedding: the model that embedded the articles, of ours or of llama-index; the carried one by default.
        Raises NoStore, which names that command, for a folder without a store.
        """
        ledger = Ledger.open(Path(store))
        try:
            catch_up(ledger)
            lexical = LexicalIndex.open(Path(store) / "lexical")
        except BaseException:
            ledger.close()
            raise
        if (embedder := accepted(embedding) if embedding else _carried()) is None:
            return cls(Retriever(ledger, lexical), limit=limit, filters=filters)
        from index.vectors.vector_index import Vectors

        vectors = Vectors(ledger, embedder)
        retriever = Retriever(
            ledger, lexical, lambda: vectors, vectors.weight, vectors.close, encoder=vectors.sentence_encoder
        )
        return cls(retriever, limit=limit, filters=filters)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        allowed = self.retriever.allowed(self.filters)
        return [to_node(hit) for hit in self.retriever.search(query_bundle.query_str, self.limit, allowed)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class PassageSplitter(TransformComponent):
    """Split documents into passages as nodes with exact offsets and stable ids.

    Passages end at sentence ends, Arabic ones too.
    >>> from llama_index.core.schema import Document
    >>> [node.text for node in PassageSplitter(budget=6)([Document(id_="a", text="وصل الوفد. غادر الوفد.")])]
    ['وصل الوفد.', 'غادر الوفد.']
    """

    budget: int = Field(default=BUDGET, description="tokens (o200k_base) of a passage, at most")

    def __call__(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[BaseNode]:
        return [node for document in nodes for node in self._split(document)]

    def _split(self, document: BaseNode) -> list[BaseNode]:
        text = document.get_content()
        parts: list[TextNode] = []
        for passage in cut(Article(id=document.node_id, text=text, sha256=""), self.budget):
            node = TextNode(
                id_=passage.id,
                text=passage.text,
                metadata=dict(document.metadata),
                excluded_embed_metadata_keys=list(document.excluded_embed_metadata_keys),
                excluded_llm_metadata_keys=list(document.excluded_llm_metadata_keys),
                start_char_idx=passage.start,
                end_char_idx=passage.end,
            )
            node.relationships[NodeRelationship.SOURCE] = document.as_related_node_info()
            if parts:
                node.relationships[NodeRelationship.PREVIOUS] = parts[-1].as_related_node_info()
                parts[-1].relationships[NodeRelationship.NEXT] = node.as_related_node_info()
            parts.append(node)
        return list(parts)


class StoreEmbedding(BaseEmbedding):
    """An embedding model of ours for llama-index; the carried one by default."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder | None = None, **kwargs: Any) -> None:
        from index.embeddings.carried import CarriedEmbedder

        chosen = embedder or CarriedEmbedder()
        super().__init__(model_name=chosen.name, **kwargs)
        self._embedder = chosen

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [list(map(float, row)) for row in self._embedder.embed(texts)]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(number) for number in self._embedder.embed([query], question=True)[0]]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)


def _carried() -> Embedder | None:
    """Return the carried embedding model, None if its packages are not installed."""
    from index.embeddings.carried import CarriedEmbedder, missing_packages

    return None if missing_packages() else CarriedEmbedder()


def to_node(hit: Hit) -> NodeWithScore:
    """Convert a hit to a node of llama-index."""
    article, passage = hit.article, hit.passage
    fields = {name: getattr(article, name) for name in METADATA}
    fields["published"] = article.published.isoformat() if article.published else None
    metadata = {"file_id": article.id, **{name: value for name, value in fields.items() if value is not None}}
    node = TextNode(
        id_=passage.id,
        text=passage.text,
        metadata=metadata,
        excluded_embed_metadata_keys=list(metadata),
        excluded_llm_metadata_keys=["file_id", "url"],
        start_char_idx=passage.start,
        end_char_idx=passage.end,
    )
    return NodeWithScore(node=node, score=hit.score)


def hits_of(nodes: Sequence[NodeWithScore], ledger: Ledger | None = None) -> tuple[Hit, ...]:
    """Convert nodes to hits.

    Of the articles of `ledger` they come from, else each node's own text is the article.

    >>> node = TextNode(id_="n1", text="وصل الوفد.", metadata={"title": "خبر"})
    >>> hits_of([NodeWithScore(node=node, score=0.5)])[0].article.title
    'خبر'
    """
    ids = {str(node.metadata.get("file_id")) for node in nodes}
    known = ledger.articles(ids) if ledger is not None else {}
    return tuple(_hit(node, known.get(str(node.metadata.get("file_id")))) for node in nodes)


def _hit(scored_node: NodeWithScore, article: Article | None) -> Hit:
    node, score = scored_node.node, scored_node.score or 0.0
    start, end = getattr(node, "start_char_idx", None), getattr(node, "end_char_idx", None)
    text = getattr(node, "text", None) or node.get_content()
    if article is None or start is None or end is None or article.text[start:end] != text:
        article, start, end = _alone(node, text), 0, len(text)
    passage = Passage(id=node.node_id, article_id=article.id, start=start, end=end, text=text)
    return Hit(passage=passage, article=article, score=min(max(score, 0.0), 1.0))


def _alone(node: BaseNode, text: str) -> Article:
    """Make an article of a node that comes from no ledger; its id is its document's."""
    fields: dict[str, Any] = {
        name: str(node.metadata[name]) for name in ("title", "publisher", "url", "language") if node.metadata.get(name)
    }
    try:
        published = date.fromisoformat(str(node.metadata.get("published"))[:10])
    except ValueError:
        published = None
    id = str(node.metadata.get("file_id") or node.metadata.get("file_name") or node.ref_doc_id or node.node_id)
    return Article(id=id.translate({ord("["): "(", ord("]"): ")"}), text=text, sha256="", published=published, **fields)
