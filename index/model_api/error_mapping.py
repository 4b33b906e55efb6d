"""Map a failed call to an error of ours, and tell whether and when to retry.

Pure functions: library exceptions and server bodies in, a `Fault` out. Keys are masked in every message.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from index.errors import ProviderDown, ProviderError, ProviderRefused
from index.messages.reason import Reason
from index.models import Value


class ContextTooLong(ProviderRefused):
    """The model cannot read that much; fewer passages might do."""


class Fault(Value, frozen=True, kw_only=True):
    """Hold the error of a failed request and whether a retry could succeed."""

    error: ProviderError
    retryable: bool = False
    retry_after: float | None = None  # seconds that the server asked us to wait
    unsupported_param: str | None = None  # an optional parameter that the server does not know


# What a request may do without. `max_tokens` has two names; all the rest are niceties.
OPTIONAL = (
    "stream_options",
    "max_completion_tokens",
    "max_tokens",
    "temperature",
    "seed",
    "response_format",
    "dimensions",
    "tools",
)

_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|context (?:length|size|window)|maximum context|too many tokens"
    r"|(?:prompt|input|request)\b.{0,30} too (?:long|large)|maximum (?:input )?(?:length|tokens)",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"insufficient_quota|exceeded your current quota|billing|credit balance|payment required", re.IGNORECASE
)
_FILTER = re.compile(r"content_filter|content_policy|content management policy|safety system|moderation", re.IGNORECASE)
_TOOLS = re.compile(r"\btools?\b", re.IGNORECASE)
_KEY_LIKE = re.compile(r"\b(?:sk|pk|rk|gsk|hf|xai|key)[-_][\w*.\-…]{4,}|(?i:bearer)\s+[^\s\"',;]+|\bAIza[\w\-]{10,}")


def masked(text: str, secrets: Sequence[str] = ()) -> str:
    """Replace secrets, and whatever looks like a key, by ***.

    A secret is masked as it is, in part, and in its URL and base64 forms.

    >>> masked("Incorrect key: sk-abcd1234****wxyz, sent by example-of-a-key", ["example-of-a-key"])
    'Incorrect key: ***, sent by ***'
    """
    for secret in secrets:
        if len(secret) < 6:  # a dummy for a server on this machine
            continue
        forms = {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, "***")
        if len(secret) >= 12:
            text = re.sub(re.escape(secret[:6]) + r"[\w*.\-…]*", "***", text)
    return _KEY_LIKE.sub("***", text)


def one_line(text: str, secrets: Sequence[str] = (), most: int = 200) -> str:
    """Make a server's text fit for a message.

    It is masked, printable, on a single line and of at most `most` characters.
    """
    text = " ".join("".join(c if c.isprintable() else " " for c in masked(text, secrets)).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def of_exception(error: BaseException, host: str, secrets: Sequence[str] = ()) -> Fault:
    """Map an exception of the openai client, of httpx, or of parsing the reply."""
    import httpx
    import openai

    if isinstance(error, openai.APIStatusError):
        return of_status(error.status_code, _body(error), error.response.headers, host, secrets)
    if isinstance(error, (openai.APITimeoutError, httpx.TimeoutException)):
        return Fault(error=ProviderDown("provider.late", host=host), retryable=True)
    if isinstance(error, (openai.APIConnectionError, httpx.HTTPError)):
        return Fault(
            error=ProviderDown("provider.unreachable", host=host, why=_why(error)),
            retryable=True,
        )
    if isinstance(error, openai.APIError):  # an error object inside a stream
        return of_body(error.body, host, secrets)
    if isinstance(error, (ValueError, TypeError, KeyError, AttributeError, IndexError, openai.OpenAIError)):
        return Fault(error=nonsense(host, Reason("provider.nonsense_unreadable")))
    return Fault(error=ProviderError("provider.failed", host=host, error=type(error).__name__))


def nonsense(host: str, what: Reason) -> ProviderError:
    """Return the error for a reply that no OpenAI-compatible server would give."""
    return ProviderError("provider.nonsense", host=host, what=what)


def of_status(status: int, body: Any, headers: Mapping[str, str], host: str, secrets: Sequence[str] = ()) -> Fault:
    """Map a status other than 200."""
    message, whole = _server_message(body, secrets), json.dumps(body, ensure_ascii=False, default=str)
    if status == 401:
        return Fault(error=ProviderRefused("provider.key_refused", host=host, says=message))
    if status == 402 or (status in (403, 429) and _QUOTA.search(whole)):
        return Fault(error=ProviderRefused("provider.no_quota", host=host, status=status, says=message))
    if status == 403:
        return Fault(error=ProviderRefused("provider.forbidden", host=host, says=message))
    if status == 404:
        return Fault(error=ProviderRefused("provider.not_found", host=host, says=message))
    if 300 <= status < 400:
        return Fault(error=ProviderRefused("provider.redirected", host=host, status=status))
    if status in (408, 409, 425, 429) or status >= 500:
        if _TOO_LONG.search(whole) and status == 500:  # some local servers fail where others refuse
            return Fault(error=_too_long(host, message))
        if _TOOLS.search(whole) and status in (500, 501):
            return _of_refusal(status, body, whole, host, message)
        code = "provider.too_often" if status == 429 else "provider.down"
        down = ProviderDown(code, host=host, status=status, says=message)
        return Fault(error=down, retryable=True, retry_after=parse_retry_after(headers))
    return _of_refusal(status, body, whole, host, message)


def _of_refusal(status: int, body: Any, whole: str, host: str, message: Reason | str) -> Fault:
    """Map a 400 and its like by what was refused."""
    if _TOO_LONG.search(whole):
        return Fault(error=_too_long(host, message))
    if _FILTER.search(whole):
        return Fault(error=ProviderRefused("provider.filtered", host=host, status=status, says=message))
    refused = ProviderRefused("provider.refused", host=host, status=status, says=message)
    inner = body.get("error", body) if isinstance(body, Mapping) else {}
    named = inner.get("param") if isinstance(inner, Mapping) else None
    unsupported = named if named in OPTIONAL else next((name for name in OPTIONAL if name in whole), None)
    if unsupported is None and _TOOLS.search(whole):  # "auto" tool choice requires …
        unsupported = "tools"
    return Fault(error=refused, unsupported_param=unsupported)


def of_body(body: Any, host: str, secrets: Sequence[str] = ()) -> Fault:
    """Map an error object that came with status 200, alone or inside a stream."""
    whole = json.dumps(body, ensure_ascii=False, default=str)
    message = _server_message(body, secrets)
    code = body.get("code") or body.get("status") if isinstance(body, Mapping) else None
    if isinstance(code, int) and 300 <= code < 600:
        return of_status(code, body, {}, host, secrets)
    if _QUOTA.search(whole):
        return of_status(402, body, {}, host, secrets)
    if _TOO_LONG.search(whole) or _FILTER.search(whole) or "invalid_request" in whole:
        return _of_refusal(400, body, whole, host, message)
    if "invalid_api_key" in whole or "authentication" in whole:
        return of_status(401, body, {}, host, secrets)
    return Fault(error=ProviderDown("provider.down_while_answering", host=host, says=message), retryable=True)


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait by `retry-after-ms` or `retry-after`.

    `retry-after` may be a number of seconds or a date.

    >>> parse_retry_after({"retry-after": "2.5"}), parse_retry_after({"retry-after": "soon"})
    (2.5, None)
    """
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after", "")
        if re.fullmatch(r"\d+(\.\d+)?", value.strip()):
            return float(value)
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _too_long(host: str, message: Reason | str) -> ContextTooLong:
    return ContextTooLong("provider.too_long", host=host, says=message)


def _server_message(body: Any, secrets: Sequence[str]) -> Reason | str:
    """Return the server's message as the end of ours.

    Empty where the body is a page or has none.
    """
    inner = body.get("error", body) if isinstance(body, Mapping) else body
    message = inner.get("message") if isinstance(inner, Mapping) else inner
    if not isinstance(message, str) or not message.strip() or "<" in message[:20]:
        return ""
    return Reason.of("provider.says", text=one_line(message, secrets))


def _body(error: Any) -> Any:
    """Return the body of a status error: the parsed object, or the text."""
    return error.body if error.body is not None else error.response.text[:2000]


def _why(error: BaseException) -> str:
    """Return the innermost reason of a failed connection, without the address."""
    inner: BaseException = error
    while inner.__cause__ is not None:
        inner = inner.__cause__
    return one_line(getattr(inner, "strerror", None) or type(inner).__name__, most=80)
