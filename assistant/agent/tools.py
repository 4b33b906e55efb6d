"""The tools of a second look.

Each call of a model is checked, made over the store, shown, and kept as a step.

What a call asks for beyond the bounds (an unknown publisher, a day outside the archive, an article that was not found,
more calls than there are) is refused, and the refusal is what the model reads. A step can be made again without a
model: `repeat`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from assistant.models import Step, StepTool
from assistant.prompt_context import harmless, one_line, plain
from assistant.query.counting import places_in
from assistant.query.plan import Archive
from index.errors import IsnadError
from index.language.normalize import folded
from index.messages.reason import Reason
from index.models import Count, Filters, GroupBy, Hit, Passage, Value, short
from index.search.aggregate import CountedArticle
from index.search.retriever import Retriever
from index.stories import StoryIndex

SEARCHED = 20  # passages of a search
LISTED = 8  # articles that the model is shown of it
SNIPPET = 240  # characters of a passage that is listed
READ = 4  # passages of an article that are read at once
STORIES = 15
GROUPS = 12  # of a count that are listed
TOGETHER = 3  # calls of one reply that are made
TITLE = 120

_Days = Annotated[list[date], Meta(max_length=2)]


class Search(msgspec.Struct, forbid_unknown_fields=True):
    """Find passages by two to six words.

    Days of publication (first and last) and publishers are optional.
    """

    query: Annotated[str, Meta(min_length=1, max_length=300)]
    days: _Days = []
    publishers: Annotated[list[str], Meta(max_length=5)] = []


class Read(msgspec.Struct, forbid_unknown_fields=True):
    """Read passages of an article that was found, by its handle.

    Numbers are from 1; without them the first passages are read.
    """

    article: str
    passages: Annotated[list[int], Meta(max_length=READ)] = []


class Stories(msgspec.Struct, forbid_unknown_fields=True):
    """List the events that several articles report, on days (first and last)."""

    days: Annotated[list[date], Meta(min_length=1, max_length=2)]


class CountReports(msgspec.Struct, forbid_unknown_fields=True):
    """Count the articles that hold every word of a query.

    By article, mention, story, publisher, place or day.
    """

    query: Annotated[str, Meta(min_length=1, max_length=100)]
    by: GroupBy = "article"
    days: _Days = []
    publishers: Annotated[list[str], Meta(max_length=5)] = []


Call = Search | Read | Stories | CountReports
TOOLS: dict[StepTool, type[Call]] = {"search": Search, "read": Read, "stories": Stories, "count": CountReports}
EXAMPLES: dict[StepTool, str] = {
    "search": '{"tool": "search", "query": "…", "days": ["2015-08-07", "2015-08-11"], "publishers": ["…"]}',
    "read": '{"tool": "read", "article": "A3", "passages": [1, 2]}',
    "stories": '{"tool": "stories", "days": ["2015-08-07", "2015-08-08"]}',
    "count": '{"tool": "count", "query": "…", "by": "day"}',
}


def tool_lines() -> list[str]:
    """Return how each tool is called and what it does, for a prompt."""
    return [f"{EXAMPLES[name]}: {_description(call)}" for name, call in TOOLS.items()]


def tool_schemas() -> list[dict[str, Any]]:
    """Return the tools as servers that know tool calls take them."""
    return [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": _description(call),
                "parameters": msgspec.json.schema(call)["$defs"][call.__name__],
            },
        }
        for name, call in TOOLS.items()
    ]


def _description(call: type[Call]) -> str:
    return " ".join((call.__doc__ or "").split())


class Refused(Exception):
    """A call that is not made; the reason is for the model and the reader."""

    def __init__(self, code: str, /, **params: object) -> None:
        super().__init__(code)
        self.reason = Reason.of(code, **params)


class Toolbox:
    """The tools of one second look; `on_step` is told of every call.

    `filters`: those of the reader, which every call stays within. `hits`: what was found before.
    """

    def __init__(
        self,
        retriever: Retriever,
        archive: Archive,
        filters: Filters,
        hits: Sequence[Hit],
        calls: int,
        on_step: Callable[[Step], None],
    ) -> None:
        self._retriever, self._archive, self._filters = retriever, archive, filters
        self._on_step = on_step
        self.left = calls
        self.steps: list[Step] = []
        self.groups: list[tuple[Hit, ...]] = []  # what each call found
        self._best: dict[str, Hit] = {}  # article id -> its best hit
        self._handles: dict[str, str] = {}  # handle -> article id
        self.listed = self._lines(hits, 2 * LISTED)

    def call(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """Make a call and return what the model is to read of it."""
        if self.left <= 0:
            return str(Reason("look.no_calls_left"))
        self.left -= 1
        try:
            step, text = self._make(_parsed(tool, arguments))
        except Refused as refusal:
            asked = json.dumps({"tool": tool, **arguments}, ensure_ascii=False, default=str)
            step, text = (
                Step(tool="refused", query=short(plain(asked), 200), refused=refusal.reason),
                str(refusal.reason),
            )
        except IsnadError as error:
            reason = Reason.from_error(error)
            step, text = Step(tool="refused", query=tool[:20], refused=reason), str(reason)
        self.steps.append(step)
        self._on_step(step)
        return text

    def kept(self, handles: Sequence[str]) -> tuple[Hit, ...]:
        """Return the best hit of each known article that the model names."""
        ids = dict.fromkeys(self._handles[handle] for handle in handles if handle in self._handles)
        return tuple(self._best[article_id] for article_id in ids)

    def _make(self, call: Call) -> tuple[Step, str]:
        match call:
            case Search():
                step = Step(tool="search", query=plain(call.query), filters=self._within(call.days, call.publishers))
                hits = _searched(step, self._retriever)
                lines = self._lines(hits, LISTED)
            case Read():
                step = self._read_step(call)
                hits = _read(step, self._retriever, self._best[step.article])
                lines = [
                    f"{call.article} passage {number}: {harmless(hit.passage.text)}"
                    for number, hit in zip(step.passages, hits, strict=True)
                ]
            case Stories():
                step = Step(tool="stories", filters=self._within(call.days, ()))
                hits, lines = (), self._story_lines(result_ids := _stories(step, self._retriever))
                step = replace(step, result_ids=tuple(result_ids))
            case CountReports():
                within = self._within(call.days, call.publishers)
                step = Step(tool="count", query=plain(call.query), filters=within, by=call.by)
                count, hits = _counted(step, self._retriever)
                step = replace(step, number=count.number)
                lines = [f"{count.number} ({call.by})", *_group_lines(count), *self._lines(hits, LISTED)]
        if hits:
            self.groups.append(hits)
            step = replace(step, result_ids=tuple(hit.passage.id for hit in hits))
        return step, "\n".join(lines) or "nothing"

    def _within(self, days: Sequence[date], publishers: Sequence[str]) -> Filters:
        """Return the reader's filters, narrowed by those of a call."""
        since, until = (min(days), max(days)) if days else (None, None)
        oldest, newest = self._archive.oldest, self._archive.newest
        if since and until and oldest and newest and (since > newest or until < oldest):
            raise Refused("look.outside", oldest=oldest, newest=newest)
        known = {folded(name): name for name in self._retriever.publishers()}
        if unknown := [name for name in publishers if folded(name) not in known]:
            raise Refused("look.no_publisher", publishers=unknown)
        named = tuple(dict.fromkeys(known[folded(name)] for name in publishers))
        own = self._filters
        if own.publishers and named and not set(named) <= set(own.publishers):
            raise Refused("look.filtered")
        return replace(
            own,
            since=max(filter(None, (since, own.since)), default=None),
            until=min(filter(None, (until, own.until)), default=None),
            publishers=named or own.publishers,
        )

    def _read_step(self, call: Read) -> Step:
        if (article_id := self._handles.get(call.article)) is None:
            raise Refused("look.no_article", article=call.article[:20])
        count = len(self._retriever.ledger.passages_of(self._best[article_id].article))
        numbers = tuple(dict.fromkeys(call.passages)) or tuple(range(1, min(count, READ) + 1))
        if not all(1 <= number <= count for number in numbers):
            raise Refused("look.no_passage", article=call.article, count=count)
        return Step(tool="read", article=article_id, passages=numbers)

    def _lines(self, hits: Sequence[Hit], most: int) -> list[str]:
        """Return a line for each of the first articles of hits, with its handle."""
        lines: dict[str, str] = {}
        for hit in hits:
            article_id = hit.article.id
            if article_id not in lines and len(lines) < most:
                new = article_id not in self._best
                self._best.setdefault(article_id, hit)
                lines[article_id] = self._line(hit, new)
        return list(lines.values())

    def _line(self, hit: Hit, new: bool) -> str:
        article = hit.article
        head = [self._handle(article.id), str(article.published or "undated"), article.publisher, article.title]
        passages = self._retriever.ledger.passages_of(article)
        at = next((at for at, passage in enumerate(passages, 1) if passage.id == hit.passage.id), 1)
        text = f"passage {at} of {len(passages)}: {one_line(hit.passage.text, SNIPPET)}" if new else "(seen above)"
        return " | ".join([*(one_line(part, TITLE) for part in head if part), text])

    def _handle(self, article_id: str) -> str:
        known = {other: handle for handle, other in self._handles.items()}
        handle = known.get(article_id) or f"A{len(self._handles) + 1}"
        self._handles[handle] = article_id
        return handle

    def _story_lines(self, ids: Sequence[str]) -> list[str]:
        """Return a line for each story: its days, how many articles, its first title."""
        index = StoryIndex(self._retriever.ledger)
        stories = {story.id: story for story in index.stories(ids=ids)}
        articles = self._retriever.ledger.articles({stories[key].articles[0] for key in ids if key in stories})
        return [
            f"{story.first} to {story.last} | {len(story.articles)} articles | "
            f"{one_line(articles[story.articles[0]].title or '', TITLE)}"
            for story in (stories[key] for key in ids if key in stories)
            if story.articles[0] in articles
        ]


