"""Rules that object to a claim. They never vouch for it.

A rule stays while 95 of 100 of its objections are right on claims that nobody tuned it on: `python -m tools.rules`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from assistant.alignment.aligner import Alignment, Language
from assistant.grounding.rules.bounds import Bounds
from assistant.grounding.rules.figures import Figures
from assistant.grounding.rules.names import Names
from assistant.grounding.rules.quotation_marks import QuotationMarks
from assistant.grounding.rules.speaker import Speaker
from assistant.models import Contradiction

__all__ = ["RULES", "Rule", "contradictions"]


class Rule(Protocol):
    """Find contradictions between a claim and its evidence.

    `languages`: of both sides, or `across` two.
    """

    code: str
    languages: frozenset[Language]

    def find(self, alignment: Alignment) -> Iterator[Contradiction]: ...


RULES: tuple[Rule, ...] = (Figures(), Bounds(), Names(), Speaker(), QuotationMarks())


def contradictions(alignment: Alignment) -> tuple[Contradiction, ...]:
    """Return what the rules object to, each stretch of the claim once."""
    first: dict[tuple[int, int], Contradiction] = {}
    for rule in RULES:
        if alignment.language in rule.languages:
            for item in rule.find(alignment):
                first.setdefault((item.start, item.end), item)
    return tuple(first.values())
