"""Whether citations hold: they exist, were shown, bear their sentences out, and stand where the fact is stated.

Recall and precision after ALCE (Gao et al. 2023, section 3.3), with our own check as its φ; a refusal has no citations and is n/a.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from statistics import fmean

import msgspec

from assistant.models import Citation, Sentence
from evals.metrics.aligned_reply import Exhibit
from evals.models import Failed, Measured, NotApplicable, Score

QUOTED = re.compile(r'«([^«»]+)»|“([^“”]+)”|"([^"\n]+)"')
WORDS = 4  # a shorter stretch in quotation marks is a name or a title
NAMES = (
    "grounded", "supported", "coverage", "citation_validity", "citation_shown", "citation_recall", "citation_precision",
    "gold_citation_precision", "gold_citation_recall", "gold_citation_f1", "placement", "misattribution", "quote_fidelity",
)  # fmt: skip


def citations(exhibit: Exhibit) -> dict[str, Score]:
    """The citation metrics of one reply. Higher is better, but for `misattribution`: the share of facts cited to a file without them."""
    if exhibit.answer.abstained or not exhibit.answer.sentences:
        return {name: NotApplicable("refused" if exhibit.answer.abstained else "said nothing") for name in NAMES}
    sentences, cited = exhibit.answer.sentences, exhibit.citations
    precision, recall, f1 = _gold(exhibit)
    return {
        "grounded": _over(exhibit.verdicts, lambda values: float(min(values) >= 1.0)),
        "supported": _over(exhibit.verdicts, lambda values: fmean(value >= 1.0 for value in values)),
        "coverage": Measured(
            fmean(bool(sentence.citations) or not exhibit.needs(at) for at, sentence in enumerate(sentences))
        ),
        "citation_validity": _share([valid(exhibit, one) for one in cited], "nothing is cited"),
        "citation_shown": _shown(exhibit),
        "citation_recall": _recall(exhibit),
        "citation_precision": _precision(exhibit),
        "gold_citation_precision": precision,
        "gold_citation_recall": recall,
        "gold_citation_f1": f1,
        "placement": _placement(exhibit),
        "misattribution": _misattribution(exhibit),
        "quote_fidelity": _share([found for _, found in quotations(exhibit)], "nothing is quoted"),
    }


def valid(exhibit: Exhibit, citation: Citation) -> bool:
    """Whether a citation names a file that exists and its very words."""
    text = exhibit.corpus.text(citation.file_id)
    return text is not None and text[citation.start : citation.end] == citation.quote and bool(citation.quote.strip())


def quotations(exhibit: Exhibit) -> list[tuple[str, bool]]:
    """The quotations of the answer of at least four words, each with whether a cited file has it, whatever its spelling.

    A quotation in other letters than those of every cited file is a translation, and left out.
    """
    rows = []
    for match in QUOTED.finditer(exhibit.answer.text):
        quote = next(group for group in match.groups() if group)
        if len(quote.split()) < WORDS:
            continue
        texts = [exhibit.corpus.text(one) or "" for one in exhibit.cited]
        if exhibit.cited and not any(arabic(text) == arabic(quote) for text in texts):
            continue
        rows.append((quote, any(exhibit.corpus.find(one, quote) for one in exhibit.cited)))
    return rows


def arabic(text: str) -> bool:
    """Whether most letters of a text are Arabic.

    >>> arabic("قال BBC إن"), arabic("He said نعم twice")
    (True, False)
    """
    letters = [letter for letter in text if letter.isalpha()]
    return sum("\u0600" <= letter <= "\u06ff" for letter in letters) * 2 > len(letters)


def _share(found: Sequence[bool], why: str) -> Score:
    return Measured(fmean(found)) if found else NotApplicable(why)


def _over(verdicts: Sequence[Measured | Failed], reduce: Callable[[list[float]], float]) -> Score:
    """A figure over the sentences; one that could not be checked makes it an error."""
    failed = next((verdict for verdict in verdicts if isinstance(verdict, Failed)), None)
    if failed:
        return failed
    return Measured(reduce([verdict.value for verdict in verdicts if isinstance(verdict, Measured)]))


def _shown(exhibit: Exhibit) -> Score:
    hits = exhibit.reply.hits
    if hits is None:
        return NotApplicable("the engine does not say what it found")
    shown = {hit.file_id for hit in hits[: exhibit.reply.shown]}
    return _share([citation.file_id in shown for citation in exhibit.citations], "nothing is cited")


def _recall(exhibit: Exhibit) -> Score:
    """Share of sentences that cite something which bears them out in full."""
    sentences = exhibit.answer.sentences
    return _over(
        [
            verdict if sentence.citations or isinstance(verdict, Failed) or not exhibit.needs(at) else Measured(0.0)
            for at, (sentence, verdict) in enumerate(zip(sentences, exhibit.verdicts, strict=True))
        ],
        lambda values: fmean(value >= 1.0 for value in values),
    )


def _precision(exhibit: Exhibit) -> Score:
    """Share of citations that are needed or bear their sentence out alone, in sentences that are borne out."""
    rows: list[Measured | Failed] = []
    for sentence, verdict in zip(exhibit.answer.sentences, exhibit.verdicts, strict=True):
        for citation in sentence.citations:
            rows.append(_relevant(exhibit, sentence, citation, verdict))
    return _over(rows, fmean) if rows else NotApplicable("nothing is cited")


def _relevant(exhibit: Exhibit, sentence: Sentence, one: Citation, verdict: Measured | Failed) -> Measured | Failed:
    if isinstance(verdict, Failed) or verdict.value < 1.0 or len(sentence.citations) == 1:
        return verdict if isinstance(verdict, Failed) else Measured(float(verdict.value >= 1.0))
    anchor = exhibit.written(sentence)
    alone = exhibit.support(_citing(sentence, (one,)), exhibit.case.question, anchor)
    others = tuple(other for other in sentence.citations if other is not one)
    without = exhibit.support(_citing(sentence, others), exhibit.case.question, anchor)
    if isinstance(alone, Failed) or isinstance(without, Failed):
        return alone if isinstance(alone, Failed) else without
    return Measured(float(alone.value > 0.0 or without.value < 1.0))


def _citing(sentence: Sentence, citations: tuple[Citation, ...]) -> Sentence:
    return msgspec.structs.replace(sentence, citations=citations)


def _gold(exhibit: Exhibit) -> tuple[Score, Score, Score]:
    """Cited files against the gold set that fits best."""
    sets = exhibit.case.sources_any_of
    if not sets:
        return (NotApplicable("there are no gold sources"),) * 3
    cited = exhibit.cited
    rows = []
    for files in map(frozenset, sets):
        both = len(cited & files)
        precision, recall = both / len(cited) if cited else 0.0, both / len(files)
        rows.append((2 * precision * recall / (precision + recall) if both else 0.0, recall, precision))
    f1, recall, precision = max(rows)
    return Measured(precision) if cited else NotApplicable("nothing is cited"), Measured(recall), Measured(f1)


def _placement(exhibit: Exhibit) -> Score:
    """Share of the stated facts that are cited in the very sentence, to a file that has them."""
    rows = []
    for fact in exhibit.case.facts:
        there = [exhibit.answer.sentences[at] for at in exhibit.stated[fact.id]]
        if there:
            rows.append(
                any(exhibit.tells(citation.file_id, fact) for sentence in there for citation in sentence.citations)
            )
    return _share(rows, "no fact is stated")


def _misattribution(exhibit: Exhibit) -> Score:
    """Share of the stated and cited facts whose cited files do not have them while another file that was found does."""
    rows = []
    found = {hit.file_id for hit in exhibit.reply.hits or ()}
    for fact in exhibit.case.facts:
        cited = {
            citation.file_id for at in exhibit.stated[fact.id] for citation in exhibit.answer.sentences[at].citations
        }
        if cited:
            wrong = not any(exhibit.tells(one, fact) for one in cited)
            rows.append(wrong and any(exhibit.tells(match, fact) for match in found - cited))
    return _share(rows, "no fact is stated and cited")
