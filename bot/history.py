"""Conversations on disk: `history.sqlite`, beside the library in the same folder.

A question is written before it is answered, so that a crash loses no question. What an answer quotes is not written at
all: a stored answer names the stretches of the articles it consists of, and they are read from the library when the
conversation is opened. So a removed article takes its words out of every old answer in the same moment, undoing the
removal brings them back, and there is no second copy that could be forgotten or contradict the first.

The stored form of an answer (FORMAT 1) is a JSON object:
    question, answered, kind, confidence, searched_for, ms   as in bot.answer.Answer
    text        a list of pieces that make up the text: a string stands for itself, [i, start, end] for the characters
                start to end of the article that the i-th citation (from 0) cites
    citations   a list of objects: n, article, start, end, relevance, page as in bot.answer.Citation; passage [start, end];
                answer and speaker [start, end] or null; seal, the beginning of the SHA-256 of the quotation, by which an
                article that was replaced under its old id is told from the one that was cited
    written     what a language model wrote, null or missing if nothing: model, refused, failure as in bot.answer.Written;
                claims, a list of objects: text, a list of pieces as above; cited; flags, a list of [problem, start, end, note]
These words are the model's and so are kept, but what they rest on is not: once an article that the answer cited is gone,
only those claims are left that were found in the articles still there.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bot.answer import Answer, Citation, Claim, Flag, Kind, Problem, Turn, Written
from index.database import connect, empty_log, explained
from index.errors import ArticleMissing, LibraryUnusable, UserError

if TYPE_CHECKING:  # the library brings its search along, which keeping a conversation does not need
    from index.library import Stored

LONGEST_TITLE = 72  # characters of a first question that names its conversation
LONGEST_NAME = 200  # characters of a name that the user gives
REMOVED = "This answer came from an article that has been removed or replaced."
PARTLY_REMOVED = "An article that this answer cited has been removed or replaced."
UNANSWERED = "This question has no answer yet. Ask it again."

# One entry a version of the tables: what brings the version before to it. Never edit an entry, only add one.
_STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE conversations (
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, started REAL NOT NULL, changed REAL NOT NULL)""",
        """CREATE TABLE turns (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
            question TEXT NOT NULL, asked_at REAL NOT NULL, articles TEXT, answer TEXT,
            feedback TEXT CHECK (feedback IN ('up', 'down')), reason TEXT NOT NULL DEFAULT '')""",
        "CREATE INDEX turns_of_conversation ON turns (conversation, id)",
    ),
)
_TURN = "SELECT id, question, asked_at, articles, answer, feedback, reason FROM turns"
_HEADER = """SELECT id, name, started, changed,
    (SELECT count(*) FROM turns WHERE conversation = conversations.id) AS asked,
    (SELECT question FROM turns WHERE conversation = conversations.id ORDER BY id LIMIT 1) FROM conversations"""
_HOLDS_EVERY_WORD = """NOT EXISTS (SELECT 1 FROM json_each(?) AS word WHERE NOT (
    coalesce(instr(casefold(name), word.value), 0) OR EXISTS (
        SELECT 1 FROM turns WHERE conversation = conversations.id AND instr(casefold(question), word.value))))"""
_GONE = "This conversation has been deleted."
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Feedback = Literal["up", "down"]
Span = tuple[int, int]
Place = tuple[int, int, int]  # a citation, counted from 0, and characters of the article that it cites
Pieces = Sequence[str | Place]


class ConversationMissing(UserError):
    """No conversation, or no question of one, has this id: it was deleted, or never was."""


class Articles(Protocol):
    """Where quotations are read from; `index.library.Library` is one."""

    def article(self, article_id: str) -> Stored: ...


