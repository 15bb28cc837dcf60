"""Text as it may be sent to a browser: one character stays one character, so offsets keep their meaning."""

from __future__ import annotations

import re

# Half of a surrogate pair cannot be encoded; a control character, or one that reorders its neighbours, makes a text look
# like another.
_UNSHOWABLE = re.compile(r"[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """The same text, of the same length, with every character that cannot honestly be shown replaced by U+FFFD."""
    return _UNSHOWABLE.sub("\ufffd", text)
