"""Tell whether a claim is the source's own words, by a strict test.

The only thing that vouches without a model.

A sentence of the source passes whole, or without asides that stand between marks, with a name in the place of a
pronoun, and with digits, letters and marks folded. What is left out may not say who says it, deny it, doubt it or set a
condition for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.alignment.aligner import EvidenceIndex, match_strength
from assistant.alignment.lexicon import (
    ACCORDING,
    ATTRIBUTION,
    COMPLEMENTIZERS,
    CONDITION,
    FUNCTION,
    PRONOUNS,
    QUALIFIERS,
    REPORTING,
)
from assistant.alignment.proper_names import Name, dateline_end
from assistant.alignment.tokenization import Token, Tokenized

WORDS = 4  # of a claim that is less than a whole sentence
KEPT = 0.5  # the share of a sentence's content words that must be kept
ROOM = 8  # words of a sentence that only denies the one before
BEFORE = 2  # sentences before a pronoun in which its name is looked for

_FORBIDDEN = QUALIFIERS | REPORTING | COMPLEMENTIZERS | ATTRIBUTION | ACCORDING | CONDITION
_AFTERWARDS = re.compile(  # what stands before is denied
    r"(?:\b(?:وهو|وهي|الامر|وهذا|وذلك) (?:\w+ ){0,2}(?:نفته|نفاه|نفتها|نفاها|ينفيه|تنفيه|انكره|انكرته|كذبه"
    r"|كذبته|دحضه|دحضته)"
    r"|\b(?:which|something|allegations?|claims?|charges?|accusations?) (?:that )?(?:\w+ ){0,4}(?:den(?:y"
    r"|ies|ied)|dismiss(?:es|ed)|refut(?:es|ed)|reject(?:s|ed) as)"
    r"|^(?:\w+ ){0,5}?(?:[وف]?(?:نفي|نفت|انكر|انكرت|كذب|كذبت) (?:\w+ ){0,3}(?:ذلك|هذا|هذه|الخبر|الامر|صحه)"
    r"|(?:denied|denies|dismissed|rejected|refuted) (?:this|it|the (?:report|claim|allegation"
    r"|accusation)s?)))\b"
)


def is_quote(claim: Tokenized, evidence: EvidenceIndex) -> bool:
    """Whether a claim is the evidence's own words.

    >>> from assistant.alignment.aligner import index_text
    >>> from assistant.alignment.tokenization import tokenize
    >>> there = index_text("Police denied that the bridge is shut. The mayor, who left on Monday, thanked 20 workers.")
    >>> for text in ("The mayor thanked twenty workers.", "The bridge is shut.", "The mayor left on Monday."):
    ...     print(is_quote(tokenize(text), there))
    True
    False
    False
    """
    if not any(token.weight for token in claim.tokens):
        return False
    stems = {token.stem for token in claim.tokens if token.weight}
    for number, line in enumerate(evidence.lines):
        shared = sum(token.stem in stems for token in line.tokens if token.weight)
        if shared * 2 < len(stems) or (_asks(line) and not _asks(claim)):
            continue
        after = evidence.lines[number + 1] if number + 1 < len(evidence.lines) else None
        if _denied_next(after):
            continue
        if any(_is_kept(claim, line, gaps) for gaps in _gaps(claim, evidence, number)):
            return True
    return False


def _denied_next(after: Tokenized | None) -> bool:
    """Return whether the next sentence denies the one before.

    "The ministry denied this".
    """
    following = " ".join(token.text for token in after.tokens) if after else ""
    return bool(after and len(after.tokens) <= ROOM and _AFTERWARDS.match(following))


def _asks(line: Tokenized) -> bool:
    return line.text.rstrip(" »”\"'").endswith(("?", "؟"))


def _gaps(claim: Tokenized, evidence: EvidenceIndex, number: int) -> Iterator[list[range]]:
    """Yield the stretches of a sentence that the claim leaves out.

    If its words are the sentence's in order.
    """
    line = evidence.lines[number]
    for start in range(len(line.tokens)):
        at, gaps, low = 0, list[range](), start
        name = 0
        while at < len(claim.tokens) and low <= len(line.tokens):
            if low < len(line.tokens) and _same(claim.tokens[at], line.tokens[low]):
                at, low = at + 1, low + 1
                continue
            if not name and (run := _name_for_pronoun(claim, at, evidence, number, low)):
                at, low, name = at + run, low + (low < len(line.tokens) and line.tokens[low].text in PRONOUNS), 1
                continue
            end = _aside_end(line, low)
            if at == 0 or end is None:
                break
            gaps.append(range(low, end))
            low = end
        if at == len(claim.tokens):
            yield [range(start), *gaps, range(low, len(line.tokens))]


def _same(mine: Token, theirs: Token) -> bool:
    """Whether two words are the same but for spelling, digits and an attached "and"."""
    if mine.number or mine.date or theirs.number or theirs.date:
        return match_strength(mine, theirs) == 1.0 and match_strength(theirs, mine) == 1.0
    return mine.text == theirs.text or "و" + mine.text == theirs.text


def _aside_end(line: Tokenized, low: int) -> int | None:
    """Return where the aside ends that begins at a word: it stands between two marks."""
    if not 0 < low < len(line.tokens) or not line.clause_ends[low - 1]:
        return None
    return next((word + 1 for word in range(low, len(line.tokens)) if line.clause_ends[word]), None)


def _is_kept(claim: Tokenized, line: Tokenized, gaps: list[range]) -> bool:
    """Whether what is left out changes nothing that the claim says."""
    left_out = [at for gap in gaps for at in gap]
    if not left_out:
        return True
    if len(claim.tokens) < WORDS or any(line.tokens[at].text in _FORBIDDEN for at in left_out):
        return False
    total = sum(token.weight for token in line.tokens)
    kept = total - sum(line.tokens[at].weight for at in left_out)
    opening, closing = gaps[0], gaps[-1]
    dateline = bool(opening) and line.spans[opening[-1]].end <= dateline_end(line.text)
    begins = (
        not opening
        or dateline
        or line.clause_ends[opening[-1]]
        or all(line.tokens[at].text in FUNCTION for at in opening)
    )
    ends = not closing or line.clause_ends[closing[0] - 1]
    return begins and ends and kept >= KEPT * total


def _name_for_pronoun(claim: Tokenized, at: int, evidence: EvidenceIndex, number: int, low: int) -> int:
    """Return how many words of the claim are the name that a pronoun stands for.

    A verb without a subject counts as a pronoun; 0 for no such name.

    The name must be the only one of the sentence and the two before it.
    """
    line = evidence.lines[number]
    pronoun = low < len(line.tokens) and line.tokens[low].text in PRONOUNS
    verb = at > 0 and claim.tokens[at - 1].text in REPORTING and 0 < low <= len(line.tokens)
    if not (pronoun or verb):
        return 0
    names = [(near, name) for near in range(max(0, number - BEFORE), number + 1) for name in evidence.names(near)]
    distinct = {_letters(evidence.lines[near], name)[-1] for near, name in names}
    if len(distinct) != 1 or any(near == number for near, _ in names):
        return 0
    for near, name in names:
        letters = _letters(evidence.lines[near], name)
        for run in (len(letters), 1):
            if [token.text for token in claim.tokens[at : at + run]] == letters[-run:]:
                return run
    return 0


def _letters(line: Tokenized, name: Name) -> list[str]:
    return [line.tokens[at].text for at in name.words]
