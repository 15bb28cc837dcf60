"""SQLite as Footnote uses it: durable, nothing of a deleted row left on the disk, errors in sentences for the user."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index.errors import LibraryUnusable

BUSY_SECONDS = 30.0  # how long a writer waits for another process
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",  # what is deleted is overwritten with zeros
)
_REASONS = {
    sqlite3.SQLITE_BUSY: "is in use by another process. Close the other one, or try again later",
    sqlite3.SQLITE_FULL: "cannot grow, because the disk is full. Make room and try again",
    sqlite3.SQLITE_NOTADB: "is damaged. Move it away and start again with an empty one, or put back a copy of it",
    sqlite3.SQLITE_CORRUPT: "is damaged. Move it away and start again with an empty one, or put back a copy of it",
    sqlite3.SQLITE_READONLY: "cannot be written. Check who owns it, or set FOOTNOTE_DATA to another folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened. Check who owns it, or set FOOTNOTE_DATA to another folder",
    sqlite3.SQLITE_IOERR: "cannot be read or written. Check the disk, or set FOOTNOTE_DATA to another folder",
}


def connect(file: Path) -> sqlite3.Connection:
    """Open or make a database, and its folder, that several threads share and that commits only where it is told to.

    Raises LibraryUnusable if the folder cannot be made.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryUnusable(
            f"The folder {file.parent} cannot be made ({error.strerror}). Set FOOTNOTE_DATA to another folder."
        ) from error
    db = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        for pragma in _PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
    except BaseException:
        db.close()
        raise
    return db


@contextmanager
def explained(folder: Path, what: str = "library") -> Iterator[None]:
    """Turn the errors of SQLite that the user can do something about into LibraryUnusable."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        reason = _REASONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if reason is None:
            raise
        raise LibraryUnusable(f"The {what} in {folder} {reason}.") from error


def empty_log(db: sqlite3.Connection) -> None:
    """Write the write-ahead log into the database and empty it: the pages in it may be older than a deletion.

    While another process reads an older state it stays as it is; the last connection to close empties it at any rate.
    """
    db.execute("PRAGMA busy_timeout = 1000")
    with suppress(sqlite3.OperationalError):
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    db.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")


def sync_folder(folder: Path) -> None:
    """Make a renaming last. Windows has no such call and does without."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
