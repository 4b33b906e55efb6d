"""Render the messages of the chat as HTML: questions, drafts, and whole answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from assistant.models import Answer, Conflict, Sentence, Side, Source, Step, Update, wrong_spans
from assistant.rendering.comparison_table import ComparisonTable, comparison_table
from assistant.rendering.plain_text import by_value, direction, escaped
from assistant.rendering.plan_text import plan_parts
from assistant.rendering.reasons import reason_texts
from assistant.rendering.step_text import step_line
from assistant.web.markup import (
    LINE,
    button,
    day,
    file_name,
    inline,
    isolated,
    link,
    named,
    place,
    prose,
    shortened,
    tag,
    title,
)
from assistant.web.verdict_labels import is_verbatim, verdict_key, verdict_label
from assistant.web.words import Language, Words
from index.messages.catalog import section
from index.models import Article, Value

OLD = 365  # days
MARK = re.compile(r"(?<!\s)\s*+\[([^\[\]\n]{1,300})\]")


class View(Value, frozen=True, kw_only=True):
    """What an answer is rendered with: words, the named articles, and their copies."""

    words: Words
    language: Language
    articles: dict[str, Article] = {}
    copies: dict[str, tuple[str, ...]] = {}
    today: date = date.min  # that of the reader, by which old sources are set off


def question_html(question: str, number: int | None, words: Words) -> str:
    """Render the visitor's question; `number` is that of an editable turn."""
    below = "" if number is None else button(f"edit-{number}", words.edit, class_="act edit icon", title=words.edit)
    label = tag("span", inline(f"{words.you}:"), class_="sr") + " "
    return tag("div", tag("h2", label + inline(question)) + below, class_="asked", dir=direction(question))


def notice_html(text: str, kind: str = "note") -> str:
    """Render a notice of the page; `kind` is `note`, or `wrong` if something failed."""
    return tag("div", tag("p", inline(text), dir=direction(text)), class_=f"notice {kind}")


def searching_html(words: Words) -> str:
    """Render what is shown until the first word of the answer arrives."""
    return tag("div", tag("p", inline(words.searching), role="status"), class_="searching")


def draft_html(text: str, view: View, steps: Sequence[Step] = ()) -> str:
    """Render an answer while it is written.

    Its marks are links to articles, its second look comes first.
    """
    shown = _step_list(steps, view)
    if steps and not text:
        return searching_html(view.words) + shown
    return shown + tag("div", _paragraphs(_linked(text, view)), class_="said writing", dir=direction(text))


def answer_html(answer: Answer, number: int | None, view: View) -> str:
    """Render a whole answer with verdicts, conflicts, sources or closest passages.

    `number` is that of its turn; None where nothing can be done with it (a shared conversation).
    """
    table = comparison_table(answer)
    body = _paragraphs(_sentences(answer, view, table) if answer.sentences else _linked(answer.text, view))
    body += _table(answer, view, table) if table else ""
    refused = " refused" if answer.abstained else ""
    parts = [_plan(answer, number, view)]
    if not answer.text:
        parts.append(_nothing(answer, view))
    else:
        parts.append(tag("div", body, class_=f"said{refused}", dir=direction(answer.text)))
        parts += [_coverage(answer, view), _reasons(answer, view)]
    if answer.steps:
        summary = tag("summary", inline(view.words.looked_again))
        parts.append(tag("details", summary + _step_list(answer.steps, view), class_="steps"))
    parts += [_differing(conflict, view.words.conflicts, view) for conflict in answer.conflicts]
    parts += [_differing(update, view.words.updates, view) for update in answer.updates]
    parts += [_sources(answer, view), _closest(answer, view)]
    if number is not None:
        parts.append(_actions(answer, number, view.words))
    return tag("article", "".join(parts), class_="answer", dir=view.words.direction)


def _step_list(steps: Sequence[Step], view: View) -> str:
    """Render the steps of a second look, a line each; "" for none."""
    rows = (tag("li", tag("bdi", inline(step_line(step, view.language)))) for step in steps)
    return tag("ul", "".join(rows), class_="steps", dir=view.words.direction) if steps else ""


