"""What a language model writes becomes plain text and the sources that it names, piece by piece.

A source has an id that the model can only have copied. Whatever is put in brackets and looks like an id or a number is a
marker, known or invented, and never text; an id, or the beginning of one, is never text wherever it stands. Links, images,
tags and other markup go, and so does what a model thinks aloud.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from bot.answer import Citation
from bot.plain import plain

LONGEST_MARKER = 80  # characters between brackets
LONGEST_TAG = 300
LONGEST_WORD = 64
LONGEST_ADDRESS = 2000
TELLING = 3  # from so many characters on, the beginning of an id is recognised as one

_ID = re.compile(r"(?=([a-f][0-9][0-9a-f]{4}))")  # a letter and a digit first: no word, and no figure
_OPEN, _CLOSE = "[【［⟦〔〖", "]】］⟧〕〗"
_BRACKETED = rf"!?[{re.escape(_OPEN)}]{{1,2}}([^{re.escape(_OPEN + _CLOSE)}\n]{{0,{LONGEST_MARKER}}})"
_GROUP = re.compile(rf"{_BRACKETED}[{re.escape(_CLOSE)}]{{1,2}}")
_GROUP_BEGUN = re.compile(rf"{_BRACKETED}\Z")
_TARGET = re.compile(rf"\([^()\n]{{0,{LONGEST_TAG}}}\)")
_TARGET_BEGUN = re.compile(rf"\([^()\n]{{0,{LONGEST_TAG}}}\Z")
_ROUND = re.compile(rf"[(（]([^()（）\n]{{0,{LONGEST_MARKER}}})[)）]")
_ROUND_BEGUN = re.compile(rf"[(（][^()（）\n]{{0,{LONGEST_MARKER}}}\Z")
_TAG = re.compile(rf"<[A-Za-z/!?][^<>\n]{{0,{LONGEST_TAG}}}>")
_TAG_BEGUN = re.compile(rf"<(?:[A-Za-z/!?][^<>\n]{{0,{LONGEST_TAG}}})?\Z")
_THINKING = re.compile(r"<(think(?:ing)?)>", re.IGNORECASE)
_LINE_MARK = re.compile(r"(?:#{1,6}|[-*+•>]|\d{1,2}[.)])[ \t]+")
_LINE_MARK_BEGUN = re.compile(r"(?:#{1,6}|[-*+•>]|\d{1,2}[.)]?)\Z")
_ALNUM = "0-9A-Za-z０-９Ａ-Ｚａ-ｚ"
_WORD = re.compile(rf"[{_ALNUM}][{_ALNUM}*`]*")
_TAIL = re.compile(rf"[{_ALNUM}]{{1,{LONGEST_WORD}}}\Z")
_ADDRESS = re.compile(r"\S*[^\s.,;:!?()\[\]\"'“”‘’]")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))
_MARKER_WORDS = frozenset(
    re.findall(r"\w+", "source sources src id ids ref refs reference citation cite cited see note doc document passage and")
)


def identifiers(sources: Sequence[Citation], avoid: Iterable[str] = ()) -> dict[str, int]:
    """An id for each source, and its index: from what it is, unlike each other and unlike any word of `avoid` or a source."""
    words = " ".join([*avoid, *(s.text for s in sources), *(s.title for s in sources)]).casefold()
    ids: dict[str, int] = {}
    for index, source in enumerate(sources):
        seed = f"{source.article} {source.start} {source.end}"
        while True:
            digest = sha256(seed.encode()).hexdigest()
            free = (m[1] for m in _ID.finditer(digest) if m[1][:TELLING] not in words)
            found = next((name for name in free if all(name[:TELLING] != known[:TELLING] for known in ids)), None)
            if found:
                break
            seed = digest
        ids[found] = index
    return ids


_PROTECTED = str.maketrans("[]<", "⟦⟧﹤")
_RESTORED = str.maketrans("⟦⟧﹤", "[]<")


def protect(text: str) -> str:
    """A text for the model in which no square bracket looks like a marker, and nothing like the tokens that part the turns
    of a chat ("<|im_end|>", "</s>"); `Transcript` puts them back.
    """
    return text.translate(_PROTECTED)


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker at `text[:at]`, and the sources that it names: their indexes, none if it is invented."""

    at: int
    sources: tuple[int, ...]


