"""What is measured of a claim beside its evidence: the numbers that the verdict's probability is made of."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import pairwise

from assistant.grounding.alignment import Alignment, Index, Match
from assistant.grounding.common import DENIALS, HEDGES, NEGATORS
from assistant.grounding.departures import departures, flanked
from assistant.grounding.reading import Line, Term, arabic
from assistant.grounding.stretches import stretches
from index.language.normalize import folded


def features(found: Alignment, evidence: Index, question: Line | None = None) -> dict[str, float]:
    """The features by name."""
    return {
        **_coverage(found, evidence),
        **_sequence(found, evidence),
        **_departures(found, evidence),
        **_polarity(found, evidence),
        **_facts(found, evidence),
        **_asked(found, evidence, question),
        **_sizes(found, evidence),
        **stretches(found, evidence),
        "arabic": float(arabic(found.claim.text)),
    }


# --- how much of the claim is there ---


def _share(weights: Iterable[float], matches: Iterable[Match], lines: Iterable[int]) -> float:
    """The weighted share of words that stand in any of the sentences."""
    lines, total, borne = tuple(lines), 0.0, 0.0
    for weight, match in zip(weights, matches, strict=True):
        if weight:
            total += weight
            trust = 0.0
            for line in lines:
                if line in match and match[line][0] > trust:
                    trust = match[line][0]
            borne += weight * trust
    return borne / total if total else 0.0


def _anywhere(match: Match) -> float:
    return max((trust for trust, _ in match.values()), default=0.0)


def _coverage(found: Alignment, evidence: Index) -> dict[str, float]:
    weights = [term.weight for term in found.claim.terms]
    total = sum(weights) or 1e-9
    best, size = found.best, len(evidence.lines)
    one = _share(weights, found.matches, (best,))
    order = sorted(range(size), key=lambda line: -found.shares[line])[1:8]
    two, second = max(((_share(weights, found.matches, (best, line)), line) for line in order), default=(one, best))
    three = max((_share(weights, found.matches, (best, second, line)) for line in order), default=two)
    near = [line for line in (best - 1, best, best + 1) if 0 <= line < size]
    unmatched = [
        term for term, match in zip(found.claim.terms, found.matches, strict=True) if term.weight and not match
    ]
    rare = [term for term in found.claim.terms if term.weight >= 0.6]
    run = longest = 0.0
    for term, match in zip(found.claim.terms, found.matches, strict=True):
        if term.weight:
            run = 0.0 if match else run + 1
            longest = max(longest, run)
    return {
        "cover all": sum(w * _anywhere(match) for w, match in zip(weights, found.matches, strict=True)) / total,
        "cover one": one,
        "cover two": two,
        "cover three": three,
        "cover near": _share(weights, found.matches, near),
        "exact all": sum(w for w, m in zip(weights, found.matches, strict=True) if _anywhere(m) >= 0.9) / total,
        "unmatched": float(len(unmatched)),
        "unmatched weight": sum(term.weight for term in unmatched),
        "unmatched run": longest,
        "rare missing": sum(1 for term in unmatched if term.weight >= 0.6) / (len(rare) or 1),
        "rare missing near": sum(
            1
            for term, match in zip(found.claim.terms, found.matches, strict=True)
            if term.weight >= 0.6 and not any(line in match for line in near)
        )
        / (len(rare) or 1),
    }


# --- how much of its order ---


def _sequence(found: Alignment, evidence: Index) -> dict[str, float]:
    stems = [term.stem for term in found.claim.terms]
    best = evidence.lines[found.best].terms if found.best >= 0 else ()
    best_there = {(one.stem, other.stem) for one, other in pairwise(best)}
    pairs, threes = list(pairwise(stems)), list(zip(stems, stems[1:], stems[2:], strict=False))
    content = [place for place, term in enumerate(found.claim.terms) if term.weight]
    near = same = 0
    for left, right in pairwise(content):
        here, there = found.matches[left], found.matches[right]
        common = here.keys() & there.keys()
        if common:
            same += 1
            gap = min(abs(b - a) for line in common for a in here[line][1] for b in there[line][1])
            near += gap <= right - left + 3
    between = max(1, len(content) - 1)
    size = max(1, len(stems))
    linked = [place for place in found.places if place]
    joined = sum(1 for a, b in pairwise(found.places) if a and b and a.line == b.line and b.word == a.word + 1)
    return {
        "path": found.cost / size,
        "path sum": found.cost,
        "pairs": sum(map(evidence.follow, pairs)) / (len(pairs) or 1),
        "pairs best": sum(pair in best_there for pair in pairs) / (len(pairs) or 1),
        "threes": sum(map(evidence.follow, threes)) / (len(threes) or 1),
        "near": near / between,
        "same": same / between,
        "linked": len(linked) / size,
        "joined": joined / max(1, size - 1),
    }


# --- how it departs from the evidence ---


def _departures(found: Alignment, evidence: Index) -> dict[str, float]:
    sums = dict.fromkeys(("other", "more", "less", "cut", "jump", "back", "jump more", "less rough", "cut rough"), 0.0)
    counts = {"others": 0.0, "swap": 0.0, "swap only": 0.0}
    gone = departures(found, evidence)
    whole = sum(found.claim.terms[at].weight for one in gone for at in one.claim)
    for one in gone:
        mine = sum(found.claim.terms[at].weight for at in one.claim)
        theirs = sum(evidence.lines[one.line].terms[at].weight for at in one.evidence)
        if one.kind == "other":
            sums["other"] += min(mine, theirs, 2.0)
            counts["others"] += 1
            if one.tight and flanked(found, one):
                counts["swap"] += min(mine, theirs, 2.0)
                counts["swap only"] += min(mine, theirs, 2.0) / (1 + 2 * (whole - mine))
        elif one.kind == "more":
            sums["more"] += mine
        elif one.kind in ("jump", "back"):
            sums[one.kind] += 1
            sums["jump more"] += mine
        else:
            sums[one.kind] += min(theirs, 2.0)
            if not one.clean:
                sums[one.kind + " rough"] += min(theirs, 1.5)
    size = max(1.0, sum(1 for term in found.claim.terms if term.weight))
    return {
        **{"d " + name: value for name, value in sums.items()},
        **{"d " + name + " share": value / size for name, value in sums.items()},
        **counts,
    }


# --- negation, denial, reversal, reservation ---


def _polarity(found: Alignment, evidence: Index) -> dict[str, float]:
    mine = found.claim.terms
    spans: dict[int, tuple[int, int]] = {}
    for place in found.places:
        if place:
            low, high = spans.get(place.line, (place.word, place.word))
            spans[place.line] = (min(low, place.word), max(high, place.word))
    theirs: list[Term] = []
    for line, (low, high) in spans.items():
        theirs += evidence.lines[line].terms[max(0, low - 3) : high + 2]
    linked = {place for place in found.places if place}
    free = [
        term
        for line, (low, high) in spans.items()
        for at, term in enumerate(evidence.lines[line].terms[max(0, low - 3) : high + 2], max(0, low - 3))
        if (line, at) not in linked
    ]
    unlinked = [term for term, place in zip(mine, found.places, strict=True) if place is None]

    def count(terms: Iterable[Term], words: frozenset[str]) -> int:
        return sum(term.text in words for term in terms)

    no, their_no = count(mine, NEGATORS), count(theirs, NEGATORS)
    sides = {side for term in mine for side in term.sides}
    their_sides = {side for term in theirs for side in term.sides}
    turned = sum(any(side ^ 1 in their_sides and side not in their_sides for side in term.sides) for term in unlinked)
    turned_back = sum(any(side ^ 1 in sides and side not in sides for side in term.sides) for term in free)
    return {
        "no more": float(max(0, no - their_no)),
        "no less": float(max(0, their_no - no)),
        "deny more": float(max(0, count(unlinked, DENIALS))),
        "deny less": float(max(0, count(free, DENIALS))),
        "hedge more": float(count(unlinked, HEDGES)),
        "hedge less": float(count(free, HEDGES)),
        "turned": float(turned),
        "turned back": float(turned_back),
    }


# --- numbers, dates, names ---


def _facts(found: Alignment, evidence: Index) -> dict[str, float]:
    near = [line for line in (found.best - 1, found.best, found.best + 1) if 0 <= line < len(evidence.lines)]
    pairs = list(zip(found.claim.terms, found.matches, found.places, strict=True))
    numbers = [(match, place) for term, match, place in pairs if term.number]
    days = [(match, place) for term, match, place in pairs if term.date]
    names = set(capitals(found.claim.text))
    named = [match for term, match, _ in pairs if term.text in names]
    return {
        "numbers missing": float(sum(not match for match, _ in numbers)),
        "numbers not near": float(sum(not any(line in match for line in near) for match, _ in numbers)),
        "numbers loose": float(sum(place is None for _, place in numbers)),
        "dates missing": float(sum(not match for match, _ in days)),
        "dates not near": float(sum(not any(line in match for line in near) for match, _ in days)),
        "names missing": float(sum(not match for match in named)),
        "places missing": float(sum(bool(term.places) and not match for term, match, _ in pairs)),
        "names not near": float(sum(not any(line in match for line in near) for match in named)),
    }


_CAPITAL = re.compile(r"(?<!^)(?<![.!?:\"“'] )(?<![\w'’])[A-Z][\w-]+")


def capitals(text: str) -> list[str]:
    """The folded words that a text writes with a capital inside a sentence."""
    return [folded(part) for word in _CAPITAL.findall(text) for part in word.split("-")]


# --- the question, and sizes ---


def _asked(found: Alignment, evidence: Index, question: Line | None) -> dict[str, float]:
    """An answer of a few words says what its question says, too."""
    asked = [term for term in question.terms if term.weight] if question else []
    known = {term.stem for term in asked}
    mine = [(t.weight, match) for t, match in zip(found.claim.terms, found.matches, strict=True) if t.weight]
    new = [
        (t.weight, m) for t, m in zip(found.claim.terms, found.matches, strict=True) if t.weight and t.stem not in known
    ]
    said = {term.stem for term in found.claim.terms}
    both = mine + [(term.weight, evidence.find(term)) for term in asked if term.stem not in said]
    weights, matches = [weight for weight, _ in both], [match for _, match in both]
    sums = [0.0] * len(evidence.lines)
    for weight, match in both:
        for line, (trust, _) in match.items():
            sums[line] += weight * trust
    best = max(range(len(sums)), key=sums.__getitem__, default=-1)
    total = sum(weights) or 1e-9
    new_weights, new_matches = [weight for weight, _ in new], [match for _, match in new]
    return {
        "asked all": sum(w * _anywhere(m) for w, m in both) / total,
        "asked one": _share(weights, matches, (best,)),
        "asked near": _share(weights, matches, (best - 1, best, best + 1)),
        "asked": float(question is not None),
        "asked size": math.log1p(sum(len(line.terms) for line in evidence.lines)) - 5 if question else 0.0,
        "new all": sum(w * _anywhere(m) for w, m in new) / (sum(new_weights) or 1e-9) if new else 1.0,
        "new there": _share(new_weights, new_matches, (best - 1, best, best + 1)) if new else 1.0,
    }


def _sizes(found: Alignment, evidence: Index) -> dict[str, float]:
    mine = found.claim.terms
    line = evidence.lines[found.best].terms if found.best >= 0 else ()
    stems, forms = {term.stem for term in mine}, {term.form for term in mine}
    groups = {group for term in mine for group in term.groups}
    roots = {term.root for term in mine if len(term.root) >= 3}
    back = 0.0
    for term in line:
        trust = (
            1.0
            if term.stem in stems
            else 0.9
            if term.form in forms
            else 0.6
            if term.root in roots or term.groups & groups
            else 0.0
        )
        back += trust * term.weight
    words = [term.stem for term in mine if term.weight]
    return {
        "back": back / (sum(term.weight for term in line) or 1e-9),
        "repeats": float(len(words) - len(set(words))),
        "claim words": math.log1p(len(words)),
        "evidence words": math.log1p(sum(len(line.terms) for line in evidence.lines)),
        "evidence sentences": math.log1p(len(evidence.lines)),
        "best words": math.log1p(len(line)),
    }
