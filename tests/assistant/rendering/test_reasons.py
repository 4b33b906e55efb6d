"""Whatever goes wrong is told in Arabic to a reader of Arabic; only technical names and the article's own words stay as
they are.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest

from assistant.query.filters import none_passes
from assistant.rendering.reasons import worded_error
from index import errors
from index.errors import IsnadError, ProviderCut
from index.loaders.article_loader import read
from index.loaders.folder import MAX_BYTES
from index.messages.catalog import catalog
from index.messages.reason import Reason
from index.model_api import error_mapping
from index.models import Filters, Skipped

TECHNICAL = re.compile(
    r"isnad \w+(?: --?[\w-]+| FOLDER| remove| \d)*|pip install \S+|https?://\S+|JSON Lines|UTF-8|NUL|UTF-16-LE"
    r"|UTF-16|JSON|PDF|Word|OCR|Unicode|id|text|published|byte|isnad|server\.test|[A-Z]+_[A-Z_]+"
    r"|context_tokens"
    r"|answer_tokens|first_token_seconds|ChatModel|llama-index(?:-core)?|`name`|`reply`|APIConnectionError"
    r"|ConnectError|pdf|png|\.\w+|news\w*|its own words|The Lantern"
    r"|llama-index-core|[\w.-]+/[\w.-]+|local:NAME|--store|model\.onnx|tokenizer\.json|config\.json|huggingface\.co|huggingface_hub"
    r"|tesseract(?:-ocr-ara)?|OpenDocument|LibreOffice|ODT|DOCX|EPUB|CSV|EML|MBOX|From|Subject|Date|body|content"
    r"|quick|normal|thorough|Chroma|pandas|fastembed|HTML|Markdown|to_json|user|assistant|claim|context|date\(.*\)"
)


ARABIC = re.compile("[\u0621-\u064a]")


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
    ".hidden.txt": b"news",
    "twice.jsonl": b'{"id": "e", "text": "news"}\n' * 2,
    "rows.jsonl": b'[]\n{"id": "a"}\n{"id": "b", "text": " "}\n{"id": "c", "text": '
    b'"x", "published": "soon"}\n{\n\xff\n',
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
        assert one.detail and ARABIC.search(one.detail.text("ar")), (one.path, one.reason)
        again = Reason.of("loaders.earlier_stays", why=one.detail).text("ar")
        assert again.startswith(one.detail.text("ar")) and again != one.detail.text("ar")


def of_server() -> Iterator[IsnadError]:
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
    yield error_mapping.nonsense("server.test", Reason("provider.nonsense_no_reply"))
    yield error_mapping.of_body({"message": "its own words"}, "server.test").error


@pytest.mark.parametrize("error", [pytest.param(one, id=str(number)) for number, one in enumerate(of_server())])
def test_what_a_server_does_wrong_is_told_in_arabic(error: IsnadError) -> None:
    inside = Reason.of("answer.incomplete", why=ProviderCut("provider.broke_off", error=error)).text("ar")
    for told in (error.in_language("ar"), inside):
        left = told.replace("maximum context", "its own words").replace("context_length_exceeded", "its own words")
        assert not latin(left), told


TERMINAL = (
    "settings.",
    "cli.",
    "prompts.",
    "embeddings.",
    "evals.",
    "doctor.",
    "models.no_entailment_model",
    "web.",
    "page.",
    "report.",
    "vectors.",
    "check.",
    "guard.",
)


@pytest.mark.parametrize("code", [code for code in catalog("ar") if not code.startswith(TERMINAL)])
def test_arabic_messages_have_no_words_of_other_languages_but_names(code: str) -> None:
    template = catalog("ar")[code]
    for form in [template] if isinstance(template, str) else template.values():
        assert not latin(re.sub(r"\{[^{}]*\}", " ", form)), form


KINDS = sorted(name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, IsnadError))


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_in_words_of_nobody_here_is_introduced_in_arabic_by_its_kind(kind: str) -> None:
    error = getattr(errors, kind)("out of memory")
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
    told = none_passes(filters).text("ar")
    assert "أو" in told and not latin(told), told


def test_languages_are_named_in_arabic() -> None:
    def told(code: str) -> str:
        return Reason.of("extraction.other_language", language=Reason.term("language", code)).text("ar")

    assert told("en") == "لغة السؤال (الإنجليزية) ليست لغة المقالات"
    assert "غير معروفة" in told("unknown") and "(xx)" in told("xx")


def test_reasons_inside_a_reason_are_told_in_arabic_too() -> None:
    reasons = (Reason("answer.nothing_found"), Reason("citations.not_named"))
    told = Reason.of("policy.withdrawn", sentence="كلفته 4.", reasons=reasons).text("ar")
    assert told == "سُحبت «كلفته 4.»: لم يُعثر على شيء؛ لم يذكر النموذج مصدرًا؛ رُبطت بألفاظها"
    again = Reason.of("rewrite.done", faults=[Reason("rewrite.not_in_arabic"), Reason("rewrite.no_source")])
    assert again.text("ar") == "كُتبت مرة ثانية: لم تكن بالعربية. لم تُذكر فيها المصادر."


@pytest.mark.parametrize("kind", ["person", "date", "place", "number", "reason", "statement"])
def test_what_the_nearest_sentence_lacks_is_said_in_arabic(kind: str) -> None:
    assert not latin(Reason.of("extraction.lacks_type", type=Reason.term("answer_type", kind)).text("ar"))
