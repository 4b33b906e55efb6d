"""Every error that a user may see. Each message says what to do next.

IsnadError
├── UsageError            what was asked makes no sense (an empty question, a bad id, an unknown option value)
├── SourceError           the PATH to index is missing, empty, or cannot be read
├── StoreError            the store is not there, is newer than this program, or is damaged
│   ├── NoStore           nothing has been indexed yet
│   ├── StoreBusy         another process is writing
│   ├── StoreClosed       the store's folder may be read, not written
│   ├── StoreFull         the disk is full
│   └── StoreDamaged      an index cannot be read; the ledger, and so every article, is not concerned
├── NotFound              no such article
└── ProviderError         the model's server: refused, failed, stalled, or answered nonsense
    ├── ProviderRefused   400, 401, quota: asking again does not help
    ├── ProviderDown      no connection, 5xx, 429: tried again within the deadline, in vain
    └── ProviderCut       the reply began and did not end; `partial` holds what came
"""

from __future__ import annotations

import re

from index.messages.catalog import is_message, render

_ARABIC_LETTER = re.compile("[\u0621-\u064a]")


class IsnadError(Exception):
    """An error for the user: the code of a message, which is one line with the next step, and its parameters.

    `str()` renders English; `in_language` renders any language of the catalogue. A text in place of a code is shown as it is,
    so that models and writers from outside the project may raise these errors in their own words.

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
        """Render the error in a language (ISO 639-1); in Arabic, words from outside are introduced by the kind of the error.

        >>> ProviderDown("out of memory").in_language("ar")
        'تعطّل النموذج: out of memory'
        """
        text = render(self.code, self.params, language)
        if language != "ar" or is_message(self.code) or _ARABIC_LETTER.search(text):
            return text
        kinds = (f"kind.{base.__name__}" for base in type(self).__mro__)
        return render(next(filter(is_message, kinds)), {"text": text}, language)


class UsageError(IsnadError):
    pass


class SourceError(IsnadError):
    pass


class StoreError(IsnadError):
    pass


class NoStore(StoreError):
    pass


class StoreBusy(StoreError):
    pass


class StoreClosed(StoreError):
    pass


class StoreFull(StoreError):
    pass


class StoreDamaged(StoreError):
    pass


class NotFound(IsnadError):
    pass


class ProviderError(IsnadError):
    pass


class ProviderRefused(ProviderError):
    pass


class ProviderDown(ProviderError):
    pass


class ProviderCut(ProviderError):
    """The reply began and did not end."""

    def __init__(self, code: str, partial: str = "", /, **params: object) -> None:
        super().__init__(code, **params)
        self.partial = partial
