"""A file or pasted text becomes an Article: clean text, title, author, date, origin and language."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import Protocol
from zipfile import ZipInfo

from index.archives import open_archive, read_member
from index.decoding import decode, label, shorten
from index.errors import SourceUnreadable
from index.reading import Reading
from index.worker import Worker

LARGEST_FILE = 50 * 2**20  # bytes; a book with pictures as PDF or .docx. Told before a byte is read
LARGEST_TEXT = 10 * 2**20  # characters; the longest novels are a third of it
LONGEST_TITLE = 160
SAMPLE = Path(__file__).parent.parent / "articles" / "kharkiv.txt"
SAMPLE_ORIGIN = "The Independent, 14 May 2024"

DOCUMENTS = (".txt", ".text", ".md", ".markdown", ".html", ".htm", ".xhtml", ".mht", ".mhtml", ".pdf", ".docx", ".epub", ".eml")
FOREIGN = (".doc", ".rtf", ".odt", ".ppt", ".pptx", ".xls", ".xlsx", ".gz", ".7z", ".rar")  # refused, with what to do about it
ZIP = ".zip"
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")

_worker = Worker()
Beat = Callable[[], None]  # called several times a second while a document is read; what it raises ends the reading


class Reads(Protocol):
    """Reads one document, or raises SourceUnreadable."""

    def __call__(self, beat: Beat | None = None) -> Article: ...


@dataclass(frozen=True)
class Article:
    """A text with what is known of it. `text` is what every offset in Footnote counts characters of.

    `origin` is shown: a file's name, an address or "pasted text". `date` of publication is ISO, `language` ISO 639-1.
    `pages` holds the offset at which each page begins. `place` is where it came from, a final address or an absolute
    path; an article added again from the same place with another text replaces the old one.
    """

    text: str
    title: str
    origin: str
    date: str | None = None
    author: str | None = None
    site: str | None = None
    language: str | None = None
    pages: tuple[int, ...] = ()
    place: str | None = None

    @cached_property
    def digest(self) -> str:
        """sha256 of the text, hexadecimal: the same text from two places is one article."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def sample() -> Article:
    """The article that Footnote starts with."""
    reading = Reading(decode(SAMPLE.read_bytes(), SAMPLE.name), date="2024-05-14", language="en")
    return _article(reading, SAMPLE_ORIGIN, SAMPLE.name)


def sample_questions() -> list[str]:
    """Example questions kept with the sample article."""
    return SAMPLE.with_suffix(".questions.txt").read_text(encoding="utf-8").splitlines()


def read_file(path: Path, beat: Beat | None = None) -> Article:
    """Read one document of any format.

    Raises SourceUnreadable if it is missing, not a file, too large, empty, damaged, protected or holds no text.
    """
    return read_bytes(_bytes_of(path), path.name, place=str(path.resolve()), beat=beat)


