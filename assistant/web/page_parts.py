"""Build the parts of the page and update their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.models import Effort
from assistant.web import article_browser, sidebar
from assistant.web.gradio_setup import gr
from assistant.web.service import AnswerService
from assistant.web.words import ARABIC, LANGUAGES, WORDS, Language, Words
from index.models import Value

Form = Mapping[Any, Any]  # the parts that an event hands in, with their values


class FilterFields(Value, frozen=True, kw_only=True):
    """Which articles may answer, as a visitor typed it."""

    since: str = ""
    until: str = ""
    languages: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many of the fields are set."""
        return sum(map(bool, (self.since, self.until, self.languages, self.publishers, self.files)))


class BridgeEvents:
    """The events that page.js sends, by what they ask for.

    A `gr.HTML` knows a fixed list of event names; each of them stands here for one request, as in `EVENTS` of page.js.
    """

    def __init__(self, bridge: gr.HTML) -> None:
        self.ask_again = bridge.retry
        self.edit_question = bridge.edit
        self.rate_answer = bridge.like
        self.open_conversation = bridge.option_select
        self.rename_conversation = bridge.submit
        self.delete_conversation = bridge.delete
        self.export_conversation = bridge.download
        self.share_conversation = bridge.copy
        self.remove_upload = bridge.undo
        self.switch_language = bridge.apply
        self.keep_to_article = bridge.select


class Page:
    """The parts of the page by name, and its words."""

    def __init__(self, service: AnswerService) -> None:
        self.service = service
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
        self.events = BridgeEvents(self.bridge)

    def _side(self) -> None:
        self.brand = gr.HTML(sidebar.brand(ARABIC), elem_id="brand", apply_default_css=False)
        self.new = gr.Button(ARABIC.new, elem_id="new", variant="primary")
        with gr.Accordion(ARABIC.conversations, open=True, elem_id="conversations") as self.earlier:
            self.search = gr.Textbox(elem_id="search", max_length=200, max_lines=1, container=False)
            self.listed = gr.HTML("", elem_id="listed", apply_default_css=False)
        with gr.Accordion(ARABIC.articles, open=False, elem_id="articles") as self.articles:
            with gr.Column(visible=self.service.may_upload, elem_id="uploading"):
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
                self.effort = gr.Radio(
                    elem_id="effort",
                    choices=_efforts(ARABIC),
                    value=self.service.settings.effort,
                    visible=self.service.settings.has_model,
                )
                self.clear = gr.Button(ARABIC.clear_filters, elem_id="clear", size="sm")
            self.goes = gr.HTML("", elem_id="goes", apply_default_css=False)

    # --- what a visitor has set ---

    @property
    def filter_parts(self) -> list[Any]:
        """The parts that say which articles may answer."""
        return [self.since, self.until, self.languages, self.publishers, self.files]

    def read_filters(self, form: Form) -> FilterFields:
        """Return the values of `filter_parts` in a form."""
        return FilterFields(
            since=form[self.since],
            until=form[self.until],
            languages=tuple(form[self.languages] or ()),
            publishers=tuple(form[self.publishers] or ()),
            files=tuple(form[self.files] or ()),
        )

    # --- what the page says in one language ---

    def labels(self, language: Language) -> dict[Any, Any]:
        """Every word of the page itself, as updates of its parts."""
        words, status = WORDS[language], self.service.status()
        known = [
            (LANGUAGES.get(language_code, language_code), language_code)
            for language_code in status["languages"]
            if language_code != "unknown"
        ]
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
            self.takes: sidebar.taking(self.service, words),
            self.box: gr.update(placeholder=words.ask_hint, label=words.ask),
            self.send: gr.update(value=words.send),
            self.stop: gr.update(value=words.stop),
            self.filters: gr.update(label=words.filters),
            self.since: gr.update(label=words.since),
            self.until: gr.update(label=words.until),
            self.languages: gr.update(label=words.languages, choices=known),
            self.publishers: gr.update(
                label=words.publishers, choices=list(article_browser.publishers(self.service.store))
            ),
            self.effort: gr.update(label=words.effort, choices=_efforts(words)),
            self.clear: gr.update(value=words.clear_filters),
            self.goes: sidebar.goes(self.service, words),
            self.state: sidebar.state(self.service, words),
        }

    def busy(self, busy: bool) -> dict[Any, Any]:
        """Show the button that stops while an answer is written, else the one that sends."""
        return {self.send: gr.update(visible=not busy), self.stop: gr.update(visible=busy)}

    def around(self, language: Language, owner: str, conversation: str, query: str = "") -> dict[Any, Any]:
        """Update the owner's conversations, this one marked, and the service's state."""
        words = WORDS[language]
        listed = sidebar.conversations(self.service, owner, words, conversation, query)
        return {self.listed: listed, self.state: sidebar.state(self.service, words)}

    def labelled(self) -> list[Any]:
        """Return the parts that `labels` updates."""
        return list(self.labels("ar"))


def _efforts(words: Words) -> list[tuple[str, Effort]]:
    return [(words.effort_quick, "quick"), (words.effort_normal, "normal"), (words.effort_thorough, "thorough")]
