"""Plan a question by a model, in a request that runs beside the first search.

And merge that with the plan by rules.

What the question says by the rules' reading wins: its days, its publishers, its kind. The model fills what they left
open, may widen their days, and only with what can be checked: days within the archive, publishers that it has. It also
gives other wordings and the translations, which would otherwise be a request of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta
from types import TracebackType
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import replace

import prompts
from assistant.chat_model import LANGUAGES, Message, Model, usage_of, with_token_counts
from assistant.generators import run_to_completion
from assistant.models import Days, Plan, PlanKind, Usage
from assistant.prompt_context import one_line, plain
from assistant.query.plan import Archive
from index.errors import ProviderDown, ProviderError
from index.language.normalize import folded
from index.model_api import CancelScope, Reply
from index.model_api.cancellation import BackgroundStream, DeadlineExceeded
from index.models import Value

PUBLISHERS = 60  # that are listed in the request
WORDINGS = 2
CHANGED = ("kind", "parts", "days", "publishers", "people", "places", "newest_first")  # what the model may fill

_Text = Annotated[str, Meta(min_length=1, max_length=300)]
_Texts = Annotated[list[_Text], Meta(max_length=8)]


class PlanReply(msgspec.Struct, forbid_unknown_fields=True):
    """What a model replies: the strict schema of the prompt `plan`."""

    kind: PlanKind = "fact"
    parts: _Texts = []
    since: date | None = None
    until: date | None = None
    publishers: _Texts = []
    people: _Texts = []
    places: _Texts = []
    newest_first: bool = False
    wordings: _Texts = []
    translations: Annotated[dict[str, _Text], Meta(max_length=30)] = {}


class ModelPlan(Value, frozen=True, kw_only=True):
    """A plan merged with that of a model, and what else is to be searched for.

    `translated`: the languages (ISO 639-1) that the question was translated into.
    """

    plan: Plan
    wordings: tuple[str, ...] = ()
    translations: tuple[str, ...] = ()
    translated: frozenset[str] = frozenset()


class PlanRequest:
    """A request for a plan, in a thread of its own while the `with` block lasts."""

    def __init__(
        self, question: str, archive: Archive, today: date, publishers: Sequence[str], languages: Sequence[str],
        *, model: Model, count: Callable[[str], int],
    ) -> None:  # fmt: skip
        self.archive, self.languages, self.publishers = archive, tuple(languages), tuple(publishers)
        self._question, self._model, self._count = question, model, count
        self._messages: Sequence[Message] = prompts.render(
            "plan",
            question=plain(question),
            today=archive.reference_day(today).isoformat(),
            first_day=archive.oldest.isoformat() if archive.oldest else None,
            last_day=archive.newest.isoformat() if archive.newest else None,
            publishers=[one_line(name, 80) for name in self.publishers[:PUBLISHERS]],
            languages=[{"code": code, "name": LANGUAGES.get(code, code)} for code in self.languages],
        ).messages
        self._scope = CancelScope()
        self._stream = BackgroundStream(self._ask)
        self.usage = Usage(requests=1, tokens_in=self._counted())  # of a reply that nobody waited for

    def __enter__(self) -> PlanRequest:
        self._began = time.monotonic()
        self._stream.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scope.cancel()
        self._stream.__exit__(kind, error, trace)

    def merged(self, rules: Plan, seconds: float) -> ModelPlan:
        """Return the plan by rules, completed by the model's.

        Wait at most until `seconds` after it was asked for.

        Raises ProviderError where no reply came in time or it is not of the schema, and what the model raises.
        """
        try:
            reply: Reply = self._stream.get(self._began + seconds - time.monotonic())
        except DeadlineExceeded:
            raise ProviderDown("side_request.late", seconds=round(seconds)) from None
        self.usage = usage_of([with_token_counts(reply, self._messages, self._count)])
        plan = merge_plans(rules, parsed := read_plan(reply.text), self.archive, self.publishers)
        texts = {code: plain(text) for code, text in parsed.translations.items() if code in self.languages}
        wordings = dict.fromkeys(plain(text) for text in parsed.wordings[:WORDINGS])
        return ModelPlan(
            plan=plan,
            wordings=tuple(text for text in wordings if folded(text) != folded(self._question) and text),
            translations=tuple(dict.fromkeys(filter(None, texts.values()))),
            translated=frozenset(code for code, text in texts.items() if text),
        )

    def _ask(self, output: BackgroundStream) -> None:
        with self._scope.active():
            output.put(run_to_completion(self._model.reply(self._messages)))

    def _counted(self) -> int:
        return sum(self._count(message["content"]) for message in self._messages)


def read_plan(text: str) -> PlanReply:
    """Read the reply of a model.

    Raise ProviderError for anything but one object of the schema.

    >>> read_plan('{"kind": "timeline", "since": "2015-08-07"}').since
    datetime.date(2015, 8, 7)
    >>> read_plan('{"kind": "poem"}')
    Traceback (most recent call last):
    ...
    index.errors.ProviderError: its plan cannot be used: Invalid enum value 'poem' - at `$.kind`
    """
    start, end = text.find("{"), text.rfind("}") + 1
    try:
        return msgspec.json.decode(text[start:end].encode("utf-8", "replace") if start >= 0 else b"", type=PlanReply)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProviderError("side_request.bad_plan", error=error) from None


def merge_plans(rules: Plan, reply: PlanReply, archive: Archive, publishers: Collection[str]) -> Plan:
    """Return the plan by rules with what a model adds to it, named in `by_model`.

    Days outside the archive, publishers that it lacks and a comparison of fewer than two things are left out.

    >>> archive = Archive(oldest=date(2015, 7, 1), newest=date(2015, 8, 31))
    >>> reply = PlanReply(kind="timeline", since=date(2015, 8, 7), until=date(2031, 1, 1), publishers=["Nobody's"])
    >>> plan = merge_plans(Plan(), reply, archive, ["الرياض"])
    >>> plan.kind, plan.days.until, plan.publishers, plan.by_model
    ('timeline', datetime.date(2015, 8, 31), (), ('kind', 'days'))
    """
    kind = rules.kind
    if kind == "fact" and not (reply.kind == "comparison" and len(reply.parts) < 2):
        kind = reply.kind
    known = {folded(name): name for name in publishers}
    named = tuple(dict.fromkeys(known[folded(name)] for name in reply.publishers if folded(name) in known))
    plan = replace(
        rules,
        kind=kind,
        parts=rules.parts or (tuple(map(plain, reply.parts[:5])) if kind == "comparison" else ()),
        days=_widened(rules.days, reply) or _days(reply, archive),
        publishers=rules.publishers or named,
        people=rules.people or tuple(map(plain, reply.people[:5])),
        places=rules.places or tuple(map(plain, reply.places[:5])),
        newest_first=rules.newest_first or reply.newest_first or kind == "latest",
    )
    changed: list[Any] = [name for name in CHANGED if getattr(plan, name) != getattr(rules, name)]
    return replace(plan, by_model=tuple(changed))


def _widened(rules: Days | None, reply: PlanReply) -> Days | None:
    """Return the days by rules, widened by those of a reply that touch them.

    A reply never narrows or moves them. Rules miss days of a list ("24, 25 and 26 July"), and a list that is too short
    hides reports.
    """
    if rules is None or not (rules.exact and rules.since and rules.until and reply.since and reply.until):
        return rules
    if reply.since > rules.until + timedelta(days=1) or reply.until < rules.since - timedelta(days=1):
        return rules
    return Days(since=min(rules.since, reply.since), until=max(rules.until, reply.until))


def _days(reply: PlanReply, archive: Archive) -> Days | None:
    """Return the days of a reply as far as they lie in the archive.

    None where none does.
    """
    if archive.oldest is None or archive.newest is None or not (reply.since or reply.until):
        return None
    since, until = reply.since or archive.oldest, reply.until or archive.newest
    if since > until or since > archive.newest or until < archive.oldest:
        return None
    return Days(since=max(since, archive.oldest), until=min(until, archive.newest))
