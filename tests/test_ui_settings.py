"""The fields of the settings panel, and who gets to see them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot import settings
from bot.author import Author
from bot.engine import Engine
from bot.history import History
from bot.llms import parse
from bot.settings import Settings
from bot.ui.app import build
from bot.ui.settings import SettingsPanel, fields, setting
from index.embedder import Embedder
from tests.scripted_server import listing, says, serving, status


@pytest.fixture
def panel(tmp_path: Any, embedder: Embedder) -> SettingsPanel:
    return SettingsPanel(Author(tmp_path, embedder))


def act(
    panel: SettingsPanel,
    action: str,
    kind: str = "none",
    model: str = "",
    address: str = "",
    shown: str = "marked",
    reword: bool = False,
) -> dict[str, Any]:
    event = SimpleNamespace(action=action, kind=kind, model=model, address=address, shown=shown, reword=reword)
    return panel._act(event).value


@pytest.mark.parametrize(
    "text", ["none", "ollama:llama3.2:1b", "openai:gpt-5", "http://localhost:1234/v1#a/b", "gguf:/models/a b.gguf"]
)
def test_a_setting_comes_back_from_the_fields_as_it_was(text: str) -> None:
    shown = fields(Settings(text, strict=True, reword=True))
    assert str(parse(setting(shown["kind"], shown["model"], shown["address"]))) == text
    assert (shown["shown"], shown["reword"]) == ("strict", True)


def test_an_address_may_be_typed_without_its_scheme() -> None:
    assert str(parse(setting("url", " small ", "localhost:1234 "))) == "http://localhost:1234/v1#small"


def test_what_is_saved_is_kept_and_holds_at_once(panel: SettingsPanel) -> None:
    done = act(panel, "save", "ollama", "llama3.2", shown="strict", reword=True)
    assert (done["said"], done["good"]) == ("Saved. It holds from the next question on.", True)
    assert settings.load(panel.author.folder) == panel.author.settings == Settings("ollama:llama3.2", True, True)
    shown = act(panel, "show")["fields"]
    assert (shown["model"], shown["reword"]) == ("llama3.2", True)
    assert panel.author.rewords


def test_settings_kept_before_there_was_rewording_are_read_without_it(tmp_path: Any) -> None:
    (tmp_path / settings.FILE).write_text('{"llm": "ollama:llama3.2", "strict": true}', encoding="utf-8")
    assert settings.load(tmp_path) == Settings("ollama:llama3.2", strict=True, reword=False)
    settings.save(tmp_path, Settings("ollama:llama3.2", reword=True))
    assert settings.load(tmp_path) == Settings("ollama:llama3.2", strict=False, reword=True)
    (tmp_path / settings.FILE).write_text('{"llm": "ollama:llama3.2", "reword": "yes"}', encoding="utf-8")
    assert not settings.load(tmp_path).reword


def test_without_a_model_nothing_is_worded_whatever_was_ticked(panel: SettingsPanel) -> None:
    act(panel, "save", reword=True)
    assert panel.author.settings.reword
    assert not panel.author.rewords


@pytest.mark.parametrize(
    ("kind", "model", "address"), [("ollama", "", ""), ("url", "m", "http://user:s3cret@localhost"), ("url", "m", " ")]
)
def test_what_names_no_model_is_not_saved_and_says_so(panel: SettingsPanel, kind: str, model: str, address: str) -> None:
    done = act(panel, "save", kind, model, address)
    assert not done["good"]
    assert "s3cret" not in done["said"]
    assert panel.author.settings == Settings()


def test_the_models_of_a_server_are_listed_and_a_model_is_tried(panel: SettingsPanel) -> None:
    with serving(listing("b", "a")) as server:
        assert act(panel, "list", "url", "", server.address)["models"] == ["a", "b"]
    with serving(listing()) as server:
        assert act(panel, "list", "url", "", server.address)["said"] == "The server has no models yet."
    with serving(says("ready")) as server:
        done = act(panel, "test", "url", "small", server.address)
    assert done["good"]
    assert "seconds" in done["said"]
    with serving(status(404)) as server:
        done = act(panel, "test", "url", "small", server.address)
    assert not done["good"]
    assert "does not have this model" in done["said"]


def test_a_key_is_named_by_its_variable_and_never_shown(panel: SettingsPanel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
    monkeypatch.delenv("FOOTNOTE_LLM_KEY", raising=False)
    shown = act(panel, "show")
    assert shown["keys"]["openai"] == {"variable": "OPENAI_API_KEY", "set": True}
    assert shown["keys"]["url"] == {"variable": "FOOTNOTE_LLM_KEY", "set": False}
    assert "s3cret" not in str(shown)


def test_the_panel_tells_that_the_command_line_has_the_say(tmp_path: Any, embedder: Embedder) -> None:
    panel = SettingsPanel(Author(tmp_path, embedder, llm="ollama:other"))
    assert "ollama:other" in act(panel, "show")["instead"]


@pytest.mark.parametrize("settings", [True, False])
def test_a_page_for_other_machines_has_no_settings(engine: Engine, history: History, embedder: Embedder, settings: bool) -> None:
    page = build(engine, history, Author(history.folder, embedder), settings=settings)
    assert any(block.elem_id == "settings" for block in page.blocks.values()) == settings
