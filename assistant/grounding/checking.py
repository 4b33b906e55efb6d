"""The check itself: read, align, find what stands otherwise, weigh, and say why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from assistant.grounding.alignment import Alignment, align, index
from assistant.grounding.common import ORDINARY
from assistant.grounding.features import features
from assistant.grounding.findings import Finding, findings
from assistant.grounding.governing import asserted
from assistant.grounding.model import Model, probability, shipped
from assistant.grounding.provenance import matter
from assistant.grounding.quotation import quotations
from assistant.grounding.reading import Line, Term, plain_claim, read_line
from assistant.models import Verdict
from index.language.analyzer import stem, words
from index.language.normalize import find
from index.language.sentences import sentences
from index.models import Value

LIKELY = 0.5  # from here on a claim counts as supported
DOUBTFUL = 0.42  # below it as unsupported; between the two as partly supported
HALF = 0.5  # of a claim must stand in a text in another language: its figures and the names that are written alike
ADDED = 3  # words of weight in a row, from which the evidence lacks a thing, not a way to say it
AGAINST = 0.4  # the most that a claim can reach of which something stands otherwise
VERBATIM = 0.97  # measured on quoted sentences, see docs/grounding.md
NOT_THERE = ("number", "number elsewhere", "date")  # of these the evidence may say nothing, and nothing else instead
AROUND = 1_500  # letters of the article to either side of the cited words that are read
LONG = 12_000  # letters beyond which only the sentences nearest to the claim are read
_STOP = re.compile(r"[.?!؟۔](?:\s|$)")
_ORDINARY = ORDINARY | frozenset(map(stem, ORDINARY))
NEAREST = 60
_ARABIC = re.compile(r"[\u0620-\u064a\u0671-\u06d3]+")
_LETTERS = re.compile(r"[^\W\d_]+")

COUNTED = ("number", "number elsewhere", "date", "name", "place", "exchanged", "negation", "reversal")

ReasonKind = Literal[
    "number", "number elsewhere", "date", "name", "unknown name", "place", "exchanged", "negation", "not yet", "reversal",
    "quotation", "speaker",
    "missing words", "little evidence", "other language", "other file", "word in other file", "nothing to check", "no evidence",
]  # fmt: skip


class Evidence(Value, frozen=True, kw_only=True):
    """What a sentence cites: the tied sentence or sentences, the article around them, the file's id."""

    text: str
    article: str = ""
    file_id: str = ""
    published: date | None = None


class Reason(Value, frozen=True, kw_only=True):
    """One reason: its kind, for pages that translate; the words of the claim; what the evidence says instead; a file."""

    kind: ReasonKind
    said: str = ""
    evidence: str = ""
    file_id: str = ""

    def __str__(self) -> str:
        """Short English around the original words.

        >>> str(Reason(kind="number", said="85", evidence="87"))
        '85 is not in the evidence, which says 87'
        """
        says = f", which says {self.evidence}" if self.evidence else ""
        return {
            "number": f"{self.said} is not in the evidence{says}",
            "number elsewhere": f"{self.said} stands in the evidence, but not of this",
            "date": f"the date {self.said} is not in the evidence{says}",
            "name": f"{self.said} stands elsewhere in the article; the evidence says {self.evidence} here",
            "unknown name": f"{self.said} is not in the evidence{says}",
            "place": f"{self.said} is not in the evidence{says}",
            "exchanged": f"{self.said} and {self.evidence} stand the other way round in the evidence",
            "negation": f"“{self.said}” and the evidence's “{self.evidence}” differ in a negation",
            "not yet": f"“{self.said}” is only planned, expected or possible in the evidence: “{self.evidence}”",
            "reversal": f"{self.said} is the opposite of the evidence's {self.evidence}",
            "quotation": f"the quotation “{self.said}” is not in the evidence",
            "speaker": f"the evidence does not say that {self.said} said this",
            "missing words": f"the evidence has nothing of: {self.said}",
            "little evidence": "the evidence says something else or something more limited",
            "other language": "the evidence is in another language: only figures and dates were compared",
            "other file": f"{self.file_id} bears this out, not the file that is cited",
            "word in other file": f"{self.said} stands only in another file, {self.file_id}",
            "nothing to check": "there is nothing in the sentence to check",
            "no evidence": "there is no evidence to check against",
        }[self.kind]


