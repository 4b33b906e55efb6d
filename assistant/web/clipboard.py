"""Render an answer to be pasted elsewhere, as text and as HTML.

With numbered sources.

As text for a message, as HTML for a document. Whatever an article or a model wrote is text in both.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.models import Answer, Citation, Sentence
from assistant.rendering.plain_text import direction, one_line, plain
from assistant.web.markup import inline, tag
from assistant.web.verdict_labels import verdict_label
from assistant.web.words import Words


def as_text(answer: Answer, words: Words) -> str:
    """Render the answer as lines of text, beginning with its question.

    >>> from assistant.web.words import ENGLISH
    >>> quote = Citation(file_id="a-7", start=0, end=8, quote="It held.")
    >>> held = Sentence(text="The dam held.", start=0, end=13, verdict="supported", citations=(quote,))
    >>> answer = Answer(question="Did it?", text="The dam held.", abstained=False, engine="extract", sentences=(held,))
    >>> print(as_text(answer, ENGLISH))
    Did it?
    <BLANKLINE>
    The dam held. [1]
    <BLANKLINE>
    Sources
    [1] untitled · undated · a-7
        “It held.”
    """
    numbers = _numbers(answer)
    body = "\n".join(
        " ".join(
            f"{one_line(sentence.text)}{_marks(sentence, numbers)}{_doubt(sentence, words)}" for sentence in paragraph
        )
        for paragraph in _paragraphs(answer)
    )
    lines = [one_line(answer.question), "", body or answer.text.strip()]
    if not answer.complete:
        lines += ["", words.incomplete]
    listed = [line for at, head, quotes in _listed(answer, words) for line in (f"{at}{head}", *_quoted(quotes))]
    if listed:
        lines += ["", words.sources if answer.citations else words.closest, *listed]
    return plain("\n".join(lines))


def as_html(answer: Answer, words: Words) -> str:
    """Render the answer as HTML for a document.

    Paragraphs and a list, no link, style or script.
    """
    numbers = _numbers(answer)
    parts = [_block("p", tag("strong", inline(answer.question)), answer.question)]
    for paragraph in _paragraphs(answer):
        line = " ".join(f"{quote.text}{_marks(quote, numbers)}{_doubt(quote, words)}" for quote in paragraph)
        parts.append(_block("p", inline(line), answer.text))
    if not answer.sentences:
        parts += [_block("p", inline(line), line) for line in answer.text.splitlines() if line.strip()]
    if not answer.complete:
        parts.append(_block("p", inline(words.incomplete), words.incomplete))
    listed = [
        _block("p", inline(f"{at}{head}") + "".join("<br>" + inline(quote) for quote in _quoted(quotes)), answer.text)
        for at, head, quotes in _listed(answer, words)
    ]
    if listed:
        heading = words.sources if answer.citations else words.closest
        parts += [_block("p", tag("strong", inline(heading)), heading), *listed]
    return "".join(parts)


def _block(name: str, inner: str, text: str) -> str:
    return tag(name, inner, dir=direction(text))


def _numbers(answer: Answer) -> dict[str, int]:
    """Return the number of each source, as the page shows it."""
    known = [source.file_id for source in answer.sources] + [citation.file_id for citation in answer.citations]
    return {file_id: number for number, file_id in enumerate(dict.fromkeys(known), 1)}


def _marks(sentence: Sentence, numbers: dict[str, int]) -> str:
    return "".join(
        f" [{number}]" for number in dict.fromkeys(numbers[citation.file_id] for citation in sentence.citations)
    )


def _doubt(sentence: Sentence, words: Words) -> str:
    return "" if sentence.verdict == "supported" else f" ({verdict_label(sentence, words)})"


def _paragraphs(answer: Answer) -> Iterator[list[Sentence]]:
    """Yield the sentences of each paragraph as a list."""
    held: list[Sentence] = []
    for sentence in answer.sentences:
        if held and "\n" in answer.text[held[-1].end : sentence.start]:
            yield held
            held = []
        held.append(sentence)
    if held:
        yield held


def _listed(answer: Answer, words: Words) -> Iterator[tuple[str, str, list[Citation]]]:
    """Yield mark, description and quotes of each source or closest passage."""
    sources = {source.file_id: source for source in answer.sources}
    by_file: dict[str, list[Citation]] = {}
    for citation in answer.citations or answer.closest:
        by_file.setdefault(citation.file_id, []).append(citation)
    numbers = _numbers(answer)
    for file_id in sorted(by_file, key=lambda item: numbers.get(item, 0)):
        source = sources.get(file_id)
        known = [source.title, source.publisher] if source else []
        when = str(source.published) if source and source.published else words.undated
        title = [item for item in known if item] if source and source.title else [words.untitled, *filter(None, known)]
        head = " · ".join(one_line(fact) for fact in [*title, when, file_id])
        yield (f"[{numbers[file_id]}] " if file_id in numbers else "• "), head, by_file[file_id]


def _quoted(quotes: list[Citation]) -> Iterator[str]:
    for quote in quotes:
        words = one_line(quote.quote)
        yield f"    «{words}»" if direction(words) == "rtl" else f"    “{words}”"
