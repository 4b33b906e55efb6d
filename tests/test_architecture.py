"""The architecture: which way imports run, no cycles, where each heavy library lives, what a cold start may load."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("index", "assistant", "evals", "prompts")
MAY_IMPORT = {
    "index": {"index"},
    "prompts": {"prompts", "index"},
    "assistant": {"assistant", "index", "prompts"},
    "evals": set(ROOMS),
}
HOMES = {
    "chromadb": {"index/vectors/chroma_process.py"},
    "fastembed": {"index/embeddings/fastembed_models.py"},
    "tantivy": {"index/search/lexical.py"},
    "tiktoken": {"index/token_count.py"},
    "openai": {"index/model_api"},
    "onnxruntime": {"index/embeddings/e5.py", "assistant/grounding/entailment.py"},
    "fastapi": {"assistant/web"},
    "gradio": {"assistant/web"},
    "mcp": {"assistant/web/mcp_tools.py"},
    "uvicorn": {"assistant/web/server.py", "assistant/web/connections.py"},
    "llama_index": {
        "index/integrations/llama_index.py",
        "index/embeddings/llama_embedder.py",
        "assistant/integrations/llama_index.py",
        "assistant/agent/workflow.py",
        "assistant/model_adapters.py",
    },
    "sqlite3": {"index/stories.py", "index/store", "index/vectors/chroma_process.py", "assistant/web"},
}
MODULES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


NAMES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
Graph = dict[str, set[str]]


def imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever the import stands: in a function, under TYPE_CHECKING, or by name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=str(module), names=aliases):
                below = {f"{module}.{alias.name}" for alias in aliases}
                names |= (below & NAMES.keys()) or {module}
            case ast.Call(func=ast.Name(id="import_module"), args=[ast.Constant(value=str(module)), *_]):
                names.add(module)
    return names


def knots(graph: Graph) -> list[set[str]]:
    """The strongly connected components of more than one node (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            if len(knot := set(stack[at:])) > 1:
                found.append(knot)
            del stack[at:]

    for node in graph:
        if node not in index:
            visit(node)
    return found


def module_graph() -> Graph:
    return {name: (imported(path) & NAMES.keys()) - {name} for name, path in NAMES.items()}


def room_graph() -> Graph:
    """The same by room: a package of a package; a module that stands in no room is its own."""

    def room(name: str) -> str:
        return ".".join(name.split(".")[:2])

    graph: Graph = {room(name): set() for name in NAMES}
    for name, others in module_graph().items():
        graph[room(name)] |= {room(other) for other in others} - {room(name)}
    return graph


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert knots(module_graph()) == []


def test_no_rooms_import_each_other_in_a_circle() -> None:
    assert knots(room_graph()) == []


def test_a_circle_of_imports_is_found() -> None:
    assert knots({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == [{"b", "c"}]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    rooms = {name.split(".")[0] for name in imported(path)} & set(ROOMS)
    assert rooms <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_heavy_library_has_one_home(path: Path) -> None:
    here = str(path.relative_to(ROOT))
    for name in {name.split(".")[0] for name in imported(path)} & set(HOMES):
        assert any(here == home or here.startswith(home + "/") for home in HOMES[name]), f"{here} imports {name}"


DANGEROUS = re.compile(  # WEB-06: each has been the hole in somebody's page; `=[]` and `=False` close it
    r"gr\.load\(|allowed_paths=(?!\[\])|show_error=(?!False)|set_static_paths|trust_remote_code|query_texts"
    r"|pickle\.loads?\("
    r"|\beval\(|\bexec\(|yaml\.load\(|mcp_server=(?!False)|share=True|shell=True"
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_code_opens_what_has_been_a_hole_elsewhere(path: Path) -> None:
    assert not (match := DANGEROUS.search(path.read_text())), f"{path} says {match[0] if match else ''}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text)), f"{path} has no docstring"


def loaded_after(code: str) -> set[str]:
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(' '.join({{name.split('.')[0] for name in sys.modules}}))"],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    return set(run.stdout.split("\n")[-2].split())


SHOWN = ("assistant/cli", "assistant/web/mcp_tools.py", "assistant/agent/tools.py")  # as the help of a command or tool


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_docstrings_begin_with_a_line_of_at_most_80_letters(path: Path) -> None:
    shown = str(path.relative_to(ROOT)).startswith(SHOWN)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = (ast.get_docstring(node) or "").partition("\n")[0]
            public = not getattr(node, "name", "_").startswith("_")
            is_shown = shown and public and isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            assert len(first) <= 80 or is_shown, first


def test_help_needs_only_the_standard_library() -> None:
    code = "from assistant.cli.main import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    assert not loaded_after(code) & {"msgspec", "tantivy", "numpy", "tqdm", *HOMES}


def test_importing_the_assistant_loads_nothing_heavy() -> None:
    heavy = {"chromadb", "gradio", "llama_index", "openai", "pandas", "numpy", "onnxruntime", "tantivy"}
    assert not loaded_after("import assistant") & heavy


HEAVY = {"chromadb", "gradio", "llama_index", "openai", "pandas", "sklearn", "scipy", "babel", "jinja2", "fastembed"}
ENCODER = {"numpy", "onnxruntime"}


@pytest.mark.parametrize("asked", ["من استقبل وزير الخارجية السوري؟", "Who received the Syrian minister?"])
def test_a_question_without_a_key_and_without_search_by_meaning_loads_nothing_heavy(
    asked: str, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISNAD_EMBEDDING_MODEL", "none")
    loaded = loaded_after(f"import assistant\nassistant.ask({asked!r}, store={str(sample)!r})")
    assert not loaded & (HEAVY | ENCODER)


def test_a_question_over_a_store_that_has_vectors_loads_the_encoder_and_nothing_else_heavy(sample: Path) -> None:
    loaded = loaded_after(f"import assistant\nassistant.ask('من استقبل وزير الخارجية السوري؟', store={str(sample)!r})")
    assert loaded >= ENCODER
    assert not loaded & HEAVY


def test_a_question_answered_by_quoting_does_not_load_the_check(sample: Path) -> None:
    code = (
        f"import sys, assistant\nassistant.ask('من استقبل وزير الخارجية السوري؟', store={str(sample)!r})\n"
        "assert not any(one.startswith('assistant.grounding') for one in sys.modules)"
    )
    loaded_after(code)


def test_no_file_names_a_registry_or_a_path_of_a_machine() -> None:
    files = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True).stdout.split("\n")
    for name in filter(None, files):
        path = ROOT / name
        if path.is_file() and path.suffix not in {".gz", ".npz", ".png"}:
            text = path.read_text(errors="replace")
            assert "/" + "simple/" not in text and "files.python" + "hosted" not in text, name
