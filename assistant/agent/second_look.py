"""Look again: a model reads what was found and calls tools for what is missing.

Within one deadline and one budget.

Whatever fails leaves what is known: the steps that were made count, and the answer says why there were no more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import prompts
from assistant.agent.tools import TOGETHER, Toolbox, tool_lines, tool_schemas
from assistant.chat_model import Message, Model, Prices, usage_of, with_token_counts
from assistant.effort import EffortBounds
from assistant.generators import run_to_completion
from assistant.models import Plan, Step, StepPiece, Usage
from assistant.prompt_context import boundary, one_line, plain
from assistant.query.plan import Archive
from index.errors import IsnadError, ProviderDown
from index.messages.reason import Reason
from index.model_api import CancelScope, Reply
from index.model_api.cancellation import BackgroundStream, DeadlineExceeded, StreamEnded
from index.models import Filters, Hit, Value
from index.search.retriever import Retriever

PUBLISHERS = 40  # that are listed in the request
REPLY = 400  # tokens that a reply is expected to take


class LookRequest(Value, frozen=True, kw_only=True):
    """What a second look begins with.

    `answer`: the refusal that it follows, "" where no answer was written yet.
    """

    question: str
    plan: Plan
    archive: Archive
    today: date
    hits: tuple[Hit, ...]
    searched: tuple[str, ...] = ()
    filters: Filters = Filters()
    answer: str = ""


class Look(Value, frozen=True, kw_only=True):
    """What a second look found.

    The passages that the model keeps, and those of each call.
    """

    kept: tuple[Hit, ...]
    groups: tuple[tuple[Hit, ...], ...]
    steps: tuple[Step, ...]
    usage: Usage
    failure: Reason | None = None


class _ReaderLeft(Exception):
    """Nobody waits for the second look any more."""


@contextmanager
def _as_an_error() -> Iterator[None]:
    """Raise a GeneratorExit, by which our streams end.

    As an exception that an event loop can carry.
    """
    try:
        yield
    except GeneratorExit:
        raise _ReaderLeft from None


class SecondLook:
    """A second look under way."""

    def __init__(
        self, request: LookRequest, retriever: Retriever, model: Model, bounds: EffortBounds,
        count: Callable[[str], int], prices: Prices,
    ) -> None:  # fmt: skip
        self._request, self._bounds, self._count, self._prices = request, bounds, count, prices
        self._model = model.with_tools(tool_schemas()) if hasattr(model, "with_tools") else model
        self._scope, self._replies = CancelScope(), list[Reply]()
        self._stream = BackgroundStream(self._work)
        self._toolbox = Toolbox(
            retriever, request.archive, request.filters, request.hits, bounds.steps, self._hand_over
        )
        self._keep: list[str] = []
        self._unanswered: Reply | None = None  # a request that was sent and not answered
        self._boundary = boundary(request.question, *self._toolbox.listed)
        self._messages = self._rendered(retriever.publishers())

    def run(self) -> Generator[StepPiece, None, Look]:
        """Yield each step as it is made, and return what was found."""
        failure, until = None, time.monotonic() + self._bounds.look_seconds
        try:
            with self._stream:
                while True:
                    yield StepPiece(self._stream.get(until - time.monotonic()))
        except StreamEnded:
            pass
        except DeadlineExceeded:
            late = ProviderDown("side_request.late", seconds=round(self._bounds.look_seconds))
            failure = Reason.of("side_request.look", error=late)
        except IsnadError as error:
            failure = Reason.of("side_request.look", error=Reason.from_error(error))
        except Exception as error:  # of the agent's library: an answer goes on without it
            failure = Reason.of("side_request.look", error=type(error).__name__)
        finally:
            self._scope.cancel()
        toolbox = self._toolbox
        return Look(
            kept=toolbox.kept(self._keep),
            groups=tuple(toolbox.groups),
            steps=tuple(toolbox.steps),
            usage=usage_of([*self._replies, *filter(None, [self._unanswered])], self._prices),
            failure=failure,
        )

    def _work(self, output: BackgroundStream) -> None:
        from assistant.agent.workflow import run_agent

        with self._scope.active():
            self._keep = run_agent(self._messages, self._ask, self._toolbox, self._boundary)

    def _hand_over(self, step: Step) -> None:
        with _as_an_error():
            self._stream.put(step)

    def _ask(self, messages: list[Message]) -> str:
        """Return the model's reply; "" where its tokens would pass the bound."""
        spent = sum((reply.tokens_in or 0) + (reply.tokens_out or 0) for reply in self._replies)
        asked = sum(self._count(message["content"]) for message in messages)
        if spent + asked + REPLY > self._bounds.look_tokens:
            return ""
        self._unanswered = Reply(text="", tokens_in=asked, tokens_out=0)
        with _as_an_error():
            self._scope.raise_if_cancelled()
            reply: Reply = run_to_completion(self._model.reply(messages))
        self._unanswered = None
        self._replies.append(with_token_counts(reply, messages, self._count))
        return reply.text

    def _rendered(self, publishers: Sequence[str]) -> Sequence[Message]:
        request, archive = self._request, self._request.archive
        days = request.plan.days
        return prompts.render(
            "look",
            question=plain(request.question),
            kind=request.plan.kind,
            searched=[plain(text) for text in request.searched],
            days=f"{days.since or ''} to {days.until or ''}" if days else None,
            answer=one_line(request.answer, 400) or None,
            today=archive.reference_day(request.today).isoformat(),
            first_day=archive.oldest.isoformat() if archive.oldest else None,
            last_day=archive.newest.isoformat() if archive.newest else None,
            publishers=[one_line(name, 80) for name in sorted(publishers)[:PUBLISHERS]],
            calls=self._bounds.steps,
            together=TOGETHER,
            boundary=self._boundary,
            found=self._toolbox.listed,
            tools=tool_lines(),
        ).messages
