"""A file or pasted text becomes an Article: clean text, title, date and origin."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from charset_normalizer import from_bytes

from index.errors import SourceUnreadable

LARGEST_FILE = 10 * 1024 * 1024  # bytes; the longest novels are a third of it
LONGEST_TITLE = 160
SAMPLE = Path(__file__).parent.parent / "articles" / "kharkiv.txt"
SAMPLE_ORIGIN = "The Independent, 14 May 2024"


@dataclass(frozen=True)
class Article:
    """A text with what is known of it. `text` is what every offset in Footnote counts characters of."""

    text: str
    title: str
    origin: str
    date: str | None = None

    @cached_property
    def digest(self) -> str:
        """sha256 of the text, hexadecimal: the same text from two places is one article."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def sample() -> Article:
    """The article that Footnote starts with."""
    article = read_file(SAMPLE)
    return Article(article.text, article.title, SAMPLE_ORIGIN, "2024-05-14")


def sample_questions() -> list[str]:
    """Example questions kept with the sample article."""
    return SAMPLE.with_suffix(".questions.txt").read_text(encoding="utf-8").splitlines()


def read_file(path: Path) -> Article:
    """Read a plain text file in whatever encoding it is.

    Raises SourceUnreadable if it is missing, not a file, too large, empty or not text.
    """
    try:
        if not path.is_file():
            what = (
                "is a folder" if path.is_dir() else "does not exist" if not path.exists() else "is not a regular file"
            )
            raise SourceUnreadable(f"{path} {what}. Name a text file.")
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise SourceUnreadable(
                f"{path} holds {size / 2**20:.0f} MB; articles of up to {LARGEST_FILE // 2**20} MB can be read. Split it first."
            )
        data = path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        raise SourceUnreadable(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    return read_text(decode(data, str(path)), origin=str(path))


def read_text(text: str, title: str | None = None, origin: str = "pasted text") -> Article:
    """Make an article of a text; its first line is the title unless one is given.

    Line ends become `\\n`, nothing else is changed. Raises SourceUnreadable if there is nothing to read.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not any(ch.isalnum() for ch in text):
        raise SourceUnreadable(f"{origin} is empty: there are no words in it to ask about.")
    first = next(line for line in (re.sub(r"\s+", " ", line).strip(" #\t") for line in text.split("\n")) if line)
    return Article(text, title or shorten(first, LONGEST_TITLE), origin)


def decode(data: bytes, name: str) -> str:
    """Decode the bytes of a text file. Raises SourceUnreadable if they are no text in a known encoding."""
    if not data.strip():
        raise SourceUnreadable(f"{name} is empty: there are no words in it to ask about.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        guess = from_bytes(data).best()
        if guess is None:
            raise SourceUnreadable(
                f"{name} is not a text file, or its encoding is unknown. Save it as UTF-8 text."
            ) from None
        text = str(guess).removeprefix("\ufeff")
    # Control characters other than white space do not occur in text: their presence gives a binary file away.
    controls = sum(unicodedata.category(ch) == "Cc" and not ch.isspace() for ch in text[:65536])
    if controls > len(text[:65536]) * 0.005:
        raise SourceUnreadable(f"{name} is not a text file. Save it as plain text first.")
    return text


def shorten(text: str, longest: int) -> str:
    """`text`, cut at a word and marked with an ellipsis if it is longer than `longest` characters."""
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
