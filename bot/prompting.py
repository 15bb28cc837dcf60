"""What goes into a prompt and out of a short reply: texts of others in between fences, plain lines back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from hashlib import sha256

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms import LLM

from bot.answer import Turn
from bot.figures import figures
from bot.followup import IRREGULAR
from bot.llms import Limits, stream
from bot.markers import Transcript, protect
from bot.mentions import names
from bot.plain import plain
from index.lexical import STOP_WORDS, query_tokens
from index.lexical import tokens as words

HISTORY = 500  # tokens of earlier questions and answers
LONGEST_TURN = 400  # characters of one earlier answer
LONGEST_REPLY = 2000  # characters of a reply that is to be short

_OWNS = re.compile(r"['’]s?\s+")
_BASE = {words(past)[0]: words(base)[0] for past, base in IRREGULAR.items()}  # stems: a question says "did she buy"
_FUNCTION = frozenset(words(" ".join(STOP_WORDS)))  # stems that no text has to have
# One, and whole: an ellipsis is also what is left of an address.
ONE_QUESTION = re.compile(r"[^?？؟…]*[^\W_][^?？؟…]*[?？؟]")


def tokens(text: str) -> int:
    """About how many tokens a text is, rather too many than too few, in any script and for any model."""
    return -(-len(text.encode("utf-8", "replace")) // 3)


def size(lines: Sequence[str]) -> int:
    """About how many tokens these lines are, each with its end."""
    return sum(tokens(each) + 1 for each in lines)


def line(text: str, longest: int) -> str:
    """A text of others on one line, so that it cannot begin one of its own."""
    return protect(" ".join(plain(text).split()))[:longest]


def said(turn: Turn) -> str:
    """What a turn was answered: the written answer, as far as it was found in the article, or else the extracted one."""
    written = turn.answer.written
    found = " ".join(claim.text for claim in written.claims if claim.grounded) if written else ""
    return found or turn.answer.text


def earlier(history: Sequence[Turn], budget: int = HISTORY) -> list[str]:
    """The newest turns that fit into so many tokens, oldest first, a line for each question and each answer."""
    kept: list[list[str]] = []
    for turn in reversed(history):
        asked = turn.answer.searched_for or turn.question
        pair = [f"Question: {line(asked, LONGEST_TURN)}", f"Answer: {line(said(turn), LONGEST_TURN)}"]
        budget -= size(pair)
        if budget < 0:
            break
        kept.append(pair)
    return [each for pair in reversed(kept) for each in pair]


def fitting(lines: Iterable[str], budget: int) -> list[str]:
    """The first lines that fit into so many tokens, at least one if there is one."""
    kept: list[str] = []
    for each in lines:
        budget -= size([each])
        if kept and budget < 0:
            break
        kept.append(each)
    return kept


def fenced(**blocks: Sequence[str]) -> dict[str, str]:
    """Blocks of lines, each between two fences that bear its name; an empty one is nothing."""
    # A fence that holds what it encloses cannot be in it; should it be, the next one is not.
    mark = ""
    while not mark or mark in str(blocks):
        mark = sha256(f"{mark} {blocks}".encode()).hexdigest()[:16]
    return {
        name: "\n".join([f"----- {name} {mark}: begin", *lines, f"----- {name} {mark}: end"]) if lines else ""
        for name, lines in blocks.items()
    }


def replied(llm: LLM, prompt: str, limits: Limits, most: int, over: Callable[[], bool]) -> list[str] | None:
    """The lines of plain text that a model writes, without its thoughts and its markup; None as soon as it is `over`.

    After `most` lines, or far too many words, the request is ended. Raises ModelUnusable.
    """
    sheet = Transcript({})
    with closing(stream(llm, [ChatMessage(role=MessageRole.USER, content=prompt)], limits)) as pieces:
        for piece in pieces:
            if over():
                return None
            sheet.feed(piece)
            if sheet.text.count("\n") >= most or len(sheet.text) > LONGEST_REPLY:
                break
    sheet.feed("", last=True)
    return sheet.text.splitlines()


def unsaid(text: str, texts: Iterable[str]) -> set[str]:
    """The content words of a text, as stems, and its figures and names, that none of the `texts` has.

    A figure or a name is to be had as a whole: "Joe Hale" is not there because a Joe and a Mary Hale are.
    """
    texts = list(texts)
    stems = {word for each in texts for word in words(each)}
    stems.update(_BASE[stem] for stem in stems & _BASE.keys())
    known = {figure.meaning for each in texts for figure in figures(each)}
    runs = [f" {' '.join(words(each))} " for each in texts]
    named = {part for name in names(text) for part in _OWNS.split(re.sub(r"^the\s", "", name.text, flags=re.IGNORECASE))}
    return (
        (set(query_tokens(text)) - _FUNCTION - stems)
        | {text[figure.start : figure.end] for figure in figures(text) if figure.meaning not in known}
        | {name for name in named if not any(f" {' '.join(words(name))} " in run for run in runs)}
    )


def bare(text: str) -> str:
    """A text by its words alone."""
    return " ".join(re.findall(r"\w+", text.casefold().replace("’", "").replace("'", "")))
