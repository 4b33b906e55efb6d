"""Whatever goes wrong is told in Arabic to a reader of Arabic; only technical names and the article's own words stay as they are."""

from __future__ import annotations

import ast
import gzip
import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest

from assistant.query.filters import none_passes
from assistant.rendering.reasons import worded, worded_error
from index import errors
from index.loaders.article_loader import read
from index.loaders.folder import MAX_BYTES
from index.messages.catalog import is_message
from index.model_api import error_mapping
from index.models import Filters, Skipped

TECHNICAL = re.compile(
    r"isnad \w+(?: --?[\w-]+| FOLDER| \d)*|pip install \S+|https?://\S+|JSON Lines|UTF-8|NUL|UTF-16-LE|UTF-16|JSON|PDF|Word|OCR|Unicode|id|text|published|byte|isnad|server\.test|[A-Z]+_[A-Z_]+|context_tokens"
    r"|answer_tokens|ConnectError|pdf|png|\.\w+|news\w*|its own words|The Lantern"
    r"|llama-index-core|[\w.-]+/[\w.-]+|local:NAME|--store|model\.onnx|tokenizer\.json"
    r"|Chroma|pandas|fastembed|HTML|Markdown|to_json|user|assistant|claim|context|date\(.*\)"
)


def latin(said: str) -> list[str]:
    """The words in Latin letters that are no technical names."""
    return list(re.findall(r"[A-Za-z]{2,}", TECHNICAL.sub(" ", said)))


def archive(**parts: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return held.getvalue()


BAD = {
    "empty.txt": b" \n",
    "null.txt": b"\x00\x01news",
    "control.txt": b"news \x01\x02\x03\x04",
    "strange.txt": b"\xff\x81\x00\x8d\x8f",
    "broken16.txt": b"\xff\xfe\x00\xd8",
    "large.txt": b"a" * (MAX_BYTES + 1),
    "none.pdf": b"no such thing",
    "torn.pdf": b"%PDF-1.7 torn",
    "archive.docx": archive(a=b"b"),
    "torn2.docx": b"PK\x03\x04torn",
    "blank.html": b"<html><body></body></html>",
    "picture.png": b"\x89PNG",
    "noname": b"news",
    "bad[1].txt": b"news",
    ".hidden.txt": b"news",
    "news1.txt": b"news",
    "news1.md": b"news",
    "rows.jsonl": b'[]\n{"id": "a"}\n{"id": "b", "text": " "}\n{"id": "c", "text": "x", "published": "soon"}\n{\n\xff\n',
    "torn.jsonl.gz": gzip.compress(b'{"id": "d", "text": "news"}\n' * 99)[:-20],
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> list[Skipped]:
    folder = tmp_path_factory.mktemp("bad")
    for name, data in BAD.items():
        (folder / name).write_bytes(data)
    (folder / "good.txt").write_text("The bridge opened.", "utf-8")
    return [one for one in read(folder) if isinstance(one, Skipped)]


def test_why_a_file_is_no_article_is_told_in_arabic(refused: list[Skipped]) -> None:
    assert {Path(one.path.partition(":")[0]).name for one in refused} >= set(BAD)
    for one in refused:
        told = worded(one.reason, "ar")
        assert told != one.reason and not latin(told), (one.path, one.reason, told)
        again = worded(f"{one.reason}; its earlier version stays indexed", "ar")
        assert again.startswith(told) and not latin(again)


def of_server() -> Iterator[Exception]:
    """What a model's server does wrong."""
    for status in (400, 401, 402, 403, 404, 302, 429, 500):
        for body in (None, {"message": "its own words"}, {"message": "context_length_exceeded"}):
            if body is None or "context" not in body["message"]:
                yield error_mapping.of_status(status, body, {}, "server.test").error
    yield error_mapping.of_status(400, {"message": "maximum context"}, {}, "server.test").error
    yield error_mapping.of_status(400, {"code": "content_filter"}, {}, "server.test").error
    request = httpx.Request("POST", "http://server.test")
    yield error_mapping.of_exception(openai.APITimeoutError(request), "server.test").error
    yield error_mapping.of_exception(openai.APIConnectionError(request=request), "server.test").error
    yield error_mapping.nonsense("server.test", "no reply at all")
    yield error_mapping.of_body({"message": "its own words"}, "server.test").error


@pytest.mark.parametrize("error", [pytest.param(one, id=str(number)) for number, one in enumerate(of_server())])
def test_what_a_server_does_wrong_is_told_in_arabic(error: Exception) -> None:
    said = str(error).replace("maximum context", "its own words")
    for whole in (said, f"incomplete: the answer broke off: {said}"):
        told = worded(whole, "ar")
        assert told != whole and not latin(told), (whole, told)


TERMINAL = (  # what is said before a page is there, or to who typed a command
    "assistant/cli/",
    "assistant/settings.py",
    "assistant/web/chat_command.py",
    "assistant/web/logins.py",
    "assistant/web/server.py",
)
UNKNOWN = "7"  # for what only a run can fill in


class Messages:
    """The messages of the errors that a module makes, read from its source: every alternative, with `UNKNOWN` in the gaps."""

    def __init__(self, source: str) -> None:
        self._tree = ast.parse(source)
        self._named: dict[str, list[ast.expr]] = {}
        for node in ast.walk(self._tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._named.setdefault(name, []).append(value)
                case ast.FunctionDef(name=name, body=[*_, ast.Return(value=ast.expr() as value)]):
                    self._named.setdefault(name, []).append(value)

    def __iter__(self) -> Iterator[str]:
        for node in ast.walk(self._tree):
            match node:
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[said, *_]) if name in ERRORS:
                    yield from self._read(said)
                case ast.Call(func=ast.Name(id="Skipped"), keywords=keywords):
                    yield from (one for given in keywords if given.arg == "reason" for one in self._read(given.value))

    def _read(self, node: ast.expr, depth: int = 4) -> list[str]:
        match node:
            case ast.Constant(value=str(said)):
                return [said]
            case ast.JoinedStr(values=values):
                return ["".join(parts) for parts in itertools.product(*(self._read(value, depth) for value in values))]
            case ast.FormattedValue(value=value, conversion=conversion):
                return [repr(one) if conversion == ord("r") else one for one in self._read(value, depth)]
            case ast.IfExp(body=body, orelse=other):
                return [*self._read(body, depth), *self._read(other, depth)]
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return [one + other for one in self._read(left, depth) for other in self._read(right, depth)]
            case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)) if name in self._named and depth:
                return [one for value in self._named[name] for one in self._read(value, depth - 1)]
        return [UNKNOWN]


