"""The library: which articles there are, and the search over them. The only module that writes to disk.

`library.sqlite` is the truth. `vectors.faiss` is derived from it and may be missing, old or damaged at any moment: it
is brought in step from the vectors that SQLite keeps, without embedding anything again. What makes this simple: an id
is never used twice and the vector of an id never changes, so two sets of vectors with the same ids are the same.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import string
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import RLock
from typing import Literal, Protocol

import numpy as np
from platformdirs import user_data_dir

from index import passages, sentences
from index.errors import ArticleMissing, LibraryUnusable
from index.lexical import query_tokens, tokens
from index.sources import Article
from index.vectors import Vectors

FORMAT = 1  # raise it when the tables, or the tokens in them, change their meaning
BUSY_SECONDS = 30.0  # how long a writer waits for another process
COMMON = 20_000  # units to rank by words, tens of milliseconds' worth: see _rare_and_common
BATCH = 4096  # vectors read from SQLite at a time

Progress = Callable[[str, int, int], None]  # stage ("splitting", "embedding", "saving"), done, total

# Everything but a space belongs to a token: the tokens are ours, FTS5 only has to keep them whole.
_TOKENIZER = "ascii tokenchars '" + string.punctuation.replace("'", "''") + "'"
_WORDS = f"CREATE VIRTUAL TABLE words USING fts5(tokens, tokenize='{_TOKENIZER.replace(chr(39), chr(39) * 2)}')"
_SCHEMA = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # Every state the library has been in, under a name no other library's state has; the last one is the present.
    "CREATE TABLE generations (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE articles (
        id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE, title TEXT NOT NULL, origin TEXT NOT NULL,
        date TEXT, added REAL NOT NULL, text TEXT NOT NULL)""",
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
    _WORDS,
    "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, 'row')",
)
_STORED = """SELECT id, title, origin, date, added, text, digest,
    (SELECT count(*) FROM units WHERE article = articles.id AND kind = 'sentence') FROM articles"""
_UNIT = "SELECT id, article, kind, start, stop, passage, ordinal, paragraph FROM units"
_ASKED = "(SELECT value FROM json_each(?))"  # any number of values for one parameter
_MATCH = "SELECT rowid, -rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"
# Not "ORDER BY rank": FTS5 would rank every match before the articles are looked at.
_MATCH_AMONG = """SELECT rowid, -bm25(words) AS score FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? AND EXISTS
    (SELECT 1 FROM units WHERE units.id = words.rowid AND units.article IN (SELECT value FROM json_each(?)))
    ORDER BY score DESC, rowid LIMIT ?"""
_RULES = {  # each finds what breaks it
    "SQLite finds damage": "SELECT 1 FROM pragma_quick_check AS found WHERE found.quick_check <> 'ok'",
    "a row refers to one that is gone": "SELECT 1 FROM pragma_foreign_key_check",
    "an indexed unit has no vector": "SELECT id FROM units WHERE indexed_as = id EXCEPT SELECT unit FROM vectors",
    "a vector has no unit": "SELECT unit FROM vectors EXCEPT SELECT id FROM units WHERE indexed_as = id",
    "an indexed unit has no words": "SELECT id FROM units WHERE indexed_as = id EXCEPT SELECT rowid FROM words",
    "words have no unit": "SELECT rowid FROM words EXCEPT SELECT id FROM units WHERE indexed_as = id",
}
_GONE = "This article is no longer in the library."

_REASONS = {
    sqlite3.SQLITE_BUSY: "is in use by another process. Close the other one, or try again later",
    sqlite3.SQLITE_FULL: "cannot grow, because the disk is full. Make room and try again",
    sqlite3.SQLITE_NOTADB: "is damaged. Move it away and start again with an empty one, or put back a copy of it",
    sqlite3.SQLITE_CORRUPT: "is damaged. Move it away and start again with an empty one, or put back a copy of it",
    sqlite3.SQLITE_READONLY: "cannot be written. Check who owns it, or set FOOTNOTE_DATA to another folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened. Check who owns it, or set FOOTNOTE_DATA to another folder",
    sqlite3.SQLITE_IOERR: "cannot be read or written. Check the disk, or set FOOTNOTE_DATA to another folder",
}


