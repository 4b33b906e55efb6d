"""What is written for readers is true: links lead somewhere, commands and examples run, both READMEs say the same, the
pages build.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shop import isnad

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
READMES = ("README.md", "README.ar.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)|!\[[^\]\n]*\]\(([^)\s]+)\)")


def written(path: Path) -> str:
    """A page without its blocks of code and its inline code."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", path.read_text("utf-8")))


def anchors(path: Path) -> set[str]:
    """The ids of a page's headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def blocks(name: str) -> list[tuple[str, str]]:
    """The blocks of code of a page, each with its language."""
    return FENCE.findall((ROOT / name).read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_files_leads_somewhere(page: Path) -> None:
    for found in LINK.findall(written(page)):
        link = found[0] or found[1]
        if re.match(r"[a-z]+:", link):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists() and target.is_relative_to(ROOT), f"{page.name} links to {link}"
        assert not anchor or anchor in anchors(target), f"{page.name} links to {link}"


def test_the_pages_build_with_no_network_and_load_nothing_from_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    told = {**os.environ, **nowhere, "NO_MKDOCS_2_WARNING": "1"}
    run = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    built = sorted(tmp_path.rglob("*.html"))
    assert len(built) >= 10
    for page in built:
        text = page.read_text("utf-8")
        assert not re.search(r"<(?:script|img|iframe|source)[^>]*\ssrc=\"?(?:https?:)?//", text), page
        assert not re.search(r"<link[^>]*rel=\"?(?:stylesheet|preconnect|preload)[^>]*href=\"?(?:https?:)?//", text), (
            page
        )
    shown = (tmp_path / "reference" / "assistant.html").read_text("utf-8")
    assert all(f'id="assistant.{name}"' in shown for name in ("api.ask", "api.Assistant.open", "chat_session.Talk.ask"))


def test_every_public_name_is_in_the_reference() -> None:
    import assistant

    told = "\n".join(page.read_text("utf-8") for page in (ROOT / "docs" / "reference").glob("*.md"))
    for name in assistant.__all__:
        home = assistant._HOME[name]
        assert f"::: {home}.{name}\n" in told or f"::: {home}\n" in told + "\n", name


def test_every_public_name_says_what_comes_out_with_an_example() -> None:
    import assistant

    for name in assistant.__all__:
        value = getattr(assistant, name)
        assert ">>>" in (value.__doc__ or ""), f"{name} has no example"
        own = {} if inspect.isfunction(value) else vars(value)
        for member, found in own.items():
            found = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
            if inspect.isfunction(found) and not member.startswith("_"):
                assert found.__doc__, f"{name}.{member} has no docstring"


# --- the two READMEs ---


def commands(name: str) -> list[str]:
    """What both READMEs have to say alike: the lines of their blocks without comments and descriptions, and the table
    of commands.
    """
    said: list[str] = []
    for language, body in blocks(name):
        lines = [line.rstrip() for line in body.splitlines()]
        said += lines if language == "python" else [re.split(r"\S\s{2,}|\s+#", line + "  ")[0] for line in lines]
    for row in re.findall(r"^\| (`.+?) \|", (ROOT / name).read_text("utf-8"), re.MULTILINE):
        said += re.findall(r"`[^`]+`", row)
    return said + sorted(set(re.findall(r"`(--[a-z-]+)`", (ROOT / name).read_text("utf-8"))))


def test_the_arabic_readme_keeps_step_with_the_english_one() -> None:
    assert commands("README.ar.md") == commands("README.md")


def test_both_readmes_link_to_the_same_places() -> None:
    links = {name: sorted(one[0] for one in LINK.findall(written(ROOT / name))) for name in READMES}
    assert [link for link in links["README.md"] if link != "README.ar.md"] == [
        link for link in links["README.ar.md"] if link != "README.md"
    ]


def test_the_arabic_readme_is_arabic() -> None:
    text = written(ROOT / "README.ar.md")
    assert len(re.findall("[\u0621-\u064a]", text)) > 2 * len(
        re.findall("[A-Za-z]", re.sub(r"\(.*?\)|<.*?>", "", text))
    )


@pytest.mark.parametrize("name", READMES)
def test_every_make_target_of_a_readme_is_there(name: str) -> None:
    known = set(re.findall(r"^([a-z][a-z -]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    targets = {word for line in known for word in line.split()}
    for wanted in re.findall(r"\bmake ([a-z-]+)", "\n".join(body for _, body in blocks(name)) + "`make docs`"):
        assert wanted in targets, wanted


def test_the_commands_of_the_readme_say_what_it_shows(tmp_path: Path) -> None:
    session = next(body for _, body in blocks("README.md") if body.startswith("$ isnad"))
    for command, expected in re.findall(r"^\$ isnad (.+)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE):
        run = isnad(*shlex.split(command, comments=True), "--store", tmp_path / "store", cwd=ROOT)
        assert run.returncode == 0, run.stderr
        said = [" ".join(line.split()) for line in (run.stdout + run.stderr).splitlines()]
        for line in filter(None, (" ".join(line.split()) for line in expected.splitlines())):
            assert line == "…" or line in said, f"isnad {command} does not say: {line}"


def test_the_python_of_the_readme_runs(sample: Path) -> None:
    code = next(body for language, body in blocks("README.md") if language == "python").replace(".isnad", str(sample))
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert run.returncode == 0 and "← 002_924c621b7ea87b2a" in run.stdout, run.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_python_of_every_page_parses_and_its_imports_are_there(page: Path) -> None:
    for language, body in FENCE.findall(page.read_text("utf-8")):
        if language != "python":
            continue
        for node in ast.walk(ast.parse(body)):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = importlib.import_module(node.module)
                assert all(hasattr(module, alias.name) for alias in node.names), f"{page.name}: {node.module}"


# --- what an engineer writes ---

SCRIPT = """
from datetime import date

