"""Decide whether unsupported and unchecked sentences are shown or struck through.

No sentence is removed without notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec.structs import replace

from assistant.generative.quote_selection import content_words, nearest_citations
from assistant.models import Answer, Citation, Sentence
from index.messages.catalog import render
from index.messages.reason import Reason
from index.models import Hit

Policy = Literal["show", "strict"]

CLOSEST = 3


def applied(answer: Answer, policy: Policy, hits: Sequence[Hit], language: str | None = None) -> Answer:
    """Apply a policy to an answer.

    show: as it is, the verdicts beside the sentences. strict: what is objected to, and what nobody vouches for, is
    struck through with the reason beside it; if nothing that somebody vouches for remains, a refusal that says in
    `reasons` what was withdrawn and why, with the closest passages.

    >>> from assistant.models import Sentence
    >>> reason = Reason("4 is not in the evidence")
    >>> wrong = Sentence(text="It cost 4.", start=0, end=10, verdict="unsupported", details=(reason,))
    >>> answer = Answer(question="Cost?", text="It cost 4.", abstained=False, engine="model:m", sentences=(wrong,))
    >>> applied(answer, "show", ()) == answer, applied(answer, "strict", (), "en").reasons
    (True, ('withdrawn: “It cost 4.”: 4 is not in the evidence',))
    """
    if policy == "show" or answer.abstained:
        return answer
    sentences = tuple(replace(sentence, struck=_is_struck(sentence)) for sentence in answer.sentences)
    struck = [sentence for sentence in sentences if sentence.struck]
    if not struck or any(sentence.verdict in ("supported", "partly") for sentence in sentences):
        return replace(answer, sentences=sentences)
    cited = dict.fromkeys(citation for sentence in sentences for citation in sentence.citations)
    near: dict[Citation, None] = cited | dict.fromkeys(nearest_citations(answer.question, hits))
    return replace(
        answer,
        text=render("policy.nothing_supported", {}, language),
        abstained=True,
        sentences=(),
        sources=(),
        conflicts=(),
        updates=(),
        coverage=None,
        closest=tuple(near)[:CLOSEST],
        details=(
            *answer.details,
            *(Reason.of("policy.withdrawn", sentence=item.text, reasons=item.details) for item in sentences),
        ),
    )


def _is_struck(sentence: Sentence) -> bool:
    """Return whether a sentence is objected to, or vouched for by nobody."""
    vouched = sentence.verdict in ("supported", "partly")
    return not vouched and (sentence.verdict == "unsupported" or content_words(sentence.text) > 0)


def marked(answer: Answer) -> str:
    """Return the answer's text with struck-through sentences between ~~ and ~~.

    >>> from assistant.models import Sentence
    >>> struck = Sentence(text="It cost 4.", start=3, end=13, verdict="unsupported", struck=True)
    >>> marked(Answer(question="?", text="So It cost 4. [a]", abstained=False, engine="model:m", sentences=(struck,)))
    'So ~~It cost 4.~~ [a]'
    """
    text = answer.text
    for sentence in sorted(answer.sentences, key=lambda sentence: -sentence.start):
        if sentence.struck:
            text = f"{text[: sentence.start]}~~{text[sentence.start : sentence.end]}~~{text[sentence.end :]}"
    return text
