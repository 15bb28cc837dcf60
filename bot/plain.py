"""Text and dates as they may be shown: sent to a browser or written into a document."""

from __future__ import annotations

import re

# Half of a surrogate pair cannot be encoded; a control character, or one that reorders its neighbours, makes a text look
# like another.
_UNSHOWABLE = re.compile(r"[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)


def plain(text: str) -> str:
    """The same text, of the same length, with every character that cannot honestly be shown replaced by U+FFFD.

    One character stays one character, so offsets keep their meaning.
    """
    return _UNSHOWABLE.sub("\ufffd", text)


def day(date: str | None) -> str:
    """An ISO date as a reader writes it ("14 May 2024"), as much of it as is known; "" for none."""
    if not date:
        return ""
    known = re.match(r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?(?!\d)", date)
    if not known:
        return plain(date)
    year, month, number = known.groups()
    return " ".join(filter(None, [number and str(int(number)), month and _MONTHS[int(month) - 1], year]))
