"""Render an answer as Markdown with numbered quotes.

It is read by notebooks, code hosts and mail; no text of an article becomes markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from assistant.models import Answer, Citation, Conflict, Sentence, Update, wrong_spans
from assistant.rendering.comparison_table import ComparisonTable, comparison_table
from assistant.rendering.plain_text import by_value, language_of, one_line, plain, subject
from assistant.rendering.reasons import reason_texts
from assistant.rendering.step_text import step_line
from index.messages.catalog import labels

_ACTIVE = re.compile(r"([\\`*_\[\]<>|~$])|(?<=[a-zA-Z])(:)(?=//)|(?<=www)(\.)|(?<=\w)(@)(?=\w)", re.IGNORECASE)
_OPENING = re.compile(r"(?m)^([^\S\n]*(?:\d+(?=[.)]))?)([#=+.)-])")  # of a heading, an underline, a list


def inert(text: str) -> str:
    """Escape a text so that Markdown shows it as it is.

    It makes no link, picture, heading, list, table, formula or HTML.

    >>> inert("![x](http://e.example) <img> $a$")
    '!\\\\[x\\\\](http\\\\://e.example) \\\\<img\\\\> \\\\$a\\\\$'
    >>> inert("# one\\n1. two")
    '\\\\# one\\n1\\\\. two'
    """
    shown = _ACTIVE.sub(lambda match: "\\" + match[0], plain(text).replace("&", "&amp;"))
    return _OPENING.sub(r"\1\\\2", shown)


def answer_markdown(answer: Answer) -> str:
    """Render an answer: sentences, conflicts, and quotes or closest passages."""
    language = language_of(answer)
    words = labels(language)
    numbers = {_place(citation): number for number, citation in enumerate(answer.citations, 1)}
    table = comparison_table(answer)
    parts = [_sentences(answer, numbers, words, table) if answer.sentences else inert(answer.text)]
    if table:
        parts.append(_table(answer, numbers, words, table))
    if answer.reasons:
        parts.append("\n".join(f"* {inert(one_line(reason))}" for reason in reason_texts(answer, language)))
    if answer.steps:
        parts.append("\n".join(f"* {inert(one_line(step_line(step, language)))}" for step in answer.steps))
    doubted = [sentence for sentence in answer.sentences if sentence.reasons]
    if doubted:
        parts.append(
            "\n".join(
                f"* {inert(one_line(item.text))}: {inert('; '.join(reason_texts(item, language)))}" for item in doubted
            )
        )
    if answer.conflicts:
        lines = (f"* {inert(subject(item, words))}: {' ≠ '.join(_values(answer, item))}" for item in answer.conflicts)
        parts += [f"**{words['conflicts']}**", "\n".join(lines)]
    if answer.updates:
        lines = (_update(answer, item, words) for item in answer.updates)
        parts += [f"**{words['updates']}**", "\n".join(lines)]
    listed = answer.citations or answer.closest
    if listed:
        quotes = (
            f"{n}. {_quote_place(answer, item)}: «{inert(one_line(item.quote))}»" for n, item in enumerate(listed, 1)
        )
        parts += [f"**{words['sources' if answer.citations else 'closest']}**", "\n".join(quotes)]
    body = "\n\n".join(parts)
    return f'<div dir="rtl">\n\n{body}\n\n</div>\n' if language == "ar" else body + "\n"


def _update(answer: Answer, update: Update, words: Mapping[str, str]) -> str:
    newest, *earlier = _values(answer, update)
    return f"* {inert(subject(update, words))}: {newest}; {words['earlier']}: {'; '.join(earlier)}"


def _values(answer: Answer, item: Conflict | Update) -> list[str]:
    """Render each value once, with the places that say it."""
    return [
        f"{inert(same[0].value)} ({'; '.join(_quote_place(answer, side.citation) for side in same)})"
        for same in by_value(item)
    ]


def _sentences(
    answer: Answer, numbers: dict[tuple[str, int, int], int], words: Mapping[str, str], table: ComparisonTable | None
) -> str:
    """Render the sentences in paragraphs, those of a table left out."""
    text, last = inert(answer.text[: answer.sentences[0].start].strip()), answer.sentences[0].start
    for at, sentence in enumerate(answer.sentences):
        if not (table and at in table.cells):
            text += "" if not text else "\n\n" if "\n" in answer.text[last : sentence.start] else " "
            text += _with_marks(sentence, numbers, words)
        last = sentence.end
    return text


def _with_marks(sentence: Sentence, numbers: dict[tuple[str, int, int], int], words: Mapping[str, str]) -> str:
    """Render a sentence with its quote numbers and its verdict."""
    marks = "".join(f" \\[{numbers[_place(citation)]}\\]" for citation in sentence.citations)
    verdict = "" if sentence.verdict == "supported" else f" *({words[sentence.verdict]})*"
    return _with_wrong_words(sentence) + marks + verdict


def _table(
    answer: Answer, numbers: dict[tuple[str, int, int], int], words: Mapping[str, str], table: ComparisonTable
) -> str:
    """Render the table of a comparison; `inert` has escaped every `|` in it."""
    head = [inert(one_line(column)) for column in table.columns]
    rows = [
        [" ".join(_with_marks(answer.sentences[at], numbers, words) for at in cell) for cell in row]
        for row in table.rows
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def _with_wrong_words(sentence: Sentence) -> str:
    """Return a sentence with the words that its source contradicts in bold."""
    pieces = [
        (inert(re.sub(r"\s+", " ", piece)), wrong is not None and piece != sentence.text)
        for piece, wrong in wrong_spans(sentence.text, sentence.contradictions)
    ]
    return "".join(f"**{shown}**" if wrong else shown for shown, wrong in pieces).strip()


def _quote_place(answer: Answer, citation: Citation) -> str:
    """Render the place of a quote, and what is known of its article."""
    source = next((source for source in answer.sources if source.file_id == citation.file_id), None)
    about = (source.title, source.publisher, source.published) if source else ()
    place = f"{citation.file_id}:{citation.start}-{citation.end}"
    return " · ".join(inert(one_line(str(item))) for item in (place, *about) if item)


def _place(citation: Citation) -> tuple[str, int, int]:
    return citation.file_id, citation.start, citation.end
