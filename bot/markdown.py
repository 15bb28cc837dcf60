"""Text in Markdown that is shown as it is: no part of it becomes markup, a link, an image or a formula."""

from __future__ import annotations

import re

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
