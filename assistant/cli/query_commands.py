"""Provide the commands search, ask, chat, verify and check."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli.options import OptionError
from assistant.cli.output import emit, notify, numbered, records
from index.errors import UsageError

if TYPE_CHECKING:
    from assistant.agent.tools import Repeated
    from assistant.chat_model import Model
    from assistant.models import Answer
    from assistant.settings import Settings
    from index.messages.reason import Reason
    from index.models import Filters, Hit


def search(options: argparse.Namespace) -> int:
    """Print the passages for a question, best first."""
    from assistant.api import Assistant
    from assistant.rendering import plain_text

    filters = narrowed(options)
    with Assistant.open(options.store) as assistant:

        def hits_of(question: str) -> Sequence[Hit]:
            hits = assistant.search(question, limit=options.limit, filters=filters, per_article=options.per_article)
            if not hits and not options.batch:
                notify("cli.nothing_found", why=_why_nothing(options.store, filters))
            return hits

        def find(question: str) -> dict[str, Any]:
            records = [(hit, plain_text.hit_record(hit)) for hit in hits_of(question)]
            if options.neighbours:
                records = [
                    (hit, record | {"neighbours": assistant.neighbours(hit, options.neighbours)})
                    for hit, record in records
                ]
            return {"hits": [record for _, record in records]}

        if _batched(options):
            return _batch(options.batch, find)
        if options.json:
            return emit(find(_question(options)))
        if hits := hits_of(_question(options)):
            print(plain_text.hits_text(hits))
    return 0


def ask(options: argparse.Namespace) -> int:
    """Print a cited answer, or a refusal with the closest passages."""
    import msgspec

    from assistant import container, pipeline
    from assistant.api import Assistant
    from assistant.rendering import plain_text

    if options.markdown and (options.json or options.batch):
        raise OptionError("cli.markdown_and_json")
    settings, filters = _settings(options), narrowed(options)
    plan: pipeline.PlanOption = None if options.no_plan else "auto"
    model = container.budgeted_model(settings, options.max_cost) if options.max_cost is not None else None
    with Assistant.open(options.store, settings=settings, model=model) as assistant:
        if settings.destination:
            notify("cli.passages_sent", destination=settings.destination)

        def reply(question: str) -> dict[str, Any]:
            record: dict[str, Any] = msgspec.to_builtins(assistant.ask(question, filters=filters, plan=plan))
            return record

        if _batched(options):
            return _batch(options.batch, reply)
        if options.json:
            return emit(reply(_question(options)))
        streaming = assistant.stream(_question(options), filters=filters, plan=plan)
        if options.markdown:
            print(streaming.answer.to_markdown(), end="")
            return 0
        answer = _show(streaming, options.stream and settings.policy == "show")
        if options.quotes and (quotes := plain_text.quotes_text(answer)):
            print(f"\n{quotes}")
    return 0


def _show(streaming: Generator[str, None, Answer], live: bool) -> Answer:
    """Print an answer and return it; `live` prints the text as it comes.

    Sources and notes follow the text. Without `live` everything is printed at the end.
    """
    from assistant.models import StepPiece
    from assistant.rendering import plain_text
    from assistant.rendering.step_text import step_line

    text = ""
    while True:
        try:
            text += (piece := next(streaming))
            if isinstance(piece, StepPiece):
                print(plain_text.plain(step_line(piece.step)), file=sys.stderr, flush=True)
        except StopIteration as done:
            answer: Answer = done.value
            break
        if live:
            print(plain_text.plain(piece), end="", flush=True)
    print(plain_text.after_text(answer) if live and text == answer.text else plain_text.answer_text(answer))
    return answer


def chat(options: argparse.Namespace) -> int:
    """Open the chat page in the browser, until Ctrl-C."""
    from assistant.web.chat_command import chat as serve

    return serve(options, _settings(options))


def verify(options: argparse.Namespace) -> int:
    """Check whether the articles still say what a kept answer (`ask --json`) says."""
    import msgspec

    from assistant import container
    from assistant.models import Answer
    from assistant.rendering import plain_text
    from assistant.rendering.step_text import repeated_line
    from assistant.revalidation import verified
    from assistant.settings import Settings
    from index.store.ledger import Ledger

    try:
        answer = msgspec.json.decode(b"".join(line for _, line in numbered(options.answer)), type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError("cli.not_an_answer", path=options.answer, error=error) from error
    settings = Settings.load()
    judge = _judge(options, settings)
    citations = verified(answer, Ledger.open(options.store), container.entailment_model(settings), judge)
    steps = _repeated(answer, options.store, settings) if answer.steps else []
    sound = all(match.state in ("verbatim", "moved") for match in citations)
    if options.json:
        emit({"holds": sound, "citations": citations, "steps": steps})
    else:
        print(plain_text.verified_text(citations))
        for repeated in steps:
            print(plain_text.plain(repeated_line(repeated)))
    return 0 if sound else 1


def _repeated(answer: Answer, store: Path, settings: Settings) -> list[Repeated]:
    """Make the steps of an answer's second look again, without a model."""
    from assistant import container
    from assistant.agent.tools import repeat

    with closing(container.open_retriever(store, settings, container.choose_embedder(settings))) as retriever:
        return [repeat(step, retriever) for step in answer.steps]