@dataclass(frozen=True, slots=True)
class Header:
    """A conversation without its turns, whose count is `turns`. Times are in seconds since the epoch.

    `title` is the first question, shortened, unless the conversation was `renamed`.
    """

    id: str
    title: str
    renamed: bool
    started: float
    changed: float
    turns: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question that was asked, with all that is kept about it.

    `answer` is None if none came (then `removed` is False) or if the article that its words came from is gone (then
    `removed` is True). An answer that is whole, but lost some of its citations, has `removed` too. `articles` are the ids
    that were asked, None for all.
    """

    id: str
    question: str
    asked_at: float
    articles: tuple[str, ...] | None
    answer: Answer | None
    removed: bool
    feedback: Feedback | None
    reason: str

    @property
    def turn(self) -> Turn | None:
        """The turn as later questions may refer to it, None if there is no answer to refer to."""
        return Turn(self.question, self.answer, self.asked_at) if self.answer else None

    @property
    def remark(self) -> str:
        """What the reader has to be told about this exchange, a sentence or nothing."""
        if self.answer is None:
            return REMOVED if self.removed else UNANSWERED
        return PARTLY_REMOVED if self.removed else ""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A deleted conversation: the only thing that can bring it back, and kept in memory alone."""

    _conversation: tuple[Any, ...] = field(repr=False)
    _turns: tuple[tuple[Any, ...], ...] = field(repr=False)


