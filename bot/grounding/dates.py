"""The dates of a sentence: days, months and years as such, relative ones by their words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = re.findall(r"\w+", "january february march april may june july august september october november december")
_DAYS = re.findall(r"\w+", "monday tuesday wednesday thursday friday saturday sunday")
# Templates: a group's name must be unique in a pattern, so each use gets a number of its own.
_MONTH = (
    r"(?P<month{0}>Jan(?:uary|\b\.?)|Feb(?:ruary|\b\.?)|March|Mar\b\.?|April|Apr\b\.?|May|June|Jun\b\.?|July|Jul\b\.?"
    r"|August|Aug\b\.?|Sept(?:ember|\b\.?)|Sep\b\.?|October|Oct\b\.?|November|Nov\b\.?|December|Dec\b\.?)"
)
_YEAR = r"(?P<year{0}>1[0-9]{{3}}|20[0-9]{{2}})(?![\d,.]\d|\d|%|\s?(?:km|kg|people|men|troops))"
_DAY = r"(?P<day{0}>[12][0-9]|3[01]|0?[1-9])(?:st|nd|rd|th)?(?![\d,.:]\d|\d)"
_FULL = _DAY + r"\s+(?:of\s+)?" + _MONTH + r"\b(?:,?\s+" + _YEAR + ")?"
_AMERICAN = _MONTH + r"\s+" + _DAY + r"\b(?:,?\s+" + _YEAR + ")?"
_DATE = re.compile(
    rf"""(?<![\w.,$€£-])(?: (?P<iso>[12]\d{{3}}-[01]\d-[0-3]\d)(?!\d)
      | (?P<weekday>{"|".join(d.title() for d in _DAYS)})
        (?:[,\s]+(?:the\s+)?{_FULL.format("0")} | ,?\s+{_AMERICAN.format("1")})?
      | {_FULL.format("2")} | {_AMERICAN.format("3")}
      | {_MONTH.format("4")},?\s+(?:of\s+)?{_YEAR.format("4")}
      | {_MONTH.format("5")}
      | {_YEAR.format("6")}(?P<decade>['’]?s)?
      | (?P<century>\d\d?(?:st|nd|rd|th)|[a-z]+th)[\s-]century
    )(?!\w)""",
    re.VERBOSE,
)
_RELATIVE = re.compile(
    r"""\b(?: yesterday | today | tomorrow | tonight | overnight
    | (?:last|this|next|past|previous|coming)
      \s+(?:week|month|year|night|weekend|spring|summer|autumn|winter|decade|century)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_SAME = {"past": "last", "previous": "last", "coming": "next", "tonight": "today"}


@dataclass(frozen=True, slots=True)
class Date:
    """A date at `text[start:end]`; what it leaves open is None. `words` is set for a relative one, a decade or a century."""

    start: int
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    words: str | None = None

    def borne_out_by(self, other: Date) -> bool:
        """Does `other` say this date, or this date more exactly?"""
        mine, theirs = self._parts(), other._parts()
        return all(ours is None or ours == known for ours, known in zip(mine, theirs, strict=True))

    def placed(self, published: date) -> Iterator[Date]:
        """What it means in an article of that day: "Tuesday" is the one before, "last month" has a name, "14 May" a year."""
        if self.words in ("today", "yesterday"):
            yield _of(self, published - timedelta(days=self.words == "yesterday"))
        elif self.words == "last month":
            yield Date(self.start, self.end, *_month_before(published))
        elif self.words in ("last year", "this year"):
            yield Date(self.start, self.end, published.year - (self.words == "last year"))
        elif self.weekday is not None and self.day is None:
            back, ahead = (published.weekday() - self.weekday) % 7, (self.weekday - published.weekday()) % 7
            yield _of(self, published - timedelta(days=back))
            yield _of(self, published + timedelta(days=ahead))
        elif self.month is not None and self.year is None:
            yield Date(self.start, self.end, published.year, self.month, self.day, self.weekday)

    def _parts(self) -> tuple[int | str | None, ...]:
        return self.year, self.month, self.day, self.weekday, self.words


def dates(text: str) -> list[Date]:
    """Every date of the text, in order. "May" counts only where it is a month by its capital and its place."""
    found = []
    for match in _DATE.finditer(text):
        if match["iso"]:
            y, m, d = map(int, match["iso"].split("-"))
            found.append(Date(match.start(), match.end(), y, m, d))
            continue
        month_name = _group(match, "month")
        if month_name in ("May", "March") and match[0] == month_name and not re.search(
            r"(?:\b(?:in|since|until|till|by|of|from|to|during|before|after|late|early|mid|last|next|this|and)[\s-])\Z",
            text[max(0, match.start() - 8) : match.start()],
            re.IGNORECASE,
        ):
            continue  # "It may", "May I", "the March"
        month = _MONTHS.index(next(m for m in _MONTHS if m[:3] == month_name[:3].lower())) + 1 if month_name else None
        years, day = _group(match, "year"), _group(match, "day")
        weekday = _DAYS.index(match["weekday"].lower()) if match["weekday"] else None
        words = f"{years}s" if match["decade"] else f"century {match['century'].lower()}" if match["century"] else None
        year = int(years) if years and not match["decade"] else None
        found.append(Date(match.start(), match.end(), year, month, int(day) if day else None, weekday, words))
    for match in _RELATIVE.finditer(text):
        words = " ".join(_SAME.get(word, word) for word in match[0].lower().split())
        found.append(Date(match.start(), match.end(), words=words))
    return sorted(found, key=lambda d: d.start)


def _group(match: re.Match[str], name: str) -> str:
    return next((value for key, value in match.groupdict().items() if key.startswith(name) and value), "")


def _of(told: Date, day: date) -> Date:
    return Date(told.start, told.end, day.year, day.month, day.day, day.weekday(), None)


def _month_before(day: date) -> tuple[int, int]:
    return (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
