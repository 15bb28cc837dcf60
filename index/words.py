"""The lexical index: the tokens of every indexed unit, in SQLite's FTS5, ranked by BM25."""

from __future__ import annotations

import json
import sqlite3
import string
from collections.abc import Iterable, Sequence

from index.lexical import query_tokens, tokens

COMMON = 20_000  # units to rank by words, tens of milliseconds' worth: see _rare_and_common

# Everything but a space belongs to a token: the tokens are ours, FTS5 only has to keep them whole.
_TOKENIZER = "ascii tokenchars '" + string.punctuation.replace("'", "''") + "'"
TABLE = f"CREATE VIRTUAL TABLE words USING fts5(tokens, tokenize='{_TOKENIZER.replace(chr(39), chr(39) * 2)}')"
VOCABULARY = "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, 'row')"

_MATCH = "SELECT rowid, -rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?"
# Not "ORDER BY rank": FTS5 would rank every match before the articles are looked at.
_MATCH_AMONG = """SELECT rowid, -bm25(words) AS score FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? AND EXISTS
    (SELECT 1 FROM units WHERE units.id = words.rowid AND units.article IN (SELECT value FROM json_each(?)))
    ORDER BY score DESC, rowid LIMIT ?"""


def of(text: str) -> str:
    """What is indexed for a text: its tokens."""
    return " ".join(tokens(text))


def write(db: sqlite3.Connection, ids: Sequence[int], lines: Sequence[str]) -> None:
    """Index lines of tokens under the ids of their units."""
    db.executemany("INSERT INTO words (rowid, tokens) VALUES (?, ?)", zip(ids, lines, strict=True))


def erase(db: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Forget units. FTS5 only marks what is deleted and keeps its words until parts of the index are merged: see purge."""
    db.executemany("DELETE FROM words WHERE rowid = ?", ((key,) for key in ids))


def purge(db: sqlite3.Connection) -> None:
    """Merge the index into one part, so that nothing that was erased is left in it; takes as long as the index is large."""
    db.execute("INSERT INTO words (words) VALUES ('optimize')")


def search(db: sqlite3.Connection, question: str, k: int, articles: Sequence[int] | None) -> list[tuple[int, float]]:
    """Up to `k` (unit id, BM25 > 0) that share words with the question, best first; of these articles if given."""
    words = query_tokens(question)
    if not words:
        return []
    if articles is not None:
        keys = json.dumps(articles)
        query = "SELECT min(id), max(id) FROM units WHERE article IN (SELECT value FROM json_each(?))"
        first, last = db.execute(query, (keys,)).fetchone()
        return db.execute(_MATCH_AMONG, (_any_of(words), first, last, keys, k)).fetchall()
    query = "SELECT term, doc FROM vocabulary WHERE term IN (SELECT value FROM json_each(?))"
    rare, common = _rare_and_common(dict(db.execute(query, (json.dumps(words),))), k)
    found = dict(db.execute(_MATCH, (_any_of(rare), k))) if rare else {}
    if common:  # ranks those that have common words too by all of their words
        found |= dict(db.execute(_MATCH, (f"({_any_of(rare)}) AND ({_any_of(common)})", k)))
    return sorted(found.items(), key=lambda hit: (-hit[1], hit[0]))[:k]


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
