"""Read from the source which messages a package raises or gives as reasons, and with which parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[3]
SOURCES = [
    path for package in ("index", "assistant", "evals", "prompts") for path in sorted((ROOT / package).rglob("*.py"))
]
CODE = re.compile(r"[a-z_]+\.[A-Za-z_][\w.]*")


class Use(NamedTuple):
    """One call that makes an error or a reason: where it stands, its codes, and the names of its parameters."""

    place: str
    codes: tuple[str, ...]  # the alternatives of `a if … else b`; empty when it is a text or known only at run time
    text: bool  # the first argument is a literal sentence, not a code
    params: frozenset[str] | None  # None: some come by `**`


def error_classes() -> set[str]:
    """The names of every class of the project that derives from IsnadError, however far."""
    bases: dict[str, set[str]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}
    known = {"IsnadError"}
    while more := {name for name, parents in bases.items() if parents & known} - known:
        known |= more
    return known


def uses() -> Iterator[Use]:
    """Every call in the source that makes an error or a reason."""
    classes = error_classes()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and _makes_message(node.func, classes):
                yield _use(f"{path.relative_to(ROOT)}:{node.lineno}", node)


def code_strings() -> tuple[set[str], set[str]]:
    """Every string constant that looks like a code, and every beginning of an f-string that ends with a dot."""
    constants, prefixes = set(), set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Constant(value=str(text)) if CODE.fullmatch(text):
                    constants.add(text)
                case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]) if text.endswith("."):
                    prefixes.add(text)
                case ast.Call(
                    func=ast.Name(id="section") | ast.Attribute(attr="term"), args=[ast.Constant(value=str(text)), *_]
                ):
                    prefixes.add(f"{text}.")
    return constants, prefixes


def _makes_message(function: ast.expr, classes: set[str]) -> bool:
    match function:
        case ast.Name(id=name):
            return name in classes or name == "notify"
        case ast.Attribute(value=ast.Name(id="Reason"), attr="of"):
            return True
        case ast.Attribute(attr=name):
            return name in classes
    return False


def _use(place: str, call: ast.Call) -> Use:
    texts = _strings(call.args[0])
    given = (
        None if any(item.arg is None for item in call.keywords) else frozenset(str(item.arg) for item in call.keywords)
    )
    match call.args[0]:
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]) if re.fullmatch(r"[a-z_]+\.", start):
            sentence = False  # a code of this section, known at run time
        case argument:
            sentence = isinstance(argument, ast.JoinedStr | ast.BinOp) or any(" " in text for text in texts)
    return Use(place, () if sentence else texts, sentence, given)


def _strings(node: ast.expr) -> tuple[str, ...]:
    match node:
        case ast.Constant(value=str(text)):
            return (text,)
        case ast.IfExp(body=body, orelse=other):
            return _strings(body) + _strings(other)
    return ()
