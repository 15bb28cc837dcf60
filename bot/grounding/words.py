"""A sentence taken apart for comparing: its words with stems and offsets, its clauses, and the things it names."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bot.attribution import CLAIMING, SAYING, TITLE
from bot.figures import Figure, figures
from bot.grounding.dates import Date, dates
from index.lexical import STOP_WORDS, tokens


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_JOINTS = re.compile(r";|[,–—]\s+(?:and|but|while|whereas|although)\s|[.!?…]\s")
_FORMS = re.findall(
    r"[^|]+",
    """be was were been is are | begin began begun | break broke broken | bring brought | build built | buy bought |
    catch caught | choose chose chosen | come came | deal dealt | die dead death died | do did done | drive drove
    driven | fall fell fallen | feel felt | fight fought | find found | flee fled | fly flew flown | get got | give
    gave given | go went gone | grow grew grown | hear heard | hold held | keep kept | know knew known | lead led |
    leave left | lend lent | lose lost | make made | mean meant | meet met | pay paid | rise rose risen | run ran |
    see saw seen | seek sought | sell sold | send sent | shake shook shaken | shoot shot | sink sank sunk | sit sat |
    speak spoke spoken | spend spent | stand stood | steal stole stolen | strike struck stricken | take took taken |
    teach taught | tell told | think thought | throw threw thrown | understand understood | wear wore worn | win won |
    write wrote written | child children | man men | woman women | person people""",
)
_IRREGULAR = {form: forms.split()[0] for forms in _FORMS for form in forms.split()[1:]}
# Words that carry little, besides those of the index: what a paraphrase adds or leaves out without saying anything else.
_LIGHT = _set(
    """said says say saying told tells tell added according stated states reported reportedly claimed article articles source
    sources text report reports mr mrs ms gen general new also however meanwhile while additionally furthermore moreover
    therefore thus since although though because that's it's there's well still already even just now then one two
    called named known name worth located situated approximately roughly"""
)
# British and American spelling become one; what else becomes one by it ("detour") meets nothing else.
_SPELLING = [
    (re.compile(pattern), other)
    for pattern, other in (
        (r"(?<=[a-z]{3})our(?=(?:s|ed|ing|able|ite|ites|ful)?\Z)", "or"),
        (r"(?<=[a-z][bt])re(?=s?\Z)", "er"),
        (r"(?<=[a-z]{3}[iy])s(?=(?:e|es|ed|ing|ation|ations)\Z)", "z"),
        (r"(?<=def|off)enc(?=e)", "ens"),
        (r"(?<=gram)me(?=s?\Z)", ""),
        (r"(?<=[a-z]{3}l)l(?=(?:ed|ing|er|ers)\Z)", ""),
    )
]
_SPEECH = frozenset(SAYING | CLAIMING)


@dataclass(frozen=True, slots=True)
class Word:
    """A word at `text[start:end]`; `clause` is the running number of the part of the sentence that it stands in."""

    stem: str
    start: int
    end: int
    clause: int
    content: bool


@dataclass(frozen=True, slots=True)
class Name:
    """A run of capitalised words at `text[start:end]`, `words` in lower case without titles; `certain`: not only because
    it opens the sentence."""

    words: tuple[str, ...]
    start: int
    end: int
    certain: bool


@dataclass(frozen=True)
class Parsed:
    """A sentence with what the checks look at. Parts are worked out when asked for, once."""

    text: str

    @cached_property
    def words(self) -> tuple[Word, ...]:
        stops = [match.start() for match in _JOINTS.finditer(self.text)]
        found, clause = [], 0
        for match in _WORD.finditer(self.text):
            while clause < len(stops) and stops[clause] < match.start():
                clause += 1
            plain = re.sub(r"['’]s?\Z", "", match[0].casefold())
            content = plain not in STOP_WORDS and plain not in _LIGHT and len(plain) > 1 and not plain.isdigit()
            found.append(Word(stem(plain), match.start(), match.end(), clause, content))
        return tuple(found)

    @cached_property
    def content(self) -> tuple[Word, ...]:
        """The words that say what the sentence is about, without those of figures and dates."""
        taken = [(f.start, f.end) for f in self.figures] + [(d.start, d.end) for d in self.dates]
        return tuple(w for w in self.words if w.content and not any(a <= w.start < b for a, b in taken))

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(word.stem for word in self.words)

    @cached_property
    def lower(self) -> frozenset[str]:
        """Every word in lower case, without a possessive."""
        return frozenset(_plain(match[0]) for match in _WORD.finditer(self.text))

    @cached_property
    def dates(self) -> tuple[Date, ...]:
        return tuple(dates(self.text))

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The figures that are no part of a date."""
        return tuple(f for f in figures(self.text) if not any(d.start <= f.start < d.end for d in self.dates))

    @cached_property
    def names(self) -> tuple[Name, ...]:
        return tuple(_names(self.text, self.dates))


