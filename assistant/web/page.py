"""The page: its parts and what each of them calls. The callbacks have no state of their own; they ask the desk."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # gradio reads it when it is imported
import gradio as gr

from assistant.web import article_browser, sidebar
from assistant.web.callbacks import Callbacks
from assistant.web.question_callbacks import Questions
from assistant.web.service import Desk
from assistant.web.words import ARABIC, LANGUAGES, WORDS, Language

HERE = Path(__file__).parent
FONTS = ["Noto Naskh Arabic", "Segoe UI", "Tahoma", "system-ui", "sans-serif"]  # of the system; nothing is loaded
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
AT_ONCE: dict[str, Any] = {**PRIVATE, "queue": False}


def dressing() -> dict[str, Any]:
    """What `gradio.mount_gradio_app` needs beside the page: the looks and the behaviour."""
    # In the head, not as `css`: Gradio puts its own container before every rule of that, and so loses those that begin at the body.
    style, script = ((HERE / name).read_text("utf-8") for name in ("page.css", "page.js"))
    return {
        "head": f"<style>{style}</style><script>{script}</script>",
        "theme": gr.themes.Base(font=FONTS, font_mono=["ui-monospace", "monospace"], primary_hue="teal"),
        "footer_links": [],
        "run_history": False,
    }


class Page:
    """The parts of the page by name, and its words."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.language = gr.State("ar")
        self.conversation = gr.State("")
        self.replaces = gr.State(0)
        self.files = gr.State([])  # ids of the articles that alone are asked; none: all of them
        self.asked = gr.State(None)  # the question that waits for `Questions.write`, which takes it away
        with gr.Row(elem_id="shell"):
            with gr.Column(elem_id="side"):
                self._side()
            with gr.Column(elem_id="middle"):
                self._middle()
            with gr.Column(elem_id="beside"):
                gr.HTML(
                    "", elem_id="panel", apply_default_css=False, js_on_load="isnad.panel(element)"
                )  # filled by page.js
        self.bridge = gr.HTML("", elem_id="bridge", js_on_load="isnad.bridge(element, trigger, watch)")

    def _side(self) -> None:
        self.brand = gr.HTML(sidebar.brand(ARABIC), elem_id="brand", apply_default_css=False)
        self.new = gr.Button(ARABIC.new, elem_id="new", variant="primary")
        with gr.Accordion(ARABIC.conversations, open=True, elem_id="conversations") as self.earlier:
            self.search = gr.Textbox(elem_id="search", max_length=200, max_lines=1, container=False)
            self.listed = gr.HTML("", elem_id="listed", apply_default_css=False)
        with gr.Accordion(ARABIC.articles, open=False, elem_id="articles") as self.articles:
            with gr.Column(visible=self.desk.may_upload, elem_id="uploading"):
                self.add = gr.UploadButton(ARABIC.add, elem_id="add", file_count="multiple", size="sm")
                self.takes = gr.HTML("", elem_id="takes", apply_default_css=False)
                self.report = gr.HTML("", elem_id="report", apply_default_css=False)
                self.mine = gr.HTML("", elem_id="mine", apply_default_css=False)
            self.browse = gr.Textbox(elem_id="browse", max_length=200, max_lines=1, container=False)
            self.shelf = gr.HTML("", elem_id="shelf", apply_default_css=False)
        self.state = gr.HTML("", elem_id="state", apply_default_css=False)

    def _middle(self) -> None:
        self.top = gr.HTML(sidebar.top(ARABIC), elem_id="top", apply_default_css=False)
        self.chat = gr.Chatbot(
            elem_id="chat",
            label="Isnad",
            show_label=False,
            container=False,
            height="100%",
            layout="panel",
            buttons=[],
            feedback_options=None,
            allow_tags=False,
            latex_delimiters=[],
            group_consecutive_messages=False,
            line_breaks=False,
            autoscroll=False,
        )
        with gr.Column(elem_id="composer"):
            self.editing = gr.HTML("", elem_id="editing", apply_default_css=False)
            self.only = gr.HTML("", elem_id="only", apply_default_css=False)
            with gr.Row(elem_id="asking"):
                self.box = gr.Textbox(
                    elem_id="box", lines=1, max_lines=6, max_length=100_000, container=False, autofocus=True, scale=1
                )
                self.send = gr.Button(ARABIC.send, elem_id="send", variant="primary", scale=0)
                self.stop = gr.Button(ARABIC.stop, elem_id="stop", visible=False, scale=0)
            self.filters = gr.Accordion(ARABIC.filters, open=False, elem_id="filters")
            with self.filters, gr.Column(elem_id="narrowing"):
                self.since = gr.Textbox(elem_id="since", max_lines=1, max_length=10)
                self.until = gr.Textbox(elem_id="until", max_lines=1, max_length=10)
                self.languages = gr.CheckboxGroup(elem_id="languages", choices=[])
                self.publishers = gr.Dropdown(elem_id="publishers", choices=[], multiselect=True)
                self.clear = gr.Button(ARABIC.clear_filters, elem_id="clear", size="sm")
            self.goes = gr.HTML("", elem_id="goes", apply_default_css=False)

    # --- what the page says in one language ---

    def labels(self, language: Language) -> dict[Any, Any]:
        """Every word of the page itself, as updates of its parts."""
        words, status = WORDS[language], self.desk.status()
        known = [(LANGUAGES.get(one, one), one) for one in status["languages"] if one != "unknown"]
        return {
            self.language: language,
            self.brand: sidebar.brand(words),
            self.top: sidebar.top(words),
            self.new: gr.update(value=words.new),
            self.earlier: gr.update(label=words.conversations),
            self.articles: gr.update(label=words.articles),
            self.search: gr.update(placeholder=words.conversations_search, label=words.conversations_search),
            self.browse: gr.update(placeholder=words.articles_search, label=words.articles_search),
            self.add: gr.update(label=words.add),
            self.takes: sidebar.taking(self.desk, words),
            self.box: gr.update(placeholder=words.ask_hint, label=words.ask),
            self.send: gr.update(value=words.send),
            self.stop: gr.update(value=words.stop),
            self.filters: gr.update(label=words.filters),
            self.since: gr.update(label=words.since),
            self.until: gr.update(label=words.until),
            self.languages: gr.update(label=words.languages, choices=known),
            self.publishers: gr.update(
                label=words.publishers, choices=list(article_browser.publishers(self.desk.store))
            ),
            self.clear: gr.update(value=words.clear_filters),
            self.goes: sidebar.goes(self.desk, words),
            self.state: sidebar.state(self.desk, words),
        }

    def busy(self, busy: bool) -> dict[Any, Any]:
        """Whether an answer is being written: the button that sends, or the one that stops."""
        return {self.send: gr.update(visible=not busy), self.stop: gr.update(visible=busy)}

    def around(self, language: Language, owner: str, conversation: str, query: str = "") -> dict[Any, Any]:
        """The owner's conversations, this one marked, and the state of the desk."""
        words = WORDS[language]
        listed = sidebar.conversations(self.desk, owner, words, conversation, query)
        return {self.listed: listed, self.state: sidebar.state(self.desk, words)}

    def labelled(self) -> list[Any]:
        """The parts that `labels` updates."""
        return list(self.labels("ar"))


