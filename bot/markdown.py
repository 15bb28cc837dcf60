"""Text in Markdown that is shown as it is: no part of it becomes markup, a link, an image or a formula."""

from __future__ import annotations

import re
import unicodedata

from bot.plain import plain

# Whatever could start a block, a span, a link, an entity, a formula or an autolink ("www.", "https:", "a@b").
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>()#+\-.!|~$&:=@^]")
_SPACES = re.compile(r"[ \t\r\n\v\f\x85\u2028\u2029]+")


def escape(text: str) -> str:
    """`text` on one line, such that Markdown shows it literally."""
    return escape_piece(text).strip()


def escape_piece(text: str) -> str:
    """As `escape`, but the white space at either end stays: a piece of a line."""
    return _MARKDOWN.sub(r"\\\g<0>", _SPACES.sub(" ", plain(text)))


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The span widened to whole words: Markdown knows no emphasis that ends between a sign and a letter, as in US|$60|bn."""
    start, end = max(0, start), min(len(text), end)
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    while start > 0 and _in_word(text[start - 1]):
        start -= 1
    while end < len(text) and _in_word(text[end]):
        end += 1
    return start, end


def _in_word(ch: str) -> bool:
    """Whether Markdown takes the character for neither white space nor punctuation."""
    return not ch.isspace() and unicodedata.category(ch)[0] not in "PSZ"
