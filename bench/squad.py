"""Question sets in the SQuAD format, as articles and questions whose offsets count characters of the article."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from index.errors import SourceUnreadable
from index.sources import Article


@dataclass(frozen=True, slots=True)
class Question:
    """A question on one paragraph: `article.text[start:end]`.

    `answers` are (start, end) in the article's text too; none for a question that has no answer.
    """

    id: str
    text: str
    start: int
    end: int
    answers: tuple[tuple[int, int], ...]


def load(path: Path) -> list[tuple[Article, list[Question]]]:
    """Read a SQuAD file (.json or .json.gz): each title is one article, its paragraphs joined by blank lines.

    Raises SourceUnreadable if there is no such file or it is in another format.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            return [_article(group) for group in json.load(file)["data"]]
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SourceUnreadable(f"{path} is not a question set in the SQuAD format.") from error


def _article(group: dict) -> tuple[Article, list[Question]]:
    parts: list[str] = []
    questions: list[Question] = []
    start = 0
    for paragraph in group["paragraphs"]:
        context = paragraph["context"].replace("\n", " ")  # one for one: offsets stay right
        for asked in paragraph["qas"]:
            begins = [(start + answer["answer_start"], len(answer["text"])) for answer in asked["answers"]]
            spans = tuple(dict.fromkeys((begin, begin + length) for begin, length in begins))
            questions.append(Question(asked["id"], asked["question"], start, start + len(context), spans))
        parts.append(context)
        start += len(context) + 2
    title = group.get("title", "untitled").replace("_", " ")
    return Article("\n\n".join(parts), title, "question set"), questions
