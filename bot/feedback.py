"""What readers thought of the answers becomes question files for `bench.article`.

An answer with a thumb up says what is right: its question, its words and its sentence become a line of the question file,
as does a question that was rightly not answered. An answer with a thumb down only says what is wrong. It goes into a file
of its own, with what was said and the reason, from which a person can write the question with its right answer.

A question file is about one article, whose text is written beside it: an address, a PDF or a pasted text cannot be handed
to the bench otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answer import Answer, Kind
from bot.history import Exchange, History
from index.errors import UserError

EARLIER = 6  # questions that a follow-up may refer to
NOTHING = "No answer has been given a thumb up or down yet, so there is nothing to export."


class NotWritten(UserError):
    """There is nothing to export, or it cannot be written."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file of questions and how many it holds; `article` is the file of the article's text, None for the thumbs down."""

    questions: Path
    count: int
    article: Path | None


def export(history: History, out: Path) -> list[Written]:
    """Write the feedback of all conversations to `out` and files beside it, whose names begin like its.

    `out` holds the questions about an article; with several articles, `out` gets a number for each. Raises NotWritten.
    """
    up: dict[str, list[dict[str, Any]]] = {}
    down: list[dict[str, Any]] = []
    for header in history.conversations():
        exchanges = history.turns(header.id)
        for at, exchange in enumerate(exchanges):
            answer = exchange.answer
            asked = [earlier.question for earlier in exchanges[max(0, at - EARLIER) : at]]
            if exchange.feedback == "down":
                down.append(_wrong(exchange, asked))
            elif exchange.feedback == "up" and answer and not exchange.removed and (article := _article(exchange, answer)):
                up.setdefault(article, []).append(_right(exchange.question, answer, asked))
    if not up and not down:
        raise NotWritten(NOTHING)
    written = []
    try:
        for number, (article, rows) in enumerate(up.items(), 1):
            questions = _beside(out, f"-{number}{out.suffix}") if len(up) > 1 else out
            _write(questions, rows)
            text = _beside(questions, "-article.txt")
            text.write_text(history.articles.article(article).text, encoding="utf-8", newline="\n")
            written.append(Written(questions, len(rows), text))
        if down:
            wrong = _beside(out, f"-down{out.suffix}")
            _write(wrong, down)
            written.append(Written(wrong, len(down), None))
    except OSError as error:
        raise NotWritten(f"{error.filename} cannot be written ({error.strerror}). Name another file.") from error
    return written


def _right(question: str, answer: Answer, asked: Sequence[str]) -> dict[str, Any]:
    """A line of a question file."""
    row: dict[str, Any] = {"question": question, "answerable": answer.answered, "answers": []}
    if answer.answered:
        best = answer.citations[0]
        words = best.text
        if answer.kind is Kind.SPAN and best.answer_start is not None and best.answer_end is not None:
            words = best.text[best.answer_start - best.start : best.answer_end - best.start]
        row |= {"answers": [words], "sentence_contains": best.text}
    # Only a question that was not read as it stands needs those before it.
    return row | ({"history": list(asked)} if answer.searched_for and asked else {})


def _wrong(exchange: Exchange, asked: Sequence[str]) -> dict[str, Any]:
    """What a person needs to know to say what would have been right."""
    answer = exchange.answer
    return {
        "question": exchange.question,
        "said": answer.text if answer else None,
        "cited": [citation.text for citation in answer.citations] if answer else [],
        "article": answer.citations[0].title if answer and answer.citations else None,
        "reason": exchange.reason,
        "history": list(asked),
    }


def _article(exchange: Exchange, answer: Answer) -> str | None:
    """The id of the article that the answer speaks of, None if it cites none and several were asked."""
    if answer.citations:
        return answer.citations[0].article
    return exchange.articles[0] if exchange.articles and len(exchange.articles) == 1 and not answer.answered else None


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.stem + ending)


def _write(file: Path, rows: Sequence[dict[str, Any]]) -> None:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file.write_text("".join(lines), encoding="utf-8", newline="\n")