from assistant import Answer, Assistant, Citation, Filters, Hits, Settings, SyncReport, ask
from index.errors import IsnadError


async def later(assistant: Assistant) -> str:
    pieces = assistant.astream("?")
    text = "".join([piece async for piece in pieces])
    answer: Answer = await assistant.aask("?", filters=Filters(since=date(2025, 1, 1)))
    return text + answer.text + pieces.answer.text


def main() -> list[Citation]:
    with Assistant.open("store", model="qwen3", settings=Settings()) as assistant:
        for piece in (pieces := assistant.stream("?", limit=5)):
            piece.upper()
        report: SyncReport = assistant.add({"a": "text"})
        hits: Hits = assistant.search("?")
        scores: list[float] = [hit.score for hit in hits]
        titles: list[str | None] = [article.title for article in assistant.articles()]
        turns: int = len(assistant.conversation().turns)
        said: tuple[object, ...] = (report.added, scores, titles, turns, pieces.answer.to_markdown())
        return [one for sentence in ask("?").sentences for one in sentence.citations if said]


try:
    main()
except IsnadError as error:
    error.args
"""
WRONG = {
    "limit": 'from assistant import ask\nask("?", limit="five")\n',
    "text": 'from assistant import ask\nnumber: int = ask("?").text\n',
    "model": 'from assistant import Assistant\nAssistant.open("store", model=7)\n',
}


OURS = """
[mypy]
follow_imports = skip
[mypy-assistant.*,evals.*,index.*,prompts.*]
follow_imports = normal
"""  # the sources of openai, llama-index and the rest are not read: that takes a minute and says nothing about ours


def typed(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What mypy says of a user's script."""
    (folder / "script.py").write_text(code)
    (folder / "mypy.ini").write_text(OURS)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file",
        str(folder / "mypy.ini"),
        "--cache-dir",
        str(ROOT / ".mypy_cache" / "users"),
        str(folder / "script.py"),
    ]
    told = {**os.environ, "MYPYPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=told, timeout=400)


@pytest.mark.xdist_group("mypy")
def test_a_users_script_is_checked_strictly(tmp_path: Path) -> None:
    run = typed(SCRIPT, tmp_path)
    assert run.returncode in (0, 1) and "script.py" not in run.stdout, (
        run.stdout + run.stderr
    )  # installed packages are silent
    assert "checked 1 source file" in run.stdout or "no issues found in 1 source file" in run.stdout


@pytest.mark.xdist_group("mypy")
@pytest.mark.parametrize("code", WRONG.values(), ids=WRONG.keys())
def test_a_users_mistake_is_found_by_the_types(code: str, tmp_path: Path) -> None:
    run = typed(code, tmp_path)
    assert run.returncode == 1 and "script.py:2: error" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize("package", ["assistant", "evals", "index", "prompts"])
def test_every_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_importing_the_assistant_pulls_in_nothing_heavy() -> None:
    code = "import assistant, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert not set(run.stdout.split()) & {"chromadb", "gradio", "llama_index", "openai", "pandas", "numpy", "IPython"}


# --- a corpus of one's own ---


def test_a_corpus_of_ones_own_is_generated_indexed_and_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = importlib.util.spec_from_file_location("own_corpus", ROOT / "examples" / "own_corpus.py")
    assert spec and spec.loader
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    table = example.main(["--articles", "120", "--questions", "12", "--out", str(tmp_path / "answers.csv")])
    assert len(table) == 12 and (table["file_id"] == table["expected"]).mean() >= 0.9
    said = capsys.readouterr().out
    assert "120 added, 0 unchanged, 0 skipped" in said and "are from 2025 on" in said
    assert len((tmp_path / "answers.csv").read_text("utf-8").splitlines()) == 13
