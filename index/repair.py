"""What must hold in a library, how what breaks it is found, and how it is mended.

Everything but an article, its text and its title follows from these: units, words and vectors can be made again.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from index.units import COLUMNS, Split
from index.vectors import Vectors


class Remedy(Enum):
    """What mends a fault."""

    REMAKE = auto()  # split and embed the article again
    DISCARD = auto()  # delete rows that belong to nothing
    REBUILD = auto()  # build the indexes of SQLite again
    RECOUNT = auto()  # note which ids have been given
    REFILL = auto()  # fill FAISS again from what SQLite keeps
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken rule. `what` is a clause for the user, `article` the key of the one that it is about, if it is."""

    what: str
    remedy: Remedy
    article: int | None = None


_INDEXED = "SELECT id FROM units WHERE indexed_as = id"
_STRAYS = {  # table by table: what is wrong, and the query that finds the rows
    "texts": ("a text is of an article that is gone", "SELECT article FROM texts EXCEPT SELECT id FROM articles"),
    "units": (
        "a unit is of an article that is gone",
        "SELECT id FROM units WHERE article NOT IN (SELECT id FROM articles)",
    ),
    "vectors": ("a vector has no unit", f"SELECT unit FROM vectors EXCEPT {_INDEXED}"),  # noqa: S608
    "words": ("words have no unit", f"SELECT rowid FROM words EXCEPT {_INDEXED}"),  # noqa: S608
}
_COUNTED = ("articles", "units")


def of_files(db: sqlite3.Connection) -> list[Fault]:
    """What SQLite finds when it looks at its own files, in a transaction that may write: FTS5 asks for one."""
    faults = []
    if db.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
        faults.append(Fault("SQLite finds damage in the database", Remedy.REBUILD))
    try:
        db.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    except sqlite3.DatabaseError:
        faults.append(Fault("the lexical index is not that of its words", Remedy.REBUILD))
    return faults


def of_content(db: sqlite3.Connection, vectors: Vectors) -> list[Fault]:
    """What is wrong with the articles and all that was derived from them."""
    faults = [Fault(what, Remedy.DISCARD) for what, query in _STRAYS.values() if db.execute(query).fetchone()]
    for table in _COUNTED:
        if db.execute(f"SELECT 1 FROM {table} WHERE id > ({_last(table)})").fetchone():  # noqa: S608
            faults.append(Fault(f"an id of {table} could be given twice", Remedy.RECOUNT))
    indexed = [unit for (unit,) in db.execute(_INDEXED)]
    in_step = np.array_equal(np.sort(vectors.ids), np.sort(indexed)) and vectors.client.ntotal == len(indexed)
    for (article,) in db.execute("SELECT id FROM articles ORDER BY id").fetchall():
        faults.extend(_of_article(db, article, vectors, in_step))
    if not in_step:
        faults.append(Fault("FAISS does not hold the units that SQLite does", Remedy.REFILL))
    return faults


def mend(db: sqlite3.Connection, faults: Sequence[Fault], remake: Callable[[int], None]) -> list[str]:
    """Mend what can be mended, with `remake` to split and embed an article again. Returns sentences on what was done.

    FAISS is the caller's to fill.
    """
    remedies = {fault.remedy for fault in faults}
    done: list[str] = []
    if Remedy.REBUILD in remedies:
        db.execute("REINDEX")
        db.execute("INSERT INTO words (words) VALUES ('rebuild')")
        done.append("The indexes of the database were built again.")
    if Remedy.RECOUNT in remedies:  # before anything gets a new id
        for table in _COUNTED:
            query = f"SELECT max(coalesce(max(id), 0), ({_last(table)})) FROM {table}"  # noqa: S608
            (last,) = db.execute(query).fetchone()
            db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            db.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, last))
        done.append("The count of ids was put right.")
    for article in dict.fromkeys(fault.article for fault in faults if fault.remedy is Remedy.REMAKE):
        assert article is not None
        remake(article)
        done.append(f"Article {article} was split and embedded again.")
    if remedies & {Remedy.DISCARD, Remedy.REMAKE}:  # words, too, of units that were not what they should be
        for table, (_, query) in _STRAYS.items():
            db.execute(f"DELETE FROM {table} WHERE rowid IN ({query})")  # noqa: S608
        db.execute("INSERT INTO words (words) VALUES ('rebuild')")
    if Remedy.DISCARD in remedies:
        done.append("Rows that belonged to nothing were deleted.")
    if Remedy.REFILL in remedies:
        done.append("The FAISS index was filled again.")
    return done


def _of_article(db: sqlite3.Connection, article: int, vectors: Vectors, in_step: bool) -> Iterator[Fault]:
    """What is wrong with one article and what was derived from it."""
    query = "SELECT digest, sentences, text FROM articles LEFT JOIN texts ON article = id WHERE id = ?"
    digest, sentences, text = db.execute(query, (article,)).fetchone()
    if text is None or hashlib.sha256(text.encode()).hexdigest() != digest:
        yield Fault(f"the text of article {article} is not the one that was added", Remedy.NONE, article)
        return
    split = Split.of(text)
    rows = db.execute(f"SELECT {COLUMNS} FROM units WHERE article = ? ORDER BY id", (article,)).fetchall()  # noqa: S608
    if rows != split.rows(rows[0][0] if rows else 0) or sentences != split.sentences:
        yield Fault(f"the units of article {article} are not those of its text", Remedy.REMAKE, article)
        return
    query = """SELECT id, tokens, vector FROM units LEFT JOIN words ON words.rowid = id LEFT JOIN vectors ON unit = id
        WHERE article = ? AND indexed_as = id ORDER BY id"""
    ids, lines, blobs = zip(*db.execute(query, (article,)), strict=True) if rows else ((), (), ())
    if None in lines:
        yield Fault(f"a unit of article {article} has no words", Remedy.REMAKE, article)
    elif lines != split.lines:
        yield Fault(f"the words of article {article} are not those of its text", Remedy.REMAKE, article)
    if None in blobs:
        yield Fault(f"a unit of article {article} has no vector", Remedy.REMAKE, article)
    elif any(len(blob) != 4 * vectors.dim for blob in blobs):
        yield Fault(f"a vector of article {article} has another dimension", Remedy.REMAKE, article)
    else:
        matrix = np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), vectors.dim)
        if not np.allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-3):
            yield Fault(f"a vector of article {article} is not of length 1", Remedy.REMAKE, article)
        elif in_step and not vectors.mirrors(ids, matrix):
            yield Fault(f"FAISS holds another vector of article {article} than SQLite", Remedy.REMAKE, article)


def _last(table: str) -> str:
    """The query for the last id that was given."""
    return f"SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = '{table}'"  # noqa: S608
