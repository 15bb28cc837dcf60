"""The prompts that a language model is given: one Markdown file each, with its contract at the top, checked when loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llama_index.core.prompts import PromptTemplate

from index.errors import UserError

FOLDER = Path(__file__).parent.parent / "prompts"
# What each prompt is given, and so must use; nothing else can be put in.
INPUTS = {
    "answer": frozenset({"sources", "question", "history", "refusal"}),
    "followup": frozenset({"history", "question", "refusal"}),
    "suggestions": frozenset({"sources", "refusal"}),
    "summary": frozenset({"sources", "question", "refusal"}),
}
CONTRACT = ("use", "inputs", "output", "refusal")
LONGEST = 20_000  # characters of a file


class PromptUnusable(UserError):
    """A prompt's file that is missing, cannot be read or does not keep its contract."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt: its template, and the exact phrase with which the model is to decline."""

    template: PromptTemplate
    refusal: str

    def format(self, **inputs: str) -> str:
        """The prompt as it is sent, with those of the inputs that it takes. Braces in what is put in stay as they are."""
        given: dict[str, Any] = {"refusal": self.refusal, **inputs}
        return self.template.format(**given)


@dataclass(frozen=True, slots=True)
class Prompts:
    """Every prompt that is used."""

    answer: Prompt
    followup: Prompt
    suggestions: Prompt
    summary: Prompt


def load(folder: Path | None = None) -> Prompts:
    """The prompts, those of `folder` in place of the built-in ones of the same name. Raises PromptUnusable."""
    if folder is not None:
        if not folder.is_dir():
            raise PromptUnusable(f"There is no folder {folder} with prompts. Check the path.")
        for file in sorted(folder.glob("*.md")):
            if file.stem not in INPUTS and file.stem.lower() != "readme":
                raise PromptUnusable(f"{file} replaces no prompt. There is: {', '.join(sorted(INPUTS))}.")
    return Prompts(**{name: read(_file(name, folder), inputs) for name, inputs in INPUTS.items()})


def _file(name: str, folder: Path | None) -> Path:
    own = folder / f"{name}.md" if folder else None
    return own if own and own.exists() else FOLDER / f"{name}.md"


def read(file: Path, inputs: frozenset[str]) -> Prompt:
    """Read a prompt's file and hold it to its contract. Raises PromptUnusable, which names the file."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptUnusable(f"The prompt {file} cannot be read. Check that it is a text file in UTF-8.") from error
    if len(text) > LONGEST:
        raise PromptUnusable(f"The prompt {file} has {len(text):,} characters; up to {LONGEST:,} are taken. Make it shorter.")
    parts = re.fullmatch(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    if parts is None:
        raise PromptUnusable(f"The prompt {file} does not begin with its contract between two lines of ---.")
    contract = dict(re.findall(r"^(\w+):[ \t]*(\S.*?)[ \t]*$", parts[1], re.MULTILINE))
    if missing := [name for name in CONTRACT if name not in contract]:
        raise PromptUnusable(f"The contract of the prompt {file} does not say: {', '.join(missing)}.")
    body = parts[2].strip()
    template = PromptTemplate(body)
    used, declared = set(template.template_vars), set(re.split(r"[,\s]+", contract["inputs"]))
    if unknown := sorted((used | declared) - inputs):
        raise PromptUnusable(f"The prompt {file} asks for {_listed(unknown)}; there is only {_listed(sorted(inputs))}.")
    if unused := sorted(inputs - used):
        raise PromptUnusable(f"The prompt {file} does not use {_listed(unused)}. Put it where it belongs.")
    if unnamed := sorted(used - declared):
        raise PromptUnusable(f"The contract of the prompt {file} does not name {_listed(unnamed)} among its inputs.")
    return Prompt(template, contract["refusal"])


def _listed(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