class Encoder(Protocol):
    """What turns texts into vectors; `index.embedder.Embedder` is one."""

    @property
    def name(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def encode(self, texts: Sequence[str], progress: Callable[[int, int], None] | None = None) -> np.ndarray: ...


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
class Stored:
    """An article of the library. `added` is in seconds since the epoch, `sentences` their count."""

    id: str
    title: str
    origin: str
    date: str | None
    added: float
    sentences: int
    text: str
    digest: str


@dataclass(frozen=True, slots=True)
class _Draft:
    """A unit before it has an id: `passage` and `indexed_as` count from the first unit of the article."""

    kind: str
    start: int
    end: int
    passage: int
    ordinal: int
    paragraph: int
    indexed_as: int

    def row(self, first: int, at: int) -> tuple[int, str, int, int, int, int, int, int]:
        """The unit as SQLite has it, the `at`-th of an article whose first unit has the id `first`."""
        passage, indexed_as = first + self.passage, first + self.indexed_as
        return first + at, self.kind, self.start, self.end, passage, self.ordinal, self.paragraph, indexed_as


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
        self._unsaved = 0  # vectors added or removed since vectors.faiss was written
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryUnusable(
                f"The folder {folder} cannot be made ({error.strerror}). Set FOOTNOTE_DATA to another folder."
            ) from error
        with _explained(folder):
            self._db = sqlite3.connect(
                folder / "library.sqlite", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                    self._db.execute(f"PRAGMA {pragma}")
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
            if self._unsaved and not self._temporary:
                self._save()
            self._unsaved = 0
            self._db.close()
            if self._temporary:
                self._temporary.cleanup()

    # Articles

    def add(self, article: Article, progress: Progress | None = None) -> Stored:
        """Split, embed and keep an article; it survives a crash once this returns. The same text is kept only once."""
        report = progress or _silent
        with self._transaction() as db:
            if row := db.execute(f"{_STORED} WHERE digest = ?", (article.digest,)).fetchone():
                return _stored(row)
        report("splitting", 0, 1)
        drafts = _drafts(article.text)
        report("splitting", 1, 1)
        texts = [article.text[draft.start : draft.end] for draft in _indexed(drafts)]
        matrix = self.embedder.encode(texts, lambda done, total: report("embedding", done, total))
        words = [" ".join(tokens(text)) for text in texts]
        report("saving", 0, 1)
        with self._lock:
            with self._transaction("IMMEDIATE") as db:
                self._follow(db)
                digest = (article.digest,)
                if row := db.execute(f"{_STORED} WHERE digest = ?", digest).fetchone():  # by another thread or process
                    return _stored(row)
                values = (article.digest, article.title, article.origin, article.date, time.time(), article.text)
                key = db.execute(
                    "INSERT INTO articles (digest, title, origin, date, added, text) VALUES (?, ?, ?, ?, ?, ?)", values
                ).lastrowid
                ids = _write_units(db, key, drafts, words, matrix)
                stored = _stored(db.execute(f"{_STORED} WHERE digest = ?", digest).fetchone())
                generation = _advance(db)
            self._vectors.add_vectors(ids, matrix, [stored.id] * len(ids))
            self._vectors.generation = generation
            self._unsaved += len(ids)
            self._save_when_due()
        report("saving", 1, 1)
        return stored

    def remove(self, article_id: str) -> None:
        """Forget an article and everything derived from it. Raises ArticleMissing."""
        with self._lock:
            with self._transaction("IMMEDIATE") as db:
                self._follow(db)
                key = _number(article_id)
                query = "SELECT id FROM units WHERE article = ? AND indexed_as = id"
                ids = [unit for (unit,) in db.execute(query, (key,))]
                db.executemany("DELETE FROM words WHERE rowid = ?", ((unit,) for unit in ids))
                if not db.execute("DELETE FROM articles WHERE id = ?", (key,)).rowcount:
                    raise ArticleMissing(_GONE)
                generation = _advance(db)
            self._vectors.remove(ids)
            self._vectors.generation = generation
            self._unsaved += len(ids)
            self._save_when_due()

    def articles(self) -> list[Stored]:
        """Every article, in the order they were added."""
        with self._transaction() as db:
            return [_stored(row) for row in db.execute(f"{_STORED} ORDER BY id")]

    def ids(self) -> list[str]:
        """The ids of every article, in the order they were added: cheaper than the articles with their texts."""
        with self._transaction() as db:
            return [str(key) for (key,) in db.execute("SELECT id FROM articles ORDER BY id")]

    def article(self, article_id: str) -> Stored:
        """One article. Raises ArticleMissing."""
        with self._transaction() as db:
            row = db.execute(f"{_STORED} WHERE id = ?", (_number(article_id),)).fetchone()
        if row is None:
            raise ArticleMissing(_GONE)
        return _stored(row)

    # Units

    def sentences(self, article_id: str) -> list[Unit]:
        """The sentences of an article, in order. Raises ArticleMissing."""
        with self._transaction() as db:
            key = _number(article_id)
            if not db.execute("SELECT 1 FROM articles WHERE id = ?", (key,)).fetchone():
                raise ArticleMissing(_GONE)
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
            if articles is None:
                return self._vectors.search(vector, k)
            query = "SELECT id FROM units WHERE article IN (SELECT value FROM json_each(?)) AND indexed_as = id"
            return self._vectors.search(vector, k, [unit for (unit,) in db.execute(query, (_keys(articles),))])

    def lexical(self, question: str, k: int, articles: Collection[str] | None = None) -> list[tuple[int, float]]:
        """Up to `k` (unit id, BM25 > 0) that share words with the question, best first; units of both kinds.

        A passage of one sentence never comes up itself, as in `dense`. In a large library a unit that has only the most
        frequent words of the question may be passed over.
        """
        words = query_tokens(question)
        if not words:
            return []
        with self._transaction() as db:
            if articles is not None:
                keys = _keys(articles)
                query = "SELECT min(id), max(id) FROM units WHERE article IN (SELECT value FROM json_each(?))"
                first, last = db.execute(query, (keys,)).fetchone()
                return db.execute(_MATCH_AMONG, (_any_of(words), first, last, keys, k)).fetchall()
            query = "SELECT term, doc FROM vocabulary WHERE term IN (SELECT value FROM json_each(?))"
            rare, common = _rare_and_common(dict(db.execute(query, (json.dumps(words),))), k)
            found = dict(db.execute(_MATCH, (_any_of(rare), k))) if rare else {}
            if common:  # ranks those that have common words too by all of their words
                found |= dict(db.execute(_MATCH, (f"({_any_of(rare)}) AND ({_any_of(common)})", k)))
        return sorted(found.items(), key=lambda hit: (-hit[1], hit[0]))[:k]

    # What keeps it right

    def check(self) -> list[str]:
        """What is wrong with this library, one clause for each broken rule; empty if nothing is."""
        with self._transaction() as db:
            self._follow(db)
            wrong = [rule for rule, query in _RULES.items() if db.execute(query).fetchone()]
            query = """SELECT id, kind, start, stop, passage, ordinal, paragraph, indexed_as FROM units
                WHERE article = ? ORDER BY id"""
            for article, text in db.execute("SELECT id, text FROM articles"):
                rows = db.execute(query, (article,)).fetchall()
                first = rows[0][0] if rows else 0
                if rows != [draft.row(first, at) for at, draft in enumerate(_drafts(text))]:
                    wrong.append(f"the units of article {article} are not those of its text")
            kept = dict(db.execute("SELECT unit, vector FROM vectors"))
            if sorted(self._vectors.ids.tolist()) != sorted(kept) or self._vectors.client.ntotal != len(kept):
                wrong.append("FAISS does not hold the units that SQLite does")
            elif self._vectors.reconstruct(list(kept)).tobytes() != b"".join(kept.values()):
                wrong.append("FAISS holds another vector than SQLite")
        return wrong

    @contextmanager
    def _transaction(self, mode: Literal["DEFERRED", "IMMEDIATE"] = "DEFERRED") -> Iterator[sqlite3.Connection]:
        """One consistent state of the database to read, or with IMMEDIATE to write: all of it or nothing."""
        with self._lock, _explained(self.folder):
            self._db.execute(f"BEGIN {mode}")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _recipe(self) -> dict[str, str]:
        """What the units and their vectors depend on, apart from the texts."""
        splitter = f"{sentences.VERSION}/{passages.LONGEST}"
        name, dim = self.embedder.name, str(self.embedder.dim)
        return {"format": str(FORMAT), "embedder": name, "dim": dim, "splitter": splitter}

    def _settle(self, report: Progress) -> None:
        """Make the tables if there are none; split and embed everything again if it was done by another recipe."""
        recipe = self._recipe()
        with self._transaction("IMMEDIATE") as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                for statement in _SCHEMA:
                    db.execute(statement)
                db.executemany("INSERT INTO meta VALUES (?, ?)", recipe.items())
                _advance(db)
            meta = dict(db.execute("SELECT key, value FROM meta"))
            if int(meta["format"]) > FORMAT:
                raise LibraryUnusable(
                    f"The library in {self.folder} was made by a newer Footnote. Update this one or use another folder."
                )
            if recipe.items() <= meta.items():
                return
            db.execute("DROP TABLE words")
            db.execute(_WORDS)
            db.execute("DELETE FROM units")
            keys = [key for (key,) in db.execute("SELECT id FROM articles ORDER BY id")]
            for done, key in enumerate(keys):
                report("embedding", done, len(keys))
                (text,) = db.execute("SELECT text FROM articles WHERE id = ?", (key,)).fetchone()
                drafts = _drafts(text)
                texts = [text[draft.start : draft.end] for draft in _indexed(drafts)]
                _write_units(db, key, drafts, [" ".join(tokens(t)) for t in texts], self.embedder.encode(texts))
            report("embedding", len(keys), len(keys))
            db.executemany("REPLACE INTO meta VALUES (?, ?)", recipe.items())
            _advance(db)

    def _follow(self, db: sqlite3.Connection) -> None:
        """Bring the vectors in step with the state of SQLite that `db` sees, if any process has changed it."""
        (generation,) = db.execute("SELECT name FROM generations ORDER BY number DESC LIMIT 1").fetchone()
        if generation == self._vectors.generation:
            return
        if not self._recipe().items() <= dict(db.execute("SELECT key, value FROM meta")).items():
            raise LibraryUnusable(
                f"Another process has rebuilt the library in {self.folder} for another model. Start Footnote again."
            )
        query = "SELECT id FROM units WHERE indexed_as = id"
        wanted = np.fromiter((unit for (unit,) in db.execute(query)), np.int64)
        gone = np.setdiff1d(self._vectors.ids, wanted)
        new = np.setdiff1d(wanted, self._vectors.ids)
        self._vectors.remove(gone)
        for at in range(0, len(new), BATCH):
            query = """SELECT unit, CAST(article AS TEXT), vector FROM json_each(?) AS asked
                JOIN vectors ON vectors.unit = asked.value JOIN units ON units.id = vectors.unit"""
            ids, owners, blobs = zip(*db.execute(query, (_json(new[at : at + BATCH]),)), strict=True)
            self._vectors.add_vectors(ids, np.frombuffer(b"".join(blobs), "<f4").reshape(len(ids), -1), owners)
        self._vectors.generation = generation
        self._unsaved += len(gone) + len(new)

    def _read_vectors(self) -> Vectors:
        """What vectors.faiss holds, perhaps of an earlier state; nothing if it is missing, damaged or a stranger's."""
        with suppress(OSError, ValueError), open(self.folder / "vectors.faiss", "rb") as file:
            vectors = Vectors.read(file)
            with self._transaction() as db:
                known = db.execute("SELECT 1 FROM generations WHERE name = ?", (vectors.generation,)).fetchone()
            if known and vectors.dim == self.embedder.dim:
                return vectors
        return Vectors(dim=self.embedder.dim)

    def _save_when_due(self) -> None:
        """Write vectors.faiss once a tenth of it is out of date, so that adding n articles writes O(n), not O(n²)."""
        with self._lock:
            if self._unsaved * 10 > len(self._vectors):
                self._save()

    def _save(self) -> None:
        """Write vectors.faiss in one step. To fail, on a full disk say, costs some work at the next start, no more."""
        new = self.folder / "vectors.faiss.new"
        # SQLite's lock is held so that two processes do not write the same file at once.
        with suppress(OSError, LibraryUnusable), self._transaction("IMMEDIATE"):
            with open(new, "wb") as file:
                self._vectors.write(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self.folder / "vectors.faiss")
            _sync_folder(self.folder)
            self._unsaved = 0


def _drafts(text: str) -> list[_Draft]:
    """The units of a text: each passage, then its sentences."""
    found = sentences.split(text)
    drafts: list[_Draft] = []
    for number, passage in enumerate(passages.group(found)):
        own = len(drafts)
        alone = passage.last - passage.first == 1
        paragraph = found[passage.first].paragraph
        span = (passage.start, passage.end)
        drafts.append(_Draft("passage", *span, own, number, paragraph, own + 1 if alone else own))
        for ordinal in range(passage.first, passage.last):
            sentence = found[ordinal]
            drafts.append(
                _Draft("sentence", sentence.start, sentence.end, own, ordinal, sentence.paragraph, len(drafts))
            )
    return drafts


def _indexed(drafts: Sequence[_Draft]) -> list[_Draft]:
    """The drafts that get a vector and words of their own."""
    return [draft for at, draft in enumerate(drafts) if draft.indexed_as == at]


def _write_units(
    db: sqlite3.Connection, article: int | None, drafts: Sequence[_Draft], words: Sequence[str], matrix: np.ndarray
) -> list[int]:
    """Write the units of an article, with words and vectors (n, dim) of the indexed ones, whose ids are returned."""
    last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'units'").fetchone()
    first = last[0] + 1 if last else 1
    db.executemany(
        "INSERT INTO units (article, id, kind, start, stop, passage, ordinal, paragraph, indexed_as) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((article, *draft.row(first, at)) for at, draft in enumerate(drafts)),
    )
    ids = [first + draft.indexed_as for draft in _indexed(drafts)]
    blobs = (row.tobytes() for row in np.asarray(matrix, "<f4"))
    db.executemany("INSERT INTO vectors VALUES (?, ?)", zip(ids, blobs, strict=True))
    db.executemany("INSERT INTO words (rowid, tokens) VALUES (?, ?)", zip(ids, words, strict=True))
    return ids


def _advance(db: sqlite3.Connection) -> str:
    """Mark a change, which tells every process that its vectors are out of date. Returns the new generation."""
    generation = uuid.uuid4().hex
    db.execute("INSERT INTO generations (name) VALUES (?)", (generation,))
    return generation


def _rare_and_common(counts: dict[str, int], k: int) -> tuple[list[str], list[str]]:
    """Split words, given in how many units each is, into those that find units and those that only help to rank them.

    FTS5 ranks every unit it finds, a microsecond each, and what frequent words find alone would not be on top. So the
    rarest words find the units: as many words as find COMMON units in all, or more if those would not give `k`.
    """
    rare: list[str] = []
    total = 0
    for word in sorted(counts, key=lambda word: (counts[word], word)):
        if total >= k and total + counts[word] > COMMON:
            break
        rare.append(word)
        total += counts[word]
    return rare, [word for word in counts if word not in rare]


def _any_of(words: Sequence[str]) -> str:
    """An FTS5 expression; quoted, so that nothing in a word is taken for syntax."""
    return " OR ".join('"' + word.replace('"', '""') + '"' for word in words)


def _number(article_id: str) -> int:
    """The row of an article; one that cannot exist, if this is no id at all."""
    return int(article_id) if re.fullmatch(r"[1-9][0-9]{0,17}", article_id) else -1


def _keys(articles: Collection[str]) -> str:
    return _json([_number(article_id) for article_id in articles])


def _json(ids: Collection[int] | np.ndarray) -> str:
    return json.dumps([int(key) for key in ids])


def _stored(row: Sequence) -> Stored:
    key, title, origin, date, added, text, digest, count = row
    return Stored(str(key), title, origin, date, added, count, text, digest)


def _units(db: sqlite3.Connection, where: str, value: object) -> list[Unit]:
    rows = db.execute(f"{_UNIT} WHERE {where}", (value,)).fetchall()
    query = "SELECT id, text FROM articles WHERE id IN (SELECT value FROM json_each(?))"
    texts = dict(db.execute(query, (_json({row[1] for row in rows}),)))
    return [
        Unit(key, str(article), kind, start, stop, passage, ordinal, paragraph, texts[article][start:stop])
        for key, article, kind, start, stop, passage, ordinal, paragraph in rows
    ]


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Turn the errors of SQLite that the user can do something about into LibraryUnusable."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        reason = _REASONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if reason is None:
            raise
        raise LibraryUnusable(f"The library in {folder} {reason}.") from error


def _sync_folder(folder: Path) -> None:
    """Make a renaming last. Windows has no such call and does without."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""
