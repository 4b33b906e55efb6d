"""The messages of the chat as HTML: a question, an answer while it is written, the whole answer with all that stands below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from assistant.models import Answer, Conflict, Sentence, Side, Source
from assistant.rendering.plain_text import by_value, direction, escaped
from assistant.rendering.reasons import reason_texts
from assistant.web.markup import (
    LINE,
    button,
    day,
    file_name,
    isolated,
    link,
    named,
    place,
    prose,
    shortened,
    tag,
    text,
    title,
)
from assistant.web.words import Language, Words
from index.models import Article, Value

OLD = 365  # days
MARK = re.compile(r"\s*\[([^\[\]\n]{1,300})\]")


class View(Value, frozen=True, kw_only=True):
    """What stands around an answer: the words of the page, the articles that it names, and the copies of each that carry the same report."""

    words: Words
    language: Language
    articles: dict[str, Article] = {}
    copies: dict[str, tuple[str, ...]] = {}
    today: date = date.min  # that of the reader, by which old sources are set off


def question(said: str, number: int | None, words: Words) -> str:
    """What the visitor asked; `number` of the turn where it can be edited."""
    below = "" if number is None else button(f"edit-{number}", words.edit, class_="act edit icon", title=words.edit)
    heard = tag("span", text(f"{words.you}:"), class_="sr") + " "
    return tag("div", tag("h2", heard + text(said)) + below, class_="asked", dir=direction(said))


def notice(said: str, kind: str = "note") -> str:
    """A word of the page itself in the chat: `note`, or `wrong` where something failed."""
    return tag("div", tag("p", text(said), dir=direction(said)), class_=f"notice {kind}")


def searching(words: Words) -> str:
    """What stands in place of an answer until its first word comes."""
    return tag("div", tag("p", text(words.searching), role="status"), class_="searching")


def writing(said: str, view: View) -> str:
    """An answer as far as it is written: its marks are links to articles; the words that bear it out come with the whole."""
    return tag("div", _paragraphs(_linked(said, view)), class_="said writing", dir=direction(said))


def answer(found: Answer, number: int | None, view: View) -> str:
    """A whole answer: sentences with chips and verdicts, then coverage, conflicts, sources or the closest passages.

    `number` is that of its turn; None where nothing can be done with it (a shared conversation).
    """
    body = _paragraphs(_sentences(found, view) if found.sentences else _linked(found.text, view))
    parts = [tag("div", body, class_="said refused" if found.abstained else "said", dir=direction(found.text))]
    if not found.text:
        parts = [_nothing(found, view)]
    else:
        parts += [_coverage(found, view), _reasons(found, view)]
    parts += [_conflict(conflict, view) for conflict in found.conflicts]
    parts += [_sources(found, view), _closest(found, view)]
    if number is not None:
        parts.append(_actions(found, number, view.words))
    return tag("article", "".join(parts), class_="answer", dir=view.words.direction)


def _linked(said: str, view: View) -> str:
    """A text whose marks are links to the articles that they name; what names none stays as it is written."""
    parts: list[str] = []
    numbers: dict[str, int] = {}
    last = 0
    for mark in MARK.finditer(said):
        if mark[1] not in view.articles:
            continue
        number = numbers.setdefault(mark[1], len(numbers) + 1)
        parts += [_lines(said[last : mark.start()]), _chip(mark[1], mark[1], number, view, None)]
        last = mark.end()
    return "".join([*parts, _lines(said[last:])])


def _sentences(found: Answer, view: View) -> str:
    numbers = {source.file_id: number for number, source in enumerate(found.sources, 1)}
    known = _known(found, view)
    parts, last = [], 0
    for sentence in found.sentences:
        parts.append(_lines(MARK.sub("", found.text[last : sentence.start])))
        parts.append(_sentence(sentence))
        for at, citation in enumerate(sentence.citations):
            one = citation.file_id
            again = any(before.file_id == one for before in sentence.citations[:at])
            number = numbers.get(one, len(numbers) + 1)
            parts.append(_chip(place(citation), one, number, view, known.get(one), again, citation.quote))
        parts.append(_verdict(sentence, view))
        last = sentence.end
    return "".join([*parts, _lines(MARK.sub("", found.text[last:]))])


def _known(found: Answer, view: View) -> dict[str, Source | Article]:
    """What is known of each cited article: as it was when the answer was written; without a title, as it begins today."""
    return {
        source.file_id: source if source.title else view.articles.get(source.file_id, source)
        for source in found.sources
    }


def _lines(said: str) -> str:
    """Escaped text in which a line break is kept as one character, for `_paragraphs`."""
    return "\n".join(escaped(" ".join(re.split(r"[^\S\n]+", line))) for line in re.split(r"\n+", said))


def _paragraphs(markup: str) -> str:
    """Markup with line breaks as paragraphs (no `p`: a reason folds out in it); without a line break, so Markdown leaves it alone."""
    return "".join(tag("div", line.strip(), class_="p") for line in markup.split("\n") if line.strip())


def _sentence(sentence: Sentence) -> str:
    """Its words: plain, underlined or struck."""
    said = text(sentence.text)
    if sentence.verdict == "supported":
        return tag("span", said, class_="s")
    struck = tag("s", said) if sentence.verdict == "unsupported" else said
    return tag("span", struck, class_=f"s {sentence.verdict}")


def _verdict(sentence: Sentence, view: View) -> str:
    """What the check found, with its reasons on hover, on a press, and for those who hear the page; nothing where all is well."""
    reasons = reason_texts(sentence, view.language)
    name = view.words.note if sentence.verdict == "supported" else getattr(view.words, sentence.verdict)
    look: dict[str, object] = {"class_": f"verdict {sentence.verdict}", "dir": view.words.direction}
    if not reasons:
        return "" if sentence.verdict == "supported" else tag("span", text(name), **look)
    why = _listed(reasons, view)
    summary = tag("summary", text(name) + tag("span", text(f": {why}"), class_="sr"))
    return tag("details", summary + tag("span", prose(why), class_="because"), title=why, **look)


def _listed(reasons: Sequence[str], view: View) -> str:
    return ("؛ " if view.language == "ar" else "; ").join(reasons)


def _chip(
    to: str,
    file_id: str,
    number: int,
    view: View,
    source: Source | Article | None,
    again: bool = False,
    quote: str = "",
) -> str:
    """The link to a source after a sentence: its number and file id (`again`: the id is only heard); title and date in its name,
    on hover the quote, too."""
    told = source or view.articles.get(file_id)
    called, when = title(told, view.words), str(told.published) if told and told.published else ""
    before = tag("span", text(view.words.source) + " ", class_="sr")
    after = tag("span", text(f": {called} {when}"), class_="sr")
    shown = (
        tag("span", str(number), class_="n")
        + " "
        + tag("span", text(file_name(file_id)), class_="sr" if again else "f", dir="auto")
    )
    told_of = " · ".join(filter(None, [called, when, file_id])) + (f": {shortened(quote)}" if quote else "")
    return link(to, f"\u00a0{before}{shown}{after}", class_="chip", title=told_of)


# --- what stands below an answer ---


def _coverage(found: Answer, view: View) -> str:
    if found.coverage is None or not found.sentences:
        return ""
    supported, every = sum(sentence.verdict == "supported" for sentence in found.sentences), len(found.sentences)
    whole = found.complete and supported == every
    told = (view.words.borne_out_all if whole else view.words.borne_out_some).format(supported=supported, all=every)
    model = found.engine.partition("model:")[2]
    by = tag("span", text(view.words.written_by_model.format(model=model)), class_="by") if model else ""
    counted = tag("span", text(told), class_="all" if whole else "some")
    return tag("p", counted + _as_of(found, view) + by, class_="coverage")


def _as_of(found: Answer, view: View) -> str:
    """The day of the newest source, set off where it lies more than a year back: what it says may no longer be so."""
    days = [source.published for source in found.sources if source.published]
    if not days:
        return tag("span", text(view.words.none_dated)) if found.sources else ""
    newest = max(days)
    said, _, after = view.words.newest_source.partition("{date}")
    old = (view.today - newest).days > OLD
    return tag("span", f"{text(said)} {isolated(newest)} {text(after)}".strip(), class_="old" if old else None)


def _nothing(found: Answer, view: View) -> str:
    """Instead of an answer that never began: why."""
    if not found.reasons:
        return notice(view.words.stopped_early)
    why = _listed(reason_texts(found, view.language), view)
    said = text(view.words.failed.format(why="").strip()) + " " + tag("span", prose(why), class_="why", dir="auto")
    return tag("div", tag("p", said, dir=view.words.direction), class_="notice wrong")


def _reasons(found: Answer, view: View) -> str:
    if not found.complete:
        return _broken_off(found, view)
    told = [tag("li", prose(reason), dir="auto") for reason in reason_texts(found, view.language)]
    return tag("ul", "".join(told), class_="reasons") if told else ""


def _broken_off(found: Answer, view: View) -> str:
    """Below an answer that broke off: that it did, and why."""
    told = "".join(tag("p", prose(reason), dir="auto") for reason in reason_texts(found, view.language))
    said = told or tag("p", text(view.words.incomplete), dir=view.words.direction)
    return tag("div", said, class_="notice wrong", role="status")


def _conflict(conflict: Conflict, view: View) -> str:
    """Each value once, with the sentences that say it, and by whom and when."""
    told = "".join(
        tag("li", _value(same[0].value) + "".join(_side(one, view) for one in same)) for same in by_value(conflict)
    )
    return tag("section", tag("h3", text(view.words.conflicts)) + tag("ul", told), class_="conflict")


def _value(said: str) -> str:
    return tag("strong", tag("bdi", text(said), dir=direction(said)))


def _side(side: Side, view: View) -> str:
    cited = side.citation
    article = view.articles.get(cited.file_id)
    by = text(article.publisher) if article and article.publisher else ""
    facts = " · ".join(filter(None, [day(side.published, view.words), by, isolated(cited.file_id)]))
    quote = tag("span", text(shortened(cited.quote)), class_="quote", dir=direction(cited.quote))
    return link(place(cited), quote + named(article, view.words) + tag("span", facts, class_="facts"))


def _sources(found: Answer, view: View) -> str:
    """The cited articles, newest first; those that carry one report as one entry."""
    numbers = {source.file_id: number for number, source in enumerate(found.sources, 1)}
    quotes = {
        citation.file_id: place(citation)
        for sentence in reversed(found.sentences)
        for citation in reversed(sentence.citations)
    }
    rows, told, known = [], set[str](), _known(found, view)
    for source in sorted(found.sources, key=lambda source: source.published or date.min, reverse=True):
        if source.file_id in told:
            continue
        copies = [one for one in view.copies.get(source.file_id, ()) if one != source.file_id]
        told.update([source.file_id, *copies])
        facts = [day(source.published, view.words), text(source.publisher or ""), isolated(source.file_id)]
        row = link(
            quotes.get(source.file_id, source.file_id),
            tag("span", str(numbers[source.file_id]), class_="n")
            + named(known[source.file_id], view.words)
            + tag("span", " · ".join(filter(None, facts)), class_="facts"),
        )
        if copies:
            same = " ".join(link(quotes.get(copy, copy), isolated(copy)) for copy in copies)
            row += tag("p", f"{text(view.words.copies)} {same}", class_="copies")
        rows.append(tag("li", row))
    if not rows:
        return ""
    return tag("section", tag("h3", text(view.words.sources)) + tag("ol", "".join(rows)), class_="sources")


def _closest(found: Answer, view: View) -> str:
    rows = [
        tag("li", link(place(one),
            tag("span", text(shortened(one.quote)), class_="quote", dir=direction(one.quote))
            + tag("span", _whence(view.articles.get(one.file_id), one.file_id, view.words), class_="facts"),
            title=view.words.closest_open))
        for one in found.closest
    ]  # fmt: skip
    if not rows:
        return ""
    return tag("section", tag("h3", text(view.words.closest)) + tag("ul", "".join(rows)), class_="closest")


def _whence(article: Article | None, file_id: str, words: Words) -> str:
    """The article of a passage in one line: its title, day and id."""
    when = day(article.published, words) if article else ""
    called = tag("bdi", text(title(article, words, LINE)), dir="auto")
    return " · ".join(filter(None, [called, when, isolated(file_id)]))


def _actions(found: Answer, number: int, words: Words) -> str:
    kinds = (("wrong_citation", words.wrong_citation), ("missing", words.missing), ("wrong_fact", words.wrong_fact))
    why = "".join(button(f"{kind}-{number}", label, class_="act") for kind, label in kinds)
    bad = tag(
        "details",
        tag("summary", text(words.bad), class_="act bad icon", title=words.bad) + tag("span", why, class_="kinds"),
    )
    good = button(f"good-{number}", words.good, class_="act good icon", title=words.good)
    copying = button(f"copy-{number}", words.copy_answer, class_="act copy icon", title=words.copy_answer)
    failed = not found.complete and bool(found.reasons) and found.engine != "extract"
    parts = [
        copying if found.text else "",
        button(f"retry-{number}", words.retry, class_="act retry icon", title=words.retry),
        button(f"plainly-{number}", words.by_quoting, class_="act plainly") if failed else "",
        good + bad if found.text else "",
    ]
    return tag("div", "".join(parts), class_="actions")