def read_text(text: str, title: str | None = None, origin: str = "pasted text") -> Article:
    """Make an article of a text; its first line is the title unless one is given.

    Line ends become `\\n`, nothing else is changed. Raises SourceUnreadable if there is nothing to read, or too much.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    article = _article(Reading(text, title), origin, origin)
    return replace(article, language=_worker.call("language", text[:20_000], name=origin))


def read_bytes(
    data: bytes,
    name: str,
    *,
    origin: str | None = None,
    place: str | None = None,
    content_type: str | None = None,
    beat: Beat | None = None,
) -> Article:
    """Read one document; `name` and `content_type` are hints, what the bytes are decides.

    Raises SourceUnreadable if it is too large, empty, damaged, protected or holds no text.
    """
    shown = label(name)
    if len(data) > LARGEST_FILE:
        raise SourceUnreadable(_too_large(shown, len(data)))
    if not data.strip():
        raise SourceUnreadable(f"{shown} is empty: there are no words in it to ask about.")
    value = _worker.call("read", data, shown, content_type, name=shown, beat=beat)
    return replace(_article(Reading(**value), origin or shown, shown), place=place)


def members(path: Path) -> Iterator[tuple[str, Reads]]:
    """The documents at a path as a name to show and a function that reads one as read_file does.

    A file gives itself, a folder its documents and those of the folders in it in order of their names, a .zip its members.
    Raises SourceUnreadable for a folder or .zip that is refused as a whole.
    """
    if path.is_dir():
        yield from _in_folder(path)
    elif _is_zip(path):
        yield from _in_zip(path)
    else:
        yield label(path.name), partial(read_file, path)


def _in_folder(folder: Path) -> Iterator[tuple[str, Reads]]:
    found = False
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or not _worth_reading(inside):
            continue
        found = True
        shown = label(str(inside))
        if not _is_zip(path):
            yield shown, partial(read_file, path)
            continue
        try:
            yield from ((f"{shown}: {name}", read) for name, read in _in_zip(path))
        except SourceUnreadable as error:
            yield shown, partial(_refuse, error)
    if not found:
        raise SourceUnreadable(f"{label(str(folder))} holds no documents that can be read: {_formats()}.")


def _in_zip(path: Path) -> Iterator[tuple[str, Reads]]:
    """The documents of a .zip. Zips in a zip are offered too, and refused when they are read."""
    archive_name = label(path.name)
    if path.stat().st_size > LARGEST_FILE:
        raise SourceUnreadable(_too_large(archive_name, path.stat().st_size))
    with open_archive(path, archive_name) as archive:
        listed = [
            member
            for member in sorted(archive.infolist(), key=lambda member: member.filename)
            if not member.is_dir() and _worth_reading(PurePosixPath(member.filename))
        ]
        if not listed:
            raise SourceUnreadable(f"{archive_name} holds no documents that can be read: {_formats()}.")
        if all(member.flag_bits & 1 for member in listed):
            raise SourceUnreadable(f"{archive_name} is protected with a password. Unpack it and add what is in it.")

    def read(member: ZipInfo, beat: Beat | None = None) -> Article:
        shown = label(member.filename)
        with open_archive(path, archive_name) as archive:
            data = read_member(archive, member, shown)
        return read_bytes(data, member.filename, place=f"{path.resolve()}/{member.filename}", beat=beat)

    for member in listed:
        yield label(member.filename), partial(read, member)


def _worth_reading(path: Path | PurePosixPath) -> bool:
    """Is this likely a document, going by its name, rather than a picture of a saved page or a hidden file?"""
    hidden = any(part.startswith((".", "__MACOSX")) and part != ".." for part in path.parts)
    ending = path.suffix.lower()
    return not hidden and ending in ("", ZIP, *DOCUMENTS, *FOREIGN)


def _is_zip(path: Path) -> bool:
    """Is this file a zip archive of documents, rather than a .docx or .epub, which are zips inside?"""
    try:
        with path.open("rb") as file:
            if not file.read(4).startswith(ZIP_MAGIC):
                return False
        with open_archive(path, path.name) as archive:
            return not {"[Content_Types].xml", "META-INF/container.xml", "mimetype"}.intersection(archive.namelist())
    except SourceUnreadable:
        return path.suffix.lower() == ZIP  # refused as what it says it is
    except (OSError, ValueError):
        return False


def _bytes_of(path: Path) -> bytes:
    shown = label(str(path))
    try:
        if not path.is_file():
            what = (
                "is a folder" if path.is_dir() else "does not exist" if not path.exists() else "is not a regular file"
            )
            raise SourceUnreadable(f"{shown} {what}. Name a document.")
        if (size := path.stat().st_size) > LARGEST_FILE:
            raise SourceUnreadable(_too_large(shown, size))
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        raise SourceUnreadable(f"{shown} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _article(reading: Reading, origin: str, name: str) -> Article:
    """The article of what was read. Raises SourceUnreadable if there are no words in it, or too many."""
    text = reading.text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be stored
    if not any(ch.isalnum() for ch in text):
        raise SourceUnreadable(f"{name} is empty: there are no words in it to ask about.")
    if len(text) > LARGEST_TEXT:
        raise SourceUnreadable(
            f"{name} holds {len(text) / 2**20:.0f} million characters; up to {LARGEST_TEXT // 2**20} million can be read. "
            "Split it first."
        )
    title = re.sub(r"\s+", " ", reading.title or "").strip()
    if not title:
        title = next(line for line in (re.sub(r"\s+", " ", line).strip(" #\t") for line in text.split("\n")) if line)
    return Article(
        text,
        shorten(title, LONGEST_TITLE),
        origin,
        reading.date,
        reading.author and shorten(reading.author, LONGEST_TITLE),
        reading.site and shorten(reading.site, LONGEST_TITLE),
        reading.language,
        tuple(reading.pages),
    )


def _too_large(name: str, size: int) -> str:
    return f"{name} holds {size / 2**20:,.0f} MB; files of up to {LARGEST_FILE // 2**20} MB can be read. Split it first."


def _formats() -> str:
    return "text, Markdown, web pages, PDF, Word (.docx), e-books (.epub) and e-mails (.eml)"


def _refuse(error: SourceUnreadable, beat: Beat | None = None) -> Article:
    raise error
