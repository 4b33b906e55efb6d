"""How values show themselves.

Renderings registered by the package that makes them, looked up by class name and form.

A value knows no renderer. `assistant` registers its renderers when it is imported, as `module:function`, and a module
is imported when its function is first needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

_RENDERERS: dict[tuple[str, str], str] = {}


def register(renderers: Mapping[tuple[str, str], str]) -> None:
    """Add renderers: (class name, form) → "module:function", called with the value."""
    _RENDERERS.update(renderers)


def display(value: object, form: str) -> Any:
    """Render a value as `html`, `markdown`, `text` or `frame`.

    None where nobody registered that form of its class.

    >>> display(object(), "html") is None
    True
    """
    for base in type(value).__mro__:
        if place := _RENDERERS.get((base.__name__, form)):
            module, _, function = place.partition(":")
            renderer: Callable[[object], Any] = getattr(import_module(module), function)
            return renderer(value)
    return None
