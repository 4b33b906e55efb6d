"""Words of the evidence under which the rest of their sentence is denied, or only supposed: "denied that", "ليس صحيحا أن", "if"."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from assistant.grounding.alignment import Alignment, Index
from assistant.grounding.common import QUALIFIERS, REPORTING
from assistant.grounding.reading import Line, read_line
from index.language.sentences import sentences
from index.models import Span

_DENYING = re.compile(
    r"\b(?:[وف]?(?:نفي|نفت|نفوا|نفيه|نفيها|ينفي|تنفي|نافيا|نافيه|نافين|انكر|انكرت|انكروا|ينكر|تنكر|منكرا"
    r"|كذب|كذبت|دحض|دحضت)(?! الي\b)"
    r"|[وف]?(?:استبعد|استبعدت|يستبعد|تستبعد|مستبعدا)(?= (?:\w+ ){0,5}(?:ان|احتمال|وقوع|حدوث|امكانيه)\b)"
    r"|(?:رفض|رفضت|رفضه|رفضها) (?:ال)?(?:اتهامات|اتهام|مزاعم|ادعاءات)"
    r"|(?:ليس|ليست|غير|يكن|تكن) (?:من )?(?:ال)?(?:صحيح|صحيحا|صحيحه)|لا صحه|لا اساس|عار عن الصحه"
    r"|(?<!was )(?<!were )(?<!been )(?<!being )den(?:y|ies|ied|ying|ial)|refut(?:e|es|ed|ing)|rebut(?:s|ted)?|rul(?:e|es|ed|ing) out"
    r"|(?:dismiss|reject)(?:s|es|ed|ing)? (?:\w+ ){0,2}(?:claims?|reports?|allegations?|accusations?|suggestions?)"
    r"|not true|isn t true|untrue|false that|no truth|not the case"
    r"|(?:no|without) (?:\w+ )?(?:plans?|intention|desire|wish) (?:to|of|for)|(?:not|never) (?:plan|intend|planning|intending|planned|intended) to"
    r"|(?:لا|لم|لن) (?:[يتن]عتزم|[يتن]نوي|[يتن]خطط|[يتن]نوون|[يتن]عتزمون)|(?:ليس|ليست|لا) (?:\w+ )?(?:نيه|خطط|خطه)(?: \w+)? (?=ل))\b"
)
_SUPPOSING = re.compile(r"\b(?:if|unless|whether|supposing|[وف]?(?:اذا|لو)|هل|ما لم|في حال|في حاله)\b")
_RUMOUR = re.compile(
    r"^(?:\w+ ){0,2}(?:reports?|claims?|rumou?rs?|allegations?|suggestions?|stories|[وف]?(?:ال)?(?:انباء|اخبار|تقارير|شائعات|اشاعات|مزاعم|ادعاءات|خبر|نبا))\b"
)
_FALSE = re.compile(
    r"\b(?:(?:is|are|was|were) (?:\w+ )?(?:false|untrue|baseless|unfounded|fake|wrong|denied|dismissed|not true|incorrect)"
    r"|غير صحيح(?:ه)?|ليست? صحيح(?:ه|ا)?|لا اساس ل|عاري?ه? عن الصحه|كاذبه?|ملفقه?|مفبركه?)"
)
_AFTERWARDS = re.compile(  # what stands before is denied
    r"(?:\b(?:وهو|وهي|الامر|وهذا|وذلك) (?:\w+ ){0,2}(?:نفته|نفاه|نفتها|نفاها|ينفيه|تنفيه|انكره|انكرته|كذبه|كذبته|دحضه|دحضته)"
    r"|\b(?:which|something|allegations?|claims?|charges?|accusations?) (?:that )?(?:\w+ ){0,4}(?:den(?:y|ies|ied)|dismiss(?:es|ed)|refut(?:es|ed)|reject(?:s|ed) as)"
    r"|^(?:\w+ ){0,5}?(?:[وف]?(?:نفي|نفت|انكر|انكرت|كذب|كذبت) (?:\w+ ){0,3}(?:ذلك|هذا|هذه|الخبر|الامر|صحه)|(?:denied|denies|dismissed|rejected|refuted) (?:this|it|the (?:report|claim|allegation|accusation)s?)))\b"
)
_EXCEPTING = re.compile(
    r"\b(?:ما عدا|ماعدا|باستثناء|فيما عدا|except(?: for)?|apart from|with the exception of|excluding)\b"
)
_TELLS_OF_IT = re.compile(  # a claim that speaks of the charge, or denies it itself
    r"\b(?:accus|alleg|rumou?r|claim|report|false|untrue|baseless|if\b|unless\b|whether\b|[وف]?(?:ال|ب|ل)?(?:اتهم|اتهام|مزاعم|ادعا|شايع|شائع|اشاع|انباء|كاذب)|اذا\b|لو\b|هل\b)"
)
_THAT = frozenset(("that", "ان", "بان"))
_TURNS = frozenset(("but", "while", "whereas", "instead", "لكن", "ولكن", "لكنه", "لكنها", "بل", "بينما", "فيما"))
_WHEN = frozenset("after before because since when as بعد قبل عندما حين حينما منذ لان لانه لانها بسبب".split())
_SAYS = REPORTING - frozenset(("claimed", "according"))
SHARE, SUPPOSED = 0.5, 0.7  # of the weight of a claim that must stand under the denial, or the condition
EXCEPTED = 0.2  # the same under an exception
SUBJECT = 0.35  # of the weight of a whole claim that must stand under it, whoever its subject is
ROOM = 8  # words between a denial and its "that"


class Governed(NamedTuple):
    """The words of a sentence, from `low` to before `high`, that stand under what is said in the words before."""

    low: int
    high: int
    by: str
    share: float = SHARE


def governed(line: Line) -> Iterator[Governed]:
    """The stretches of a sentence that it denies or only supposes.

    >>> from assistant.grounding.reading import read_line
    >>> [(one.low, one.high, one.by) for one in governed(read_line("Police denied that the bridge is shut."))]
    [(3, 7, 'denied')]
    >>> [(one.low, one.high) for one in governed(read_line("He denied the charge, and said the bridge is open."))]
    [(2, 4)]
    """
    texts = [term.text for term in line.terms]
    joined = " ".join(texts)
    begins = list(accumulate((len(text) + 1 for text in texts), initial=0))

    def word(at: int) -> int:
        return bisect_right(begins, at) - 1

    for kind in (_DENYING, _SUPPOSING):
        for place in kind.finditer(joined):
            first, last = word(place.start()), word(place.end() - 1)
            low, high = scope(line, last, that=kind is _DENYING)
            if low < high:
                yield Governed(low, high, line.said(first, last), SHARE if kind is _DENYING else SUPPOSED)
    if (after := _AFTERWARDS.search(joined)) and (first := word(after.start())):
        told = [at for at in range(first) if texts[at] in _THAT and any(text in REPORTING for text in texts[:at])]
        last = word(after.end() - 1)
        yield Governed(told[0] + 1 if told else 0, first, line.said(first, last), SUPPOSED)
    for place in _EXCEPTING.finditer(joined):
        first, last = word(place.start()), word(place.end() - 1)
        yield Governed(last + 1, scope(line, last, that=False)[1], line.said(first, last), EXCEPTED)
    if _RUMOUR.match(joined) and (false := _FALSE.search(joined)):
        yield Governed(0, word(false.start()), line.said(word(false.start()), word(false.end() - 1)))


def scope(line: Line, at: int, *, that: bool) -> tuple[int, int]:
    """From the word after the denial, or after its "that", to where the sentence turns to something else."""
    low, said = at + 1, False
    for word in range(at + 1, len(line.terms)):
        text = line.terms[word].text
        if that and not said and text in _THAT and word - at <= ROOM:
            low, said = word + 1, True
            continue
        if (
            line.breaks[word - 1]
            and (not said or text == "and" or _and_does(line, word))
            and not _inserted(line, at, word)
        ):
            return low, word
        if (
            text in _TURNS
            or (text in _SAYS and word > low)
            or (that and not said and (text in _WHEN or _and_does(line, word)))
        ):
            return low, word
    return low, len(line.terms)


def _inserted(line: Line, at: int, word: int) -> bool:
    """Whether a "that" follows soon, so that the words between two commas are put in between."""
    return any(
        line.terms[after].text in _THAT and not any(line.terms[one].text in _SAYS for one in range(at + 1, after))
        for after in range(word, min(at + 1 + ROOM, len(line.terms)))
    )


def _and_does(line: Line, word: int) -> bool:
    """Whether the word begins with "and" and may be a verb: وغادر, not والسكان, not وزير."""
    return line.joined(word) and not line.terms[word].text.startswith(("وال", "وان", "ولل", "وب"))


def under_denial(found: Alignment, evidence: Index) -> tuple[str, str] | None:
    """The claim's words and the evidence's denial where most of a claim stands only under a denial or a condition."""
    claim = " ".join(term.text for term in found.claim.terms)
    if found.best < 0 or _TELLS_OF_IT.search(claim) or _EXCEPTING.search(claim):
        return None
    own = [at for at, term in enumerate(found.claim.terms) if term.text in QUALIFIERS]
    for number in {place.line for place in found.places if place}:
        line = evidence.lines[number]
        after = evidence.lines[number + 1] if number + 1 < len(evidence.lines) else None
        for one in [*governed(line), *_denied_next(line, after)]:
            words, share = under(found, number, one)
            kept = all(any(one.low <= word < one.high for word in found.words(at, number)) for at in own)
            if (
                kept
                and len(words) >= 1 + (one.share > EXCEPTED)
                and share >= one.share
                and not _elsewhere(found, number, share)
            ):
                return found.claim.said(words[0], words[-1]), one.by
    return None


def _denied_next(line: Line, after: Line | None) -> Iterator[Governed]:
    """A sentence that the next denies: "The ministry denied this"."""
    said = " ".join(term.text for term in after.terms) if after else ""
    if after and len(after.terms) <= ROOM and (match := _AFTERWARDS.search(said)) and match.start() == 0:
        yield Governed(0, len(line.terms), after.text, SUPPOSED)


def under(found: Alignment, number: int, one: Governed) -> tuple[list[int], float]:
    """The claim's words that stand under a denial, and their share of those that are not its subject, who stands before it."""
    words, total, weight = [], 0.0, 0.0
    for at, (term, place) in enumerate(zip(found.claim.terms, found.places, strict=True)):
        if not term.weight:
            continue
        if place and place.line == number and one.low <= place.word < one.high:
            words.append(at)
            weight += term.weight
        elif place and place.line == number and place.word < one.low and one.share == SHARE:
            continue
        total += term.weight
    whole = sum(term.weight for term in found.claim.terms) or 1.0
    return words, weight / (total or 1.0) if weight >= min(SUBJECT, one.share) * whole else 0.0


def _elsewhere(found: Alignment, line: int, share: float) -> bool:
    """Whether another sentence says as much of the claim."""
    whole = sum(term.weight for term in found.claim.terms) or 1.0
    others = {other for match in found.matches for other in match} - {line}
    return any(
        sum(term.weight for term, match in zip(found.claim.terms, found.matches, strict=True) if other in match) / whole
        >= max(share, 0.6)
        for other in others
    )


_UNSURE = QUALIFIERS | frozenset(("if", "unless", "whether", "اذا", "لو", "هل"))


def asserted(place: Span, text: str) -> bool:
    """Whether words found in a text are said there, so far as the rest of their sentence tells: no denial, "not", "if" or "may" before them.

    >>> text = "Police denied that the bridge is shut. The road is open."
    >>> asserted(Span(19, 37), text), asserted(Span(39, 55), text)
    (False, True)
    """
    for span in sentences(text):
        if span.start <= place.start < span.end:
            before, after = text[span.start : place.start], text[min(place.end, span.end) : span.end]
            if any(term.text in _UNSURE for term in read_line(before).terms):
                return False
            rest = " ".join(term.text for term in read_line(after).terms)
            return not _FALSE.search(rest)
    return True
