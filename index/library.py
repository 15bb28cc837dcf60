"""The library: which articles there are, what is in them, and the search over it, kept in one folder.

`library.sqlite` is the truth. `vectors.faiss` is derived from it and may be missing, old or damaged at any moment: it
is brought in step from the vectors that SQLite keeps, without embedding anything again. What makes this simple: an id
is never used twice and the vector of an id never changes, so two sets of vectors with the same ids are the same.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import RLock
from typing import Literal, Protocol

import numpy as np
from platformdirs import user_data_dir

from index import articles, database, repair, schema, units, words
from index.articles import Entry, Stored, number
from index.errors import ArticleMissing, LibraryUnusable, UserError
from index.sources import LONGEST_TITLE, Article, shorten
from index.units import Split, Unit
from index.vectors import Vectors

BATCH = 4096  # vectors read from SQLite at a time

Progress = Callable[[str, int, int], None]  # stage ("splitting", "embedding", "saving"), done, total

_UNIT = "SELECT id, article, kind, start, stop, passage, ordinal, paragraph FROM units"
_ASKED = "(SELECT value FROM json_each(?))"  # any number of values for one parameter



class Encoder(Protocol):
    """What turns texts into vectors; `index.embedder.Embedder` is one."""

    @property
    def name(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Added:
    """What adding came to: the article is new, its text was there already, or it took the place of an older version."""

    article: Stored
    outcome: Literal["added", "present", "replaced"]


@dataclass(frozen=True, slots=True)
class Removed:
    """All that is left of a removed article, in memory only: what `Library.restore` needs to put it back."""

    article: Stored
    vectors: np.ndarray  # float32 of shape (indexed units, dim)


def default_folder() -> Path:
    """Where the library is kept: the environment variable FOOTNOTE_DATA, or else the platform's place for user data."""
    return Path(os.environ.get("FOOTNOTE_DATA") or user_data_dir("footnote", appauthor=False))


