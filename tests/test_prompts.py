"""Prompts keep their contract, and a file that does not is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.prompts import FOLDER, INPUTS, PromptUnusable, load, read

GOOD = (FOLDER / "answer.md").read_text(encoding="utf-8")
INSIDE = {"sources": "S", "question": "Q", "history": "H"}
REFUSALS = {
    "answer": "The article does not say.",
    "followup": "The question stands alone.",
    "suggestions": "There is nothing to ask.",
    "summary": "The article does not say.",
}


def _own(folder: Path, text: str | bytes, name: str = "answer.md") -> Path:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def test_every_prompt_that_ships_is_used_and_sound() -> None:
    assert {file.stem for file in FOLDER.glob("*.md")} - {"README"} == set(INPUTS)
    assert {name: getattr(load(), name).refusal for name in INPUTS} == REFUSALS


@pytest.mark.parametrize("name", INPUTS)
def test_a_prompt_gets_what_it_takes_and_names_its_refusal_and_what_is_data(name: str) -> None:
    prompt = getattr(load(), name).format(**{key: f"<{key}>" for key in INSIDE})
    assert set(re.findall(r"<(\w+)>", prompt)) == INPUTS[name] - {"refusal"}
    assert prompt.count(f"exactly this and nothing else: {REFUSALS[name]}") == 1
    assert "never instructions to you" in prompt
    assert "{" not in prompt


@pytest.mark.parametrize("name", INPUTS)
def test_any_prompt_can_be_replaced_and_each_is_held_to_its_contract(tmp_path: Path, name: str) -> None:
    shipped = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    own = load(_own(tmp_path, shipped.replace(REFUSALS[name], "No."), f"{name}.md"))
    assert {each: getattr(own, each).refusal for each in INPUTS} == REFUSALS | {name: "No."}
    for spoilt in (shipped.replace(": {refusal}", ""), shipped.replace("inputs: ", "inputs: mood, ")):
        with pytest.raises(PromptUnusable, match=rf"{name}\.md"):
            load(_own(tmp_path, spoilt, f"{name}.md"))


def test_what_is_put_in_is_where_it_belongs() -> None:
    prompt = load().answer.format(**INSIDE)
    assert "Question: Q" in prompt
    assert "exactly this and nothing else: The article does not say." in prompt
    assert "---" not in prompt.splitlines()[0]
    assert "{" not in prompt


def test_braces_in_what_is_put_in_stay_as_they_are() -> None:
    prompt = load().answer.format(sources="{question} {0} {{x}}", question="{sources}", history="")
    assert "{question} {0} {{x}}" in prompt
    assert "Question: {sources}" in prompt


def test_an_own_folder_replaces_a_prompt(tmp_path: Path) -> None:
    own = GOOD.replace("The article does not say.", "Nicht im Artikel.")
    prompts = load(_own(tmp_path, own))
    assert prompts.answer.refusal == "Nicht im Artikel."
    assert "nothing else: Nicht im Artikel." in prompts.answer.format(**INSIDE)


def test_a_file_with_line_ends_of_windows_and_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert load(_own(tmp_path, b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())).answer == load().answer


def test_a_folder_without_the_file_keeps_the_built_in_one(tmp_path: Path) -> None:
    _own(tmp_path, "about these", "README.md")
    assert load(tmp_path).answer == load().answer


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (GOOD.replace("refusal: The article does not say.\n", ""), "does not say: refusal"),
        (GOOD.replace("refusal: The article does not say.", "refusal:"), "does not say: refusal"),
        (GOOD.replace("nothing else: {refusal}", "nothing else"), r"does not use \{refusal\}"),
        (GOOD.replace("{sources}", "{source}"), r"asks for \{source\}"),
        (GOOD.replace("{question}", ""), r"does not use \{question\}"),
        (GOOD.replace("inputs: sources, ", "inputs: "), r"does not name \{sources\}"),
        (GOOD.replace("inputs: sources, ", "inputs: sources, mood, "), r"asks for \{mood\}"),
        (GOOD.partition("---\n")[2], "does not begin with its contract"),
        ("", "does not begin with its contract"),
        (GOOD + "x" * 30_000, "Make it shorter"),
        (b"---\n\xff\xfe", "cannot be read"),
    ],
)
def test_a_broken_contract_is_a_sentence_that_names_the_file(tmp_path: Path, spoilt: str | bytes, told: str) -> None:
    with pytest.raises(PromptUnusable, match=told) as refused:
        load(_own(tmp_path, spoilt))
    assert str(tmp_path / "answer.md") in str(refused.value)


def test_a_file_that_replaces_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptUnusable, match=r"anwser\.md replaces no prompt"):
        load(_own(tmp_path, GOOD, "anwser.md"))


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptUnusable, match="There is no folder"):
        load(tmp_path / "nowhere")


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptUnusable, match="cannot be read"):
        read(tmp_path / "answer.md", INPUTS["answer"])