class History:
    """Conversations and their turns. Safe to use from several threads and several processes.

    What a method has written survives a crash once it returns. Half a surrogate pair, which no file can hold, becomes
    U+FFFD. Every method may raise LibraryUnusable, as those of the library do.
    """

    def __init__(self, folder: Path, articles: Articles) -> None:
        self.folder = folder
        self.articles = articles
        self._lock = RLock()  # guards the connection, which all threads share
        with self._explained():
            self._db = connect(folder / "history.sqlite")
            try:
                self._db.create_function("casefold", 1, _casefold, deterministic=True)
                self._settle()
            except BaseException:
                self._db.close()
                raise

    @classmethod
    def open(cls, folder: Path, articles: Articles) -> History:
        """Open the history in `folder`, made if need be; its answers quote `articles`. Raises LibraryUnusable."""
        return cls(folder, articles)

    def __enter__(self) -> History:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    # Asking

    def start(self) -> str:
        """A new conversation's id. It is listed once something is asked in it."""
        now = time.time()
        with self._writing() as db:
            return str(db.execute("INSERT INTO conversations (started, changed) VALUES (?, ?)", (now, now)).lastrowid)

    def begin(self, conversation_id: str, question: str, articles: Sequence[str] | None = None) -> str:
        """Keep a question that is about to be answered and return its turn's id. Raises ConversationMissing."""
        with self._writing() as db:
            return _write_turn(db, conversation_id, question, time.time(), articles, None)

    def finish(self, turn_id: str, answer: Answer) -> None:
        """Keep the answer of a question, instead of the one it may have had. Raises ConversationMissing."""
        stored = self._encoded(answer)
        with self._writing() as db:
            query = "UPDATE turns SET answer = ? WHERE id = ? RETURNING conversation"
            row = db.execute(query, (stored, _number(turn_id))).fetchone()
            if row is None:
                raise ConversationMissing(_GONE)
            db.execute("UPDATE conversations SET changed = ? WHERE id = ?", (time.time(), row[0]))

    def append(self, conversation_id: str, turn: Turn, articles: Sequence[str] | None = None) -> str:
        """Keep a question together with its answer and return the turn's id. Raises ConversationMissing."""
        stored = self._encoded(turn.answer)
        with self._writing() as db:
            return _write_turn(db, conversation_id, turn.question, turn.asked_at or time.time(), articles, stored)

    def withdraw(self, turn_id: str) -> None:
        """Forget one question and its answer, such as one that was refused. Raises ConversationMissing."""
        with self._writing() as db:
            if not db.execute("DELETE FROM turns WHERE id = ?", (_number(turn_id),)).rowcount:
                raise ConversationMissing(_GONE)
        self._wipe()

    def feedback(self, turn_id: str, verdict: Feedback | None, reason: str = "") -> None:
        """Keep what the reader thinks of an answer; None takes it back. Raises ConversationMissing."""
        values = (verdict, _sound(reason).strip() if verdict else "", _number(turn_id))
        with self._writing() as db:
            if not db.execute("UPDATE turns SET feedback = ?, reason = ? WHERE id = ?", values).rowcount:
                raise ConversationMissing(_GONE)

    # Reading

    def conversations(self, search: str = "") -> list[Header]:
        """The conversations in which something was asked, the one changed last first.

        `search` leaves those in whose name and questions every one of its words occurs; case does not count.
        """
        words = json.dumps(_sound(search).casefold().split(), ensure_ascii=False)
        query = f"{_HEADER} WHERE asked > 0 AND {_HOLDS_EVERY_WORD} ORDER BY changed DESC, id DESC"
        with self._reading() as db:
            return [_header(row) for row in db.execute(query, (words,))]

    def header(self, conversation_id: str) -> Header:
        """One conversation without its turns. Raises ConversationMissing."""
        with self._reading() as db:
            row = db.execute(f"{_HEADER} WHERE id = ?", (_number(conversation_id),)).fetchone()
        if row is None:
            raise ConversationMissing(_GONE)
        return _header(row)

    def turns(self, conversation_id: str, first: int = 0, limit: int | None = None) -> list[Exchange]:
        """What was asked in a conversation, in order: `limit` exchanges from the `first`-th on, counted from 0.

        Raises ConversationMissing.
        """
        self.header(conversation_id)
        query = f"{_TURN} WHERE conversation = ? ORDER BY id LIMIT ? OFFSET ?"
        with self._reading() as db:
            rows = db.execute(query, (_number(conversation_id), -1 if limit is None else limit, first)).fetchall()
        find = self._finder()
        return [_exchange(row, find) for row in rows]

    # Naming, deleting

    def rename(self, conversation_id: str, name: str) -> Header:
        """Give a conversation a name; an empty one gives it back its first question's. Raises ConversationMissing."""
        name = " ".join(_sound(name).split())[:LONGEST_NAME].rstrip()
        with self._writing() as db:
            db.execute("UPDATE conversations SET name = ? WHERE id = ?", (name or None, _number(conversation_id)))
        return self.header(conversation_id)

    def delete(self, conversation_id: str) -> Deleted:
        """Forget a conversation, on disk too. What is returned can undo that. Raises ConversationMissing."""
        key = _number(conversation_id)
        with self._writing() as db:
            conversation = db.execute("SELECT * FROM conversations WHERE id = ?", (key,)).fetchone()
            if conversation is None:
                raise ConversationMissing(_GONE)
            turns = db.execute("SELECT * FROM turns WHERE conversation = ? ORDER BY id", (key,)).fetchall()
            db.execute("DELETE FROM conversations WHERE id = ?", (key,))
        self._wipe()
        return Deleted(conversation, tuple(turns))

    def restore(self, deleted: Deleted) -> Header:
        """Put a deleted conversation back as it was, under its old ids."""
        with self._writing() as db:
            for table, rows in (("conversations", [deleted._conversation]), ("turns", deleted._turns)):
                for row in rows:
                    marks = ", ".join("?" * len(row))
                    db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)  # noqa: S608 - both are ours
        return self.header(str(deleted._conversation[0]))

    # How it is done

    def _settle(self) -> None:
        """Bring the tables to the present version, all the way or not at all."""
        with self._writing() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version > len(_STEPS):
                raise LibraryUnusable(
                    f"The history in {self.folder} was made by a newer Footnote. Update this one or use another folder."
                )
            for statement in (statement for step in _STEPS[version:] for statement in step):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(_STEPS)}")

    def _wipe(self) -> None:
        """Take what was deleted out of the write-ahead log too."""
        with self._lock, self._explained():
            empty_log(self._db)

    def _encoded(self, answer: Answer) -> str:
        """The stored form of an answer."""
        return json.dumps(_encode(answer, self._finder()), ensure_ascii=False, separators=(",", ":"))

    def _finder(self) -> Callable[[str], Stored | None]:
        """Finds articles by id, each looked up once, None if there is no such article."""
        found: dict[str, Stored | None] = {}

        def find(article_id: str) -> Stored | None:
            if article_id not in found:
                try:
                    found[article_id] = self.articles.article(article_id)
                except ArticleMissing:
                    found[article_id] = None
            return found[article_id]

        return find

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._transaction("DEFERRED")

    def _writing(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._transaction("IMMEDIATE")

    @contextmanager
    def _transaction(self, mode: Literal["DEFERRED", "IMMEDIATE"]) -> Iterator[sqlite3.Connection]:
        """One consistent state of the database to read, or with IMMEDIATE to write: all of it or nothing."""
        with self._lock, self._explained():
            self._db.execute(f"BEGIN {mode}")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self.folder, "history")


