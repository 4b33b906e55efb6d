"""Render prompts: one Jinja2 file each, NAME.jinja in this folder.

A header names every variable. A variable that is missing, unknown, or named in the header and never used is an error;
so is text outside the blocks `system` and `user`. The hash of a prompt's file goes into every answer written with it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from index.errors import IsnadError
from index.messages.reason import Reason

if TYPE_CHECKING:
    from jinja2 import Template, nodes

FOLDER = Path(__file__).parent
ROLES = ("system", "user")

_HEADER = re.compile(
    r"\{#\s*name: (?P<name>.+?)\s*\npurpose: (?P<purpose>.+?)\nvariables:\n(?P<variables>.*?)#\}", re.DOTALL
)
_VARIABLE = re.compile(r"^  (\w+)  +\S", re.MULTILINE)


_IN_USE: ContextVar[Path] = ContextVar("prompts", default=FOLDER)


class PromptError(IsnadError, ValueError):
    """A prompt that is missing, malformed, or not given exactly its variables."""


class Rendered(NamedTuple):
    """A rendered prompt: the messages for the model, and the hash of the file."""

    messages: tuple[dict[str, str], ...]
    hash: str


class _Prompt(NamedTuple):
    template: Template
    variables: frozenset[str]


@contextmanager
def using(folder: Path) -> Iterator[None]:
    """Take prompts from another folder within the block, in this thread.

    >>> with using(FOLDER):
    ...     names() == names(FOLDER)
    True
    """
    before = _IN_USE.set(folder)
    try:
        yield
    finally:
        _IN_USE.reset(before)


def render(name: str, folder: Path | None = None, /, **values: Any) -> Rendered:
    """Return the messages of a prompt, one for each of its blocks `system` and `user`.

    Raises PromptError where the values are not exactly the variables that the file names and uses.

    >>> render("translate", question="Who came?", languages=["Arabic"]).messages[1]["role"]
    'user'
    """
    source = _source(name, folder or _IN_USE.get())
    prompt = _parsed(name, source)
    wrong = sorted(prompt.variables ^ set(values))
    if wrong:
        raise PromptError("prompts.values", name=name, problems=[_problem(item, item in values) for item in wrong])
    from jinja2 import UndefinedError

    context = prompt.template.new_context(values)
    try:
        texts = {
            role: "".join(prompt.template.blocks[role](context)).strip()
            for role in ROLES
            if role in prompt.template.blocks
        }
    except UndefinedError as error:
        raise PromptError("prompts.failed", name=name, error=error.message) from None
    return Rendered(tuple({"role": role, "content": text} for role, text in texts.items()), _hash(source))


def hash_of(name: str, folder: Path | None = None) -> str:
    """Return the first 12 hexadecimal digits of the SHA-256 of the prompt's file.

    >>> len(hash_of("answer"))
    12
    """
    return _hash(_source(name, folder or _IN_USE.get()))


def names(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the prompts."""
    return tuple(sorted(path.stem for path in (folder or _IN_USE.get()).glob("*.jinja")))


def _source(name: str, folder: Path) -> bytes:
    path = folder / f"{name}.jinja"
    if path.parent != folder or not path.is_file():
        raise PromptError("prompts.missing", name=name, names=[*names(folder)])
    return path.read_bytes()


def _hash(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()[:12]


@lru_cache(maxsize=32)
def _parsed(name: str, source: bytes) -> _Prompt:
    """Parse a prompt; the variables of its header must be those that its text uses."""
    from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, meta

    text = source.decode("utf-8")
    header = _HEADER.match(text)
    if header is None or header["name"] != name:
        raise PromptError("prompts.no_header", name=name)
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    try:
        tree = environment.parse(text)
        used = meta.find_undeclared_variables(tree)
        template = environment.from_string(text)
    except TemplateSyntaxError as error:
        raise PromptError("prompts.syntax", name=name, line=error.lineno, error=error.message) from None
    named = set(_VARIABLE.findall(header["variables"]))
    if named != used:
        raise PromptError("prompts.differ", name=name, variables=[*sorted(named ^ used)])
    if "user" not in template.blocks:
        raise PromptError("prompts.no_user", name=name)
    if outside := _outside_blocks(tree):
        raise PromptError("prompts.outside", name=name, text=outside[:60])
    return _Prompt(template, frozenset(named))


def _outside_blocks(tree: nodes.Template) -> str:
    """Return a template's first text or tag outside the blocks of roles, or ""."""
    from jinja2 import nodes

    for node in tree.body:
        if isinstance(node, nodes.Block):
            if node.name not in ROLES:
                return f"block {node.name}"
            continue
        pieces = node.nodes if isinstance(node, nodes.Output) else [node]
        for piece in pieces:
            text = piece.data.strip() if isinstance(piece, nodes.TemplateData) else type(piece).__name__
            if text:
                return text
    return ""


def _problem(variable: str, given: bool) -> Reason:
    return Reason.of("prompts.no_variable" if given else "prompts.not_given", variable=variable)
