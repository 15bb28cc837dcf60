"""What reading a document gives, whatever its format."""

from __future__ import annotations

import re
from dataclasses import dataclass

DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)")


@dataclass(frozen=True)
class Reading:
    """The text of a document and what the document says of itself; `date` is ISO, `language` ISO 639-1,
    `pages` the character offset at which each page begins."""

    text: str
    title: str | None = None
    author: str | None = None
    date: str | None = None
    site: str | None = None
    language: str | None = None
    pages: tuple[int, ...] = ()


def iso(text: str | None) -> str | None:
    """The day a date begins with, as ISO; None if it does not name one."""
    match = DATE.match(text or "")
    return match[0] if match and 1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31 else None
