"""The guard, in front of an application of one line. Cases OUT-02, WEB-01, WEB-02, WEB-04, INJ-06."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from assistant.web.logins import TRIES, Logins, hash_password
from assistant.web.middleware import BODY, UPLOADS, Guard, allowed_host, is_cross_site
from assistant.web.service import COOKIE, NAME

PASSWORD = "قلعة-النهر 9"
BASIC = {"authorization": "Basic " + base64.b64encode(f"mona:{PASSWORD}".encode()).decode()}
PAGE = {"accept": "text/html"}


async def echo(request: Request) -> Response:
    """What reaches the application."""
    body = await request.body()
    return JSONResponse({"name": request.headers.get(NAME), "cookies": request.cookies, "bytes": len(body)})


async def pour(request: Request) -> Response:
    async def pieces() -> Any:
        yield b"one "
        yield b"two"

    return StreamingResponse(pieces())


async def fails(request: Request) -> Response:
    raise RuntimeError("sk-secret in an error")


INNER = Starlette(
    routes=[
        Route("/config", pour),
        Route("/article/fails", fails),
        Route("/{path:path}", echo, methods=["GET", "POST", "PUT", "DELETE"]),
    ]
)


def visitor(guard: ASGIApp | None = None, *, follow: bool = False, **options: Any) -> TestClient:
    guard = guard or Guard(INNER, hosts=frozenset({"localhost"}), upload=1_000, **options)
    return TestClient(guard, base_url="http://127.0.0.1:7860", follow_redirects=follow, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def hash_of_password() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def locked(hash_of_password: str) -> Guard:
    return Guard(INNER, logins=Logins({"mona": hash_of_password}), upload=1_000)


# --- heads ---


@pytest.mark.parametrize(
    "path", ["/", "/config", "/gradio_api/file=/etc/passwd", "/login", "/article/fails", "/nothing"]
)
def test_every_response_carries_the_heads_whatever_it_is__OUT_02(path: str) -> None:
    heads = visitor().get(path).headers
    policy = heads["content-security-policy"]
    for part in ("default-src 'self'", "img-src 'self' data: blob:", "connect-src 'self'", "object-src 'none'"):
        assert part in policy
    for part in ("base-uri 'self'", "frame-src 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert part in policy
    assert "http" not in policy and "*" not in policy
    assert heads["x-content-type-options"] == "nosniff"
    assert heads["referrer-policy"] == "same-origin"
    assert heads["permissions-policy"].startswith("camera=()")
    assert heads["cache-control"] == "no-store"
    assert "server" not in heads and "strict-transport-security" not in heads


def test_behind_tls_browsers_are_told_to_stay_there_and_cookies_are_secure__OUT_02() -> None:
    reply = TestClient(Guard(INNER), base_url="https://127.0.0.1").get("/")
    assert reply.headers["strict-transport-security"] == "max-age=31536000"
    assert "Secure" in reply.headers["set-cookie"]


def test_a_streamed_response_passes_through() -> None:
    assert visitor().get("/config").text == "one two"


def test_an_error_of_the_application_shows_nothing_of_itself__SEC_03() -> None:
    reply = visitor().get("/article/fails")
    assert reply.status_code == 500 and "secret" not in reply.text


def test_what_belongs_to_no_page_can_be_kept_by_the_browser() -> None:
    assert "cache-control" not in visitor().get("/assets/x.js").headers


# --- routes ---


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../../../etc/passwd",
        "/gradio_api/file=..%2f..%2f..%2fetc%2fpasswd",
        "/gradio_api/file=%2e%2e/%2e%2e/app.py",
        "/gradio_api/file=//evil.example/share",
        "/gradio_api/file=\\\\evil.example\\share",
        "/gradio_api/file=file:///etc/passwd",
        "/gradio_api/file=http://169.254.169.254/latest",
        "/gradio_api/file=https://evil.example/x",
        "/gradio_api/file=/proc/self/environ",
        "/gradio_api/file/etc/passwd",
        "/file=/etc/passwd",
        "/file/etc/passwd",
        "/gradio_api/proxy=https://evil.example/x",
        "/gradio_api/stream/a/b/c/playlist-file",
        "/gradio_api/custom_component/a/b/c/d",
        "/gradio_api/deep_link",
        "/gradio_api/openapi.json",
        "/gradio_api/vibe-code",
        "/gradio_api/process_recording",
        "/gradio_api/runs",
        "/monitoring",
        "/monitoring/summary",
        "/gradio_api/profiling/traces",
        "/docs",
        "/openapi.json",
        "//gradio_api/file=/etc/passwd",
        "/gradio_api//file=/etc/passwd",
        "/gradio_api/queue/join/../../file=/etc/passwd",
        "/.env",
        "/web/conversations.db",
    ],
)
def test_no_file_and_no_proxy_is_reached_by_any_spelling__WEB_01(path: str) -> None:
    client = visitor()
    assert client.build_request("GET", "http://127.0.0.1:7860").url.host == "127.0.0.1"
    scope_path = path.replace("%2f", "/").replace("%2e", ".")
    for sent in {path, scope_path}:
        assert _status(client.app, sent) == 404


def _status(app: Any, path: str) -> int:
    """The status for a path exactly as it is, which no client would send so."""
    import asyncio

    found: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
    }
    scope |= {
        "headers": [(b"host", b"127.0.0.1")],
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
        "server": ("127.0.0.1", 80),
    }
    asyncio.run(app(scope, receive, send))
    return found[0]


def test_a_websocket_is_closed() -> None:
    with pytest.raises(WebSocketDisconnect) as raised, visitor().websocket_connect("/gradio_api/queue/join"):
        pass
    assert raised.value.code == 1008


# --- who may send what ---


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((host, 200) for host in ("127.0.0.1:7860", "localhost:9", "[::1]:7860", "192.168.1.7")),
        *((host, 421) for host in ("evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:80", "a]b")),
    ],
)
def test_a_foreign_name_for_this_machine_is_not_answered(host: str, status: int) -> None:
    assert visitor().get("/", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    "heads",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
    ],
)
def test_another_sites_page_cannot_ask_in_the_readers_name(heads: dict[str, str]) -> None:
    assert visitor().post("/gradio_api/queue/join", json={}, headers=heads).status_code == 403
    assert visitor().get("/", headers=heads).status_code == 200


@pytest.mark.parametrize(
    "heads", [{}, {"origin": "http://127.0.0.1:7860"}, {"sec-fetch-site": "same-origin", "origin": "null"}]
)
def test_the_page_itself_and_programs_can(heads: dict[str, str]) -> None:
    assert visitor().post("/gradio_api/queue/join", json={}, headers=heads).status_code == 200


@pytest.mark.parametrize(("path", "most"), [("/gradio_api/queue/join", BODY), ("/gradio_api/upload", BODY + 1_000)])
def test_more_than_is_taken_is_refused_whether_it_is_announced_or_not__WEB_02(path: str, most: int) -> None:
    client = visitor()
    assert client.post(path, content=b"x" * most).json()["bytes"] == most
    assert client.post(path, content=b"x" * (most + 1)).status_code == 413
    assert client.post(path, content=iter([b"x" * (most + 1)])).status_code == 413
    assert client.post(path, content=b"x", headers={"content-length": "-1"}).status_code == 413


def test_uploads_are_counted_and_need_room__WEB_02() -> None:
    client = visitor()
    assert [client.post("/gradio_api/upload").status_code for _ in range(UPLOADS + 1)] == [200] * UPLOADS + [429]
    assert visitor(room=lambda: False).post("/gradio_api/upload").status_code == 503
    assert TestClient(Guard(INNER)).post("/gradio_api/upload").status_code == 403


def test_an_address_can_start_only_so_much_in_a_minute__WEB_04() -> None:
    client = visitor(requests=7)
    assert [client.post("/gradio_api/call/answer").status_code for _ in range(8)] == [200] * 7 + [429]
    assert client.get("/").status_code == 200


# --- cookies of a page without a login ---


def test_a_new_visitor_gets_an_id_that_no_script_reads_and_no_site_sends() -> None:
    client = visitor()
    reply = client.get("/")
    cookie = reply.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in cookie
    own = reply.json()["cookies"][COOKIE]
    assert len(own) >= 32 and own in cookie
    again = client.get("/")
    assert again.json()["cookies"][COOKIE] == own and "set-cookie" not in again.headers


def test_two_visitors_are_never_the_same_even_without_cookies() -> None:
    ids = {visitor().post("/gradio_api/call/answer").json()["cookies"][COOKIE] for _ in range(20)}
    assert len(ids) == 20


@pytest.mark.parametrize("planted", ["", "a", "x" * 100, "../../etc", "a b c d e f g h i j k l m n"])
def test_an_id_that_is_not_ours_is_replaced_and_other_cookies_stay(planted: str) -> None:
    reply = visitor().get("/", headers={"cookie": f"isnad-language=ar; {COOKIE}={planted}"}).json()["cookies"]
    assert reply["isnad-language"] == "ar" and len(reply[COOKIE]) >= 32


def test_a_reader_who_follows_a_link_from_elsewhere_keeps_the_conversations() -> None:
    arriving = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    reply = visitor().get("/?c=x", headers=arriving)
    assert "http-equiv" in reply.text and "set-cookie" not in reply.headers  # the page comes again, with the cookie


@pytest.mark.parametrize("forged", [NAME, NAME.title(), NAME.upper()])
def test_nobody_can_say_in_a_head_who_they_are(forged: str, locked: Guard) -> None:
    assert visitor().get("/", headers={forged: "mona"}).json()["name"] is None
    assert visitor(locked).get("/config", headers={forged: "mona"}).status_code == 401


# --- logins ---


def test_without_a_login_nothing_but_the_door_is_shown(locked: Guard) -> None:
    client = visitor(locked)
    assert client.get("/?c=x", headers=PAGE).headers["location"] == "/login?next=/%3Fc%3Dx"
    for path in ("/", "/config", "/gradio_api/info", "/article/a1", "/export/x.md", "/assets/x.js"):
        assert client.get(path).status_code == 401
    for path in ("/gradio_api/queue/join", "/gradio_api/upload", "/gradio_api/call/answer", "/mcp"):
        assert client.post(path, json={}).status_code == 401
    assert client.get("/health").status_code == 200
    assert "password" in client.get("/login").text


@pytest.mark.parametrize("asked", ["/news/config", "/config"])
def test_below_a_path_all_addresses_lead_there_and_cookies_stay_there(hash_of_password: str, asked: str) -> None:
    client = visitor(Guard(INNER, logins=Logins({"mona": hash_of_password}), root_path="/news"))
    assert client.get("/news?c=x").headers["location"] == "/news/?c=x"
    assert client.get(asked, headers=PAGE).headers["location"] == "/news/login?next=/config"
    reply = client.post("/news/login", data={"name": "mona", "password": PASSWORD, "next": "/?c=x"})
    assert reply.headers["location"] == "/news/?c=x" and "Path=/news;" in reply.headers["set-cookie"]
    assert client.get("/news/").json()["name"] == "mona"
    assert client.get("/newsroom").status_code == 404
    assert client.post("/news/logout").headers["location"] == "/news/login"


def test_who_logs_in_goes_on_where_they_wanted_to_and_has_a_name(locked: Guard) -> None:
    client = visitor(locked)
    reply = client.post("/login", data={"name": "mona", "password": PASSWORD, "next": "/?c=x"})
    assert (reply.status_code, reply.headers["location"]) == (303, "/?c=x")
    for part in ("HttpOnly", "SameSite=Strict"):
        assert part in reply.headers["set-cookie"]
    assert client.get("/").json()["name"] == "mona"
    assert client.post("/logout").status_code == 303
    assert client.get("/").status_code == 401


@pytest.mark.parametrize(
    "onward", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", ""]
)
def test_nobody_is_sent_elsewhere_after_the_login(locked: Guard, onward: str) -> None:
    reply = visitor(locked).post("/login", data={"name": "mona", "password": PASSWORD, "next": onward})
    assert reply.headers["location"] == "/"


def test_the_login_page_shows_nothing_of_the_address_as_markup(locked: Guard) -> None:
    text = visitor(locked).get("/login", params={"next": '/"><script>alert(1)</script>'}).text
    assert "<script" not in text


def test_a_wrong_password_and_a_wrong_name_look_the_same(locked: Guard) -> None:
    client = visitor(locked)
    one = client.post("/login", data={"name": "mona", "password": "wrong word"})
    other = client.post("/login", data={"name": "nobody", "password": "wrong word"})
    assert one.status_code == other.status_code == 401 and one.text == other.text
    assert "set-cookie" not in one.headers


def test_two_hundred_wrong_passwords_meet_a_wall__WEB_04(locked: Guard) -> None:
    client = visitor(locked)
    found = [
        client.post("/login", data={"name": "mona", "password": f"guess {number}"}).status_code for number in range(200)
    ]
    assert found == [401] * TRIES + [429] * (200 - TRIES)
    assert client.post("/login", data={"name": "mona", "password": PASSWORD}).status_code == 429


def test_a_program_logs_in_with_each_request_and_wrong_ones_meet_the_same_wall__WEB_04(locked: Guard) -> None:
    client = visitor(locked)
    assert [client.post("/gradio_api/call/answer", headers=BASIC).json()["name"] for _ in range(TRIES * 3)] == [
        "mona"
    ] * TRIES * 3
    wrong = {"authorization": "Basic " + base64.b64encode(b"mona:wrong word").decode()}
    found = [client.get("/config", headers=wrong).status_code for _ in range(TRIES + 5)]
    assert found[0] == 401 and found[-1] == 429
    assert client.get("/", headers=BASIC).json()["name"] == "mona"


def test_a_name_in_arabic_reaches_the_application_whole(hash_of_password: str) -> None:
    from assistant.web.service import AnswerService

    client = visitor(Guard(INNER, logins=Logins({"منى": hash_of_password})))
    client.post("/login", data={"name": "منى", "password": PASSWORD})
    name = client.get("/").json()["name"]

    class Asked:
        headers, cookies, client = {NAME: name}, {}, None

    assert AnswerService.owner(AnswerService.__new__(AnswerService), Asked()) == "منى"  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [b"\xff\xfe" * 100, b"name=" + b"x" * 100_000, b"&" * 5_000, b"name=%00&password=%00"])
def test_no_form_breaks_the_login(locked: Guard, body: bytes) -> None:
    reply = visitor(locked).post("/login", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert reply.status_code in (400, 401, 413)


def test_a_visitor_who_leaves_in_the_middle_ends_the_application_too() -> None:
    import asyncio

    seen: list[str] = []

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "http.disconnect":
            seen.append(message["type"])
        seen.append("left")

    messages = iter([{"type": "http.request", "body": b"{}"}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None: ...

    scope = {"type": "http", "method": "POST", "path": "/gradio_api/queue/join", "query_string": b"", "scheme": "http"}
    scope |= {"headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}
    asyncio.run(Guard(waits)(scope, receive, send))
    assert seen == ["http.request", "left"]


@pytest.mark.parametrize("check", [lambda: allowed_host("x", None), lambda: not allowed_host("", frozenset())])
def test_hosts(check: Callable[[], bool]) -> None:
    assert check()


def test_an_address_of_numbers_that_only_looks_like_one_is_a_name() -> None:
    assert not allowed_host("127.0.0.1.evil.example", frozenset())
    assert not allowed_host("1.2.3.4.5", frozenset())
    assert allowed_host("[2001:db8::1]:80", frozenset())
    assert is_cross_site({"host": "a:1", "origin": "http://a:2"})


def test_a_page_open_to_all_answers_to_its_own_names_only__WEB_06() -> None:
    from assistant.web.server import _host_names

    names = _host_names("0.0.0.0", ["News.example"])
    assert all(
        allowed_host(host, names) for host in ("192.168.1.7:7860", "localhost", "news.example", socket.gethostname())
    )
    assert not allowed_host("rebound.example", names) and not allowed_host(
        "rebound.example", _host_names("127.0.0.1", ())
    )


def test_a_proxy_that_nobody_named_is_mentioned_once(caplog: pytest.LogCaptureFixture) -> None:
    client = visitor()
    for _ in range(3):
        client.get("/", headers={"x-forwarded-for": "203.0.113.7"})
    assert [record.getMessage().count("--proxy") for record in caplog.records] == [1]
    visitor(proxied=True).get("/", headers={"x-forwarded-for": "203.0.113.7"})
    assert len(caplog.records) == 1
