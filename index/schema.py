"""The tables of the library, and the way there from those of earlier versions."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping
from pathlib import Path

from index import words
from index.errors import LibraryUnusable

FORMAT = 2  # raise it when the tables change their meaning, and say in _MIGRATIONS how the old ones become the new

# Apart from articles, so that a walk over the catalogue reads no text.
_TEXTS = """CREATE TABLE texts (
    article INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE, text TEXT NOT NULL, pages TEXT NOT NULL)"""
_PLACES = "CREATE UNIQUE INDEX articles_of_place ON articles (place)"
_TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # Every state the library has been in, under a name no other library's state has; the last one is the present.
    "CREATE TABLE generations (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE articles (
        id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE, title TEXT NOT NULL, origin TEXT NOT NULL,
        date TEXT, added REAL NOT NULL, author TEXT, site TEXT, language TEXT, place TEXT,
        sentences INTEGER NOT NULL DEFAULT 0)""",
    _PLACES,
    _TEXTS,
    # indexed_as: the unit whose vector and words stand for this one too; a passage of one sentence is indexed as that
    # sentence, everything else as itself.
    """CREATE TABLE units (
        id INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
        kind TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, passage INTEGER NOT NULL,
        ordinal INTEGER NOT NULL, paragraph INTEGER NOT NULL, indexed_as INTEGER NOT NULL)""",
    "CREATE INDEX units_of_article ON units (article, kind)",
    "CREATE INDEX units_of_passage ON units (passage)",
    # Apart from units, so that a walk over units does not read every vector.
    "CREATE TABLE vectors (unit INTEGER PRIMARY KEY REFERENCES units ON DELETE CASCADE, vector BLOB NOT NULL)",
    words.TABLE,
    words.VOCABULARY,
)
_MIGRATIONS: Mapping[int, tuple[str, ...]] = {  # from each earlier format to the next
    1: (
        *(f"ALTER TABLE articles ADD COLUMN {name} TEXT" for name in ("author", "site", "language", "place")),
        _PLACES,
        "ALTER TABLE articles ADD COLUMN sentences INTEGER NOT NULL DEFAULT 0",
        """UPDATE articles SET sentences =
            (SELECT count(*) FROM units WHERE article = articles.id AND kind = 'sentence')""",
        _TEXTS,
        "INSERT INTO texts SELECT id, text, '[]' FROM articles",
        "ALTER TABLE articles DROP COLUMN text",
    ),
}


def prepare(db: sqlite3.Connection, folder: Path, recipe: Mapping[str, str]) -> None:
    """Make the tables of a library made by `recipe` if there are none, and those of an earlier format into today's.

    Raises LibraryUnusable if they are of a later format.
    """
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        for statement in _TABLES:
            db.execute(statement)
        note(db, {"format": str(FORMAT), **recipe})
        advance(db)
    made = int(noted(db)["format"])
    if made > FORMAT:
        raise LibraryUnusable(
            f"The library in {folder} was made by a newer Footnote. Update this one or use another folder."
        )
    for step in range(made, FORMAT):
        for statement in _MIGRATIONS[step]:
            db.execute(statement)
    if made < FORMAT:
        note(db, {"format": str(FORMAT)})
        advance(db)


def noted(db: sqlite3.Connection) -> dict[str, str]:
    """What the library notes of how it was made: "format", and what its units and their vectors depend on."""
    return dict(db.execute("SELECT key, value FROM meta"))


def note(db: sqlite3.Connection, values: Mapping[str, str]) -> None:
    """Write down how the library is made."""
    db.executemany("REPLACE INTO meta VALUES (?, ?)", values.items())


def generation(db: sqlite3.Connection) -> str:
    """The name of the present state."""
    return db.execute("SELECT name FROM generations ORDER BY number DESC LIMIT 1").fetchone()[0]


def advance(db: sqlite3.Connection) -> str:
    """Mark a change, which tells every process that its vectors are out of date. Returns the new generation."""
    name = uuid.uuid4().hex
    db.execute("INSERT INTO generations (name) VALUES (?)", (name,))
    return name
