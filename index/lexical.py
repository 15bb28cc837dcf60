"""Text -> the tokens that lexical search stores and asks for, so that names, numbers and quotations match as words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

# Words that say what is asked or hold a sentence together; the others say what it is about. Not "us": it is how "U.S."
# is stored.
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a about according after all also am an and any are as at be been before being between both but by can could did
        do does doing done during each for from had has have having he her hers him his how i if in into is it its
        itself many me more most much my name no nor not of off on only or other our ours out over own same she should
        so some such tell than that the their theirs them themselves then there these they this those through to too
        under until up very was we were what when where which while who whom whose why will with would you your yours
        """,
    )
)

# Thai, Lao, Burmese, Khmer; kana, Chinese characters, and Korean, whose spaces part phrases rather than words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
)
_INDIC = "\u0900-\u0963\u0966-\u0dff"  # listed because Python's \w leaves out the vowel signs of these scripts
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")  # accents, points
_GROUPED = re.compile(
    r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])"
    "|(?<!\\d)\\d{1,3}(?:[\u00a0\u2009\u202f]\\d{3})+(?!\\d)"  # no-break and thin spaces
)
_CHUNK = re.compile(
    rf"(?P<unspaced>[{_UNSPACED}]+)|[$€£¥]?(?:(?![{_UNSPACED}])[^\W_]|[{_INDIC}])+"
    rf"(?:[.'’‐-](?:(?![{_UNSPACED}])[^\W_]|[{_INDIC}])+)*%?"
)
_NUMBER = re.compile(r"([$€£¥]?)(\d+(?:\.\d+)*)([^\W\d_]*)(%?)")
_POSSESSIVE = re.compile(r"['’]s$")
_INITIALS = re.compile(r"[^\W\d_](?:\.[^\W\d_])+")

_SIGNS = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "%": "percent"}
_SCALES = {"bn": "billion", "mn": "million", "tn": "trillion"}
_MONEY_SCALES = _SCALES | {"k": "thousand", "m": "million", "b": "billion", "t": "trillion"}  # 60m alone may be metres

_stem = snowballstemmer.stemmer("english").stemWord


def folded(text: str) -> str:
    """Lower case, digit groups joined, compatibility forms and accents resolved. The length may change."""
    text = _GROUPED.sub(lambda m: re.sub(r"\D", "", m[0]), text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", text)))
        text = re.sub(r"[^\W0-9a-z]", lambda m: str(unicodedata.decimal(m[0], m[0])), text)
    return text.casefold()


def tokens(text: str) -> list[str]:
    """The tokens of a text in order: lower case, accents folded, words stemmed, never white space or a quotation mark.

    A token holds letters, digits and the vowel signs of Indic scripts; the only other character is "." inside a decimal
    ("3.5"). "1,200" gives 1200; "$60bn" gives dollar 60 billion, as "60 billion dollars" does; "50%" gives 50 percent;
    "10th" stays; "U.S." gives us; "F-16" gives f 16 f16. Scripts written without spaces give pairs of characters.
    """
    found: list[str] = []
    for chunk in _CHUNK.finditer(folded(text)):
        found.extend(_pairs(chunk[0]) if chunk["unspaced"] else _parts(chunk[0]))
    return found


def query_tokens(text: str) -> list[str]:
    """The distinct tokens that a question searches for: no question or stop words, unless nothing else is left."""
    content: list[str] = []
    for chunk in _CHUNK.finditer(folded(text)):
        if _POSSESSIVE.sub("", chunk[0]) not in STOP_WORDS:
            content.extend(_pairs(chunk[0]) if chunk["unspaced"] else _parts(chunk[0]))
    return list(dict.fromkeys(content or tokens(text)))


@lru_cache(maxsize=1 << 16)
def _parts(chunk: str) -> tuple[str, ...]:
    """The tokens of one run of letters and digits, which may be joined by points, apostrophes and hyphens inside."""
    if number := _NUMBER.fullmatch(chunk):
        sign, digits, suffix, percent = number.groups()
        scale = (_MONEY_SCALES if sign else _SCALES).get(suffix)
        words = [_SIGNS.get(sign), digits if scale else digits + suffix, scale, _SIGNS.get(percent)]
        return tuple(_stem(word) if word.isalpha() else word for word in words if word)
    if "-" in chunk or "‐" in chunk:
        pieces = re.split("[-‐]", chunk)
        # The whole too, so that "e-mail" finds "email" and "F-16" is more than an f and a 16.
        return (*(token for piece in pieces for token in _parts(piece)), _stem(re.sub(r"[\W_]", "", chunk)))
    chunk = re.sub(r"['’]", "", _POSSESSIVE.sub("", chunk.strip("$€£¥%")))
    if _INITIALS.fullmatch(chunk):
        return (chunk.replace(".", ""),)
    if "." in chunk:
        return tuple(token for piece in chunk.split(".") if piece for token in _parts(piece))
    return (_stem(chunk),) if chunk else ()


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]
