"""The carried encoder, built once for the tests of a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.embeddings.e5 import E5Embedder
from index.embeddings.e5_weights import installed_weights
from index.errors import UsageError
from tests.index.embeddings.tiny_weights import write_weights


@pytest.fixture(scope="session")
def weights_file() -> Path:
    try:
        return installed_weights()
    except UsageError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def embedder(weights_file: Path, tmp_path_factory: pytest.TempPathFactory) -> E5Embedder:
    return E5Embedder(folder=tmp_path_factory.mktemp("encoder"), weights=weights_file)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_weights(tmp_path / "tiny.bin")


@pytest.fixture(scope="session")
def sentences() -> list[str]:
    """Arabic and English sentences of the project's own articles, each once."""
    import re

    root = Path(__file__).parents[3]
    texts = [
        path.read_text()
        for folder in (root / "articles", root / "evals" / "cases" / "articles")
        for path in sorted(folder.glob("*.txt"))
    ]
    pieces = (piece.strip() for text in texts for piece in re.split(r"(?<=[.!?؟])\s+|\n", text))
    return list(dict.fromkeys(piece for piece in pieces if len(piece) > 20))
