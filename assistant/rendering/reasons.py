"""Render reasons and errors in the language of the reader."""

from __future__ import annotations

from assistant.models import Answer, Sentence
from index.errors import IsnadError
from index.messages.reason import Reason


def reason_texts(value: Answer | Sentence, language: str | None) -> list[str]:
    """Render the reasons of an answer or a sentence.

    Those stored before they had codes stay in English.
    """
    return [worded(reason, language) for reason in value.details or value.reasons]


def worded(reason: Reason | str, language: str | None) -> str:
    """Render a reason in a language (ISO 639-1); a text stays as it was written.

    >>> worded(Reason("answer.nothing_found"), "ar"), worded("nothing was found", "ar")
    ('لم يُعثر على شيء', 'nothing was found')
    """
    return reason.text(language) if isinstance(reason, Reason) else reason


def worded_error(error: Exception, language: str | None) -> str:
    """Render an error in a language.

    Words from outside the project are introduced, in Arabic, by their kind.

    >>> from index.errors import ProviderDown
    >>> worded_error(ProviderDown("out of memory"), "ar")
    'تعطّل النموذج: out of memory'
    """
    known = error if isinstance(error, IsnadError) else IsnadError(str(error))
    return known.in_language(language)
