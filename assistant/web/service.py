"""Answer the page's callbacks and the published endpoints; no globals."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import secrets
import threading
import time
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

from msgspec.structs import replace

from assistant import container
from assistant.api import Assistant
from assistant.effort import bounds_of
from assistant.generative.metadata_claims import opening_sentence
from assistant.models import Answer, Citation, Effort, Usage, sides_of
from assistant.pipeline import PlanOption
from assistant.query.followups import Conversation
from assistant.settings import Settings
from assistant.web.conversation_store import FILE, Conversations
from assistant.web.rate_limit import Admission, Limits, Refusal, Slot, Ticket
from assistant.web.uploads import Uploads
from index.errors import IsnadError
from index.ingest.sync import Progress, quiet
from index.language.normalize import folded
from index.messages.reason import Reason
from index.models import Article, Filters, Hit, Skipped, Span, SyncReport
from index.store.ledger import Ledger
from index.token_count import count

COOKIE = "isnad"  # holds the owner's random id on a page without a login
NAME = "isnad-name"  # a head of the request, set by the guard alone: the name that logged in
FOLDER = "web"  # in the store
BEGINNING = 200  # characters of an article, at most, that stand for its title
MENTIONS = 8  # passages beside the titles that a search of the articles finds
FRESH = 5.0  # seconds that a status is told again


class Asking(Protocol):
    """What is known of a visitor's request: gradio's, starlette's."""

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def cookies(self) -> Mapping[str, str]: ...

    @property
    def client(self) -> Any: ...


