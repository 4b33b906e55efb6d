"""Metrics of citations: validity, support, placement, quotes.

Recall and precision are those of ALCE (Gao et al. 2023, section 3.3) with our check as its φ; a refusal is n/a.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from statistics import fmean

import msgspec

from assistant.models import Citation, Sentence
from evals.metrics.aligned_reply import AlignedReply, ExplainedSupport
from evals.models import Failed, Measured, NotApplicable, Score

QUOTED = re.compile(r'«([^«»]+)»|“([^“”]+)”|"([^"\n]+)"')
WORDS = 4  # a shorter stretch in quotation marks is a name or a title
NAMES = (
    "grounded", "supported", "coverage", "citation_validity", "citation_shown", "citation_recall", "citation_precision",
    "gold_citation_precision", "gold_citation_recall", "gold_citation_f1", "placement", "misattribution",
    "quote_fidelity",
)  # fmt: skip


def citation_scores(aligned: AlignedReply) -> dict[str, Score]:
    """Score the citations of a reply. Higher is better, but for `misattribution`."""
    if aligned.answer.abstained or not aligned.answer.sentences:
        return {name: NotApplicable("refused" if aligned.answer.abstained else "said nothing") for name in NAMES}
    sentences = aligned.answer.sentences
    valid = [is_valid(aligned, citation) for citation in aligned.citations]
    precision, recall, f1 = _gold_files(aligned)
    return {
        "grounded": _reduce(aligned.verdicts, lambda values: float(min(values) >= 1.0)),
        "supported": _vouched(aligned),
        "coverage": Measured(
            fmean(bool(sentence.citations) or not aligned.needs_support(at) for at, sentence in enumerate(sentences))
        ),
        "citation_validity": _share(valid, "nothing is cited"),
        "citation_shown": _shown(aligned),
        "citation_recall": _recall(aligned),
        "citation_precision": _precision(aligned),
        "gold_citation_precision": precision,
        "gold_citation_recall": recall,
        "gold_citation_f1": f1,
        "placement": _placement(aligned),
        "misattribution": _misattribution(aligned),
        "quote_fidelity": _share([verbatim for _, verbatim in check_quotations(aligned)], "nothing is quoted"),
    }


def is_valid(aligned: AlignedReply, citation: Citation) -> bool:
    """Return whether a citation names an existing file and its very words."""
    text = aligned.corpus.text(citation.file_id)
    return text is not None and text[citation.start : citation.end] == citation.quote and bool(citation.quote.strip())


def check_quotations(aligned: AlignedReply) -> list[tuple[str, bool]]:
    """List the answer's quotations, and whether a cited file has each.

    Of four words or more, spelling folded.

    A quotation in another script than every cited file is a translation, and left out.
    """
    rows = []
    for match in QUOTED.finditer(aligned.answer.text):
        quote = next(group for group in match.groups() if group)
        if len(quote.split()) < WORDS:
            continue
        texts = [aligned.corpus.text(file_id) or "" for file_id in aligned.cited]
        if aligned.cited and not any(is_arabic(text) == is_arabic(quote) for text in texts):
            continue
        rows.append((quote, any(aligned.corpus.find(file_id, quote) for file_id in aligned.cited)))
    return rows


def is_arabic(text: str) -> bool:
    """Return whether most letters of a text are Arabic.

    >>> is_arabic("قال BBC إن"), is_arabic("He said نعم twice")
    (True, False)
    """
    letters = [letter for letter in text if letter.isalpha()]
    return sum("\u0600" <= letter <= "\u06ff" for letter in letters) * 2 > len(letters)


def _share(flags: Sequence[bool], why: str) -> Score:
    return Measured(fmean(flags)) if flags else NotApplicable(why)


def _share_full(values: list[float]) -> float:
    return fmean(value >= 1.0 for value in values)


def _reduce(verdicts: Sequence[Measured | Failed], reduce: Callable[[list[float]], float]) -> Score:
    """Reduce the verdicts of sentences to a figure; a failed one makes it an error."""
    failed = next((verdict for verdict in verdicts if isinstance(verdict, Failed)), None)
    if failed:
        return failed
    return Measured(reduce([verdict.value for verdict in verdicts if isinstance(verdict, Measured)]))


def _vouched(aligned: AlignedReply) -> Score:
    """Return the share of sentences that the check vouches for.

    With a judge as the check, those that it calls full.
    """
    if not isinstance(aligned.support, ExplainedSupport):
        return _reduce(aligned.verdicts, _share_full)
    claims = [item for at, item in enumerate(aligned.answer.sentences) if aligned.needs_support(at)]
    vouched = [aligned.support.vouches(sentence, aligned.case.question) for sentence in claims]
    return _share(vouched, "no sentence needs a source")


def _shown(aligned: AlignedReply) -> Score:
    hits = aligned.reply.hits
    if hits is None:
        return NotApplicable("the engine does not say what it found")
    shown = {hit.file_id for hit in hits[: aligned.reply.shown]}
    return _share([citation.file_id in shown for citation in aligned.citations], "nothing is cited")


def _recall(aligned: AlignedReply) -> Score:
    """Return the share of sentences with citations that support them in full."""
    verdicts = [
        verdict if sentence.citations or isinstance(verdict, Failed) or not aligned.needs_support(at) else Measured(0.0)
        for at, (sentence, verdict) in enumerate(zip(aligned.answer.sentences, aligned.verdicts, strict=True))
    ]
    return _reduce(verdicts, _share_full)


def _precision(aligned: AlignedReply) -> Score:
    """Return the share of needed or sufficient citations of supported sentences."""
    verdicts: list[Measured | Failed] = []
    for sentence, verdict in zip(aligned.answer.sentences, aligned.verdicts, strict=True):
        verdicts += [_relevance(aligned, sentence, citation, verdict) for citation in sentence.citations]
    return _reduce(verdicts, fmean) if verdicts else NotApplicable("nothing is cited")


def _relevance(
    aligned: AlignedReply, sentence: Sentence, citation: Citation, verdict: Measured | Failed
) -> Measured | Failed:
    if isinstance(verdict, Failed) or verdict.value < 1.0 or len(sentence.citations) == 1:
        return verdict if isinstance(verdict, Failed) else Measured(float(verdict.value >= 1.0))
    others = tuple(other for other in sentence.citations if other is not citation)
    alone, without = (
        aligned.support(
            msgspec.structs.replace(sentence, citations=citations), aligned.case.question, aligned.anchor(sentence)
        )
        for citations in ((citation,), others)
    )
    if isinstance(alone, Failed) or isinstance(without, Failed):
        return alone if isinstance(alone, Failed) else without
    return Measured(float(alone.value > 0.0 or without.value < 1.0))


def _gold_files(aligned: AlignedReply) -> tuple[Score, Score, Score]:
    """Return precision, recall and F1 of the cited files against the gold files."""
    sets = aligned.case.sources_any_of
    if not sets:
        return (NotApplicable("there are no gold sources"),) * 3
    cited = aligned.cited
    rows = []
    for files in map(frozenset, sets):
        shared = len(cited & files)
        precision, recall = shared / len(cited) if cited else 0.0, shared / len(files)
        rows.append((2 * precision * recall / (precision + recall) if shared else 0.0, recall, precision))
    f1, recall, precision = max(rows)
    return Measured(precision) if cited else NotApplicable("nothing is cited"), Measured(recall), Measured(f1)


def _placement(aligned: AlignedReply) -> Score:
    """Return the share of stated facts cited right there to a file with them."""
    flags = [
        any(aligned.file_states(file_id, fact) for file_id in aligned.files_citing(fact))
        for fact in aligned.case.facts
        if aligned.stating[fact.id]
    ]
    return _share(flags, "no fact is stated")


def _misattribution(aligned: AlignedReply) -> Score:
    """Return the share of stated, cited facts that only another retrieved file states."""
    flags = []
    retrieved = {hit.file_id for hit in aligned.reply.hits or ()}
    for fact in aligned.case.facts:
        cited = aligned.files_citing(fact)
        if cited:
            wrong = not any(aligned.file_states(file_id, fact) for file_id in cited)
            flags.append(wrong and any(aligned.file_states(file_id, fact) for file_id in retrieved - cited))
    return _share(flags, "no fact is stated and cited")
