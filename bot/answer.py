"""The value types that everybody speaks: Answer, Citation, Turn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How an answer is set: a short span, quoted sentences, a summary, or the statement that the article does not say."""

    SPAN = "span"
    SENTENCES = "sentences"
    SUMMARY = "summary"
    NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True)
class Citation:
    """A sentence of an article: `article.text[start:end] == text`, always.

    Offsets count characters of the article's text. `answer_start`/`answer_end` delimit the short answer inside the sentence
    (offsets in the article too), None where the whole sentence is the answer. `passage_start`/`passage_end` delimit the
    passage around it. `relevance` is the calibrated probability, 0..1, that this sentence answers the question.
    """

    n: int
    article: str
    title: str
    origin: str
    start: int
    end: int
    text: str
    relevance: float
    passage_start: int
    passage_end: int
    answer_start: int | None = None
    answer_end: int | None = None
    date: str | None = None
    speaker: str | None = None  # who says it, verbatim from the sentence or the one it continues ("Ukraine")

    def to_json(self) -> dict[str, Any]:
        """The documented shape; keys are only ever added."""
        return {
            "n": self.n,
            "article": self.article,
            "title": self.title,
            "origin": self.origin,
            "date": self.date,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "answer_start": self.answer_start,
            "answer_end": self.answer_end,
            "relevance": round(self.relevance, 4),
            "speaker": self.speaker,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot says to one question, and the sentences it rests on.

    `answered` is False when the article does not say: then `citations` are the nearest sentences, offered and not claimed.
    `confidence` is the calibrated probability, 0..1, that `text` answers the question. `ms` is wall time in milliseconds.
    """

    question: str
    answered: bool
    kind: Kind
    text: str
    confidence: float
    citations: tuple[Citation, ...] = ()
    searched_for: str | None = None
    ms: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The documented shape of `app.py ask --json`; keys are only ever added."""
        return {
            "question": self.question,
            "answered": self.answered,
            "answer": self.text,
            "confidence": round(self.confidence, 4),
            "citations": [citation.to_json() for citation in self.citations],
            "searched_for": self.searched_for,
            "ms": round(self.ms, 1),
            "kind": self.kind.value,
        }

    def timed(self, ms: float) -> Answer:
        """The same answer, stamped with the time it took in milliseconds."""
        return replace(self, ms=ms)


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation and its answer."""

    question: str
    answer: Answer
    asked_at: float = field(default=0.0)  # seconds since the epoch
