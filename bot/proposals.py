"""Questions to begin with, as a language model proposes them from central sentences of an article."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llama_index.core.llms import LLM

from bot.llms import CONTEXT, Limits, ModelUnusable
from bot.prompting import fenced, fitting, line, replied, tokens
from bot.prompts import Prompt

PATIENCE = Limits(connect=5, first=60, between=30, total=60)  # nobody waits for it
MOST = 8  # lines that are read
LONGEST = 400  # characters of one sentence
REPLY = 300  # tokens


def proposed(
    llm: LLM,
    prompt: Prompt,
    sentences: Sequence[str],
    over: Callable[[], bool] = lambda: False,
    limits: Limits = PATIENCE,
) -> list[str] | None:
    """The lines that the model writes about the sentences, None if it fails; and soon after it is `over`.

    They are plain text, and may be anything: bot.suggestions.further holds them to the article.
    """
    room = CONTEXT - REPLY - tokens(prompt.template.template)
    sources = fitting((f"- {line(sentence, LONGEST)}" for sentence in sentences), room)
    try:
        return replied(llm, prompt.format(**fenced(sources=sources)), limits, MOST, over)
    except ModelUnusable:
        return None