def build(desk: Desk) -> gr.Blocks:
    """The page of a desk: its parts, joined to the callbacks. Mount it with `dressing()`."""
    with gr.Blocks(title="Isnad · إسناد", fill_width=True, analytics_enabled=False, delete_cache=(3600, 3600)) as made:
        blocks: gr.Blocks = made
        page = Page(desk)
        showing = functools.partial(_showing, blocks, page)
        asking(page, Questions(desk, page, showing))
        join(blocks, page, Callbacks(desk, page))
    return blocks


def filtering(page: Page) -> list[Any]:
    """The parts that say which articles may answer, in the order in which callbacks take them."""
    return [page.since, page.until, page.languages, page.publishers, page.files]


def asking(page: Page, call: Questions) -> None:
    """A question: asked at once, answered when its turn comes in the queue. What an event may change costs with each piece of text."""
    here = [page.language, page.conversation]
    narrowing = filtering(page)
    asked = [
        page.bridge,
        page.conversation,
        page.asked,
        page.chat,
        page.box,
        page.editing,
        page.replaces,
        page.send,
        page.stop,
    ]
    around = [page.listed, page.state, page.send, page.stop]
    queued: dict[str, Any] = {
        **PRIVATE,
        "concurrency_limit": page.desk.limits.at_once,
        "concurrency_id": "asking",
        "trigger_mode": "multiple",
    }
    new = gr.on(
        [page.box.submit, page.send.click],
        call.ask, [page.box, page.replaces, *here, *narrowing], asked, **AT_ONCE,
    )  # fmt: skip
    again = page.bridge.retry(call.again, [*here, *narrowing], asked, **AT_ONCE)
    writing = [one.then(call.write, [page.asked, *here], [page.chat, page.asked], **queued) for one in (new, again)]
    for one in writing:
        one.then(call.finish, here, [*around, page.bridge], **AT_ONCE)
    stopping = page.stop.click(None, None, None, cancels=writing, **AT_ONCE)
    stopping.then(call.stopped, [page.asked, *here], [page.chat, page.asked, *around], **AT_ONCE)
    page.bridge.edit(call.edit, here, [page.box, page.replaces, page.editing, page.bridge], **AT_ONCE)
    page.bridge.like(call.judge, here, [page.bridge], **AT_ONCE)


