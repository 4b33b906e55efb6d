"""What the parts of the page call. Nothing is kept here, nothing is raised: every failure is a line that the visitor reads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

import gradio as gr

from assistant.rendering.reasons import worded_error
from assistant.web import chat_markup, chat_stream, markup, sidebar
from assistant.web.page_events import LOG, Updates, spoken, value
from assistant.web.service import Desk
from assistant.web.words import WORDS, Language, chosen
from index.errors import IsnadError
from index.ingest.sync import Progress
from index.models import SyncReport

if TYPE_CHECKING:
    from assistant.web.page import Page

COOKIE = "isnad-language"
KEPT_TO = 20  # articles that alone are asked, at most
SAID = ("copied", "rename", "delete", "delete_sure", "unreachable", "lost", "failed", "add_dropped")  # by page.js


class Callbacks:
    """The callbacks of one page over one desk."""

    def __init__(self, desk: Desk, page: Page) -> None:
        self.desk, self.page = desk, page

    # --- articles ---

    @spoken
    def browse(self, query: str, language: Language, request: gr.Request) -> Updates:
        return self._shelves(language, self.desk.owner(request), query)

    def upload(self, files: Sequence[str] | None, language: Language, request: gr.Request) -> Iterator[Updates]:
        """Files into the store: progress, then what became of each."""
        page, words, owner = self.page, WORDS[language], self.desk.owner(request)
        paths = [Path(file) for file in files or ()]
        names = [path.name for path in paths]
        shown = markup.reading(names, words)
        yield {page.report: shown}
        for step in _watched(lambda progress: self.desk.add(paths, owner, progress)):
            if isinstance(step, SyncReport):
                shown = markup.report(step, words)
            elif isinstance(step, IsnadError):
                shown = chat_markup.notice(worded_error(step, language), "wrong")
            elif isinstance(step, Exception):
                LOG.error("upload failed: %s", type(step).__name__)
                shown = chat_markup.notice(words.failed.format(why=type(step).__name__), "wrong")
            else:
                shown = markup.reading(names, words, *step)
            yield {page.report: shown}
        yield {page.state: sidebar.state(self.desk, words), **self._shelves(language, owner)}

    @spoken
    def remove(self, language: Language, request: gr.Request, event: gr.EventData) -> Updates:
        """One of the visitor's own uploads goes."""
        owner, file_id, words = self.desk.owner(request), str(value(event, "id")), WORDS[language]
        self.desk.remove_upload(owner, file_id)
        told = sidebar.told(toast=words.removed.format(file=markup.file_name(file_id)))
        lists = self._shelves(language, owner)
        return {**lists, self.page.report: "", self.page.state: sidebar.state(self.desk, words), self.page.bridge: told}

    @spoken
    def narrow(
        self,
        language: Language,
        since: str,
        until: str,
        languages: Sequence[str],
        publishers: Sequence[str],
        files: Sequence[str],
    ) -> Updates:
        """How many filters are set, where it can be seen while they are folded away; and the articles that alone are asked."""
        count = sum(map(bool, (since, until, languages, publishers, files)))
        words = WORDS[language]
        label = f"{words.filters} ({count})" if count else words.filters
        return {self.page.filters: gr.update(label=label), self.page.only: sidebar.only(self.desk, words, files)}

    @spoken
    def keep_to(
        self,
        language: Language,
        since: str,
        until: str,
        languages: Sequence[str],
        publishers: Sequence[str],
        files: Sequence[str],
        event: gr.EventData,
    ) -> Updates:
        """One more article that alone is asked, or one less."""
        picked = str(value(event, "id"))
        kept = [file for file in files if file != picked]
        if value(event, "only") is True:
            kept = [*kept, self.desk.article(picked).id][-KEPT_TO:]
        shown = self.narrow(language, since, until, languages, publishers, kept)
        return {**shown, self.page.files: kept, self.page.bridge: sidebar.told(focus="box")}

    @spoken
    def clear(self, language: Language) -> Updates:
        """No filter."""
        page = self.page
        none: Updates = {page.since: "", page.until: "", page.languages: [], page.publishers: [], page.files: []}
        return {**none, **self.narrow(language, "", "", [], [], [])}

    # --- conversations ---

    @spoken
    def arrive(self, request: gr.Request) -> Updates:
        """The page as the address says: `c` a conversation, `s` a shared one, `a` a place in an article, `lang` the language."""
        asked, owner, page = request.query_params, self.desk.owner(request), self.page
        language = chosen(asked.get("lang") or request.cookies.get(COOKIE), request.headers.get("accept-language"))
        shown = self._shown(language, owner, asked.get("c", ""))
        if token := asked.get("s"):
            shown |= self._shared(language, token)
        shown |= {**page.labels(language), **self._shelves(language, owner), page.language: language}
        facts = {"conversation": asked.get("c", "") if shown[page.conversation] else "", **self._speaking(language)}
        return {**shown, page.bridge: sidebar.told(**facts, place=asked.get("a", ""), arrived=True)}

    @spoken
    def switch(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        """The other language."""
        language = "en" if value(event, "language") == "en" else "ar"
        owner = self.desk.owner(request)
        shown = self._shown(language, owner, conversation)
        shown |= {**self.page.labels(language), **self._shelves(language, owner)}
        return {**shown, self.page.bridge: sidebar.told(**self._speaking(language))}

    @spoken
    def open_conversation(self, language: Language, request: gr.Request, event: gr.EventData) -> Updates:
        return self._shown(language, self.desk.owner(request), str(value(event, "id")))

    @spoken
    def new(self, language: Language, request: gr.Request) -> Updates:
        return self._shown(language, self.desk.owner(request), "")

    @spoken
    def search(self, query: str, language: Language, conversation: str, request: gr.Request) -> Updates:
        return self.page.around(language, self.desk.owner(request), conversation, query)

    @spoken
    def rename(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        owner = self.desk.owner(request)
        self.desk.conversations.rename(str(value(event, "id")), owner, str(value(event, "title")))
        return self.page.around(language, owner, conversation)

    @spoken
    def delete(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        owner, one = self.desk.owner(request), str(value(event, "id"))
        self.desk.conversations.delete(one, owner)
        if one == conversation:
            return self._shown(language, owner, "")
        return self.page.around(language, owner, conversation)

    @spoken
    def export(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        """The conversation as a file, Markdown or JSON, with its sources."""
        form: Literal["md", "json"] = "json" if value(event, "form") == "json" else "md"
        text = self.desk.conversations.exported(conversation, self.desk.owner(request), form)
        return {self.page.bridge: sidebar.told(download={"name": f"isnad.{form}", "text": text})}

    @spoken
    def share(self, language: Language, conversation: str, request: gr.Request) -> Updates:
        """A link to the conversation for others, who may read it only."""
        token = self.desk.conversations.shared(conversation, self.desk.owner(request))
        return {self.page.bridge: sidebar.told(copy=f"?s={token}", toast=WORDS[language].shared)}

    # --- beneath ---

    def _shown(self, language: Language, owner: str, conversation: str) -> Updates:
        """A conversation in the chat, in the list and in the address; "" is an empty one."""
        turns = self.desk.conversations.turns(conversation, owner) if conversation else ()
        found, page = conversation if turns else "", self.page
        return {
            page.chat: self._chat(language, chat_stream.chat(self.desk, turns, language)),
            page.conversation: found,
            page.replaces: 0,
            page.editing: "",
            page.bridge: sidebar.told(conversation=found),
            **page.busy(found in self.desk.underway),
            **page.around(language, owner, found),
        }

    def _shared(self, language: Language, token: str) -> Updates:
        turns = self.desk.conversations.opened(token)
        said = WORDS[language].shared_view if turns else WORDS[language].not_yours
        chat = chat_stream.chat(self.desk, turns, language, own=False)
        return {self.page.chat: self._chat(language, chat), self.page.editing: chat_markup.notice(said)}

    def _chat(self, language: Language, said: Sequence[chat_stream.Message]) -> Any:
        return gr.update(value=list(said), placeholder=sidebar.welcome(self.desk, WORDS[language]))

    def _shelves(self, language: Language, owner: str, query: str = "") -> Updates:
        words = WORDS[language]
        shown = sidebar.articles(self.desk, words, query)
        return {self.page.shelf: shown, self.page.mine: sidebar.own(self.desk, owner, words)}

    def _speaking(self, language: Language) -> dict[str, Any]:
        words = WORDS[language]
        own = {name: getattr(words, name) for name in SAID}
        own["too_large"] = words.too_large.format(size=f"{self.desk.limits.upload / 1e6:,.0f}")
        return {"language": language, "direction": words.direction, "words": own, "uploads": self.desk.may_upload}


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
