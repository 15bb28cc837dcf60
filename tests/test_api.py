"""The bot for other programs: the README's example does what it says, and the tool answers in the documented shape."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from pathlib import Path

import gradio as gr
import pytest

from bot.engine import Engine
from bot.history import History
from bot.ui import mcp
from bot.ui.app import start

README = Path(__file__).parent.parent / "README.md"


def test_the_readmes_example_prints_the_answer_and_its_sentence(engine: Engine, history: History) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (example,) = [block for block in blocks if "gradio_client" in block]
    page = start(engine, history)
    try:
        assert example.count("http://127.0.0.1:7860/") == 1
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(example.replace("http://127.0.0.1:7860/", page.local_url), {})
    finally:
        page.close(verbose=False)
    known = engine.ask("How many troops are involved?")
    assert known.text in printed.getvalue()
    assert f"[1] {known.citations[0].text}" in printed.getvalue()


def test_the_tool_answers_in_json_of_the_documented_shape(engine: Engine) -> None:
    known = engine.ask("How many troops are involved?").to_json()
    answer = json.loads(mcp.tool(engine)("How many troops are involved?"))
    assert {**answer, "ms": 0} == {**json.loads(json.dumps(known)), "ms": 0}


def test_the_tool_says_why_it_refuses(engine: Engine) -> None:
    with pytest.raises(gr.Error, match="There is no question yet"):
        mcp.tool(engine)(" ")


def test_a_tool_whose_packages_are_missing_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(mcp.ExtraMissing, match=r'Install them with: pip install "gradio\[mcp\]'):
        mcp.require()
