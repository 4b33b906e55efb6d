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


class IsnadError(Exception):
    """An error whose text is meant for the user: one line, with the next step.

    >>> from pathlib import Path
    >>> from index.store.ledger import Ledger
    >>> try:
    ...     Ledger.open(Path("nowhere"))
    ... except IsnadError as error:
    ...     print(error)
    no articles are indexed in nowhere; run: isnad index FOLDER --store nowhere
    """


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

    def __init__(self, message: str, partial: str = "") -> None:
        super().__init__(message)
        self.partial = partial
