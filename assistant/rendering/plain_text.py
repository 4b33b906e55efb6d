"""Render answers, hits, articles and reports as text for a terminal."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from assistant.models import Answer, Citation, Conflict, Sentence, Side, Source, Update, wrong_spans
from assistant.policy import marked
from assistant.rendering.comparison_table import ComparisonTable, comparison_table
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
    from index.doctor import Examination
    from index.embeddings.embedding_cache import CostEstimate
    from index.ingest.sources import Source as IndexedSource

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]|" + SMUGGLING)


def answer_text(answer: Answer) -> str:
    """Render the answer and what belongs below it."""
    return plain(marked(answer)) + after_text(answer)


def coverage_line(answer: Answer, words: Mapping[str, str]) -> str:
    """Return how many sentences are supported.

    For bare quotations, which support themselves, only that they are.
    """
    if all(sentence.checked_by == "quote" for sentence in answer.sentences):
        return words["verbatim"]
    supported = sum(sentence.verdict == "supported" for sentence in answer.sentences)
    return f"{words['coverage']}: {supported}/{len(answer.sentences)}"


def after_text(answer: Answer) -> str:
    """Render what belongs below an answer.

    These are the plan, the reasons, the share supported, the doubted sentences, the conflicts, the sources and, on a
    refusal, the closest passages.
    """
    language = language_of(answer)
    words, parts = labels(language), []
    if answer.plan and (line := plan_line(answer.plan, language)):
        parts.append(Reason.of("plan.line", plan=line).text(language))
    if answer.reasons:
        parts.append("\n".join(f"  ({reason})" for reason in reason_texts(answer, language)))
    if answer.coverage is not None:
        parts.append(coverage_line(answer, words))
    doubts = [
        (
            f"  {'•' if sentence.verdict == 'supported' else '✗'} {_with_wrong_words(sentence)}: "
            f"{'; '.join(reason_texts(sentence, language))}"
        )
        for sentence in answer.sentences
        if sentence.reasons
    ]
    if doubts:
        parts.append("\n".join(doubts))
    if table := comparison_table(answer):
        parts.append("\n".join(_table_lines(answer, table)))
    if answer.conflicts:
        parts.append("\n".join([f"{words['conflicts']}:", *(conflict_line(item, words) for item in answer.conflicts)]))
    if answer.updates:
        parts.append("\n".join([f"{words['updates']}:", *(update_line(item, words) for item in answer.updates)]))
    if answer.sources:
        parts.append("\n".join([f"{words['sources']}:", *map(source_line, answer.sources)]))
    if answer.closest:
        parts.append("\n".join([f"{words['closest']}:", *map(citation_line, answer.closest)]))
    return plain("".join(f"\n\n{part}" for part in parts))


def _with_wrong_words(sentence: Sentence) -> str:
    """Return a sentence with the words that its source contradicts between asterisks.

    >>> from assistant.models import Contradiction
    >>> wrong = Contradiction(code="number", start=3, end=4, text="7", evidence="3")
    >>> _with_wrong_words(Sentence(text="In 7 hours.", start=0, end=11, contradictions=(wrong,)))
    'In *7* hours.'
    """
    pieces = wrong_spans(sentence.text, sentence.contradictions)
    return "".join(piece if wrong is None or piece == sentence.text else f"*{piece}*" for piece, wrong in pieces)


def _table_lines(answer: Answer, table: ComparisonTable) -> list[str]:
    """Return the rows of a comparison, a line for each thing compared."""
    lines = []
    for row in table.rows:
        for column, cell in zip(table.columns, row, strict=True):
            shown = " ".join(_marked_sentence(answer.sentences[at]) for at in cell)
            lines.append(f"  {one_line(column)} | {shown or '–'}")
        lines.append("  ---")
    return lines[:-1]


def _marked_sentence(sentence: Sentence) -> str:
    text = f"~~{sentence.text}~~" if sentence.struck else sentence.text
    return one_line(" ".join([text, *dict.fromkeys(f"[{item.file_id}]" for item in sentence.citations)]))


def quotes_text(answer: Answer) -> str:
    """Render the quotes of an answer with their places; "" if there are none.

    `isnad show` takes such a place.
    """
    if not answer.citations:
        return ""
    words = labels(language_of(answer))
    return plain("\n".join([f"{words['quotes']}:", *map(citation_line, answer.citations)]))


def by_value(conflict: Conflict | Update) -> list[list[Side]]:
    """Group the sides of a conflict by value, each article once, in their order.

    >>> def side(value, file_id):
    ...     cited = Citation(file_id=file_id, start=0, end=1, quote="x")
    ...     return Side(value=value, published=None, citation=cited)
    >>> sides = (side("15", "a"), side("10", "b"), side("15", "a"), side("15", "c"))
    >>> [[item.citation.file_id for item in same] for same in by_value(Conflict(kind="number", about="", sides=sides))]
    [['a', 'c'], ['b']]
    """
    values: dict[str, dict[str, Side]] = {}
    for side in conflict.sides:
        values.setdefault(folded(side.value), {}).setdefault(side.citation.file_id, side)
    return [list(same.values()) for same in values.values()]


def subject(item: Conflict | Update, words: Mapping[str, str]) -> str:
    """Return what the values of a conflict or an update are of.

    >>> subject(Update(about="حريق السوق", counted="injured", sides=()), {"injured": "المصابون"})
    'المصابون (حريق السوق)'
    """
    counted = words.get(item.counted, item.counted)
    return f"{counted} ({item.about})" if counted else item.about


def conflict_line(conflict: Conflict, words: Mapping[str, str]) -> str:
    """Render a conflict on a line: what differs, each value with who says it and when."""
    return f"  {subject(conflict, words)}: {' ≠ '.join(_values(conflict))}"


def update_line(update: Update, words: Mapping[str, str]) -> str:
    """Render an update on a line: the newest value, then the earlier ones."""
    newest, *earlier = _values(update)
    return f"  {subject(update, words)}: {newest}; {words['earlier']}: {'; '.join(earlier)}"


def _values(item: Conflict | Update) -> list[str]:
    return [f"{same[0].value} [" + "; ".join(_when(side) for side in same) + "]" for same in by_value(item)]


def _when(side: Side) -> str:
    return ", ".join(str(part) for part in (side.citation.file_id, side.published, side.publisher) if part)


def source_line(source: Source) -> str:
    return f"  [{source.file_id}] {_dotted(source.title, source.published, source.publisher)}"


def citation_line(citation: Citation) -> str:
    return f"  [{citation.file_id}:{citation.start}-{citation.end}] {one_line(citation.quote)}"


def hits_text(hits: Iterable[Hit]) -> str:
    """Render hits, a paragraph each, headed by score, place, title, day and publisher."""
    return plain("\n\n".join(f"{_head(hit)}\n{one_line(hit.passage.text)}" for hit in hits))


def _head(hit: Hit) -> str:
    article = hit.article
    about = _dotted(article.title, article.published, article.publisher)
    return f"{hit.score:.3f}  [{hit.passage.id}] {about}".rstrip()


def article_line(article: Article) -> str:
    return plain(f"{article.id}  {_dotted(article.published, article.language, article.publisher, article.title)}")


def _dotted(*values: object) -> str:
    """Join the values that are known into one line."""
    return " · ".join(str(item) for item in values if item)


def report_text(report: SyncReport, language: str = "en") -> str:
    """Return what an index run did.

    What is new with its reason, what the last run reported in one line.
    """
    lines = [report_counts(report, language)]
    if report.invisible_characters:
        kinds = tuple(f"{number:,} {kind}" for kind, number in sorted(report.invisible_characters.items()))
        lines.append("  " + Reason.of("report.invisible", kinds=kinds).text(language))
    for skipped in (skipped for skipped in report.skipped if not skipped.repeated):
        code = "report.refused" if skipped.error else "report.passed_over"
        reason = Reason.of(code, file=skipped.path, reason=skipped.detail or skipped.reason)
        lines.append("  " + reason.text(language))
    if report.retained:
        lines.append(f"  {kept_text(report, language)}")
    if repeated := repeated_text(report, language):
        lines.append(f"  {repeated}")
    return plain("\n".join(lines))


def report_counts(report: SyncReport, language: str = "en") -> str:
    """Return how many articles an index run added, changed, deleted, left and skipped."""
    return Reason.of(
        "report.counts",
        added=len(report.added),
        changed=len(report.changed),
        deleted=len(report.deleted),
        unchanged=report.unchanged,
        skipped=len(report.skipped),
    ).text(language)


def repeated_text(report: SyncReport, language: str = "en") -> str:
    """Return how many files were refused and passed over as the last run reported.

    "" for none.
    """
    repeated = [skipped.error for skipped in report.skipped if skipped.repeated]
    if not repeated:
        return ""
    refused = sum(repeated)
    return Reason.of("report.as_before", refused=refused, passed_over=len(repeated) - refused).text(language)


def kept_text(report: SyncReport, language: str = "en") -> str:
    """Return which articles were not met and stay all the same, and why.

    >>> from index.models import Skipped
    >>> kept_text(SyncReport(retained=("a", "b"), skipped=(Skipped(path="news.jsonl:3", reason="it is not JSON"),)))
    '2 missing articles were kept (a, b), as news.jsonl:3 may hold them: mend it and run again'
    """
    unread = [skipped.path or Reason("report.the_folder") for skipped in report.unreadable]
    count = len(report.retained)
    return Reason.of("report.retained", count=count, names=_some(report.retained), unread=_some(unread)).text(language)


def _some(names: Sequence[str | Reason], most: int = 5) -> Reason:
    if len(names) > most:
        return Reason.of("report.names_and_more", names=tuple(names[:most]), more=len(names) - most)
    return Reason.of("report.names", names=tuple(names))


def sources_text(sources: Iterable[IndexedSource], language: str = "en") -> str:
    """Render the PATHs that a store was filled from, a line each."""
    lines = []
    for source in sources:
        refused = sum(refusal.error for refusal in source.refused)
        parts = [
            Reason.of("report.source_holds", articles=source.articles, files=source.files),
            *([Reason.of("report.source_indexed", time=source.indexed)] if source.indexed else []),
            *([Reason.of("report.source_refused", files=refused)] if refused else []),
            *([Reason("report.source_gone")] if source.path and not source.exists else []),
        ]
        name = source.path or Reason("report.source_from_python").text(language)
        lines.append(f"{name}: {'; '.join(part.text(language) for part in parts)}")
    return plain("\n".join(lines) or Reason("report.no_sources").text(language))


def plan_text(
    report: SyncReport, due: CostEstimate, cost: float | None, settings: Settings, language: str = "en"
) -> str:
    """Return what an index run would do and what its embeddings would cost."""
    lines = [Reason("report.dry_run").text(language), report_text(report, language)]
    if settings.has_embedding:
        known = Reason.of("report.price", cost=cost or 0.0, currency=settings.currency)
        price = Reason("report.no_price") if cost is None else known
        model = str(settings.embedding_model)
        due_texts = Reason.of("report.to_embed", model=model, texts=due.texts, tokens=due.tokens, price=price)
        lines.append(due_texts.text(language))
    return plain("\n".join(lines))


def one_line(text: str) -> str:
    """Replace every run of white space by one space."""
    return " ".join(text.split())


def plain(text: str) -> str:
    """Show control, direction and hidden characters as a dot.

    >>> plain("a\\x1b[31mb"), plain("a\\U000e0049\\U000e0067b")
    ('a·[31mb', 'a·b')
    """
    return _UNPRINTABLE.sub("·", text)


def escaped(text: str) -> str:
    """Escape a text for an HTML element or a quoted attribute.

    >>> escaped('<b title="x">\\u202e')
    '&lt;b title=&quot;x&quot;&gt;·'
    """
    return html.escape(plain(text))


def direction(text: str) -> Literal["rtl", "ltr"]:
    """Return the direction of most letters of a text.

    An English name at the start of an Arabic text changes nothing.

    >>> direction("IAEA: زار المدير الموقع"), direction("the word سلام")
    ('rtl', 'ltr')
    """
    ways = [unicodedata.bidirectional(letter) for letter in text]
    return "rtl" if sum(way in ("R", "AL") for way in ways) > ways.count("L") else "ltr"


def language_of(answer: Answer) -> Literal["ar", "en"]:
    """Return the language of an answer's labels: that of most of its letters.

    Names and file ids in another script change nothing.

    >>> language_of(Answer(question="?", text="The word is سلام.", abstained=True, engine="extract"))
    'en'
    """
    if any(reason.code == "extraction.quoted_other_language" for reason in answer.details):
        return "ar" if direction(answer.question) == "rtl" else "en"  # what is quoted is not in the reader's language
    text = " ".join(sentence.text for sentence in answer.sentences) or answer.text
    return "ar" if direction(text) == "rtl" else "en"


def hit_record(hit: Hit) -> dict[str, Any]:
    """Return a hit as `search --json` prints it."""
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
    """Return the metadata of an article, without its text."""
    return {
        "file_id": article.id,
        "title": article.title,
        "published": article.published,
        "retrieved": article.retrieved,
        "publisher": article.publisher,
        "language": article.language,
        "url": article.url,
        "path": article.path,
    }


def place_record(article: Article, span: Span | None) -> dict[str, Any]:
    """Return an article, or a span of it with the paragraphs around it."""
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
    """Render an article, or a span of it between ⟦ and ⟧ in its paragraphs."""
    head = article_line(article)
    if span is None:
        return f"{head}\n\n{plain(article.text)}"
    around = surroundings(article.text, span)
    before, after = article.text[around.start : span.start], article.text[span.end : around.end]
    return f"{head}\n\n{plain(before)}⟦{plain(span.of(article.text))}⟧{plain(after)}"


def surroundings(text: str, span: Span) -> Span:
    """Return the span of the paragraphs that a span touches."""
    touched = [paragraph for paragraph in paragraphs(text) if paragraph.start < span.end and span.start < paragraph.end]
    return Span(min([span.start, *(item.start for item in touched)]), max([span.end, *(item.end for item in touched)]))


def status_text(record: dict[str, Any]) -> str:
    """Render the record of `isnad status`, a fact a line; unset facts are left out."""
    lines = []
    named = {"vectors": "paid vectors kept"}  # not the rows in Chroma, which `isnad doctor` counts
    for name, value in record.items():
        if isinstance(value, dict):
            parts = [f"{key} {part}" for key, part in value.items() if part is not None]
        else:
            parts = value if isinstance(value, list) else [] if value is None else [value]
        heads = (named.get(name, name.replace("_", " ")), *[""] * len(parts))
        lines += [f"{head:<17} {part}" for head, part in zip(heads, parts, strict=False)]
    return plain("\n".join(lines))


def examination_text(examination: Examination, language: str = "en") -> str:
    """Return the findings and the repairs of the doctor, a line each."""
    counts = {name: getattr(examination, name) for name in ("articles", "passages", "vectors")}
    lines = [Reason.of("doctor.counts", **counts).text(language)]
    lines += [Reason.of("doctor.done", repair=repair).text(language) for repair in examination.repairs]
    for finding in examination.findings:
        ids = f" ({', '.join(finding.articles)})" if finding.articles else ""
        lines.append(f"{finding.part}: {finding.detail.text(language) if finding.detail else finding.what}{ids}")
    if examination.well:
        lines.append(Reason("doctor.well").text(language))
    elif not (examination.repaired or examination.damaged("store")):
        lines.append(Reason("doctor.run_repair").text(language))
    return plain("\n".join(lines))


def verified_text(matches: Iterable[Verified]) -> str:
    """Render what became of the citations of an answer, a line each."""
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
        for match in matches
    ]
    return plain("\n".join(lines) or "the answer cites nothing")
