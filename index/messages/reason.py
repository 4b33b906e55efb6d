"""A reason as a value: the code of a message with its parameters."""

from __future__ import annotations

from datetime import date
from pathlib import PurePath

import msgspec

from index.messages.catalog import is_message, render


class Reason(msgspec.Struct, frozen=True):
    """Hold why something was doubted, refused or skipped, apart from any wording.

    `str()` renders English. Parameters survive JSON: text, numbers, other reasons, and tuples of these.

    >>> reason = Reason.of("question.too_long", length=3000, limit=2000)
    >>> reason.code, str(reason)
    ('question.too_long', 'the question has 3,000 characters; ask in at most 2,000')
    >>> reason.text("ar")
    'في السؤال 3,000 محرفًا؛ اسأل في 2,000 على الأكثر'
    """

    code: str
    params: dict[str, str | int | float | Reason | tuple[str | int | float | Reason, ...]] = {}

    @classmethod
    def of(cls, code: str, /, **params: object) -> Reason:
        """Make a reason of a code and its parameters.

        Days and paths become text, errors become reasons, lists become tuples.
        """
        return cls(code, {name: _plain(value) for name, value in params.items()})

    @classmethod
    def from_error(cls, error: Exception) -> Reason:
        """Return what an error says as a reason; an error without a code is its own text."""
        return cls.of(getattr(error, "code", "") or str(error), **getattr(error, "params", {}))

    @classmethod
    def term(cls, section: str, name: str) -> Reason | str:
        """Return the term of a section as a reason to put into another.

        A name that the catalogue lacks stays as it is.

        >>> Reason.of("extraction.other_language", language=Reason.term("language", "fr")).text("ar")
        'لغة السؤال (الفرنسية) ليست لغة المقالات'
        """
        code = f"{section}.{name}"
        return cls(code) if is_message(code) else name

    def text(self, language: str | None = "en") -> str:
        """Render the reason in a language (ISO 639-1).

        English where the catalogue lacks the language.
        """
        return render(self.code, self.params, language)

    def __str__(self) -> str:
        return self.text()

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted(self.params.items(), key=lambda item: item[0]))))


def _plain(value: object) -> str | int | float | Reason | tuple[str | int | float | Reason, ...]:
    match value:
        case Reason() | str() | int() | float():
            return value
        case date():
            return value.isoformat()
        case PurePath():
            return str(value)
        case Exception():
            return Reason.from_error(value) if hasattr(value, "code") and hasattr(value, "params") else str(value)
        case tuple() | list():
            return tuple(item for item in map(_plain, value) if not isinstance(item, tuple))
        case _:
            return str(value)
