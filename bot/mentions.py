"""Who and what a short text speaks of: names by their look, noun phrases by their determiners. No parser.

For questions, answers and single sentences of news, where these patterns go far; what they do not settle is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from bot.attribution import BARE_PLURALS, BODY, TITLE


class Sort(StrEnum):
    """What kind of thing a mention is, as far as the words tell."""

    PERSON = "person"
    PLACE = "place"
    NAMED = "named"  # a name that may be a country, a company, a newspaper, or a person with one name
    THING = "thing"


@dataclass(frozen=True, slots=True)
class Mention:
    """A name or a noun phrase, `text[start:end]` of the text it stands in."""

    text: str
    start: int
    end: int
    sort: Sort
    plural: bool

    @property
    def head(self) -> str:
        """Its last word before any preposition, in lower case."""
        return re.split(rf"\s(?:{_PREPOSITION})\s", self.text)[0].split()[-1].lower()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


AUXILIARIES = _words(
    """is are was were am be been has have had will would can could may might must should shall did does do isn't aren't
    wasn't weren't hasn't haven't hadn't won't wouldn't can't couldn't shouldn't didn't doesn't don't"""
)
QUESTION_WORDS = _words("who whom whose what which when where why how")
PREPOSITIONS = _words(
    """of in on at from to into for with without by about near around under over between among against during before
    after since until through across behind above below along within toward towards inside outside off onto like as
    than despite per beside besides including"""
)
PERSONAL = _words(
    """i you he she it we they me him her us them his hers its their theirs my your our mine yours ours himself herself
    itself themselves this that these those there here one ones someone anyone everyone nobody something anything
    everything nothing"""
)
DETERMINERS = _words("the a an his her its their our my your this that these those some any every each both all")
# Words that end a noun phrase; among them frequent verbs that are hardly ever nouns.
_ENDS = (
    AUXILIARIES
    | QUESTION_WORDS
    | PREPOSITIONS
    | PERSONAL
    | _words(
        """and or but if because so while although though not also ever never still yet already just only even too very
        then now later earlier ago again once else worth old tall long far large big high wide deep able due close
        there here away back up down out together today yesterday tomorrow currently first originally exactly
        actually really finally eventually next last
        say said says tell told tells ask asked go went gone goes come came comes get got gets give gave given gives
        make made makes take took taken takes become became becomes begin began begun begins start started happen
        happened happens die died dies win won wins lose lost loses leave left leaves buy bought sell sold build built
        sign signed write wrote written speak spoke spoken meet met know knew known think thought believe believed want
        wanted wants need needed needs mean meant means live lived lives belong play played join joined call called try
        tried send sent keep kept hold held fall fell fallen bring brought see saw seen find found feel felt receive
        received hit hurt kill killed injured injure launch launched publish published announce announced appear
        appeared end ended cost costs last lasts lasted include includes included contain contains cause caused accuse
        accused deny denied promise promised agree agreed decide decided expect expected react respond responded
        defend capture captured arrive arrived move moved grow grew grown succeed succeeded fail failed refuse refused
        respond consist consisted produce produced"""
    )
)
_PREPOSITION = "|".join(sorted(PREPOSITIONS))
_PARTICIPLE = re.compile(r"\w{2,}(?:ed|ing)|built|made|held|sent|taken|given|known|written|seen|born|hit|shot|lost|sold")
_NOT_PARTICIPLES = _words("building wedding meeting speed breed hundred seed feed need wing king ring sing thing spring string")
_PLACE_BEFORE = re.compile(
    r"\b(?:in|at|near|around|from|outside|inside|towards?|across|into|(?:south|north|east|west) of)\s+(?:the\s+)?\Z",
    re.IGNORECASE,
)
_CAPITAL = r"(?:[^\W\d_a-zß-öø-ÿ][\w’'.&-]*)"
_NAME = re.compile(
    rf"(?:{TITLE.pattern}\s+)?{_CAPITAL}(?:\s+(?:(?:of|de|la|le|du|von|van|der|bin|al|&)\s+(?:the\s+|la\s+)?)?{_CAPITAL}|\s+[IVX]+\b)*"
)
_PHRASE = re.compile(r"(?<![\w’'-])(?:the|a|an|this|that|these|those|his|her|its|their)\s+(?=[\w$€£“\"'‘])", re.IGNORECASE)
_OWNS = re.compile(r"['’]s?\s+")
_OWNED = re.compile(rf"(?<!\w)(?:[Tt]he\s+)?{_CAPITAL}(?:\s+{_CAPITAL})*(?:(?<=['’]s)|(?<=s['’]))\s+(?=[a-z])")
_WORD = re.compile(r"[$€£]?\w(?:[\w’'-]|[.,](?=\d))*")
_OPENERS = _ENDS | DETERMINERS | PREPOSITIONS | _words(
    "mr mrs ms please okay ok well yes no tell name list describe explain many much more most few several every two three"
    " four five six seven eight nine ten while however meanwhile instead last late early president"
)


