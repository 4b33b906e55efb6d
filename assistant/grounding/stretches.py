"""Measures of what stands together: runs of the evidence's own words, pairs of words in one sentence, the worst part of a claim."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations, pairwise, starmap

from assistant.grounding.alignment import Alignment, Index, Match
from assistant.grounding.reading import Term

Word = tuple[Term, Match]  # a word of the claim with weight, and where it stands


def stretches(found: Alignment, evidence: Index) -> dict[str, float]:
    """The measures by name."""
    words = [(term, match) for term, match in zip(found.claim.terms, found.matches, strict=True) if term.weight]
    near = (found.best - 1, found.best, found.best + 1)
    return {**_plain(words, found, evidence), **_runs(found, evidence), **_together(words), **_parts(words, near)}


def _plain(words: list[Word], found: Alignment, evidence: Index) -> dict[str, float]:
    """Counts in which every word is the same: the plain measures of overlap (`tools.rivals.eight`)."""
    stems = {term.stem for term, _ in words}
    count = [0] * len(evidence.lines)
    for stem in stems:
        for line in {line for line, _ in evidence.stems.get(stem, ())}:
            count[line] += 1
    shares = sorted((one / (len(stems) or 1) for one in count), reverse=True)[:2]
    figures = [match for term, match in words if term.number]
    return {
        "plain all": len(stems & evidence.stems.keys()) / (len(stems) or 1),
        "plain one": shares[0] if shares else 0.0,
        "plain second": shares[1] if len(shares) > 1 else 0.0,
        "plain numbers": sum(map(bool, figures)) / len(figures) if figures else 1.0,
        "plain words": math.log1p(len(found.claim.terms)),
    }


def _runs(found: Alignment, evidence: Index) -> dict[str, float]:
    """The longest stretch that stands in the evidence word by word, and how many stretches there are."""
    terms, size = found.claim.terms, max(1, len(found.claim.terms))
    longest = weight = run = run_weight = 0.0
    chunks, before = 0, None
    for term, place in zip(terms, found.places, strict=True):
        on = place and before and place.line == before.line and place.word == before.word + 1
        run, run_weight = (run + 1, run_weight + term.weight) if on else (float(bool(place)), term.weight * bool(place))
        longest, weight = max(longest, run), max(weight, run_weight)
        chunks += bool(place) and not on
        before = place
    stems = [term.stem for term in terms]
    content = [term.stem for term in terms if term.weight]
    pairs = list(pairwise(content))
    fours = list(zip(stems, stems[1:], stems[2:], stems[3:], strict=False))
    return {
        "run": longest / size,
        "run words": math.log1p(longest),
        "run weight": weight / (sum(term.weight for term in terms) or 1e-9),
        "chunks": chunks / size,
        "content pairs": sum(starmap(evidence.follow_in_content, pairs)) / (len(pairs) or 1),
        "fours": sum(map(evidence.follow, fours)) / (len(fours) or 1),
    }


def _together(words: list[Word]) -> dict[str, float]:
    """The share of all pairs of words, and of pairs of rare ones, that stand in one sentence."""

    def share(matches: list[Match]) -> float:
        pairs = len(matches) * (len(matches) - 1) // 2
        lines = [sum(1 << line for line in match) for match in matches]  # a bit for each sentence
        joint = sum(bool(a & b) for a, b in combinations(lines, 2))
        return joint / pairs if pairs else 1.0

    return {
        "together": share([match for _, match in words]),
        "rare together": share([match for term, match in words if term.weight >= 0.6]),
    }


def _parts(words: list[Word], near: tuple[int, ...]) -> dict[str, float]:
    """The first, the last and the worst third of a claim beside the sentences that bear most of it; what is missing there."""
    third = max(1, len(words) // 3)
    parts = [part for part in (words[:third], words[third : 2 * third], words[2 * third :]) if part]
    shares = [_borne(part, near) for part in parts] or [0.0]
    far = [term.weight for term, match in words if not any(line in match for line in near)]
    total = sum(term.weight for term, _ in words)
    strict = sum(term.weight * max((trust for trust, _ in match.values()), default=0.0) ** 3 for term, match in words)
    return {
        "first third": shares[0],
        "last third": shares[-1],
        "weakest third": min(shares),
        "far weight": sum(far),
        "rarest far": max(far, default=0.0),
        "rarest missing": max((term.weight for term, match in words if not match), default=0.0),
        "mean weight": total / max(1, len(words)),
        "cover strict": strict / (total or 1e-9),
    }


def _borne(words: list[Word], near: Iterable[int]) -> float:
    borne = sum(term.weight * max((m[line][0] for line in near if line in m), default=0.0) for term, m in words)
    return borne / (sum(term.weight for term, _ in words) or 1e-9)