class Judgement(Value, frozen=True, kw_only=True):
    """What the check says. `reasons` in short English with the original words; `details` are the same for programs."""

    verdict: Verdict
    probability: float | None = None
    details: tuple[Reason, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons as text."""
        return tuple(map(str, self.details))


def check(
    sentence: str,
    evidence: Sequence[Evidence],
    *,
    question: str | None = None,
    others: Sequence[Evidence] = (),
    anchor: date | None = None,
) -> Judgement:
    """Whether the evidence bears the sentence out. `others` are files that were retrieved but are not cited; `anchor` is the day
    the article was written, for "yesterday" and "الشهر المقبل". About 3 ms for 2,000 letters of evidence.

    >>> cited = Evidence(text="قال الوالي إن طول الجسر 87 مترا وإن العمل بدأ أمس.", file_id="a")
    >>> check("طول الجسر 87 مترا", [cited]).verdict
    'supported'
    >>> check("طول الجسر 85 مترا", [cited]).reasons
    ('85 is not in the evidence, which says 87',)
    """
    if not evidence or not any(one.text.strip() or one.article.strip() for one in evidence):
        return Judgement(verdict="unchecked", details=(Reason(kind="no evidence"),))
    text = surrounded(evidence)
    sentence = matter(sentence, {one.published for one in evidence})
    judged = check_claim(sentence, text, question=question, anchor=anchor)
    cited = {one.file_id for one in evidence}
    apart = [other for other in others if other.file_id not in cited]
    if judged.verdict == "unchecked" or judged.probability == VERBATIM:
        return judged
    if judged.verdict == "supported" and foreign(sentence, text):
        return judged
    if judged.verdict == "supported":
        only_there = _only_there(_lacking(sentence, text, NAME, anchor), apart)
        likely = min(judged.probability or 0.0, AGAINST)
        return Judgement(verdict="partly", probability=likely, details=only_there) if only_there else judged
    pointed = _elsewhere(sentence, text, apart, question, anchor)
    return Judgement(verdict=judged.verdict, probability=judged.probability, details=(*judged.details, *pointed))


def check_claim(
    claim: str,
    context: str,
    question: str | None = None,
    *,
    anchor: date | None = None,
    model: Model | None = None,
) -> Judgement:
    """Whether a text of any length bears the claim out; the sentences that bear on it are found here. `model`: other curves than the shipped.

    >>> found = check_claim("The harbour did not open in May.", "The harbour opened in May. Ships came.")
    >>> found.verdict, found.details[0].kind
    ('unsupported', 'negation')
    """
    said = plain_claim(claim)
    line = read_line(said, anchor)
    if not any(term.weight for term in line.terms):
        return Judgement(verdict="unchecked", details=(Reason(kind="nothing to check"),))
    if not context.strip():
        return Judgement(verdict="unchecked", details=(Reason(kind="no evidence"),))
    if verbatim(line, context):
        return Judgement(verdict="supported", probability=VERBATIM)
    laid = beside(line, context, question, anchor)
    likely = probability(laid.features, model or shipped())
    return _translated(laid, likely) if foreign(said, context) else _judged(laid, likely)


def verbatim(claim: Line, context: str) -> bool:
    """Whether the text has the claim word for word, and says it there."""
    place = find(claim.text.rstrip(" .!?؟…"), context) if len(claim.terms) > 3 else None
    return place is not None and asserted(place, context)


class Beside(NamedTuple):
    """A claim laid beside a text: which words are borne out, what stands against it, what is measured, what is not told there.

    `added`: words in a row that the text has in no form. A text without a full stop is a headline, from which much is left out.
    """

    found: Alignment
    against: tuple[Finding, ...]
    features: dict[str, float]
    added: str

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What stands against it, as reasons."""
        return tuple(Reason(kind=one.kind, said=one.said, evidence=one.evidence) for one in self.against)

    @property
    def share(self) -> float:
        """The weighted share of the claim's words that stand anywhere in the text."""
        terms = self.found.claim.terms
        borne = sum(term.weight for term, match in zip(terms, self.found.matches, strict=True) if match)
        return borne / (sum(term.weight for term in terms) or 1.0)

    @property
    def most(self) -> float:
        """The highest probability that such a claim can have, whatever the curves say."""
        return AGAINST if self.against else DOUBTFUL if self.added else 1.0


def beside(claim: Line, context: str, question: str | None = None, anchor: date | None = None) -> Beside:
    """A claim beside the sentences of a text that bear on it; the features hold how many findings there are of each kind."""
    there = index(nearest(context, claim), anchor)
    found = align(claim, there)
    against = findings(found, there)
    counts = {f"found {one}": float(sum(told.kind == one for told in against)) for one in COUNTED}
    measured = {**features(found, there, _question(question)), **counts}
    listed = dict.fromkeys([*against, *quotations(claim.text, there)])
    return Beside(found, tuple(listed), measured, _added(found) if _STOP.search(context) else "")


@lru_cache(maxsize=64)
def _question(text: str | None) -> Line | None:
    return read_line(text) if text else None


def _judged(laid: Beside, likely: float) -> Judgement:
    found, reasons, likely = laid.found, laid.reasons, min(likely, laid.most)
    if reasons:
        silent = laid.share >= 0.6 and all(reason.kind in NOT_THERE and not reason.evidence for reason in reasons)
        return Judgement(verdict="partly" if silent else "unsupported", probability=likely, details=reasons)
    if likely >= LIKELY:
        return Judgement(verdict="supported", probability=likely)
    missing = laid.added or _missing(found)
    reason = Reason(kind="missing words", said=missing) if missing else Reason(kind="little evidence")
    return Judgement(verdict="partly" if likely >= DOUBTFUL else "unsupported", probability=likely, details=(reason,))


def foreign(claim: str, context: str) -> bool:
    """Whether one of the two is in Arabic letters and the other is not."""
    shares = [
        sum(map(len, _ARABIC.findall(text))) / max(1, sum(map(len, _LETTERS.findall(text))))
        for text in (claim, context[:AROUND])
    ]
    return min(shares) < 0.2 and max(shares) > 0.6


def _translated(laid: Beside, likely: float) -> Judgement:
    """Between two languages only figures and dates are compared: where they agree, and words too seldom, it stays unchecked."""
    if told := tuple(reason for reason in laid.reasons if reason.kind in ("number", "date")):
        return Judgement(verdict="unsupported", probability=min(likely, AGAINST), details=told)
    if likely >= LIKELY and laid.share >= HALF:
        return Judgement(verdict="supported", probability=likely)
    return Judgement(verdict="unchecked", details=(Reason(kind="other language"),))


def _added(found: Alignment) -> str:
    """Words in a row that the evidence has in no form: something that it does not tell."""
    claim, run = found.claim, list[int]()
    for at, (term, match) in enumerate(zip(claim.terms, found.matches, strict=True)):
        if match:
            run = []
        elif term.weight >= 0.3:
            run.append(at)
        if len(run) == ADDED:
            return claim.text[claim.spans[run[0]].start : claim.spans[run[-1]].end]
    return ""


def _missing(found: Alignment) -> str:
    """The words with weight that stand nowhere in the evidence, up to five."""
    pairs = zip(found.claim.terms, found.matches, found.claim.spans, strict=True)
    return ", ".join([span.of(found.claim.text) for term, match, span in pairs if term.weight >= 0.3 and not match][:5])


def _elsewhere(
    sentence: str, cited: str, others: Sequence[Evidence], question: str | None, anchor: date | None
) -> tuple[Reason, ...]:
    """The file that does bear the sentence out; failing that, one that has a rare word of it which the cited one lacks."""
    for other in others:
        text = _surroundings(other)
        if check_claim(sentence, text, question=question, anchor=anchor).verdict == "supported":
            return (Reason(kind="other file", file_id=other.file_id),)
    return _only_there(_lacking(sentence, cited, RARE, anchor), others)


RARE, NAME = 0.6, 0.9  # weights: of a word that says something; of one that no list of common words has


def _lacking(sentence: str, cited: str, weight: float, anchor: date | None) -> list[tuple[str, Term]]:
    """The words of a sentence, from that weight on, that the cited text has in no form."""
    line = read_line(plain_claim(sentence), anchor)
    here = index(nearest(cited, line), anchor)
    pairs = zip(line.terms, line.spans, strict=True)
    return [
        (span.of(line.text), term)
        for term, span in pairs
        if term.weight >= weight and not here.find(term) and _ORDINARY.isdisjoint((term.text, term.stem))
    ]


def _only_there(lacking: Sequence[tuple[str, Term]], others: Sequence[Evidence]) -> tuple[Reason, ...]:
    """The first of these words that another file has, with the file."""
    for other in others if lacking else ():
        there = index(_surroundings(other)[:LONG])
        for said, term in lacking:
            if any(trust >= 0.9 for trust, _ in there.find(term).values()):
                return (Reason(kind="word in other file", said=said, file_id=other.file_id),)
    return ()


def surrounded(evidence: Sequence[Evidence]) -> str:
    """The cited words, each with the article around them: what a sentence is held against."""
    return "\n".join(map(_surroundings, evidence))


def _surroundings(one: Evidence) -> str:
    """The cited words with the article around them, so far as it is read."""
    at = one.article.find(one.text) if one.text else 0
    if at < 0:
        return one.text + "\n" + one.article[: 2 * AROUND]
    if len(one.article) <= 2 * AROUND + len(one.text):
        return one.article or one.text
    low = max(one.article.rfind("\n", 0, max(0, at - AROUND)) + 1, at - 2 * AROUND, 0)
    return one.article[low : at + len(one.text) + AROUND]


def nearest(text: str, claim: Line) -> str:
    """A long text cut down to the sentences that share most words with the claim, and their neighbours, in order."""
    if len(text) <= LONG:
        return text
    wanted = {term.stem: term.weight for term in claim.terms if term.weight}
    figures = any(term.number or term.date for term in claim.terms)
    spans = sentences(text)
    scores = []
    for number, span in enumerate(spans):
        piece = span.of(text)
        shared = {stem(word) for word in words(piece)} & wanted.keys()
        scores.append(
            (-sum(wanted[word] for word in shared) - 0.3 * (figures and any(map(str.isdigit, piece))), number)
        )
    kept = {near for _, number in sorted(scores)[:NEAREST] for near in (number - 1, number, number + 1)}
    return "\n".join(spans[number].of(text) for number in sorted(kept) if 0 <= number < len(spans))
