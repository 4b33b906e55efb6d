"""Settings, and the only reader of the environment and of isnad.toml.

The environment takes precedence over the file, the file over the default. Every setting `x` is `x = …` in the file and
`ISNAD_X` in the environment, except the two that every OpenAI-compatible program reads: `base_url` is OPENAI_BASE_URL,
and the key is OPENAI_API_KEY, which never stands in a file.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

import msgspec

from assistant.models import Effort
from index.errors import UsageError
from index.messages.reason import Reason
from index.models import Value

DEFAULT_MODEL = "gpt-4.1-mini"  # chat completions, a long context, takes a temperature; any other by ISNAD_MODEL
DEFAULT_HOST = "api.openai.com"
FILE = "isnad.toml"
NO_EMBEDDING = "none"  # the embedding model that switches search by meaning off


class Secret:
    """A secret that no repr, error, JSON or pickle shows; only `reveal()` does.

    >>> key = Secret("sk-not-a-real-key")
    >>> key, f"{key}", key.reveal()
    (Secret(hidden), 'Secret(hidden)', 'sk-not-a-real-key')
    """

    __slots__ = ("_text",)

    def __init__(self, word: str) -> None:
        self._text = word

    def reveal(self) -> str:
        """Return the secret, for the request header and nothing else."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never written down")


class Settings(Value, frozen=True, kw_only=True):
    """Hold the user's settings.

    Times are in seconds, prices in `currency` per million tokens.

    A price of None is unknown: no cost is shown.

    >>> Settings().has_model, Settings(base_url="http://localhost:11434/v1", model="qwen3").destination
    (False, 'localhost:11434')
    """

    base_url: str | None = None
    model: str = DEFAULT_MODEL
    embedding_model: str | None = None  # None: the carried one, "none": no search by meaning
    embedding_base_url: str | None = None
    embedding_dimensions: int | None = None
    vector_weight: float | None = None  # of the cosine beside the words' share; None: measured, by model; 0: words only
    reranker: str | None = None
    background: bool = True  # whether vectors are filled while the page or an Assistant is open
    chroma: str | None = None
    context_tokens: int = 8000  # for the passages of one question
    answer_tokens: int = 1500
    policy: Literal["show", "strict"] = (
        "show"  # what becomes of unsupported sentences: shown as such, or struck through
    )
    judge: str = "same"  # who reads what a model wrote: the same model, another by its name, or "off"
    judge_base_url: str | None = None
    check_model: str | None = None  # local:NAME, an entailment model that vouches or objects
    effort: Effort = "normal"  # what may be asked of the model beside the answer (assistant.effort)
    repair: bool = False  # whether a model writes once more what the check does not bear out
    price_in: float | None = None
    price_out: float | None = None
    price_embedding: float | None = None
    currency: str = "USD"
    first_token_seconds: float = 60.0
    stall_seconds: float = 30.0
    total_seconds: float = 180.0
    key: Secret | None = None
    embedding_key: Secret | None = None
    login: Secret | None = None  # name:password of the chat page

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, path: Path | None = None) -> Settings:
        """Load the settings of the environment and of the file at `path`.

        Without `path`, isnad.toml is read if it exists.

        Raises UsageError for a file that is missing or no TOML, and for an unknown or malformed setting.

        >>> Settings.load({"OPENAI_BASE_URL": "http://localhost:11434/v1", "ISNAD_MODEL": "qwen3"}).destination
        'localhost:11434'
        """
        environ = os.environ if environ is None else environ
        chosen = _from_file(path) | _from_environment(environ)
        try:
            settings = msgspec.convert(chosen, cls, strict=False)
        except msgspec.ValidationError as error:
            raise UsageError("settings.wrong_kind", error=str(error).replace("`$.", "`")) from None
        keys = {
            name: Secret(environ[variable]) for name, variable in _KEYS.items() if environ.get(variable, "").strip()
        }
        return _sensible(msgspec.structs.replace(settings, **keys))

    @property
    def has_model(self) -> bool:
        """Whether there is a server to write answers: a key, or a base URL alone."""
        return self.key is not None or self.base_url is not None

    @property
    def has_embedding(self) -> bool:
        """Whether an embedding model was chosen instead of the carried one.

        A chat model alone causes no embedding calls.
        """
        return self.embedding_model not in (None, NO_EMBEDDING)

    @property
    def searches_by_meaning(self) -> bool:
        """Whether search by meaning is not switched off."""
        return self.embedding_model != NO_EMBEDDING and self.vector_weight != 0

    @property
    def destination(self) -> str | None:
        """The host that receives passages with a question; None without a model."""
        return _host(self.base_url) if self.has_model else None

    @property
    def embedding_destination(self) -> str | None:
        """The host that receives every text to embed; None without a served model."""
        if self.embedding_model in (None, NO_EMBEDDING) or str(self.embedding_model).startswith("local:"):
            return None
        return _host(self.embedding_base_url or self.base_url)

    def judge_key(self) -> str:
        """Return the key for the judge's server.

        A key is sent only to the host that it was set for.
        """
        same = self.judge_base_url is None or _name(self.judge_base_url) == _name(self.base_url)
        return self.model_key() if same else "none"

    def model_key(self) -> str:
        """Return the key for the chat server; a dummy for a server on this machine."""
        return self.key.reveal() if self.key else "none"

    def embedding_server_key(self) -> str:
        """Return the key for the embedding server.

        A key is sent only to the host that it was set for.
        """
        if self.embedding_key:
            return self.embedding_key.reveal()
        same = self.embedding_base_url is None or _name(self.embedding_base_url) == _name(self.base_url)
        return self.model_key() if same else "none"

    def shown(self) -> dict[str, Any]:
        """Every setting as `isnad status` prints it: a key is only 'set' or 'not set'.

        >>> Settings(key=Secret("sk-not-a-real-key")).shown()["key"]
        'set'
        """
        plain = {name: getattr(self, name) for name in _NAMES}
        plain |= {
            name: _without_password(plain[name])
            for name in ("base_url", "embedding_base_url", "judge_base_url", "chroma")
        }
        return plain | {name: "set" if getattr(self, name) else "not set" for name in _KEYS}