class Repeated(Value, frozen=True, kw_only=True):
    """A step that was made again.

    Whether it finds the same today, and how much it finds now.
    """

    step: Step
    same: bool
    count: int


def repeat(step: Step, retriever: Retriever) -> Repeated:
    """Make a kept step again over the store of today, without a model."""
    result_ids: Sequence[str]
    match step.tool:
        case "search":
            result_ids = [hit.passage.id for hit in _searched(step, retriever)]
        case "read":
            articles = retriever.ledger.articles([step.article])
            passages = retriever.ledger.passages_of(articles[step.article]) if step.article in articles else ()
            result_ids = [passage.id for passage in _numbered(passages, step.passages)]
        case "stories":
            result_ids = _stories(step, retriever)
        case "count":
            count, hits = _counted(step, retriever)
            same = count.number == step.number and tuple(hit.passage.id for hit in hits) == step.result_ids
            return Repeated(step=step, same=same, count=count.number)
        case _:
            result_ids = ()
    return Repeated(step=step, same=tuple(result_ids) == step.result_ids, count=len(result_ids))


def _parsed(tool: str, arguments: Mapping[str, Any]) -> Call:
    """Return a call with its arguments; raise Refused for what is none."""
    if tool not in TOOLS:
        raise Refused("look.no_tool", tools=list(TOOLS))
    try:
        return msgspec.convert(arguments, TOOLS[tool])
    except (msgspec.ValidationError, RecursionError) as error:
        raise Refused("look.bad_call", error=error) from None


