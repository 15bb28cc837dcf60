"""The value types that everybody speaks: Answer, Citation, Claim, Turn."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How an answer is set: a short span, quoted sentences, a summary, the figures of articles that differ, each with its
    article, or the statement that the article does not say."""

    SPAN = "span"
    SENTENCES = "sentences"
    SUMMARY = "summary"
    DIFFERING = "differing"
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
    page: int | None = None  # counted from 1, where the article has pages

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
            "page": self.page,
        }


class Problem(StrEnum):
    """What the sentences cited do not bear out."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    QUOTATION = "quotation"
    UNSUPPORTED = "unsupported"
    ATTRIBUTION = "attribution"


@dataclass(frozen=True, slots=True)
class Flag:
    """A fault found in a claim, at `text[start:end]` of the claim; `note` tells the user in a sentence what it is."""

    problem: Problem
    start: int
    end: int
    note: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that a language model wrote, without its markers, and what checking it against the article found.

    `cited` are the numbers `n` of the answer's citations that it rests on. One that rested on an article that has been
    removed since has no text any more.
    """

    text: str
    cited: tuple[int, ...]
    flags: tuple[Flag, ...] = ()

    @property
    def grounded(self) -> bool:
        return not self.flags

    @property
    def removed(self) -> bool:
        return not self.text

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "cited": list(self.cited),
            "flags": [
                {"problem": flag.problem.value, "text": self.text[flag.start : flag.end], "note": flag.note}
                for flag in self.flags
            ],
        }


@dataclass(frozen=True, slots=True)
class Written:
    """What the language model `model` wrote, claim by claim.

    `refused`: it said that the article does not say. `failure` is a sentence for the user: why it ended early, None if it
    did not.
    """

    claims: tuple[Claim, ...]
    model: str
    refused: bool = False
    failure: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "refused": self.refused,
            "failure": self.failure,
            "claims": [claim.to_json() for claim in self.claims],
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
    written: Written | None = None  # what a language model made of the citations, if one is set up

    @property
    def several(self) -> bool:
        """Whether it cites more than one article."""
        return len({citation.article for citation in self.citations}) > 1

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
            "written": self.written.to_json() if self.written else None,
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
