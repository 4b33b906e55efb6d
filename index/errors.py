"""Every error that a user may see. Each message names the next step.

IsnadError
├── UsageError
├── SourceError
├── StoreError
│   ├── NoStore
│   ├── StoreBusy
│   ├── StoreClosed
│   ├── StoreFull
│   └── StoreDamaged
├── NotFound
└── ProviderError
    ├── ProviderRefused
    ├── ProviderDown
    └── ProviderCut
"""

from __future__ import annotations

import re

from index.messages.catalog import is_message, render

_ARABIC_LETTER = re.compile("[\u0621-\u064a]")


class IsnadError(Exception):
    """An error for the user: the code of a message, a single line with the next step.

    `params` are the message's. `str()` renders English; `in_language` renders any language of the catalogue. A text in
    place of a code is shown as it is, so that models and writers from outside the project may raise these errors in
    their own words.

    >>> from pathlib import Path
    >>> from index.store.ledger import Ledger
    >>> try:
    ...     Ledger.open(Path("nowhere"))
    ... except IsnadError as error:
    ...     print(error)
    no articles are indexed in nowhere; run: isnad index FOLDER --store nowhere
    >>> print(UsageError("question.too_long", length=3000, limit=2000))
    the question has 3,000 characters; ask in at most 2,000
    """

    def __init__(self, code: str, /, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return render(self.code, self.params)

    def in_language(self, language: str | None) -> str:
        """Render the error in a language (ISO 639-1).

        In Arabic, text from outside the project is introduced by the kind of the error.

        >>> ProviderDown("out of memory").in_language("ar")
        'تعطّل النموذج: out of memory'
        """
        text = render(self.code, self.params, language)
        if language != "ar" or is_message(self.code) or _ARABIC_LETTER.search(text):
            return text
        kinds = (f"kind.{base.__name__}" for base in type(self).__mro__)
        return render(next(filter(is_message, kinds)), {"text": text}, language)


class UsageError(IsnadError):
    """What was asked makes no sense.

    An empty question, a bad id, an unknown option value.
    """


class SourceError(IsnadError):
    """The PATH to index is missing, is empty, or cannot be read."""


class StoreError(IsnadError):
    """The store is not there, was written by a newer version, or is damaged."""


class NoStore(StoreError):
    """Nothing has been indexed yet."""


class StoreBusy(StoreError):
    """Another process is writing."""


class StoreClosed(StoreError):
    """The store's folder may be read, not written."""


class StoreFull(StoreError):
    """The disk is full."""


class StoreDamaged(StoreError):
    """An index, or the text of an article, is not what was written.

    The other articles are not concerned.
    """


class NotFound(IsnadError):
    """There is no such article."""


class ProviderError(IsnadError):
    """A model's server refused, failed, stalled, or answered nonsense."""


class ProviderRefused(ProviderError):
    """The server refused (400, 401, quota): asking again does not help."""


class ProviderDown(ProviderError):
    """No connection, 5xx or 429: tried again within the deadline, in vain."""


class ProviderCut(ProviderError):
    """The reply began and did not end; `partial` holds what came."""

    def __init__(self, code: str, partial: str = "", /, **params: object) -> None:
        super().__init__(code, **params)
        self.partial = partial
