"""Does the evidence bear the sentence out? A deterministic check, in Arabic and English: no model, no network.

check(sentence, evidence)       one sentence of an answer against what it cites
check_claim(claim, context)     anybody's claim against anybody's text
"""

from __future__ import annotations

from assistant.grounding.checking import Evidence, Judgement, Reason, check, check_claim

__all__ = ["Evidence", "Judgement", "Reason", "check", "check_claim"]