def check(options: argparse.Namespace) -> int:
    """Check claims against texts; needs no store. Where a model is set it judges them, too."""
    from functools import partial

    from assistant import container
    from assistant.generative.verification import JUDGED_TOGETHER, checked_record, judged_claims
    from assistant.settings import Settings

    settings = Settings.load()
    checked = partial(checked_record, entailment=container.entailment_model(settings))
    model = container.judge_model(settings) if options.judge else _judge(options, settings)
    if model is None:
        return records(options.batch, checked)
    notify("cli.claims_sent", destination=settings.destination)
    return records(options.batch, checked, lambda lines, rows: judged_claims(lines, rows, model), JUDGED_TOGETHER)


def _judge(options: argparse.Namespace, settings: Settings) -> Model | None:
    """Return the judge of answers; None where no model is set, or it is switched off."""
    from assistant import container

    unwanted = options.no_model or settings.judge == "off" or not settings.has_model
    return None if unwanted else container.judge_model(settings)


def _batch(path: Path, reply: Callable[[str], dict[str, Any]]) -> int:
    """Answer a file of `{"id","question"}` lines."""

    def answered(record: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(record.get("question"), str):
            raise UsageError("cli.bad_question_line")
        return reply(record["question"])

    return records(path, answered)


def _batched(options: argparse.Namespace) -> bool:
    """Whether a file of questions is given.

    A question beside it would be left unanswered.
    """
    if options.batch and options.question:
        raise OptionError("cli.question_and_batch")
    return bool(options.batch)


def _question(options: argparse.Namespace) -> str:
    """Return the words of the question as one line; `-` reads standard input."""
    if not options.question:
        raise UsageError("cli.no_question")
    if options.question == ["-"]:
        return sys.stdin.buffer.read().decode("utf-8", "surrogateescape").strip()
    return " ".join(options.question)


def _settings(options: argparse.Namespace) -> Settings:
    """Return the settings with what the command line gives."""
    from msgspec.structs import replace

    from assistant.settings import Settings
    from index.errors import UsageError

    settings = Settings.load()
    if policy := getattr(options, "policy", None):
        settings = replace(settings, policy=policy)
    if effort := getattr(options, "effort", None):
        settings = replace(settings, effort=effort)
    if getattr(options, "repair", False):
        settings = replace(settings, repair=True)
    if options.no_model:
        return replace(settings, base_url=None, key=None)
    if options.model and not settings.has_model:
        raise UsageError("settings.no_model_server", model=options.model)
    return replace(settings, model=options.model) if options.model else settings


def narrowed(options: argparse.Namespace) -> Filters:
    """Return the filters asked for; raise NotFound for an unknown file id."""
    from index.models import Filters
    from index.store.ledger import Ledger

    if options.since and options.until and options.since > options.until:
        raise OptionError("cli.from_after_to", since=options.since, until=options.until)
    filters = Filters(
        since=options.since,
        until=options.until,
        languages=tuple(options.lang),
        publishers=tuple(options.publisher),
        file_ids=tuple(options.file),
    )
    if filters.file_ids:
        with closing(Ledger.open(options.store)) as ledger:
            for item_id in filters.file_ids:
                ledger.article(item_id)
    return filters


def _why_nothing(store: Path, filters: Filters) -> Reason:
    from assistant.query.filters import none_passes
    from index.messages.reason import Reason
    from index.store.ledger import Ledger

    with closing(Ledger.open(store)) as ledger:
        if filters and not ledger.matching(filters):
            return none_passes(filters)
    return Reason("cli.try_other_words")
