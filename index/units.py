"""The units of an article: its passages and sentences, as spans of its text and as rows of the library."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from index import passages, sentences, words

COLUMNS = "id, kind, start, stop, passage, ordinal, paragraph, indexed_as"


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or a passage: `text == article.text[start:end]`.

    `passage` is the id of the passage it is in (its own for a passage), `ordinal` its running number among the units of
    its kind in the article, `paragraph` that of its paragraph; both count from 0.
    """

    id: int
    article: str
    kind: Literal["sentence", "passage"]
    start: int
    end: int
    passage: int
    ordinal: int
    paragraph: int
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A unit before it has an id: `passage` and `indexed_as` count from the first unit of the article."""

    kind: str
    start: int
    end: int
    passage: int
    ordinal: int
    paragraph: int
    indexed_as: int

    def row(self, first: int, at: int) -> tuple[int, str, int, int, int, int, int, int]:
        """The unit's COLUMNS, the `at`-th of an article whose first unit has the id `first`."""
        passage, indexed_as = first + self.passage, first + self.indexed_as
        return first + at, self.kind, self.start, self.end, passage, self.ordinal, self.paragraph, indexed_as


@dataclass(frozen=True, slots=True)
class Split:
    """A text and its units. `texts` and `lines` (of tokens) are those of the indexed units, in order."""

    drafts: tuple[Draft, ...]
    texts: tuple[str, ...]
    lines: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Split a text: each passage, then its sentences."""
        found = sentences.split(text)
        drafts: list[Draft] = []
        for number, passage in enumerate(passages.group(found)):
            own = len(drafts)
            alone = passage.last - passage.first == 1
            paragraph = found[passage.first].paragraph
            span = (passage.start, passage.end)
            drafts.append(Draft("passage", *span, own, number, paragraph, own + 1 if alone else own))
            for ordinal in range(passage.first, passage.last):
                start, end, paragraph = found[ordinal].start, found[ordinal].end, found[ordinal].paragraph
                drafts.append(Draft("sentence", start, end, own, ordinal, paragraph, len(drafts)))
        texts = tuple(text[draft.start : draft.end] for at, draft in enumerate(drafts) if draft.indexed_as == at)
        return cls(tuple(drafts), texts, tuple(map(words.of, texts)))

    @property
    def sentences(self) -> int:
        """How many of the units are sentences."""
        return sum(draft.kind == "sentence" for draft in self.drafts)

    def rows(self, first: int) -> list[tuple[int, str, int, int, int, int, int, int]]:
        """The COLUMNS of every unit, if the first has the id `first`."""
        return [draft.row(first, at) for at, draft in enumerate(self.drafts)]


def recipe() -> str:
    """What a split depends on apart from the text; a library split by another recipe is split again."""
    return f"{sentences.VERSION}/{passages.LONGEST}"


def write(db: sqlite3.Connection, article: int, split: Split, matrix: np.ndarray) -> list[int]:
    """Write the units of an article, words and vectors (n, dim) of the indexed ones, whose ids are returned."""
    last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'units'").fetchone()
    rows = split.rows(last[0] + 1 if last else 1)
    statement = f"INSERT INTO units (article, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    db.executemany(statement, ((article, *row) for row in rows))
    db.execute("UPDATE articles SET sentences = ? WHERE id = ?", (split.sentences, article))
    ids = [row[0] for row in rows if row[0] == row[-1]]
    blobs = (row.tobytes() for row in np.asarray(matrix, "<f4"))
    db.executemany("INSERT INTO vectors VALUES (?, ?)", zip(ids, blobs, strict=True))
    words.write(db, ids, split.lines)
    return ids


def erase(db: sqlite3.Connection, article: int) -> list[int]:
    """Delete the units of an article with their words and vectors; returns the ids of those that were indexed."""
    query = "SELECT id FROM units WHERE article = ? AND indexed_as = id"
    ids = [unit for (unit,) in db.execute(query, (article,))]
    words.erase(db, ids)
    db.execute("DELETE FROM units WHERE article = ?", (article,))
    return ids
