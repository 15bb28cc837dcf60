"""Markdown without its marks, where removing them is safe: what might be meant literally stays."""

from __future__ import annotations

import re

from index.reading import Reading, iso

FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\n(?P<lines>(?:.*\n){0,100}?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
FIELD = re.compile(r"(\w+):[ \t]*(.*)")
FENCE = re.compile(r" {0,3}(```+|~~~+)")
HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*")
RULE = re.compile(r" {0,3}(?:=+|-{3,}|(?:[*_-][ \t]*){3,})[ \t]*")  # also what underlines a heading
QUOTE = re.compile(r" {0,3}(?:>[ \t]?)+")
DEFINITION = re.compile(r" {0,3}\[[^\[\]]+\]:[ \t]*\S+(?:[ \t]+[\"'(].*)?")
# Applied within a line, in this order. `**two**` words are marked, 2 ** 3 is not.
INLINE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"<!--[^<>]*-->"), ""),
    (re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)?(?:[ \t]+\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"!?\[([^\[\]]+)\]\[[^\[\]]*\]"), r"\1"),
    (re.compile(r"<((?:https?|mailto):[^<>\s]+)>"), r"\1"),
    (re.compile(r"(?<![\\\w*])(\*{1,3})(?=[^\s*])([^*]*[^\s*\\])\1(?![\w*])"), r"\2"),
    (re.compile(r"(?<![\\\w])(_{1,3})(?=[^\s_])([^_]*[^\s_\\])\1(?!\w)"), r"\2"),
    (re.compile(r"~~(?=\S)([^~]*\S)~~"), r"\1"),
    (re.compile(r"(?<!`)`([^`]+)`(?!`)"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!>~-])"), r"\1"),
)


def read(text: str) -> Reading:
    """The text of a Markdown document; `title`, `author`, `date` and `lang` of its front matter."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    fields: dict[str, str] = {}
    if front := FRONT_MATTER.match(text):
        matches = map(FIELD.fullmatch, front["lines"].splitlines())
        fields = {match[1].lower(): match[2].strip().strip("\"'") for match in matches if match}
        text = text[front.end() :]
    return Reading(
        "\n".join(_lines(text)).strip("\n") + "\n",
        title=fields.get("title") or None,
        author=fields.get("author") or None,
        date=iso(fields.get("date")),
        language=fields.get("lang") or fields.get("language") or None,
    )


def _lines(text: str) -> list[str]:
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        elif fence:
            lines.append(line)
        elif heading := HEADING.fullmatch(line):
            lines += ["", _unmarked(heading[1]), ""]
        elif RULE.fullmatch(line):
            lines.append("")
        elif not DEFINITION.fullmatch(line):
            lines.append(_unmarked(QUOTE.sub("", line, count=1)))
    return lines


def _unmarked(line: str) -> str:
    for pattern, kept in INLINE:
        line = pattern.sub(kept, line)
    return line
