"""The articles of the library, as values and as rows."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from index.errors import ArticleMissing
from index.lexical import folded
from index.sources import Article

_KNOWN = ("digest", "title", "origin", "date", "author", "site", "language", "place")  # of an article as it came
_ENTRY = "id, title, origin, date, added, sentences, author, site, language"
# An article whose text is gone, which only damage can bring about, has an empty one: so it can still be removed.
_STORED = (
    f"SELECT {_ENTRY}, coalesce(text, ''), digest, coalesce(pages, '[]'), place "  # noqa: S608
    "FROM articles LEFT JOIN texts ON texts.article = articles.id"
)
GONE = "This article is no longer in the library."


@dataclass(frozen=True, slots=True)
class Entry:
    """An article of the library without its text. `added` is in seconds since the epoch, `sentences` their count.

    The other fields are those of the `Article` it was made of.
    """

    id: str
    title: str
    origin: str
    date: str | None
    added: float
    sentences: int
    author: str | None
    site: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class Stored(Entry):
    """An article of the library."""

    text: str
    digest: str
    pages: tuple[int, ...]
    place: str | None


def columns(article: Article | Stored) -> dict[str, object]:
    """What the table of articles holds of an article as it came."""
    return {name: getattr(article, name) for name in _KNOWN}


def insert(db: sqlite3.Connection, values: dict[str, object], text: str, pages: Sequence[int]) -> int:
    """Write an article with these columns and its text; returns its key."""
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    statement = f"INSERT INTO articles ({names}) VALUES ({marks}) RETURNING id"  # noqa: S608
    ((key,),) = db.execute(statement, tuple(values.values())).fetchall()
    db.execute("INSERT INTO texts VALUES (?, ?, ?)", (key, text, json.dumps(pages)))
    return key


def one(db: sqlite3.Connection, where: str, value: object) -> Stored | None:
    """The article of which this holds, if any."""
    row = db.execute(f"{_STORED} WHERE {where}", (value,)).fetchone()
    return _stored(row) if row else None


def existing(db: sqlite3.Connection, article_id: str) -> Stored:
    """The article with this id. Raises ArticleMissing."""
    if found := one(db, "id = ?", number(article_id)):
        return found
    raise ArticleMissing(GONE)


def number(article_id: str) -> int:
    """The row of an article; one that cannot exist, if this is no id at all."""
    return int(article_id) if re.fullmatch(r"[1-9][0-9]{0,17}", article_id) else -1


def _stored(row: Sequence) -> Stored:
    key, *others, pages, place = row
    fields: list[Any] = [str(key), *others, tuple(json.loads(pages)), place]
    return Stored(*fields)


def _matches(entry: Entry, wanted: Sequence[str]) -> bool:
    """Does every one of these folded words occur in what the catalogue says of the article?"""
    described = folded("\n".join(part or "" for part in (entry.title, entry.author, entry.site, entry.origin)))
    return all(word in described for word in wanted)


def catalogue(db: sqlite3.Connection, search: str) -> list[Entry]:
    """The articles, newest first, with every word of `search` in title, author, site or origin; reads no text."""
    rows = db.execute(f"SELECT {_ENTRY} FROM articles ORDER BY added DESC, id DESC")  # noqa: S608
    entries = [Entry(str(key), *row) for key, *row in rows]
    wanted = folded(search).split()
    return [entry for entry in entries if _matches(entry, wanted)] if wanted else entries


def every(db: sqlite3.Connection) -> list[Stored]:
    """Every article, in the order of their ids."""
    return [_stored(row) for row in db.execute(f"{_STORED} ORDER BY id")]