def join(blocks: gr.Blocks, page: Page, call: Callbacks) -> None:
    """Which part calls what, beside asking; all of it at once."""
    here = [page.language, page.conversation]
    lists = [page.listed, page.state]
    shelves = [page.shelf, page.mine]
    talk = [page.chat, page.conversation, page.replaces, page.editing, page.bridge, page.send, page.stop, *lists]
    narrowing = filtering(page)
    everything = list(dict.fromkeys([*page.labelled(), *talk, *shelves]))
    blocks.load(call.arrive, None, everything, **AT_ONCE)
    page.bridge.option_select(call.open_conversation, [page.language], talk, **AT_ONCE)
    page.bridge.submit(call.rename, here, [*lists, page.bridge], **AT_ONCE)
    page.bridge.delete(call.delete, here, talk, **AT_ONCE)
    page.bridge.download(call.export, here, [page.bridge], **AT_ONCE)
    page.bridge.copy(call.share, here, [page.bridge], **AT_ONCE)
    page.bridge.undo(call.remove, [page.language], [page.report, *shelves, page.state, page.bridge], **AT_ONCE)
    page.bridge.apply(call.switch, here, everything, **AT_ONCE)
    page.new.click(call.new, [page.language], talk, **AT_ONCE)
    typed: dict[str, Any] = {
        **AT_ONCE,
        "trigger_mode": "always_last",
    }  # `change`: Gradio's `input` misses what is pasted or composed
    page.search.change(call.search, [page.search, *here], lists, **typed)
    page.browse.change(call.browse, [page.browse, page.language], shelves, **typed)
    page.add.upload(call.upload, [page.add, page.language], [page.report, *shelves, page.state, page.bridge], **PRIVATE)
    page.clear.click(call.clear, [page.language], [*narrowing, page.filters, page.only], **AT_ONCE)
    gr.on(
        [one.change for one in narrowing if one is not page.files],
        call.narrow, [page.language, *narrowing], [page.filters, page.only], **typed,
    )  # fmt: skip
    kept = [page.files, page.filters, page.only, page.bridge]
    page.bridge.select(call.keep_to, [page.language, *narrowing], kept, **AT_ONCE)


def _showing(blocks: gr.Blocks, page: Page, request: gr.Request) -> str:
    """The conversation that the page of a request shows now."""
    return str(blocks.state_holder[str(request.session_hash)][page.conversation._id])
