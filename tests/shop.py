"""What many tests do: write articles, index them, run the command line."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

from assistant import container
from assistant.cli import main
from assistant.settings import Settings
from index.ingest.sync import Lexicon, sync
from index.models import SyncReport
from index.store.ledger import Ledger


def index(path: Path, store: Path, *, chroma: bool = False) -> SyncReport:
    """Index a PATH into a store, in this process.

    Its vectors stay pending unless the test is about them: a Chroma process takes seconds, and no reader without a
    model opens it.
    """
    ledger, derived = container.open_writer(store, Settings()) if chroma else _by_words(store)
    try:
        return sync(path, ledger, derived)
    finally:
        container.close(ledger, derived)


def _by_words(store: Path) -> tuple[Ledger, list[Any]]:
    ledger = Ledger.create(store)
    return ledger, [Lexicon(ledger)]


def write(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def isnad(
    *arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line in this process: what it printed and its exit code, as a caller sees them."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    command = list(map(str, arguments))
    told = patch.dict(os.environ, os.environ if env is None else env, clear=True)
    with redirect_stdout(out), redirect_stderr(err), chdir(cwd or "."), told:
        try:
            code: Any = main.main(command)
        except SystemExit as end:
            code = end.code
    said, complained = (one.buffer.getvalue().decode() for one in (out, err))  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(command, code or 0, said, complained)


def isnad_process(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would, in a process of its own."""
    command = [sys.executable, "-m", "assistant.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


def isnad_json(*arguments: str | Path) -> Any:
    """The one object that a command prints with --json."""
    run = isnad(*arguments, "--json")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