class Transcript:
    """The plain text of what was fed so far, and its markers. How it was cut into pieces makes no difference.

    `text` only ever grows, and never ends with white space. A line feed in it parts paragraphs.
    """

    def __init__(self, ids: Mapping[str, int]) -> None:
        self.text = ""
        self.markers: list[Marker] = []
        self._ids = dict(ids)
        self._rest = ""  # not decided yet: what comes next may change what it is
        self._gap = ""  # white space that is text once something follows it
        self._item = False  # an item of a list begins
        self._after_marker = False
        self._leading = False  # the first marker stood before the first word, so each belongs to what follows it
        self._thinking = ""

    def feed(self, piece: str, last: bool = False) -> None:
        """Take the next piece; with `last` there is no more, and what is open stays unfinished."""
        self._rest += piece.translate(_INVISIBLE)
        at = 0
        while at < len(self._rest):
            taken = self._take(at, last)
            if not taken:
                break
            at += taken
        self._rest = self._rest[at:]
        if last:
            self.markers = [Marker(min(m.at, len(self.text)), m.sources) for m in self.markers]

    def _take(self, at: int, last: bool) -> int:
        """Deal with what stands at the beginning of the rest; how many characters that was, 0 to wait for more."""
        rest = self._rest[at : at + LONGEST_ADDRESS + LONGEST_WORD]
        ends = at + len(rest) == len(self._rest)  # nothing is known of what follows
        open_ended = ends and not last
        if self._thinking:
            return self._think(rest, last)
        if rest[0].isspace() or rest[0] == "|":  # cells of a table are parted as words are
            return self._space(rest)
        if not self.text or self._gap == "\n":
            if mark := _LINE_MARK.match(rest):
                self._item = True
                return mark.end()
            if open_ended and _LINE_MARK_BEGUN.match(rest):
                return 0
        if rest[0] in _OPEN or rest[0] == "!":
            return self._group(rest, open_ended, last)
        if rest[0] in "(（":
            return self._round(rest, open_ended)
        if rest[0] == "<":
            return self._tag(rest, open_ended)
        if word := _WORD.match(rest):
            return self._word(rest, word[0][:LONGEST_WORD], open_ended)
        if rest[0] not in "*`":
            self._emit(rest[0])
        return 1

    def _think(self, rest: str, last: bool) -> int:
        end = f"</{self._thinking}>"
        found = rest.lower().find(end)
        if found >= 0:
            self._thinking = ""
            return found + len(end)
        return len(rest) if last else max(0, len(rest) - len(end))

    def _space(self, rest: str) -> int:
        run = re.match(r"[\s|]+", rest)
        assert run is not None
        if "\n" in run[0]:
            if self._after_marker and self._gap == "\n" and self.markers[-1].at > len(self.text):
                # Alone on its line, it belongs to what stands before.
                self.markers[-1] = Marker(len(self.text), self.markers[-1].sources)
            self._gap = "\n"
        else:
            self._gap = self._gap or " "
        return run.end()

    def _group(self, rest: str, open_ended: bool, last: bool) -> int:
        if rest == "!" and open_ended:
            return 0
        group = _GROUP.match(rest)
        if group is None:
            begun = _GROUP_BEGUN.match(rest)
            if begun and open_ended:
                return 0
            if begun and last and (not begun[1] or self._is_marker(begun[1])):
                return len(rest)
            self._emit(rest[0])
            return 1
        end = group.end()
        if end == len(rest) and open_ended:
            return 0
        target = _TARGET.match(rest, end)
        if target is None and open_ended and _TARGET_BEGUN.match(rest, end):
            return 0
        if target:  # a link keeps its words, an image nothing
            if "://" in group[1] or "www." in group[1].lower():
                self._emit("…")
            elif rest[0] != "!":
                for piece in re.findall(rf"[{_ALNUM}*`]+|[^{_ALNUM}]", group[1]):
                    self._word(piece, piece, False) if _WORD.match(piece) else self._plain(piece)
            return target.end()
        if self._is_marker(group[1]):
            self._mark(self._named(group[1]))
            return end
        self._emit(rest[0])
        return 1

    def _round(self, rest: str, open_ended: bool) -> int:
        group = _ROUND.match(rest)
        if group is None and open_ended and _ROUND_BEGUN.match(rest):
            return 0
        if group and self._named(group[1]) and self._is_marker(group[1]):
            self._mark(self._named(group[1]))
            return group.end()
        self._emit(rest[0])
        return 1

    def _tag(self, rest: str, open_ended: bool) -> int:
        if thinking := _THINKING.match(rest):
            self._thinking = thinking[1].lower()
            return thinking.end()
        if tag := _TAG.match(rest):
            return tag.end()
        if open_ended and _TAG_BEGUN.match(rest):
            return 0
        if not re.match(r"<[A-Za-z/!?]", rest):
            self._emit("<")
        return 1

    def _word(self, rest: str, raw: str, open_ended: bool) -> int:
        after = rest[len(raw) : len(raw) + 3]
        if open_ended and (rest == raw or (len(after) < 3 and "://".startswith(after))) and len(raw) < LONGEST_WORD:
            return 0
        if after == "://" or (raw.lower() == "www" and after[:1] == "."):
            if open_ended and len(rest) < LONGEST_ADDRESS and not re.search(r"\s", rest):
                return 0
            address = _ADDRESS.match(rest[:LONGEST_ADDRESS])
            self._emit("…")
            return max(len(raw), address.end() if address else 0)
        word = re.sub(r"[*`]", "", raw)
        folded = _folded(word)
        tail = _TAIL.search(self.text) if not self._gap else None
        joined = _folded(tail[0]) + folded if tail else folded
        if folded in self._ids:
            self._mark((self._ids[folded],))
        elif not any(name in joined for name in self._ids) and not (len(joined) >= TELLING and self._begins_id(joined)):
            self._emit(word)
        return len(raw)

    def _plain(self, ch: str) -> None:
        if ch.isspace():
            self._gap = self._gap or " "
        else:
            self._emit(ch)

    def _begins_id(self, word: str) -> bool:
        return any(name.startswith(word) for name in self._ids)

    def _named(self, inside: str) -> tuple[int, ...]:
        """The known sources between brackets, each once; an id may be broken by spaces."""
        found = [self._ids[word] for word in re.findall(r"[0-9a-z]+", _folded(inside)) if word in self._ids]
        whole = re.sub(r"[^0-9a-z]", "", _folded(inside))
        return tuple(dict.fromkeys(found)) or tuple(self._ids[name] for name in [whole] if name in self._ids)

    def _is_marker(self, inside: str) -> bool:
        """Is that which stands between brackets ids or numbers, and nothing else?"""
        words = re.findall(r"\w+", _folded(inside))
        if not words:
            return not inside.strip(" ^#")
        return all(map(self._like_an_id, words)) or (bool(self._named(inside)) and len(words) <= 4)

    def _like_an_id(self, word: str) -> bool:
        if word in self._ids or word in _MARKER_WORDS or self._begins_id(word):
            return True
        if word.isdecimal():
            return len(word) <= 3  # "[2024]" is a year that somebody put in
        return word.isascii() and 4 <= len(word) <= 12 and any(ch.isdecimal() for ch in word) and word[0] + word[-1] != "th"

    def _mark(self, sources: tuple[int, ...]) -> None:
        before = not self.text or self._gap == "\n"
        self._leading = self._leading or not self.text
        stands_before = before or (self._leading and self.text[-1:] in ".!?…。！？”\"»")
        self.markers.append(Marker(len(self.text) + (1 if stands_before else 0), sources))
        self._after_marker = True

    def _emit(self, text: str) -> None:
        if not text:
            return
        text = plain(text).translate(_RESTORED)
        gap = self._gap
        if gap == "\n" and text[0].islower() and not self._item:
            gap = " "  # a line that was only wrapped
        if self._after_marker and text[0] in ".,;:!?。，！？":
            gap = ""
        self.text += (gap if self.text else "") + text
        self._gap, self._after_marker, self._item = "", False, False


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