class AnswerService:
    """Answer from one store for many visitors, with their conversations and uploads.

    A *visitor* is who is counted (a login name, or an address): pass `service.visitor(request)` to `admit` and
    `stream`. An *owner* is whose conversations and uploads they are (a login name, or the random id in a cookie):
    `service.owner(request)`.
    """

    def __init__(
        self,
        store: Path,
        *,
        settings: Settings,
        limits: Limits = Limits(),  # noqa: B008
        uploads: bool = True,
        assistant: Assistant | None = None,
    ) -> None:
        """Open the store; raise NoStore, which names `isnad index`, if it is empty."""
        self.store, self.settings, self.limits = store, settings, limits
        there = (store / "ledger.db").is_file()  # it may hold no article: here they can be uploaded
        self.assistant = assistant or Assistant.open(store, settings=settings, create=there)
        self._ledger = Ledger.open(store)
        self.conversations = Conversations(store / FILE)
        self.underway: set[str] = set()  # conversations in which an answer is being written
        self.may_upload = uploads
        self.incoming = store / FOLDER / f"tmp-{os.getpid()}"  # where the server puts what is sent to it
        self._uploads = Uploads(store, store / FOLDER / "uploads", settings, limits)
        self._admission = Admission(limits, lambda who, day: self.conversations.spent(who, since=day))
        self._key = secrets.token_bytes(16)
        self._quoting: Assistant | None = None  # see `quoting_assistant`
        self._opening = threading.Lock()
        self._status: tuple[float, dict[str, Any]] | None = None

    def close(self) -> None:
        """Let go of the store's files."""
        self.assistant.close()
        if self._quoting is not None:
            self._quoting.close()
        self._ledger.close()
        self.conversations.close()

    # --- who ---

    def owner(self, request: Asking) -> str:
        """Return the login name or the id of the cookie, "" if there is neither."""
        return unquote(request.headers.get(NAME, "")) or request.cookies.get(COOKIE, "")

    def visitor(self, request: Asking) -> str:
        """Return who is counted: the login name, or a keyed hash of the address."""
        if name := request.headers.get(NAME):
            return unquote(name)
        host = network_of(str(getattr(request.client, "host", None) or "unknown"))
        return "address " + hashlib.blake2b(host.encode(), key=self._key, digest_size=9).hexdigest()

    # --- asking ---

    def quoting_assistant(self) -> Assistant:
        """Return an assistant that asks no model: it quotes and searches by words."""
        with self._opening:
            if self._quoting is None:
                settings = replace(self.settings, base_url=None, key=None, embedding_model=None, reranker=None)
                self._quoting = Assistant.open(self.store, settings=settings)
            return self._quoting

    def refusal(self, visitor: str, question: object) -> Refusal | None:
        """Return why a search may not be made now, or count it and return None."""
        return self._admission.refusal(visitor, question)

    def admit(self, visitor: str, question: object) -> Ticket:
        """Count a question and return a ticket for one answer to it. Raises Refused."""
        return self._admission.admit(visitor, question)

    def redeem(self, ticket: Ticket, question: str, *, quoting: bool = False, effort: Effort | None = None) -> Slot:
        """Return a slot for an admitted question; close it when the answer is paid for.

        Raises TicketUsed, Refused.
        """
        settings = self.settings
        if quoting or not settings.has_model:
            return self._admission.redeem(ticket)
        bounds = bounds_of(effort or settings.effort)
        tokens_in = settings.context_tokens + count(question) + bounds.look_tokens
        estimate = Usage(requests=1, tokens_in=tokens_in, tokens_out=settings.answer_tokens)
        return self._admission.redeem(ticket, self._priced(estimate).cost or 0.0)

    def cancel(self, ticket: Ticket) -> bool:
        """Withdraw an admitted question; return whether its answer had not begun."""
        return self._admission.cancel(ticket)

    def stream(
        self,
        slot: Slot,
        question: str,
        *,
        conversation: Conversation | None = None,
        filters: Filters | None = None,
        plan: PlanOption = "auto",
        quoting: bool = False,
        effort: Effort | None = None,
    ) -> Generator[str, None, Answer]:
        """Yield the text of an answer as it is written, and return the answer.

        Close it to stop: the model's stream ends too (while a thread waits in it: `index.model_api.CancelScope`).
        `quoting`: with no model, whatever is set.

        What it cost is noted for the visitor; of an answer that was stopped, an estimate. Raises what
        `Assistant.stream` raises.
        """
        assistant = self.quoting_assistant() if quoting else self.assistant
        streaming = assistant.stream(question, conversation=conversation, filters=filters, plan=plan, effort=effort)
        visitor, written = slot.ticket.visitor, ""
        try:
            while True:
                try:
                    piece = next(streaming)
                except StopIteration as done:
                    answer: Answer = done.value
                    break
                written += piece
                yield piece
        except BaseException as left:
            streaming.close()
            if not quoting and (written or isinstance(left, GeneratorExit)):
                self._charge_unfinished(visitor, question, written)
            raise
        if answer.usage:
            self.conversations.charge(visitor, self._priced(answer.usage))
        return answer

    def ask(
        self, ticket: Ticket, question: str, *, filters: Filters | None = None, effort: Effort | None = None
    ) -> Answer:
        """Return the whole answer to an admitted question. Raises TicketUsed, Refused."""
        with self.redeem(ticket, question, effort=effort) as slot:
            streaming = self.stream(slot, question, filters=filters, effort=effort)
            while True:
                try:
                    next(streaming)
                except StopIteration as done:
                    answer: Answer = done.value
                    return answer

    def search(self, question: str, *, limit: int = 10, filters: Filters | None = None) -> tuple[Hit, ...]:
        """Return the passages for a question, best first."""
        return self.assistant.search(question, limit=limit, filters=filters)

    def mentions(self, query: str) -> tuple[Hit, ...]:
        """Return passages that hold at least half of the query's words, one an article."""
        wanted = set(folded(query).split())
        try:
            hits = self.quoting_assistant().search(query, limit=3 * MENTIONS, per_article=1) if wanted else ()
        except IsnadError:
            return ()
        return tuple(hit for hit in hits if 2 * _matching_words(wanted, hit.passage.text) >= len(wanted))[:MENTIONS]

    def active_answers(self) -> int:
        """How many questions are being answered."""
        return self._admission.active

    def _charge_unfinished(self, visitor: str, question: str, written: str) -> None:
        """Charge an estimate for an answer that was stopped or broke off."""
        if self.settings.has_model:
            tokens_in, tokens_out = self.settings.context_tokens + count(question), count(written)
            self.conversations.charge(
                visitor, self._priced(Usage(requests=1, tokens_in=tokens_in, tokens_out=tokens_out))
            )

    def _priced(self, usage: Usage) -> Usage:
        """Return the usage with its cost, if prices are set and the server gave none."""
        price_in, price_out = self.settings.price_in, self.settings.price_out
        if usage.cost is not None or (price_in is None and price_out is None):
            return usage
        cost = (usage.tokens_in * (price_in or 0.0) + usage.tokens_out * (price_out or 0.0)) / 1e6
        return replace(usage, cost=cost)

    # --- articles ---

    def article(self, file_id: str) -> Article:
        """One article of the store; NotFound where there is none of that id."""
        return self._ledger.article(file_id)

    def articles(self, ids: Sequence[str]) -> dict[str, Article]:
        """Those of the articles that are there, by id."""
        return self._ledger.articles(ids)

    def article_headers(self, ids: Sequence[str]) -> dict[str, Article]:
        """Return articles without texts; those without a title keep how they begin."""
        return {key: _slim(article) for key, article in self.articles(ids).items()}

    def place(self, place: str) -> tuple[Article, Span | None]:
        """Return the article and span of FILE_ID or FILE_ID:START-END. Raises NotFound."""
        return self._ledger.place(place)

    def citations_at(
        self, place: str, *, owner: str = "", conversation: str = "", token: str = ""
    ) -> tuple[Citation, ...]:
        """Return what the newest answer that quotes this place quotes of its article.

        The citation of the place is first; none if no answer quotes it.

        In the owner's `conversation`, or in the shared one that `token` opens.
        """
        turns = self.conversations.shared_turns(token) if token else ()
        if conversation and owner:
            turns = self.conversations.turns(conversation, owner)
        for turn in reversed(turns):
            quotes = {
                f"{citation.file_id}:{citation.start}-{citation.end}": citation
                for citation in all_citations(turn.answer)
            }
            if first := quotes.get(place):
                return (
                    first,
                    *(quote for quote in quotes.values() if quote.file_id == first.file_id and quote != first),
                )
        return ()

    def copies(self, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Article id → ids of the others that carry the same report."""
        reports = self._ledger.reports(ids) if ids else {}
        carriers = self._ledger.carriers(set(reports.values())) if reports else {}
        return {key: tuple(sorted(set(carriers[report]) - {key})) for key, report in reports.items()}

    def every_article(self) -> Iterator[Article]:
        """All articles, in order of id, a page at a time."""
        return self._ledger.every_article()

    # --- uploads ---

    def add(self, files: Sequence[Path], owner: str, progress: Progress = quiet) -> SyncReport:
        """Take files in `incoming` into the owner's uploads and index them.

        The report names every file, refused ones with a reason. Afterwards none of them lies there.

        Raises StoreBusy where another process writes, UsageError where the page takes no uploads.
        """
        self._status = None
        incoming = self.incoming.resolve()
        sent = [
            file for file in files if file.is_file() and not file.is_symlink() and incoming in file.resolve().parents
        ]
        strange = tuple(
            Skipped(path=file.name, detail=Reason("uploads.not_sent")) for file in files if file not in sent
        )
        try:
            report = self._uploads.add(sent, owner if self.may_upload else "", progress)
        finally:
            for file in sent:
                file.unlink(missing_ok=True)
        return replace(report, skipped=(*report.skipped, *strange))

    def remove_upload(self, owner: str, file_id: str) -> None:
        """Remove one of the owner's uploads. Raises NotFound."""
        self._status = None
        self._uploads.remove(owner, file_id)

    def uploads(self, owner: str) -> tuple[str, ...]:
        """Ids of the articles that the owner uploaded."""
        return self._uploads.ids(owner)

    # --- state ---

    def status(self) -> dict[str, Any]:
        """Return what `isnad status` prints, and `spent`, the Usage of all so far."""
        now = time.monotonic()
        if self._status is None or now - self._status[0] > FRESH:
            self._status = (now, container.status(self.store, self.settings))
        return {**self._status[1], "spent": self.conversations.spent(), "currency": self.settings.currency}


def _matching_words(words: Collection[str], text: str) -> int:
    """How many of the words, folded, stand in a text."""
    whole = folded(text)
    return sum(word in whole for word in words)


def all_citations(answer: Answer) -> Iterator[Citation]:
    """Yield the citations of an answer, its differences and closest passages."""
    yield from answer.citations
    yield from (side.citation for side in sides_of(answer))
    yield from answer.closest


def _slim(article: Article) -> Article:
    begins = None if article.title else opening_sentence(article)
    return Article(
        id=article.id,
        text=begins.of(article.text)[:BEGINNING] if begins else "",
        sha256="",
        title=article.title,
        published=article.published,
        publisher=article.publisher,
        language=article.language,
    )


def network_of(host: str) -> str:
    """Return an IPv4 address, or the network (/64) of an IPv6 address.

    >>> network_of("127.0.0.1"), network_of("2001:db8:1:2:3:4:5:6")
    ('127.0.0.1', '2001:db8:1:2::/64')
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
