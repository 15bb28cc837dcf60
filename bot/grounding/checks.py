"""What must stand in the sentences cited as it stands in the claim: figures, dates, quotations. One function each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date as Day
from itertools import pairwise

from bot.answer import Citation, Flag, Problem
from bot.attribution import QUOTATION
from bot.figures import Figure, figures
from bot.grounding.dates import Date
from bot.grounding.words import Parsed, parsed

_LIMITS = {
    "up_to": r"up\sto|at\smost|as\s(?:many|much)\sas|no\smore\sthan|a\smaximum\sof|maximum",
    "at_least": r"at\sleast|no\s(?:fewer|less)\sthan|a\sminimum\sof|minimum",
    "more_than": r"more\sthan|over|above|exceed(?:s|ed|ing)?|in\sexcess\sof|upwards\sof",
    "less_than": r"(?:less|fewer)\sthan|under|below|nearly|almost|close\sto|just\sshort\sof",
}
_LIMIT = re.compile(
    rf"(?<!\w)(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _LIMITS.items())})\s+"
    r"(?:(?:about|around|some|roughly|an?|another|the|its?|their)\s+)?(?:(?:us|[$€£¥])\s?)?\Z",
    re.IGNORECASE,
)
# Saying one of these for another says the same, or less.
_AS_GOOD = {("more than", "at least"), ("less than", "up to")}
_VAGUE = re.compile(
    r"\b(?:(?:tens|hundreds)\s+of\s+)?(?:dozens|scores|hundreds|thousands|millions|billions|trillions)\b"
    r"|\b(?:half|twice|double|triple)\b",
    re.IGNORECASE,
)


def numbers(claim: Parsed, cited: Sequence[Citation]) -> Iterator[Flag]:
    """Every figure occurs in a sentence cited, with its unit and magnitude and with the limit ("up to") that it has there."""
    known = [(source, figure) for source in cited for figure in _figures(source.text)]
    years = {date.year for source in cited for date in parsed(source.text).dates}
    for figure in claim.figures:
        same = [(s, f) for s, f in known if _says(f, figure)]
        said = claim.text[figure.start : figure.end]
        if not same:
            earliest = figure.meaning == (1.0, "th") and any(_EARLIEST.search(source.text) for source in cited)
            if not earliest and not _enumerated(claim, figure) and (figure.value not in years or figure.unit):
                yield Flag(Problem.NUMBER, figure.start, figure.end, f"“{said}” is not in the sentences cited.")
            continue
        limit = _limit(claim.text, figure)
        theirs = {_limit(s.text, f) for s, f in same}
        if limit not in theirs and not any((there, limit) in _AS_GOOD for there in theirs):
            wanted = next(iter(theirs))
            note = f"The article says “{wanted} {said}”." if wanted else f"The article does not say “{limit}” of “{said}”."
            yield Flag(Problem.NUMBER, figure.start, figure.end, note)
    there = {" ".join(m[0].lower().split()) for source in cited for m in _VAGUE.finditer(source.text)}
    for match in _VAGUE.finditer(claim.text):
        said = " ".join(match[0].lower().split())
        halves = said == "half" and any(f.meaning == (50.0, "%") for _, f in known)
        if said not in there and not halves:
            yield Flag(Problem.NUMBER, match.start(), match.end(), f"“{match[0]}” is not in the sentences cited.")


# What "first" may stand for.
_EARLIEST = re.compile(
    r"\b(?:earliest|initial(?:ly)?|original(?:ly)?|oldest|beg[ai]n\w*|start(?:s|ed)|new|newly|inaugural|debut\w*)\b",
    re.IGNORECASE,
)


def _enumerated(claim: Parsed, figure: Figure) -> bool:
    """Does a small number count the names that stand before it: "Kenya and Chad are the two countries that …"?"""
    before = [name for name in claim.names if name.end <= figure.start]
    joints = [claim.text[one.end : other.start] for one, other in pairwise(before)]
    listed = all(re.fullmatch(r",?\s+(?:and\s+)?(?:the\s+)?", joint) for joint in joints)
    return len(before) > 1 and figure.meaning == (float(len(before)), "") and listed


def _says(there: Figure, figure: Figure) -> bool:
    """Is it the same value, and the same unit, or left out? "The 10" is not "the 10th"."""
    return there.value == figure.value and (there.unit == figure.unit or (not figure.unit and there.unit != "th"))


def _figures(text: str) -> list[Figure]:
    """The figures of a source, and "one" among them, which in a claim may be written 1."""
    found = figures(text)
    return found + [Figure(1.0, "", m.start(), m.end()) for m in re.finditer(r"(?i)\bone\b", text)]


def _limit(text: str, figure: Figure) -> str | None:
    """The limit said of a figure: "up to", "at least", "more than" or "less than"; None if there is none."""
    match = _LIMIT.search(text, max(0, figure.start - 40), figure.start)
    if match:
        return next(name for name in _LIMITS if match[name]).replace("_", " ")
    return "at least" if re.match(r"\s+or\smore\b", text[figure.end : figure.end + 9]) else None


def dates(claim: Parsed, cited: Sequence[Citation]) -> Iterator[Flag]:
    """Every date occurs in a sentence cited, or follows from one by the day on which its article was published."""
    known: list[Date] = []
    values: set[float] = set()
    for source in cited:
        there = parsed(source.text)
        known += there.dates
        values |= {figure.value for figure in there.figures}
        if published := _day(source.date):
            known += [placed for date in there.dates for placed in date.placed(published)]
    for date in claim.dates:
        if any(date.borne_out_by(other) for other in known):
            continue
        if date.year in values and date.month is None and date.words is None:
            continue
        said = claim.text[date.start : date.end]
        yield Flag(Problem.DATE, date.start, date.end, f"“{said}” is not in the sentences cited.")


def _day(published: str | None) -> Day | None:
    try:
        return Day.fromisoformat(published[:10]) if published else None
    except ValueError:
        return None


_SINGLE = re.compile(r"(?<![\w’'])'(?:[^'\n]|'(?=\w)){2,}'(?!\w)")


def quotations(claim: Parsed, cited: Sequence[Citation]) -> Iterator[Flag]:
    """What stands in quotation marks occurs word for word in a sentence cited, or in two that follow one another.

    The style of the marks, white space, the case of the first letter and the point before the closing mark do not count; an
    ellipsis may leave words out.
    """
    texts = [_verbatim(text) for text in _joined(cited)]
    for match in [*QUOTATION.finditer(claim.text), *_SINGLE.finditer(claim.text)]:
        inside = match[0].strip("“”\"«»‘’' ")
        pieces = [piece for part in re.split(r"\[?(?:…|\.{3,})\]?", inside) if (piece := _verbatim(part).strip(" ,.;:!?"))]
        if pieces and not any(_in_order(pieces, text) for text in texts):
            yield Flag(Problem.QUOTATION, match.start(), match.end(), "These words are not in the sentences cited.")


def _joined(cited: Sequence[Citation]) -> list[str]:
    """The sentences cited, those that follow one another in their article as one text."""
    texts: list[str] = []
    last: Citation | None = None
    for source in sorted(cited, key=lambda s: (s.article, s.start)):
        if last and last.article == source.article and 0 <= source.start - last.end <= 3:
            texts[-1] += " " + source.text
        else:
            texts.append(source.text)
        last = source
    return texts


def _verbatim(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[“”«»‘’\"']", "'", re.sub(r"[‐‑–—]", "-", text)).split())


def _in_order(pieces: Sequence[str], text: str) -> bool:
    at = 0
    for piece in pieces:
        found = re.compile(rf"(?<!\w){re.escape(piece)}(?!\w)").search(text, at)
        if not found:
            return False
        at = found.end()
    return True
