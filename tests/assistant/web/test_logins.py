"""Logins: hashes, sessions, tries that are counted. Case WEB-04."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path

import pytest

from assistant.web.logins import TRIES, Logins, basic, hash_password, line, matches
from index.errors import UsageError

PASSWORD = "قلعة-النهر 9"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_password_is_kept_as_a_hash_with_a_salt_of_its_own() -> None:
    one, other = hash_password(PASSWORD), hash_password(PASSWORD)
    assert one != other and PASSWORD not in one
    assert matches(PASSWORD, one) and matches(PASSWORD, other) and not matches(PASSWORD + " ", one)


def test_a_line_of_the_first_version_still_lets_its_owner_in() -> None:
    digest = hashlib.scrypt(PASSWORD.encode(), salt=b"0123456789abcdef", n=2**14, r=8, p=1, dklen=32)
    old = f"scrypt:16384:{b64encode(b'0123456789abcdef').decode()}:{b64encode(digest).decode()}"
    assert matches(PASSWORD, old) and not matches("another one", old)


def test_a_file_of_logins_is_read(tmp_path: Path) -> None:
    path = tmp_path / "logins"
    path.write_text(f"# the newsroom\n{line('منى', PASSWORD)}\n\n{line('sami', 'another one')}\n")
    logins = Logins.read(path)
    assert logins.right("منى", PASSWORD) and logins.right("sami", "another one")
    assert not logins.right("sami", PASSWORD) and not logins.right("nobody", PASSWORD)


@pytest.mark.parametrize(
    "written",
    [
        "mona:secret",
        "mona",
        "mona:scrypt:16384:short:short",
        "mona:$argon2id$v=19$m=9999999,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "mona:$argon2id$v=19$",
        "a b:HASHED",
        "",
        "# only this\n",
    ],
)
def test_a_line_that_is_no_login_is_named_and_not_shown(tmp_path: Path, written: str) -> None:
    (tmp_path / "logins").write_text(written.replace("HASHED", hash_password("12345678")))
    with pytest.raises(UsageError) as raised:
        Logins.read(tmp_path / "logins")
    assert "secret" not in str(raised.value) and "--new-login" in str(raised.value)


@pytest.mark.parametrize("word", ["mona", "mona:", "mona:short", ":password1", "a b:password1"])
def test_a_login_of_the_environment_that_will_not_do_is_refused_without_showing_it(word: str) -> None:
    with pytest.raises(UsageError) as raised:
        Logins.from_pair(word)
    assert "password1" not in str(raised.value) and "short" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "password"), [("mo na", PASSWORD), ("mona:x", PASSWORD), ("mona", "short"), ("mona", "x" * 201)]
)
def test_no_line_is_made_of_what_will_not_do(name: str, password: str) -> None:
    with pytest.raises(UsageError):
        line(name, password)


def test_tries_are_counted_by_address_and_by_name__WEB_04() -> None:
    clock = Clock()
    logins = Logins({"mona": hash_password(PASSWORD)}, clock=clock)
    assert [logins.admits("1.1.1.1", f"n{number}") for number in range(TRIES + 1)] == [True] * TRIES + [False]
    assert [logins.admits(f"2.2.2.{number}", "mona") for number in range(TRIES + 1)] == [True] * TRIES + [False]
    assert logins.throttled("1.1.1.1") and not logins.throttled("3.3.3.3")
    clock.now = 61.0
    assert logins.admits("1.1.1.1", "mona")


def test_a_session_lasts_while_it_is_used_and_can_be_ended() -> None:
    clock = Clock()
    logins = Logins({"mona": hash_password(PASSWORD)}, clock=clock)
    word = logins.begin("mona")
    clock.now = 11 * 3600.0
    assert logins.name(word) == "mona"
    clock.now = 22 * 3600.0
    assert logins.name(word) == "mona"
    clock.now = 35 * 3600.0
    assert logins.name(word) is None
    other = logins.begin("mona")
    logins.end(other)
    assert logins.name(other) is None and logins.name("") is None and logins.name("guessed") is None


def test_the_words_of_sessions_are_not_kept_as_they_are() -> None:
    logins = Logins({"mona": hash_password(PASSWORD)})
    word = logins.begin("mona")
    assert word not in repr(vars(logins))


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer bmFtZTpzZWNyZXQ=", "Basic /////w=="]
)
def test_a_header_that_is_no_login_is_none(header: str) -> None:
    assert basic(header) is None