def _write_turn(
    db: sqlite3.Connection,
    conversation_id: str,
    question: str,
    asked_at: float,
    articles: Sequence[str] | None,
    answer: str | None,
) -> str:
    key = _number(conversation_id)
    if not db.execute("UPDATE conversations SET changed = ? WHERE id = ?", (time.time(), key)).rowcount:
        raise ConversationMissing(_GONE)
    scope = None if articles is None else json.dumps([_sound(article) for article in articles])
    query = "INSERT INTO turns (conversation, question, asked_at, articles, answer) VALUES (?, ?, ?, ?, ?)"
    return str(db.execute(query, (key, _sound(question), asked_at, scope, answer)).lastrowid)


def _header(row: Sequence[Any]) -> Header:
    key, name, started, changed, asked, question = row
    return Header(str(key), name or shortened(question or ""), name is not None, started, changed, asked)


def shortened(question: str) -> str:
    """A question as the title of its conversation: one line, cut between words where it is too long."""
    line = " ".join(question.split())
    if len(line) <= LONGEST_TITLE:
        return line
    cut = line[: LONGEST_TITLE - 1]
    at = cut.rfind(" ", LONGEST_TITLE // 2)
    return f"{cut[:at] if at > 0 else cut}…"


def _exchange(row: Sequence[Any], find: Callable[[str], Stored | None]) -> Exchange:
    key, question, asked_at, articles, stored, feedback, reason = row
    answer, removed = _decode(json.loads(stored), find) if stored else (None, False)
    scope = tuple(json.loads(articles)) if articles else None
    return Exchange(str(key), question, asked_at, scope, answer, removed, feedback, reason)


def _encode(answer: Answer, find: Callable[[str], Stored | None]) -> dict[str, Any]:
    """An answer in its stored form; every stretch of its text that it quotes becomes a reference."""
    citations = []
    quoted: dict[str, Place] = {}
    for at, citation in enumerate(answer.citations):
        article = find(citation.article)
        answer_span = _span(citation.answer_start, citation.answer_end)
        for start, end in filter(None, [(citation.start, citation.end), answer_span]):
            # An article that was removed while it was read leaves what the citation itself holds.
            words = article.text[start:end] if article else citation.text[start - citation.start : end - citation.start]
            quoted.setdefault(words, (at, start, end))
        citations.append(
            {
                "n": citation.n,
                "article": citation.article,
                "start": citation.start,
                "end": citation.end,
                "relevance": citation.relevance,
                "page": citation.page,
                "passage": (citation.passage_start, citation.passage_end),
                "answer": answer_span,
                "speaker": _place(citation.speaker, article.text, citation.end) if article and citation.speaker else None,
                "seal": _seal(citation.text),
            }
        )
    return {
        "question": _sound(answer.question),
        "answered": answer.answered,
        "kind": answer.kind.value,
        "confidence": answer.confidence,
        "searched_for": None if answer.searched_for is None else _sound(answer.searched_for),
        "ms": answer.ms,
        "text": _pieces(answer.text, quoted),
        "citations": citations,
        "written": _encode_written(answer.written, quoted) if answer.written else None,
    }


def _encode_written(written: Written, quoted: dict[str, Place]) -> dict[str, Any]:
    return {
        "model": _sound(written.model),
        "refused": written.refused,
        "failure": None if written.failure is None else _sound(written.failure),
        "claims": [
            {
                "text": _pieces(claim.text, quoted),
                "cited": claim.cited,
                "flags": [(flag.problem.value, flag.start, flag.end, _sound(flag.note)) for flag in claim.flags],
            }
            for claim in written.claims
        ],
    }


def _decode_written(stored: dict[str, Any], texts: dict[int, str], there: set[int], removed: bool) -> Written:
    """What was written; `there` are the numbers of the citations that are left, `removed` is whether any is not."""

    def claim(kept: dict[str, Any]) -> Claim:
        flags = tuple(Flag(Problem(problem), start, end, note) for problem, start, end, note in kept["flags"])
        if removed and (flags or not there.issuperset(kept["cited"]) or not kept["cited"] or _lost(kept["text"], texts)):
            return Claim("", ())
        return Claim(_joined(kept["text"], texts), tuple(kept["cited"]), flags)

    claims = tuple(claim(kept) for kept in stored["claims"])
    return Written(claims, stored["model"], stored["refused"], stored["failure"])


def _pieces(text: str, quoted: dict[str, Place]) -> Pieces:
    """`text` cut into its own words and references to what is quoted; the longest quotation that fits comes first."""
    quotations = sorted(filter(None, quoted), key=len, reverse=True)
    if not quotations:
        return [_sound(text)]
    parts = re.split(f"({'|'.join(map(re.escape, quotations))})", text)
    return [quoted[part] if at % 2 else _sound(part) for at, part in enumerate(parts) if part]


def _decode(stored: dict[str, Any], find: Callable[[str], Stored | None]) -> tuple[Answer | None, bool]:
    """The answer, None if its words are gone, and whether anything it cited is gone."""
    citations: list[Citation] = []
    texts: dict[int, str] = {}  # of the articles that are still what was cited, by the citation's place
    for at, cited in enumerate(stored["citations"]):
        article = find(cited["article"])
        if article is None or _seal(article.text[cited["start"] : cited["end"]]) != cited["seal"]:
            continue
        texts[at] = article.text
        answer_start, answer_end = cited["answer"] or (None, None)
        citations.append(
            Citation(
                n=cited["n"],
                article=article.id,
                title=article.title,
                origin=article.origin,
                date=article.date,
                start=cited["start"],
                end=cited["end"],
                text=article.text[cited["start"] : cited["end"]],
                relevance=cited["relevance"],
                passage_start=cited["passage"][0],
                passage_end=cited["passage"][1],
                answer_start=answer_start,
                answer_end=answer_end,
                speaker=article.text[slice(*cited["speaker"])] if cited["speaker"] else None,
                page=cited["page"],
            )
        )
    removed = len(citations) < len(stored["citations"])
    if _lost(stored["text"], texts):
        return None, removed
    written = stored.get("written")
    answer = Answer(
        question=stored["question"],
        answered=stored["answered"],
        kind=Kind(stored["kind"]),
        text=_joined(stored["text"], texts),
        confidence=stored["confidence"],
        citations=tuple(citations),
        searched_for=stored["searched_for"],
        ms=stored["ms"],
        written=_decode_written(written, texts, {c.n for c in citations}, removed) if written else None,
    )
    return answer, removed


def _lost(pieces: Pieces, texts: dict[int, str]) -> bool:
    """Whether any of the pieces was quoted from an article that is gone."""
    return any(piece[0] not in texts for piece in pieces if not isinstance(piece, str))


def _joined(pieces: Pieces, texts: dict[int, str]) -> str:
    return "".join(piece if isinstance(piece, str) else texts[piece[0]][piece[1] : piece[2]] for piece in pieces)


def _span(start: int | None, end: int | None) -> Span | None:
    return None if start is None or end is None else (start, end)


def _place(words: str, text: str, end: int) -> Span | None:
    """Where `words` stand in `text`, the last time before `end` or else the first time after it."""
    at = text.rfind(words, 0, end)
    at = at if at >= 0 else text.find(words)
    return (at, at + len(words)) if at >= 0 else None


def _seal(quotation: str) -> str:
    return hashlib.sha256(_sound(quotation).encode()).hexdigest()[:16]


def _sound(text: str) -> str:
    return _LONE_SURROGATE.sub("\ufffd", text)


def _casefold(text: str | None) -> str | None:
    return None if text is None else text.casefold()


def _number(key: str) -> int:
    """The row with this id; one that cannot exist, if this is no id at all."""
    return int(key) if re.fullmatch(r"[1-9][0-9]{0,17}", key) else -1
