"""Find the parts of a sentence that it denies or only supposes: after "denied that", "ليس صحيحا أن", "if"."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from assistant.grounding.alignment import Alignment
from assistant.grounding.lexicon import QUALIFIERS, REPORTING
from assistant.grounding.tokenization import Tokenized

_DENYING = re.compile(
    r"\b(?:[وف]?(?:نفي|نفت|نفوا|نفيه|نفيها|ينفي|تنفي|نافيا|نافيه|نافين|انكر|انكرت|انكروا|ينكر|تنكر|منكرا"
    r"|كذب|كذبت|دحض|دحضت)(?! الي\b)"
    r"|[وف]?(?:استبعد|استبعدت|يستبعد|تستبعد|مستبعدا)(?= (?:\w+ ){0,5}(?:ان|احتمال|وقوع|حدوث|امكانيه)\b)"
    r"|(?:رفض|رفضت|رفضه|رفضها) (?:ال)?(?:اتهامات|اتهام|مزاعم|ادعاءات)"
    r"|(?:ليس|ليست|غير|يكن|تكن) (?:من )?(?:ال)?(?:صحيح|صحيحا|صحيحه)|لا صحه|لا اساس|عار عن الصحه"
    r"|(?<!was )(?<!were )(?<!been )(?<!being )den(?:y|ies|ied|ying|ial)|refut(?:e|es|ed|ing)|rebut(?:s"
    r"|ted)?|rul(?:e|es|ed|ing) out"
    r"|(?:dismiss|reject)(?:s|es|ed|ing)? (?:\w+ ){0,2}(?:claims?|reports?|allegations?|accusations?|suggestions?)"
    r"|not true|isn t true|untrue|false that|no truth|not the case"
    r"|(?:no|without) (?:\w+ )?(?:plans?|intention|desire|wish) (?:to|of|for)|(?:not|never) (?:plan|intend"
    r"|planning|intending|planned|intended) to"
    r"|(?:لا|لم|لن) (?:[يتن]عتزم|[يتن]نوي|[يتن]خطط|[يتن]نوون|[يتن]عتزمون)|(?:ليس|ليست|لا) (?:\w+ )?(?:نيه"
    r"|خطط|خطه)(?: \w+)? (?=ل))\b"
)
_SUPPOSING = re.compile(r"\b(?:if|unless|whether|supposing|[وف]?(?:اذا|لو)|هل|ما لم|في حال|في حاله)\b")
_RUMOUR = re.compile(
    r"^(?:\w+ "
    r"){0,2}(?:reports?|claims?|rumou?rs?|allegations?|suggestions?|stories|[وف]?(?:ال)?(?:انباء|اخبار"
    r"|تقارير|شائعات|اشاعات|مزاعم|ادعاءات|خبر|نبا))\b"
)
_FALSE = re.compile(
    r"\b(?:(?:is|are|was|were) (?:\w+ )?(?:false|untrue|baseless|unfounded|fake|wrong|denied|dismissed|not "
    r"true|incorrect)"
    r"|غير صحيح(?:ه)?|ليست? صحيح(?:ه|ا)?|لا اساس ل|عاري?ه? عن الصحه|كاذبه?|ملفقه?|مفبركه?)"
)
_AFTERWARDS = re.compile(  # what stands before is denied
    r"(?:\b(?:وهو|وهي|الامر|وهذا|وذلك) (?:\w+ ){0,2}(?:نفته|نفاه|نفتها|نفاها|ينفيه|تنفيه|انكره|انكرته|كذبه"
    r"|كذبته|دحضه|دحضته)"
    r"|\b(?:which|something|allegations?|claims?|charges?|accusations?) (?:that )?(?:\w+ ){0,4}(?:den(?:y"
    r"|ies|ied)|dismiss(?:es|ed)|refut(?:es|ed)|reject(?:s|ed) as)"
    r"|^(?:\w+ ){0,5}?(?:[وف]?(?:نفي|نفت|انكر|انكرت|كذب|كذبت) (?:\w+ ){0,3}(?:ذلك|هذا|هذه|الخبر|الامر|صحه)"
    r"|(?:denied|denies|dismissed|rejected|refuted) (?:this|it|the (?:report|claim|allegation"
    r"|accusation)s?)))\b"
)
_EXCEPTING = re.compile(
    r"\b(?:ما عدا|ماعدا|باستثناء|فيما عدا|except(?: for)?|apart from|with the exception of|excluding)\b"
)
_TELLS_OF_IT = re.compile(  # a claim that speaks of the charge, or denies it itself
    r"\b(?:accus|alleg|rumou?r|claim|report|false|untrue|baseless|if\b|unless\b|whether\b|[وف]?(?:ال|ب"
    r"|ل)?(?:اتهم|اتهام|مزاعم|ادعا|شايع|شائع|اشاع|انباء|كاذب)|اذا\b|لو\b|هل\b)"
)
_THAT = frozenset(("that", "ان", "بان"))
_TURNS = frozenset(("but", "while", "whereas", "instead", "لكن", "ولكن", "لكنه", "لكنها", "بل", "بينما", "فيما"))
_WHEN = frozenset("after before because since when as بعد قبل عندما حين حينما منذ لان لانه لانها بسبب".split())
_SAYS = REPORTING - frozenset(("claimed", "according"))
SHARE, SUPPOSED = 0.5, 0.7  # of the weight of a claim that must stand under the denial, or the condition
EXCEPTED = 0.2  # the same under an exception
SUBJECT = 0.35  # of the weight of a whole claim that must stand under it, whoever its subject is
ROOM = 8  # words between a denial and its "that"


class Scope(NamedTuple):
    """Words `low` to before `high` of a sentence, governed by the words `by`.

    `share`: how much of a claim must be in it.
    """

    low: int
    high: int
    by: str
    share: float = SHARE


def scopes(line: Tokenized) -> Iterator[Scope]:
    """Yield the parts of a sentence that it denies or only supposes.

    >>> from assistant.grounding.tokenization import tokenize
    >>> [(item.low, item.high, item.by) for item in scopes(tokenize("Police denied that the bridge is shut."))]
    [(3, 7, 'denied')]
    >>> [(item.low, item.high) for item in scopes(tokenize("He denied the charge, and said the bridge is open."))]
    [(2, 4)]
    """
    texts = [token.text for token in line.tokens]
    joined = " ".join(texts)
    begins = list(accumulate((len(text) + 1 for text in texts), initial=0))

    def word(at: int) -> int:
        return bisect_right(begins, at) - 1

    for kind in (_DENYING, _SUPPOSING):
        for place in kind.finditer(joined):
            first, last = word(place.start()), word(place.end() - 1)
            low, high = scope_of(line, last, that=kind is _DENYING)
            if low < high:
                yield Scope(low, high, line.text_of(first, last), SHARE if kind is _DENYING else SUPPOSED)
    if (after := _AFTERWARDS.search(joined)) and (first := word(after.start())):
        complements = [
            at for at in range(first) if texts[at] in _THAT and any(text in REPORTING for text in texts[:at])
        ]
        last = word(after.end() - 1)
        yield Scope(complements[0] + 1 if complements else 0, first, line.text_of(first, last), SUPPOSED)
    for place in _EXCEPTING.finditer(joined):
        first, last = word(place.start()), word(place.end() - 1)
        yield Scope(last + 1, scope_of(line, last, that=False)[1], line.text_of(first, last), EXCEPTED)
    if _RUMOUR.match(joined) and (false := _FALSE.search(joined)):
        yield Scope(0, word(false.start()), line.text_of(word(false.start()), word(false.end() - 1)))


def scope_of(line: Tokenized, at: int, *, that: bool) -> tuple[int, int]:
    """Return the words from after the denial, or after its "that", to where the sentence turns to something else."""
    low, complement = at + 1, False
    for word in range(at + 1, len(line.tokens)):
        text = line.tokens[word].text
        if that and not complement and text in _THAT and word - at <= ROOM:
            low, complement = word + 1, True
            continue
        if (
            line.clause_ends[word - 1]
            and (not complement or text == "and" or _and_does(line, word))
            and not _inserted(line, at, word)
        ):
            return low, word
        if (
            text in _TURNS
            or (text in _SAYS and word > low)
            or (that and not complement and (text in _WHEN or _and_does(line, word)))
        ):
            return low, word
    return low, len(line.tokens)


def _inserted(line: Tokenized, at: int, word: int) -> bool:
    """Whether a "that" follows soon, so that the words between two commas are put in between."""
    return any(
        line.tokens[after].text in _THAT and not any(line.tokens[word].text in _SAYS for word in range(at + 1, after))
        for after in range(word, min(at + 1 + ROOM, len(line.tokens)))
    )


def _and_does(line: Tokenized, word: int) -> bool:
    """Whether the word begins with "and" and may be a verb: وغادر, not والسكان, not وزير."""
    return line.joined(word) and not line.tokens[word].text.startswith(("وال", "وان", "ولل", "وب"))


def under_denial(alignment: Alignment) -> tuple[int, int, str] | None:
    """Find a denial or condition over most of the claim.

    Returns the first and last claim word and the denial.
    """
    lines = alignment.evidence.lines
    claim = " ".join(token.text for token in alignment.claim.tokens)
    if alignment.best < 0 or _TELLS_OF_IT.search(claim) or _EXCEPTING.search(claim):
        return None
    own = [at for at, token in enumerate(alignment.claim.tokens) if token.text in QUALIFIERS]
    for number in {place.line for place in alignment.places if place}:
        line = lines[number]
        after = lines[number + 1] if number + 1 < len(lines) else None
        for scope in [*scopes(line), *denied_next(line, after)]:
            words, share = under(alignment, number, scope)
            kept = all(any(scope.low <= word < scope.high for word in alignment.words(at, number)) for at in own)
            if (
                kept
                and len(words) >= 1 + (scope.share > EXCEPTED)
                and share >= scope.share
                and not _elsewhere(alignment, number, share)
            ):
                return words[0], words[-1], scope.by
    return None


def denied_next(line: Tokenized, after: Tokenized | None) -> Iterator[Scope]:
    """Yield the whole sentence if the next denies it: "The ministry denied this"."""
    following = " ".join(token.text for token in after.tokens) if after else ""
    if after and len(after.tokens) <= ROOM and (match := _AFTERWARDS.search(following)) and match.start() == 0:
        yield Scope(0, len(line.tokens), after.text, SUPPOSED)


def under(alignment: Alignment, number: int, scope: Scope) -> tuple[list[int], float]:
    """Return the claim's words inside a scope, and their share.

    The share is that of the words that are not the subject, which stands before the scope.
    """
    words, total, weight = [], 0.0, 0.0
    for at, (token, place) in enumerate(zip(alignment.claim.tokens, alignment.places, strict=True)):
        if not token.weight:
            continue
        if place and place.line == number and scope.low <= place.word < scope.high:
            words.append(at)
            weight += token.weight
        elif place and place.line == number and place.word < scope.low and scope.share == SHARE:
            continue
        total += token.weight
    whole = sum(token.weight for token in alignment.claim.tokens) or 1.0
    return words, weight / (total or 1.0) if weight >= min(SUBJECT, scope.share) * whole else 0.0


def _elsewhere(alignment: Alignment, line: int, share: float) -> bool:
    """Whether another sentence says as much of the claim."""
    whole = sum(token.weight for token in alignment.claim.tokens) or 1.0
    others = {other for match in alignment.matches for other in match} - {line}
    return any(
        sum(
            token.weight
            for token, match in zip(alignment.claim.tokens, alignment.matches, strict=True)
            if other in match
        )
        / whole
        >= max(share, 0.6)
        for other in others
    )
