"""Build the page: its parts, joined to stateless callbacks."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from assistant.web.callbacks import Callbacks
from assistant.web.gradio_setup import gr
from assistant.web.page_parts import Page
from assistant.web.question_callbacks import Questions
from assistant.web.service import AnswerService

HERE = Path(__file__).parent
FONTS = ["Noto Naskh Arabic", "Segoe UI", "Tahoma", "system-ui", "sans-serif"]  # of the system; nothing is loaded
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
AT_ONCE: dict[str, Any] = {**PRIVATE, "queue": False}


def dressing() -> dict[str, Any]:
    """Return the looks and behaviour of the page for `gradio.mount_gradio_app`."""
    # In the head, not as `css`: Gradio puts its own container before each rule, which breaks those for the body.
    style, script = ((HERE / name).read_text("utf-8") for name in ("page.css", "page.js"))
    return {
        "head": f"<style>{style}</style><script>{script}</script>",
        "theme": gr.themes.Base(font=FONTS, font_mono=["ui-monospace", "monospace"], primary_hue="teal"),
        "footer_links": [],
        "run_history": False,
    }


def build(service: AnswerService) -> gr.Blocks:
    """Return the page of a service; mount it with `dressing()`."""
    with gr.Blocks(title="Isnad · إسناد", fill_width=True, analytics_enabled=False, delete_cache=(3600, 3600)) as made:
        blocks: gr.Blocks = made
        page = Page(service)
        showing = functools.partial(_shown_conversation, blocks, page)
        join_questions(page, Questions(service, page, showing))
        join(blocks, page, Callbacks(service, page))
    return blocks


def join_questions(page: Page, call: Questions) -> None:
    """Join the callbacks of asking.

    A question is taken at once and answered when its turn comes in the queue.

    Each part that an event may change costs with each piece of text, so the answer is an event of its own.
    """
    here = [page.language, page.conversation]
    form = {*here, *page.filter_parts, page.effort}
    asked = [page.bridge, page.conversation, page.asked, page.chat, page.box]
    asked += [page.editing, page.replaces, page.send, page.stop]
    around = [page.listed, page.state, page.send, page.stop]
    queued: dict[str, Any] = {
        **PRIVATE,
        "concurrency_limit": page.service.limits.at_once,
        "concurrency_id": "asking",
        "trigger_mode": "multiple",
    }
    new = gr.on([page.box.submit, page.send.click], call.ask, {*form, page.box, page.replaces}, asked, **AT_ONCE)
    again = page.events.ask_again(call.again, form, asked, **AT_ONCE)
    answers = [event.then(call.write, [page.asked, *here], [page.chat, page.asked], **queued) for event in (new, again)]
    for answer in answers:
        answer.then(call.finish, here, [*around, page.bridge], **AT_ONCE)
    stopping = page.stop.click(None, None, None, cancels=answers, **AT_ONCE)
    stopping.then(call.stopped, [page.asked, *here], [page.chat, page.asked, *around], **AT_ONCE)
    editing = [page.box, page.replaces, page.editing, page.bridge]
    page.events.edit_question(call.edit, here, editing, **AT_ONCE)
    page.events.rate_answer(call.rate, here, [page.bridge], **AT_ONCE)


def join(blocks: gr.Blocks, page: Page, call: Callbacks) -> None:
    """Join all other callbacks; each answers at once."""
    here = [page.language, page.conversation]
    lists = [page.listed, page.state]
    shelves = [page.shelf, page.mine]
    talk = [page.chat, page.conversation, page.replaces, page.editing, page.bridge, page.send, page.stop, *lists]
    uploads = [page.report, *shelves, page.state, page.bridge]
    everything = list(dict.fromkeys([*page.labelled(), *talk, *shelves]))
    events = page.events
    blocks.load(call.arrive, None, everything, **AT_ONCE)
    events.open_conversation(call.open_conversation, [page.language], talk, **AT_ONCE)
    events.rename_conversation(call.rename, here, [*lists, page.bridge], **AT_ONCE)
    events.delete_conversation(call.delete, here, talk, **AT_ONCE)
    events.export_conversation(call.export, here, [page.bridge], **AT_ONCE)
    events.share_conversation(call.share, here, [page.bridge], **AT_ONCE)
    events.remove_upload(call.remove, [page.language], uploads, **AT_ONCE)
    events.switch_language(call.switch, here, everything, **AT_ONCE)
    page.new.click(call.new, [page.language], talk, **AT_ONCE)
    # `change`: Gradio's `input` misses what is pasted or composed.
    typed: dict[str, Any] = {**AT_ONCE, "trigger_mode": "always_last"}
    page.search.change(call.search, [page.search, *here], lists, **typed)
    page.browse.change(call.browse, [page.browse, page.language], shelves, **typed)
    page.add.upload(call.upload, [page.add, page.language], uploads, **PRIVATE)
    narrowed = [page.filters, page.only]
    form = {page.language, *page.filter_parts}
    fields = [part for part in page.filter_parts if part is not page.files]
    page.clear.click(call.clear, [page.language], [*page.filter_parts, *narrowed], **AT_ONCE)
    gr.on([field.change for field in fields], call.narrow, form, narrowed, **typed)
    events.keep_to_article(call.keep_to, form, [page.files, *narrowed, page.bridge], **AT_ONCE)


def _shown_conversation(blocks: gr.Blocks, page: Page, request: gr.Request) -> str:
    """Return the conversation that the page of a request shows now."""
    return str(blocks.state_holder[str(request.session_hash)][page.conversation._id])
