"""Settings: where they come from, which wins, what is refused, and that a key is never seen."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from assistant.settings import DEFAULT_MODEL, Secret, Settings
from index.errors import UsageError

KEY = "sk-sentinel-0123456789abcdef"


def written(folder: Path, text: str) -> Path:
    path = folder / "isnad.toml"
    path.write_text(text, "utf-8")
    return path


def test_with_nothing_set_there_is_no_model_and_no_destination(tmp_path: Path) -> None:
    settings = Settings.load({}, written(tmp_path, ""))
    assert not settings.has_model
    assert not settings.has_embedding
    assert settings.destination is None
    assert settings.model == DEFAULT_MODEL


def test_a_key_alone_means_the_public_host(tmp_path: Path) -> None:
    settings = Settings.load({"OPENAI_API_KEY": KEY}, written(tmp_path, ""))
    assert settings.has_model
    assert settings.destination == "api.openai.com"
    assert settings.model_key() == KEY


def test_a_base_url_alone_gets_a_dummy_key() -> None:
    settings = Settings.load({"OPENAI_BASE_URL": "http://127.0.0.1:8080/v1"})
    assert settings.has_model
    assert settings.destination == "127.0.0.1:8080"
    assert settings.model_key() == "none"


def test_a_chat_model_alone_never_causes_embedding_calls() -> None:
    settings = Settings.load({"OPENAI_API_KEY": KEY, "ISNAD_MODEL": "m"})
    assert not settings.has_embedding
    assert settings.embedding_destination is None


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    path = written(tmp_path, 'model = "from-file"\nprice_in = 0.4\ncontext_tokens = 900\n')
    settings = Settings.load({"ISNAD_MODEL": "from-environment", "ISNAD_PRICE_OUT": "1.6"}, path)
    assert (settings.model, settings.price_in, settings.price_out) == ("from-environment", 0.4, 1.6)
    assert settings.context_tokens == 900


def test_an_empty_variable_sets_nothing() -> None:
    settings = Settings.load({"OPENAI_API_KEY": "  ", "ISNAD_MODEL": "", "ISNAD_EMBEDDING_DIMENSIONS": ""})
    assert settings == Settings()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modle = 'x'", "`modle`; did you mean `model`?"),
        ("colour = 'x'", "no setting `colour`"),
        ("[openai]\nmodel = 'x'", "no setting `openai`"),
        ("embedding_dimensions = 'many'", "`embedding_dimensions`"),
        ("base_url = 'localhost:8080'", "OPENAI_BASE_URL must be an address"),
        ("base_url = 'http://h:99999/v1'", "OPENAI_BASE_URL must be an address"),
        ("total_seconds = 0", "`total_seconds` must be above 0"),
        ("total_seconds = nan", "`total_seconds` must be above 0"),
        ("stall_seconds = inf", "`stall_seconds` must be above 0"),
        ("price_in = -1", "`price_in` must be 0 or above"),
        ("price_out = nan", "`price_out` must be 0 or above"),
        ("price_embedding = inf", "`price_embedding` must be 0 or above"),
        ("embedding_dimensions = 0", "`embedding_dimensions` must be above 0"),
        ("model = ", "is not TOML"),
        ("embedding_model = 'e'", "ISNAD_EMBEDDING_MODEL is set but no server is"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Settings.load({}, written(tmp_path, text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the settings"):
        Settings.load({}, tmp_path / "missing.toml")


@pytest.mark.parametrize("name", ["key", "api_key", "openai_api_key", "OPENAI_API_KEY", "embedding_key"])
def test_SEC_01_a_key_in_the_file_is_refused_and_not_repeated(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        Settings.load({}, written(tmp_path, f"{name} = '{KEY}'"))
    assert "keys do not belong in a file" in str(caught.value)
    assert "sentinel" not in str(caught.value)


def test_SEC_01_a_file_that_breaks_off_inside_a_key_does_not_show_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Settings.load({}, written(tmp_path, f"api_key = '{KEY}\nmodel = 3"))
    assert "sentinel" not in str(caught.value)


def test_SEC_02_a_key_stands_in_no_repr_json_copy_or_pickle() -> None:
    settings = Settings.load({"OPENAI_API_KEY": KEY, "ISNAD_EMBEDDING_API_KEY": KEY + "2"})
    secret = Secret(KEY)
    shown = [repr(settings), str(settings), f"{settings}", repr(secret), f"{secret!s}", json.dumps(settings.shown())]
    assert not [text for text in shown if "sentinel" in text or KEY[:8] in text]
    for write in (pickle.dumps, copy.deepcopy, msgspec.json.encode):
        with pytest.raises(TypeError) as caught:
            write(settings)
        assert "sentinel" not in str(caught.value)


@pytest.mark.parametrize(
    ("chat", "embedding", "key"),
    [
        (None, None, KEY),
        (None, "https://api.openai.com/v1", KEY),
        ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", KEY),
        (None, "https://embeddings.example/v1", "none"),
        ("https://chat.example/v1", "https://embeddings.example/v1", "none"),
    ],
)
def test_a_key_never_goes_to_another_host_than_the_one_it_was_set_for(
    chat: str | None, embedding: str | None, key: str
) -> None:
    environ = {"OPENAI_API_KEY": KEY, "ISNAD_EMBEDDING_MODEL": "e"}
    environ |= {"OPENAI_BASE_URL": chat} if chat else {}
    environ |= {"ISNAD_EMBEDDING_BASE_URL": embedding} if embedding else {}
    assert Settings.load(environ).embedding_server_key() == key


def test_a_password_in_an_address_is_not_shown() -> None:
    settings = Settings.load({"OPENAI_BASE_URL": "http://user:pass-word@models.example:9/v1"})
    assert settings.destination == "models.example:9"
    assert "pass-word" not in json.dumps(settings.shown())


def test_reading_the_settings_loads_no_heavy_library() -> None:
    code = (
        "import sys, assistant.settings\n"
        "heavy = {'openai', 'httpx', 'jinja2', 'numpy', 'chromadb', 'gradio', 'llama_index', 'pandas', 'tantivy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
