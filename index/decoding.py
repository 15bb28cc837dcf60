"""Bytes become characters, and long names become short ones."""

from __future__ import annotations

import codecs
import unicodedata

from charset_normalizer import from_bytes

from index.errors import SourceUnreadable

LONGEST_NAME = 80  # characters of a file's name shown in a sentence: what is beyond it helps nobody to find the file
# What pages declare and what they then hold, as browsers read it.
READ_AS = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
WIDE = ("utf-16", "utf-32")  # never right when declared inside a document: the declaration itself was one byte a letter


def decode(data: bytes, name: str, declared: str | None = None) -> str:
    """Decode the bytes of a text, trying a mark at its start, UTF-8, the `declared` encoding and then a guess.

    Raises SourceUnreadable if they are empty or no text in a known encoding.
    """
    if not data.strip():
        raise SourceUnreadable(f"{name} is empty: there are no words in it to ask about.")
    for encoding in ("utf-8-sig", _codec(declared)):
        try:
            text = data.decode(encoding) if encoding else None
        except (UnicodeDecodeError, UnicodeError):
            continue
        if text is not None:
            break
    else:
        text = _guess(data, name)
    # Control characters other than white space do not occur in text: their presence gives a binary file away.
    controls = sum(unicodedata.category(ch) == "Cc" and not ch.isspace() for ch in text[:65536])
    if controls > len(text[:65536]) * 0.005:
        raise SourceUnreadable(f"{name} is not a text file. Save it as plain text first.")
    return text


def _codec(declared: str | None) -> str | None:
    """The codec to decode with where a document declares this encoding, None if there is none."""
    try:
        name = codecs.lookup((declared or "").strip()).name
    except (LookupError, ValueError, UnicodeError):
        return None
    return None if name.startswith(WIDE) else READ_AS.get(name, name)


def _guess(data: bytes, name: str) -> str:
    guess = from_bytes(data).best()
    if guess is None:
        raise SourceUnreadable(f"{name} is not a text file, or its encoding is unknown. Save it as UTF-8 text.")
    return str(guess).removeprefix("\ufeff")


def label(name: str) -> str:
    """A file's name as it stands in a sentence: no control characters, and the middle of a long one left out."""
    shown = "".join(ch for ch in name if not unicodedata.category(ch).startswith("C")).strip() or "The file"
    if len(shown) <= LONGEST_NAME:
        return shown
    return f"{shown[: LONGEST_NAME // 2]}…{shown[1 - LONGEST_NAME // 2 :]}"


def shorten(text: str, longest: int) -> str:
    """`text`, cut at a word and marked with an ellipsis if it is longer than `longest` characters."""
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
