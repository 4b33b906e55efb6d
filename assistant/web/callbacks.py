"""Answer the events of the page other than asking.

Every failure is shown to the visitor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal

from msgspec.structs import replace

from assistant.rendering.reasons import worded_error
from assistant.web import chat_markup, chat_stream, markup, sidebar
from assistant.web.gradio_setup import gr
from assistant.web.page_events import LOG, Updates, event_field, handle_errors, send_to_js
from assistant.web.page_parts import FilterFields, Form, Page
from assistant.web.service import AnswerService
from assistant.web.words import WORDS, Language, choose_language
from index.errors import IsnadError
from index.ingest.sync import Progress
from index.models import SyncReport

COOKIE = "isnad-language"
KEPT_TO = 20  # articles that alone are asked, at most
SENT_WORDS = ("copied", "rename", "delete", "delete_sure", "unreachable", "lost", "failed", "add_dropped")  # by page.js


class Callbacks:
    """The callbacks of one page over one service."""

    def __init__(self, service: AnswerService, page: Page) -> None:
        self.service, self.page = service, page

    # --- articles ---

    @handle_errors
    def browse(self, query: str, language: Language, request: gr.Request) -> Updates:
        return self._shelves(language, self.service.owner(request), query)

    def upload(self, files: Sequence[str] | None, language: Language, request: gr.Request) -> Iterator[Updates]:
        """Files into the store: progress, then what became of each."""
        page, words, owner = self.page, WORDS[language], self.service.owner(request)
        paths = [Path(file) for file in files or ()]
        names = [path.name for path in paths]
        shown = markup.progress_html(names, words)
        yield {page.report: shown}
        for step in _watched(lambda progress: self.service.add(paths, owner, progress)):
            if isinstance(step, SyncReport):
                shown = markup.report_html(step, words)
            elif isinstance(step, IsnadError):
                shown = chat_markup.notice_html(worded_error(step, language), "wrong")
            elif isinstance(step, Exception):
                LOG.error("upload failed: %s", type(step).__name__)
                shown = chat_markup.notice_html(words.failed.format(why=type(step).__name__), "wrong")
            else:
                shown = markup.progress_html(names, words, *step)
            yield {page.report: shown}
        yield {page.state: sidebar.state(self.service, words), **self._shelves(language, owner)}

    @handle_errors
    def remove(self, language: Language, request: gr.Request, event: gr.EventData) -> Updates:
        """One of the visitor's own uploads goes."""
        owner, file_id, words = self.service.owner(request), str(event_field(event, "id")), WORDS[language]
        self.service.remove_upload(owner, file_id)
        message = send_to_js(toast=words.removed.format(file=markup.file_name(file_id)))
        lists = self._shelves(language, owner)
        return {
            **lists,
            self.page.report: "",
            self.page.state: sidebar.state(self.service, words),
            self.page.bridge: message,
        }

    @handle_errors
    def narrow(self, form: Form) -> Updates:
        """Show how many filters are set, and the articles that alone are asked."""
        return self._narrowed(form[self.page.language], self.page.read_filters(form))

    @handle_errors
    def keep_to(self, form: Form, event: gr.EventData) -> Updates:
        """One more article that alone is asked, or one less."""
        fields, picked = self.page.read_filters(form), str(event_field(event, "id"))
        kept = [file for file in fields.files if file != picked]
        if event_field(event, "only") is True:
            kept = [*kept, self.service.article(picked).id][-KEPT_TO:]
        shown = self._narrowed(form[self.page.language], replace(fields, files=tuple(kept)))
        return {**shown, self.page.files: kept, self.page.bridge: send_to_js(focus="box")}

    @handle_errors
    def clear(self, language: Language) -> Updates:
        """No filter."""
        page = self.page
        none: Updates = {page.since: "", page.until: "", page.languages: [], page.publishers: [], page.files: []}
        return {**none, **self._narrowed(language, FilterFields())}

    # --- conversations ---

    @handle_errors
    def arrive(self, request: gr.Request) -> Updates:
        """Show what the address names.

        `c` is a conversation, `s` a shared one, `a` a place in an article, `lang` the language.
        """
        asked, owner, page = request.query_params, self.service.owner(request), self.page
        language = choose_language(
            asked.get("lang") or request.cookies.get(COOKIE), request.headers.get("accept-language")
        )
        shown = self._shown(language, owner, asked.get("c", ""))
        if token := asked.get("s"):
            shown |= self._shared(language, token)
        shown |= {**page.labels(language), **self._shelves(language, owner), page.language: language}
        facts = {"conversation": asked.get("c", "") if shown[page.conversation] else "", **self._speaking(language)}
        return {**shown, page.bridge: send_to_js(**facts, place=asked.get("a", ""), arrived=True)}

    @handle_errors
    def switch(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        """Switch the page to the other language."""
        language = "en" if event_field(event, "language") == "en" else "ar"
        owner = self.service.owner(request)
        shown = self._shown(language, owner, conversation)
        shown |= {**self.page.labels(language), **self._shelves(language, owner)}
        return {**shown, self.page.bridge: send_to_js(**self._speaking(language))}

    @handle_errors
    def open_conversation(self, language: Language, request: gr.Request, event: gr.EventData) -> Updates:
        return self._shown(language, self.service.owner(request), str(event_field(event, "id")))

    @handle_errors
    def new(self, language: Language, request: gr.Request) -> Updates:
        return self._shown(language, self.service.owner(request), "")

    @handle_errors
    def search(self, query: str, language: Language, conversation: str, request: gr.Request) -> Updates:
        return self.page.around(language, self.service.owner(request), conversation, query)

    @handle_errors
    def rename(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        owner = self.service.owner(request)
        self.service.conversations.rename(str(event_field(event, "id")), owner, str(event_field(event, "title")))
        return self.page.around(language, owner, conversation)

    @handle_errors
    def delete(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        owner, deleted = self.service.owner(request), str(event_field(event, "id"))
        self.service.conversations.delete(deleted, owner)
        if deleted == conversation:
            return self._shown(language, owner, "")
        return self.page.around(language, owner, conversation)

    @handle_errors
    def export(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        """Export the conversation with its sources as a Markdown or JSON file."""
        form: Literal["md", "json"] = "json" if event_field(event, "form") == "json" else "md"
        text = self.service.conversations.export(conversation, self.service.owner(request), form)
        return {self.page.bridge: send_to_js(download={"name": f"isnad.{form}", "text": text})}

    @handle_errors
    def share(self, language: Language, conversation: str, request: gr.Request) -> Updates:
        """Create a read-only link to the conversation for others."""
        token = self.service.conversations.share(conversation, self.service.owner(request))
        return {self.page.bridge: send_to_js(copy=f"?s={token}", toast=WORDS[language].shared)}

    # --- beneath ---

    def _narrowed(self, language: Language, fields: FilterFields) -> Updates:
        words = WORDS[language]
        label = f"{words.filters} ({fields.count})" if fields.count else words.filters
        only = sidebar.only(self.service, words, fields.files)
        return {self.page.filters: gr.update(label=label), self.page.only: only}

    def _shown(self, language: Language, owner: str, conversation: str) -> Updates:
        """Show a conversation in chat, list and address; "" is an empty one."""
        turns = self.service.conversations.turns(conversation, owner) if conversation else ()
        current, page = conversation if turns else "", self.page
        return {
            page.chat: self._chat(language, chat_stream.chat_messages(self.service, turns, language)),
            page.conversation: current,
            page.replaces: 0,
            page.editing: "",
            page.bridge: send_to_js(conversation=current),
            **page.busy(current in self.service.underway),
            **page.around(language, owner, current),
        }

    def _shared(self, language: Language, token: str) -> Updates:
        turns = self.service.conversations.shared_turns(token)
        notice = WORDS[language].shared_view if turns else WORDS[language].not_yours
        chat = chat_stream.chat_messages(self.service, turns, language, own=False)
        return {self.page.chat: self._chat(language, chat), self.page.editing: chat_markup.notice_html(notice)}

    def _chat(self, language: Language, messages: Sequence[chat_stream.Message]) -> Any:
        return gr.update(value=list(messages), placeholder=sidebar.welcome(self.service, WORDS[language]))

    def _shelves(self, language: Language, owner: str, query: str = "") -> Updates:
        words = WORDS[language]
        shown = sidebar.articles(self.service, words, query)
        return {self.page.shelf: shown, self.page.mine: sidebar.own(self.service, owner, words)}

    def _speaking(self, language: Language) -> dict[str, Any]:
        words = WORDS[language]
        own = {name: getattr(words, name) for name in SENT_WORDS}
        own["too_large"] = words.too_large.format(size=f"{self.service.limits.upload / 1e6:,.0f}")
        return {"language": language, "direction": words.direction, "words": own, "uploads": self.service.may_upload}


def _watched(work: Callable[[Progress], SyncReport]) -> Iterator[SyncReport | Exception | tuple[int, int]]:
    """How far the work is (done, of how many), then what came of it."""
    steps = SimpleQueue[SyncReport | Exception | tuple[int, int]]()

    def run() -> None:
        try:
            steps.put(work(lambda _, done, every: steps.put((done, every or done))))
        except Exception as error:
            steps.put(error)

    threading.Thread(target=run, daemon=True).start()
    while isinstance(step := steps.get(), tuple):
        yield step
    yield step