def _plan(answer: Answer, number: int | None, view: View) -> str:
    """Render what was read out of the question and changes the search.

    Each part can be taken away.
    """
    rows = []
    for part, text in plan_parts(answer.plan, view.language).items() if answer.plan else ():
        label = view.words.without_part.format(part=text)
        away = button(f"without-{number}:{part}", label, class_="act close icon", title=label) if number else ""
        rows.append(tag("li", tag("bdi", inline(text)) + away))
    if not rows:
        return ""
    return tag("div", inline(view.words.plan) + tag("ul", "".join(rows)), class_="only plan", dir=view.words.direction)


def _linked(text: str, view: View) -> str:
    """Render a text whose marks are links to the articles that they name."""
    parts: list[str] = []
    numbers: dict[str, int] = {}
    last = 0
    for mark in MARK.finditer(text):
        if mark[1] not in view.articles:
            continue
        number = numbers.setdefault(mark[1], len(numbers) + 1)
        parts += [_lines(text[last : mark.start()]), _chip(mark[1], mark[1], number, view, None)]
        last = mark.end()
    return "".join([*parts, _lines(text[last:])])


def _sentences(answer: Answer, view: View, table: ComparisonTable | None) -> str:
    """Render the sentences with their marks, those of a table left out."""
    parts, last = [], 0
    for at, sentence in enumerate(answer.sentences):
        parts.append(_lines(MARK.sub("", answer.text[last : sentence.start])))
        if not (table and at in table.cells):
            parts.append(_cited(sentence, answer, view))
        last = sentence.end
    return "".join([*parts, _lines(MARK.sub("", answer.text[last:]))])


def _cited(sentence: Sentence, answer: Answer, view: View) -> str:
    """Render a sentence, a chip for each citation, and its verdict."""
    numbers = {source.file_id: number for number, source in enumerate(answer.sources, 1)}
    known, parts = _known(answer, view), [_sentence(sentence, view.words)]
    for at, citation in enumerate(sentence.citations):
        file_id = citation.file_id
        again = any(before.file_id == file_id for before in sentence.citations[:at])
        number = numbers.get(file_id, len(numbers) + 1)
        parts.append(_chip(place(citation), file_id, number, view, known.get(file_id), again, citation.quote))
    return "".join([*parts, _verdict(sentence, view, is_verbatim(answer.sentences))])


def _table(answer: Answer, view: View, table: ComparisonTable) -> str:
    """Render the table of a comparison."""
    head = "".join(tag("th", inline(column), scope="col") for column in table.columns)
    rows = "".join(
        tag(
            "tr",
            "".join(tag("td", " ".join(_cited(answer.sentences[at], answer, view) for at in cell)) for cell in row),
        )
        for row in table.rows
    )
    return tag("table", tag("thead", tag("tr", head)) + tag("tbody", rows), class_="compared")


def _known(answer: Answer, view: View) -> dict[str, Source | Article]:
    """Return the source of each cited article, or the article if it has no title."""
    return {
        source.file_id: source if source.title else view.articles.get(source.file_id, source)
        for source in answer.sources
    }


def _lines(text: str) -> str:
    """Escaped text in which a line break is kept as one character, for `_paragraphs`."""
    return "\n".join(escaped(" ".join(re.split(r"[^\S\n]+", line))) for line in re.split(r"\n+", text))


def _paragraphs(markup: str) -> str:
    """Render lines of markup as paragraphs.

    They are no `p`, since a reason unfolds inside, and hold no line break, so that Markdown leaves them alone.
    """
    return "".join(tag("div", line.strip(), class_="p") for line in markup.split("\n") if line.strip())


def _sentence(sentence: Sentence, words: Words) -> str:
    """Render its words, the wrong ones marked with the source's words beside them."""
    if sentence.verdict == "supported":
        return tag("span", inline(sentence.text), class_="s")
    shown = "".join(
        escaped(re.sub(r"\s+", " ", piece)) if wrong is None else _wrong(piece, wrong.evidence, words)
        for piece, wrong in wrong_spans(sentence.text, sentence.contradictions)
    )
    return tag("span", tag("s", shown) if sentence.struck else shown, class_=f"s {sentence.verdict}")


def _wrong(piece: str, evidence: str, words: Words) -> str:
    """Mark wrong words and show what stands in the source instead, if anything does."""
    instead = tag("span", inline(words.in_source.format(text=evidence)), class_="instead") if evidence else ""
    return tag("mark", inline(piece), class_="wrong") + instead


