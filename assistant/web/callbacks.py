"""What the parts of the page call. Nothing is kept here, nothing is raised: every failure is a line that the visitor reads."""

from __future__ import annotations

import asyncio
import functools
import logging
import re
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal, get_args

import gradio as gr
from anyio.to_thread import run_sync

from assistant.web import beside, markup, panel, shelf, talking
from assistant.web.conversations import Kind
from assistant.web.desk import Desk
from assistant.web.words import WORDS, Language, chosen
from index.build import Progress
from index.errors import IsnadError, NotFound
from index.ledger import Ledger
from index.records import SyncReport

if TYPE_CHECKING:
    from assistant.web.page import Page

Updates = dict[Any, Any]
LOG = logging.getLogger("isnad.web")
COOKIE = "isnad-language"
LINGER = 50  # tenths of a second


def spoken(call: Callable[..., Updates]) -> Callable[..., Updates]:
    """The callback, with what it raises said to the visitor; what nobody foresaw goes to the log, without its text."""

    @functools.wraps(call)
    def said(self: Callbacks, *values: Any) -> Updates:
        try:
            return call(self, *values)
        except IsnadError as error:
            return {self.page.bridge: beside.told(toast=str(error))}
        except Exception as error:
            LOG.error("%s failed: %s", call.__name__, type(error).__name__)
            return {self.page.bridge: beside.told(toast=f"{type(error).__name__}")}

    return said


