"""Build the objects that the settings name.

The only module that names concrete classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.pipeline import Writer
from assistant.settings import NO_EMBEDDING, Settings
from index.errors import IsnadError, NoStore, UsageError
from index.ingest.catch_up import catch_up
from index.ingest.lexical_update import Derived, Lexicon
from index.search.lexical import LexicalIndex
from index.search.retriever import Retriever
from index.store.ledger import INDEXES, Ledger
from index.stories import StoryIndex

UNASKED = 80_000  # passages without a vector that are filled unasked: half an hour of a processor

if TYPE_CHECKING:
    from assistant.budget import Budget
    from assistant.chat_model import Message, Model, Prices
    from assistant.grounding.entailment import EntailmentModel
    from index.embeddings.protocol import Embedder
    from index.model_api import Provider
    from index.search.rerank import Reranker
    from index.vectors.vector_index import Vectors


def open_retriever(
    store: Path, settings: Settings, embedder: Embedder | None = None, *, create: bool = False
) -> Retriever:
    """Open the retriever of a store; `create`: make the store if it does not exist.

    With an embedding model it searches by meaning, too. What a killed run left undone is indexed first, unless another
    process is writing. Raises NoStore where there is no article, StoreBusy while the first ones are being indexed.
    """
    ledger = Ledger.create(store) if create else Ledger.open(store)
    try:
        catch_up(ledger)
        if not (create or ledger.languages()):
            raise NoStore("store.missing", store=store)
        lexical, reranker = LexicalIndex.open(store / "lexical"), choose_reranker(settings)
        vectors = open_vectors(ledger, settings, embedder) if embedder or settings.searches_by_meaning else None
        if vectors is None:
            return Retriever(ledger, lexical, reranker=reranker)
        weight = settings.vector_weight if settings.vector_weight is not None else vectors.weight
    except BaseException:
        ledger.close()
        raise
    return Retriever(
        ledger, lexical, lambda: vectors, weight, vectors.close, reranker=reranker, encoder=vectors.sentence_encoder
    )


def open_writer(
    store: Path, settings: Settings, embedder: Embedder | None = None, *, reembed: bool = False
) -> tuple[Ledger, list[Derived]]:
    """Open the ledger of a store and its indexes for writing, made if need be.

    `close` them.

    `reembed`: where the vectors are of another embedding model, make them anew with this one.
    """
    model = embedder or choose_embedder(settings)  # before the store is made: a wrong name must leave nothing behind
    ledger = Ledger.create(store)
    try:
        vectors = open_vectors(ledger, settings, model, reembed=reembed)
        return ledger, [Lexicon(ledger), StoryIndex(ledger), *([vectors] if vectors else [])]
    except BaseException:
        ledger.close()
        raise


def close(ledger: Ledger, indexes: Iterable[Derived]) -> None:
    """Close what `open_writer` opened."""
    for index in indexes:
        if (close_index := getattr(index, "close", None)) is not None:
            close_index()
    ledger.close()


def open_vectors(
    ledger: Ledger, settings: Settings, embedder: Embedder | None = None, *, reembed: bool = False
) -> Vectors | None:
    """Open the search by meaning, with Chroma in the store's folder or on a server.

    None without an embedding model.
    """
    from index.vectors.chroma_collection import Server
    from index.vectors.vector_index import Vectors

    model = embedder or choose_embedder(settings)
    if model is None:
        return None
    return Vectors(ledger, model, Server.at(settings.chroma) if settings.chroma else None, reembed=reembed)


def fill_in_background(store: Path, settings: Settings, embedder: Embedder | None) -> Callable[[], None]:
    """Have the vectors of a store filled while it is open; return what ends that.

    Only by a model in this process, and in a large store only once its embedding was begun.
    """
    from index.vectors.background import FILLING

    local = embedder is not None and (embedder.name.startswith(("e5-small-", "local:")))
    if not (local and settings.background and settings.searches_by_meaning):
        return lambda: None

    def opened() -> tuple[Ledger, Vectors] | None:
        ledger = Ledger.open(store)
        vectors = open_vectors(ledger, settings, embedder)
        done, passages = vectors.coverage() if vectors else (0, 0)
        if vectors is None or (not done and passages > UNASKED):
            ledger.close()
            return None
        return ledger, vectors

    return FILLING.hold(store, opened)


def choose_embedder(settings: Settings, given: Any = None) -> Embedder | None:
    """Return the embedding model: `given`, the configured one or the carried one.

    None if it is switched off, or the packages of the carried one are not installed. `given`: a name, an embedder of
    ours or one of llama-index. Raises UsageError for anything else, or for a name without a server.
    """
    if given is not None and not isinstance(given, str):
        from index.embeddings.protocol import accepted

        return accepted(given)
    name = settings.embedding_model if given is None else given
    if name == NO_EMBEDDING:
        return None
    if name is None:
        from index.embeddings.carried import CarriedEmbedder, missing_packages

        return None if missing_packages() else CarriedEmbedder()
    if name.startswith("local:"):
        from index.embeddings.fastembed_models import LocalEmbedder

        return LocalEmbedder(name.removeprefix("local:"))
    if not (settings.embedding_base_url or settings.has_model):
        raise UsageError("settings.no_embedding_server", model=name)
    from index.embeddings.openai_embeddings import Served

    key, address = settings.embedding_server_key(), settings.embedding_base_url or settings.base_url
    return Served(_provider(settings, key, address), name, settings.embedding_dimensions)


def choose_reranker(settings: Settings) -> Reranker | None:
    """Return the configured reranker or None.

    Raises UsageError for a name without a server.
    """
    name = settings.reranker
    if name is None:
        return None
    if name.startswith("local:"):
        from index.embeddings.fastembed_models import LocalReranker

        return LocalReranker(name.removeprefix("local:"))
    if not settings.has_model:
        raise UsageError("settings.no_reranker_server", model=name)
    from index.search.rerank import ServedReranker

    return ServedReranker(_provider(settings, settings.model_key(), settings.base_url), name)


def answer_writer(retriever: Retriever, settings: Settings, model: Any = None) -> Writer:
    """Return the writer of answers: by `model`, the configured one, or quotation.

    `model`: one of ours or an LLM of llama-index; UsageError for anything else.
    """
    if model is None and not settings.has_model:
        from assistant.disagreements.conflicts import updates
        from assistant.extractive.extractive_writer import Extractive

        return Extractive(retriever.lexical, retriever.encoder, updates)
    from assistant.generative.model_writer import ModelWriter
    from assistant.model_adapters import as_model
    from index.token_count import count

    chosen = _chat(settings) if model is None else as_model(model)
    return ModelWriter(
        chosen,
        judge=answer_judge(settings, chosen),
        entailment=entailment_model(settings),
        count=count,
        budget=settings.context_tokens,
        prices=_prices(settings),
        repair=settings.repair,
    )


def budget(settings: Settings, limit: float | None) -> Budget:
    """Return a budget for the configured model, `limit` in the currency of the prices.

    Raises UsageError for a limit without prices.
    """
    from assistant.budget import Budget
    from index.token_count import count

    prices = _prices(settings)
    if limit is not None and (prices.tokens_in is None or prices.tokens_out is None):
        raise UsageError("settings.no_prices")

    def most(messages: Sequence[Message]) -> float:
        asked = sum(count(message["content"]) + 8 for message in messages)
        return (asked * (prices.tokens_in or 0.0) + settings.answer_tokens * (prices.tokens_out or 0.0)) / 1_000_000

    return Budget(limit, most)


def budgeted_model(settings: Settings, limit: float) -> Model | None:
    """Return the configured model with a spending limit; None without a model."""
    from assistant.budget import BudgetedModel
    from index.token_count import count

    if not settings.has_model:
        return None
    return BudgetedModel(_chat(settings), budget(settings, limit), _prices(settings), count)


def entailment_model(settings: Settings) -> EntailmentModel | None:
    """Return the configured entailment model, or None.

    UsageError for a name that is no local model.
    """
    if settings.check_model is None:
        return None
    from assistant.grounding.entailment import EntailmentModel

    return EntailmentModel(settings.check_model.removeprefix("local:"))


def answer_judge(settings: Settings, model: Model) -> Model | None:
    """Return the judge of what `model` writes; None where `judge` is "off".

    A judge of its own spends from the same budget as a budgeted model.
    """
    from assistant.budget import BudgetedModel

    if settings.judge == "off":
        return None
    if settings.judge in ("same", model.name) and settings.judge_base_url is None:
        return model
    judge = _judge_chat(settings, model.name if settings.judge == "same" else settings.judge)
    return model.sharing_budget(judge) if isinstance(model, BudgetedModel) else judge


def judge_model(settings: Settings) -> Model:
    """Return the configured model, to judge with.

    Raises UsageError where none is configured.
    """
    if not settings.has_model:
        raise UsageError("settings.no_judge")
    if settings.judge in ("same", "off") and settings.judge_base_url is None:
        return _chat(settings)
    return _judge_chat(settings, settings.model if settings.judge in ("same", "off") else settings.judge)


def _judge_chat(settings: Settings, name: str) -> Model:
    from assistant.chat_model import ChatModel

    address = settings.judge_base_url or settings.base_url
    return ChatModel(_provider(settings, settings.judge_key(), address), name, answer_tokens=settings.answer_tokens)


def _prices(settings: Settings) -> Prices:
    from assistant.chat_model import Prices

    return Prices(tokens_in=settings.price_in, tokens_out=settings.price_out)


def _chat(settings: Settings) -> Model:
    from assistant.chat_model import ChatModel

    provider = _provider(settings, settings.model_key(), settings.base_url)
    return ChatModel(provider, settings.model, answer_tokens=settings.answer_tokens)


def _provider(settings: Settings, key: str, address: str | None) -> Provider:
    from index.model_api import Provider, Wait

    wait = Wait(first_token=settings.first_token_seconds, stall=settings.stall_seconds, total=settings.total_seconds)
    return Provider(key=key, base_url=address, wait=wait)


def status(store: Path, settings: Settings) -> dict[str, Any]:
    """Describe a store and what answers from it as plain values; keys are masked."""
    with closing(Ledger.open(store)) as ledger:
        oldest, newest = ledger.span_of_dates()
        contents = {
            **ledger.counts(),
            "languages": {language or "unknown": number for language, number in ledger.languages().items()},
            "oldest": oldest,
            "newest": newest,
            "behind": {derived: len(ledger.pending(derived)) for derived in INDEXES},
            "meaning": (by_meaning := _meaning_status(ledger, settings)),
        }
    return {
        "store": str(store),
        **contents,
        "engine": f"model:{settings.model}" if settings.has_model else "extract",
        "passages_go_to": settings.destination,
        "embeddings_go_to": settings.embedding_destination,
        "search": _searches(settings, by_meaning["used"]),
        "off": _off(settings, by_meaning["used"]),
        "settings": settings.shown(),
    }


def _meaning_status(ledger: Ledger, settings: Settings) -> dict[str, Any]:
    """Return the state of search by meaning.

    That is the model, the passages embedded, whether it is used, and what is in its way.
    """
    from index.embeddings.carried import missing_packages

    if not settings.searches_by_meaning:
        return {"model": None, "used": False, "trouble": "switched off"}
    try:
        vectors = open_vectors(ledger, settings)
        if vectors is None:
            return {"model": None, "used": False, "trouble": f"not installed: {', '.join(missing_packages())}"}
        done, passages = vectors.coverage()
        used, trouble = vectors.ready(), vectors.trouble()
        if not used and trouble is None:
            trouble = "too few passages are embedded; run: isnad index"
        return {
            "model": vectors.embedder.name,
            "embedded": done,
            "passages": passages,
            "used": used,
            "trouble": trouble,
        }
    except IsnadError as error:
        return {"model": settings.embedding_model, "used": False, "trouble": str(error)}


def _searches(settings: Settings, meaning_used: bool) -> list[str]:
    """List the searches that are on, in the order of their use."""
    on = {"lexical": True, "meaning": meaning_used, "reranker": settings.reranker is not None}
    return [name for name, active in on.items() if active]


def _off(settings: Settings, meaning_used: bool) -> list[str]:
    """List what is off, with what would turn it on."""
    features = {
        "answers written by a model: set OPENAI_API_KEY, or OPENAI_BASE_URL (http://localhost:11434/v1 for Ollama)": (
            settings.has_model
        ),
        "search by meaning: run isnad index, with ISNAD_EMBEDDING_MODEL unset or a name "
        "(on the server, or local:NAME)": meaning_used,
        "a second look at the best passages: set ISNAD_RERANKER (a name on the server, or local:NAME)": (
            settings.reranker is not None
        ),
    }
    return [feature for feature, on in features.items() if not on]
