"""A follow-up question in a language model's words. They are held to the conversation: what nobody said is not asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from llama_index.core.llms import LLM

from bot.answer import Turn
from bot.followup import stands_alone
from bot.llms import Limits, ModelUnusable
from bot.prompting import ONE_QUESTION, bare, earlier, fenced, line, replied, said, unsaid
from bot.prompts import Prompt

PATIENCE = Limits(connect=5, first=20, between=20, total=20)  # the answer waits for it
LONGEST = 25  # words
LONGEST_ASKED = 1000  # characters of the question

_ASKING = re.compile(r"\b(who|whose|when|where|why|how)m?\b(?!\s+about\b)", re.IGNORECASE)
_NOT = re.compile(r"\b(?:not|no|nor)\b|n[’']t\b", re.IGNORECASE)


def reworded(
    llm: LLM,
    prompt: Prompt,
    question: str,
    history: Sequence[Turn],
    over: Callable[[], bool] = lambda: False,
    limits: Limits = PATIENCE,
) -> str | None:
    """What `question` asks after these turns, as the model words it, or None.

    None too if the model fails, declines, or writes anything but one question in words of the conversation that can be
    understood without it; and soon after it is `over`, which ends the request.
    """
    asked = line(question, LONGEST_ASKED)
    try:
        lines = replied(llm, prompt.format(**fenced(history=earlier(history)), question=asked), limits, 1, over)
    except ModelUnusable:
        return None
    wording = lines[0].strip(" \"'“”‘’") if lines and len(lines) == 1 else ""
    return wording if ONE_QUESTION.fullmatch(wording) and is_held(wording, question, history) else None


def is_held(wording: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether a wording is short and whole, still asks what was asked, and adds nothing that the conversation does not have."""
    before = [asked for turn in history for asked in (turn.question, turn.answer.searched_for or "")]
    found = [text for turn in history for text in (turn.answer.text, said(turn), *(c.text for c in turn.answer.citations))]
    denies = _NOT.search(wording) is not None and not any(map(_NOT.search, (question, *before[-2:])))
    return (
        len(wording.split()) <= LONGEST
        and stands_alone(wording)
        and bare(wording) not in map(bare, before)  # the last question over again
        and _sought(question) <= _sought(wording)
        and not unsaid(question, [wording])
        and not unsaid(wording, [question, *before, *found])
        and not denies
    )


def _sought(question: str) -> set[str]:
    """What kind of thing is asked for, as far as a question word tells; "what" and "which" may stand for each other."""
    return {word.lower() for word in _ASKING.findall(question)}
