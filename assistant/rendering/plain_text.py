"""An answer as text for a terminal. The only place that builds markup or escapes it."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from assistant.models import Answer, Citation, Conflict, Side, Source
from assistant.policy import marked
from assistant.rendering.plan_text import plan_line
from assistant.rendering.reasons import reason_texts
from index.language.invisible_chars import SMUGGLING
from index.language.normalize import folded
from index.language.sentences import paragraphs
from index.messages.catalog import labels
from index.messages.reason import Reason
from index.models import Article, Hit, Span, SyncReport

if TYPE_CHECKING:
    from assistant.revalidation import Verified
    from assistant.settings import Settings
    from index.embeddings.embedding_cache import CostEstimate
    from index.store.doctor import Examination

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]|" + SMUGGLING)


def answer_text(answer: Answer) -> str:
    """The answer, then what belongs to it."""
    return plain(marked(answer)) + after_text(answer)


def after_text(answer: Answer) -> str:
    """What stands below an answer: what is not borne out, where sources disagree, the sources, on a refusal the closest words."""
    language = language_of(answer)
    words, parts = labels(language), []
    if answer.plan and (line := plan_line(answer.plan, language)):
        parts.append(Reason.of("plan.line", plan=line).text(language))
    if answer.reasons:
        parts.append("\n".join(f"  ({reason})" for reason in reason_texts(answer, language)))
    if answer.coverage is not None:
        borne = sum(sentence.verdict == "supported" for sentence in answer.sentences)
        parts.append(f"{words['coverage']}: {borne}/{len(answer.sentences)}")
    doubts = [
        f"  {'•' if sentence.verdict == 'supported' else '✗'} {sentence.text}: {'; '.join(reason_texts(sentence, language))}"
        for sentence in answer.sentences
        if sentence.reasons
    ]
    if doubts:
        parts.append("\n".join(doubts))
    if answer.conflicts:
        parts.append("\n".join([f"{words['conflicts']}:", *map(conflict_line, answer.conflicts)]))
    if answer.sources:
        parts.append("\n".join([f"{words['sources']}:", *map(source_line, answer.sources)]))
    if answer.closest:
        parts.append("\n".join([f"{words['closest']}:", *map(citation_line, answer.closest)]))
    return plain("".join(f"\n\n{part}" for part in parts))


def quotes_text(answer: Answer) -> str:
    """The words that the sentences of an answer rest on, each with its place, which `isnad show` takes; "" where there are none."""
    if not answer.citations:
        return ""
    words = labels(language_of(answer))
    return plain("\n".join([f"{words['quotes']}:", *map(citation_line, answer.citations)]))


def by_value(conflict: Conflict) -> list[list[Side]]:
    """The sides of a conflict, those that say one value together, each article once, in the order of the conflict.

    >>> sides = [(value, one) for value, one in (("15", "a"), ("10", "b"), ("15", "a"), ("15", "c"))]
    >>> told = [Side(value=value, published=None, citation=Citation(file_id=one, start=0, end=1, quote="x")) for value, one in sides]
    >>> [[one.citation.file_id for one in same] for same in by_value(Conflict(kind="number", about="", sides=tuple(told)))]
    [['a', 'c'], ['b']]
    """
    values: dict[str, dict[str, Side]] = {}
    for side in conflict.sides:
        values.setdefault(folded(side.value), {}).setdefault(side.citation.file_id, side)
    return [list(same.values()) for same in values.values()]


def conflict_line(conflict: Conflict) -> str:
    sides = (f"{same[0].value} [" + "; ".join(_when(side) for side in same) + "]" for same in by_value(conflict))
    return f"  {conflict.about}: {' ≠ '.join(sides)}"


def _when(side: Side) -> str:
    return side.citation.file_id + (f", {side.published}" if side.published else "")


def source_line(source: Source) -> str:
    return f"  [{source.file_id}] {_dotted(source.title, source.published, source.publisher)}"


def citation_line(citation: Citation) -> str:
    return f"  [{citation.file_id}:{citation.start}-{citation.end}] {one_line(citation.quote)}"


def hits_text(hits: Iterable[Hit]) -> str:
    """Hits, one paragraph each, headed by score, place, title, day and publisher."""
    return plain("\n\n".join(f"{_head(hit)}\n{one_line(hit.passage.text)}" for hit in hits))


def _head(hit: Hit) -> str:
    article = hit.article
    told = _dotted(article.title, article.published, article.publisher)
    return f"{hit.score:.3f}  [{hit.passage.id}] {told}".rstrip()


def article_line(article: Article) -> str:
    return plain(f"{article.id}  {_dotted(article.published, article.language, article.publisher, article.title)}")


def _dotted(*told: object) -> str:
    """What is known, in one line."""
    return " · ".join(str(item) for item in told if item)


def report_text(report: SyncReport) -> str:
    """What an index run did, and every file that was skipped with the reason."""
    counts = (
        ("added", len(report.added)),
        ("changed", len(report.changed)),
        ("deleted", len(report.deleted)),
        ("unchanged", report.unchanged),
        ("skipped", len(report.skipped)),
    )
    lines = [", ".join(f"{number} {name}" for name, number in counts)]
    if report.invisible_characters:
        kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(report.invisible_characters.items()))
        lines.append(f"  kept, but left out of search and prompts: characters that no reader sees ({kinds})")
    lines += [f"  {'refused' if one.error else 'passed over'}: {one.path}: {one.reason}" for one in report.skipped]
    if report.retained:
        lines.append(f"  {kept_text(report)}")
    return plain("\n".join(lines))


def kept_text(report: SyncReport) -> str:
    """Which articles were not met and stay all the same, and why.

    >>> from index.models import Skipped
    >>> kept_text(SyncReport(retained=("a", "b"), skipped=(Skipped(path="news.jsonl:3", reason="it is not JSON"),)))
    '2 missing articles were kept (a, b), as news.jsonl:3 may hold them: mend it and run again'
    """
    names, unread = _some(report.retained), _some([one.path or "the folder" for one in report.unreadable])
    one = len(report.retained) == 1
    return (
        f"{len(report.retained)} missing {'article was' if one else 'articles were'} kept ({names}), "
        f"as {unread} may hold {'it' if one else 'them'}: mend it and run again"
    )


def _some(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def plan_text(report: SyncReport, due: CostEstimate, cost: float | None, settings: Settings) -> str:
    """What an index run would do, and what the embedding model would be paid for."""
    lines = ["nothing was written; this is what would be done:", report_text(report)]
    if settings.has_embedding:
        price = "the price is not set (ISNAD_PRICE_EMBEDDING)" if cost is None else f"{cost:.4f} {settings.currency}"
        lines.append(f"to be embedded by {settings.embedding_model}: {due.texts} texts, {due.tokens:,} tokens, {price}")
    return plain("\n".join(lines))


def one_line(text: str) -> str:
    """The text with every run of white space made one space."""
    return " ".join(text.split())


def plain(text: str) -> str:
    """Show control and direction characters as a dot, and so a run of characters that hide a text in a text.

    >>> plain("a\\x1b[31mb"), plain("a\\U000e0049\\U000e0067b")
    ('a·[31mb', 'a·b')
    """
    return _UNPRINTABLE.sub("·", text)


def escaped(text: str) -> str:
    """The text as HTML may hold it, in an element or between quotes of an attribute.

    >>> escaped('<b title="x">\\u202e')
    '&lt;b title=&quot;x&quot;&gt;·'
    """
    return html.escape(plain(text))


def direction(text: str) -> Literal["rtl", "ltr"]:
    """The way a text runs: that of the greater part of its letters, so that an English name at its start turns nothing.

    >>> direction("IAEA: زار المدير الموقع"), direction("the word سلام")
    ('rtl', 'ltr')
    """
    ways = [unicodedata.bidirectional(letter) for letter in text]
    return "rtl" if sum(way in ("R", "AL") for way in ways) > ways.count("L") else "ltr"


def language_of(answer: Answer) -> Literal["ar", "en"]:
    """The language in which an answer's labels are told: that of its sentences, whatever names and file ids stand in it.

    >>> language_of(Answer(question="?", text="The word is سلام.", abstained=True, engine="extract"))
    'en'
    """
    said = " ".join(sentence.text for sentence in answer.sentences) or answer.text
    return "ar" if direction(said) == "rtl" else "en"


def hit_record(hit: Hit) -> dict[str, Any]:
    """A hit as `search --json` prints it."""
    passage, article = hit.passage, hit.article
    return {
        "file_id": article.id,
        "passage_id": passage.id,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "score": hit.score,
        "title": article.title,
        "published": article.published,
        "also": hit.duplicate_ids,
        "story": hit.story,
    }


def article_record(article: Article) -> dict[str, Any]:
    """What an article knows about itself, without its text."""
    return {
        "file_id": article.id,
        "title": article.title,
        "published": article.published,
        "publisher": article.publisher,
        "language": article.language,
        "url": article.url,
        "path": article.path,
    }


def place_record(article: Article, span: Span | None) -> dict[str, Any]:
    """An article, or a stretch of it with the paragraph around it."""
    record = article_record(article)
    if span is None:
        return {**record, "text": article.text}
    around = surroundings(article.text, span)
    return {
        **record,
        "start": span.start,
        "end": span.end,
        "quote": span.of(article.text),
        "context": around.of(article.text),
    }


def place_text(article: Article, span: Span | None) -> str:
    """The same for a terminal: the stretch stands between ⟦ and ⟧."""
    head = article_line(article)
    if span is None:
        return f"{head}\n\n{plain(article.text)}"
    around = surroundings(article.text, span)
    before, after = article.text[around.start : span.start], article.text[span.end : around.end]
    return f"{head}\n\n{plain(before)}⟦{plain(span.of(article.text))}⟧{plain(after)}"


def surroundings(text: str, span: Span) -> Span:
    """The paragraphs that a span touches."""
    touched = [paragraph for paragraph in paragraphs(text) if paragraph.start < span.end and span.start < paragraph.end]
    return Span(min([span.start, *(one.start for one in touched)]), max([span.end, *(one.end for one in touched)]))


def status_text(record: dict[str, Any]) -> str:
    """`isnad status`: a line a fact, what has parts with a line for each; what is not set is left out."""
    lines = []
    named = {"vectors": "paid vectors kept"}  # not the rows in Chroma, which `isnad doctor` counts
    for name, value in record.items():
        if isinstance(value, dict):
            parts = [f"{key} {said}" for key, said in value.items() if said is not None]
        else:
            parts = value if isinstance(value, list) else [] if value is None else [value]
        heads = (named.get(name, name.replace("_", " ")), *[""] * len(parts))
        lines += [f"{head:<17} {part}" for head, part in zip(heads, parts, strict=False)]
    return plain("\n".join(lines))


def examination_text(found: Examination) -> str:
    """What the doctor found and did, a line each."""
    lines = [f"{found.articles} articles, {found.passages} passages, {found.vectors} rows in Chroma"]
    lines += [f"done: {one}" for one in found.done]
    lines += [
        f"{finding.part}: {finding.what}" + (f" ({', '.join(finding.articles)})" if finding.articles else "")
        for finding in found.findings
    ]
    if found.well:
        lines.append("all is well")
    elif not (found.repaired or found.damaged("store")):
        lines.append("run: isnad doctor --repair")
    return plain("\n".join(lines))


def verified_text(found: Iterable[Verified]) -> str:
    """What became of the citations of an answer, a line each."""
    lines = [
        f"{match.state:<9} [{match.citation.file_id}:{match.citation.start}-{match.citation.end}] "
        + (
            f"→ [{match.citation.file_id}:{match.now.start}-{match.now.end}] "
            if match.state == "moved" and match.now
            else ""
        )
        + one_line(match.citation.quote)
        + (
            ""
            if match.verdict == "supported"
            else f"\n  {match.verdict}: {one_line(match.sentence)}: {'; '.join(match.reasons)}"
        )
        for match in found
    ]
    return plain("\n".join(lines) or "the answer cites nothing")