class Library:
    """Articles on disk, searchable by meaning and by words. Safe to use from several threads and several processes.

    Every method may raise LibraryUnusable: the disk is full, the files are damaged or another process holds them.
    """

    def __init__(self, folder: Path, embedder: Encoder, progress: Progress | None = None) -> None:
        self.folder = folder
        self.embedder = embedder
        self._lock = RLock()  # guards the connection and the vectors, which all threads share
        self._temporary: TemporaryDirectory[str] | None = None
        self._file = folder / "vectors.faiss"
        self._new = folder / "vectors.faiss.new"  # until it is complete
        self._unsaved = 0  # vectors added or removed since that file was written
        with database.explained(folder):
            self._db = database.connect(folder / "library.sqlite")
            try:
                self._settle(progress or _silent)
                self._vectors = self._read_vectors()
                with self._transaction() as db:
                    self._follow(db)
            except BaseException:
                self._db.close()
                raise
        self._save_when_due()

    @classmethod
    def open(cls, folder: Path, embedder: Encoder, progress: Progress | None = None) -> Library:
        """Open the library in `folder`, made if need be.

        If another model or another version of the splitter built it, every article is split and embedded again, all of
        them or none. Raises LibraryUnusable.
        """
        return cls(folder, embedder, progress)

    @classmethod
    def temporary(cls, embedder: Encoder) -> Library:
        """A library that is gone when it is closed."""
        folder = TemporaryDirectory(prefix="footnote-")
        library = cls(Path(folder.name), embedder)
        library._temporary = folder
        return library

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            # What is little is read from SQLite at the next start, sooner than the whole file is written now.
            stale = self._unsaved * 100 > len(self._vectors) or (self._unsaved and not self._file.exists())
            if stale and not self._temporary:
                self._save()
            self._unsaved = 0
            self._db.close()
            if self._temporary:
                self._temporary.cleanup()

    # Articles

    def add(self, article: Article, progress: Progress | None = None) -> Added:
        """Split, embed and keep an article; it survives a crash once this returns.

        The same text is kept only once; an article from the same place with another text is replaced. What `progress`
        raises stops it at once, and the library is as it was.
        """
        report = progress or _silent
        with self._transaction() as db:
            if present := articles.one(db, "digest = ?", article.digest):
                return Added(present, "present")
        report("splitting", 0, 1)
        split = Split.of(article.text)
        report("splitting", 1, 1)
        matrix = self.embedder.encode(split.texts, lambda done, total: report("embedding", done, total))
        report("saving", 0, 1)
        with self._lock:
            with self._transaction("IMMEDIATE") as db:
                self._follow(db)
                if present := articles.one(db, "digest = ?", article.digest):  # by another thread or process
                    return Added(present, "present")
                old = articles.one(db, "place = ?", article.place)  # NULL equals nothing
                gone = self._erase(db, old) if old else []
                values = {**articles.columns(article), "added": time.time()}
                stored, ids = _write(db, values, article, split, matrix)
                report("saving", 1, 1)
                generation = schema.advance(db)
            self._change(generation, gone, ids, matrix, stored.id)
        return Added(stored, "replaced" if old else "added")

    def rename(self, article_id: str, title: str) -> Stored:
        """Give an article another title. Raises ArticleMissing, and UserError if the title is empty."""
        title = shorten(" ".join(title.split()), LONGEST_TITLE)
        if not title:
            raise UserError("An article needs a title. Write at least one letter.")
        with self._transaction("IMMEDIATE") as db:
            stored = articles.existing(db, article_id)
            db.execute("UPDATE articles SET title = ? WHERE id = ?", (title, number(article_id)))
        return replace(stored, title=title)

    def remove(self, article_id: str) -> Removed:
        """Forget an article and everything derived from it, on disk too. Raises ArticleMissing.

        What is returned is for `restore`, and is the last of it.
        """
        with self._lock:
            with self._transaction("IMMEDIATE") as db:
                self._follow(db)
                stored = articles.existing(db, article_id)
                query = """SELECT vector FROM units JOIN vectors ON vectors.unit = units.id
                    WHERE article = ? AND indexed_as = id ORDER BY id"""
                vectors = self._matrix([blob for (blob,) in db.execute(query, (number(article_id),))])
                gone = self._erase(db, stored)
                generation = schema.advance(db)
            self._change(generation, gone)
        return Removed(stored, vectors)

    def restore(self, removed: Removed) -> Stored:
        """Put back what was removed from this library, under the same id, without embedding it again.

        If its text is in the library, because it was put back or added meanwhile, that article is returned. If a newer
        version has been added from the same place, both stay, and the one put back is no longer of that place.
        """
        split = Split.of(removed.article.text)
        with self._lock:
            with self._transaction("IMMEDIATE") as db:
                self._follow(db)
                article = removed.article
                if present := articles.one(db, "digest = ?", article.digest):
                    return present
                values = {**articles.columns(article), "id": number(article.id), "added": article.added}
                if articles.one(db, "place = ?", article.place):
                    values["place"] = None
                stored, ids = _write(db, values, article, split, removed.vectors)
                generation = schema.advance(db)
            self._change(generation, (), ids, removed.vectors, stored.id)
        return stored

    def articles(self) -> list[Stored]:
        """Every article, in the order of their ids."""
        with self._transaction() as db:
            return articles.every(db)

    def catalogue(self, search: str = "") -> list[Entry]:
        """The articles without their texts, newest first; those with every word of `search` in title, author or source."""
        with self._transaction() as db:
            return articles.catalogue(db, search)

    def ids(self) -> list[str]:
        """The ids of every article, in order: cheaper than the articles with their texts."""
        with self._transaction() as db:
            return [str(key) for (key,) in db.execute("SELECT id FROM articles ORDER BY id")]

    def article(self, article_id: str) -> Stored:
        """One article. Raises ArticleMissing."""
        with self._transaction() as db:
            return articles.existing(db, article_id)

    # Units

    def sentences(self, article_id: str) -> list[Unit]:
        """The sentences of an article, in order. Raises ArticleMissing."""
        with self._transaction() as db:
            key = number(article_id)
            if not db.execute("SELECT 1 FROM articles WHERE id = ?", (key,)).fetchone():
                raise ArticleMissing(articles.GONE)
            return _units(db, "article = ? AND kind = 'sentence' ORDER BY ordinal", key)

    def units(self, ids: Sequence[int]) -> list[Unit]:
        """The units with these ids, in the order asked; ids that are gone are left out."""
        with self._transaction() as db:
            found = {unit.id: unit for unit in _units(db, f"id IN {_ASKED}", _json(ids))}
        return [found[key] for key in map(int, ids) if key in found]

    def passage_sentences(self, passage_ids: Sequence[int]) -> list[Unit]:
        """The sentences of these passages: passage by passage in the order asked, each in the order of the text."""
        place = {int(key): at for at, key in enumerate(dict.fromkeys(passage_ids))}
        with self._transaction() as db:
            found = _units(db, f"passage IN {_ASKED} AND kind = 'sentence'", _json(place))
        return sorted(found, key=lambda unit: (place[unit.passage], unit.ordinal))

    def vectors(self, ids: Sequence[int]) -> np.ndarray:
        """The vectors of these units, float32 of shape (len(ids), dim), L2-normalised; zeros for an id that is gone."""
        with self._transaction() as db:
            self._follow(db)
            query = "SELECT id, indexed_as FROM units WHERE id IN (SELECT value FROM json_each(?))"
            indexed_as = dict(db.execute(query, (_json(ids),)))
            return self._vectors.reconstruct([indexed_as.get(int(key), -1) for key in ids])

    # Search

    def dense(self, vector: np.ndarray, k: int, articles: Collection[str] | None = None) -> list[tuple[int, float]]:
        """Up to `k` (unit id, cosine) nearest to `vector`, float32 of shape (dim,), best first; units of both kinds.

        A passage of one sentence never comes up itself: that sentence, which has the same text, stands for it.
        """
        with self._transaction() as db:
            self._follow(db)
            return self._vectors.search(vector, k, None if articles is None else self._vectors.parts(articles))

    def lexical(self, question: str, k: int, articles: Collection[str] | None = None) -> list[tuple[int, float]]:
        """Up to `k` (unit id, BM25 > 0) that share words with the question, best first; units of both kinds.

        A passage of one sentence never comes up itself, as in `dense`. In a large library a unit that has only the most
        frequent words of the question may be passed over.
        """
        keys = None if articles is None else [number(article_id) for article_id in articles]
        with self._transaction() as db:
            return words.search(db, question, k, keys)

    # What keeps it right

    def check(self) -> list[str]:
        """What is wrong with this library, one clause for each broken rule; empty if nothing is."""
        with self._transaction("IMMEDIATE") as db:
            faults = repair.of_files(db)
        with self._transaction() as db:
            self._follow(db)
            faults += repair.of_content(db, self._vectors)
        return [fault.what for fault in faults]

    def repair(self) -> list[str]:
        """Mend what `check` finds. Returns what was done, a sentence each; raises LibraryUnusable if that is not enough."""
        with self._lock:
            with self._transaction("IMMEDIATE") as db:
                self._follow(db)
                faults = [*repair.of_files(db), *repair.of_content(db, self._vectors)]
                if not faults:
                    return []
                done = repair.mend(db, faults, lambda article: self._remake(db, article))
                words.purge(db)
                schema.advance(db)
            self._vectors = Vectors(dim=self.embedder.dim, kept=self._kept)
            self._save()
            if left := self.check():
                raise LibraryUnusable(
                    f"The library in {self.folder} cannot be mended: {'; '.join(left)}. Remove the articles concerned "
                    "and add them again, or put back a copy of the folder."
                )
        return done

    @contextmanager
    def _transaction(self, mode: Literal["DEFERRED", "IMMEDIATE"] = "DEFERRED") -> Iterator[sqlite3.Connection]:
        """One consistent state of the database to read, or with IMMEDIATE to write: all of it or nothing."""
        with self._lock, database.explained(self.folder):
            self._db.execute(f"BEGIN {mode}")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _erase(self, db: sqlite3.Connection, article: Stored) -> list[int]:
        """Delete an article and everything derived from it; returns the ids of its indexed units."""
        key = number(article.id)
        gone = units.erase(db, key)
        db.execute("DELETE FROM articles WHERE id = ?", (key,))
        words.purge(db)
        # Before the commit, so that no crash leaves a file with the vectors of what is gone.
        with suppress(OSError):
            self._file.unlink()
        return gone

    def _change(
        self,
        generation: str,
        gone: Collection[int],
        ids: Sequence[int] = (),
        matrix: np.ndarray | None = None,
        article_id: str = "",
    ) -> None:
        """Do to the vectors what was done to SQLite."""
        if gone:
            self._vectors.remove(gone)
            database.empty_log(self._db)
        if matrix is not None:
            self._vectors.add_vectors(ids, matrix, [article_id] * len(ids))
        self._vectors.generation = generation
        self._unsaved += len(gone) + len(ids)
        self._save_when_due()

    def _recipe(self) -> dict[str, str]:
        """What the units and their vectors depend on, apart from the texts."""
        return {"embedder": self.embedder.name, "dim": str(self.embedder.dim), "splitter": units.recipe()}

    def _settle(self, report: Progress) -> None:
        """Make or migrate the tables; split and embed everything again if it was done by another recipe."""
        recipe = self._recipe()
        with self._transaction("IMMEDIATE") as db:
            with suppress(OSError):
                self._new.unlink()  # left by a crash, and may hold what has been removed since
            schema.prepare(db, self.folder, recipe)
            if recipe.items() <= schema.noted(db).items():
                return
            keys = [key for (key,) in db.execute("SELECT id FROM articles ORDER BY id")]
            for done, key in enumerate(keys):
                report("embedding", done, len(keys))
                self._remake(db, key)
            words.purge(db)
            report("embedding", len(keys), len(keys))
            schema.note(db, recipe)
            schema.advance(db)

    def _remake(self, db: sqlite3.Connection, article: int) -> None:
        """Split and embed an article again."""
        units.erase(db, article)
        (text,) = db.execute("SELECT text FROM texts WHERE article = ?", (article,)).fetchone()
        split = Split.of(text)
        units.write(db, article, split, self.embedder.encode(split.texts))

    def _follow(self, db: sqlite3.Connection) -> None:
        """Bring the vectors in step with the state of SQLite that `db` sees, if any process has changed it."""
        generation = schema.generation(db)
        if generation == self._vectors.generation:
            return
        if not {"format": str(schema.FORMAT), **self._recipe()}.items() <= schema.noted(db).items():
            raise LibraryUnusable(
                f"Another process has rebuilt the library in {self.folder} for another model. Start Footnote again."
            )
        query = "SELECT id FROM units WHERE indexed_as = id"
        wanted = np.fromiter((unit for (unit,) in db.execute(query)), np.int64)
        gone = np.setdiff1d(self._vectors.ids, wanted, assume_unique=True)
        new = np.setdiff1d(wanted, self._vectors.ids, assume_unique=True)
        self._vectors.remove(gone)
        for at in range(0, len(new), BATCH):
            query = """SELECT unit, CAST(article AS TEXT), vector FROM json_each(?) AS asked
                JOIN vectors ON vectors.unit = asked.value JOIN units ON units.id = vectors.unit
                WHERE length(vector) = ?"""  # what is damaged is for check to find
            rows = db.execute(query, (_json(new[at : at + BATCH]), 4 * self.embedder.dim)).fetchall()
            ids, owners, blobs = zip(*rows, strict=True) if rows else ((), (), ())
            self._vectors.add_vectors(ids, self._matrix(blobs), owners)
        self._vectors.generation = generation
        self._unsaved += len(gone) + len(new)

    def _matrix(self, blobs: Sequence[bytes]) -> np.ndarray:
        """Vectors as SQLite keeps them, as float32 of shape (len(blobs), dim)."""
        return np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), self.embedder.dim)

    def _kept(self, ids: np.ndarray) -> np.ndarray:
        """The vectors that SQLite keeps of these indexed units, float32 of shape (len(ids), dim)."""
        query = f"SELECT unit, vector FROM vectors WHERE unit IN {_ASKED}"  # noqa: S608
        found = dict(self._db.execute(query, (_json(ids),)))
        return self._matrix([found[key] for key in ids.tolist()])

    def _read_vectors(self) -> Vectors:
        """What vectors.faiss holds, perhaps of an earlier state; nothing if it is missing, damaged or a stranger's."""
        with suppress(OSError, ValueError), open(self._file, "rb") as file:
            vectors = Vectors.read(file, self._kept)
            with self._transaction() as db:
                known = db.execute("SELECT 1 FROM generations WHERE name = ?", (vectors.generation,)).fetchone()
            if known and vectors.dim == self.embedder.dim:
                return vectors
        return Vectors(dim=self.embedder.dim, kept=self._kept)

    def _save_when_due(self) -> None:
        """Write vectors.faiss once a tenth of it is out of date, so that adding n articles writes O(n), not O(n²)."""
        with self._lock:
            if self._unsaved * 10 > len(self._vectors):
                self._save()

    def _save(self) -> None:
        """Write vectors.faiss in one step. To fail, on a full disk say, costs some work at the next start, no more."""
        # SQLite's lock is held so that two processes do not write the same file at once.
        with suppress(OSError, LibraryUnusable), self._transaction("IMMEDIATE") as db:
            self._follow(db)  # what another process has removed does not come back
            with open(self._new, "wb") as file:
                self._vectors.write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(self._new, self._file)
            database.sync_folder(self.folder)
            self._unsaved = 0


def _write(
    db: sqlite3.Connection, values: dict[str, object], article: Article | Stored, split: Split, matrix: np.ndarray
) -> tuple[Stored, list[int]]:
    """Write an article with these columns and its units; returns it and the ids of the indexed units."""
    key = articles.insert(db, values, article.text, article.pages)
    ids = units.write(db, key, split, matrix)
    return articles.existing(db, str(key)), ids


def _json(ids: Collection[int] | np.ndarray) -> str:
    return json.dumps([int(key) for key in ids])


def _units(db: sqlite3.Connection, where: str, value: object) -> list[Unit]:
    rows = db.execute(f"{_UNIT} WHERE {where}", (value,)).fetchall()
    query = "SELECT article, text FROM texts WHERE article IN (SELECT value FROM json_each(?))"
    texts = dict(db.execute(query, (_json({row[1] for row in rows}),)))
    return [
        Unit(key, str(article), kind, start, stop, passage, ordinal, paragraph, texts[article][start:stop])
        for key, article, kind, start, stop, passage, ordinal, paragraph in rows
    ]


def _silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""
