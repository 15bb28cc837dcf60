"""The panel in which a language model is chosen, tried and kept."""

from __future__ import annotations

from typing import Any

import gradio as gr

from bot.author import Author
from bot.llms import KEYS, Kind, Limits, Setting, offered, parse, probe
from bot.plain import plain
from bot.settings import Settings
from bot.ui import texts
from bot.ui.assets import static
from index.errors import UserError

PATIENCE = Limits(connect=5, first=60, between=30, total=60)  # for a try: somebody waits in front of it


class SettingsPanel:
    """The settings, as a component of the page that is being built."""

    def __init__(self, author: Author) -> None:
        self.author = author
        self.form: gr.HTML

    def lay(self) -> None:
        """The panel, in the order in which it is read."""
        with gr.Column(elem_id="settings", elem_classes="drawer"):
            gr.HTML(
                html_template=static("settings-bar.html"), apply_default_css=False, elem_classes="panel-bar",
                title=texts.SETTINGS, close=texts.CLOSE_SETTINGS,
            )
            self.form = gr.HTML(
                value=None, labels=texts.SETUP, html_template=static("settings.html"), js_on_load=static("settings.js"),
                apply_default_css=False, elem_id="setup",
            )

    def wire(self) -> None:
        """Let the form act."""
        self.form.select(
            self._act, None, self.form, api_name="settings_in_page", show_progress="hidden", api_visibility="private"
        )

    def _act(self, event: gr.EventData) -> gr.HTML:
        """What a button asks for, `action`, of the fields as they are."""
        if event.action == "show":
            return gr.HTML(value={"fields": fields(self.author.settings), **self._around()})
        said, good, models = "", True, None
        try:
            given = setting(str(event.kind), str(event.model), str(event.address))
            if event.action == "list":
                models = [plain(name) for name in offered(given, PATIENCE)]
                said = texts.MODELS_LISTED.format(count=len(models)) if models else texts.NO_MODELS
            elif event.action == "test":
                said = texts.MODEL_ANSWERS.format(seconds=probe(given, PATIENCE))
            elif event.action == "save":
                self.author.change(Settings(str(parse(given)), event.shown == "strict", event.reword is True))
                said = texts.SETTINGS_KEPT
        except UserError as error:
            said, good = str(error), False
        return gr.HTML(value={"said": said, "good": good, "models": models, **self._around()})

    def _around(self) -> dict[str, Any]:
        """What the fields do not hold: which keys there are, and whether the command line has the say."""
        instead = self.author.instead
        return {
            "keys": {kind: {"variable": KEYS[kind], "set": bool(Setting(kind).key)} for kind in KEYS},
            "instead": texts.INSTEAD.format(setting=plain(instead)) if instead else "",
        }


def setting(kind: str, model: str, address: str) -> str:
    """The fields as bot.llms.parse reads them."""
    model, address = model.strip(), address.strip()
    match kind:
        case "none":
            return "none"
        case "url":
            return f"{address if '://' in address else f'http://{address}'}#{model}"
        case _:
            return f"{kind}:{model}"


def fields(settings: Settings) -> dict[str, str | bool]:
    """The settings as the fields hold them."""
    chosen = parse(settings.llm)
    kind: Kind = chosen.kind
    return {
        "kind": kind,
        "model": chosen.place if kind == "gguf" else chosen.name,
        "address": chosen.place if kind == "url" else "",
        "shown": "strict" if settings.strict else "marked",
        "reword": settings.reword,
    }
