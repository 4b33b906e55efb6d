"""The prefixes that embedding models expect before questions and passages.

A model that was trained with prefixes finds markedly less without them. From the models' own cards; other models
expect none. The model of a folder may name its own (sentence-transformers' `prompts`), which take precedence.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

SEARCH = "Represent this sentence for searching relevant passages: "
TASK = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "

Prefixes = tuple[str, str]  # before a question, before a passage

_FAMILIES: tuple[tuple[re.Pattern[str], Prefixes], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), prefixes)
    for pattern, prefixes in (
        (r"\be5\b.*instruct|qwen3-embedding|gte-qwen2", (TASK, "")),
        (r"(\b|_)e5[-_]", ("query: ", "passage: ")),
        (r"bge-(small|base|large)-en", (SEARCH, "")),
        (r"bge-(small|base|large)-zh", ("为这个句子生成表示以用于检索相关文章：", "")),
        (r"mxbai-embed-large", (SEARCH, "")),
        (r"arctic-embed(2|.*v2)", ("query: ", "")),
        (r"arctic-embed", (SEARCH, "")),
        (r"nomic-embed-text", ("search_query: ", "search_document: ")),
        (r"embeddinggemma", ("task: search result | query: ", "title: none | text: ")),
    )
)


def prefixes(model: str) -> Prefixes:
    """Return the prefixes of a question and of a passage for the model of this name.

    >>> prefixes("intfloat/multilingual-e5-large"), prefixes("text-embedding-3-small")
    (('query: ', 'passage: '), ('', ''))
    """
    return next((family for pattern, family in _FAMILIES if pattern.search(model)), ("", ""))


def prefixes_of(folder: Path) -> Prefixes:
    """Return the prefixes of the model in a folder.

    Its own prompts, else those of its family by the folder's name.
    """
    try:
        prompts = json.loads((folder / "config_sentence_transformers.json").read_text("utf-8")).get("prompts") or {}
        passage = next((prompts[name] for name in ("passage", "document") if name in prompts), "")
        if "query" in prompts or passage:
            return str(prompts.get("query", "")), str(passage)
    except (OSError, ValueError, AttributeError):
        pass
    return prefixes(folder.name)