ERRORS = {var.__name__ for var in vars(errors).values() if isinstance(var, type)} | {"BudgetSpent", "Incomplete"}
ROOT = Path(errors.__file__).parent.parent
MODULES = sorted(
    path.relative_to(ROOT).as_posix() for room in ("index", "assistant") for path in (ROOT / room).rglob("*.py")
)


@pytest.mark.parametrize("module", [one for one in MODULES if not one.startswith(TERMINAL)])
def test_every_error_that_a_module_can_raise_is_told_in_arabic(module: str) -> None:
    for message in set(Messages((ROOT / module).read_text("utf-8"))) - {UNKNOWN, ""}:
        if is_message(message):
            continue
        told = worded(message, "ar")
        assert told != message and not latin(told), (message, told)


@pytest.mark.parametrize("kind", sorted(ERRORS))
def test_an_error_in_words_of_nobody_here_is_introduced_in_arabic_by_its_kind(kind: str) -> None:
    error = getattr(errors, kind, errors.ProviderError)("out of memory")
    kind_told, _, said = worded_error(error, "ar").partition(": ")
    assert said == "out of memory" and not latin(kind_told)
    assert worded_error(error, "en") == "out of memory"
    assert worded_error(errors.UsageError("السؤال فارغ"), "ar") == "السؤال فارغ"


@pytest.mark.parametrize(
    "filters",
    [
        Filters(languages=("fr", "en"), publishers=("The Lantern",)),
        Filters(file_ids=("news1", "news2")),
    ],
    ids=["lists", "files"],
)
def test_filters_that_nothing_passes_are_named_in_arabic(filters: Filters) -> None:
    told = worded(none_passes(filters), "ar")
    assert "أو" in told and not latin(told), told


def test_languages_are_named_in_arabic() -> None:
    said = "the question is in a language ({}) that the articles are not in"
    assert worded(said.format("en"), "ar") == "لغة السؤال (الإنجليزية) ليست لغة المقالات"
    assert "غير معروفة" in worded(said.format("unknown"), "ar")


@pytest.mark.parametrize(
    ("reason", "arabic"),
    [
        ("written once more: It is not in Arabic. No sentence names its source.", "كُتبت مرة ثانية: لم تكن بلغة السؤال"),
        (
            "withdrawn: “كلفته 4.”: 4 is not in the evidence, which says 5; the evidence has nothing of: كلفة",
            "سُحبت «كلفته 4.»: 4 ليس في المصدر، ففيه 5؛ ليس في المصدر شيء عن: كلفة",
        ),
        ("withdrawn: “كلفته 4.”: ", "سُحبت «كلفته 4.»:"),
    ],
)
def test_reasons_inside_a_reason_are_told_in_arabic_too(reason: str, arabic: str) -> None:
    assert worded(reason, "ar") == arabic


@pytest.mark.parametrize("kind", ["person", "date", "place", "number", "reason", "statement"])
def test_what_the_nearest_sentence_lacks_is_said_in_arabic(kind: str) -> None:
    assert not latin(worded(f"the nearest sentence names no {kind}", "ar"))