def _searched(step: Step, retriever: Retriever) -> tuple[Hit, ...]:
    return retriever.search_any([step.query], SEARCHED, retriever.allowed(step.filters))


def _read(step: Step, retriever: Retriever, best: Hit) -> tuple[Hit, ...]:
    """Return the passages of a step as hits like the article's best."""
    passages = _numbered(retriever.ledger.passages_of(best.article), step.passages)
    return tuple(replace(best, passage=passage) for passage in passages)


def _counted(step: Step, retriever: Retriever) -> tuple[Count, tuple[Hit, ...]]:
    """Return the count of a step and a passage of the newest articles counted."""
    count, counted = retriever.count(step.query.split(), step.by or "article", step.filters, places_in)
    return count, tuple(_hit_at(item, retriever) for item in counted[:SEARCHED])


def _hit_at(item: CountedArticle, retriever: Retriever) -> Hit:
    """Return the passage that holds the sentence for which an article was counted."""
    passages = retriever.ledger.passages_of(item.article)
    passage = next((passage for passage in passages if passage.start <= item.start < passage.end), passages[0])
    return Hit(passage=passage, article=item.article, score=1.0)


def _group_lines(count: Count) -> list[str]:
    """Return the largest groups of a count, a line each."""
    groups = sorted(count.groups, key=lambda group: (-len(group.file_ids), group.label))
    return [f"{one_line(group.label, TITLE)}: {len(group.file_ids)}" for group in groups[:GROUPS]]


def _numbered(passages: Sequence[Passage], numbers: Sequence[int]) -> list[Passage]:
    return [passages[number - 1] for number in numbers if number <= len(passages)]


def _stories(step: Step, retriever: Retriever) -> list[str]:
    """Return the ids of the stories of a step's days.

    Those of the reader's articles only.
    """
    filters = step.filters or Filters()
    allowed = retriever.allowed(replace(filters, since=None, until=None))
    stories = StoryIndex(retriever.ledger).stories(filters.since, filters.until)
    return [story.id for story in stories if allowed is None or set(story.articles) <= allowed][:STORIES]
