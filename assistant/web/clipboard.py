"""An answer to be pasted elsewhere: sentences with the numbers of their sources, then the sources with the words quoted of them.

As text for a message, as HTML for a document. Whatever an article or a model wrote is text in both.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.models import Answer, Citation, Sentence
from assistant.rendering.plain_text import direction, one_line, plain
from assistant.web.markup import tag, text
from assistant.web.words import Words


def as_text(found: Answer, words: Words) -> str:
    """The answer as lines of text, its question first.

    >>> from assistant.web.words import ENGLISH
    >>> quote = Citation(file_id="a-7", start=0, end=8, quote="It held.")
    >>> said = Sentence(text="The dam held.", start=0, end=13, verdict="supported", citations=(quote,))
    >>> print(as_text(Answer(question="Did it?", text=said.text, abstained=False, engine="extract", sentences=(said,)), ENGLISH))
    Did it?
    <BLANKLINE>
    The dam held. [1]
    <BLANKLINE>
    Sources
    [1] untitled · undated · a-7
        “It held.”
    """
    numbers = _numbers(found)
    body = "\n".join(
        " ".join(f"{one_line(one.text)}{_marks(one, numbers)}{_doubt(one, words)}" for one in paragraph)
        for paragraph in _paragraphs(found)
    )
    lines = [one_line(found.question), "", body or found.text.strip()]
    if not found.complete:
        lines += ["", words.incomplete]
    listed = [line for at, head, quotes in _listed(found, words) for line in (f"{at}{head}", *_quoted(quotes))]
    if listed:
        lines += ["", words.sources if found.citations else words.closest, *listed]
    return plain("\n".join(lines))


def as_html(found: Answer, words: Words) -> str:
    """The same as HTML that a document takes over: paragraphs and a list, each running its own way; no link, no style, no script."""
    numbers = _numbers(found)
    parts = [_block("p", tag("strong", text(found.question)), found.question)]
    for paragraph in _paragraphs(found):
        said = " ".join(f"{one.text}{_marks(one, numbers)}{_doubt(one, words)}" for one in paragraph)
        parts.append(_block("p", text(said), found.text))
    if not found.sentences:
        parts += [_block("p", text(line), line) for line in found.text.splitlines() if line.strip()]
    if not found.complete:
        parts.append(_block("p", text(words.incomplete), words.incomplete))
    listed = [
        _block("p", text(f"{at}{head}") + "".join("<br>" + text(one) for one in _quoted(quotes)), found.text)
        for at, head, quotes in _listed(found, words)
    ]
    if listed:
        heading = words.sources if found.citations else words.closest
        parts += [_block("p", tag("strong", text(heading)), heading), *listed]
    return "".join(parts)


def _block(name: str, inner: str, said: str) -> str:
    return tag(name, inner, dir=direction(said))


def _numbers(found: Answer) -> dict[str, int]:
    """The number of each source, as the page shows it."""
    known = [source.file_id for source in found.sources] + [citation.file_id for citation in found.citations]
    return {one: number for number, one in enumerate(dict.fromkeys(known), 1)}


def _marks(sentence: Sentence, numbers: dict[str, int]) -> str:
    return "".join(
        f" [{number}]" for number in dict.fromkeys(numbers[citation.file_id] for citation in sentence.citations)
    )


def _doubt(sentence: Sentence, words: Words) -> str:
    return "" if sentence.verdict == "supported" else f" ({getattr(words, sentence.verdict)})"


def _paragraphs(found: Answer) -> Iterator[list[Sentence]]:
    """The sentences, a list for each paragraph of the answer."""
    held: list[Sentence] = []
    for sentence in found.sentences:
        if held and "\n" in found.text[held[-1].end : sentence.start]:
            yield held
            held = []
        held.append(sentence)
    if held:
        yield held


def _listed(found: Answer, words: Words) -> Iterator[tuple[str, str, list[Citation]]]:
    """Each source with its number and what is known of it, and what is quoted of it; of a refusal, the closest passages."""
    sources = {source.file_id: source for source in found.sources}
    by_file: dict[str, list[Citation]] = {}
    for citation in found.citations or found.closest:
        by_file.setdefault(citation.file_id, []).append(citation)
    numbers = _numbers(found)
    for file_id in sorted(by_file, key=lambda item: numbers.get(item, 0)):
        source = sources.get(file_id)
        told = [source.title, source.publisher] if source else []
        when = str(source.published) if source and source.published else words.undated
        title = [item for item in told if item] if source and source.title else [words.untitled, *filter(None, told)]
        head = " · ".join(one_line(one) for one in [*title, when, file_id])
        yield (f"[{numbers[file_id]}] " if file_id in numbers else "• "), head, by_file[file_id]


def _quoted(quotes: list[Citation]) -> Iterator[str]:
    for quote in quotes:
        said = one_line(quote.quote)
        yield f"    «{said}»" if direction(said) == "rtl" else f"    “{said}”"