@lru_cache(maxsize=512)
def parsed(text: str) -> Parsed:
    """The parsed sentence; a source is parsed once for all claims that cite it."""
    return Parsed(text)


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """The stem of a lower-case word, irregular forms and spellings folded: "gave" and "gives", "center" and "centre" are one."""
    word = _IRREGULAR.get(word, word)
    for pattern, other in _SPELLING:
        word = pattern.sub(other, word)
    found = tokens(word)
    return found[0] if found else word


def is_past(word: str) -> bool:
    """Has a lower-case word the form of a past tense or participle?"""
    return word.endswith("ed") or (word in _IRREGULAR and _IRREGULAR[word] not in ("child", "man", "woman", "person"))


_CAPITAL = r"[^\W\d_a-zß-öø-ÿ](?:[\w&]|[.'’-](?=\w))*"
_RUN = re.compile(rf"(?<![\w’'])(?:{TITLE.pattern}\s+)?{_CAPITAL}(?:[ \u00a0]{_CAPITAL}){{0,11}}")
_TITLES = _set(
    """mr mrs ms miss mx dr sir lord lady gen general col colonel capt captain prof professor president senator minister
    prime secretary foreign defence defense chief king queen"""
)
# Capitalised, yet no name of anybody: the calendar is for the dates, "I" for nobody.
_NO_NAME = STOP_WORDS | (_LIGHT - {"states"}) | (_SPEECH - {"states"}) | _set(
    """i i'm i've i'll monday tuesday wednesday thursday friday saturday sunday january february march april may june july
    august september october november december today yesterday tomorrow last next early late earlier later recently despite
    following during within without here yes no unfortunately overall finally firstly instead several many
    euro euros dollar dollars pound pounds"""
)


def _names(text: str, skipped: tuple[Date, ...]) -> list[Name]:
    found = []
    for run in _RUN.finditer(text):
        before = text[: run.start()].rstrip(" \t“\"‘'([*_#>-")[-1:]
        opens = before in ("", ".", "!", "?", ":", "\n", "…", "•")
        words = [m for m in re.finditer(r"[^\s]+", run[0]) if not _within(run.start() + m.start(), skipped)]
        while words and _plain(words[0][0]) in _NO_NAME - _TITLES:
            words, opens = words[1:], False
        while words and _plain(words[-1][0]) in _NO_NAME - _TITLES:
            words = words[:-1]
        named = tuple(plain for w in words if (plain := _plain(w[0])) not in _TITLES | _NO_NAME and len(plain) > 1)
        if not named:
            continue
        start, end = run.start() + words[0].start(), run.start() + words[-1].end()
        end -= len(text[start:end]) - len(re.sub(r"['’]s?\Z", "", text[start:end]))
        found.append(Name(named, start, end, not opens or len(words) > 1))
    return found


def _plain(word: str) -> str:
    """In lower case, without a possessive and without accents: "Göring’s" is "Goring"."""
    bare = "".join(ch for ch in unicodedata.normalize("NFD", word) if not unicodedata.combining(ch))
    return re.sub(r"['’]s?\Z", "", bare.casefold()).strip(".")


def _within(at: int, spans: tuple[Date, ...]) -> bool:
    return any(span.start <= at < span.end for span in spans)