def names(text: str, context: Sequence[str] = ()) -> list[Mention]:
    """The names in `text`, in order. `context` are further texts that show what sort of thing a name is."""
    found = []
    for match in _NAME.finditer(text):
        start, end = match.span()
        words = match[0].split()
        opens = start == 0 or text[:start].rstrip()[-1:] in ".?!:“\"‘"
        while words and opens and words[0].lower().rstrip(".,") in _OPENERS and not TITLE.match(words[0]):
            start += len(words[0])
            start += len(text[start:]) - len(text[start:].lstrip())
            words = words[1:]
            opens = False
        said = text[start:end].rstrip(".’'-&")
        said = re.sub(r"['’]s$", "", said)
        if len(said) < 2 or said.lower() in PERSONAL | QUESTION_WORDS:
            continue
        if start >= 4 and text[start - 4 : start].lower() == "the ":
            start -= 4
            said = text[start : start + 4] + said
        found.append(Mention(said, start, start + len(said), _sort(said, text, start, context), _plural_name(said)))
        if owner := re.match(r"(.+?)['’]s\s", said):
            found.append(Mention(owner[1], start, start + len(owner[1]), _sort(owner[1], text, start, context), False))
    return found


def phrases(text: str, context: Sequence[str] = ()) -> list[Mention]:
    """The noun phrases of `text` that begin with a determiner, in order; `context` tells where one of them ends."""
    found = []
    for match in [*_PHRASE.finditer(text), *_OWNED.finditer(text)]:
        words: list[re.Match[str]] = []
        for word in _WORD.finditer(text, match.end()):
            between = text[words[-1].end() if words else match.end() : word.start()]
            if between.strip() or (word[0].lower() in _ENDS and not word[0][0].isupper()) or len(words) == 5:
                break
            words.append(word)
            if re.search(r"['’]s$", word[0]) is None and word[0].endswith(("’", "'")):
                break
        following = _WORD.match(text, words[-1].end() + 1) if words else None
        if following is None or following[0].lower() not in _ENDS - PREPOSITIONS:  # else the verb is already off
            words = _without_verb(words, text, match.start(), match.end(), context)
        if not words:
            continue
        said = re.sub(r"['’]s$", "", text[match.start() : words[-1].end()])
        if all(w[0][0].isupper() for w in words):
            continue  # a name
        head = words[-1][0].lower()
        found.append(Mention(said, match.start(), match.start() + len(said), _sort_of_noun(said), _plural_noun(head)))
    return sorted(found, key=lambda m: m.start)


def mentions(text: str, context: Sequence[str] = ()) -> list[Mention]:
    """Names and noun phrases of `text` in order, none inside another but an owner in what it owns ("Céloron's journey")."""
    kept: list[Mention] = []
    both = sorted([*names(text, context), *phrases(text, context)], key=lambda m: (m.start, -m.end))
    for mention in both:
        owner = kept and mention.start == kept[-1].start and _OWNS.match(text, mention.end)
        if not kept or owner or mention.start >= max(m.end for m in kept):
            kept.append(mention)
    return kept


def cased(text: str, context: Sequence[str]) -> str:
    """A `text` typed without capitals, with those words written with one that `context` never writes without."""
    if re.search(r"[^\W\d_a-z]", text[1:]):
        return text
    capital: dict[str, str] = {}
    small: set[str] = set()
    for other in context:
        for match in _WORD.finditer(other):
            word = re.sub(r"['’]s$", "", match[0])
            if word.islower():
                small.add(word)
            elif word[0].isupper() and other[: match.start()].strip()[-1:] not in ("", ".", "?", "!", "“", '"'):
                capital[word.lower()] = word

    def write(match: re.Match[str]) -> str:
        word = match[0]
        bare = re.sub(r"['’]s$", "", word)
        known = capital.get(bare) if bare not in small | _OPENERS else None
        return known + word[len(bare) :] if known else word

    return _WORD.sub(write, text)