def _verdict(sentence: Sentence, view: View, verbatim: bool) -> str:
    """Render the verdict as a label, with its reasons on hover and on a press.

    A quotation of a `verbatim` answer has none: the line below the answer says what it is.
    """
    reasons = reason_texts(sentence, view.language)
    key = verdict_key(sentence)
    unlabelled = key == "supported" or (verbatim and key == "verbatim")
    if unlabelled and not reasons:
        return ""
    name = view.words.note if unlabelled else verdict_label(sentence, view.words)
    look: dict[str, object] = {"class_": f"verdict {key}", "dir": view.words.direction}
    if not reasons:
        return tag("span", inline(name), **look)
    why = _listed(reasons, view)
    summary = tag("summary", inline(name) + tag("span", inline(f": {why}"), class_="sr"))
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
    """Render the link to a source.

    Its number and file id, its title, date and quote on hover.

    `again`: the id is read to screen readers only.
    """
    known = source or view.articles.get(file_id)
    called, when = title(known, view.words), str(known.published) if known and known.published else ""
    before = tag("span", inline(view.words.source) + " ", class_="sr")
    after = tag("span", inline(f": {called} {when}"), class_="sr")
    shown = (
        tag("span", str(number), class_="n")
        + " "
        + tag("span", inline(file_name(file_id)), class_="sr" if again else "f", dir="auto")
    )
    description = " · ".join(filter(None, [called, when, file_id])) + (f": {shortened(quote)}" if quote else "")
    return link(to, f"\u00a0{before}{shown}{after}", class_="chip", title=description)


# --- what stands below an answer ---


def _coverage(answer: Answer, view: View) -> str:
    """Render how much of an answer is supported, or that it is quotations."""
    if answer.coverage is None or not answer.sentences:
        return ""
    keys, words = [verdict_key(sentence) for sentence in answer.sentences], view.words
    supported, every = sum(sentence.verdict == "supported" for sentence in answer.sentences), len(keys)
    whole = answer.complete and supported == every
    if is_verbatim(answer.sentences):
        count = words.verbatim
    else:
        count = (words.borne_out_all if whole else words.borne_out_some).format(supported=supported, all=every)
    parts = [tag("span", inline(count), class_="all" if whole else "some")]
    if unverified := keys.count("not_verified"):
        parts.append(tag("span", inline(words.not_verified_some.format(count=unverified)), class_="some"))
    model = answer.engine.partition("model:")[2]
    by = tag("span", inline(words.written_by_model.format(model=model)), class_="by") if model else ""
    return tag("p", "".join(parts) + _as_of(answer, view) + by, class_="coverage")


def _as_of(answer: Answer, view: View) -> str:
    """Render the day of the newest source, set off if it is more than a year old."""
    days = [source.published for source in answer.sources if source.published]
    if not days:
        return tag("span", inline(view.words.none_dated)) if answer.sources else ""
    newest = max(days)
    before, _, after = view.words.newest_source.partition("{date}")
    old = (view.today - newest).days > OLD
    return tag("span", f"{inline(before)} {isolated(newest)} {inline(after)}".strip(), class_="old" if old else None)


def _nothing(answer: Answer, view: View) -> str:
    """Instead of an answer that never began: why."""
    if not answer.reasons:
        return notice_html(view.words.stopped_early)
    why = _listed(reason_texts(answer, view.language), view)
    message = inline(view.words.failed.format(why="").strip()) + " " + tag("span", prose(why), class_="why", dir="auto")
    return tag("div", tag("p", message, dir=view.words.direction), class_="notice wrong")


def _reasons(answer: Answer, view: View) -> str:
    if not answer.complete:
        return _broken_off(answer, view)
    items = [tag("li", prose(reason), dir="auto") for reason in reason_texts(answer, view.language)]
    return tag("ul", "".join(items), class_="reasons") if items else ""


def _broken_off(answer: Answer, view: View) -> str:
    """Below an answer that broke off: that it did, and why."""
    reasons = "".join(tag("p", prose(reason), dir="auto") for reason in reason_texts(answer, view.language))
    message = reasons or tag("p", inline(view.words.incomplete), dir=view.words.direction)
    return tag("div", message, class_="notice wrong", role="status")


