"""The figures in a text, each with its value and unit: "30,000", "30 000" and "thirty thousand" are one, "$60bn" is another."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_ONES = {
    word: value
    for value, word in enumerate(
        re.findall(
            r"\w+",
            """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
            seventeen eighteen nineteen""",
        )
    )
}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12, "twentieth": 20}
_ORDINALS |= {f"{word}th": value for word, value in _ONES.items() if value in (4, 6, 7, 10, 11, *range(13, 20))}
_SCALES = {
    **{"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12},
    **{"k": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "bn": 1e9, "tn": 1e12, "trn": 1e12},
}
_UNITS = {
    **{"%": "%", "percent": "%", "per cent": "%", "percentage point": "point"},
    **{"$": "$", "dollar": "$", "us$": "$", "usd": "$", "€": "€", "euro": "€", "eur": "€", "£": "£", "gbp": "£"},
    **{"¥": "¥", "yen": "¥"},
    **{"km": "km", "kilometre": "km", "kilometer": "km", "mile": "mile", "metre": "metre", "meter": "metre"},
    **{"kg": "kg", "kilogram": "kg", "kilo": "kg", "tonne": "tonne", "ton": "ton", "litre": "litre", "liter": "litre"},
    **{"second": "second", "minute": "minute", "hour": "hour", "day": "day", "week": "week", "month": "month", "year": "year"},
}

# Spaces may part thousands in any width that is used for it; a comma does only where three digits follow.
_DIGITS = r"\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?!\d)|\d{1,3}(?:,\d{3})+(?!\d)|\d+"
_WORD = "|".join(sorted({*_ONES, *_TENS, "hundred", "thousand", "million", "billion", "trillion"}, key=len, reverse=True))
_ORDINAL = "|".join(sorted(_ORDINALS, key=len, reverse=True))
_UNIT = "|".join(sorted((re.escape(unit) + ("s?" if unit[-1].isalpha() else "") for unit in _UNITS), key=len, reverse=True))
_FIGURE = re.compile(
    rf"""(?<![\w.,]) (?P<sign>-|−)? (?P<before>(?:us)?[$€£¥]\s?)?
    (?: (?P<digits>{_DIGITS}) (?P<decimals>\.\d+)? (?P<ordinal>st|nd|rd|th)?(?![^\W\d_](?<![kmbt]))
        (?: [\s-]? (?P<scale>hundred|thousand|million|billion|trillion|mln|mn|bn|trn|tn|k|m) \b )?
      | (?P<dozen>(?:a\s+|two\s+|three\s+)?dozen) \b
      | (?P<words>(?:a\s+(?=hundred|thousand|million|billion|trillion))?(?:{_WORD})(?:(?:[\s-]+|\s+and\s+)(?:{_WORD}))*) \b
      | (?P<place>{_ORDINAL}) \b
    )
    (?: [\s-]? (?P<after>{_UNIT}) (?!\w) )?""",
    re.IGNORECASE | re.VERBOSE,
)

_MODEL = re.compile(r"(?<!\w)(?:[A-Za-z]?[A-Z]|\w+[A-Z])-\Z")  # what stands before the hyphen of "T-72", "MiG-29", "COVID-19"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure at `text[start:end]`. `unit` is "" for a bare count, "th" for a place in an order, else one of few names."""

    value: float
    unit: str
    start: int
    end: int

    @property
    def meaning(self) -> tuple[float, str]:
        """What two ways of writing the same figure have in common."""
        return self.value, self.unit


def figures(text: str) -> list[Figure]:
    """Every figure of the text, in order: digits with separators and magnitude, number words, sums, measures, ordinals.

    "second" counts as a measure of time, not as an ordinal, where nothing else tells; "one" alone is a pronoun as often
    as a figure, and is none.
    """
    found = []
    for match in _FIGURE.finditer("".join(map(_plain_digit, text))):
        value, unit = _value(match), _unit(match)
        words = match["words"]
        if value is None or (words and words.lower() == "one" and not unit) or (match["place"] or "").lower() == "second":
            continue
        if _MODEL.search(text, max(0, match.start() - 8), match.start()):
            continue
        negative = match["sign"] and not text[: match.start()].rstrip()[-1:].isalnum()  # else it is the dash of a range
        start = match.start() if not match["sign"] or negative else match.start() + 1
        end = match.end()
        found.append(Figure(-value if negative else value, unit, start, end))
    return found


def meanings(text: str) -> frozenset[tuple[float, str]]:
    """The figures of a text without where they stand."""
    return frozenset(figure.meaning for figure in figures(text))


def _plain_digit(ch: str) -> str:
    """A full-width or other digit as its ASCII one; one character stays one."""
    return str(unicodedata.decimal(ch)) if ch.isdecimal() else ch


def _value(match: re.Match[str]) -> float | None:
    if match["digits"]:
        whole = re.sub(r"\D", "", match["digits"])
        if len(whole) > 18:  # a number to call, not to count with
            return None
        value = float(whole + (match["decimals"] or ""))
        return round(value * _SCALES[match["scale"].lower()], 6) if match["scale"] else value
    if match["dozen"]:
        return 12.0 * {"a": 1, "two": 2, "three": 3, "dozen": 1}[match["dozen"].lower().split()[0]]
    if match["place"]:
        return float(_ORDINALS[match["place"].lower()])
    return _spelt(re.split(r"[\s-]+", match["words"].lower()))


def _spelt(words: list[str]) -> float | None:
    """The value of number words ("two hundred and fifty thousand"); None if they are several numbers in a row."""
    total = group = 0.0
    last = float("inf")
    for word in words:
        if word in ("a", "and"):
            continue
        if word in _SCALES:
            group = max(group, 1.0) * _SCALES[word]
            if word != "hundred":
                total, group = total + group, 0.0
            last = float("inf")
            continue
        value = float(_ONES.get(word, _TENS.get(word, 0)))
        if value >= last or (last < 20 and last != float("inf")) or (last < 100 and value >= 10):
            return None
        group, last = group + value, value
    return total + group


def _unit(match: re.Match[str]) -> str:
    if match["ordinal"] or match["place"]:
        return "th"
    name = (match["before"] or match["after"] or "").strip().lower()
    return _UNITS.get(name) or _UNITS.get(name.removesuffix("s"), "")
