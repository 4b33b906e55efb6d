"""Check whether a sentence is quoted, contradicted, or supported by a model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from assistant.alignment.aligner import align, index_text
from assistant.alignment.tokenization import plain_claim, tokenize
from assistant.grounding.evidence import Evidence, nearest_sentences, surrounding_text
from assistant.grounding.quote_match import is_quote
from assistant.grounding.rules import contradictions
from assistant.grounding.source_attribution import strip_source_attribution
from assistant.models import CheckedBy, Contradiction, Sentence, Verdict
from index.messages.reason import Reason
from index.models import Value

WITH_INSTEAD = frozenset(
    ("number", "number_of_another", "date", "unknown_name", "place")
)  # may lack words of the evidence


class Judgement(Value, frozen=True, kw_only=True):
    """What the check says of a sentence.

    Verdict, who knows it, why, and the words that are wrong.

    `probability`, from 0 to 1, is given by an entailment model only.
    """

    verdict: Verdict
    checked_by: CheckedBy | None = None
    probability: float | None = None
    details: tuple[Reason, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons as text."""
        return tuple(map(str, self.details))


def check(sentence: str, evidence: Sequence[Evidence], *, anchor: date | None = None) -> Judgement:
    """Check a sentence of an answer against what it cites.

    About 3 ms for 2,000 characters of evidence.

    `supported` by `quote`: the source's own words. `unsupported` by `rules`: a rule objects; or without a source.
    `unchecked`: nobody vouches for it and nothing speaks against it. `anchor` is the day the article was written, for
    "yesterday".

    >>> cited = Evidence(text="قال الوالي إن طول الجسر 87 مترا. وبدأ العمل أمس في الموقع.", file_id="a")
    >>> check("بدأ العمل أمس في الموقع.", [cited]).checked_by
    'quote'
    >>> check("طول الجسر 85 مترا", [cited]).reasons
    ('85 is not in the evidence, which says 87',)
    >>> check("الجسر طويل.", [cited]).verdict
    'unchecked'
    """
    plain = strip_source_attribution(sentence, {item.published for item in evidence})
    judgement = check_claim(plain, surrounding_text(evidence), anchor=anchor)
    return judgement if plain == sentence else _moved(judgement, sentence)


def check_claim(claim: str, context: str, *, anchor: date | None = None) -> Judgement:
    """Check a claim against a text of any length.

    The sentences that bear on it are found here.

    >>> judgement = check_claim("The harbour cost 7 million.", "The harbour cost 9 million. Ships came.")
    >>> judgement.verdict, judgement.checked_by, judgement.contradictions[0].code
    ('unsupported', 'rules', 'number')
    """
    plain = plain_claim(claim)
    line = tokenize(plain, anchor)
    if not any(token.weight for token in line.tokens):
        return Judgement(verdict="unchecked", details=(Reason("check.nothing_to_check"),))
    if not context.strip():
        return Judgement(verdict="unsupported", details=(Reason("check.no_source"),))
    there = index_text(nearest_sentences(context, line), anchor)
    if is_quote(line, there):
        return Judgement(verdict="supported", checked_by="quote")
    against = contradictions(align(line, there))
    if against:
        judgement = Judgement(
            verdict="unsupported", checked_by="rules", details=tuple(map(reason_of, against)), contradictions=against
        )
        return judgement if plain == claim else _moved(judgement, claim)
    return Judgement(verdict="unchecked", details=(Reason("check.not_verified"),))


def judgement_of(sentence: Sentence) -> Judgement:
    """Return what the check said of a sentence."""
    return Judgement(
        verdict=sentence.verdict,
        checked_by=sentence.checked_by,
        probability=sentence.probability,
        details=sentence.details,
        contradictions=sentence.contradictions,
    )


def reason_of(item: Contradiction) -> Reason:
    """Return a contradiction as a reason.

    >>> str(reason_of(Contradiction(code="number", start=0, end=2, text="85", evidence="87")))
    '85 is not in the evidence, which says 87'
    """
    instead = "_instead" if item.evidence and item.code in WITH_INSTEAD else ""
    return Reason.of(f"check.{item.code}{instead}", claim=item.text, evidence=item.evidence)


def _moved(judgement: Judgement, sentence: str) -> Judgement:
    """Return the judgement with its contradictions placed in the whole sentence."""
    moved = []
    for item in judgement.contradictions:
        start = sentence.find(item.text, max(0, item.start - 4))
        start = sentence.find(item.text) if start < 0 else start
        if start >= 0:
            moved.append(replace(item, start=start, end=start + len(item.text)))
        else:
            moved.append(replace(item, start=0, end=len(sentence), text=sentence))
    return replace(judgement, contradictions=tuple(moved))
