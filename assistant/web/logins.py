"""Check passwords, count tries, and keep sessions.

A line of a logins file is `name:$argon2id$…`; `isnad chat --new-login NAME` prints one for a password that it asks for.
Argon2id is RFC 9106, here with 19 MiB, two passes and one lane, the least that OWASP's password storage cheat sheet
recommends. Lines of version 0.1, `name:scrypt:N:SALT:HASH` (RFC 7914), are still read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path

import argon2

from assistant.web.rate_limit import Throttle
from index.errors import UsageError

MOST_MEMORY = 262_144  # KiB that a line of the file may ask for
SESSION = 12 * 3600.0  # seconds without a request
SESSIONS = 5_000
TRIES = 10  # of one address, or of one name, in
WINDOW = 60.0  # seconds
LEAST, LONGEST = 8, 200  # characters of a password
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NAME = re.compile(r"[^\s:/\\\x00-\x1f\x7f]{1,64}")


class Logins:
    """Names and passwords, as hashes. Comparing takes the same time whatever is wrong."""

    def __init__(self, lines: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic) -> None:
        """`lines`: name → `$argon2id$…` or `scrypt:N:SALT:HASH`."""
        if not lines:
            raise UsageError("web.no_login")
        self._lines = dict(lines)
        self._nobody = hash_password(secrets.token_urlsafe(12))
        self._addresses = Throttle(TRIES, WINDOW, clock)
        self._names = Throttle(TRIES, WINDOW, clock)
        self._sessions: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._known: OrderedDict[bytes, float] = OrderedDict()  # passwords that were right a moment ago
        self._key = secrets.token_bytes(32)
        self._clock = clock
        self._lock = threading.Lock()

    @classmethod
    def read(cls, path: Path) -> Logins:
        """Read a file of logins; UsageError names the first malformed line."""
        lines: dict[str, str] = {}
        try:
            written = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError("web.logins_unreadable", path=path, error=error) from None
        for number, line in enumerate(written, 1):
            if not line.strip() or line.startswith("#"):
                continue
            name, _, rest = line.strip().partition(":")
            if not _NAME.fullmatch(name) or not _is_hash(rest) or name in lines:
                raise UsageError("web.bad_login_line", path=path, number=number)
            lines[name] = rest
        return cls(lines)

    @classmethod
    def from_pair(cls, word: str) -> Logins:
        """Parse a login from `name:password`."""
        name, colon, password = word.partition(":")
        if not colon or not _NAME.fullmatch(name) or len(password) < LEAST:
            raise UsageError("web.bad_login_variable", least=LEAST)
        return cls({name: hash_password(password)})

    def admits(self, address: str, name: str) -> bool:
        """Whether this address, and this name, may try (again) now; the try is counted."""
        return self._addresses.hit(address) and self._names.hit(name[:LONGEST])

    def throttled(self, address: str) -> bool:
        """Whether this address has used up its tries."""
        return self._addresses.is_exhausted(address)

    def right(self, name: str, password: str) -> bool:
        """Whether the password is that of the name. Takes about 50 ms."""
        line = self._lines.get(name)
        same = matches(password[:LONGEST], line or self._nobody)
        return same and line is not None and len(password) <= LONGEST

    def begin(self, name: str) -> str:
        """Begin a session of a logged-in user; return the value of its cookie."""
        word = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[self._digest(word)] = (name, self._clock() + SESSION)
            while len(self._sessions) > SESSIONS:
                self._sessions.popitem(last=False)
        return word

    def name(self, word: str) -> str | None:
        """Whose session it is; None where it has ended or never began."""
        digest = self._digest(word)
        with self._lock:
            name, ends = self._sessions.get(digest, ("", 0.0))
            if ends <= self._clock():
                self._sessions.pop(digest, None)
                return None
            self._sessions[digest] = (name, self._clock() + SESSION)
            self._sessions.move_to_end(digest)
            return name

    def end(self, word: str) -> None:
        """Log out."""
        with self._lock:
            self._sessions.pop(self._digest(word), None)

    def remembered(self, pair: str) -> bool:
        """Return whether this `name:password` was right in the last minutes.

        So that no try is counted.
        """
        with self._lock:
            return self._known.get(self._digest(pair), 0.0) > self._clock()

    def remember(self, pair: str) -> None:
        """Take it that this `name:password` is right for ten minutes."""
        with self._lock:
            self._known[self._digest(pair)] = self._clock() + 600.0
            while len(self._known) > SESSIONS:
                self._known.popitem(last=False)

    def _digest(self, word: str) -> bytes:
        return hmac.digest(self._key, word.encode(errors="replace"), "sha256")


def line(name: str, password: str) -> str:
    """Return a line for a logins file; UsageError for an unfit name or password."""
    if not _NAME.fullmatch(name) or not LEAST <= len(password) <= LONGEST:
        raise UsageError("web.bad_new_login", least=LEAST, most=LONGEST)
    return f"{name}:{hash_password(password)}"


def hash_password(password: str) -> str:
    """Hash a password with Argon2id, each time with another salt."""
    return _HASHER.hash(password.encode(errors="replace"))


def matches(password: str, line: str) -> bool:
    """Return whether a password matches a hash, in constant time.

    >>> matches("correct horse", hash_password("correct horse")), matches("wrong horse", hash_password("correct horse"))
    (True, False)
    """
    secret = password.encode(errors="replace")
    if scrypt := _scrypt_parts(line):
        cost, salt, digest = scrypt
        return hmac.compare_digest(hashlib.scrypt(secret, salt=salt, n=cost, r=8, p=1, maxmem=2**27, dklen=32), digest)
    try:
        return _HASHER.verify(line, secret)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def basic(header: str) -> tuple[str, str] | None:
    """Name and password of an `Authorization: Basic …` header.

    >>> basic("Basic bmFtZTpzZWNyZXQ=")
    ('name', 'secret')
    """
    scheme, _, coded = header.partition(" ")
    try:
        name, colon, password = base64.b64decode(coded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return (name, password) if scheme.lower() == "basic" and colon else None


def _is_hash(line: str) -> bool:
    """Return whether a line's hash can be checked at a bearable cost."""
    if _scrypt_parts(line):
        return True
    try:
        parameters = argon2.extract_parameters(line)
    except argon2.exceptions.InvalidHashError:
        return False
    return parameters.memory_cost <= MOST_MEMORY and parameters.time_cost <= 10 and parameters.hash_len >= 16


def _scrypt_parts(line: str) -> tuple[int, bytes, bytes] | None:
    match = re.fullmatch(r"scrypt:(16384|32768|65536):([\w+/=]{22,}):([\w+/=]{43,})", line)
    try:
        return (int(match[1]), base64.b64decode(match[2]), base64.b64decode(match[3])) if match else None
    except binascii.Error:
        return None