class Callbacks:
    """The callbacks of one page over one desk."""

    def __init__(self, desk: Desk, page: Page) -> None:
        self.desk, self.page = desk, page

    # --- asking ---

    async def ask(
        self,
        asked: str,
        replaces: int,
        language: Language,
        conversation: str,
        since: str,
        until: str,
        languages: Sequence[str],
        publishers: Sequence[str],
        request: gr.Request,
    ) -> AsyncGenerator[Updates, None]:
        """The question in the box, or its other wording."""
        page, desk, words = self.page, self.desk, WORDS[language]
        try:
            if refusal := desk.admit(desk.visitor(request), asked):
                yield {page.bridge: beside.told(toast=getattr(words, refusal))}
                return
            filters = talking.narrowed(since, until, languages, publishers)
            owner = desk.owner(request)
            if not conversation or not await run_sync(desk.conversations.turns, conversation, owner):
                conversation, replaces = await run_sync(desk.conversations.begin, owner), 0
            yield {
                page.bridge: beside.told(conversation=conversation),
                page.conversation: conversation,
                page.box: "",
                page.editing: "",
                page.replaces: 0,
                **self._busy(True),
            }
            async for messages in talking.answered(
                desk,
                request,
                asked.strip(),
                conversation=conversation,
                replaces=replaces,
                filters=filters,
                language=language,
            ):
                yield {page.bridge: gr.skip()} if messages is None else {page.chat: messages}
            around = await run_sync(self._around, language, owner, conversation)
            yield {**self._busy(False), **around, page.bridge: beside.told(conversation=conversation)}
        except IsnadError as error:
            yield {**self._busy(False), page.bridge: beside.told(toast=str(error))}
        except Exception as error:
            LOG.error("ask failed: %s", type(error).__name__)
            yield {**self._busy(False), page.bridge: beside.told(toast=words.failed.format(why=type(error).__name__))}

    async def again(
        self,
        language: Language,
        conversation: str,
        since: str,
        until: str,
        languages: Sequence[str],
        publishers: Sequence[str],
        request: gr.Request,
        event: gr.EventData,
    ) -> AsyncGenerator[Updates, None]:
        """A question that was asked, once more."""
        number, question = self._turn(conversation, self.desk.owner(request), event)
        if not question:
            yield {self.page.bridge: beside.told(toast=WORDS[language].not_yours)}
            return
        narrowing = (since, until, languages, publishers)
        async for updates in self.ask(question, number, language, conversation, *narrowing, request):
            updates.pop(self.page.box, None)
            yield updates

    async def stopped(self, language: Language, conversation: str, request: gr.Request) -> Updates:
        """After a stop: what was written so far stands in the chat. The stopped answer is kept a moment later, so wait for it."""
        owner, desk = self.desk.owner(request), self.desk
        for _ in range(LINGER):
            if conversation not in desk.underway:
                break
            await asyncio.sleep(0.1)
        turns = await run_sync(desk.conversations.turns, conversation, owner)
        chat = await run_sync(talking.chat, desk, turns, language)
        around = await run_sync(self._around, language, owner, conversation)
        return {self.page.chat: chat, **around, **self._busy(False)}

    @spoken
    def edit(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        """An earlier question comes into the box."""
        page = self.page
        number, question = self._turn(conversation, self.desk.owner(request), event)
        if not question:
            raise NotFound(WORDS[language].not_yours)
        note = markup.notice(WORDS[language].editing)
        return {page.box: question, page.replaces: number, page.editing: note, page.bridge: beside.told(focus="box")}

    @spoken
    def judge(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        """What a reader says of an answer: good, wrong citation, missing, wrong fact."""
        kind, number = str(_value(event, "kind")).replace("_", " "), _number(_value(event, "number"))
        if kind in get_args(Kind):
            self.desk.conversations.feedback(conversation, self.desk.owner(request), number, kind)  # type: ignore[arg-type]
        return {self.page.bridge: beside.told(toast=WORDS[language].thanks)}

    # --- articles ---

    @spoken
    def open_article(self, language: Language, event: gr.EventData) -> Updates:
        """The article of a place, FILE_ID or FILE_ID:START-END, beside the chat."""
        return {self.page.panel: self._panel(language, str(_value(event, "place"))), self.page.bridge: gr.skip()}

    @spoken
    def browse(self, query: str, language: Language, request: gr.Request) -> Updates:
        return self._shelves(language, self.desk.owner(request), query)

    def upload(self, files: Sequence[str] | None, language: Language, request: gr.Request) -> Iterator[Updates]:
        """Files into the store: progress, then what became of each."""
        page, words, owner = self.page, WORDS[language], self.desk.owner(request)
        paths = [Path(one) for one in files or ()]
        names = [one.name for one in paths]
        shown = markup.reading(names, words)
        yield {page.report: shown}
        for step in _watched(lambda progress: self.desk.add(paths, owner, progress)):
            if isinstance(step, SyncReport):
                shown = markup.report(step, words)
            elif isinstance(step, IsnadError):
                shown = markup.notice(str(step), "wrong")
            elif isinstance(step, Exception):
                LOG.error("upload failed: %s", type(step).__name__)
                shown = markup.notice(words.failed.format(why=type(step).__name__), "wrong")
            else:
                shown = markup.reading(names, words, *step)
            yield {page.report: shown}
        yield {page.state: beside.state(self.desk, words), **self._shelves(language, owner)}

    @spoken
    def remove(self, language: Language, request: gr.Request, event: gr.EventData) -> Updates:
        """One of the visitor's own uploads goes."""
        owner, file_id, words = self.desk.owner(request), str(_value(event, "id")), WORDS[language]
        self.desk.remove_upload(owner, file_id)
        told = beside.told(toast=words.removed.format(file=file_id))
        lists = self._shelves(language, owner)
        return {**lists, self.page.report: "", self.page.state: beside.state(self.desk, words), self.page.bridge: told}

    @spoken
    def narrow(
        self, language: Language, since: str, until: str, languages: Sequence[str], publishers: Sequence[str]
    ) -> Updates:
        """How many filters are set, where it can be seen while they are folded away."""
        count = sum(map(bool, (since, until, languages, publishers)))
        words = WORDS[language]
        return {self.page.filters: gr.update(label=f"{words.filters} ({count})" if count else words.filters)}

    def clear(self) -> list[Any]:
        """No filter."""
        return ["", "", [], []]

    # --- conversations ---

    @spoken
    def arrive(self, request: gr.Request) -> Updates:
        """The page as the address says: `c` a conversation, `s` a shared one, `a` a place in an article, `lang` the language."""
        asked, owner, page = request.query_params, self.desk.owner(request), self.page
        language = chosen(asked.get("lang") or request.cookies.get(COOKIE), request.headers.get("accept-language"))
        shown = self._shown(language, owner, asked.get("c", ""))
        if token := asked.get("s"):
            shown |= self._shared(language, token)
        if place := asked.get("a"):
            shown[page.panel] = self._panel(language, place)
        shown |= {**page.labels(language), **self._shelves(language, owner), page.language: language}
        facts = {"conversation": asked.get("c", "") if shown[page.conversation] else "", **self._speaking(language)}
        return {**shown, page.bridge: beside.told(**facts, arrived=True)}

    @spoken
    def switch(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        """The other language."""
        language = "en" if _value(event, "language") == "en" else "ar"
        owner = self.desk.owner(request)
        shown = self._shown(language, owner, conversation)
        shown |= {**self.page.labels(language), **self._shelves(language, owner), self.page.panel: ""}
        return {**shown, self.page.bridge: beside.told(**self._speaking(language))}

    @spoken
    def open_conversation(self, language: Language, request: gr.Request, event: gr.EventData) -> Updates:
        return self._shown(language, self.desk.owner(request), str(_value(event, "id")))

    @spoken
    def new(self, language: Language, request: gr.Request) -> Updates:
        return self._shown(language, self.desk.owner(request), "")

    @spoken
    def search(self, query: str, language: Language, conversation: str, request: gr.Request) -> Updates:
        return self._around(language, self.desk.owner(request), conversation, query)

    @spoken
    def rename(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        owner = self.desk.owner(request)
        self.desk.conversations.rename(str(_value(event, "id")), owner, str(_value(event, "title")))
        return self._around(language, owner, conversation)

    @spoken
    def delete(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        owner, one = self.desk.owner(request), str(_value(event, "id"))
        self.desk.conversations.delete(one, owner)
        if one == conversation:
            return self._shown(language, owner, "")
        return self._around(language, owner, conversation)

    @spoken
    def export(self, language: Language, conversation: str, request: gr.Request, event: gr.EventData) -> Updates:
        """The conversation as a file, Markdown or JSON, with its sources."""
        form: Literal["md", "json"] = "json" if _value(event, "form") == "json" else "md"
        text = self.desk.conversations.exported(conversation, self.desk.owner(request), form)
        return {self.page.bridge: beside.told(download={"name": f"isnad.{form}", "text": text})}

    @spoken
    def share(self, language: Language, conversation: str, request: gr.Request) -> Updates:
        """A link to the conversation for others, who may read it only."""
        token = self.desk.conversations.shared(conversation, self.desk.owner(request))
        return {self.page.bridge: beside.told(copy=f"?s={token}", toast=WORDS[language].shared)}

    # --- beneath ---

    def _turn(self, conversation: str, owner: str, event: gr.EventData) -> tuple[int, str]:
        """The number of the turn that an event names, and its question; "" where the visitor has no such turn."""
        number = _number(_value(event, "number"))
        turns = self.desk.conversations.turns(conversation, owner)
        return number, next((turn.question for turn in turns if turn.number == number), "")

    def _panel(self, language: Language, place: str) -> str:
        words = WORDS[language]
        try:
            ledger = Ledger.open(self.desk.store)
            try:
                article, span = ledger.place(place)
            finally:
                ledger.close()
        except NotFound:
            known = self.desk.articles([re.sub(r":\d+-\d+$", "", place)])
            return panel.absent(words.no_place if known else words.no_article, words)
        return panel.shown(article, span, words, shelf.copies(self.desk.store, [article.id]).get(article.id, ()))

    def _shown(self, language: Language, owner: str, conversation: str) -> Updates:
        """A conversation in the chat, in the list and in the address; "" is an empty one."""
        turns = self.desk.conversations.turns(conversation, owner) if conversation else ()
        found, page = conversation if turns else "", self.page
        return {
            page.chat: self._chat(language, talking.chat(self.desk, turns, language)),
            page.conversation: found,
            page.replaces: 0,
            page.editing: "",
            page.bridge: beside.told(conversation=found),
            **self._around(language, owner, found),
        }

    def _shared(self, language: Language, token: str) -> Updates:
        turns = self.desk.conversations.opened(token)
        said = WORDS[language].shared_view if turns else WORDS[language].not_yours
        chat = talking.chat(self.desk, turns, language, own=False)
        return {self.page.chat: self._chat(language, chat), self.page.editing: markup.notice(said)}

    def _chat(self, language: Language, messages: Sequence[talking.Message]) -> Any:
        return gr.update(value=list(messages), placeholder=beside.welcome(self.desk, WORDS[language]))

    def _around(self, language: Language, owner: str, conversation: str, query: str = "") -> Updates:
        words = WORDS[language]
        listed = beside.conversations(self.desk, owner, words, conversation, query)
        return {self.page.listed: listed, self.page.state: beside.state(self.desk, words)}

    def _shelves(self, language: Language, owner: str, query: str = "") -> Updates:
        words = WORDS[language]
        shown = beside.articles(self.desk, words, query)
        return {self.page.shelf: shown, self.page.mine: beside.own(self.desk, owner, words)}

    def _speaking(self, language: Language) -> dict[str, Any]:
        words = WORDS[language]
        own = {name: getattr(words, name) for name in ("copied", "rename", "delete", "delete_sure")}
        return {"language": language, "direction": words.direction, "words": own}

    def _busy(self, busy: bool) -> Updates:
        return {self.page.send: gr.update(visible=not busy), self.page.stop: gr.update(visible=busy)}


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


def _value(event: gr.EventData, name: str) -> object:
    """What page.js sent along; None where it did not."""
    data = event._data
    return data.get(name) if isinstance(data, dict) else None


def _number(value: object) -> int:
    """A turn's number; 0, which no turn has, where it is none."""
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else 0
