"""Check sentences against their sources.

Quotes vouch, rules object, a judge or an entailment model reads.

check(sentence, evidence)       a sentence of an answer against what it cites
check_claim(claim, context)     any claim against any text
"""

from __future__ import annotations

from assistant.grounding.checking import Judgement, check, check_claim
from assistant.grounding.evidence import Evidence

__all__ = ["Evidence", "Judgement", "check", "check_claim"]