_KEYS: dict[Literal["key", "embedding_key", "login"], str] = {
    "key": "OPENAI_API_KEY",
    "embedding_key": "ISNAD_EMBEDDING_API_KEY",
    "login": "ISNAD_LOGIN",
}
_NAMES = tuple(name for name in Settings.__struct_fields__ if name not in _KEYS)
_VARIABLES = {name: "OPENAI_BASE_URL" if name == "base_url" else f"ISNAD_{name.upper()}" for name in _NAMES}


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what the environment sets; an empty variable sets nothing."""
    if environ.get("ISNAD_MEANING_WEIGHT", "").strip():
        raise UsageError("settings.weight_renamed")
    return {
        name: environ[variable].strip() for name, variable in _VARIABLES.items() if environ.get(variable, "").strip()
    }


def _from_file(path: Path | None) -> dict[str, Any]:
    """Return what the file sets; only a file at the default path may be missing."""
    if path is None:
        path = Path(FILE)
        if not path.exists():
            return {}
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError("settings.unreadable", path=path, error=error.strerror) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError("settings.not_toml", path=path, where=_where(error), example=DEFAULT_MODEL) from None
    for name in written:
        if name not in _NAMES:
            raise UsageError("settings.in_file", path=path, why=_unknown(name))
    return written


def _where(error: Exception) -> str | Reason:
    """Return the place of a mistake without the line itself, which may hold a key."""
    place = str(error).rpartition("(")[2].rstrip(")")
    return place if place.startswith("at ") else Reason("settings.broken_text")


def _unknown(name: str) -> Reason:
    if "key" in name.lower().split("_"):
        return Reason.of("settings.key_in_file", name=name)
    near = difflib.get_close_matches(name.lower().removeprefix("isnad_").removeprefix("openai_"), _NAMES, 1)
    if near:
        return Reason.of("settings.unknown_near", name=name, near=near[0])
    return Reason.of("settings.unknown", name=name, names=list(_NAMES))


def _sensible(settings: Settings) -> Settings:
    """Return the settings after the checks that types cannot express."""
    for name in ("base_url", "embedding_base_url", "judge_base_url"):
        url = getattr(settings, name)
        if url is not None and not _is_address(url):
            raise UsageError("settings.not_an_address", name=_VARIABLES[name])
    above = ("first_token_seconds", "stall_seconds", "total_seconds", "context_tokens", "answer_tokens")
    for name in (*above, "embedding_dimensions"):
        value = getattr(settings, name)
        if value is not None and not 0 < value <= 10_000_000:
            raise UsageError("settings.not_positive", name=name)
    if not 0 <= (settings.vector_weight or 0) <= 1_000_000:
        raise UsageError("settings.bad_weight")
    for name in ("price_in", "price_out", "price_embedding"):
        if not 0 <= (getattr(settings, name) or 0) < inf:  # nor nan: a limit on money would hold nothing
            raise UsageError("settings.negative", name=name)
    local = (settings.embedding_model or "").startswith("local:")
    if settings.has_embedding and not (local or settings.embedding_base_url or settings.has_model):
        raise UsageError("settings.embedding_without_server")
    return settings


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _host(url: str | None) -> str:
    """Return the host of an address, without user, password and path."""
    if url is None:
        return DEFAULT_HOST
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _name(url: str | None) -> str:
    return DEFAULT_HOST if url is None else str(urlsplit(url).hostname)


def _without_password(url: str | None) -> str | None:
    if url is None or "@" not in url:
        return url
    scheme, _, rest = url.rpartition("//")
    return f"{scheme}//{rest.rpartition('@')[2]}"