def full_name(name: str, context: Sequence[str]) -> str:
    """The name as the first of `context` has it in full: "Umerov" or "Mr Umerov" gives "Rustem Umerov"."""
    surname = re.sub(rf"^{TITLE.pattern}\s+", "", name)
    if " " in surname:
        return surname
    for text in context:
        for mention in names(text):
            words = re.sub(rf"^(?:{TITLE.pattern}\s+)+", "", mention.text).split()
            if 1 < len(words) <= 4 and words[-1] == surname and words[0].lower() not in _OPENERS and "of" not in words:
                return " ".join(words)
    return surname


def is_plural(text: str) -> bool:
    """Whether a noun phrase or a list of names speaks of several."""
    if re.search(r"\w\s+and\s+\w", text):
        return True
    words = re.split(rf"\s(?:{_PREPOSITION}|who|that)\s", text)[0].split()
    return bool(words) and (_plural_noun(words[-1].lower()) and not words[-1][0].isupper())


def _plural_noun(noun: str) -> bool:
    if noun in BARE_PLURALS | {"children", "people", "both", "two", "three"}:
        return True
    return len(noun) > 3 and noun.endswith("s") and not noun.endswith(("ss", "us", "is", "ews"))


def _plural_name(name: str) -> bool:
    return bool(re.match(r"the\s+\w+(?:ans|ese|ish|ench|ians|ees|s)$", name, re.I)) and not BODY.search(name)


def _sort(name: str, text: str, at: int, context: Sequence[str]) -> Sort:
    bare = re.sub(r"^[Tt]he\s+", "", name)
    if TITLE.match(bare):
        return Sort.PERSON
    if BODY.search(bare):
        return Sort.NAMED
    last = re.escape(bare.split()[-1])
    for other in (text, *context):
        if re.search(rf"\b{TITLE.pattern}\s+(?:\w+\s+)?{last}\b", other):
            return Sort.PERSON
    if _is_place(bare, text[:at]) or any(
        _is_place(bare, other[: m.start()]) for other in context for m in re.finditer(re.escape(bare), other)
    ):
        return Sort.PLACE
    if name != bare:
        return Sort.NAMED
    if " " in bare and " of " not in bare:
        return Sort.PERSON
    if any(re.search(rf"(?<![.?!“] )(?<!^){_CAPITAL}\s+{last}\b", other) for other in context):
        return Sort.PERSON
    return Sort.NAMED


def _is_place(name: str, before: str) -> bool:
    return _PLACE_BEFORE.search(before) is not None and " of " not in name


def _sort_of_noun(phrase: str) -> Sort:
    return Sort.PERSON if _PERSON_NOUN.search(phrase) and not BODY.search(phrase) else Sort.THING


_PERSON_NOUN = re.compile(
    r"""\b(?:man|woman|boy|girl|president|minister|governor|mayor|secretary|chief|general|colonel|captain|commander|king
    |queen|prince|princess|director|chair(?:man|woman)?|head|leader|spokes\w+|editor|author|writer|singer|actor|actress
    |player|coach|manager|founder|owner|officer|official|soldier|doctor|professor|scientist|lawyer|judge|senator|monarch
    |ambassador|adviser|advisor|reporter|journalist|columnist|son|daughter|father|mother|wife|husband|brother|sister
    |child|person|teacher|student|driver|pilot|witness|victim|suspect|prisoner|priest|pope|bishop)\Z""",
    re.VERBOSE | re.IGNORECASE,
)


def _without_verb(
    words: list[re.Match[str]], text: str, start: int, first: int, context: Sequence[str]
) -> list[re.Match[str]]:
    """The words of a noun phrase without the verb that may follow it in a question ("did the ministry announce")."""
    while len(words) > 1 and _PARTICIPLE.fullmatch(words[-1][0].lower()) and words[-1][0].lower() not in _NOT_PARTICIPLES:
        words = words[:-1]
    before = text[:start].split()
    if len(words) < 2 or not before or before[-1].lower() not in AUXILIARIES - {"is", "are", "was", "were"}:
        return words
    for n in range(len(words), 0, -1):
        phrase = text[first : words[n - 1].end()].lower()
        if any(phrase in other.lower() for other in context):
            return words[:n]
    return words[:-1]


def coordinated(found: Sequence[Mention], text: str) -> Iterator[Mention]:
    """Pairs of mentions joined by "and", as one plural mention."""
    for one, other in pairwise(found):
        if text[one.end : other.start].strip() == "and":
            yield Mention(text[one.start : other.end], one.start, other.end, one.sort, True)