def _differing(item: Conflict | Update, heading: str, view: View) -> str:
    """Render each value of a conflict or an update once, the newest first."""
    rows = "".join(
        tag("li", _value(same[0].value) + "".join(_side(side, view) for side in same)) for same in by_value(item)
    )
    counted = section("labels", view.words.language).get(item.counted, item.counted)
    title = f"{heading}: {counted}" if counted else heading
    return tag("section", tag("h3", inline(title)) + tag("ul", rows), class_="conflict")


def _value(value: str) -> str:
    return tag("strong", tag("bdi", inline(value), dir=direction(value)))


def _side(side: Side, view: View) -> str:
    cited = side.citation
    article = view.articles.get(cited.file_id)
    by = inline(article.publisher) if article and article.publisher else ""
    facts = " · ".join(filter(None, [day(side.published, view.words), by, isolated(cited.file_id)]))
    quote = tag("span", inline(shortened(cited.quote)), class_="quote", dir=direction(cited.quote))
    return link(place(cited), quote + named(article, view.words) + tag("span", facts, class_="facts"))


def _sources(answer: Answer, view: View) -> str:
    """Render the cited articles, newest first; copies of a report share an entry."""
    numbers = {source.file_id: number for number, source in enumerate(answer.sources, 1)}
    quotes = {
        citation.file_id: place(citation)
        for sentence in reversed(answer.sentences)
        for citation in reversed(sentence.citations)
    }
    rows, listed, known = [], set[str](), _known(answer, view)
    for source in sorted(answer.sources, key=lambda source: source.published or date.min, reverse=True):
        if source.file_id in listed:
            continue
        copies = [copy for copy in view.copies.get(source.file_id, ()) if copy != source.file_id]
        listed.update([source.file_id, *copies])
        facts = [day(source.published, view.words), inline(source.publisher or ""), isolated(source.file_id)]
        row = link(
            quotes.get(source.file_id, source.file_id),
            tag("span", str(numbers[source.file_id]), class_="n")
            + named(known[source.file_id], view.words)
            + tag("span", " · ".join(filter(None, facts)), class_="facts"),
        )
        if copies:
            same = " ".join(link(quotes.get(copy, copy), isolated(copy)) for copy in copies)
            row += tag("p", f"{inline(view.words.copies)} {same}", class_="copies")
        rows.append(tag("li", row))
    if not rows:
        return ""
    return tag("section", tag("h3", inline(view.words.sources)) + tag("ol", "".join(rows)), class_="sources")


def _closest(answer: Answer, view: View) -> str:
    rows = [
        tag("li", link(place(citation),
            tag("span", inline(shortened(citation.quote)), class_="quote", dir=direction(citation.quote))
            + tag("span", _whence(view.articles.get(citation.file_id), citation.file_id, view.words), class_="facts"),
            title=view.words.closest_open))
        for citation in answer.closest
    ]  # fmt: skip
    if not rows:
        return ""
    return tag("section", tag("h3", inline(view.words.closest)) + tag("ul", "".join(rows)), class_="closest")


def _whence(article: Article | None, file_id: str, words: Words) -> str:
    """Render title, day and id of a passage's article on one line."""
    when = day(article.published, words) if article else ""
    called = tag("bdi", inline(title(article, words, LINE)), dir="auto")
    return " · ".join(filter(None, [called, when, isolated(file_id)]))


def _actions(answer: Answer, number: int, words: Words) -> str:
    kinds = (("wrong_citation", words.wrong_citation), ("missing", words.missing), ("wrong_fact", words.wrong_fact))
    why = "".join(button(f"{kind}-{number}", label, class_="act") for kind, label in kinds)
    bad = tag(
        "details",
        tag("summary", inline(words.bad), class_="act bad icon", title=words.bad) + tag("span", why, class_="kinds"),
    )
    good = button(f"good-{number}", words.good, class_="act good icon", title=words.good)
    copying = button(f"copy-{number}", words.copy_answer, class_="act copy icon", title=words.copy_answer)
    failed = not answer.complete and bool(answer.reasons) and answer.engine != "extract"
    parts = [
        copying if answer.text else "",
        button(f"retry-{number}", words.retry, class_="act retry icon", title=words.retry),
        button(f"plainly-{number}", words.by_quoting, class_="act plainly") if failed else "",
        good + bad if answer.text else "",
    ]
    return tag("div", "".join(parts), class_="actions")
